// StoredCommand: a command that outlives the input that it came in: queued behind MULTI, or waiting
// for a key.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "wire/command_table.h"

namespace slotway::backend {

class StoredCommand {
 public:
  StoredCommand(const wire::Command& command, wire::Args args) : command_(&command) {
    for (const std::string_view arg : args) bytes_ += arg.size();
    data_ = std::make_unique_for_overwrite<char[]>(bytes_);
    args_.reserve(args.size());
    char* at = data_.get();
    for (const std::string_view arg : args) {
      if (!arg.empty()) std::memcpy(at, arg.data(), arg.size());
      args_.emplace_back(at, arg.size());
      at += arg.size();
    }
  }

  const wire::Command& command() const { return *command_; }
  // Good as long as this lives, wherever it is moved.
  wire::Args args() const { return args_; }
  size_t memory() const { return bytes_ + args_.size() * sizeof(std::string_view); }

 private:
  const wire::Command* command_;
  size_t bytes_ = 0;
  std::unique_ptr<char[]> data_;
  std::vector<std::string_view> args_;
};

}  // namespace slotway::backend

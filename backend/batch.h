// Batch: the next few commands of a client, parsed ahead of their execution, so that the memory
// they will touch is already on its way when they run.
//
// One for each store, filled and emptied within one call: the views in it live as long as the
// client's input.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "backend/engine/database.h"
#include "backend/engine/key.h"
#include "wire/command_table.h"
#include "wire/request_parser.h"

namespace slotway::backend {

class Batch {
 public:
  static constexpr size_t kMost = 32;

  struct Pending {
    wire::Request request;
    const wire::Command* command = nullptr;  // null: unknown
    const Key* key = nullptr;                // args[1], if that is a key
    size_t end = 0;                          // of the command, in the input that was parsed
    bool ran = false;                        // got as far as its handler
  };

  // Takes up to `most` commands from `input`. Returns what stopped it: kCommand if there may be
  // more, kNeedMore, or kError.
  wire::RequestParser::Status parse(std::string_view input, wire::RequestParser& parser,
                                    const wire::RequestLimits& limits, size_t most);
  // Fetches what look-ups of the keys in `database` will read.
  void prefetch(const Database& database) const {
    if (size_ > 1) database.keyspace().prefetch({keys_.data(), key_count_});
  }

  size_t size() const { return size_; }
  Pending& operator[](size_t i) { return pending_[i]; }
  // Bytes of the input that have been parsed into commands, or skipped.
  size_t consumed() const { return consumed_; }
  // Gives back memory that an exceptionally long command took.
  void trim();

 private:
  std::array<Pending, kMost> pending_;
  std::array<Key, kMost> keys_;
  size_t size_ = 0;
  size_t key_count_ = 0;
  size_t consumed_ = 0;
};

}  // namespace slotway::backend

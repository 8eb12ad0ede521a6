// SlowLog: the last commands that took long, for SLOWLOG. Owned by the store; its thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "wire/command_table.h"

namespace slotway::backend {

class SlowLog {
 public:
  struct Entry {
    uint64_t id = 0;
    int64_t at = 0;                 // seconds of the Unix epoch
    uint64_t took_us = 0;           // microseconds
    std::vector<std::string> args;  // cut: at most 32, of at most 128 bytes and a remark
    std::string client;             // its address
    std::string client_name;
  };

  // Gives the entry its number, copies `args` as far as they are kept, and forgets the oldest
  // entries beyond `most`.
  void add(Entry entry, wire::Args args, uint64_t most);
  void trim(uint64_t most);
  void reset() { entries_.clear(); }
  // The newest first.
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  std::deque<Entry> entries_;
  uint64_t next_id_ = 0;
};

}  // namespace slotway::backend

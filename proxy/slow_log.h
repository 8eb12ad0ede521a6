// SlowLog: the newest requests of one worker's clients of one pool that took long, for SLOWLOG.
//
// A request's time is what its client waited, from when its bytes had been read to when its reply
// was ready. Its first bytes are kept for that in the room of its reply (request_head), so the
// arguments of long requests are cut earlier than by Redis. Arguments that may hold secrets are not
// kept: those of AUTH, HELLO, CONFIG and ACL.
//
// One worker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/wait_settings.h"
#include "wire/command_table.h"
#include "wire/request_parser.h"

namespace slotway::proxy {

class Session;

// The first bytes of a request, in memory of somebody else: their number, then themselves.
namespace request_head {
void keep(char* room, size_t capacity, const wire::Request& request);
// The arguments in there. What is cut off is told of as Redis tells it: "... (7 more bytes)",
// "... (2 more arguments)".
std::vector<std::string> arguments(const char* room);
}  // namespace request_head

class SlowLog {
 public:
  struct Entry {
    int64_t id;
    int64_t unix_seconds;
    int64_t microseconds;
    std::vector<std::string> args;
    std::string client;
    std::string client_name;
  };

  explicit SlowLog(WaitSettings& settings) : settings_(settings) {}

  void add(const Session& session, const wire::Command& command, std::vector<std::string> args,
           uint64_t ns);
  // The newest first.
  const std::deque<Entry>& entries() const { return entries_; }
  void clear() { entries_.clear(); }

 private:
  WaitSettings& settings_;
  std::deque<Entry> entries_;
};

}  // namespace slotway::proxy

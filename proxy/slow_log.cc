#include "proxy/slow_log.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ctime>

#include "proxy/session.h"

namespace slotway::proxy {

namespace {

// Cuts "<type><number>CRLF" off the front; -1 if it is not there as a whole.
int64_t take_count(std::string_view& rest) {
  const size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) return -1;
  int64_t count = -1;
  std::from_chars(rest.data() + 1, rest.data() + end, count);
  rest.remove_prefix(end + 2);
  return count;
}

std::vector<std::string> arguments_of(std::string_view rest) {
  std::vector<std::string> args;
  const int64_t count = take_count(rest);
  while (static_cast<int64_t>(args.size()) < count) {
    const int64_t size = take_count(rest);
    if (size < 0) {
      const int64_t missing = count - static_cast<int64_t>(args.size());
      args.push_back("... (" + std::to_string(missing) + " more arguments)");
      break;
    }
    const std::string_view there = rest.substr(0, static_cast<size_t>(size));
    args.emplace_back(there);
    const size_t missing = static_cast<size_t>(size) - there.size();
    if (missing > 0) args.back() += "... (" + std::to_string(missing) + " more bytes)";
    rest.remove_prefix(std::min(there.size() + 2, rest.size()));
  }
  return args;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find_first_of(" \t\r\n", at), line.size());
    if (end > at) words.emplace_back(line.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// What logs in, and what changes settings or users.
bool may_hold_secrets(const wire::Command& command) {
  if (command.spec->flags & wire::kNoAuth) return true;
  return command.full_name.starts_with("config|") || command.full_name.starts_with("acl|");
}

void hide_secrets(const wire::Command& command, std::vector<std::string>& args) {
  if (!may_hold_secrets(command)) return;
  for (size_t i = command.container ? 2 : 1; i < args.size(); ++i) args[i] = "(redacted)";
}

}  // namespace

namespace request_head {

void keep(char* room, size_t capacity, const wire::Request& request) {
  const size_t size = std::min({request.raw.size(), capacity - 1, size_t{UINT8_MAX}});
  room[0] = static_cast<char>(size);
  std::memcpy(room + 1, request.raw.data(), size);
}

std::vector<std::string> arguments(const char* room) {
  const std::string_view bytes(room + 1, static_cast<unsigned char>(room[0]));
  return bytes.starts_with('*') ? arguments_of(bytes) : words_of(bytes);
}

}  // namespace request_head

void SlowLog::add(const Session& session, const wire::Command& command,
                  std::vector<std::string> args, uint64_t ns) {
  if (command.spec->flags & wire::kSkipSlowlog) return;
  hide_secrets(command, args);
  entries_.push_front({settings_.next_slow_log_id(), static_cast<int64_t>(std::time(nullptr)),
                       static_cast<int64_t>(ns / 1000), std::move(args),
                       session.connection().peer_name(), session.names().name});
  const auto most = static_cast<size_t>(settings_.get(WaitSettings::Name::kSlowLogMaxLength));
  if (entries_.size() > most) entries_.resize(most);
}

}  // namespace slotway::proxy

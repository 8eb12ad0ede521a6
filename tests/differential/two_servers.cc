#include "tests/differential/two_servers.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace slotway::differential {

namespace {

using tests::Command;
using tests::RespValue;

// Which CommandSource changes, by their patterns.
constexpr const char* kChangedSettings[] = {"*-max-listpack-*", "set-max-intset-entries",
                                            "hll-sparse-max-bytes", "maxmemory-policy"};
// The longest that a batch may take.
constexpr tests::milliseconds kPatience = tests::patience(tests::milliseconds(3000));
// All notifications but those of keys that expire: when is up to the server.
constexpr const char* kNotifications = "Eg$lshzetdmn";
// The type byte of a payload of Redis, where its bytes follow from the commands: strings, whole
// numbers, listpacks.
constexpr std::string_view kSameBytes("\x00\x0b\x10\x11", 4);

// The messages that a subscriber has been sent, one a line. Keys that were missing one after the
// other come in any order: SORT looks for them in that of a set.
std::string take_messages(tests::RespClient& listener) {
  listener.request({"PING", "end"});
  std::vector<std::string> messages;
  size_t misses = 0;  // where those began that are the last messages
  while (true) {
    const RespValue message = listener.receive();
    const bool is_last = message.items.front().text == "pong";
    const std::string event = is_last ? "" : message.items[2].text;
    if (!event.ends_with("keymiss")) {
      std::sort(messages.begin() + long(misses), messages.end());
      misses = messages.size() + 1;
    }
    if (is_last) break;
    messages.push_back(event + " " + message.items[3].text + "\n");
  }
  std::string lines;
  for (const std::string& line : messages) lines += line;
  return lines;
}

}  // namespace

// Redis looks ten times a second, unless it is told otherwise, whether somebody has waited enough.
TwoServers::TwoServers()
    : redis_({"--enable-debug-command", "yes", "--hz", "500"}),
      redis_client_(redis_.port()),
      store_client_(store_.port()),
      redis_listener_(redis_.port()),
      store_listener_(store_.port()) {
  for (tests::RespClient* const client : {&redis_client_, &store_client_}) {
    client->set_limit(kPatience);
    client->call({"CONFIG", "SET", "proto-max-bulk-len", "1mb"});
    client->call({"CONFIG", "SET", "notify-keyspace-events", kNotifications});
  }
  for (tests::RespClient* const listener : {&redis_listener_, &store_listener_}) {
    listener->call({"PSUBSCRIBE", "__keyevent@*"});
  }
  for (const char* const pattern : kChangedSettings) {
    const std::vector<std::string> found = redis_client_.call({"CONFIG", "GET", pattern}).texts();
    for (size_t i = 0; i + 1 < found.size(); i += 2) {
      first_settings_.emplace_back(found[i], found[i + 1]);
    }
  }
}

std::vector<std::string> TwoServers::supported_commands() {
  std::vector<std::string> names = store_client_.call({"COMMAND", "LIST"}).texts();
  return names;
}

void TwoServers::reset() {
  if (std::exchange(stuck_, false)) {
    redis_client_ = tests::RespClient(redis_.port());
    store_client_ = tests::RespClient(store_.port());
    redis_client_.set_limit(kPatience);
    store_client_.set_limit(kPatience);
  }
  for (tests::RespClient* const client : {&redis_client_, &store_client_}) {
    client->call({"RESET"});
    client->call({"FLUSHALL"});
    for (const auto& [name, value] : first_settings_) client->call({"CONFIG", "SET", name, value});
  }
  comparison_.reset();
}

std::optional<Difference> TwoServers::run(std::span<const Step> steps) {
  size_t begin = 0;
  for (size_t i = 0; i <= steps.size(); ++i) {
    if (i < steps.size() && steps[i].kind == Step::Kind::kCommand) continue;
    if (auto difference = run_commands(steps.subspan(begin, i - begin))) {
      difference->step += begin;
      return difference;
    }
    begin = i + 1;
    if (i == steps.size()) break;
    std::optional<Difference> difference;
    switch (steps[i].kind) {
      case Step::Kind::kWait:
        std::this_thread::sleep_for(std::chrono::milliseconds(4));
        break;
      case Step::Kind::kVersion:
        redis_client_.call({"HELLO", steps[i].command[0]});
        store_client_.call({"HELLO", steps[i].command[0]});
        break;
      default:
        difference = exchange(steps[i].command[0]);
    }
    if (difference) {
      difference->step = i;
      return difference;
    }
  }
  return {};
}

std::optional<Difference> TwoServers::run_commands(std::span<const Step> steps) {
  // Less than what the servers put up with when nothing is read.
  constexpr size_t kMostAtOnce = 400;
  for (size_t begin = 0; begin < steps.size(); begin += kMostAtOnce) {
    const std::span<const Step> some =
        steps.subspan(begin, std::min(kMostAtOnce, steps.size() - begin));
    std::string bytes;
    for (const Step& step : some) bytes += tests::encode_request(step.command);
    const std::vector<std::string> theirs = answers(redis_client_, bytes, some.size());
    const std::vector<std::string> ours = answers(store_client_, bytes, some.size());
    for (size_t i = 0; i < some.size(); ++i) {
      if (!theirs[i].empty() && !ours[i].empty() &&
          comparison_.same(some[i].command, ours[i], theirs[i]))
        continue;
      return Difference{begin + i, ours[i], theirs[i]};
    }
    if (auto difference = compare_notifications()) {
      difference->step = begin + some.size() - 1;
      return difference;
    }
  }
  return {};
}

std::optional<Difference> TwoServers::compare_notifications() {
  const std::string theirs = take_messages(redis_listener_);
  const std::string ours = take_messages(store_listener_);
  if (ours == theirs) return {};
  // From the first line that differs.
  const auto at = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end()).first;
  const size_t line = ours.rfind('\n', static_cast<size_t>(at - ours.begin()));
  const size_t begin = line == std::string::npos ? 0 : line + 1;
  return Difference{0, ours.substr(begin), theirs.substr(begin)};
}

// An empty reply where none came in time, and from there on.
std::vector<std::string> TwoServers::answers(tests::RespClient& client, std::string_view bytes,
                                             size_t replies) {
  std::vector<std::string> all;
  try {
    client.exchange(bytes, replies, all);
  } catch (const std::runtime_error&) {
    stuck_ = true;
    all.resize(replies);
  }
  return all;
}

std::optional<Difference> TwoServers::compare(const Command& command) {
  const Step step = {.command = command};
  return run_commands({&step, 1});
}

std::optional<Difference> TwoServers::exchange(const std::string& key) {
  const RespValue redis_payload = redis_client_.call({"DUMP", key});
  const RespValue store_payload = store_client_.call({"DUMP", key});
  if (redis_payload.null && store_payload.null) return {};
  const std::string& theirs = redis_payload.text;
  const std::string& ours = store_payload.text;
  if (theirs == "QUEUED" && ours == "QUEUED") {
    // Of a shortened history that has lost its EXEC.
    comparison_.same({"DUMP", key}, "+QUEUED\r\n", "+QUEUED\r\n");
    return {};
  }
  if (redis_payload.null != store_payload.null ||
      (ours != theirs && kSameBytes.find(theirs[0]) != std::string_view::npos)) {
    return Difference{0, "a payload " + ours, "a payload " + theirs};
  }
  const std::string here = store_client_.call({"RESTORE", "copied", "0", theirs, "REPLACE"}).text;
  const std::string there = redis_client_.call({"RESTORE", "copied", "0", ours, "REPLACE"}).text;
  if (here != "OK" || there != "OK") {
    return Difference{0, here + " to " + theirs, there + " to " + ours};
  }
  if (!key.starts_with("hll")) payload_ = theirs;
  for (const Command& command : {Command{"PERSIST", key},
                                 {"DEBUG", "DIGEST-VALUE", key, "copied"},
                                 {"OBJECT", "ENCODING", "copied"},
                                 {"DEL", "copied"}}) {
    if (auto difference = compare(command)) return difference;
  }
  return {};
}

}  // namespace slotway::differential

#include "tests/bench/load/exchange.h"

#include <algorithm>
#include <optional>

#include "wire/number.h"
#include "wire/reply_writer.h"

namespace slotway::load {

namespace {

using Kind = Command::Kind;
using Verdict = Exchange::Verdict;

// Cuts `text` off the front if it is there.
bool take(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kGet:
      return "GET";
    case Kind::kSet:
      return "SET";
    case Kind::kIncr:
      return "INCR";
    case Kind::kMget:
      return "MGET";
    case Kind::kMset:
      return "MSET";
    case Kind::kDel:
      return "DEL";
    case Kind::kPing:
      return "PING";
    case Kind::kEcho:
      return "ECHO";
  }
  return "";
}

size_t keys_of(Kind kind) {
  switch (kind) {
    case Kind::kGet:
    case Kind::kSet:
    case Kind::kDel:
      return 1;
    case Kind::kMget:
    case Kind::kMset:
      return Command::kManyKeys;
    case Kind::kIncr:
    case Kind::kPing:
    case Kind::kEcho:
      return 0;
  }
  return 0;
}

bool has_values(Kind kind) { return kind == Kind::kSet || kind == Kind::kMset; }

}  // namespace

void Exchange::ask(const Command& command, wire::OutputBuffer& out) {
  wire::ReplyWriter writer(out);  // a request is an array of bulks, as a reply can be
  const size_t keys = keys_of(command.kind);
  const bool named = command.kind == Kind::kIncr || command.kind == Kind::kEcho;
  writer.array(1 + keys * (has_values(command.kind) ? 2 : 1) + (named ? 1 : 0));
  writer.bulk(name_of(command.kind));
  if (named) writer.bulk(name_);
  for (size_t i = 0; i < keys; ++i) {
    writer.bulk(view(KeyValues::key(command.keys[i])));
    if (has_values(command.kind)) writer.bulk(key_values_.value(command.keys[i]));
  }
}

Verdict Exchange::judge_value(KeyNumber key, std::string_view& rest) const {
  if (take(rest, "$-1\r\n")) {
    const bool allowed = may_miss_ == MayMiss::kAny || (may_miss_ == MayMiss::kDeletedAtTimes &&
                                                        KeyValues::is_deleted_at_times(key));
    return allowed ? Verdict::kMissing : Verdict::kWrong;
  }
  const size_t size = key_values_.value_size();
  if (!take(rest, "$" + std::to_string(size) + "\r\n") || rest.size() < size + 2 ||
      !key_values_.is_value_of(key, rest.substr(0, size))) {
    return Verdict::kWrong;
  }
  rest.remove_prefix(size + 2);
  return Verdict::kRight;
}

Verdict Exchange::judge_count(std::string_view reply) {
  const auto count = reply.starts_with(':') ? wire::parse_integer(reply.substr(1, reply.size() - 3))
                                            : std::optional<int64_t>();
  const bool right = count && *count > 0 && (count_ == kUnknown || *count == count_ + 1);
  count_ = count.value_or(kUnknown);
  return right ? Verdict::kRight : Verdict::kWrong;
}

Verdict Exchange::judge(const Command& command, std::string_view reply) {
  if (reply.starts_with('-')) {
    if (command.kind == Kind::kIncr) count_ = kUnknown;  // it may have been executed
    return Verdict::kError;
  }
  const auto exactly = [reply](std::string_view text) {
    return reply == text ? Verdict::kRight : Verdict::kWrong;
  };
  switch (command.kind) {
    case Kind::kGet:
    case Kind::kMget: {
      const size_t keys = keys_of(command.kind);
      if (keys > 1 && !take(reply, "*" + std::to_string(keys) + "\r\n")) return Verdict::kWrong;
      Verdict all = Verdict::kRight;
      for (size_t i = 0; i < keys; ++i) all = std::max(all, judge_value(command.keys[i], reply));
      return reply.empty() ? all : Verdict::kWrong;
    }
    case Kind::kSet:
    case Kind::kMset:
      return exactly("+OK\r\n");
    case Kind::kIncr:
      return judge_count(reply);
    case Kind::kDel:
      return reply == ":0\r\n" ? Verdict::kMissing : exactly(":1\r\n");
    case Kind::kPing:
      return exactly("+PONG\r\n");
    case Kind::kEcho:
      return exactly("$" + std::to_string(name_.size()) + "\r\n" + name_ + "\r\n");
  }
  return Verdict::kWrong;
}

std::string describe(const Command& command) {
  std::string text(name_of(command.kind));
  for (size_t i = 0; i < keys_of(command.kind); ++i) {
    text.append(" ").append(view(KeyValues::key(command.keys[i])));
  }
  return text;
}

}  // namespace slotway::load

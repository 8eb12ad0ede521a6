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

// The word on the wire.
std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::kGet:
      return "GET";
    case Kind::kSet:
    case Kind::kAdd:
    case Kind::kReplace:
      return "SET";
    case Kind::kIncr:
    case Kind::kCount:
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

// Not counters.
size_t keys_of(Kind kind) {
  switch (kind) {
    case Kind::kGet:
    case Kind::kSet:
    case Kind::kAdd:
    case Kind::kReplace:
    case Kind::kDel:
      return 1;
    case Kind::kMget:
    case Kind::kMset:
      return Command::kManyKeys;
    case Kind::kIncr:
    case Kind::kCount:
    case Kind::kPing:
    case Kind::kEcho:
      return 0;
  }
  return 0;
}

bool has_values(Kind kind) {
  return kind == Kind::kSet || kind == Kind::kAdd || kind == Kind::kReplace || kind == Kind::kMset;
}

std::optional<int64_t> count_in(std::string_view reply) {
  return reply.starts_with(':') ? wire::parse_integer(reply.substr(1, reply.size() - 3))
                                : std::nullopt;
}

}  // namespace

void Exchange::ask(const Command& command, wire::OutputBuffer& out) {
  wire::ReplyWriter writer(out);  // a request is an array of bulks, as a reply can be
  const Kind kind = command.kind;
  const size_t keys = keys_of(kind);
  const bool named = kind == Kind::kIncr || kind == Kind::kEcho || kind == Kind::kCount;
  const bool conditional = kind == Kind::kAdd || kind == Kind::kReplace;
  writer.array(1 + keys * (has_values(kind) ? 2 : 1) + (named ? 1 : 0) + (conditional ? 1 : 0) +
               (command.ttl_s > 0 ? 2 : 0));
  writer.bulk(word_of(kind));
  if (kind == Kind::kCount) {
    writer.bulk(common_.key_values.counter(command.keys[0]));
    seen_before_.push_back(common_.counters.greatest(command.keys[0]));
  } else if (named) {
    writer.bulk(name_);
  }
  for (size_t i = 0; i < keys; ++i) {
    writer.bulk(common_.key_values.key(command.keys[i]));
    if (has_values(kind)) writer.bulk(common_.key_values.value(command.keys[i]));
  }
  if (conditional) writer.bulk(kind == Kind::kAdd ? "NX" : "XX");
  if (command.ttl_s > 0) {
    writer.bulk("EX");
    writer.bulk(std::to_string(command.ttl_s));
  }
}

Verdict Exchange::judge_value(KeyNumber key, std::string_view& rest) const {
  if (take(rest, "$-1\r\n")) {
    const bool allowed =
        common_.may_miss == MayMiss::kAny ||
        (common_.may_miss == MayMiss::kDeletedAtTimes && KeyValues::is_deleted_at_times(key));
    return allowed ? Verdict::kMissing : Verdict::kWrong;
  }
  const size_t size = common_.key_values.value_size();
  if (!take(rest, common_.key_values.value_header()) || rest.size() < size + 2 ||
      !common_.key_values.is_value_of(key, rest.substr(0, size))) {
    return Verdict::kWrong;
  }
  rest.remove_prefix(size + 2);
  return Verdict::kRight;
}

Verdict Exchange::judge_own_count(std::string_view reply) {
  const auto count = count_in(reply);
  const bool right = count && *count > 0 && (count_ == kUnknown || *count == count_ + 1);
  count_ = count.value_or(kUnknown);
  return right ? Verdict::kRight : Verdict::kWrong;
}

Verdict Exchange::judge_shared_count(KeyNumber number, std::string_view reply) {
  const int64_t before = seen_before_.front();
  seen_before_.pop_front();
  if (reply.starts_with('-')) return Verdict::kError;
  const auto count = count_in(reply);
  if (!count || *count <= before) return Verdict::kWrong;
  common_.counters.saw(number, *count);
  return Verdict::kRight;
}

Verdict Exchange::judge(const Command& command, std::string_view reply) {
  if (command.kind == Kind::kCount) return judge_shared_count(command.keys[0], reply);
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
    case Kind::kAdd:
    case Kind::kReplace:
      // Nil: not stored, since the key was there or was not.
      return reply == "$-1\r\n" ? Verdict::kRight : exactly("+OK\r\n");
    case Kind::kIncr:
      return judge_own_count(reply);
    case Kind::kCount:
      break;  // above
    case Kind::kDel:
      return reply == ":0\r\n" ? Verdict::kMissing : exactly(":1\r\n");
    case Kind::kPing:
      return exactly("+PONG\r\n");
    case Kind::kEcho:
      return exactly("$" + std::to_string(name_.size()) + "\r\n" + name_ + "\r\n");
  }
  return Verdict::kWrong;
}

std::string describe(const Command& command, KeyValues& key_values) {
  std::string text(name_of(command.kind));
  for (size_t i = 0; i < keys_of(command.kind); ++i) {
    text.append(" ").append(key_values.key(command.keys[i]));
  }
  if (command.kind == Kind::kCount) {
    text.append(" ").append(key_values.counter(command.keys[0]));
  }
  return text;
}

}  // namespace slotway::load

#include "proxy/fanout/merge.h"

#include <algorithm>
#include <optional>

#include "proxy/fanout/reply_cursor.h"
#include "proxy/worker.h"
#include "wire/reply_writer.h"

namespace slotway::proxy {

namespace {

std::string_view reply_of(FanOut& fan_out, Part& part) {
  return part.reply.contiguous(fan_out.worker().loop().pool());
}

bool unexpected(const Part& part, std::string& error) {
  error = part.source->label() + " sent a reply that does not fit the command";
  return false;
}

// Puts `b` into `a`; false if the result is no 64 bit number.
using Combine = bool (*)(int64_t& a, int64_t b);

// Integers, or arrays of equally many integers element by element.
template <Combine kCombine>
bool merge_numbers(FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
  std::vector<int64_t> numbers;
  bool is_array = false;
  for (Part& part : fan_out.parts()) {
    const bool first = &part == &fan_out.parts().front();
    ReplyCursor cursor(reply_of(fan_out, part));
    int64_t count = 1;
    if (cursor.type() == '*') {
      const auto elements = cursor.enter_array();
      if (!elements || *elements < 0) return unexpected(part, error);
      count = *elements;
      is_array = true;
    }
    if (!first && static_cast<size_t>(count) != numbers.size()) return unexpected(part, error);
    for (int64_t i = 0; i < count; ++i) {
      const auto number = cursor.integer();
      if (!number) return unexpected(part, error);
      if (first) {
        numbers.push_back(*number);
      } else {
        if (!kCombine(numbers[static_cast<size_t>(i)], *number)) return unexpected(part, error);
      }
    }
  }
  wire::ReplyWriter writer(out);
  if (is_array) writer.array(numbers.size());
  for (const int64_t number : numbers) writer.integer(number);
  return true;
}

bool sum(int64_t& a, int64_t b) { return !__builtin_add_overflow(a, b, &a); }
bool smaller(int64_t& a, int64_t b) {
  a = std::min(a, b);
  return true;
}
bool larger(int64_t& a, int64_t b) {
  a = std::max(a, b);
  return true;
}
bool both(int64_t& a, int64_t b) {
  a = a != 0 && b != 0;
  return true;
}
bool either(int64_t& a, int64_t b) {
  a = a != 0 || b != 0;
  return true;
}

// The elements of the parts' arrays in the order of the keys.
bool merge_by_key_order(FanOut& fan_out, const std::vector<uint32_t>& order,
                        wire::OutputBuffer& out, std::string& error) {
  std::vector<ReplyCursor> cursors;
  std::vector<int64_t> left;
  for (Part& part : fan_out.parts()) {
    cursors.emplace_back(reply_of(fan_out, part));
    const auto count = cursors.back().enter_array();
    if (!count) return unexpected(part, error);
    left.push_back(*count);
  }
  wire::ReplyWriter(out).array(order.size());
  for (const uint32_t part : order) {
    if (left[part]-- <= 0) return unexpected(fan_out.parts()[part], error);
    fan_out.parts()[part].reply.write_part(cursors[part].element(), out);
  }
  for (size_t part = 0; part < left.size(); ++part) {
    if (left[part] != 0) return unexpected(fan_out.parts()[part], error);
  }
  return true;
}

// One array of the elements of all parts' arrays; of what is no array the one that all agree on.
bool merge_concatenated(FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
  Part& front = fan_out.parts().front();
  if (reply_of(fan_out, front).front() == '+') {
    for (Part& part : fan_out.parts()) {
      if (reply_of(fan_out, part) != reply_of(fan_out, front)) return unexpected(part, error);
    }
    return merge_first(fan_out, out, error);
  }
  size_t total = 0;
  for (Part& part : fan_out.parts()) {
    const auto count = ReplyCursor(reply_of(fan_out, part)).enter_array();
    if (!count || *count < 0) return unexpected(part, error);
    total += static_cast<size_t>(*count);
  }
  wire::ReplyWriter(out).array(total);
  for (Part& part : fan_out.parts()) {
    const std::string_view whole = reply_of(fan_out, part);
    part.reply.write_part(whole.substr(whole.find('\n') + 1), out);
  }
  return true;
}

}  // namespace

bool merge_first(FanOut& fan_out, wire::OutputBuffer& out, std::string&) {
  fan_out.parts().front().reply.write_to(out);
  return true;
}

bool merge_any(FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
  std::vector<Part*> candidates;
  for (Part& part : fan_out.parts()) {
    const std::string_view reply = reply_of(fan_out, part);
    if (reply != "$-1\r\n" && reply != "_\r\n") candidates.push_back(&part);
  }
  if (candidates.empty()) return merge_first(fan_out, out, error);
  candidates[fan_out.worker().random() % candidates.size()]->reply.write_to(out);
  return true;
}

FanOut::Merge sum_merge() { return &merge_numbers<sum>; }
FanOut::Merge largest_merge() { return &merge_numbers<larger>; }

FanOut::Merge merge_for(const wire::CommandSpec& spec, std::vector<uint32_t> order) {
  switch (spec.response_policy) {
    case wire::ResponsePolicy::kDefault:
      if (spec.request_policy != wire::RequestPolicy::kMultiShard) return &merge_concatenated;
      return
          [order = std::move(order)](FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
            return merge_by_key_order(fan_out, order, out, error);
          };
    case wire::ResponsePolicy::kOneSucceeded:
    case wire::ResponsePolicy::kAllSucceeded:
      return &merge_first;
    case wire::ResponsePolicy::kAggLogicalAnd:
      return &merge_numbers<both>;
    case wire::ResponsePolicy::kAggLogicalOr:
      return &merge_numbers<either>;
    case wire::ResponsePolicy::kAggMin:
      return &merge_numbers<smaller>;
    case wire::ResponsePolicy::kAggMax:
      return largest_merge();
    case wire::ResponsePolicy::kAggSum:
      return sum_merge();
    case wire::ResponsePolicy::kSpecial:
      return nullptr;
  }
  return nullptr;
}

}  // namespace slotway::proxy

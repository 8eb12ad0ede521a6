// Taking members off the ends of sorted sets, at once or when there are some.

#include <algorithm>

#include "backend/commands/bindings.h"
#include "backend/commands/sorted_set_arguments.h"
#include "backend/commands/timeout_argument.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

namespace {

enum class End : uint8_t { kMin, kMax };

// Takes `count` members out of a set that has as many and writes each, in an array of its own if
// `nested`.
void pop_members(const Call& call, const Key& key, SortedSetChange& set, End end, uint64_t count,
                 bool nested) {
  for (; count > 0; --count) {
    set.pop(end == End::kMax, [&](std::string_view member, double score) {
      if (nested) call.reply.array(2);
      call.reply.bulk(member);
      call.reply.real(score);
    });
  }
  finish_removal(call, key, set, end == End::kMax ? "zpopmax" : "zpopmin");
}

uint64_t available(const SortedSetChange& set, int64_t count) {
  return std::min(SortedSet(set.cell()->entry()).size(), static_cast<uint64_t>(count));
}

void zpop(const Call& call, End end) {
  if (call.args.size() > 3) return call.reply.error(kSyntaxError);
  const bool has_count = call.args.size() == 3;
  int64_t wanted = 1;
  if (has_count) {
    const auto count = integer_argument(call, 2, 0, "ERR value is out of range, must be positive");
    if (!count) return;
    wanted = *count;
  }
  const Key key = call.key();
  auto set = change_sorted_set(call, key);
  if (!set) return;
  if (!set->cell() || wanted == 0) return call.reply.array(0);
  const bool nested = has_count && call.reply.version() > 2;
  const uint64_t count = available(*set, wanted);
  call.reply.array(nested ? count : 2 * count);
  pop_members(call, key, *set, end, count, nested);
}

void zpopmin(Call& call) { zpop(call, End::kMin); }
void zpopmax(Call& call) { zpop(call, End::kMax); }

// The keys of a command that takes from the first one of several that has something.
struct PopCommand {
  size_t first_key;
  size_t keys;
  End end;
  int64_t count;  // of the many-keys form
  bool of_mpop;   // the reply is [key, [[member, score], ...]], otherwise [key, member, score]
};

// Pops from the first key that is there. False if none is; true as well if the error of a key of
// another type has been answered.
bool pop_from_first(const Call& call, const PopCommand& command) {
  for (size_t i = command.first_key; i < command.first_key + command.keys; ++i) {
    const Key key = call.key(i);
    auto set = change_sorted_set(call, key);
    if (!set) return true;
    if (!set->cell()) continue;
    const uint64_t count = available(*set, command.count);
    call.reply.array(command.of_mpop ? 2 : 3);
    call.reply.bulk(key.bytes);
    if (command.of_mpop) call.reply.array(count);
    pop_members(call, key, *set, command.end, count, command.of_mpop);
    return true;
  }
  return false;
}

void pop_or_block(const Call& call, const PopCommand& command, int64_t deadline_ms) {
  if (pop_from_first(call, command)) return;
  if (!call.may_block()) return call.reply.null_array();
  call.block(call.args.subspan(command.first_key, command.keys), deadline_ms);
}

void bzpop(const Call& call, End end) {
  const size_t last = call.args.size() - 1;
  if (const auto deadline_ms = deadline_argument(call, last)) {
    pop_or_block(call, {1, last - 1, end, 1, false}, *deadline_ms);
  }
}

void bzpopmin(Call& call) { bzpop(call, End::kMin); }
void bzpopmax(Call& call) { bzpop(call, End::kMax); }

// "numkeys key [key ...] MIN|MAX [COUNT count]" from argument `at` on. Without a value, the error
// has been answered.
std::optional<PopCommand> parse_mpop(const Call& call, size_t at) {
  const auto keys = integer_argument(call, at, 1, "ERR numkeys should be greater than 0");
  if (!keys) return std::nullopt;
  const size_t behind_count = call.args.size() - at - 1;
  PopCommand command{at + 1, static_cast<size_t>(*keys), End::kMin, 1, true};
  const auto syntax_error = [&] {
    call.reply.error(kSyntaxError);
    return std::nullopt;
  };
  if (command.keys >= behind_count) return syntax_error();
  size_t i = at + 1 + command.keys;
  if (call.is(i, "max")) {
    command.end = End::kMax;
  } else if (!call.is(i, "min")) {
    return syntax_error();
  }
  if (++i == call.args.size()) return command;
  if (!call.is(i, "count") || i + 1 == call.args.size()) return syntax_error();
  const auto count = integer_argument(call, i + 1, 1, "ERR count should be greater than 0");
  if (!count) return std::nullopt;
  if (i + 2 < call.args.size()) return syntax_error();
  command.count = *count;
  return command;
}

void zmpop(Call& call) {
  const auto command = parse_mpop(call, 1);
  if (command && !pop_from_first(call, *command)) call.reply.null_array();
}

void bzmpop(Call& call) {
  const auto command = parse_mpop(call, 2);
  if (!command) return;
  if (const auto deadline_ms = deadline_argument(call, 1)) {
    pop_or_block(call, *command, *deadline_ms);
  }
}

constexpr Binding kBindings[] = {
    {"zpopmin", &zpopmin},   {"zpopmax", &zpopmax}, {"bzpopmin", &bzpopmin},
    {"bzpopmax", &bzpopmax}, {"zmpop", &zmpop},     {"bzmpop", &bzmpop},
};

}  // namespace

std::span<const Binding> sorted_set_pop_bindings() { return kBindings; }

}  // namespace slotway::backend

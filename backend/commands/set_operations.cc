// Intersections, unions and differences of sets, given out or stored.

#include <algorithm>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/bulk_list.h"
#include "backend/commands/typed_key.h"
#include "backend/types/set_value.h"

namespace slotway::backend {

namespace {

using Sets = std::vector<const Entry*>;  // null: no such key, so an empty set

// The sets at the keys from argument `first` on. Without a value, the error has been answered.
std::optional<Sets> sets_at(const Call& call, size_t first, size_t count) {
  Sets sets;
  for (size_t i = first; i < first + count; ++i) {
    const auto entry = read_as(call, call.key(i), Type::kSet);
    if (!entry) return std::nullopt;
    sets.push_back(*entry);
  }
  return sets;
}

std::optional<Sets> sets_from(const Call& call, size_t first) {
  return sets_at(call, first, call.args.size() - first);
}

uint64_t size_of(const Entry* entry) { return entry ? SetView(entry).size() : 0; }

// ---- visit(std::string_view) for the members of a result, each of which is shown once

// Until visit says false. Goes through the smallest set and asks the others, small ones first.
template <typename Visit>
void intersect(Sets sets, Visit&& visit) {
  if (std::find(sets.begin(), sets.end(), nullptr) != sets.end()) return;
  std::sort(sets.begin(), sets.end(),
            [](const Entry* a, const Entry* b) { return size_of(a) < size_of(b); });
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  SetView(sets.front()).for_each([&](std::string_view member) {
    for (size_t i = 1; i < sets.size(); ++i) {
      if (!SetView(sets[i]).contains(member)) return true;
    }
    return visit(member);
  });
}

// Goes through the first set and asks the others, large ones first.
template <typename Visit>
void subtract_by_asking(Sets sets, Visit&& visit) {
  std::sort(sets.begin() + 1, sets.end(),
            [](const Entry* a, const Entry* b) { return size_of(a) > size_of(b); });
  SetView(sets.front()).for_each([&](std::string_view member) {
    for (size_t i = 1; i < sets.size() && sets[i]; ++i) {
      if (SetView(sets[i]).contains(member)) return;
    }
    visit(member);
  });
}

void subtract_by_removing(const Sets& sets, SetBuilder& result) {
  SetView(sets.front()).for_each([&](std::string_view member) { result.add(member); });
  for (size_t i = 1; i < sets.size() && result.size() > 0; ++i) {
    if (!sets[i]) continue;
    SetView(sets[i]).for_each([&](std::string_view member) { result.remove(member); });
  }
}

// Asking costs a look-up for each member of the first set and each other set, but stops early;
// removing, one for each member of all.
bool is_asking_cheaper(const Sets& sets) {
  uint64_t asking = 0;
  uint64_t removing = 0;
  for (const Entry* entry : sets) {
    if (!entry) continue;
    asking += size_of(sets.front());
    removing += size_of(entry);
  }
  return asking / 2 <= removing;
}

bool is_surely_empty_difference(const Sets& sets) {
  return !sets.front() || std::find(sets.begin() + 1, sets.end(), sets.front()) != sets.end();
}

void unite(const Sets& sets, SetBuilder& result) {
  for (const Entry* entry : sets) {
    if (entry) SetView(entry).for_each([&](std::string_view member) { result.add(member); });
  }
}

// ---- what becomes of a result

template <typename Members>
void reply_members(const Call& call, uint64_t count, const Members& members) {
  call.reply.set(count);
  members.for_each([&](std::string_view member) { call.reply.bulk(member); });
}

void reply_list(const Call& call, const BulkList& list) {
  call.reply.set(list.count());
  list.write(call.reply);
}

// Puts the result at argument 1, in the place of whatever is there.
void store(const Call& call, SetBuilder& result, std::string_view event) {
  const Key key = call.key(1);
  Cell* const found = call.database().find_for_write(key);
  const auto size = static_cast<int64_t>(result.size());
  if (size > 0) {
    call.database().put(key, found, result.finish(key.bytes, call.store.settings));
    call.changed(key, KeyEvent::kSet, event);
  } else if (found) {
    call.database().remove(key, *found);
    call.changed(key, KeyEvent::kGeneric, "del");
  }
  call.reply.integer(size);
}

// ---- commands

void sinter(Call& call) {
  const auto sets = sets_from(call, 1);
  if (!sets) return;
  BulkList members;
  intersect(*sets, [&](std::string_view member) {
    members.add(member);
    return true;
  });
  reply_list(call, members);
}

void sinterstore(Call& call) {
  const auto sets = sets_from(call, 2);
  if (!sets) return;
  SetBuilder result;
  intersect(*sets, [&](std::string_view member) { return result.add(member); });
  store(call, result, "sinterstore");
}

void sintercard(Call& call) {
  const auto count = wire::parse_integer(call.args[1]);
  if (!count || *count < 1) return call.reply.error("ERR numkeys should be greater than 0");
  if (static_cast<uint64_t>(*count) > call.args.size() - 2) {
    return call.reply.error("ERR Number of keys can't be greater than number of args");
  }
  const auto keys = static_cast<size_t>(*count);
  int64_t limit = 0;
  for (size_t i = 2 + keys; i < call.args.size(); i += 2) {
    if (!call.is(i, "limit") || i + 1 == call.args.size()) return call.reply.error(kSyntaxError);
    const auto number = wire::parse_integer(call.args[i + 1]);
    if (!number || *number < 0) return call.reply.error("ERR LIMIT can't be negative");
    limit = *number;
  }
  const auto sets = sets_at(call, 2, keys);
  if (!sets) return;
  int64_t members = 0;
  intersect(*sets, [&](std::string_view) { return ++members != limit; });
  call.reply.integer(members);
}

void sunion(Call& call) {
  const auto sets = sets_from(call, 1);
  if (!sets) return;
  SetBuilder result;
  unite(*sets, result);
  reply_members(call, result.size(), result);
}

void sunionstore(Call& call) {
  const auto sets = sets_from(call, 2);
  if (!sets) return;
  SetBuilder result;
  unite(*sets, result);
  store(call, result, "sunionstore");
}

void sdiff(Call& call) {
  const auto sets = sets_from(call, 1);
  if (!sets) return;
  if (is_surely_empty_difference(*sets)) return call.reply.set(0);
  if (is_asking_cheaper(*sets)) {
    BulkList members;
    subtract_by_asking(*sets, [&](std::string_view member) { members.add(member); });
    return reply_list(call, members);
  }
  SetBuilder result;
  subtract_by_removing(*sets, result);
  reply_members(call, result.size(), result);
}

void sdiffstore(Call& call) {
  const auto sets = sets_from(call, 2);
  if (!sets) return;
  SetBuilder result;
  if (is_surely_empty_difference(*sets)) {
    // Nothing to store.
  } else if (is_asking_cheaper(*sets)) {
    subtract_by_asking(*sets, [&](std::string_view member) { result.add(member); });
  } else {
    subtract_by_removing(*sets, result);
  }
  store(call, result, "sdiffstore");
}

constexpr Binding kBindings[] = {
    {"sinter", &sinter},         {"sinterstore", &sinterstore}, {"sintercard", &sintercard},
    {"sunion", &sunion},         {"sunionstore", &sunionstore}, {"sdiff", &sdiff},
    {"sdiffstore", &sdiffstore},
};

}  // namespace

std::span<const Binding> set_operation_bindings() { return kBindings; }

}  // namespace slotway::backend

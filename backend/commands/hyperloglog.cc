// HyperLogLogs: PFADD, PFCOUNT, PFMERGE.

#include "backend/types/hyperloglog.h"

#include <string>

#include "backend/commands/bindings.h"
#include "backend/commands/hyperloglog_value.h"
#include "backend/types/hyperloglog_dense.h"

namespace slotway::backend {

namespace {

struct Outcome {
  bool changed = false;
  bool corrupt = false;
};

// A dense value is changed where it stands.
Outcome add_to_dense(const Call& call, char* value) {
  bool changed = false;
  for (size_t i = 2; i < call.args.size(); ++i) {
    changed |= raise_hll_dense(value, hll_element(call.args[i]));
  }
  if (changed) mark_hll_changed(value);
  return {changed};
}

// A sparse value, which is short, is changed in a copy.
Outcome add_to_sparse(const Call& call, const Key& key, Cell* cell) {
  std::string value = cell ? std::string(hll_bytes(cell->entry())) : empty_hll();
  Outcome outcome{.changed = !cell};
  for (size_t i = 2; i < call.args.size() && !outcome.corrupt; ++i) {
    const HllAdded added =
        add_to_hll(value, hll_element(call.args[i]), call.store.settings.hll_sparse_bytes);
    outcome.changed |= added == HllAdded::kYes;
    outcome.corrupt = added == HllAdded::kCorrupt;  // what was added before stays, as in Redis
  }
  if (outcome.changed) {
    mark_hll_changed(value.data());
    store_hll(call, key, cell, value);
  }
  return outcome;
}

void pfadd(Call& call) {
  const Key key = call.key();
  Cell* const cell = call.database().find_for_write(key);
  Outcome outcome;
  if (cell) {
    if (!check_hll(call, cell->entry())) return;
    char* const value = edit_hll(call, key, cell);
    const bool dense = is_hll_dense(hll_bytes(cell->entry()));
    outcome = dense ? add_to_dense(call, value) : add_to_sparse(call, key, cell);
  } else {
    outcome = add_to_sparse(call, key, nullptr);
  }
  if (outcome.changed) call.changed(key, KeyEvent::kString, "pfadd");
  if (outcome.corrupt) return call.reply.error(kCorruptHll);
  call.reply.integer(outcome.changed);
}

// Raises `registers` to those of all keys, from argument 1 on. False: the error has been answered.
bool merge_arguments(const Call& call, HllRegisters& registers, bool& any_dense) {
  for (size_t i = 1; i < call.args.size(); ++i) {
    const Entry* const entry = call.database().read(call.key(i));
    if (!entry) continue;
    if (!check_hll(call, entry)) return false;
    const std::string_view value = hll_bytes(entry);
    any_dense |= is_hll_dense(value);
    if (merge_hll(registers, value)) continue;
    call.reply.error(kCorruptHll);
    return false;
  }
  return true;
}

void count_one(const Call& call) {
  const Key key = call.key();
  if (!call.database().read(key)) return call.reply.integer(0);
  Cell* const cell = call.database().find(key);
  if (!check_hll(call, cell->entry())) return;
  char* const value = edit_hll(call, key, cell);
  auto cardinality = hll_cardinality(value);
  if (!cardinality) {
    cardinality = estimate_hll(hll_bytes(cell->entry()));
    if (!cardinality) return call.reply.error(kCorruptHll);
    // For the next time. It is a change of the value, though not one that is published.
    set_hll_cardinality(value, *cardinality);
    call.changed(key, KeyEvent::kString, {});
  }
  call.reply.integer(static_cast<int64_t>(*cardinality));
}

void pfcount(Call& call) {
  if (call.args.size() == 2) return count_one(call);
  HllRegisters registers;
  bool any_dense = false;
  if (!merge_arguments(call, registers, any_dense)) return;
  call.reply.integer(static_cast<int64_t>(estimate_hll(registers)));
}

void pfmerge(Call& call) {
  HllRegisters registers;
  bool any_dense = false;
  if (!merge_arguments(call, registers, any_dense)) return;
  const Key key = call.key();
  Cell* const cell = call.database().find_for_write(key);
  std::string value = cell ? std::string(hll_bytes(cell->entry())) : empty_hll();
  if (any_dense) value = hll_made_dense(value).value_or(value);
  raise_hll(value, registers, call.store.settings.hll_sparse_bytes);
  mark_hll_changed(value.data());
  store_hll(call, key, cell, value);
  call.changed(key, KeyEvent::kString, "pfadd");
  call.reply.ok();
}

constexpr Binding kBindings[] = {{"pfadd", &pfadd}, {"pfcount", &pfcount}, {"pfmerge", &pfmerge}};

}  // namespace

std::span<const Binding> hyperloglog_bindings() { return kBindings; }

}  // namespace slotway::backend

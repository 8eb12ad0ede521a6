// What looks inside of HyperLogLogs: PFDEBUG and PFSELFTEST.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "backend/commands/bindings.h"
#include "backend/commands/hyperloglog_value.h"
#include "backend/types/hyperloglog.h"
#include "backend/types/hyperloglog_dense.h"
#include "backend/types/hyperloglog_sparse.h"

namespace slotway::backend {

namespace {

enum class MadeDense : uint8_t { kWasDense, kYes, kCorrupt };

MadeDense make_dense(const Call& call, const Key& key, Cell* cell) {
  const std::string_view value = hll_bytes(cell->entry());
  if (is_hll_dense(value)) return MadeDense::kWasDense;
  const auto dense = hll_made_dense(value);
  if (!dense) {
    call.reply.error(kCorruptHll);
    return MadeDense::kCorrupt;
  }
  store_hll(call, key, cell, *dense);
  call.changed(key, KeyEvent::kString, {});
  return MadeDense::kYes;
}

void todense(const Call& call, const Key& key, Cell* cell) {
  const MadeDense made = make_dense(call, key, cell);
  if (made != MadeDense::kCorrupt) call.reply.integer(made == MadeDense::kYes);
}

void getreg(const Call& call, const Key& key, Cell* cell) {
  if (make_dense(call, key, cell) == MadeDense::kCorrupt) return;
  const std::string_view value = hll_bytes(cell->entry());
  call.reply.array(kHllRegisters);
  for (uint32_t i = 0; i < kHllRegisters; ++i) call.reply.integer(hll_dense_register(value, i));
}

void decode(const Call& call, std::string_view value) {
  if (is_hll_dense(value)) return call.reply.error("ERR HLL encoding is not sparse");
  std::string text;
  for (size_t at = kHllHeader; at < value.size();) {
    const HllRun run = hll_run_at(value, at);
    if (!text.empty()) text += ' ';
    if (run.value > 0) {
      text += "v:" + std::to_string(run.value) + ',';
    } else {
      text += run.size == 1 ? "z:" : "Z:";
    }
    text += std::to_string(run.length);
    at += run.size;
  }
  call.reply.bulk(text);
}

void pfdebug(Call& call) {
  const Key key = call.key(2);
  Cell* const cell = call.database().find_for_write(key);
  if (!cell) return call.reply.error("ERR The specified key does not exist");
  if (!check_hll(call, cell->entry())) return;
  edit_hll(call, key, cell);
  const std::string_view value = hll_bytes(cell->entry());
  if (call.is(1, "getreg")) return getreg(call, key, cell);
  if (call.is(1, "decode")) return decode(call, value);
  if (call.is(1, "encoding")) return call.reply.simple(is_hll_dense(value) ? "dense" : "sparse");
  if (call.is(1, "todense")) return todense(call, key, cell);
  call.reply.error("ERR Unknown PFDEBUG subcommand '" +
                   wire::excerpt(call.args[1], call.args[1].size()) + "'");
}

// ---- PFSELFTEST: short enough that the other clients do not notice

// What dense registers give back of random values, or where they do not.
std::string test_registers(const Call& call) {
  HllRegisters registers;
  for (uint8_t& value : registers.values) value = call.engine().random() % 64;
  std::string dense(kHllDense, '\0');
  set_hll_dense(dense.data(), registers);
  for (uint32_t i = 0; i < kHllRegisters; ++i) {
    if (hll_dense_register(dense, i) != registers.values[i]) {
      return "TESTFAILED Register " + std::to_string(i) + " is not what was written";
    }
  }
  return {};
}

// Whether random elements are counted about right, and the same in both encodings.
std::string test_estimates(const Call& call) {
  constexpr uint64_t kMost = 100'000;
  const uint64_t sparse_bytes = call.store.settings.hll_sparse_bytes;
  std::string value = empty_hll();
  HllRegisters registers;
  const uint64_t seed = call.engine().random();
  for (uint64_t i = 1, checked = 1; i <= kMost; ++i) {
    const uint64_t number = i ^ seed;
    const HllElement element = hll_element({reinterpret_cast<const char*>(&number), sizeof number});
    uint8_t& rank = registers.values[element.index];
    rank = std::max(rank, element.rank);
    add_to_hll(value, element, sparse_bytes);
    if (i != checked) continue;
    checked *= 10;
    const uint64_t estimate = estimate_hll(registers);
    if (estimate_hll(value) != estimate) return "TESTFAILED dense/sparse disagree";
    // Six times the standard error.
    const double most = std::ceil(6 * 1.04 / std::sqrt(double{kHllRegisters}) * double(i));
    if (std::abs(static_cast<double>(estimate) - static_cast<double>(i)) > most) {
      return "TESTFAILED Too big error: " + std::to_string(estimate) + " of " + std::to_string(i);
    }
  }
  return {};
}

void pfselftest(Call& call) {
  std::string failure = test_registers(call);
  if (failure.empty()) failure = test_estimates(call);
  failure.empty() ? call.reply.ok() : call.reply.error("ERR " + failure);
}

constexpr Binding kBindings[] = {{"pfdebug", &pfdebug}, {"pfselftest", &pfselftest}};

}  // namespace

std::span<const Binding> hyperloglog_debug_bindings() { return kBindings; }

}  // namespace slotway::backend

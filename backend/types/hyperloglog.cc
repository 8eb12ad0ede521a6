#include "backend/types/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "backend/types/hyperloglog_dense.h"
#include "backend/types/hyperloglog_sparse.h"

namespace slotway::backend {

namespace {

static_assert(std::endian::native == std::endian::little, "values are read as they lie");

constexpr std::string_view kMagic = "HYLL";
constexpr size_t kEncoding = 4;     // where it stands
constexpr size_t kCardinality = 8;  // the same
constexpr char kDense = 0;
constexpr char kSparse = 1;

uint64_t load_cardinality(const char* value) {
  uint64_t cardinality;
  std::memcpy(&cardinality, value + kCardinality, sizeof cardinality);
  return cardinality;
}

std::string dense_with_header_of(std::string_view value) {
  std::string dense(kHllDense, '\0');
  value.copy(dense.data(), kHllHeader);
  dense[kEncoding] = kDense;
  return dense;
}

// Raises a sparse value to all of `registers`. False if it must become dense.
bool raise_runs(std::string& value, const HllRegisters& registers, uint64_t sparse_bytes) {
  HllPosition begin;
  for (uint32_t i = 0; i < kHllRegisters; ++i) {
    const uint8_t rank = registers.values[i];
    if (rank == 0) continue;
    if (rank > kHllSparseMost) return false;
    const auto place = find_hll_register(value, i, begin);
    if (!place) return false;
    begin = place->earlier;  // so that the way to the next register is short
    if (place->run.value < rank && !raise_hll_sparse(value, *place, {i, rank}, sparse_bytes)) {
      return false;
    }
  }
  return true;
}

// MurmurHash64A (public domain, Austin Appleby), with the seed that Redis has.
uint64_t murmur_hash(std::string_view bytes) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  constexpr unsigned kShift = 47;
  uint64_t hash = 0xadc83b19 ^ bytes.size() * kFactor;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    word *= kFactor;
    word ^= word >> kShift;
    hash = (hash ^ word * kFactor) * kFactor;
  }
  if (!bytes.empty()) {
    uint64_t rest = 0;
    std::memcpy(&rest, bytes.data(), bytes.size());
    hash = (hash ^ rest) * kFactor;
  }
  hash = (hash ^ hash >> kShift) * kFactor;
  return hash ^ hash >> kShift;
}

}  // namespace

HllElement hll_element(std::string_view bytes) {
  const uint64_t hash = murmur_hash(bytes);
  const uint64_t rest = hash / kHllRegisters | uint64_t{1} << kHllRankBits;
  return {static_cast<uint32_t>(hash % kHllRegisters),
          static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

bool is_hyperloglog(std::string_view value) {
  if (value.size() < kHllHeader || !value.starts_with(kMagic)) return false;
  return value[kEncoding] == kSparse || (value[kEncoding] == kDense && value.size() == kHllDense);
}

bool is_hll_dense(std::string_view value) { return value[kEncoding] == kDense; }

std::optional<uint64_t> hll_cardinality(const char* value) {
  const uint64_t cardinality = load_cardinality(value);
  if (cardinality & kHllOutOfDate) return std::nullopt;
  return cardinality;
}

void set_hll_cardinality(char* value, uint64_t cardinality) {
  std::memcpy(value + kCardinality, &cardinality, sizeof cardinality);
}

void mark_hll_changed(char* value) {
  set_hll_cardinality(value, load_cardinality(value) | kHllOutOfDate);
}

std::optional<uint64_t> estimate_hll(std::string_view value) {
  if (is_hll_dense(value)) return estimate_hll(count_hll_dense(value));
  HllHistogram histogram{};
  if (!for_each_hll_run(value,
                        [&](uint32_t, const HllRun& run) { histogram[run.value] += run.length; })) {
    return std::nullopt;
  }
  return estimate_hll(histogram);
}

bool merge_hll(HllRegisters& registers, std::string_view value) {
  if (is_hll_dense(value)) {
    merge_hll_dense(registers, value);
    return true;
  }
  return for_each_hll_run(value, [&](uint32_t first, const HllRun& run) {
    if (run.value == 0) return;
    for (uint32_t i = first; i < first + run.length; ++i) {
      registers.values[i] = std::max(registers.values[i], run.value);
    }
  });
}

std::optional<std::string> hll_made_dense(std::string_view value) {
  HllRegisters registers;
  if (!merge_hll(registers, value)) return std::nullopt;
  std::string dense = dense_with_header_of(value);
  set_hll_dense(dense.data(), registers);
  return dense;
}

std::string empty_hll() {
  std::string value(kHllHeader, '\0');
  kMagic.copy(value.data(), kMagic.size());
  value[kEncoding] = kSparse;
  return value + "\x7f\xff";  // 2^14 registers are 0
}

HllAdded add_to_hll(std::string& value, HllElement element, uint64_t sparse_bytes) {
  if (!is_hll_dense(value)) {
    if (element.rank <= kHllSparseMost) {
      const auto place = find_hll_register(value, element.index);
      if (!place) return HllAdded::kCorrupt;
      if (place->run.value >= element.rank) return HllAdded::kNo;
      if (raise_hll_sparse(value, *place, element, sparse_bytes)) return HllAdded::kYes;
    }
    auto dense = hll_made_dense(value);
    if (!dense) return HllAdded::kCorrupt;
    value = std::move(*dense);
  }
  return raise_hll_dense(value.data(), element) ? HllAdded::kYes : HllAdded::kNo;
}

void raise_hll(std::string& value, const HllRegisters& registers, uint64_t sparse_bytes) {
  if (!is_hll_dense(value)) {
    if (raise_runs(value, registers, sparse_bytes)) return;
    value = dense_with_header_of(value);
  }
  set_hll_dense(value.data(), registers);
}

uint64_t estimate_hll(const HllRegisters& registers) {
  return estimate_hll(count_hll_registers(registers));
}

}  // namespace slotway::backend

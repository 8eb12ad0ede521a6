// HyperLogLog: an estimate of how many different elements were seen, kept in a string of Redis's
// own format, so that such strings can be exchanged with it.
//
//   "HYLL" | encoding (1 byte) | 3 unused | cardinality (8, little endian) | registers
//
// Each element falls to one of 2^14 registers, which keeps the highest rank of its elements: the
// position of the first bit that is set in what is left of the hash. The registers are dense
// (hyperloglog_dense.h) or sparse (hyperloglog_sparse.h). The highest bit of the cardinality says
// that it is out of date. Strings come from anywhere: nothing here relies on what they say beyond
// is_hyperloglog(). No state; any thread.
//
// Flajolet, Fusy, Gandouet, Meunier: "HyperLogLog" (2007); the estimator is that of Ertl: "New
// cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284, algorithm 6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slotway::backend {

inline constexpr size_t kHllRegisters = size_t{1} << 14;
inline constexpr size_t kHllHeader = 16;      // bytes
inline constexpr unsigned kHllRankBits = 50;  // of the hash, behind those of the index
inline constexpr uint64_t kHllOutOfDate = uint64_t{1} << 63;  // in the cardinality
inline constexpr size_t kHllDense = kHllHeader + kHllRegisters * 6 / 8;

// What an element says: that register `index` is at least `rank`.
struct HllElement {
  uint32_t index;  // below kHllRegisters
  uint8_t rank;    // 1 to 51
};
HllElement hll_element(std::string_view bytes);

// All registers, a byte each: what several HyperLogLogs are merged in.
struct HllRegisters {
  alignas(8) std::array<uint8_t, kHllRegisters> values{};
};

// How many registers have each value.
using HllHistogram = std::array<uint32_t, 64>;

// Whether the header is right, and the size if it is dense.
bool is_hyperloglog(std::string_view value);
// ---- of a value that is_hyperloglog()
bool is_hll_dense(std::string_view value);
// None if it is out of date.
std::optional<uint64_t> hll_cardinality(const char* value);
void set_hll_cardinality(char* value, uint64_t cardinality);
void mark_hll_changed(char* value);
// None: the sparse registers are corrupt.
std::optional<uint64_t> estimate_hll(std::string_view value);
// Raises `registers` to those of the value. False: they are corrupt.
bool merge_hll(HllRegisters& registers, std::string_view value);
// The same value with dense registers. None: they are corrupt.
std::optional<std::string> hll_made_dense(std::string_view value);

// ---- of any encoding
// A sparse one that has seen nothing.
std::string empty_hll();
enum class HllAdded : uint8_t { kNo, kYes, kCorrupt };
// Makes the value dense when it gets longer than `sparse_bytes`. The cardinality stays as it is.
HllAdded add_to_hll(std::string& value, HllElement element, uint64_t sparse_bytes);
// Raises the value to all of `registers`, which are at least its own.
void raise_hll(std::string& value, const HllRegisters& registers, uint64_t sparse_bytes);

uint64_t estimate_hll(const HllHistogram& histogram);
uint64_t estimate_hll(const HllRegisters& registers);

}  // namespace slotway::backend

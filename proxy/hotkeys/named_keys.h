// NamedKeys: the keys that a request names, by their hashes, for as long as it is unanswered.
//
// When its reply has been read, and before anybody sees it, the versions of these keys are
// incremented (rule W); until then, its session gets nothing of them from the cache (rule R0).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace slotway::proxy {

class NamedKeys {
 public:
  enum class Kind : uint8_t {
    kNone,
    kOne,
    kMany,
    kAll,  // it is not known which, or there are too many: of all keys of its shard
  };

  NamedKeys() = default;
  static NamedKeys none() { return {}; }
  static NamedKeys all() { return NamedKeys(Kind::kAll, 0, 0); }
  // `weight`: how many requests this one stands for before the detector; 0: it is not noted there.
  static NamedKeys one(uint64_t hash, uint32_t weight = 0) {
    return NamedKeys(Kind::kOne, hash, weight);
  }
  // Allocates: such commands are rare, and their keys outlive the input.
  static NamedKeys many(std::vector<uint64_t> hashes);

  NamedKeys(NamedKeys&& other) noexcept
      : kind_(std::exchange(other.kind_, Kind::kNone)),
        weight_(other.weight_),
        value_(other.value_) {}
  NamedKeys& operator=(NamedKeys&& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(weight_, other.weight_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~NamedKeys() { clear(); }

  // What the other one names, too.
  void add(NamedKeys other);

  Kind kind() const { return kind_; }
  bool empty() const { return kind_ == Kind::kNone; }
  uint32_t weight() const { return kind_ == Kind::kOne ? weight_ : 0; }
  // Requires kOne.
  uint64_t hash() const { return value_.hash; }
  bool contains(uint64_t hash) const {
    if (kind_ == Kind::kOne) return value_.hash == hash;
    if (kind_ == Kind::kMany) return std::ranges::count(*value_.hashes, hash) > 0;
    return kind_ == Kind::kAll;
  }
  // Requires that it is none of kNone and kAll.
  template <typename Visit>
  void for_each(Visit visit) const {
    if (kind_ == Kind::kOne) return visit(value_.hash);
    for (const uint64_t hash : *value_.hashes) visit(hash);
  }
  void clear() {
    if (kind_ == Kind::kMany) [[unlikely]]
      delete value_.hashes;
    kind_ = Kind::kNone;
  }

 private:
  union Value {
    uint64_t hash;
    std::vector<uint64_t>* hashes;  // owned
  };
  NamedKeys(Kind kind, uint64_t hash, uint32_t weight) : kind_(kind), weight_(weight) {
    value_.hash = hash;
  }

  Kind kind_ = Kind::kNone;
  uint32_t weight_ = 0;  // of kOne
  Value value_{0};
};

inline NamedKeys NamedKeys::many(std::vector<uint64_t> hashes) {
  NamedKeys keys;
  keys.kind_ = Kind::kMany;
  keys.value_.hashes = new std::vector<uint64_t>(std::move(hashes));
  return keys;
}

inline void NamedKeys::add(NamedKeys other) {
  if (other.empty() || kind_ == Kind::kAll) return;
  if (empty() || other.kind_ == Kind::kAll) {
    *this = std::move(other);
    return;
  }
  if (kind_ == Kind::kOne) *this = many({value_.hash});
  other.for_each([this](uint64_t hash) { value_.hashes->push_back(hash); });
}

}  // namespace slotway::proxy

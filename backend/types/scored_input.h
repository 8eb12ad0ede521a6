// ScoredInput: what a union, an intersection or a difference of sorted sets is made from: a sorted
// set, or nothing. A view; good until the entry changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backend/types/sorted_set.h"

namespace slotway::backend {

class ScoredInput {
 public:
  // `entry` may be null. Without a value, it holds a type that has no members.
  static std::optional<ScoredInput> of(const Entry* entry) {
    if (entry && entry->type() != Type::kSortedSet) return std::nullopt;
    ScoredInput input;
    if (entry) input.sorted_set_.emplace(entry);
    return input;
  }

  uint64_t size() const { return sorted_set_ ? sorted_set_->size() : 0; }
  std::optional<double> score(std::string_view member) const {
    return sorted_set_ ? sorted_set_->score(member) : std::nullopt;
  }
  // Calls visit(member, score) for all members, until it returns false.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (sorted_set_) sorted_set_->for_each(visit);
  }

 private:
  std::optional<SortedSet> sorted_set_;
};

}  // namespace slotway::backend

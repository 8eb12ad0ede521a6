// ScoredInput: what a union, an intersection or a difference of sorted sets is made from: a sorted
// set, a set, whose members all have the score 1, or nothing. A view; good until the entry changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backend/types/set_value.h"
#include "backend/types/sorted_set.h"

namespace slotway::backend {

class ScoredInput {
 public:
  // `entry` may be null. Without a value, it holds a type that has no members.
  static std::optional<ScoredInput> of(const Entry* entry) {
    ScoredInput input;
    if (!entry) return input;
    if (entry->type() == Type::kSortedSet) {
      input.sorted_set_.emplace(entry);
    } else if (entry->type() == Type::kSet) {
      input.set_.emplace(entry);
    } else {
      return std::nullopt;
    }
    return input;
  }

  uint64_t size() const { return sorted_set_ ? sorted_set_->size() : set_ ? set_->size() : 0; }
  std::optional<double> score(std::string_view member) const {
    if (sorted_set_) return sorted_set_->score(member);
    if (set_ && set_->contains(member)) return kScoreInSet;
    return std::nullopt;
  }
  // Calls visit(member, score) for all members, until it returns false.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (sorted_set_) return sorted_set_->for_each(visit);
    if (set_) set_->for_each([&](std::string_view member) { return visit(member, kScoreInSet); });
  }

 private:
  static constexpr double kScoreInSet = 1;

  std::optional<SortedSet> sorted_set_;
  std::optional<SetView> set_;
};

}  // namespace slotway::backend

// Sorted sets: members, each once, with a score, in the order of scores and then of the members'
// bytes.
//
// A small one is a listpack of members and scores in that order (Encoding::kListpack), in the entry
// itself; others are a LargeSortedSet (Encoding::kSkiplist, as Redis calls it). A score in a
// listpack is a whole number or the 17 digits that give the double back. One engine thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "backend/engine/database.h"
#include "backend/types/large_sorted_set.h"
#include "backend/types/listpack.h"
#include "backend/types/packed_value.h"

namespace slotway::backend {

// Up to where a sorted set is a listpack.
struct SortedSetLimits {
  uint64_t members;
  uint64_t bytes;  // of a member
};

// A sorted set to read; good until its entry changes.
class SortedSet {
 public:
  // Requires an entry of the type kSortedSet.
  explicit SortedSet(const Entry* entry)
      : large_(entry->encoding() == Encoding::kSkiplist
                   ? static_cast<const LargeSortedSet*>(entry->reference().object)
                   : nullptr),
        pack_(large_ ? nullptr : packed_bytes(entry).data()) {}

  // Null for a listpack.
  const LargeSortedSet* large() const { return large_; }
  // Null for a large one.
  const char* pack() const { return pack_; }

  uint64_t size() const { return large_ ? large_->size() : listpack::count(pack_) / 2; }
  std::optional<double> score(std::string_view member) const;
  std::optional<uint64_t> rank(std::string_view member) const;
  // How many members before(score, bytes) holds for: the first so many in the order.
  template <typename Before>
  uint64_t count_before(const Before& before) const;
  // Calls visit(bytes, score) for `count` members from the rank `first` on, upwards, or downwards
  // if `reverse`; they are there. The bytes are good until the next call. A visit that returns
  // false ends it.
  template <typename Visit>
  void for_each(uint64_t first, uint64_t count, bool reverse, Visit&& visit) const;
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (const uint64_t count = size()) for_each(0, count, false, visit);
  }

 private:
  friend class SortedSetChange;
  static double score_at(const char* pack, size_t at);
  template <typename Visit>
  static bool shown(Visit& visit, std::string_view bytes, double score) {
    if constexpr (std::is_void_v<decltype(visit(bytes, score))>) {
      visit(bytes, score);
      return true;
    } else {
      return visit(bytes, score);
    }
  }

  const LargeSortedSet* large_;
  const char* pack_;
};

// The conditions of ZADD.
struct AddOptions {
  bool nx = false;    // only new members
  bool xx = false;    // only members that are there
  bool gt = false;    // of those only to a greater score
  bool lt = false;    // to a smaller one
  bool incr = false;  // the score is added to the old one
};

struct AddResult {
  enum Outcome { kRefused, kNotANumber, kUnchanged, kUpdated, kAdded };
  Outcome outcome;
  double score = 0;  // of kUnchanged, kUpdated, kAdded
};

// A sorted set to be changed. A view of one found cell: good until something else changes the
// database. Whoever leaves it empty has to remove the key.
class SortedSetChange {
 public:
  // All of them must outlive this. `cell` is what the database has for the key; null if there is
  // nothing: the first member that is added makes the entry.
  SortedSetChange(Database& database, const Key& key, Cell* cell, SortedSetLimits limits)
      : database_(database), key_(key), cell_(cell), limits_(limits) {}

  bool is_empty() const { return !cell_ || SortedSet(cell_->entry()).size() == 0; }
  Cell* cell() const { return cell_; }

  // `score` is not NaN.
  AddResult add(double score, std::string_view member, AddOptions options = {});
  // False if it is not there.
  bool erase(std::string_view member);
  // Takes `count` members from the rank `first` on out; they are there.
  void erase_ranks(uint64_t first, uint64_t count);
  // Takes the first or last member out and calls visit(bytes, score) with it. Requires !is_empty().
  template <typename Visit>
  void pop(bool last, Visit&& visit);

 private:
  LargeSortedSet* large() const {
    return cell_->entry()->encoding() == Encoding::kSkiplist
               ? static_cast<LargeSortedSet*>(cell_->entry()->reference().object)
               : nullptr;
  }
  void make(double score, std::string_view member);
  AddResult add_to_pack(double score, std::string_view member, AddOptions options);
  AddResult add_to_large(LargeSortedSet& set, double score, std::string_view member,
                         AddOptions options);
  void insert_into_pack(double score, std::string_view member);
  void change_in_pack(size_t at, double score, std::string_view member);
  void make_large();

  Database& database_;
  const Key& key_;
  Cell* cell_;
  const SortedSetLimits limits_;
};

// A new entry with these members, which become its own or are given back; they are in order, each
// once.
Entry* make_sorted_set(std::string_view key, std::span<ScoredMember* const> members,
                       SortedSetLimits limits, int64_t expiry_ms = Entry::kNoExpiry);

template <typename Before>
uint64_t SortedSet::count_before(const Before& before) const {
  if (large_) {
    return large_->tree().count_before([&before](double score, const ScoredMember* member) {
      return before(score, member->bytes());
    });
  }
  uint64_t count = 0;
  listpack::ElementText text;
  const size_t end = listpack::end(pack_);
  for (size_t at = listpack::first(pack_); at < end; ++count) {
    const size_t score = listpack::next(pack_, at);
    if (!before(score_at(pack_, score), listpack::get(pack_, at, text))) break;
    at = listpack::next(pack_, score);
  }
  return count;
}

template <typename Visit>
void SortedSet::for_each(uint64_t first, uint64_t count, bool reverse, Visit&& visit) const {
  if (count == 0) return;
  if (large_) {
    ScoreTree::Position at = large_->tree().at(first);
    for (;; reverse ? at.previous() : at.next()) {
      if (!shown(visit, at.member()->bytes(), at.score()) || --count == 0) return;
    }
  }
  listpack::ElementText text;
  size_t at = listpack::seek(pack_, static_cast<int64_t>(2 * first));
  while (true) {
    const size_t score = listpack::next(pack_, at);
    if (!shown(visit, listpack::get(pack_, at, text), score_at(pack_, score))) return;
    if (--count == 0) return;
    at = reverse ? listpack::previous(pack_, listpack::previous(pack_, at))
                 : listpack::next(pack_, score);
  }
}

template <typename Visit>
void SortedSetChange::pop(bool last, Visit&& visit) {
  const SortedSet set(cell_->entry());
  const uint64_t rank = last ? set.size() - 1 : 0;
  set.for_each(rank, 1, false, visit);
  erase_ranks(rank, 1);
}

}  // namespace slotway::backend

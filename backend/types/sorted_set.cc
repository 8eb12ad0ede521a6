#include "backend/types/sorted_set.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "wire/real_text.h"

namespace slotway::backend {

namespace {

constexpr size_t kMostInPack = size_t{1} << 30;  // bytes

// A score as an element of a listpack: whole numbers, far from the ends of int64_t, as such.
class ScoreText {
 public:
  explicit ScoreText(double score) : digits_(score) {
    constexpr auto kMost = static_cast<double>(INT64_MAX / 2);
    if (!(score >= -kMost && score <= kMost)) return;
    const auto whole = static_cast<int64_t>(score);
    if (static_cast<double>(whole) != score) return;
    whole_size_ =
        static_cast<size_t>(std::to_chars(whole_, whole_ + sizeof whole_, whole).ptr - whole_);
  }
  listpack::Value value() const {
    return listpack::Value(whole_size_ > 0 ? std::string_view(whole_, whole_size_)
                                           : digits_.view());
  }

 private:
  const wire::RealText digits_;
  char whole_[24];
  size_t whole_size_ = 0;
};

// Memory for a listpack that has no entry yet.
struct PackBuffer {
  std::string bytes = std::string(listpack::kEmptySize, '\0');

  PackBuffer() { listpack::make_empty(bytes.data()); }
  char* data() { return bytes.data(); }
  size_t size() const { return bytes.size(); }
  void resize(size_t size) { bytes.resize(size); }

  void append(std::string_view member, double score) {
    const ScoreText text(score);
    const listpack::Value values[] = {listpack::Value(member), text.value()};
    listpack::replace(*this, size() - 1, 0, 0, values, 2);
  }
  Entry* entry(std::string_view key, int64_t expiry_ms) const {
    Entry* const entry =
        make_packed(key, Type::kSortedSet, Encoding::kListpack, bytes.size(), expiry_ms);
    std::memcpy(packed_data(entry), bytes.data(), bytes.size());
    return entry;
  }
};

// The new score that ZADD's options make of `score`, or that and why there is none.
AddResult decide(double old, double score, AddOptions options) {
  if (options.nx) return {AddResult::kRefused};
  if (options.incr) {
    score += old;
    if (std::isnan(score)) return {AddResult::kNotANumber};
  }
  if ((options.lt && score >= old) || (options.gt && score <= old)) return {AddResult::kRefused};
  return {score == old ? AddResult::kUnchanged : AddResult::kUpdated, score};
}

bool may_be_packed(uint64_t members, size_t longest, size_t bytes, SortedSetLimits limits) {
  return members <= limits.members && longest <= limits.bytes && bytes <= kMostInPack;
}

}  // namespace

// ---- reading

double SortedSet::score_at(const char* pack, size_t at) {
  if (const auto number = listpack::get_integer(pack, at)) return static_cast<double>(*number);
  listpack::ElementText text;
  const std::string_view digits = listpack::get(pack, at, text);
  char terminated[64];
  const size_t size = std::min(digits.size(), sizeof terminated - 1);
  std::memcpy(terminated, digits.data(), size);
  terminated[size] = '\0';
  return std::strtod(terminated, nullptr);
}

std::optional<double> SortedSet::score(std::string_view member) const {
  if (large_) {
    const ScoredMember* const found = large_->find(member);
    if (!found) return std::nullopt;
    return found->score;
  }
  const size_t at = listpack::find(pack_, listpack::first(pack_), listpack::Value(member), 1);
  if (at == listpack::end(pack_)) return std::nullopt;
  return score_at(pack_, listpack::next(pack_, at));
}

std::optional<uint64_t> SortedSet::rank(std::string_view member) const {
  if (large_) {
    const ScoredMember* const found = large_->find(member);
    if (!found) return std::nullopt;
    return large_->tree().rank_of(found);
  }
  const listpack::Value value(member);
  const size_t end = listpack::end(pack_);
  uint64_t rank = 0;
  for (size_t at = listpack::first(pack_); at < end; ++rank) {
    if (value.is_at(pack_, at)) return rank;
    at = listpack::next(pack_, listpack::next(pack_, at));
  }
  return std::nullopt;
}

// ---- changing

AddResult SortedSetChange::add(double score, std::string_view member, AddOptions options) {
  if (!cell_) {
    if (options.xx) return {AddResult::kRefused};
    make(score, member);
    return {AddResult::kAdded, score};
  }
  if (LargeSortedSet* const set = large()) {
    return add_to_large(*set, score, member, options);
  }
  return add_to_pack(score, member, options);
}

void SortedSetChange::make(double score, std::string_view member) {
  Entry* entry;
  if (may_be_packed(1, member.size(), member.size(), limits_)) {
    PackBuffer pack;
    pack.append(member, score);
    entry = pack.entry(key_.bytes, Entry::kNoExpiry);
  } else {
    auto* const set = new LargeSortedSet;
    set->insert(member, hash_bytes(member), score);
    entry = Entry::make_reference(key_.bytes, Type::kSortedSet, Encoding::kSkiplist, {set, 0},
                                  Entry::kNoExpiry);
  }
  database_.put(key_, nullptr, entry);
  cell_ = database_.find(key_);
}

AddResult SortedSetChange::add_to_large(LargeSortedSet& set, double score, std::string_view member,
                                        AddOptions options) {
  const uint64_t hash = hash_bytes(member);
  const size_t before = set.memory();
  AddResult result;
  if (ScoredMember* const found = set.find(member, hash)) {
    result = decide(found->score, score, options);
    if (result.outcome == AddResult::kUpdated) set.change_score(found, result.score);
  } else if (options.xx) {
    return {AddResult::kRefused};
  } else {
    set.insert(member, hash, score);
    result = {AddResult::kAdded, score};
  }
  database_.value_grew(key_, before, set.memory());
  return result;
}

AddResult SortedSetChange::add_to_pack(double score, std::string_view member, AddOptions options) {
  PackedValue pack(database_, key_, *cell_);
  const size_t at =
      listpack::find(pack.data(), listpack::first(pack.data()), listpack::Value(member), 1);
  if (at != listpack::end(pack.data())) {
    const double old = SortedSet::score_at(pack.data(), listpack::next(pack.data(), at));
    const AddResult result = decide(old, score, options);
    if (result.outcome == AddResult::kUpdated) change_in_pack(at, result.score, member);
    return result;
  }
  if (options.xx) return {AddResult::kRefused};
  const uint64_t members = listpack::count(pack.data()) / 2;
  if (may_be_packed(members + 1, member.size(), pack.size() + member.size(), limits_)) {
    insert_into_pack(score, member);
  } else {
    make_large();
    LargeSortedSet& set = *large();
    const size_t before = set.memory();
    set.insert(member, hash_bytes(member), score);
    database_.value_grew(key_, before, set.memory());
  }
  return {AddResult::kAdded, score};
}

// Gives the member at `at` another score.
void SortedSetChange::change_in_pack(size_t at, double score, std::string_view member) {
  PackedValue pack(database_, key_, *cell_);
  const char* const bytes = pack.data();
  const size_t old = listpack::next(bytes, at);
  const size_t behind = listpack::next(bytes, old);
  const bool behind_previous = at == listpack::first(bytes) ||
                               SortedSet::score_at(bytes, listpack::previous(bytes, at)) < score;
  const bool before_next = behind == listpack::end(bytes) ||
                           score < SortedSet::score_at(bytes, listpack::next(bytes, behind));
  if (behind_previous && before_next) {
    listpack::assign(pack, old, ScoreText(score).value());
  } else {
    listpack::erase(pack, at, 2);
    insert_into_pack(score, member);
  }
}

void SortedSetChange::insert_into_pack(double score, std::string_view member) {
  PackedValue pack(database_, key_, *cell_);
  const char* const bytes = pack.data();
  const size_t end = listpack::end(bytes);
  size_t at = listpack::first(bytes);
  listpack::ElementText buffer;
  while (at < end) {
    const size_t score_at = listpack::next(bytes, at);
    const double there = SortedSet::score_at(bytes, score_at);
    if (there > score || (there == score && listpack::get(bytes, at, buffer) > member)) break;
    at = listpack::next(bytes, score_at);
  }
  const ScoreText text(score);
  const listpack::Value values[] = {listpack::Value(member), text.value()};
  listpack::replace(pack, at, 0, 0, values, 2);
}

void SortedSetChange::make_large() {
  const Entry* const entry = cell_->entry();
  auto* const set = new LargeSortedSet;
  SortedSet(entry).for_each([set](std::string_view member, double score) {
    set->insert(member, hash_bytes(member), score);
  });
  database_.put(key_, cell_,
                Entry::make_reference(entry->key(), Type::kSortedSet, Encoding::kSkiplist, {set, 0},
                                      entry->expiry_ms()));
}

bool SortedSetChange::erase(std::string_view member) {
  if (LargeSortedSet* const set = large()) {
    const size_t before = set->memory();
    const bool erased = set->erase(member);
    database_.value_grew(key_, before, set->memory());
    return erased;
  }
  PackedValue pack(database_, key_, *cell_);
  const size_t at =
      listpack::find(pack.data(), listpack::first(pack.data()), listpack::Value(member), 1);
  if (at == listpack::end(pack.data())) return false;
  listpack::erase(pack, at, 2);
  return true;
}

void SortedSetChange::erase_ranks(uint64_t first, uint64_t count) {
  if (LargeSortedSet* const set = large()) {
    const size_t before = set->memory();
    for (; count > 0; --count) ScoredMember::release(set->take(first));
    return database_.value_grew(key_, before, set->memory());
  }
  PackedValue pack(database_, key_, *cell_);
  listpack::erase(pack, listpack::seek(pack.data(), static_cast<int64_t>(2 * first)), 2 * count);
}

Entry* make_sorted_set(std::string_view key, std::span<ScoredMember* const> members,
                       SortedSetLimits limits, int64_t expiry_ms) {
  size_t longest = 0;
  size_t bytes = 0;
  for (const ScoredMember* member : members) {
    longest = std::max(longest, member->bytes().size());
    bytes += member->bytes().size();
  }
  if (may_be_packed(members.size(), longest, bytes, limits)) {
    PackBuffer pack;
    for (ScoredMember* member : members) {
      pack.append(member->bytes(), member->score);
      ScoredMember::release(member);
    }
    return pack.entry(key, expiry_ms);
  }
  auto* const set = new LargeSortedSet;
  for (ScoredMember* member : members) set->adopt(member, hash_bytes(member->bytes()));
  return Entry::make_reference(key, Type::kSortedSet, Encoding::kSkiplist, {set, 0}, expiry_ms);
}

}  // namespace slotway::backend

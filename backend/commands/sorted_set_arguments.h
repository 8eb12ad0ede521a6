// What the commands of sorted sets share: arguments, the shape of replies and what follows a
// change.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "backend/call.h"
#include "backend/types/sorted_set.h"

namespace slotway::backend {

inline constexpr std::string_view kNoScoreRange = "ERR min or max is not a float";
inline constexpr std::string_view kNoLexRange = "ERR min or max not valid string range item";

inline SortedSetLimits sorted_set_limits(const Call& call) {
  const Settings& settings = call.store.settings;
  return {settings.zset_listpack_entries, settings.zset_listpack_value};
}

// The following answer an error and return nothing if the argument is not what it has to be.
//
// Argument `index` as a score, or another number with a fraction.
std::optional<double> score_argument(const Call& call, size_t index,
                                     std::string_view error = kNotFloat);
// As an integer of at least `least`.
std::optional<int64_t> integer_argument(const Call& call, size_t index, int64_t least,
                                        std::string_view error);

// The sorted set at `key`, to be changed; without one there, `*cell` is null. Without a value, the
// key holds something else.
std::optional<SortedSetChange> change_sorted_set(const Call& call, const Key& key);

// Adds the pairs of scores and members that `scores` and the arguments from `first` on are, a
// member in each `step`th, and answers as ZADD does.
struct AddCommand {
  AddOptions options;
  bool count_changes = false;  // CH
  std::span<const double> scores;
  size_t first_member = 0;
  size_t step = 0;
};
void add_members(const Call& call, const AddCommand& command);

// The header of a reply of `count` members, with their scores or without.
inline void write_members_header(const Call& call, uint64_t count, bool with_scores) {
  call.reply.array(with_scores && call.reply.version() == 2 ? 2 * count : count);
}
// One of them.
inline void write_member(const Call& call, std::string_view member, double score,
                         bool with_scores) {
  if (!with_scores) return call.reply.bulk(member);
  if (call.reply.version() > 2) call.reply.array(2);
  call.reply.bulk(member);
  call.reply.real(score);
}

// To be called after members were taken out: tells of the change and removes a key that has become
// empty.
void finish_removal(const Call& call, const Key& key, const SortedSetChange& set,
                    std::string_view event);

// Puts members in their order.
void sort_members(std::vector<ScoredMember*>& members);

// Puts the members, in order and each once, in the place of whatever is at `key`, and answers with
// their number. Takes them over.
void store_members(const Call& call, const Key& key, const std::vector<ScoredMember*>& members,
                   std::string_view event);

}  // namespace slotway::backend

#include "backend/commands/sorted_set_arguments.h"

#include <algorithm>

#include "backend/commands/typed_key.h"
#include "backend/types/score_range.h"

namespace slotway::backend {

std::optional<double> score_argument(const Call& call, size_t index, std::string_view error) {
  const auto score = parse_score(call.args[index]);
  if (!score) call.reply.error(error);
  return score;
}

std::optional<int64_t> integer_argument(const Call& call, size_t index, int64_t least,
                                        std::string_view error) {
  const auto number = wire::parse_integer(call.args[index]);
  if (number && *number >= least) return number;
  call.reply.error(error);
  return std::nullopt;
}

std::optional<SortedSetChange> change_sorted_set(const Call& call, const Key& key) {
  const auto cell = find_as(call, key, Type::kSortedSet);
  if (!cell) return std::nullopt;
  return std::optional<SortedSetChange>(std::in_place, call.database(), key, *cell,
                                        sorted_set_limits(call));
}

void add_members(const Call& call, const AddCommand& command) {
  const Key key = call.key();
  auto set = change_sorted_set(call, key);
  if (!set) return;
  const bool incr = command.options.incr;
  int64_t added = 0;
  int64_t updated = 0;
  AddResult result{AddResult::kRefused};
  for (size_t i = 0; i < command.scores.size(); ++i) {
    result = set->add(command.scores[i], call.args[command.first_member + i * command.step],
                      command.options);
    added += result.outcome == AddResult::kAdded;
    updated += result.outcome == AddResult::kUpdated;
  }
  if (added + updated > 0) call.changed(key, KeyEvent::kSortedSet, incr ? "zincr" : "zadd");
  if (!incr) return call.reply.integer(command.count_changes ? added + updated : added);
  if (result.outcome == AddResult::kNotANumber) {
    call.reply.error("ERR resulting score is not a number (NaN)");
  } else if (result.outcome == AddResult::kRefused) {
    call.reply.null();
  } else {
    call.reply.real(result.score);
  }
}

void finish_removal(const Call& call, const Key& key, const SortedSetChange& set,
                    std::string_view event) {
  const bool empty = set.is_empty();
  if (empty) call.database().remove(key, *set.cell());
  call.changed(key, KeyEvent::kSortedSet, event);
  if (empty) call.notify(key, KeyEvent::kGeneric, "del");
}

void sort_members(std::vector<ScoredMember*>& members) {
  std::sort(members.begin(), members.end(), [](const ScoredMember* a, const ScoredMember* b) {
    return comes_before(a->score, a->bytes(), b->score, b->bytes());
  });
}

void store_members(const Call& call, const Key& key, const std::vector<ScoredMember*>& members,
                   std::string_view event) {
  Database& database = call.database();
  if (members.empty()) {
    if (database.remove(key)) call.changed(key, KeyEvent::kGeneric, "del");
  } else {
    database.put(key, database.find_for_write(key),
                 make_sorted_set(key.bytes, members, sorted_set_limits(call)));
    call.changed(key, KeyEvent::kSortedSet, event);
  }
  call.reply.integer(static_cast<int64_t>(members.size()));
}

}  // namespace slotway::backend

// Sorted sets by member: adding, removing, scores and ranks.

#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/scan_arguments.h"
#include "backend/commands/sorted_set_arguments.h"
#include "backend/commands/typed_key.h"
#include "wire/real_text.h"

namespace slotway::backend {

namespace {

// Reads the options of ZADD; returns where the scores begin.
size_t parse_add_options(const Call& call, AddCommand& command) {
  AddOptions& options = command.options;
  size_t i = 2;
  for (; i < call.args.size(); ++i) {
    if (call.is(i, "nx")) {
      options.nx = true;
    } else if (call.is(i, "xx")) {
      options.xx = true;
    } else if (call.is(i, "ch")) {
      command.count_changes = true;
    } else if (call.is(i, "incr")) {
      options.incr = true;
    } else if (call.is(i, "gt")) {
      options.gt = true;
    } else if (call.is(i, "lt")) {
      options.lt = true;
    } else {
      break;
    }
  }
  return i;
}

// Null, or what is wrong with the options together.
const char* conflict(const AddOptions& options, size_t pairs) {
  if (options.nx && options.xx) {
    return "ERR XX and NX options at the same time are not compatible";
  }
  if ((options.gt && options.nx) || (options.lt && options.nx) || (options.gt && options.lt)) {
    return "ERR GT, LT, and/or NX options at the same time are not compatible";
  }
  if (options.incr && pairs > 1) {
    return "ERR INCR option supports a single increment-element pair";
  }
  return nullptr;
}

void add(const Call& call, AddCommand& command) {
  const size_t first = parse_add_options(call, command);
  const size_t count = call.args.size() - first;
  if (count == 0 || count % 2 != 0) return call.reply.error(kSyntaxError);
  if (const char* const error = conflict(command.options, count / 2)) {
    return call.reply.error(error);
  }
  command.first_member = first + 1;
  command.step = 2;
  if (count == 2) {
    const auto score = score_argument(call, first);
    if (!score) return;
    command.scores = {&*score, 1};
    return add_members(call, command);
  }
  std::vector<double> scores;
  scores.reserve(count / 2);
  for (size_t i = first; i < call.args.size(); i += 2) {
    const auto score = score_argument(call, i);
    if (!score) return;
    scores.push_back(*score);
  }
  command.scores = scores;
  add_members(call, command);
}

void zadd(Call& call) {
  AddCommand command;
  add(call, command);
}

void zincrby(Call& call) {
  AddCommand command;
  command.options.incr = true;
  add(call, command);
}

void zrem(Call& call) {
  const Key key = call.key();
  auto set = change_sorted_set(call, key);
  if (!set) return;
  if (!set->cell()) return call.reply.integer(0);
  int64_t removed = 0;
  for (size_t i = 2; i < call.args.size() && !set->is_empty(); ++i) {
    removed += set->erase(call.args[i]);
  }
  if (removed > 0) finish_removal(call, key, *set, "zrem");
  call.reply.integer(removed);
}

void zcard(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  call.reply.integer(*entry ? static_cast<int64_t>(SortedSet(*entry).size()) : 0);
}

void write_score(const Call& call, const Entry* entry, std::string_view member) {
  const auto score = entry ? SortedSet(entry).score(member) : std::nullopt;
  score ? call.reply.real(*score) : call.reply.null();
}

void zscore(Call& call) {
  if (const auto entry = read_as(call, call.key(), Type::kSortedSet)) {
    write_score(call, *entry, call.args[2]);
  }
}

void zmscore(Call& call) {
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  call.reply.array(call.args.size() - 2);
  for (size_t i = 2; i < call.args.size(); ++i) write_score(call, *entry, call.args[i]);
}

void rank(const Call& call, bool from_end) {
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  const auto rank = *entry ? SortedSet(*entry).rank(call.args[2]) : std::nullopt;
  if (!rank) return call.reply.null();
  const uint64_t size = SortedSet(*entry).size();
  call.reply.integer(static_cast<int64_t>(from_end ? size - 1 - *rank : *rank));
}

void zrank(Call& call) { rank(call, false); }
void zrevrank(Call& call) { rank(call, true); }

// All of a listpack at once, the scores as they stand there.
void scan_pack(const Call& call, const ScanOptions& options, const char* pack) {
  struct Seen {
    size_t member;
    size_t score;
  };
  std::vector<Seen> seen;
  listpack::ElementText text;
  for (size_t at = listpack::first(pack); at < listpack::end(pack);) {
    const size_t score = listpack::next(pack, at);
    if (options.matches(listpack::get(pack, at, text))) seen.push_back({at, score});
    at = listpack::next(pack, score);
  }
  write_scan_header(call, 0, 2 * seen.size());
  for (const Seen& pair : seen) {
    call.reply.bulk(listpack::get(pack, pair.member, text));
    call.reply.bulk(listpack::get(pack, pair.score, text));
  }
}

void zscan(Call& call) {
  const auto cursor = parse_scan_cursor(call, 2);
  if (!cursor) return;
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  if (!*entry) return write_scan_header(call, 0, 0);
  const auto options = parse_scan_options(call, 3, false);
  if (!options) return;
  const SortedSet set(*entry);
  if (const char* const pack = set.pack()) return scan_pack(call, *options, pack);
  std::vector<const ScoredMember*> seen;
  const uint64_t next = scan_enough(
      *cursor, options->count,
      [&](uint64_t position) {
        return set.large()
            ->table()
            .scan(position, [&](const ScoredMember* member) { seen.push_back(member); })
            .value_or(0);
      },
      [&] { return seen.size(); });
  std::erase_if(seen,
                [&](const ScoredMember* member) { return !options->matches(member->bytes()); });
  write_scan_header(call, next, 2 * seen.size());
  for (const ScoredMember* member : seen) {
    call.reply.bulk(member->bytes());
    call.reply.bulk(wire::RealText(member->score).view());
  }
}

constexpr Binding kBindings[] = {
    {"zadd", &zadd},   {"zincrby", &zincrby},   {"zrem", &zrem},
    {"zcard", &zcard}, {"zscore", &zscore},     {"zmscore", &zmscore},
    {"zrank", &zrank}, {"zrevrank", &zrevrank}, {"zscan", &zscan},
};

}  // namespace

std::span<const Binding> sorted_set_bindings() { return kBindings; }

}  // namespace slotway::backend

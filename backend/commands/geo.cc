// Places as members of sorted sets: GEOADD, GEOPOS, GEODIST, GEOHASH.

#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/geo_arguments.h"
#include "backend/commands/sorted_set_arguments.h"
#include "backend/commands/typed_key.h"

namespace slotway::backend {

namespace {

void geoadd(Call& call) {
  AddCommand command;
  size_t first = 2;
  for (; first < call.args.size(); ++first) {
    if (call.is(first, "nx")) {
      command.options.nx = true;
    } else if (call.is(first, "xx")) {
      command.options.xx = true;
    } else if (call.is(first, "ch")) {
      command.count_changes = true;
    } else {
      break;
    }
  }
  const size_t count = call.args.size() - first;
  if (count == 0 || count % 3 != 0 || (command.options.nx && command.options.xx)) {
    return call.reply.error(kSyntaxError);
  }
  std::vector<double> scores;
  scores.reserve(count / 3);
  for (size_t i = first; i < call.args.size(); i += 3) {
    const auto position = position_argument(call, i);
    if (!position) return;
    scores.push_back(static_cast<double>(encode_position(*position)));
  }
  command.scores = scores;
  command.first_member = first + 2;
  command.step = 3;
  add_members(call, command);
}

// Answers with an array: for each member write(position), or absent() if it is not there.
template <typename Write, typename Absent>
void for_each_position(const Call& call, Write&& write, Absent&& absent) {
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  call.reply.array(call.args.size() - 2);
  for (size_t i = 2; i < call.args.size(); ++i) {
    const auto score = *entry ? SortedSet(*entry).score(call.args[i]) : std::nullopt;
    score ? write(decode_position(*score)) : absent();
  }
}

void geopos(Call& call) {
  for_each_position(
      call, [&](const Position& position) { write_position(call, position); },
      [&] { call.reply.null_array(); });
}

void geohash(Call& call) {
  for_each_position(
      call,
      [&](const Position& position) {
        const auto text = geohash_text(position);
        call.reply.bulk({text.data(), text.size()});
      },
      [&] { call.reply.null(); });
}

void geodist(Call& call) {
  double unit = 1;
  if (call.args.size() == 5) {
    const auto named = unit_argument(call, 4);
    if (!named) return;
    unit = *named;
  } else if (call.args.size() > 5) {
    return call.reply.error(kSyntaxError);
  }
  const auto entry = read_as(call, call.key(), Type::kSortedSet);
  if (!entry) return;
  if (!*entry) return call.reply.null();
  const auto from = SortedSet(*entry).score(call.args[2]);
  const auto to = SortedSet(*entry).score(call.args[3]);
  if (!from || !to) return call.reply.null();
  write_distance(call, distance_between(decode_position(*from), decode_position(*to)) / unit);
}

constexpr Binding kBindings[] = {
    {"geoadd", &geoadd}, {"geopos", &geopos}, {"geohash", &geohash}, {"geodist", &geodist}};

}  // namespace

std::span<const Binding> geo_bindings() { return kBindings; }

}  // namespace slotway::backend

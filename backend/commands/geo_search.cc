// Places near a place: GEOSEARCH and its older forms.

#include <algorithm>
#include <string>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/geo_arguments.h"
#include "backend/commands/sorted_set_arguments.h"
#include "backend/commands/typed_key.h"
#include "backend/types/score_range.h"

namespace slotway::backend {

namespace {

enum class Form : uint8_t { kRadius, kRadiusByMember, kSearch, kSearchStore };
enum class Order : uint8_t { kNone, kNearestFirst, kFarthestFirst };

struct Search {
  Form form = Form::kSearch;
  bool may_store = false;  // the options STORE and STOREDIST of the older forms
  GeoShape shape;
  bool has_center = false;
  bool has_radius = false;
  bool with_distance = false;
  bool with_hash = false;
  bool with_position = false;
  Order order = Order::kNone;
  uint64_t count = 0;    // 0: all
  bool any = false;      // the first `count` that are found
  size_t store_key = 0;  // an argument; 0: the reply has what is found
  bool store_distance = false;

  bool is_search() const { return form == Form::kSearch || form == Form::kSearchStore; }
};

struct Place {
  std::string member;
  double score;
  Position position;
  double distance;  // metres
};

// ---- arguments

// Each takes what its words say from argument `index` on. False: the error has been answered.

bool take_radius(const Call& call, size_t index, Search& search) {
  const auto radius = score_argument(call, index, "ERR need numeric radius");
  if (!radius) return false;
  if (*radius < 0) {
    call.reply.error("ERR radius cannot be negative");
    return false;
  }
  const auto unit = unit_argument(call, index + 1);
  if (!unit) return false;
  search.shape.radius = *radius;
  search.shape.unit = *unit;
  search.has_radius = true;
  return true;
}

bool take_box(const Call& call, size_t index, Search& search) {
  const auto width = score_argument(call, index, "ERR need numeric width");
  if (!width) return false;
  const auto height = score_argument(call, index + 1, "ERR need numeric height");
  if (!height) return false;
  if (*width < 0 || *height < 0) {
    call.reply.error("ERR height or width cannot be negative");
    return false;
  }
  const auto unit = unit_argument(call, index + 2);
  if (!unit) return false;
  search.shape.width = *width;
  search.shape.height = *height;
  search.shape.unit = *unit;
  search.shape.is_box = true;
  return true;
}

// Without an entry, there is nothing to find and nothing to be wrong.
bool take_member(const Call& call, size_t index, const Entry* entry, Search& search) {
  search.has_center = true;
  if (!entry) return true;
  const auto score = SortedSet(entry).score(call.args[index]);
  if (!score) {
    call.reply.error("ERR could not decode requested zset member");
    return false;
  }
  search.shape.center = decode_position(*score);
  return true;
}

bool take_position(const Call& call, size_t index, Search& search) {
  const auto position = position_argument(call, index);
  if (!position) return false;
  search.has_center = true;
  search.shape.center = *position;
  return true;
}

bool take_count(const Call& call, size_t index, Search& search) {
  const auto count = call.integer(index);
  if (!count) return false;
  if (*count <= 0) {
    call.reply.error("ERR COUNT must be > 0");
    return false;
  }
  search.count = static_cast<uint64_t>(*count);
  return true;
}

// A word that stands alone.
bool take_flag(const Call& call, size_t index, Search& search) {
  if (call.is(index, "withdist")) {
    search.with_distance = true;
  } else if (call.is(index, "withhash")) {
    search.with_hash = true;
  } else if (call.is(index, "withcoord")) {
    search.with_position = true;
  } else if (call.is(index, "any")) {
    search.any = true;
  } else if (call.is(index, "asc")) {
    search.order = Order::kNearestFirst;
  } else if (call.is(index, "desc")) {
    search.order = Order::kFarthestFirst;
  } else if (search.form == Form::kSearchStore && call.is(index, "storedist")) {
    search.store_distance = true;
  } else {
    return false;
  }
  return true;
}

bool parse_options(const Call& call, size_t i, const Entry* entry, Search& search) {
  bool from_member = false;
  bool from_position = false;
  while (i < call.args.size()) {
    const size_t values = call.args.size() - i - 1;
    const bool is_search = search.is_search();
    if (take_flag(call, i, search)) {
      ++i;
    } else if (values >= 1 && call.is(i, "count")) {
      if (!take_count(call, i + 1, search)) return false;
      i += 2;
    } else if (values >= 1 && search.may_store &&
               (call.is(i, "store") || call.is(i, "storedist"))) {
      search.store_distance = call.is(i, "storedist");
      search.store_key = i + 1;
      i += 2;
    } else if (values >= 1 && is_search && !from_position && call.is(i, "frommember")) {
      if (!take_member(call, i + 1, entry, search)) return false;
      from_member = true;
      i += 2;
    } else if (values >= 2 && is_search && !from_member && call.is(i, "fromlonlat")) {
      if (!take_position(call, i + 1, search)) return false;
      from_position = true;
      i += 3;
    } else if (values >= 2 && is_search && !search.shape.is_box && call.is(i, "byradius")) {
      if (!take_radius(call, i + 1, search)) return false;
      i += 3;
    } else if (values >= 3 && is_search && !search.has_radius && call.is(i, "bybox")) {
      if (!take_box(call, i + 1, search)) return false;
      i += 4;
    } else {
      call.reply.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

// What the options must be together.
bool check(const Call& call, const Search& search) {
  const std::string name(call.args[0]);
  if (search.store_key > 0 && (search.with_distance || search.with_hash || search.with_position)) {
    call.reply.error(
        std::string("ERR ") +
        (search.form == Form::kSearchStore ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
        " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
  } else if (search.is_search() && !search.has_center) {
    call.reply.error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name);
  } else if (search.is_search() && !search.has_radius && !search.shape.is_box) {
    call.reply.error("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name);
  } else if (search.any && search.count == 0) {
    call.reply.error("ERR the ANY argument requires COUNT argument");
  } else {
    return true;
  }
  return false;
}

// Where the options begin; 0, and the error has been answered, if what stands in front of them is
// wrong.
size_t parse_center(const Call& call, const Entry* entry, Search& search) {
  switch (search.form) {
    case Form::kRadius:
      return take_position(call, 2, search) && take_radius(call, 4, search) ? 6 : 0;
    case Form::kRadiusByMember:
      if (!entry) return 5;
      return take_member(call, 2, entry, search) && take_radius(call, 3, search) ? 5 : 0;
    case Form::kSearch:
      return 2;
    case Form::kSearchStore:
      search.store_key = 1;
      return 3;
  }
  return 0;
}

// ---- results

std::vector<Place> find_places(const SortedSet& set, const Search& search) {
  std::vector<Place> places;
  const uint64_t enough = search.any ? search.count : UINT64_MAX;
  const GeoCover covering = cover(search.shape);
  for (size_t i = 0; i < covering.count && places.size() < enough; ++i) {
    const GeoCell& cell = covering.cells[i];
    ScoreRange range;
    range.min = static_cast<double>(cell.first);
    range.max = static_cast<double>(cell.behind);
    range.without_max = true;
    const RankRange ranks = ranks_in(set, range);
    set.for_each(ranks.first, ranks.count, false, [&](std::string_view member, double score) {
      const Position position = decode_position(score);
      if (const auto distance = search.shape.distance_within(position)) {
        places.push_back({std::string(member), score, position, *distance});
      }
      return places.size() < enough;
    });
  }
  return places;
}

void sort_places(std::vector<Place>& places, const Search& search) {
  Order order = search.order;
  // Only the nearest ones are a choice that makes sense.
  if (search.count > 0 && order == Order::kNone && !search.any) order = Order::kNearestFirst;
  if (order == Order::kNearestFirst) {
    std::stable_sort(places.begin(), places.end(),
                     [](const Place& a, const Place& b) { return a.distance < b.distance; });
  } else if (order == Order::kFarthestFirst) {
    std::stable_sort(places.begin(), places.end(),
                     [](const Place& a, const Place& b) { return a.distance > b.distance; });
  }
  if (search.count > 0 && places.size() > search.count) places.resize(search.count);
}

// A score as the integer that WITHHASH shows; what no integer is, as x86-64 converts it.
int64_t hash_of(double score) {
  constexpr double kHalf = 9223372036854775808.0;  // 2^63
  return score >= -kHalf && score < kHalf ? static_cast<int64_t>(score) : INT64_MIN;
}

void write_places(const Call& call, const Search& search, const std::vector<Place>& places) {
  const size_t extras = search.with_distance + search.with_hash + search.with_position;
  call.reply.array(places.size());
  for (const Place& place : places) {
    if (extras > 0) call.reply.array(1 + extras);
    call.reply.bulk(place.member);
    if (search.with_distance) write_distance(call, place.distance / search.shape.unit);
    if (search.with_hash) call.reply.integer(hash_of(place.score));
    if (search.with_position) write_position(call, place.position);
  }
}

void store_places(const Call& call, const Search& search, const std::vector<Place>& places) {
  std::vector<ScoredMember*> members;
  members.reserve(places.size());
  for (const Place& place : places) {
    const double score = search.store_distance ? place.distance / search.shape.unit : place.score;
    members.push_back(ScoredMember::make(score, place.member));
  }
  sort_members(members);
  // Around the whole world, a cell may have been searched more than once.
  const auto same = [](const ScoredMember* a, const ScoredMember* b) {
    return a->bytes() == b->bytes();
  };
  for (size_t i = 1; i < members.size();) {
    if (!same(members[i - 1], members[i])) {
      ++i;
      continue;
    }
    ScoredMember::release(members[i]);
    members.erase(members.begin() + static_cast<ptrdiff_t>(i));
  }
  store_members(call, call.key(search.store_key), members,
                search.is_search() ? "geosearchstore" : "georadiusstore");
}

void run(const Call& call, Form form, bool may_store) {
  const size_t key = form == Form::kSearchStore ? 2 : 1;
  const auto entry = read_as(call, call.key(key), Type::kSortedSet);
  if (!entry) return;
  Search search;
  search.form = form;
  search.may_store = may_store;
  const size_t options = parse_center(call, *entry, search);
  if (options == 0 || !parse_options(call, options, *entry, search) || !check(call, search)) {
    return;
  }
  std::vector<Place> places;
  if (*entry) places = find_places(SortedSet(*entry), search);
  sort_places(places, search);
  if (search.store_key > 0) return store_places(call, search, places);
  write_places(call, search, places);
}

void georadius(Call& call) { run(call, Form::kRadius, true); }
void georadius_ro(Call& call) { run(call, Form::kRadius, false); }
void georadiusbymember(Call& call) { run(call, Form::kRadiusByMember, true); }
void georadiusbymember_ro(Call& call) { run(call, Form::kRadiusByMember, false); }
void geosearch(Call& call) { run(call, Form::kSearch, false); }
void geosearchstore(Call& call) { run(call, Form::kSearchStore, false); }

constexpr Binding kBindings[] = {
    {"georadius", &georadius},
    {"georadius_ro", &georadius_ro},
    {"georadiusbymember", &georadiusbymember},
    {"georadiusbymember_ro", &georadiusbymember_ro},
    {"geosearch", &geosearch},
    {"geosearchstore", &geosearchstore},
};

}  // namespace

std::span<const Binding> geo_search_bindings() { return kBindings; }

}  // namespace slotway::backend

// SORT and SORT_RO.
//
// The elements are copied, one behind the other, before the first look-up: that may remove keys.

#include <algorithm>
#include <cerrno>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "backend/commands/bindings.h"
#include "backend/commands/list_arguments.h"
#include "backend/commands/sort_pattern.h"
#include "backend/types/set_value.h"
#include "backend/types/sorted_set.h"

namespace slotway::backend {

namespace {

struct Limit {
  int64_t offset = 0;
  int64_t count = -1;  // negative: all
};

struct Options {
  bool descending = false;
  bool alphabetic = false;
  bool keep_order = false;  // BY something without a '*'
  Limit limit;
  std::optional<SortPattern> by;
  std::vector<SortPattern> gets;
  size_t store = 0;  // the argument that is the target; 0: none
};

// Without a value, the error has been answered.
std::optional<Options> parse_options(const Call& call, bool may_store) {
  Options options;
  for (size_t i = 2; i < call.args.size(); ++i) {
    const size_t left = call.args.size() - i - 1;
    if (call.is(i, "asc")) {
      options.descending = false;
    } else if (call.is(i, "desc")) {
      options.descending = true;
    } else if (call.is(i, "alpha")) {
      options.alphabetic = true;
    } else if (call.is(i, "limit") && left >= 2) {
      const auto offset = call.integer(i + 1);
      if (!offset) return std::nullopt;
      const auto count = call.integer(i + 2);
      if (!count) return std::nullopt;
      options.limit = {*offset, *count};
      i += 2;
    } else if (may_store && call.is(i, "store") && left >= 1) {
      options.store = ++i;
    } else if (call.is(i, "by") && left >= 1) {
      options.by.emplace(call.args[++i]);
      options.keep_order |= !options.by->has_star();
    } else if (call.is(i, "get") && left >= 1) {
      options.gets.emplace_back(call.args[++i]);
    } else {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

// Texts in one piece of memory, in the order in which they came.
class Texts {
 public:
  struct Text {
    size_t begin = 0;
    size_t size = 0;
  };

  // A zero stands behind each, so that no two begin at the same place.
  Text add(std::string_view text) {
    const size_t begin = bytes_.size();
    bytes_.append(text).push_back('\0');
    return {begin, text.size()};
  }
  std::string_view operator[](Text text) const {
    return std::string_view(bytes_).substr(text.begin, text.size);
  }

 private:
  std::string bytes_;
};

struct Item {
  Texts::Text element;
  Texts::Text weight;  // of alphabetic order BY a pattern
  double score;        // of numeric order
  bool has_weight;     // what has none comes first
};

// The part of `size` elements that LIMIT asks for.
struct Range {
  Range(Limit limit, uint64_t size) {
    first = std::min(static_cast<uint64_t>(std::max<int64_t>(limit.offset, 0)), size);
    count = size - first;
    if (limit.count >= 0) count = std::min(count, static_cast<uint64_t>(limit.count));
  }

  uint64_t first;
  uint64_t count;
};

// What is sorted, and what comes of it.
class Sorting {
 public:
  Sorting(const Call& call, Options& options) : call_(call), options_(options) {}

  // Requires a list, set or sorted set.
  void load(const Entry* entry);
  // Puts the items that LIMIT asks for in their places. False: a score is no number.
  bool sort();
  // Calls visit(std::optional<std::string_view>) for all that the result is made of.
  template <typename Visit>
  void for_each_result(Visit&& visit);
  uint64_t result_size() const { return shown_ * std::max<uint64_t>(options_.gets.size(), 1); }

 private:
  void add(std::string_view element) { items_.push_back({texts_.add(element), {}, 0, false}); }
  void load_list(const ListReader& list);
  void load_sorted_set(const SortedSet& set);
  bool weigh(Item& item);
  // Negative, 0 or positive.
  int compare(const Item& a, const Item& b) const;
  int compare_texts(Texts::Text a, Texts::Text b) const;

  const Call& call_;
  Options& options_;
  Texts texts_;
  std::vector<Item> items_;
  uint64_t first_ = 0;  // of those that are shown
  uint64_t shown_ = 0;
};

void Sorting::load(const Entry* entry) {
  if (entry->type() == Type::kList) {
    load_list(ListReader(entry));
  } else if (entry->type() == Type::kSet) {
    SetView(entry).for_each([this](std::string_view member) { add(member); });
  } else {
    load_sorted_set(SortedSet(entry));
  }
  // Of what keeps its order, no more has been loaded than is shown, but of a set.
  const bool is_cut = options_.keep_order && entry->type() != Type::kSet;
  const Range range(is_cut ? Limit() : options_.limit, items_.size());
  first_ = range.first;
  shown_ = range.count;
}

void Sorting::load_list(const ListReader& list) {
  const bool backward = options_.keep_order && options_.descending;
  const Range range(options_.keep_order ? options_.limit : Limit(), list.size());
  if (range.count == 0) return;
  items_.reserve(range.count);
  const auto first = static_cast<int64_t>(range.first);
  auto position = list.seek(backward ? -1 - first : first);
  listpack::ElementText text;
  while (true) {
    add(list.get(*position, text));
    if (items_.size() == range.count) return;
    backward ? list.retreat(*position) : list.advance(*position);
  }
}

void Sorting::load_sorted_set(const SortedSet& set) {
  const bool backward = options_.keep_order && options_.descending;
  const Range range(options_.keep_order ? options_.limit : Limit(), set.size());
  if (range.count == 0) return;
  items_.reserve(range.count);
  const uint64_t first = backward ? set.size() - 1 - range.first : range.first;
  set.for_each(first, range.count, backward,
               [this](std::string_view member, double) { add(member); });
}

// The number that a whole text is, to strtod() but for what that calls out of range.
std::optional<double> parse_score(std::string_view text) {
  double score = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, score);
  const bool is_plain = error == std::errc() && stop == end && !std::isnan(score);
  if (is_plain && (score == 0 || std::abs(score) >= DBL_MIN)) return score;
  const std::string terminated(text);
  char* behind = nullptr;
  errno = 0;
  score = std::strtod(terminated.c_str(), &behind);
  if (*behind != '\0' || errno == ERANGE || std::isnan(score)) return std::nullopt;
  return score;
}

bool Sorting::weigh(Item& item) {
  if (!options_.by) {
    if (options_.alphabetic) return true;
    const auto score = parse_score(texts_[item.element]);
    item.score = score.value_or(0);
    return score.has_value();
  }
  const auto value = options_.by->find(call_.database(), texts_[item.element]);
  if (!value) return true;
  if (options_.alphabetic) {
    item.weight = texts_.add(*value);
    item.has_weight = true;
    return true;
  }
  const auto score = parse_score(*value);
  item.score = score.value_or(0);
  return score.has_value();
}

int Sorting::compare_texts(Texts::Text a, Texts::Text b) const {
  std::string_view left = texts_[a];
  std::string_view right = texts_[b];
  // What is not stored is for people: Redis orders it by the locale, and locales know no zeros.
  if (options_.store == 0 && options_.alphabetic) {
    left = left.substr(0, left.find('\0'));
    right = right.substr(0, right.find('\0'));
  }
  return left.compare(right);
}

int Sorting::compare(const Item& a, const Item& b) const {
  if (!options_.alphabetic) {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    return compare_texts(a.element, b.element);
  }
  if (!options_.by) return compare_texts(a.element, b.element);
  if (a.has_weight && b.has_weight) return compare_texts(a.weight, b.weight);
  return a.has_weight - b.has_weight;
}

bool Sorting::sort() {
  bool all_numbers = true;
  for (Item& item : items_) all_numbers &= weigh(item);
  if (!all_numbers) return false;
  // Equal ones stay in the order in which they came, in which their texts stand.
  const auto before = [this](const Item& a, const Item& b) {
    const int order = compare(a, b);
    if (order != 0) return options_.descending ? order > 0 : order < 0;
    return a.element.begin < b.element.begin;
  };
  const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(first_);
  const auto end = begin + static_cast<std::ptrdiff_t>(shown_);
  // Only the part that is shown needs an order.
  if (begin != items_.begin() && begin != items_.end()) {
    std::nth_element(items_.begin(), begin, items_.end(), before);
  }
  if (end != items_.end()) std::nth_element(begin, end, items_.end(), before);
  std::sort(begin, end, before);
  return true;
}

template <typename Visit>
void Sorting::for_each_result(Visit&& visit) {
  for (uint64_t i = first_; i < first_ + shown_; ++i) {
    const std::string_view element = texts_[items_[i].element];
    if (options_.gets.empty()) visit(std::optional(element));
    for (SortPattern& get : options_.gets) visit(get.find(call_.database(), element));
  }
}

void reply_result(const Call& call, Sorting& sorting) {
  call.reply.array(sorting.result_size());
  sorting.for_each_result([&](std::optional<std::string_view> text) {
    text ? call.reply.bulk(*text) : call.reply.null();
  });
}

void store_result(const Call& call, Sorting& sorting, const Key& target) {
  Texts results;
  std::vector<Texts::Text> places;
  places.reserve(sorting.result_size());
  sorting.for_each_result([&](std::optional<std::string_view> text) {
    places.push_back(results.add(text.value_or(std::string_view())));
  });
  Database& database = call.database();
  if (!places.empty()) {
    std::vector<std::string_view> texts;
    texts.reserve(places.size());
    for (const Texts::Text place : places) texts.push_back(results[place]);
    Entry* const list = make_list(target.bytes, ListEnd::kTail, texts, node_limit(call));
    database.put(target, database.find(target), list);
    call.changed(target, KeyEvent::kList, "sortstore");
  } else if (database.remove(target)) {
    call.changed(target, KeyEvent::kGeneric, "del");
  }
  call.reply.integer(static_cast<int64_t>(places.size()));
}

void sort_key(const Call& call, bool may_store) {
  auto options = parse_options(call, may_store);
  if (!options) return;
  const Entry* const entry = call.database().read(call.key());
  if (entry && entry->type() != Type::kList && entry->type() != Type::kSet &&
      entry->type() != Type::kSortedSet) {
    return call.reply.error(kWrongType);
  }
  // What is stored of a set is to have an order of its own.
  if (options->keep_order && options->store != 0 && entry && entry->type() == Type::kSet) {
    options->keep_order = false;
    options->alphabetic = true;
    options->by.reset();
  }
  Sorting sorting(call, *options);
  if (entry) sorting.load(entry);
  if (!options->keep_order && !sorting.sort()) {
    return call.reply.error("ERR One or more scores can't be converted into double");
  }
  if (options->store == 0) return reply_result(call, sorting);
  store_result(call, sorting, call.key(options->store));
}

void sort(Call& call) { sort_key(call, true); }
void sort_ro(Call& call) { sort_key(call, false); }

constexpr Binding kBindings[] = {{"sort", &sort}, {"sort_ro", &sort_ro}};

}  // namespace

std::span<const Binding> sort_bindings() { return kBindings; }

}  // namespace slotway::backend

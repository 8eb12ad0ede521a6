#include "backend/types/list_value.h"

#include <doctest/doctest.h>

#include <deque>
#include <random>
#include <string>

#include "backend/engine/value_operations.h"
#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

using Model = std::deque<std::string>;

struct List {
  ManualClock clock;
  Engine engine{1, clock};
  Database& database = engine.database(0);
  OwnedKey owned{"list"};
  NodeLimit limit;
  Model model;

  explicit List(int64_t setting) : limit(NodeLimit::of(setting, 0)) {}

  Cell* cell() { return database.find(owned.key); }
  ListValue value() { return {database, owned.key, *cell(), limit}; }
  void push(ListEnd end, const std::vector<std::string>& texts) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    if (cell()) {
      value().push(end, views);
    } else {
      database.put(owned.key, nullptr, make_list(owned.text, end, views, limit));
    }
    for (const std::string& text : texts) {
      end == ListEnd::kHead ? model.push_front(text) : model.push_back(text);
    }
  }
  void remove_if_empty() {
    if (model.empty()) database.remove(owned.key);
  }

  void check() {
    const Keyspace& keyspace = database.keyspace();
    if (model.empty()) {
      REQUIRE(keyspace.bytes() == 0);
      return;
    }
    REQUIRE(keyspace.bytes() == counted_bytes(keyspace, owned.key.slot));
    const ListReader list(cell()->entry());
    REQUIRE(list.size() == model.size());
    listpack::ElementText text;
    auto position = list.seek(0);
    for (size_t i = 0; i < model.size(); ++i) {
      REQUIRE(list.get(*position, text) == model[i]);
      REQUIRE(list.equals(*position, model[i], listpack::Value(model[i])));
      REQUIRE(list.advance(*position) == (i + 1 < model.size()));
    }
    position = list.seek(-1);
    for (size_t i = model.size(); i-- > 0;) {
      REQUIRE(list.get(*position, text) == model[i]);
      REQUIRE(list.retreat(*position) == (i > 0));
    }
    const auto count = static_cast<int64_t>(model.size());
    for (const int64_t outside : {count, -count - 1, INT64_MAX, INT64_MIN}) {
      REQUIRE(!list.seek(outside));
    }
  }
};

}  // namespace

TEST_CASE("a list does what a deque does, small and large, and its bytes are counted") {
  for (const int64_t setting : {-2, -1, -5, 1, 5, 200}) {
    CAPTURE(setting);
    List list(setting);
    std::mt19937_64 random(static_cast<uint64_t>(setting + 9));
    const auto below = [&](uint64_t n) { return random() % n; };
    const auto text = [&] {
      if (below(40) == 0) return std::string(below(9000), 'L');
      return below(2) == 0 ? std::to_string(below(100000)) : "text" + std::to_string(below(50));
    };
    const auto end = [&] { return below(2) == 0 ? ListEnd::kHead : ListEnd::kTail; };
    for (int step = 0; step < 3000; ++step) {
      const uint64_t size = list.model.size();
      const uint64_t choice = below(step % 1000 < 600 ? 8 : 12);
      if (size == 0 || choice < 4) {
        list.push(end(), std::vector<std::string>(1 + below(4) * below(3), text()));
      } else if (choice < 6) {
        const auto i = static_cast<int64_t>(below(size));
        const bool behind = below(2) == 0;
        const std::string fresh = text();
        ListValue value = list.value();
        value.insert(*value.reader().seek(i), behind, fresh);
        list.model.insert(list.model.begin() + i + behind, fresh);
      } else if (choice == 6) {
        const auto i = static_cast<int64_t>(below(size));
        const std::string fresh = text();
        ListValue value = list.value();
        value.assign(*value.reader().seek(i - static_cast<int64_t>(size)), fresh);
        list.model[static_cast<size_t>(i)] = fresh;
      } else if (choice == 7) {
        const std::string sought = list.model[below(size)];
        uint64_t expected = 0;
        for (const std::string& element : list.model) expected += element == sought;
        REQUIRE(list.value().remove(sought, UINT64_MAX, end()) == expected);
        std::erase(list.model, sought);
      } else if (choice == 8) {
        const uint64_t first = below(size);
        const uint64_t count = below(size - first + 1);
        list.value().erase(first, count);
        const auto begin = list.model.begin() + static_cast<ptrdiff_t>(first);
        list.model.erase(begin, begin + static_cast<ptrdiff_t>(count));
      } else {
        const ListEnd from = end();
        list.value().pop(from);
        from == ListEnd::kHead ? list.model.pop_front() : list.model.pop_back();
      }
      list.remove_if_empty();
      if (step % 10 == 0) list.check();
    }
    list.check();
  }
}

TEST_CASE("a list leaves its entry when it outgrows it, and keeps its expiry") {
  List list(-2);
  list.push(ListEnd::kTail, {"0"});
  list.database.set_expiry(list.owned.key, *list.cell(), 1'800'000'000'000);
  for (int i = 1; i < 2000; ++i) {
    list.push(ListEnd::kTail, {std::to_string(i)});
    REQUIRE((list.cell()->entry()->encoding() == Encoding::kListpack) ==
            !list.cell()->entry()->is_reference());
  }
  CHECK(list.cell()->entry()->encoding() == Encoding::kQuicklist);
  CHECK(list.cell()->entry()->expiry_ms() == 1'800'000'000'000);
  list.check();
}

TEST_CASE("lists of many elements are made at once") {
  for (const size_t count : {1u, 2u, 400u, 3000u, 5000u}) {
    for (const ListEnd end : {ListEnd::kHead, ListEnd::kTail}) {
      List list(-2);
      std::vector<std::string> texts;
      for (size_t i = 0; i < count; ++i) texts.push_back(std::to_string(i * 7));
      list.push(end, texts);
      list.check();
      list.push(end, texts);
      list.check();
    }
  }
}

}  // namespace slotway::backend

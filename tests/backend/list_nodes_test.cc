#include "backend/types/list_nodes.h"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>

#include "tests/support/patience.h"

namespace slotway::backend {

namespace {

using Model = std::deque<std::string>;

// Everything that must hold of a list, whatever has been done to it.
void check(const ListNodes& list, const Model& model, const NodeLimit& limit) {
  REQUIRE(list.size() == model.size());
  size_t bytes = 48;
  uint64_t nodes = 0;
  size_t index = 0;
  const ListNode* previous = nullptr;
  for (const ListNode* node = list.head(); node; previous = node, node = node->next) {
    REQUIRE(node->previous == previous);
    ++nodes;
    bytes += node->allocated();
    if (node->is_plain()) {
      REQUIRE(node->plain() == model[index++]);
      continue;
    }
    const char* const pack = node->pack();
    REQUIRE(listpack::is_valid({pack, node->pack_size()}));
    REQUIRE(node->pack_size() <= limit.pack_bytes);
    REQUIRE(node->count() <= limit.elements);
    REQUIRE(node->count() > 0);
    listpack::ElementText text;
    for (size_t at = listpack::first(pack); at < listpack::end(pack);
         at = listpack::next(pack, at)) {
      REQUIRE(listpack::get(pack, at, text) == model[index++]);
    }
  }
  REQUIRE(list.tail() == previous);
  REQUIRE(index == model.size());
  REQUIRE(list.node_count() == nodes);
  REQUIRE(list.memory() == bytes);
}

class Draw {
 public:
  Draw(uint64_t seed, size_t longest) : random_(seed), longest_(longest) {}
  uint64_t below(uint64_t n) { return random_() % n; }
  std::string text() {
    switch (below(16)) {
      case 0:
        return std::string(below(longest_), 'L');
      case 1:
        return "";
      case 2:
      case 3:
        return std::to_string(static_cast<int64_t>(random_()) >> below(64));
      case 4:
        return "x";
      default:
        return "element:" + std::to_string(below(1000));
    }
  }

 private:
  std::mt19937_64 random_;
  size_t longest_;
};

uint64_t remove_from(Model& model, const std::string& text, uint64_t most, ListEnd from) {
  uint64_t removed = 0;
  const bool forward = from == ListEnd::kHead;
  for (size_t i = 0; i < model.size() && removed < most;) {
    const auto at = model.begin() + static_cast<ptrdiff_t>(forward ? i : model.size() - 1 - i);
    if (*at == text) {
      model.erase(at);
      ++removed;
    } else {
      ++i;
    }
  }
  return removed;
}

void one_step(ListNodes& list, Model& model, Draw& draw, const NodeLimit& limit, bool growing) {
  const auto somewhere = [&] { return draw.below(model.size()); };
  const auto at = [&](uint64_t i) { return model.begin() + static_cast<ptrdiff_t>(i); };
  const uint64_t choice = draw.below(growing || model.empty() ? 10 : 16);
  if (model.empty() || choice < 4) {
    const ListEnd end = choice % 2 == 0 ? ListEnd::kHead : ListEnd::kTail;
    const std::string text = draw.text();
    list.push(end, text, limit);
    model.insert(end == ListEnd::kHead ? model.begin() : model.end(), text);
  } else if (choice < 7) {
    const uint64_t i = somewhere();
    const bool behind = draw.below(2) == 0;
    const std::string text = draw.text();
    list.insert(list.seek(i), behind, text, limit);
    model.insert(at(i + behind), text);
  } else if (choice == 7) {
    const uint64_t i = somewhere();
    const std::string text = draw.text();
    list.assign(list.seek(i), text, limit);
    *at(i) = text;
  } else if (choice == 8 || choice > 13) {
    const ListEnd end = draw.below(2) == 0 ? ListEnd::kHead : ListEnd::kTail;
    list.pop(end);
    end == ListEnd::kHead ? model.pop_front() : model.pop_back();
  } else if (choice == 9) {
    const std::string text = draw.below(3) == 0 ? draw.text() : model[somewhere()];
    const uint64_t most = draw.below(2) == 0 ? UINT64_MAX : draw.below(4);
    const ListEnd from = draw.below(2) == 0 ? ListEnd::kHead : ListEnd::kTail;
    REQUIRE(list.remove(text, most, from, limit) == remove_from(model, text, most, from));
  } else {
    const uint64_t first = somewhere();
    const uint64_t count =
        draw.below(std::min<uint64_t>(model.size() - first, 1 + draw.below(90)) + 1);
    list.erase(first, count, limit);
    model.erase(at(first), at(first + count));
  }
}

}  // namespace

TEST_CASE("a list of nodes does what a deque does") {
  struct Case {
    int64_t setting;
    uint64_t plain_from;
    size_t longest;
  };
  for (const Case& c : {Case{-1, 0, 400}, Case{-2, 0, 10000}, Case{-5, 0, 300}, Case{1, 0, 100},
                        Case{2, 0, 100}, Case{5, 0, 9000}, Case{16, 0, 20}, Case{-1, 12, 100},
                        Case{0, 0, 100}, Case{40000, 1, 20}}) {
    CAPTURE(c.setting);
    const NodeLimit limit = NodeLimit::of(c.setting, c.plain_from);
    Draw draw(static_cast<uint64_t>(c.setting + 10), c.longest);
    ListNodes list;
    Model model;
    const int steps = tests::kSanitized ? 2500 : 12000;
    for (int step = 0; step < steps; ++step) {
      one_step(list, model, draw, limit, step < steps / 2);
      if (step % 97 == 0) check(list, model, limit);
    }
    check(list, model, limit);
    const std::unique_ptr<ListNodes> copy(list.copy());
    check(*copy, model, limit);
    REQUIRE(copy->memory() <= list.memory());
    list.erase(0, model.size(), limit);
    check(list, {}, limit);
    check(*copy, model, limit);
  }
}

TEST_CASE("nodes keep the limit that was changed while they were there") {
  Draw draw(7, 3000);
  ListNodes list;
  Model model;
  for (int step = 0; step < 4000; ++step) {
    const int64_t settings[] = {-1, -5, 3, 100, -2};
    const NodeLimit limit = NodeLimit::of(settings[step / 100 % 5], step % 1000 < 900 ? 0 : 8);
    one_step(list, model, draw, limit, step < 2500);
  }
  check(list, model, NodeLimit::of(-5, 0));
}

TEST_CASE("queues at either end take no more than their elements") {
  const NodeLimit limit = NodeLimit::of(-2, 0);
  for (const ListEnd in : {ListEnd::kHead, ListEnd::kTail}) {
    const ListEnd out = in == ListEnd::kHead ? ListEnd::kTail : ListEnd::kHead;
    for (const uint64_t length : {3u, 100u, 5000u}) {
      ListNodes list;
      for (uint64_t i = 0; i < 20000; ++i) {
        list.push(in, "entry:" + std::to_string(100000000 + i), limit);
        if (list.size() > length) list.pop(out);
      }
      CHECK(list.size() == length);
      CHECK(list.memory() < length * 19 + 2 * 8192);
    }
  }
}

TEST_CASE("a long list takes little more than its elements") {
  const NodeLimit limit = NodeLimit::of(-2, 0);
  for (const ListEnd end : {ListEnd::kHead, ListEnd::kTail}) {
    ListNodes list;
    for (uint64_t i = 0; i < 50000; ++i) {
      list.push(end, "entry:" + std::to_string(100000000 + i), limit);
    }
    CHECK(list.memory() < 50000 * 17.3);
    for (uint64_t i = 0; i < 49990; ++i) list.pop(i % 2 ? ListEnd::kHead : ListEnd::kTail);
    CHECK(list.memory() < 1000);
  }
}

TEST_CASE("inserting and removing in the middle leaves nodes well filled") {
  const NodeLimit limit = NodeLimit::of(-2, 0);
  Draw draw(5, 20);
  ListNodes list;
  list.push(ListEnd::kTail, "first", limit);
  for (uint64_t i = 0; i < 20000; ++i) {
    list.insert(list.seek(draw.below(list.size())), i % 2, std::to_string(100000000000 + i), limit);
  }
  CHECK(list.memory() < 20000 * 11 * 2);
  // Always at the same place, which is the worst for splitting.
  for (uint64_t i = 0; i < 20000; ++i) list.insert(list.seek(10000), false, "123456789012", limit);
  CHECK(list.memory() < 40000 * 11 * 2);
  while (list.size() > 1000) list.erase(draw.below(list.size()), 1, limit);
  CHECK(list.memory() < 1000 * 11 * 5);
}

}  // namespace slotway::backend

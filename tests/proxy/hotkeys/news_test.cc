#include "proxy/hotkeys/news.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::proxy::hotkeys {

namespace {

HotKey key(uint64_t hash, bool is_hot, double requests = 1000) {
  HotKey it;
  it.key = std::to_string(hash);
  it.hash = hash;
  it.requests = requests;
  it.hot = is_hot ? 1 << kRequests : 0;
  return it;
}

Snapshot keys(std::vector<HotKey> them) {
  Snapshot snapshot;
  snapshot.keys = std::move(them);
  return snapshot;
}

// "+1 -2": 1 has become hot, 2 has cooled.
std::string told(const std::vector<NewsItem>& items) {
  std::string text;
  for (const NewsItem& item : items) {
    text += (text.empty() ? "" : " ") + std::string(item.is_hot ? "+" : "-") + item.key.key;
  }
  return text;
}

}  // namespace

TEST_CASE("news: each change is told once") {
  News news;
  CHECK(told(news.next(keys({key(1, true), key(2, false)}))) == "+1");
  CHECK(told(news.next(keys({key(1, true), key(2, false)}))).empty());
  CHECK(told(news.next(keys({key(2, true), key(1, true)}))) == "+2");
  CHECK(told(news.next(keys({key(3, true), key(2, false)}))) == "+3 -1 -2");
  CHECK(told(news.next({})) == "-3");
  CHECK(news.next({}).empty());
}

TEST_CASE("news: what has cooled is as it was when it was hot last") {
  News news;
  news.next(keys({key(1, true, 1000)}));
  news.next(keys({key(1, true, 2000)}));
  const std::vector<NewsItem> items = news.next(keys({key(1, false, 3)}));
  REQUIRE(items.size() == 1);
  CHECK(items[0].key.requests == 2000);
  CHECK(items[0].key.hot_by(kRequests));
}

TEST_CASE("news: what does not fit comes with the next call, if it is still so") {
  News news;
  std::vector<HotKey> many;
  for (uint64_t i = 1; i <= News::kMost + 3; ++i) many.push_back(key(i, true));
  CHECK(news.next(keys(many)).size() == News::kMost);
  many.pop_back();  // never told of
  CHECK(told(news.next(keys(many))) == "+65 +66");
  CHECK(news.next(keys(many)).empty());
  CHECK(news.next({}).size() == News::kMost);
  CHECK(news.next({}).size() == 2);
  CHECK(news.next({}).empty());
}

TEST_CASE("news: after forget() all that are hot are told") {
  News news;
  news.next(keys({key(1, true), key(2, true)}));
  news.forget();
  CHECK(told(news.next(keys({key(1, true)}))) == "+1");
}

}  // namespace slotway::proxy::hotkeys

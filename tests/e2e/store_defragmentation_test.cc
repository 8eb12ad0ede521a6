// That a store gives memory back when most of what it held has gone, here and there: whatever the
// values are made of, as it comes, while clients go on.

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/text_field.h"
#include "tests/support/patience.h"
#include "tests/support/store_process.h"

namespace slotway::tests {

namespace {

std::string text(size_t number, size_t size) {
  std::string result = std::to_string(number) + ":";
  result.resize(std::max(size, result.size()), 'x');
  return result;
}
std::string integer(int64_t number) { return ":" + std::to_string(number) + "\r\n"; }
std::string bulk(const std::string& bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}

// Two of five stay, drawn by lot.
bool stays(size_t number) { return (number * 2654435761u >> 8) % 5 < 2; }

// One kind of values: its items are written, most are removed again, the others are looked at.
struct Data {
  const char* name;
  size_t count;
  std::function<Command(size_t)> write;
  std::function<Command(size_t)> remove;
  std::function<Command(size_t)> read;
  std::function<std::string(size_t)> reply;  // to `read`
};

// Strings whose sizes are up to `most` bytes.
Data strings(const char* name, size_t count, size_t most, bool expire) {
  const auto key = [name](size_t i) { return name + std::to_string(i); };
  const auto value = [most](size_t i) { return text(i, i * 7919 % most); };
  return {name,
          count,
          [=](size_t i) {
            Command command{"SET", key(i), value(i)};
            if (expire) command.insert(command.end(), {"EX", std::to_string(100'000 + i)});
            return command;
          },
          [=](size_t i) {
            return Command{"DEL", key(i)};
          },
          [=](size_t i) {
            return Command{"GET", key(i)};
          },
          [=](size_t i) { return bulk(value(i)); }};
}

// Elements of a few large values.
Data elements(const char* name, size_t count, std::function<Command(size_t)> write,
              const char* remove, const char* read, std::function<std::string(size_t)> reply) {
  const auto command = [name](const char* word) {
    return [=](size_t i) { return Command{word, name + std::to_string(i % 4), text(i, 24)}; };
  };
  return {name, count, std::move(write), command(remove), command(read), std::move(reply)};
}

const std::vector<Data> kData = {
    strings("short", 240'000, 120, false),
    strings("expiring", 120'000, 120, true),
    strings("long", 4'000, 16'000, false),
    elements(
        "hash", 120'000,
        [](size_t i) {
          return Command{"HSET", "hash" + std::to_string(i % 4), text(i, 24), text(i, i % 400)};
        },
        "HDEL", "HGET", [](size_t i) { return bulk(text(i, i % 400)); }),
    elements(
        "set", 200'000,
        [](size_t i) {
          return Command{"SADD", "set" + std::to_string(i % 4), text(i, 24)};
        },
        "SREM", "SISMEMBER", [](size_t) { return integer(1); }),
    elements(
        "zset", 200'000,
        [](size_t i) {
          return Command{"ZADD", "zset" + std::to_string(i % 4), std::to_string(i), text(i, 24)};
        },
        "ZREM", "ZSCORE", [](size_t i) { return bulk(std::to_string(i)); }),
    {"list", 1200,
     [](size_t i) {
       Command command{"RPUSH", "list" + std::to_string(i)};
       for (size_t j = 0; j < 200; ++j) command.push_back(text(i * 200 + j, 150));
       return command;
     },
     [](size_t i) {
       return Command{"DEL", "list" + std::to_string(i)};
     },
     [](size_t i) {
       return Command{"LINDEX", "list" + std::to_string(i), "150"};
     },
     [](size_t i) { return bulk(text(i * 200 + 150, 150)); }},
};

// The replies to the commands of the items that `which` accepts.
template <typename Which, typename Visit>
void send_all_of(RespClient& client, size_t count, const std::function<Command(size_t)>& command,
                 Which&& which, Visit&& visit) {
  constexpr size_t kBatch = 500;
  for (size_t begin = 0; begin < count; begin += kBatch) {
    std::string bytes;
    std::vector<size_t> items;
    for (size_t i = begin; i < std::min(begin + kBatch, count); ++i) {
      if (!which(i)) continue;
      bytes += encode_request(command(i));
      items.push_back(i);
    }
    const std::vector<std::string> replies = client.exchange(bytes, items.size());
    for (size_t i = 0; i < items.size(); ++i) visit(items[i], replies[i]);
  }
}

double ratio(RespClient& client) {
  const std::string info = client.call({"INFO", "memory"}).text;
  return std::stod(field_of(info, "\nused_memory_rss:")) /
         std::stod(field_of(info, "\nused_memory:"));
}

}  // namespace

TEST_CASE("a store gives back what a churn of all its types has left half empty") {
  StoreProcess store;
  RespClient client(store.port());
  if (client.call({"CONFIG", "GET", "activedefrag"}).items[1].text != "yes") {
    MESSAGE("the allocator cannot be asked");
    return;
  }
  const auto refuse_errors = [](size_t, const std::string& reply) { REQUIRE(reply[0] != '-'); };
  for (const Data& data : kData) {
    send_all_of(
        client, data.count, data.write, [](size_t) { return true; }, refuse_errors);
  }
  client.call({"CONFIG", "SET", "activedefrag", "no"});
  for (const Data& data : kData) {
    send_all_of(
        client, data.count, data.remove, [](size_t i) { return !stays(i); }, refuse_errors);
  }
  MESSAGE("at first ", ratio(client));
  REQUIRE(ratio(client) > 1.6);

  // A pass that is no longer wanted ends with the command that says so.
  const auto is_running = [&] {
    const std::string info = client.call({"INFO", "memory"}).text;
    return field_of(info, "\nactive_defrag_running:") != "0";
  };
  client.call({"CONFIG", "SET", "activedefrag", "yes"});
  CHECK(eventually(is_running, patience(milliseconds(10'000))));
  client.call({"CONFIG", "SET", "activedefrag", "no"});
  CHECK_FALSE(is_running());

  client.call({"CONFIG", "SET", "activedefrag", "yes"});
  const auto verify = [&] {
    for (const Data& data : kData) {
      CAPTURE(data.name);
      send_all_of(client, data.count, data.read, stays, [&](size_t i, const std::string& reply) {
        if (reply != data.reply(i)) FAIL_CHECK("item " << i << ": " << reply);
      });
    }
  };
  CHECK(eventually(
      [&] {
        verify();
        return ratio(client) < 1.3;
      },
      patience(milliseconds(60'000))));
  MESSAGE("at last ", ratio(client));
  const std::string stats = client.call({"INFO", "stats"}).text;
  CHECK(std::stoull(field_of(stats, "\nactive_defrag_hits:")) > 10'000);
  CHECK(std::stoull(field_of(stats, "\nactive_defrag_key_hits:")) > 10'000);
}

}  // namespace slotway::tests

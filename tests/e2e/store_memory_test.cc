// What slotway-store says it uses, beside what its allocator has given out. (Of values beyond
// 128 KiB that says nothing: it rounds them up to 64 KiB and more, which nobody touches.)

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "tests/e2e/text_field.h"
#include "tests/support/patience.h"
#include "tests/support/store_process.h"

namespace slotway::tests {

namespace {

using MakeCommand = std::function<Command(size_t)>;

std::string text(size_t number, size_t size) {
  std::string result = std::to_string(number) + ":";
  result.resize(std::max(size, result.size()), 'x');
  return result;
}
std::string key(size_t number) { return "key:" + std::to_string(number); }

// Sizes that are spread over all classes of the allocator.
size_t varied(size_t number, size_t most) { return number * 7919 % most + 1; }

struct Data {
  const char* name;
  size_t count;
  MakeCommand command;
};

const std::vector<Data> kData = {
    {"integers", 200'000,
     [](size_t i) {
       return Command{"SET", key(i), std::to_string(i)};
     }},
    {"short strings", 200'000,
     [](size_t i) {
       return Command{"SET", key(i), text(i, varied(i, 100))};
     }},
    {"strings with an expiry", 200'000,
     [](size_t i) {
       return Command{"SET", key(i), text(i, 32), "EX", std::to_string(1000 + i)};
     }},
    {"strings of all sizes", 10'000,
     [](size_t i) {
       return Command{"SET", key(i), text(i, varied(i, 10'000))};
     }},
    {"large strings", 600,
     [](size_t i) {
       return Command{"SET", key(i), text(i, varied(i, 120'000))};
     }},
    {"strings that grow", 100'000,
     [](size_t i) {
       return Command{"APPEND", key(i % 1000), text(i, 100)};
     }},
    {"small hashes", 300'000,
     [](size_t i) {
       return Command{"HSET", key(i / 5), "field" + std::to_string(i % 5), text(i, 9)};
     }},
    {"large hashes", 200'000,
     [](size_t i) {
       return Command{"HSET", key(i % 10), text(i, 12), text(i, varied(i, 60))};
     }},
    {"small lists", 200'000,
     [](size_t i) {
       return Command{"RPUSH", key(i / 5), text(i, 20)};
     }},
    {"large lists", 300'000,
     [](size_t i) {
       return Command{"RPUSH", key(i % 10), text(i, varied(i, 80))};
     }},
    {"lists of large elements", 3'000,
     [](size_t i) {
       return Command{"RPUSH", key(i % 10), text(i, varied(i, 20'000))};
     }},
    {"sets of integers", 300'000,
     [](size_t i) {
       return Command{"SADD", key(i / 20), std::to_string(i)};
     }},
    {"small sets", 200'000,
     [](size_t i) {
       return Command{"SADD", key(i / 5), text(i, 20)};
     }},
    {"large sets", 300'000,
     [](size_t i) {
       return Command{"SADD", key(i % 10), text(i, varied(i, 40))};
     }},
    {"small sorted sets", 200'000,
     [](size_t i) {
       return Command{"ZADD", key(i / 5), std::to_string(i), text(i, 20)};
     }},
    {"large sorted sets", 300'000,
     [](size_t i) {
       return Command{"ZADD", key(i % 10), std::to_string(i * 31 % 1000), text(i, 20)};
     }},
    {"HyperLogLogs", 500'000,
     [](size_t i) {
       return Command{"PFADD", key(i % 20'000), text(i, 20)};
     }},
    {"keys of one slot", 200'000,
     [](size_t i) {
       return Command{"SET", "{tag}" + key(i), text(i, 32)};
     }},
};

// Those from `begin` on.
void send_all_of(RespClient& client, const Data& data, size_t begin, size_t count) {
  constexpr size_t kBatch = 1000;
  for (size_t i = begin; i < count; i += kBatch) {
    const size_t end = std::min(i + kBatch, count);
    std::string bytes;
    for (size_t j = i; j < end; ++j) bytes += encode_request(data.command(j));
    for (const std::string& reply : client.exchange(bytes, end - i)) REQUIRE(reply[0] != '-');
  }
}

double used(RespClient& client) {
  return std::stod(field_of(client.call({"INFO", "memory"}).text, "\nused_memory:"));
}
// 0 if the allocator cannot tell.
double allocated(RespClient& client) {
  const RespValue stats = client.call({"MEMORY", "STATS"});
  const RespValue* const value = stats.find("allocator.allocated");
  return value ? static_cast<double>(value->integer()) : 0;
}

}  // namespace

TEST_CASE("a store uses what it says to 2 %, whatever the data is") {
  if (kSanitized) {
    MESSAGE("memory is not measured with a sanitizer");
    return;
  }
  for (const Data& data : kData) {
    CAPTURE(data.name);
    StoreProcess store;
    RespClient client(store.port());
    if (allocated(client) == 0) {
      MESSAGE("the allocator does not tell what it has given out");
      return;
    }
    // The first bring about what every store has: directories, buffers.
    send_all_of(client, data, 0, data.count / 100);
    const double used_before = used(client);
    const double taken_before = allocated(client);
    send_all_of(client, data, data.count / 100, data.count);
    const double used_more = used(client) - used_before;
    const double taken_more = allocated(client) - taken_before;
    MESSAGE(std::string(data.name), ": ", used_more, " used, ", taken_more, " taken, ratio ",
            used_more / taken_more);
    // The allocator also knows two blocks, or one more or less, of what is just read and written.
    constexpr double kBlocks = 2 * 65536;
    CHECK(std::abs(used_more - taken_more) <= 0.02 * taken_more + kBlocks);
  }
}

}  // namespace slotway::tests

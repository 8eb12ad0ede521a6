// What the parsers and look-ups cost, in nanoseconds for each request, reply or key.
// A plain program, one thread: run it alone on a quiet machine. Each figure is the best of several
// rounds. Usage: slotway_wire_bench [ROUNDS]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "wire/command_table.h"
#include "wire/key_extraction.h"
#include "wire/reply_framer.h"
#include "wire/request_parser.h"
#include "wire/slot.h"

namespace slotway::wire {

namespace {

constexpr size_t kPipelineBytes = 64 << 10;
constexpr int kRepetitions = 200;

// Keeps a value from being optimised away.
template <typename Value>
void use(const Value& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// Prints the best time of `rounds` for one of the `count` things that `run` does each time.
template <typename Run>
void measure(const char* name, int rounds, size_t count, Run run) {
  double best = 1e30;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kRepetitions; ++i) run();
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / kRepetitions / static_cast<double>(count));
  }
  std::printf("%-34s %8.2f ns\n", name, best);
}

// As many copies of `message` as fit into one read.
struct Pipeline {
  explicit Pipeline(const std::string& message) {
    while (bytes.size() + message.size() <= kPipelineBytes) {
      bytes += message;
      ++count;
    }
  }
  std::string bytes;
  size_t count = 0;
};

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::exit(1);
}

void measure_requests(const char* name, int rounds, const std::string& message) {
  const Pipeline pipeline(message);
  RequestParser parser;
  Request request;
  const RequestLimits limits;
  measure(name, rounds, pipeline.count, [&] {
    std::string_view rest = pipeline.bytes;
    while (!rest.empty()) {
      size_t consumed = 0;
      const auto status = parser.parse(rest, limits, request, consumed);
      check(status == RequestParser::Status::kCommand, name);
      use(request);
      rest.remove_prefix(consumed);
    }
  });
}

void measure_replies(const char* name, int rounds, const std::string& message) {
  const Pipeline pipeline(message);
  ReplyFramer framer;
  measure(name, rounds, pipeline.count, [&] {
    std::string_view rest = pipeline.bytes;
    while (!rest.empty()) {
      size_t consumed = 0;
      check(framer.feed(rest, consumed) == ReplyFramer::Status::kReply, name);
      rest.remove_prefix(consumed);
    }
  });
}

std::string bulk(const std::string& bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}

void measure_slots(const char* name, int rounds, std::string key) {
  constexpr size_t kCount = 1000;
  measure(name, rounds, kCount, [&] {
    for (size_t i = 0; i < kCount; ++i) {
      key.back() = static_cast<char>('0' + i % 10);
      use(slot_of_key(key));
    }
  });
}

void measure_look_ups(int rounds) {
  constexpr std::string_view kNames[] = {"GET", "set", "MGET", "hgetall", "ZRANGEBYSCORE", "PING"};
  measure("find_command by name", rounds, std::size(kNames), [&] {
    for (const std::string_view name : kNames) use(find_command(name));
  });
  const std::string_view args[] = {"MGET", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
  std::vector<KeyPosition> keys;
  measure("extract_keys of MGET, 10 keys", rounds, 1, [&] {
    const Command* const command = find_command(args[0]);
    use(extract_keys(*command->spec, args, keys));
  });
}

}  // namespace

}  // namespace slotway::wire

int main(int argc, char** argv) {
  using namespace slotway::wire;
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 20;
  const std::string key = "key:000000012345";
  measure_requests("parse GET", rounds, "*2\r\n" + bulk("GET") + bulk(key));
  std::string mset = "*21\r\n" + bulk("MSET");
  for (int i = 0; i < 10; ++i) mset += bulk(key) + bulk("value");
  measure_requests("parse MSET of 10 keys", rounds, mset);
  measure_replies("frame $64", rounds, bulk(std::string(64, 'v')));
  measure_replies("frame +OK", rounds, "+OK\r\n");
  std::string array = "*10\r\n";
  for (int i = 0; i < 10; ++i) array += bulk("value");
  measure_replies("frame *10 of $5", rounds, array);
  measure_slots("slot of a 16-byte key", rounds, key);
  measure_slots("slot of a 60-byte key, 36 in tag", rounds,
                "session:{" + std::string(36, 'u') + "}:" + std::string(13, 'x'));
  measure_look_ups(rounds);
}

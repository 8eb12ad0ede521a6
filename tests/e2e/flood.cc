#include "tests/e2e/flood.h"

#include <thread>
#include <utility>

namespace slotway::tests {

std::string repeated(const std::string& text, size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

bool send_all(RespClient& client, std::string_view bytes) {
  try {
    client.send(bytes);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

Flood::Flood(uint16_t port)
    : Flood(port, [get = encode_request({"GET", kKey})](size_t) { return get; }) {}

Flood::Flood(uint16_t port, std::function<std::string(size_t)> command)
    : client_(Socket::connect(port, 65536)) {
  sending_ = std::async(std::launch::async, [this, command = std::move(command)] {
    for (size_t i = 0; i < kCommands; i += 1000) {
      std::string thousand;
      for (size_t number = i; number < i + 1000; ++number) thousand += command(number);
      client_.send(thousand);
      ++sent_;
    }
  });
}

bool Flood::is_held_back() {
  size_t last = 0;
  const bool stands = eventually([&] {
    std::this_thread::sleep_for(patience(milliseconds(100)));
    return std::exchange(last, sent_) == sent_;
  });
  return stands && last < kCommands / 1000;
}

bool Flood::all_are(const std::string& reply) {
  return right_replies([&](size_t) { return reply; }) == kCommands;
}

size_t Flood::right_replies(const std::function<std::string(size_t)>& expected) {
  size_t right = 0;
  while (right < kCommands && client_.receive_raw() == expected(right)) ++right;
  // With a wrong one nobody reads on, and the sender would wait for that.
  if (right < kCommands) client_.socket().shutdown_sending();
  sending_.wait();
  return right;
}

}  // namespace slotway::tests

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

Flood::Flood(uint16_t port) : client_(Socket::connect(port, 65536)) {
  sending_ = std::async(std::launch::async, [this] {
    const std::string thousand = repeated(encode_request({"GET", kKey}), 1000);
    for (size_t i = 0; i < kCommands; i += 1000) {
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
  size_t right = 0;
  for (size_t i = 0; i < kCommands; ++i) right += client_.receive_raw() == reply ? 1 : 0;
  sending_.get();
  return right == kCommands;
}

}  // namespace slotway::tests

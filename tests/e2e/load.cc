#include "tests/e2e/load.h"

#include "tests/support/resp_client.h"

namespace slotway::tests {

Load::Load(uint16_t port, const std::vector<std::string>& keys, int depth)
    : progress_(keys.size()) {
  for (size_t i = 0; i < keys.size(); ++i) {
    clients_.push_back(std::async(std::launch::async, [this, port, key = keys[i], i, depth] {
      return talk(port, key, i, depth);
    }));
  }
}

Seen Load::talk(uint16_t port, const std::string& key, size_t index, int depth) {
  Seen seen;
  try {
    RespClient client(port);
    int64_t last = 0;
    int64_t said = 0;
    bool failing = false;
    while (!stop_) {
      std::string bytes;
      const std::string word = key + "/" + std::to_string(++said);
      for (int i = 0; i < depth; ++i) {
        bytes += encode_request({"INCR", key}) + encode_request({"ECHO", word});
      }
      client.send(bytes);
      for (int i = 0; i < depth; ++i) {
        const RespValue number = client.receive();
        if (number.is_error() && number.text.find("shard '") != std::string::npos) {
          ++seen.errors;
          failing = true;
        } else if (number.type == ':' &&
                   (failing ? number.integer() > 0 : number.integer() == last + 1)) {
          last = number.integer();
          ++seen.counted;
          ++progress_[index];
          seen.healed += failing ? 1 : 0;
          failing = false;
        } else {
          seen.wrong =
              "INCR " + key + " behind " + std::to_string(last) + ": " + number.to_string();
          return seen;
        }
        const RespValue echo = client.receive();
        if (echo.text != word) {
          seen.wrong = "ECHO " + word + ": " + echo.to_string();
          return seen;
        }
      }
    }
  } catch (const std::exception& error) {
    if (!may_close_) seen.wrong = error.what();
  }
  return seen;
}

bool Load::goes_on(int64_t count) {
  std::vector<int64_t> wanted;
  for (const auto& progress : progress_) wanted.push_back(progress + count);
  return eventually([&] {
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (progress_[i] < wanted[i]) return false;
    }
    return true;
  });
}

std::vector<Seen> Load::finish() {
  stop_ = true;
  std::vector<Seen> all;
  for (auto& client : clients_) all.push_back(client.get());
  return all;
}

}  // namespace slotway::tests

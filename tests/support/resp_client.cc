#include "tests/support/resp_client.h"

#include <stdexcept>

namespace slotway::tests {

RespClient::RespClient(uint16_t port, int version) : socket_(Socket::connect(port)) {
  if (version != 2) call({"HELLO", std::to_string(version)});
}

RespValue RespClient::call(const std::vector<std::string>& args) {
  request(args);
  return receive();
}

std::string RespClient::receive_raw() {
  while (!scanner_.scan(std::string_view(input_).substr(taken_))) {
    input_.erase(0, std::exchange(taken_, 0));
    if (socket_.receive(input_) == 0) throw std::runtime_error("closed in front of a reply");
  }
  std::string reply = input_.substr(taken_, scanner_.size());
  taken_ += scanner_.size();
  if (taken_ == input_.size()) input_.erase(0, std::exchange(taken_, 0));
  return reply;
}

RespValue RespClient::receive() {
  const std::string raw = receive_raw();
  std::string_view bytes = raw;
  return *take_value(bytes);
}

std::vector<std::string> RespClient::exchange(std::string_view bytes, size_t replies) {
  std::vector<std::string> all;
  exchange(bytes, replies, all);
  return all;
}

void RespClient::exchange(std::string_view bytes, size_t replies, std::vector<std::string>& all) {
  all.reserve(replies);
  while (all.size() < replies) {
    if (bytes.empty() || socket_.readable(milliseconds(0))) {
      all.push_back(receive_raw());
      continue;
    }
    const size_t sent = socket_.send_some(bytes);
    bytes.remove_prefix(sent);
    if (sent == 0) socket_.wait_for_either();
  }
  socket_.send(bytes);
}

std::string RespClient::receive_until_end() {
  input_.erase(0, std::exchange(taken_, 0));
  while (socket_.receive(input_) > 0) continue;
  return std::exchange(input_, {});
}

bool RespClient::closed() {
  try {
    return receive_until_end().empty();
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace slotway::tests

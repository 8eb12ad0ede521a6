#include "tests/support/fake_backend.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

#include "tests/support/resp_value.h"

namespace slotway::tests {

namespace {

constexpr milliseconds kWakeUp(10);

}  // namespace

// ---- connection

std::optional<FakeConnection::Command> FakeConnection::receive() {
  for (;;) {
    std::string_view unread = input_;
    if (const std::optional<RespValue> value = take_value(unread)) {
      input_.erase(0, input_.size() - unread.size());
      Command command = value->texts();
      if (answer_pings && command == Command{"PING"}) {
        send("+PONG\r\n");
        continue;
      }
      backend_.note(command);
      return command;
    }
    while (!socket_.readable(kWakeUp)) {
      if (backend_.ending()) return std::nullopt;
    }
    if (socket_.receive(input_) == 0) return std::nullopt;
  }
}

void FakeConnection::send(std::string_view bytes) { socket_.send(bytes); }

void FakeConnection::send_byte_by_byte(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size() && !backend_.ending(); ++i) {
    socket_.send(bytes.substr(i, 1));
    std::this_thread::sleep_for(milliseconds(1));
  }
}

void FakeConnection::sleep(milliseconds time) const {
  const auto end = Clock::now() + time;
  while (Clock::now() < end && !backend_.ending()) std::this_thread::sleep_for(milliseconds(1));
}

void FakeConnection::hang() const {
  while (!backend_.ending()) std::this_thread::sleep_for(kWakeUp);
}

// ---- backend

FakeBackend::FakeBackend(Script script)
    : script_(std::move(script)),
      listener_(Socket::listen()),
      port_(listener_.local_port()),
      accepting_([this] { accept_all(); }) {}

FakeBackend::~FakeBackend() {
  ending_ = true;
  accepting_.join();
  for (std::thread& script : scripts_) script.join();
}

FakeBackend::Script FakeBackend::always(std::string reply) {
  return [reply = std::move(reply)](FakeConnection& connection) {
    while (connection.receive()) connection.send(reply);
  };
}

void FakeBackend::accept_all() {
  while (!ending_) {
    Socket accepted = listener_.accept(kWakeUp);
    if (accepted.fd() < 0) continue;
    scripts_.emplace_back([this, number = connections_++, socket = std::move(accepted)]() mutable {
      FakeConnection connection(*this, std::move(socket), number);
      try {
        script_(connection);
      } catch (const std::exception&) {
        // The client has gone in the middle: so ends the connection.
      }
    });
  }
}

void FakeBackend::note(const FakeConnection::Command& command) {
  std::string text;
  for (const std::string& word : command) text += (text.empty() ? "" : " ") + word;
  const std::lock_guard lock(mutex_);
  commands_.push_back(std::move(text));
}

std::vector<std::string> FakeBackend::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

// ---- full listener

FullListener::FullListener() : listener_(Socket::listen(0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listener_.local_port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Each takes a place in the queue, or waits for one for ever: then the queue is full.
  for (int i = 0; i < 4; ++i) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    (void)::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    queued_.push_back(std::move(socket));
  }
}

}  // namespace slotway::tests

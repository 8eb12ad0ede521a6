// FakeBackend: a server that misbehaves on order. Each connection runs a script of the test on a
// thread of its own.
//
// The owner is the test. The scripts run on other threads and end with their connection: every wait
// in them is cut short when the backend is destroyed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/socket.h"

namespace slotway::tests {

class FakeBackend;

// One accepted connection, as its script sees it.
class FakeConnection {
 public:
  using Command = std::vector<std::string>;

  // The next command; nothing once the client has closed or the backend ends. A PING, by which a
  // proxy sees that somebody answers, is answered from here and not given.
  std::optional<Command> receive();
  bool answer_pings = true;
  void send(std::string_view bytes);
  void send_byte_by_byte(std::string_view bytes);
  void sleep(milliseconds time) const;
  // Waits for the end of the backend.
  void hang() const;
  // EOF or RST for the client. Nothing else may be called afterwards.
  void close() { socket_.close(); }
  void reset() { socket_.reset(); }
  // 0 for the first connection that the backend accepted.
  size_t number() const { return number_; }

 private:
  friend class FakeBackend;
  FakeConnection(FakeBackend& backend, Socket socket, size_t number)
      : backend_(backend), socket_(std::move(socket)), number_(number) {}

  FakeBackend& backend_;
  Socket socket_;
  const size_t number_;
  std::string input_;
};

class FakeBackend {
 public:
  using Script = std::function<void(FakeConnection&)>;

  // Listens on a free port of 127.0.0.1. When `script` returns, the connection is closed.
  explicit FakeBackend(Script script);
  FakeBackend(const FakeBackend&) = delete;
  FakeBackend& operator=(const FakeBackend&) = delete;
  ~FakeBackend();

  // A script that answers each command with the same bytes.
  static Script always(std::string reply);

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  size_t connections() const { return connections_; }
  // All commands of all connections so far, each as one text: "SET key value".
  std::vector<std::string> commands() const;
  bool ending() const { return ending_; }

 private:
  friend class FakeConnection;
  void accept_all();
  void note(const FakeConnection::Command& command);

  const Script script_;
  Socket listener_;
  uint16_t port_;
  std::atomic<size_t> connections_{0};
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;  // guards commands_
  std::vector<std::string> commands_;
  std::vector<std::thread> scripts_;  // of the accepting thread
  std::thread accepting_;
};

// A listening socket on which no connection is ever completed: its queue is full.
class FullListener {
 public:
  FullListener();
  std::string address() const { return "127.0.0.1:" + std::to_string(listener_.local_port()); }

 private:
  Socket listener_;
  std::vector<Socket> queued_;
};

}  // namespace slotway::tests

// Client: one connection of the load, with at most `depth` requests unanswered. In a closed loop it
// asks the next one when a reply has come; in an open loop when one is due, too.
//
// It says PING before it is of use, and ECHO with its name at its end: the word must be the very
// next reply, so a reply too many is seen, on the idle connections too. Owned by the Driver, which
// it tells of everything; one loop thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "tests/bench/load/exchange.h"
#include "wire/connection.h"
#include "wire/reply_framer.h"

namespace slotway::load {

class Driver;

class Client final : public wire::ConnectionHandler {
 public:
  struct Request {
    Command command;
    uint64_t since_ns = 0;  // its latency counts from here
  };

  // With a `depth` of 0 it stays idle.
  Client(Driver& driver, Exchange exchange, size_t depth)
      : driver_(driver), exchange_(std::move(exchange)), depth_(depth) {}

  // On a connection that is being opened.
  void start(wire::Connection& connection) { connection_ = &connection; }
  // Asks the driver for requests until `depth` are unanswered, or it has none.
  void ask_more();
  // One of them; false if there is no room or none.
  bool ask_one(uint64_t now_ns);
  // ECHO, and the end. Requires open(), and that nothing is unanswered.
  void say_farewell();
  // Closes the connection if a reply is due, or if it is still being opened.
  void give_up_waiting(std::string_view reason);
  bool open() const { return connection_ && !connection_->closing(); }

 private:
  // wire::ConnectionHandler
  size_t on_input(const wire::Input& input) override;
  size_t missing() const override { return kReadAhead; }
  void on_connected() override;
  void on_close(std::string_view reason) override;

  void ask(const Request& request);
  void take_reply(std::string_view reply, uint64_t now_ns);

  static constexpr size_t kReadAhead = 16 * 1024;

  Driver& driver_;
  Exchange exchange_;
  const size_t depth_;
  wire::Connection* connection_ = nullptr;  // destroys itself
  wire::ReplyFramer framer_;
  size_t framed_ = 0;  // bytes at the front of the input that the framer has seen
  std::deque<Request> asked_;
  bool greeted_ = false;
  bool finished_ = false;
};

}  // namespace slotway::load

// Client: one client's session: reads its commands, has them carried out one after the other, and
// answers in their order.
//
// Made and owned by Clients; goes when its connection has gone. The server's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/batch.h"
#include "wire/client_watch.h"
#include "wire/connection.h"
#include "wire/reply_writer.h"
#include "wire/request_parser.h"

namespace slotway::backend {

struct Store;

class Client final : public wire::ConnectionHandler {
 public:
  // CLIENT REPLY. kSkipNext: the command under way is SKIP itself.
  enum class ReplyMode : uint8_t { kOn, kOff, kSkip, kSkipNext };

  Client(Store& store, uint64_t id);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Before anything else, once.
  void attach(wire::Connection& connection, bool is_local);

  size_t on_input(const wire::Input& input) override;
  size_t missing() const override { return parser_.missing(); }
  void on_written() override;
  bool on_end() override;
  void on_close(std::string_view reason) override;

  uint64_t id() const { return id_; }
  wire::Connection& connection() { return *connection_; }
  const wire::Connection& connection() const { return *connection_; }
  // Over a loopback address or a Unix socket.
  bool is_local() const { return is_local_; }
  uint64_t created_ms() const { return created_ms_; }
  uint64_t commands() const { return commands_; }
  uint64_t last_command_ms() const { return last_command_ms_; }
  const wire::Command* last_command() const { return last_command_; }

  // Bytes of its buffers and of itself.
  size_t memory() const;

  // Whether it must still give a password.
  bool needs_authentication() const;

  // Sends what has been answered, then closes; further input is dropped.
  void finish(std::string_view reason);
  // Closes at once.
  void close(std::string_view reason);
  // Goes on after CLIENT PAUSE.
  void resume();
  // Closes the connection if one of the store's time limits has passed.
  void check_timeouts(uint64_t now_ms);

  // What the commands of the connection group set.
  std::string name;
  std::string library_name;
  std::string library_version;
  uint32_t database = 0;
  int protocol = 2;
  bool authenticated = true;
  bool no_evict = false;
  ReplyMode reply_mode = ReplyMode::kOn;

 private:
  bool has_room() const;
  // Carries out the commands of the batch, up to one that must wait; returns how many.
  size_t run(Batch& batch);
  void execute(Batch::Pending& pending);
  // The same for a client that wants no reply.
  void execute_silently(Batch::Pending& pending);
  // Carries the command out, or answers why not.
  void answer(Batch::Pending& pending, wire::ReplyWriter& reply);
  void refuse(const Batch::Pending& pending, wire::ReplyWriter& reply);
  void note_error(const Batch::Pending* pending, std::string_view code);
  void protocol_error();
  void close_http();
  void count_bytes();

  Store& store_;
  const uint64_t id_;
  wire::Connection* connection_ = nullptr;
  wire::RequestParser parser_;
  wire::RequestLimits limits_;
  bool is_local_ = false;
  bool finishing_ = false;
  bool held_ = false;  // by CLIENT PAUSE
  uint64_t created_ms_ = 0;
  uint64_t last_command_ms_ = 0;
  wire::ClientWatch watch_;
  uint64_t counted_in_ = 0;
  uint64_t counted_out_ = 0;
  uint64_t commands_ = 0;
  const wire::Command* last_command_ = nullptr;
};

}  // namespace slotway::backend

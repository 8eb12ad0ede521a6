// Client: one client's session: reads its commands, has them carried out one after the other, and
// answers in their order.
//
// What it can do beside that (transactions, subscriptions, waiting for keys, tracking) has its
// state here, and its rules in sessions/. Made and owned by Clients; goes when its connection has
// gone. The server's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/batch.h"
#include "backend/sessions/client_tracking.h"
#include "backend/sessions/transaction.h"
#include "wire/client_watch.h"
#include "wire/connection.h"
#include "wire/reply_writer.h"
#include "wire/request_parser.h"
#include "wire/subscriptions.h"

namespace slotway::backend {

struct OutputLimit;
struct Store;
struct Wait;
struct Watch;

class Client final : public wire::ConnectionHandler {
 public:
  // CLIENT REPLY. kSkipNext: the command under way is SKIP itself.
  enum class ReplyMode : uint8_t { kOn, kOff, kSkip, kSkipNext };
  enum class WaitEnd : uint8_t { kTimeout, kUnblocked };

  Client(Store& store, uint64_t id);
  ~Client();
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
  // Close to its end: whatever is sent to it is lost.
  bool is_ending() const { return finishing_ || connection_->closing(); }

  // Bytes of its buffers, of what it has queued, subscribed to and watches, and of itself.
  size_t memory() const;
  // Tells the store's MemoryLimit what memory() is by now.
  void count_memory() { count(memory()); }

  // Whether it must still give a password.
  bool needs_authentication() const;

  // Sends what has been answered, then closes; further input is dropped.
  void finish(std::string_view reason);
  // Closes at once.
  void close(std::string_view reason);
  // Goes on after CLIENT PAUSE.
  void resume();
  // Ends all that others keep for it: watches, subscriptions, tracking, MONITOR, its wait.
  void leave_all();

  // ---- commands that came earlier
  // Carries out the commands that were queued; their replies go to `out`.
  void run_queued(wire::OutputBuffer& out);
  // Ends the transaction and all watches.
  void discard_transaction();
  // Whether commands may wait for keys now.
  bool may_wait() const { return !in_exec_; }
  // The command under way is to wait; see Call::block().
  void begin_wait(const wire::Command& command, wire::Args args,
                  std::span<const std::string_view> keys, int64_t deadline_ms);
  // Runs the command that waits again, for the sake of `key`. Requires `wait`.
  void try_again(std::string_view key);
  // Answers the command that waits with what it gets without having found anything. Requires
  // `wait`.
  void end_wait(WaitEnd end);

  // ---- messages beside the replies
  // Sends what `write(wire::ReplyWriter&)` writes, whatever CLIENT REPLY says. While a command of
  // this client has begun its reply, the message comes behind it.
  template <typename Write>
  void push(const Write& write) {
    if (is_ending()) return;
    if (is_answering()) return push_to(deferred_pushes(), write);
    push_to(connection_->out(), write);
    reply_begin_ = connection_->out().size();
  }
  // The same, but behind the reply of a command of this client that is under way in any case.
  template <typename Write>
  void push_after_reply(const Write& write) {
    if (!is_ending()) push_to(is_running() ? deferred_pushes() : connection_->out(), write);
  }

  // ---- subscriptions
  // Null if it has never subscribed to anything.
  const wire::Subscriptions* subscriptions() const { return subscriptions_.get(); }
  wire::Subscriptions& edit_subscriptions();
  bool is_subscribed() const { return subscriptions_ && !subscriptions_->empty(); }

  // To be called after any change of what commands it may give: protocol, transaction,
  // subscriptions, tracking, MONITOR.
  void update_modes();
  // By CLIENT PAUSE.
  bool is_held() const { return held_; }
  // Bytes of input that have not been dealt with, those of the command under way included.
  size_t unread() const {
    return input_size_ == kNoInput ? connection_->unconsumed() : input_size_;
  }
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

  // What the registries of the Store keep here; they alone change it.
  std::vector<std::unique_ptr<Watch>> watches;
  std::unique_ptr<Wait> wait;                // null: it does not wait for keys
  std::unique_ptr<ClientTracking> tracking;  // null: off
  size_t registered_bytes = 0;               // of all names: see registered_memory()
  bool is_monitor = false;

  std::unique_ptr<Transaction> transaction;  // null: no MULTI
  bool watch_broken = false;                 // a watched key has changed

 private:
  // Why a command cannot simply be run.
  enum Mode : uint8_t {
    kInTransaction = 1u << 0,
    kSubscriber = 1u << 1,  // of RESP2: few commands are allowed
    kMonitor = 1u << 2,
    kTracking = 1u << 3,
  };

  // So many bytes of input or output are worth a look at the limits at once.
  static constexpr size_t kMuch = 16 * 1024;
  static constexpr size_t kNoInput = SIZE_MAX;

  void count(size_t memory);
  // The same before the loop writes, which takes a little output with it.
  void count_before_write();
  size_t take(const wire::Input& input);
  // Whether it may be answered further commands. Closes the connection at its limit of output.
  bool has_room() { return connection_->out().size() < kMuch || has_room_for_more(); }
  bool has_room_for_more();
  bool is_paused_for(const wire::Command& command) const;
  // Carries out the commands of the batch, up to one that must wait; returns how many.
  size_t run(Batch& batch);
  void execute(Batch::Pending& pending);
  // The same for a client that wants no reply.
  void execute_silently(Batch::Pending& pending);
  // Carries the command out, or answers why not: of several reasons the one that Redis gives. It
  // does neither, and `held_` is set, if CLIENT PAUSE has it wait.
  void answer(Batch::Pending& pending, wire::ReplyWriter& reply);
  // Evicts if need be.
  bool has_memory_for(const wire::Command& command);
  // False, and it is answered, if the modes that it is in forbid the command.
  bool passes_modes(const wire::Command& command, wire::ReplyWriter& reply);
  // Whether it is not queued behind MULTI: EXEC and what ends or begins a transaction.
  static bool runs_in_transaction(const wire::Command& command);
  void run_handler(const wire::Command& command, wire::Args args, wire::ReplyWriter& reply,
                   const Key* first_key);
  void queue(const wire::Command& command, wire::Args args, wire::ReplyWriter& reply);
  // For a command that does not exist here or is called wrongly.
  void refuse(const Batch::Pending& pending, wire::ReplyWriter& reply);
  // Answers a known command with an error instead of running it.
  void reject(const wire::Command& command, std::string_view error, wire::ReplyWriter& reply);
  // The client waits no more: goes on with its input.
  void go_on();
  // CLIENT CACHING is about the next command, or transaction, alone.
  void forget_caching(const wire::Command* command);
  // `command` is null for what was no command, or did not get as far as its handler.
  void note_error(const wire::Command* command, std::string_view code);
  void protocol_error();
  void close_http();
  void count_bytes();

  bool is_running() const;
  bool is_answering() const { return is_running() && connection_->out().size() > reply_begin_; }
  wire::OutputBuffer& deferred_pushes();
  void send_deferred_pushes();
  template <typename Write>
  void push_to(wire::OutputBuffer& out, const Write& write) {
    wire::ReplyWriter writer(out, protocol);
    write(writer);
    pushed();
  }
  void pushed();
  const OutputLimit& output_limit() const;
  // Closes the connection if its client reads too slowly for client-output-buffer-limit.
  void keep_output_limit(uint64_t now_ms);

  Store& store_;
  const uint64_t id_;
  wire::Connection* connection_ = nullptr;
  wire::RequestParser parser_;
  wire::RequestLimits limits_;
  bool is_local_ = false;
  bool finishing_ = false;
  bool held_ = false;  // by CLIENT PAUSE
  bool in_exec_ = false;
  uint8_t modes_ = 0;
  size_t input_size_ = kNoInput;     // of what on_input() is at; what it has left at its end
  size_t counted_memory_ = 0;        // as the store's MemoryLimit knows it
  size_t reply_begin_ = 0;           // size of the output when the command under way began
  uint64_t over_soft_limit_ms_ = 0;  // since when; 0: it is not
  std::unique_ptr<wire::Subscriptions> subscriptions_;
  uint64_t created_ms_ = 0;
  uint64_t last_command_ms_ = 0;
  wire::ClientWatch watch_;
  uint64_t counted_in_ = 0;
  uint64_t counted_out_ = 0;
  uint64_t commands_ = 0;
  const wire::Command* last_command_ = nullptr;
};

}  // namespace slotway::backend

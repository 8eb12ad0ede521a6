// Connection: a buffered libuv stream (TCP or Unix), as both ends of Slotway use it.
//
// Input: bytes are read into a block that all connections of the loop share and handed to the
// handler as one contiguous view; what the handler does not take is kept in a buffer of the
// connection's own, in front of what comes next. An idle connection holds no buffer.
// Output: append to out() and call flush_soon(); the loop writes at most once per turn.
//
// Lifetime: created by the static functions, destroyed by itself after close() once libuv has let
// go of the handle; on_close() is the last call that the handler gets. A handler may close the
// connection from within any of its calls. One loop thread.
#pragma once

#include <uv.h>

#include <memory>
#include <string>
#include <string_view>

#include "wire/block.h"
#include "wire/loop.h"
#include "wire/output_buffer.h"
#include "wire/result.h"

namespace slotway::wire {

// Where bytes came from: `bytes` lies inside `block`, which may be referenced to keep them.
struct Input {
  std::string_view bytes;
  const BlockRef& block;
};

class ConnectionHandler {
 public:
  // Everything unconsumed so far. Returns how many bytes from the front are done with. Not called
  // again before new bytes have come, or resume_reading().
  virtual size_t on_input(const Input& input) = 0;
  // A hint for the read buffer while on_input left an incomplete message: the number of bytes that
  // it misses, at least 1.
  virtual size_t missing() const { return 1; }
  // Whether more output is likely to follow within a turn of the loop: what is there waits for it.
  virtual bool expects_output() const { return false; }
  // The loop has turned to writing: all that this turn has produced so far is in out(). May come
  // again before any of it is written.
  virtual void before_write() {}
  // Some output was written; out().size() tells what is left.
  virtual void on_written() {}
  // The peer sends no more. True keeps the connection open for what is still to be written; the
  // handler then has to close it.
  virtual bool on_end() { return false; }
  // A connect attempt succeeded.
  virtual void on_connected() {}
  // The peer sent EOF, a read, write or connect failed (`reason` says which and why), or close()
  // was called (`reason` is what was given there). The connection must not be touched afterwards.
  virtual void on_close(std::string_view reason) = 0;

 protected:
  ~ConnectionHandler() = default;
};

class Connection {
 public:
  // Takes over the connected socket `fd` (accepted; TCP or Unix) and starts to read. On failure the
  // descriptor is closed.
  static Result<Connection*> adopt(Loop& loop, int fd, ConnectionHandler& handler);
  // Starts to connect; on_connected() or on_close() follows. An error only if nothing was started.
  // `path` beginning with '\0' is a name in the abstract namespace.
  static Result<Connection*> connect_tcp(Loop& loop, const sockaddr& address,
                                         ConnectionHandler& handler);
  static Result<Connection*> connect_unix(Loop& loop, std::string_view path,
                                          ConnectionHandler& handler);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  OutputBuffer& out() { return out_; }
  const OutputBuffer& out() const { return out_; }
  // Has the loop write out() before it polls next, or one poll later if the handler expects more.
  // What stays in out() the kernel has not taken.
  void flush_soon() {
    if (!scheduled_) schedule();
  }
  // While out() is smaller than `most` bytes it is not written; 0, as at first, holds nothing back.
  // close_after_flush() writes what was held.
  void hold_output(size_t most);

  // Backpressure: while paused nothing is read and on_input is not called. resume_reading() calls
  // on_input in the next turn if unconsumed bytes are there. Both may be called repeatedly.
  void pause_reading();
  void resume_reading();
  bool paused() const { return paused_; }
  // Called by on_input before it returns with less than all taken: it has had its share of this
  // turn. It is called again after the next poll, which does not wait; nothing is read before.
  void continue_later();
  // Bytes read that the handler has not taken yet.
  size_t unconsumed() const { return kept_size_; }
  // Bytes that the buffer of such input has room for behind them.
  size_t input_room() const { return kept_ ? kept_->capacity - kept_begin_ - kept_size_ : 0; }

  // Takes no more input and writes nothing any more; on_close(reason) is called in a later turn of
  // the loop, never from here.
  void close(std::string_view reason);
  // Writes what is in out(), reads and drops further input meanwhile, then closes. The peer gets
  // the last byte and the end together, where the kernel can do that.
  void close_after_flush(std::string_view reason);
  bool closing() const { return state_ == State::kClosing; }

  // "127.0.0.1:52114", "unix:/path" or "unix" of the two ends.
  std::string peer_name() const;
  std::string local_name() const;
  int fd() const;

  // Milliseconds of Loop::now_ms() at the last byte read and the last byte written.
  uint64_t last_read_ms() const { return last_read_ms_; }
  uint64_t last_write_ms() const { return last_write_ms_; }
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }
  // A count that changes whenever the peer takes some of the output, even in the middle of a large
  // write that bytes_written() counts as a whole at its end. One system call.
  uint64_t taken_mark() const;

 private:
  friend class Loop;
  enum class State : uint8_t { kConnecting, kOpen, kDraining, kClosing };

  Connection(Loop& loop, ConnectionHandler& handler);
  ~Connection() = default;
  uv_stream_t* stream() { return &handle_.stream; }
  void open();
  void update_reading();
  // Has the loop call turn() before it polls next.
  void schedule();
  void schedule_again();
  void turn();
  void write_now();
  void after_write(size_t count);
  // Hand the kept input and `count` bytes behind it to the handler: they lie in the shared block,
  // or in the kept one.
  void take_shared(size_t count);
  void take_kept(size_t count);
  void make_room(size_t wanted);
  void move_kept(size_t capacity);

  static void on_connect(uv_connect_t* request, int status);
  static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buf);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buf);
  static void on_write_done(uv_write_t* request, int status);

  Loop& loop_;
  ConnectionHandler* handler_;
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle_;
  // Libuv's, while it has one under way: few connections ever do, and it is large.
  std::unique_ptr<uv_connect_t> connect_request_;
  std::unique_ptr<uv_write_t> write_request_;
  OutputBuffer out_;
  size_t submitted_ = 0;  // bytes at the front of out_ that uv_write holds: the kernel was full
  BlockRef kept_;         // unconsumed input: kept_size_ bytes from kept_begin_
  size_t kept_begin_ = 0;
  size_t kept_size_ = 0;
  State state_ = State::kConnecting;
  bool paused_ = false;
  bool reading_ = false;
  bool scheduled_ = false;
  bool connected_soon_ = false;  // a Unix socket is connected, the handler has not been told
  bool deliver_soon_ = false;    // on_input is to see the kept input in turn()
  bool deliver_later_ = false;   // the same, one poll later
  bool waited_ = false;          // the output, for a turn, for more to follow
  size_t held_below_ = 0;        // output of less is not written
  std::unique_ptr<const std::string> close_reason_;  // null while it is open: few ever have one
  uint64_t last_read_ms_ = 0;
  uint64_t last_write_ms_ = 0;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
};

}  // namespace slotway::wire

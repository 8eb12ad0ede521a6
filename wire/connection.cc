#include "wire/connection.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "wire/input_end.h"
#include "wire/send_queue.h"
#include "wire/socket_name.h"

namespace slotway::wire {

namespace {

constexpr unsigned kKeepaliveSeconds = 60;
constexpr size_t kMaxRanges = 64;      // of one writev
constexpr size_t kSmallestRead = 512;  // less room than this is not worth a read

// What one connection may move in one turn of the loop while others wait. libuv reads up to 32
// times as long as all of the room is filled.
constexpr size_t kLargestRead = 64 * 1024;
constexpr size_t kWrittenInATurn = 1 << 20;

// Less output than this waits for one turn of the loop, which does not sleep before it, if more is
// expected: a write costs more than all else that is done for a small request, most of it for
// waking the peer up.
constexpr size_t kWorthAWrite = 16 * 1024;

// Less kept input than this is copied to the front of the shared block before each read, so that
// reads stay large although most of them end inside a message.
constexpr size_t kCopiedInFront = OutputBuffer::kReferenceThreshold;

Error uv_error(std::string_view what, int code) {
  return {"ERR", std::string(what) + ": " + uv_strerror(code)};
}

Connection* self(void* data) { return static_cast<Connection*>(data); }

}  // namespace

Connection::Connection(Loop& loop, ConnectionHandler& handler)
    : loop_(loop), handler_(&handler), out_(loop.pool()) {
  last_read_ms_ = last_write_ms_ = loop.now_ms();
}

Result<Connection*> Connection::adopt(Loop& loop, int fd, ConnectionHandler& handler) {
  int family = 0;
  socklen_t size = sizeof family;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) {
    const int code = -errno;
    ::close(fd);
    return uv_error("adopt", code);
  }
  auto* c = new Connection(loop, handler);
  int code;
  if (family == AF_UNIX) {
    uv_pipe_init(loop.uv(), &c->handle_.pipe, 0);
    code = uv_pipe_open(&c->handle_.pipe, fd);
  } else {
    uv_tcp_init(loop.uv(), &c->handle_.tcp);
    code = uv_tcp_open(&c->handle_.tcp, fd);
  }
  c->handle_.handle.data = c;
  if (code != 0) {
    ::close(fd);
    uv_close(&c->handle_.handle, [](uv_handle_t* handle) { delete self(handle->data); });
    return uv_error("adopt", code);
  }
  c->open();
  return c;
}

Result<Connection*> Connection::connect_tcp(Loop& loop, const sockaddr& address,
                                            ConnectionHandler& handler) {
  auto* c = new Connection(loop, handler);
  uv_tcp_init(loop.uv(), &c->handle_.tcp);
  c->handle_.handle.data = c;
  c->connect_request_ = std::make_unique<uv_connect_t>();
  c->connect_request_->data = c;
  const int code =
      uv_tcp_connect(c->connect_request_.get(), &c->handle_.tcp, &address, &Connection::on_connect);
  if (code != 0) {
    uv_close(&c->handle_.handle, [](uv_handle_t* handle) { delete self(handle->data); });
    return uv_error("connect", code);
  }
  return c;
}

Result<Connection*> Connection::connect_unix(Loop& loop, std::string_view path,
                                             ConnectionHandler& handler) {
  // By hand, since libuv 1.44 knows no abstract names. Unix sockets connect at once or not at all.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return uv_error("connect", UV_ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  const bool is_abstract = !path.empty() && path[0] == '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return uv_error("socket", -errno);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    const int code = -errno;
    ::close(fd);
    return uv_error("connect", code);
  }
  Result<Connection*> connected = adopt(loop, fd, handler);
  if (connected.ok()) {
    (*connected)->connected_soon_ = true;
    (*connected)->schedule();
  }
  return connected;
}

void Connection::on_connect(uv_connect_t* request, int status) {
  Connection* c = self(request->data);
  c->connect_request_.reset();
  if (c->state_ == State::kClosing) return;
  if (status != 0) return c->close(uv_strerror(status));
  c->open();
  c->handler_->on_connected();
}

void Connection::open() {
  state_ = State::kOpen;
  if (handle_.handle.type == UV_TCP) {
    uv_tcp_nodelay(&handle_.tcp, 1);
    uv_tcp_keepalive(&handle_.tcp, 1, kKeepaliveSeconds);
  }
  update_reading();
  if (!out_.empty()) schedule();
}

// ---- input

void Connection::update_reading() {
  // While output drains, input is read and dropped: a TCP socket that is closed with unread input
  // resets the connection, and the peer may lose output that the kernel still holds.
  // Input that is kept comes before anything newer: before the end of the stream above all.
  const bool wanted = (state_ == State::kOpen && !paused_ && !deliver_soon_ && !deliver_later_) ||
                      state_ == State::kDraining;
  if (wanted == reading_) return;
  reading_ = wanted;
  if (wanted) {
    uv_read_start(stream(), &Connection::on_alloc, &Connection::on_read);
  } else {
    uv_read_stop(stream());
  }
}

void Connection::pause_reading() {
  paused_ = true;
  deliver_soon_ = deliver_later_ = false;
  update_reading();
}

void Connection::continue_later() {
  deliver_later_ = true;
  update_reading();
  schedule();
}

void Connection::resume_reading() {
  if (!paused_ || state_ != State::kOpen) return;
  paused_ = false;
  if (kept_size_ > 0) {
    deliver_soon_ = true;
    schedule();
  }
  update_reading();
}

// Makes room behind the kept input for the rest of the incomplete message, but never for more than
// has already arrived: a declared length alone takes no memory. By half as much at least, so that
// all the copying of a message stays linear in its size.
void Connection::make_room(size_t wanted) {
  const size_t behind = kept_->capacity - kept_begin_ - kept_size_;
  if (behind >= std::min(wanted, kSmallestRead)) return;
  move_kept(kept_size_ + std::max(std::min(wanted, kept_size_), kept_size_ / 2));
}

void Connection::move_kept(size_t capacity) {
  if (capacity > kept_->capacity && BlockPool::can_grow(kept_)) {
    loop_.pool().grow(kept_, kept_begin_ + capacity);
    return;
  }
  BlockRef block = loop_.pool().acquire(capacity);
  std::memcpy(block->data(), kept_->data() + kept_begin_, kept_size_);
  kept_ = std::move(block);
  kept_begin_ = 0;
}

void Connection::on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buf) {
  Connection* c = self(handle->data);
  Block* block;
  size_t used;
  if (c->kept_size_ < kCopiedInFront) {
    block = c->loop_.read_block().get();
    used = c->kept_size_;
    if (used > 0) std::memcpy(block->data(), c->kept_->data() + c->kept_begin_, used);
  } else {
    c->make_room(c->handler_->missing());
    block = c->kept_.get();
    used = c->kept_begin_ + c->kept_size_;
  }
  *buf = uv_buf_init(block->data() + used,
                     static_cast<unsigned>(std::min(block->capacity - used, kLargestRead)));
}

void Connection::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
  Connection* c = self(stream->data);
  if (count == 0 || c->state_ == State::kClosing) return;
  if (c->state_ == State::kDraining && (count > 0 || count == UV_EOF)) return;
  if (count == UV_EOF && c->handler_->on_end()) return;
  if (count < 0) {
    return c->close(count == UV_EOF ? "closed by the peer" : uv_strerror(static_cast<int>(count)));
  }
  c->last_read_ms_ = c->loop_.now_ms();
  c->bytes_read_ += static_cast<size_t>(count);
  if (c->kept_size_ < kCopiedInFront) {
    c->take_shared(static_cast<size_t>(count));
  } else {
    c->take_kept(static_cast<size_t>(count));
  }
}

void Connection::take_shared(size_t count) {
  // A reference of its own: the handler may keep parts, and the loop then takes a fresh block.
  const BlockRef block = loop_.read_block_;
  const size_t all = kept_size_ + count;
  const size_t taken = handler_->on_input({{block.get()->data(), all}, block});
  if (state_ == State::kClosing) return;
  const size_t rest = all - taken;
  if (rest == 0) {
    kept_.reset();
  } else if (taken == 0 && kept_ && kept_->capacity - kept_begin_ >= rest) {
    std::memcpy(kept_->data() + kept_begin_ + kept_size_, block.get()->data() + kept_size_, count);
  } else {
    kept_ = loop_.pool().acquire(rest + std::min(handler_->missing(), rest));
    kept_begin_ = 0;
    std::memcpy(kept_->data(), block.get()->data() + taken, rest);
  }
  kept_size_ = rest;
}

void Connection::take_kept(size_t count) {
  kept_size_ += count;
  const size_t taken = handler_->on_input({{kept_->data() + kept_begin_, kept_size_}, kept_});
  if (state_ == State::kClosing) return;
  kept_begin_ += taken;
  kept_size_ -= taken;
  if (kept_size_ == 0) {
    kept_.reset();
  } else if (kept_size_ < kCopiedInFront && kept_->capacity > BlockPool::kCapacities.back()) {
    move_kept(kept_size_);  // a short rest must not hold a large block
  }
}

// ---- output

void Connection::schedule() {
  if (scheduled_ || state_ == State::kClosing) return;
  scheduled_ = true;
  loop_.pending_.push_back(this);
}

// What is left goes out in the next turn of the loop, which does not wait for anything before it.
void Connection::schedule_again() {
  if (scheduled_) return;
  scheduled_ = true;
  loop_.postpone(this);
}

void Connection::turn() {
  scheduled_ = false;
  if (state_ == State::kClosing) return;
  if (connected_soon_) {
    connected_soon_ = false;
    handler_->on_connected();
  }
  if (deliver_soon_ && state_ == State::kOpen) {
    deliver_soon_ = false;
    take_kept(0);
    if (state_ == State::kClosing) return;
    update_reading();
  }
  if (deliver_later_ && !scheduled_) {
    deliver_later_ = false;
    deliver_soon_ = true;
    schedule_again();
  }
  if (!out_.empty()) handler_->before_write();
  const bool ready = state_ == State::kOpen && out_.size() >= held_below_;
  const bool can_write = ready && submitted_ == 0 && !out_.empty();
  const bool is_part = can_write && out_.size() < kWorthAWrite;
  if (is_part && handler_->expects_output() && !std::exchange(waited_, true)) {
    return schedule_again();
  }
  waited_ = false;
  if (ready || state_ == State::kDraining) write_now();
}

void Connection::hold_output(size_t most) {
  const bool release = most < held_below_;
  held_below_ = most;
  if (release) schedule();
}

void Connection::write_now() {
  size_t written_so_far = 0;
  while (submitted_ == 0 && !out_.empty()) {
    if (written_so_far >= kWrittenInATurn) return schedule_again();
    iovec ranges[kMaxRanges];
    const size_t count = out_.gather(ranges, kMaxRanges, kWrittenInATurn);
    static_assert(sizeof(uv_buf_t) == sizeof(iovec));
    const auto* bufs = reinterpret_cast<const uv_buf_t*>(ranges);
    size_t offered = 0;
    for (size_t i = 0; i < count; ++i) offered += ranges[i].iov_len;
    const int written = uv_try_write(stream(), bufs, static_cast<unsigned>(count));
    if (written < 0 && written != UV_EAGAIN) return close(uv_strerror(written));
    if (written > 0) after_write(static_cast<size_t>(written));
    written_so_far += offered;
    if (state_ == State::kClosing) return;
    if (static_cast<size_t>(std::max(written, 0)) == offered) continue;
    // The kernel's buffer is full: libuv writes on when there is room again.
    submitted_ = 0;
    const size_t rest = out_.gather(ranges, kMaxRanges, kWrittenInATurn);
    for (size_t i = 0; i < rest; ++i) submitted_ += ranges[i].iov_len;
    write_request_ = std::make_unique<uv_write_t>();
    write_request_->data = this;
    const int code = uv_write(write_request_.get(), stream(), bufs, static_cast<unsigned>(rest),
                              &Connection::on_write_done);
    if (code != 0) return close(uv_strerror(code));
  }
  if (state_ != State::kDraining || !out_.empty()) return;
  // Before the close, which may be a reset (of a peer that goes on sending) and drop what waits in
  // the kernel.
  shutdown(fd(), SHUT_WR);
  close(std::string(*close_reason_));
}

void Connection::after_write(size_t count) {
  out_.consume(count);
  last_write_ms_ = loop_.now_ms();
  bytes_written_ += count;
  handler_->on_written();
}

void Connection::on_write_done(uv_write_t* request, int status) {
  Connection* c = self(request->data);
  c->write_request_.reset();
  if (c->state_ == State::kClosing) return;
  if (status != 0) return c->close(uv_strerror(status));
  const size_t count = c->submitted_;
  c->submitted_ = 0;
  c->after_write(count);
  if (c->state_ != State::kClosing) c->schedule();
}

uint64_t Connection::taken_mark() const {
  const auto* stream = const_cast<Connection*>(this)->stream();
  const size_t in_kernel = unsent_bytes(fd());
  return bytes_written_ + submitted_ - uv_stream_get_write_queue_size(stream) - in_kernel;
}

// ---- end

void Connection::close(std::string_view reason) {
  if (state_ == State::kClosing) return;
  state_ = State::kClosing;
  close_reason_ = std::make_unique<const std::string>(reason);
  if (scheduled_) {
    std::erase(loop_.pending_, this);
    std::erase(loop_.postponed_, this);
    // A close from within the flush itself: the loop is going through this list.
    std::replace(loop_.flushing_.begin(), loop_.flushing_.end(), this,
                 static_cast<Connection*>(nullptr));
  }
  uv_close(&handle_.handle, [](uv_handle_t* handle) {
    Connection* c = self(handle->data);
    c->handler_->on_close(*c->close_reason_);
    delete c;
  });
}

void Connection::close_after_flush(std::string_view reason) {
  if (state_ == State::kDraining) return;  // what is left goes on being written
  if (state_ != State::kOpen) return close(reason);
  state_ = State::kDraining;
  if (!out_.empty()) join_end_to_output(fd());
  close_reason_ = std::make_unique<const std::string>(reason);
  update_reading();
  schedule();
}

std::string Connection::peer_name() const { return socket_name(fd(), &::getpeername); }
std::string Connection::local_name() const { return socket_name(fd(), &::getsockname); }

int Connection::fd() const {
  uv_os_fd_t fd = -1;
  return uv_fileno(&handle_.handle, &fd) == 0 ? fd : -1;
}

}  // namespace slotway::wire

#include "tests/bench/load/client.h"

#include <algorithm>

#include "tests/bench/load/driver.h"

namespace slotway::load {

namespace {

constexpr size_t kQuoted = 120;  // bytes of a reply that a report repeats

std::string quoted(std::string_view reply) {
  std::string text;
  for (const char c : reply.substr(0, kQuoted)) {
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

void Client::on_connected() { ask({{Command::Kind::kPing}, uv_hrtime()}); }

void Client::ask(const Request& request) {
  exchange_.ask(request.command, connection_->out());
  asked_.push_back(request);
  connection_->flush_soon();
}

bool Client::ask_one(uint64_t now_ns) {
  Request request;
  if (!open() || asked_.size() >= depth_ || !driver_.take(request, now_ns)) return false;
  ask(request);
  return true;
}

void Client::ask_more() {
  const uint64_t now_ns = uv_hrtime();
  while (ask_one(now_ns)) continue;
}

void Client::say_farewell() { ask({{Command::Kind::kEcho}, uv_hrtime()}); }

void Client::give_up_waiting(std::string_view reason) {
  if (connection_ && (!greeted_ || !asked_.empty())) connection_->close(reason);
}

size_t Client::on_input(const wire::Input& input) {
  const uint64_t now_ns = uv_hrtime();
  std::string_view rest = input.bytes;
  while (rest.size() > framed_) {
    size_t taken = 0;
    const auto status = framer_.feed(rest.substr(framed_), taken);
    framed_ += taken;
    if (status == wire::ReplyFramer::Status::kNeedMore) break;
    if (status != wire::ReplyFramer::Status::kReply) {
      driver_.report().mismatch("no RESP2 reply: " + quoted(rest));
      connection_->close("it sent what is no reply");
      return input.bytes.size();
    }
    take_reply(rest.substr(0, framed_), now_ns);
    rest.remove_prefix(framed_);
    framed_ = 0;
  }
  if (finished_) {
    connection_->close("finished");
  } else {
    ask_more();
    driver_.progressed(now_ns);
  }
  return input.bytes.size() - rest.size();
}

void Client::take_reply(std::string_view reply, uint64_t now_ns) {
  if (asked_.empty()) {
    return driver_.report().mismatch("a reply that nobody asked for: " + quoted(reply));
  }
  const Request asked = asked_.front();
  asked_.pop_front();
  const Exchange::Verdict verdict = exchange_.judge(asked.command, reply);
  if (verdict == Exchange::Verdict::kWrong) {
    driver_.report().mismatch(driver_.describe(asked.command) + ": " + quoted(reply));
  } else if (verdict == Exchange::Verdict::kError) {
    driver_.report().error(driver_.describe(asked.command) + ": " + quoted(reply));
  }
  switch (asked.command.kind) {
    case Command::Kind::kPing:
      greeted_ = true;
      return driver_.greeted(depth_ == 0);
    case Command::Kind::kEcho:
      finished_ = true;
      return;
    default:
      return driver_.answered(asked.command, now_ns - asked.since_ns,
                              verdict == Exchange::Verdict::kMissing);
  }
}

void Client::on_close(std::string_view reason) {
  connection_ = nullptr;
  if (!finished_)
    driver_.report().error("connection lost: " + std::string(reason),
                           std::max<size_t>(asked_.size(), 1));
  driver_.closed(greeted_, depth_ == 0, asked_.size());
}

}  // namespace slotway::load

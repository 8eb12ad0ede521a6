// Session: transactions, waits, subscriptions and tracking, and the messages that come of them.
#include <algorithm>

#include "metrics/log.h"
#include "proxy/router.h"
#include "proxy/session.h"
#include "proxy/tracking.h"
#include "proxy/transactions/transaction.h"
#include "proxy/worker.h"

namespace slotway::proxy {

Transaction& Session::begin_transaction() {
  leave_ordinary();
  transaction_ = std::make_unique<Transaction>(*this);
  return *transaction_;
}

bool Session::end_transaction() {
  if (!transaction_->is_over()) return false;
  if (transaction_->is_pinned() && wait_for_answers(*this) != Routed::kDone) return false;
  transaction_.reset();
  return true;
}

void Session::drop_transaction() { transaction_.reset(); }

void Session::block_on(PinLease pin) {
  if (!is_blocked()) blocked_ = std::make_unique<Blocked>(std::vector<PinLease>(), true);
  pin->be_patient(true);
  blocked_->pins.push_back(std::move(pin));
  leave_ordinary();
  settle_first();
}

void Session::keep_pin(PinLease pin) {
  blocked_ = std::make_unique<Blocked>(std::vector<PinLease>(), false);
  blocked_->pins.push_back(std::move(pin));
}

PinLease Session::take_kept_pin() {
  if (!blocked_ || blocked_->waits) return {};
  PinLease pin = std::move(blocked_->pins.front());
  blocked_.reset();
  return pin;
}

void Session::give_back_kept_pin() {
  if (PinLease pin = take_kept_pin()) pin.mark_clean();
}

void Session::end_wait(metrics::CloseReason reason) {
  if (finishing_) return;
  finish(reason);
  for (const PinLease& pin : blocked_->pins) pin->end_wait("its client waits no longer");
}

// Its command was answered.
void Session::unblock() {
  for (PinLease& pin : blocked_->pins) pin.mark_clean();
  blocked_.reset();
  forget_hold();  // whoever stands behind it has waited for what its client asked for
  // What was read meanwhile.
  connection_->pause_reading();
  connection_->resume_reading();
}

wire::Subscriptions& Session::edit_subscriber() {
  if (!subscriber_) subscriber_ = std::make_unique<wire::Subscriptions>();
  update_guard();
  return *subscriber_;
}

void Session::drop_empty_subscriber() {
  if (subscriber_ && subscriber_->empty()) subscriber_.reset();
  update_guard();
}

void Session::unsubscribe() {
  pool_.subscribers().leave_all(*this);
  subscriber_.reset();
  update_guard();
}

Tracking& Session::edit_tracking() {
  if (!tracking_) tracking_ = std::make_unique<Tracking>(*this);
  leave_ordinary();
  update_guard();
  return *tracking_;
}

void Session::stop_tracking() {
  tracking_.reset();
  update_guard();
}

void Session::push_invalidation(std::string_view keys) {
  std::string message;
  if (protocol_ == 3) {
    message = ">2\r\n$10\r\ninvalidate\r\n";
    message += keys;
  } else {
    if (!subscriber_) return;
    message = ">3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";
    message += keys.starts_with('_') ? "$-1\r\n" : keys;
  }
  push(ReplyView(message));
}

void Session::close_as_restarted() {
  if (!finishing_) close(metrics::CloseReason::kError);
}

void Session::push(ReplyView push) {
  if (connection_->closing() || finishing_) return;
  wire::OutputBuffer& out =
      has_begun_exec(*this) ? transaction_->run()->pushes() : connection_->out();
  // One message may have any size, as one reply may: it counts when the next one comes.
  const size_t waiting = out.size();
  expected_reply_ = std::max(expected_reply_, push.size());
  if (protocol_ == 3) {
    push.write_to(out);
  } else {
    out.append("*");  // for ">", all else is the same
    push.without_type().write_to(out);
  }
  if (waiting > pool_.settings().limits.output_buffer) {
    static metrics::log::RateLimited log(1, std::chrono::minutes(1));
    log.write(metrics::log::Level::kWarn,
              "client {} closed: it does not take its messages, and {} bytes wait for it",
              connection_->peer_name(), out.size());
    return close(metrics::CloseReason::kOutputLimit);
  }
  connection_->flush_soon();
}

}  // namespace slotway::proxy

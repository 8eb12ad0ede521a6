// Session: which connection to a shard its next command takes.
#include "proxy/session.h"
#include "proxy/tracking.h"
#include "proxy/transactions/transaction.h"
#include "proxy/worker.h"

namespace slotway::proxy {

namespace {

constexpr size_t kLongQueue = 256;  // requests

}  // namespace

void Session::leave_ordinary() {
  if (!ordinary_) return;
  ordinary_ = false;
  last_write_ = queue_.pushed();  // any of these may be one
  written_ns_ = 0;
}

bool Session::change_lane(const wire::Command& command, size_t request_size) {
  leave_ordinary();
  if (request_size > kLarge) large_left_ = kLargeStay;
  using Kind = Lane::Kind;
  const Kind small = database_ == 0 ? Kind::kMain : Kind::kDatabases;
  const bool is_large = large_left_ > 0;
  const Lane wanted{is_large ? Kind::kLarge : small, protocol_};
  if (wanted != lane_) {
    // The lane for large traffic serves all databases, and may be left when there is a pause.
    const bool can_stay =
        protocol_ == lane_.protocol && (lane_.kind == Kind::kLarge || lane_.kind == small);
    if (!queue_.empty()) {
      if (!can_stay || (is_large && !is_owed())) return false;
    } else if (!can_stay || !is_owed()) {
      lane_ = wanted;
    }
  }
  if (is_large) --large_left_;
  return choose_server(command);
}

bool Session::choose_server(const wire::Command& command) {
  const bool replicas_owe = awaits(last_replica_read_);
  at_replica_ = may_spread_ = is_write_ = is_replica_read_ = false;
  if (!(command.spec->flags & wire::kReadonly)) {
    if (replicas_owe) return false;
    is_write_ = true;
  } else if (!command.spec->at_primary && !awaits(last_write_) && !transaction_ && !tracking_) {
    at_replica_ = pool_.reads_from_replicas();
    may_spread_ = pool_.spreads_reads() && !is_owed();
    if (may_spread_ && written_ns_ == 0) written_ns_ = worker_.now_ns();
  }
  ordinary_ = lane_ == Lane{} && large_left_ == 0 && !replicas_owe &&
              !pool_.reads_from_replicas() && !pool_.spreads_reads() && !transaction_ && !tracking_;
  return true;
}

Upstream& Session::primary_of(ShardConnections& shard) {
  if (Upstream* const pin = transaction_ ? transaction_->pin_to(shard.pins()) : nullptr) {
    return *pin;
  }
  if (tracking_) return tracking_->connection_to(shard);
  return shard.primary().of(lane_);
}

Upstream& Session::reader_of(ShardConnections& shard) {
  Upstream& reader = may_spread_ ? shard.choose_spread_reader(id_, lane_, written_ns_)
                                 : shard.choose_reader(id_, lane_);
  if (reader.shard().is_replica) {
    if (reader.lacks_database(database_)) return primary_of(shard);
    is_replica_read_ = true;
  }
  return reader;
}

// The command that was just queued is what choose_server() has found.
void Session::mark_queued() {
  if (is_write_) {
    last_write_ = queue_.pushed();
    written_ns_ = 0;
  }
  if (is_replica_read_) last_replica_read_ = queue_.pushed();
  is_write_ = is_replica_read_ = false;
}

Unanswered Session::find_unanswered(uint64_t key_hash, const Request* before) const {
  // A long queue is not looked through for each command: any may be in it.
  if (!before && queue_.size() > kLongQueue) {
    return {.forwarded = true, .fetched = fetch_waits_ > 0 ? queue_.front() : nullptr};
  }
  Unanswered found;
  for (const Request* each = queue_.front(); each != before; each = each->next_in_session) {
    // Of a fan-out the parts have the keys.
    if (each->answered || (!each->fan_out && !each->may_name(key_hash))) continue;
    if (!each->in_fetch) {
      found.forwarded = true;
    } else if (!found.fetched) {
      found.fetched = each;
    }
  }
  return found;
}

Request* Session::expect_fetched(const wire::Command* command, uint64_t key_hash) {
  Request* const request = expect_reply(command);
  request->in_fetch = request->in_upstream = true;
  request->keys = NamedKeys::one(key_hash);
  ++fetch_waits_;
  return request;
}

void Session::speak(int protocol) {
  leave_ordinary();
  if (tracking_ && protocol != protocol_) tracking_->speak(protocol);
  protocol_ = static_cast<uint8_t>(protocol);
}

void Session::use_database(uint8_t database) {
  leave_ordinary();
  database_ = database;
}

}  // namespace slotway::proxy

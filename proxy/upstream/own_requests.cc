// Upstream: what it asks the server for itself: greeting, probes, databases and other abilities.
#include "proxy/request_encoding.h"
#include "proxy/upstream/server_errors.h"
#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"
#include "wire/number.h"

namespace slotway::proxy {

// In front of everything else on the connection: the credentials, or a PING, which shows that
// somebody answers (the kernel accepts connections for a process that is stopped) and that a
// server which speaks before it is asked is not taken at its word. Requests may follow without
// waiting for the answer, for a server that refuses the credentials refuses them too.
void Upstream::begin_handshake() {
  const config::Credentials& credentials = shard_->credentials;
  // Requests that waited for an earlier attempt have failed with it: the queue is empty.
  const std::string_view user = credentials.user.empty() ? "default" : credentials.user;
  if (protocol_ == 3 && credentials.empty()) {
    encode_request(unsent_, {"HELLO", "3"});
  } else if (protocol_ == 3) {
    encode_request(unsent_, {"HELLO", "3", "AUTH", user, credentials.password});
  } else if (credentials.empty()) {
    encode_request(unsent_, {"PING"});
  } else if (credentials.user.empty()) {
    encode_request(unsent_, {"AUTH", credentials.password});
  } else {
    encode_request(unsent_, {"AUTH", credentials.user, credentials.password});
  }
  push_own(Own::kGreeting, attempt_started_ns_);
}

void Upstream::greeted(std::string_view line) {
  const bool is_probe = shard_->credentials.empty();  // what begin_handshake() asked
  declines_ = line != "+PONG";  // a password is taken also by a server that cannot serve
  if (protocol_ == 3 ? line.starts_with('%') : line == (is_probe ? "+PONG" : "+OK")) {
    breaker_.succeeded();
    return became_ready();
  }
  // Requests that have no choice get the same from it.
  if (is_probe && protocol_ == 2 && is_passing(line)) {
    if (is_busy(line)) breaker_.found_busy(line.substr(1), worker_.now_ns());
    return became_ready();
  }
  lose((protocol_ == 3 ? "it refused RESP3: "
        : is_probe     ? "it answered a PING with: "
                       : "it refused the credentials: ") +
       std::string(line));
}

Request* Upstream::push_own(Own what, uint64_t now_ns, uint8_t ability) {
  Request* const request = worker_.requests().acquire(nullptr, now_ns);
  request->part = static_cast<uint32_t>(what) | static_cast<uint32_t>(ability) << 8;
  push(request);
  return request;
}

Abilities::State Upstream::ask(uint8_t ability, std::initializer_list<std::string_view> question) {
  const Abilities::State known = abilities_.of(ability, worker_.now_ns());
  if (known != Abilities::State::kUnknown) return known;
  abilities_.asked(ability);
  encode_request(output(), question);
  push_own(Own::kAbility, worker_.now_ns(), ability);
  return Abilities::State::kAsked;
}

Abilities::State Upstream::has_database(uint8_t database) {
  const uint64_t asked = queue_.pushed();
  const Abilities::State has = ask(database, {"SELECT", std::to_string(database)});
  if (queue_.pushed() != asked) database_ = kUnknownDatabase;
  return has;
}

bool Upstream::lacks_database(uint8_t database) const {
  return abilities_.of(database, worker_.now_ns()) == Abilities::State::kNo;
}

// A database that the connection has used is selected without waiting for the answer.
Abilities::State Upstream::select(uint8_t database) {
  const Abilities::State has = has_database(database);
  if (has != Abilities::State::kYes) return has;
  database_ = database;
  select_again();
  return has;
}

void Upstream::select_again() {
  encode_request(output(), {"SELECT", std::to_string(database_)});
  push_own(Own::kSelect, worker_.now_ns());
}

Abilities::State Upstream::has_transactions() {
  return ask(Abilities::kTransactions, {"DISCARD"});  // of no effect but to be told so
}

void Upstream::ask_client_id() {
  client_id_ = 0;
  encode_request(output(), {"CLIENT", "ID"});
  push_own(Own::kClientId, worker_.now_ns());
}

void Upstream::push_handled() { push_own(Own::kHandled, worker_.now_ns()); }

void Upstream::probe() {
  round_trip_.sent(worker_.now_ns());
  encode_request(output(), {sign_of_life()});
  push_own(Own::kProbe, worker_.now_ns());
}

void Upstream::ask_replication() {
  if (std::exchange(asks_replication_, true)) return;
  encode_request(output(), {"INFO", "replication"});
  push_own(Own::kReplication, worker_.now_ns());
}

void Upstream::handle_own_reply(const Request& request, const ReplyView& reply) {
  const std::string_view line = first_line(reply.head());
  switch (static_cast<Own>(request.part & 0xff)) {
    case Own::kGreeting:
      return greeted(line);
    case Own::kProbe:
      round_trip_.answered(worker_.now_ns());
      // A user may not be allowed to PING: that is an answer, too.
      declines_ = is_passing(line);
      if (!is_busy(line)) {
        said_busy_ = false;
        if (!declines_) breaker_.succeeded();
      } else if (std::exchange(said_busy_, true)) {
        breaker_.found_busy(line.substr(1), worker_.now_ns());
      } else {
        probe();  // it may have written that with its script's last breath
      }
      return;
    case Own::kSelect:
      is_elsewhere_ = line != "+OK";
      if (!is_elsewhere_) return;
      database_ = kUnknownDatabase;
      // What follows is meant for a database that the server does not have any more.
      if (!is_passing(line)) lose("it refused a SELECT: " + std::string(line));
      return;
    case Own::kAbility:
      return learned(static_cast<uint8_t>(request.part >> 8), line);
    case Own::kClientId:
      client_id_ = line.starts_with(':') ? wire::parse_integer(line.substr(1)).value_or(-1) : -1;
      worker_.resume_held();
      return;
    case Own::kReplication:
      asks_replication_ = false;
      replication_ = Replication::parse(reply.head(), request.started_ns);
      return;
    case Own::kHandled:
      if (push_handler_) push_handler_->on_own_reply(*this, reply);
      return;
    case Own::kLoadScript:
      if (reply.is_error()) note_not_loaded(request);
      return;
  }
}

void Upstream::learned(uint8_t ability, std::string_view line) {
  const bool about_transactions = ability == Abilities::kTransactions;
  if (line == (about_transactions ? "-ERR DISCARD without MULTI" : "+OK")) {
    abilities_.has(ability);
    if (!about_transactions) is_elsewhere_ = false;
  } else if (about_transactions && line.starts_with("-ERR ")) {
    abilities_.refused(ability, "ERR " + shard_->label() + " has no transactions",
                       worker_.now_ns());
  } else {
    abilities_.refused(ability, line.substr(line.starts_with('-')), worker_.now_ns());
  }
  worker_.resume_held();
}

// A server that is in a passing state may decline a SELECT and take what follows it, when it has
// left that state in between.
bool Upstream::is_misplaced(const Request& request, const ReplyView& reply) const {
  const std::string_view line = first_line(reply.head());
  return !is_passing(line) && !line.starts_with("-EXECABORT") &&
         !(request.command->spec->flags & wire::kAllowBusy);
}

void Upstream::misplaced(Request* request) {
  constexpr std::string_view kWhy = "it declined a SELECT, and not what stood behind it";
  if (request) worker_.deliver_error(request, failure_text(*request, kWhy, true));
  lose(kWhy);
}

}  // namespace slotway::proxy

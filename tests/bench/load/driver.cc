#include "tests/bench/load/driver.h"

#include <netdb.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace slotway::load {

namespace {

constexpr size_t kOpenAtOnce = 64;  // more would overflow a listener's queue
constexpr uint64_t kCheckMs = 50;
constexpr uint64_t kLeastWaitNs = 50'000;  // between two wakes; more would cost more than they give

uint64_t ns(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }

Exchange::MayMiss may_miss(const Options& options) {
  if (!options.preload) return Exchange::MayMiss::kAny;
  return options.profile.sends(Command::Kind::kDel) ? Exchange::MayMiss::kDeletedAtTimes
                                                    : Exchange::MayMiss::kNone;
}

}  // namespace

Driver::Driver(const Options& options, std::function<void(const std::string&)> line)
    : options_(options),
      ticker_(loop_, [this] { deal_out(); }),
      line_(std::move(line)),
      common_{KeyValues(options.profile.key_size, options.profile.value_size), may_miss(options)},
      workload_(options.profile, options.shape, options.keys, options.seed),
      report_(options_) {
  for (uv_timer_t* timer : {&timer_, &interval_timer_}) {
    uv_timer_init(loop_.uv(), timer);
    timer->data = this;
  }
  if (options_.shape.flash_share > 0) report_.count_flash_key(options_.shape.flash_key);
  for (size_t i = 0; i < options_.connections; ++i) {
    std::string name = "count:" + std::to_string(options_.seed) + ":" + std::to_string(i);
    clients_.push_back(std::make_unique<Client>(*this, Exchange(common_, std::move(name)),
                                                i < options_.active ? options_.pipeline : 0));
  }
}

Driver::~Driver() {
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&interval_timer_), nullptr);
}

void Driver::run() {
  if (options_.address.kind == config::Address::Kind::kTcp && !resolve()) return;
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<Driver*>(timer->data)->check_patience(); },
      kCheckMs, kCheckMs);
  enter(Stage::kOpening, uv_hrtime());
  loop_.run();  // also if all is over already: then it returns at once, and can be closed
}

// ---- opening

bool Driver::resolve() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(options_.address.host.c_str(),
                               std::to_string(options_.address.port).c_str(), &hints, &found);
  if (code != 0) {
    report_.error(options_.address.text() + ": " + gai_strerror(code));
    return false;
  }
  std::memcpy(&address_, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return true;
}

void Driver::open_more() {
  while (opening_ < kOpenAtOnce && opened_ < clients_.size()) open_next();
}

void Driver::open_next() {
  Client& client = *clients_[opened_++];
  const auto connection =
      options_.address.kind == config::Address::Kind::kTcp
          ? wire::Connection::connect_tcp(loop_, reinterpret_cast<sockaddr&>(address_), client)
          : wire::Connection::connect_unix(loop_, options_.address.path, client);
  if (connection.ok()) {
    client.start(**connection);
    ++opening_;
  } else {
    report_.error(options_.address.text() + ": " + connection.error().message);
    --waiting_;
  }
}

void Driver::greeted(bool idle) {
  if (!idle) ++able_;
  --waiting_;
  --opening_;
  open_more();
}

// ---- load

bool Driver::take(Client::Request& request, uint64_t now_ns) {
  if (next_ == limit_) return false;
  const bool measuring = stage_ == Stage::kMeasuring;
  request.since_ns = now_ns;
  if (open_loop()) {
    request.since_ns = due_ns(next_);
    if (request.since_ns > now_ns) return false;
  } else if (measuring && options_.seconds > 0 &&
             now_ns >= stage_began_ns_ + ns(options_.seconds)) {
    limit_ = next_;
    return false;
  }
  request.command = measuring ? workload_.command(next_, request.since_ns - stage_began_ns_)
                              : workload_.filling(next_);
  ++next_;
  ++waiting_;
  return true;
}

void Driver::answered(const Command& command, uint64_t latency_ns, bool missing) {
  --waiting_;
  if (stage_ == Stage::kMeasuring) report_.answered(command, latency_ns, missing);
}

std::string Driver::describe(const Command& command) {
  return load::describe(command, common_.key_values);
}

void Driver::progressed(uint64_t now_ns) {
  last_progress_ns_ = now_ns;
  wake_for_next(now_ns);
  end_stage_if_done(now_ns);
}

void Driver::closed(bool greeted, bool idle, size_t unanswered) {
  if (greeted && !idle) --able_;
  switch (stage_) {
    case Stage::kOpening:
      if (greeted) break;
      --waiting_;
      --opening_;
      open_more();
      break;
    case Stage::kFilling:
    case Stage::kMeasuring:
      waiting_ -= unanswered;
      break;
    case Stage::kClosing:
      --waiting_;
      break;
    case Stage::kDone:
      break;
  }
  end_stage_if_done(uv_hrtime());
}

void Driver::ask(uint64_t limit) {
  next_ = 0;
  limit_ = limit;
  if (open_loop()) return deal_out();
  for (const auto& client : clients_) client->ask_more();
}

// ---- open loop

uint64_t Driver::due_ns(uint64_t number) const {
  return stage_began_ns_ + static_cast<uint64_t>(static_cast<double>(number) / options_.rate * 1e9);
}

// How many are due and have been asked of nobody.
uint64_t Driver::unasked(uint64_t now_ns) const {
  if (!open_loop() || now_ns < stage_began_ns_) return 0;
  const double due = static_cast<double>(now_ns - stage_began_ns_) / 1e9 * options_.rate;
  return std::max(std::min(static_cast<uint64_t>(due), limit_), next_) - next_;
}

// All that is due, one to each client in turn, until nobody has room.
void Driver::deal_out() {
  if (!open_loop()) return;
  const uint64_t now_ns = uv_hrtime();
  size_t passed = 0;  // clients in a row that took none
  while (passed < options_.active && next_ < limit_ && due_ns(next_) <= now_ns &&
         waiting_ < able_ * options_.pipeline) {
    passed = clients_[turn_]->ask_one(now_ns) ? 0 : passed + 1;
    turn_ = turn_ + 1 == options_.active ? 0 : turn_ + 1;
  }
  wake_for_next(now_ns);
}

// Not while everything waits for replies: those that come have more asked.
void Driver::wake_for_next(uint64_t now_ns) {
  if (!open_loop() || next_ == limit_ || waiting_ >= able_ * options_.pipeline) return;
  ticker_.wake_at(std::max(due_ns(next_), now_ns + kLeastWaitNs));
}

// ---- stages

// Also when no client is left that could ask.
bool Driver::stage_is_over() const {
  return waiting_ == 0 && (!open_loop() || next_ == limit_ || able_ == 0);
}

void Driver::end_stage_if_done(uint64_t now_ns) {
  while (stage_ != Stage::kDone && stage_is_over()) {
    if (stage_ == Stage::kMeasuring) {
      report_.lasted(now_ns - stage_began_ns_);
      if (options_.every > 0) tell_interval(now_ns);
      uv_timer_stop(&interval_timer_);
    }
    enter(static_cast<Stage>(static_cast<int>(stage_) + 1), now_ns);
  }
}

void Driver::enter(Stage stage, uint64_t now_ns) {
  stage_ = stage;
  stage_began_ns_ = last_progress_ns_ = now_ns;
  switch (stage) {
    case Stage::kOpening:
      waiting_ = clients_.size();
      open_more();
      return end_stage_if_done(now_ns);
    case Stage::kFilling:
      filled_from_ns_ = now_ns;
      return ask(options_.preload ? options_.keys : 0);
    case Stage::kMeasuring:
      if (options_.every > 0) {
        const auto every_ms = static_cast<uint64_t>(std::max(options_.every * 1e3, 1.0));
        uv_update_time(loop_.uv());
        uv_timer_start(
            &interval_timer_,
            [](uv_timer_t* timer) {
              static_cast<Driver*>(timer->data)->tell_interval(uv_hrtime());
            },
            every_ms, every_ms);
      }
      return ask(requests_to_measure());
    case Stage::kClosing:
      for (const auto& client : clients_) {
        if (!client->open()) continue;
        ++waiting_;
        client->say_farewell();
      }
      return;
    case Stage::kDone:
      uv_timer_stop(&timer_);
      return loop_.stop();
  }
}

// With a rate, a time is a number too, all of which is asked even if the server is behind.
uint64_t Driver::requests_to_measure() const {
  if (options_.seconds <= 0) return options_.requests;
  if (options_.rate > 0) return static_cast<uint64_t>(std::ceil(options_.seconds * options_.rate));
  return std::numeric_limits<uint64_t>::max();
}

void Driver::tell_interval(uint64_t now_ns) {
  line_(report_.interval(now_ns - stage_began_ns_, waiting_ + unasked(now_ns)));
}

void Driver::check_patience() {
  const uint64_t now_ns = uv_hrtime();
  // What was filled in may have outlived its TTL.
  const uint32_t ttl_s = options_.profile.least_ttl_s;
  if (ttl_s > 0 && filled_from_ns_ > 0 && now_ns > filled_from_ns_ + ns(ttl_s - 0.5)) {
    common_.may_miss = Exchange::MayMiss::kAny;
  }
  if (waiting_ == 0) last_progress_ns_ = now_ns;  // nobody owes anything
  if (now_ns < last_progress_ns_ + ns(options_.patience)) return;
  last_progress_ns_ = now_ns;
  for (const auto& client : clients_) {
    client->give_up_waiting("no reply within " + std::to_string(options_.patience) + " s");
  }
}

}  // namespace slotway::load

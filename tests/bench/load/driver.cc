#include "tests/bench/load/driver.h"

#include <netdb.h>

#include <cstring>
#include <limits>

namespace slotway::load {

namespace {

constexpr size_t kOpenAtOnce = 64;  // more would overflow a listener's queue
constexpr uint64_t kCheckMs = 50;

uint64_t ns(double seconds) { return static_cast<uint64_t>(seconds * 1e9); }

Exchange::MayMiss may_miss(const Options& options) {
  if (!options.preload) return Exchange::MayMiss::kAny;
  return options.mix == Workload::Mix::kMixed ? Exchange::MayMiss::kDeletedAtTimes
                                              : Exchange::MayMiss::kNone;
}

}  // namespace

Driver::Driver(const Options& options)
    : options_(options),
      key_values_(options.value_size),
      workload_(options.mix, options.keys, options.seed) {
  uv_timer_init(loop_.uv(), &timer_);
  timer_.data = this;
  for (size_t i = 0; i < options_.connections; ++i) {
    std::string name = "count:" + std::to_string(options_.seed) + ":" + std::to_string(i);
    clients_.push_back(
        std::make_unique<Client>(*this, Exchange(key_values_, std::move(name), may_miss(options_)),
                                 i < options_.active ? options_.pipeline : 0));
  }
}

Driver::~Driver() { uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr); }

void Driver::run() {
  if (options_.address.kind == config::Address::Kind::kTcp && !resolve()) return;
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<Driver*>(timer->data)->check_patience(); },
      kCheckMs, kCheckMs);
  enter(Stage::kOpening, uv_hrtime());
  if (stage_ != Stage::kDone) loop_.run();
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

void Driver::greeted() {
  --waiting_;
  --opening_;
  open_more();
}

// ---- load

bool Driver::take(Command& command, uint64_t now_ns) {
  const bool timed = stage_ == Stage::kMeasuring && options_.seconds > 0;
  if (timed && now_ns >= stage_began_ns_ + ns(options_.seconds)) limit_ = next_;
  if (next_ == limit_) return false;
  command = workload_.command(next_++);
  ++waiting_;
  return true;
}

void Driver::answered(bool missing, uint64_t latency_ns) {
  --waiting_;
  if (stage_ != Stage::kMeasuring) return;
  report_.answered(latency_ns);
  if (missing) report_.missing();
}

void Driver::progressed(uint64_t now_ns) {
  last_progress_ns_ = now_ns;
  end_stage_if_done(now_ns);
}

void Driver::closed(bool greeted, size_t unanswered) {
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

void Driver::ask(Workload workload, uint64_t limit) {
  workload_ = workload;
  next_ = 0;
  limit_ = limit;
  for (const auto& client : clients_) client->ask_more();
}

// ---- stages

// Also when no client is left that could ask: then nothing is waited for either.
void Driver::end_stage_if_done(uint64_t now_ns) {
  while (waiting_ == 0 && stage_ != Stage::kDone) {
    if (stage_ == Stage::kMeasuring) report_.lasted(now_ns - stage_began_ns_);
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
      return ask(Workload(Workload::Mix::kFill, options_.keys, options_.seed),
                 options_.preload ? options_.keys : 0);
    case Stage::kMeasuring:
      return ask(Workload(options_.mix, options_.keys, options_.seed),
                 options_.seconds > 0 ? std::numeric_limits<uint64_t>::max() : options_.requests);
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

void Driver::check_patience() {
  const uint64_t now_ns = uv_hrtime();
  if (now_ns < last_progress_ns_ + ns(options_.patience)) return;
  last_progress_ns_ = now_ns;
  for (const auto& client : clients_) {
    client->give_up_waiting("no reply within " + std::to_string(options_.patience) + " s");
  }
}

}  // namespace slotway::load

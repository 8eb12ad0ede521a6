// Cached keys under schedules that are drawn by lot: two proxies of two workers each in front of
// two simulated shards, whose every answer, push and lost connection is a step that this file
// decides.
//
// What runs is the program itself, not its classes in a frame of their own: a HotKeys is nothing
// without the loop, the sessions, the upstreams and the posts between workers, and it is between
// these that orders go wrong. Connections are FIFO queues here as in the model from which the rules
// come (proxy/hotkeys/): a command moves from its client to the shard, an answer from the shard to
// the proxy, only when it is drawn. After each step all workers are asked to answer PING, three
// times over, so that what a step sets off has come to its end: a seed gives the same schedule but
// for the proxies' own timers. What is checked does not rest on that.
//
// The properties are those of the model. Of one key and one proxy, values by their age:
//   A  nothing older than what was known when it was asked for     P1, P2  nor than what the same
//   session has written or read before     P3  nor does a session read what it writes later
//   C  nothing older, in any proxy, than the bound     D  no update is lost by WATCH
//   B  when all has come through, everybody sees what is
#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include "tests/e2e/hot_keys.h"
#include "tests/e2e/simulated_shards.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

constexpr milliseconds kStaleness{60};
constexpr size_t kProxies = 2;
constexpr unsigned kWorkers = 2;
constexpr size_t kSessions = 6;  // three of each proxy, on both workers
constexpr size_t kDepth = 4;     // commands of a session that are unanswered at most
constexpr int kStepsOfEpisode = 70;

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

using Key = size_t;  // 0 and 1, each at the shard of that number
using Seen = std::array<size_t, 2>;

// What one session has asked and not been answered.
struct Asked {
  enum class Kind : uint8_t { kRead, kWrite, kFlush, kWatch, kExec, kOther };
  Kind kind;
  std::vector<Key> keys = {};
  std::string value = {};  // that it writes
  Clock::time_point since = {};
  Seen floor = {};  // known to the proxy when it was asked
};

struct Session {
  RespClient client;
  size_t proxy;
  std::deque<Asked> asked = {};
  Seen written = {};
  Seen read = {};
  bool is_refused = false;                    // with its last answer
  std::optional<Key> watches = std::nullopt;  // it has asked to
  std::optional<Key> watched = std::nullopt;  // it was answered
  std::optional<std::optional<std::string>> read_while_watching = std::nullopt;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : random_(seed) {
    for (auto& proxy : proxies_) {
      proxy = std::make_unique<ProxyProcess>(options(10));
    }
    become_ready();
    for (size_t i = 0; i < kProxies * kWorkers; ++i) {
      controls_.push_back(proxies_[i % kProxies]->client());
    }
    for (size_t i = 0; i < kSessions; ++i) {
      sessions_.push_back({proxies_[i % kProxies]->client(), i % kProxies});
    }
  }

  // Steps that were done. What went wrong, if anything, is in violation().
  int episode() {
    const std::string name = std::to_string(++episodes_);
    before_ = std::exchange(trace_, "episode " + name + ":\n");
    keys_ = {key_of(0, name), key_of(1, name)};
    known_ = {};
    for (Session& session : sessions_) {
      session.written = session.read = {};
      session.watched.reset();
      session.read_while_watching.reset();
    }
    warm_up();
    has_cut_ = false;
    is_slow_ = draw(4) == 0;
    for (int i = 0; i < kStepsOfEpisode && violation_.empty(); ++i) {
      step();
      settle();
    }
    if (violation_.empty()) end_episode();
    return kStepsOfEpisode;
  }

  const std::string& violation() const { return violation_; }
  std::string trace() const { return before_ + trace_; }
  double metric(std::string_view name) const {
    return proxies_[0]->metric(name) + proxies_[1]->metric(name);
  }

 private:
  ProxyOptions options(int max_ttl_s) const {
    return {
        .shards = {{"a", shards_.address(0), "0-8191"}, {"b", shards_.address(1), "8192-16383"}},
        .pool = {"hot_keys: { detect: true, cache: { staleness: " +
                     std::to_string(kStaleness.count()) +
                     "ms, max_ttl: " + std::to_string(max_ttl_s) +
                     "s }, rules: [ { match: \"*\", cache: always } ] }",
                 "timeouts: { request: 60s }"},
        .workers = kWorkers,
        .wait_for_shards = false};
  }

  static std::string key_of(size_t shard, const std::string& name) {
    for (int i = 0;; ++i) {
      std::string key = name + ":" + std::to_string(i);
      if ((wire::slot_of_key(key) > 8191) == (shard == 1)) return key;
    }
  }

  size_t draw(size_t choices) { return random_() % choices; }
  void note(const std::string& what) { trace_ += "  " + what + "\n"; }
  void violated(const std::string& what) {
    note("VIOLATION: " + what);
    if (violation_.empty()) violation_ = what;
  }

  // ---- time

  // Until everything that a step has set off is done: a fetch goes from worker to worker and back.
  void settle() {
    for (int round = 0; round < 3; ++round) {
      for (RespClient& control : controls_) control.request({"PING"});
      for (RespClient& control : controls_) control.receive();
    }
    shards_.poll();
    for (size_t i = 0; i < sessions_.size(); ++i) {
      while (!sessions_[i].asked.empty() && !sessions_[i].client.silent_for(milliseconds(0))) {
        answered(i, sessions_[i].client.receive());
      }
    }
  }

  template <typename Condition>
  void run_until(const char* what, Condition condition) {
    const auto deadline = Clock::now() + kLong;
    while (!condition()) {
      if (Clock::now() > deadline) {
        return violated(std::string("this does not come about: ") + what);
      }
      shards_.catch_up();
      settle();
    }
  }

  void become_ready() {
    run_until("the proxies have their shards", [&] {
      return std::ranges::all_of(proxies_, [](const auto& proxy) {
        return http_get(proxy->admin_port(), "/readyz").status == 200;
      });
    });
  }

  // ---- an episode

  // The keys are cached by both proxies.
  void warm_up() {
    for (size_t i = 0; i < kSessions; ++i) {
      for (Key key = 0; key < keys_.size(); ++key) {
        run_until("a key is cached", [&] {
          const size_t before = shards_.reads();
          ask(i, {Asked::Kind::kRead, {key}}, {"GET", keys_[key]});
          run_until("an answer", [&] { return sessions_[i].asked.empty(); });
          return shards_.reads() == before || !violation_.empty();
        });
        // Every other episode begins with one key of which the proxies know nothing.
        if (!has_cut_ && episodes_ % 2 == 0) break;
      }
    }
  }

  void end_episode() {
    note("all comes through");
    const auto is_answered = [&] {
      return std::ranges::all_of(sessions_, [](const Session& each) { return each.asked.empty(); });
    };
    run_until("all answers", is_answered);
    for (size_t i = 0; has_cut_ && i < kSessions; ++i) {
      run_until("each session is served again", [&] {
        ask(i, {Asked::Kind::kRead, {0, 1}}, {"MGET", keys_[0], keys_[1]});
        run_until("an answer", [&] { return sessions_[i].asked.empty(); });
        return !sessions_[i].is_refused;
      });
    }
    for (Session& session : sessions_) {
      if (!session.watches) continue;
      session.watches.reset();
      session.watched.reset();
      session.client.request({"UNWATCH"});
      session.asked.push_back({Asked::Kind::kOther});
    }
    run_until("all answers", is_answered);
    for (int i = 0; i < 3; ++i) {  // pushes, too
      shards_.catch_up();
      settle();
    }
    for (size_t i = 0; i < kSessions; ++i) {
      for (Key key = 0; key < keys_.size(); ++key) {
        known_[sessions_[i].proxy][key] = shards_.history(keys_[key]).newest();  // B
        ask(i, {Asked::Kind::kRead, {key}}, {"GET", keys_[key]});
      }
    }
    run_until("all answers", is_answered);
  }

  void step() {
    const size_t dice = draw(1000);
    if (dice < 330) return ask_something(draw(kSessions));
    if (dice < 600) return carry_out();
    if (dice < 900) return deliver();
    if (dice < 960) {
      const Key key = draw(2);
      note("outside: SET key" + std::to_string(key));
      shards_.write(keys_[key], new_value());
    } else if (dice < 963) {
      cut(shards_.tracking(), "a connection that fetches");
    } else if (dice < 966) {
      cut(shards_.connections(), "a connection");
    } else if (dice < 967) {
      note("all keys are let go");
      ProxyProcess& proxy = *proxies_[draw(kProxies)];
      if (!proxy.reload(options(++max_ttl_s_))) violated("the proxy refuses its file");
    } else if (is_slow_) {
      note("time passes");
      std::this_thread::sleep_for(milliseconds(25));
    }
  }

  void carry_out() {
    if (const auto number = one_of(shards_.with_commands())) {
      const std::string words = shards_.carry_out(*number);
      note("shard, connection " + std::to_string(*number) + ":" + words);
    }
  }
  void deliver() {
    if (const auto number = one_of(shards_.with_answers())) {
      note("delivered on connection " + std::to_string(*number));
      shards_.deliver(*number, draw(3) > 0);
    }
  }
  void cut(const std::vector<size_t>& numbers, const char* what) {
    const auto number = one_of(numbers);
    if (!number) return;
    note(std::string("lost: ") + what + ", " + std::to_string(*number));
    shards_.cut(*number);
    has_cut_ = has_ever_cut_ = true;
  }
  std::optional<size_t> one_of(const std::vector<size_t>& numbers) {
    if (numbers.empty()) return std::nullopt;
    return numbers[draw(numbers.size())];
  }
  std::string new_value() { return "v" + std::to_string(++values_); }

  // ---- what clients ask

  void ask_something(size_t number) {
    using Kind = Asked::Kind;
    Session& session = sessions_[number];
    if (session.asked.size() >= kDepth) return;
    const Key key = draw(4) == 0 ? 1 : 0;
    const std::string& name = keys_[key];
    const size_t dice = draw(100);
    if (session.watches && dice >= 60) {
      const Key watched = *session.watches;
      const std::string value = new_value();
      ask(number, {Kind::kOther}, {"MULTI"});
      ask(number, {Kind::kOther}, {"SET", keys_[watched], value});
      ask(number, {Kind::kExec, {watched}, value}, {"EXEC"});
      session.watches.reset();
    } else if (dice < 60) {
      ask(number, {Kind::kRead, {key}}, {"GET", name});
    } else if (dice < 82) {
      const std::string value = new_value();
      ask(number, {Kind::kWrite, {key}, value}, {"SET", name, value});
    } else if (dice < 86) {
      ask(number, {Kind::kRead, {key}}, {"MGET", name});
    } else if (dice < 90) {
      ask(number, {Kind::kRead, {0, 1}}, {"MGET", keys_[0], keys_[1]});
    } else if (dice < 98) {
      ask(number, {Kind::kWatch, {key}}, {"WATCH", name});
      session.watches = key;
    } else if (!is_flushing_) {
      ask(number, {Kind::kFlush, {0, 1}}, {"FLUSHALL"});
      is_flushing_ = true;
    }
  }

  void ask(size_t number, Asked asked, const Command& command) {
    Session& session = sessions_[number];
    std::string words;
    for (const std::string& word : command) words += " " + word;
    note("session " + std::to_string(number) + ":" + words);
    asked.since = Clock::now();
    asked.floor = known_[session.proxy];
    session.asked.push_back(std::move(asked));
    session.client.request(command);
  }

  // ---- what they are answered

  void answered(size_t number, const RespValue& reply) {
    using Kind = Asked::Kind;
    Session& session = sessions_[number];
    const Asked asked = std::move(session.asked.front());
    session.asked.pop_front();
    note("session " + std::to_string(number) + " <- " + reply.to_string());
    if (asked.kind == Kind::kFlush) is_flushing_ = false;
    session.is_refused = reply.is_error();
    if (session.is_refused) {
      if (!has_ever_cut_) violated("an error without a connection that was lost");
      if (asked.kind == Kind::kWatch || asked.kind == Kind::kExec) {
        session.watched.reset();
        session.read_while_watching.reset();
      }
      return;
    }
    switch (asked.kind) {
      case Kind::kRead:
        for (size_t i = 0; i < asked.keys.size(); ++i) {
          const RespValue& value = reply.type == '*' ? reply.items.at(i) : reply;
          has_read(session, asked, asked.keys[i],
                   value.null ? std::nullopt : std::optional(value.text));
        }
        break;
      case Kind::kWrite:
        has_written(session, asked.keys[0], asked.value);
        break;
      case Kind::kFlush:
        for (const Key key : asked.keys) {
          const auto flushed = shards_.history(keys_[key]).find(std::nullopt, asked.floor[key]);
          learn(session, key, flushed.value_or(0));
        }
        break;
      case Kind::kWatch:
        session.read_while_watching.reset();
        session.watched = asked.keys[0];
        break;
      case Kind::kExec:
        executed(session, asked, !reply.null);
        break;
      case Kind::kOther:
        break;
    }
  }

  void learn(Session& session, Key key, size_t age) {
    size_t& known = known_[session.proxy][key];
    known = std::max(known, age);
  }

  void has_read(Session& session, const Asked& asked, Key key,
                const std::optional<std::string>& value) {
    const KeyHistory& history = shards_.history(keys_[key]);
    const size_t bound = history.at(asked.since - kStaleness);
    const size_t least =
        std::max({asked.floor[key], session.written[key], session.read[key], bound});
    const std::optional<size_t> age = history.find(value, least);
    if (!age) return violated("read what nobody has written");
    if (*age < asked.floor[key]) violated("A: older than what was known");
    if (*age < session.written[key]) violated("P1: older than what it has written");
    if (*age < session.read[key]) violated("P2: older than what it has read");
    if (*age < bound) violated("C: older than the bound");
    session.read[key] = std::max(session.read[key], *age);
    if (session.watched == key) session.read_while_watching = value;
    learn(session, key, *age);
  }

  void has_written(Session& session, Key key, const std::string& value) {
    const std::optional<size_t> age = shards_.history(keys_[key]).find(value, 0);
    if (!age) return violated("the shard knows nothing of what was written");
    if (*age <= session.read[key]) violated("P3: it had read its own later write");
    session.written[key] = std::max(session.written[key], *age);
    learn(session, key, *age);
  }

  void executed(Session& session, const Asked& asked, bool is_done) {
    const Key key = asked.keys[0];
    const auto read = std::exchange(session.read_while_watching, std::nullopt);
    session.watched.reset();
    if (!is_done) {
      if (const auto then = shards_.watched_by(asked.value)) learn(session, key, *then + 1);
      return;
    }
    has_written(session, key, asked.value);
    const std::optional<size_t> age = shards_.history(keys_[key]).find(asked.value, 0);
    if (age && read && *read != shards_.history(keys_[key]).value_at(*age - 1)) {
      violated("D: wrote over what it had not seen");
    }
  }

  std::mt19937_64 random_;
  SimulatedShards shards_{2};
  std::array<std::unique_ptr<ProxyProcess>, kProxies> proxies_;
  std::vector<RespClient> controls_;  // one on each worker
  std::vector<Session> sessions_;
  std::array<std::string, 2> keys_;
  std::array<Seen, kProxies> known_{};
  uint64_t episodes_ = 0;
  uint64_t values_ = 0;
  int max_ttl_s_ = 10;
  bool is_flushing_ = false;
  bool has_cut_ = false;  // a connection, in this episode
  bool has_ever_cut_ = false;
  bool is_slow_ = false;
  std::string trace_;   // of this episode
  std::string before_;  // and of the one before
  std::string violation_;
};

}  // namespace

TEST_CASE("hot keys: schedules drawn by lot") {
  const uint64_t seed = number_from("SLOTWAY_HOT_KEYS_SEED", std::random_device{}());
  const uint64_t steps = number_from("SLOTWAY_HOT_KEYS_STEPS", 10'000);
  Simulation simulation(seed);
  uint64_t done = 0;
  while (done < steps && simulation.violation().empty()) {
    done += static_cast<uint64_t>(simulation.episode());
  }
  MESSAGE("seed ", seed, ": ", done, " steps, ", simulation.metric("slotway_cache_hits_total"),
          " hits, ", simulation.metric("slotway_cache_fetches_total"), " fetches, ",
          simulation.metric("slotway_cache_fetches_joined_total"), " joined");
  CHECK_MESSAGE(simulation.violation().empty(), "SLOTWAY_HOT_KEYS_SEED=", seed, ": ",
                simulation.violation(), "\n", simulation.trace());
  CHECK(simulation.metric("slotway_cache_hits_total") > 0);
  CHECK(simulation.metric("slotway_cache_stale_total") == 0);
}

}  // namespace slotway::tests

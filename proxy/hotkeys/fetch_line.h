// FetchLine: the connection by which one worker asks one shard for the keys that it owns.
//
// It speaks RESP3 and carries nothing but fetches, PINGs and what the shard pushes of the keys that
// were fetched (CLIENT TRACKING OPTIN), all handled in the order in which they come: an
// invalidation is dealt with before the next reply is looked at (rule P), so a reply to what was
// sent at a time proves that everything the shard had to say until then has been dealt with (rule
// B). In mode ttl it carries fetches alone, and nothing is proved: what was fetched just ends.
// Owned by ShardConnections; one worker thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/hotkeys/cached_reply.h"
#include "proxy/hotkeys/coherence.h"
#include "proxy/upstream/lanes.h"

namespace slotway::proxy {

// A request of a session that waits for a fetch: of the worker of that number.
struct FetchWaiter {
  size_t worker;
  Request* request;
};

struct FetchSettings {
  bool is_tracked;  // the shard is to say what changes
  uint64_t staleness_ns;
  uint64_t patience_ns;  // how long somebody waits for one fetch
  size_t max_reply;      // bytes
};

class FetchLine;

// Who takes what has been fetched.
class FetchTarget {
 public:
  // Of an error or a reply that is too large nothing is to be kept: `keep` is false.
  virtual void fetched(std::shared_ptr<const CachedReply> reply, bool keep,
                       std::vector<FetchWaiter> waiters) = 0;
  virtual const FetchSettings& fetch_settings() const = 0;
  // Whether anything that was fetched may be served.
  virtual bool serves() const = 0;
  // Whether `line` is where the key is to be asked for now.
  virtual bool asks_by(const FetchLine& line, const FetchOrder& order) = 0;
  // There is no reply: the commands have to be sent in the ordinary way.
  virtual void not_fetched(const FetchOrder& order, std::vector<FetchWaiter> waiters) = 0;
  // The shard says that this key has changed: its version is to be incremented at once. Gives the
  // cell and what its version was before; nothing if the key has none.
  struct Bumped {
    const KeyVersions::Cell* cell;
    uint64_t before;
  };
  virtual std::optional<Bumped> invalidated(std::string_view key) = 0;

 protected:
  ~FetchTarget() = default;
};

class FetchLine final : public PushHandler {
 public:
  // Starts to connect. The others must outlive this.
  FetchLine(Worker& worker, Lanes& lanes, const Coherence& coherence, FetchTarget& target);
  FetchLine(const FetchLine&) = delete;
  FetchLine& operator=(const FetchLine&) = delete;

  Upstream& upstream() { return *upstream_; }
  const Upstream& upstream() const { return *upstream_; }

  // Whether the server has refused to say what changes.
  bool is_refused() const { return refused_; }
  // Rule R3: joins a fetch that is under way, or the one that follows it: of one order there is one
  // at a time, so a key that changes all the time is asked for once in a round trip. kImpossible:
  // none.
  enum class Fetching : uint8_t { kImpossible, kJoined, kStarted };
  Fetching join(const Asked& asked, FetchWaiter waiter);
  // The same, or starts one, unless that cannot be done here.
  Fetching fetch(const FetchOrder& order, FetchWaiter waiter);
  // Starts one without anybody who waits for it, unless one is under way.
  void refresh(const FetchOrder& order);

  // Every few milliseconds. After a change of mode it connects anew.
  void tick(uint64_t now_ns);
  // It ends, for good.
  void leave(std::string_view reason);

 private:
  struct Fetch {
    FetchOrder order;
    Stamp stamp;
    uint64_t sent_ns;
    std::vector<FetchWaiter> waiters;
    std::vector<FetchWaiter> next = {};  // wait for the one that follows
    std::optional<int64_t> ttl_ms = {};  // when that has come

    bool serves_any() const { return !waiters.empty() || !next.empty(); }
  };
  // What the next reply is to.
  struct Expected {
    enum class Kind : uint8_t { kOpening, kCaching, kTtl, kFetch, kPing };
    Kind kind;
    uint64_t sent_ns;
  };

  void on_attempt(Upstream& upstream) override;
  void on_push(Upstream& upstream, ReplyView push) override;
  void on_lost(Upstream& upstream) override;
  void on_own_reply(Upstream& upstream, ReplyView reply) override;

  void open();
  Fetch* under_way(const Asked& asked);
  // False: it cannot be done, and `waiters` still wait.
  bool start(const FetchOrder& order, std::vector<FetchWaiter>& waiters);
  void ask(Upstream& upstream, std::initializer_list<std::string_view> args, Expected::Kind kind);
  void ping(uint64_t now_ns);
  void obey(std::string_view push);
  void restamp(const FetchTarget::Bumped& bumped);
  void finish(Fetch fetch, std::string_view reply);
  void give_up();
  void refused(Fetch fetch);
  void give_back(Fetch& fetch);

  Worker& worker_;
  Lanes& lanes_;
  const Coherence& coherence_;
  FetchTarget& target_;
  std::deque<Expected> expected_;
  std::deque<Fetch> fetches_;   // as expected_ has them
  bool will_tell_ = false;      // of the keys of the fetch whose reply comes next
  bool is_open_ = false;        // for fetches; in mode tracked this connection is told what changes
  unsigned attempts_lost_ = 0;  // in a row, while the shard was well otherwise
  uint64_t gave_up_ns_ = 0;
  bool refused_ = false;  // the last was not
  uint64_t pinged_ns_ = 0;
  uint64_t refused_until_ns_ = 0;
  bool is_tracked_ = false;  // as FetchSettings had it when it was opened
  bool leaving_ = false;
  std::unique_ptr<Upstream> upstream_;
};

}  // namespace slotway::proxy

// Coherence: what is done for the caches of all workers when a reply of one shard has been read.
#pragma once

#include <memory>
#include <utility>

#include "proxy/hotkeys/key_versions.h"
#include "proxy/hotkeys/named_keys.h"
#include "proxy/hotkeys/shard_state.h"

namespace slotway::proxy {

// Of one worker; one thread.
class Coherence {
 public:
  // `versions` must outlive this.
  Coherence(KeyVersions& versions, std::shared_ptr<ShardState> state)
      : versions_(&versions), state_(std::move(state)) {}

  // Whether keys of the shard may be cached: otherwise requests need not say what they name.
  bool is_on() const { return on_; }
  void turn(bool on) { on_ = on; }

  KeyVersions& versions() const { return *versions_; }
  ShardState& state() const { return *state_; }
  const std::shared_ptr<ShardState>& shared_state() const { return state_; }

  // Rule W, for the reply to a command that named these: nobody has seen the reply yet.
  void replied(const NamedKeys& keys) const {
    if (keys.kind() == NamedKeys::Kind::kAll) return state_->bump();
    keys.for_each([this](uint64_t hash) { versions_->bump(hash); });
  }

 private:
  bool on_ = false;
  KeyVersions* versions_;
  std::shared_ptr<ShardState> state_;
};

}  // namespace slotway::proxy

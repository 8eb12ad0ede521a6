// Coherence: what is done for the caches of all workers, and for the detector of this one, when a
// reply of one shard has been read.
#pragma once

#include <memory>
#include <utility>

#include "proxy/hotkeys/detector.h"
#include "proxy/hotkeys/key_versions.h"
#include "proxy/hotkeys/named_keys.h"
#include "proxy/hotkeys/shard_state.h"

namespace slotway::proxy {

// Of one worker; one thread.
class Coherence {
 public:
  // `versions` and `detector`, which is null while it is off, must outlive this.
  Coherence(KeyVersions& versions, std::shared_ptr<ShardState> state,
            const std::unique_ptr<hotkeys::Detector>& detector)
      : versions_(&versions), state_(std::move(state)), detector_(&detector) {}

  // Whether it matters what was named.
  bool in_use() const { return versions_->in_use(); }
  KeyVersions& versions() const { return *versions_; }
  ShardState& state() const { return *state_; }
  const std::shared_ptr<ShardState>& shared_state() const { return state_; }

  // For the detector: the reply, of so many bytes, to a request that named these.
  void count_bytes(const NamedKeys& keys, size_t bytes) const {
    if (keys.weight() != 0 && *detector_) {
      (*detector_)->note_reply(keys.hash(), bytes, keys.weight());
    }
  }
  // Rule W, for the reply to a command that named these: nobody has seen the reply yet.
  void replied(const NamedKeys& keys) const {
    if (keys.kind() == NamedKeys::Kind::kAll) return state_->bump();
    keys.for_each([this](uint64_t hash) { versions_->bump(hash); });
  }

 private:
  KeyVersions* versions_;
  std::shared_ptr<ShardState> state_;
  const std::unique_ptr<hotkeys::Detector>* detector_;
};

}  // namespace slotway::proxy

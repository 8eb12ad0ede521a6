#include "proxy/scripts/scripts.h"

#include <string>

namespace slotway::proxy {

void Scripts::learn(std::string_view text) {
  const uint64_t now = shared_.clears() + shared_.evictions();
  if (now != known_at_ || known_.size() >= kMaxKnown || known_bytes_ >= kMaxKnownBytes) {
    known_.clear();
    known_bytes_ = 0;
    known_at_ = now;
  }
  if (known_.contains(text)) return;
  auto script = std::make_shared<const Script>(wire::sha1(text), std::string(text));
  shared_.add(script);
  known_bytes_ += text.size();
  const std::string_view key = script->text;
  known_.emplace(key, std::move(script));
}

}  // namespace slotway::proxy

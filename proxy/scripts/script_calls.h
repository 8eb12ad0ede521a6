// ScriptCalls: what a connection to a shard knows of scripts: which ones the server was given by
// it, and the calls by digest that it has not answered, so that they can be repeated.
//
// Belongs to one attempt of an Upstream, whose requests are known here by their number in its
// queue, counted from 1. Bounded: calls beyond kMaxKept bytes are not kept, and cannot be repeated.
// One worker thread.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_set>

#include "wire/block.h"
#include "wire/output_buffer.h"
#include "wire/request_parser.h"
#include "wire/sha1.h"

namespace slotway::proxy {

class ScriptCalls {
 public:
  static constexpr size_t kMaxKept = 16u << 20;
  static constexpr size_t kMaxLoaded = 4096;

  explicit ScriptCalls(wire::BlockPool& pool) : bytes_(pool) {}

  // `clears` is how often scripts have been forgotten: what was loaded before that counts no more.
  bool is_loaded(const wire::Sha1& digest, uint64_t clears);
  void note_loaded(const wire::Sha1& digest);
  void note_missing(const wire::Sha1& digest) { loaded_.erase(digest); }

  // Request `number` calls that script; `block` as for forward_to().
  void keep(uint64_t number, const wire::Sha1& digest, const wire::Request& request,
            const wire::BlockRef& block);
  // Null if `number`, the last that was answered, is none of them.
  const wire::Sha1* find(uint64_t number);
  // Writes the call that find() has just found, which is then forgotten.
  void repeat(wire::OutputBuffer& out);
  // Drops the calls before `number`.
  void drop_before(uint64_t number);

 private:
  struct Call {
    uint64_t number;
    size_t size;
    wire::Sha1 digest;
  };

  std::unordered_set<wire::Sha1, wire::Sha1Hash> loaded_;
  uint64_t loaded_since_ = 0;  // clears
  std::deque<Call> calls_;
  wire::OutputBuffer bytes_;  // of calls_, one behind the other
};

}  // namespace slotway::proxy

// KeptReply and Kept: a worker's own references to the cached replies of a key, with all that a hit
// looks at.
//
// Copied from the replies when they come: of thousands of keys most are far away in memory, and
// each step from one object to the next would cost a hit more than all else that it does.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/hotkeys/cached_reply.h"
#include "wire/block.h"

namespace slotway::proxy {

struct KeptReply {
  KeptReply() = default;
  KeptReply(const std::shared_ptr<const CachedReply>& it, wire::BlockPool& pool)
      : text(it->text),
        stamp(it->stamp),
        shard(it->shard.get()),
        barrier_ns(&it->shard->barrier(it->owner)),
        deadline_ns(it->deadline_ns),
        whole(it.get()),
        holder(pool.hold(it)) {}

  bool is_to(std::string_view request, uint8_t database) const {
    return request == text.request() && whole->order.database == database;
  }

  ReplyText text;  // of `whole`
  Stamp stamp;
  const ShardState* shard = nullptr;
  // Until when its owner has handled all that the shard had to say.
  const std::atomic<uint64_t>* barrier_ns = nullptr;
  uint64_t deadline_ns = 0;
  const CachedReply* whole = nullptr;
  wire::BlockRef holder;  // of `whole`, for replies that wait for their turn
};

// Of one worker. Two cache lines.
class alignas(64) Kept {
 public:
  bool empty() const { return !first_.whole; }
  // Null if there is none to this command.
  const KeptReply* find(std::string_view request, uint8_t database) const {
    if (!empty() && first_.is_to(request, database)) return &first_;
    if (!others_) return nullptr;
    const auto same = std::ranges::find_if(
        *others_, [&](const KeptReply& each) { return each.is_to(request, database); });
    return same == others_->end() ? nullptr : &*same;
  }
  // In place of the one to the same command. Those of another version go: they will not be served
  // any more.
  void put(const std::shared_ptr<const CachedReply>& reply, wire::BlockPool& pool) {
    const auto goes = [&](const KeptReply& each) {
      return each.stamp.version != reply->stamp.version ||
             each.is_to(reply->text.request(), reply->order.database);
    };
    if (others_ && std::erase_if(*others_, goes) > 0 && others_->empty()) others_.reset();
    if (empty() || goes(first_)) {
      first_ = KeptReply(reply, pool);
      return;
    }
    if (!others_) others_ = std::make_unique<std::vector<KeptReply>>();
    others_->emplace_back(reply, pool);
  }
  const CachedReply& any() const { return *first_.whole; }

  uint64_t served = 0;
  // That the owner and the detector have not been told of.
  uint32_t hits = 0;
  uint64_t bytes = 0;  // of their replies

 private:
  KeptReply first_;
  std::unique_ptr<std::vector<KeptReply>> others_;
};
static_assert(sizeof(Kept) == 128);

}  // namespace slotway::proxy

// CachedReply: what one shard has answered to one command, and what tells how long that holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/hotkeys/key_versions.h"
#include "proxy/hotkeys/shard_state.h"

namespace slotway::proxy {

// Where a cached reply stands among versions: taken before its command was sent.
struct Stamp {
  KeyVersions::Cell* cell = nullptr;
  uint64_t version = 0;
  uint64_t epoch = 0;  // of the shard

  static Stamp of(KeyVersions::Cell& cell, const ShardState& state) {
    return {&cell, cell.version.load(std::memory_order_seq_cst),
            state.epoch().load(std::memory_order_seq_cst)};
  }
  bool holds(const ShardState& state) const {
    return cell->version.load(std::memory_order_acquire) == version &&
           state.epoch().load(std::memory_order_acquire) == epoch;
  }
};

// What somebody asks for. A view.
struct Asked {
  KeyVersions::Cell* cell;
  uint64_t hash;
  std::string_view key;
  std::string_view request;  // the command's bytes
  uint8_t database;
};

// The same to be kept, with all that a fetch needs.
struct FetchOrder {
  KeyVersions::Cell* cell;
  uint64_t hash;
  uint8_t database;
  bool null_arrays;  // as the command's row has it
  std::string key;
  std::string request;    // the command's bytes
  bool has_stable_order;  // the same data gives the same bytes
  uint64_t max_ttl_ns;    // it is kept no longer

  Asked asked() const { return {cell, hash, key, request, database}; }
  bool is(std::string_view other_request, uint8_t other_database) const {
    return database == other_database && request == other_request;
  }
};

// The bytes of a command, behind them the reply as a client of RESP3 gets it, and as one of RESP2
// does if that differs: who looks for the first needs one of the others next. A view.
struct ReplyText {
  const char* data = nullptr;
  size_t size = 0;
  uint32_t request_size = 0;
  uint32_t resp3_size = 0;

  std::string_view request() const { return {data, request_size}; }
  std::string_view resp3() const { return {data + request_size, resp3_size}; }
  std::string_view reply(int protocol) const {
    const size_t resp2_at = size_t{request_size} + resp3_size;
    if (protocol == 3 || resp2_at == size) return resp3();
    return {data + resp2_at, size - resp2_at};
  }
};

// Immutable; shared by the workers, each of which holds a reference of its own.
struct CachedReply {
  // `its_resp2` is empty if it does not differ from `its_resp3`.
  CachedReply(FetchOrder its_order, std::string_view its_resp3, std::string_view its_resp2)
      : order(std::move(its_order)), bytes_(std::move(order.request)) {
    const size_t request_size = bytes_.size();
    bytes_.reserve(request_size + its_resp3.size() + its_resp2.size());
    bytes_.append(its_resp3).append(its_resp2);
    text = {bytes_.data(), bytes_.size(), static_cast<uint32_t>(request_size),
            static_cast<uint32_t>(its_resp3.size())};
    order.request.clear();
  }
  CachedReply(const CachedReply&) = delete;
  CachedReply& operator=(const CachedReply&) = delete;

  // To ask for it once more.
  FetchOrder order_again() const {
    FetchOrder again = order;
    again.request = text.request();
    return again;
  }
  size_t bytes() const { return sizeof *this + order.key.size() + text.size; }

  FetchOrder order;  // without the command's bytes
  ReplyText text;
  Stamp stamp;
  std::shared_ptr<const ShardState> shard;
  size_t owner = 0;          // the worker that has asked for it
  uint64_t deadline_ns = 0;  // of the monotonic clock

 private:
  std::string bytes_;  // of `text`
};

}  // namespace slotway::proxy

// BigKeys: the largest requests and replies of a pool, by key and direction.
//
// Owned by the Server. Any thread. The workers take its lock for what is large anyway: that it has
// to be moved costs far more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/observed_request.h"

namespace slotway::proxy {

enum class Direction : uint8_t { kRequest, kReply };
inline constexpr std::array<std::string_view, 2> kDirectionNames = {"request", "reply"};

class BigKeys {
 public:
  struct Entry {
    std::shared_ptr<const ObservedRequest> largest;  // the last of the largest
    Direction direction;
    uint64_t bytes;
    uint64_t times;  // that it was above the threshold since it is among these
  };

  // Keeps the `most` with the most bytes.
  void note(const ObservedRequest& request, Direction direction, size_t most);
  // The largest first.
  std::vector<Entry> largest(size_t most) const;
  void clear();
  // Those that show keys.
  void drop_plain();

 private:
  mutable std::mutex mutex_;    // guards entries_
  std::vector<Entry> entries_;  // in no order
};

}  // namespace slotway::proxy

// KeyEvents: everybody who wants to know that a key has changed, behind one question.
//
// Watched keys (WATCH), tracked keys (CLIENT TRACKING), clients blocked on keys and subscribers of
// keyspace notifications. As long as there are none of them, a change costs one branch. Owned by
// the Store; the server's thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "backend/engine/key.h"

namespace slotway::backend {

// The classes of keyspace notifications, with the letter that notify-keyspace-events has for each.
enum class KeyEvent : uint16_t {
  kGeneric = 1u << 0,    // g
  kString = 1u << 1,     // $
  kList = 1u << 2,       // l
  kSet = 1u << 3,        // s
  kHash = 1u << 4,       // h
  kSortedSet = 1u << 5,  // z
  kExpired = 1u << 6,    // x
  kEvicted = 1u << 7,    // e
  kStream = 1u << 8,     // t
  kMiss = 1u << 9,       // m
  kModule = 1u << 10,    // d
  kNew = 1u << 11,       // n
};

struct Store;

class KeyEvents {
 public:
  explicit KeyEvents(Store& store) : store_(store) {}

  // A key of database `database` has changed, by `event` ("sadd").
  void changed(uint32_t database, const Key& key, KeyEvent kind, std::string_view event) {
    ++changes_;
    if (interest_ != 0) [[unlikely]]
      tell_changed(database, key, kind, event);
  }
  // The notification alone: what follows from a change that has been told.
  void notify(uint32_t database, const Key& key, KeyEvent kind, std::string_view event) {
    if (interest_ != 0) [[unlikely]]
      tell_subscribers(database, key, kind, event);
  }

  // Changes of keys since the start.
  uint64_t changes() const { return changes_; }

 private:
  void tell_changed(uint32_t database, const Key& key, KeyEvent kind, std::string_view event);
  void tell_subscribers(uint32_t database, const Key& key, KeyEvent kind, std::string_view event);

  [[maybe_unused]] Store& store_;
  uint32_t interest_ = 0;
  uint64_t changes_ = 0;
};

}  // namespace slotway::backend

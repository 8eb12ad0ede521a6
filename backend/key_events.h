// KeyEvents: everybody who wants to know that a key has changed, behind one question.
//
// Watched keys (WATCH), tracked keys (CLIENT TRACKING), clients that wait for keys, and subscribers
// of keyspace notifications. As long as there are none of them, a change costs one branch. Owned by
// the Store; the server's thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "backend/engine/key.h"
#include "backend/engine/key_observer.h"

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

class Database;
struct Store;

class KeyEvents final : public KeyObserver {
 public:
  // Who is there to be told.
  enum Interest : uint32_t {
    kWatches = 1u << 0,
    kTracking = 1u << 1,
    kWaits = 1u << 2,
    kNotifications = 1u << 3,
  };

  explicit KeyEvents(Store& store) : store_(store) {}

  // A key of database `database` has changed, by `event` ("sadd"); a change without an event is
  // not published.
  void changed(uint32_t database, const Key& key, KeyEvent kind, std::string_view event) {
    ++changes_;
    if (interest_ != 0) [[unlikely]]
      tell_changed(database, key, kind, event);
  }
  // The notification alone: what follows from a change that has been told.
  void notify(uint32_t database, const Key& key, KeyEvent kind, std::string_view event) {
    if (interest_ & kNotifications) [[unlikely]]
      tell_subscribers(database, key, kind, event);
  }

  // To be called before all keys of a database, or of all databases, go.
  void clearing(uint32_t database);
  void clearing_all();
  // To be called before two databases are swapped, and after it.
  void swapping(uint32_t first, uint32_t second);
  void swapped(uint32_t first, uint32_t second);

  // What the engine removes, finds missing or adds: KeyObserver.
  void on_expired(uint32_t database, const Key& key) override;
  void on_evicted(uint32_t database, const Key& key) override;
  void on_missed(uint32_t database, const Key& key) override;
  void on_added(uint32_t database, const Key& key) override;

  void set_interest(Interest interest, bool on);
  // The settings may have changed.
  void read_settings();

  // Changes of keys since the start.
  uint64_t changes() const { return changes_; }

 private:
  // `by` is the client that changed it, 0 for none, as far as broadcasts of tracking go.
  void tell_changed(uint32_t database, const Key& key, uint64_t by);
  void tell_changed(uint32_t database, const Key& key, KeyEvent kind, std::string_view event);
  void tell_subscribers(uint32_t database, const Key& key, KeyEvent kind, std::string_view event);

  Store& store_;
  uint32_t interest_ = 0;
  uint32_t classes_ = 0;  // of notifications: see notification_classes.h
  uint64_t changes_ = 0;
};

}  // namespace slotway::backend

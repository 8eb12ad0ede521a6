#include "backend/key_events.h"

#include <string>

#include "backend/sessions/notification_classes.h"
#include "backend/store.h"

namespace slotway::backend {

// ---- who is interested

void KeyEvents::set_interest(Interest interest, bool on) {
  interest_ = on ? interest_ | interest : interest_ & ~interest;
  store_.engine.set_observer(interest_ != 0 ? this : nullptr);
}

void KeyEvents::read_settings() {
  classes_ = store_.settings.notifications;
  set_interest(kNotifications, (classes_ & (kKeyspaceChannels | kKeyeventChannels)) != 0);
}

// ---- one key

void KeyEvents::tell_changed(uint32_t database, const Key& key, uint64_t by) {
  if (interest_ & kWatches) store_.watches.touch(database, key);
  if (interest_ & kTracking) store_.tracking.invalidate(key.bytes, by);
  if (interest_ & kWaits) store_.blocked.note_changed(database, key);
}

void KeyEvents::tell_changed(uint32_t database, const Key& key, KeyEvent kind,
                             std::string_view event) {
  tell_changed(database, key, store_.running ? store_.running->id() : 0);
  notify(database, key, kind, event);
}

void KeyEvents::tell_subscribers(uint32_t database, const Key& key, KeyEvent kind,
                                 std::string_view event) {
  if (!(classes_ & static_cast<uint32_t>(kind)) || event.empty()) return;
  const std::string where = "@" + std::to_string(database) + "__:";
  constexpr auto kChannel = PubSub::Kind::kChannel;
  if (classes_ & kKeyspaceChannels) {
    store_.pub_sub.publish(kChannel, "__keyspace" + where + std::string(key.bytes), event);
  }
  if (classes_ & kKeyeventChannels) {
    store_.pub_sub.publish(kChannel, "__keyevent" + where + std::string(event), key.bytes);
  }
}

void KeyEvents::on_expired(uint32_t database, const Key& key) {
  notify(database, key, KeyEvent::kExpired, "expired");
  tell_changed(database, key, 0);
}

void KeyEvents::on_evicted(uint32_t database, const Key& key) {
  tell_changed(database, key, 0);
  notify(database, key, KeyEvent::kEvicted, "evicted");
}

void KeyEvents::on_missed(uint32_t database, const Key& key) {
  notify(database, key, KeyEvent::kMiss, "keymiss");
}

void KeyEvents::on_added(uint32_t database, const Key& key) {
  notify(database, key, KeyEvent::kNew, "new");
}

// ---- whole databases

void KeyEvents::clearing(uint32_t database) {
  ++changes_;
  if (interest_ & kWatches) store_.watches.replace_all(database, nullptr);
  store_.tracking.invalidate_all();
}

void KeyEvents::clearing_all() {
  ++changes_;
  for (uint32_t i = 0; interest_ & kWatches && i < store_.engine.database_count(); ++i) {
    store_.watches.replace_all(i, nullptr);
  }
  store_.tracking.invalidate_all();
}

void KeyEvents::swapping(uint32_t first, uint32_t second) {
  ++changes_;
  if (!(interest_ & kWatches)) return;
  store_.watches.replace_all(first, &store_.engine.database(second));
  store_.watches.replace_all(second, &store_.engine.database(first));
}

void KeyEvents::swapped(uint32_t first, uint32_t second) {
  store_.blocked.note_all_changed(first);
  store_.blocked.note_all_changed(second);
}

}  // namespace slotway::backend

// KeyObserver: who wants to know what the engine does with keys by itself. One thread.
//
// It must not touch the databases from within its calls. The key's bytes live as long as the call.
#pragma once

#include <cstdint>

#include "backend/engine/key.h"

namespace slotway::backend {

class KeyObserver {
 public:
  // The key is gone from that database: its time had come.
  virtual void on_expired(uint32_t database, const Key& key) = 0;
  // The key is gone: there was no memory for it.
  virtual void on_evicted(uint32_t database, const Key& key) = 0;
  // A command wanted to read the key, and it was not there.
  virtual void on_missed(uint32_t database, const Key& key) = 0;
  // The key was not there and is now.
  virtual void on_added(uint32_t database, const Key& key) = 0;

 protected:
  ~KeyObserver() = default;
};

}  // namespace slotway::backend

// KeyStanding: what one worker knows of one key of a pool, for operators who want to know why it is
// cached or not. A plain value.
#pragma once

#include <cstddef>

namespace slotway::proxy {

struct KeyStanding {
  bool is_served = false;  // it holds a reply of the key that is still true
  bool is_spread = false;  // reads of it go to replicas, too
  // Of its owner alone.
  bool is_owned = false;    // there is room for it
  size_t too_large = 0;     // bytes of the last reply, if that was more than max_reply
  bool backs_off = false;   // it has changed too often lately
  bool is_full = false;     // others take all the room
  bool is_refused = false;  // its shard does not say what changes
};

}  // namespace slotway::proxy

// Announcer: tells those who follow a pool's hot keys what has become hot and what is so no longer:
// subscribers of kHotKeysChannel on every worker, and the webhook.
//
// While nobody follows it does nothing; whoever is the first to follow is told of all that are hot,
// and so is another webhook, with the subscribers that there are.
// Owned by HotKeys of the pool's first worker; its thread.
#pragma once

#include "proxy/hotkeys/news.h"
#include "proxy/hotkeys/shared.h"

namespace slotway::proxy {

class Pool;
class Worker;

class Announcer {
 public:
  // All must outlive this.
  Announcer(Worker& worker, Pool& pool, HotKeysShared& shared)
      : worker_(worker), pool_(pool), shared_(shared) {}

  // The pool has other settings now.
  void follow_settings();
  // About every 100 ms.
  void tick();

 private:
  void count_posts();

  Worker& worker_;
  Pool& pool_;
  HotKeysShared& shared_;
  hotkeys::News news_;
};

}  // namespace slotway::proxy

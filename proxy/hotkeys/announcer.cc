#include "proxy/hotkeys/announcer.h"

#include <limits>
#include <memory>

#include "proxy/hotkeys/messages.h"
#include "proxy/pool.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/unix_time.h"

namespace slotway::proxy {

using Count = metrics::HotKeyCount;
using hotkeys::KeysShown;

void Announcer::follow_settings() {
  const bool is_new = shared_.webhook.aim(pool_.settings().hot_keys.webhook, pool_.settings().name);
  if (is_new) news_.forget();
}

void Announcer::count_posts() {
  const Webhook::Counts counts = shared_.webhook.take_counts();
  metrics::HotKeyMetrics& metrics = worker_.metrics().hot_keys;
  metrics.add(Count::kWebhookSent, counts.sent);
  metrics.add(Count::kWebhookDropped, counts.dropped);
  metrics.add(Count::kWebhookFailed, counts.failed);
}

void Announcer::tick() {
  count_posts();
  const bool has_webhook = !pool_.settings().hot_keys.webhook.empty();
  const bool has_subscribers = pool_.subscribers().counts().has_receivers(kHotKeysChannel);
  if (!has_webhook && !has_subscribers) return news_.forget();
  const std::vector<hotkeys::NewsItem> items =
      news_.next(shared_.reports.sum(std::numeric_limits<size_t>::max()));
  if (items.empty()) return;
  const uint64_t at_ms = wire::unix_ms();
  const auto told_with = [&](KeysShown shown) {
    std::vector<std::string> messages;
    for (const hotkeys::NewsItem& item : items) {
      messages.push_back(hotkeys::message(item, pool_.settings().name, at_ms, shown));
    }
    return messages;
  };
  worker_.metrics().hot_keys.add(Count::kMessages, items.size());
  if (has_webhook) {
    shared_.webhook.send(
        told_with(pool_.settings().hot_keys.redact_keys ? KeysShown::kHashed : KeysShown::kPlain));
  }
  if (!has_subscribers) return;
  // Who may subscribe may read keys, too.
  const auto messages =
      std::make_shared<const std::vector<std::string>>(told_with(KeysShown::kPlain));
  for (size_t worker = 0; worker < worker_.server().workers().size(); ++worker) {
    pool_.hot_keys().at_worker(
        worker, [messages](HotKeys& hot_keys) { hot_keys.tell_subscribers(*messages); });
  }
}

}  // namespace slotway::proxy

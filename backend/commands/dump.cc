// DUMP and RESTORE.

#include "backend/commands/bindings.h"
#include "backend/rdb/payload.h"
#include "backend/rdb/value_maker.h"

namespace slotway::backend {

namespace {

void dump(Call& call) {
  const Entry* const entry = call.database().read(call.key());
  if (!entry) return call.reply.null();
  call.reply.bulk(dump_payload(entry, call.store.settings.compress_dumps));
}

struct Options {
  bool replace = false;
  bool absolute = false;  // the time is one of the Unix epoch
  int64_t idle_seconds = -1;
  int64_t frequency = -1;
};

// False, and the error is answered, if they are wrong.
bool take_options(const Call& call, Options& options) {
  const auto wrong = [&](std::string_view why) {
    call.reply.error(why);
    return false;
  };
  for (size_t i = 4; i < call.args.size(); ++i) {
    const bool has_value = i + 1 < call.args.size();
    if (call.is(i, "replace")) {
      options.replace = true;
    } else if (call.is(i, "absttl")) {
      options.absolute = true;
    } else if (call.is(i, "idletime") && has_value && options.frequency == -1) {
      const auto seconds = call.integer(++i);
      if (!seconds) return false;
      if (*seconds < 0) return wrong("ERR Invalid IDLETIME value, must be >= 0");
      options.idle_seconds = *seconds;
    } else if (call.is(i, "freq") && has_value && options.idle_seconds == -1) {
      const auto frequency = call.integer(++i);
      if (!frequency) return false;
      if (*frequency < 0 || *frequency > 255) {
        return wrong("ERR Invalid FREQ value, must be >= 0 and <= 255");
      }
      options.frequency = *frequency;
    } else {
      return wrong(kSyntaxError);
    }
  }
  return true;
}

// When the key expires; 0 and below is a time that has been, as is to Redis what no clock will show.
int64_t expiry_of(int64_t time, bool is_absolute, int64_t now_ms) {
  if (time == 0) return Entry::kNoExpiry;
  if (is_absolute) return time;
  int64_t expiry_ms = 0;
  return __builtin_add_overflow(time, now_ms, &expiry_ms) ? 0 : expiry_ms;
}

// What the entry remembers of its use is one of the two, by the eviction policy.
void note_history(const Call& call, const Options& options, Entry* entry) {
  const AccessClock& access = call.engine().access();
  if (access.counts_frequency()) {
    if (options.frequency >= 0)
      access.set_frequency(entry, static_cast<uint8_t>(options.frequency));
  } else if (options.idle_seconds >= 0) {
    access.set_idle_seconds(entry, static_cast<uint64_t>(options.idle_seconds));
  }
}

void restore(Call& call) {
  Options options;
  if (!take_options(call, options)) return;
  const Key key = call.key();
  if (!options.replace && call.database().find_for_write(key)) {
    return call.reply.error("BUSYKEY Target key name already exists.");
  }
  const auto time = call.integer(2);
  if (!time) return;
  if (*time < 0) return call.reply.error("ERR Invalid TTL value, must be >= 0");
  const std::string_view payload = call.args[3];
  if (!is_payload(payload)) {
    return call.reply.error("ERR DUMP payload version or checksum are wrong");
  }
  RdbValue value;
  if (!decode_payload(payload, value)) return call.reply.error("ERR Bad data format");

  const bool replaced = options.replace && call.database().remove(key);
  const int64_t expiry_ms = expiry_of(*time, options.absolute, call.engine().now_ms());
  if (expiry_ms != Entry::kNoExpiry && expiry_ms <= call.engine().now_ms()) {
    if (replaced) call.changed(key, KeyEvent::kGeneric, "del");
    return call.reply.ok();
  }
  Cell* const cell =
      put_value(call.engine(), call.database(), key, value, call.store.settings, expiry_ms);
  note_history(call, options, cell->entry());
  call.changed(key, KeyEvent::kGeneric, "restore");
  call.reply.ok();
}

constexpr Binding kBindings[] = {{"dump", &dump}, {"restore", &restore}};

}  // namespace

std::span<const Binding> dump_bindings() { return kBindings; }

}  // namespace slotway::backend

// What a key is made of: OBJECT.

#include "backend/commands/bindings.h"
#include "backend/commands/value_report.h"
#include "backend/engine/value_operations.h"
#include "wire/command_reply.h"

namespace slotway::backend {

std::string_view encoding_name(const Entry* entry) {
  switch (entry->encoding()) {
    case Encoding::kListpack:
      if (entry->type() == Type::kList) return "quicklist";
      return entry->type() == Type::kSet ? "hashtable" : "listpack";
    case Encoding::kIntset:
      return "intset";
    case Encoding::kQuicklist:
      return "quicklist";
    case Encoding::kHashtable:
      return "hashtable";
    case Encoding::kSkiplist:
      return "skiplist";
    case Encoding::kInt:
      return "int";
    case Encoding::kEmbstr:
      return "embstr";
    case Encoding::kRaw:
      return "raw";
  }
  return "unknown";
}

uint32_t idle_seconds(const Call& call, const Entry* entry) {
  return call.engine().access().idle_seconds(entry);
}

size_t usage_of(const Entry* entry) {
  constexpr size_t kShareOfTable = 10;  // bytes, on average
  return memory_of(entry) + kShareOfTable;
}

namespace {

// The entry that an OBJECT command is about; null, and answered, if there is none.
const Entry* subject(const Call& call) {
  const Entry* const entry = call.database().inspect(call.key(2));
  if (!entry) call.reply.null();
  return entry;
}

void encoding(Call& call) {
  if (const Entry* const entry = subject(call)) call.reply.bulk(encoding_name(entry));
}

void idletime(Call& call) {
  const Entry* const entry = subject(call);
  if (!entry) return;
  if (call.engine().access().counts_frequency()) {
    return call.reply.error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
        "switching between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  call.reply.integer(idle_seconds(call, entry));
}

void refcount(Call& call) {
  if (subject(call)) call.reply.integer(1);
}

void freq(Call& call) {
  const Entry* const entry = subject(call);
  if (!entry) return;
  const AccessClock& access = call.engine().access();
  if (access.counts_frequency()) return call.reply.integer(access.frequency(entry));
  call.reply.error(
      "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that "
      "when switching between policies at runtime LRU and LFU data will take some time to adjust.");
}

void help(Call& call) {
  wire::write_help_reply(*call.command.container, &is_supported, call.reply);
}

constexpr Binding kBindings[] = {
    {"object|encoding", &encoding}, {"object|idletime", &idletime}, {"object|refcount", &refcount},
    {"object|freq", &freq},         {"object|help", &help},
};

}  // namespace

std::span<const Binding> object_bindings() { return kBindings; }

}  // namespace slotway::backend

#include "backend/slow_log.h"

#include <algorithm>

namespace slotway::backend {

namespace {

constexpr size_t kMostArguments = 32;
constexpr size_t kMostBytes = 128;

std::string cut(std::string_view text) {
  std::string kept(text.substr(0, kMostBytes));
  if (text.size() > kMostBytes) {
    kept += "... (" + std::to_string(text.size() - kMostBytes) + " more bytes)";
  }
  return kept;
}

}  // namespace

void SlowLog::add(Entry entry, wire::Args args, uint64_t most) {
  entry.id = next_id_++;
  // The remark about the rest takes the place of an argument.
  const size_t kept = args.size() > kMostArguments ? kMostArguments - 1 : args.size();
  for (const std::string_view text : args.first(kept)) entry.args.push_back(cut(text));
  if (kept < args.size()) {
    entry.args.push_back("... (" + std::to_string(args.size() - kept) + " more arguments)");
  }
  entries_.push_front(std::move(entry));
  trim(most);
}

void SlowLog::trim(uint64_t most) {
  if (entries_.size() > most) entries_.resize(static_cast<size_t>(most));
}

}  // namespace slotway::backend

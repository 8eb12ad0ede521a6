#include "backend/batch.h"
#include "wire/prefetch.h"

namespace slotway::backend {

namespace {

constexpr size_t kUsualArguments = 1024;

}  // namespace

wire::RequestParser::Status Batch::parse(std::string_view input, wire::RequestParser& parser,
                                         const wire::RequestLimits& limits, size_t most) {
  using Status = wire::RequestParser::Status;
  size_ = 0;
  consumed_ = 0;
  while (size_ < most) {
    Pending& next = pending_[size_];
    size_t taken = 0;
    const Status status = parser.parse(input.substr(consumed_), limits, next.request, taken);
    if (status == Status::kNeedMore || status == Status::kError) return status;
    consumed_ += taken;
    if (status == Status::kNothing) continue;
    const auto& args = next.request.args;
    next.end = consumed_;
    next.ran = false;
    next.command = wire::find_command(args);
    next.has_key = next.command && next.command->plain_keys && next.command->key_range.first == 1 &&
                   wire::arity_accepts(*next.command->spec, args.size());
    if (next.has_key) next.key = Key(args[1]);
    ++size_;
  }
  return Status::kCommand;
}

// Each pass goes one link of the chain further for all commands, so that their waits overlap.
void Batch::prefetch(const Database& database) const {
  if (size_ < 2) return;
  const Keyspace& keyspace = database.keyspace();
  if (keyspace.size() == 0) return;
  const auto for_each_table = [&](auto&& step) {
    for (size_t i = 0; i < size_; ++i) {
      const Pending& pending = pending_[i];
      if (!pending.has_key) continue;
      if (const SlotTable* const table = keyspace.table_of(pending.key.slot)) {
        step(*table, pending.key.hash);
      }
    }
  };
  for_each_table([](const SlotTable& table, uint64_t) { wire::prefetch(&table); });
  for_each_table(
      [](const SlotTable& table, uint64_t) { wire::prefetch(table.leaf_directory()); });
  for_each_table([](const SlotTable& table, uint64_t hash) { table.prefetch_leaf(hash); });
  for_each_table([](const SlotTable& table, uint64_t hash) { table.prefetch_entry(hash); });
}

void Batch::trim() {
  for (size_t i = 0; i < size_; ++i) {
    auto& args = pending_[i].request.args;
    if (args.capacity() > kUsualArguments) args = {};
    std::string& unquoted = pending_[i].request.unquoted;
    if (unquoted.capacity() > kUsualArguments) unquoted = {};
  }
}

}  // namespace slotway::backend

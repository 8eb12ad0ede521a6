#include "backend/batch.h"
namespace slotway::backend {

namespace {

constexpr size_t kUsualArguments = 1024;

}  // namespace

wire::RequestParser::Status Batch::parse(std::string_view input, wire::RequestParser& parser,
                                         const wire::RequestLimits& limits, size_t most) {
  using Status = wire::RequestParser::Status;
  size_ = 0;
  key_count_ = 0;
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
    const bool has_key = next.command && next.command->plain_keys &&
                         next.command->key_range.first == 1 &&
                         wire::arity_accepts(*next.command->spec, args.size());
    next.key = has_key ? &(keys_[key_count_++] = Key(args[1])) : nullptr;
    ++size_;
  }
  return Status::kCommand;
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

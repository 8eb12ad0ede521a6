#include "proxy/fanout/fan_out.h"

#include <algorithm>

#include "proxy/session.h"
#include "proxy/worker.h"

namespace slotway::proxy {

FanOut::FanOut(Worker& worker, Request& parent, size_t parts, Merge merge)
    : worker_(worker),
      parent_(&parent),
      protocol_(parent.session->protocol()),
      merge_(std::move(merge)),
      waiting_(parts),
      parts_(parts) {
  parent.fan_out = this;
}

void FanOut::part_done(size_t index, ReplyView reply) {
  Part& part = parts_[index];
  if (reply.is_error()) {
    // "-CODE text\r\n": the code stays in front, the shard is named behind it.
    std::string_view text = reply.head();
    text = text.substr(1, text.size() - 3);
    const size_t space = std::min(text.find(' '), text.size());
    part.failed = true;
    part.refusal = text;
    if (error_.empty()) {
      error_ = std::string(text.substr(0, space)) + " ";
      if (part.source) error_ += part.source->label() + ":";
      error_ += text.substr(space);
    }
  } else if (parent_) {
    reply.store_in(part.reply, worker_.loop().pool());
    kept_ += reply.size();
    parent_->session->keep(reply.size(), kept_);
  }
  report();
}

void FanOut::part_failed(size_t index, std::string_view error) {
  parts_[index].failed = true;
  parts_[index].refusal = error;
  if (error_.empty()) error_ = error;
  report();
}

bool FanOut::all_refuse_alike() const {
  const std::string& first = parts_.front().refusal;
  return !first.empty() &&
         std::ranges::all_of(parts_, [&](const Part& part) { return part.refusal == first; });
}

void FanOut::report() {
  if (--waiting_ > 0) return;
  if (parent_) {
    parent_->session->release(kept_);
    wire::OutputBuffer& out = worker_.scratch();
    std::string problem;
    if (tolerant) {
      error_.clear();
    } else if (!by_name && all_refuse_alike()) {
      error_ = parts_.front().refusal;
    }
    if (error_.empty() && !merge_(*this, out, problem)) error_ = "ERR " + problem;
    parent_->fan_out = nullptr;
    if (!error_.empty()) {
      out.clear();
      worker_.deliver_error(parent_, error_);
    } else {
      parent_->session->answer_scratch(parent_);
    }
  }
  delete this;
}

void push_part(FanOut& fan_out, size_t index, Upstream& upstream, const wire::Command& command,
               NamedKeys keys) {
  Worker& worker = fan_out.worker();
  fan_out.parts()[index].source = upstream.shard_reference();
  Request* const part = worker.requests().acquire(&command, worker.turn_ns());
  part->fan_out = &fan_out;
  part->part = static_cast<uint32_t>(index);
  part->held_ms = fan_out.parent() ? fan_out.parent()->held_ms : uint16_t{0};
  part->keys = std::move(keys);
  upstream.push(part);
}

}  // namespace slotway::proxy

// FanOut: one command answered by several parts, which may be replies of shards or of workers.
//
// The session's queue holds the parent request; each part reports here, in any order, and the last
// one has the replies merged and the parent answered. It frees itself after that. If the client
// goes meanwhile, the parts are still awaited and dropped. One worker thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/reply_view.h"
#include "proxy/request.h"
#include "proxy/topology.h"
#include "wire/output_buffer.h"

namespace slotway::proxy {

class Upstream;
class Worker;

struct Part {
  std::shared_ptr<const Shard> source;  // where the part went; null if not to a shard
  StoredReply reply;
  bool failed = false;
  std::string refusal = {};  // why: "CODE text"
};

class FanOut {
 public:
  // Writes the merged reply of all `parts`, none of which failed; false, with `error` set, if the
  // parts' replies do not fit together.
  using Merge = std::function<bool(FanOut& fan_out, wire::OutputBuffer& out, std::string& error)>;

  // `parent` is in its session's queue. It answers once `parts` parts have reported.
  FanOut(Worker& worker, Request& parent, size_t parts, Merge merge);

  std::vector<Part>& parts() { return parts_; }
  Worker& worker() { return worker_; }
  const Request* parent() const { return parent_; }
  // RESP version of the reply.
  int protocol() const { return protocol_; }

  // The reply of part `index` was read, in one piece; an error reply makes the whole fail. What all
  // parts say alike is passed on as it is; otherwise the error names the shard.
  void part_done(size_t index, ReplyView reply);
  // The part will have no reply. `error` is "CODE text" and names the shard.
  void part_failed(size_t index, std::string_view error);
  // The client is gone.
  void detach() { parent_ = nullptr; }

  bool tolerant = false;  // failed parts are left to the merge function
  bool by_name = false;   // errors name the shard even if all parts say the same

 private:
  void report();
  bool all_refuse_alike() const;

  Worker& worker_;
  Request* parent_;
  const int protocol_;
  Merge merge_;
  size_t waiting_;
  size_t kept_ = 0;    // bytes of the parts, which the parent's session knows of
  std::string error_;  // of the first part that failed
  std::vector<Part> parts_;
};

// Queues part `index`, whose bytes were just written to the upstream's output.
void push_part(FanOut& fan_out, size_t index, Upstream& upstream, const wire::Command& command,
               NamedKeys keys = {});

}  // namespace slotway::proxy

#include "proxy/request.h"

namespace slotway::proxy {

RequestPool::~RequestPool() {
  while (free_) {
    Request* next = free_->next_in_session;
    delete free_;
    free_ = next;
  }
}

Request* RequestPool::acquire(const wire::Command* command, uint64_t started_ns) {
  Request* request = free_;
  if (request) {
    free_ = request->next_in_session;
    --idle_;
  } else {
    request = new Request;
  }
  request->session = nullptr;
  request->fan_out = nullptr;
  request->command = command;
  request->started_ns = started_ns;
  request->in_upstream = request->settled = request->answered = request->silent = false;
  return request;
}

void RequestPool::release(Request* request) {
  request->reply.clear();
  if (idle_ == kMaxIdle) {
    delete request;
    return;
  }
  request->next_in_session = free_;
  free_ = request;
  ++idle_;
}

}  // namespace slotway::proxy

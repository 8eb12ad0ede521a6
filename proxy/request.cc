#include "proxy/request.h"

namespace slotway::proxy {

void RequestPool::shrink() {
  for (; fewest_idle_ > 0; --fewest_idle_) {
    Request* const request = free_;
    free_ = request->next_in_session;
    --idle_;
    delete request;
  }
  fewest_idle_ = idle_;
}

RequestPool::~RequestPool() {
  for (int i = 0; i < 2; ++i) shrink();  // the first finds what was needed, the second all
}

}  // namespace slotway::proxy

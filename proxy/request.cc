#include "proxy/request.h"

namespace slotway::proxy {

RequestPool::~RequestPool() {
  while (free_) {
    Request* next = free_->next_in_session;
    delete free_;
    free_ = next;
  }
}

}  // namespace slotway::proxy

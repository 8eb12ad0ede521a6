#include "wire/loop.h"

#include <cstdlib>

#include "wire/connection.h"

namespace slotway::wire {

Loop::Loop() {
  // libuv fails here only when the process is out of descriptors before it serves anyone.
  if (uv_loop_init(&loop_) != 0) std::abort();
  loop_.data = this;
  uv_prepare_init(&loop_, &prepare_);
  prepare_.data = this;
  uv_prepare_start(&prepare_,
                   [](uv_prepare_t* handle) { static_cast<Loop*>(handle->data)->flush_pending(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
  uv_idle_init(&loop_, &awake_);
  uv_async_init(&loop_, &wake_,
                [](uv_async_t* handle) { static_cast<Loop*>(handle->data)->run_tasks(); });
  wake_.data = this;
}

Loop::~Loop() {
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&awake_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
  // Waits for what cannot be cancelled: a name that is being resolved.
  uv_run(&loop_, UV_RUN_DEFAULT);
  if (uv_loop_close(&loop_) != 0) std::abort();  // a handle outlived its loop
}

void Loop::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

void Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  uv_async_send(&wake_);
}

void Loop::run_tasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (auto& task : tasks) task();
}

void Loop::postpone(Connection* connection) {
  postponed_.push_back(connection);
  uv_idle_start(&awake_, [](uv_idle_t*) {});
}

void Loop::flush_pending() {
  writing_since_ns_ = 0;
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&awake_))) {
    pending_.insert(pending_.end(), postponed_.begin(), postponed_.end());
    postponed_.clear();
    uv_idle_stop(&awake_);
  }
  // Writing may produce more: a session that resumes forwards commands to upstreams.
  while (!pending_.empty()) {
    flushing_.swap(pending_);
    for (Connection* connection : flushing_) {
      if (connection) connection->turn();  // null: closed meanwhile
    }
    flushing_.clear();
  }
  ++turns_;
}

const BlockRef& Loop::read_block() {
  if (!read_block_ || read_block_.shared()) {
    read_block_ = pool_.acquire(BlockPool::kCapacities.back());
  }
  return read_block_;
}

}  // namespace slotway::wire

#include "proxy/request.h"

#include <doctest/doctest.h>

#include <vector>

namespace slotway::proxy {

TEST_CASE("both queues keep their own order of the same requests") {
  RequestPool pool;
  SessionQueue session;
  UpstreamQueue upstream;
  std::vector<Request*> requests;
  for (int i = 0; i < 3; ++i) requests.push_back(pool.acquire(nullptr, 0));
  for (Request* request : requests) session.push(request);
  for (const int i : {2, 0, 1}) upstream.push(requests[static_cast<size_t>(i)]);
  CHECK(session.size() == 3);
  for (const size_t i : {0u, 1u, 2u}) CHECK(session.pop() == requests[i]);
  for (const size_t i : {2u, 0u, 1u}) CHECK(upstream.pop() == requests[i]);
  CHECK(session.empty());
  CHECK(upstream.empty());
  for (Request* request : requests) pool.release_if_done(request);
}

TEST_CASE("a request is freed when it is in neither queue, and used again clean") {
  RequestPool pool;
  Request* const request = pool.acquire(nullptr, 1);
  request->in_upstream = true;
  pool.release_if_done(request);
  Request* const other = pool.acquire(nullptr, 2);
  CHECK(other != request);
  request->in_upstream = false;
  request->settled = request->answered = request->silent = true;
  wire::BlockPool blocks;
  request->reply.append(blocks, "+OK\r\n");
  pool.release_if_done(request);
  Request* const again = pool.acquire(nullptr, 3);
  CHECK(again == request);
  CHECK(again->reply.empty());
  CHECK_FALSE(again->settled);
  CHECK_FALSE(again->answered);
  CHECK_FALSE(again->silent);
  pool.release_if_done(other);
  pool.release_if_done(again);
}

TEST_CASE("idle requests that nobody needs are freed") {
  RequestPool pool;
  const auto use = [&pool](size_t count) {
    std::vector<Request*> requests;
    for (size_t i = 0; i < count; ++i) requests.push_back(pool.acquire(nullptr, 0));
    for (Request* request : requests) pool.release_if_done(request);
  };
  use(10);
  pool.shrink();
  use(4);
  CHECK(pool.idle() == 10);
  pool.shrink();
  CHECK(pool.idle() == 4);
  pool.shrink();
  CHECK(pool.idle() == 0);
}

}  // namespace slotway::proxy

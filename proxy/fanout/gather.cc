#include "proxy/fanout/gather.h"

#include "proxy/server.h"
#include "proxy/worker.h"

namespace slotway::proxy {

void gather(Session& session, const wire::Command& command,
            const std::function<std::string(Worker&)>& ask, FanOut::Merge merge) {
  Worker& origin = session.worker();
  const auto& workers = origin.server().workers();
  auto* const fan_out =
      new FanOut(origin, *session.expect_reply(&command), workers.size(), std::move(merge));
  for (size_t i = 0; i < workers.size(); ++i) {
    Worker* const worker = workers[i].get();
    worker->loop().post([=, &origin] {
      origin.loop().post([fan_out, i, answer = ask(*worker)] {
        fan_out->part_done(i, ReplyView(std::string_view(answer)));
      });
    });
  }
}

}  // namespace slotway::proxy

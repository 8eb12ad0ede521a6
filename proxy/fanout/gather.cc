#include "proxy/fanout/gather.h"

namespace slotway::proxy {

void gather(Session& session, const wire::Command& command,
            const std::function<std::string(Worker&)>& ask, FanOut::Merge merge) {
  Worker& origin = session.worker();
  auto* const fan_out = new FanOut(origin, *session.expect_reply(&command),
                                   origin.server().workers().size(), std::move(merge));
  ask_workers(
      origin, [ask](Worker& worker) { return std::optional(ask(worker)); },
      [fan_out](const std::vector<std::string>& answers) {
        for (size_t i = 0; i < answers.size(); ++i) {
          fan_out->part_done(i, ReplyView(std::string_view(answers[i])));
        }
      });
}

}  // namespace slotway::proxy

#include "proxy/fanout/gather.h"

#include "proxy/fanout/reply_cursor.h"
#include "proxy/server.h"
#include "proxy/worker.h"
#include "wire/reply_writer.h"

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

bool merge_texts(FanOut& fan_out, wire::OutputBuffer& out, std::string& error) {
  std::string text;
  for (Part& part : fan_out.parts()) {
    const auto piece = ReplyCursor(part.reply.contiguous(out.pool())).string();
    if (!piece) {
      error = "a worker gave no text";
      return false;
    }
    text += *piece;
  }
  wire::ReplyWriter(out, fan_out.protocol()).verbatim("txt", text);
  return true;
}

}  // namespace slotway::proxy

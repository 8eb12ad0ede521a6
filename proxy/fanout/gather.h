// Questions that every worker has to answer a part of: CLIENT LIST, CLIENT KILL.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxy/fanout/fan_out.h"
#include "proxy/server.h"
#include "proxy/session.h"
#include "proxy/worker.h"

namespace slotway::proxy {

// Has every worker run `ask(Worker&)` on its own thread, again at each tick while it gives nullopt.
// Once all have given something, `go_on(answers)` runs on the thread of `origin`; answer i is that
// of worker i.
template <typename Ask, typename GoOn>
void ask_workers(Worker& origin, Ask ask, GoOn go_on) {
  using Answer = typename std::invoke_result_t<Ask, Worker&>::value_type;
  struct Round {  // touched by the thread of `origin` only
    GoOn go_on;
    std::vector<Answer> answers;
    size_t left;
  };
  const auto& workers = origin.server().workers();
  const auto round = std::make_shared<Round>(
      Round{std::move(go_on), std::vector<Answer>(workers.size()), workers.size()});
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i]->loop().post([=, &origin, worker = workers[i].get()] {
      worker->try_until_done([=, &origin] {
        std::optional<Answer> answer = ask(*worker);
        if (!answer) return false;
        origin.loop().post([&origin, round, i, answer = std::move(*answer)]() mutable {
          origin.read_clock();
          round->answers[i] = std::move(answer);
          if (--round->left == 0) round->go_on(round->answers);
        });
        return true;
      });
    });
  }
}

// Has every worker run `ask` on its own thread; `merge` makes one reply of the RESP replies that
// they give, part i being worker i's. Answers `command` in its turn.
void gather(Session& session, const wire::Command& command,
            const std::function<std::string(Worker&)>& ask, FanOut::Merge merge);

}  // namespace slotway::proxy

#include "proxy/transactions/queued_commands.h"

#include <string>

namespace slotway::proxy {

namespace {

// One after the other; they were parsed before: nothing else comes.
class Requests {
 public:
  explicit Requests(std::string_view bytes) : rest_(bytes) {}

  bool next() {
    size_t taken = 0;
    if (rest_.empty() ||
        parser_.parse(rest_, {}, request_, taken) != wire::RequestParser::Status::kCommand) {
      return false;
    }
    rest_.remove_prefix(taken);
    return true;
  }
  wire::Args args() const { return request_.args; }

 private:
  std::string_view rest_;
  wire::RequestParser parser_;
  wire::Request request_;
};

}  // namespace

void for_each_queued(const Transaction& transaction,
                     const std::function<void(const wire::Command&, wire::Args)>& visit) {
  const auto show = [&visit](const Requests& requests) {
    const wire::Command* const command = wire::find_command(requests.args());
    if (command) visit(*command, requests.args());
  };
  std::string bytes;
  for (const wire::BlockRange& range : transaction.bytes().ranges()) bytes += range.view();
  Requests at_shard(bytes);
  auto here = transaction.here().begin();
  for (size_t i = 0; i < transaction.size(); ++i) {
    const bool is_here = here != transaction.here().end() && here->index == i;
    if ((!is_here || here->is_at_shard) && at_shard.next()) show(at_shard);
    if (is_here && !here->is_at_shard) {
      Requests single(here->request);
      if (single.next()) show(single);
    }
    if (is_here) ++here;
  }
}

}  // namespace slotway::proxy

#include "tests/e2e/reconnecting_clients.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <stdexcept>

#include "tests/support/resp_value.h"

namespace slotway::tests {

class ReconnectingClients::Client {
 public:
  Client(const std::atomic<bool>& stop, Connect connect, const Habit& habit, std::string key)
      : stop_(stop), connect_(std::move(connect)), habit_(habit), key_(std::move(key)) {}

  void run() {
    while (!stop_) {
      try {
        talk();
      } catch (const std::exception& error) {
        failures.push_back(key_ + ": " + error.what() + " with " + std::to_string(owed_.size()) +
                           " requests unanswered");
        last_.reset();
      }
    }
  }

  std::atomic<uint64_t> replies{0};
  std::atomic<uint64_t> connections{0};
  std::vector<std::string> failures;  // to be read behind run()

 private:
  // One connection from begin to end.
  void talk() {
    owed_.clear();
    input_.clear();
    scanner_ = {};
    refused_ = false;
    Socket socket = connect_();
    ++connections;
    while (true) {
      bool ended = false;
      while (!ended && socket.readable(milliseconds(0))) ended = socket.receive(input_) == 0;
      check_replies();
      if (ended) {
        if (!owed_.empty()) throw std::runtime_error("the connection ended");
        return;
      }
      if (stop_ && owed_.empty()) return;
      const bool may_send = habit_.waits_for_all ? owed_.empty() : owed_.size() < habit_.depth;
      if (may_send && !refused_ && !stop_) {
        if (owed_.empty() && habit_.pause.count() > 0) {
          if (socket.readable(habit_.pause)) continue;
        }
        ask(socket);
      } else if (!socket.readable(kLong)) {
        throw std::runtime_error("nothing received");
      }
    }
  }

  void ask(Socket& socket) {
    std::string bytes;
    std::deque<std::string> asked;
    while (owed_.size() + asked.size() < habit_.depth) {
      if (++said_ % 2 == 0) {
        bytes += encode_request({"INCR", key_});
        asked.emplace_back();
      } else {
        std::string word = std::to_string(said_);
        word.resize(std::max(word.size(), habit_.argument_size), '.');
        bytes += encode_request({"ECHO", word});
        asked.push_back(std::move(word));
      }
    }
    size_t sent = 0;
    try {
      sent = socket.send_some(bytes);
    } catch (const std::runtime_error&) {
      // Not a byte of it was taken: nothing is lost. What is owed may still come.
      refused_ = true;
      if (!socket.readable(kLong)) throw;
      return;
    }
    owed_.insert(owed_.end(), asked.begin(), asked.end());
    socket.send(std::string_view(bytes).substr(sent));
  }

  void check_replies() {
    size_t taken = 0;
    while (taken < input_.size() && scanner_.scan(std::string_view(input_).substr(taken))) {
      std::string_view bytes = std::string_view(input_).substr(taken, scanner_.size());
      taken += scanner_.size();
      const RespValue reply = *take_value(bytes);
      if (owed_.empty()) throw std::runtime_error("a reply to nothing: " + reply.to_string());
      const std::string word = owed_.front();
      owed_.pop_front();
      if (word.empty()) {
        if (reply.type != ':' || (last_ && reply.integer() != *last_ + 1)) {
          throw std::runtime_error("INCR: " + reply.to_string());
        }
        last_ = reply.integer();
      } else if (reply.text != word) {
        throw std::runtime_error("ECHO " + word + ": " + reply.to_string());
      }
      ++replies;
    }
    input_.erase(0, taken);
  }

  const std::atomic<bool>& stop_;
  const Connect connect_;
  const Habit habit_;
  const std::string key_;
  uint64_t said_ = 0;
  std::deque<std::string> owed_;  // the word of each ECHO, nothing for an INCR
  std::optional<int64_t> last_ = 0;
  bool refused_ = false;  // the server takes no more bytes of this connection
  std::string input_;
  ReplyScanner scanner_;
};

ReconnectingClients::ReconnectingClients(Connect connect, const std::vector<Habit>& habits) {
  for (size_t i = 0; i < habits.size(); ++i) {
    clients_.push_back(
        std::make_unique<Client>(stop_, connect, habits[i], "client:" + std::to_string(i)));
  }
  for (const auto& client : clients_) {
    threads_.push_back(std::async(std::launch::async, [&client = *client] { client.run(); }));
  }
}

ReconnectingClients::~ReconnectingClients() { stop_ = true; }

bool ReconnectingClients::go_on(uint64_t count) {
  std::vector<uint64_t> wanted;
  for (const auto& client : clients_) wanted.push_back(client->replies + count);
  return eventually([&] {
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (clients_[i]->replies < wanted[i]) return false;
    }
    return true;
  });
}

uint64_t ReconnectingClients::fewest_connections() const {
  uint64_t fewest = clients_.front()->connections;
  for (const auto& client : clients_) fewest = std::min<uint64_t>(fewest, client->connections);
  return fewest;
}

std::vector<std::string> ReconnectingClients::finish() {
  stop_ = true;
  for (auto& thread : threads_) thread.wait();
  std::vector<std::string> all;
  for (const auto& client : clients_) {
    all.insert(all.end(), client->failures.begin(), client->failures.end());
  }
  return all;
}

}  // namespace slotway::tests

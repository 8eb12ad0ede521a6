// The connections of clients, those that matter first: who does not take its replies, who waits for
// some, who moves the most bytes. All are looked at, and those that are shown described.

#include <algorithm>
#include <functional>
#include <tuple>

#include "proxy/api/answers.h"
#include "proxy/api/ask_workers.h"
#include "proxy/session.h"
#include "wire/utf8.h"

namespace slotway::proxy::api {

namespace {

// Sessions that a worker looks at before it serves its clients again, and those of them that it
// describes, a few microseconds each.
constexpr size_t kSeen = 250;
constexpr size_t kDescribed = 16;

// What the order goes by.
struct Rank {
  size_t output_bytes;
  size_t pending;
  uint64_t traffic;  // bytes in and out since it came
  uint64_t id;

  // Whether it comes before the other; the older of those that are alike.
  bool operator<(const Rank& other) const {
    return std::tie(other.output_bytes, other.pending, other.traffic, id) <
           std::tie(output_bytes, pending, traffic, other.id);
  }
};

Rank rank_of(const Session& session) {
  const wire::Connection& connection = session.connection();
  return {connection.out().size() + session.early_bytes(), session.pending(),
          connection.bytes_read() + connection.bytes_written(), session.id()};
}

struct Client {
  Rank rank;
  std::string address;
  std::string name;
  std::string pool;
  std::string user;
  int database;
  int protocol;
  uint64_t age_seconds;
  uint64_t idle_seconds;
  uint64_t bytes_in;
  uint64_t bytes_out;
  std::string last_command;
};

Client describe(const Session& session, uint64_t now_ms) {
  const wire::Connection& connection = session.connection();
  const uint64_t last_ms = std::max(connection.last_read_ms(), connection.last_write_ms());
  return {.rank = rank_of(session),
          .address = connection.peer_name(),
          .name = session.names().name,
          .pool = session.pool().settings().name,
          .user = std::string(session.user()),
          .database = session.database(),
          .protocol = session.protocol(),
          .age_seconds = (now_ms - session.created_ms()) / 1000,
          .idle_seconds = (now_ms - last_ms) / 1000,
          .bytes_in = connection.bytes_read(),
          .bytes_out = connection.bytes_written(),
          .last_command = session.last_command ? session.last_command->full_name : ""};
}

// What a worker has found so far.
struct Listed {
  uint64_t next_id = 0;          // of the sessions that are still to be looked at
  bool has_seen_all = false;     // `first` is complete, and in order
  std::vector<Rank> first = {};  // until then a heap, the last of them at its front
  size_t described = 0;          // of these
  std::vector<Client> clients = {};
};

// The next few of a worker's sessions; `first` keeps at most `most` of them.
void look_at_some(Worker& worker, Listed& listed, const std::string& pool, size_t most) {
  auto at = worker.sessions().lower_bound(listed.next_id);
  for (size_t seen = 0; at != worker.sessions().end() && seen < kSeen; ++at, ++seen) {
    const Session& session = *at->second;
    if (session.connection().closing()) continue;
    if (!pool.empty() && session.pool().settings().name != pool) continue;
    const Rank rank = rank_of(session);
    if (listed.first.size() == most) {
      if (!(rank < listed.first.front())) continue;
      std::ranges::pop_heap(listed.first, std::less());
      listed.first.pop_back();
    }
    listed.first.push_back(rank);
    std::ranges::push_heap(listed.first, std::less());
  }
  listed.has_seen_all = at == worker.sessions().end();
  if (!listed.has_seen_all) {
    listed.next_id = at->first;
  } else {
    std::ranges::sort_heap(listed.first, std::less());
  }
}

// True: there are no more to describe.
bool describe_some(Worker& worker, Listed& listed) {
  const size_t until = std::min(listed.first.size(), listed.described + kDescribed);
  for (; listed.described < until; ++listed.described) {
    const auto at = worker.sessions().find(listed.first[listed.described].id);
    if (at == worker.sessions().end()) continue;  // it has gone meanwhile
    listed.clients.push_back(describe(*at->second, worker.loop().now_ms()));
  }
  return listed.described == listed.first.size();
}

bool list_some(Worker& worker, Listed& listed, const std::string& pool, size_t most) {
  if (listed.has_seen_all) return describe_some(worker, listed);
  look_at_some(worker, listed, pool, most);
  return listed.has_seen_all && listed.first.empty();
}

Json row(const Client& client) {
  Json json;
  json["id"] = client.rank.id;
  json["address"] = wire::as_utf8(client.address);
  json["name"] = wire::as_utf8(client.name);
  json["pool"] = client.pool;
  json["user"] = wire::as_utf8(client.user);
  json["database"] = client.database;
  json["protocol"] = client.protocol;
  json["age_seconds"] = client.age_seconds;
  json["idle_seconds"] = client.idle_seconds;
  json["pending"] = client.rank.pending;
  json["output_bytes"] = client.rank.output_bytes;
  json["bytes_in"] = client.bytes_in;
  json["bytes_out"] = client.bytes_out;
  json["last_command"] = client.last_command;
  return json;
}

size_t total(const Question& question) {
  size_t sum = 0;
  for (size_t i = 0; i < question.config->pools.size(); ++i) {
    if (std::ranges::count(question.pools, &question.config->pools[i]) == 0) continue;
    for (const auto& worker : question.server.workers()) sum += worker->clients(i);
  }
  return sum;
}

}  // namespace

HttpResponse clients(const Question& question) {
  const std::string* const pool = question.find("pool");
  auto answers = ask_workers<Listed>(
      question.server,
      [pool = pool ? *pool : std::string(), most = question.count](Worker& worker, Listed& listed) {
        return list_some(worker, listed, pool, most);
      });
  if (!answers) return error(503, kNotAnswered);
  std::vector<Client> clients;
  for (Listed& listed : *answers) {
    std::ranges::move(listed.clients, std::back_inserter(clients));
  }
  std::ranges::sort(clients, std::less(), &Client::rank);
  if (clients.size() > question.count) clients.resize(question.count);
  Json json;
  json["total"] = total(question);
  json["clients"] = Json::array();
  for (const Client& client : clients) json["clients"].push_back(row(client));
  return json_response(json);
}

}  // namespace slotway::proxy::api

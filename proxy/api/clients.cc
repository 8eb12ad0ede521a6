#include <algorithm>

#include "proxy/api/answers.h"
#include "proxy/api/ask_workers.h"
#include "proxy/session.h"
#include "wire/utf8.h"

namespace slotway::proxy::api {

namespace {

// Sessions that a worker looks at before it serves its clients again, and those of them that it
// describes, a few microseconds each.
constexpr size_t kSeen = 500;
constexpr size_t kDescribed = 16;

struct Client {
  uint64_t id;
  std::string address;
  std::string name;
  std::string pool;
  std::string user;
  int database;
  int protocol;
  uint64_t age_seconds;
  uint64_t idle_seconds;
  size_t pending;
  size_t output_bytes;
  uint64_t bytes_in;
  uint64_t bytes_out;
  std::string last_command;
};

Client describe(const Session& session, uint64_t now_ms) {
  const wire::Connection& connection = session.connection();
  const uint64_t last_ms = std::max(connection.last_read_ms(), connection.last_write_ms());
  return {.id = session.id(),
          .address = connection.peer_name(),
          .name = session.names().name,
          .pool = session.pool().settings().name,
          .user = std::string(session.user()),
          .database = session.database(),
          .protocol = session.protocol(),
          .age_seconds = (now_ms - session.created_ms()) / 1000,
          .idle_seconds = (now_ms - last_ms) / 1000,
          .pending = session.pending(),
          .output_bytes = connection.out().size() + session.early_bytes(),
          .bytes_in = connection.bytes_read(),
          .bytes_out = connection.bytes_written(),
          .last_command = session.last_command ? session.last_command->full_name : ""};
}

struct Listed {
  uint64_t next_id = 0;
  std::vector<Client> clients = {};  // by id
};

// The next few of a worker; true: there are no more, or enough.
bool list_some(Worker& worker, Listed& listed, const std::string& pool, size_t most) {
  const size_t until = std::min(most, listed.clients.size() + kDescribed);
  auto at = worker.sessions().lower_bound(listed.next_id);
  for (size_t seen = 0; at != worker.sessions().end() && seen < kSeen; ++at, ++seen) {
    if (listed.clients.size() == until) break;
    const Session& session = *at->second;
    if (session.connection().closing()) continue;
    if (!pool.empty() && session.pool().settings().name != pool) continue;
    listed.clients.push_back(describe(session, worker.loop().now_ms()));
  }
  if (at == worker.sessions().end() || listed.clients.size() >= most) return true;
  listed.next_id = at->first;
  return false;
}

Json row(const Client& client) {
  Json json;
  json["id"] = client.id;
  json["address"] = wire::as_utf8(client.address);
  json["name"] = wire::as_utf8(client.name);
  json["pool"] = client.pool;
  json["user"] = wire::as_utf8(client.user);
  json["database"] = client.database;
  json["protocol"] = client.protocol;
  json["age_seconds"] = client.age_seconds;
  json["idle_seconds"] = client.idle_seconds;
  json["pending"] = client.pending;
  json["output_bytes"] = client.output_bytes;
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

// Those with the lowest ids, which are the oldest.
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
  std::ranges::sort(clients, {}, &Client::id);
  if (clients.size() > question.count) clients.resize(question.count);
  Json json;
  json["total"] = total(question);
  json["clients"] = Json::array();
  for (const Client& client : clients) json["clients"].push_back(row(client));
  return json_response(json);
}

}  // namespace slotway::proxy::api

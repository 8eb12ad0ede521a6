// The sections of INFO, and parts of them, that the proxy knows by itself.
#pragma once

#include "proxy/local/shard_info.h"
#include "proxy/server.h"
#include "proxy/session.h"

namespace slotway::proxy {

void add_server_info(Session& session, wire::InfoText& text);
void add_cpu_info(wire::InfoText& text);
void add_command_stats(const Server& server, const ShardInfo& shards, wire::InfoText& text);
void add_latency_stats(const Server& server, wire::InfoText& text);
void add_shards_info(const Server& server, const Pool& pool, wire::InfoText& text);

// What stands in place of the shards' word.
ShardInfo::Own own_clients(Session& session);
ShardInfo::Own own_stats(const Server& server);

// Of the worker's clients of the pool: a section "Clients", as ShardInfo reads it.
std::string worker_clients(const Worker& worker, const Pool& pool);

}  // namespace slotway::proxy

#include "proxy/local/shard_info.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

ShardInfo of(const std::vector<std::string>& texts) {
  ShardInfo info;
  for (const std::string& text : texts) info.add(text);
  return info;
}

std::string section(const std::vector<std::string>& texts, std::string_view title,
                    const ShardInfo::Own& own = {}) {
  wire::InfoText text;
  of(texts).write(title, own, text);
  return text.take();
}

}  // namespace

TEST_CASE("counts are added up, and what people read is written anew") {
  CHECK(section({"# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\nmaxmemory:0\r\n"
                 "maxmemory_human:0B\r\n",
                 "# Memory\r\nused_memory:524288\r\nused_memory_human:512.00K\r\nmaxmemory:0\r\n"
                 "maxmemory_human:0B\r\n"},
                "Memory") ==
        "# Memory\r\nused_memory:1572864\r\nused_memory_human:1.50M\r\nmaxmemory:0\r\n"
        "maxmemory_human:0B\r\n");
}

TEST_CASE("ratios are averaged, rates added up") {
  CHECK(section({"# S\r\nfrag_ratio:1.00\r\nperc:50.00%\r\nin_kbps:1.25\r\n",
                 "# S\r\nfrag_ratio:2.50\r\nperc:100.00%\r\nin_kbps:2.50\r\n"},
                "S") == "# S\r\nfrag_ratio:1.75\r\nperc:75.00%\r\nin_kbps:3.75\r\n");
}

TEST_CASE("states are the largest of any shard, the last snapshot is the oldest") {
  CHECK(section({"# P\r\nrdb_bgsave_in_progress:0\r\nloading:1\r\nrdb_last_save_time:20\r\n"
                 "rdb_last_bgsave_time_sec:-1\r\n",
                 "# P\r\nrdb_bgsave_in_progress:1\r\nloading:0\r\nrdb_last_save_time:10\r\n"
                 "rdb_last_bgsave_time_sec:3\r\n"},
                "P") ==
        "# P\r\nrdb_bgsave_in_progress:1\r\nloading:1\r\nrdb_last_save_time:10\r\n"
        "rdb_last_bgsave_time_sec:3\r\n");
}

TEST_CASE("a sum that does not fit stays the largest number, whatever a shard says") {
  const std::string most = "9223372036854775807";
  const std::string least = "-9223372036854775808";
  const ShardInfo info = of(
      {"# S\r\nkeys:" + most + "\r\nlow:" + least + "\r\n# Errorstats\r\nerrorstat_ERR:count=" +
           most + "\r\n# Commandstats\r\ncmdstat_get:calls=" + most + ",usec=" + most +
           ",usec_per_call=1.00,rejected_calls=" + most + ",failed_calls=" + most +
           "\r\n# Keyspace\r\ndb0:keys=" + most + ",expires=" + most + ",avg_ttl=" + most + "\r\n",
       "# S\r\nkeys:1\r\nlow:-1\r\n# Errorstats\r\nerrorstat_ERR:count=1\r\n"
       "# Commandstats\r\ncmdstat_get:calls=1,usec=1,usec_per_call=1.00,rejected_calls=1,"
       "failed_calls=1\r\n# Keyspace\r\ndb0:keys=1,expires=1,avg_ttl=" +
           most + "\r\n"});
  wire::InfoText text;
  info.write("S", {}, text);
  info.write_counts("Errorstats", text);
  info.write_keyspace(text);
  CHECK(text.take() == "# S\r\nkeys:" + most + "\r\nlow:" + least +
                           "\r\n\r\n# Errorstats\r\nerrorstat_ERR:count=" + most +
                           "\r\n\r\n# Keyspace\r\ndb0:keys=" + most + ",expires=" + most +
                           ",avg_ttl=" + most + "\r\n");
  CHECK(info.calls("cmdstat_get") == "calls=" + most + ",usec=" + most +
                                         ",usec_per_call=1.00,rejected_calls=" + most +
                                         ",failed_calls=" + most);
}

TEST_CASE("words are joined where they differ, and what failed is not hidden") {
  CHECK(section({"# P\r\npolicy:noeviction\r\nstatus:ok\r\nlast:ok\r\n",
                 "# P\r\npolicy:allkeys-lru\r\nstatus:ok\r\nlast:err\r\n",
                 "# P\r\npolicy:noeviction\r\nstatus:ok\r\nlast:ok\r\n"},
                "P") == "# P\r\npolicy:noeviction,allkeys-lru\r\nstatus:ok\r\nlast:err\r\n");
}

TEST_CASE("what the proxy says itself replaces the shards' word, and comes without any shard") {
  const ShardInfo::Own own = {{"commands", "7"}, {"clients", "2"}};
  CHECK(section({"# Stats\r\nkeys:1\r\ncommands:5\r\n", "# Stats\r\nkeys:1\r\ncommands:6\r\n"},
                "Stats", own) == "# Stats\r\nclients:2\r\nkeys:2\r\ncommands:7\r\n");
  CHECK(section({}, "Stats", own) == "# Stats\r\ncommands:7\r\nclients:2\r\n");
}

TEST_CASE("replicas of single shards are left out, modules and errors gathered") {
  CHECK(section({"# Replication\r\nconnected_slaves:2\r\nslave0:ip=a\r\n",
                 "# Replication\r\nconnected_slaves:1\r\nslave0:ip=b\r\n"},
                "Replication",
                {{"role", "master"}}) == "# Replication\r\nrole:master\r\nconnected_slaves:1\r\n");
  const ShardInfo info =
      of({"# Modules\r\nmodule:name=a\r\nmodule:name=b\r\n"
          "# Errorstats\r\nerrorstat_ERR:count=2\r\n",
          "# Modules\r\nmodule:name=a\r\n"
          "# Errorstats\r\nerrorstat_ERR:count=3\r\nerrorstat_OOM:count=1\r\n"});
  wire::InfoText text;
  info.write_lines("Modules", text);
  info.write_counts("Errorstats", text);
  CHECK(text.take() ==
        "# Modules\r\nmodule:name=a\r\nmodule:name=b\r\n\r\n"
        "# Errorstats\r\nerrorstat_ERR:count=5\r\nerrorstat_OOM:count=1\r\n");
}

TEST_CASE("each database is the sum of the shards'") {
  wire::InfoText text;
  of({"# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=100\r\ndb10:keys=1,expires=0,avg_ttl=0\r\n",
      "# Keyspace\r\ndb0:keys=4,expires=3,avg_ttl=500\r\ndb2:keys=5,expires=0,avg_ttl=0\r\n"})
      .write_keyspace(text);
  CHECK(text.take() ==
        "# Keyspace\r\ndb0:keys=7,expires=4,avg_ttl=400\r\n"
        "db2:keys=5,expires=0,avg_ttl=0\r\ndb10:keys=1,expires=0,avg_ttl=0\r\n");
}

TEST_CASE("text that is no INFO is passed over") {
  CHECK(section({"", "\r\n\r\n", "x", "a:1\r\n# S", "# S\r\nnothing\r\n:\r\n#\r\n"}, "S") ==
        "# S\r\n:\r\n");
  CHECK(section({"# S\r\nn:9223372036854775807\r\n", "# S\r\nn:1\r\n"}, "S") ==
        "# S\r\nn:9223372036854775807\r\n");
}

}  // namespace slotway::proxy

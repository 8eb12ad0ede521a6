#include "proxy/trace.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "wire/command_table.h"

namespace slotway::proxy {

TEST_CASE("a trace is JSON of one line whatever clients call themselves and their keys") {
  const std::vector<std::string_view> args = {"get", "k"};
  ObservedRequest request;
  request.command = wire::find_command(args);
  REQUIRE(request.command != nullptr);
  request.key = "k\xff\n\"";
  request.client = std::string("unix:\0\xff\xfe", 8);
  request.shard = "a";
  request.request_bytes = 1;
  request.reply_bytes = 2;
  request.stage_ns(metrics::Stage::kShard) = 5'000'999;
  request.stage_ns(metrics::Stage::kWrite) = 1'000;
  const std::string text = trace_text(request, "main");
  CHECK(text.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["command"] == "get");
  CHECK(json["key"] == "k\\xff\\x0a\"");
  CHECK(json["pool"] == "main");
  CHECK(json["total_us"] == 5001);
  CHECK(json["stages_us"]["shard"] == 5000);
  CHECK(json["stages_us"]["write"] == 1);
}

}  // namespace slotway::proxy

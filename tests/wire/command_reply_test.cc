#include "wire/command_reply.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "tests/support/redis_server.h"
#include "tests/support/resp_client.h"

namespace slotway::wire {

using tests::RespValue;

namespace {

using Words = std::vector<std::string>;

// Of all rows, those that Redis 7.0 has.
bool is_redis_7_0(const Command& command) {
  return command.full_name != "client|setinfo" && !command.full_name.starts_with("hotkeys");
}

// What COMMAND answers here; every call is one of the COMMAND family.
RespValue ours(const Words& call, int version, const SupportedCommand& supported = is_redis_7_0) {
  BlockPool pool;
  OutputBuffer out(pool);
  ReplyWriter writer(out, version);
  const std::vector<std::string_view> args(call.begin(), call.end());
  const Command* command = find_command(Args(args));
  REQUIRE(command != nullptr);
  write_command_reply(*command, args, supported, writer);
  std::string bytes;
  for (const BlockRange& range : out.ranges()) bytes += range.view();
  std::string_view unread = bytes;
  std::optional<RespValue> value = tests::take_value(unread);
  REQUIRE(value.has_value());
  CHECK(unread.empty());
  return *std::move(value);
}

// Puts the entries of a map into the order of their keys: Redis keeps them in hash tables.
void sort_map(RespValue& map) {
  std::map<std::string, RespValue> entries;
  for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
    entries[map.items[i].text] = map.items[i + 1];
  }
  map.items.clear();
  for (auto& [key, value] : entries) {
    map.items.push_back({.type = '$', .text = key});
    map.items.push_back(value);
  }
}

void sort_infos(RespValue& array) {
  std::sort(array.items.begin(), array.items.end(), [](const RespValue& a, const RespValue& b) {
    if (a.null || b.null) return a.null < b.null;
    return a.items[0].text < b.items[0].text;
  });
}

void sort_texts(RespValue& list) {
  std::sort(list.items.begin(), list.items.end(),
            [](const RespValue& a, const RespValue& b) { return a.text < b.text; });
}

// Takes out of a COMMAND INFO entry what may differ: order, and the words of the notes.
void level_info(RespValue& info) {
  if (info.null) return;
  REQUIRE(info.items.size() == 10);
  sort_texts(info.items[7]);
  for (RespValue& spec : info.items[8].items) {
    if (spec.items[0].text == "notes") spec.items[1].text = "...";
  }
  for (RespValue& subcommand : info.items[9].items) level_info(subcommand);
  sort_infos(info.items[9]);
}

RespValue level_infos(RespValue infos) {
  for (RespValue& info : infos.items) level_info(info);
  sort_infos(infos);
  return infos;
}

// The expressions O(...) in a text, in order.
std::vector<std::string> complexity_terms(const std::string& text) {
  std::vector<std::string> terms;
  for (size_t begin = text.find("O("); begin != std::string::npos; begin = text.find("O(", begin)) {
    size_t end = begin + 1;
    int depth = 0;
    do {
      if (text[end] == '(') ++depth;
      if (text[end] == ')') --depth;
      ++end;
    } while (depth > 0 && end < text.size());
    terms.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return terms;
}

// Checks that ours says the same as theirs in its own words, and takes both out of the comparison.
void level_words(RespValue& our_docs, RespValue& their_docs) {
  const auto level = [](RespValue& docs, std::string_view field) {
    for (size_t i = 0; i + 1 < docs.items.size(); i += 2) {
      if (docs.items[i].text == field) docs.items[i + 1].text = "...";
    }
  };
  const RespValue* our_complexity = our_docs.find("complexity");
  const RespValue* their_complexity = their_docs.find("complexity");
  REQUIRE((our_complexity == nullptr) == (their_complexity == nullptr));
  if (our_complexity) {
    const auto our_terms = complexity_terms(our_complexity->text);
    const auto their_terms = complexity_terms(their_complexity->text);
    REQUIRE(our_terms.empty() == their_terms.empty());
    if (!our_terms.empty()) CHECK(our_terms[0] == their_terms[0]);
    for (const std::string& term : our_terms) {
      CHECK(std::count(their_terms.begin(), their_terms.end(), term) > 0);
    }
  }
  CHECK(our_docs.find("summary")->text != their_docs.find("summary")->text);
  for (RespValue* docs : {&our_docs, &their_docs}) {
    for (const auto field : {"summary", "complexity", "replaced_by"}) level(*docs, field);
    // Not part of our table.
    for (size_t i = 0; i + 1 < docs->items.size();) {
      const bool left_out = docs->items[i].text == "history" || docs->items[i].text == "arguments";
      const auto at = docs->items.begin() + static_cast<std::ptrdiff_t>(i);
      if (left_out) docs->items.erase(at, at + 2);
      if (!left_out) i += 2;
    }
  }
}

void compare_docs(RespValue our_map, RespValue their_map) {
  sort_map(our_map);
  sort_map(their_map);
  REQUIRE(our_map.items.size() == their_map.items.size());
  for (size_t i = 0; i + 1 < our_map.items.size(); i += 2) {
    INFO(our_map.items[i].text);
    RespValue& our_docs = our_map.items[i + 1];
    RespValue& their_docs = their_map.items[i + 1];
    level_words(our_docs, their_docs);
    if (const RespValue* subcommands = our_docs.find("subcommands")) {
      REQUIRE(their_docs.find("subcommands") != nullptr);
      CHECK(subcommands->type == their_docs.find("subcommands")->type);
      compare_docs(*subcommands, *their_docs.find("subcommands"));
      for (RespValue* docs : {&our_docs, &their_docs}) docs->items.back() = {};
    }
    CHECK(our_docs.to_string() == their_docs.to_string());
  }
}

}  // namespace

TEST_CASE("COMMAND and COMMAND INFO are those of redis-server 7.0.15, type by type") {
  tests::RedisServer server;
  for (const int version : {2, 3}) {
    tests::RespClient client(server.port(), version);
    for (const Words& call : {Words{"COMMAND"}, Words{"COMMAND", "INFO"},
                              Words{"COMMAND", "INFO", "get", "nonsense", "CONFIG|Get", "config|x",
                                    "get|x", "a|b|c", "sort", "xread", "config|get|x", "|", ""}}) {
      const RespValue our_reply = level_infos(ours(call, version));
      const RespValue their_reply = level_infos(client.call(call));
      CHECK(our_reply.type == their_reply.type);
      REQUIRE(our_reply.items.size() == their_reply.items.size());
      for (size_t i = 0; i < our_reply.items.size(); ++i) {
        CHECK(our_reply.items[i].to_string() == their_reply.items[i].to_string());
      }
    }
  }
}

TEST_CASE("COMMAND DOCS gives the facts of redis-server 7.0.15 in words of its own") {
  tests::RedisServer server;
  for (const int version : {2, 3}) {
    tests::RespClient client(server.port(), version);
    for (const Words& call : {Words{"COMMAND", "DOCS"}, Words{"COMMAND", "DOCS", "GET", "nonsense",
                                                              "config|get", "slaveof"}}) {
      const RespValue our_reply = ours(call, version);
      const RespValue their_reply = client.call(call);
      CHECK(our_reply.type == their_reply.type);
      compare_docs(our_reply, their_reply);
    }
  }
}

TEST_CASE("the other COMMAND subcommands answer like redis-server 7.0.15") {
  tests::RedisServer server;
  const Words calls[] = {
      {"COMMAND", "COUNT"},
      {"COMMAND", "LIST"},
      {"COMMAND", "LIST", "FILTERBY", "ACLCAT", "geo"},
      {"COMMAND", "LIST", "filterby", "aclcat", "DANGEROUS"},
      {"COMMAND", "LIST", "FILTERBY", "ACLCAT", "nonsense"},
      {"COMMAND", "LIST", "FILTERBY", "PATTERN", "X*"},
      {"COMMAND", "LIST", "FILTERBY", "PATTERN", "config|[gs]et"},
      {"COMMAND", "LIST", "FILTERBY", "MODULE", "m"},
      {"COMMAND", "LIST", "FILTERBY"},
      {"COMMAND", "LIST", "FILTERBY", "PATTERN"},
      {"COMMAND", "LIST", "FILTERBY", "nonsense", "x"},
      {"COMMAND", "LIST", "FILTERBY", "PATTERN", "x", "y"},
      {"COMMAND", "GETKEYS", "GET", "k"},
      {"COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2"},
      {"COMMAND", "GETKEYS", "nonsense", "k"},
      {"COMMAND", "GETKEYS", "PING", "k"},
      {"COMMAND", "GETKEYS", "SPUBLISH", "c", "m"},
      {"COMMAND", "GETKEYS", "GET", "k", "l"},
      {"COMMAND", "GETKEYS", "CONFIG", "nonsense"},
      {"COMMAND", "GETKEYS", "XINFO", "STREAM", "s"},
      {"COMMAND", "GETKEYS", "EVAL", "s", "0"},
      {"COMMAND", "GETKEYS", "EVAL", "s", "9", "k"},
      {"COMMAND", "GETKEYS", "ZUNION", "9", "k"},
      {"COMMAND", "GETKEYSANDFLAGS", "SET", "k", "v", "GET"},
      {"COMMAND", "GETKEYSANDFLAGS", "SORT", "k", "STORE", "d"},
      {"COMMAND", "nonsense"},
  };
  for (const int version : {2, 3}) {
    tests::RespClient client(server.port(), version);
    for (const Words& call : calls) {
      RespValue our_reply = ours(call, version);
      RespValue their_reply = client.call(call);
      if (call[1] == "LIST") {
        sort_texts(our_reply);
        sort_texts(their_reply);
      }
      INFO(call.back());
      CHECK(our_reply.to_string() == their_reply.to_string());
    }
  }
}

TEST_CASE("only supported commands are shown") {
  const SupportedCommand few = [](const Command& command) {
    CHECK(command.spec->handling != Handling::kContainer);
    return command.full_name == "get" || command.full_name == "config|get" ||
           command.full_name == "command" || command.full_name == "command|count";
  };
  CHECK(ours({"COMMAND", "COUNT"}, 2, few).text == "3");
  const auto listed = ours({"COMMAND", "LIST"}, 2, few).texts();
  CHECK(std::set<std::string>(listed.begin(), listed.end()) ==
        std::set<std::string>{"get", "config", "config|get", "command", "command|count"});
  const RespValue infos = ours({"COMMAND", "INFO", "get", "set", "config", "acl"}, 2, few);
  REQUIRE(infos.items.size() == 4);
  CHECK(!infos.items[0].null);
  CHECK(infos.items[1].null);
  CHECK(infos.items[2].items[9].items.size() == 1);
  CHECK(infos.items[3].null);
  CHECK(ours({"COMMAND", "DOCS"}, 3, few).items.size() == 6);
  CHECK(ours({"COMMAND", "GETKEYS", "set", "k", "v"}, 2, few).text ==
        "ERR Invalid command specified");
}

TEST_CASE("more names than there are commands are refused") {
  const size_t rows = all_commands().size();
  for (const std::string subcommand : {"INFO", "DOCS"}) {
    Words call{"COMMAND", subcommand};
    call.resize(2 + rows, "get");
    CHECK(!ours(call, 2).is_error());
    call.emplace_back("get");
    CHECK(ours(call, 2).text ==
          "ERR too many command names: there are " + std::to_string(rows) + " commands");
  }
}

TEST_CASE("HELP lists the supported subcommands with their summaries") {
  const SupportedCommand few = [](const Command& command) {
    return command.full_name == "command|count" || command.full_name == "command|help";
  };
  const RespValue help = ours({"COMMAND", "HELP"}, 2, few);
  REQUIRE(help.items.size() == 5);
  CHECK(help.items[0].text.starts_with("COMMAND <subcommand>"));
  CHECK(help.items[1].to_string() == "+COUNT");
  CHECK(help.items[2].text == "    Counts the commands.");
  CHECK(help.items[3].text == "HELP");
}

}  // namespace slotway::wire

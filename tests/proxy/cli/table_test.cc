#include "proxy/cli/table.h"

#include <doctest/doctest.h>

namespace slotway::proxy::cli {

namespace {

using Lines = std::vector<std::string>;

Table keys() {
  Table table({{"KEY", Column::Side::kLeft}, {"RATE"}, {"SHARD", Column::Side::kLeft}});
  table.add({"a:long:key:of:many:columns", "5", "b"});
  table.add({"c", "1,234", "a"});
  return table;
}

}  // namespace

TEST_CASE("columns are as wide as their widest cell") {
  CHECK(keys().lines() == Lines{"KEY                          RATE  SHARD",
                                "a:long:key:of:many:columns      5  b",
                                "c                           1,234  a"});
}

TEST_CASE("where there is no room, the first column is cut, then the line") {
  CHECK(keys().lines(31) == Lines{"KEY                 RATE  SHARD", "a:long:key:of:m..      5  b",
                                  "c                  1,234  a"});
  CHECK(keys().lines(20) ==
        Lines{"KEY            RAT..", "a:long:key..      ..", "c             1,23.."});
}

TEST_CASE("a table without rows has its titles") {
  CHECK(Table({{"A"}, {"B"}}).lines() == Lines{"A  B"});
}

}  // namespace slotway::proxy::cli

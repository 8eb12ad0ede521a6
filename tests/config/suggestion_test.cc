#include "config/suggestion.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace slotway::config {

TEST_CASE("the nearest key") {
  constexpr std::array<std::string_view, 6> kWords = {"listen",  "protected",     "shards",
                                                      "request", "output_buffer", "stall"};
  const auto nearest = [&](std::string_view text) { return nearest_word(text, kWords); };
  CHECK(nearest("lisen") == "listen");
  CHECK(nearest("listen_") == "listen");
  CHECK(nearest("lsiten") == "listen");
  CHECK(nearest("lixten") == "listen");
  CHECK(nearest("shard") == "shards");
  CHECK(nearest("output-buffer") == "output_buffer");
  CHECK(nearest("outputbufer") == "output_buffer");
  CHECK(nearest("stalled") == "");
  CHECK(nearest("tls") == "");
  CHECK(nearest("") == "");
  CHECK(nearest(std::string(33, 'x')) == "");
  CHECK(nearest_word("x", {}) == "");
}

}  // namespace slotway::config

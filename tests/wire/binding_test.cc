#include "wire/binding.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace slotway::wire {

namespace {

using Handler = int (*)();
using Rows = std::span<const Binding<Handler>>;

int one() { return 1; }
int two() { return 2; }

}  // namespace

TEST_CASE("handlers stand at the rows that they name") {
  const Binding<Handler> first[] = {{"get", &one}, {"client|id", &two}};
  const Binding<Handler> second[] = {{"set", &two}};
  const std::vector<Handler> handlers = bind_handlers<Handler>({Rows(first), Rows(second)});
  REQUIRE(handlers.size() == command_count());
  CHECK(handlers[bound_row("get").id]() == 1);
  CHECK(handlers[bound_row("client|id").id]() == 2);
  CHECK(handlers[bound_row("set").id]() == 2);
  CHECK(std::count(handlers.begin(), handlers.end(), nullptr) ==
        static_cast<std::ptrdiff_t>(command_count() - 3));
}

}  // namespace slotway::wire

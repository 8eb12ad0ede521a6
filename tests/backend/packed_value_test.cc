#include "backend/types/packed_value.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "backend/engine/value_operations.h"
#include "backend/types/listpack.h"
#include "tests/backend/engine_parts.h"

namespace slotway::backend {

namespace {

struct Packed {
  ManualClock clock;
  Engine engine{1, clock};
  Database& database = engine.database(0);
  OwnedKey owned{"pack"};

  explicit Packed(int64_t expiry_ms = Entry::kNoExpiry) {
    Entry* const entry =
        make_packed(owned.text, Type::kHash, Encoding::kListpack, listpack::kEmptySize, expiry_ms);
    listpack::make_empty(packed_data(entry));
    database.put(owned.key, nullptr, entry);
  }
  PackedValue value() { return {database, owned.key, *database.find(owned.key)}; }
};

}  // namespace

TEST_CASE("a packed value grows out of its entry, and its bytes are counted") {
  for (const int64_t expiry_ms : {Entry::kNoExpiry, int64_t{1'800'000'000'000}}) {
    Packed packed(expiry_ms);
    PackedValue value = packed.value();
    std::mt19937 random(3);
    std::string model;
    for (int i = 0; i < 3000; ++i) {
      const bool grow = random() % 5 != 0 || listpack::count(value.data()) == 0;
      if (grow) {
        listpack::append(value, listpack::Value(std::to_string(random())));
      } else {
        listpack::erase(value, listpack::kHeaderSize, 1);
      }
      REQUIRE(listpack::total_size(value.data()) == value.size());
      REQUIRE(packed.database.keyspace().bytes(packed.owned.key.slot) ==
              counted_bytes(packed.database.keyspace(), packed.owned.key.slot));
    }
    CHECK(listpack::is_valid(packed_bytes(value.entry())));
    CHECK(value.entry()->is_reference());
    CHECK(value.entry()->expiry_ms() == expiry_ms);
    CHECK(packed.database.keyspace().bytes() ==
          packed.database.keyspace().bytes(packed.owned.key.slot));
    packed.database.remove(packed.owned.key);
    CHECK(packed.database.keyspace().bytes() == 0);
  }
}

TEST_CASE("a packed value is copied with its block") {
  Packed packed;
  PackedValue value = packed.value();
  for (int i = 0; i < 2000; ++i) listpack::append(value, listpack::Value(std::to_string(i)));
  const Entry::Reference original = value.entry()->reference();
  const ValueOperations& operations = operations_of(Encoding::kListpack);
  const Entry::Reference copy = operations.copy(original);
  CHECK(copy.object != original.object);
  CHECK(std::string_view(static_cast<const char*>(copy.object), copy.size) ==
        packed_bytes(value.entry()));
  operations.destroy(copy);
}

}  // namespace slotway::backend

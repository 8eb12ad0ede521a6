// A slotway-store that is asked about its clients, and clients that take much of its memory.
#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "tests/e2e/flood.h"
#include "tests/e2e/text_field.h"
#include "tests/support/store_process.h"

namespace slotway::tests {

inline constexpr size_t kMiB = 1 << 20;

// A store, and a client of it that asks what is and changes what may be.
struct Watched {
  Watched(std::initializer_list<std::pair<std::string, std::string>> settings = {})
      : observer(store.port()) {
    for (const auto& [name, value] : settings) set(name, value);
    REQUIRE(observer.call({"CLIENT", "NO-EVICT", "ON"}).text == "OK");
  }

  void set(const std::string& name, const std::string& value) {
    REQUIRE(observer.call({"CONFIG", "SET", name, value}).text == "OK");
  }
  size_t info(const std::string& name) {
    return std::stoul(field_of(observer.call({"INFO", "everything"}).text, "\n" + name + ":"));
  }
  // A field of CLIENT LIST; nothing if the client has gone.
  std::optional<size_t> field(int64_t id, const std::string& name) {
    const std::string line = observer.call({"CLIENT", "LIST", "ID", std::to_string(id)}).text;
    if (line.empty()) return std::nullopt;
    return std::stoul(field_of(line, " " + name + "="));
  }
  bool is_there(int64_t id) { return field(id, "fd").has_value(); }

  StoreProcess store;
  RespClient observer;
};

// A client that does as it is told and reads nothing of what it is sent then.
struct Told {
  explicit Told(const Watched& watched, int version = 2)
      : client(watched.store.port(), version), id(client.call({"CLIENT", "ID"}).integer()) {}

  RespClient client;
  int64_t id;
};

// So much of a command that is not complete.
inline std::string half_command(size_t size) {
  return "*2\r\n$3\r\nGET\r\n$" + std::to_string(2 * size) + "\r\n" + std::string(size, 'h');
}

inline void send_half_command(Watched& watched, Told& told, size_t size) {
  told.client.send(half_command(size));
  CHECK(eventually([&] { return watched.field(told.id, "qbuf").value_or(0) >= size; }));
}

}  // namespace slotway::tests

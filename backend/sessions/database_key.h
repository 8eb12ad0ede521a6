// A key of one of the databases, as the hash tables of those who wait for keys find it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace slotway::backend {

// Looks strings up without making one.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

// About the bytes that a name of this kind takes, in the table of all names and with the client
// that has asked for it.
inline size_t registered_memory(std::string_view name) { return 192 + 2 * name.size(); }

template <typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

struct DatabaseKeyView {
  uint32_t database;
  std::string_view key;
};

struct DatabaseKey {
  uint32_t database;
  std::string key;
  explicit DatabaseKey(const DatabaseKeyView& view) : database(view.database), key(view.key) {}
  operator DatabaseKeyView() const { return {database, key}; }  // NOLINT: that is what it is
};

struct DatabaseKeyHash {
  using is_transparent = void;
  size_t operator()(const DatabaseKeyView& key) const {
    return std::hash<std::string_view>{}(key.key) + key.database * size_t{0x9e3779b97f4a7c15};
  }
};

struct DatabaseKeyEqual {
  using is_transparent = void;
  bool operator()(const DatabaseKeyView& a, const DatabaseKeyView& b) const {
    return a.database == b.database && a.key == b.key;
  }
};

template <typename Value>
using DatabaseKeyMap = std::unordered_map<DatabaseKey, Value, DatabaseKeyHash, DatabaseKeyEqual>;

}  // namespace slotway::backend

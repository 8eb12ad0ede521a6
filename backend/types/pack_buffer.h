// PackBuffer: a listpack that is being made outside of any entry. A Storage for listpack.h.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>

#include "backend/types/listpack.h"
#include "backend/types/packed_value.h"

namespace slotway::backend {

class PackBuffer {
 public:
  PackBuffer() : bytes_(listpack::kEmptySize, '\0') { listpack::make_empty(data()); }

  char* data() { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }
  void resize(size_t size) { bytes_.resize(size); }

  Entry* make_entry(std::string_view key, Type type, int64_t expiry_ms) const {
    Entry* const entry = make_packed(key, type, Encoding::kListpack, size(), expiry_ms);
    std::memcpy(packed_data(entry), bytes_.data(), size());
    return entry;
  }

 private:
  std::string bytes_;
};

}  // namespace slotway::backend

#include "backend/rdb/payload.h"

#include "backend/rdb/crc64.h"
#include "backend/rdb/value_writer.h"

namespace slotway::backend {

namespace {

constexpr size_t kVersionSize = 2;
constexpr size_t kFooterSize = kVersionSize + sizeof(uint64_t);

uint64_t little_endian(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

}  // namespace

std::string dump_payload(const Entry* entry, bool compresses) {
  RdbWriter writer(compresses);
  write_value(entry, writer);
  writer.little_endian(kRdbVersion);
  writer.little_endian(crc64(writer.bytes()));
  return writer.take();
}

bool is_payload(std::string_view payload) {
  if (payload.size() < kFooterSize) return false;
  const size_t summed = payload.size() - sizeof(uint64_t);
  const uint64_t version = little_endian(payload.substr(summed - kVersionSize, kVersionSize));
  return version <= kRdbVersion &&
         little_endian(payload.substr(summed)) == crc64(payload.substr(0, summed));
}

bool decode_payload(std::string_view payload, RdbValue& value) {
  return decode_value(payload.substr(0, payload.size() - kFooterSize), value);
}

}  // namespace slotway::backend

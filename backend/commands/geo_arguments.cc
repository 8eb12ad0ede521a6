#include "backend/commands/geo_arguments.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "backend/commands/sorted_set_arguments.h"

namespace slotway::backend {

std::optional<Position> position_argument(const Call& call, size_t index) {
  const auto longitude = score_argument(call, index);
  if (!longitude) return std::nullopt;
  const auto latitude = score_argument(call, index + 1);
  if (!latitude) return std::nullopt;
  const Position position{*longitude, *latitude};
  if (can_be_encoded(position)) return position;
  char text[1024];  // a double has 309 digits in front of the point at most
  std::snprintf(text, sizeof text, "ERR invalid longitude,latitude pair %f,%f", *longitude,
                *latitude);
  call.reply.error(text);
  return std::nullopt;
}

std::optional<double> unit_argument(const Call& call, size_t index) {
  if (call.is(index, "m")) return 1;
  if (call.is(index, "km")) return 1000;
  if (call.is(index, "ft")) return 0.3048;
  if (call.is(index, "mi")) return 1609.34;
  call.reply.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return std::nullopt;
}

void write_distance(const Call& call, double distance) {
  constexpr long long kScale = 10000;
  // Rounded to even, as Redis does it, and not as printf would.
  const long long scaled = std::llrint(distance * kScale);
  char text[32];
  const int size =
      std::snprintf(text, sizeof text, "%lld.%04lld", scaled / kScale, std::llabs(scaled % kScale));
  call.reply.bulk({text, static_cast<size_t>(size)});
}

namespace {

// 17 digits behind the point, without the zeros at the end.
void write_coordinate(const Call& call, double value) {
  char text[64];
  int size = std::snprintf(text, sizeof text, "%.17Lf", static_cast<long double>(value));
  while (text[size - 1] == '0') --size;
  if (text[size - 1] == '.') --size;
  std::string_view digits(text, static_cast<size_t>(size));
  if (digits == "-0") digits = "0";
  if (call.reply.version() == 2) return call.reply.bulk(digits);
  call.reply.raw(",");
  call.reply.raw(digits);
  call.reply.raw("\r\n");
}

}  // namespace

void write_position(const Call& call, const Position& position) {
  call.reply.array(2);
  write_coordinate(call, position.longitude);
  write_coordinate(call, position.latitude);
}

}  // namespace slotway::backend

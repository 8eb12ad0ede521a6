#include "backend/types/geohash.h"

#include <algorithm>
#include <cmath>

namespace slotway::backend {

namespace {

constexpr unsigned kMostBits = 26;  // of a coordinate
constexpr double kEarthRadius = 6372797.560856;
// Half of the equator, as the Mercator projection has it.
constexpr double kHalfEquator = 20037726.37;
constexpr double kRadians = M_PI / 180.0;  // of a degree

double radians(double degrees) { return degrees * kRadians; }
double degrees(double radians) { return radians / kRadians; }

// ---- cells

// Every second bit, from the lowest on: 32 bits of a word become 64.
uint64_t spread(uint32_t bits) {
  uint64_t word = bits;
  word = (word | word << 16) & 0x0000ffff0000ffffu;
  word = (word | word << 8) & 0x00ff00ff00ff00ffu;
  word = (word | word << 4) & 0x0f0f0f0f0f0f0f0fu;
  word = (word | word << 2) & 0x3333333333333333u;
  return (word | word << 1) & 0x5555555555555555u;
}

uint32_t gather(uint64_t word) {
  word &= 0x5555555555555555u;
  word = (word | word >> 1) & 0x3333333333333333u;
  word = (word | word >> 2) & 0x0f0f0f0f0f0f0f0fu;
  word = (word | word >> 4) & 0x00ff00ff00ff00ffu;
  word = (word | word >> 8) & 0x0000ffff0000ffffu;
  return static_cast<uint32_t>(word | word >> 16);
}

struct Area {
  Position min;
  Position max;
};

// A cell by the first `bits` bits of each coordinate.
struct Cell {
  uint32_t longitude = 0;
  uint32_t latitude = 0;
  unsigned bits = 0;

  uint64_t interleaved() const { return spread(latitude) | spread(longitude) << 1; }

  static Cell of(uint64_t interleaved, unsigned bits) {
    return {gather(interleaved >> 1), gather(interleaved), bits};
  }

  static Cell around(const Position& position, unsigned bits, double max_latitude) {
    const double latitude = (position.latitude + max_latitude) / (max_latitude + max_latitude);
    const double longitude = (position.longitude + kMaxLongitude) / (kMaxLongitude + kMaxLongitude);
    const auto scale = static_cast<double>(uint64_t{1} << bits);
    // What lies on the last border has one bit more.
    return {static_cast<uint32_t>(static_cast<int64_t>(longitude * scale)),
            static_cast<uint32_t>(static_cast<int64_t>(latitude * scale)), bits};
  }

  // `east` and `north` cells further on, round the world in both directions. A coordinate in which
  // it does not move stays as it is, even if it has a bit too many.
  Cell moved(int east, int north) const {
    const uint32_t mask = (uint32_t{1} << bits) - 1;
    const auto step = [mask](uint32_t from, int by) {
      return by == 0 ? from : (from + static_cast<uint32_t>(by)) & mask;
    };
    return {step(longitude, east), step(latitude, north), bits};
  }

  Area area() const {
    const auto scale = static_cast<double>(uint64_t{1} << bits);
    const auto border = [scale](uint32_t at, double max) {
      return -max + (at * 1.0 / scale) * (max - -max);
    };
    return {{border(longitude, kMaxLongitude), border(latitude, kMaxLatitude)},
            {border(longitude + 1, kMaxLongitude), border(latitude + 1, kMaxLatitude)}};
  }

  GeoCell scores() const {
    const unsigned shift = 2 * (kMostBits - bits);
    return {interleaved() << shift, (interleaved() + 1) << shift};
  }
};

// As x86-64 converts a double to an unsigned integer, whatever the double.
uint64_t to_bits(double score) {
  constexpr double kHalf = 9223372036854775808.0;  // 2^63
  const auto to_signed = [](double value) {
    return value >= -kHalf && value < kHalf ? static_cast<uint64_t>(static_cast<int64_t>(value))
                                            : uint64_t{1} << 63;
  };
  return score >= kHalf ? to_signed(score - kHalf) ^ uint64_t { 1 } << 63 : to_signed(score);
}

double clamped(double value, double limit) { return std::max(-limit, std::min(limit, value)); }

// ---- distances

// Along a meridian.
double distance_of_latitudes(double a, double b) {
  return kEarthRadius * std::fabs(radians(a) - radians(b));
}

// ---- what covers a shape

// The box around a shape; its sides bend with the latitude, and the longer one counts.
Area bounds_of(const GeoShape& shape) {
  const double height = shape.unit * (shape.is_box ? shape.height / 2 : shape.radius);
  const double width = shape.unit * (shape.is_box ? shape.width / 2 : shape.radius);
  const double latitude = shape.center.latitude;
  const double latitude_delta = degrees(height / kEarthRadius);
  const double edge = latitude < 0 ? latitude - latitude_delta : latitude + latitude_delta;
  const double longitude_delta = degrees(width / kEarthRadius / std::cos(radians(edge)));
  return {{shape.center.longitude - longitude_delta, latitude - latitude_delta},
          {shape.center.longitude + longitude_delta, latitude + latitude_delta}};
}

// With how many bits a cell and its neighbors should reach as far as `radius` metres.
unsigned bits_for(double radius, double latitude) {
  if (radius == 0) return kMostBits;
  int bits = 1;
  for (; radius < kHalfEquator; radius *= 2) ++bits;
  bits -= 2;
  if (latitude > 66 || latitude < -66) {
    --bits;
    if (latitude > 80 || latitude < -80) --bits;
  }
  return static_cast<unsigned>(std::clamp(bits, 1, static_cast<int>(kMostBits)));
}

bool reaches(const Cell& center, const Area& bounds) {
  return !(center.moved(0, 1).area().max.latitude < bounds.max.latitude ||
           center.moved(0, -1).area().min.latitude > bounds.min.latitude ||
           center.moved(1, 0).area().max.longitude < bounds.max.longitude ||
           center.moved(-1, 0).area().min.longitude > bounds.min.longitude);
}

}  // namespace

uint64_t encode_position(const Position& position) {
  return Cell::around(position, kMostBits, kMaxLatitude).interleaved();
}

Position decode_position(double score) {
  const Area area = Cell::of(to_bits(score), kMostBits).area();
  return {clamped((area.min.longitude + area.max.longitude) / 2, kMaxLongitude),
          clamped((area.min.latitude + area.max.latitude) / 2, kMaxLatitude)};
}

std::array<char, 11> geohash_text(const Position& position) {
  constexpr std::string_view kLetters = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr double kPole = 90;
  const uint64_t bits = Cell::around(position, kMostBits, kPole).interleaved();
  std::array<char, 11> text;
  for (unsigned i = 0; i < 10; ++i) text[i] = kLetters[bits >> (52 - 5 * (i + 1)) & 0x1f];
  text[10] = kLetters[0];  // 52 bits have no more to say
  return text;
}

double distance_between(const Position& a, const Position& b) {
  const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v == 0.0) return distance_of_latitudes(a.latitude, b.latitude);
  const double latitude_a = radians(a.latitude);
  const double latitude_b = radians(b.latitude);
  const double u = std::sin((latitude_b - latitude_a) / 2);
  const double h = u * u + std::cos(latitude_a) * std::cos(latitude_b) * v * v;
  return 2.0 * kEarthRadius * std::asin(std::sqrt(h));
}

std::optional<double> GeoShape::distance_within(const Position& position) const {
  if (is_box) {
    if (distance_of_latitudes(position.latitude, center.latitude) > height * unit / 2) {
      return std::nullopt;
    }
    const Position level{center.longitude, position.latitude};
    if (distance_between(position, level) > width * unit / 2) return std::nullopt;
    return distance_between(center, position);
  }
  const double distance = distance_between(center, position);
  if (distance > radius * unit) return std::nullopt;
  return distance;
}

GeoCover cover(const GeoShape& shape) {
  const Area bounds = bounds_of(shape);
  const double reach = shape.is_box ? std::sqrt((shape.width / 2) * (shape.width / 2) +
                                                (shape.height / 2) * (shape.height / 2))
                                    : shape.radius;
  unsigned bits = bits_for(reach * shape.unit, shape.center.latitude);
  Cell center = Cell::around(shape.center, bits, kMaxLatitude);
  if (bits > 1 && !reaches(center, bounds)) {
    center = Cell::around(shape.center, --bits, kMaxLatitude);
  }
  // Where the cell of the center itself goes beyond the bounds, nothing is to be found further on.
  const Area area = center.area();
  const bool prunes = bits >= 2;
  const bool no_south = prunes && area.min.latitude < bounds.min.latitude;
  const bool no_north = prunes && area.max.latitude > bounds.max.latitude;
  const bool no_west = prunes && area.min.longitude < bounds.min.longitude;
  const bool no_east = prunes && area.max.longitude > bounds.max.longitude;

  struct Direction {
    int east;
    int north;
  };
  constexpr Direction kDirections[] = {{0, 0}, {0, 1},  {0, -1}, {1, 0},  {-1, 0},
                                       {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  GeoCover result;
  size_t index = 0;
  size_t last = 0;  // index of the cell that was taken last
  uint64_t last_bits = 0;
  for (const auto& [east, north] : kDirections) {
    const size_t here = index++;
    if ((north > 0 && no_north) || (north < 0 && no_south) || (east > 0 && no_east) ||
        (east < 0 && no_west)) {
      continue;
    }
    const Cell cell = here == 0 ? center : center.moved(east, north);
    // Redis does not compare with the first one.
    if (last > 0 && cell.interleaved() == last_bits) continue;
    result.cells[result.count++] = cell.scores();
    last = here;
    last_bits = cell.interleaved();
  }
  return result;
}

}  // namespace slotway::backend

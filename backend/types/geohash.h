// Geohashes of 52 bits: positions as the scores of a sorted set.
//
// The bits of the two coordinates, 26 each, take turns, so that positions that are near each other
// mostly have near scores, and a cell (the positions that share the first bits) is one interval of
// scores. The results have to be those of Redis to the last digit, hence its limits, constants and
// order of operations. Positions are degrees, distances metres. Stateless. Source: Morton, "A
// computer oriented geodetic data base" (1966); the haversine formula.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace slotway::backend {

struct Position {
  double longitude = 0;
  double latitude = 0;
};

// What can be encoded; the poles cannot.
inline constexpr double kMaxLongitude = 180;
inline constexpr double kMaxLatitude = 85.05112878;

inline bool can_be_encoded(const Position& position) {
  return position.longitude >= -kMaxLongitude && position.longitude <= kMaxLongitude &&
         position.latitude >= -kMaxLatitude && position.latitude <= kMaxLatitude;
}

// Requires can_be_encoded(position).
uint64_t encode_position(const Position& position);
// The middle of the smallest cell; of any score, whatever it means.
Position decode_position(double score);

// The 11 letters under which the world knows the position.
std::array<char, 11> geohash_text(const Position& position);

double distance_between(const Position& a, const Position& b);

// What is searched: a circle, or a box whose sides are parallel to the coordinates' lines. Both
// have a border that belongs to them.
struct GeoShape {
  Position center;
  bool is_box = false;
  double radius = 0;  // in units, like width and height
  double width = 0;
  double height = 0;
  double unit = 1;  // metres

  // The distance of a position from the center, if it lies within the shape.
  std::optional<double> distance_within(const Position& position) const;
};

// Positions whose score is at least `first` and less than `behind`.
struct GeoCell {
  uint64_t first;
  uint64_t behind;
};

// Up to nine cells that cover the shape: the one of its center first and then, in Redis's order,
// its neighbors. Without those that lie outside, and without repetitions of the one before.
struct GeoCover {
  std::array<GeoCell, 9> cells;
  size_t count = 0;
};
GeoCover cover(const GeoShape& shape);

}  // namespace slotway::backend

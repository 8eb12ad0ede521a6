#include "backend/types/geohash.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>

namespace slotway::backend {

namespace {

std::string text_of(const Position& position) {
  const auto text = geohash_text(position);
  return {text.data(), text.size()};
}

bool covers(const GeoCover& covering, uint64_t score) {
  for (size_t i = 0; i < covering.count; ++i) {
    if (score >= covering.cells[i].first && score < covering.cells[i].behind) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("known places have known hashes") {
  const Position palermo{13.361389, 38.115556};
  const Position catania{15.087269, 37.502669};
  CHECK(encode_position(palermo) == 3479099956230698u);
  CHECK(encode_position(catania) == 3479447370796909u);
  CHECK(text_of(decode_position(3479099956230698.0)) == "sqc8b49rny0");
  CHECK(distance_between(decode_position(3479099956230698.0),
                         decode_position(3479447370796909.0)) == doctest::Approx(166274.1516));
}

TEST_CASE("a decoded position is within a metre of the encoded one, and encodes the same") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> longitude(-kMaxLongitude, kMaxLongitude);
  std::uniform_real_distribution<double> latitude(-kMaxLatitude, kMaxLatitude);
  for (int i = 0; i < 20'000; ++i) {
    const Position position{longitude(random), latitude(random)};
    const uint64_t bits = encode_position(position);
    REQUIRE(bits < uint64_t{1} << 52);
    const Position decoded = decode_position(static_cast<double>(bits));
    REQUIRE(distance_between(position, decoded) < 1);
    REQUIRE(encode_position(decoded) == bits);
  }
}

TEST_CASE("any score can be decoded") {
  using Limits = std::numeric_limits<double>;
  for (const double score : {0.0, -1.0, 1e17, 1e19, 1.9e19, 1e300, -1e300, Limits::infinity(),
                             -Limits::infinity(), Limits::denorm_min()}) {
    CHECK(can_be_encoded(decode_position(score)));
  }
}

TEST_CASE("the cells of a shape hold what lies within it") {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> longitude(-170, 170);
  std::uniform_real_distribution<double> latitude(-60, 60);
  std::uniform_real_distribution<double> offset(-2, 2);
  for (int i = 0; i < 300; ++i) {
    GeoShape shape;
    shape.center = {longitude(random), latitude(random)};
    shape.unit = 1000;
    shape.is_box = i % 2;
    shape.radius = static_cast<double>(random() % 200);
    shape.width = shape.height = 2 * shape.radius;
    const GeoCover covering = cover(shape);
    REQUIRE(covering.count >= 1);
    for (int j = 0; j < 50; ++j) {
      const Position near{shape.center.longitude + offset(random),
                          shape.center.latitude + offset(random)};
      const uint64_t bits = encode_position(near);
      if (shape.distance_within(decode_position(static_cast<double>(bits)))) {
        REQUIRE(covers(covering, bits));
      }
    }
  }
}

}  // namespace slotway::backend

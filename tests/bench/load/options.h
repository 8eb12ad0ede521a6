// Options: what a run of the load is to be. Filled by command_line.cc; a plain value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/config.h"
#include "tests/bench/load/popularity.h"
#include "tests/bench/load/profile.h"

namespace slotway::load {

struct Options {
  config::Address address;
  size_t connections = 50;
  size_t active = 50;   // of them; the others stay open and idle
  size_t pipeline = 1;  // requests unanswered on each at most
  double rate = 0;      // requests per second, whether or not replies come; 0: a closed loop
  uint64_t requests = 100'000;
  double seconds = 0;  // unless 0, this long instead of `requests`
  Profile profile;
  Popularity::Shape shape;  // its exponent is that of the profile
  KeyNumber keys = 10'000;
  uint64_t seed = 1;
  bool preload = false;
  double patience = 10;  // seconds without any reply after which those that wait are given up
  double every = 0;      // seconds between lines about them; 0: none
};

}  // namespace slotway::load

// Options: what a run of the load is to be. Filled by main.cc; a plain value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/config.h"
#include "tests/bench/load/workload.h"

namespace slotway::load {

struct Options {
  config::Address address;
  size_t connections = 50;
  size_t active = 50;  // of them; the others stay open and idle
  size_t pipeline = 1;
  uint64_t requests = 100'000;
  double seconds = 0;  // unless 0, this long instead of `requests`
  Workload::Mix mix = Workload::Mix::kGet;
  KeyNumber keys = 10'000;
  size_t value_size = 64;  // bytes
  uint64_t seed = 1;
  bool preload = false;
  double patience = 10;  // seconds without any reply after which those that wait are given up
};

}  // namespace slotway::load

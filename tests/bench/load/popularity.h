// Popularity: which key a request goes to. Uniform or zipf; the hottest keys may be replaced by
// others at intervals; from some moment on one key may take a share of everything.
//
// Key r - 1 has rank r: key 0 is the hottest. With `shift_top` the keys of the first ranks change
// places with as many others, the coldest first; all other keys keep their rank, so that nothing
// but the hot set moves. Immutable; any thread.
#pragma once

#include <cstdint>

#include "tests/bench/load/key_values.h"
#include "tests/bench/load/random.h"
#include "tests/bench/load/zipf.h"

namespace slotway::load {

class Popularity {
 public:
  struct Shape {
    double zipf = 0;  // exponent; 0 is uniform
    KeyNumber shift_top = 0;
    uint64_t shift_every_ns = 0;  // 0: never
    double flash_share = 0;       // 0 to 1, of all requests
    KeyNumber flash_key = 0;
    uint64_t flash_from_ns = 0;
    uint64_t flash_until_ns = UINT64_MAX;
  };

  // Over keys 0 to `keys` - 1; requires one at least, and shift_top <= keys / 2.
  Popularity(const Shape& shape, KeyNumber keys)
      : shape_(shape), keys_(keys), zipf_(keys, shape.zipf) {}

  // `elapsed_ns` since the load began.
  KeyNumber key(Random& random, uint64_t elapsed_ns) const;
  // Whether this request is of the share that goes to the flash key.
  bool flashes(Random& random, uint64_t elapsed_ns) const;
  KeyNumber flash_key() const { return shape_.flash_key; }

 private:
  KeyNumber shifted(KeyNumber key, uint64_t elapsed_ns) const;

  Shape shape_;
  KeyNumber keys_;
  Zipf zipf_;
};

}  // namespace slotway::load

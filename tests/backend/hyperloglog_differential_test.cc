// The same random commands about HyperLogLogs, good and corrupt ones, to a redis-server 7.0.15 and
// to the store: their strings stay the same, byte by byte.
#include <doctest/doctest.h>

#include <string>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

class HllCommands : Draw {
 public:
  explicit HllCommands(uint64_t seed) : Draw(seed) {}

  Command next() {
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return add();
      case 4:
      case 5:
        return keys("PFCOUNT");
      case 6:
        return keys("PFMERGE");
      case 7:
        return {"GET", key()};
      case 8:
        return {"PFDEBUG", any({"DECODE", "ENCODING", "decode", "GETREG", "TODENSE", "NOPE\r\n"}),
                key()};
      case 9:
        return {"CONFIG", "SET", "hll-sparse-max-bytes",
                any({"3000", "3000", "0", "100", "20", "300", "20000"})};
      case 10:
        return {any({"DEL", "STRLEN", "GET", "TYPE"}), key()};
      case 11:
        // Of the header alone: see garbage().
        if (below(3)) return {"SETRANGE", key(), std::to_string(8 + below(8)), any({"\x80", "\1"})};
        return {"SETRANGE", key(), std::to_string(below(8)), any({"x", "\1", "HYLL", "H"})};
      case 12:
        return {"APPEND", key(), any({"", "\x80", "hello\x80", std::string("\0", 1)})};
      default:
        return {"SET", any({"a", "bad", "bad"}), below(3) ? garbage() : any({"", "12", "HYLL"})};
    }
  }

 private:
  std::string key() { return any({"a", "b", "c", "d", "bad"}); }

  Command add() {
    Command command = {"PFADD", key()};
    const uint64_t count = below(10) == 0 ? below(800) : below(6);
    const uint64_t most = any({"x", "y"}) == "x" ? 50 : 100'000;
    for (uint64_t i = 0; i < count; ++i) {
      command.push_back(std::string(below(20), 'e') + std::to_string(below(most)));
    }
    return command;
  }

  Command keys(const std::string& name) {
    Command command = {name, key()};
    for (uint64_t i = below(4); i > 0; --i) command.push_back(key());
    return command;
  }

  // Strings that end in the middle of a run are left out: Redis takes a byte from behind their end.
  std::string garbage() {
    std::string value = "HYLL";
    value += static_cast<char>(below(2));
    value += std::string("\0\0\0\0\0\0\0\0\0\0", 10);
    value += any({std::string("\0", 1), "\x80", "\xff"});
    if (value[4] == 0) {
      value.resize(16 + 12288 + (below(8) == 0 ? 1 : 0));
      const uint64_t most = any({"x", "y"}) == "x" ? 256 : 2;
      for (size_t i = 16; i < value.size(); ++i) value[i] = static_cast<char>(below(most));
      return value;
    }
    for (uint64_t i = below(400); i > 0; --i) value += static_cast<char>(below(256));
    return value + "\x80";
  }
};

}  // namespace

TEST_CASE("random commands about HyperLogLogs get the same replies as from redis-server") {
  compare_random<HllCommands>(2, 1, tests::kSanitized ? 60 : 200);
  compare_random<HllCommands>(3, 2, tests::kSanitized ? 60 : 200);
}

}  // namespace slotway::backend

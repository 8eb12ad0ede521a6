// The same random commands about bits to a redis-server 7.0.15 and to the store.
#include <doctest/doctest.h>

#include <string>

#include "tests/backend/server_pair.h"

namespace slotway::backend {

namespace {

class BitCommands : Draw {
 public:
  explicit BitCommands(uint64_t seed) : Draw(seed) {}

  Command next() {
    switch (below(9)) {
      case 0:
        return {"SETBIT", key(), offset(), any({"0", "1", "1", "1", "2", "-1", "x"})};
      case 1:
        return {"GETBIT", key(), offset()};
      case 2:
        return range("BITCOUNT", {});
      case 3:
        return range("BITPOS", any({"0", "1", "0", "1", "2", "x"}));
      case 4:
        return bitop();
      case 5:
        return bitfield("BITFIELD", any({"SET", "INCRBY", "GET", "incrby"}));
      case 6:
        return bitfield(any({"BITFIELD_RO", "BITFIELD"}), any({"GET", "GET", "GET", "SET"}));
      case 7:
        return {any({"GET", "STRLEN", "DEL", "TYPE"}), key()};
      default:
        return {"SET", key(), value()};
    }
  }

 private:
  std::string key() { return any({"a", "b", "c", "d", "e"}); }
  std::string value() {
    switch (below(5)) {
      case 0:
        return any({"", "0", "-1", "12345", "\xff", "\x80", std::string("\0\0\0", 3)});
      case 1:
        return std::string(below(100), '\xff');
      case 2:
        return std::string(below(6000), '\0') + any({"", "\x01", "\xfe"});
      default: {
        std::string bytes(below(200), '\0');
        for (char& byte : bytes) byte = static_cast<char>(below(256));
        return bytes;
      }
    }
  }
  std::string offset() {
    if (below(2) == 0) return std::to_string(below(200));
    return any({"0", "7", "8", "63", "64", "65", "1000", "50000", "-1", "x", "", "#1", "4294967296",
                "9223372036854775807", "-9223372036854775808", "01"});
  }
  std::string bound() {
    if (below(2) == 0) return std::to_string(static_cast<int64_t>(below(400)) - 200);
    return any({"0", "-1", "1", "1000000", "-1000000", "9223372036854775807", "x",
                "-9223372036854775808"});
  }

  Command range(const std::string& name, const std::string& bit) {
    Command command = {name, key()};
    if (!bit.empty()) command.push_back(bit);
    for (uint64_t i = below(4); i > 0; --i) command.push_back(bound());
    if (below(2) == 0) command.push_back(any({"BIT", "BYTE", "bit", "bytes"}));
    return command;
  }

  Command bitop() {
    Command command = {"BITOP", any({"AND", "OR", "XOR", "NOT", "or", "NAND"}), key()};
    for (uint64_t i = below(4) + 1; i > 0; --i) command.push_back(key());
    return command;
  }

  std::string type() {
    if (below(3) > 0) return (below(2) ? "u" : "i") + std::to_string(1 + below(64));
    return any({"u8", "i8", "u1", "i1", "i64", "u63", "u64", "i65", "u0", "i", "8", "", "x8",
                std::string("u8\0x", 4)});
  }
  std::string amount() {
    if (below(3) == 0) return std::to_string(static_cast<int64_t>(below(UINT64_MAX)));
    return any({"0", "1", "-1", "100", "-100", "255", "256", "9223372036854775807",
                "-9223372036854775808", "x"});
  }

  Command bitfield(const std::string& name, const std::string& operation) {
    Command command = {name, key()};
    for (uint64_t i = below(5); i > 0; --i) {
      if (below(4) == 0) {
        command.push_back("OVERFLOW");
        command.push_back(any({"WRAP", "SAT", "FAIL", "sat", "fail", "wrap", "NOPE"}));
      }
      command.push_back(operation);
      command.push_back(type());
      command.push_back(below(3) == 0 ? "#" + std::to_string(below(20)) : offset());
      if (operation != "GET") command.push_back(amount());
    }
    if (below(20) == 0) command.pop_back();
    return command;
  }
};

}  // namespace

TEST_CASE("random commands about bits get the same replies as from redis-server") {
  compare_random<BitCommands>(2, 1, tests::kSanitized ? 100 : 400);
  compare_random<BitCommands>(3, 2, tests::kSanitized ? 100 : 400);
}

}  // namespace slotway::backend

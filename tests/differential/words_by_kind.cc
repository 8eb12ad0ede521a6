// The kinds of words that Words::of() chooses from.
#include "tests/differential/words.h"

namespace slotway::differential {

std::string Words::number_text() {
  if (draw_.once_in(40)) {
    return draw_.any({"127", "128", "-129", "4095", "-4097", "32768", "-32769", "8388608",
                      "2147483648", "-2147483649", kHuge, kLeast});
  }
  return std::to_string(static_cast<int64_t>(draw_.below(200)) - 20);
}

std::string Words::text() {
  if (numeric_ && !draw_.once_in(50)) return number_text();
  switch (draw_.below(12)) {
    case 0:
    case 1:
    case 2:
      return number_text();
    case 3:
      return draw_.any({"", " 1", "01", "-0", "3.5", "-1e3", "inf", "nan", "0x10", "1.0",
                        std::string("n\0l", 3), "\xff", "\x80\xff", "9223372036854775808", "a\r\nb",
                        "HYLL"});
    case 4:
      return long_text();
    case 5: {
      std::string noise(draw_.below(30), ' ');
      // To SORT ALPHA a text ends at its first zero byte.
      for (char& c : noise) c = static_cast<char>(1 + draw_.below(255));
      return noise;
    }
    default:
      return "m" + std::to_string(draw_.below(texts_));
  }
}

std::string Words::long_text() {
  const char letter = static_cast<char>('a' + draw_.below(3));
  switch (draw_.below(12)) {
    case 0:
      return std::string(draw_.below(3000), letter);
    case 1:
      return std::string(120 + draw_.below(12), letter);
    case 2:
      return std::string(4090 + draw_.below(10), letter);
    case 3:
      return std::string(draw_.once_in(4) ? 8150 + draw_.below(60) : 44, letter);
    default:
      return std::string(60 + draw_.below(10), letter);
  }
}

std::string Words::count() {
  // Redis gives as many random elements as it is asked for.
  const bool is_random = (spec_->tips & wire::kNondeterministicOutput) != 0;
  if (!draw_.once_in(6)) return std::to_string(draw_.below(12));
  return draw_.any({"0", "-1", "-3", "-12", "100", "1000", "x", "1 ", kHuge, kLeast,
                    is_random ? "-100" : "-9223372036854775807", "4611686018427387904",
                    "4294967296"});
}

std::string Words::index() {
  if (!draw_.once_in(6)) return std::to_string(static_cast<int64_t>(draw_.below(40)) - 20);
  return draw_.any({"0", "-1", "100", "-100", "1000", "5000", "x", "", "1.0", kHuge, kLeast});
}

std::string Words::integer() {
  if (!draw_.once_in(4)) return std::to_string(static_cast<int64_t>(draw_.below(2000)) - 1000);
  if (draw_.once_in(2)) return std::to_string(static_cast<int64_t>(draw_.below(UINT64_MAX)));
  return draw_.any({"255", "256", "-128", "65536", "x", "01", kHuge, kLeast});
}

std::string Words::increment() {
  if (draw_.once_in(4)) {
    return draw_.any({"0.1", "-2.5", "1e17", "3.0e3", "1e-5", "1e300", "-1e300", "inf", "-inf",
                      "nan", "x", "", unreal("1e5000"), kHuge, kLeast});
  }
  return integer();
}

std::string Words::unreal(const char* number) const { return in_range_ ? "1e308" : number; }

std::string Words::real() { return draw_.once_in(3) ? increment() : score(); }

std::string Words::score() {
  switch (draw_.below(12)) {
    case 0:
      return draw_.any({"inf",
                        "-inf",
                        "+inf",
                        "nan",
                        unreal("-0"),
                        "1e308",
                        unreal("1e400"),
                        unreal("1e-400"),
                        "0x10",
                        " 1",
                        "1 ",
                        "x",
                        "",
                        "1e17",
                        "123456789012345678",
                        "9007199254740993",
                        unreal("4.9e-324"),
                        "infinity",
                        "+5",
                        unreal("-1e999")});
    case 1:
      return draw_.any({"3.14159", "-2.5", "0.1", "1e20", "-1e-5", "17.25", "1e15", "1e16"});
    case 2:
    case 3:
    case 4:
      return "0";
    default:
      return std::to_string(static_cast<int64_t>(draw_.below(30)) - 5);
  }
}

std::string Words::score_bound() {
  if (draw_.once_in(30)) return draw_.any({"(", "((1", "1("});
  return (draw_.once_in(3) ? "(" : "") +
         (draw_.once_in(6) ? draw_.any({"-inf", "+inf", "inf"}) : score());
}

std::string Words::text_bound() {
  if (draw_.once_in(4)) return draw_.any({"-", "+"});
  if (draw_.once_in(20)) return draw_.any({"x", "", "--", "+a", "[", "("});
  return draw_.any({"[", "("}) + text();
}

std::string Words::range_bound() {
  const std::string_view name = spec_->name;
  if (name.ends_with("bylex") || name == "zlexcount") return text_bound();
  if (name.ends_with("byscore") || name == "zcount") return score_bound();
  if (name == "zrange" || name == "zrangestore") {
    if (range_ == Range::kScore) return score_bound();
    if (range_ == Range::kText) return text_bound();
  }
  return index();
}

std::string Words::bit_offset() {
  if (draw_.once_in(8)) {
    return draw_.any({"#1", "#20", "#", "x", "", "-1", "01", kHuge, kLeast, "4294967296",
                      "4294967295", "8388607", "8388608", "4611686018427387904",
                      "#9223372036854775807", "20000"});
  }
  return std::to_string(draw_.below(600));
}

std::string Words::bit_type() {
  if (!draw_.once_in(8)) return draw_.any({"u", "i"}) + std::to_string(1 + draw_.below(64));
  return draw_.any({"u8", "i8", "u1", "i1", "i64", "u63", "u64", "i65", "u0", "i", "8", "x8",
                    std::string("u8\0x", 4)});
}

std::string Words::pattern() {
  if (sorts_) {
    return draw_.any({"string:*", "hash:*->m1", "hash:*->none", "nosort", "#", "string:*->", "*",
                      "->*", "hash:*", "string:1", "set:*"});
  }
  return draw_.any({"*",        "m*",          "*1",        "?",      "[ls]*",     "[^m]*",
                    "m[0-9]",   "[9-0]*",      "\\*",       "*\\",    "[",         "[[[[",
                    "m[1",      "[]*",         "[^]*",      "[\\]]*", "a*a*a*a*b", "*:[1-3]",
                    "z*",       "-*",          "*m*[0-9]?", "[a-",    "[m-a]1*",   "\\m1?",
                    "?*?*?*?*", "[m-m][0-5]*", "*[^0-9a-z]"});
}

std::string Words::degrees(double most) {
  if (draw_.once_in(40))
    return draw_.any({"x", "nan", "inf", "200", "-181", "86", "", "0", "85.05112878"});
  const double share = static_cast<double>(draw_.below(1'000'000'000)) / 1e9;
  return std::to_string((share * 2 - 1) * most);
}

std::string Words::length() {
  return draw_.any(
      {"0", "1", "100", "1000", "5000", "7000", "20000", "123.456", "-1", "x", "1e9", "5000000"});
}

std::string Words::database() {
  return draw_.any({"0", "0", "0", "1", "2", "16", "-1", "x", "99999999999"});
}

std::string Words::type_name() {
  return draw_.any({"string", "list", "set", "zset", "hash", "ZSET", "stream", "none"});
}

// Redis takes the least for a positive one.
std::string Words::rank() {
  return draw_.any({"1", "-1", "2", "-2", "5", "0", "-1000", "x", kHuge});
}

std::string Words::seconds() {
  if (draw_.once_in(4)) {
    return draw_.any({"0", "-1", "-100000", "x", "1.5", kHuge, kLeast, "9223372036854775"});
  }
  return std::to_string(100'000 + draw_.below(1'000'000'000));
}

std::string Words::milliseconds() {
  if (draw_.once_in(4)) return draw_.any({"0", "-1", "-100000", "x", "1.5", kHuge, kLeast});
  return std::to_string(1'000'000'000 + draw_.below(1'000'000'000'000));
}

std::string Words::unix_seconds() {
  if (draw_.once_in(6)) return draw_.any({"1", "0", "-5", "x", kHuge, kLeast});
  return std::to_string(4'102'444'800 + draw_.below(1'000'000'000));
}

std::string Words::unix_milliseconds() {
  if (draw_.once_in(6)) return draw_.any({"1", "0", "-5", "x", kHuge, kLeast});
  return std::to_string(4'102'444'800'000 + draw_.below(1'000'000'000'000));
}

std::string Words::restored_ttl() {
  return draw_.any({"0", "0", "0", "-1", kHuge,
                    std::to_string(4'102'444'800'000 + draw_.below(1'000'000'000'000))});
}

// Outside of a transaction it must not wait long.
std::string Words::timeout() {
  if (draw_.once_in(4)) return draw_.any({"-1", "x", unreal("1e400"), "nan", ""});
  return in_transaction_ ? draw_.any({"0", "1", "0.5"}) : "0.001";
}

std::string Words::payload() {
  if (payloads_.empty()) return "none";
  std::string bytes = payloads_[draw_.below(payloads_.size())];
  if (draw_.once_in(4)) bytes[draw_.below(bytes.size())] ^= static_cast<char>(1 << draw_.below(8));
  return bytes;
}

}  // namespace slotway::differential

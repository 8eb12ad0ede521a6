#include "backend/types/listpack.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace slotway::backend {

namespace {

struct Storage {
  Storage() : bytes(listpack::kEmptySize, '\0') { listpack::make_empty(bytes.data()); }
  char* data() { return bytes.data(); }
  size_t size() const { return bytes.size(); }
  void resize(size_t size) { bytes.resize(size); }
  std::string bytes;
};

std::string element(const Storage& storage, size_t at) {
  listpack::ElementText text;
  return std::string(listpack::get(storage.bytes.data(), at, text));
}

std::vector<std::string> forwards(const Storage& storage) {
  std::vector<std::string> all;
  const char* const pack = storage.bytes.data();
  for (size_t at = listpack::first(pack); at < listpack::end(pack); at = listpack::next(pack, at)) {
    all.push_back(element(storage, at));
  }
  return all;
}

std::vector<std::string> backwards(const Storage& storage) {
  std::vector<std::string> all;
  const char* const pack = storage.bytes.data();
  for (size_t at = listpack::end(pack); at > listpack::first(pack);) {
    at = listpack::previous(pack, at);
    all.insert(all.begin(), element(storage, at));
  }
  return all;
}

// Every length and every width of a number at which the form of an element changes.
std::vector<std::string> odd_values() {
  std::vector<std::string> values = {
      "", "0", "-0", "00", "+1", " 1", "1 ", "-", "9223372036854775808"};
  for (const int bits : {7, 12, 15, 23, 31, 63}) {
    const auto limit = static_cast<int64_t>(uint64_t{1} << bits);
    for (const int64_t near : {-1, 0, 1}) {
      const auto number =
          static_cast<int64_t>(static_cast<uint64_t>(limit) + static_cast<uint64_t>(near));
      values.push_back(std::to_string(number));
      values.push_back(std::to_string(static_cast<int64_t>(0 - static_cast<uint64_t>(number))));
    }
  }
  for (const size_t size :
       {1, 20, 21, 62, 63, 64, 65, 125, 126, 127, 128, 4094, 4095, 4096, 16383, 16384, 70000}) {
    values.emplace_back(size, 'x');
  }
  return values;
}

}  // namespace

TEST_CASE("an empty listpack has the seven bytes of the format") {
  const Storage storage;
  CHECK(storage.bytes == std::string("\x07\0\0\0\0\0\xff", 7));
  CHECK(listpack::is_valid(storage.bytes));
  CHECK(listpack::seek(storage.bytes.data(), 0) == listpack::end(storage.bytes.data()));
  CHECK(listpack::seek(storage.bytes.data(), -1) == listpack::end(storage.bytes.data()));
}

TEST_CASE("elements of a listpack have the bytes of the format") {
  const auto bytes_of = [](std::string_view value) {
    Storage storage;
    listpack::append(storage, listpack::Value(value));
    return storage.bytes.substr(listpack::kHeaderSize, storage.bytes.size() - listpack::kEmptySize);
  };
  CHECK(bytes_of("5") == std::string("\x05\x01", 2));
  CHECK(bytes_of("-1") == std::string("\xdf\xff\x02", 3));
  CHECK(bytes_of("4095") == std::string("\xcf\xff\x02", 3));
  CHECK(bytes_of("4096") == std::string("\xf1\x00\x10\x03", 4));
  CHECK(bytes_of("abc") == std::string("\x83"
                                       "abc"
                                       "\x04",
                                       5));
  // 200 bytes and two of header: the size at the end takes two bytes, the last one marked.
  CHECK(bytes_of(std::string(200, 'y')) ==
        "\xe0\xc8" + std::string(200, 'y') + std::string("\x01\xca", 2));
}

TEST_CASE("every value comes back from a listpack, in both directions") {
  const std::vector<std::string> values = odd_values();
  Storage storage;
  for (const std::string& value : values) listpack::append(storage, listpack::Value(value));
  CHECK(forwards(storage) == values);
  CHECK(backwards(storage) == values);
  CHECK(listpack::is_valid(storage.bytes));
  const char* const pack = storage.bytes.data();
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t at = listpack::seek(pack, static_cast<int64_t>(i));
    CHECK(element(storage, at) == values[i]);
    CHECK(listpack::equals(pack, at, values[i]));
    CHECK(listpack::find(pack, at, listpack::Value(values[i])) == at);
    CHECK(listpack::seek(pack, static_cast<int64_t>(i) - static_cast<int64_t>(values.size())) ==
          at);
  }
}

TEST_CASE("a listpack is a sequence: random edits against a vector") {
  std::mt19937 random(7);
  const std::vector<std::string> values = odd_values();
  const auto below = [&](size_t limit) { return random() % limit; };
  Storage storage;
  std::vector<std::string> model;
  for (int round = 0; round < 4000; ++round) {
    const std::string& value = values[below(values.size() - 3)];
    const size_t index = model.empty() ? 0 : below(model.size());
    const size_t at = listpack::seek(storage.data(), static_cast<int64_t>(index));
    switch (below(model.size() > 60 ? 6 : 4)) {
      case 0:
        listpack::append(storage, listpack::Value(value));
        model.push_back(value);
        break;
      case 1:
        listpack::prepend(storage, listpack::Value(value));
        model.insert(model.begin(), value);
        break;
      case 2:
        listpack::insert(storage, at, listpack::Value(value));
        model.insert(model.begin() + static_cast<ptrdiff_t>(index), value);
        break;
      case 3:
        if (model.empty()) break;
        listpack::assign(storage, at, listpack::Value(value));
        model[index] = value;
        break;
      default: {
        const size_t many = std::min<size_t>(1 + below(3), model.size() - index);
        listpack::erase(storage, at, many);
        const auto from = model.begin() + static_cast<ptrdiff_t>(index);
        model.erase(from, from + static_cast<ptrdiff_t>(many));
      }
    }
    REQUIRE(listpack::count(storage.data()) == model.size());
    REQUIRE(listpack::total_size(storage.data()) == storage.size());
    if (round % 50 == 0) {
      REQUIRE(forwards(storage) == model);
      REQUIRE(backwards(storage) == model);
    }
  }
  CHECK(listpack::is_valid(storage.bytes));
}

TEST_CASE("more elements than the header can count are counted") {
  Storage storage;
  for (size_t i = 0; i < listpack::kCountUnknown + 2; ++i) {
    listpack::append(storage, listpack::Value("1"));
  }
  CHECK(listpack::count(storage.data()) == listpack::kCountUnknown + 2);
  CHECK(listpack::is_valid(storage.bytes));
  CHECK(listpack::seek(storage.data(), 65536) + 2 == listpack::end(storage.data()));
  listpack::erase(storage, listpack::kHeaderSize, 10);
  CHECK(listpack::count(storage.data()) == listpack::kCountUnknown - 8);
}

TEST_CASE("a listpack that is cut or changed is refused, or is another whole listpack") {
  Storage storage;
  for (const char* value : {"abc", "77", "-5000", "", "123456789012"}) {
    listpack::append(storage, listpack::Value(value));
  }
  listpack::append(storage, listpack::Value(std::string(300, 'z')));
  const std::string good = storage.bytes;
  for (size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(listpack::is_valid(good.substr(0, size)));
  }
  size_t accepted = 0;
  for (size_t i = 0; i < good.size() * 8; ++i) {
    storage.bytes = good;
    storage.bytes[i / 8] = static_cast<char>(storage.bytes[i / 8] ^ (1 << i % 8));
    if (!listpack::is_valid(storage.bytes)) continue;
    ++accepted;
    CHECK(forwards(storage).size() == backwards(storage).size());
  }
  CHECK(accepted > 0);  // a letter may be another letter
}

}  // namespace slotway::backend

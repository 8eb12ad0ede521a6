#include "tests/bench/load/key_values.h"

namespace slotway::load {

KeyValues::Key KeyValues::key(KeyNumber number) {
  Key key = {'k', 'e', 'y', ':'};
  for (size_t i = kKeySize; i > 4; number /= 10) key[--i] = static_cast<char>('0' + number % 10);
  return key;
}

std::string_view KeyValues::value(KeyNumber number) {
  const Key name = key(number);
  value_.clear();
  while (value_.size() < value_size_) value_ += view(name);
  value_.resize(value_size_);
  return value_;
}

bool KeyValues::is_value_of(KeyNumber number, std::string_view bytes) const {
  if (bytes.size() != value_size_ || !bytes.starts_with(view(key(number)))) return false;
  // What repeats after kKeySize bytes is equal to itself shifted by so many.
  return bytes.substr(kKeySize) == bytes.substr(0, bytes.size() - kKeySize);
}

}  // namespace slotway::load

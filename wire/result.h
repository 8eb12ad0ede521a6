// Result<T>: an expected failure as a value.
//
// Everything that can fail because of what others do (bad input, a lost peer, a full disk) returns
// a Result; exceptions never cross a libuv callback. An Error carries one line of text that says
// what failed, where, and what was expected. Value types; no thread affinity.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace slotway {

struct Error {
  // A code of the RESP vocabulary ("ERR", "WRONGTYPE", ...) where the error can reach a client,
  // a word of the room's own otherwise.
  std::string code;
  // One line, no CR or LF.
  std::string message;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Requires ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Requires !ok().
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// A Result without a value: success, or an Error.
struct Done {};
using Status = Result<Done>;
inline Status success() { return Done{}; }

}  // namespace slotway

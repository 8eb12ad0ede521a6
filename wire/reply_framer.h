// ReplyFramer: finds where each reply of a server ends, without building it.
//
// Fed with whatever bytes came, in any pieces; it keeps no bytes, only its state, and looks at each
// byte once. Strict: lengths, CR and LF are checked, so a bare CR or LF in an error text is
// malformed and can split nothing. Nested types are walked with an explicit stack of bounded depth,
// which is allocated only for what is nested deeper than any but a script's reply.
// No I/O. Source: "Redis serialization protocol specification" (RESP2 and RESP3; the
// streamed types, which no server sends, are malformed). One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace slotway::wire {

class ReplyFramer {
 public:
  // A script's table within a table can make Redis send nearly 8,000 levels: to close a connection
  // for that would let any client hurt the others that share it.
  static constexpr size_t kMaxDepth = 8192;
  static constexpr int64_t kMaxBulk = 4ll << 30;  // bytes
  static constexpr int64_t kMaxElements = 2147483647;
  static constexpr size_t kMaxText = 1 << 20;  // bytes of a status or error line

  enum class Status : uint8_t {
    kReply,      // a whole reply ends behind `consumed` bytes
    kPush,       // a whole RESP3 push message does
    kNeedMore,   // all bytes are taken, the frame goes on
    kMalformed,  // the stream cannot be used further
  };

  // `version` 2 takes the types of RESP2 only.
  explicit ReplyFramer(int version = 2) : version_(version) {}

  Status feed(std::string_view bytes, size_t& consumed) {
    // Nearly all replies are small and here as a whole: no state to keep for those.
    if (state_ == State::kType && depth_ == 0) [[likely]] {
      if (const size_t size = size_of_simple_element(bytes)) {
        type_ = bytes.front();
        consumed = size;
        return Status::kReply;
      }
    }
    return walk(bytes, consumed);
  }

  // Forgets what was under way: another stream begins.
  void reset() {
    state_ = State::kType;
    depth_ = 0;
    deep_levels_ = {};
  }

  // After kNeedMore: bytes known to be still missing, at least 1.
  size_t missing() const { return state_ == State::kPayload ? static_cast<size_t>(left_) + 2 : 1; }
  // The type byte ('+', '-', '$', ...) of the frame under way or just finished.
  char type() const { return type_; }

 private:
  enum class State : uint8_t { kType, kNumber, kNumberEnd, kText, kTextEnd, kPayload, kCr, kLf };

  // The size of the element at the front if it is whole and of the most frequent: a bulk string or
  // an integer with at most four digits, "$-1", "+OK"; 0 if it is anything else, malformed ones
  // included.
  static size_t size_of_simple_element(std::string_view bytes);
  // feed() for all the rest.
  Status walk(std::string_view bytes, size_t& consumed);
  bool begin_element(char type);
  bool take_digit(char c);
  // The number of a header line is known; false if it is not acceptable.
  bool finish_number();
  // An element is complete: true if it completes the frame.
  bool finish_element();
  bool push_level(int64_t elements);

  int version_;
  State state_ = State::kType;
  char type_ = 0;     // of the frame
  char element_ = 0;  // of the element under way
  bool negative_ = false;
  uint8_t digits_ = 0;
  bool leading_zero_ = false;
  size_t text_size_ = 0;
  int64_t number_ = 0;
  int64_t left_ = 0;  // of the payload
  size_t depth_ = 0;
  struct Level {
    int64_t left;
    bool is_attribute;  // does not count as an element of what encloses it
  };
  static constexpr size_t kUsualDepth = 128;
  Level& innermost() {
    return depth_ <= kUsualDepth ? levels_[depth_ - 1] : deep_levels_[depth_ - kUsualDepth - 1];
  }
  std::array<Level, kUsualDepth> levels_;
  std::vector<Level> deep_levels_;  // the levels behind those
};

}  // namespace slotway::wire

// ReplyWriter: RESP replies, version 2 or 3, appended to an OutputBuffer.
//
// RESP3 types are written in their RESP2 form to a version 2 peer, as Redis does it. A thin view:
// the buffer is the caller's. Specification: "Redis serialization protocol specification".
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/output_buffer.h"
#include "wire/result.h"

namespace slotway::wire {

class ReplyWriter {
 public:
  // `version` is 2 or 3.
  explicit ReplyWriter(OutputBuffer& out, int version = 2) : out_(out), version_(version) {}

  int version() const { return version_; }

  void simple(std::string_view text);  // "+text"; no CR or LF in it
  void ok() { raw("+OK\r\n"); }
  // "-line": the line begins with a code. CR and LF are written as spaces, and
  // left out at its end.
  void error(std::string_view line);
  void error(const Error& error);
  void integer(int64_t value);
  void bulk(std::string_view bytes);
  // The same for bytes that lie inside `block`: referenced where that pays.
  void bulk(const BlockRef& block, std::string_view bytes);
  void null();        // "$-1" or "_"
  void null_array();  // "*-1" or "_"
  void array(size_t count);
  void map(size_t pairs);  // version 2: an array of twice as many
  void set(size_t count);
  void push(size_t count);
  void real(double value);  // version 2: a bulk string, as Redis prints doubles
  void boolean(bool value);
  void verbatim(std::string_view format, std::string_view text);  // version 2: a bulk string
  void raw(std::string_view resp) { out_.append(resp); }

  // Whether any error was written.
  bool wrote_error() const { return error_code_size_ > 0; }
  // The code of the last one ("ERR", "WRONGTYPE"), "ERR" for a line without any; or empty.
  std::string_view error_code() const { return {error_code_, error_code_size_}; }
  OutputBuffer& out() { return out_; }

 private:
  void header(char type, int64_t value);
  void note_error(std::string_view line);

  OutputBuffer& out_;
  int version_;
  static constexpr size_t kLongestCode = 31;
  uint8_t error_code_size_ = 0;
  char error_code_[kLongestCode];  // so many of them are set
};

}  // namespace slotway::wire

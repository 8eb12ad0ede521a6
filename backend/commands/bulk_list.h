// BulkList: bulk strings of a reply whose number is known only when all have been found. One call.
#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

#include "wire/reply_writer.h"

namespace slotway::backend {

class BulkList {
 public:
  void add(std::string_view bytes) {
    char header[24] = {'$'};
    const char* const end = std::to_chars(header + 1, header + sizeof header, bytes.size()).ptr;
    resp_.append(header, static_cast<size_t>(end - header));
    resp_.append("\r\n").append(bytes).append("\r\n");
    ++count_;
  }

  size_t count() const { return count_; }
  // Without the header of an array or set.
  void write(wire::ReplyWriter& reply) const { reply.raw(resp_); }

 private:
  std::string resp_;
  size_t count_ = 0;
};

}  // namespace slotway::backend

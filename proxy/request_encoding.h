// Commands written as multi-bulk requests, for those that are not forwarded byte for byte.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "wire/output_buffer.h"
#include "wire/reply_writer.h"

namespace slotway::proxy {

inline void encode_request(wire::OutputBuffer& out, std::span<const std::string_view> args) {
  wire::ReplyWriter writer(out);  // a request is an array of bulks, as a reply can be
  writer.array(args.size());
  for (const std::string_view arg : args) writer.bulk(arg);
}

inline void encode_request(wire::OutputBuffer& out, std::initializer_list<std::string_view> args) {
  encode_request(out, std::span(args.begin(), args.size()));
}

}  // namespace slotway::proxy

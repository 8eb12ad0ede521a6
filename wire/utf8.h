// Bytes of clients, such as keys, in texts that must be UTF-8 (RFC 3629), such as JSON. Plain
// functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace slotway::wire {

bool is_utf8(std::string_view text);

// The text itself, or, of what is no UTF-8, each byte that is not printable ASCII as \xHH, and
// "\\" for "\".
std::string as_utf8(std::string_view bytes);

}  // namespace slotway::wire

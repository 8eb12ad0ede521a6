// Redis's glob patterns, for KEYS, SCAN MATCH, CONFIG GET, COMMAND LIST and channels:
//   *   any run of bytes        [abc] [a-z] [^a]   one byte of a class, or not of it
//   ?   any one byte            \x                 x itself
// An unclosed class reaches to the end of the pattern. Matching goes back to the last star only, so
// it takes at most O(pattern * text), whatever the pattern. Bytes, not characters; stateless.
// Unlike in Redis, a pattern of several stars matches the empty text, as a single one does.
#pragma once

#include <string_view>

namespace slotway::wire {

bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case = false);

}  // namespace slotway::wire

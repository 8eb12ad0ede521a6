// Inline requests: a line of words, as a person types it into telnet.
//
// Words are separated by white space. "..." may hold \xHH, \n, \r, \t, \b, \a and \ before any
// other byte, '...' only \' ; a closing quote must end the word. As Redis splits them, but for a
// NUL, which ends the line there and is a byte like any other here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slotway::wire {

// Splits `line` (without its newline). The words are views into `storage`, whose content is
// replaced. False if quotes are unbalanced.
bool split_inline(std::string_view line, std::string& storage,
                  std::vector<std::string_view>& words);

}  // namespace slotway::wire

// The "did you mean" of an unknown key.
#pragma once

#include <span>
#include <string_view>

namespace slotway::config {

// The word nearest to `text` by edits of one character (a change, an insertion, a removal, a swap
// of neighbours), if at most a third of its characters, and at least one, need an edit; else "".
// '-' and '_' count as the same.
std::string_view nearest_word(std::string_view text, std::span<const std::string_view> words);

}  // namespace slotway::config

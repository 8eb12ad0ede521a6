// Texts for a terminal: made safe, measured and cut in columns; numbers as people read them.
//
// What a character is, and how wide, is a matter of the process's locale (LC_CTYPE). Plain
// functions; any thread, as long as none changes the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::proxy::cli {

// The text with \xHH for each byte of what is no printable character: no byte of a client's, such
// as an escape sequence in a key, steers the terminal.
std::string shown(std::string_view text);

// Columns that a text made by shown() takes, and as much of it as fits into so many, ending in ".."
// where something is left out.
size_t columns_of(std::string_view text);
std::string cut(const std::string& text, size_t columns);
// The same, filled up with spaces behind it, or before it.
std::string pad_right(const std::string& text, size_t columns);
std::string pad_left(const std::string& text, size_t columns);

std::string grouped(int64_t number);         // "1,234,567"
std::string bytes_text(uint64_t bytes);      // "512 B", "1.5 KiB"
std::string time_text(uint64_t us);          // "850 us", "1.25 ms", "2.10 s"
std::string percent_text(double ratio);      // 0.931: "93.1%"
std::string duration_text(int64_t seconds);  // "3s", "2m 5s", "4h 0m", "1d 3h"

}  // namespace slotway::proxy::cli

// Reads and checks a configuration.
//
// Every error names the place: its message begins with "FILE:LINE:COLUMN: ", both counted from 1
// (columns in bytes), and says what was expected there. What is missing is reported at the key it
// is missing from. No exception leaves these functions, whatever the text is. Callable on any
// thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "wire/result.h"

namespace slotway::config {

// The largest configuration, password or hash file that is read, in bytes.
inline constexpr size_t kMaxFileSize = 1 << 20;

// Gives a file's bytes, or an Error whose message says why not. The seam for tests.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// The whole file, if it is a regular file of at most kMaxFileSize bytes.
Result<std::string> read_file(const std::string& path);

// `file_name` stands in the errors; password files with a relative path are looked up beside it.
Result<Config> parse_config(std::string_view text, const std::string& file_name,
                            const FileReader& read_file);

// The same with the text of the file at `path`.
Result<Config> load_config(const std::string& path);

}  // namespace slotway::config

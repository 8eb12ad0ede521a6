// EmbeddedFile: a file of the source tree that is part of the program. embed_files() in
// embed_files.cmake makes a constant of them, to be declared where it is used:
//
//     namespace slotway::metrics { extern const std::span<const EmbeddedFile> kMyFiles; }
//
// It is there before any constructor runs; any thread.
#pragma once

#include <span>
#include <string_view>

namespace slotway::metrics {

struct EmbeddedFile {
  std::string_view name;  // its path, relative to the folder of the CMakeLists.txt
  std::string_view text;
};

}  // namespace slotway::metrics

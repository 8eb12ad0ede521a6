// TempDir: a directory of its own under /tmp, removed with all that is in it at the end.
#pragma once

#include <string>
#include <string_view>

namespace slotway::tests {

class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Writes the file, in place of what it held, and gives its path.
  std::string write(std::string_view name, std::string_view text) const;

 private:
  std::string path_;
};

}  // namespace slotway::tests

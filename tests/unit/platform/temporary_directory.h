// A directory of a test's own, removed with all that is in it.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>
#include <string_view>

#include "platform/file.h"

namespace waxwing::platform {

class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "waxwing_test_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
    path_ = std::filesystem::canonical(name);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

  void write(std::string_view name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  void make_directory(std::string_view name) const {
    std::filesystem::create_directories(path_ / name);
  }
  void link(std::string_view name, std::string_view target) const {
    std::filesystem::create_symlink(target, path_ / name);
  }

  /// A handle on the directory `name` in it, "." being itself.
  File open(std::string_view name = ".") const {
    auto file = open_host_path(*this / name, {.directory = true});
    EXPECT_TRUE(file.has_value()) << name;
    return file ? std::move(*file) : File();
  }

 private:
  std::filesystem::path path_;
};

/// Reads up to 4 KiB from the file's offset.
inline std::string read_text(const File& file) {
  std::string text(4096, '\0');
  const IoBuffer buffer{reinterpret_cast<uint8_t*>(text.data()), text.size()};
  const auto size = file.read({&buffer, 1});
  EXPECT_TRUE(size.has_value());
  text.resize(size.value_or(0));
  return text;
}

inline FileResult<size_t> write_text(const File& file, std::string_view text) {
  const ConstIoBuffer buffer{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  return file.write({&buffer, 1});
}

/// The failure of `result` in words, "" where it did not fail.
template <typename T>
std::string failure(const FileResult<T>& result) {
  return result ? std::string() : std::string(file_error_text(result.error()));
}

inline std::string text_of(FileError error) { return std::string(file_error_text(error)); }

}  // namespace waxwing::platform

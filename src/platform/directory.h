// The entries of a directory, in an order and with positions that the file system keeps stable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/file.h"

namespace waxwing::platform {

struct DirectoryEntry {
  std::string_view name;  // valid until the next call; `.` and `..` are among the entries
  uint64_t inode = 0;
  FileKind kind = FileKind::unknown;
  uint64_t next_position = 0;  // where the entry after this one is
};

/// Reads a directory of any size through a buffer of fixed size. Not thread-safe.
class DirectoryReader {
 public:
  /// Reads what `directory` names, from its start, independently of other readers and of the offset
  /// of `directory`, which need not outlive the reader.
  static FileResult<DirectoryReader> open(const File& directory);

  DirectoryReader(DirectoryReader&&) noexcept;
  DirectoryReader& operator=(DirectoryReader&&) noexcept;
  ~DirectoryReader();

  /// The next call to `next` returns the entry at `position`: 0, which reads the directory anew, or
  /// the `next_position` of an entry of this directory, by whatever reader. Any other value is
  /// `inval` or an arbitrary place, never harm.
  FileResult<> seek(uint64_t position);

  /// The next entry; none at the end.
  FileResult<std::optional<DirectoryEntry>> next();

 private:
  struct Window;  // the entries that one system call returned
  DirectoryReader(File directory, std::unique_ptr<Window> window);

  File directory_;
  std::unique_ptr<Window> window_;
};

/// What `name`, a single component, is in `directory`: of a symbolic link, the link itself. One
/// system call.
FileResult<FileStat> stat_entry(const File& directory, std::string_view name);

/// `path` from the root, seen from the working directory. Nothing is followed, and nothing needs to
/// be there; `.` and `..` stay. An empty path is `noent`, one with a NUL byte `inval`.
FileResult<std::string> absolute_path(std::string_view path);

/// Makes the directory `path` and those that it lacks above it, each with `mode` less the process's
/// umask. No failure where it is there; `notdir` where something on the way is no directory.
FileResult<> make_directories(std::string_view path, uint16_t mode);

}  // namespace waxwing::platform

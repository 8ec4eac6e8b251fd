// What an overlay shows where nothing has changed: a directory that is only read, by paths from it.
// Private to the layer.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "vfs/object.h"

namespace waxwing::vfs {

/// Whoever else changes the directory, nothing here does. Paths have no `.`, `..` or empty
/// components; an empty one is the directory itself. Links at their ends are not followed.
class Lower {
 public:
  /// Its files seem to be of other devices than by other ways to them: each of its own, by
  /// `device`.
  Lower(std::shared_ptr<Directory> root, uint64_t device)
      : root_(std::move(root)), device_(own_device(device)) {}

  static std::string join(const std::string& directory, std::string_view name) {
    return directory.empty() ? std::string(name) : directory + "/" + std::string(name);
  }
  /// Whether nothing is there, which is no failure of the directory's.
  static bool is_absence(FileError error) {
    return error == FileError::noent || error == FileError::notdir;
  }

  FileResult<FileStat> stat(const std::string& path) const;
  /// For reading; `io` where it is no regular file.
  FileResult<std::unique_ptr<File>> open_file(const std::string& path) const;
  FileResult<std::string> target(const std::string& path) const;

  class Reader {
   public:
    Reader(std::shared_ptr<Directory> directory, std::unique_ptr<DirectoryReader> reader)
        : directory_(std::move(directory)), reader_(std::move(reader)) {}
    DirectoryReader& operator*() const { return *reader_; }
    DirectoryReader* operator->() const { return reader_.get(); }

   private:
    std::shared_ptr<Directory> directory_;
    std::unique_ptr<DirectoryReader> reader_;
  };
  FileResult<Reader> reader(const std::string& path) const;

 private:
  std::shared_ptr<Directory> root_;
  uint64_t device_;
};

}  // namespace waxwing::vfs

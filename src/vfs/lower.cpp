// Each operation finds its path anew, so that nothing stays open for what is only known.
#include "vfs/lower.h"

#include <utility>

namespace waxwing::vfs {

FileResult<FileStat> Lower::stat(const std::string& path) const {
  FileStat stat = TRY(path.empty() ? root_->stat() : root_->stat_at(path, FinalLink::keep));
  stat.device ^= device_;
  return stat;
}

FileResult<std::unique_ptr<File>> Lower::open_file(const std::string& path) const {
  Opened opened =
      TRY(root_->open(path, {.read = true, .follow_final_symlink = false, .nonblock = true}));
  if (opened.file == nullptr || opened.file->kind() != FileKind::regular_file) {
    return std::unexpected(FileError::io);
  }
  return std::move(opened.file);
}

FileResult<std::string> Lower::target(const std::string& path) const {
  return root_->read_link(path);
}

FileResult<Lower::Reader> Lower::reader(const std::string& path) const {
  std::shared_ptr<Directory> directory = root_;
  if (!path.empty()) {
    Opened opened =
        TRY(root_->open(path, {.read = true, .directory = true, .follow_final_symlink = false}));
    directory = std::move(opened.directory);
  }
  if (directory == nullptr) return std::unexpected(FileError::notdir);
  auto reader = TRY(directory->reader());
  if (reader == nullptr) return std::unexpected(FileError::io);
  return Reader(std::move(directory), std::move(reader));
}

}  // namespace waxwing::vfs

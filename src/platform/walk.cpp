// The walk holds an open descriptor for each directory between the root and where it is, so that
// `..` goes back to where it came from, whatever others rename meanwhile. The kernel never follows
// a link for it: links are read and resolved here.
#include "platform/walk.h"

#include <fcntl.h>
#include <limits.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "platform/path_components.h"
#include "platform/posix.h"

namespace waxwing::platform {
namespace {

constexpr size_t max_levels = 256;    // each costs a descriptor of the host's
constexpr int max_replacements = 64;  // of a name by others while it is opened

/// Whether `name` in `directory` is one, or a link: then only what it replaced was `notdir`.
bool may_be_directory(int directory, const std::string& name) {
  struct stat status;
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         (S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode));
}

class Walk {
 public:
  explicit Walk(const File& root) : root_(root) {}

  FileResult<File> open(std::string_view path, const OpenOptions& options);

 private:
  int here() const { return levels_.empty() ? root_.descriptor() : levels_.back().descriptor(); }

  /// Fails where this directory may not be searched, as a lookup in it would.
  FileResult<> check_search() const;

  /// Enters the directory `name`, or pushes the target where it is a link.
  FileResult<> descend(const std::string& name);

  /// Opens `name`, the last component; none where it was a link whose target has been pushed.
  FileResult<std::optional<File>> open_last(const std::string& name, const OpenOptions& options);

  const File& root_;
  std::vector<File> levels_;
  PathComponents left_;
};

FileResult<> Walk::check_search() const {
  struct stat status;
  return as_result(::fstatat(here(), ".", &status, 0));
}

FileResult<> Walk::descend(const std::string& name) {
  const int descriptor = retry_interrupted(
      [&] { return ::openat(here(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC); });
  if (descriptor == -1) return last_failure();
  File next = File::own(descriptor);
  if (next.kind() == FileKind::symbolic_link)
    return left_.follow(TRY(read_link_at(descriptor, "")));
  if (next.kind() != FileKind::directory) return std::unexpected(FileError::notdir);
  if (levels_.size() == max_levels) return std::unexpected(FileError::nametoolong);
  levels_.push_back(std::move(next));
  return {};
}

FileResult<std::optional<File>> Walk::open_last(const std::string& name,
                                                const OpenOptions& options) {
  const bool wants_directory = left_.wants_directory();
  if (wants_directory && options.create) return std::unexpected(FileError::isdir);
  const bool follows = options.follow_final_symlink || wants_directory;
  int flags = TRY(open_flags(options)) | O_NOFOLLOW;
  if (wants_directory) flags |= O_DIRECTORY;
  const mode_t mode = options.create ? options.mode & mode_t{07777} : 0;
  for (int attempt = 0; attempt < max_replacements; ++attempt) {
    const int descriptor =
        retry_interrupted([&] { return ::openat(here(), name.c_str(), flags, mode); });
    if (descriptor != -1) {
      File file = TRY(finish_open(descriptor, options));
      if (!follows || file.kind() != FileKind::symbolic_link) return file;
      const std::string target = TRY(read_link_at(descriptor, ""));
      TRY(left_.follow(target));
      return std::nullopt;
    }
    const int error = errno;
    // What a link is here: ELOOP by O_NOFOLLOW, or ENOTDIR by O_DIRECTORY.
    if (!follows || (error != ELOOP && error != ENOTDIR)) return std::unexpected(file_error(error));
    const FileResult<std::string> target = read_link_at(here(), name.c_str());
    if (target) {
      TRY(left_.follow(*target));
      return std::nullopt;
    }
    const bool replaced = target.error() == FileError::inval || target.error() == FileError::noent;
    const bool was_link = error == ELOOP || may_be_directory(here(), name);
    if (!was_link || !replaced) return std::unexpected(file_error(error));
  }
  return std::unexpected(FileError::again);
}

FileResult<File> Walk::open(std::string_view path, const OpenOptions& options) {
  TRY(left_.push(path));
  for (;;) {
    const std::string name = left_.take();
    if (name == "." || name == "..") {
      TRY(check_search());
      if (name == "..") {
        if (levels_.empty()) return std::unexpected(FileError::perm);
        levels_.pop_back();
      }
      if (!left_.empty()) continue;
      const int flags = TRY(open_flags(options));
      const int descriptor = retry_interrupted([&] { return ::openat(here(), ".", flags, 0); });
      if (descriptor == -1) return last_failure();
      return finish_open(descriptor, options);
    }
    if (!left_.empty()) {
      TRY(descend(name));
      continue;
    }
    std::optional<File> file = TRY(open_last(name, options));
    if (file) return std::move(*file);
  }
}

}  // namespace

FileResult<File> open_by_walk(const File& root, std::string_view path, const OpenOptions& options) {
  return Walk(root).open(path, options);
}

FileResult<std::string> read_link_at(int directory, const char* name) {
  char target[PATH_MAX];
  const ssize_t size = ::readlinkat(directory, name, target, sizeof target);
  if (size == -1) {
    const bool not_a_link = errno == ENOENT && *name == '\0';
    return std::unexpected(not_a_link ? FileError::inval : file_error(errno));
  }
  // A target that fills the buffer may have been cut.
  if (size == sizeof target) return std::unexpected(FileError::nametoolong);
  return std::string(target, static_cast<size_t>(size));
}

}  // namespace waxwing::platform

// Paths confined by openat2(2), or by our walk where the kernel or a seccomp filter lacks that;
// then only single components, which the *at() calls do not follow, are handed on.
#include "platform/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <optional>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "platform/directory.h"
#include "platform/path_components.h"
#include "platform/posix.h"
#include "platform/walk.h"

namespace waxwing::platform {
namespace {

constexpr int max_attempts = 32;  // openat2 fails with EAGAIN while others rename

/// Opens by openat2; none where the kernel cannot confine the path, or nobody wants it to.
FileResult<std::optional<int>> open_by_kernel(const PathBeneath& at, const OpenOptions& options,
                                              int flags) {
  if (at.resolver == Resolver::walk) return std::nullopt;
  const std::string path(at.path);
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.mode = options.create ? options.mode & 07777u : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    const long descriptor = retry_interrupted([&] {
      return ::syscall(SYS_openat2, at.directory.descriptor(), path.c_str(), &how, sizeof how);
    });
    if (descriptor != -1) return static_cast<int>(descriptor);
    if (errno == EAGAIN) continue;
    if (errno == EXDEV) return std::unexpected(FileError::perm);
    // Seccomp filters that do not know the call answer either of these; the walk tells a true
    // EPERM.
    if (errno == ENOSYS || errno == EPERM) break;
    return last_failure();
  }
  return std::nullopt;
}

/// What is open there, which is closed.
FileResult<FileStat> stat_and_close(int descriptor) {
  struct stat status;
  const FileResult<> done = as_result(::fstat(descriptor, &status));
  ::close(descriptor);
  if (!done) return std::unexpected(done.error());
  return file_stat(status);
}

/// Whether `path` is one component, which leads nowhere unless it is a link.
bool is_single_name(std::string_view path) {
  return path.find('/') == std::string_view::npos && path != "..";
}

/// The parent of an entry that an operation is about to make or change. Fails with `if_dot` or
/// `if_dot_dot` where the last component is `.` or `..`, which name no entry, in a path that is
/// right otherwise.
FileResult<ParentAndName> resolve_entry(const PathBeneath& at, FileError if_dot,
                                        FileError if_dot_dot) {
  ParentAndName entry = TRY(resolve_parent(at));
  if (entry.name != "." && entry.name != "..") return entry;
  const FileResult<File> directory = open_beneath(at, {.directory = true});
  if (!directory) return std::unexpected(directory.error());
  return std::unexpected(entry.name == "." ? if_dot : if_dot_dot);
}

FileResult<ParentAndName> resolve_entry(const PathBeneath& at, FileError if_dots) {
  return resolve_entry(at, if_dots, if_dots);
}

FileResult<FileKind> kind_of_entry(const ParentAndName& entry) {
  struct stat status;
  if (::fstatat(entry.parent.descriptor(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return last_failure();
  }
  return kind_of_mode(status.st_mode);
}

/// The parent of an entry to be made that is not a directory, for which a trailing slash is always
/// wrong.
FileResult<ParentAndName> resolve_new_entry(const PathBeneath& at) {
  ParentAndName entry = TRY(resolve_entry(at, FileError::exist));
  if (!entry.trailing_slash) return entry;
  const FileResult<FileKind> present = kind_of_entry(entry);
  return std::unexpected(present ? FileError::exist : present.error());
}

}  // namespace

FileResult<File> open_beneath(const PathBeneath& at, const OpenOptions& options) {
  TRY(check_path(at.path));
  const int flags = TRY(open_flags(options));
  // Kernels differ here in their failures.
  if (options.create && at.path.back() == '/') return std::unexpected(FileError::isdir);
  const std::optional<int> descriptor = TRY(open_by_kernel(at, options, flags));
  return descriptor ? finish_open(*descriptor, options)
                    : open_by_walk(at.directory, at.path, options);
}

FileResult<ParentAndName> resolve_parent(const PathBeneath& at) {
  TRY(check_path(at.path));
  const size_t end = at.path.find_last_not_of('/') + 1;
  const std::string_view path = at.path.substr(0, end);
  const size_t slash = path.rfind('/');
  const bool trailing_slash = end != at.path.size();
  if (slash == std::string_view::npos) {
    return ParentAndName{at.directory.borrowed(), std::string(path), trailing_slash};
  }
  File parent =
      TRY(open_beneath({at.directory, path.substr(0, slash), at.resolver}, {.directory = true}));
  return ParentAndName{std::move(parent), std::string(path.substr(slash + 1)), trailing_slash};
}

FileResult<FileStat> stat_beneath(const PathBeneath& at, FinalLink final_link) {
  TRY(check_path(at.path));
  const bool follows = final_link == FinalLink::follow;
  if (is_single_name(at.path)) {
    const FileResult<FileStat> entry = stat_entry(at.directory, at.path);
    if (!entry || entry->kind != FileKind::symbolic_link || !follows) return entry;
  }
  const OpenOptions options{.follow_final_symlink = follows};
  const int flags = TRY(open_flags(options));
  const std::optional<int> descriptor = TRY(open_by_kernel(at, options, flags));
  if (descriptor) return stat_and_close(*descriptor);
  return TRY(open_by_walk(at.directory, at.path, options)).stat();
}

FileResult<> set_times_beneath(const PathBeneath& at, FinalLink final_link, NewTime access,
                               NewTime modify) {
  const File file =
      TRY(open_beneath(at, {.follow_final_symlink = final_link == FinalLink::follow}));
  return file.set_times(access, modify);
}

FileResult<> make_directory(const PathBeneath& at, uint16_t mode) {
  const ParentAndName entry = TRY(resolve_entry(at, FileError::exist));
  return as_result(::mkdirat(entry.parent.descriptor(), entry.name.c_str(), mode_t{mode}));
}

FileResult<> remove_directory(const PathBeneath& at) {
  const ParentAndName entry = TRY(resolve_entry(at, FileError::inval, FileError::notempty));
  return as_result(::unlinkat(entry.parent.descriptor(), entry.name.c_str(), AT_REMOVEDIR));
}

FileResult<> unlink(const PathBeneath& at) {
  const ParentAndName entry = TRY(resolve_entry(at, FileError::isdir));
  if (entry.trailing_slash) {
    const FileKind kind = TRY(kind_of_entry(entry));
    return std::unexpected(kind == FileKind::directory ? FileError::isdir : FileError::notdir);
  }
  return as_result(::unlinkat(entry.parent.descriptor(), entry.name.c_str(), 0));
}

FileResult<> rename(const PathBeneath& from, const PathBeneath& to) {
  const ParentAndName source = TRY(resolve_entry(from, FileError::busy));
  const ParentAndName target = TRY(resolve_entry(to, FileError::busy));
  if (source.trailing_slash || target.trailing_slash) {
    if (TRY(kind_of_entry(source)) != FileKind::directory) {
      return std::unexpected(FileError::notdir);
    }
  }
  return as_result(::renameat(source.parent.descriptor(), source.name.c_str(),
                              target.parent.descriptor(), target.name.c_str()));
}

FileResult<> hard_link(const PathBeneath& from, const PathBeneath& to) {
  const ParentAndName source = TRY(resolve_entry(from, FileError::perm));
  if (source.trailing_slash) {
    const FileResult<File> directory = open_beneath(from, {.directory = true});
    // A directory has no second name.
    return std::unexpected(directory ? FileError::perm : directory.error());
  }
  const ParentAndName target = TRY(resolve_new_entry(to));
  return as_result(::linkat(source.parent.descriptor(), source.name.c_str(),
                            target.parent.descriptor(), target.name.c_str(), 0));
}

FileResult<> symbolic_link(std::string_view target, const PathBeneath& at) {
  if (target.empty()) return std::unexpected(FileError::noent);
  if (target.find('\0') != std::string_view::npos) return std::unexpected(FileError::inval);
  const ParentAndName entry = TRY(resolve_new_entry(at));
  return as_result(
      ::symlinkat(std::string(target).c_str(), entry.parent.descriptor(), entry.name.c_str()));
}

FileResult<std::string> read_link(const PathBeneath& at) {
  TRY(check_path(at.path));
  if (is_single_name(at.path)) {
    return read_link_at(at.directory.descriptor(), std::string(at.path).c_str());
  }
  const File file = TRY(open_beneath(at, {.follow_final_symlink = false}));
  if (file.kind() != FileKind::symbolic_link) return std::unexpected(FileError::inval);
  return read_link_at(file.descriptor(), "");
}

}  // namespace waxwing::platform

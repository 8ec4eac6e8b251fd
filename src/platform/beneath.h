// Paths that cannot leave a directory: neither by `..`, nor by an absolute path, nor by a symbolic
// link, nor by racing renames. An attempt to leave is `perm`. [openat2(2) RESOLVE_BENEATH;
// wasi-filesystem path-resolution.md]
#pragma once

#include <string>
#include <string_view>

#include "platform/file.h"

namespace waxwing::platform {

/// Who resolves a path: the kernel, where it can do it confined, else our walk; or the walk alone,
/// for its tests.
enum class Resolver : uint8_t { best, walk };

/// A path seen from `directory` (borrowed for the call). An empty path is `noent`, one with a NUL
/// byte `inval`.
struct PathBeneath {
  const File& directory;
  std::string_view path;
  Resolver resolver = Resolver::best;
};

/// Opens or creates. Never blocks on a FIFO: one that nobody reads is `nxio` to writers. Opening a
/// device may act on it; whoever minds looks at the kind first.
FileResult<File> open_beneath(const PathBeneath& at, const OpenOptions& options);

/// The directory that holds a path's last component, and that component alone: not followed,
/// perhaps `.` or `..`, its trailing slash removed. `parent` borrows from `at.directory` where that
/// is the parent.
struct ParentAndName {
  File parent;
  std::string name;
  bool trailing_slash = false;
};
FileResult<ParentAndName> resolve_parent(const PathBeneath& at);

/// Whether a final symbolic link stands for its target or for itself. A trailing slash always means
/// the target.
enum class FinalLink : uint8_t { follow, keep };

FileResult<FileStat> stat_beneath(const PathBeneath& at, FinalLink final_link);
FileResult<> set_times_beneath(const PathBeneath& at, FinalLink final_link, NewTime access,
                               NewTime modify);

FileResult<> make_directory(const PathBeneath& at, uint16_t mode = 0777);
/// Removes an empty directory; `notdir` on anything else.
FileResult<> remove_directory(const PathBeneath& at);
/// Removes a name that is not a directory; `isdir` on one.
FileResult<> unlink(const PathBeneath& at);
/// Renames, replacing what `to` names as POSIX does.
FileResult<> rename(const PathBeneath& from, const PathBeneath& to);
/// Makes `to` a hard link of `from`, which is not followed where it is a symbolic link.
FileResult<> hard_link(const PathBeneath& from, const PathBeneath& to);
/// Makes `at` a symbolic link that holds `target` as it is: whether to refuse targets that lead out
/// is the caller's choice, for they are never followed here.
FileResult<> symbolic_link(std::string_view target, const PathBeneath& at);
/// The target of the link `at`; `inval` where it is no link.
FileResult<std::string> read_link(const PathBeneath& at);

}  // namespace waxwing::platform

// The components of a path that are still to be walked, with those of the links on the way: what
// all walks share that resolve paths themselves. [POSIX.1-2017 4.13; path_resolution(7)]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "platform/file_error.h"

namespace waxwing::platform {

/// A path is shorter. [PATH_MAX]
inline constexpr size_t max_path_bytes = 4096;

/// `noent` where a path is empty, `inval` where it has a NUL byte, `nametoolong` where it is too
/// long, and `perm` where it begins at a root.
FileResult<> check_path(std::string_view path);

class PathComponents {
 public:
  /// REQUIRES: `check_path` has no objection, or it is the target of a link.
  FileResult<> push(std::string_view path);
  /// Puts the components of a link's target in front of those that are left. The 41st link is
  /// `loop`, as on Linux.
  FileResult<> follow(std::string_view target);

  bool empty() const { return left_.empty(); }
  /// The next one. REQUIRES: there is one.
  std::string take();
  /// Whether the path, or the target of a final link, ends in a slash.
  bool wants_directory() const { return wants_directory_; }

 private:
  std::vector<std::string> left_;  // in reverse: the next component is the last
  bool wants_directory_ = false;
  int links_ = 0;
};

}  // namespace waxwing::platform

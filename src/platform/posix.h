// What the files of this layer share about POSIX system calls. Private to the layer.
#pragma once

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "platform/file.h"

namespace waxwing::platform {

/// The name of an errno; `io` for one that WASI has no name for.
FileError file_error(int error_number);

/// The failure of the system call that was just made.
inline std::unexpected<FileError> last_failure() { return std::unexpected(file_error(errno)); }

/// Calls `operation`, which returns -1 and sets errno when it fails, until no signal interrupts it.
template <typename Operation>
auto retry_interrupted(Operation operation) {
  auto result = operation();
  while (result == -1 && errno == EINTR) result = operation();
  return result;
}

/// The outcome of a system call that has no value.
inline FileResult<> as_result(int status) {
  if (status == -1) return last_failure();
  return {};
}

/// The flags of open(2) for `options`, always with O_CLOEXEC, O_NOCTTY and O_NONBLOCK (which
/// `finish_open` settles), or `inval` where they contradict each other.
FileResult<int> open_flags(const OpenOptions& options);

/// Owns what an open with `open_flags(options)` returned, with O_NONBLOCK as `options` wants it.
FileResult<File> finish_open(int descriptor, const OpenOptions& options);

FileKind kind_of_mode(unsigned mode);
FileStat file_stat(const struct stat& status);

/// Fills the two times as futimens(2) takes them.
void fill_times(NewTime access, NewTime modify, timespec (&times)[2]);

}  // namespace waxwing::platform

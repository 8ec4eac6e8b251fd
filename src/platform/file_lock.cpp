// fcntl(2): F_OFD_SETLK.
#include "platform/file_lock.h"

#include <fcntl.h>

#include "platform/posix.h"

namespace waxwing::platform {
namespace {

struct flock lock_of(LockRange range, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(range.begin);
  lock.l_len = static_cast<off_t>(range.size);
  return lock;
}

int set_lock(const File& file, LockRange range, short type) {
  struct flock lock = lock_of(range, type);
  return retry_interrupted([&] { return ::fcntl(file.descriptor(), F_OFD_SETLK, &lock); });
}

/// Whether what is in the way is a lock of readers, which take none with this file's functions.
bool is_a_readers(const File& file, LockRange range) {
  struct flock lock = lock_of(range, F_WRLCK);
  return ::fcntl(file.descriptor(), F_OFD_GETLK, &lock) == 0 && lock.l_type == F_RDLCK;
}

}  // namespace

FileResult<bool> try_lock(const File& file, LockRange range) {
  if (set_lock(file, range, F_WRLCK) == 0) return true;
  if (errno != EAGAIN && errno != EACCES) return last_failure();
  if (is_a_readers(file, range)) return std::unexpected(FileError::nolck);
  return false;
}

FileResult<> unlock(const File& file, LockRange range) {
  return as_result(set_lock(file, range, F_UNLCK));
}

}  // namespace waxwing::platform

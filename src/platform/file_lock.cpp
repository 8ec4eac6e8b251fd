// fcntl(2): F_OFD_SETLK.
#include "platform/file_lock.h"

#include <fcntl.h>

#include "platform/posix.h"

namespace waxwing::platform {
namespace {

int set_lock(const File& file, LockRange range, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(range.begin);
  lock.l_len = static_cast<off_t>(range.size);
  return retry_interrupted([&] { return ::fcntl(file.descriptor(), F_OFD_SETLK, &lock); });
}

}  // namespace

FileResult<bool> try_lock(const File& file, LockRange range) {
  if (set_lock(file, range, F_WRLCK) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return last_failure();
}

FileResult<> unlock(const File& file, LockRange range) {
  return as_result(set_lock(file, range, F_UNLCK));
}

}  // namespace waxwing::platform

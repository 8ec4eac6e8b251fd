// See memory_file.h.
#include "platform/memory_file.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace waxwing::platform {

File make_memory_file(const char* name) {
  constexpr unsigned noexec_seal = 8;  // never run as a program: hosts that insist on it allow us
  const int file = ::memfd_create(name, MFD_CLOEXEC | noexec_seal);
  if (file >= 0 || errno != EINVAL) return File::own(file);
  return File::own(::memfd_create(name, MFD_CLOEXEC));  // before Linux 6.3
}

bool grow_memory_file(const File& file, size_t size_bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < size_bytes) {
    errno = EFBIG;
    return false;
  }
  return ::ftruncate(file.descriptor(), static_cast<off_t>(size_bytes)) == 0;
}

}  // namespace waxwing::platform

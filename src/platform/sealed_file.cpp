// memfd_create(2) and its seals.
#include "platform/sealed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/result.h"
#include "platform/output_file.h"
#include "platform/posix.h"

namespace waxwing::platform {

FileResult<File> make_sealable_file(const char* name) {
  constexpr unsigned noexec_seal = 8;  // never run as a program: hosts that insist on it allow us
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int file = ::memfd_create(name, flags | noexec_seal);
  if (file == -1 && errno == EINVAL) file = ::memfd_create(name, flags);  // before Linux 6.3
  if (file == -1) return last_failure();
  return File::own(file);
}

FileResult<File> make_sealable_file(const char* name, std::span<const uint8_t> bytes) {
  if (bytes.size() > file_size_limit()) return std::unexpected(FileError::fbig);
  File file = TRY(make_sealable_file(name));
  TRY(write_all(file, bytes));
  (void)TRY(file.seek(0, Whence::set));
  return file;
}

FileResult<> seal(const File& file) {
  constexpr int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  return as_result(::fcntl(file.descriptor(), F_ADD_SEALS, seals));
}

FileResult<File> make_sealed_file(const char* name, std::span<const uint8_t> bytes) {
  File file = TRY(make_sealable_file(name, bytes));
  TRY(seal(file));
  return file;
}

}  // namespace waxwing::platform

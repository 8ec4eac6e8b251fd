// rename(2) replaces a file at once.
#include "platform/output_file.h"

#include <array>
#include <climits>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/posix.h"
#include "platform/random.h"

namespace waxwing::platform {
namespace {

/// `path` with symbolic links followed, where there is something.
std::string resolved(const std::string& path) {
  char* const real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result = real;
  ::free(real);
  return result;
}

std::string temporary_name(const std::string& path) {
  std::array<uint8_t, 8> random{};
  (void)fill_random(random);  // O_EXCL keeps us from harm where there is no randomness
  std::string name = path + ".tmp-";
  for (uint8_t byte : random) name += char('a' + byte % 26);
  return name;
}

FileResult<> write_temporary(const std::string& name, std::span<const uint8_t> bytes,
                             const struct stat* replaced) {
  const File file = TRY(open_host_path(name, {.write = true, .create = true, .exclusive = true}));
  if (replaced != nullptr) ::fchmod(file.descriptor(), replaced->st_mode & 07777);
  return write_all(file, bytes);
}

}  // namespace

FileResult<> write_all(const File& file, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ConstIoBuffer buffer{bytes.data(), bytes.size()};
    const size_t count = TRY(file.write({&buffer, 1}));
    if (count == 0) return std::unexpected(FileError::io);  // else without end
    bytes = bytes.subspan(count);
  }
  return {};
}

FileResult<> write_whole_file(std::string_view path, std::span<const uint8_t> bytes) {
  if (path.find('\0') != path.npos) return std::unexpected(FileError::inval);
  const std::string target = resolved(std::string(path));
  struct stat status;
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    return write_all(TRY(open_host_path(target, {.write = true})), bytes);
  }
  const std::string temporary = temporary_name(target);
  FileResult<> written = write_temporary(temporary, bytes, exists ? &status : nullptr);
  if (written && ::rename(temporary.c_str(), target.c_str()) != 0) written = last_failure();
  if (!written && written.error() != FileError::exist) ::unlink(temporary.c_str());
  return written;
}

}  // namespace waxwing::platform

// Tables read from errnos.def, and the one place that translates the platform's failures.
#include "wasi/errno.h"

#include <cstddef>

namespace waxwing::wasi {
namespace {

constexpr std::string_view texts[] = {
#define ERRNO(ID, TEXT) TEXT,
#include "wasi/errnos.def"
};

constexpr std::string_view names[] = {
#define ERRNO(ID, TEXT) #ID,
#include "wasi/errnos.def"
};

}  // namespace

std::string_view errno_text(Errno error) { return texts[size_t(error)]; }

std::string_view errno_name(Errno error) {
  return error == Errno::toobig ? "2big" : names[size_t(error)];
}

Errno to_errno(platform::FileError error) {
  switch (error) {
#define FILE_ERROR(ID, ERRNO, TEXT) \
  case platform::FileError::ID: return Errno::ID;
#include "platform/file_errors.def"
  }
  return Errno::io;
}

}  // namespace waxwing::wasi

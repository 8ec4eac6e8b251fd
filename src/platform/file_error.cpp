// errno to FileError: the only place.
#include "platform/file_error.h"

#include <array>
#include <errno.h>

#include "platform/posix.h"

namespace waxwing::platform {
namespace {

constexpr std::array error_texts = {
#define FILE_ERROR(ID, ERRNO, TEXT) std::string_view(TEXT),
#include "platform/file_errors.def"
};

}  // namespace

FileError file_error(int error_number) {
  switch (error_number) {
#define FILE_ERROR(ID, ERRNO, TEXT) \
  case ERRNO: return FileError::ID;
#include "platform/file_errors.def"
  }
  return FileError::io;
}

std::string_view file_error_text(FileError error) { return error_texts[size_t(error)]; }

base::Error describe(FileError error, std::string_view what) {
  base::ErrorCode code = base::ErrorCode::io_error;
  std::string detail(what);
  if (error == FileError::noent) {
    code = base::ErrorCode::not_found;
  } else {
    if (error == FileError::nomem) code = base::ErrorCode::out_of_memory;
    detail.append(": ").append(file_error_text(error));
  }
  return {code, base::Error::no_offset, std::move(detail)};
}

}  // namespace waxwing::platform

// How a WASI function fails: an error number that the guest gets as its result.
// [wasi_snapshot_preview1 errno]
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "base/result.h"
#include "platform/file_error.h"

namespace waxwing::wasi {

enum class Errno : uint16_t {
#define ERRNO(ID, TEXT) ID,
#include "wasi/errnos.def"
};

static_assert(uint16_t(Errno::fault) == 21 && uint16_t(Errno::notcapable) == 76);

/// What `error` means, for people.
std::string_view errno_text(Errno error);
/// The standard's name: "badf".
std::string_view errno_name(Errno error);

template <typename T = void>
using WasiResult = std::expected<T, Errno>;

inline std::unexpected<Errno> fail(Errno error) { return std::unexpected(error); }

/// The error number of the same name.
Errno to_errno(platform::FileError error);

/// What the platform layer answered, as a WASI function answers it.
template <typename T>
WasiResult<T> as_wasi(platform::FileResult<T> result) {
  if (!result) return fail(to_errno(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(result);
  }
}

}  // namespace waxwing::wasi

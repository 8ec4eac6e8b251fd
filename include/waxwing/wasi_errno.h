// How what an embedder implements for WASI fails.
#pragma once

#include <cstdint>

namespace waxwing {

/// Why an operation on a stream or a file fails, as the guest is told. The numbers are those of
/// WASI's errno, of which any other will do too.
enum class WasiErrno : uint16_t {
  acces = 2,
  again = 6,
  badf = 8,
  busy = 10,
  canceled = 11,
  connreset = 15,
  dquot = 19,
  exist = 20,
  fbig = 22,
  intr = 27,
  inval = 28,
  io = 29,
  isdir = 31,
  loop = 32,
  nametoolong = 37,
  noent = 44,
  nomem = 48,
  nospc = 51,
  nosys = 52,
  notdir = 54,
  notempty = 55,
  notsup = 58,
  perm = 63,
  pipe = 64,
  rofs = 69,
  stale = 72,
  timedout = 73,
  xdev = 75,
};

}  // namespace waxwing

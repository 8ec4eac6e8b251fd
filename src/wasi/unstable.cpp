// `wasi_unstable`, the snapshot before preview 1: the few functions whose layouts or numbers
// differ. poll_oneoff_0 is in poll.cpp. [wasi_unstable.witx]
#include "wasi/functions.h"

namespace waxwing::wasi {

WasiResult<FileStat0> fd_filestat_get_0(Call& call, uint32_t fd) {
  return FileStat0{TRY(fd_filestat_get(call, fd))};
}

WasiResult<FileStat0> path_filestat_get_0(Call& call, Lookup at) {
  return FileStat0{TRY(path_filestat_get(call, at))};
}

WasiResult<uint64_t> fd_seek_0(Call& call, uint32_t fd, int64_t delta, uint32_t whence) {
  constexpr uint32_t order[] = {1, 2, 0};  // current, end, set
  if (whence >= whence_count) return fail(Errno::inval);
  return fd_seek(call, fd, delta, order[whence]);
}

}  // namespace waxwing::wasi

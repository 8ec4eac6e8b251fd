// The 46 functions of WASI preview 1, typed. Their pointers for results are the marshaller's affair
// (wasi/marshal.h): a function returns what is stored there. [wasi_snapshot_preview1.witx]
#pragma once

#include <cstdint>

#include "wasi/abi.h"
#include "wasi/call.h"
#include "wasi/errno.h"
#include "wasi/guest_memory.h"

namespace waxwing::wasi {

/// A path seen from the directory `fd`, and whether its final symbolic link is followed.
struct Lookup {
  uint32_t fd = 0;
  uint32_t flags = 0;  // 0 or lookup_symlink_follow
  GuestBytes path;
};

struct RightsPair {
  Rights base = 0;
  Rights inheriting = 0;
};

/// The times that `flags` (time_flags) ask for, in nanoseconds since 1970.
struct GuestTimes {
  uint64_t access_ns = 0;
  uint64_t modify_ns = 0;
  uint32_t flags = 0;
};

/// How many strings, and the bytes that they take.
struct StringSizes {
  uint32_t count = 0;
  uint32_t size_bytes = 0;
};

struct FdStat {
  FileType type = FileType::unknown;
  uint32_t flags = 0;  // fd_flags
  Rights rights_base = 0;
  Rights rights_inheriting = 0;
};

/// A preopened directory, by the length of its name.
struct Prestat {
  uint32_t name_length = 0;
};

struct Received {
  uint32_t size_bytes = 0;
  uint16_t flags = 0;
};

// Arguments, environment.
WasiResult<> args_get(Call& call, uint32_t pointers, uint32_t strings);
WasiResult<StringSizes> args_sizes_get(Call& call);
WasiResult<> environ_get(Call& call, uint32_t pointers, uint32_t strings);
WasiResult<StringSizes> environ_sizes_get(Call& call);

// Time, randomness.
WasiResult<uint64_t> clock_res_get(Call& call, uint32_t clock);
WasiResult<uint64_t> clock_time_get(Call& call, uint32_t clock, uint64_t precision_ns);
WasiResult<> random_get(Call& call, GuestBytes target);

// Descriptors.
WasiResult<> fd_advise(Call& call, uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice);
WasiResult<> fd_allocate(Call& call, uint32_t fd, uint64_t offset, uint64_t length);
WasiResult<> fd_close(Call& call, uint32_t fd);
WasiResult<> fd_datasync(Call& call, uint32_t fd);
WasiResult<FdStat> fd_fdstat_get(Call& call, uint32_t fd);
WasiResult<> fd_fdstat_set_flags(Call& call, uint32_t fd, uint32_t flags);
WasiResult<> fd_fdstat_set_rights(Call& call, uint32_t fd, RightsPair rights);
WasiResult<platform::FileStat> fd_filestat_get(Call& call, uint32_t fd);
WasiResult<> fd_filestat_set_size(Call& call, uint32_t fd, uint64_t size_bytes);
WasiResult<> fd_filestat_set_times(Call& call, uint32_t fd, GuestTimes times);
WasiResult<uint32_t> fd_pread(Call& call, uint32_t fd, GuestVector target, uint64_t offset);
WasiResult<> fd_prestat_dir_name(Call& call, uint32_t fd, GuestBytes target);
WasiResult<Prestat> fd_prestat_get(Call& call, uint32_t fd);
WasiResult<uint32_t> fd_pwrite(Call& call, uint32_t fd, GuestVector source, uint64_t offset);
WasiResult<uint32_t> fd_read(Call& call, uint32_t fd, GuestVector target);
WasiResult<uint32_t> fd_readdir(Call& call, uint32_t fd, GuestBytes target, uint64_t cookie);
WasiResult<> fd_renumber(Call& call, uint32_t from, uint32_t to);
WasiResult<uint64_t> fd_seek(Call& call, uint32_t fd, int64_t delta, uint32_t whence);
WasiResult<> fd_sync(Call& call, uint32_t fd);
WasiResult<uint64_t> fd_tell(Call& call, uint32_t fd);
WasiResult<uint32_t> fd_write(Call& call, uint32_t fd, GuestVector source);

// Paths, each seen from the directory `fd`.
WasiResult<> path_create_directory(Call& call, uint32_t fd, GuestBytes path);
WasiResult<platform::FileStat> path_filestat_get(Call& call, Lookup at);
WasiResult<> path_filestat_set_times(Call& call, Lookup at, GuestTimes times);
WasiResult<> path_link(Call& call, Lookup from, uint32_t to_fd, GuestBytes to);
WasiResult<uint32_t> path_open(Call& call, Lookup at, uint32_t open_flags, RightsPair rights,
                               uint32_t fd_flags);
WasiResult<uint32_t> path_readlink(Call& call, uint32_t fd, GuestBytes path, GuestBytes target);
WasiResult<> path_remove_directory(Call& call, uint32_t fd, GuestBytes path);
WasiResult<> path_rename(Call& call, uint32_t from_fd, GuestBytes from, uint32_t to_fd,
                         GuestBytes to);
WasiResult<> path_symlink(Call& call, GuestBytes target, uint32_t fd, GuestBytes path);
WasiResult<> path_unlink_file(Call& call, uint32_t fd, GuestBytes path);

// Waiting, processes.
WasiResult<uint32_t> poll_oneoff(Call& call, uint32_t subscriptions, uint32_t events,
                                 uint32_t count);
void proc_exit(Call& call, uint32_t status);
WasiResult<> proc_raise(Call& call, uint32_t signal);
WasiResult<> sched_yield(Call& call);

// Sockets.
WasiResult<uint32_t> sock_accept(Call& call, uint32_t fd, uint32_t flags);
WasiResult<Received> sock_recv(Call& call, uint32_t fd, GuestVector target, uint32_t flags);
WasiResult<uint32_t> sock_send(Call& call, uint32_t fd, GuestVector source, uint32_t flags);
WasiResult<> sock_shutdown(Call& call, uint32_t fd, uint32_t how);

// Where `wasi_unstable`, the snapshot before, differs in layout or numbers.
struct FileStat0 {
  platform::FileStat stat;
};
WasiResult<FileStat0> fd_filestat_get_0(Call& call, uint32_t fd);
WasiResult<uint64_t> fd_seek_0(Call& call, uint32_t fd, int64_t delta, uint32_t whence);
WasiResult<FileStat0> path_filestat_get_0(Call& call, Lookup at);
WasiResult<uint32_t> poll_oneoff_0(Call& call, uint32_t subscriptions, uint32_t events,
                                   uint32_t count);

/// `inval` where the flags contradict each other.
struct NewTimes {
  platform::NewTime access;
  platform::NewTime modify;
};
WasiResult<NewTimes> new_times(GuestTimes times);

}  // namespace waxwing::wasi

// The numbers and layouts that a WASI guest and its host agree on. [wasi_snapshot_preview1.witx]
#pragma once

#include <cstdint>

namespace waxwing::wasi {

/// A set of the bits of `rights`: what may be done with a descriptor.
using Rights = uint64_t;

namespace rights {
inline constexpr Rights fd_datasync = 1u << 0;
inline constexpr Rights fd_read = 1u << 1;
inline constexpr Rights fd_seek = 1u << 2;
inline constexpr Rights fd_fdstat_set_flags = 1u << 3;
inline constexpr Rights fd_sync = 1u << 4;
inline constexpr Rights fd_tell = 1u << 5;
inline constexpr Rights fd_write = 1u << 6;
inline constexpr Rights fd_advise = 1u << 7;
inline constexpr Rights fd_allocate = 1u << 8;
inline constexpr Rights path_create_directory = 1u << 9;
inline constexpr Rights path_create_file = 1u << 10;
inline constexpr Rights path_link_source = 1u << 11;
inline constexpr Rights path_link_target = 1u << 12;
inline constexpr Rights path_open = 1u << 13;
inline constexpr Rights fd_readdir = 1u << 14;
inline constexpr Rights path_readlink = 1u << 15;
inline constexpr Rights path_rename_source = 1u << 16;
inline constexpr Rights path_rename_target = 1u << 17;
inline constexpr Rights path_filestat_get = 1u << 18;
inline constexpr Rights path_filestat_set_size = 1u << 19;
inline constexpr Rights path_filestat_set_times = 1u << 20;
inline constexpr Rights fd_filestat_get = 1u << 21;
inline constexpr Rights fd_filestat_set_size = 1u << 22;
inline constexpr Rights fd_filestat_set_times = 1u << 23;
inline constexpr Rights path_symlink = 1u << 24;
inline constexpr Rights path_remove_directory = 1u << 25;
inline constexpr Rights path_unlink_file = 1u << 26;
inline constexpr Rights poll_fd_readwrite = 1u << 27;
inline constexpr Rights sock_shutdown = 1u << 28;
inline constexpr Rights sock_accept = 1u << 29;

/// What each kind of file can be used for at most.
inline constexpr Rights of_any = fd_fdstat_set_flags | fd_filestat_get | poll_fd_readwrite;
inline constexpr Rights of_terminal = of_any | fd_read | fd_write;
inline constexpr Rights of_stream = of_terminal | sock_shutdown | sock_accept;
inline constexpr Rights of_file = of_terminal | fd_datasync | fd_seek | fd_sync | fd_tell |
                                  fd_advise | fd_allocate | fd_filestat_set_size |
                                  fd_filestat_set_times;
inline constexpr Rights of_directory =
    of_any | fd_datasync | fd_sync | fd_advise | path_create_directory | path_create_file |
    path_link_source | path_link_target | path_open | fd_readdir | path_readlink |
    path_rename_source | path_rename_target | path_filestat_get | path_filestat_set_size |
    path_filestat_set_times | fd_filestat_set_times | path_symlink | path_remove_directory |
    path_unlink_file;
inline constexpr Rights all = of_file | of_directory | of_stream;
}  // namespace rights

/// FIFOs have no number of their own: they are `unknown`.
enum class FileType : uint8_t {
  unknown,
  block_device,
  character_device,
  directory,
  regular_file,
  socket_dgram,
  socket_stream,
  symbolic_link,
};

namespace fd_flags {
inline constexpr uint32_t append = 1;
inline constexpr uint32_t dsync = 2;
inline constexpr uint32_t nonblock = 4;
inline constexpr uint32_t rsync = 8;
inline constexpr uint32_t sync = 16;
inline constexpr uint32_t all = 31;
}  // namespace fd_flags

namespace open_flags {
inline constexpr uint32_t creat = 1;
inline constexpr uint32_t directory = 2;
inline constexpr uint32_t excl = 4;
inline constexpr uint32_t trunc = 8;
inline constexpr uint32_t all = 15;
}  // namespace open_flags

namespace time_flags {
inline constexpr uint32_t atim = 1;
inline constexpr uint32_t atim_now = 2;
inline constexpr uint32_t mtim = 4;
inline constexpr uint32_t mtim_now = 8;
inline constexpr uint32_t all = 15;
}  // namespace time_flags

inline constexpr uint32_t lookup_symlink_follow = 1;

namespace receive_flags {
inline constexpr uint32_t peek = 1;
inline constexpr uint32_t waitall = 2;
}  // namespace receive_flags

namespace received_flags {
inline constexpr uint16_t data_truncated = 1;
}  // namespace received_flags

namespace shutdown_flags {
inline constexpr uint32_t receiving = 1;
inline constexpr uint32_t sending = 2;
}  // namespace shutdown_flags

inline constexpr uint32_t clock_count = 4;    // realtime, monotonic, process and thread CPU time
inline constexpr uint32_t advice_count = 6;   // in the order of platform::Advice
inline constexpr uint32_t whence_count = 3;   // set, current, end
inline constexpr uint32_t signal_count = 31;  // none, then POSIX's, in the standard's order

enum class EventType : uint8_t { clock, fd_read, fd_write };
inline constexpr uint32_t event_type_count = 3;
inline constexpr uint32_t subclock_abstime = 1;
inline constexpr uint32_t event_hangup = 1;

/// Layouts: the sizes of structures and the offsets of their fields, in bytes.
namespace layout {

namespace iovec {
inline constexpr uint32_t size = 8;
inline constexpr uint32_t address = 0;  // u32
inline constexpr uint32_t length = 4;   // u32
}  // namespace iovec

namespace prestat {
inline constexpr uint32_t size = 8;
inline constexpr uint32_t tag = 0;          // u8; 0: a directory
inline constexpr uint32_t name_length = 4;  // u32
}  // namespace prestat

namespace fdstat {
inline constexpr uint32_t size = 24;
inline constexpr uint32_t type = 0;                // u8
inline constexpr uint32_t flags = 2;               // u16
inline constexpr uint32_t rights_base = 8;         // u64
inline constexpr uint32_t rights_inheriting = 16;  // u64
}  // namespace fdstat

namespace filestat {
inline constexpr uint32_t size = 64;
inline constexpr uint32_t device = 0;        // u64
inline constexpr uint32_t inode = 8;         // u64
inline constexpr uint32_t type = 16;         // u8
inline constexpr uint32_t link_count = 24;   // u64
inline constexpr uint32_t file_size = 32;    // u64
inline constexpr uint32_t access_time = 40;  // u64
inline constexpr uint32_t modify_time = 48;  // u64
inline constexpr uint32_t change_time = 56;  // u64
}  // namespace filestat

/// `wasi_unstable`.
namespace filestat_0 {
inline constexpr uint32_t size = 56;
inline constexpr uint32_t link_count = 20;   // u32; what comes before is as above
inline constexpr uint32_t file_size = 24;    // u64
inline constexpr uint32_t access_time = 32;  // u64
inline constexpr uint32_t modify_time = 40;  // u64
inline constexpr uint32_t change_time = 48;  // u64
}  // namespace filestat_0

namespace dirent {
inline constexpr uint32_t size = 24;
inline constexpr uint32_t next = 0;          // u64
inline constexpr uint32_t inode = 8;         // u64
inline constexpr uint32_t name_length = 16;  // u32
inline constexpr uint32_t type = 20;         // u8
}  // namespace dirent

namespace subscription {
inline constexpr uint32_t size = 48;
inline constexpr uint32_t userdata = 0;      // u64
inline constexpr uint32_t tag = 8;           // u8
inline constexpr uint32_t descriptor = 16;   // u32, for fd_read and fd_write
inline constexpr uint32_t clock = 16;        // u32
inline constexpr uint32_t timeout = 24;      // u64
inline constexpr uint32_t precision = 32;    // u64
inline constexpr uint32_t clock_flags = 40;  // u16
/// `wasi_unstable` has another 8 bytes before `clock`, which nobody reads.
inline constexpr uint32_t shift_0 = 8;
}  // namespace subscription

namespace event {
inline constexpr uint32_t size = 32;
inline constexpr uint32_t userdata = 0;  // u64
inline constexpr uint32_t error = 8;     // u16
inline constexpr uint32_t type = 10;     // u8
inline constexpr uint32_t bytes = 16;    // u64
inline constexpr uint32_t flags = 24;    // u16
}  // namespace event

}  // namespace layout

}  // namespace waxwing::wasi

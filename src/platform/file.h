// An open file, and what can be done with one: the operating system's semantics under WASI's names.
// Paths that cannot leave a directory are in platform/beneath.h. [POSIX.1-2017;
// wasi_snapshot_preview1 fd_*]
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/file_error.h"

namespace waxwing::platform {

enum class FileKind : uint8_t {
  unknown,
  block_device,
  character_device,
  directory,
  regular_file,
  symbolic_link,
  stream_socket,
  datagram_socket,
  fifo,
};

/// Times are nanoseconds since 1970; earlier ones read as 0.
struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  FileKind kind = FileKind::unknown;
  uint64_t link_count = 0;
  uint64_t size_bytes = 0;
  uint64_t access_time_ns = 0;
  uint64_t modify_time_ns = 0;
  uint64_t change_time_ns = 0;
  uint32_t owner_id = 0;     // the user's
  uint16_t permissions = 0;  // 07777 at most
};

/// What a file's time becomes.
struct NewTime {
  enum class Kind : uint8_t { keep, now, at };
  Kind kind = Kind::keep;
  uint64_t at_ns = 0;  // since 1970, for `at`
};

/// How an open file reads and writes.
struct StatusFlags {
  bool read = false;
  bool write = false;
  bool append = false;
  bool nonblock = false;
  bool dsync = false;
  bool rsync = false;
  bool sync = false;
};

struct OpenOptions {
  bool read =
      false;  // neither `read` nor `write`: a handle for metadata and for paths beneath it, no data
  bool write = false;
  bool create = false;     // with `read` or `write` only, else `inval`
  bool exclusive = false;  // with `create`: fails with `exist` where the name is taken
  bool truncate = false;   // needs `write`, else `inval`
  bool directory = false;  // fails with `notdir` on anything else; `inval` with `create`
  bool follow_final_symlink =
      true;  // else a final link is `loop`, or the link itself where no data is asked for
  bool append = false;
  bool nonblock = false;
  bool dsync = false;
  bool rsync = false;
  bool sync = false;
  uint16_t mode = 0666;  // permissions of a created file, less the process's umask
};

enum class Whence : uint8_t { set, current, end };

enum class Advice : uint8_t { normal, sequential, random, will_need, dont_need, no_reuse };

/// A part of a vectored read or write.
struct IoBuffer {
  uint8_t* data;
  size_t size;
};
struct ConstIoBuffer {
  const uint8_t* data;
  size_t size;
};

/// A file descriptor, closed at destruction where it is owned. Methods are one system call each
/// where nothing else is said, retried where a signal interrupts it, and as thread-safe as the
/// system's.
class File {
 public:
  /// No file: every operation is `badf`.
  File() = default;
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  /// Owns `descriptor`, which is open, or borrows it.
  static File own(int descriptor);
  static File borrow(int descriptor);
  static File standard_input() { return borrow(0); }
  static File standard_output() { return borrow(1); }
  static File standard_error() { return borrow(2); }

  /// A second handle on this file without ownership; valid while this one is.
  File borrowed() const;
  /// A second, owned descriptor of the same open file: it shares offset and status flags.
  FileResult<File> duplicate() const;

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  /// Determined when the handle was made.
  FileKind kind() const { return kind_; }

  /// Transfers up to the sum of the buffers; fewer bytes are not a failure. Reading 0 bytes is the
  /// end of the file. The first 64 buffers are used. Blocks unless `nonblock` is set: whoever must
  /// stay interruptible polls first. Writing to a pipe that nobody reads is `pipe`, never a signal.
  FileResult<size_t> read(std::span<const IoBuffer> buffers) const;
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers) const;
  /// At `offset`, leaving the file's own offset alone. `spipe` where the file has none.
  FileResult<size_t> read_at(std::span<const IoBuffer> buffers, uint64_t offset) const;
  FileResult<size_t> write_at(std::span<const ConstIoBuffer> buffers, uint64_t offset) const;

  /// Returns the new offset.
  FileResult<uint64_t> seek(int64_t delta, Whence whence) const;
  FileResult<uint64_t> tell() const { return seek(0, Whence::current); }

  FileResult<FileStat> stat() const;
  FileResult<> truncate(uint64_t size_bytes) const;
  /// Ensures space for the range, growing the file to hold it. `notsup` where the file system
  /// cannot.
  FileResult<> allocate(uint64_t offset, uint64_t size_bytes) const;
  FileResult<> advise(uint64_t offset, uint64_t size_bytes, Advice advice) const;
  FileResult<> sync_data() const;
  FileResult<> sync_all() const;
  FileResult<> set_times(NewTime access, NewTime modify) const;

  FileResult<StatusFlags> status_flags() const;
  /// Changes `append` and `nonblock`; the other flags are fixed when a file is opened.
  FileResult<> set_status_flags(bool append, bool nonblock) const;
  bool is_terminal() const;
  /// The width of a terminal; 80 where it does not tell, or the file is none.
  size_t terminal_columns() const;

 private:
  File(int descriptor, bool owned);
  void close();

  int descriptor_ = -1;
  bool owned_ = false;
  FileKind kind_ = FileKind::unknown;
};

/// Opens a path of the host's own, following links anywhere: for what the host's user names, never
/// for a guest's path.
FileResult<File> open_host_path(std::string_view path, const OpenOptions& options);

/// Makes SIGPIPE ignored in the whole process, which makes writing to pipes faster. For programs:
/// a library leaves signals to its host.
void ignore_broken_pipes();

/// The user as whom this process opens files.
uint32_t effective_user_id();

/// The largest size that this process may give a file, past which a write can end the process with
/// SIGXFSZ; UINT64_MAX where there is no limit. Never fails.
uint64_t file_size_limit();

/// Whether `file` may stay open as long as anything that a guest makes many of: those that do have
/// the lower quarter of the descriptors that this process may have, and the rest is for everybody
/// else. A system call.
bool may_stay_open(const File& file);

/// A pipe, both ends blocking.
struct Pipe {
  File read_end;
  File write_end;
};
FileResult<Pipe> make_pipe();

}  // namespace waxwing::platform

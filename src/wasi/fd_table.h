// The descriptors of a guest: numbers for open files, each with the rights it was opened with.
// [wasi_snapshot_preview1 fd, rights]
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vfs/object.h"
#include "vfs/socket.h"
#include "wasi/abi.h"
#include "wasi/errno.h"

namespace waxwing::wasi {

FileType file_type(platform::FileKind kind);

/// A preopened directory as all descriptors beneath it see it.
struct Mount {
  std::string guest_path;
  bool read_only = false;
};

/// How an operation on a file that may block has to go about it. What is not the host's never does.
enum class Blocking : uint8_t {
  never,     // regular files, directories
  reported,  // the host's descriptor is non-blocking: `again` tells
  asked,     // it blocks: poll first
};

/// Has a directory, or else a file.
struct Descriptor {
  std::unique_ptr<vfs::File> file;
  std::shared_ptr<vfs::Directory> directory;
  FileType type = FileType::unknown;
  Rights rights_base = 0;
  Rights rights_inheriting = 0;
  uint32_t flags = 0;  // fd_flags, as the guest sees them
  Blocking blocking = Blocking::never;
  bool is_shared = false;              // with the host's other users: its status flags stay
  bool is_preopen = false;             // answers fd_prestat_get
  std::shared_ptr<const Mount> mount;  // null for standard streams
  std::unique_ptr<vfs::DirectoryReader> reader;  // for fd_readdir, once it is used

  vfs::Object& object() const {
    if (directory != nullptr) return *directory;
    return *file;
  }

  /// Null where it is none.
  vfs::Socket* socket() const { return file == nullptr ? nullptr : file->socket(); }

  bool is_read_only() const { return mount != nullptr && mount->read_only; }
  bool is_nonblocking() const { return (flags & fd_flags::nonblock) != 0; }
};

/// Not thread-safe. Pointers to descriptors stay valid until these are closed or renumbered.
class FdTable {
 public:
  explicit FdTable(uint32_t max_descriptors) : max_descriptors_(max_descriptors) {}

  bool is_open(uint32_t fd) const {
    return fd < descriptors_.size() && descriptors_[fd] != nullptr;
  }
  /// `badf` where `fd` is not open.
  WasiResult<Descriptor*> get(uint32_t fd) const {
    if (!is_open(fd)) return fail(Errno::badf);
    return descriptors_[fd].get();
  }
  /// An open descriptor with all of `needed`; else what POSIX says where the file is of the wrong
  /// kind or was opened for something else, and `notcapable` where a right was given up.
  WasiResult<Descriptor*> get(uint32_t fd, Rights needed) const;
  /// The same, of a file: `isdir` where it is a directory.
  WasiResult<Descriptor*> get_file(uint32_t fd, Rights needed) const;

  /// Takes the lowest free number, or fails with `mfile` at the limit.
  WasiResult<uint32_t> insert(Descriptor descriptor);
  WasiResult<> close(uint32_t fd);
  /// Moves `from` to the number `to`, closing what was there. Both must be open.
  WasiResult<> renumber(uint32_t from, uint32_t to);

 private:
  std::vector<std::unique_ptr<Descriptor>> descriptors_;
  uint32_t max_descriptors_;
  uint32_t lowest_free_ = 0;  // no number below it is free
};

}  // namespace waxwing::wasi

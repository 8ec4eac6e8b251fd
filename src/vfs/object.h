// What a guest's descriptors stand for, whoever keeps it: files, streams and directories of the
// host, in memory, in an archive, or of the embedder's own. Operations fail as the system's do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "platform/beneath.h"
#include "platform/directory.h"
#include "platform/file.h"

namespace waxwing::vfs {

using platform::ConstIoBuffer;
using platform::DirectoryEntry;
using platform::FileError;
using platform::FileKind;
using platform::FileResult;
using platform::FileStat;
using platform::FinalLink;
using platform::IoBuffer;
using platform::NewTime;
using platform::OpenOptions;

/// Something open. One thread uses it at a time; what several open objects share, as the contents
/// of a file, is the affair of who implements them.
class Object {
 public:
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;

  /// Never changes.
  virtual FileKind kind() const = 0;
  virtual FileResult<FileStat> stat() const = 0;
  virtual FileResult<> set_times(NewTime access, NewTime modify);
  virtual FileResult<> advise(uint64_t offset, uint64_t size_bytes, platform::Advice advice);
  virtual FileResult<> sync_data();
  virtual FileResult<> sync_all();

  /// What to wait for where reading or writing would block; null where they never do.
  virtual const platform::File* host_file() const { return nullptr; }
};

/// The device of files that are not the host's, above the numbers that systems use; `number` tells
/// one file system of ours from another.
constexpr uint64_t own_device(uint64_t number) { return number << 32; }

class Socket;

/// An open file or stream. Transfers may be short, and reading 0 bytes is the end. What a kind of
/// file cannot do it need not say: by default nothing can be read, written or resized, and there
/// is no position.
class File : public Object {
 public:
  virtual FileResult<size_t> read(std::span<const IoBuffer> buffers);
  virtual FileResult<size_t> write(std::span<const ConstIoBuffer> buffers);
  virtual FileResult<size_t> read_at(std::span<const IoBuffer> buffers, uint64_t offset);
  virtual FileResult<size_t> write_at(std::span<const ConstIoBuffer> buffers, uint64_t offset);
  virtual FileResult<uint64_t> seek(int64_t delta, platform::Whence whence);
  virtual FileResult<> truncate(uint64_t size_bytes);
  virtual FileResult<> allocate(uint64_t offset, uint64_t size_bytes);
  /// Whether each write goes to the end.
  virtual FileResult<> set_append(bool append);
  virtual bool is_terminal() const { return false; }
  /// Whether reading and writing are `again` where they would block. Where there is no `host_file`
  /// to wait for then, who waits tries again after a while.
  virtual bool reports_blocking() const { return false; }
  /// Looks whether there is something to do now, or `host_file` to wait for: false where one would
  /// have to look again after a while.
  virtual bool try_ready() { return true; }
  /// This, where it is a socket (vfs/socket.h); else null.
  virtual Socket* socket() { return nullptr; }
};

/// Reads a directory, from its start. The entries include `.` and `..`.
class DirectoryReader {
 public:
  DirectoryReader() = default;
  DirectoryReader(const DirectoryReader&) = delete;
  DirectoryReader& operator=(const DirectoryReader&) = delete;
  virtual ~DirectoryReader() = default;

  /// As of `platform::DirectoryReader`: positions are hostile.
  virtual FileResult<> seek(uint64_t position) = 0;
  virtual FileResult<std::optional<DirectoryEntry>> next() = 0;
};

class Directory;

/// One of the two.
struct Opened {
  std::unique_ptr<File> file;
  std::shared_ptr<Directory> directory;
};

/// A directory, and the paths seen from it, which are hostile: whoever implements this keeps them
/// beneath, as platform/beneath.h does for the host's. Trees of nodes (vfs/tree.h) get that for
/// nothing. Each operation means and fails as the one of that header with its name.
class Directory : public Object {
 public:
  FileKind kind() const final { return FileKind::directory; }

  virtual FileResult<Opened> open(std::string_view path, const OpenOptions& options) = 0;
  virtual FileResult<FileStat> stat_at(std::string_view path, FinalLink final_link) = 0;
  virtual FileResult<std::unique_ptr<DirectoryReader>> reader() = 0;

  virtual FileResult<> set_times_at(std::string_view path, FinalLink final_link, NewTime access,
                                    NewTime modify);
  virtual FileResult<> make_directory(std::string_view path);
  virtual FileResult<> remove_directory(std::string_view path);
  virtual FileResult<> unlink(std::string_view path);
  /// `xdev` where `to_directory` is of another volume; so too for `hard_link`.
  virtual FileResult<> rename(std::string_view path, Directory& to_directory, std::string_view to);
  virtual FileResult<> hard_link(std::string_view path, Directory& to_directory,
                                 std::string_view to);
  virtual FileResult<> symbolic_link(std::string_view target, std::string_view path);
  virtual FileResult<std::string> read_link(std::string_view path);

  /// Directories with the same are of one class, and names may go from one to another.
  virtual const void* volume() const { return this; }
};

}  // namespace waxwing::vfs

// Files over POSIX descriptors.
#include "platform/file.h"

#include <algorithm>
#include <fcntl.h>
#include <limits>
#include <signal.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utility>

#include "platform/io_vector.h"
#include "platform/posix.h"
#include "platform/signal_guard.h"

namespace waxwing::platform {
namespace {

constexpr uint64_t max_offset = std::numeric_limits<int64_t>::max();

bool may_raise_sigpipe(FileKind kind) {
  return kind == FileKind::fifo || kind == FileKind::stream_socket ||
         kind == FileKind::datagram_socket || kind == FileKind::unknown;
}

FileKind kind_of_socket(int descriptor) {
  int type = SOCK_STREAM;
  socklen_t size = sizeof type;
  ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size);
  // Messages of SOCK_SEQPACKET are as whole as datagrams.
  return type == SOCK_STREAM ? FileKind::stream_socket : FileKind::datagram_socket;
}

uint64_t nanoseconds(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  const uint64_t seconds = static_cast<uint64_t>(time.tv_sec);
  constexpr uint64_t last = std::numeric_limits<uint64_t>::max();
  if (seconds > last / 1'000'000'000 - 1) return last;
  return seconds * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

timespec system_time(NewTime time) {
  switch (time.kind) {
    case NewTime::Kind::keep: return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
    case NewTime::Kind::now: return {.tv_sec = 0, .tv_nsec = UTIME_NOW};
    case NewTime::Kind::at: break;
  }
  return {.tv_sec = static_cast<time_t>(time.at_ns / 1'000'000'000),
          .tv_nsec = static_cast<long>(time.at_ns % 1'000'000'000)};
}

int system_advice(Advice advice) {
  switch (advice) {
    case Advice::normal: return POSIX_FADV_NORMAL;
    case Advice::sequential: return POSIX_FADV_SEQUENTIAL;
    case Advice::random: return POSIX_FADV_RANDOM;
    case Advice::will_need: return POSIX_FADV_WILLNEED;
    case Advice::dont_need: return POSIX_FADV_DONTNEED;
    case Advice::no_reuse: return POSIX_FADV_NOREUSE;
  }
  return POSIX_FADV_NORMAL;
}

int system_whence(Whence whence) {
  switch (whence) {
    case Whence::set: return SEEK_SET;
    case Whence::current: return SEEK_CUR;
    case Whence::end: return SEEK_END;
  }
  return SEEK_SET;
}

}  // namespace

FileKind kind_of_mode(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK: return FileKind::block_device;
    case S_IFCHR: return FileKind::character_device;
    case S_IFDIR: return FileKind::directory;
    case S_IFREG: return FileKind::regular_file;
    case S_IFLNK: return FileKind::symbolic_link;
    case S_IFSOCK: return FileKind::stream_socket;
    case S_IFIFO: return FileKind::fifo;
  }
  return FileKind::unknown;
}

FileStat file_stat(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .kind = kind_of_mode(status.st_mode),
          .link_count = status.st_nlink,
          .size_bytes = static_cast<uint64_t>(std::max<off_t>(status.st_size, 0)),
          .access_time_ns = nanoseconds(status.st_atim),
          .modify_time_ns = nanoseconds(status.st_mtim),
          .change_time_ns = nanoseconds(status.st_ctim),
          .owner_id = status.st_uid,
          .permissions = static_cast<uint16_t>(status.st_mode & 07777)};
}

void fill_times(NewTime access, NewTime modify, timespec (&times)[2]) {
  times[0] = system_time(access);
  times[1] = system_time(modify);
}

File::File(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {
  struct stat status;
  if (::fstat(descriptor, &status) != 0) return;
  kind_ = kind_of_mode(status.st_mode);
  if (kind_ == FileKind::stream_socket) kind_ = kind_of_socket(descriptor);
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), owned_(other.owned_), kind_(other.kind_) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    owned_ = other.owned_;
    kind_ = other.kind_;
  }
  return *this;
}

File::~File() { close(); }

void File::close() {
  // Never retried: the descriptor is gone even where a signal interrupts.
  if (owned_ && descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

File File::own(int descriptor) { return File(descriptor, true); }

File File::borrow(int descriptor) { return File(descriptor, false); }

File File::borrowed() const {
  File file;
  file.descriptor_ = descriptor_;
  file.kind_ = kind_;
  return file;
}

FileResult<File> File::duplicate() const {
  const int descriptor = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (descriptor == -1) return last_failure();
  return own(descriptor);
}

FileResult<size_t> File::read(std::span<const IoBuffer> buffers) const {
  const IoVector vector(buffers);
  return as_size(
      retry_interrupted([&] { return ::readv(descriptor_, vector.parts.data(), vector.count); }));
}

FileResult<size_t> File::write(std::span<const ConstIoBuffer> buffers) const {
  const IoVector vector(buffers);
  const auto write_once = [&] {
    return as_size(retry_interrupted(
        [&] { return ::writev(descriptor_, vector.parts.data(), vector.count); }));
  };
  if (!may_raise_sigpipe(kind_)) return write_once();
  // One that has written something before the reader left raises it, too.
  return without_signal(SIGPIPE, write_once, [&](const FileResult<size_t>& written) {
    return written ? *written < vector.size_bytes() : written.error() == FileError::pipe;
  });
}

FileResult<size_t> File::read_at(std::span<const IoBuffer> buffers, uint64_t offset) const {
  if (offset > max_offset) return std::unexpected(FileError::inval);
  const IoVector vector(buffers);
  return as_size(retry_interrupted([&] {
    return ::preadv(descriptor_, vector.parts.data(), vector.count, static_cast<off_t>(offset));
  }));
}

FileResult<size_t> File::write_at(std::span<const ConstIoBuffer> buffers, uint64_t offset) const {
  if (offset > max_offset) return std::unexpected(FileError::inval);
  const IoVector vector(buffers);
  return as_size(retry_interrupted([&] {
    return ::pwritev(descriptor_, vector.parts.data(), vector.count, static_cast<off_t>(offset));
  }));
}

FileResult<uint64_t> File::seek(int64_t delta, Whence whence) const {
  const off_t offset = ::lseek(descriptor_, delta, system_whence(whence));
  if (offset == -1) return last_failure();
  return static_cast<uint64_t>(offset);
}

FileResult<FileStat> File::stat() const {
  struct stat status;
  if (::fstat(descriptor_, &status) != 0) return last_failure();
  FileStat result = file_stat(status);
  if (result.kind == FileKind::stream_socket) result.kind = kind_;
  return result;
}

FileResult<> File::truncate(uint64_t size_bytes) const {
  if (size_bytes > max_offset) return std::unexpected(FileError::fbig);
  return as_result(
      retry_interrupted([&] { return ::ftruncate(descriptor_, static_cast<off_t>(size_bytes)); }));
}

FileResult<> File::allocate(uint64_t offset, uint64_t size_bytes) const {
  if (offset > max_offset || size_bytes > max_offset) return std::unexpected(FileError::fbig);
  // Not posix_fallocate: where the file system lacks the operation, that writes to every block.
  return as_result(retry_interrupted([&] {
    return ::fallocate(descriptor_, 0, static_cast<off_t>(offset), static_cast<off_t>(size_bytes));
  }));
}

FileResult<> File::advise(uint64_t offset, uint64_t size_bytes, Advice advice) const {
  if (offset > max_offset || size_bytes > max_offset) return std::unexpected(FileError::inval);
  const int error = ::posix_fadvise(descriptor_, static_cast<off_t>(offset),
                                    static_cast<off_t>(size_bytes), system_advice(advice));
  if (error != 0) return std::unexpected(file_error(error));
  return {};
}

FileResult<> File::sync_data() const {
  return as_result(retry_interrupted([&] { return ::fdatasync(descriptor_); }));
}

FileResult<> File::sync_all() const {
  return as_result(retry_interrupted([&] { return ::fsync(descriptor_); }));
}

FileResult<> File::set_times(NewTime access, NewTime modify) const {
  timespec times[2];
  fill_times(access, modify, times);
  if (::futimens(descriptor_, times) == 0) return {};
  if (errno != EBADF || descriptor_ < 0) return last_failure();
  // A handle without data access takes an empty path; before Linux 5.8, only its name under /proc.
  if (::utimensat(descriptor_, "", times, AT_EMPTY_PATH) == 0) return {};
  if (errno != EINVAL) return last_failure();
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor_);
  return as_result(::utimensat(AT_FDCWD, name.c_str(), times, 0));
}

FileResult<StatusFlags> File::status_flags() const {
  const int flags = ::fcntl(descriptor_, F_GETFL);
  if (flags == -1) return last_failure();
  const int access = flags & O_ACCMODE;
  const bool data = (flags & O_PATH) == 0;
  return StatusFlags{.read = data && access != O_WRONLY,
                     .write = data && access != O_RDONLY,
                     .append = (flags & O_APPEND) != 0,
                     .nonblock = (flags & O_NONBLOCK) != 0,
                     .dsync = (flags & O_DSYNC) != 0,
                     .rsync = (flags & O_SYNC) == O_SYNC,
                     .sync = (flags & O_SYNC) == O_SYNC};
}

FileResult<> File::set_status_flags(bool append, bool nonblock) const {
  const int flags = ::fcntl(descriptor_, F_GETFL);
  if (flags == -1) return last_failure();
  const int changed =
      (flags & ~(O_APPEND | O_NONBLOCK)) | (append ? O_APPEND : 0) | (nonblock ? O_NONBLOCK : 0);
  if (changed == flags) return {};
  return as_result(::fcntl(descriptor_, F_SETFL, changed));
}

bool File::is_terminal() const { return ::isatty(descriptor_) == 1; }

size_t File::terminal_columns() const {
  winsize size = {};
  const bool is_known = ::ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
  return is_known ? size.ws_col : 80;
}

FileResult<int> open_flags(const OpenOptions& options) {
  const bool data = options.read || options.write;
  const bool contradicts =
      (options.create && (options.directory || !data)) || (options.truncate && !options.write);
  if (contradicts) return std::unexpected(FileError::inval);
  int flags = O_CLOEXEC;
  if (options.directory) flags |= O_DIRECTORY;
  if (!options.follow_final_symlink) flags |= O_NOFOLLOW;
  if (!data) return flags | O_PATH;
  flags |= O_NOCTTY | O_NONBLOCK;
  flags |= !options.write ? O_RDONLY : options.read ? O_RDWR : O_WRONLY;
  if (options.create) flags |= options.exclusive ? O_CREAT | O_EXCL : O_CREAT;
  if (options.truncate) flags |= O_TRUNC;
  if (options.append) flags |= O_APPEND;
  if (options.dsync) flags |= O_DSYNC;
  if (options.rsync) flags |= O_RSYNC;
  if (options.sync) flags |= O_SYNC;
  return flags;
}

FileResult<File> finish_open(int descriptor, const OpenOptions& options) {
  File file = File::own(descriptor);
  if ((options.read || options.write) && !options.nonblock) {
    // The only flags that this call changes are these two.
    const int flags = options.append ? O_APPEND : 0;
    if (::fcntl(descriptor, F_SETFL, flags) == -1) return last_failure();
  }
  return file;
}

FileResult<File> open_host_path(std::string_view path, const OpenOptions& options) {
  const std::string name(path);
  if (name.find('\0') != std::string::npos) return std::unexpected(FileError::inval);
  int flags = TRY(open_flags(options));
  // A FIFO's opening waits for its other end, as the host's user expects.
  if (!options.nonblock) flags &= ~O_NONBLOCK;
  const int descriptor =
      retry_interrupted([&] { return ::open(name.c_str(), flags, mode_t{options.mode}); });
  if (descriptor == -1) return last_failure();
  return File::own(descriptor);
}

uint32_t effective_user_id() { return ::geteuid(); }

uint64_t file_size_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return limit.rlim_cur;
}

bool may_stay_open(const File& file) {
  rlimit limit{};
  if (!file.is_open() || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  return limit.rlim_cur == RLIM_INFINITY ||
         static_cast<rlim_t>(file.descriptor()) < limit.rlim_cur / 4;
}

void ignore_broken_pipes() { ::signal(SIGPIPE, SIG_IGN); }

FileResult<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return last_failure();
  return Pipe{File::own(ends[0]), File::own(ends[1])};
}

}  // namespace waxwing::platform

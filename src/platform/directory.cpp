// getdents64(2), whose d_off is the position that a WASI cookie must be.
#include "platform/directory.h"

#include <array>
#include <cstddef>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "base/bytes.h"
#include "platform/posix.h"

namespace waxwing::platform {
namespace {

constexpr size_t window_size = 32 * 1024;

FileKind kind_of_type(uint8_t type) {
  switch (type) {
    case DT_BLK: return FileKind::block_device;
    case DT_CHR: return FileKind::character_device;
    case DT_DIR: return FileKind::directory;
    case DT_REG: return FileKind::regular_file;
    case DT_LNK: return FileKind::symbolic_link;
    case DT_SOCK: return FileKind::stream_socket;
    case DT_FIFO: return FileKind::fifo;
  }
  return FileKind::unknown;
}

/// One record of getdents64(2).
struct Record {
  uint64_t inode;
  uint64_t next_position;
  size_t size;
  uint8_t type;
  const char* name;

  explicit Record(const uint8_t* bytes)
      : inode(base::load_le<uint64_t>(bytes)),
        next_position(base::load_le<uint64_t>(bytes + 8)),
        size(base::load_le<uint16_t>(bytes + 16)),
        type(bytes[18]),
        name(reinterpret_cast<const char*>(bytes + 19)) {}
};

}  // namespace

struct DirectoryReader::Window {
  std::array<uint8_t, window_size> bytes;
  size_t used = 0;
  size_t next = 0;
  uint64_t position = 0;  // of the entry that `next` returns

  /// Moves to the entry at `wanted` where that is known to follow an entry of this window.
  bool move_to(uint64_t wanted) {
    if (wanted == position) return true;
    for (size_t at = 0; at < used;) {
      const Record record(&bytes[at]);
      at += record.size;
      if (record.next_position == wanted) {
        next = at;
        position = wanted;
        return true;
      }
    }
    return false;
  }
};

DirectoryReader::DirectoryReader(File directory, std::unique_ptr<Window> window)
    : directory_(std::move(directory)), window_(std::move(window)) {}
DirectoryReader::DirectoryReader(DirectoryReader&&) noexcept = default;
DirectoryReader& DirectoryReader::operator=(DirectoryReader&&) noexcept = default;
DirectoryReader::~DirectoryReader() = default;

FileResult<DirectoryReader> DirectoryReader::open(const File& directory) {
  // A duplicate would share its offset with `directory`.
  const int descriptor = retry_interrupted(
      [&] { return ::openat(directory.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor == -1) return last_failure();
  return DirectoryReader(File::own(descriptor), std::make_unique<Window>());
}

FileResult<> DirectoryReader::seek(uint64_t position) {
  if (position > std::numeric_limits<int64_t>::max()) return std::unexpected(FileError::inval);
  if (position != 0 && window_->move_to(position)) return {};
  if (::lseek(directory_.descriptor(), static_cast<off_t>(position), SEEK_SET) == -1) {
    return last_failure();
  }
  window_->used = 0;
  window_->next = 0;
  window_->position = position;
  return {};
}

FileResult<std::optional<DirectoryEntry>> DirectoryReader::next() {
  Window& window = *window_;
  if (window.next == window.used) {
    const long size = retry_interrupted([&] {
      return ::syscall(SYS_getdents64, directory_.descriptor(), window.bytes.data(), window_size);
    });
    // A directory that has been removed has no more entries.
    if (size == 0 || (size == -1 && errno == ENOENT)) return std::nullopt;
    if (size == -1) return last_failure();
    window.used = static_cast<size_t>(size);
    window.next = 0;
  }
  const Record record(&window.bytes[window.next]);
  window.next += record.size;
  window.position = record.next_position;
  FileKind kind = kind_of_type(record.type);
  if (kind == FileKind::unknown) {
    // Some file systems leave it to us.
    struct stat status;
    if (::fstatat(directory_.descriptor(), record.name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      kind = kind_of_mode(status.st_mode);
    }
  }
  return DirectoryEntry{.name = record.name,
                        .inode = record.inode,
                        .kind = kind,
                        .next_position = record.next_position};
}

FileResult<FileStat> stat_entry(const File& directory, std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return std::unexpected(FileError::inval);
  const std::string text(name);
  struct stat status;
  if (::fstatat(directory.descriptor(), text.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return last_failure();
  }
  return file_stat(status);
}

FileResult<std::string> absolute_path(std::string_view path) {
  if (path.empty()) return std::unexpected(FileError::noent);
  if (path.find('\0') != std::string_view::npos) return std::unexpected(FileError::inval);
  if (path.front() == '/') return std::string(path);
  char* const working = ::getcwd(nullptr, 0);
  if (working == nullptr) return last_failure();
  std::string result = working;
  ::free(working);
  if (result.back() != '/') result += '/';
  return result.append(path);
}

FileResult<> make_directories(std::string_view path, uint16_t mode) {
  if (path.find('\0') != std::string_view::npos) return std::unexpected(FileError::inval);
  for (size_t end = 0; end != std::string_view::npos;) {
    end = path.find('/', end + 1);
    const std::string prefix(path.substr(0, end));
    struct stat status;
    if (::stat(prefix.c_str(), &status) == 0) {
      if (!S_ISDIR(status.st_mode)) return std::unexpected(FileError::notdir);
    } else if (errno != ENOENT) {
      return last_failure();
    } else if (::mkdir(prefix.c_str(), mode_t{mode}) != 0 && errno != EEXIST) {
      return last_failure();
    }
  }
  return {};
}

}  // namespace waxwing::platform

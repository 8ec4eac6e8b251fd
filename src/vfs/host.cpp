// The platform's files under the interface of all files.
#include "vfs/host.h"

#include "platform/signal_guard.h"

namespace waxwing::vfs {
namespace {

/// What acts when it is opened, or has somebody else at its other end.
bool is_special(FileKind kind) {
  switch (kind) {
    case FileKind::regular_file:
    case FileKind::directory:
    case FileKind::symbolic_link: return false;
    case FileKind::unknown:
    case FileKind::block_device:
    case FileKind::character_device:
    case FileKind::stream_socket:
    case FileKind::datagram_socket:
    case FileKind::fifo: return true;
  }
  return true;
}

class HostReader final : public DirectoryReader {
 public:
  explicit HostReader(platform::DirectoryReader reader) : reader_(std::move(reader)) {}

  FileResult<> seek(uint64_t position) override { return reader_.seek(position); }
  FileResult<std::optional<DirectoryEntry>> next() override { return reader_.next(); }

 private:
  platform::DirectoryReader reader_;
};

}  // namespace

template <typename Operation>
auto HostFile::change(Operation operation) const {
  return guards_size_limit_ ? platform::within_size_limit(operation) : operation();
}

FileResult<> HostFile::set_times(NewTime access, NewTime modify) {
  return file_.set_times(access, modify);
}

FileResult<> HostFile::advise(uint64_t offset, uint64_t size_bytes, platform::Advice advice) {
  return file_.advise(offset, size_bytes, advice);
}

FileResult<size_t> HostFile::read(std::span<const IoBuffer> buffers) { return file_.read(buffers); }

FileResult<size_t> HostFile::write(std::span<const ConstIoBuffer> buffers) {
  return change([&] { return file_.write(buffers); });
}

FileResult<size_t> HostFile::read_at(std::span<const IoBuffer> buffers, uint64_t offset) {
  return file_.read_at(buffers, offset);
}

FileResult<size_t> HostFile::write_at(std::span<const ConstIoBuffer> buffers, uint64_t offset) {
  return change([&] { return file_.write_at(buffers, offset); });
}

FileResult<uint64_t> HostFile::seek(int64_t delta, platform::Whence whence) {
  return file_.seek(delta, whence);
}

FileResult<> HostFile::allocate(uint64_t offset, uint64_t size_bytes) {
  return change([&] { return file_.allocate(offset, size_bytes); });
}

FileResult<> HostFile::truncate(uint64_t size_bytes) {
  return change([&] { return file_.truncate(size_bytes); });
}

FileResult<> HostFile::set_append(bool append) {
  const platform::StatusFlags status = TRY(file_.status_flags());
  return file_.set_status_flags(append, status.nonblock);
}

FileResult<> HostDirectory::set_times(NewTime access, NewTime modify) {
  return directory_.set_times(access, modify);
}

FileResult<> HostDirectory::advise(uint64_t offset, uint64_t size_bytes, platform::Advice advice) {
  return directory_.advise(offset, size_bytes, advice);
}

/// Opens, but no special file where there are none for the guest: it looks first, for opening a
/// device may act on it, and again, for somebody may have replaced what it looked at.
FileResult<platform::File> HostDirectory::open_plain(std::string_view path,
                                                     const OpenOptions& options) const {
  const bool makes_anew = options.create && options.exclusive;
  const bool may_be_special = !policy_.special_files && !options.directory && !makes_anew;
  if (may_be_special) {
    const FinalLink link = options.follow_final_symlink ? FinalLink::follow : FinalLink::keep;
    const FileResult<FileStat> present = platform::stat_beneath(beneath(path), link);
    if (present && is_special(present->kind)) return std::unexpected(FileError::acces);
  }
  platform::File file = TRY(platform::open_beneath(beneath(path), options));
  if (may_be_special && is_special(file.kind())) return std::unexpected(FileError::acces);
  return file;
}

FileResult<Opened> HostDirectory::open(std::string_view path, const OpenOptions& options) {
  platform::File file = TRY(open_plain(path, options));
  Opened opened;
  if (file.kind() == FileKind::directory) {
    opened.directory = std::make_shared<HostDirectory>(std::move(file), policy_);
  } else {
    opened.file = std::make_unique<HostFile>(std::move(file), policy_.guards_size_limit);
  }
  return opened;
}

FileResult<FileStat> HostDirectory::stat_at(std::string_view path, FinalLink final_link) {
  return platform::stat_beneath(beneath(path), final_link);
}

FileResult<std::unique_ptr<DirectoryReader>> HostDirectory::reader() {
  return std::make_unique<HostReader>(TRY(platform::DirectoryReader::open(directory_)));
}

FileResult<> HostDirectory::set_times_at(std::string_view path, FinalLink final_link,
                                         NewTime access, NewTime modify) {
  return platform::set_times_beneath(beneath(path), final_link, access, modify);
}

FileResult<> HostDirectory::make_directory(std::string_view path) {
  return platform::make_directory(beneath(path));
}

FileResult<> HostDirectory::remove_directory(std::string_view path) {
  return platform::remove_directory(beneath(path));
}

FileResult<> HostDirectory::unlink(std::string_view path) {
  return platform::unlink(beneath(path));
}

FileResult<> HostDirectory::rename(std::string_view path, Directory& to_directory,
                                   std::string_view to) {
  if (volume() != to_directory.volume()) return std::unexpected(FileError::xdev);
  return platform::rename(beneath(path), static_cast<HostDirectory&>(to_directory).beneath(to));
}

FileResult<> HostDirectory::hard_link(std::string_view path, Directory& to_directory,
                                      std::string_view to) {
  if (volume() != to_directory.volume()) return std::unexpected(FileError::xdev);
  return platform::hard_link(beneath(path), static_cast<HostDirectory&>(to_directory).beneath(to));
}

FileResult<> HostDirectory::symbolic_link(std::string_view target, std::string_view path) {
  return platform::symbolic_link(target, beneath(path));
}

FileResult<std::string> HostDirectory::read_link(std::string_view path) {
  return platform::read_link(beneath(path));
}

/// The host knows itself what it cannot move.
const void* HostDirectory::volume() const {
  static constexpr char host = 0;
  return &host;
}

FileResult<std::shared_ptr<Directory>> open_host_directory(std::string_view path,
                                                           HostPolicy policy) {
  FileResult<platform::File> directory =
      platform::open_host_path(path, {.read = true, .directory = true});
  if (!directory && directory.error() == FileError::acces) {
    directory = platform::open_host_path(path, {.directory = true});
  }
  if (!directory) return std::unexpected(directory.error());
  return std::make_shared<HostDirectory>(*std::move(directory), policy);
}

}  // namespace waxwing::vfs

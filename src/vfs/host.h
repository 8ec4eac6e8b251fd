// Files and directories of the host. Paths are confined by platform/beneath.h.
#pragma once

#include <utility>

#include "vfs/object.h"

namespace waxwing::vfs {

/// A file or stream of the host. Each operation is one system call, where nothing else is said.
class HostFile final : public File {
 public:
  /// Where it `guards_size_limit`, what goes past the process's limit of file sizes (RLIMIT_FSIZE)
  /// is `fbig` and never a signal (SIGXFSZ), at the cost of some system calls for each write.
  explicit HostFile(platform::File file, bool guards_size_limit = false)
      : file_(std::move(file)), guards_size_limit_(guards_size_limit) {}

  FileKind kind() const override { return file_.kind(); }
  FileResult<FileStat> stat() const override { return file_.stat(); }
  FileResult<> set_times(NewTime access, NewTime modify) override;
  FileResult<> advise(uint64_t offset, uint64_t size_bytes, platform::Advice advice) override;
  FileResult<> sync_data() override { return file_.sync_data(); }
  FileResult<> sync_all() override { return file_.sync_all(); }
  const platform::File* host_file() const override { return &file_; }

  FileResult<size_t> read(std::span<const IoBuffer> buffers) override;
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers) override;
  FileResult<size_t> read_at(std::span<const IoBuffer> buffers, uint64_t offset) override;
  FileResult<size_t> write_at(std::span<const ConstIoBuffer> buffers, uint64_t offset) override;
  FileResult<uint64_t> seek(int64_t delta, platform::Whence whence) override;
  FileResult<> truncate(uint64_t size_bytes) override;
  FileResult<> allocate(uint64_t offset, uint64_t size_bytes) override;
  FileResult<> set_append(bool append) override;
  bool is_terminal() const override { return file_.is_terminal(); }

 private:
  template <typename Operation>
  auto change(Operation operation) const;

  platform::File file_;
  bool guards_size_limit_;
};

/// What holds for a directory of the host and for all below it.
struct HostPolicy {
  /// Devices, FIFOs and sockets can be opened, which is `acces` otherwise: opening one may act on
  /// it, and what it does has no bounds.
  bool special_files = false;
  bool guards_size_limit = false;  // of the files: see HostFile
  platform::Resolver resolver = platform::Resolver::best;
};

/// A directory of the host that no path leaves.
class HostDirectory final : public Directory {
 public:
  HostDirectory(platform::File directory, HostPolicy policy)
      : directory_(std::move(directory)), policy_(policy) {}

  FileResult<FileStat> stat() const override { return directory_.stat(); }
  FileResult<> set_times(NewTime access, NewTime modify) override;
  FileResult<> advise(uint64_t offset, uint64_t size_bytes, platform::Advice advice) override;
  FileResult<> sync_data() override { return directory_.sync_data(); }
  FileResult<> sync_all() override { return directory_.sync_all(); }
  const platform::File* host_file() const override { return &directory_; }

  FileResult<Opened> open(std::string_view path, const OpenOptions& options) override;
  FileResult<FileStat> stat_at(std::string_view path, FinalLink final_link) override;
  FileResult<std::unique_ptr<DirectoryReader>> reader() override;
  FileResult<> set_times_at(std::string_view path, FinalLink final_link, NewTime access,
                            NewTime modify) override;
  FileResult<> make_directory(std::string_view path) override;
  FileResult<> remove_directory(std::string_view path) override;
  FileResult<> unlink(std::string_view path) override;
  FileResult<> rename(std::string_view path, Directory& to_directory, std::string_view to) override;
  FileResult<> hard_link(std::string_view path, Directory& to_directory,
                         std::string_view to) override;
  FileResult<> symbolic_link(std::string_view target, std::string_view path) override;
  FileResult<std::string> read_link(std::string_view path) override;
  const void* volume() const override;

 private:
  platform::PathBeneath beneath(std::string_view path) const {
    return {directory_, path, policy_.resolver};
  }
  FileResult<platform::File> open_plain(std::string_view path, const OpenOptions& options) const;

  platform::File directory_;
  HostPolicy policy_;
};

/// Opens a directory that the host's user names, wherever its path leads.
FileResult<std::shared_ptr<Directory>> open_host_directory(std::string_view path,
                                                           HostPolicy policy);

}  // namespace waxwing::vfs

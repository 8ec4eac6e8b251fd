// Ends of FIFOs of the host whose other end may not be there yet. To open one waits for nobody: who
// reads or writes does.
#pragma once

#include <string>
#include <utility>

#include "vfs/object.h"

namespace waxwing::vfs {

/// Reading is `again` until somebody has it open for writing.
class FifoReader final : public File {
 public:
  /// REQUIRES: `file` is a FIFO that was opened non-blocking, and nobody else's.
  explicit FifoReader(platform::File file) : file_(std::move(file)) {}

  FileKind kind() const override { return FileKind::fifo; }
  FileResult<FileStat> stat() const override { return file_.stat(); }
  const platform::File* host_file() const override { return &file_; }
  bool reports_blocking() const override { return true; }
  FileResult<size_t> read(std::span<const IoBuffer> buffers) override;

 private:
  platform::File file_;
  bool has_been_ready_ = false;
};

/// Writing is `again` until somebody has it open for reading.
class FifoWriter final : public File {
 public:
  /// `path` is the host's own, and leads to a FIFO.
  explicit FifoWriter(std::string path) : path_(std::move(path)) {}

  FileKind kind() const override { return FileKind::fifo; }
  FileResult<FileStat> stat() const override;
  /// Null while nobody reads: nothing of the system tells when that changes.
  const platform::File* host_file() const override { return file_.is_open() ? &file_ : nullptr; }
  bool reports_blocking() const override { return true; }
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers) override;

 private:
  std::string path_;
  platform::File file_;
};

}  // namespace waxwing::vfs

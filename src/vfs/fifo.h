// Ends of FIFOs of the host whose other end may not be there yet. To open one waits for nobody: who
// reads or writes does.
#pragma once

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

/// Writing is `again` until somebody has it open for reading, and `noent` once nobody can: it has
/// no name left. If nothing was written at its end, whoever waits for a writer has seen one.
class FifoWriter final : public File {
 public:
  /// REQUIRES: `fifo` is a FIFO, as a handle without data access, and nobody else's.
  explicit FifoWriter(platform::File fifo) : fifo_(std::move(fifo)) {}
  ~FifoWriter() override { static_cast<void>(open()); }

  FileKind kind() const override { return FileKind::fifo; }
  FileResult<FileStat> stat() const override { return (is_open() ? file_ : fifo_).stat(); }
  /// Null while nobody reads: nothing of the system tells when that changes.
  const platform::File* host_file() const override { return is_open() ? &file_ : nullptr; }
  bool reports_blocking() const override { return true; }
  bool try_ready() override;
  FileResult<size_t> write(std::span<const ConstIoBuffer> buffers) override;

 private:
  bool is_open() const { return file_.is_open(); }
  FileResult<> open();

  platform::File fifo_;  // until `file_` is open
  platform::File file_;
};

/// The same FIFO, pipe or terminal through a description of its own, which does not block.
FileResult<platform::File> reopen_nonblocking(const platform::File& file, bool write);

}  // namespace waxwing::vfs

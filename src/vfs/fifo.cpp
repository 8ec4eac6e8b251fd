// A reader without writers finds the end at once, so until there was one it asks by poll(2), which
// tells neither data nor the end then; a writer cannot open without readers. [fifo(7)]
#include "vfs/fifo.h"

#include "platform/poll.h"

namespace waxwing::vfs {

FileResult<size_t> FifoReader::read(std::span<const IoBuffer> buffers) {
  if (!has_been_ready_) {
    platform::PollItem item{.file = &file_, .want_read = true};
    static_cast<void>(TRY(platform::poll({&item, 1}, {.deadline_ns = 0})));
    if (!item.is_ready()) return std::unexpected(FileError::again);
    has_been_ready_ = true;
  }
  return file_.read(buffers);
}

FileResult<FileStat> FifoWriter::stat() const {
  if (file_.is_open()) return file_.stat();
  return TRY(platform::open_host_path(path_, {})).stat();
}

FileResult<size_t> FifoWriter::write(std::span<const ConstIoBuffer> buffers) {
  if (!file_.is_open()) {
    auto opened = platform::open_host_path(path_, {.write = true, .nonblock = true});
    if (!opened) {
      const bool has_no_reader = opened.error() == FileError::nxio;
      return std::unexpected(has_no_reader ? FileError::again : opened.error());
    }
    if (opened->kind() != FileKind::fifo) return std::unexpected(FileError::io);
    file_ = *std::move(opened);
  }
  return file_.write(buffers);
}

}  // namespace waxwing::vfs

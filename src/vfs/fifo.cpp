// A reader without writers finds the end at once, so until there was one it asks by poll(2), which
// tells neither data nor the end then; a writer cannot open without readers. [fifo(7)]
#include "vfs/fifo.h"

#include <string>

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

FileResult<> FifoWriter::open() {
  if (is_open()) return {};
  auto opened = reopen_nonblocking(fifo_, true);
  if (!opened && opened.error() == FileError::nxio) {  // there is no reader
    const bool has_name = TRY(fifo_.stat()).link_count != 0;
    return std::unexpected(has_name ? FileError::again : FileError::noent);
  }
  file_ = TRY(std::move(opened));
  fifo_ = platform::File();
  return {};
}

bool FifoWriter::try_ready() {
  const auto opened = open();
  return opened || opened.error() != FileError::again;
}

FileResult<size_t> FifoWriter::write(std::span<const ConstIoBuffer> buffers) {
  TRY(open());
  return file_.write(buffers);
}

FileResult<platform::File> reopen_nonblocking(const platform::File& file, bool write) {
  const std::string name = "/proc/self/fd/" + std::to_string(file.descriptor());
  return platform::open_host_path(name, {.read = !write, .write = write, .nonblock = true});
}

}  // namespace waxwing::vfs

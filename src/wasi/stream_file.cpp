// See stream_file.h.
#include "wasi/stream_file.h"

#include <utility>

#include "vfs/fifo.h"

namespace waxwing::wasi {

using platform::File;
using platform::FileError;
using platform::FileKind;
using platform::FileResult;

FileResult<StandardStream> open_stream_file(const std::string& path, StreamUse use) {
  const bool reads = use == StreamUse::read;
  FileResult<File> file = platform::open_host_path(path, {.read = reads,
                                                          .write = !reads,
                                                          .create = !reads,
                                                          .truncate = use == StreamUse::write,
                                                          .append = use == StreamUse::append,
                                                          .nonblock = true});
  if (!file && file.error() == FileError::nxio && !reads) {
    FileResult<File> there = platform::open_host_path(path, {});
    if (there && there->kind() == FileKind::fifo) {
      return std::make_unique<vfs::FifoWriter>(*std::move(there));
    }
  }
  if (!file) return std::unexpected(file.error());
  if (file->kind() == FileKind::directory) return std::unexpected(FileError::isdir);
  if (reads && file->kind() == FileKind::fifo) {
    return std::make_unique<vfs::FifoReader>(*std::move(file));
  }
  TRY(file->set_status_flags(use == StreamUse::append, false));
  return *std::move(file);
}

}  // namespace waxwing::wasi

// Numbers for open files.
#include "wasi/fd_table.h"

#include <utility>

namespace waxwing::wasi {
namespace {

Rights possible_rights(const Descriptor& descriptor) {
  switch (descriptor.type) {
    case FileType::directory: return rights::of_directory;
    case FileType::regular_file:
    case FileType::block_device:
    case FileType::character_device: return rights::of_file;
    case FileType::socket_dgram:
    case FileType::socket_stream: return rights::of_stream;
    case FileType::unknown: return rights::of_stream;
    case FileType::symbolic_link: return rights::of_any;
  }
  return 0;
}

/// Why `descriptor` lacks the rights in `missing`, which is not empty.
Errno refusal(const Descriptor& descriptor, Rights missing) {
  const Rights impossible = missing & ~possible_rights(descriptor);
  constexpr Rights of_position = rights::fd_seek | rights::fd_tell;
  if (descriptor.type == FileType::directory) {
    if ((impossible & rights::fd_read) != 0) return Errno::isdir;
    if (impossible != 0) return Errno::badf;
  } else if ((impossible & rights::of_directory & ~rights::of_file) != 0) {
    return Errno::notdir;
  } else if ((impossible & of_position) != 0 ||
             ((missing & of_position) != 0 && descriptor.type == FileType::character_device)) {
    return Errno::spipe;
  } else if (impossible != 0) {
    return Errno::inval;
  }
  constexpr Rights of_access =
      rights::fd_read | rights::fd_write | rights::fd_allocate | rights::fd_filestat_set_size;
  return (missing & of_access) != 0 ? Errno::badf : Errno::notcapable;
}

}  // namespace

FileType file_type(platform::FileKind kind) {
  switch (kind) {
    case platform::FileKind::unknown: return FileType::unknown;
    case platform::FileKind::block_device: return FileType::block_device;
    case platform::FileKind::character_device: return FileType::character_device;
    case platform::FileKind::directory: return FileType::directory;
    case platform::FileKind::regular_file: return FileType::regular_file;
    case platform::FileKind::symbolic_link: return FileType::symbolic_link;
    case platform::FileKind::stream_socket: return FileType::socket_stream;
    case platform::FileKind::datagram_socket: return FileType::socket_dgram;
    case platform::FileKind::fifo: return FileType::unknown;
  }
  return FileType::unknown;
}

WasiResult<Descriptor*> FdTable::get(uint32_t fd, Rights needed) const {
  Descriptor* descriptor = TRY(get(fd));
  const Rights missing = needed & ~descriptor->rights_base;
  if (missing != 0) [[unlikely]]
    return fail(refusal(*descriptor, missing));
  return descriptor;
}

WasiResult<Descriptor*> FdTable::get_file(uint32_t fd, Rights needed) const {
  Descriptor* descriptor = TRY(get(fd, needed));
  if (descriptor->file == nullptr) [[unlikely]]
    return fail(Errno::isdir);
  return descriptor;
}

WasiResult<uint32_t> FdTable::insert(Descriptor descriptor) {
  while (lowest_free_ < descriptors_.size() && descriptors_[lowest_free_] != nullptr) {
    ++lowest_free_;
  }
  if (lowest_free_ >= max_descriptors_) return fail(Errno::mfile);
  if (lowest_free_ == descriptors_.size()) descriptors_.emplace_back();
  descriptors_[lowest_free_] = std::make_unique<Descriptor>(std::move(descriptor));
  return lowest_free_++;
}

WasiResult<> FdTable::close(uint32_t fd) {
  if (!is_open(fd)) return fail(Errno::badf);
  descriptors_[fd].reset();
  if (fd < lowest_free_) lowest_free_ = fd;
  return {};
}

WasiResult<> FdTable::renumber(uint32_t from, uint32_t to) {
  if (!is_open(from) || !is_open(to)) return fail(Errno::badf);
  if (from == to) return {};
  descriptors_[to] = std::move(descriptors_[from]);
  if (from < lowest_free_) lowest_free_ = from;
  return {};
}

}  // namespace waxwing::wasi

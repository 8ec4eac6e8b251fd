// fd_readdir: a directory's entries, packed. The cookies are the file system's own positions.
#include <algorithm>
#include <cstring>

#include "wasi/functions.h"

namespace waxwing::wasi {
namespace {

/// Appends to a buffer what fits.
class Packer {
 public:
  explicit Packer(std::span<uint8_t> target) : target_(target) {}

  void add(base::ByteSpan bytes) {
    const size_t size = std::min(bytes.size(), target_.size() - used_);
    if (size != 0) std::memcpy(target_.data() + used_, bytes.data(), size);
    used_ += size;
  }
  void add(const platform::DirectoryEntry& entry) {
    std::array<uint8_t, layout::dirent::size> header{};
    base::store_le(&header[layout::dirent::next], entry.next_position);
    base::store_le(&header[layout::dirent::inode], entry.inode);
    base::store_le(&header[layout::dirent::name_length], static_cast<uint32_t>(entry.name.size()));
    header[layout::dirent::type] = static_cast<uint8_t>(file_type(entry.kind));
    add(header);
    add(base::as_bytes(entry.name));
  }
  bool is_full() const { return used_ == target_.size(); }
  uint32_t used() const { return static_cast<uint32_t>(used_); }

 private:
  std::span<uint8_t> target_;
  size_t used_ = 0;
};

}  // namespace

/// The last entry is cut off where the buffer ends; less than a full buffer is the end of the
/// directory.
WasiResult<uint32_t> fd_readdir(Call& call, uint32_t fd, GuestBytes target, uint64_t cookie) {
  Descriptor& directory = *TRY(call.context.fds().get(fd, rights::fd_readdir));
  if (directory.directory == nullptr) return fail(Errno::notdir);
  const std::span<uint8_t> bytes = TRY(call.memory.bytes(target));
  if (!directory.reader) directory.reader = TRY(as_wasi(directory.directory->reader()));
  TRY(as_wasi(directory.reader->seek(cookie)));
  Packer packer(bytes);
  while (!packer.is_full()) {
    auto entry = TRY(as_wasi(directory.reader->next()));
    if (!entry) break;
    if (entry->name == "..") entry->inode = 0;  // it may be outside; 0 is unknown
    packer.add(*entry);
  }
  return packer.used();
}

}  // namespace waxwing::wasi

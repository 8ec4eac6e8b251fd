// mmap(2), privately: what others do to the file's pages before we read them is not ours to stop.
#include "platform/file_mapping.h"

#include <sys/mman.h>
#include <utility>

#include "platform/posix.h"
#include "platform/virtual_memory.h"

namespace waxwing::platform {

FileMapping::FileMapping(FileMapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

FileMapping& FileMapping::operator=(FileMapping&& other) noexcept {
  if (this != &other) {
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

FileMapping::~FileMapping() { release(); }

void FileMapping::release() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
  data_ = nullptr;
  size_ = 0;
}

FileResult<FileMapping> FileMapping::map(const File& file, size_t size_bytes) {
  if (size_bytes == 0) return FileMapping();
  void* const data = ::mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (data == MAP_FAILED) return last_failure();
  return FileMapping(static_cast<const uint8_t*>(data), size_bytes);
}

FileResult<> populate(base::ByteSpan bytes) {
  if (bytes.empty()) return {};
  const size_t page_offset = reinterpret_cast<uintptr_t>(bytes.data()) % page_size();
  uint8_t* const begin = const_cast<uint8_t*>(bytes.data()) - page_offset;
  const int status = retry_interrupted(
      [&] { return ::madvise(begin, bytes.size() + page_offset, MADV_POPULATE_READ); });
  if (status == 0 || errno == EINVAL) return {};
  if (errno == EFAULT) return std::unexpected(FileError::io);
  return last_failure();
}

}  // namespace waxwing::platform

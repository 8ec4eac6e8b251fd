// A file in memory that is mapped privately.
#include "platform/memory_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include "platform/memory_file.h"
#include "platform/posix.h"

namespace waxwing::platform {
namespace {

std::unexpected<base::Error> refused(const char* what, size_t size_bytes) {
  return base::fail(
      base::ErrorCode::out_of_memory,
      std::string("cannot ") + what + " an image of " + std::to_string(size_bytes) + " bytes");
}

}  // namespace

base::Result<MemoryImage> MemoryImage::create(size_t size_bytes) {
  File file = make_memory_file("waxwing-image");
  if (!file.is_open() || !grow_memory_file(file, size_bytes)) return refused("make", size_bytes);
  return MemoryImage(std::make_shared<const File>(std::move(file)), 0, size_bytes);
}

base::Result<> MemoryImage::write(size_t offset, base::ByteSpan bytes) {
  if (offset > size_ || bytes.size() > size_ - offset)
    return base::fail(base::ErrorCode::invalid_argument, "written outside of an image");
  while (!bytes.empty()) {
    const ssize_t written = retry_interrupted([&] {
      return ::pwrite(file_->descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (written <= 0) return refused("write", size_);
    offset += static_cast<size_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

base::Result<> MemoryImage::map(Reservation& reservation, size_t offset) const {
  if (offset % page_size() != 0 || size_ % page_size() != 0 || offset_ % page_size() != 0 ||
      offset > reservation.size() || size_ > reservation.size() - offset) {
    return base::fail(base::ErrorCode::invalid_argument, "an image outside of a reservation");
  }
  if (size_ == 0) return {};
  uint8_t* const to = reservation.data() + offset;
  constexpr int access = PROT_READ | PROT_WRITE;
  constexpr int flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
  if (::mmap(to, size_, access, flags, file_->descriptor(), static_cast<off_t>(offset_)) !=
      MAP_FAILED)
    return {};
  // Before Linux 6.12 the failed call may have left a hole, where others' memory could come to lie.
  (void)::mmap(to, size_, access, flags | MAP_ANONYMOUS, -1, 0);
  return refused("map", size_);
}

}  // namespace waxwing::platform

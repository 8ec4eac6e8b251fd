// Reservations are private anonymous mappings without access and without a charge; committing gives
// pages access.
#include "platform/virtual_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace waxwing::platform {
namespace {

constexpr size_t max_buffer_size = size_t{1} << 39;

base::Error memory_error(const char* what, size_t size_bytes) {
  return {base::ErrorCode::out_of_memory, base::Error::no_offset,
          std::string("cannot ") + what + " " + std::to_string(size_bytes) + " bytes"};
}

}  // namespace

size_t page_size() {
  static const size_t size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

size_t round_up_to_page(size_t size_bytes) {
  const size_t mask = page_size() - 1;
  return (size_bytes + mask) & ~mask;
}

uint64_t address_space_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return limit.rlim_cur;
}

Reservation::Reservation(Reservation&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Reservation::~Reservation() { release(); }

void Reservation::release() {
  if (data_ != nullptr) ::munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

base::Result<Reservation> Reservation::reserve(size_t size_bytes) {
  if (size_bytes == 0) return Reservation();
  if (size_bytes > SIZE_MAX - page_size()) {
    return std::unexpected(memory_error("reserve", size_bytes));
  }
  const size_t size = round_up_to_page(size_bytes);
  void* data = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return std::unexpected(memory_error("reserve", size_bytes));
  return Reservation(static_cast<uint8_t*>(data), size);
}

bool Reservation::contains_pages(size_t offset, size_t size_bytes) const {
  return ((offset | size_bytes) & (page_size() - 1)) == 0 && offset <= size_ &&
         size_bytes <= size_ - offset;
}

base::Result<> Reservation::commit(size_t offset, size_t size_bytes) {
  if (!contains_pages(offset, size_bytes)) {
    return base::fail(base::ErrorCode::invalid_argument, "commit outside of a reservation");
  }
  if (size_bytes == 0) return {};
  if (::mprotect(data_ + offset, size_bytes, PROT_READ | PROT_WRITE) != 0) {
    return std::unexpected(memory_error("commit", size_bytes));
  }
  return {};
}

base::Result<> Reservation::decommit(size_t offset, size_t size_bytes) {
  if (!contains_pages(offset, size_bytes)) {
    return base::fail(base::ErrorCode::invalid_argument, "decommit outside of a reservation");
  }
  if (size_bytes == 0) return {};
  // A fresh mapping over the old one gives back the charge as well as the pages, and works on
  // locked memory.
  const void* data = ::mmap(data_ + offset, size_bytes, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  if (data == MAP_FAILED) return std::unexpected(memory_error("decommit", size_bytes));
  return {};
}

base::Result<> Reservation::reset(size_t offset, size_t size_bytes) {
  if (!contains_pages(offset, size_bytes)) {
    return base::fail(base::ErrorCode::invalid_argument, "reset outside of a reservation");
  }
  if (size_bytes == 0) return {};
  // Refused for locked memory, which can only be overwritten.
  if (::madvise(data_ + offset, size_bytes, MADV_DONTNEED) != 0) {
    ::memset(data_ + offset, 0, size_bytes);
  }
  return {};
}

base::Result<> Reservation::discard(size_t offset, size_t size_bytes) {
  if (!contains_pages(offset, size_bytes)) {
    return base::fail(base::ErrorCode::invalid_argument, "discard outside of a reservation");
  }
  if (size_bytes != 0 && ::madvise(data_ + offset, size_bytes, MADV_DONTNEED) != 0) {
    return base::fail(base::ErrorCode::unsupported, "the host's memory is locked");
  }
  return {};
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this != &other) {
    ::free(data_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Buffer::~Buffer() { ::free(data_); }

base::Result<Buffer> Buffer::allocate(size_t size_bytes) {
  Buffer buffer;
  if (size_bytes == 0) return buffer;
  if (size_bytes > max_buffer_size) return std::unexpected(memory_error("allocate", size_bytes));
  buffer.data_ = static_cast<uint8_t*>(::calloc(size_bytes, 1));
  if (buffer.data_ == nullptr) return std::unexpected(memory_error("allocate", size_bytes));
  buffer.size_ = size_bytes;
  return buffer;
}

base::Result<> Buffer::resize(size_t size_bytes) {
  if (size_bytes == 0) {
    *this = Buffer();
    return {};
  }
  if (size_bytes > max_buffer_size) return std::unexpected(memory_error("allocate", size_bytes));
  void* data = ::realloc(data_, size_bytes);
  if (data == nullptr) return std::unexpected(memory_error("allocate", size_bytes));
  data_ = static_cast<uint8_t*>(data);
  size_ = size_bytes;
  return {};
}

}  // namespace waxwing::platform

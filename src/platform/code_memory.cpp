// Dual views are two shared mappings of a memfd; a single view is private memory and mprotect.
#include "platform/code_memory.h"

#include <errno.h>
#include <string.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#if defined(__aarch64__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#endif

#include "platform/file.h"
#include "platform/memory_file.h"
#include "platform/virtual_memory.h"

namespace waxwing::platform {
namespace {

constexpr size_t cache_line_bytes = 64;
constexpr size_t max_size_bytes = size_t{1} << 40;

/// The failure of the system call `call` that was just made.
std::unexpected<base::Error> refused(const char* call) {
  const int error = errno;
  if (error == ENOMEM) {
    return base::fail(base::ErrorCode::out_of_memory, std::string(call) + " of memory for code");
  }
  return base::fail(base::ErrorCode::unsupported,
                    std::string("the host forbids executable memory (") + call + ": " +
                        ::strerror(error) +
                        "); use the interpreter, or allow it (SELinux: execmem; systemd: "
                        "MemoryDenyWriteExecute; cached code: a file system without noexec)");
}

/// Makes every processor see what was written to code that it has not run yet.
void synchronize_code([[maybe_unused]] uint8_t* code, [[maybe_unused]] size_t size_bytes) {
#if defined(__aarch64__)
  __builtin___clear_cache(reinterpret_cast<char*>(code),
                          reinterpret_cast<char*>(code + size_bytes));
  static const bool registered =
      ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0;
  if (registered) {
    ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
  }
#endif
  // x86-64 keeps its instruction caches coherent by physical address: nothing to do.
}

/// A child of fork never had its parent's view: something of its own may lie there.
void unmap_writable(uint8_t* view, size_t size_bytes, int maker) {
  if (maker == ::getpid()) ::munmap(view, size_bytes);
}

}  // namespace

CodeMemory::CodeMemory(CodeMemory&& other) noexcept { *this = std::move(other); }

CodeMemory& CodeMemory::operator=(CodeMemory&& other) noexcept {
  if (this == &other) return *this;
  release();
  code_ = std::exchange(other.code_, nullptr);
  writable_ = std::exchange(other.writable_, nullptr);
  size_bytes_ = std::exchange(other.size_bytes_, 0);
  used_bytes_ = std::exchange(other.used_bytes_, 0);
  views_ = other.views_;
  sealed_ = std::exchange(other.sealed_, true);
  maker_ = other.maker_;
  return *this;
}

CodeMemory::~CodeMemory() { release(); }

void CodeMemory::release() {
  if (writable_ != nullptr) unmap_writable(writable_, size_bytes_, maker_);
  if (code_ != nullptr) ::munmap(code_, size_bytes_);
}

base::Result<CodeMemory> CodeMemory::reserve(size_t size_bytes, Views views) {
  if (size_bytes == 0) {
    return base::fail(base::ErrorCode::invalid_argument, "memory for code of no bytes");
  }
  if (size_bytes > max_size_bytes) {
    return base::fail(base::ErrorCode::out_of_memory,
                      std::to_string(size_bytes) + " bytes of memory for code");
  }
  const size_t size = round_up_to_page(size_bytes);
  if (views != Views::single) {
    auto dual = reserve_dual(size);
    if (dual || views == Views::dual) return dual;
  }
  return reserve_single(size);
}

base::Result<CodeMemory> CodeMemory::reserve_dual(size_t size_bytes) {
  const File file = make_memory_file("waxwing-code");
  if (!file.is_open()) return refused("memfd_create");
  if (!grow_memory_file(file, size_bytes)) return refused("ftruncate");
  CodeMemory memory;
  memory.size_bytes_ = size_bytes;
  void* view = ::mmap(nullptr, size_bytes, PROT_READ | PROT_EXEC, MAP_SHARED, file.descriptor(), 0);
  if (view == MAP_FAILED) return refused("mmap");
  memory.code_ = static_cast<uint8_t*>(view);
  view = ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor(), 0);
  if (view == MAP_FAILED) return refused("mmap");
  memory.writable_ = static_cast<uint8_t*>(view);
  memory.maker_ = ::getpid();
  // The pages are the parent's in a child of fork too.
  if (::madvise(view, size_bytes, MADV_DONTFORK) != 0) return refused("madvise");
  memory.views_ = Views::dual;
  memory.sealed_ = false;
  return memory;
}

base::Result<CodeMemory> CodeMemory::reserve_single(size_t size_bytes) {
  void* view =
      ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (view == MAP_FAILED) return refused("mmap");
  CodeMemory memory;
  memory.size_bytes_ = size_bytes;
  memory.code_ = static_cast<uint8_t*>(view);
  memory.sealed_ = false;
  // Whether publishing will be allowed is told now, before anybody has compiled anything.
  if (::mprotect(view, page_size(), PROT_READ | PROT_EXEC) != 0 ||
      ::mprotect(view, page_size(), PROT_READ | PROT_WRITE) != 0) {
    return refused("mprotect");
  }
  return memory;
}

base::Result<CodeMemory> CodeMemory::map_file(const File& file, uint64_t offset,
                                              size_t size_bytes) {
  const auto stat = file.stat();
  if (!stat) return std::unexpected(describe(stat.error(), "a file of code"));
  if (size_bytes == 0 || offset % page_size() != 0 || offset > stat->size_bytes ||
      size_bytes > stat->size_bytes - offset) {
    return base::fail(base::ErrorCode::invalid_argument,
                      "code must lie in its file and begin at a page");
  }
  const size_t size = round_up_to_page(size_bytes);
  void* view = ::mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.descriptor(),
                      static_cast<off_t>(offset));
  if (view == MAP_FAILED) return refused("mmap");
  CodeMemory memory;
  memory.code_ = static_cast<uint8_t*>(view);
  memory.size_bytes_ = size;
  memory.used_bytes_ = size_bytes;
  return memory;
}

std::span<uint8_t> CodeMemory::writable() const {
  if (sealed_) return {};
  if (writable_ == nullptr) return {code_ + used_bytes_, size_bytes_ - used_bytes_};
  if (maker_ != ::getpid()) return {};
  return {writable_ + used_bytes_, size_bytes_ - used_bytes_};
}

base::Result<std::span<const uint8_t>> CodeMemory::publish(size_t size_bytes) {
  if (size_bytes > writable().size()) {
    return base::fail(base::ErrorCode::invalid_argument, "publishing more code than was written");
  }
  uint8_t* const begin = code_ + used_bytes_;
  if (size_bytes == 0) return std::span<const uint8_t>(begin, 0);
  size_t end = used_bytes_ + size_bytes;
  if (writable_ == nullptr) {
    end = round_up_to_page(end);
    if (::mprotect(begin, end - used_bytes_, PROT_READ | PROT_EXEC) != 0) {
      return refused("mprotect");
    }
  } else {
    end = (end + cache_line_bytes - 1) & ~(cache_line_bytes - 1);
  }
  synchronize_code(begin, size_bytes);
  used_bytes_ = end;
  return std::span<const uint8_t>(begin, size_bytes);
}

void CodeMemory::seal() {
  if (sealed_) return;
  sealed_ = true;
  if (writable_ != nullptr) {
    unmap_writable(std::exchange(writable_, nullptr), size_bytes_, maker_);
  } else if (used_bytes_ < size_bytes_) {
    ::mprotect(code_ + used_bytes_, size_bytes_ - used_bytes_, PROT_NONE);
  }
}

}  // namespace waxwing::platform

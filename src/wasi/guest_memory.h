// The memory of the guest that calls, where every pointer is hostile: each access is checked, and
// what is read is copied before it is looked at, for another thread of the guest may write
// meanwhile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "platform/file.h"
#include "runtime/func.h"
#include "runtime/memory.h"
#include "wasi/abi.h"
#include "wasi/errno.h"

namespace waxwing::wasi {

/// Bytes that the guest names by pointer and length.
struct GuestBytes {
  uint32_t address = 0;
  uint32_t size_bytes = 0;
};

/// iovecs that the guest names by pointer and number.
struct GuestVector {
  uint32_t address = 0;
  uint32_t count = 0;
};

/// A view for the time of one call: what the guest grows meanwhile is out of bounds.
class GuestMemory {
 public:
  /// None: every access is `fault`.
  GuestMemory() = default;
  explicit GuestMemory(const runtime::Memory& memory);

  /// The memory that `instance` exports as "memory" or, where it has but one, that one. None where
  /// there is no such thing or `instance` is null.
  static GuestMemory of(runtime::Instance* instance);

  bool contains(uint64_t address, uint64_t length) const {
    return length <= size_bytes_ && address <= size_bytes_ - length;
  }

  /// The bytes themselves, or `fault`.
  WasiResult<std::span<uint8_t>> bytes(uint64_t address, uint64_t length) const {
    if (!contains(address, length)) return fail(Errno::fault);
    return std::span(base_ + address, static_cast<size_t>(length));
  }
  WasiResult<std::span<uint8_t>> bytes(GuestBytes range) const {
    return bytes(range.address, range.size_bytes);
  }

  template <typename T>
  WasiResult<T> load(uint64_t address) const {
    if (!contains(address, sizeof(T))) return fail(Errno::fault);
    return base::load_le<T>(base_ + address);
  }
  template <typename T>
  WasiResult<> store(uint64_t address, T value) const {
    if (!contains(address, sizeof(T))) return fail(Errno::fault);
    base::store_le(base_ + address, value);
    return {};
  }

  /// A copy of a path; `nametoolong` beyond `max_path_bytes`, `ilseq` where it is not UTF-8.
  static constexpr uint32_t max_path_bytes = 4096;
  WasiResult<std::string> path(GuestBytes range) const;

 private:
  uint8_t* base_ = nullptr;
  uint64_t size_bytes_ = 0;
};

/// The parts of a vectored read or write that go into one system call: the first that are not
/// empty. The rest is left to the guest's next call, as after any short transfer.
template <typename Buffer>
class GuestBuffers {
 public:
  /// Fails with `fault` where the vector or any of its first `max_checked` parts is out of bounds.
  WasiResult<> gather(const GuestMemory& memory, GuestVector vector);

  /// One more part, of the host's memory. REQUIRES: there are fewer than `max_parts`.
  void add(Buffer part) { parts_[count_++] = part; }

  std::span<const Buffer> parts() const { return std::span(parts_).first(count_); }
  bool empty() const { return count_ == 0; }
  /// Whether there were more parts than one system call takes.
  bool is_cut() const { return is_cut_; }
  /// Shortens the parts to `max_bytes` together.
  void limit(size_t max_bytes);
  /// Takes away the first `size_bytes`, which have been transferred.
  void drop(size_t size_bytes);

 private:
  static constexpr size_t max_parts = 64;        // as platform::File takes them
  static constexpr uint32_t max_checked = 1024;  // IOV_MAX
  std::array<Buffer, max_parts> parts_;
  size_t count_ = 0;
  bool is_cut_ = false;
};

using ReadBuffers = GuestBuffers<platform::IoBuffer>;
using WriteBuffers = GuestBuffers<platform::ConstIoBuffer>;

}  // namespace waxwing::wasi

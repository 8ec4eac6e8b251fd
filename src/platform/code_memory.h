// Memory that machine code is written to and run from. No mapping of it is ever writable and
// executable at once (W^X).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace waxwing::platform {

class File;

/// The code of one image. It is written front to back: write to `writable()`, `publish` what is
/// complete, repeat. Published code never changes. Running is thread-safe; whoever publishes tells
/// other threads with a release store of its own. Not thread-safe otherwise.
class CodeMemory {
 public:
  /// How pages are written and run.
  enum class Views : uint8_t {
    best,    // dual where the host allows it, else single
    dual,    // two mappings of the same pages, one writable, one executable
    single,  // one mapping whose pages become executable when they are published
  };

  /// No code.
  CodeMemory() = default;
  CodeMemory(CodeMemory&& other) noexcept;
  CodeMemory& operator=(CodeMemory&& other) noexcept;
  /// REQUIRES: no thread runs the code any more.
  ~CodeMemory();

  /// Reserves at least `size_bytes`, rounded up to pages; memory is taken when it is written to.
  /// Fails with `unsupported` where the host forbids executable memory (the interpreter needs
  /// none), `out_of_memory`, or `invalid_argument` for no bytes.
  static base::Result<CodeMemory> reserve(size_t size_bytes, Views views = Views::best);

  /// Maps the bytes [offset, offset + size_bytes) of `file`, which need not stay open, all of them
  /// published. Whoever can write to the file can change the code, and whoever truncates it makes
  /// running fault: only trusted files. `offset` is a multiple of the page size and the range is
  /// not empty and lies in the file, else `invalid_argument`; other errors as of `reserve`.
  static base::Result<CodeMemory> map_file(const File& file, uint64_t offset, size_t size_bytes);

  /// What follows the published code, to be written; empty when full or sealed, and in a child of
  /// the process that made it, where writing would change the parent's code. Valid until the next
  /// call of `publish` or `seal`.
  std::span<uint8_t> writable() const;

  /// Where the first byte of `writable()` will run. Aligned to 64 bytes.
  const uint8_t* next_code() const { return code_ + used_bytes_; }

  /// Makes the first `size_bytes` of `writable()` executable and returns them as they run. The next
  /// bytes to write begin at a cache line (dual) or at a page (single). Fails with
  /// `invalid_argument` where `writable()` is shorter, or as the system does, changing nothing.
  base::Result<std::span<const uint8_t>> publish(size_t size_bytes);

  /// Nothing will be written any more: gives up write access, so that nothing can be.
  void seal();

  /// All that can run, from the first byte on, gaps between publications included.
  std::span<const uint8_t> code() const { return {code_, used_bytes_}; }
  /// `dual` or `single`; files are `single`.
  Views views() const { return views_; }
  size_t size() const { return size_bytes_; }

 private:
  static base::Result<CodeMemory> reserve_dual(size_t size_bytes);
  static base::Result<CodeMemory> reserve_single(size_t size_bytes);
  void release();

  uint8_t* code_ = nullptr;      // executable; with single views, writable from used_bytes_ on
  uint8_t* writable_ = nullptr;  // dual views until sealed
  size_t size_bytes_ = 0;
  size_t used_bytes_ = 0;
  Views views_ = Views::single;
  bool sealed_ = true;
  int maker_ = 0;  // the process
};

}  // namespace waxwing::platform

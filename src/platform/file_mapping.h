// A file's bytes in memory, shared with whoever else maps the file until they are needed.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "platform/file.h"

namespace waxwing::platform {

/// Bytes of a file, read-only, unmapped at destruction; they outlive the file's handle and its
/// name. Whoever shortens the file meanwhile takes the bytes away, and the process that reads them
/// then ends with SIGBUS: map only files that are never written to once they have their name.
class FileMapping {
 public:
  FileMapping() = default;
  FileMapping(FileMapping&& other) noexcept;
  FileMapping& operator=(FileMapping&& other) noexcept;
  ~FileMapping();

  /// The first `size_bytes` of `file`, which is open for reading and has as many. Page-aligned.
  static FileResult<FileMapping> map(const File& file, size_t size_bytes);

  base::ByteSpan bytes() const { return {data_, size_}; }

 private:
  FileMapping(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  void release();

  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// Brings the pages of `bytes`, which are mapped from a file, into memory at once: cheaper than one
/// by one, and a failure where reading them would end the process: a file that was shortened, a
/// disk that fails. They can be lost again, but seldom in the time that it takes to read them. Does
/// nothing where the system cannot (Linux before 5.14).
FileResult<> populate(base::ByteSpan bytes);

}  // namespace waxwing::platform

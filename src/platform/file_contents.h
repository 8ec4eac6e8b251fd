// A whole file in memory. It is read, never mapped: a mapped file that somebody truncates is a
// SIGBUS in whoever reads it. Reading costs 0.6 ms a megabyte where mapping costs 0.1, and
// validating what was read 4.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "platform/virtual_memory.h"

namespace waxwing::platform {

class File;

/// Owns the bytes that a file had when it was read. The bytes do not move.
class FileContents {
 public:
  /// Reads a path of the host's: regular files, pipes, devices and /proc alike. Errors name the
  /// path: `not_found`, `io_error` (which includes directories), `resource_limit` where there are
  /// more than `max_size_bytes`, `out_of_memory`.
  static base::Result<FileContents> read(std::string_view path, uint64_t max_size_bytes);

  /// The same from an open file, from its offset to its end. `name` is what errors call it.
  static base::Result<FileContents> read(const File& file, std::string_view name,
                                         uint64_t max_size_bytes);

  base::ByteSpan bytes() const { return buffer_.bytes(); }

 private:
  explicit FileContents(Buffer buffer) : buffer_(std::move(buffer)) {}
  Buffer buffer_;
};

}  // namespace waxwing::platform

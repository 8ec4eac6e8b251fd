// Reads to the end, whatever the file said its size was.
#include "platform/file_contents.h"

#include <algorithm>
#include <string>
#include <utility>

#include "platform/file.h"
#include "platform/poll.h"

namespace waxwing::platform {
namespace {

constexpr size_t first_guess = 64 * 1024;  // for files that have no size

FileResult<size_t> read_blocking(const File& file, std::span<uint8_t> target) {
  const IoBuffer buffer{target.data(), target.size()};
  for (;;) {
    const FileResult<size_t> count = file.read({&buffer, 1});
    if (count || count.error() != FileError::again) return count;
    PollItem item{.file = &file, .want_read = true};
    const FileResult<PollOutcome> outcome = poll({&item, 1}, {});
    if (!outcome) return std::unexpected(outcome.error());
  }
}

}  // namespace

base::Result<FileContents> FileContents::read(std::string_view path, uint64_t max_size_bytes) {
  const FileResult<File> file = open_host_path(path, {.read = true});
  if (!file) return std::unexpected(describe(file.error(), path));
  return read(*file, path, max_size_bytes);
}

base::Result<FileContents> FileContents::read(const File& file, std::string_view name,
                                              uint64_t max_size_bytes) {
  const size_t max_size = std::min<uint64_t>(max_size_bytes, SIZE_MAX / 4);
  size_t capacity = first_guess;
  const FileResult<FileStat> stat = file.stat();
  // One byte more shows the end without growing.
  if (stat && stat->size_bytes != 0) capacity = std::min<uint64_t>(stat->size_bytes, max_size) + 1;

  Buffer buffer = TRY(Buffer::allocate(capacity));
  size_t size = 0;
  for (;;) {
    const FileResult<size_t> count = read_blocking(file, buffer.bytes().subspan(size));
    if (!count) return std::unexpected(describe(count.error(), name));
    if (*count == 0) break;
    size += *count;
    if (size > max_size) {
      return base::fail(base::ErrorCode::resource_limit,
                        std::string(name) + ": larger than " + std::to_string(max_size) + " bytes");
    }
    if (size == buffer.size()) TRY(buffer.resize(std::min(size * 2, max_size + 1)));
  }
  TRY(buffer.resize(size));
  return FileContents(std::move(buffer));
}

}  // namespace waxwing::platform

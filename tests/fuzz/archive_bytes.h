// An archive made of bytes that are at hand.
#pragma once

#include <memory>
#include <string>

#include "platform/memory_file.h"
#include "vfs/archive.h"

namespace waxwing::fuzz {

/// As vfs::open_tar.
inline base::Result<std::shared_ptr<vfs::Directory>> open_archive(const std::string& bytes) {
  const platform::File file = platform::make_memory_file("archive");
  const platform::ConstIoBuffer buffer{reinterpret_cast<const uint8_t*>(bytes.data()),
                                       bytes.size()};
  const auto written = file.write({&buffer, 1});
  if (!written) return std::unexpected(platform::describe(written.error(), "an archive"));
  static_cast<void>(file.seek(0, platform::Whence::set));
  return vfs::open_tar(TRY(platform::FileContents::read(file, "an archive", bytes.size())));
}

}  // namespace waxwing::fuzz

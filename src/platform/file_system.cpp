// fstatfs(2), and the numbers that tell file systems apart.
#include "platform/file_system.h"

#include <algorithm>
#include <cstdint>
#include <sys/vfs.h>

#include "platform/posix.h"

namespace waxwing::platform {
namespace {

constexpr uint32_t without_times_of_mapped_writes[] = {
    0x0102'1994,                            // tmpfs
    0x8584'58f6,                            // ramfs
    0x9584'58f6,                            // hugetlbfs
    0x6573'5546,                            // FUSE
    0x6969,                                 // NFS
    0x517b,      0xff53'4d42, 0xfe53'4d42,  // SMB, in its three ages
    0x0102'1997,                            // 9P
    0x786f'4256,                            // VirtualBox's shared folders
    0x5346'414f,                            // AFS
    0x00c3'6400,                            // Ceph
    0x0bd0'0bd0,                            // Lustre
    0x4750'4653,                            // GPFS
    0x0116'1970,                            // GFS2
    0x7461'636f,                            // OCFS2
};

}  // namespace

bool shows_mapped_writes(const File& file) {
  struct statfs status = {};
  if (retry_interrupted([&] { return ::fstatfs(file.descriptor(), &status); }) != 0) return false;
  const auto magic = static_cast<uint32_t>(status.f_type);
  return std::ranges::find(without_times_of_mapped_writes, magic) ==
         std::end(without_times_of_mapped_writes);
}

}  // namespace waxwing::platform

// The structures that functions return, as the guest finds them.
#include "wasi/marshal.h"

#include <cstring>

namespace waxwing::wasi {
namespace {

/// What both snapshots place alike.
void put_identity(uint8_t* target, const platform::FileStat& value) {
  base::store_le(target + layout::filestat::device, value.device);
  base::store_le(target + layout::filestat::inode, value.inode);
  target[layout::filestat::type] = static_cast<uint8_t>(file_type(value.kind));
}

}  // namespace

void ResultLayout<Prestat>::put(uint8_t* const* targets, const Prestat& value) {
  std::memset(targets[0], 0, layout::prestat::size);
  base::store_le(targets[0] + layout::prestat::name_length, value.name_length);
}

void ResultLayout<FdStat>::put(uint8_t* const* targets, const FdStat& value) {
  uint8_t* const target = targets[0];
  std::memset(target, 0, layout::fdstat::size);
  target[layout::fdstat::type] = static_cast<uint8_t>(value.type);
  base::store_le(target + layout::fdstat::flags, static_cast<uint16_t>(value.flags));
  base::store_le(target + layout::fdstat::rights_base, value.rights_base);
  base::store_le(target + layout::fdstat::rights_inheriting, value.rights_inheriting);
}

void ResultLayout<platform::FileStat>::put(uint8_t* const* targets,
                                           const platform::FileStat& value) {
  uint8_t* const target = targets[0];
  std::memset(target, 0, layout::filestat::size);
  put_identity(target, value);
  base::store_le(target + layout::filestat::link_count, value.link_count);
  base::store_le(target + layout::filestat::file_size, value.size_bytes);
  base::store_le(target + layout::filestat::access_time, value.access_time_ns);
  base::store_le(target + layout::filestat::modify_time, value.modify_time_ns);
  base::store_le(target + layout::filestat::change_time, value.change_time_ns);
}

void ResultLayout<FileStat0>::put(uint8_t* const* targets, const FileStat0& value) {
  uint8_t* const target = targets[0];
  std::memset(target, 0, layout::filestat_0::size);
  put_identity(target, value.stat);
  base::store_le(target + layout::filestat_0::link_count,
                 static_cast<uint32_t>(value.stat.link_count));
  base::store_le(target + layout::filestat_0::file_size, value.stat.size_bytes);
  base::store_le(target + layout::filestat_0::access_time, value.stat.access_time_ns);
  base::store_le(target + layout::filestat_0::modify_time, value.stat.modify_time_ns);
  base::store_le(target + layout::filestat_0::change_time, value.stat.change_time_ns);
}

}  // namespace waxwing::wasi

// fd_*: what is done with an open descriptor. Directories are read in fd_readdir.cpp.
#include <cstring>

#include "wasi/functions.h"
#include "wasi/io.h"

namespace waxwing::wasi {

WasiResult<NewTimes> new_times(GuestTimes times) {
  const uint32_t flags = times.flags;
  using Kind = platform::NewTime::Kind;
  const auto contradicts = [flags](uint32_t both) { return (flags & both) == both; };
  if (flags > time_flags::all || contradicts(time_flags::atim | time_flags::atim_now) ||
      contradicts(time_flags::mtim | time_flags::mtim_now)) {
    return fail(Errno::inval);
  }
  const auto new_time = [flags](uint32_t at, uint32_t now, uint64_t at_ns) {
    const Kind kind = (flags & at) != 0 ? Kind::at : (flags & now) != 0 ? Kind::now : Kind::keep;
    return platform::NewTime{.kind = kind, .at_ns = at_ns};
  };
  return NewTimes{.access = new_time(time_flags::atim, time_flags::atim_now, times.access_ns),
                  .modify = new_time(time_flags::mtim, time_flags::mtim_now, times.modify_ns)};
}

WasiResult<> fd_advise(Call& call, uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice) {
  const Descriptor& file = *TRY(call.context.fds().get(fd, rights::fd_advise));
  if (advice >= advice_count) return fail(Errno::inval);
  return as_wasi(file.object().advise(offset, length, static_cast<platform::Advice>(advice)));
}

WasiResult<> fd_allocate(Call& call, uint32_t fd, uint64_t offset, uint64_t length) {
  const Descriptor& file = *TRY(call.context.fds().get_file(fd, rights::fd_allocate));
  if (length == 0) return fail(Errno::inval);
  Quota& quota = call.context.quota();
  if (file.mount != nullptr) TRY(quota.check_bytes(length));
  TRY(as_wasi(file.file->allocate(offset, length)));
  if (file.mount != nullptr) quota.count_bytes(length);
  return {};
}

WasiResult<> fd_close(Call& call, uint32_t fd) { return call.context.fds().close(fd); }

WasiResult<> fd_datasync(Call& call, uint32_t fd) {
  return as_wasi(TRY(call.context.fds().get(fd, rights::fd_datasync))->object().sync_data());
}

WasiResult<> fd_sync(Call& call, uint32_t fd) {
  return as_wasi(TRY(call.context.fds().get(fd, rights::fd_sync))->object().sync_all());
}

WasiResult<FdStat> fd_fdstat_get(Call& call, uint32_t fd) {
  const Descriptor& file = *TRY(call.context.fds().get(fd));
  return FdStat{.type = file.type,
                .flags = file.flags,
                .rights_base = file.rights_base,
                .rights_inheriting = file.rights_inheriting};
}

/// `append` and `nonblock` change; the rest is fixed when a file is opened, and asking for another
/// value is `notsup`. Whether the guest blocks is decided here and not by the host's descriptor.
WasiResult<> fd_fdstat_set_flags(Call& call, uint32_t fd, uint32_t flags) {
  Descriptor& file = *TRY(call.context.fds().get(fd, rights::fd_fdstat_set_flags));
  if (flags > fd_flags::all) return fail(Errno::inval);
  const uint32_t changed = file.flags ^ flags;
  if ((changed & ~(fd_flags::append | fd_flags::nonblock)) != 0) return fail(Errno::notsup);
  if ((changed & fd_flags::append) != 0) {
    if (file.is_shared) return fail(Errno::notsup);
    if (file.file == nullptr) return fail(Errno::notsup);
    TRY(as_wasi(file.file->set_append((flags & fd_flags::append) != 0)));
  }
  file.flags = flags;
  return {};
}

/// Rights are given up, never regained.
WasiResult<> fd_fdstat_set_rights(Call& call, uint32_t fd, RightsPair rights) {
  Descriptor& file = *TRY(call.context.fds().get(fd));
  const bool adds =
      (rights.base & ~file.rights_base) != 0 || (rights.inheriting & ~file.rights_inheriting) != 0;
  if (adds) return fail(Errno::notcapable);
  file.rights_base = rights.base;
  file.rights_inheriting = rights.inheriting;
  return {};
}

WasiResult<platform::FileStat> fd_filestat_get(Call& call, uint32_t fd) {
  return as_wasi(TRY(call.context.fds().get(fd, rights::fd_filestat_get))->object().stat());
}

WasiResult<> fd_filestat_set_size(Call& call, uint32_t fd, uint64_t size_bytes) {
  const Descriptor& file = *TRY(call.context.fds().get_file(fd, rights::fd_filestat_set_size));
  Quota& quota = call.context.quota();
  if (!quota.limits_bytes() || file.mount == nullptr)
    return as_wasi(file.file->truncate(size_bytes));
  const uint64_t present = TRY(as_wasi(file.file->stat())).size_bytes;
  const uint64_t growth = size_bytes > present ? size_bytes - present : 0;
  TRY(quota.check_bytes(growth));
  TRY(as_wasi(file.file->truncate(size_bytes)));
  quota.count_bytes(growth);
  return {};
}

WasiResult<> fd_filestat_set_times(Call& call, uint32_t fd, GuestTimes times) {
  const Descriptor& file = *TRY(call.context.fds().get(fd, rights::fd_filestat_set_times));
  const NewTimes wanted = TRY(new_times(times));
  if (file.is_read_only()) return fail(Errno::rofs);
  return as_wasi(file.object().set_times(wanted.access, wanted.modify));
}

WasiResult<uint32_t> fd_read(Call& call, uint32_t fd, GuestVector target) {
  Descriptor& file = *TRY(call.context.fds().get_file(fd, rights::fd_read));
  ReadBuffers buffers;
  TRY(buffers.gather(call.memory, target));
  return read_from(call, file, buffers);
}

WasiResult<uint32_t> fd_write(Call& call, uint32_t fd, GuestVector source) {
  Descriptor& file = *TRY(call.context.fds().get_file(fd, rights::fd_write));
  WriteBuffers buffers;
  TRY(buffers.gather(call.memory, source));
  return write_to(call, file, buffers);
}

/// Only files that never block have a position to read at; the others are `spipe` at once.
WasiResult<uint32_t> fd_pread(Call& call, uint32_t fd, GuestVector target, uint64_t offset) {
  const Descriptor& file = *TRY(call.context.fds().get_file(fd, rights::fd_read | rights::fd_seek));
  ReadBuffers buffers;
  TRY(buffers.gather(call.memory, target));
  if (buffers.empty()) return 0;
  return static_cast<uint32_t>(TRY(as_wasi(file.file->read_at(buffers.parts(), offset))));
}

WasiResult<uint32_t> fd_pwrite(Call& call, uint32_t fd, GuestVector source, uint64_t offset) {
  const Descriptor& file =
      *TRY(call.context.fds().get_file(fd, rights::fd_write | rights::fd_seek));
  WriteBuffers buffers;
  TRY(buffers.gather(call.memory, source));
  if (buffers.empty()) return 0;
  TRY(limit_by_quota(call, file, buffers));
  const size_t size = TRY(as_wasi(file.file->write_at(buffers.parts(), offset)));
  if (file.mount != nullptr) call.context.quota().count_bytes(size);
  return static_cast<uint32_t>(size);
}

WasiResult<Prestat> fd_prestat_get(Call& call, uint32_t fd) {
  const Descriptor& directory = *TRY(call.context.fds().get(fd));
  if (!directory.is_preopen) return fail(Errno::badf);
  return Prestat{.name_length = static_cast<uint32_t>(directory.mount->guest_path.size())};
}

WasiResult<> fd_prestat_dir_name(Call& call, uint32_t fd, GuestBytes target) {
  const Descriptor& directory = *TRY(call.context.fds().get(fd));
  if (!directory.is_preopen) return fail(Errno::badf);
  const std::string& name = directory.mount->guest_path;
  if (target.size_bytes < name.size()) return fail(Errno::nametoolong);
  const std::span<uint8_t> bytes = TRY(call.memory.bytes(target.address, name.size()));
  std::memcpy(bytes.data(), name.data(), name.size());
  return {};
}

WasiResult<> fd_renumber(Call& call, uint32_t from, uint32_t to) {
  return call.context.fds().renumber(from, to);
}

/// Asking where one is needs no right to move.
WasiResult<uint64_t> fd_seek(Call& call, uint32_t fd, int64_t delta, uint32_t whence) {
  if (whence >= whence_count) return fail(Errno::inval);
  const platform::Whence from = static_cast<platform::Whence>(whence);
  const bool only_tells = delta == 0 && from == platform::Whence::current;
  const Descriptor& file =
      *TRY(call.context.fds().get_file(fd, only_tells ? rights::fd_tell : rights::fd_seek));
  return as_wasi(file.file->seek(delta, from));
}

WasiResult<uint64_t> fd_tell(Call& call, uint32_t fd) {
  const Descriptor& file = *TRY(call.context.fds().get_file(fd, rights::fd_tell));
  return as_wasi(file.file->seek(0, platform::Whence::current));
}

}  // namespace waxwing::wasi

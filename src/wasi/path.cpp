// path_*: what is done with names. Every path goes to the directory that it is seen from, which no
// path leaves (vfs/object.h); read-only mounts refuse every change with `rofs`, and nothing is
// renamed or linked from one mount to another.
#include <algorithm>
#include <cstring>

#include "wasi/functions.h"

namespace waxwing::wasi {
namespace {

using platform::FinalLink;

/// A path as the guest gave it, with the directory that it is seen from.
struct Place {
  Descriptor* directory;
  std::string path;

  vfs::Directory& root() const { return *directory->directory; }
  WasiResult<vfs::Opened> open(const platform::OpenOptions& options) const {
    return as_wasi(root().open(path, options));
  }
};

WasiResult<Place> place(Call& call, uint32_t fd, Rights needed, GuestBytes path) {
  Descriptor* const directory = TRY(call.context.fds().get(fd, needed));
  if (directory->directory == nullptr) return fail(Errno::notdir);
  return Place{directory, TRY(call.memory.path(path))};
}

/// The same, where something is about to change.
WasiResult<Place> place_to_change(Call& call, uint32_t fd, Rights needed, GuestBytes path) {
  Place result = TRY(place(call, fd, needed, path));
  if (result.directory->is_read_only()) return fail(Errno::rofs);
  return result;
}

WasiResult<FinalLink> final_link(uint32_t lookup_flags) {
  if (lookup_flags > lookup_symlink_follow) return fail(Errno::inval);
  return lookup_flags == lookup_symlink_follow ? FinalLink::follow : FinalLink::keep;
}

/// What path_open was asked for, beside the path.
struct OpenRequest {
  FinalLink final_link = FinalLink::keep;
  uint32_t open_flags = 0;
  RightsPair rights;
  uint32_t fd_flags = 0;

  bool wants(uint32_t open_flag) const { return (open_flags & open_flag) != 0; }
  bool reads() const { return (rights.base & rights::fd_read) != 0; }
  bool writes() const { return (rights.base & rights::fd_write) != 0; }
};

/// The rights that the directory needs for the request.
Rights needed_rights(const OpenRequest& request) {
  return rights::path_open | (request.wants(open_flags::creat) ? rights::path_create_file : 0);
}

/// Whether files may be truncated as they are opened. Who may write and resize files that are
/// opened here could truncate them afterwards: Go's os.Root has no more than that.
bool may_truncate(const Descriptor& directory) {
  constexpr Rights afterwards = rights::fd_write | rights::fd_filestat_set_size;
  return (directory.rights_base & rights::path_filestat_set_size) != 0 ||
         (directory.rights_inheriting & afterwards) == afterwards;
}

/// The host opens without blocking, whatever the guest wants, so that neither a FIFO nor a device
/// holds it; and for reading where nothing is asked for, so that the kind of file is checked.
platform::OpenOptions open_options(const OpenRequest& request) {
  const bool write = request.writes() || request.wants(open_flags::trunc);
  return {.read = request.reads() || !write,
          .write = write,
          .create = request.wants(open_flags::creat),
          .exclusive = request.wants(open_flags::excl),
          .truncate = request.wants(open_flags::trunc),
          .directory = request.wants(open_flags::directory),
          .follow_final_symlink = request.final_link == FinalLink::follow,
          .append = (request.fd_flags & fd_flags::append) != 0,
          .nonblock = true,
          .dsync = (request.fd_flags & fd_flags::dsync) != 0,
          .rsync = (request.fd_flags & fd_flags::rsync) != 0,
          .sync = (request.fd_flags & fd_flags::sync) != 0};
}

/// Opens in a read-only mount: as if nothing were asked to change, and then says that it cannot.
WasiResult<vfs::Opened> open_read_only(const Place& at, platform::OpenOptions options) {
  const bool changes = options.write || options.truncate;
  if (changes) return fail(Errno::rofs);
  const bool creates = options.create;
  options.create = false;
  WasiResult<vfs::Opened> opened = at.open(options);
  if (creates && !opened && opened.error() == Errno::noent) return fail(Errno::rofs);
  if (creates && options.exclusive && opened) return fail(Errno::exist);
  return opened;
}

/// Opens where entries are counted: only what is not there yet is a new one.
WasiResult<vfs::Opened> open_counted(const Place& at, platform::OpenOptions options, Quota& quota) {
  if (!options.create || options.exclusive) {
    if (options.create) TRY(quota.check_entry());
    vfs::Opened opened = TRY(at.open(options));
    if (options.create) quota.count_entry();
    return opened;
  }
  options.create = false;
  WasiResult<vfs::Opened> present = at.open(options);
  if (present || present.error() != Errno::noent) return present;
  TRY(quota.check_entry());
  options.create = true;
  vfs::Opened opened = TRY(at.open(options));
  quota.count_entry();
  return opened;
}

WasiResult<vfs::Opened> open(Call& call, const Place& at, const platform::OpenOptions& options) {
  if (at.directory->is_read_only()) return open_read_only(at, options);
  Quota& quota = call.context.quota();
  return quota.limits_entries() ? open_counted(at, options, quota) : at.open(options);
}

/// Does what makes a name, where one may still be made.
template <typename Operation>
WasiResult<> make_entry(Call& call, Operation operation) {
  Quota& quota = call.context.quota();
  TRY(quota.check_entry());
  TRY(as_wasi(operation()));
  quota.count_entry();
  return {};
}

/// Does what removes a name.
template <typename Operation>
WasiResult<> remove_entry(Call& call, Operation operation) {
  TRY(as_wasi(operation()));
  call.context.quota().return_entry();
  return {};
}

Descriptor describe(const Descriptor& directory, vfs::Opened opened, const OpenRequest& request) {
  Descriptor descriptor;
  descriptor.file = std::move(opened.file);
  descriptor.directory = std::move(opened.directory);
  const platform::FileKind kind = descriptor.object().kind();
  descriptor.type = file_type(kind);
  descriptor.flags = request.fd_flags;
  descriptor.mount = directory.mount;
  const Rights granted = request.rights.base & directory.rights_inheriting;
  switch (kind) {
    case platform::FileKind::directory:
      descriptor.rights_base = granted & rights::of_directory;
      descriptor.rights_inheriting = request.rights.inheriting & directory.rights_inheriting;
      break;
    case platform::FileKind::regular_file:
    case platform::FileKind::block_device:
      descriptor.rights_base = granted & rights::of_file;
      break;
    case platform::FileKind::character_device:
      descriptor.rights_base =
          granted & (descriptor.file->is_terminal() ? rights::of_terminal : rights::of_file);
      descriptor.blocking = Blocking::reported;
      break;
    case platform::FileKind::unknown:
    case platform::FileKind::symbolic_link:
    case platform::FileKind::stream_socket:
    case platform::FileKind::datagram_socket:
    case platform::FileKind::fifo:
      descriptor.rights_base = granted & rights::of_stream;
      descriptor.blocking = Blocking::reported;
      break;
  }
  if (descriptor.object().host_file() == nullptr) descriptor.blocking = Blocking::never;
  return descriptor;
}

}  // namespace

WasiResult<uint32_t> path_open(Call& call, Lookup at, uint32_t open_flags, RightsPair rights,
                               uint32_t fd_flags) {
  const OpenRequest request{.final_link = TRY(final_link(at.flags)),
                            .open_flags = open_flags,
                            .rights = rights,
                            .fd_flags = fd_flags};
  if (open_flags > open_flags::all || fd_flags > fd_flags::all) return fail(Errno::inval);
  const Place here = TRY(place(call, at.fd, needed_rights(request), at.path));
  // Other rights that the directory does not pass on are left out; without these the descriptor
  // would be of no use.
  constexpr Rights of_access = rights::fd_read | rights::fd_write;
  const bool lacks_access = (rights.base & of_access & ~here.directory->rights_inheriting) != 0;
  if (lacks_access || (request.wants(open_flags::trunc) && !may_truncate(*here.directory))) {
    return fail(Errno::notcapable);
  }
  vfs::Opened opened = TRY(open(call, here, open_options(request)));
  if (opened.file == nullptr && opened.directory == nullptr) return fail(Errno::io);
  return call.context.fds().insert(describe(*here.directory, std::move(opened), request));
}

WasiResult<> path_create_directory(Call& call, uint32_t fd, GuestBytes path) {
  const Place at = TRY(place_to_change(call, fd, rights::path_create_directory, path));
  return make_entry(call, [&] { return at.root().make_directory(at.path); });
}

WasiResult<platform::FileStat> path_filestat_get(Call& call, Lookup at) {
  const FinalLink link = TRY(final_link(at.flags));
  const Place here = TRY(place(call, at.fd, rights::path_filestat_get, at.path));
  return as_wasi(here.root().stat_at(here.path, link));
}

WasiResult<> path_filestat_set_times(Call& call, Lookup at, GuestTimes times) {
  const FinalLink link = TRY(final_link(at.flags));
  const NewTimes wanted = TRY(new_times(times));
  const Place here = TRY(place_to_change(call, at.fd, rights::path_filestat_set_times, at.path));
  return as_wasi(here.root().set_times_at(here.path, link, wanted.access, wanted.modify));
}

WasiResult<> path_link(Call& call, Lookup from, uint32_t to_fd, GuestBytes to) {
  // A link to what a symbolic link names would need a path that may change before it is used.
  if (TRY(final_link(from.flags)) == FinalLink::follow) return fail(Errno::inval);
  const Place source = TRY(place_to_change(call, from.fd, rights::path_link_source, from.path));
  const Place target = TRY(place_to_change(call, to_fd, rights::path_link_target, to));
  if (source.directory->mount != target.directory->mount) return fail(Errno::xdev);
  return make_entry(
      call, [&] { return source.root().hard_link(source.path, target.root(), target.path); });
}

/// What does not fit is cut off.
WasiResult<uint32_t> path_readlink(Call& call, uint32_t fd, GuestBytes path, GuestBytes target) {
  const Place at = TRY(place(call, fd, rights::path_readlink, path));
  const std::span<uint8_t> bytes = TRY(call.memory.bytes(target));
  const std::string link = TRY(as_wasi(at.root().read_link(at.path)));
  const size_t size = std::min(link.size(), bytes.size());
  if (size != 0) std::memcpy(bytes.data(), link.data(), size);
  return static_cast<uint32_t>(size);
}

WasiResult<> path_remove_directory(Call& call, uint32_t fd, GuestBytes path) {
  const Place at = TRY(place_to_change(call, fd, rights::path_remove_directory, path));
  return remove_entry(call, [&] { return at.root().remove_directory(at.path); });
}

WasiResult<> path_rename(Call& call, uint32_t from_fd, GuestBytes from, uint32_t to_fd,
                         GuestBytes to) {
  const Place source = TRY(place_to_change(call, from_fd, rights::path_rename_source, from));
  const Place target = TRY(place_to_change(call, to_fd, rights::path_rename_target, to));
  if (source.directory->mount != target.directory->mount) return fail(Errno::xdev);
  Quota& quota = call.context.quota();
  if (!quota.limits_entries())
    return as_wasi(source.root().rename(source.path, target.root(), target.path));
  // What it replaces is a name less, unless both are names of one file.
  const auto moved = source.root().stat_at(source.path, FinalLink::keep);
  const auto replaced = target.root().stat_at(target.path, FinalLink::keep);
  TRY(as_wasi(source.root().rename(source.path, target.root(), target.path)));
  if (moved && replaced && moved->inode != replaced->inode) quota.return_entry();
  return {};
}

/// Absolute targets are refused: they would name a place of the host. What leads out by `..` is
/// made, and never followed.
WasiResult<> path_symlink(Call& call, GuestBytes target, uint32_t fd, GuestBytes path) {
  const Place at = TRY(place_to_change(call, fd, rights::path_symlink, path));
  const std::string link = TRY(call.memory.path(target));
  if (link.starts_with('/')) return fail(Errno::perm);
  return make_entry(call, [&] { return at.root().symbolic_link(link, at.path); });
}

WasiResult<> path_unlink_file(Call& call, uint32_t fd, GuestBytes path) {
  const Place at = TRY(place_to_change(call, fd, rights::path_unlink_file, path));
  return remove_entry(call, [&] { return at.root().unlink(at.path); });
}

}  // namespace waxwing::wasi

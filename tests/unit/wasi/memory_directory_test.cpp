// Directories in memory as a guest sees them, beside one of the host.
#include "guest.h"
#include "vfs/memory.h"

namespace waxwing::wasi {
namespace {

/// "/" is the host's, 3; "/tmp" in memory, 4; "/ro" the same for reading only, 5; "/other", 6.
class MemoryDirectory : public testing::Test {
 protected:
  static ContextConfig config(const std::string& root) {
    ContextConfig result = Guest::config(root);
    const auto shared = vfs::make_memory_directory({.max_bytes = 1 << 20});
    result.preopens.push_back({.guest_path = "/tmp", .directory = shared});
    result.preopens.push_back({.guest_path = "/ro", .directory = shared, .read_only = true});
    result.preopens.push_back({.guest_path = "/other", .directory = vfs::make_memory_directory()});
    return result;
  }
  GuestBytes at(std::string_view path) { return guest_.put(path); }
  WasiResult<uint32_t> create(std::string_view path) {
    return guest_.open(path, rights::of_file, open_flags::creat, 4);
  }

  TemporaryDirectory outside_;
  Guest guest_{config(outside_ / ".")};
  Call& call_ = guest_.call();
};

TEST_F(MemoryDirectory, holds_files_and_directories) {
  EXPECT_EQ(fd_prestat_get(call_, 4).value().name_length, 4u);
  const uint32_t file = create("file").value();
  EXPECT_EQ(guest_.write(file, "hello").value(), 5u);
  EXPECT_EQ(fd_tell(call_, file).value(), 5u);
  EXPECT_EQ(fd_seek(call_, file, 1, 0).value(), 1u);
  EXPECT_EQ(guest_.read(file).value(), "ello");
  EXPECT_EQ(fd_pwrite(call_, file, guest_.vector("J"), 0).value(), 1u);
  EXPECT_EQ(fd_filestat_get(call_, file).value().size_bytes, 5u);
  EXPECT_EQ(fd_fdstat_get(call_, file).value().type, FileType::regular_file);
  EXPECT_SUCCESS(fd_sync(call_, file));
  EXPECT_SUCCESS(fd_advise(call_, file, 0, 10, 1));
  EXPECT_SUCCESS(fd_allocate(call_, file, 0, 100));
  EXPECT_SUCCESS(fd_filestat_set_size(call_, file, 2));
  EXPECT_SUCCESS(fd_filestat_set_times(call_, file, {1, 2, time_flags::atim | time_flags::mtim}));
  EXPECT_SUCCESS(fd_fdstat_set_flags(call_, file, fd_flags::append | fd_flags::nonblock));
  EXPECT_EQ(guest_.write(file, "!").value(), 1u);
  EXPECT_EQ(fd_filestat_get(call_, file).value().size_bytes, 3u);
  EXPECT_SUCCESS(path_create_directory(call_, 4, at("dir")));
  EXPECT_SUCCESS(path_rename(call_, 4, at("file"), 4, at("dir/file")));
  const uint32_t dir = guest_.open("dir", rights::all, 0, 4).value();
  EXPECT_ERRNO(guest_.open("../dir", rights::all, 0, dir), perm);
  EXPECT_ERRNO(guest_.read(dir), isdir);
  EXPECT_SUCCESS(fd_sync(call_, dir));
  EXPECT_GT(fd_readdir(call_, dir, Guest::room, 0).value(), 3 * layout::dirent::size);
  EXPECT_ERRNO(fd_readdir(call_, file, Guest::room, 0), notdir);
}

TEST_F(MemoryDirectory, no_path_leads_out_of_it) {
  EXPECT_SUCCESS(path_create_directory(call_, 4, at("dir")));
  EXPECT_SUCCESS(path_symlink(call_, at(".."), 4, at("up")));
  EXPECT_SUCCESS(path_symlink(call_, at("../../x"), 4, at("dir/out")));
  EXPECT_SUCCESS(path_symlink(call_, at("loop"), 4, at("loop")));
  EXPECT_SUCCESS(path_symlink(call_, at("."), 4, at("here")));
  EXPECT_ERRNO(path_symlink(call_, at("/etc"), 4, at("absolute")), perm);
  for (const char* path : {"..", "/", "/etc/passwd", "dir/../..", "up", "up/x", "dir/out",
                           "here/../x", "dir/./../../x", "up/../x"}) {
    EXPECT_ERRNO(guest_.open(path, rights::fd_read, 0, 4), perm) << path;
    EXPECT_ERRNO(guest_.open(path, rights::of_file, open_flags::creat, 4), perm) << path;
    EXPECT_ERRNO(path_filestat_get(call_, {4, lookup_symlink_follow, at(path)}), perm) << path;
  }
  EXPECT_ERRNO(guest_.open("loop", rights::fd_read, 0, 4), loop);
  EXPECT_ERRNO(guest_.open(std::string(256, 'x'), rights::fd_read, 0, 4), nametoolong);
  EXPECT_ERRNO(path_remove_directory(call_, 4, at(".")), inval);
}

TEST_F(MemoryDirectory, nothing_goes_to_another_file_system) {
  EXPECT_SUCCESS(create("file"));
  EXPECT_SUCCESS(guest_.create("host"));
  EXPECT_ERRNO(path_rename(call_, 4, at("file"), 3, at("x")), xdev);
  EXPECT_ERRNO(path_rename(call_, 3, at("host"), 4, at("x")), xdev);
  EXPECT_ERRNO(path_rename(call_, 4, at("file"), 6, at("x")), xdev);
  EXPECT_ERRNO(path_link(call_, {4, 0, at("file")}, 3, at("x")), xdev);
  EXPECT_ERRNO(path_link(call_, {4, 0, at("file")}, 6, at("x")), xdev);
  const auto from = vfs::make_memory_directory(), to = vfs::make_memory_directory();
  EXPECT_TRUE(from->make_directory("a"));
  EXPECT_EQ(from->rename("a", *to, "a").error(), platform::FileError::xdev);
  EXPECT_EQ(from->hard_link("a", *to, "a").error(), platform::FileError::xdev);
}

TEST_F(MemoryDirectory, can_be_for_reading_only) {
  EXPECT_EQ(guest_.write(create("file").value(), "text").value(), 4u);
  EXPECT_EQ(guest_.read(guest_.open("file", rights::fd_read, 0, 5).value()).value(), "text");
  EXPECT_ERRNO(guest_.open("file", rights::fd_write, 0, 5), rofs);
  EXPECT_ERRNO(guest_.open("new", rights::fd_read, open_flags::creat, 5), rofs);
  EXPECT_ERRNO(path_unlink_file(call_, 5, at("file")), rofs);
}

TEST_F(MemoryDirectory, is_always_ready) {
  const uint32_t file = create("file").value();
  EXPECT_EQ(guest_.write(file, "hello").value(), 5u);
  EXPECT_EQ(fd_seek(call_, file, 2, 0).value(), 2u);
  std::string subscription(layout::subscription::size, '\0');
  subscription[layout::subscription::tag] = char(EventType::fd_read);
  subscription[layout::subscription::descriptor] = char(file);
  const uint32_t address = guest_.put(subscription).address;
  EXPECT_EQ(poll_oneoff(call_, address, Guest::room.address, 1).value(), 1u);
  EXPECT_EQ(guest_.load<uint16_t>(Guest::room.address + layout::event::error), 0u);
  EXPECT_EQ(guest_.load<uint64_t>(Guest::room.address + layout::event::bytes), 3u);
}

TEST_F(MemoryDirectory, is_full_at_its_size) {
  const uint32_t file = create("file").value();
  const GuestVector half = guest_.vector(GuestBytes{0, Guest::memory_size / 2});
  uint64_t written = 0;
  for (;;) {
    const auto size = fd_write(call_, file, half);
    if (!size) {
      EXPECT_ERRNO(size, nospc);
      break;
    }
    written += *size;
  }
  EXPECT_GT(written, 900'000u);
  EXPECT_LE(written, 1u << 20);
}

}  // namespace
}  // namespace waxwing::wasi

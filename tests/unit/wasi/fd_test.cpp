#include <sys/resource.h>
#include <sys/stat.h>

#include "guest.h"

namespace waxwing::wasi {
namespace {

class Fd : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  Guest guest_{directory_ / "."};
  Call& call_ = guest_.call();
};

TEST_F(Fd, what_is_written_is_read_back) {
  const uint32_t file = guest_.create("file").value();
  EXPECT_EQ(file, 4u);
  EXPECT_EQ(guest_.write(file, "hello").value(), 5u);
  EXPECT_EQ(fd_tell(call_, file).value(), 5u);
  EXPECT_EQ(fd_seek(call_, file, -4, 1).value(), 1u);
  EXPECT_EQ(guest_.read(file).value(), "ello");
  EXPECT_EQ(guest_.read(file).value(), "");
  EXPECT_EQ(fd_pwrite(call_, file, guest_.vector("J"), 0).value(), 1u);
  EXPECT_EQ(fd_pread(call_, file, guest_.vector(GuestBytes{Guest::room.address, 3}), 0).value(),
            3u);
  EXPECT_EQ(guest_.text({Guest::room.address, 3}), "Jel");
  EXPECT_EQ(fd_seek(call_, file, 0, 2).value(), 5u);
  EXPECT_ERRNO(fd_seek(call_, file, -6, 2), inval);
  EXPECT_ERRNO(fd_seek(call_, file, 0, 3), inval);
  EXPECT_EQ(fd_seek_0(call_, file, 2, 2).value(), 2u) << "wasi_unstable: 2 is the start";
  EXPECT_EQ(fd_seek_0(call_, file, -1, 1).value(), 4u) << "wasi_unstable: 1 is the end";
}

TEST_F(Fd, bytes_written_are_counted_against_the_quota) {
  ContextConfig config = Guest::config(directory_ / ".");
  config.quota.max_written_bytes = 10;
  Guest guest(std::move(config));
  Call& call = guest.call();
  const uint32_t file = guest.create("file").value();
  EXPECT_EQ(guest.write(file, "four").value(), 4u);
  EXPECT_EQ(fd_pwrite(call, file, guest.vector("four"), 0).value(), 4u) << "replaced or not";
  EXPECT_EQ(guest.write(1, "streams are not counted").value(), 23u);
  EXPECT_ERRNO(fd_allocate(call, file, 0, 3), dquot);
  EXPECT_ERRNO(fd_filestat_set_size(call, file, 7), dquot);
  EXPECT_SUCCESS(fd_filestat_set_size(call, file, 1));
  EXPECT_EQ(fd_filestat_get(call, file).value().size_bytes, 1u);
  EXPECT_SUCCESS(fd_seek(call, file, 0, 2));
  EXPECT_EQ(guest.write(file, "").value(), 0u);
  EXPECT_EQ(guest.write(file, "four").value(), 2u) << "as much as there is room for";
  EXPECT_ERRNO(guest.write(file, "x"), dquot);
  EXPECT_ERRNO(fd_pwrite(call, file, guest.vector("x"), 0), dquot);
  EXPECT_ERRNO(fd_allocate(call, file, 0, 1), dquot);
  EXPECT_SUCCESS(fd_filestat_set_size(call, file, 0));
  EXPECT_ERRNO(guest.write(guest.create("other").value(), "x"), dquot);
}

/// SIGXFSZ has its default here, which is the end of the process.
TEST_F(Fd, what_passes_the_hosts_limit_of_sizes_is_fbig) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit little{8, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  ContextConfig config = Guest::config(directory_ / ".");
  config.standard_output =
      platform::open_host_path(directory_ / "out", {.write = true, .create = true}).value();
  Guest guest(std::move(config));
  for (const uint32_t file : {guest.create("file").value(), 1u}) {
    EXPECT_EQ(guest.write(file, "0123456789").value(), 8u);
    EXPECT_ERRNO(guest.write(file, "x"), fbig);
    EXPECT_ERRNO(fd_pwrite(guest.call(), file, guest.vector("x"), 9), fbig);
    EXPECT_ERRNO(fd_filestat_set_size(guest.call(), file, 9), fbig);
    EXPECT_FALSE(fd_allocate(guest.call(), file, 0, 9));
    EXPECT_EQ(fd_filestat_get(guest.call(), file).value().size_bytes, 8u);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
}

TEST_F(Fd, vectors_are_one_transfer_and_checked_before_it) {
  const uint32_t file = guest_.create("file").value();
  const GuestBytes first = guest_.put("one "), second = guest_.put("two");
  const uint32_t table = guest_.put(std::string(24, '\0')).address;
  const auto set = [&](uint32_t i, uint32_t address, uint32_t size) {
    base::store_le(guest_.memory() + table + size_t{8} * i, address);
    base::store_le(guest_.memory() + table + size_t{8} * i + 4, size);
  };
  set(0, first.address, 4);
  set(1, 0xffffffff, 0);
  set(2, second.address, 3);
  EXPECT_ERRNO(fd_write(call_, file, {table, 3}), fault) << "even an empty part must be inside";
  set(1, Guest::memory_size, 0);
  EXPECT_EQ(fd_write(call_, file, {table, 3}).value(), 7u);
  set(2, Guest::memory_size - 2, 3);
  EXPECT_ERRNO(fd_write(call_, file, {table, 3}), fault);
  EXPECT_ERRNO(fd_write(call_, file, {table, 0x80000001}), fault);
  EXPECT_ERRNO(fd_write(call_, file, {Guest::memory_size - 4, 1}), fault);
  EXPECT_EQ(fd_tell(call_, file).value(), 7u);
  EXPECT_EQ(fd_write(call_, file, {table, 0}).value(), 0u);
  EXPECT_SUCCESS(fd_seek(call_, file, 0, 0));
  EXPECT_EQ(guest_.read(file).value(), "one two");
}

TEST_F(Fd, many_parts_give_a_short_transfer) {
  const uint32_t file = guest_.create("file").value();
  std::string table;
  const GuestBytes byte = guest_.put("x");
  for (int i = 0; i < 2000; ++i) {
    table.append(reinterpret_cast<const char*>(&byte.address), 4);
    table.append(reinterpret_cast<const char*>(&byte.size_bytes), 4);
  }
  const uint32_t written = fd_write(call_, file, {guest_.put(table).address, 2000}).value();
  EXPECT_GT(written, 0u);
  EXPECT_EQ(fd_filestat_get(call_, file).value().size_bytes, written);
}

TEST_F(Fd, rights_are_enforced_and_only_given_up) {
  directory_.write("file", "text");
  const uint32_t reader = guest_.open("file", rights::fd_read).value();
  EXPECT_EQ(fd_fdstat_get(call_, reader).value().rights_base, rights::fd_read);
  EXPECT_ERRNO(guest_.write(reader, "x"), badf);
  EXPECT_ERRNO(fd_filestat_set_size(call_, reader, 1), badf);
  EXPECT_ERRNO(fd_seek(call_, reader, 0, 0), notcapable);
  EXPECT_ERRNO(fd_tell(call_, reader), notcapable);
  EXPECT_ERRNO(fd_pread(call_, reader, guest_.vector("x"), 0), notcapable);
  EXPECT_ERRNO(fd_filestat_get(call_, reader), notcapable);
  EXPECT_ERRNO(fd_fdstat_set_rights(call_, reader, {rights::fd_read | rights::fd_write, 0}),
               notcapable);
  EXPECT_SUCCESS(fd_fdstat_set_rights(call_, reader, {0, 0}));
  EXPECT_ERRNO(guest_.read(reader), badf);

  EXPECT_SUCCESS(fd_fdstat_set_rights(call_, 3, {rights::path_open, rights::fd_read}));
  EXPECT_ERRNO(guest_.open("file", rights::fd_write), notcapable);
  EXPECT_ERRNO(guest_.open("file", rights::fd_read, open_flags::trunc), notcapable);
  EXPECT_ERRNO(guest_.open("new", rights::fd_read, open_flags::creat), notcapable);
  EXPECT_ERRNO(path_unlink_file(call_, 3, guest_.put("file")), notcapable);
  const uint32_t inherited = guest_.open("file", rights::fd_read | rights::fd_seek).value();
  EXPECT_EQ(fd_fdstat_get(call_, inherited).value().rights_base, rights::fd_read);
}

TEST_F(Fd, directories_are_not_read_or_moved_in) {
  EXPECT_ERRNO(guest_.read(3), isdir);
  EXPECT_ERRNO(guest_.write(3, "x"), badf);
  EXPECT_ERRNO(fd_seek(call_, 3, 0, 0), badf);
  EXPECT_ERRNO(fd_tell(call_, 3), badf);
  EXPECT_ERRNO(fd_allocate(call_, 3, 0, 1), badf);
  EXPECT_ERRNO(fd_filestat_set_size(call_, 3, 0), badf);
  const FdStat stat = fd_fdstat_get(call_, 3).value();
  EXPECT_EQ(stat.type, FileType::directory);
  EXPECT_EQ(stat.rights_base & rights::fd_seek, 0u);
  EXPECT_EQ(stat.rights_inheriting, rights::all);
}

TEST_F(Fd, append_can_be_set_and_cleared) {
  directory_.write("file", "12345");
  const uint32_t file =
      path_open(call_, {3, 0, guest_.put("file")}, 0, {rights::of_file, 0}, fd_flags::append)
          .value();
  EXPECT_EQ(fd_fdstat_get(call_, file).value().flags, fd_flags::append);
  EXPECT_SUCCESS(guest_.write(file, "6"));
  EXPECT_SUCCESS(fd_fdstat_set_flags(call_, file, fd_flags::nonblock));
  EXPECT_EQ(fd_fdstat_get(call_, file).value().flags, fd_flags::nonblock);
  EXPECT_SUCCESS(fd_seek(call_, file, 0, 0));
  EXPECT_SUCCESS(guest_.write(file, "X"));
  EXPECT_SUCCESS(fd_seek(call_, file, 0, 0));
  EXPECT_EQ(guest_.read(file).value(), "X23456");
  EXPECT_ERRNO(fd_fdstat_set_flags(call_, file, fd_flags::sync), notsup);
  EXPECT_ERRNO(fd_fdstat_set_flags(call_, file, 32), inval);
}

TEST_F(Fd, sizes_and_times_are_set) {
  const uint32_t file = guest_.create("file").value();
  EXPECT_SUCCESS(fd_filestat_set_size(call_, file, 100));
  EXPECT_SUCCESS(
      fd_filestat_set_times(call_, file, {5'000'000'001, 7, time_flags::atim | time_flags::mtim}));
  const platform::FileStat stat = fd_filestat_get(call_, file).value();
  EXPECT_EQ(stat.size_bytes, 100u);
  EXPECT_EQ(stat.access_time_ns, 5'000'000'001u);
  EXPECT_EQ(stat.modify_time_ns, 7u);
  EXPECT_ERRNO(fd_filestat_set_times(call_, file, {0, 0, time_flags::atim | time_flags::atim_now}),
               inval);
  EXPECT_ERRNO(fd_filestat_set_times(call_, file, {0, 0, time_flags::mtim | time_flags::mtim_now}),
               inval);
  EXPECT_ERRNO(fd_filestat_set_times(call_, file, {0, 0, 16}), inval);
  EXPECT_ERRNO(fd_filestat_set_size(call_, file, UINT64_MAX), fbig);
  EXPECT_ERRNO(fd_allocate(call_, file, 0, 0), inval);
  EXPECT_ERRNO(fd_advise(call_, file, 0, 0, 6), inval);
  EXPECT_SUCCESS(fd_advise(call_, file, 0, 10, 2));
  EXPECT_SUCCESS(fd_sync(call_, file));
  EXPECT_SUCCESS(fd_datasync(call_, file));
}

TEST_F(Fd, numbers_are_the_lowest_free_and_can_be_moved) {
  const uint32_t first = guest_.create("1").value();
  const uint32_t second = guest_.create("2").value();
  EXPECT_EQ(second, first + 1);
  EXPECT_SUCCESS(guest_.write(second, "second"));
  EXPECT_SUCCESS(fd_renumber(call_, second, first));
  EXPECT_ERRNO(fd_close(call_, second), badf);
  EXPECT_EQ(fd_tell(call_, first).value(), 6u);
  EXPECT_ERRNO(fd_renumber(call_, first, second), badf);
  EXPECT_ERRNO(fd_renumber(call_, 1000, first), badf);
  EXPECT_SUCCESS(fd_renumber(call_, first, first));
  EXPECT_SUCCESS(fd_close(call_, 1));
  EXPECT_EQ(guest_.open("1").value(), 1u);
  EXPECT_EQ(guest_.open("1").value(), second);
}

TEST_F(Fd, the_number_of_descriptors_is_limited) {
  ContextConfig config = Guest::config(directory_ / ".");
  config.max_descriptors = 6;
  Guest guest(std::move(config));
  EXPECT_EQ(guest.open(".").value(), 4u);
  EXPECT_EQ(guest.open(".").value(), 5u);
  EXPECT_ERRNO(guest.open("."), mfile);
  EXPECT_SUCCESS(fd_close(guest.call(), 4));
  EXPECT_EQ(guest.open(".").value(), 4u);
}

TEST_F(Fd, preopens_are_told_by_name) {
  EXPECT_EQ(fd_prestat_get(call_, 3).value().name_length, 1u);
  EXPECT_SUCCESS(fd_prestat_dir_name(call_, 3, {100, 5}));
  EXPECT_EQ(guest_.text({100, 2}), std::string("/\0", 2));
  EXPECT_ERRNO(fd_prestat_dir_name(call_, 3, {100, 0}), nametoolong);
  EXPECT_ERRNO(fd_prestat_dir_name(call_, 3, {Guest::memory_size, 1}), fault);
  EXPECT_ERRNO(fd_prestat_get(call_, 4), badf);
  EXPECT_ERRNO(fd_prestat_get(call_, 1), badf);
  EXPECT_ERRNO(fd_prestat_get(call_, guest_.open(".").value()), badf);
  EXPECT_SUCCESS(fd_close(call_, 3));
  EXPECT_ERRNO(fd_prestat_get(call_, 3), badf);
}

TEST_F(Fd, streams_have_no_position) {
  platform::Pipe pipe = *platform::make_pipe();
  ContextConfig config;
  config.standard_output = std::move(pipe.write_end);
  Guest guest(std::move(config));
  EXPECT_EQ(guest.write(1, "through the pipe").value(), 16u);
  EXPECT_EQ(read_text(pipe.read_end), "through the pipe");
  EXPECT_ERRNO(fd_seek(guest.call(), 1, 0, 0), spipe);
  EXPECT_ERRNO(fd_tell(guest.call(), 1), spipe);
  EXPECT_ERRNO(fd_pwrite(guest.call(), 1, guest.vector("x"), 0), spipe);
  EXPECT_ERRNO(path_create_directory(guest.call(), 1, guest.put("x")), notdir);
  EXPECT_ERRNO(sock_shutdown(guest.call(), 1, 1), notsock);
  EXPECT_ERRNO(sock_shutdown(guest.call(), 9, 1), badf);
  EXPECT_ERRNO(sock_accept(guest.call(), 1, 0), notsock);
  EXPECT_ERRNO(sock_recv(guest.call(), 1, {0, 0}, 0), notsock);
  EXPECT_ERRNO(sock_send(guest.call(), 1, {0, 0}, 0), notsock);
  pipe.read_end = platform::File();
  EXPECT_ERRNO(guest.write(1, "to nobody"), pipe);
}

/// The names that fd_readdir gives from `cookie` on through a buffer of `size` bytes, as libc reads
/// them: an entry that is cut off is asked for again.
std::vector<std::string> list(Guest& guest, uint32_t directory, uint32_t size,
                              uint64_t cookie = 0) {
  std::vector<std::string> names;
  for (int calls = 0; calls < 1000; ++calls) {
    const uint32_t used =
        fd_readdir(guest.call(), directory, {Guest::room.address, size}, cookie).value();
    uint32_t at = 0;
    while (used - at >= layout::dirent::size) {
      const uint32_t entry = Guest::room.address + at;
      const uint32_t length = guest.load<uint32_t>(entry + layout::dirent::name_length);
      if (used - at - layout::dirent::size < length) break;
      names.push_back(guest.text({entry + layout::dirent::size, length}));
      cookie = guest.load<uint64_t>(entry + layout::dirent::next);
      at += layout::dirent::size + length;
    }
    if (used < size) break;
  }
  return names;
}

TEST_F(Fd, directories_are_listed_through_any_buffer) {
  for (int i = 0; i < 50; ++i) directory_.write("file" + std::to_string(i), "");
  directory_.make_directory("folder");
  directory_.link("link", "nowhere");
  const std::vector<std::string> all = list(guest_, 3, 30000);
  EXPECT_EQ(all.size(), 54u);
  for (const uint32_t size : {40u, 64u, 100u, 333u}) EXPECT_EQ(list(guest_, 3, size), all) << size;
  EXPECT_EQ(fd_readdir(call_, 3, {0, 0}, 0).value(), 0u);
  EXPECT_EQ(fd_readdir(call_, 3, {Guest::room.address, 10}, 0).value(), 10u) << "cut off";
  EXPECT_ERRNO(fd_readdir(call_, 3, {Guest::memory_size, 1}, 0), fault);
  EXPECT_ERRNO(fd_readdir(call_, guest_.open("file1").value(), Guest::room, 0), notdir);
  EXPECT_ERRNO(fd_readdir(call_, 1, Guest::room, 0), notdir);
}

TEST_F(Fd, cookies_lead_back_to_any_entry) {
  for (int i = 0; i < 20; ++i) directory_.write("file" + std::to_string(i), "");
  const std::vector<std::string> all = list(guest_, 3, 30000);
  uint32_t at = Guest::room.address;
  static_cast<void>(fd_readdir(call_, 3, Guest::room, 0).value());
  std::vector<uint64_t> cookies = {0};
  for (size_t i = 0; i < all.size(); ++i) {
    cookies.push_back(guest_.load<uint64_t>(at));
    at += layout::dirent::size + guest_.load<uint32_t>(at + layout::dirent::name_length);
  }
  for (size_t i = all.size() + 1; i-- > 0;) {
    const std::vector<std::string> rest(all.begin() + static_cast<ptrdiff_t>(i), all.end());
    EXPECT_EQ(list(guest_, 3, 30000, cookies[i]), rest) << i;
  }
  directory_.write("new", "");
  EXPECT_EQ(list(guest_, 3, 30000).size(), all.size() + 1) << "cookie 0 reads anew";
}

TEST_F(Fd, entries_tell_inodes_and_types) {
  directory_.make_directory("folder");
  directory_.link("link", "nowhere");
  static_cast<void>(fd_readdir(call_, 3, Guest::room, 0).value());
  uint32_t at = Guest::room.address;
  for (int i = 0; i < 4; ++i) {
    const uint32_t length = guest_.load<uint32_t>(at + layout::dirent::name_length);
    const std::string name = guest_.text({at + layout::dirent::size, length});
    const FileType expected = name == "link" ? FileType::symbolic_link : FileType::directory;
    EXPECT_EQ(guest_.load<uint8_t>(at + layout::dirent::type), uint8_t(expected)) << name;
    if (name != "..") {
      EXPECT_EQ(guest_.load<uint64_t>(at + layout::dirent::inode),
                path_filestat_get(call_, {3, 0, guest_.put(name)}).value().inode);
    }
    at += layout::dirent::size + length;
  }
}

}  // namespace
}  // namespace waxwing::wasi

#include <sys/stat.h>

#include "guest.h"

namespace waxwing::wasi {
namespace {

/// outside/secret, and outside/root/, the guest's "/", with links that lead out of it.
class Tree : public testing::Test {
 protected:
  Tree() {
    outside_.make_directory("root/dir");
    outside_.make_directory("folder");
    outside_.write("secret", "secret");
    outside_.write("root/file", "file");
    outside_.link("root/to_file", "file");
    outside_.link("root/up", "..");
    outside_.link("root/to_secret", "../secret");
    outside_.link("root/to_new", "../new");
    outside_.link("root/absolute", (outside_ / "secret"));
    outside_.link("root/loop", "loop");
  }

  TemporaryDirectory outside_;
};

class Path : public Tree {
 protected:
  bool exists(std::string_view name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(outside_ / name));
  }
  GuestBytes at(std::string_view text) { return guest_.put(text); }

  Guest guest_{outside_ / "root"};
  Call& call_ = guest_.call();
};

TEST_F(Path, nothing_outside_can_be_opened) {
  for (const char* name :
       {"../secret", "/etc/passwd", "/", "..", "dir/../../secret", "up/secret", "up", "to_secret",
        "absolute", "dir/../../root/file", "./../root/file", "up/root/file"}) {
    EXPECT_ERRNO(guest_.open(name), perm) << name;
    EXPECT_ERRNO(guest_.open(name, rights::of_file, open_flags::creat), perm) << name;
    EXPECT_ERRNO(path_filestat_get(call_, {3, lookup_symlink_follow, at(name)}), perm) << name;
  }
  EXPECT_EQ(guest_.read(guest_.open("dir/../file").value()).value(), "file");
  EXPECT_EQ(guest_.read(guest_.open("to_file").value()).value(), "file");
}

TEST_F(Path, nothing_outside_can_be_made_or_changed) {
  EXPECT_ERRNO(guest_.open("to_new", rights::of_file, open_flags::creat), perm);
  EXPECT_ERRNO(guest_.open("../new", rights::of_file, open_flags::creat), perm);
  EXPECT_ERRNO(guest_.open("to_secret", rights::of_file, open_flags::trunc), perm);
  EXPECT_ERRNO(path_create_directory(call_, 3, at("../new")), perm);
  EXPECT_ERRNO(path_create_directory(call_, 3, at("up/new")), perm);
  EXPECT_ERRNO(path_rename(call_, 3, at("file"), 3, at("../new")), perm);
  EXPECT_ERRNO(path_rename(call_, 3, at("file"), 3, at("up/new")), perm);
  EXPECT_ERRNO(path_rename(call_, 3, at("up/secret"), 3, at("stolen")), perm);
  EXPECT_ERRNO(path_rename(call_, 3, at("../secret"), 3, at("stolen")), perm);
  EXPECT_ERRNO(path_link(call_, {3, 0, at("up/secret")}, 3, at("stolen")), perm);
  EXPECT_ERRNO(path_link(call_, {3, 0, at("file")}, 3, at("../new")), perm);
  EXPECT_ERRNO(path_symlink(call_, at("x"), 3, at("../new")), perm);
  EXPECT_ERRNO(path_symlink(call_, at("/etc/passwd"), 3, at("passwd")), perm);
  EXPECT_ERRNO(path_unlink_file(call_, 3, at("../secret")), perm);
  EXPECT_ERRNO(path_unlink_file(call_, 3, at("up/secret")), perm);
  EXPECT_ERRNO(path_remove_directory(call_, 3, at("up/folder")), perm);
  EXPECT_ERRNO(path_readlink(call_, 3, at("up/root/up"), Guest::room), perm);
  EXPECT_ERRNO(path_filestat_set_times(call_, {3, lookup_symlink_follow, at("to_secret")},
                                       {1, 1, time_flags::mtim}),
               perm);
  EXPECT_FALSE(exists("new"));
  EXPECT_TRUE(exists("secret"));
  EXPECT_TRUE(exists("folder"));
  EXPECT_FALSE(exists("root/stolen"));
  EXPECT_EQ(std::filesystem::file_size(outside_ / "secret"), 6u);
}

TEST_F(Path, a_link_of_a_link_that_leads_out_leads_nowhere) {
  EXPECT_SUCCESS(path_link(call_, {3, 0, at("to_secret")}, 3, at("dir/copy")));
  EXPECT_ERRNO(guest_.open("dir/copy"), noent) << "it reads ../secret, beneath root now";
  EXPECT_SUCCESS(path_symlink(call_, at("../../secret"), 3, at("dir/out")));
  EXPECT_ERRNO(guest_.open("dir/out"), perm);
  EXPECT_EQ(path_readlink(call_, 3, at("dir/out"), Guest::room).value(), 12u);
}

TEST_F(Path, a_directory_below_is_no_way_out) {
  const uint32_t dir = guest_.open("dir").value();
  EXPECT_ERRNO(guest_.open("..", rights::all, 0, dir), perm);
  EXPECT_ERRNO(guest_.open("../file", rights::all, 0, dir), perm);
  EXPECT_ERRNO(guest_.open("..", rights::all, 0, guest_.open(".").value()), perm);
}

TEST_F(Path, links_are_followed_only_where_asked) {
  const auto open_link = [&](const char* name, uint32_t lookup) {
    return path_open(call_, {3, lookup, at(name)}, 0, {rights::fd_read, 0}, 0);
  };
  EXPECT_ERRNO(open_link("to_file", 0), loop);
  EXPECT_ERRNO(open_link("loop", lookup_symlink_follow), loop);
  EXPECT_ERRNO(open_link("to_file", 2), inval);
  EXPECT_EQ(path_filestat_get(call_, {3, 0, at("to_file")}).value().kind,
            platform::FileKind::symbolic_link);
  EXPECT_EQ(path_filestat_get(call_, {3, 1, at("to_file")}).value().size_bytes, 4u);
  EXPECT_ERRNO(path_link(call_, {3, lookup_symlink_follow, at("to_file")}, 3, at("new")), inval);
  EXPECT_EQ(path_readlink(call_, 3, at("to_file"), {Guest::room.address, 2}).value(), 2u);
  EXPECT_EQ(guest_.text({Guest::room.address, 2}), "fi") << "cut off";
  EXPECT_ERRNO(path_readlink(call_, 3, at("file"), Guest::room), inval);
}

TEST_F(Path, paths_are_hostile) {
  EXPECT_ERRNO(guest_.open(""), noent);
  EXPECT_ERRNO(guest_.open(std::string_view("file\0", 5)), inval);
  EXPECT_ERRNO(guest_.open("file/"), notdir);
  EXPECT_ERRNO(guest_.open("file/x"), notdir);
  EXPECT_ERRNO(guest_.open(std::string(300, 'x')), nametoolong);
  EXPECT_ERRNO(guest_.open(std::string(20000, 'x')), nametoolong);
  EXPECT_ERRNO(path_unlink_file(call_, 3, {Guest::memory_size - 1, 2}), fault);
  EXPECT_ERRNO(path_unlink_file(call_, 3, {0xffffffff, 0xffffffff}), fault);
  EXPECT_ERRNO(path_unlink_file(call_, 99, at("file")), badf);
  EXPECT_ERRNO(path_unlink_file(call_, guest_.open("file").value(), at("x")), notdir);
  EXPECT_ERRNO(path_open(call_, {3, 0, at("file")}, 16, {0, 0}, 0), inval);
  EXPECT_ERRNO(path_open(call_, {3, 0, at("file")}, 0, {0, 0}, 32), inval);
}

TEST_F(Path, files_are_created_truncated_and_exclusive) {
  EXPECT_ERRNO(guest_.open("new", rights::of_file), noent);
  EXPECT_SUCCESS(guest_.create("new"));
  EXPECT_TRUE(exists("root/new"));
  EXPECT_ERRNO(guest_.open("new", rights::of_file, open_flags::creat | open_flags::excl), exist);
  EXPECT_ERRNO(guest_.open("to_new", rights::of_file, open_flags::creat | open_flags::excl), exist);
  const uint32_t fd = guest_.open("file", 0, open_flags::trunc).value();
  EXPECT_EQ(std::filesystem::file_size(outside_ / "root/file"), 0u);
  EXPECT_ERRNO(guest_.write(fd, "x"), badf) << "truncating gives no right to write";
  EXPECT_ERRNO(guest_.open("file", 0, open_flags::directory), notdir);
  EXPECT_SUCCESS(guest_.open("dir", 0, open_flags::directory));
  EXPECT_ERRNO(guest_.open("dir", rights::fd_read | rights::fd_write, open_flags::directory),
               isdir);
}

TEST_F(Path, names_are_made_moved_and_removed) {
  EXPECT_SUCCESS(path_create_directory(call_, 3, at("dir/sub")));
  EXPECT_ERRNO(path_create_directory(call_, 3, at("dir/sub")), exist);
  EXPECT_SUCCESS(path_rename(call_, 3, at("file"), 3, at("dir/sub/file")));
  EXPECT_ERRNO(path_remove_directory(call_, 3, at("dir/sub")), notempty);
  EXPECT_ERRNO(path_unlink_file(call_, 3, at("dir/sub")), isdir);
  EXPECT_SUCCESS(path_link(call_, {3, 0, at("dir/sub/file")}, 3, at("file")));
  EXPECT_EQ(path_filestat_get(call_, {3, 0, at("file")}).value().link_count, 2u);
  EXPECT_SUCCESS(path_unlink_file(call_, 3, at("dir/sub/file")));
  EXPECT_SUCCESS(path_remove_directory(call_, 3, at("dir/sub")));
  EXPECT_SUCCESS(path_filestat_set_times(call_, {3, 0, at("file")}, {1, 2, time_flags::mtim}));
  EXPECT_EQ(path_filestat_get(call_, {3, 0, at("file")}).value().modify_time_ns, 2u);
}

TEST_F(Path, fifos_do_not_hold_the_host) {
  ASSERT_EQ(::mkfifo((outside_ / "root/fifo").c_str(), 0600), 0);
  EXPECT_ERRNO(guest_.open("fifo", rights::fd_write), acces);
  ContextConfig config = Guest::config(outside_ / "root");
  config.preopens[0].special_files = true;
  Guest guest(std::move(config));
  EXPECT_ERRNO(guest.open("fifo", rights::fd_write), nxio);
  const uint32_t fd = guest.open("fifo", rights::fd_read).value();
  EXPECT_EQ(fd_fdstat_get(guest.call(), fd).value().type, FileType::unknown);
  EXPECT_EQ(guest.read(fd).value(), "") << "nobody writes";
}

TEST_F(Path, read_only_mounts_refuse_every_change) {
  Guest guest(outside_ / "root", true);
  Call& call = guest.call();
  const auto name = [&](std::string_view text) { return guest.put(text); };
  EXPECT_ERRNO(guest.open("file", rights::fd_write), rofs);
  EXPECT_ERRNO(guest.open("file", rights::fd_read, open_flags::trunc), rofs);
  EXPECT_ERRNO(guest.open("new", rights::fd_read, open_flags::creat), rofs);
  EXPECT_SUCCESS(guest.open("file", rights::fd_read, open_flags::creat));
  EXPECT_ERRNO(guest.open("file", rights::fd_read, open_flags::creat | open_flags::excl), exist);
  EXPECT_ERRNO(path_create_directory(call, 3, name("new")), rofs);
  EXPECT_ERRNO(path_remove_directory(call, 3, name("dir")), rofs);
  EXPECT_ERRNO(path_unlink_file(call, 3, name("file")), rofs);
  EXPECT_ERRNO(path_symlink(call, name("x"), 3, name("new")), rofs);
  EXPECT_ERRNO(path_link(call, {3, 0, name("file")}, 3, name("new")), rofs);
  EXPECT_ERRNO(path_rename(call, 3, name("file"), 3, name("new")), rofs);
  EXPECT_ERRNO(path_filestat_set_times(call, {3, 0, name("file")}, {1, 1, time_flags::mtim}), rofs);

  const uint32_t dir = guest.open("dir").value();
  EXPECT_ERRNO(guest.open("new", rights::of_file, open_flags::creat, dir), rofs);
  const uint32_t file = guest.open("file").value();
  EXPECT_EQ(guest.read(file).value(), "file");
  EXPECT_ERRNO(guest.write(file, "x"), badf);
  EXPECT_ERRNO(fd_filestat_set_times(call, file, {1, 1, time_flags::mtim}), rofs);
  EXPECT_FALSE(fd_filestat_set_size(call, file, 0));
  EXPECT_FALSE(fd_allocate(call, file, 0, 100));
  EXPECT_EQ(std::filesystem::file_size(outside_ / "root/file"), 4u);
}

TEST_F(Path, names_made_are_counted_against_the_quota) {
  ContextConfig config = Guest::config(outside_ / "root");
  config.quota.max_entries = 4;
  Guest guest(std::move(config));
  Call& call = guest.call();
  const auto name = [&](std::string_view text) { return guest.put(text); };
  EXPECT_SUCCESS(guest.create("file")) << "it is there already";
  EXPECT_SUCCESS(guest.create("a"));
  EXPECT_ERRNO(guest.open("a", rights::of_file, open_flags::creat | open_flags::excl), exist);
  EXPECT_SUCCESS(path_create_directory(call, 3, name("b")));
  EXPECT_SUCCESS(path_symlink(call, name("a"), 3, name("c")));
  EXPECT_SUCCESS(path_link(call, {3, 0, name("a")}, 3, name("d")));
  EXPECT_ERRNO(guest.create("e"), dquot);
  EXPECT_ERRNO(guest.open("e", rights::of_file, open_flags::creat | open_flags::excl), dquot);
  EXPECT_ERRNO(path_create_directory(call, 3, name("e")), dquot);
  EXPECT_ERRNO(path_symlink(call, name("a"), 3, name("e")), dquot);
  EXPECT_ERRNO(path_link(call, {3, 0, name("a")}, 3, name("e")), dquot);
  EXPECT_FALSE(exists("root/e"));
  EXPECT_SUCCESS(guest.create("a"));
  EXPECT_SUCCESS(path_rename(call, 3, name("a"), 3, name("e")));
  EXPECT_SUCCESS(path_unlink_file(call, 3, name("d")));
  EXPECT_SUCCESS(path_remove_directory(call, 3, name("b")));
  EXPECT_SUCCESS(path_unlink_file(call, 3, name("c")));
  EXPECT_SUCCESS(path_unlink_file(call, 3, name("e")));
  EXPECT_SUCCESS(path_unlink_file(call, 3, name("to_file"))) << "which gives no fifth name";
  for (const char* made : {"f", "g", "h", "i"}) EXPECT_SUCCESS(guest.create(made));
  EXPECT_ERRNO(guest.create("j"), dquot);
}

TEST_F(Path, nothing_crosses_from_mount_to_mount) {
  ContextConfig config = Guest::config(outside_ / "root", true);
  config.preopens.push_back({.host_path = outside_ / "folder", .guest_path = "/folder"});
  config.preopens.push_back({.host_path = outside_ / "root/dir", .guest_path = "/dir"});
  Guest guest(std::move(config));
  Call& call = guest.call();
  EXPECT_ERRNO(path_link(call, {3, 0, guest.put("file")}, 4, guest.put("file")), rofs)
      << "or it could be written through the other mount";
  EXPECT_SUCCESS(guest.open("new", rights::of_file, open_flags::creat, 4));
  EXPECT_ERRNO(path_rename(call, 4, guest.put("new"), 5, guest.put("new")), xdev);
  EXPECT_ERRNO(path_link(call, {4, 0, guest.put("new")}, 5, guest.put("new")), xdev);
}

}  // namespace
}  // namespace waxwing::wasi

// A guest that wants out: whatever it calls, nothing outside of its directories is read, changed or
// even told of, and nothing holds the host. Each attempt is made twice, with the kernel's confined
// lookups and with our walk. Published escapes of others are named where they are tried.
#include <atomic>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest.h"
#include "platform/clock.h"
#include "platform/thread.h"

namespace waxwing::wasi {
namespace {

constexpr Rights read_write = rights::fd_read | rights::fd_write;
constexpr uint32_t follow = lookup_symlink_follow;

/// outside/root/ is the guest's "/"; all else in outside/ is what it wants.
class Escape : public testing::TestWithParam<platform::Resolver> {
 protected:
  Escape() {
    for (const char* name : {"root/dir/sub", "folder", "root_beside"}) {
      outside_.make_directory(name);
    }
    for (const char* name :
         {"secret", "folder/secret", "root_beside/secret", "root/file", "root/dir/file"}) {
      outside_.write(name, name);
    }
    const std::pair<const char*, std::string> links[] = {
        {"to_file", "file"},
        {"to_dir", "dir"},
        {"here", "."},
        {"dir/here", "."},
        {"up", ".."},
        {"up_by_dir", "dir/../.."},
        {"up_by_here", "here/.."},
        {"up_slash", "../"},
        {"dir/sub/out", "../../.."},
        {"in_and_out", "../root"},
        {"to_secret", "../secret"},
        {"to_new", "../new"},
        {"to_folder", "../folder"},
        {"to_folder_slash", "../folder/"},
        {"to_folder_slashes", "dir/../../folder//"},
        {"to_link_slash", "to_folder/"},
        {"to_dot", "to_folder/."},
        {"to_beside", "../root_beside"},
        {"absolute", outside_ / "secret"},
        {"absolute_root", outside_ / "root"},
        {"slash", "/"},
        {"slashes", "//"},
        {"chain_1", "up"},
        {"chain_2", "dir/../chain_1"},
        {"chain_3", "./chain_2/."},
        {"loop_a", "loop_b"},
        {"loop_b", "loop_a"},
        {"loop_deep", "loop_deep/x"},
        {"dangling", "missing"},
        {"proc_root", "/proc/self/root"},
        {"proc_cwd", "/proc/self/cwd"},
        {"proc_fd", "/proc/self/fd/0"},
        {"device", "/dev/zero"},
    };
    for (const auto& [name, target] : links) outside_.link("root/" + std::string(name), target);
    guest_.emplace(config(outside_ / "root"));
    before_ = contents();
  }
  ~Escape() override { EXPECT_EQ(contents(), before_) << "something outside changed"; }

  ContextConfig config(const std::string& root, bool read_only = false) const {
    ContextConfig result = Guest::config(root, read_only);
    result.resolver = GetParam();
    return result;
  }

  /// Names, sizes and times of all that is not the guest's.
  std::string contents() const {
    std::string text;
    const auto add = [&](const std::string& name) {
      struct stat status = {};
      ::lstat((outside_ / name).c_str(), &status);
      text += name + " " + std::to_string(status.st_size) + " " +
              std::to_string(status.st_mtim.tv_sec) + "\n";
    };
    for (const char* name :
         {"secret", "new", "folder/secret", "folder/new", "root_beside/secret"}) {
      add(name);
    }
    for (const char* folder : {".", "folder", "root_beside"}) {
      size_t count = 0;
      for ([[maybe_unused]] const auto& entry :
           std::filesystem::directory_iterator(outside_ / folder)) {
        ++count;
      }
      text += std::string(folder) + ": " + std::to_string(count) + "\n";
    }
    return text;
  }

  Guest& guest() { return *guest_; }
  Call& call() { return guest_->call(); }
  GuestBytes at(std::string_view path) { return guest_->put(path); }

  std::string open(std::string_view path, Rights base = rights::fd_read, uint32_t open_flags = 0,
                   uint32_t lookup = follow, uint32_t directory = 3) {
    const auto fd = path_open(call(), {directory, lookup, at(path)}, open_flags, {base, base}, 0);
    if (fd) {
      EXPECT_SUCCESS(fd_close(call(), *fd));
    }
    return error_of(fd);
  }
  std::string stat(std::string_view path, uint32_t lookup = follow) {
    return error_of(path_filestat_get(call(), {3, lookup, at(path)}));
  }
  std::string touch(std::string_view path, uint32_t lookup = follow) {
    return error_of(path_filestat_set_times(call(), {3, lookup, at(path)},
                                            {1, 1, time_flags::mtim | time_flags::atim}));
  }
  std::string symlink(std::string_view target, std::string_view path) {
    return error_of(path_symlink(call(), at(target), 3, at(path)));
  }
  std::string link(std::string_view from, std::string_view to) {
    return error_of(path_link(call(), {3, 0, at(from)}, 3, at(to)));
  }
  std::string rename(std::string_view from, std::string_view to) {
    return error_of(path_rename(call(), 3, at(from), 3, at(to)));
  }
  std::string make_directory(std::string_view path) {
    return error_of(path_create_directory(call(), 3, at(path)));
  }
  std::string remove_directory(std::string_view path) {
    return error_of(path_remove_directory(call(), 3, at(path)));
  }
  std::string unlink(std::string_view path) {
    return error_of(path_unlink_file(call(), 3, at(path)));
  }
  std::string read_link(std::string_view path) {
    return error_of(path_readlink(call(), 3, at(path), Guest::room));
  }

  /// Everything that can be done with a path, by name.
  std::vector<std::pair<const char*, std::string>> try_all(const std::string& path) {
    using namespace open_flags;
    return {{"open", open(path)},
            {"open to write", open(path, read_write)},
            {"open as itself", open(path, rights::fd_read, 0, 0)},
            {"open without rights", open(path, 0)},
            {"open a directory", open(path, rights::fd_readdir, open_flags::directory)},
            {"truncate", open(path, read_write, trunc)},
            {"create", open(path, read_write, creat)},
            {"create anew", open(path, read_write, creat | excl)},
            {"stat", stat(path)},
            {"stat itself", stat(path, 0)},
            {"touch", touch(path)},
            {"touch itself", touch(path, 0)},
            {"make a directory", make_directory(path)},
            {"remove a directory", remove_directory(path)},
            {"unlink", unlink(path)},
            {"rename from", rename(path, "stolen")},
            {"rename to", rename("file", path)},
            {"link from", link(path, "stolen")},
            {"link to", link("file", path)},
            {"symbolic link", symlink("file", path)},
            {"read link", read_link(path)}};
  }

  TemporaryDirectory outside_;
  std::optional<Guest> guest_;
  std::string before_;
};

INSTANTIATE_TEST_SUITE_P(resolvers, Escape,
                         testing::Values(platform::Resolver::best, platform::Resolver::walk),
                         [](const auto& instance) {
                           return instance.param == platform::Resolver::best ? "best" : "walk";
                         });

// 48 paths by 21 calls. Among them are wasmoon#294 and #334, walrus#458, bun#30304 and wasmer#462
// (no look at `..`), uvwasi#226 (absolute, and out and in again), WasmEdge#2500 (absolute),
// erlang_wasm#36 (`..` after a link to where it is), Truxify#7699 (names that begin as the root's).
TEST_P(Escape, no_call_takes_a_path_that_leads_out) {
  const std::string paths[] = {
      "..",
      "../secret",
      "../new",
      "../folder/secret",
      "../../../../../../../../etc/passwd",
      "../root/file",
      "./../secret",
      ".//..//secret",
      "dir/../../secret",
      "dir/../..",
      "dir/sub/../../../secret",
      "dir/./.././../secret",
      "to_dir/../../secret",
      "here/../secret",
      "dir/here/../../secret",
      "here/here/here/../secret",
      "/",
      "//",
      "/.",
      "/secret",
      "/etc/passwd",
      "//etc//passwd",
      "/proc/self/root",
      outside_ / "secret",
      outside_ / "root/file",
      "up/secret",
      "up/new",
      "up/root/file",
      "up_by_dir/secret",
      "up_by_here/secret",
      "up_slash/secret",
      "dir/sub/out/secret",
      "in_and_out/file",
      "to_folder/secret",
      "to_folder/new",
      "absolute_root/file",
      "slash/etc/passwd",
      "slashes/etc/passwd",
      "chain_3/secret",
      "proc_root/etc/passwd",
      "proc_cwd/secret",
      "../root_beside/secret",
      outside_ / "root_beside/secret",
      "to_beside/secret",
      "to_folder_slash/secret",
      "to_folder_slashes/secret",
      "to_link_slash/secret",
      "to_dot/secret",
  };
  for (const std::string& path : paths) {
    for (const auto& [what, error] : try_all(path)) {
      const bool is_slash = path.ends_with('/') && std::string_view(what).starts_with("create");
      EXPECT_EQ(error, is_slash && path.front() != '/' ? "isdir" : "perm") << what << " " << path;
    }
  }
}

// What ends in a link that leads out: followed, it is refused; the link itself is the guest's.
// [wasmer CVE-2024-38358, graal#13419: with `creat` and the right to write; erlang_wasm#36: stat
// and set_times; bun#31175]
TEST_P(Escape, no_call_follows_a_last_link_that_leads_out) {
  using namespace open_flags;
  for (const std::string path :
       {"to_secret", "to_new", "absolute", "slash", "up", "chain_3", "device", "proc_root",
        "proc_cwd", "proc_fd", "here/to_secret", "dir/../to_new", "in_and_out", "to_folder"}) {
    EXPECT_EQ(open(path), "perm") << path;
    EXPECT_EQ(open(path, read_write), "perm") << path;
    EXPECT_EQ(open(path, read_write, creat), "perm") << path;
    EXPECT_EQ(open(path, read_write, trunc), "perm") << path;
    EXPECT_EQ(open(path, read_write, creat | trunc), "perm") << path;
    EXPECT_EQ(open(path, rights::fd_readdir, open_flags::directory), "perm") << path;
    EXPECT_EQ(open(path, read_write, creat | excl), "exist") << path;
    EXPECT_EQ(open(path, rights::fd_read, 0, 0), "loop") << path;
    EXPECT_EQ(stat(path), "perm") << path;
    EXPECT_EQ(stat(path + "/"), "perm") << path;
    EXPECT_EQ(stat(path + "/", 0), "perm") << "a slash follows: " << path;
    EXPECT_EQ(touch(path), "perm") << path;
    EXPECT_EQ(make_directory(path), "exist") << path;
    EXPECT_EQ(remove_directory(path), "notdir") << path;
    EXPECT_EQ(symlink("file", path), "exist") << path;
    EXPECT_EQ(link("file", path), "exist") << path;
    EXPECT_EQ(stat(path, 0), "success") << path;
    EXPECT_EQ(touch(path, 0), "success") << path;
  }
}

// The kernel's O_NOFOLLOW does not count before a slash. [RUSTSEC-2026-0269 of wasmtime,
// GHSA-hp8f-xmx4-4qrg of cap-std, CVE-2026-39822 and CVE-2025-22873 of Go's os.Root]
TEST_P(Escape, no_slash_at_the_end_follows_a_link_out) {
  using namespace open_flags;
  for (const std::string path : {"to_folder/",
                                 "to_folder//",
                                 "to_folder/.",
                                 "to_folder/./",
                                 "to_folder_slash",
                                 "to_folder_slash/",
                                 "to_folder_slashes",
                                 "to_folder_slashes/",
                                 "to_link_slash",
                                 "to_link_slash/",
                                 "to_dot",
                                 "to_dot/",
                                 "up/",
                                 "up_slash/",
                                 "chain_3/",
                                 "in_and_out/",
                                 "slash/",
                                 "absolute_root/",
                                 "to_secret/",
                                 "to_new/",
                                 "../",
                                 "dir/../../",
                                 "./../"}) {
    const bool is_link = path.back() != '/' && path.back() != '.';
    EXPECT_EQ(open(path), "perm") << path;
    EXPECT_EQ(open(path, rights::fd_readdir, directory), "perm") << path;
    EXPECT_EQ(open(path, read_write), "perm") << path;
    EXPECT_EQ(stat(path), "perm") << path;
    EXPECT_EQ(touch(path), "perm") << path;
    EXPECT_EQ(stat(path, 0), is_link ? "success" : "perm") << path;
    EXPECT_EQ(touch(path, 0), is_link ? "success" : "perm") << path;
    EXPECT_EQ(open(path, rights::fd_readdir, directory, 0), is_link ? "notdir" : "perm") << path;
    if (is_link) continue;  // which the guest may change
    for (const auto& [what, error] : try_all(path)) {
      EXPECT_NE(error, "success") << what << " " << path;
    }
  }
}

// [wazero#2321, navidrome#5881, deno#12152, uvwasi#299: a guest makes its way out itself]
TEST_P(Escape, links_that_the_guest_makes_lead_nowhere) {
  EXPECT_EQ(symlink("../../../../../../etc/passwd", "a"), "success") << "it is but a text";
  EXPECT_EQ(open("a"), "perm");
  EXPECT_EQ(open("a", read_write, open_flags::creat), "perm");
  EXPECT_EQ(symlink("../secret", "b"), "success");
  EXPECT_EQ(open("b", read_write, open_flags::trunc), "perm");
  EXPECT_EQ(touch("b"), "perm");
  EXPECT_EQ(symlink("..", "c"), "success");
  EXPECT_EQ(unlink("c/secret"), "perm");
  EXPECT_EQ(rename("file", "c/new"), "perm");
  EXPECT_EQ(symlink("c", "d"), "success");
  EXPECT_EQ(open("d/secret"), "perm");
  EXPECT_EQ(symlink("dir/..", "e"), "success");
  EXPECT_EQ(open("e/../secret"), "perm");
  EXPECT_EQ(open("e/file"), "success");
  for (const char* target : {"/", "/etc/passwd", "//etc/passwd", "/proc/self/root"}) {
    EXPECT_EQ(symlink(target, "absolute_new"), "perm") << target << " [wasmtime#6166]";
  }
  EXPECT_EQ(symlink("", "empty"), "noent");
  EXPECT_EQ(symlink(std::string_view("a\0b", 3), "nul"), "inval");
  EXPECT_EQ(rename("c", "dir/c"), "success") << "what led out of root leads to root now";
  EXPECT_EQ(open("dir/c/file"), "success");
  EXPECT_EQ(rename("dir/c", "c"), "success");
  EXPECT_EQ(open("c/secret"), "perm");
  EXPECT_EQ(link("to_secret", "hard"), "success") << "a second name of the link, not of its target";
  EXPECT_EQ(open("hard"), "perm");
  EXPECT_ERRNO(path_link(call(), {3, follow, at("to_secret")}, 3, at("hard_2")), inval);
}

TEST_P(Escape, loops_and_long_ways_end) {
  for (const char* path : {"loop_a", "loop_a/x", "loop_deep", "loop_deep/.."}) {
    EXPECT_EQ(open(path), "loop") << path;
    EXPECT_EQ(stat(path), "loop") << path;
  }
  EXPECT_EQ(open("loop_a", read_write, open_flags::creat), "loop");
  const auto many = [](std::string_view part, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  EXPECT_EQ(open(many("../", 1000) + "secret"), "perm");
  EXPECT_EQ(open(many("./", 2000) + "../secret"), "perm");
  EXPECT_EQ(open(many("dir/../", 500) + "../secret"), "perm");
  EXPECT_EQ(open(many("dir/../", 500) + "file"), "success");
  EXPECT_EQ(open(many("here/", 39) + "file"), "success");
  EXPECT_EQ(open(many("here/", 41) + "file"), "loop");
  EXPECT_EQ(open(std::string(255, 'x')), "noent");
  EXPECT_EQ(open(std::string(256, 'x')), "nametoolong");
  EXPECT_EQ(make_directory(std::string(256, 'x')), "nametoolong");
  EXPECT_EQ(open(many("x/", 2048)), "nametoolong");
  EXPECT_EQ(open(many("x/", 4000)), "nametoolong");
  EXPECT_ERRNO(path_filestat_get(call(), {3, 0, {1024, 60000}}), nametoolong);
}

TEST_P(Escape, what_is_no_path_is_refused_everywhere) {
  const std::pair<std::string, const char*> paths[] = {
      {"", "noent"},
      {std::string("\0", 1), "inval"},
      {std::string("file\0", 5), "inval"},
      {std::string("file\0/../../secret", 18), "inval"},
      {std::string("../secret\0", 10), "inval"},
      {"\xff", "ilseq"},
      {"dir/\xc0\xae\xc0\xae/secret", "ilseq"},  // ".." in too many bytes
      {"\xed\xa0\x80", "ilseq"},
  };
  for (const auto& [path, expected] : paths) {
    for (const auto& [what, error] : try_all(path)) EXPECT_EQ(error, expected) << what;
  }
  EXPECT_EQ(symlink("\xc0\xaf", "x"), "ilseq");
  // [wasmtime CVE-2024-51745: names that are devices elsewhere are names here]
  for (const char* name :
       {"CON", "COM\xc2\xb9", "LPT0", "file:stream", "..\\secret", "C:\\", "~"}) {
    EXPECT_EQ(open(name), "noent") << name;
  }
}

TEST_P(Escape, dots_and_slashes_name_no_entry) {
  EXPECT_EQ(unlink("."), "isdir");
  EXPECT_EQ(unlink("dir/.."), "isdir");
  EXPECT_EQ(remove_directory("."), "inval");
  EXPECT_EQ(remove_directory("dir/.."), "notempty");
  EXPECT_EQ(rename(".", "new"), "busy");
  EXPECT_EQ(rename("dir/..", "new"), "busy");
  EXPECT_EQ(rename("file", "."), "busy");
  EXPECT_EQ(rename("dir", "dir/sub/new"), "inval");
  EXPECT_EQ(make_directory("."), "exist");
  EXPECT_EQ(make_directory("dir/.."), "exist");
  EXPECT_EQ(link(".", "new"), "perm");
  EXPECT_EQ(link("dir", "new"), "perm");
  EXPECT_EQ(open("file/"), "notdir");
  EXPECT_EQ(open("file/."), "notdir");
  EXPECT_EQ(open("file/.."), "notdir");
  EXPECT_EQ(open("to_file/"), "notdir");
  EXPECT_EQ(unlink("file/"), "notdir");
  EXPECT_EQ(rename("file/", "new"), "notdir");
  EXPECT_EQ(rename("file", "new/"), "notdir");
  EXPECT_EQ(symlink("file", "new/"), "noent");
  EXPECT_EQ(open("new/", read_write, open_flags::creat), "isdir");
}

TEST_P(Escape, nothing_is_created_through_a_dangling_link_exclusively) {
  constexpr uint32_t anew = open_flags::creat | open_flags::excl;
  EXPECT_EQ(open("dangling", read_write, anew), "exist");
  EXPECT_EQ(open("to_new", read_write, anew), "exist");
  EXPECT_EQ(stat("missing"), "noent");
  EXPECT_EQ(open("dangling", read_write, open_flags::creat), "success");
  EXPECT_EQ(stat("missing"), "success");
}

TEST_P(Escape, a_link_told_is_never_more_than_the_buffer) {
  EXPECT_EQ(path_readlink(call(), 3, at("to_secret"), {Guest::room.address, 0}).value(), 0u);
  EXPECT_EQ(path_readlink(call(), 3, at("to_secret"), {Guest::memory_size - 4, 4}).value(), 4u);
  EXPECT_EQ(guest().text({Guest::memory_size - 4, 4}), "../s");
  EXPECT_ERRNO(path_readlink(call(), 3, at("to_secret"), {Guest::memory_size - 4, 5}), fault);
  EXPECT_ERRNO(path_readlink(call(), 3, at("to_secret"), {0xffffffff, 0xffffffff}), fault);
  EXPECT_EQ(read_link("file"), "inval");
  EXPECT_EQ(read_link("up/root/up"), "perm");
}

TEST_P(Escape, a_directory_below_is_a_root_of_its_own) {
  const uint32_t dir = path_open(call(), {3, follow, at("dir")}, open_flags::directory,
                                 {rights::of_directory, rights::all}, 0)
                           .value();
  for (const char* path : {"..", "../file", "sub/../../file", "here/../file", "/file"}) {
    EXPECT_EQ(open(path, rights::fd_read, 0, follow, dir), "perm") << path;
  }
  // Moved out while it is open, it is no way to what is around it.
  std::filesystem::rename(outside_ / "root/dir", outside_ / "folder/dir");
  EXPECT_EQ(open("../secret", rights::fd_read, 0, follow, dir), "perm");
  EXPECT_EQ(open("sub/../../secret", rights::fd_read, 0, follow, dir), "perm");
  EXPECT_EQ(open("file", rights::fd_read, 0, follow, dir), "success") << "it is still the guest's";
  std::filesystem::rename(outside_ / "folder/dir", outside_ / "root/dir");
}

// [wasmtime RUSTSEC-2026-0188: a file for reading is linked or moved to where it can be written]
TEST_P(Escape, nothing_goes_from_one_preopened_directory_to_another) {
  ContextConfig world = config(outside_ / "root", true);
  world.preopens.push_back({.host_path = outside_ / "root/dir", .guest_path = "/dir"});
  world.preopens.push_back({.host_path = outside_ / "root/dir/sub", .guest_path = "/sub"});
  Guest guest(std::move(world));
  Call& call = guest.call();
  EXPECT_ERRNO(path_link(call, {3, 0, guest.put("file")}, 4, guest.put("x")), rofs);
  EXPECT_ERRNO(path_rename(call, 3, guest.put("file"), 4, guest.put("x")), rofs);
  EXPECT_ERRNO(path_link(call, {4, 0, guest.put("file")}, 3, guest.put("x")), rofs);
  EXPECT_ERRNO(path_rename(call, 4, guest.put("file"), 3, guest.put("x")), rofs);
  EXPECT_ERRNO(path_link(call, {4, 0, guest.put("file")}, 5, guest.put("x")), xdev);
  EXPECT_ERRNO(path_rename(call, 4, guest.put("file"), 5, guest.put("x")), xdev);
  EXPECT_ERRNO(path_symlink(call, guest.put("../x"), 3, guest.put("x")), rofs);
  EXPECT_ERRNO(guest.open("file", rights::fd_write), rofs);
  EXPECT_ERRNO(guest.open("dir/file", rights::fd_write), rofs) << "it is what it is opened through";
  EXPECT_ERRNO(guest.open("../file", rights::fd_read, 0, 4), perm);
  EXPECT_ERRNO(guest.open("../file", rights::fd_read, 0, 5), perm);
}

// [wasmtime CVE-2025-53901: fd_renumber, then use, was a panic]
TEST_P(Escape, numbers_of_closed_descriptors_are_nobody) {
  ContextConfig world = config(outside_ / "root");
  world.preopens.push_back({.host_path = outside_ / "root/dir", .guest_path = "/dir"});
  Guest guest(std::move(world));
  Call& call = guest.call();
  EXPECT_ERRNO(fd_renumber(call, 3, 99), badf);
  EXPECT_ERRNO(fd_renumber(call, 99, 3), badf);
  EXPECT_ERRNO(fd_renumber(call, 0xffffffff, 3), badf);
  EXPECT_SUCCESS(fd_renumber(call, 3, 3));
  EXPECT_SUCCESS(fd_renumber(call, 4, 3));
  EXPECT_ERRNO(guest.open("file", rights::fd_read, 0, 4), badf);
  EXPECT_ERRNO(guest.open("../file"), perm) << "3 is /dir now";
  EXPECT_ERRNO(guest.open("dir"), noent);
  EXPECT_EQ(fd_prestat_get(call, 3).value().name_length, 4u);
  EXPECT_ERRNO(fd_prestat_get(call, 4), badf);
  const uint32_t file = guest.open("file").value();
  EXPECT_EQ(file, 4u);
  EXPECT_ERRNO(fd_prestat_get(call, file), badf) << "a number used again is no preopen";
  EXPECT_ERRNO(guest.open("x", rights::fd_read, 0, file), notdir);
  EXPECT_SUCCESS(fd_renumber(call, file, 3));
  EXPECT_ERRNO(guest.open("file"), notdir);
  EXPECT_SUCCESS(fd_close(call, 3));
  EXPECT_ERRNO(fd_close(call, 3), badf);
  EXPECT_ERRNO(guest.open("file"), badf);
  EXPECT_ERRNO(fd_renumber(call, 3, 3), badf);
}

TEST_P(Escape, rights_given_up_are_gone) {
  const uint32_t dir =
      path_open(call(), {3, 0, at("dir")}, 0, {rights::path_open, rights::fd_read}, 0).value();
  EXPECT_EQ(open("file", rights::fd_read, 0, 0, dir), "success");
  EXPECT_EQ(open("file", rights::fd_write, 0, 0, dir), "notcapable");
  EXPECT_EQ(open("new", rights::fd_read, open_flags::creat, 0, dir), "notcapable");
  EXPECT_EQ(open("file", rights::fd_read, open_flags::trunc, 0, dir), "notcapable");
  EXPECT_ERRNO(path_create_directory(call(), dir, at("new")), notcapable);
  EXPECT_ERRNO(path_unlink_file(call(), dir, at("file")), notcapable);
  EXPECT_ERRNO(path_rename(call(), dir, at("file"), 3, at("stolen")), notcapable);
  EXPECT_ERRNO(path_link(call(), {dir, 0, at("file")}, 3, at("stolen")), notcapable);
  EXPECT_ERRNO(path_symlink(call(), at("file"), dir, at("new")), notcapable);
  EXPECT_ERRNO(path_filestat_get(call(), {dir, 0, at("file")}), notcapable);
  EXPECT_ERRNO(fd_readdir(call(), dir, Guest::room, 0), notcapable);
  EXPECT_ERRNO(fd_fdstat_set_rights(call(), dir, {rights::all, 0}), notcapable);
  EXPECT_ERRNO(fd_fdstat_set_rights(call(), dir, {0, rights::all}), notcapable);
  const uint32_t sub =
      path_open(call(), {dir, 0, at("sub")}, 0, {rights::all & ~rights::fd_write, rights::all}, 0)
          .value();
  EXPECT_EQ(open("../file", rights::fd_read, 0, 0, sub), "notcapable") << "it was not passed on";
}

// A directory opened for reading has no right to truncate by path: Go's os.Root creates files in
// one.
TEST_P(Escape, truncating_takes_what_truncating_afterwards_would) {
  const auto dir_with = [&](Rights inheriting) {
    return path_open(call(), {3, 0, at("dir")}, 0, {rights::path_open, inheriting}, 0).value();
  };
  constexpr Rights resize = rights::fd_write | rights::fd_filestat_set_size;
  EXPECT_EQ(open("file", rights::fd_write, open_flags::trunc, 0, dir_with(resize)), "success");
  EXPECT_EQ(path_filestat_get(call(), {3, 0, at("dir/file")})->size_bytes, 0u);
  for (const Rights lacking : {rights::fd_write, rights::fd_filestat_set_size, rights::fd_read}) {
    EXPECT_EQ(open("file", 0, open_flags::trunc, 0, dir_with(lacking)), "notcapable") << lacking;
  }
}

TEST_P(Escape, proc_leads_nowhere_but_below_itself) {
  if (!std::filesystem::exists("/proc/self/root")) GTEST_SKIP() << "no /proc here";
  const platform::File secret =
      *platform::open_host_path(outside_ / "secret", {.read = true, .write = true});
  const platform::Pipe pipe = *platform::make_pipe();
  const platform::File folder = outside_.open("folder");
  Guest proc(config("/proc"));
  const std::string fd = "self/fd/" + std::to_string(secret.descriptor());
  const std::string pipe_fd = "self/fd/" + std::to_string(pipe.read_end.descriptor());
  const std::string folder_fd = "self/fd/" + std::to_string(folder.descriptor());
  for (const std::string& path :
       {std::string("self/root"), std::string("self/root/etc/passwd"), std::string("self/cwd"),
        std::string("self/cwd/.."), std::string("self/exe"), std::string("thread-self/root"),
        std::string("1/root"), std::string("self/task/../root"), fd, pipe_fd, folder_fd,
        folder_fd + "/secret", folder_fd + "/../secret", std::string("self/../..")}) {
    for (const Rights base : {rights::fd_read, read_write, Rights{0}}) {
      const std::string error = error_of(proc.open(path, base));
      const bool is_refused =
          error == "loop" || error == "perm" || error == "noent" || error == "acces";
      EXPECT_TRUE(is_refused) << path << " is " << error;
    }
    EXPECT_FALSE(proc.open(path, read_write, open_flags::creat)) << path;
    EXPECT_FALSE(path_filestat_get(proc.call(), {3, follow, proc.put(path)})) << path;
  }
  EXPECT_SUCCESS(proc.open("self/status"));
}

TEST_P(Escape, reading_a_directory_tells_nothing_of_what_is_above) {
  struct stat above = {};
  ASSERT_EQ(::stat(outside_.path().c_str(), &above), 0);
  const uint32_t used = fd_readdir(call(), 3, Guest::room, 0).value();
  bool has_parent = false;
  for (uint32_t at = Guest::room.address; at < Guest::room.address + used;) {
    const uint32_t length = guest().load<uint32_t>(at + layout::dirent::name_length);
    has_parent |= guest().text({at + layout::dirent::size, length}) == "..";
    EXPECT_NE(guest().load<uint64_t>(at + layout::dirent::inode), above.st_ino);
    at += layout::dirent::size + length;
  }
  EXPECT_TRUE(has_parent);
}

TEST_P(Escape, mount_points_are_beneath_and_their_parents_too) {
  Guest host(config("/"));
  EXPECT_SUCCESS(host.open("proc/.."));
  EXPECT_ERRNO(host.open("proc/../.."), perm);
  EXPECT_ERRNO(host.open(".."), perm);
  EXPECT_ERRNO(host.open("/"), perm);
  Guest dev(config("/dev"));
  EXPECT_ERRNO(dev.open(".."), perm);
  EXPECT_ERRNO(dev.open("../etc/passwd"), perm);
  EXPECT_ERRNO(dev.open("fd/0"), perm) << "/dev/fd is a link to /proc";
}

TEST_P(Escape, devices_are_refused_unless_granted) {
  ContextConfig world = config("/dev");
  Guest guest(std::move(world));
  for (const char* name : {"zero", "null", "full", "random", "urandom", "tty"}) {
    if (!std::filesystem::is_character_file(std::string("/dev/") + name)) continue;
    for (const Rights base : {rights::fd_read, rights::fd_write, read_write, Rights{0}}) {
      EXPECT_ERRNO(guest.open(name, base), acces) << name;
      EXPECT_ERRNO(guest.open(name, base, open_flags::creat), acces) << name;
    }
    EXPECT_ERRNO(guest.open(name, rights::fd_read, open_flags::directory), notdir) << name;
    EXPECT_SUCCESS(path_filestat_get(guest.call(), {3, 0, guest.put(name)}));
  }
  ContextConfig trusting = config("/dev");
  trusting.preopens[0].special_files = true;
  Guest trusted(std::move(trusting));
  EXPECT_EQ(trusted.read(trusted.open("zero").value(), 3).value(), std::string(3, '\0'));
  EXPECT_EQ(trusted.write(trusted.open("null", rights::fd_write).value(), "x").value(), 1u);
}

TEST_P(Escape, fifos_and_sockets_neither_hold_the_host_nor_reach_its_processes) {
  ASSERT_EQ(::mkfifo((outside_ / "root/fifo").c_str(), 0600), 0);
  const platform::File socket = platform::File::own(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = outside_ / "root/socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(socket.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  outside_.link("root/to_fifo", "fifo");
  for (const char* name : {"fifo", "to_fifo", "socket"}) {
    for (const Rights base : {rights::fd_read, rights::fd_write, read_write}) {
      EXPECT_EQ(open(name, base), "acces") << name;
      EXPECT_EQ(open(name, base, open_flags::creat), "acces") << name;
      EXPECT_EQ(open(name, base, open_flags::trunc), "acces") << name;
    }
    EXPECT_EQ(open(name, rights::fd_read, open_flags::directory), "notdir") << name;
  }
  Guest reader(config(outside_ / "root", true));
  EXPECT_ERRNO(reader.open("fifo", rights::fd_read), acces);
}

/// Runs `change` over and over in another thread while `attempt` is tried for 100 ms, and 120
/// times.
template <typename Change, typename Attempt>
void race(Change change, Attempt attempt) {
  std::atomic<bool> stop = false;
  auto thread = platform::Thread::start([&] {
    while (!stop) change();
  });
  ASSERT_TRUE(thread);
  const uint64_t end = platform::monotonic_ns() + 100'000'000;
  for (int i = 0; i < 120 || platform::monotonic_ns() < end; ++i) {
    if (testing::Test::HasFailure()) break;
    attempt();
  }
  stop = true;
}

void exchange(const std::string& a, const std::string& b) {
  ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
}

// [wasmer#2432, node's documentation of WASI: checked first, followed later]
TEST_P(Escape, a_directory_swapped_for_a_link_while_the_guest_acts_is_no_way_out) {
  outside_.make_directory("root/swap");
  const std::string swap = outside_ / "root/swap";
  const std::string link_out = outside_ / "root/to_folder";
  const auto is_fine = [](const std::string& error) {
    return error == "perm" || error == "success" || error == "noent" || error == "exist" ||
           error == "again";
  };
  int step = 0;
  race([&] { exchange(swap, link_out); },
       [&] {
         std::string error;
         switch (step++ % 6) {
           case 0: error = open("swap/new", read_write, open_flags::creat); break;
           case 1: error = unlink("swap/secret"); break;
           case 2: error = make_directory("swap/sub"); break;
           case 3: error = rename("file", "swap/new"); break;
           case 4: error = rename("swap/new", "file"); break;
           default: error = touch("swap/secret");
         }
         ASSERT_TRUE(is_fine(error)) << error;
       });
  EXPECT_GT(step, 100);
  EXPECT_EQ(contents(), before_);
}

TEST_P(Escape, a_file_swapped_for_a_link_or_a_fifo_is_never_that) {
  const std::string file = outside_ / "root/file";
  const std::string link_out = outside_ / "root/to_secret";
  const auto attempt = [&] {
    const auto fd =
        path_open(call(), {3, follow, at("file")}, open_flags::creat, {read_write, 0}, 0);
    if (!fd) {
      const std::string error = error_of(fd);
      ASSERT_TRUE(error == "perm" || error == "again" || error == "acces" || error == "loop")
          << error;
      return;
    }
    EXPECT_EQ(guest().read(*fd).value(), "root/file");
    EXPECT_SUCCESS(fd_close(call(), *fd));
  };
  race([&] { exchange(file, link_out); }, attempt);
  race([&] { exchange(file, link_out); },
       [&] {  // [CVE-2026-32282 of Go's os.Root]
         touch("file");
         touch("file", 0);
         open("file", read_write, open_flags::trunc);
         stat("file/");
       });
  EXPECT_EQ(contents(), before_);
  if (std::filesystem::is_symlink(file)) exchange(file, link_out);
  outside_.write("root/file", "root/file");
  const std::string fifo = outside_ / "root/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  race([&] { exchange(file, fifo); }, attempt);
}

TEST_P(Escape, a_directory_moved_out_does_not_take_the_guest_along) {
  const std::string home = outside_ / "root/dir/sub";
  const std::string away = outside_ / "folder/sub";
  race(
      [&] {
        ::rename(home.c_str(), away.c_str());
        ::rename(away.c_str(), home.c_str());
      },
      [&] {
        const auto fd =
            path_open(call(), {3, follow, at("dir/sub/../file")}, 0, {rights::fd_read, 0}, 0);
        if (!fd) return;
        ASSERT_EQ(guest().read(*fd).value(), "root/dir/file");
        EXPECT_SUCCESS(fd_close(call(), *fd));
        ASSERT_NE(open("dir/sub/../../../secret"), "success");
      });
}

TEST_P(Escape, a_host_link_to_the_outside_file_is_the_hosts_gift) {
  // A hard link is a file like any other: the guest can make none to the outside, the host can.
  std::filesystem::create_hard_link(outside_ / "secret", outside_ / "root/gift");
  EXPECT_EQ(open("gift"), "success");
  for (const char* from : {"up/secret", "../secret", "/secret", "to_folder/secret"}) {
    EXPECT_EQ(link(from, "stolen"), "perm") << from;
  }
  EXPECT_EQ(unlink("gift"), "success");
}

}  // namespace
}  // namespace waxwing::wasi

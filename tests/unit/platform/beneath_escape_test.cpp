// Nothing that a path says leads out of its directory, whoever resolves it.
#include <atomic>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <optional>
#include <random>
#include <stddef.h>
#include <stdio.h>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <vector>

#include "platform/beneath.h"
#include "platform/clock.h"
#include "platform/thread.h"
#include "temporary_directory.h"

namespace waxwing::platform {
namespace {

/// outside/, with a secret, and outside/root/, which is the sandbox.
class Sandbox {
 public:
  Sandbox() {
    outside.write("secret", "secret");
    for (const char* name : {"root", "root/dir", "root/dir/sub"}) outside.make_directory(name);
    for (const char* name : {"file", "dir/file", "dir/sub/file"}) write(name);
    const std::pair<const char*, const char*> links[] = {
        {"to_dir", "dir"},
        {"to_dir_slash", "dir/"},
        {"to_file", "dir/file"},
        {"to_file_slash", "dir/file/"},
        {"to_sub", "to_dir/sub"},
        {"to_dots", "dir/.."},
        {"etc", "/etc"},
        {"passwd", "/etc/passwd"},
        {"slash", "/"},
        {"up", ".."},
        {"up_deep", "dir/../.."},
        {"secret", "../secret"},
        {"in_and_out", "../root/file"},
        {"dangling", "missing"},
        {"loop_a", "loop_b"},
        {"loop_b", "loop_a"},
        {"self", "self"},
        {"self_deep", "self_deep/x"},
        {"dir/back", ".."},
        {"dir/back_file", "../file"},
        {"dir/sub/out", "../../.."},
        {"dir/sub/root", "../.."},
    };
    for (const auto& [name, target] : links) outside.link("root/" + std::string(name), target);
    for (int i = 0; i <= 40; ++i) {
      const std::string target = i == 0 ? "file" : "chain_" + std::to_string(i - 1);
      outside.link("root/chain_" + std::to_string(i), target);
    }
    root = outside.open("root");
  }

  void write(std::string_view name) const { outside.write("root/" + std::string(name), name); }
  uint64_t inode(std::string_view name) const {
    return open_host_path(outside / ("root/" + std::string(name)), {})->stat()->inode;
  }

  TemporaryDirectory outside;
  File root;
};

class beneath_escape : public testing::TestWithParam<Resolver> {
 protected:
  FileResult<File> open(std::string_view path, const OpenOptions& options) const {
    return open_beneath({sandbox_.root, path, GetParam()}, options);
  }

  Sandbox sandbox_;
};

INSTANTIATE_TEST_SUITE_P(resolvers, beneath_escape, testing::Values(Resolver::best, Resolver::walk),
                         [](const auto& instance) {
                           return instance.param == Resolver::best ? "best" : "walk";
                         });

const OpenOptions handle = {};
const OpenOptions read_it = {.read = true};
const OpenOptions read_link_itself = {.read = true, .follow_final_symlink = false};
const OpenOptions link_itself = {.follow_final_symlink = false};
const OpenOptions directory_only = {.read = true, .directory = true};
const OpenOptions create_it = {.read = true, .write = true, .create = true};
const OpenOptions create_new = {.read = true, .write = true, .create = true, .exclusive = true};

struct Row {
  std::string path;
  OpenOptions options;
  std::optional<FileError> error;
  std::string same_as = {};  // what is opened, where no error is expected
};

void check_row(const Sandbox& sandbox, const FileResult<File>& file, const Row& row) {
  SCOPED_TRACE("path \"" + row.path + "\"");
  if (row.error) {
    EXPECT_EQ(failure(file), text_of(*row.error));
    return;
  }
  ASSERT_TRUE(file) << failure(file);
  EXPECT_EQ(file->stat()->inode, sandbox.inode(row.same_as));
}

TEST_P(beneath_escape, what_leads_out_is_refused) {
  const Row rows[] = {
      {"/", handle, FileError::perm},
      {"/etc/passwd", read_it, FileError::perm},
      {"//etc/passwd", read_it, FileError::perm},
      {"..", handle, FileError::perm},
      {"../", handle, FileError::perm},
      {"../secret", read_it, FileError::perm},
      {"../root", handle, FileError::perm},
      {"../root/file", read_it, FileError::perm},
      {"./../secret", read_it, FileError::perm},
      {"dir/../../secret", read_it, FileError::perm},
      {"dir/sub/../../..", handle, FileError::perm},
      {"dir/sub/../../../secret", read_it, FileError::perm},
      {"dir/./sub/.././/../../secret", read_it, FileError::perm},
      {"etc", handle, FileError::perm},
      {"etc", directory_only, FileError::perm},
      {"etc/", handle, FileError::perm},
      {"etc/passwd", read_it, FileError::perm},
      {"passwd", read_it, FileError::perm},
      {"passwd", create_it, FileError::perm},
      {"slash", handle, FileError::perm},
      {"slash/", link_itself, FileError::perm},
      {"slash/etc/passwd", read_it, FileError::perm},
      {"up", handle, FileError::perm},
      {"up/", link_itself, FileError::perm},
      {"up/secret", read_it, FileError::perm},
      {"up/root/file", read_it, FileError::perm},
      {"up_deep", handle, FileError::perm},
      {"up_deep/secret", read_it, FileError::perm},
      {"secret", read_it, FileError::perm},
      {"secret", {.write = true, .truncate = true}, FileError::perm},
      {"in_and_out", read_it, FileError::perm},
      {"to_dir/../..", handle, FileError::perm},
      {"to_dir/../../secret", read_it, FileError::perm},
      {"to_sub/../../..", handle, FileError::perm},
      {"dir/back/..", handle, FileError::perm},
      {"dir/back/../secret", read_it, FileError::perm},
      {"dir/sub/out", handle, FileError::perm},
      {"dir/sub/out/secret", read_it, FileError::perm},
      {"dir/sub/root/up/secret", read_it, FileError::perm},
      {"..", create_it, FileError::perm},
      {"../new", create_it, FileError::perm},
      {"up/new", create_it, FileError::perm},
  };
  for (const Row& row : rows) check_row(sandbox_, open(row.path, row.options), row);
  EXPECT_FALSE(std::filesystem::exists(sandbox_.outside / "new"));
  EXPECT_EQ(read_text(*open_host_path(sandbox_.outside / "secret", read_it)), "secret");
}

TEST_P(beneath_escape, what_stays_inside_is_opened) {
  const Row rows[] = {
      {".", handle, {}, "."},
      {"./", directory_only, {}, "."},
      {"dir/..", directory_only, {}, "."},
      {"dir/../", directory_only, {}, "."},
      {"dir/sub/../..", handle, {}, "."},
      {"file", read_it, {}, "file"},
      {"./file", read_it, {}, "file"},
      {"dir//sub/./file", read_it, {}, "dir/sub/file"},
      {"dir/sub/../file", read_it, {}, "dir/file"},
      {"dir/sub/../../file", read_it, {}, "file"},
      {"dir/sub//../.././/dir/file", read_it, {}, "dir/file"},
      {"dir/", directory_only, {}, "dir"},
      {"dir///", handle, {}, "dir"},
      {"to_dir", handle, {}, "dir"},
      {"to_dir/", link_itself, {}, "dir"},
      {"to_dir/.", link_itself, {}, "dir"},
      {"to_dir/..", handle, {}, "."},
      {"to_dir_slash", handle, {}, "dir"},
      {"to_dir_slash/file", read_it, {}, "dir/file"},
      {"to_dir/../file", read_it, {}, "file"},
      {"to_file", read_it, {}, "dir/file"},
      {"to_file", create_it, {}, "dir/file"},
      {"to_sub", directory_only, {}, "dir/sub"},
      {"to_sub/..", directory_only, {}, "dir"},
      {"to_sub/../..", directory_only, {}, "."},
      {"to_dots", directory_only, {}, "."},
      {"to_dots/dir/file", read_it, {}, "dir/file"},
      {"dir/back", handle, {}, "."},
      {"dir/back/file", read_it, {}, "file"},
      {"dir/back_file", read_it, {}, "file"},
      {"dir/back/dir/back/dir/back_file", read_it, {}, "file"},
      {"dir/sub/root/dir", handle, {}, "dir"},
      {"chain_39", read_it, {}, "file"},
  };
  for (const Row& row : rows) check_row(sandbox_, open(row.path, row.options), row);
}

TEST_P(beneath_escape, failures_are_those_of_posix) {
  const Row rows[] = {
      {"", handle, FileError::noent},
      {std::string("file\0", 5), read_it, FileError::inval},
      {std::string("\0", 1), read_it, FileError::inval},
      {std::string(5000, 'a'), read_it, FileError::nametoolong},
      {std::string(300, 'a'), read_it, FileError::nametoolong},
      {std::string(300, 'a') + "/b", read_it, FileError::nametoolong},
      {"missing", read_it, FileError::noent},
      {"missing/..", handle, FileError::noent},
      {"missing/../..", handle, FileError::noent},
      {"file/", read_it, FileError::notdir},
      {"file/", link_itself, FileError::notdir},
      {"file/.", handle, FileError::notdir},
      {"file/..", handle, FileError::notdir},
      {"file/x", handle, FileError::notdir},
      {"file", directory_only, FileError::notdir},
      {"to_file/", handle, FileError::notdir},
      {"to_file/x", handle, FileError::notdir},
      {"to_file_slash", read_it, FileError::notdir},
      {"dangling", read_it, FileError::noent},
      {"dangling/", handle, FileError::noent},
      {"loop_a", read_it, FileError::loop},
      {"loop_a/x", read_it, FileError::loop},
      {"self", handle, FileError::loop},
      {"self", directory_only, FileError::loop},
      {"self_deep", handle, FileError::loop},
      {"chain_40", read_it, FileError::loop},
      {"to_file", read_link_itself, FileError::loop},
      {"to_dir",
       {.read = true, .directory = true, .follow_final_symlink = false},
       FileError::notdir},
      {"dir", {.read = true, .write = true}, FileError::isdir},
      {"file", create_new, FileError::exist},
      {"to_file", create_new, FileError::exist},
      {"dangling", create_new, FileError::exist},
      {"passwd", create_new, FileError::exist},
      {"new/", create_it, FileError::isdir},
      {"file/", create_it, FileError::isdir},
      {"dir", create_it, FileError::isdir},
      {".", create_it, FileError::isdir},
      {".", create_new, FileError::exist},
      {"missing/new", create_it, FileError::noent},
  };
  for (const Row& row : rows) check_row(sandbox_, open(row.path, row.options), row);
  EXPECT_EQ(failure(open_beneath({File(), "file", GetParam()}, read_it)), text_of(FileError::badf));
  const auto file = open("file", handle);
  ASSERT_TRUE(file);
  EXPECT_EQ(failure(open_beneath({*file, "x", GetParam()}, read_it)), text_of(FileError::notdir));
}

TEST_P(beneath_escape, a_link_can_be_opened_as_itself) {
  for (const char* name : {"to_file", "passwd", "self", "dangling", "up", "dir/back"}) {
    const auto file = open(name, link_itself);
    ASSERT_TRUE(file) << name;
    EXPECT_EQ(file->kind(), FileKind::symbolic_link);
  }
}

TEST_P(beneath_escape, creating_follows_links_that_stay_inside) {
  const auto file = open("dangling", create_it);
  ASSERT_TRUE(file) << failure(file);
  EXPECT_EQ(file->stat()->inode, sandbox_.inode("missing"));
  const auto fresh =
      open("dir/new", {.write = true, .create = true, .exclusive = true, .mode = 0600});
  ASSERT_TRUE(fresh);
  struct stat status;
  ASSERT_EQ(stat((sandbox_.outside / "root/dir/new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0600u);
}

TEST_P(beneath_escape, opening_a_fifo_does_not_block) {
  ASSERT_EQ(mkfifo((sandbox_.outside / "root/fifo").c_str(), 0600), 0);
  const auto reader = open("fifo", read_it);
  ASSERT_TRUE(reader) << failure(reader);
  EXPECT_FALSE(reader->status_flags()->nonblock);
  EXPECT_TRUE(open("fifo", {.write = true, .nonblock = true})->status_flags()->nonblock);
  ASSERT_EQ(mkfifo((sandbox_.outside / "root/lonely").c_str(), 0600), 0);
  EXPECT_EQ(failure(open("lonely", {.write = true})), text_of(FileError::nxio));
}

TEST(beneath_walk, depth_costs_descriptors_and_is_limited) {
  const Sandbox sandbox;
  std::string path;
  std::filesystem::path made = sandbox.outside / "root";
  for (int i = 0; i < 300; ++i) {
    path += "d/";
    made /= "d";
    std::filesystem::create_directory(made);
  }
  EXPECT_TRUE(open_beneath({sandbox.root, path, Resolver::best}, handle));
  EXPECT_EQ(failure(open_beneath({sandbox.root, path, Resolver::walk}, handle)),
            text_of(FileError::nametoolong));
  EXPECT_TRUE(open_beneath({sandbox.root, path.substr(0, 400), Resolver::walk}, handle));
}

/// Makes openat2 fail with `error_number` in this thread, as the filters of containers do.
bool forbid_openat2(int error_number) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error_number)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{.len = std::size(program), .filter = program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(beneath_walk, stands_in_where_the_kernel_refuses) {
  const Sandbox sandbox;
  for (const int error_number : {ENOSYS, EPERM, EAGAIN}) {
    bool forbidden = false;
    auto thread = Thread::start([&] {
      forbidden = forbid_openat2(error_number);
      if (!forbidden) return;
      const auto file = open_beneath({sandbox.root, "to_dir/sub/../file"}, read_it);
      ASSERT_TRUE(file) << failure(file);
      EXPECT_EQ(file->stat()->inode, sandbox.inode("dir/file"));
      EXPECT_EQ(failure(open_beneath({sandbox.root, "up/secret"}, read_it)),
                text_of(FileError::perm));
      EXPECT_EQ(failure(make_directory({sandbox.root, "up/new"})), text_of(FileError::perm));
    });
    ASSERT_TRUE(thread);
    thread->join();
    if (!forbidden) GTEST_SKIP() << "no seccomp filters here";
  }
}

TEST(beneath_walk, agrees_with_the_kernel_on_random_paths) {
  const Sandbox sandbox;
  const std::string parts[] = {"dir",           "sub",      "file",    "to_dir", "to_file",
                               "to_sub",        "up",       "..",      ".",      "",
                               "etc",           "back",     "root",    "out",    "to_dir_slash",
                               "to_dots",       "self",     "missing", "secret", "dangling",
                               "to_file_slash", "chain_39", "chain_5", ".."};
  const OpenOptions options[] = {
      handle,           read_it,
      read_link_itself, link_itself,
      directory_only,   {.directory = true},
      create_new,       {.directory = true, .follow_final_symlink = false}};
  std::mt19937 random(1);
  int opened = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string path;
    for (size_t count = 1 + random() % 6; count > 0; --count) {
      path += parts[random() % std::size(parts)] + (count > 1 || random() % 4 == 0 ? "/" : "");
    }
    const OpenOptions& option = options[random() % std::size(options)];
    const auto kernel = open_beneath({sandbox.root, path}, option);
    if (kernel && option.create) std::filesystem::remove(sandbox.outside / ("root/" + path));
    const auto walk = open_beneath({sandbox.root, path, Resolver::walk}, option);
    if (walk && option.create) std::filesystem::remove(sandbox.outside / ("root/" + path));
    ASSERT_EQ(failure(kernel), failure(walk))
        << path << " read " << option.read << " create " << option.create << " directory "
        << option.directory << " follow " << option.follow_final_symlink;
    if (!kernel || option.create) continue;
    ASSERT_EQ(kernel->stat()->inode, walk->stat()->inode) << path;
    ++opened;
  }
  EXPECT_GT(opened, 500);
}

/// Runs `change` over and over in another thread while `attempt` is tried for 200 ms.
template <typename Change, typename Attempt>
void race(Change change, Attempt attempt) {
  std::atomic<bool> stop = false;
  auto thread = Thread::start([&] {
    while (!stop) change();
  });
  ASSERT_TRUE(thread);
  const uint64_t end = monotonic_ns() + 200'000'000;
  while (monotonic_ns() < end && !testing::Test::HasFailure()) attempt();
  stop = true;
}

TEST_P(beneath_escape, a_directory_swapped_for_a_link_never_leads_out) {
  sandbox_.outside.make_directory("root/swap");
  sandbox_.outside.write("root/swap/secret", "inside");
  const std::string swap = sandbox_.outside / "root/swap";
  const std::string link = sandbox_.outside / "root/up";
  int inside = 0;
  int refused = 0;
  race([&] { renameat2(AT_FDCWD, swap.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE); },
       [&] {
         const auto file = open("swap/secret", read_it);
         if (file) {
           ASSERT_EQ(read_text(*file), "inside");
           ++inside;
         } else {
           ASSERT_EQ(failure(file), text_of(FileError::perm));
           ++refused;
         }
       });
  EXPECT_GT(inside, 0);
  EXPECT_GT(refused, 0);
}

TEST_P(beneath_escape, a_file_swapped_for_a_link_never_leads_out) {
  const std::string file_path = sandbox_.outside / "root/file";
  const std::string link = sandbox_.outside / "root/secret";
  race([&] { renameat2(AT_FDCWD, file_path.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE); },
       [&] {
         const auto file = open("file", {.read = true, .write = true, .create = true});
         if (file) {
           ASSERT_EQ(read_text(*file), "file");
         } else {
           ASSERT_TRUE(file.error() == FileError::perm || file.error() == FileError::again)
               << failure(file);
         }
       });
}

TEST_P(beneath_escape, a_directory_moved_out_does_not_take_the_walk_along) {
  sandbox_.outside.write("root/dir/secret", "inside");
  const std::string home = sandbox_.outside / "root/dir/sub";
  const std::string away = sandbox_.outside / "sub";
  const std::string path = "dir/sub/../secret";
  race(
      [&] {
        ::rename(home.c_str(), away.c_str());
        ::rename(away.c_str(), home.c_str());
      },
      [&] {
        const auto file = open(path, read_it);
        if (!file) return;
        ASSERT_EQ(read_text(*file), "inside");
      });
}

}  // namespace
}  // namespace waxwing::platform

// What a full disk, missing rights and spent limits do to a directory of entries.
#include <cstddef>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "cache/directory_store.h"
#include "directories.h"

namespace waxwing::cache {
namespace {

namespace fs = std::filesystem;

/// Runs `body` in a child whose `home.root` is a file system in memory of `size`, where the host
/// lets us mount one; false where it does not.
bool run_on_small_disk(const CacheHome& home, const char* size, const std::function<void()>& body) {
  constexpr int cannot_mount = 77;
  fs::create_directory(home.root);
  Child child([&] {
    const std::string options = std::string("mode=0700,size=") + size;
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("cache", home.root.c_str(), "tmpfs", 0, options.c_str()) != 0) {
      ::_exit(cannot_mount);
    }
    body();
  });
  const int status = child.wait();
  EXPECT_TRUE(status == 0 || status == cannot_mount) << status;
  return status != cannot_mount;
}

TEST(directory_faults, a_full_disk_loses_nothing_but_the_new_entry) {
  const CacheHome home;
  const bool ran = run_on_small_disk(home, "256k", [&] {
    const auto store = home.open();
    const Digest kept = key_of("kept");
    ASSERT_TRUE(store->put(kept, blob_for(kept, 20'000)));
    const auto put = store->put(key_of("big"), blob_for(key_of("big"), 1 << 20));
    EXPECT_EQ(fault_of(put), "full_disk") << message_of(put);
    EXPECT_EQ(fault_of(store->put(kept, blob_for(kept, 1 << 20))), "full_disk");
    EXPECT_EQ(home.temporaries(), 0U);
    EXPECT_EQ(text_of(store->get(key_of("big"))), "(none)");
    EXPECT_EQ(text_of(store->get(kept)), text_of(blob_for(kept, 20'000)));
    EXPECT_TRUE(store->put(key_of("small"), blob_of("small")));
  });
  if (!ran) GTEST_SKIP() << "mounting is not allowed here";
}

TEST(directory_faults, a_disk_may_fill_at_any_point) {
  const CacheHome home;
  const bool ran = run_on_small_disk(home, "128k", [&] {
    const auto store = home.open();
    size_t full = 0;
    for (size_t i = 0; i < 200; ++i) {
      const Digest key = key_of(i);
      const auto put = store->put(key, blob_for(key, 1 + i * 97 % 9000));
      if (!put) {
        EXPECT_EQ(fault_of(put), "full_disk") << message_of(put);
        EXPECT_EQ(text_of(store->get(key)), "(none)");
        ++full;
      }
    }
    EXPECT_GT(full, 100U);
    EXPECT_EQ(home.temporaries(), 0U);
    for (size_t i = 0; i < 200; ++i) {
      const auto got = store->get(key_of(i));
      ASSERT_TRUE(got) << message_of(got);
      if (*got) {
        EXPECT_EQ(text_of(*got), text_of(blob_for(key_of(i), 1 + i * 97 % 9000)));
      }
    }
    EXPECT_TRUE(store->clear());
    EXPECT_TRUE(store->put(key_of("after"), blob_of("after")));
  });
  if (!ran) GTEST_SKIP() << "mounting is not allowed here";
}

TEST(directory_faults, a_read_only_disk_is_read) {
  const CacheHome home;
  const bool ran = run_on_small_disk(home, "1m", [&] {
    const Digest key = key_of("k");
    const auto before = home.open();
    ASSERT_TRUE(before->put(key, blob_of("v")));
    set_age(home.entry(key), 5 * hour_ns);
    ASSERT_EQ(::mount("cache", home.root.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
    for (const auto& store : {before, home.open()}) {
      EXPECT_EQ(text_of(store->get(key)), "v");
      EXPECT_EQ(fault_of(store->put(key, blob_of("w"))), "unwritable");
      EXPECT_EQ(fault_of(store->put(key_of("new"), blob_of("w"))), "unwritable");
      EXPECT_EQ(fault_of(store->remove(key)), "unwritable");
      EXPECT_EQ(store->lease(key, hour_ns).state(), Lease::State::unavailable);
      EXPECT_EQ(store->clear()->removed_entries, 0U);
    }
  });
  if (!ran) GTEST_SKIP() << "mounting is not allowed here";
}

/// From now on, no file of this process can be locked: as on a network's file system without its
/// lock server.
void forbid_locks() {
  const auto load = [](size_t offset) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<uint32_t>(offset)};
  };
  const auto skip_unless = [](uint32_t value, uint8_t skipped) {
    return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, skipped, value};
  };
  const auto answer = [](uint32_t value) { return sock_filter{BPF_RET | BPF_K, 0, 0, value}; };
  sock_filter filter[] = {load(offsetof(seccomp_data, nr)),
                          skip_unless(SYS_fcntl, 3),
                          load(offsetof(seccomp_data, args) + sizeof(uint64_t)),
                          skip_unless(F_OFD_SETLK, 1),
                          answer(SECCOMP_RET_ERRNO | ENOLCK),
                          answer(SECCOMP_RET_ALLOW)};
  const sock_fprog program = {.len = std::size(filter), .filter = filter};
  ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST(directory_faults, locks_are_missed_by_nobody) {
  const CacheHome home;
  Child child([&] {
    forbid_locks();
    DirectoryOptions options = home.options();
    options.budget.max_entries = 10;
    const auto store = home.open(options);
    EXPECT_EQ(store->lease(key_of("k"), hour_ns).state(), Lease::State::unavailable);
    for (size_t i = 0; i < 30; ++i) {
      ASSERT_TRUE(store->put(key_of(i), blob_for(key_of(i), 100)));
      EXPECT_EQ(text_of(store->get(key_of(i))), text_of(blob_for(key_of(i), 100)));
    }
    EXPECT_LE(store->entries()->size(), 10U);
    store->write_counters();
    EXPECT_EQ(home.open()->counters()["stores"], 30U);
    // Age alone tells who is dead.
    const std::string temporary =
        home.fan_out(key_of(size_t{29})) + "/" + temporary_name(key_of(size_t{29}));
    std::ofstream(temporary) << "half";
    set_age(temporary, hour_ns / 2);
    EXPECT_EQ(store->prune({})->removed_temporaries, 0U);
    set_age(temporary, 2 * hour_ns);
    EXPECT_EQ(store->prune({})->removed_temporaries, 1U);
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(directory_faults, a_limit_on_the_size_of_files_ends_no_process) {
  const CacheHome home;
  Child child([&] {
    const auto store = home.open();
    const rlimit limit = {.rlim_cur = 8192, .rlim_max = 8192};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    EXPECT_EQ(fault_of(store->put(key_of("k"), blob_for(key_of("k"), 8193))), "too_large");
    EXPECT_TRUE(store->put(key_of("k"), blob_for(key_of("k"), 8192)));
    const rlimit none = {.rlim_cur = 0, .rlim_max = 8192};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
    EXPECT_EQ(fault_of(store->put(key_of("j"), blob_of("j"))), "too_large");
    EXPECT_EQ(text_of(store->get(key_of("k"))), text_of(blob_for(key_of("k"), 8192)));
    EXPECT_EQ(home.temporaries(), 0U);
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(directory_faults, a_limit_on_open_files_is_a_fault_of_its_own) {
  const CacheHome home;
  Child child([&] {
    const auto store = home.open();
    const Digest key = key_of("k");
    ASSERT_TRUE(store->put(key, blob_of("v")));
    // From no descriptor left to enough for all.
    std::vector<int> fillers;
    const rlimit limit = {.rlim_cur = 64, .rlim_max = 64};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int file = ::open("/", O_RDONLY); file >= 0; file = ::open("/", O_RDONLY)) {
      fillers.push_back(file);
    }
    EXPECT_EQ(text_of(store->get(key)), "(exhausted)");
    EXPECT_EQ(fault_of(store->put(key, blob_of("w"))), "exhausted");
    EXPECT_EQ(store->lease(key, hour_ns).state(), Lease::State::unavailable);
    EXPECT_EQ(fault_of(store->entries()), "exhausted");
    EXPECT_EQ(fault_of(DirectoryStore::open(home.options())), "exhausted");
    for (int free = 0; free < 6; ++free) {
      ::close(fillers.back());
      fillers.pop_back();
      const auto put = store->put(key_of("new"), blob_of("w"));
      if (!put) {
        EXPECT_EQ(fault_of(put), "exhausted") << message_of(put);
      }
    }
    EXPECT_EQ(text_of(store->get(key)), "v");
    EXPECT_TRUE(store->put(key, blob_of("w")));
    EXPECT_EQ(home.temporaries(), 0U);
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(directory_faults, missing_rights_are_faults) {
  const CacheHome home;
  ASSERT_EQ(::chmod(home.outside.path().c_str(), 0777), 0);
  const Digest key = key_of("k");
  run_as_user([&] {
    const auto store = home.open();
    ASSERT_TRUE(store->put(key, blob_of("v")));
    ASSERT_EQ(::chmod(home.fan_out(key).c_str(), 0500), 0);
    EXPECT_EQ(fault_of(store->put(key, blob_of("w"))), "unwritable");
    EXPECT_EQ(fault_of(store->remove(key)), "unwritable");
    EXPECT_EQ(text_of(store->get(key)), "v");
    ASSERT_EQ(::chmod(home.fan_out(key).c_str(), 0), 0);
    EXPECT_EQ(text_of(store->get(key)), "(unreadable)");
    EXPECT_EQ(fault_of(store->put(key, blob_of("w"))), "unwritable");
    ASSERT_EQ(::chmod(home.fan_out(key).c_str(), 0700), 0);
    ASSERT_EQ(::chmod(home.entry(key).c_str(), 0), 0);
    EXPECT_EQ(text_of(store->get(key)), "(unreadable)");
    EXPECT_TRUE(store->put(key, blob_of("mended")));
    EXPECT_EQ(text_of(store->get(key)), "mended");
    ASSERT_EQ(::chmod(home.root.c_str(), 0500), 0);
    EXPECT_EQ(fault_of(DirectoryStore::open({.path = home.root, .generation = "new"})),
              "unwritable");
    EXPECT_EQ(fault_of(DirectoryStore::open({.path = home.root + "/x", .generation = "new"})),
              "unwritable");
    ASSERT_EQ(::chmod(home.root.c_str(), 0), 0);
    EXPECT_EQ(fault_of(DirectoryStore::open(home.options())), "unreadable");
    ASSERT_EQ(::chmod(home.root.c_str(), 0700), 0);
  });
}

}  // namespace
}  // namespace waxwing::cache

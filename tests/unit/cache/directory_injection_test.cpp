// Each system call of a directory's life fails once, in one process after another: whatever fails,
// nothing but the entry that was being written is lost, and nothing is left behind.
#include <atomic>
#include <cstddef>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>

#include "cache/directory_store.h"
#include "cache/file_index.h"
#include "directories.h"
#include "platform/clock.h"

namespace waxwing::cache {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool can_answer = false;
#elif defined(__has_feature)
// A forked child of ThreadSanitizer hangs with a second thread.
constexpr bool can_answer = !__has_feature(thread_sanitizer);
#else
constexpr bool can_answer = true;
#endif

#if defined(__SANITIZE_ADDRESS__)
constexpr bool allocates_by_malloc = false;
#elif defined(__has_feature)
// AddressSanitizer's own allocator ends the process where it may not map.
constexpr bool allocates_by_malloc = !__has_feature(address_sanitizer);
#else
constexpr bool allocates_by_malloc = true;
#endif

constexpr int cannot_filter = 77;
constexpr int fewer_calls = 78;
constexpr size_t entry_count = 4;

/// Makes the `nth` call of `number` fail, counted from 0, in the thread that made it, from `start`
/// to `stop`. The thread that tells the kernel so lives as long as the process.
class FailingCall {
 public:
  FailingCall(long number, int error, size_t nth) : error_(error), nth_(nth) {
    sock_filter filter[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<uint32_t>(number)},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    };
    const sock_fprog program = {.len = std::size(filter), .filter = filter};
    std::thread([this] { answer(); }).detach();
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(cannot_filter);
    const long listener =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (listener < 0) ::_exit(cannot_filter);
    listener_.store(static_cast<int>(listener));
    listener_.notify_one();
  }

  void start() { started_.store(true); }
  void stop() { started_.store(false); }
  bool has_failed() const { return failed_.load(); }

 private:
  void answer() {
    listener_.wait(-1);
    for (;;) {
      seccomp_notif call = {};
      if (::ioctl(listener_.load(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
      seccomp_notif_resp response = {};
      response.id = call.id;
      response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
      if (started_.load() && calls_++ == nth_) {
        response.flags = 0;
        response.error = -error_;
        failed_.store(true);
      }
      (void)::ioctl(listener_.load(), SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
  }

  const int error_;
  const size_t nth_;
  size_t calls_ = 0;
  std::atomic<int> listener_ = -1;
  std::atomic<bool> started_ = false;
  std::atomic<bool> failed_ = false;
};

size_t size_of(size_t number) { return number % 2 == 0 ? 500 : 40'000; }
uint64_t soon_ns() { return platform::realtime_ns() + 100 * uint64_t{second_ns}; }

void expect_own_bytes_or_none(DirectoryStore& store, size_t number) {
  const auto got = store.get(key_of(number));
  if (!got || !*got) return;
  EXPECT_TRUE(text_of(*got) == text_of(blob_for(key_of(number), size_of(number))));
}

/// Whatever a process does with a directory.
void live(const CacheHome& home, const platform::File& module) {
  DirectoryOptions options = home.options();
  options.budget.max_entries = 3;
  const auto opened = DirectoryStore::open(options);
  if (!opened) return;
  const std::shared_ptr<DirectoryStore> store = *opened;
  for (size_t i = 0; i < entry_count; ++i) {
    const Lease lease = store->lease(key_of(i), 0);
    const auto put = store->put(key_of(i), blob_for(key_of(i), size_of(i)));
    expect_own_bytes_or_none(*store, i);
    if (i == 0) (void)store->put(key_of(i), blob_for(key_of(i), size_of(i)));
  }
  const FileIndex index(store, {}, soon_ns);
  if (const auto identity = FileIdentity::of(module)) {
    (void)index.note(*identity, module, key_of("module"));
    EXPECT_EQ(index.find(*identity).value_or(key_of("module")), key_of("module"));
  }
  (void)store->touch(key_of(size_t{3}));
  (void)store->remove(key_of(size_t{3}));
  (void)store->entries();
  (void)store->prune({.budget = {.max_entries = 2}});
}

/// The child's exit status.
int live_with_failing_call(const CacheHome& home, long number, int error, size_t nth) {
  Child child([&] {
    const auto module = platform::open_host_path(home.outside / "module", {.read = true});
    ASSERT_TRUE(module);
    FailingCall call(number, error, nth);
    const size_t before = open_files();
    call.start();
    live(home, *module);
    call.stop();
    EXPECT_EQ(open_files(), before) << "system call " << number << ", error " << error;
    EXPECT_EQ(mappings_beneath(home.root), 0U);
    if (!testing::Test::HasFailure() && !call.has_failed()) ::_exit(fewer_calls);
  });
  return child.wait();
}

/// False where the host cannot make calls fail.
bool fail_each(long number, int error) {
  for (size_t nth = 0;; ++nth) {
    const CacheHome home;
    home.outside.write("module", std::string(20'000, 'm'));
    EXPECT_TRUE(home.open()->put(key_of("kept"), blob_of("v")));
    const int status = live_with_failing_call(home, number, error, nth);
    if (status == cannot_filter) return false;
    if (status == fewer_calls) {
      EXPECT_GT(nth, 0U) << "system call " << number << " is never made";
      return true;
    }
    EXPECT_EQ(status, 0) << "system call " << number << ", error " << error << ", after " << nth;
    if (status != 0) return true;
    // What a failing `unlinkat` left is collected when it is old.
    if (number != SYS_unlinkat) {
      EXPECT_EQ(home.temporaries(), 0U) << number << " after " << nth;
    }
    const auto store = home.open();
    for (size_t i = 0; i < entry_count; ++i) {
      const auto got = store->get(key_of(i));
      EXPECT_TRUE(got) << message_of(got);
      expect_own_bytes_or_none(*store, i);
    }
    EXPECT_TRUE(store->put(key_of("after"), blob_of("v")));
  }
}

struct Failure {
  const char* name;
  long number;
  int error;
};

class directory_injection : public testing::TestWithParam<Failure> {};

TEST_P(directory_injection, harms_nothing_whenever_it_comes) {
  if (GetParam().number == SYS_mmap && !allocates_by_malloc)
    GTEST_SKIP() << "the sanitizer's allocator maps, too";
  if (!can_answer || !fail_each(GetParam().number, GetParam().error))
    GTEST_SKIP() << "seccomp cannot do that";
}

INSTANTIATE_TEST_SUITE_P(
    of, directory_injection,
    testing::Values(
        Failure{"open_io", SYS_openat2, EIO}, Failure{"open_stale", SYS_openat2, ESTALE},
        Failure{"open_files", SYS_openat2, EMFILE}, Failure{"write_io", SYS_writev, EIO},
        Failure{"write_full", SYS_writev, ENOSPC}, Failure{"write_quota", SYS_writev, EDQUOT},
        Failure{"patch_full", SYS_pwritev, ENOSPC}, Failure{"rename_io", SYS_renameat, EIO},
        Failure{"rename_quota", SYS_renameat, EDQUOT},
        Failure{"rename_stale", SYS_renameat, ESTALE}, Failure{"make_full", SYS_mkdirat, ENOSPC},
        Failure{"unlink_io", SYS_unlinkat, EIO}, Failure{"read_io", SYS_preadv, EIO},
        Failure{"map_memory", SYS_mmap, ENOMEM}, Failure{"map_device", SYS_mmap, ENODEV},
        Failure{"lock_io", SYS_fcntl, EIO}, Failure{"lock_none", SYS_fcntl, ENOLCK},
        Failure{"list_io", SYS_getdents64, EIO}, Failure{"limit_none", SYS_prlimit64, EPERM},
        Failure{"random_none", SYS_getrandom, ENOSYS}),
    [](const auto& failure) { return failure.param.name; });

}  // namespace
}  // namespace waxwing::cache

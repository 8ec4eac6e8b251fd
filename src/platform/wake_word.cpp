// See wake_word.h.
#include "platform/wake_word.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace waxwing::platform {

static_assert(sizeof(std::atomic<uint32_t>) == 4 && std::atomic<uint32_t>::is_always_lock_free);

void WakeWord::wake() {
  const int saved = errno;
  count_.fetch_add(1);
  ::syscall(SYS_futex, &count_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  errno = saved;
}

void WakeWord::sleep(uint32_t seen, std::optional<uint64_t> deadline_ns) {
  constexpr uint64_t second_ns = 1'000'000'000;
  timespec deadline{};
  if (deadline_ns) {
    deadline.tv_sec = static_cast<time_t>(*deadline_ns / second_ns);
    deadline.tv_nsec = static_cast<long>(*deadline_ns % second_ns);
  }
  ::syscall(SYS_futex, &count_, FUTEX_WAIT_BITSET_PRIVATE, seen, deadline_ns ? &deadline : nullptr,
            nullptr, FUTEX_BITSET_MATCH_ANY);
}

}  // namespace waxwing::platform

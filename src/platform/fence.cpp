// See fence.h.
#include "platform/fence.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace waxwing::platform {
namespace {

long membarrier(int command) { return ::syscall(SYS_membarrier, command, 0, 0); }

// What the system says is the same each time. So these are no guarded statics: a signal handler
// may come while they are found out, and finds it out once more.
enum class Known : uint8_t { not_yet, no, yes };
constinit std::atomic<Known> has_commands = Known::not_yet;
constinit std::atomic<bool> is_registered = false;

bool query() {
  constexpr long needed = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED;
  const int saved = errno;
  const long commands = membarrier(MEMBARRIER_CMD_QUERY);
  errno = saved;
  return commands > 0 && (commands & needed) == needed;
}

}  // namespace

bool has_heavy_fence() {
  const Known known = has_commands.load(std::memory_order_relaxed);
  if (known != Known::not_yet) return known == Known::yes;
  const bool has = query();
  has_commands.store(has ? Known::yes : Known::no, std::memory_order_relaxed);
  return has;
}

void heavy_fence() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!has_heavy_fence()) return;
  const int saved = errno;
  if (!is_registered.load(std::memory_order_relaxed) &&
      membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0) {
    is_registered.store(true, std::memory_order_relaxed);
  }
  // The other one waits until all processors have been through the scheduler.
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) membarrier(MEMBARRIER_CMD_GLOBAL);
  errno = saved;
}

}  // namespace waxwing::platform

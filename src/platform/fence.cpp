// See fence.h.
#include "platform/fence.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace waxwing::platform {
namespace {

long membarrier(int command) { return ::syscall(SYS_membarrier, command, 0, 0); }

bool register_process() { return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0; }

}  // namespace

bool has_heavy_fence() {
  constexpr long needed = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED;
  static const bool has = [] {
    const long commands = membarrier(MEMBARRIER_CMD_QUERY);
    return commands > 0 && (commands & needed) == needed;
  }();
  return has;
}

void heavy_fence() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!has_heavy_fence()) return;
  static const bool is_registered = register_process();
  // The other one waits until all processors have been through the scheduler.
  if (!is_registered || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0)
    membarrier(MEMBARRIER_CMD_GLOBAL);
}

}  // namespace waxwing::platform

// sched_yield.
#include <thread>

#include "wasi/functions.h"

namespace waxwing::wasi {

WasiResult<> sched_yield(Call&) {
  std::this_thread::yield();
  return {};
}

}  // namespace waxwing::wasi

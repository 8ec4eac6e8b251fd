// sched_yield.
#include "wasi/functions.h"

namespace waxwing::wasi {

WasiResult<> sched_yield(Call& call) {
  call.context.clocks().yield();
  return {};
}

}  // namespace waxwing::wasi

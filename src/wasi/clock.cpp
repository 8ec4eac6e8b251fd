// clock_*: the time.
#include "wasi/functions.h"

namespace waxwing::wasi {

WasiResult<uint64_t> clock_res_get(Call& call, uint32_t clock) {
  if (clock >= clock_count) return fail(Errno::inval);
  return call.context.clocks().resolution_ns(static_cast<platform::Clock>(clock));
}

/// The precision is what the guest can do with; every clock here has its best.
WasiResult<uint64_t> clock_time_get(Call& call, uint32_t clock, uint64_t) {
  if (clock >= clock_count) return fail(Errno::inval);
  return call.context.clocks().time_ns(static_cast<platform::Clock>(clock));
}

}  // namespace waxwing::wasi

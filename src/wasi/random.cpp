// random_get.
#include "wasi/functions.h"

namespace waxwing::wasi {

WasiResult<> random_get(Call& call, GuestBytes target) {
  const std::span<uint8_t> bytes = TRY(call.memory.bytes(target));
  if (!bytes.empty() && !call.context.random().fill(bytes)) return fail(Errno::io);
  return {};
}

}  // namespace waxwing::wasi

// random_get.
#include <algorithm>

#include "wasi/functions.h"

namespace waxwing::wasi {

WasiResult<> random_get(Call& call, GuestBytes target) {
  constexpr size_t max_piece_bytes = size_t{1} << 20;  // between looks for an interruption
  std::span<uint8_t> rest = TRY(call.memory.bytes(target));
  while (!rest.empty()) {
    if (call.store.check_interrupt()) {
      call.outcome = runtime::Outcome::trapped;
      return fail(Errno::intr);
    }
    const std::span<uint8_t> piece = rest.first(std::min(rest.size(), max_piece_bytes));
    if (!call.context.random().fill(piece)) return fail(Errno::io);
    rest = rest.subspan(piece.size());
  }
  return {};
}

}  // namespace waxwing::wasi

// proc_*: the guest ends itself.
#include "wasi/functions.h"

namespace waxwing::wasi {
namespace {

/// What POSIX does on a signal that nobody handles, for WASI has no handlers. The numbers are the
/// standard's.
enum class Disposition : uint8_t { ignore, stop, terminate };

Disposition disposition(uint32_t signal) {
  constexpr uint32_t none = 0, chld = 16, cont = 17, stop = 18, ttou = 21, urg = 22, winch = 27;
  if (signal == none || signal == chld || signal == cont || signal == urg || signal == winch) {
    return Disposition::ignore;
  }
  return signal >= stop && signal <= ttou ? Disposition::stop : Disposition::terminate;
}

}  // namespace

void proc_exit(Call& call, uint32_t status) {
  call.outcome = call.store.set_exit(static_cast<int32_t>(status));
}

/// A signal that terminates ends the guest with the status by which shells tell it: 128 + signal.
WasiResult<> proc_raise(Call& call, uint32_t signal) {
  if (signal >= signal_count) return fail(Errno::inval);
  switch (disposition(signal)) {
    case Disposition::ignore: return {};
    case Disposition::stop: return fail(Errno::notsup);
    case Disposition::terminate: break;
  }
  call.outcome = call.store.set_exit(static_cast<int32_t>(128 + signal));
  return {};
}

}  // namespace waxwing::wasi

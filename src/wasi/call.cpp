// The one place where a guest blocks.
#include "wasi/call.h"

namespace waxwing::wasi {
namespace {

/// While it lives, interrupting the store signals the event.
class WakerScope {
 public:
  WakerScope(runtime::Store& store, const platform::WakeEvent& event) : store_(store) {
    store.set_waker([](void* data) { static_cast<const platform::WakeEvent*>(data)->signal(); },
                    const_cast<platform::WakeEvent*>(&event));
  }
  WakerScope(const WakerScope&) = delete;
  WakerScope& operator=(const WakerScope&) = delete;
  ~WakerScope() { store_.set_waker(nullptr, nullptr); }

 private:
  runtime::Store& store_;
};

}  // namespace

WasiResult<platform::PollOutcome> wait(Call& call, std::span<platform::PollItem> items,
                                       std::optional<uint64_t> deadline_ns) {
  const platform::WakeEvent& event = *TRY(call.context.wake_event());
  const WakerScope scope(call.store, event);
  for (;;) {
    // An interruption from before the waker was registered signalled nothing.
    if (call.store.check_interrupt()) {
      call.outcome = runtime::Outcome::trapped;
      return fail(Errno::intr);
    }
    const platform::PollOutcome outcome =
        TRY(as_wasi(platform::poll(items, {.deadline_ns = deadline_ns, .wake = &event})));
    if (outcome != platform::PollOutcome::woken) return outcome;
    event.clear();  // where no interruption is there, the signal was for an earlier call
  }
}

}  // namespace waxwing::wasi

// Ending what a guest waits in, from without.
#pragma once

#include <atomic>
#include <chrono>
#include <pthread.h>
#include <signal.h>
#include <thread>

#include "guest.h"

namespace waxwing::wasi {

inline constinit std::atomic<runtime::Store*> handler_store = nullptr;
inline constinit std::atomic<uint64_t> handler_call = 0;

inline void interrupt_in_handler(int) {
  handler_store.load()->interrupt(handler_call, syntax::TrapCode::interrupted);
}

enum class From : uint8_t { other_thread, signal_handler };

/// Interrupts the guest's store a little later, from another thread or a handler in this one.
class Interrupter {
 public:
  explicit Interrupter(runtime::Store& store, From from = From::other_thread)
      : thread_([&store, from, call = store.current_call(), waiter = ::pthread_self()] {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          if (from == From::other_thread) {
            store.interrupt(call, syntax::TrapCode::interrupted);
          } else {
            handler_call = call;
            handler_store = &store;
            ::pthread_kill(waiter, SIGUSR1);
          }
        }) {}
  ~Interrupter() { thread_.join(); }

 private:
  std::thread thread_;
};

/// Runs `operation` as a host function of a call into the guest's store.
template <typename Operation>
syntax::TrapCode trap_of(Guest& guest, Operation operation) {
  const runtime::HostCode code = [](void* data, runtime::Caller&, runtime::Slot*) {
    return (*static_cast<Operation*>(data))();
  };
  runtime::Func& func = **guest.store().add_host_func({}, code, &operation, nullptr);
  runtime::Slot slots[1] = {};
  const runtime::Outcome outcome = guest.store().call(func, slots);
  return outcome == runtime::Outcome::trapped ? guest.store().take_trap().code
                                              : syntax::TrapCode::none;
}

}  // namespace waxwing::wasi

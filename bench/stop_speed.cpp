// stop_speed [REQUESTS]: for each guest that never ends, on each tier, the time of its thread's
// processor from when another thread asks it to stop until its call has ended: the median and the
// longest.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <string>
#include <string_view>
#include <thread>
#include <time.h>
#include <vector>

#include "../tests/baseline/endless_guests.h"
#include "engine/engine.h"
#include "runtime/linker.h"
#include "runtime/value.h"
#include "text/assembler.h"

namespace {

using namespace waxwing;
using syntax::TrapCode;

[[noreturn]] void fail(std::string_view guest, const std::string& why) {
  std::fprintf(stderr, "stop_speed: %.*s: %s\n", static_cast<int>(guest.size()), guest.data(),
               why.c_str());
  std::exit(1);
}

double time_us(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

runtime::Outcome call_back(void*, runtime::Caller& caller, runtime::Slot* slots) {
  return caller.store.call(*runtime::Ref::from_bits(slots[0]).func(), slots);
}

/// From the request to the end of the call, which has begun when the request is made.
double stop_once(runtime::Store& store, runtime::Func& run, std::string_view guest) {
  clockid_t guest_clock{};
  ::pthread_getcpuclockid(::pthread_self(), &guest_clock);
  const uint64_t call = store.current_call();
  const timespec delay{.tv_sec = 0, .tv_nsec = 1'000'000};
  double asked = 0;
  std::thread other([&] {
    ::nanosleep(&delay, nullptr);
    asked = time_us(guest_clock);
    store.interrupt(call, TrapCode::interrupted);
  });
  const auto result = runtime::call(store, run, {});
  const double ended = time_us(guest_clock);
  other.join();
  const auto* trap = result ? nullptr : std::get_if<runtime::Trap>(&result.error());
  if (!trap || trap->code != TrapCode::interrupted) fail(guest, "ends by itself");
  return ended - asked;
}

void measure(const char* tier, const engine::Engine& engine, const baseline::EndlessGuest& guest,
             int requests) {
  auto bytes = text::assemble(baseline::module_of(guest));
  if (!bytes) fail(guest.name, bytes.error().message());
  const auto compiled = engine.compile(*std::move(bytes));
  if (!compiled) fail(guest.name, compiled.error().message());
  const auto store = engine.new_store();
  if (!store) fail(guest.name, store.error().message());
  runtime::Linker linker;
  runtime::HostFunc call;
  call.type = {{syntax::funcref}, {syntax::i32_type}};
  call.code = &call_back;
  if (!linker.define_func(**store, "host", "call", call)) fail(guest.name, "host.call");
  const auto instance = linker.instantiate(**store, *compiled, "guest");
  if (!instance) fail(guest.name, "cannot be instantiated");
  runtime::Func& run = *std::get<runtime::Func*>((*instance)->find_export("run").value());
  std::vector<double> times;
  for (int i = 0; i < requests; ++i) times.push_back(stop_once(**store, run, guest.name));
  std::ranges::sort(times);
  std::printf("%s %s %.0f %.0f\n", tier, std::string(guest.name).c_str(), times[times.size() / 2],
              times.back());
}

}  // namespace

int main(int argc, char** argv) {
  const int requests = argc > 1 ? std::max(1, std::atoi(argv[1])) : 50;
  for (const auto& [name, tier] : {std::pair{"interpreter", engine::Tier::interpreter},
                                   {"automatic", engine::Tier::automatic}}) {
    engine::Config config;
    config.features = syntax::FeatureSet::all();
    config.tier = tier;
    const engine::Engine engine(config);
    for (const baseline::EndlessGuest& guest : baseline::endless_guests)
      measure(name, engine, guest, requests);
  }
  return 0;
}

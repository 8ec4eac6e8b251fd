// call_speed [THOUSANDS]: ns of calls from the host into machine code and from machine code to the
// host, checks included, by the array ABI and directly, in one run beside each other. The median of
// 9 rounds of THOUSANDS * 1000 calls, in time of the processor.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "platform/clock.h"
#include "runtime/host_func.h"
#include "runtime/typed_call.h"
#include "text/assembler.h"

namespace {

using namespace waxwing;
using runtime::Outcome, runtime::Slot;

constexpr const char* module_text = R"((module
  (import "" "nop" (func $nop))
  (import "" "add" (func $add (param i32 f64) (result f64)))
  (func (export "empty"))
  (func (export "sum") (param i32 i64) (result i64)
    (i64.add (i64.extend_i32_u (local.get 0)) (local.get 1)))
  (func (export "call_nop") (param i32)
    (loop (call $nop) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "call_add") (param i32) (local f64)
    (loop (local.set 1 (call $add (local.get 0) (local.get 1)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "count") (param i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))";

[[noreturn]] void fail(std::string_view why) {
  std::fprintf(stderr, "call_speed: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

template <typename T>
T require(base::Result<T> result) {
  if (!result) fail(result.error().message());
  return *std::move(result);
}

template <typename Body>
void measure(const char* name, uint32_t calls, Body&& body) {
  std::array<double, 9> times;
  for (double& time : times) {
    const uint64_t start = platform::clock_ns(platform::Clock::thread_cpu);
    body(calls);
    time = static_cast<double>(platform::clock_ns(platform::Clock::thread_cpu) - start) / calls;
  }
  std::ranges::sort(times);
  std::printf("%-52s %7.2f ns\n", name, times[times.size() / 2]);
}

runtime::Instance& instantiate(runtime::Store& store, const engine::Engine& engine,
                               bool has_thunks) {
  auto bytes = text::assemble(module_text);
  if (!bytes) fail(bytes.error().message());
  auto compiled = require(engine.compile(*std::move(bytes)));
  runtime::HostFunc nop = runtime::make_host_func<void()>([] {});
  runtime::HostFunc add = runtime::make_host_func<double(uint32_t, double)>(
      [](uint32_t left, double right) { return left + right; });
  if (!has_thunks) nop.thunk = add.thunk = nullptr;
  const std::array<runtime::Extern, 2> imports = {require(store.add_host_func(std::move(nop))),
                                                  require(store.add_host_func(std::move(add)))};
  const auto instance = runtime::instantiate(store, std::move(compiled), imports, {});
  if (!instance) fail("the module cannot be instantiated");
  return **instance;
}

runtime::Func& exported(runtime::Instance& instance, std::string_view name) {
  return *std::get<runtime::Func*>(instance.find_export(name).value());
}

template <typename Signature>
runtime::TypedCall<Signature> typed(runtime::Store& store, runtime::Instance& instance,
                                    std::string_view name) {
  return require(runtime::TypedCall<Signature>::make(store, exported(instance, name)));
}

void measure_in(runtime::Store& store, runtime::Instance& instance, uint32_t calls) {
  runtime::Func& empty_func = exported(instance, "empty");
  runtime::Func& sum_func = exported(instance, "sum");
  measure("in: [] -> [], array ABI", calls, [&](uint32_t count) {
    Slot slots[2] = {};
    for (uint32_t i = 0; i < count; ++i)
      if (store.call(empty_func, slots) != Outcome::returned) fail("a call failed");
  });
  measure("in: [i32 i64] -> [i64], array ABI", calls, [&](uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      Slot slots[2] = {i, 1};
      if (store.call(sum_func, slots) != Outcome::returned || slots[0] != uint64_t{i} + 1)
        fail("a call failed");
    }
  });
  const auto empty = typed<void()>(store, instance, "empty");
  const auto sum = typed<uint64_t(uint32_t, uint64_t)>(store, instance, "sum");
  measure("in: [] -> [], direct", calls, [&](uint32_t count) {
    for (uint32_t i = 0; i < count; ++i)
      if (!empty()) fail("a call failed");
  });
  measure("in: [i32 i64] -> [i64], direct", calls, [&](uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      const auto result = sum(i, 1);
      if (!result || *result != uint64_t{i} + 1) fail("a call failed");
    }
  });
}

void measure_out(runtime::Store& store, runtime::Instance& instance, uint32_t calls,
                 std::string_view how) {
  for (const auto& [name, type] :
       {std::pair("call_nop", "[] -> []"), std::pair("call_add", "[i32 f64] -> [f64]")}) {
    const auto loop = typed<void(uint32_t)>(store, instance, name);
    const std::string row = std::string("out: ") + type + ", " + std::string(how);
    measure(row.c_str(), calls, [&](uint32_t count) {
      if (!loop(count)) fail("a call failed");
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int thousands = argc > 1 ? std::atoi(argv[1]) : 2000;
  const uint32_t calls = static_cast<uint32_t>(std::clamp(thousands, 1, 1'000'000)) * 1000;
  engine::Config config;
  config.tier = engine::Tier::baseline;
  const engine::Engine engine(config);
  const auto store = require(engine.new_store());
  runtime::Instance& by_slots = instantiate(*store, engine, false);
  runtime::Instance& direct = instantiate(*store, engine, true);
  const auto count = typed<void(uint32_t)>(*store, direct, "count");
  measure("the loop alone, in Wasm", calls, [&](uint32_t times) {
    if (!count(times)) fail("a call failed");
  });
  measure_in(*store, direct, calls);
  measure_out(*store, by_slots, calls, "array ABI");
  measure_out(*store, direct, calls, "direct");
  return 0;
}

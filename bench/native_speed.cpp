// native_speed interpreter|baseline MICRO_MODULE MEMORY_MODULE: what it costs to enter Wasm code,
// to call the host and to trap, by the typed calls of the public API, and to make instances. Prints
// "NAME MEDIAN" a line, as the programs in peers/ do. The modules are those of embedding/.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/instance_pool.h"
#include "platform/clock.h"
#include "platform/thread.h"
#include "runtime/instance.h"
#include "waxwing/waxwing.h"

namespace {

using namespace waxwing;
using runtime::Outcome, runtime::Slot;
using Compiled = std::shared_ptr<const runtime::CompiledModule>;

constexpr size_t rounds = 9;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "native_speed: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T require(base::Result<T> result) {
  if (!result) fail(result.error().message());
  return *std::move(result);
}

Outcome host_nop(void*, runtime::Caller&, Slot*) { return Outcome::returned; }

Outcome host_mix(void*, runtime::Caller&, Slot* slots) {
  slots[0] = runtime::to_slot(static_cast<double>(static_cast<int32_t>(slots[0])) +
                              static_cast<double>(static_cast<int64_t>(slots[1])) +
                              runtime::slot_f64(slots[2]));
  return Outcome::returned;
}

std::unique_ptr<runtime::Store> new_store(const engine::Engine& engine) {
  return require(engine.new_store());
}

using Imports = std::array<runtime::Extern, 2>;

Imports make_imports(runtime::Store& store) {
  static const syntax::FuncType nop_type;
  static const syntax::FuncType mix_type{{syntax::i32_type, syntax::i64_type, syntax::f64_type},
                                         {syntax::f64_type}};
  return {require(store.add_host_func(nop_type, host_nop, nullptr, nullptr)),
          require(store.add_host_func(mix_type, host_mix, nullptr, nullptr))};
}

runtime::Instance& new_instance(runtime::Store& store, const Compiled& compiled) {
  const Imports imports = make_imports(store);
  const auto instance = runtime::instantiate(store, compiled, imports, {});
  if (!instance) fail("a module cannot be instantiated");
  return **instance;
}

Compiled compile(const engine::Engine& engine, const char* path) {
  std::ifstream file(path, std::ios::binary);
  return require(engine.compile(std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {})));
}

/// Prints the median of what `body` takes, divided by `unit_ns`: processor time, so that other
/// people's load does not count, but for what several threads do.
void print_median(const char* name, double unit_ns, const std::function<void()>& body,
                  platform::Clock clock = platform::Clock::process_cpu) {
  std::array<double, rounds> values;
  for (double& value : values) {
    const uint64_t start = platform::clock_ns(clock);
    body();
    value = static_cast<double>(platform::clock_ns(clock) - start) / unit_ns;
  }
  std::ranges::sort(values);
  std::printf("%s %.3f\n", name, values[rounds / 2]);
}

template <typename T>
T need(Result<T> result) {
  if (!result) fail(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Of calls that end well, or of none that does.
template <typename Func, typename... Args>
void measure_calls(const char* name, double count, int calls, const Func& func, Args... args) {
  print_median(name, count * calls, [&] {
    for (int i = 0; i < calls; ++i)
      if (!func(args...)) fail(std::string(name) + " ended otherwise");
  });
}
template <typename Func>
void measure_traps(const char* name, const Func& func) {
  constexpr int calls = 5'000;
  print_median(name, calls, [&] {
    for (int i = 0; i < calls; ++i)
      if (func()) fail(std::string(name) + " ended otherwise");
  });
}

void measure_public_calls(Tier tier, const char* path) {
  const Engine engine({.tier = tier});
  Store store = need(Store::create(engine));
  Linker linker;
  need(linker.func("host", "nop", [] {}));
  need(linker.func("host", "mix", [](int32_t a, int64_t b, double c) {
    return static_cast<double>(a) + static_cast<double>(b) + c;
  }));
  const Instance instance = need(linker.instantiate(store, need(engine.compile_file(path))));
  constexpr int many = 2'000'000, few = 10, inner = 200'000;
  measure_calls("enter_ns", 1, many, need(instance.func<void()>("empty")));
  measure_calls("enter_add_ns", 1, many, need(instance.func<int32_t(int32_t, int32_t)>("add")), 1,
                2);
  measure_calls("out_ns", inner, few, need(instance.func<void(int32_t)>("call_nop")), inner);
  measure_calls("out_mix_ns", inner, few, need(instance.func<double(int32_t)>("call_mix")), inner);
  measure_traps("trap_ns", need(instance.func<void()>("trap")));
  measure_traps("fault_ns", need(instance.func<int32_t()>("fault")));
}

class PoolImports : public engine::ImportSource {
 public:
  base::Result<std::vector<runtime::Extern>> make(runtime::Store& store) override {
    const Imports imports = make_imports(store);
    return std::vector<runtime::Extern>(imports.begin(), imports.end());
  }
};

void take_instances(engine::InstancePool& pool, int count) {
  for (int i = 0; i < count; ++i) {
    const auto taken = pool.take();
    if (!taken) fail("the pool has no instance");
    // A user that writes to its memory.
    if (runtime::Memory* memory = taken->instance().data.memory0) memory->base()[0] = 1;
  }
}

/// Taking an instance of a pool, and giving it back as new.
void measure_pooled(const engine::Engine& engine, const char* name, const Compiled& compiled,
                    int threads, int count) {
  PoolImports imports;
  engine::InstancePool pool(engine, compiled, &imports, {});
  const auto take_all = [&] {
    std::vector<platform::Thread> others;
    for (int i = 1; i < threads; ++i) {
      others.push_back(require(platform::Thread::start([&] { take_instances(pool, count); })));
    }
    take_instances(pool, count);
  };
  take_all();
  print_median(name, 1e3 * threads * count, take_all,
               threads == 1 ? platform::Clock::process_cpu : platform::Clock::monotonic);
}

void make_instances(const engine::Engine& engine, const Compiled& compiled, int count) {
  for (int i = 0; i < count; ++i) new_instance(*new_store(engine), compiled);
}

void measure_instances(const engine::Engine& engine, const char* name, const Compiled& compiled,
                       int threads, int count) {
  const auto make_all = [&] {
    std::vector<platform::Thread> others;
    for (int i = 1; i < threads; ++i) {
      others.push_back(
          require(platform::Thread::start([&] { make_instances(engine, compiled, count); })));
    }
    make_instances(engine, compiled, count);
  };
  print_median(name, 1e3 * threads * count, make_all,
               threads == 1 ? platform::Clock::process_cpu : platform::Clock::monotonic);
}

/// Of instances that are made in a store that is there.
void measure_in_store(const engine::Engine& engine, const char* name, const Compiled& compiled) {
  constexpr int count = 200;
  std::array<std::unique_ptr<runtime::Store>, rounds> stores;
  for (auto& store : stores) store = new_store(engine);
  size_t next = 0;
  print_median(name, 1e3 * count, [&] {
    runtime::Store& store = *stores[next++];
    for (int i = 0; i < count; ++i) new_instance(store, compiled);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: native_speed interpreter|baseline MICRO_MODULE MEMORY_MODULE\n");
    return 2;
  }
  const bool interprets = std::string_view(argv[1]) == "interpreter";
  engine::Config config;
  config.tier = interprets ? engine::Tier::interpreter : engine::Tier::baseline;
  const engine::Engine engine(config);
  const Compiled micro = compile(engine, argv[2]);
  measure_public_calls(interprets ? Tier::interpreter : Tier::baseline, argv[2]);
  measure_instances(engine, "instance_us", micro, 1, 500);
  measure_instances(engine, "instance_2_threads_us", micro, 2, 500);
  measure_in_store(engine, "instance_in_store_us", micro);
  const Compiled memory = compile(engine, argv[3]);
  measure_instances(engine, "instance_1mib_us", memory, 1, 200);
  measure_pooled(engine, "pooled_us", micro, 1, 5000);
  measure_pooled(engine, "pooled_2_threads_us", micro, 2, 5000);
  measure_pooled(engine, "pooled_1mib_us", memory, 1, 1000);
  return 0;
}

// instantiate_speed [ROUNDS] [ENGINE]: what a store and an instance cost, from making them to their
// end, alone and by two threads at once, what instantiating alone costs, and taking one from a pool
// and giving it back, for a module with nothing, with a page of memory, with 3,000 functions in a
// table, and with 1 MiB of initialized memory besides.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/instance_pool.h"
#include "runtime/instance.h"
#include "text/assembler.h"

namespace {

using namespace waxwing;
using Compiled = std::shared_ptr<const runtime::CompiledModule>;
using Clock = std::chrono::steady_clock;

constexpr int instances_per_store = 20;

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

std::string functions_in_a_table() {
  std::string text = "(table 3000 funcref) (elem (i32.const 0)";
  for (int i = 0; i < 3000; ++i) text += " $f" + std::to_string(i);
  text += ")";
  for (int i = 0; i < 3000; ++i) text += " (func $f" + std::to_string(i) + ")";
  return text;
}

std::string mebibyte_of_data() {
  return "(memory 17) (data (i32.const 1024) \"" + std::string(1 << 20, 'x') + "\")";
}

double median(std::vector<double>& times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

std::unique_ptr<runtime::Store> make_store(const engine::Engine& engine) {
  auto store = engine.new_store();
  if (!store) fail(store.error().message());
  return *std::move(store);
}

void make_instance(runtime::Store& store, const Compiled& compiled) {
  if (!runtime::instantiate(store, compiled, {}, {})) fail("instantiating failed");
}

void measure_pool(const engine::Engine& engine, const Compiled& compiled, int rounds);

/// Stores with an instance each, from making them to their end.
void make_whole(const engine::Engine& engine, const Compiled& compiled, std::vector<double>& times,
                int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    make_instance(*make_store(engine), compiled);
    times.push_back(microseconds(Clock::now() - start));
  }
}

void measure(const engine::Engine& engine, const char* name, const std::string& fields,
             int rounds) {
  auto bytes = text::assemble("(module (func (export \"f\")) " + fields + ")");
  if (!bytes) fail(bytes.error().message());
  auto compiled = engine.compile(*std::move(bytes));
  if (!compiled) fail(compiled.error().message());
  std::vector<double> whole;
  std::vector<double> alone;
  std::vector<double> both[2];
  make_whole(engine, *compiled, whole, rounds);
  std::thread other([&] { make_whole(engine, *compiled, both[1], rounds); });
  make_whole(engine, *compiled, both[0], rounds);
  other.join();
  both[0].insert(both[0].end(), both[1].begin(), both[1].end());
  for (int i = 0; i < rounds / instances_per_store; ++i) {
    const auto store = make_store(engine);
    for (int k = 0; k < instances_per_store; ++k) {
      const auto start = Clock::now();
      make_instance(*store, *compiled);
      alone.push_back(microseconds(Clock::now() - start));
    }
  }
  std::printf(
      "%-36s store and instance, both ended %8.2f us   by 2 threads %8.2f us   instantiate %8.2f "
      "us\n",
      name, median(whole), median(both[0]), median(alone));
  measure_pool(engine, *compiled, rounds);
}

/// Users that write to a page, or to 8.
void take_pooled(engine::InstancePool& pool, int pages, std::vector<double>& times, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    {
      const auto taken = pool.take();
      if (!taken) fail("the pool has no instance");
      runtime::Memory* memory = taken->instance().data.memory0;
      for (int k = 0; memory && k < pages; ++k) memory->base()[k * 8192] = 1;
    }
    times.push_back(microseconds(Clock::now() - start));
  }
}

void measure_pool(const engine::Engine& engine, const Compiled& compiled, int rounds) {
  engine::InstancePool pool(engine, compiled, nullptr, {});
  std::vector<double> one;
  std::vector<double> eight;
  std::vector<double> both[2];
  take_pooled(pool, 1, one, rounds);
  take_pooled(pool, 8, eight, rounds);
  std::thread other([&] { take_pooled(pool, 1, both[1], rounds); });
  take_pooled(pool, 1, both[0], rounds);
  other.join();
  both[0].insert(both[0].end(), both[1].begin(), both[1].end());
  std::printf(
      "%-36s pooled, 1 page written %8.2f us   8 pages %8.2f us   1 page, 2 threads %8.2f us\n", "",
      median(one), median(eight), median(both[0]));
}

engine::Config config_for(std::string_view tier) {
  const auto* const found = std::ranges::find(engine::tier_table, tier, &engine::TierInfo::text);
  if (found == std::end(engine::tier_table)) fail("no engine is called " + std::string(tier));
  engine::Config config;
  config.tier = found->id;
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(std::atoi(argv[1]), instances_per_store) : 2000;
  const engine::Engine engine(config_for(argc > 2 ? argv[2] : "interpreter"));
  std::vector<double> stores;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    make_store(engine).reset();
    stores.push_back(microseconds(Clock::now() - start));
  }
  std::printf("%-36s %36.2f us\n", "a store, made and ended", median(stores));
  measure(engine, "nothing", "", rounds);
  measure(engine, "a page of memory", "(memory 1)", rounds);
  measure(engine, "3,000 functions in a table", functions_in_a_table(), rounds);
  measure(engine, "1 MiB of data", mebibyte_of_data(), rounds);
  measure(engine, "1 MiB of data, 3,000 functions", mebibyte_of_data() + functions_in_a_table(),
          rounds);
  return 0;
}

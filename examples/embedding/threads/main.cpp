// One module in many threads. Engines, modules and linkers are shared; a store, with the instances
// in it, is for one thread at a time, so each worker has one of its own.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>
#include <waxwing/waxwing.h>

namespace {

template <typename T>
T must(waxwing::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "threads: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Counts the primes in [from, to), by dividing. Each instance has its own count of calls.
constexpr const char* guest = R"((module
  (import "host" "note" (func $note (param i32)))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func $is_prime (param $n i32) (result i32)
    (local $divisor i32)
    (if (i32.lt_u (local.get $n) (i32.const 2)) (then (return (i32.const 0))))
    (local.set $divisor (i32.const 2))
    (loop $next
      (if (i32.gt_u (i32.mul (local.get $divisor) (local.get $divisor)) (local.get $n))
        (then (return (i32.const 1))))
      (if (i32.eqz (i32.rem_u (local.get $n) (local.get $divisor)))
        (then (return (i32.const 0))))
      (local.set $divisor (i32.add (local.get $divisor) (i32.const 1)))
      (br $next))
    (unreachable))
  (func (export "count_primes") (param $from i32) (param $to i32) (result i32)
    (local $count i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (loop $next
      (if (i32.lt_u (local.get $from) (local.get $to))
        (then
          (local.set $count (i32.add (local.get $count) (call $is_prime (local.get $from))))
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (br $next))))
    (call $note (local.get $count))
    (local.get $count))))";

constexpr uint32_t jobs = 200;
constexpr uint32_t numbers_a_job = 500;

/// What all workers share.
struct Pool {
  const waxwing::Module& module;
  const waxwing::Linker& linker;
  std::atomic<uint32_t> next_job = 0;
  std::atomic<uint32_t> primes = 0;
  std::atomic<uint32_t> calls = 0;
};

void work(const waxwing::Engine& engine, Pool& pool) {
  // Making a store and an instance takes microseconds: the module's code is there already.
  // Where requests must not see what others left behind, make both for each request.
  waxwing::Store store = must(waxwing::Store::create(engine));
  const waxwing::Instance instance = must(pool.linker.instantiate(store, pool.module));
  const auto count = must(instance.func<uint32_t(uint32_t, uint32_t)>("count_primes"));
  for (uint32_t job; (job = pool.next_job++) < jobs;)
    pool.primes += must(count(job * numbers_a_job, (job + 1) * numbers_a_job));
  const waxwing::Value calls = must(must(instance.global("calls")).get());
  pool.calls += static_cast<uint32_t>(calls.i32().value_or(0));
}

}  // namespace

int main() {
  // Large modules may be compiled by several threads too.
  const waxwing::Engine engine(waxwing::Config{.compile_threads = 2});
  const waxwing::Module module = must(engine.compile(must(waxwing::wat_to_wasm(guest))));

  // A host function in a linker is called by all threads at once: it must be safe for that.
  std::atomic<uint32_t> noted = 0;
  waxwing::Linker linker;
  must(linker.func("host", "note", [&noted](uint32_t count) { noted += count; }));

  Pool pool{module, linker};
  std::vector<std::jthread> workers;
  for (int i = 0; i < 4; ++i) workers.emplace_back([&] { work(engine, pool); });
  workers.clear();  // waits for them

  std::printf("%u primes below %u, the host was told of %u\n", pool.primes.load(),
              jobs * numbers_a_job, noted.load());
  std::printf("%u jobs, %u calls\n", jobs, pool.calls.load());
}

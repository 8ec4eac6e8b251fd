// An event loop whose tasks are guests. Each is polled in turn, as futures are: it goes on with its
// work and says that it is pending, or ready. What keeps a guest from holding up the loop is fuel:
// its code counts what it uses, the same in each run and on each machine, and a slice of it is what
// a poll may use.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>
#include <waxwing/waxwing.h>

namespace {

template <typename T>
T must(waxwing::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "poll: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Each function is a task: what it returns is its result, or -1 while it is pending.
constexpr const char* guest = R"((module
  (import "host" "now" (func $now (result i32)))
  ;; How many steps from 27 to 1, halving what is even and taking 3 n + 1 of what is odd? It takes
  ;; some steps in a poll, and keeps in globals how far it is.
  (global $n (mut i64) (i64.const 27))
  (global $steps (mut i32) (i32.const 0))
  (func (export "collatz") (result i32)
    (local $left i32)
    (local.set $left (i32.const 25))
    (loop $next
      (if (i64.eq (global.get $n) (i64.const 1)) (then (return (global.get $steps))))
      (if (i32.eqz (local.get $left)) (then (return (i32.const -1))))
      (global.set $n
        (if (result i64) (i64.eqz (i64.and (global.get $n) (i64.const 1)))
          (then (i64.shr_u (global.get $n) (i64.const 1)))
          (else (i64.add (i64.mul (global.get $n) (i64.const 3)) (i64.const 1)))))
      (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next))
    (unreachable))
  ;; Waits for something of the host's.
  (func (export "sleeper") (result i32)
    (if (result i32) (i32.lt_s (call $now) (i32.const 3))
      (then (i32.const -1)) (else (call $now))))
  ;; Adds up to 1000 at once: more than a slice.
  (func (export "hurried") (result i32)
    (local $n i32) (local $sum i32)
    (loop $next
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $next (i32.lt_u (local.get $n) (i32.const 1000))))
    (local.get $sum))
  ;; Thinks of itself alone.
  (func (export "endless") (result i32) (loop $for_ever (br $for_ever)) (unreachable))))";

constexpr uint64_t slice = 5'000;
constexpr int more_slices = 3;

struct Task {
  std::string name;
  waxwing::Store store;
  waxwing::TypedFunc<int32_t()> function;
  int polls = 0;
  bool is_done = false;
};

std::string reason(const waxwing::Error& error) {
  const waxwing::Trap* const trap = error.trap();
  return std::string(trap ? to_string(trap->code) : to_string(error.code()));
}

void poll(Task& task) {
  ++task.polls;
  task.store.set_fuel(slice);
  // Who is asked when the slice is used up, in the middle of the call. Here the loop could do what
  // is urgent; then it gives another slice, or nothing, and that is the end of the call.
  int given = 0;
  task.store.set_fuel_source([&] { return given++ < more_slices ? slice : 0; });
  const waxwing::Result<int32_t> answer = task.function();
  task.store.set_fuel_source(nullptr);

  const char* const name = task.name.c_str();
  task.is_done = !answer || *answer >= 0;
  if (!answer)
    std::printf("%s is ended: %s\n", name, reason(answer.error()).c_str());
  else if (task.is_done)
    std::printf("%s is ready: %d (polls: %d%s)\n", name, *answer, task.polls,
                given ? ", the last of more than a slice" : "");
}

}  // namespace

int main() {
  const waxwing::Engine engine(waxwing::Config{.fuel = true});
  const waxwing::Module module = must(engine.compile(must(waxwing::wat_to_wasm(guest))));

  int32_t now = 0;
  waxwing::Linker linker;
  must(linker.func("host", "now", [&now] { return now; }));

  std::vector<Task> tasks;
  for (const char* name : {"collatz", "endless", "hurried", "sleeper"}) {
    waxwing::Store store = must(waxwing::Store::create(engine));
    const waxwing::Instance instance = must(linker.instantiate(store, module));
    tasks.push_back({name, std::move(store), must(instance.func<int32_t()>(name))});
  }
  for (; !tasks.empty(); ++now) {
    std::printf("at %d:\n", now);
    for (Task& task : tasks) poll(task);
    std::erase_if(tasks, [](const Task& task) { return task.is_done; });
  }
}

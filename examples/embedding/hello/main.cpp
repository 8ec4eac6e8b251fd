// Hello: a guest calls a function of the host, the host calls a function of the guest.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <waxwing/waxwing.h>

namespace {

/// What can fail returns a Result: a value, or an Error that says why there is none. This program
/// only wants the values; it ends where there is none.
template <typename T>
T must(waxwing::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "hello: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// A guest in WebAssembly's text format. Compilers make the binary format, from C, Rust, Go and so
// on: Engine::compile and compile_file take that.
constexpr const char* guest = R"((module $greeter
  (import "host" "hello" (func $hello (param i32)))
  (func (export "greet") (param $times i32) (result i32)
    (local $done i32)
    (loop $again
      (local.set $done (i32.add (local.get $done) (i32.const 1)))
      (call $hello (local.get $done))
      (br_if $again (i32.lt_s (local.get $done) (local.get $times))))
    (local.get $done))))";

}  // namespace

int main() {
  // An engine compiles modules: code without state, which any number of threads may share.
  const waxwing::Engine engine;
  const waxwing::Module module = must(engine.compile(must(waxwing::wat_to_wasm(guest))));

  // A linker knows what modules may import. Any lambda will do: its C++ type says which type
  // the function has in WebAssembly, here (param i32).
  waxwing::Linker linker;
  must(linker.func("host", "hello",
                   [](int32_t count) { std::printf("Hello from the guest, %d\n", count); }));

  // A store owns all that instances have: memories, tables, globals. It ends, and they end.
  waxwing::Store store = must(waxwing::Store::create(engine));
  const waxwing::Instance instance = must(linker.instantiate(store, module));

  // The types are checked here, once; from then on it is a function like any other.
  const auto greet = must(instance.func<int32_t(int32_t)>("greet"));
  std::printf("The guest said hello %d times.\n", must(greet(3)));
}

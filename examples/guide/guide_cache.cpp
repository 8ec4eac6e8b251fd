// The guide's cache and artefacts: modules are compiled once.
//   guide_cache DIRECTORY
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>
#include <waxwing/waxwing.h>

using namespace waxwing;

static int32_t answer(const Engine& engine, const Module& module) {
  Store store = Store::create(engine).value();
  Instance instance = Instance::create(store, module).value();
  return instance.func<int32_t()>("answer").value()().value();
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: guide_cache DIRECTORY\n";
    return 2;
  }
  const std::vector<uint8_t> bytes =
      wat_to_wasm(R"((module (func (export "answer") (result i32) (i32.const 42))))").value();

  // Twice the same, as two processes would do it: the second one compiles nothing.
  for (int process = 1; process <= 2; ++process) {
    CompilationCache cache = CompilationCache::directory(argv[1]).value();
    Engine engine({.cache = cache});
    Module module = engine.compile(bytes).value();
    std::cout << answer(engine, module) << "\n";
    if (process == 2) std::cout << "compiled: " << cache.stats().compiled << "\n";
  }

  // An artefact is a compiled module as bytes, to be shipped with a program.
  const std::string key = "known to whoever builds and to whoever loads";
  const std::vector<uint8_t> secret(key.begin(), key.end());
  Engine engine;
  const std::vector<uint8_t> artefact = engine.compile_to_artefact(bytes, secret).value();
  Module shipped = engine.load_artefact(artefact, secret).value();
  std::cout << answer(engine, shipped) << "\n";

  Result<Module> foreign = engine.load_artefact(artefact, std::vector<uint8_t>{1, 2, 3});
  std::cout << to_string(foreign.error().code()) << "\n";
}

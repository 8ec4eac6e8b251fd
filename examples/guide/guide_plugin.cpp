// The guide's plugin host: text goes in, a host function hears of it, text comes out.
//   guide_plugin shout.wasm
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace std::chrono_literals;
using namespace waxwing;

/// A plugin that changes text, in a store of its own.
class Plugin {
 public:
  static Result<Plugin> load(const Engine& engine, const Linker& linker, const std::string& path) {
    Result<Module> module = engine.compile_file(path);
    if (!module) return std::unexpected(module.error());
    Result<Store> store = Store::create(engine, {.memory_bytes = 16 << 20});
    if (!store) return std::unexpected(store.error());
    Result<Instance> instance = linker.instantiate(*store, *module, {.timeout = 1s});
    if (!instance) return std::unexpected(instance.error());
    auto memory = instance->memory();
    if (!memory) return std::unexpected(memory.error());
    auto buffer = instance->func<uint32_t()>("buffer");
    if (!buffer) return std::unexpected(buffer.error());
    auto shout = instance->func<uint32_t(uint32_t)>("shout");
    if (!shout) return std::unexpected(shout.error());
    return Plugin{*std::move(store), *memory, *buffer, *shout};
  }

  Result<std::string> shout(std::string_view text) const {
    Result<uint32_t> address = buffer_();
    if (!address) return std::unexpected(address.error());
    Result<> written = memory_.write_string(*address, text);
    if (!written) return std::unexpected(written.error());
    Result<uint32_t> size = shout_({.timeout = 50ms}, static_cast<uint32_t>(text.size()));
    if (!size) return std::unexpected(size.error());
    return memory_.read_string(*address, *size);
  }

 private:
  Plugin(Store store, Memory memory, TypedFunc<uint32_t()> buffer,
         TypedFunc<uint32_t(uint32_t)> shout)
      : store_(std::move(store)),
        memory_(std::move(memory)),
        buffer_(std::move(buffer)),
        shout_(std::move(shout)) {}

  Store store_;  // the plugin's memory and functions live as long as this
  Memory memory_;
  TypedFunc<uint32_t()> buffer_;
  TypedFunc<uint32_t(uint32_t)> shout_;
};

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: guide_plugin shout.wasm\n";
    return 2;
  }
  Engine engine;
  Linker linker;
  auto log = [](std::string_view text) { std::cout << "the plugin got: " << text << "\n"; };
  linker.func("host", "log", log).value();

  Result<Plugin> plugin = Plugin::load(engine, linker, argv[1]);
  if (!plugin) {
    std::cerr << plugin.error().message() << "\n";
    return 1;
  }
  Result<std::string> loud = plugin->shout("hello, wing");
  std::cout << (loud ? *loud : loud.error().message()) << "\n";

  Result<std::string> too_long = plugin->shout(std::string(1'000'000, 'a'));
  std::cout << too_long.error().message() << "\n";
}

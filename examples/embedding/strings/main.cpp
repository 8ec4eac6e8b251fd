// Strings across the boundary, both ways. The guest, guest.c, sees its own memory and nothing else,
// so whatever it shall read is copied into there, and an address that comes from it means a place
// there. Run it in this folder: it reads guest.wasm.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <waxwing/waxwing.h>

namespace {

using waxwing::Result;

template <typename T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "strings: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// The guest's functions as C++ functions of strings.
class Shouter {
 public:
  static Result<Shouter> create(const waxwing::Instance& instance) {
    auto memory = instance.memory();
    if (!memory) return std::unexpected(memory.error());
    auto alloc = instance.func<uint32_t(uint32_t)>("alloc");
    if (!alloc) return std::unexpected(alloc.error());
    auto release = instance.func<void(uint32_t)>("release");
    if (!release) return std::unexpected(release.error());
    auto shout = instance.func<uint64_t(uint32_t, uint32_t)>("shout");
    if (!shout) return std::unexpected(shout.error());
    return Shouter{*memory, *alloc, *release, *shout};
  }

  Result<std::string> shout(std::string_view text) const {
    const auto size = static_cast<uint32_t>(text.size());
    // The guest says where there is room. It may say anything: `write_string` checks that it is in
    // the memory, and so does `read_string`. No guest can make these touch the host.
    const Result<uint32_t> room = alloc_(size);
    if (!room) return std::unexpected(room.error());
    if (*room == 0)
      return std::unexpected(
          waxwing::Error(waxwing::ErrorCode::out_of_memory, "the guest has no room for the text"));
    if (auto written = memory_.write_string(*room, text); !written)
      return std::unexpected(written.error());
    const Result<uint64_t> loud = shout_(*room, size);
    if (!loud) return std::unexpected(loud.error());
    Result<std::string> copy =
        memory_.read_string(*loud >> 32, static_cast<uint32_t>(*loud));  // address, size
    if (auto released = release_(*room); !released) return std::unexpected(released.error());
    return copy;
  }

 private:
  Shouter(waxwing::Memory memory, waxwing::TypedFunc<uint32_t(uint32_t)> alloc,
          waxwing::TypedFunc<void(uint32_t)> release,
          waxwing::TypedFunc<uint64_t(uint32_t, uint32_t)> shout)
      : memory_(std::move(memory)),
        alloc_(std::move(alloc)),
        release_(std::move(release)),
        shout_(std::move(shout)) {}

  waxwing::Memory memory_;
  waxwing::TypedFunc<uint32_t(uint32_t)> alloc_;
  waxwing::TypedFunc<void(uint32_t)> release_;
  waxwing::TypedFunc<uint64_t(uint32_t, uint32_t)> shout_;
};

}  // namespace

int main() {
  const waxwing::Engine engine;
  const waxwing::Module module = must(engine.compile_file("guest.wasm"));
  waxwing::Store store = must(waxwing::Store::create(engine));

  // From guest to host: an address and a size, two i32 in WebAssembly, come as a string_view of the
  // guest's memory. They were checked before the lambda runs; the guest traps where they are wrong.
  waxwing::Linker linker;
  must(linker.func("host", "log", [](std::string_view text) {
    const std::string_view shown = text.substr(0, 20);
    std::printf("the guest was given \"%.*s\"\n", static_cast<int>(shown.size()), shown.data());
  }));
  const waxwing::Instance instance = must(linker.instantiate(store, module));

  const Shouter shouter = must(Shouter::create(instance));
  for (const char* text : {"hello", "is anybody there?", ""})
    std::printf("and shouts %s\n", must(shouter.shout(text)).c_str());

  // As large as you like: the guest's memory grows.
  std::printf("70000 letters make %zu\n", must(shouter.shout(std::string(70'000, 'a'))).size());
}

// Modules that are compiled once: a directory that any number of processes share, and artefacts,
// which are machine code to be shipped. Both carry a code (HMAC-SHA-256) made with a secret, so
// that nothing runs but what somebody compiled who knows it. Run it as `cache [directory]`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>
#include <waxwing/waxwing.h>

namespace {

using Bytes = std::vector<uint8_t>;

template <typename T>
T must(waxwing::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "cache: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

constexpr const char* guest = R"((module
  (func $square (export "square") (param i32) (result i32)
    (i32.mul (local.get 0) (local.get 0)))))";

// Of 32 random bytes, in your program; whoever knows them can make artefacts that you run.
const Bytes secret(32, 0x5a);

int32_t run(const waxwing::Engine& engine, const waxwing::Module& module) {
  waxwing::Store store = must(waxwing::Store::create(engine));
  const waxwing::Instance instance = must(waxwing::Instance::create(store, module));
  return must(must(instance.func<int32_t(int32_t)>("square"))(12));
}

/// What each process does: the engine looks into the cache before it compiles, and when several
/// want the same module at the same time, one compiles and the others wait. Returns how many
/// modules this process compiled.
int serve(const std::string& directory, const Bytes& module_bytes) {
  const auto cache = must(
      waxwing::CompilationCache::directory(directory, {.secret = secret, .max_bytes = 64 << 20}));
  const waxwing::Engine engine(waxwing::Config{.cache = cache});
  if (run(engine, must(engine.compile(module_bytes))) != 144) std::exit(1);
  return static_cast<int>(cache.stats().compiled);
}

void share(const std::string& directory, const Bytes& module_bytes) {
  int compiled = 0;
  std::vector<pid_t> processes;
  for (int i = 0; i < 3; ++i) {
    const pid_t process = fork();
    if (process == 0) _exit(10 + serve(directory, module_bytes));
    processes.push_back(process);
  }
  for (const pid_t process : processes) {
    int status = 0;
    if (waitpid(process, &status, 0) != process || !WIFEXITED(status) || WEXITSTATUS(status) < 10)
      std::exit(1);
    compiled += WEXITSTATUS(status) - 10;
  }
  std::printf("3 processes, %d compiled the module\n", compiled);
  std::printf("and the next one compiles %d\n", serve(directory, module_bytes));

  // Where no compiler may run, at a server's start say, a module that is not there is an error.
  const auto cache = must(waxwing::CompilationCache::directory(
      directory, {.read_only = true, .require_hit = true, .secret = secret}));
  const waxwing::Engine engine(waxwing::Config{.cache = cache});
  const bool has_it = engine.compile(module_bytes).has_value();
  const auto other = engine.compile(must(waxwing::wat_to_wasm("(module (memory 1))")));
  std::printf("in the cache: %s; another module: %s\n", has_it ? "yes" : "no",
              other ? "yes" : std::string(to_string(other.error().code())).c_str());
}

void ship(const Bytes& module_bytes) {
  const Bytes artefact = must(waxwing::Engine().compile_to_artefact(module_bytes, secret));

  // Elsewhere, with the same build of Waxwing: nothing is compiled.
  const waxwing::Engine engine;
  std::printf("12 squared by an artefact: %d\n",
              run(engine, must(engine.load_artefact(artefact, secret))));

  Bytes forged = artefact;
  forged[forged.size() / 2] ^= 1;
  for (const auto& [name, bytes, key] : {std::tuple("an artefact that was changed", forged, secret),
                                         {"another secret", artefact, Bytes(32, 0x5b)}}) {
    const auto module = engine.load_artefact(bytes, key);
    std::printf("%s: %s\n", name, module ? "loaded" : "refused");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Bytes module_bytes = must(waxwing::wat_to_wasm(guest));
  if (argc > 1) {
    share(argv[1], module_bytes);
  } else {
    std::string folder = (std::filesystem::temp_directory_path() / "waxwing-XXXXXX").string();
    if (!mkdtemp(folder.data())) return 1;
    share(folder, module_bytes);
    std::filesystem::remove_all(folder);
  }
  ship(module_bytes);
}

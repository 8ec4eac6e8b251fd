// The spine: bytes -> Module -> CompiledModule. Everything that modules share lives here.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/stop_flag.h"
#include "baseline/baseline.h"
#include "codegen/x64/cpu_features.h"
#include "engine/code_target.h"
#include "engine/compilation_cache.h"
#include "engine/image_loader.h"
#include "platform/code_listener.h"
#include "runtime/compiled_module.h"
#include "runtime/native_code.h"
#include "runtime/store.h"
#include "runtime/type_registry.h"
#include "syntax/features.h"
#include "syntax/limits.h"

namespace waxwing::engine {

/// What executes code.
enum class Tier : uint8_t {
  automatic,  // machine code where the host allows it, else the interpreter
  interpreter,
  baseline,
};

struct TierInfo {
  Tier id;
  std::string_view text;  // the command line's spelling
};

inline constexpr TierInfo tier_table[] = {{Tier::automatic, "auto"},
                                          {Tier::interpreter, "interpreter"},
                                          {Tier::interpreter, "interp"},
                                          {Tier::baseline, "baseline"}};

/// How code is made. What a module computes does not depend on it, but for the bits of NaNs, and as
/// long as there is fuel. What does not say otherwise is of machine code only.
struct CodegenConfig {
  /// Code counts what it uses of its store's fuel (Store::set_fuel), and ends without it: as much
  /// in every tier. Of the interpreter's code too.
  bool fuel = false;
  /// Functions tell their store's listener of their calls (Store::set_func_listener). Of the
  /// interpreter's code too.
  bool listeners = false;
  /// Float arithmetic yields no NaN but the canonical one, so that its bits are the same in every
  /// tier and on every processor (relaxed SIMD always is). Of the interpreter's code too.
  bool canonicalize_nans = false;
  /// Functions are compiled when they are first called; else all of them before anybody calls. A
  /// function that cannot be compiled then is a trap of its caller.
  bool lazy = false;
  /// Memories of 32 bits have guard pages behind them, and faults become traps; where false, every
  /// access is checked. Nothing: guard pages where the host has address space for them when a
  /// module is compiled.
  std::optional<bool> guard_pages;
  runtime::FaultHandling faults = runtime::FaultHandling::install;
  /// Of the host's processor, when none are given.
  std::optional<codegen::x64::CpuFeatures> cpu;
  uint32_t max_registers = 0;  // for tests: see baseline::Options
  /// Machine code counts calls and iterations of loops: Instance::counters.
  bool counters = false;
  uint32_t threads = 1;  // that compile a module, the caller's included
  /// See baseline::Options.
  void (*progress)(void* context, size_t done, size_t total) = nullptr;
  void* progress_context = nullptr;
};

/// How large a module may be that is compiled. What is beyond is refused with `resource_limit`
/// before there is work to do for it; what a cache has made before counts by its bytes alone.
struct CompileLimits {
  uint64_t module_bytes = syntax::max_module_size;
  uint64_t funcs = syntax::max_funcs;  // imported ones too
  uint64_t func_bytes = syntax::max_func_body_size;
  uint64_t code_bytes = UINT64_MAX;  // of machine code
};

struct Config {
  syntax::FeatureSet features = syntax::FeatureSet::defaults();
  Tier tier = Tier::automatic;
  CodegenConfig codegen = {};
  CompileLimits limits = {};
  /// Where compiled modules are kept and found, shared with any number of engines; null: nowhere.
  /// What is compiled lazily is found there, but not kept.
  std::shared_ptr<CompilationCache> cache = {};
  /// Told of machine code as it comes and goes: profilers, debuggers. None cost nothing.
  platform::CodeListeners code_listeners = {};
};

/// Compiles modules and shares their types. Thread-safe.
class Engine {
 public:
  explicit Engine(const Config& config = {});

  const Config& config() const { return config_; }

  using Bytes = std::shared_ptr<const std::vector<uint8_t>>;
  using Compiled = std::shared_ptr<const runtime::CompiledModule>;

  /// Takes a module from the cache, or decodes, validates and compiles it. Errors are malformed,
  /// invalid, limit; `not_cached` where the cache requires a hit; that the work was stopped, which
  /// ends it soon. `name` is for code listeners, where the module has no name of its own.
  base::Result<Compiled> compile(const Bytes& bytes, std::string_view name = {},
                                 const base::StopFlag* stop = nullptr) const;
  base::Result<Compiled> compile(std::vector<uint8_t> bytes) const {
    return compile(std::make_shared<const std::vector<uint8_t>>(std::move(bytes)));
  }

  /// The module whose binary has that SHA-256, if the cache has it; else null. Errors: the host
  /// does not let its code run.
  base::Result<Compiled> find(const cache::Digest& module, std::string_view name = {}) const;

  /// Compiles a module to an artefact: an image that `load` makes a module of, without its binary.
  /// Where `secret` is not empty, it carries an authentication code that is made with it.
  base::Result<std::vector<uint8_t>> compile_to_image(const Bytes& bytes,
                                                      base::ByteSpan secret = {},
                                                      const base::StopFlag* stop = nullptr) const;
  /// Whether the bytes are a valid module within the limits; errors as of `compile`.
  base::Result<> check(const Bytes& bytes, const base::StopFlag* stop = nullptr) const;
  /// The same of their number alone.
  base::Result<> check_size(uint64_t size_bytes) const;
  /// A module from an artefact of this build of Waxwing for this processor. An artefact is machine
  /// code, and does what it likes in this process: load only what you trust, or what carries the
  /// right code. Fails with `invalid_argument`, which says what does not fit.
  base::Result<Compiled> load(const cache::Blob& artefact, base::ByteSpan secret = {},
                              std::string_view name = {}) const;

  /// An empty store for instances of this engine's modules.
  base::Result<std::unique_ptr<runtime::Store>> new_store(
      const runtime::StoreLimits& limits = {}) const;

  const std::shared_ptr<runtime::TypeRegistry>& types() const { return types_; }

 private:
  using Module = CompilationCache::Module;

  base::Result<CodeTarget> native_target() const;
  CodeTarget interpreter_target() const;
  Announce announcer(std::string_view name) const;
  base::Result<Compiled> link(Module module) const;

  base::Result<syntax::Module> decode_and_validate(const Bytes& bytes,
                                                   const base::StopFlag* stop) const;
  base::Result<Module> compile_here(const Bytes& bytes, std::string_view name,
                                    const base::StopFlag* stop) const;
  base::Result<std::unique_ptr<runtime::NativeCode>> compile_native(
      const syntax::Module& module, const base::StopFlag* stop) const;

  class Source;
  /// What is asked of the cache. Where `source` is null nothing is compiled, and a null module is a
  /// miss, which is told where `tells_misses`.
  struct Request {
    cache::Digest digest;
    Source* source;
    std::string_view name;
    bool tells_misses = true;
    const base::StopFlag* stop = nullptr;
  };
  base::Result<Module> load_cached(const Request& request) const;
  base::Result<Module> load_target(const CodeTarget& target, const Request& request) const;
  base::Result<std::vector<uint8_t>> make_image(const CodeTarget& target, const ImageKey& key,
                                                const syntax::Module& module, base::ByteSpan secret,
                                                const base::StopFlag* stop) const;
  /// Guard pages were not asked for.
  bool may_drop_guards(const CodeTarget& target) const;
  static bool lacks_guards(const base::Result<Module>& module, const Request& request);
  baseline::Options compiler_options(const CodeTarget& target, const base::StopFlag* stop) const;

  Config config_;
  std::shared_ptr<runtime::TypeRegistry> types_;
};

}  // namespace waxwing::engine

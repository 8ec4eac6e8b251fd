// Engines compile modules; modules are code without state.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waxwing/config.h"
#include "waxwing/detail/duration.h"
#include "waxwing/error.h"
#include "waxwing/export.h"
#include "waxwing/types.h"

namespace waxwing {

namespace detail {
struct Access;
struct EngineCore;
struct ModuleCore;
}  // namespace detail

struct CustomSection {
  std::string_view name;
  std::span<const uint8_t> bytes;
};

/// One line of the "producers" section, such as {"language", "Rust", "1.80"}.
struct Producer {
  std::string field;
  std::string name;
  std::string version;
};

/// A compiled module: immutable and thread-safe; copies share it. It needs no engine to live.
class WAXWING_API Module {
 public:
  /// From the name section; may be empty. Views of a module are good as long as it or a copy of it.
  std::string_view name() const;
  /// What it asks for and what it offers, in the module's order. Linear in their number.
  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  /// The type of one export, or nothing.
  std::optional<ExternType> find_export(std::string_view name) const;
  /// All custom sections, in order.
  std::vector<CustomSection> custom_sections() const;
  /// What the "producers" section says; what is malformed there is left out.
  std::vector<Producer> producers() const;
  /// Imported functions come first.
  uint32_t func_count() const;
  /// Of a function, from the name section; may be empty.
  std::string_view func_name(uint32_t func_index) const;
  /// What it was compiled from, which it keeps; empty where it comes from a cache or an artefact.
  std::span<const uint8_t> binary() const;
  /// The features that the module uses.
  Features features_used() const;

  // Copies and nothing else: one that was moved from stays what it was.
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;
  ~Module() = default;

 private:
  friend struct detail::Access;
  explicit Module(std::shared_ptr<const detail::ModuleCore> core) : core_(std::move(core)) {}
  std::shared_ptr<const detail::ModuleCore> core_;
};

/// How long one compilation may go on. One that is stopped fails with `interrupted`, some
/// milliseconds later, and leaves nothing behind; others that wait for the same module by a cache
/// go on, and one of them compiles it.
struct CompileOptions {
  /// From its beginning. The engine then has one thread of its own that watches time.
  std::optional<std::chrono::nanoseconds> timeout = {};
  std::stop_token stop = {};
};

/// Compiles modules, and holds what they share. Thread-safe; copies are the same engine, which
/// lives as long as anything made with it.
class WAXWING_API Engine {
 public:
  explicit Engine(const Config& config = {});

  const Config& config() const noexcept;

  /// Takes a module from the cache, or decodes, validates and compiles it. The bytes are copied.
  /// Errors: `malformed` and `invalid` with an offset, `implementation`, `resource_limit`,
  /// `unsupported`, `not_cached`, `out_of_memory`, `interrupted`.
  Result<Module> compile(std::span<const uint8_t> bytes, const CompileOptions& options = {}) const;
  /// The same without a copy.
  Result<Module> compile(std::vector<uint8_t>&& bytes, const CompileOptions& options = {}) const;
  /// The same for a file; `io` or `not_found` where it cannot be read. Reading is not stopped.
  Result<Module> compile_file(const std::string& path, const CompileOptions& options = {}) const;
  /// Whether the bytes are a valid module within the limits: nothing is compiled.
  Result<> validate(std::span<const uint8_t> bytes, const CompileOptions& options = {}) const;

  /// Compiles a module to an artefact: bytes that `load` makes a module of at once, in a program
  /// with the same build of Waxwing on a like processor. Where `secret` is not empty, the artefact
  /// carries an authentication code that is made with it.
  Result<std::vector<uint8_t>> compile_to_artefact(std::span<const uint8_t> bytes,
                                                   std::span<const uint8_t> secret = {},
                                                   const CompileOptions& options = {}) const;
  /// A module from an artefact. An artefact is machine code and does what it likes in this process:
  /// load only what you trust, or what carries the right code. Fails with `invalid_argument`, which
  /// says what does not fit.
  Result<Module> load_artefact(std::span<const uint8_t> artefact,
                               std::span<const uint8_t> secret = {}) const;

  // Copies and nothing else: one that was moved from stays what it was.
  Engine(const Engine&) = default;
  Engine& operator=(const Engine&) = default;
  ~Engine() = default;

 private:
  friend struct detail::Access;
  explicit Engine(std::shared_ptr<detail::EngineCore> core) : core_(std::move(core)) {}
  std::shared_ptr<detail::EngineCore> core_;
};

/// The version of the library, such as "0.1.0".
WAXWING_API std::string_view version();

/// For embedders who handle faults themselves (FaultHandling::host): to be called first by their
/// handler of SIGSEGV and SIGBUS, with what it was given. True: the fault was of Wasm code and is
/// dealt with, return at once. Async-signal-safe.
WAXWING_API bool handle_fault(int signal, void* info, void* context) noexcept;

/// The binary of a module in the text format. Fails with `malformed`, line and column in the
/// message.
WAXWING_API Result<std::vector<uint8_t>> wat_to_wasm(std::string_view text);

}  // namespace waxwing

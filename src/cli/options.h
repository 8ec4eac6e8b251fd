// What the command line asks for.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cache/store.h"
#include "cli/command_table.h"
#include "cli/messages.h"
#include "cli/trace_scopes.h"
#include "engine/engine.h"
#include "image/image.h"
#include "platform/socket.h"
#include "runtime/store.h"
#include "syntax/features.h"
#include "text/printer.h"
#include "vfs/memory.h"
#include "wasi/context.h"

namespace waxwing::cli {

/// A module that is instantiated first, and what others import its exports from.
struct Preload {
  std::string name;
  std::string file;
};

struct EnvironmentEntry {
  std::string name;
  std::optional<std::string> value;  // absent: the value of this process
};

/// Which compilation cache a command uses, and how.
struct CacheSettings {
  bool is_on = true;
  std::string directory;  // empty: what the environment says, or the user's own
  image::Verify verify = image::Verify::everything;
  bool is_read_only = false;
  bool requires_hit = false;
  bool refreshes = false;
  bool explains = false;
  uint64_t max_bytes = default_max_bytes;
  std::string secret_file;  // empty: images carry no authentication code
  std::string remote;       // a URL; empty: what the environment says
  bool puts_remotely = true;
  uint64_t remote_timeout_ns = 2'000'000'000;
  uint64_t max_wait_ns = 60'000'000'000;  // for another process that compiles the same

  /// wasmtime's budget is 512 MiB of compressed entries, which is some 2 GiB as they are mapped.
  static constexpr uint64_t default_max_bytes = uint64_t{2} << 30;

  void wait_at_most(uint64_t limit_ns) {
    remote_timeout_ns = std::min(remote_timeout_ns, limit_ns);
    max_wait_ns = std::min(max_wait_ns, limit_ns);
  }
};

/// What perf is told of machine code.
enum class PerfOutput : uint8_t { none, map, jitdump };

/// Where the guest finds an empty directory in memory, and how much that holds.
struct MemoryDirectory {
  std::string guest_path;
  uint64_t max_bytes = vfs::MemoryOptions().max_bytes;
};

/// A tar archive, and where the guest finds what it holds.
struct ArchiveMount {
  std::string file;
  std::string guest_path;
};

/// Where the guest is to have a listener.
struct ListenerArgument {
  platform::TcpAddress address;
  bool nonblocking = false;
};

struct RunOptions {
  std::string file;                     // "-" is standard input
  std::vector<std::string> guest_args;  // without the program's name
  std::vector<wasi::Preopen> preopens;
  std::vector<MemoryDirectory> memory_directories;
  std::vector<ArchiveMount> archives;
  std::vector<ListenerArgument> listeners;
  wasi::QuotaConfig quota;
  std::vector<EnvironmentEntry> environment;
  bool inherits_environment = false;
  std::optional<std::string> standard_input;  // a file; none, or "-": this process's
  std::optional<std::string> invoke;
  std::vector<Preload> preloads;
  std::optional<uint64_t> timeout_ns;
  std::optional<uint64_t> fuel;
  bool is_deterministic = false;  // clocks and random numbers; of code, `codegen` tells
  bool has_source_lines = true;   // in backtraces
  TraceScopes trace;
  PerfOutput perf = PerfOutput::none;
  bool tells_gdb = false;
  runtime::StoreLimits limits;
  syntax::FeatureSet features = syntax::FeatureSet::defaults();
  engine::Tier tier = engine::Tier::automatic;
  engine::CodegenConfig codegen;
  CacheSettings cache;
  bool allows_precompiled = false;
};

struct CompileOptions {
  std::string file;
  std::string
      output;  // of an artefact; empty: the module goes into the cache; "-" is standard output
  syntax::FeatureSet features = syntax::FeatureSet::defaults();
  engine::Tier tier = engine::Tier::automatic;
  engine::CodegenConfig codegen;
  CacheSettings cache;
};

/// waxwing cache: what is to be done with it.
struct CacheCommandOptions {
  enum class Action : uint8_t { stats, ls, verify, prune, clear, warm, path };

  Action action = Action::path;
  CacheSettings cache;
  bool as_json = false;
  bool repairs = false;  // of verify
  // Of prune.
  cache::Budget budget;
  std::optional<uint64_t> max_age_ns;
  bool removes_other_builds = false;
  // Of warm.
  std::vector<std::string> files;
  syntax::FeatureSet features = syntax::FeatureSet::defaults();
  engine::Tier tier = engine::Tier::automatic;
  engine::CodegenConfig codegen;
};

struct ValidateOptions {
  std::vector<std::string> files;
  syntax::FeatureSet features = syntax::FeatureSet::defaults();
};

struct InspectOptions {
  std::string file;
  bool as_json = false;
};

struct WastOptions {
  std::vector<std::string> files;
  bool as_json = false;
  bool is_verbose = false;
  bool stresses_gc = false;
  std::optional<uint64_t> timeout_ns;  // of each file
  syntax::FeatureSet features = syntax::FeatureSet::defaults();
  engine::Tier tier = engine::Tier::automatic;
  engine::CodegenConfig codegen;
  CacheSettings cache;
  bool goes_through_artefacts = false;  // each module is compiled to an image, which is loaded
};

struct Wat2WasmOptions {
  std::string file;
  std::string output;  // empty: the file's name with .wasm; "-" is standard output
  bool has_names = true;
  bool is_checked = true;
  syntax::FeatureSet features = syntax::FeatureSet::all();
};

struct Wasm2WatOptions {
  std::string file;
  std::string output = "-";
  text::PrintOptions style;
};

struct DumpOptions {
  enum class Stage : uint8_t { module, validate, assembly };

  std::string file;
  Stage stage = Stage::module;
  std::optional<std::string> func;  // its index or name
  engine::CodegenConfig codegen;    // of Stage::assembly
  bool shows_bytes = false;         // there
  syntax::FeatureSet features = syntax::FeatureSet::all();
};

struct FeaturesOptions {};
struct VersionOptions {};

/// Which shell's completion is to be printed.
struct CompletionOptions {
  std::string shell;
};

/// A page of the manual, or all of them into a folder.
struct ManOptions {
  std::string command;  // empty: waxwing itself
  std::string folder;   // empty: standard output
};

struct HelpOptions {
  std::string text;
  CommandDescription command = {};  // of which it is the help, where it is of one
};

using Command =
    std::variant<RunOptions, CompileOptions, CacheCommandOptions, ValidateOptions, InspectOptions,
                 WastOptions, Wat2WasmOptions, Wasm2WatOptions, DumpOptions, FeaturesOptions,
                 VersionOptions, CompletionOptions, ManOptions, HelpOptions>;

/// Reads the arguments behind the program's name. Failures are of usage.
Fallible<Command> parse_command_line(std::span<char* const> args);

}  // namespace waxwing::cli

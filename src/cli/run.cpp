// waxwing run: instantiates a program with all that it was given, and calls it.
#include <algorithm>
#include <memory>

#include "cli/code_names.h"
#include "cli/commands.h"
#include "cli/deadline.h"
#include "cli/environment.h"
#include "cli/invoke.h"
#include "cli/module_compiler.h"
#include "cli/module_file.h"
#include "cli/progress.h"
#include "cli/trace.h"
#include "imports/helpers.h"
#include "runtime/linker.h"
#include "runtime/text.h"
#include "runtime/value.h"
#include "vfs/archive.h"
#include "wasi/register.h"
#include "wasi/stream_file.h"

namespace waxwing::cli {
namespace {

using runtime::CompiledModule;
using runtime::Func;
using runtime::Instance;
using runtime::Trap;
using runtime::Value;

/// The file's name without its directories: what a program is told that it is called.
std::string base_name(std::string_view file) {
  return std::string(file.substr(file.find_last_of('/') + 1));
}

/// What backtraces call it.
std::string stem(std::string_view file) {
  std::string name = base_name(file);
  for (std::string_view ending : {".wasm", ".wat"}) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

bool imports_wasi(const syntax::Module& module) {
  return std::ranges::any_of(module.imports, [](const syntax::Import& import) {
    return import.module == "wasi_snapshot_preview1" || import.module == "wasi_unstable";
  });
}

/// Whether it imports what AssemblyScript and Emscripten need of the host.
bool imports_helpers(const syntax::Module& module) {
  return std::ranges::any_of(module.imports, [](const syntax::Import& import) {
    return import.module == imports::module_name && imports::is_helper(import.name);
  });
}

/// A module of the command line.
struct Unit {
  const std::string& file;
  std::shared_ptr<const CompiledModule> compiled;
};

/// No module uses WASI: tells which options gave it something all the same.
void warn_of_unused(const RunOptions& options) {
  const auto has_overlay = [](const wasi::Preopen& preopen) { return preopen.overlay.has_value(); };
  const std::pair<bool, std::string_view> given[] = {
      {!std::ranges::all_of(options.preopens, has_overlay), "--dir"},
      {std::ranges::any_of(options.preopens, has_overlay), "--overlay"},
      {!options.memory_directories.empty(), "--tmpfs"},
      {!options.archives.empty(), "--tar"},
      {!options.listeners.empty(), "--listen"},
      {options.standard_input.has_value(), "--stdin"}};
  std::string names;
  for (const auto& [is_given, name] : given) {
    if (is_given) names.append(names.empty() ? "" : ", ").append(name);
  }
  if (!names.empty()) warn(names + ": no effect, since no module uses WASI");
}

/// One run. Each step fails with what ends it; a program that ends by itself "fails" with its exit
/// code and without words.
class Run {
 public:
  Run(const RunOptions& options, const ModuleCache& cache, platform::CodeListeners listeners)
      : options_(options),
        cache_(cache),
        engine_({.features = options.features,
                 .tier = options.tier,
                 .codegen = with_progress(options.codegen, progress_),
                 .cache = cache.compilations(),
                 .code_listeners = std::move(listeners)}) {}

  Fallible<> execute();

 private:
  using Reason = std::variant<base::Error, Trap>;

  Fallible<Unit> compile(const std::string& file);
  Fallible<> link_wasi();
  Fallible<> link_helpers(const Unit& unit);
  Fallible<wasi::StandardStream> open_standard_input() const;
  Fallible<> add_listeners(wasi::ContextConfig& config) const;
  Fallible<Instance*> instantiate(const Unit& unit);
  Fallible<> initialize(const Unit& unit, Instance& instance);
  Fallible<> run_main(const Unit& main, Instance& instance);
  Fallible<> invoke(const Unit& main, Instance& instance);
  Fallible<std::vector<Value>> call(const Unit& unit, Func& func, std::span<const Value> args);
  Fallible<> check_deadline(const std::string& file) const;

  const RunOptions& options_;
  const ModuleCache& cache_;
  Progress progress_;
  engine::Engine engine_;
  std::unique_ptr<runtime::Store> store_;
  std::unique_ptr<Deadline> deadline_;
  runtime::Linker linker_;
  std::optional<imports::Helpers> helpers_;  // where a module needs them
};

Failure failure_of_unit(const Unit& unit, const RunOptions& options,
                        const std::variant<base::Error, Trap>& reason) {
  const std::string subject = display_name(unit.file);
  if (const auto* error = std::get_if<base::Error>(&reason)) return failure_of(subject, *error);
  Trap trap = std::get<Trap>(reason);
  if (!options.has_source_lines) trap.forget_sources();
  if (trap.code == syntax::TrapCode::out_of_fuel && options.fuel) {
    Failure failure = failure_of(subject, trap);
    failure.hint = std::to_string(*options.fuel) + " were given; " + failure.hint;
    return failure;
  }
  if (trap.code != syntax::TrapCode::exit) return failure_of(subject, trap);
  constexpr int max_status = 255;
  if (trap.exit_status < 0 || trap.exit_status > max_status) {
    warn(subject + ": the exit code " + std::to_string(trap.exit_status) +
         " does not fit 8 bits; the low ones count");
  }
  return {trap.exit_status & max_status, {}, {}};
}

Fallible<> Run::execute() {
  auto store = engine_.new_store(options_.limits);
  if (!store) return std::unexpected(failure_of("--max-stack", store.error()));
  store_ = *std::move(store);
  if (options_.fuel) store_->set_fuel(*options_.fuel);
  if (options_.timeout_ns) deadline_ = TRY(Deadline::start(*store_, *options_.timeout_ns));
  if (options_.trace.any())
    store_->set_func_listener(std::make_shared<CallTracer>(options_.trace, *store_));

  std::vector<Unit> preloads;
  preloads.reserve(options_.preloads.size());
  for (const Preload& preload : options_.preloads) preloads.push_back(TRY(compile(preload.file)));
  const Unit main = TRY(compile(options_.file));
  cache_.write_counters();
  const auto uses_wasi = [](const Unit& unit) {
    const syntax::Module& module = unit.compiled->module;
    return imports_wasi(module) || imports_helpers(module);
  };
  if (uses_wasi(main) || std::ranges::any_of(preloads, uses_wasi)) {
    TRY(link_wasi());
  } else {
    warn_of_unused(options_);
  }

  for (size_t i = 0; i < preloads.size(); ++i) {
    Instance& instance = *TRY(instantiate(preloads[i]));
    TRY(initialize(preloads[i], instance));
    const auto defined = linker_.define_instance(options_.preloads[i].name, instance);
    if (!defined) return std::unexpected(failure_of("--preload", defined.error()));
  }
  return run_main(main, *TRY(instantiate(main)));
}

Fallible<Unit> Run::compile(const std::string& file) {
  const Progress::Scope progress(progress_, display_name(file));
  const ModuleCompiler compiler(engine_, cache_, deadline_ ? deadline_->flag() : nullptr);
  auto compiled = compiler.compile_or_load(file, stem(file), options_.allows_precompiled);
  if (!compiled) TRY(check_deadline(file));
  return Unit{file, TRY(std::move(compiled)).module};
}

Fallible<> Run::link_wasi() {
  wasi::ContextConfig config;
  config.args.push_back(base_name(options_.file));
  if (!options_.invoke) {
    config.args.insert(config.args.end(), options_.guest_args.begin(), options_.guest_args.end());
  }
  config.env = guest_environment(options_);
  config.preopens = options_.preopens;
  config.quota = options_.quota;
  const auto set_clock = [this](vfs::MemoryOptions& memory) {
    if (options_.is_deterministic) memory.now_ns = [] { return wasi::counting_begin_ns; };
  };
  uint64_t device = 0;
  for (wasi::Preopen& preopen : config.preopens) {
    if (!preopen.overlay) continue;
    preopen.overlay->device = ++device;
    set_clock(*preopen.overlay);
  }
  for (const MemoryDirectory& directory : options_.memory_directories) {
    vfs::MemoryOptions memory{.max_bytes = directory.max_bytes,
                              .device = vfs::own_device(++device)};
    set_clock(memory);
    config.preopens.push_back(
        {.guest_path = directory.guest_path, .directory = vfs::make_memory_directory(memory)});
  }
  for (const ArchiveMount& archive : options_.archives) {
    constexpr uint64_t max_size_bytes = uint64_t{4} << 30;
    auto contents = platform::FileContents::read(archive.file, max_size_bytes);
    if (!contents) return std::unexpected(failure_of("--tar", contents.error()));
    auto directory = vfs::open_tar(*std::move(contents), vfs::own_device(++device));
    if (!directory) return std::unexpected(failure_of("--tar " + archive.file, directory.error()));
    config.preopens.push_back({.guest_path = archive.guest_path, .directory = *directory});
  }
  TRY(add_listeners(config));
  if (options_.is_deterministic) {
    config.clocks = wasi::counting_clocks();
    config.random = wasi::seeded_random(wasi::usual_seed);
  }
  config.standard_input = TRY(open_standard_input());
  config.standard_output = platform::File::standard_output();
  config.standard_error = platform::File::standard_error();
  auto context = wasi::Context::create(std::move(config));
  if (!context) return std::unexpected(failure_of("--dir", context.error()));
  helpers_.emplace(*context, imports::HelperOptions());
  const auto added = wasi::add_to_linker(linker_, *store_, *std::move(context));
  if (!added) return std::unexpected(failure_of("WASI", added.error()));
  return {};
}

/// What it imports of AssemblyScript's and Emscripten's functions, unless a module was given that
/// exports it.
Fallible<> Run::link_helpers(const Unit& unit) {
  if (!helpers_) return {};
  const CompiledModule& compiled = *unit.compiled;
  for (const syntax::Import& import : compiled.module.imports) {
    const auto* const type = std::get_if<syntax::TypeIdx>(&import.type);
    if (!type || import.module != imports::module_name || !imports::is_helper(import.name))
      continue;
    if (linker_.find(import.module, import.name)) continue;
    runtime::TypeRegistry& types = store_->types();
    auto func = helpers_->find(types, import.name, types.func_type(compiled.type_ids[*type]));
    if (!func) continue;
    const auto added = linker_.define_func(*store_, std::string(import.module),
                                           std::string(import.name), *std::move(func));
    if (!added) return std::unexpected(failure_of(display_name(unit.file), added.error()));
  }
  return {};
}

/// Tells which ports the system chose.
Fallible<> Run::add_listeners(wasi::ContextConfig& config) const {
  for (const ListenerArgument& wanted : options_.listeners) {
    auto listener = platform::listen(wanted.address);
    if (!listener) {
      return std::unexpected(
          failure_of("--listen", platform::describe(listener.error(), wanted.address.text())));
    }
    const auto address = platform::local_address(*listener);
    if (wanted.address.port == 0 && address) note("listening at " + address->text());
    config.sockets.push_back({.socket = std::make_unique<vfs::HostSocket>(*std::move(listener)),
                              .nonblocking = wanted.nonblocking});
  }
  return {};
}

Fallible<wasi::StandardStream> Run::open_standard_input() const {
  const std::string file = options_.standard_input.value_or("-");
  if (file == "-") return platform::File::standard_input();
  auto opened = wasi::open_stream_file(file, wasi::StreamUse::read);
  if (!opened)
    return std::unexpected(failure_of("--stdin", platform::describe(opened.error(), file)));
  return *std::move(opened);
}

Fallible<Instance*> Run::instantiate(const Unit& unit) {
  TRY(check_deadline(unit.file));
  TRY(link_helpers(unit));
  auto instance = linker_.instantiate(*store_, unit.compiled, stem(unit.file));
  if (!instance) return std::unexpected(failure_of_unit(unit, options_, instance.error()));
  return *instance;
}

/// Reactors, and modules that others import from, are ready after `_initialize`.
Fallible<> Run::initialize(const Unit& unit, Instance& instance) {
  const auto found = instance.find_export("_initialize");
  Func* const* func = found ? std::get_if<Func*>(&*found) : nullptr;
  if (func != nullptr) TRY(call(unit, **func, {}));
  return {};
}

Fallible<> Run::run_main(const Unit& main, Instance& instance) {
  TRY(initialize(main, instance));
  if (options_.invoke) return invoke(main, instance);
  const auto found = instance.find_export("_start");
  if (Func* const* func = found ? std::get_if<Func*>(&*found) : nullptr) {
    TRY(call(main, **func, {}));
    return {};
  }
  if (instance.module().start) return {};  // it has run
  return fail(
      exit_code::usage,
      display_name(main.file) + ": there is nothing to run: no function _start is exported",
      "--invoke FUNC calls an export; it exports " + list_exported_funcs(instance.module()));
}

Fallible<> Run::invoke(const Unit& main, Instance& instance) {
  const std::string& name = *options_.invoke;
  Func& func = *TRY(find_exported_func(instance, display_name(main.file), name));
  const syntax::FuncType& type = store_->types().func_type(func.type_id());
  const auto args = TRY(parse_arguments(type, name, options_.guest_args));
  std::string lines;
  for (const Value& result : TRY(call(main, func, args))) {
    lines += runtime::to_string(result) + "\n";
  }
  return lines.empty() ? Fallible<>() : print(lines);
}

Fallible<std::vector<Value>> Run::call(const Unit& unit, Func& func, std::span<const Value> args) {
  TRY(check_deadline(unit.file));
  auto results = runtime::call(*store_, func, args);
  if (!results) return std::unexpected(failure_of_unit(unit, options_, results.error()));
  return *std::move(results);
}

Fallible<> Run::check_deadline(const std::string& file) const {
  if (!deadline_ || !deadline_->has_passed()) return {};
  Trap trap;
  trap.code = syntax::TrapCode::deadline_exceeded;
  return std::unexpected(failure_of(display_name(file), trap));
}

}  // namespace

Fallible<int> run(const RunOptions& options) {
  const std::unique_ptr<ModuleCache> cache = TRY(ModuleCache::open(options.cache));
  Run run(options, *cache, TRY(code_listeners(options)));
  TRY(run.execute());
  return exit_code::success;
}

}  // namespace waxwing::cli

// Linkers: what was defined, and finding it for a module's imports.
#include "waxwing/linker.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "api/convert.h"
#include "api/core.h"
#include "api/helper_world.h"
#include "api/wasi_directories.h"
#include "api/wasi_stream.h"
#include "runtime/missing_import.h"
#include "runtime/text.h"
#include "wasi/register.h"

namespace waxwing {

using detail::Access;
using detail::StoreCore;

struct Linker::State {
  using Definition = std::variant<HostFunc, Extern>;
  using Names = std::map<std::string, Definition, std::less<>>;

  Result<> define(std::string module, std::string name, Definition definition) {
    Names& names = modules[std::move(module)];
    const auto found = names.find(name);
    if (found == names.end()) {
      names.emplace(std::move(name), std::move(definition));
    } else if (allow_shadowing) {
      found->second = std::move(definition);
    } else {
      return api::fail(ErrorCode::unlinkable, runtime::quoted(name) +
                                                  " is defined already; Linker::allow_shadowing "
                                                  "lets later definitions replace earlier ones");
    }
    return {};
  }

  const Definition* find(std::string_view module, std::string_view name) const {
    const auto names = modules.find(module);
    if (names == modules.end()) return nullptr;
    const auto found = names->second.find(name);
    return found == names->second.end() ? nullptr : &found->second;
  }

  Result<std::optional<runtime::Extern>> resolve(Store& store,
                                                 const runtime::CompiledModule& compiled,
                                                 const syntax::Import& import) const;
  Result<std::optional<runtime::Extern>> find_helper(StoreCore& core,
                                                     const runtime::CompiledModule& compiled,
                                                     const syntax::Import& import) const;
  void set_helpers(const imports::HelperOptions& options);
  Error missing(const runtime::CompiledModule& compiled, const syntax::Import& import) const;
  Result<std::vector<runtime::Extern>> resolve_all(Store& store,
                                                   const runtime::CompiledModule& compiled) const;

  std::map<std::string, Names, std::less<>> modules;
  std::shared_ptr<const WasiConfig> wasi;
  std::shared_ptr<const detail::HelperConfig> helpers;
  std::shared_ptr<const GuardedResolver> resolver;
  bool allow_shadowing = false;
};

namespace {

constexpr imports::HelperOptions no_helpers{.assemblyscript = false, .emscripten = false};
using Output = AssemblyScriptConfig::Output;
static_assert(int(Output::none) == int(imports::TraceOutput::none) &&
              int(Output::standard_output) == int(imports::TraceOutput::standard_output) &&
              int(Output::standard_error) == int(imports::TraceOutput::standard_error));

bool is_wasi(std::string_view module) {
  return module == "wasi_snapshot_preview1" || module == "wasi_unstable";
}

base::Result<std::shared_ptr<wasi::Context>> make_world(StoreCore& core, const WasiConfig& config) {
  wasi::ContextConfig inner;
  inner.args = config.args;
  inner.env = config.env;
  TRY(api::add_sources(core, config, inner));
  inner.preopens = TRY(api::preopens_of(core, config, inner.clocks));
  for (const WasiSocket& socket : config.sockets) {
    const detail::SocketCore& shared = Access::core(socket);
    auto own = shared.socket.duplicate();
    // It may listen since it was taken, and whoever shares it may have had it block again.
    auto ready = own ? platform::FileResult<>() : std::unexpected(own.error());
    if (own && platform::is_listening(*own)) ready = own->set_status_flags(false, true);
    if (!ready) return std::unexpected(platform::describe(ready.error(), "cannot give a socket"));
    inner.sockets.push_back({.socket = std::make_unique<vfs::HostSocket>(*std::move(own)),
                             .nonblocking = shared.nonblocking});
  }
  inner.max_descriptors = config.max_descriptors;
  inner.quota = {.max_written_bytes = config.max_written_bytes, .max_entries = config.max_entries};
  return wasi::Context::create(std::move(inner));
}

/// The world of that configuration, good until the next is made.
Result<const detail::WasiWorld*> world_of(StoreCore& core,
                                          const std::shared_ptr<const WasiConfig>& config) {
  for (const detail::WasiWorld& world : core.wasi_worlds)
    if (world.config == config) return &world;
  // Whoever is asked for files or the time may give the linker another configuration.
  detail::WasiWorld world{.config = config, .context = nullptr, .functions = {}};
  auto context = make_world(core, *world.config);
  if (!context) return api::fail(context.error());
  world.context = *std::move(context);
  const auto added = wasi::add_to_linker(world.functions, *core.store, world.context);
  if (!added) return api::fail(added.error());
  return &core.wasi_worlds.emplace_back(std::move(world));
}

}  // namespace

void Linker::State::set_helpers(const imports::HelperOptions& options) {
  helpers = std::make_shared<const detail::HelperConfig>(
      detail::HelperConfig{options, wasi ? wasi : std::make_shared<const WasiConfig>()});
}

Result<std::optional<runtime::Extern>> Linker::State::find_helper(
    StoreCore& core, const runtime::CompiledModule& compiled, const syntax::Import& import) const {
  if (!helpers || import.module != imports::module_name) return std::nullopt;
  const std::shared_ptr<const detail::HelperConfig> config = helpers;
  const auto known = std::ranges::find(core.helper_worlds, config,
                                       [](const auto& world) { return world->config; });
  std::shared_ptr<detail::HelperWorld> world;
  if (known != core.helper_worlds.end()) {
    world = *known;
  } else {
    const auto wasi_world = world_of(core, config->wasi);
    if (!wasi_world) return std::unexpected(wasi_world.error());
    world = core.helper_worlds.emplace_back(
        std::make_shared<detail::HelperWorld>(config, (*wasi_world)->context));
  }
  const auto found = world->find(*core.store, compiled, import);
  if (!found) return api::fail(found.error());
  return *found;
}

Result<std::optional<runtime::Extern>> Linker::State::resolve(
    Store& store, const runtime::CompiledModule& compiled, const syntax::Import& import) const {
  StoreCore& core = *Access::core(store);
  if (const Definition* const found = find(import.module, import.name)) {
    if (const auto* const func = std::get_if<HostFunc>(found)) {
      const auto made = detail::host_func_in(core, *func);
      if (!made) return std::unexpected(made.error());
      return *made;
    }
    const auto object = detail::to_runtime(core, std::get<Extern>(*found));
    if (object) return *object;
    return api::fail(object.error().code(), "the definition of " + runtime::quoted(import.module) +
                                                " " + runtime::quoted(import.name) + " is " +
                                                object.error().message());
  }
  if (wasi && is_wasi(import.module)) {
    const auto world = world_of(core, wasi);
    if (!world) return std::unexpected(world.error());
    if (const auto found = (*world)->functions.find(import.module, import.name)) return *found;
  }
  if (const auto found = find_helper(core, compiled, import); !found || *found) return found;
  if (!resolver) return std::nullopt;
  const ImportType asked{
      .module = std::string(import.module),
      .name = std::string(import.name),
      .type = api::engine_wide(api::type_of(compiled.module, import), compiled.type_ids)};
  std::exception_ptr thrown;
  const std::shared_ptr<const GuardedResolver> kept = resolver;
  const std::optional<Extern> found = (*kept)(store, asked, thrown);
  if (thrown) {
    return std::unexpected(Error(
        Trap{.code = TrapCode::host_error, .detail = "the resolver of imports threw"}, thrown));
  }
  if (const auto opened = core.open_for_calls(); !opened) return std::unexpected(opened.error());
  if (!found) return std::nullopt;
  const auto object = detail::to_runtime(core, *found);
  if (!object) return std::unexpected(object.error());
  return *object;
}

Error Linker::State::missing(const runtime::CompiledModule& compiled,
                             const syntax::Import& import) const {
  std::vector<std::string_view> defined;
  if (const auto names = modules.find(import.module); names != modules.end())
    for (const auto& [name, definition] : names->second) defined.push_back(name);
  size_t others = 0;
  for (const syntax::Import& other : compiled.module.imports) {
    if (&other == &import) continue;
    const bool is_known =
        find(other.module, other.name) || (wasi && is_wasi(other.module)) ||
        (helpers && other.module == imports::module_name && imports::is_helper(other.name));
    if (!is_known && !resolver) ++others;
  }
  std::string detail = runtime::describe({.module = import.module,
                                          .name = import.name,
                                          .type_text = runtime::to_string(import, compiled),
                                          .defined = defined,
                                          .others_missing = others});
  return api::to_public({base::ErrorCode::unknown_import, import.offset, std::move(detail)});
}

Linker::Linker() : state_(std::make_shared<State>()) {}
Linker::Linker(const Linker& other) : state_(std::make_shared<State>(*other.state_)) {}
Linker::Linker(Linker&& other) noexcept
    : state_(std::exchange(other.state_, std::make_shared<State>())) {}
Linker& Linker::operator=(const Linker& other) {
  Linker copy(other);
  std::swap(state_, copy.state_);
  return *this;
}
Linker& Linker::operator=(Linker&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}
Linker::~Linker() = default;

Result<> Linker::func(std::string module, std::string name, HostFunc func) {
  return state_->define(std::move(module), std::move(name), std::move(func));
}

Result<> Linker::define(std::string module, std::string name, Extern object) {
  return state_->define(std::move(module), std::move(name), std::move(object));
}

Result<> Linker::instance(const std::string& module, const Instance& instance) {
  auto exports = instance.exports();
  if (!exports) return std::unexpected(exports.error());
  for (auto& [name, object] : *exports) {
    auto defined = define(module, std::move(name), std::move(object));
    if (!defined) return defined;
  }
  return {};
}

Result<> Linker::wasi() { return wasi(WasiConfig()); }
Result<> Linker::wasi(WasiConfig config) {
  if (state_->wasi && !state_->allow_shadowing)
    return api::fail(ErrorCode::unlinkable, "WASI is defined already");
  state_->wasi = std::make_shared<const WasiConfig>(std::move(config));
  if (state_->helpers) state_->set_helpers(state_->helpers->options);
  return {};
}

Result<> Linker::assemblyscript(const AssemblyScriptConfig& config) {
  imports::HelperOptions options = state_->helpers ? state_->helpers->options : no_helpers;
  if (options.assemblyscript && !state_->allow_shadowing)
    return api::fail(ErrorCode::unlinkable, "AssemblyScript's functions are defined already");
  options.assemblyscript = true;
  options.abort_message = config.abort_message;
  options.trace = imports::TraceOutput(config.trace);
  state_->set_helpers(options);
  return {};
}

Result<> Linker::emscripten() {
  imports::HelperOptions options = state_->helpers ? state_->helpers->options : no_helpers;
  if (options.emscripten && !state_->allow_shadowing)
    return api::fail(ErrorCode::unlinkable, "Emscripten's functions are defined already");
  options.emscripten = true;
  state_->set_helpers(options);
  return {};
}

void Linker::allow_shadowing(bool allowed) { state_->allow_shadowing = allowed; }
void Linker::set_guarded_resolver(GuardedResolver resolver) {
  state_->resolver =
      resolver ? std::make_shared<const GuardedResolver>(std::move(resolver)) : nullptr;
}

Result<std::vector<runtime::Extern>> Linker::State::resolve_all(
    Store& store, const runtime::CompiledModule& compiled) const {
  std::vector<runtime::Extern> imports;
  imports.reserve(compiled.module.imports.size());
  for (const syntax::Import& import : compiled.module.imports) {
    const auto found = resolve(store, compiled, import);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::unexpected(missing(compiled, import));
    imports.push_back(**found);
  }
  return imports;
}

Result<Instance> Linker::try_instantiate(Store& store, const Module& module,
                                         const CallOptions& options) const {
  const std::shared_ptr<StoreCore> core = Access::core(store);
  if (const auto opened = core->open_for_calls(); !opened) return std::unexpected(opened.error());
  const detail::Pin pin(*core);
  // Whoever is asked may end the others.
  Store kept = Access::borrowed(core);
  const Module kept_module = module;  // NOLINT(performance-unnecessary-copy-initialization)
  const std::shared_ptr<const State> state = state_;
  const auto imports = state->resolve_all(kept, *Access::core(kept_module)->compiled);
  if (!imports) return std::unexpected(imports.error());
  return detail::instantiate(*core, kept_module, *imports, options);
}

Result<Instance> Linker::try_instantiate(Store& store, const Snapshot& snapshot) const {
  const std::shared_ptr<StoreCore> core = Access::core(store);
  if (const auto opened = core->open_for_calls(); !opened) return std::unexpected(opened.error());
  const detail::Pin pin(*core);
  Store kept = Access::borrowed(core);
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): as above
  const Snapshot kept_snapshot = snapshot;
  const std::shared_ptr<const State> state = state_;
  const auto imports = state->resolve_all(kept, *Access::image(kept_snapshot).compiled());
  if (!imports) return std::unexpected(imports.error());
  return detail::instantiate(*core, kept_snapshot, *imports);
}

}  // namespace waxwing

// Linkers and WASI.
#include "waxwing/linker.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "c_api/func.h"
#include "c_api/ref.h"
#include "c_api/types.h"
#include "c_api/wasi.h"
#include "waxwing/c.h"

struct waxwing_linker_t {
  /// A function that each store gets for itself, when it needs it.
  struct HostFunc {
    waxwing::FuncType type;
    waxwing::c_api::HostCode code;
  };
  using Name = std::pair<std::string, std::string>;

  waxwing::Linker linker;  // all but the functions of C
  std::map<Name, std::shared_ptr<const HostFunc>> funcs;
  bool allows_shadowing = false;
};

using namespace waxwing::c_api;
using waxwing::Error;
using waxwing::ErrorCode;

namespace {

waxwing_error_t* missing_argument() {
  return new_error(ErrorCode::invalid_argument, "a linker, a name or an object is null");
}

waxwing_error_t* name_taken(const std::string& module, const std::string& name) {
  return new_error(ErrorCode::unlinkable,
                   "the import " + module + "." + name +
                       " is defined already; allow shadowing, or use another name");
}

/// The function in that store. Made once for each store.
waxwing::Result<waxwing::Func> func_in(
    const StorePtr& store, const std::shared_ptr<const waxwing_linker_t::HostFunc>& host) {
  const auto known = store->linked_funcs.find(host);
  if (known != store->linked_funcs.end()) return known->second;
  auto made = make_host_func(store, host->type, host->code);
  if (made && !store->has_ended) store->linked_funcs.emplace(host, *made);
  return made;
}

}  // namespace

// -- WASI

waxwing_wasi_config_t* waxwing_wasi_config_new() {
  return new (std::nothrow) waxwing_wasi_config_t;
}
waxwing_wasi_config_t* waxwing_wasi_config_new_for_command() {
  return new (std::nothrow) waxwing_wasi_config_t{.config = waxwing::WasiConfig::for_command()};
}
void waxwing_wasi_config_delete(waxwing_wasi_config_t* config) { delete config; }

void waxwing_wasi_config_set_args(waxwing_wasi_config_t* config, size_t argc,
                                  const char* const argv[]) {
  if (!config || !argv) return;
  config->config.args.clear();
  for (size_t i = 0; i < argc && argv[i]; ++i) config->config.args.emplace_back(argv[i]);
}

void waxwing_wasi_config_add_env(waxwing_wasi_config_t* config, const char* name,
                                 const char* value) {
  if (config && name && value) config->config.env.push_back(std::string(name) + "=" + value);
}

void waxwing_wasi_config_add_directory(waxwing_wasi_config_t* config, const char* host_path,
                                       const char* guest_path, bool read_only) {
  if (!config || !host_path || !guest_path) return;
  config->config.directories.push_back({.host_path = host_path,
                                        .guest_path = guest_path,
                                        .read_only = read_only,
                                        .special_files = config->allows_special_files});
}

void waxwing_wasi_config_add_memory_directory(waxwing_wasi_config_t* config, const char* guest_path,
                                              uint64_t max_bytes) {
  if (!config || !guest_path) return;
  config->config.memory_directories.push_back({.guest_path = guest_path, .max_bytes = max_bytes});
}

namespace {
waxwing_error_t* add_socket(waxwing_wasi_config_t& config,
                            const waxwing::Result<waxwing::WasiSocket>& socket) {
  if (!socket) return new_error(socket);
  config.config.sockets.push_back(*socket);
  return nullptr;
}
}  // namespace

waxwing_error_t* waxwing_wasi_config_add_listener(waxwing_wasi_config_t* config,
                                                  const char* address, bool nonblocking,
                                                  uint16_t* port) {
  if (!config || !address)
    return new_error(ErrorCode::invalid_argument, "a configuration or an address is null");
  const auto socket = waxwing::WasiSocket::listen(address, {.nonblocking = nonblocking});
  if (socket && port) *port = socket->port();
  return add_socket(*config, socket);
}

waxwing_error_t* waxwing_wasi_config_add_socket(waxwing_wasi_config_t* config, int descriptor,
                                                bool nonblocking) {
  if (!config) return new_error(ErrorCode::invalid_argument, "a configuration is null");
  return add_socket(*config, waxwing::WasiSocket::own(descriptor, {.nonblocking = nonblocking}));
}

void waxwing_wasi_config_add_overlay(waxwing_wasi_config_t* config, const char* host_path,
                                     const char* guest_path, uint64_t max_bytes) {
  if (!config || !host_path || !guest_path) return;
  config->config.overlays.push_back(
      {.host_path = host_path, .guest_path = guest_path, .max_bytes = max_bytes});
}

void waxwing_wasi_config_allow_special_files(waxwing_wasi_config_t* config, bool is_on) {
  if (!config) return;
  config->allows_special_files = is_on;
  for (waxwing::WasiDirectory& directory : config->config.directories) {
    directory.special_files = is_on;
  }
}
void waxwing_wasi_config_set_max_descriptors(waxwing_wasi_config_t* config, uint32_t max) {
  if (config) config->config.max_descriptors = max;
}
void waxwing_wasi_config_set_max_written_bytes(waxwing_wasi_config_t* config, uint64_t max) {
  if (config) config->config.max_written_bytes = max;
}
void waxwing_wasi_config_set_max_entries(waxwing_wasi_config_t* config, uint64_t max) {
  if (config) config->config.max_entries = max;
}

namespace {
void set_stream(waxwing::WasiStream& stream, bool is_inherited) {
  stream = is_inherited ? waxwing::WasiStream::inherit : waxwing::WasiStream::null;
}
}  // namespace

void waxwing_wasi_config_inherit_stdin(waxwing_wasi_config_t* config, bool is_on) {
  if (config) set_stream(config->config.standard_input, is_on);
}
void waxwing_wasi_config_inherit_stdout(waxwing_wasi_config_t* config, bool is_on) {
  if (config) set_stream(config->config.standard_output, is_on);
}
void waxwing_wasi_config_inherit_stderr(waxwing_wasi_config_t* config, bool is_on) {
  if (config) set_stream(config->config.standard_error, is_on);
}
void waxwing_wasi_config_set_host_clocks(waxwing_wasi_config_t* config, bool is_on) {
  if (config) config->config.host_clocks = is_on;
}
void waxwing_wasi_config_set_host_random(waxwing_wasi_config_t* config, bool is_on) {
  if (config) config->config.host_random = is_on;
}

// -- Linkers

waxwing_linker_t* waxwing_linker_new() { return new (std::nothrow) waxwing_linker_t; }
void waxwing_linker_delete(waxwing_linker_t* linker) { delete linker; }

void waxwing_linker_allow_shadowing(waxwing_linker_t* linker, bool allowed) {
  if (!linker) return;
  linker->allows_shadowing = allowed;
  linker->linker.allow_shadowing(allowed);
}

waxwing_error_t* waxwing_linker_define(waxwing_linker_t* linker, const char* module,
                                       const char* name, const wasm_extern_t* handle) {
  const auto object = extern_of(handle);
  if (!linker || !module || !name || !object) return missing_argument();
  const waxwing_linker_t::Name key(module, name);
  if (linker->funcs.contains(key) && !linker->allows_shadowing) return name_taken(module, name);
  auto* const error = new_error(linker->linker.define(module, name, *object));
  if (!error) linker->funcs.erase(key);
  return error;
}

waxwing_error_t* waxwing_linker_define_func(waxwing_linker_t* linker, const char* module,
                                            const char* name, const wasm_functype_t* type,
                                            const waxwing_host_func_t* func) {
  if (!func) return missing_argument();
  const HostCode code{.call = func->callback,
                      .env = std::make_shared<const HostInfo>(func->env, func->finalizer)};
  if (!linker || !module || !name) return missing_argument();
  if (auto fault = find_fault(type, code)) return new_error(*std::move(fault));
  const waxwing_linker_t::Name key(module, name);
  if (linker->funcs.contains(key) && !linker->allows_shadowing) return name_taken(module, name);
  // Holds the name, for all other definitions to meet.
  const auto reserved = linker->linker.func(
      module, name,
      waxwing::HostFunc(to_cpp(*type), [](waxwing::Caller&, auto, auto) -> waxwing::Result<> {
        return std::unexpected(Error(ErrorCode::unlinkable, "a function without its store"));
      }));
  if (!reserved) return new_error(reserved);
  linker->funcs.insert_or_assign(key, std::make_shared<const waxwing_linker_t::HostFunc>(
                                          waxwing_linker_t::HostFunc{to_cpp(*type), code}));
  return nullptr;
}

waxwing_error_t* waxwing_linker_define_instance(waxwing_linker_t* linker, const char* module,
                                                const wasm_instance_t* handle) {
  const auto* const instance = find<waxwing::Instance>(handle);
  if (!linker || !module || !instance) return missing_argument();
  auto* const error = new_error(linker->linker.instance(module, *instance));
  if (error || !linker->allows_shadowing) return error;
  const auto exports = instance->exports();
  if (!exports) return new_error(exports);
  for (const auto& entry : *exports) linker->funcs.erase({module, entry.first});
  return nullptr;
}

waxwing_error_t* waxwing_linker_define_wasi(waxwing_linker_t* linker,
                                            const waxwing_wasi_config_t* config) {
  if (!linker) return missing_argument();
  return new_error(linker->linker.wasi(config ? config->config : waxwing::WasiConfig()));
}

waxwing_error_t* waxwing_linker_define_assemblyscript(waxwing_linker_t* linker,
                                                      bool has_abort_message,
                                                      waxwing_trace_output_t trace) {
  if (!linker) return missing_argument();
  if (trace > WAXWING_TRACE_STDERR)
    return new_error(ErrorCode::invalid_argument, "there is no such output for traces");
  return new_error(linker->linker.assemblyscript(
      {.abort_message = has_abort_message,
       .trace = static_cast<waxwing::AssemblyScriptConfig::Output>(trace)}));
}

waxwing_error_t* waxwing_linker_define_emscripten(waxwing_linker_t* linker) {
  return linker ? new_error(linker->linker.emscripten()) : missing_argument();
}

waxwing_error_t* waxwing_linker_instantiate(const waxwing_linker_t* linker, wasm_store_t* store,
                                            const wasm_module_t* handle, wasm_instance_t** out) {
  if (out) *out = nullptr;
  const auto* const module = find<std::shared_ptr<ModuleObject>>(handle);
  if (!linker || !store || !module || !out) return missing_argument();
  const StorePtr state = store->state;
  const waxwing::Module kept = (*module)->module;
  // A linker of this store alone: the functions of C are made for it.
  waxwing::Linker own_linker = linker->linker;
  own_linker.allow_shadowing(true);
  for (const waxwing::ImportType& import : kept.imports()) {
    const auto found = linker->funcs.find({import.module, import.name});
    if (found == linker->funcs.end()) continue;
    const auto func = func_in(state, found->second);
    if (!func) return new_error(func);
    if (auto defined = own_linker.define(import.module, import.name, *func); !defined)
      return new_error(defined);
  }
  auto instance = own_linker.try_instantiate(state->store, kept, state->call_options);
  state->host_trap = nullptr;
  if (!instance) return new_error(instance);
  *out = new_instance(state, *std::move(instance));
  return nullptr;
}

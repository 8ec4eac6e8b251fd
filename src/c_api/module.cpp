// Modules and instances.
#include <algorithm>
#include <chrono>
#include <stop_token>
#include <utility>

#include "c_api/ref.h"
#include "c_api/trap.h"
#include "c_api/types.h"
#include "c_api/vec.h"
#include "waxwing/c.h"

/// What threads share of a module: without a store.
struct wasm_shared_module_t {
  std::shared_ptr<const waxwing::c_api::ModuleObject> object;
};

struct waxwing_stop_t {
  std::stop_source source;
};

struct waxwing_compile_options_t {
  waxwing::CompileOptions options;
};

using namespace waxwing::c_api;
using waxwing::Error;
using waxwing::ErrorCode;
using waxwing::Result;

namespace {

std::span<const uint8_t> to_bytes(const wasm_byte_vec_t* vec) {
  const auto bytes = elements(vec);
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

using ModulePtr = std::shared_ptr<ModuleObject>;

const ModuleObject* find_module(const wasm_module_t* handle) {
  const auto* const object = find<ModulePtr>(handle);
  return object ? object->get() : nullptr;
}

wasm_module_t* new_module(const StorePtr& store, const waxwing::Module& module,
                          std::span<const uint8_t> bytes, bool is_artefact) {
  auto object = std::make_shared<ModuleObject>(module);
  object->is_artefact = is_artefact;
  if (is_artefact || object->module.binary().empty())
    object->bytes = std::make_shared<const std::vector<uint8_t>>(bytes.begin(), bytes.end());
  return new_handle<wasm_module_t>(store, std::move(object));
}

/// The types as pointers that `out` owns; empty where there is no memory.
template <typename Vec, typename Types, typename Make>
void fill(Vec* out, const Types& types, Make make) {
  vec_allocate(out, types.size());
  for (size_t i = 0; i < out->size; ++i) out->data[i] = make(types[i]);
}

Result<std::vector<waxwing::Extern>> to_cpp(const wasm_extern_vec_t* imports) {
  std::vector<waxwing::Extern> externs;
  const auto handles = elements(imports);
  externs.reserve(handles.size());
  for (size_t i = 0; i < handles.size(); ++i) {
    auto object = extern_of(handles[i]);
    if (!object) {
      return std::unexpected(Error(ErrorCode::invalid_argument,
                                   "import " + std::to_string(i) + " is null, or is no extern"));
    }
    externs.push_back(*std::move(object));
  }
  return externs;
}

wasm_instance_t* fail(const StorePtr& store, const Error& error, wasm_trap_t** trap) {
  if (trap) {
    *trap = new_trap(store, error);
    return nullptr;
  }
  if (store) store->host_trap = nullptr;  // nobody has it
  note_error(store, error);
  return nullptr;
}

}  // namespace

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  if (!store || !binary) return nullptr;
  const StorePtr& state = store->state;
  const auto bytes = to_bytes(binary);
  auto module = value_or_note(state, state->store.engine().compile(bytes));
  return module ? new_module(state, *module, bytes, false) : nullptr;
}

waxwing_error_t* waxwing_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary,
                                    const waxwing_compile_options_t* options, wasm_module_t** out) {
  if (out) *out = nullptr;
  if (!store || !binary || !out)
    return new_error(ErrorCode::invalid_argument, "a module needs a store and a binary");
  const StorePtr& state = store->state;
  const auto bytes = to_bytes(binary);
  auto module =
      state->store.engine().compile(bytes, options ? options->options : waxwing::CompileOptions());
  if (module) *out = new_module(state, *module, bytes, false);
  return new_error(module);
}

waxwing_stop_t* waxwing_stop_new() { return new (std::nothrow) waxwing_stop_t; }
void waxwing_stop_delete(waxwing_stop_t* stop) { delete stop; }
void waxwing_stop_request(waxwing_stop_t* stop) {
  if (stop) stop->source.request_stop();
}

waxwing_compile_options_t* waxwing_compile_options_new() {
  return new (std::nothrow) waxwing_compile_options_t;
}
void waxwing_compile_options_delete(waxwing_compile_options_t* options) { delete options; }
void waxwing_compile_options_set_timeout_ns(waxwing_compile_options_t* options,
                                            uint64_t timeout_ns) {
  if (!options) return;
  options->options.timeout.reset();
  if (timeout_ns != 0)
    options->options.timeout = std::chrono::nanoseconds(std::min<uint64_t>(timeout_ns, INT64_MAX));
}
void waxwing_compile_options_set_stop(waxwing_compile_options_t* options,
                                      const waxwing_stop_t* stop) {
  if (options) options->options.stop = stop ? stop->source.get_token() : std::stop_token();
}

bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  if (!store || !binary) return false;
  const auto outcome = store->state->store.engine().validate(to_bytes(binary));
  if (!outcome) note_error(store->state, outcome.error());
  return outcome.has_value();
}

void wasm_module_imports(const wasm_module_t* handle, wasm_importtype_vec_t* out) {
  if (!out) return;
  const ModuleObject* const module = find_module(handle);
  fill(out, module ? module->module.imports() : std::vector<waxwing::ImportType>(), new_importtype);
}

void wasm_module_exports(const wasm_module_t* handle, wasm_exporttype_vec_t* out) {
  if (!out) return;
  const ModuleObject* const module = find_module(handle);
  fill(out, module ? module->module.exports() : std::vector<waxwing::ExportType>(), new_exporttype);
}

void wasm_module_serialize(const wasm_module_t* handle, wasm_byte_vec_t* out) {
  if (!out) return;
  *out = {.size = 0, .data = nullptr};
  const ModuleObject* const module = find_module(handle);
  if (!module) return;
  const StorePtr& store = to_ref(handle)->store;
  const auto copy_to_out = [out](std::span<const uint8_t> bytes) {
    bytes_from(out, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  if (module->is_artefact) return copy_to_out(*module->bytes);
  const auto binary = module->bytes ? std::span(*module->bytes) : module->module.binary();
  const auto made = value_or_note(store, store->store.engine().compile_to_artefact(binary));
  if (made) copy_to_out(*made);
}

wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* artefact) {
  if (!store || !artefact) return nullptr;
  const StorePtr& state = store->state;
  const auto bytes = to_bytes(artefact);
  auto module = value_or_note(state, state->store.engine().load_artefact(bytes));
  return module ? new_module(state, *module, bytes, true) : nullptr;
}

wasm_shared_module_t* wasm_module_share(const wasm_module_t* handle) {
  const auto* const object = find<ModulePtr>(handle);
  return object ? new (std::nothrow) wasm_shared_module_t{*object} : nullptr;
}

wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  if (!store || !shared) return nullptr;
  // An object of this store, with information of its own.
  auto object = std::make_shared<ModuleObject>(shared->object->module);
  object->bytes = shared->object->bytes;
  object->is_artefact = shared->object->is_artefact;
  return new_handle<wasm_module_t>(store->state, std::move(object));
}

void wasm_shared_module_delete(wasm_shared_module_t* shared) { delete shared; }

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* handle,
                                   const wasm_extern_vec_t* imports, wasm_trap_t** trap) {
  if (trap) *trap = nullptr;
  const ModuleObject* const module = find_module(handle);
  if (!store || !module) {
    return fail(store ? store->state : nullptr,
                Error(ErrorCode::invalid_argument, "an instance needs a store and a module"), trap);
  }
  const StorePtr state = store->state;  // its start function may end the store
  const waxwing::Module kept = module->module;
  const auto externs = to_cpp(imports);
  if (!externs) return fail(state, externs.error(), trap);
  auto instance = waxwing::Instance::try_create(state->store, kept, *externs, state->call_options);
  if (!instance) return fail(state, std::move(instance).error(), trap);
  return new_instance(state, *std::move(instance));
}

void wasm_instance_exports(const wasm_instance_t* handle, wasm_extern_vec_t* out) {
  if (!out) return;
  *out = {.size = 0, .data = nullptr};
  const auto* const instance = find<waxwing::Instance>(handle);
  if (!instance) return;
  const StorePtr& store = to_ref(handle)->store;
  const auto exports = value_or_note(store, instance->exports());
  if (!exports) return;
  fill(out, *exports, [&](const auto& entry) { return new_extern(store, entry.second); });
}

wasm_extern_t* waxwing_instance_export(const wasm_instance_t* handle, const char* name) {
  const auto* const instance = find<waxwing::Instance>(handle);
  if (!instance || !name) return nullptr;
  const StorePtr& store = to_ref(handle)->store;
  const auto found = value_or_note(store, instance->get(name));
  return found ? new_extern(store, *found) : nullptr;
}

waxwing_error_t* waxwing_instance_run(const wasm_instance_t* handle, int32_t* status) {
  const auto* const instance = find<waxwing::Instance>(handle);
  if (!instance) return new_error(ErrorCode::invalid_argument, "there is no instance to run");
  const InUse in_use(*to_ref(handle));
  const auto exit_status = instance->try_run(to_ref(handle)->store->call_options);
  if (exit_status && status) *status = *exit_status;
  to_ref(handle)->store->host_trap = nullptr;
  return new_error(exit_status);
}

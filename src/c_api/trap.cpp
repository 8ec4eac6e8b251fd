#include "c_api/trap.h"

#include <utility>

#include "c_api/value.h"
#include "c_api/vec.h"
#include "waxwing/c.h"
#include "waxwing/exception.h"

struct wasm_frame_t {
  waxwing::Frame frame;
  mutable std::optional<std::vector<waxwing::SourceLocation>> source;  // once it was asked for
};

namespace waxwing::c_api {
namespace {

/// The trap in words, without the frames, which C asks for apart.
std::string message_of(const Error& error) {
  const Trap* const trap = error.trap();
  if (!trap) return error.message();
  std::string message(to_string(trap->code));
  if (trap->code == TrapCode::exit) message += " with status " + std::to_string(trap->exit_status);
  if (!trap->detail.empty()) message += ": " + trap->detail;
  return message;
}

const Exception* exception_of(const TrapObject& object) {
  return object.error ? object.error->wasm_exception() : nullptr;
}

/// Whether a call that ended by `error` did so because its host function returned `object`. What
/// that threw may have been caught.
bool is_failure_of(const TrapObject& object, const Error& error) {
  const Trap* const trap = error.trap();
  if (!trap) return false;
  if (const Exception* const thrown = exception_of(object))
    return error.wasm_exception() && *error.wasm_exception() == *thrown;
  const Trap* const returned = object.error ? object.error->trap() : nullptr;
  return trap->code == (returned ? returned->code : TrapCode::host_error);
}

const TrapObject* find_trap(const wasm_trap_t* trap) {
  const auto* const found = find<std::shared_ptr<TrapObject>>(trap);
  return found ? found->get() : nullptr;
}

wasm_frame_t* new_frame(const Frame& frame) {
  return new (std::nothrow) wasm_frame_t{frame, std::nullopt};
}

}  // namespace

wasm_trap_t* new_trap(const StorePtr& store, const Error& error) {
  const Trap* const trap = error.trap();
  std::shared_ptr<TrapObject> object;
  if (store) {
    object = std::exchange(store->host_trap, nullptr);
    store->last_error = error;
  }
  if (!object || !is_failure_of(*object, error)) {
    object = std::make_shared<TrapObject>();
    object->message = message_of(error);
  }
  // A trap of the host's that it returns again has been elsewhere meanwhile. One that began in Wasm
  // keeps the frames where it did.
  if (trap && (object->frames.empty() || object->is_of_host)) object->frames = trap->frames;
  if (!object->error || object->is_of_host) object->error = error;
  return new_handle<wasm_trap_t>(store, std::move(object));
}

wasm_trap_t* new_trap(const StorePtr& store, ErrorCode code, std::string message) {
  return new_trap(store, Error(code, std::move(message)));
}

wasm_trap_t* new_host_trap(const StorePtr& store, const Error& error, bool is_jump) {
  auto object = std::make_shared<TrapObject>();
  object->is_of_host = true;
  object->is_jump = is_jump;
  object->error = error;
  object->message = message_of(error);
  return new_handle<wasm_trap_t>(store, std::move(object));
}

Error take_host_trap(StoreState& store, wasm_trap_t* trap) {
  Error error(ErrorCode::trapped, "a host function failed");
  if (const auto* const object = find<std::shared_ptr<TrapObject>>(trap)) {
    store.host_trap = (*object)->is_jump ? nullptr : *object;
    // What stopped an inner call stops the outer one by the same code.
    error = (*object)->error.value_or(Error(ErrorCode::trapped, (*object)->message));
  }
  wasm_trap_delete(trap);
  return error;
}

}  // namespace waxwing::c_api

using namespace waxwing::c_api;

wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  auto object = std::make_shared<TrapObject>();
  object->is_of_host = true;
  object->message = to_view(message);
  while (!object->message.empty() && object->message.back() == '\0') object->message.pop_back();
  return new_handle<wasm_trap_t>(store ? store->state : nullptr, std::move(object));
}

void wasm_trap_message(const wasm_trap_t* trap, wasm_message_t* out) {
  const TrapObject* const object = find_trap(trap);
  if (out) bytes_from(out, object ? object->message : std::string_view(), true);
}

wasm_ref_t* waxwing_trap_exception(const wasm_trap_t* trap) {
  const TrapObject* const object = find_trap(trap);
  const waxwing::Exception* const exception = object ? exception_of(*object) : nullptr;
  if (!exception || !to_ref(trap)->store) return nullptr;
  return new_ref(to_ref(trap)->store, exception->ref());
}

wasm_frame_t* wasm_trap_origin(const wasm_trap_t* trap) {
  const TrapObject* const object = find_trap(trap);
  if (!object || object->frames.empty()) return nullptr;
  return new_frame(object->frames.front());
}

void wasm_trap_trace(const wasm_trap_t* trap, wasm_frame_vec_t* out) {
  if (!out) return;
  const TrapObject* const object = find_trap(trap);
  vec_allocate(out, object ? object->frames.size() : 0);
  for (size_t i = 0; i < out->size; ++i) out->data[i] = new_frame(object->frames[i]);
}

void wasm_frame_delete(wasm_frame_t* frame) { delete frame; }

wasm_frame_t* wasm_frame_copy(const wasm_frame_t* frame) {
  return frame ? new_frame(frame->frame) : nullptr;
}

wasm_instance_t* wasm_frame_instance(const wasm_frame_t* /*frame*/) { return nullptr; }

uint32_t wasm_frame_func_index(const wasm_frame_t* frame) {
  return frame ? frame->frame.func_index : 0;
}

size_t wasm_frame_func_offset(const wasm_frame_t* /*frame*/) { return 0; }

size_t wasm_frame_module_offset(const wasm_frame_t* frame) {
  return frame ? frame->frame.offset : 0;
}

waxwing_trap_code_t waxwing_trap_code(const wasm_trap_t* trap) {
  const TrapObject* const object = find_trap(trap);
  if (!object) return WAXWING_TRAP_NONE;
  if (!object->error) return WAXWING_TRAP_HOST_ERROR;
  const waxwing::Trap* const its_trap = object->error->trap();
  return its_trap ? static_cast<waxwing_trap_code_t>(its_trap->code)
                  : waxwing_trap_code_t(WAXWING_TRAP_NONE);
}

bool waxwing_trap_exit_status(const wasm_trap_t* trap, int32_t* status) {
  if (waxwing_trap_code(trap) != WAXWING_TRAP_EXIT) return false;
  if (status) *status = find_trap(trap)->error->exit_status();
  return true;
}

waxwing_error_t* waxwing_trap_error(const wasm_trap_t* trap) {
  const TrapObject* const object = find_trap(trap);
  if (!object) return nullptr;
  return object->error ? new_error(*object->error)
                       : new_error(waxwing::ErrorCode::trapped, object->message);
}

const char* waxwing_frame_module_name(const wasm_frame_t* frame) {
  return frame ? frame->frame.module.c_str() : "";
}

const char* waxwing_frame_func_name(const wasm_frame_t* frame) {
  return frame ? frame->frame.func_name.c_str() : "";
}

bool waxwing_frame_source(const wasm_frame_t* frame, size_t index, waxwing_source_location_t* out) {
  if (!frame || !out) return false;
  if (!frame->source) frame->source = frame->frame.source();
  if (index >= frame->source->size()) return false;
  const waxwing::SourceLocation& location = (*frame->source)[index];
  *out = {.function = location.function.c_str(),
          .file = location.file.c_str(),
          .line = location.line,
          .column = location.column};
  return true;
}

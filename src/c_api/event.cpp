// Events as C is told of them.
#include "waxwing/event.h"

#include <memory>
#include <utility>

#include "c_api/engine.h"
#include "c_api/store.h"

using namespace waxwing::c_api;
using waxwing::Event;
using waxwing::EventHook;

namespace {

static_assert(WAXWING_EVENT_COMPILE_ENDED == int(Event::Kind::compile_ended));
static_assert(WAXWING_EVENT_TRAP == int(Event::Kind::trap));
static_assert(WAXWING_EVENT_MEMORY_GROWN == int(Event::Kind::memory_grown));
static_assert(WAXWING_EVENT_CACHE_MISS == int(Event::Kind::cache_miss));
static_assert(WAXWING_EVENT_CACHE_WAITED == int(Event::Kind::cache_waited));

waxwing_event_t to_c(const Event& event) {
  return {.kind = static_cast<waxwing_event_kind_t>(event.kind),
          .trap = event.trap ? static_cast<waxwing_trap_code_t>(*event.trap)
                             : waxwing_trap_code_t{WAXWING_TRAP_NONE},
          .granted = event.granted,
          .size = event.size,
          .done = event.done,
          .total = event.total,
          .ns = event.ns,
          .detail = event.detail.empty() ? "" : event.detail.data(),
          .detail_size = event.detail.size()};
}

/// Takes `env` over.
EventHook hook_of(waxwing_event_hook_t hook, void* env, void (*finalizer)(void*)) {
  auto owned = std::make_shared<const HostInfo>(env, finalizer);
  if (!hook) return nullptr;
  return [hook, owned = std::move(owned)](const Event& event) {
    const waxwing_event_t seen = to_c(event);
    hook(owned->data(), &seen);
  };
}

}  // namespace

void waxwing_config_set_event_hook(wasm_config_t* config, waxwing_event_hook_t hook, void* env,
                                   void (*finalizer)(void*)) {
  auto made = hook_of(hook, env, finalizer);
  if (config) config->config.on_event = std::move(made);
}

void waxwing_cache_options_set_event_hook(waxwing_cache_options_t* options,
                                          waxwing_event_hook_t hook, void* env,
                                          void (*finalizer)(void*)) {
  auto made = hook_of(hook, env, finalizer);
  if (options) options->options.on_event = std::move(made);
}

// Stores: how they end, and how calls in them begin, end, fail and are stopped.
#include "waxwing/store.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "platform/clock.h"
#include "runtime/typed_call.h"
#include "waxwing/typed_func.h"

namespace waxwing {

using detail::Access;
using detail::StoreCore;

namespace detail {

StoreCore::StoreCore(std::shared_ptr<EngineCore> its_engine,
                     std::unique_ptr<runtime::Store> its_store)
    : engine(std::move(its_engine)),
      store(std::move(its_store)),
      callable(store.get()),
      refs(store->heap()),
      interruptible(store.get()) {
  store->set_embedder(this);
}

StoreCore::~StoreCore() { close(); }

Result<runtime::Store*> StoreCore::open() const {
  if (store) return store.get();
  return api::fail(ErrorCode::store_closed, "the store of this object has been closed");
}

Result<runtime::Store*> StoreCore::open_for_calls() const {
  if (callable || !store) return open();
  if (is_telling)
    return api::fail(ErrorCode::invalid_argument,
                     "a listener, stream or clock cannot call in the store");
  return api::fail(ErrorCode::store_closed, "the store is being closed: no call can begin");
}

void StoreCore::close() {
  set_callable(nullptr);
  if (!store) return;
  if (pins != 0 || store->is_running()) {
    if (!self) self = weak_from_this().lock();
    return;
  }
  ++pins;  // a notifier may use the store
  while (!close_notifiers.empty()) {
    const std::function<void()> notify = std::move(close_notifiers.back());
    close_notifiers.pop_back();
    notify();
  }
  --pins;
  const std::shared_ptr<StoreCore> kept = std::move(self);
  interruptible.store(nullptr);
  while (interrupting.load() != 0) std::this_thread::yield();
  refs.close();
  // What it frees may let go of handles, which look whether there is a store.
  const std::unique_ptr<runtime::Store> ending = std::move(store);
  host_funcs.clear();
  wasi_worlds.clear();
  helper_worlds.clear();
}

Error StoreCore::error_of(runtime::Trap trap) {
  std::exception_ptr thrown = std::exchange(exception, nullptr);
  if (engine->config.on_event) {
    // Without sources: nobody has asked, and the guest's call waits.
    runtime::Trap told = trap;
    told.forget_sources();
    const std::string message = told.message();
    engine->tell({.kind = Event::Kind::trap, .trap = api::to_public(trap.code), .detail = message});
  }
  if (trap.code == syntax::TrapCode::uncaught_exception) {
    // The handle keeps it from now on.
    if (runtime::Exception* const pending = std::exchange(store->pending_exception, nullptr))
      return Error(Access::exception(exception_ref(*this, *pending)));
  }
  if (trap.code != syntax::TrapCode::host_error) thrown = nullptr;
  if (!engine->config.debug_info) trap.forget_sources();
  return Error(api::to_public(std::move(trap)), std::move(thrown));
}

Error StoreCore::error_of(const runtime::InstantiateError& error) {
  if (const auto* const trap = std::get_if<runtime::Trap>(&error)) return error_of(*trap);
  return api::to_public(std::get<base::Error>(error));
}

void StoreCore::interrupt(std::optional<uint64_t> call, syntax::TrapCode reason) {
  interrupting.fetch_add(1);
  if (runtime::Store* const target = interruptible.load()) {
    // In this order: a call that begins after that has another number.
    const uint64_t current = target->current_call();
    if (call || target->is_running()) target->interrupt(call.value_or(current), reason);
  }
  interrupting.fetch_sub(1);
}

void StoreCore::fail(runtime::Outcome outcome) { failed = error_of(store->take_failure(outcome)); }

namespace {

bool refuse_call(StoreCore& core) {
  core.failed = core.open_for_calls().error();
  return false;
}

}  // namespace

bool settle_call(StoreCore* core) noexcept {
  if (core->store->execution_state().failure != 0) {
    core->fail(core->store->fail_direct_call());
    return false;
  }
  core->close_if_asked();
  return true;
}

bool call_slots(StoreCore* core, void* func, Slot* slots) noexcept {
  runtime::Store* const store = core->callable;
  if (!store) [[unlikely]]
    return refuse_call(*core);
  const runtime::Outcome outcome = store->call(*static_cast<runtime::Func*>(func), slots);
  if (outcome != runtime::Outcome::returned) [[unlikely]] {
    core->fail(outcome);
    return false;
  }
  core->close_if_asked();
  return true;
}

Error take_failure(StoreCore* core) {
  Error error = core->failed.value_or(Error(ErrorCode::invalid_argument, "no call has failed"));
  core->failed.reset();
  core->close_if_asked();
  return error;
}

Result<CallTarget> find_target(StoreCore& core, void* func, std::span<const ValType> params,
                               std::span<const ValType> results) {
  const auto store = core.open();
  if (!store) return std::unexpected(store.error());
  auto& target = *static_cast<runtime::Func*>(func);
  const syntax::FuncType& type = (*store)->types().func_type(target.type_id());
  const runtime::TypeRegistry& types = (*store)->types();
  const auto fits = [&](const std::vector<syntax::ValType>& has, std::span<const ValType> wanted,
                        bool is_result) {
    return std::ranges::equal(has, wanted, [&](syntax::ValType mine, ValType other) {
      const syntax::ValType theirs = api::to_internal(other);
      return is_result ? types.is_subtype(mine, theirs) : types.is_subtype(theirs, mine);
    });
  };
  if (!fits(type.params, params, false) || !fits(type.results, results, true)) {
    const FuncType wanted{{params.begin(), params.end()}, {results.begin(), results.end()}};
    return api::fail(ErrorCode::wrong_type, "the function is a (" +
                                                to_string(api::to_public(type)) + "), not a (" +
                                                to_string(wanted) + ")");
  }
  std::vector<syntax::ValKind> kinds[2];
  for (const syntax::ValType param : type.params) kinds[0].push_back(param.kind());
  for (const syntax::ValType result : type.results) kinds[1].push_back(result.kind());
  const auto found = runtime::CallTarget::find(**store, target, kinds[0], kinds[1]);
  if (!found) return api::fail(found.error());
  CallTarget result{
      .enter = found->enter, .context = found->context, .code = found->code, .func = func};
  if (found->enter) {
    result.is_callable = &core.is_callable;
    result.failure = &(*store)->execution_state().failure;
  }
  return result;
}

struct CallScope::State {
  struct Stop {
    StoreCore& core;
    uint64_t call;
    void operator()() const { core.interrupt(call, syntax::TrapCode::interrupted); }
  };

  std::shared_ptr<StoreCore> core;
  uint64_t call = 0;
  std::optional<api::Alarms::Id> alarm;
  std::optional<std::stop_callback<Stop>> stop;
  std::optional<Error> error;
};

CallScope::CallScope(StoreCore& core, const CallOptions& options) {
  if (!options.timeout && !options.stop.stop_possible()) return;
  state_.reset(new State{.core = core.shared_from_this(), .alarm = {}, .stop = {}, .error = {}});
  const auto store = core.open();
  if (!store) {
    state_->error = store.error();
    return;
  }
  if (options.stop.stop_requested()) {
    state_->error = Error(
        Trap{.code = TrapCode::interrupted, .detail = "its stop token says so", .frames = {}});
    return;
  }
  const uint64_t call = (*store)->current_call();
  state_->call = call;
  if (options.timeout) {
    const int64_t left_ns = options.timeout->count();
    if (left_ns <= 0) {
      state_->error = Error(
          Trap{.code = TrapCode::deadline_exceeded, .detail = "it had no time", .frames = {}});
      return;
    }
    const auto alarm = core.engine->alarms.set(
        platform::monotonic_ns() + static_cast<uint64_t>(left_ns),
        [&core, call] { core.interrupt(call, syntax::TrapCode::deadline_exceeded); });
    if (!alarm) {
      state_->error = api::to_public(alarm.error());
      return;
    }
    state_->alarm = *alarm;
  }
  if (options.stop.stop_possible()) state_->stop.emplace(options.stop, State::Stop{core, call});
}

CallScope::~CallScope() {
  if (!state_) return;
  StoreCore& core = *state_->core;
  state_->stop.reset();
  if (state_->alarm) core.engine->alarms.cancel(*state_->alarm);
  // Where no call of that number ever began, it was asked for nothing.
  const bool is_idle = core.store && !core.store->is_running();
  if (is_idle && state_->call == core.store->current_call()) core.store->skip_call();
}

std::optional<Error> CallScope::error() const { return state_ ? state_->error : std::nullopt; }

}  // namespace detail

Result<Store> Store::create(const Engine& engine, const StoreLimits& limits) {
  const std::shared_ptr<detail::EngineCore>& core = Access::core(engine);
  auto store = core->engine.new_store({.max_memory_bytes = limits.memory_bytes,
                                       .max_table_elements = limits.table_elements,
                                       .max_heap_bytes = limits.heap_bytes,
                                       .max_instances = limits.instances,
                                       .max_stack_bytes = limits.stack_bytes,
                                       .max_native_stack_bytes = limits.native_stack_bytes,
                                       .has_checkpoints = core->config.checkpoints});
  if (!store) return api::fail(store.error());
  (*store)->budget()->set_allocator(core->memory_allocator);
  if (limits.limiter) {
    (*store)->budget()->set_limiter(
        [ask = limits.limiter](const runtime::ResourceRequest& request) {
          using Kind = ResourceRequest::Kind;
          const bool is_memory = request.kind == runtime::ResourceRequest::Kind::memory_bytes;
          return ask({.kind = is_memory ? Kind::memory_bytes : Kind::table_elements,
                      .used = request.used,
                      .wanted = request.wanted});
        });
  }
  if (core->config.on_event) {
    // Shared memories outlive stores, and engines.
    (*store)->budget()->set_observer(
        [tell = core->config.on_event](const runtime::ResourceRequest& request,
                                       bool is_granted) noexcept {
          tell({.kind = Event::Kind::memory_grown,
                .size = request.wanted,
                .done = request.used,
                .granted = is_granted});
        });
  }
  return Store(std::make_shared<StoreCore>(core, *std::move(store)), true);
}

Store::Store(Store&& other) noexcept : Store(other.core_, std::exchange(other.owns_, false)) {}
Store& Store::operator=(Store&& other) noexcept {
  if (this == &other) return *this;
  const Store ended = std::move(*this);  // who is told of its end may use this one
  core_ = other.core_;
  owns_ = std::exchange(other.owns_, false);
  return *this;
}
Store::~Store() {
  if (owns_) core_->close();
}

Engine Store::engine() const { return Access::engine(core_->engine); }
Interrupter Store::interrupter() const { return Interrupter(core_); }

Result<> Store::close() {
  const std::shared_ptr<StoreCore> core = core_;  // who is told of it may end this
  core->close();
  if (!core->store) return {};
  return api::fail(ErrorCode::invalid_argument,
                   "a call runs in the store; it will be closed when that has ended");
}

uint64_t Store::fuel() const noexcept { return core_->store ? core_->store->fuel() : 0; }

void Store::set_fuel(uint64_t fuel) noexcept {
  if (core_->store) core_->store->set_fuel(fuel);
}

void Store::set_fuel_source(std::function<uint64_t()> source) {
  if (!core_->store) return;
  core_->fuel_source = std::move(source);
  const auto ask = [](void* core) noexcept {
    const std::function<uint64_t()> current = static_cast<StoreCore*>(core)->fuel_source;
    return current ? current() : 0;
  };
  if (core_->fuel_source)
    core_->store->set_fuel_source(ask, core_.get());
  else
    core_->store->set_fuel_source(nullptr, nullptr);
}

void Store::on_close(std::function<void()> notify) {
  if (core_->store) core_->close_notifiers.push_back(std::move(notify));
}

bool Store::is_closed() const noexcept { return core_->store == nullptr; }

uint64_t Store::memory_bytes() const {
  return core_->store ? core_->store->budget()->used_memory_bytes() : 0;
}

uint64_t Store::heap_bytes() const {
  return core_->store ? core_->store->heap_statistics().used_bytes : 0;
}

void Interrupter::interrupt() const noexcept {
  store_->interrupt(std::nullopt, syntax::TrapCode::interrupted);
}

}  // namespace waxwing

// Ownership, and the calls that run in a store.
#include "runtime/store.h"

#include <algorithm>
#include <memory>
#include <new>
#include <thread>
#include <utility>

#include "abi/direct_call.h"
#include "base/check.h"
#include "platform/fence.h"
#include "runtime/instance.h"
#include "runtime/listener.h"

namespace waxwing::runtime {

using base::ErrorCode;
using syntax::TrapCode;

namespace {

GcOptions heap_options(const StoreLimits& limits) {
  return {.max_bytes = limits.max_heap_bytes, .is_stress = limits.gc_stress};
}

// A request to end a call, in a word.
uint64_t request_of(uint64_t call_id, TrapCode reason) {
  return call_id << 8 | static_cast<uint8_t>(reason);
}
uint64_t call_of(uint64_t request) { return request >> 8; }
TrapCode reason_of(uint64_t request) { return static_cast<TrapCode>(request & 0xff); }

// ExecutionState::attention: these, and how many threads and handlers are inside `interrupt`.
constexpr uint32_t has_stop_words = 1u << 31;  // until the call that they stop has ended
constexpr uint32_t needs_fence = 1u << 30;     // always: whoever interrupts makes nobody pass one
constexpr uint32_t count_of_interrupting = needs_fence - 1;

std::unexpected<base::Error> without_code() {
  return base::fail(ErrorCode::invalid_argument, "a host function without code");
}

}  // namespace

base::Result<std::unique_ptr<Store>> Store::create(std::shared_ptr<TypeRegistry> types,
                                                   const StoreLimits& limits) {
  const uint64_t min_stack_bytes = platform::page_size();
  if (limits.max_stack_bytes < min_stack_bytes || limits.max_stack_bytes > SIZE_MAX / 2) {
    return base::fail(ErrorCode::invalid_argument,
                      "a stack of " + std::to_string(limits.max_stack_bytes) + " bytes; it takes " +
                          std::to_string(min_stack_bytes) + " at least");
  }
  StackMemory stack = TRY(StackMemory::take(0, platform::round_up_to_page(limits.max_stack_bytes),
                                            StackMemory::Growth::up));
  return std::unique_ptr<Store>(new Store(std::move(types), limits, std::move(stack)));
}

Store::Store(std::shared_ptr<TypeRegistry> types, const StoreLimits& limits,
             StackMemory stack_memory)
    : types_(std::move(types)),
      limits_(limits),
      budget_(std::make_shared<ResourceBudget>(limits.max_memory_bytes, limits.max_table_elements)),
      stack_memory_(std::move(stack_memory)),
      heap_(*types_, *this, stack_.native.is_marking, heap_options(limits)) {
  stack_.base = reinterpret_cast<Slot*>(stack_memory_.begin());
  stack_.top = stack_.base;
  stack_.end = stack_.base + limits.max_stack_bytes / sizeof(Slot);
  stack_.limit.store(stack_.end);
  host_context_.state = &stack_.native;
  host_context_.store = this;
  if (!platform::has_heavy_fence()) stack_.native.attention = needs_fence;
  stack_.native.thread_ready = platform::signal_stack_flag_offset();
  stack_.native.begin_call = [](abi::VmContext* context) {
    return static_cast<Store*>(context->store)->begin_direct_call();
  };
  stack_.native.end_call = [](abi::VmContext* context) {
    static_cast<Store*>(context->store)->end_interruption();
  };
}

// A host function may hold the last reference to the store: its frames would be gone.
Store::~Store() {
  CHECK(!is_running());
  forget_checkpoints();
}

// Objects.

Func& Store::add_func(HostFuncObject func) {
  HostFuncObject& added = funcs_.emplace_back(std::move(func));
  if (listened_ && listened_->listener()) listened_->wrap(added);
  return added;
}

base::Result<Func*> Store::add_host_func(const syntax::FuncType& type, HostCode code, void* data,
                                         std::shared_ptr<void> owner) {
  if (!code) return without_code();
  return &add_func(HostFuncObject(types_->add_func_type(type), code, data, std::move(owner)));
}

base::Result<Func*> Store::add_host_func(HostFunc func) {
  if (func.thunk && !abi::is_direct(func.type)) {
    return base::fail(ErrorCode::invalid_argument, "a host function of type " +
                                                       syntax::to_string(func.type) +
                                                       " cannot have a thunk: give its code alone");
  }
  if (!func.code) return without_code();
  HostFuncObject made(types_->add_func_type(func.type), func.code, func.data,
                      std::move(func.owner));
  // A thunk is called by stubs alone: nobody would tell of the call.
  if (!limits_.has_checkpoints) made.thunk = reinterpret_cast<const void*>(func.thunk);
  return &add_func(std::move(made));
}

base::Result<Memory*> Store::add_memory(const syntax::MemoryType& type) {
  return &adopt(std::shared_ptr<Memory>(TRY(Memory::create(type, budget_))));
}

base::Result<Table*> Store::add_table(const syntax::TableType& type, Ref init) {
  return &adopt(TRY(Table::create(type, init, budget_)));
}

Memory& Store::adopt(std::shared_ptr<Memory> memory) {
  return *memories_.emplace_back(std::move(memory));
}

std::shared_ptr<Memory> Store::shared_memory(const Memory& memory) const {
  const auto found = std::ranges::find(memories_, &memory, &std::shared_ptr<Memory>::get);
  CHECK(found != memories_.end());
  return *found;
}

Table& Store::adopt(std::unique_ptr<Table> table) {
  return *tables_.emplace_back(std::move(table));
}

Global& Store::add_global(const syntax::GlobalType& type, GlobalCell value) {
  Global& global = globals_.emplace_back(Global{type, nullptr, value});
  global.cell = &global.own_cell;
  return global;
}

Tag& Store::add_tag(TypeId type) { return tags_.emplace_back(Tag{type}); }

Instance& Store::add_instance(std::unique_ptr<Instance> instance) {
  Instance& kept = *instances_.emplace_back(std::move(instance));
  if (kept.context().code_ptrs) {
    kept.context().stack_limit.store(wasm_stack_limit());
    kept.next_native_ = native_instances_.load();
    native_instances_.store(&kept);
    // Who asked the call to end before that has not seen the instance.
    if (stack_.limit.load() == nullptr) kept.context().stack_limit.store(abi::VmContext::stop);
  }
  return kept;
}

base::Result<> Store::make_wasm_stack() {
  if (wasm_stack_.high) return {};
  const size_t guard_bytes = platform::page_size();
  const size_t stack_bytes =
      platform::round_up_to_page(abi::stack_headroom_bytes + limits_.max_stack_bytes);
  const size_t transfer_bytes = platform::round_up_to_page(abi::max_transfer_slots * sizeof(Slot));
  StackMemory memory =
      TRY(StackMemory::take(guard_bytes, stack_bytes + transfer_bytes, StackMemory::Growth::down));
  wasm_stack_.low = memory.begin();
  wasm_stack_.high = wasm_stack_.low + stack_bytes;
  wasm_stack_.limit = wasm_stack_.high - limits_.max_stack_bytes;
  stack_.native.exit_sp = wasm_stack_.high;
  stack_.native.transfer = reinterpret_cast<Slot*>(wasm_stack_.high);
  wasm_stack_memory_ = std::move(memory);
  return {};
}

Exception* Store::new_exception(Tag& tag, const Slot* payload) {
  const TypeInfo& type = types_->info(tag.type);
  const uint32_t slots = slot_count(types_->func_type(tag.type).params);
  auto* exception = static_cast<Exception*>(heap_.allocate(type.header, slots, type.size_bytes));
  if (!exception) return nullptr;
  exception->tag = &tag;
  std::copy_n(payload, slots, exception->payload().data());
  return exception;
}

// Calls.

bool Store::has_native_stack() const {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  // A host function may have gone to another stack, of which nothing is known.
  const uintptr_t high = stack_.native.native_high;
  return here > high || high - here < limits_.max_native_stack_bytes;
}

void Store::begin_call() {
  stack_.native.native_high = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  stack_.native.has_remains = 0;
  trap_.reset();
  pending_exception = nullptr;
}

Outcome Store::call(Func& func, Slot* args_and_results, Instance* caller) {
  const bool is_outermost = !is_running();
  if (is_outermost) begin_call();
  set_call_depth(call_depth() + 1);
  if (!is_outermost) note_activation();
  Slot* const top = stack_.top;
  Outcome outcome = Outcome::trapped;
  if (!is_outermost && !has_native_stack()) {
    outcome = set_trap(TrapCode::call_stack_exhausted, "calls nest too deeply through the host");
  } else if (stack_.limit.load(std::memory_order_relaxed) == nullptr && check_interrupt()) {
    outcome = Outcome::trapped;
  } else if (func.is_host()) {
    Caller context{*this, caller};
    outcome = func.host()(func.host_data, context, args_and_results);
  } else {
    Instance& instance = func.instance();
    outcome = instance.compiled().code->call(instance, func.func_index(), args_and_results);
  }
  stack_.top = top;
  if (outcome == Outcome::trapped && !trap_) {
    outcome = set_trap(TrapCode::host_error, "it did not say why");
  }
  if (outcome != Outcome::returned) [[unlikely]]
    note_failure();
  leave_call();
  if (is_outermost) {
    // One that was caught on the way is gone, or somebody's.
    if (outcome != Outcome::threw) pending_exception = nullptr;
    end_call();
  }
  return outcome;
}

bool Store::begin_direct_call() {
  const bool is_outermost = !is_running();
  if (is_outermost) begin_call();
  set_call_depth(call_depth() + 1);
  if (!is_outermost) note_activation();
  if (!is_outermost && !has_native_stack()) {
    static_cast<void>(
        set_trap(TrapCode::call_stack_exhausted, "calls nest too deeply through the host"));
  } else if (stack_.native.exit_sp < wasm_stack_.limit) {
    static_cast<void>(set_trap(TrapCode::call_stack_exhausted));
  } else if (auto ready = platform::ensure_signal_stack(); !ready) {
    static_cast<void>(set_trap(TrapCode::host_error, ready.error().message()));
  } else {
    if (!check_interrupt()) return true;
  }
  stack_.native.failure = static_cast<uint32_t>(Outcome::trapped);
  return false;
}

Outcome Store::take_direct_failure() {
  const auto outcome = static_cast<Outcome>(std::exchange(stack_.native.failure, 0));
  if (outcome != Outcome::trapped || trap_) return outcome;
  return set_trap(TrapCode::host_error, "it did not say why");
}

Outcome Store::fail_direct_call() {
  const Outcome outcome = take_direct_failure();
  note_failure();
  if (leave_call() == 0) {
    if (outcome != Outcome::threw) pending_exception = nullptr;
    end_call();
  }
  return outcome;
}

Outcome Store::set_trap(TrapCode code, std::string detail) {
  resuming_.reset();
  stack_.native.has_remains = 1;
  trap_.emplace();
  trap_->code = code;
  trap_->detail = std::move(detail);
  return Outcome::trapped;
}

Outcome Store::set_exit(int32_t status) {
  const Outcome outcome = set_trap(TrapCode::exit);
  trap_->exit_status = status;
  return outcome;
}

void Store::add_frame(const Instance& instance, syntax::FuncIdx func, uint64_t module_offset) {
  if (!trap_ || trap_->frames.size() >= Trap::max_frames) return;
  const syntax::Module& module = instance.module();
  trap_->frames.push_back(
      {.module = instance.name().empty() ? std::string(module.names.module) : instance.name(),
       .func = func,
       .name = std::string(module.func_name(func)),
       .offset = module_offset,
       .loaded = instance.compiled().loaded});
}

Trap Store::take_trap() {
  Trap trap = std::move(trap_).value_or(Trap());
  trap_.reset();
  return trap;
}

Trap Store::take_failure(Outcome outcome) {
  if (outcome != Outcome::threw) return take_trap();
  Trap trap;
  trap.code = TrapCode::uncaught_exception;
  if (pending_exception) {
    trap.detail = "(tag " + to_string(types_->func_type(pending_exception->tag->type)) + ")";
  }
  return trap;
}

const ForeignCall* Store::running_host_call() const {
  const ForeignCall* const call = foreign_call_;
  return call && call->is_of_host() && call->activation().depth + 1 == call_depth() ? call
                                                                                    : nullptr;
}

void Store::number_activation() {
  const uint32_t depth = call_depth();
  if (activations_.size() <= depth) activations_.resize(size_t{depth} + 1);
  activations_[depth] = ++last_activation_;
}

ActivationId Store::current_activation() const {
  const uint32_t depth = call_depth();
  return {.depth = depth, .serial = depth <= 1 ? current_call() : activations_[depth]};
}

void Store::forget_checkpoints() {
  resuming_.reset();
  while (checkpoints_) checkpoints_->forget();
}

void Store::renew() {
  forget_checkpoints();
  CHECK(!is_running() && !heap_.has_roots());
  trap_.reset();
  pending_exception = nullptr;
  set_waker(nullptr, nullptr);
  end_call();  // whoever would interrupt the next call has another number now
  stack_.top = stack_.base;
  stack_.native.exit_sp = wasm_stack_.high;
  stack_.native.result = 0;
  stack_.native.failure = 0;
  stack_.native.fuel = 0;
  fuel_source_ = nullptr;
  set_func_listener(nullptr);
  if (!heap_.is_used()) return;
  std::destroy_at(&heap_);
  stack_.native.is_marking = false;
  std::construct_at(&heap_, *types_, static_cast<GcRootSource&>(*this), stack_.native.is_marking,
                    heap_options(limits_));
}

void Store::trim_stacks() {
  CHECK(!is_running());
  (void)stack_memory_.trim();
  (void)wasm_stack_memory_.trim();
}

// Interruption.

// Nobody waits in `interrupt`, since a signal handler that calls it may have stopped whoever it
// would wait for: the store's thread, or another that is in `interrupt`.
void Store::interrupt(uint64_t call_id, TrapCode reason) {
  // Whoever asks for the same call, or an ended one, again and again holds nobody up.
  std::atomic<uint64_t>& current = stack_.native.current_call;
  std::atomic<uint32_t>& attention = stack_.native.attention;
  if (current.load() != call_id || call_of(request_.load()) >= call_id) return;
  attention.fetch_add(1);
  platform::heavy_fence();
  if (current.load() == call_id && claim_interruption(call_id, reason)) {
    write_stop_words();
    stack_.wake.wake();
    if (auto* const wake = wake_.load()) wake(wake_data_.load());
  }
  attention.fetch_sub(1);
}

/// Whether this is the first request for that call; then it is the store's.
bool Store::claim_interruption(uint64_t call_id, TrapCode reason) {
  uint64_t before = request_.load();
  do {
    if (call_of(before) >= call_id) return false;
  } while (!request_.compare_exchange_weak(before, request_of(call_id, reason)));
  return true;
}

void Store::write_stop_words() {
  stack_.native.attention.fetch_or(has_stop_words);
  stack_.limit.store(nullptr);
  for (Instance* i = native_instances_.load(); i != nullptr; i = i->next_native_)
    i->context().stack_limit.store(abi::VmContext::stop);
}

/// Until whoever asked for a call that has ended, or saw what has been withdrawn, is done.
void Store::wait_for_interrupting() const {
  while ((stack_.native.attention.load() & count_of_interrupting) != 0) std::this_thread::yield();
}

void Store::end_interruption() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (stack_.native.attention.load() == needs_fence) return;
  wait_for_interrupting();
  stack_.native.attention.fetch_and(~has_stop_words);
  stack_.limit.store(stack_.end);
  for (Instance* i = native_instances_.load(); i != nullptr; i = i->next_native_)
    i->context().stack_limit.store(wasm_stack_limit());
  // The next call may have been asked to end meanwhile, even in the middle of this.
  if (call_of(request_.load()) == current_call()) write_stop_words();
}

bool Store::check_interrupt() {
  if (stack_.limit.load() != nullptr) return false;
  const uint64_t request = request_.load();
  if (call_of(request) != current_call()) return false;
  (void)set_trap(reason_of(request));
  return true;
}

void Store::set_fuel_source(FuelSource source, void* data) {
  fuel_source_ = source;
  fuel_data_ = data;
}

bool Store::refuel() {
  uint64_t missing = 0 - stack_.native.fuel;
  stack_.native.fuel = 0;
  while (fuel_source_ != nullptr) {
    // What is missing may take more slices than anybody waits for.
    if (check_interrupt()) return false;
    const uint64_t more = fuel_source_(fuel_data_);
    if (more == 0) break;
    if (more >= missing) {
      stack_.native.fuel = more - missing;
      return true;
    }
    missing -= more;
  }
  stack_.native.fuel = 0;
  (void)set_trap(TrapCode::out_of_fuel);
  return false;
}

void Store::set_func_listener(std::shared_ptr<FuncListener> listener) {
  if (!listener && !listened_) return;
  if (!listened_) listened_ = std::make_unique<ListenedCalls>(*this);
  for (HostFuncObject& func : funcs_) listener ? listened_->wrap(func) : listened_->unwrap(func);
  listened_->set_listener(std::move(listener));
}

void Store::note_failure() {
  stack_.native.has_remains = 1;
  if (stack_.native.listening != 0) listened_->abort_dead();
}

void Store::set_waker(void (*wake)(void*), void* data) {
  if (wake_.exchange(nullptr) != nullptr) wait_for_interrupting();
  wake_data_.store(data);
  wake_.store(wake);
}

}  // namespace waxwing::runtime

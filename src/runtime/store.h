// The owner of all objects that Wasm code can reach, and of the state of the calls that run in it.
// [spec 4.2.3]
#pragma once

#include <atomic>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "abi/vm_context.h"
#include "base/result.h"
#include "platform/fence.h"
#include "platform/native_stack.h"
#include "platform/signal_stack.h"
#include "platform/wake_word.h"
#include "runtime/checkpoint.h"
#include "runtime/compiled_module.h"
#include "runtime/exception.h"
#include "runtime/func.h"
#include "runtime/gc_heap.h"
#include "runtime/global.h"
#include "runtime/memory.h"
#include "runtime/stack_memory.h"
#include "runtime/table.h"
#include "runtime/trap.h"

namespace waxwing::runtime {

class FuncListener;
class ListenedCalls;

/// What a store may use. Everything that a guest can size is bounded.
struct StoreLimits {
  uint64_t max_memory_bytes = UINT64_MAX;       // all memories together
  uint64_t max_table_elements = 100'000'000;    // all tables together
  uint64_t max_heap_bytes = uint64_t(4) << 30;  // of objects and exceptions
  uint64_t max_instances = 10'000;
  uint64_t max_stack_bytes = uint64_t(8) << 20;  // frames of Wasm code
  uint64_t max_native_stack_bytes =
      512u << 10;                // of the calling thread, for calls that nest through the host
  bool gc_stress = false;        // for tests: collects before every allocation
  bool has_checkpoints = false;  // tiers tell of calls of host functions, which have no thunks
};

/// The frames of Wasm code that is interpreted. `limit` is also the word that stops a running
/// guest: null means "look at the store".
struct ExecutionStack {
  Slot* base = nullptr;
  Slot* top = nullptr;  // where the next activation begins
  Slot* end = nullptr;
  std::atomic<Slot*> limit = nullptr;  // `end`, or null while an interruption is requested
  platform::WakeWord wake;             // where the store's thread sleeps
  abi::ExecutionState native;          // of machine code, but `is_marking` counts for all tiers

  Sleeper sleeper() { return {limit, wake}; }
};

/// The frames of Wasm code that runs as machine code: [low, high), growing down from `high`, where
/// the transfer slots begin. Empty until an instance has such code.
struct WasmStack {
  uint8_t* low = nullptr;    // above a page that faults
  uint8_t* limit = nullptr;  // VmContext::stack_limit: room for unchecked frames is below it
  uint8_t* high = nullptr;
};

/// One thread uses a store at a time; `interrupt` may be called from any, and from signal handlers.
class Store final : private GcRootSource {
 public:
  static base::Result<std::unique_ptr<Store>> create(std::shared_ptr<TypeRegistry> types,
                                                     const StoreLimits& limits);
  /// REQUIRES: no call runs; the host has no `Roots`.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  TypeRegistry& types() { return *types_; }
  const TypeRegistry& types() const { return *types_; }
  const StoreLimits& limits() const { return limits_; }
  const std::shared_ptr<ResourceBudget>& budget() const { return budget_; }

  /// Whatever an embedder keeps with the store; the store does not look at it.
  void* embedder() const { return embedder_; }
  void set_embedder(void* embedder) { embedder_ = embedder; }

  /// Makes objects that live as long as the store. Host objects take engine-wide types.
  Func& add_func(HostFuncObject func);
  base::Result<Func*> add_host_func(const syntax::FuncType& type, HostCode code, void* data,
                                    std::shared_ptr<void> owner);
  /// Fails with `invalid_argument` where it has no code, or a thunk though its type does not fit.
  base::Result<Func*> add_host_func(HostFunc func);
  base::Result<Memory*> add_memory(const syntax::MemoryType& type);
  base::Result<Table*> add_table(const syntax::TableType& type, Ref init);
  Global& add_global(const syntax::GlobalType& type, GlobalCell value);
  Tag& add_tag(TypeId type);
  /// Takes a memory that other stores use as well. REQUIRES: it is shared.
  Memory& share_memory(std::shared_ptr<Memory> memory) { return adopt(std::move(memory)); }
  /// What another store's `share_memory` takes. Linear in the number of memories.
  /// REQUIRES: `memory` is this store's.
  std::shared_ptr<Memory> shared_memory(const Memory& memory) const;
  /// Takes what `Memory::create` and `Table::create` made within this store's budget.
  Memory& adopt(std::shared_ptr<Memory> memory);
  Table& adopt(std::unique_ptr<Table> table);
  Instance& add_instance(std::unique_ptr<Instance> instance);
  size_t instance_count() const { return instances_.size(); }

  GcHeap& heap() { return heap_; }
  GcStatistics heap_statistics() const { return heap_.statistics(); }
  /// To be called before `count` elements of a table from `index` on are overwritten. They need not
  /// be there.
  void shade_elements(const Table& table, uint64_t index, uint64_t count) {
    if (stack_.native.is_marking && table.contains(index, count))
      heap_.shade({table.data() + index, static_cast<size_t>(count)});
  }
  /// The instance that is being made, whose references are roots already; null when it is done.
  void set_unfinished(Instance* instance) { unfinished_ = instance; }

  /// An exception with a payload by the array ABI, whose references lie where the collector sees
  /// them. Null where the heap is full.
  Exception* new_exception(Tag& tag, const Slot* payload);

  /// Calls `func` by the array ABI: the one way from the host into Wasm and from Wasm to the host,
  /// for nested calls too. A host function sees `caller`, the instance whose code calls. Arguments
  /// are not checked against the type. On failure `take_failure` tells what happened.
  Outcome call(Func& func, Slot* args_and_results, Instance* caller = nullptr);

  /// Ends a call by CodeStubs::enter_direct that left an ExecutionState::failure, and tells how it
  /// failed.
  Outcome fail_direct_call();
  /// How what was called directly has failed; then it has not.
  Outcome take_direct_failure();

  /// Records why the running call fails; returns `trapped`, for a host function or tier to return.
  Outcome set_trap(syntax::TrapCode code, std::string detail = {});
  /// A clean end of the program with `status` (WASI's proc_exit); travels as a trap of code `exit`.
  Outcome set_exit(int32_t status);
  /// Tiers add frames, innermost first, while they unwind; beyond Trap::max_frames it does nothing.
  void add_frame(const Instance& instance, syntax::FuncIdx func, uint64_t module_offset);
  bool has_trap() const { return trap_.has_value(); }
  /// The same, to look at; null where there is none.
  const Trap* trap() const { return trap_ ? &*trap_ : nullptr; }
  /// The trap of the last call that trapped; then there is none.
  Trap take_trap();
  /// What `outcome`, which is not `returned`, came to for the host: the trap, or
  /// uncaught_exception, where `pending_exception` stays.
  Trap take_failure(Outcome outcome);

  Exception* pending_exception =
      nullptr;  // after Outcome::threw, until the next call from outside begins

  /// Whether a call runs. Thread-safe and async-signal-safe.
  bool is_running() const { return call_depth() != 0; }
  /// Identifies the call that is running or, if none is, the next one. Thread-safe and
  /// async-signal-safe.
  uint64_t current_call() const {
    return stack_.native.current_call.load(std::memory_order_acquire);
  }
  /// The call that would be next is none: whoever asked it to end asked for nothing.
  /// REQUIRES: no call runs.
  void skip_call() { end_call(); }
  /// Asks call `call_id` to end with `reason` (interrupted or deadline_exceeded); does nothing if
  /// it has ended or was asked already. Reaches loops, calls, waits at memories, and waits of host
  /// functions that watch `stack().limit`. Takes no lock. Thread-safe and async-signal-safe, in the
  /// thread that uses the store too, whatever it is doing; keeps errno.
  void interrupt(uint64_t call_id, syntax::TrapCode reason);
  /// For tiers that saw `limit` null: whether an interruption is the reason; then it is recorded as
  /// the trap.
  bool check_interrupt();
  /// What code that counts may still use: see binary/fuel.h. At first 0, and nothing that takes
  /// time runs. In a host function: what is left of what its caller paid for in advance.
  uint64_t fuel() const { return stack_.native.fuel; }
  void set_fuel(uint64_t fuel) { stack_.native.fuel = fuel; }
  /// Who is asked where there is not enough, in the middle of a call and in its thread: for as much
  /// more as the source returns, until that is enough; 0 ends the call with `out_of_fuel`. It does
  /// not use the store. Null to remove it.
  using FuelSource = uint64_t (*)(void* data);
  void set_fuel_source(FuelSource source, void* data);
  /// For tiers that subtracted more than there was: whether the source covers it; else nothing is
  /// left, and the trap is recorded.
  bool refuel();
  /// Who is told of calls: listener.h. Null: nobody, and then no code asks.
  void set_func_listener(std::shared_ptr<FuncListener> listener);
  /// Not null where there was a listener once.
  ListenedCalls* listened() { return listened_.get(); }
  /// Registers what wakes a blocking host call when this store is interrupted; null to remove it,
  /// and then it is not running any more. Whoever blocks looks at `stack().limit` after
  /// registering. `wake` is async-signal-safe and does not call the store. For the thread that uses
  /// the store.
  void set_waker(void (*wake)(void*), void* data);

  /// The host function that runs, as Wasm code called it; null where it did not, or the store has
  /// no checkpoints.
  const ForeignCall* running_host_call() const;

  ExecutionStack& stack() { return stack_; }
  abi::ExecutionState& execution_state() { return stack_.native; }
  /// For thunks of host functions that no instance calls: it has nothing but `state` and `store`.
  abi::VmContext& host_context() { return host_context_; }
  const WasmStack& wasm_stack() const { return wasm_stack_; }
  /// Makes the stack of machine code unless it is there. Fails with `out_of_memory`.
  base::Result<> make_wasm_stack();
  /// Whether the native stack has room for one more nested activation.
  bool has_native_stack() const;

  /// Makes all that calls left in the store as new, for its next user: the trap, the pending
  /// exception, interruptions that were asked for, the waker, the heap with its objects (whose
  /// finalizers run). Tables, globals and memories are others' (instance_snapshot.h).
  /// REQUIRES: no call runs; the host has no `Roots`.
  void renew();
  /// Gives back the memory of stacks but for StackMemory::kept_bytes of each. Costs a microsecond.
  /// REQUIRES: no call runs.
  void trim_stacks();

 private:
  friend class InstanceSnapshot;
  friend class ForeignCall;
  friend class Checkpoint;
  Store(std::shared_ptr<TypeRegistry> types, const StoreLimits& limits, StackMemory stack_memory);
  void begin_call();
  bool begin_direct_call();
  /// A call has failed, or is about to.
  void note_failure();
  uint32_t call_depth() const { return stack_.native.call_depth.load(std::memory_order_relaxed); }
  void set_call_depth(uint32_t depth) {
    stack_.native.call_depth.store(depth, std::memory_order_relaxed);
  }
  uint32_t leave_call() {
    const uint32_t depth = call_depth() - 1;
    set_call_depth(depth);
    return depth;
  }
  // A thread in `interrupt` counts itself before it looks at current_call. So either it sees the
  // new number and does nothing, or it is seen here (or what it did is), and waited for. The
  // interrupting thread pays for the fence; where it cannot, attention is asked for always.
  // CodeStubs::enter_direct does the same.
  void end_call() {
    abi::ExecutionState& state = stack_.native;
    state.current_call.store(state.current_call.load(std::memory_order_relaxed) + 1,
                             std::memory_order_release);
    platform::light_fence();
    if (state.attention.load(std::memory_order_acquire) != 0) [[unlikely]]
      end_interruption();
  }
  void end_interruption();
  /// A call begins inside of others.
  void note_activation() {
    if (limits_.has_checkpoints) [[unlikely]]
      number_activation();
  }
  void number_activation();
  ActivationId current_activation() const;
  void forget_checkpoints();
  bool claim_interruption(uint64_t call_id, syntax::TrapCode reason);
  void write_stop_words();
  void wait_for_interrupting() const;
  uintptr_t wasm_stack_limit() const { return reinterpret_cast<uintptr_t>(wasm_stack_.limit); }
  void visit_roots(GcMarker& marker) override;
  std::span<const Ref> next_roots(GcRootCursor& cursor, size_t max) override;
  void visit_instance(GcMarker& marker, const Instance& instance) const;
  static std::span<const Ref> next_elems(const Instance& instance, GcRootCursor& cursor,
                                         size_t max);

  std::shared_ptr<TypeRegistry> types_;
  StoreLimits limits_;
  std::shared_ptr<ResourceBudget> budget_;
  StackMemory stack_memory_;
  ExecutionStack stack_;
  StackMemory wasm_stack_memory_;
  WasmStack wasm_stack_;
  abi::VmContext host_context_;
  // What `interrupt` uses: signal handlers too, at any time.
  std::atomic<uint64_t> request_ = 0;  // the last call that was asked to end, and the TrapCode
  std::atomic<void (*)(void*)> wake_ = nullptr;
  std::atomic<void*> wake_data_ = nullptr;  // written while `wake_` is null
  FuelSource fuel_source_ = nullptr;
  void* fuel_data_ = nullptr;
  std::atomic<Instance*> native_instances_ = nullptr;  // those with machine code; only grows
  std::optional<Trap> trap_;
  // Of a store with checkpoints.
  ForeignCall* foreign_call_ = nullptr;  // the innermost
  std::vector<uint64_t> activations_;    // numbers, by depth; of the outermost, current_call_
  uint64_t last_activation_ = 0;
  Checkpoint* checkpoints_ = nullptr;     // a list of all
  std::shared_ptr<Checkpoint> resuming_;  // until its activation finds out, or another trap comes
  std::deque<HostFuncObject> funcs_;
  std::vector<std::shared_ptr<Memory>> memories_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::deque<Global> globals_;
  std::deque<Tag> tags_;
  std::vector<std::unique_ptr<Instance>> instances_;
  Instance* unfinished_ = nullptr;
  void* embedder_ = nullptr;
  std::unique_ptr<ListenedCalls> listened_;
  GcHeap heap_;
};

}  // namespace waxwing::runtime

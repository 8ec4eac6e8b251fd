// Calls of host functions to which a later one of the same activation returns again, as C's setjmp
// and longjmp do: what Wasm code has on its stack is copied, and copied back. Memories, tables,
// globals and fuel stay as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "runtime/func.h"
#include "runtime/gc_heap.h"
#include "syntax/module.h"
#include "syntax/types.h"

namespace waxwing::runtime {

class Checkpoint;

/// What a function that goes on again has to pay for, at most: its body's bytes, and the slots of
/// its locals.
uint64_t cost_to_go_on(const syntax::Module& module, syntax::FuncIdx func);

/// One of all that have begun: how deep calls were nested, and which one it was there.
struct ActivationId {
  uint32_t depth = 0;
  uint64_t serial = 0;
  bool operator==(const ActivationId&) const = default;
};

/// A call out of the innermost activation, for as long as it runs: what tiers make around each,
/// where StoreLimits::has_checkpoints.
class ForeignCall {
 public:
  struct Place {
    Slot* slots;                // the arguments, which the results replace: on the stack
    std::span<Slot> stack;      // all that the activation has there
    std::span<uint64_t> state;  // with what the tier goes on after the call
    /// The sum of `cost_to_go_on` of all functions that go on then, one after the other.
    uint64_t (*body_bytes)(Store& store, std::span<const uint64_t> state);
  };

  ForeignCall(Store& store, const Func& callee, const Place& place);
  ~ForeignCall();
  ForeignCall(const ForeignCall&) = delete;
  ForeignCall& operator=(const ForeignCall&) = delete;

  /// For a call that came back as `trapped`: whether it is to be as if a checkpoint's call had
  /// returned, of the same activation. Then the stack is as it was there, results in place, `state`
  /// too, and the store has no trap. The tier goes on by `state`. Else it traps as the store says.
  bool resume();

  bool is_of_host() const { return callee_.is_host(); }
  const ActivationId& activation() const { return activation_; }

 private:
  friend class Checkpoint;
  Store& store_;
  ForeignCall* const outer_;
  const Func& callee_;
  const Place place_;
  const ActivationId activation_;
};

/// Used by its store's thread. Takes as much memory as the activation had on its stack; the objects
/// of the heap that it refers to live as long.
class Checkpoint : public std::enable_shared_from_this<Checkpoint> {
 public:
  /// Of the call of the running host function. Fails with `unsupported` where the store makes none,
  /// `invalid_argument` where Wasm code has not called it, `resource_limit` where the store has
  /// `max_live` already or they have `max_live_bytes`, `out_of_memory`.
  static constexpr size_t max_live = 4096;
  static constexpr uint64_t max_live_bytes = uint64_t{64} << 20;
  static base::Result<std::shared_ptr<Checkpoint>> take(Store& store);
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  /// Of the host function; engine-wide.
  const std::vector<syntax::ValType>& results() const;
  /// Whether the running host function can return there: fails with `invalid_argument` where the
  /// activation has ended, or another host function's frames lie between.
  base::Result<> check() const;
  /// Has the running host function return there: it returns the outcome. `results` are by the array
  /// ABI. Where code counts fuel, `cost_to_go_on` is paid of all functions that go on: what their
  /// instructions cost was paid once.
  Outcome resume(std::span<const Slot> results, bool counts_fuel);
  /// The store ends: there is nothing to go back to.
  void forget();

 private:
  friend class ForeignCall;
  Checkpoint(Store& store, const ForeignCall& call);

  Store* store_;  // null once that has ended
  const ActivationId activation_;
  TypeId type_;
  Slot* slots_;
  Slot* stack_begin_;
  size_t stack_size_;
  size_t state_size_;
  uint64_t body_bytes_;
  uint64_t cost_ = 0;  // of fuel, to go on
  /// The stack, then the state, then the results that it goes on with: all may refer to objects.
  std::optional<Roots> saved_;
  Checkpoint* next_ = nullptr;  // of the store's
  Checkpoint* previous_ = nullptr;
};

}  // namespace waxwing::runtime

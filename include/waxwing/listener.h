// Who is told of calls as they begin and end: for profilers, tracers, coverage. Set by
// `Store::set_listener`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "waxwing/error.h"
#include "waxwing/export.h"
#include "waxwing/types.h"
#include "waxwing/value.h"

namespace waxwing {

namespace detail {
struct CallView;
}  // namespace detail

/// A call on the stack of a store. Its names live as long as the store.
struct StackFrame {
  std::string_view module = {};  // of the function; of a host function as its caller imports it
  std::string_view name = {};    // the same; may be empty
  uint32_t func_index = 0;       // in the module of the function, or of its caller
  bool is_host = false;
  /// Bytes from the module's start: of the call that the function is in, or where it begins.
  /// 0 for host functions.
  uint64_t offset = 0;
};

/// A call, as a listener sees it: good until the listener returns.
class WAXWING_API ListenedCall {
 public:
  /// What is called.
  StackFrame frame() const;
  FuncType type() const;
  /// The arguments in `before`, the results in `after`, else nothing. Made when it is asked for.
  std::span<const Value> values() const;
  /// In `after`: the function has ended in a tail call, which is the next to begin.
  bool is_tail_call() const noexcept;
  /// Calls that are under way, this one included.
  size_t depth() const noexcept;
  /// Those calls from this one outwards, `max` of them at most: those that began since there was
  /// a listener.
  std::vector<StackFrame> stack(size_t max = SIZE_MAX) const;

  ListenedCall(const ListenedCall&) = delete;
  ListenedCall& operator=(const ListenedCall&) = delete;

 private:
  friend struct detail::CallView;
  explicit ListenedCall(detail::CallView& view) : view_(view) {}
  ~ListenedCall() = default;
  detail::CallView& view_;
};

/// Called in the thread that uses the store, in the middle of a call. Must not throw. May read what
/// is in the store, but no call begins in it meanwhile, and no objects are made there (`Ref::host`,
/// `Exception::create`): these fail with `invalid_argument`.
class WAXWING_API FuncListener {
 public:
  FuncListener() = default;
  FuncListener(const FuncListener&) = delete;
  FuncListener& operator=(const FuncListener&) = delete;
  // All is inline, so that embedders with RTTI have its type.
  virtual ~FuncListener() = default;

  /// A function begins. Whether to tell of this call's end.
  virtual bool before(const ListenedCall& call) = 0;
  /// It returned.
  virtual void after(const ListenedCall& /*call*/) {}
  /// It ended by a trap, or by an exception of Wasm (nothing), which a caller may catch.
  virtual void abort(const ListenedCall& /*call*/, std::optional<TrapCode> /*trap*/) {}
};

}  // namespace waxwing

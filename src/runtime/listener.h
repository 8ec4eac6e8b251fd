// Who is told of calls as they begin and end, and the calls that are under way. Wasm functions tell
// where their code was made to (engine::CodegenConfig::listeners), in every tier; host functions
// tell whatever code calls them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/func.h"
#include "runtime/trap.h"

namespace waxwing::runtime {

/// A call that somebody listens to.
struct ListenedCall {
  enum class Frame : uint8_t { native, interpreted, host };

  Instance* instance = nullptr;  // the function's; of a host function its caller's, or null
  syntax::FuncIdx func{0u};      // of a Wasm function
  const Func* host = nullptr;    // a host function; null for a Wasm function
  Frame frame = Frame::native;
  const void* address = nullptr;  // of the frame; of native ones the frame pointer
  bool is_wanted = false;         // `before` said so
  const void* pc = nullptr;       // of an interpreted one: in the call that it makes, or null
  /// Of an interpreted one: where the call at `pc` is in the module's bytes. Logarithmic.
  uint64_t (*offset_at)(const Instance& instance, const void* pc) = nullptr;
  const void* record = nullptr;  // of a native one: the frame record of the call that it makes

  /// Engine-wide.
  const syntax::FuncType& type(const TypeRegistry& types) const;
};

/// The import by which the caller of a host function knows it.
struct ListenedImport {
  const syntax::Import* import = nullptr;  // null where it has it from elsewhere
  syntax::FuncIdx func{0u};
};

/// Linear in the caller's imports.
ListenedImport import_of(const ListenedCall& call);

/// What is called before and after calls, in the thread that uses the store. It calls nothing in
/// the store, sets no listener, allocates no objects there, and throws nothing.
class FuncListener {
 public:
  virtual ~FuncListener() = default;
  /// A function is entered, with arguments by the array ABI, where an i32 and an f32 may have
  /// anything in the high half. Whether to tell of the call's end.
  virtual bool before(const ListenedCall& call, const Slot* args) = 0;
  /// It returns; `results` in the same way, and null where it ends in a tail call: then the next
  /// call has its place.
  virtual void after(const ListenedCall& call, const Slot* results) = 0;
  /// It ends without results: by a trap, which is the store's or null where nobody told of one, or
  /// by an exception, with null, that somebody further out may catch.
  virtual void abort(const ListenedCall& call, const Trap* trap) = 0;
};

/// The calls of one store that have begun since there was a listener. For the store's thread.
class ListenedCalls {
 public:
  explicit ListenedCalls(Store& store) : store_(store) {}

  /// Calls that are under way end without `after`. Null: nobody.
  void set_listener(std::shared_ptr<FuncListener> listener);
  const std::shared_ptr<FuncListener>& listener() const { return listener_; }
  /// Innermost last.
  std::span<const ListenedCall> calls() const { return calls_; }
  /// Where the call of a Wasm function is: at the call that it makes, in the module's bytes, or
  /// where it begins. Logarithmic.
  static uint64_t offset_of(const ListenedCall& call);
  /// The innermost call, if its frame is that one, calls at that place: see ListenedCall::pc.
  void note_pc(const void* address, const void* pc);

  void enter(const ListenedCall& call, const Slot* args);
  /// The call whose frame that is ends; nothing where it began before there was a listener.
  void exit(ListenedCall::Frame frame, const void* address, const Slot* results);
  /// A call failed, and with it those whose frames lie where stack is free now.
  void abort_dead();
  /// An exception is caught in the frame of that address: what it called has ended.
  void abort_inner(ListenedCall::Frame frame, const void* address);

  /// From now on calls of the function are told of, or not any more.
  void wrap(HostFuncObject& func);
  void unwrap(HostFuncObject& func);

 private:
  static Outcome call_wrapped(void* data, Caller& caller, Slot* slots);
  template <typename Dead>
  void abort_while(Dead dead);
  void abort_innermost();
  void pop();
  void update_flag();

  Store& store_;
  std::shared_ptr<FuncListener> listener_;
  std::vector<ListenedCall> calls_;
};

}  // namespace waxwing::runtime

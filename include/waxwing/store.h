// Stores own what Wasm code can reach; the objects in them are handled by small values.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "waxwing/detail/call.h"
#include "waxwing/detail/duration.h"
#include "waxwing/detail/function.h"
#include "waxwing/engine.h"
#include "waxwing/error.h"
#include "waxwing/export.h"
#include "waxwing/types.h"
#include "waxwing/value.h"

namespace waxwing {

namespace detail {
struct SnapshotCore;
}  // namespace detail

class FuncListener;
class Instance;
template <typename Signature>
class TypedFunc;

/// What a memory or a table of a store is about to take.
struct ResourceRequest {
  enum class Kind : uint8_t { memory_bytes, table_elements };

  Kind kind;
  uint64_t used;    // by all memories, or all tables, of the store
  uint64_t wanted;  // more
};

/// What the code in a store may use. Everything that a guest can size is bounded.
struct StoreLimits {
  uint64_t memory_bytes = UINT64_MAX;       // of all memories together
  uint64_t table_elements = 100'000'000;    // of all tables together
  uint64_t heap_bytes = uint64_t{4} << 30;  // of objects (GC) and exceptions
  uint64_t instances = 10'000;
  uint64_t stack_bytes = uint64_t{8} << 20;  // of frames of Wasm code
  uint64_t native_stack_bytes = 512 << 10;   // of the calling thread, for calls that nest
  /// Asked for what is within these limits: false, and instantiating fails or growing yields -1.
  /// Must not throw, nor use the store. Shared memories ask in the thread that grows them.
  std::function<bool(const ResourceRequest&)> limiter = {};
};

/// Something that can be stopped: the call that runs in a store when it is asked, and no later one.
/// Any thread may use it, at any time, and so may signal handlers; copies are alike.
class WAXWING_API Interrupter {
 public:
  /// Ends the running call, wherever it is: in a loop, in recursion, in a start function, or where
  /// it waits in WASI. Does nothing where no call runs. Async-signal-safe.
  void interrupt() const noexcept;

  // Copies and nothing else: one that was moved from stays what it was.
  Interrupter(const Interrupter&) = default;
  Interrupter& operator=(const Interrupter&) = default;
  ~Interrupter() = default;

 private:
  friend class Store;
  explicit Interrupter(std::shared_ptr<detail::StoreCore> store) : store_(std::move(store)) {}
  std::shared_ptr<detail::StoreCore> store_;
};

/// How long one call may go on. A call that is stopped fails with `interrupted`. Where it is called
/// from a host function, what is stopped is the whole of what the host called first.
struct CallOptions {
  /// From its beginning. The engine then has one thread of its own that watches time.
  std::optional<std::chrono::nanoseconds> timeout = {};
  std::stop_token stop = {};
};

/// Owns instances and all that they made. One thread at a time uses a store and what is in it, and
/// that may be another each time. When it ends, or is closed, its objects end with it: what is
/// still asked of their handles fails with `store_closed`. One that was moved from is the same
/// store, but not its owner.
class WAXWING_API Store {
 public:
  /// Fails with `out_of_memory`, and with `invalid_argument` for a stack too small or too large.
  static Result<Store> create(const Engine& engine, const StoreLimits& limits = {});
  Store(Store&& other) noexcept;
  Store& operator=(Store&& other) noexcept;
  ~Store();

  Engine engine() const;
  Interrupter interrupter() const;

  /// Frees all that the store holds, as its end does. Fails with `invalid_argument` while a call
  /// runs in it, from a host function say; then it ends when the call has ended.
  Result<> close();
  bool is_closed() const noexcept;
  /// Has `notify` called when the store ends or is closed, before anything is freed, but when no
  /// call can begin in it. Must not throw. Those that were added last come first.
  void on_close(std::function<void()> notify);

  /// What the code of an engine with `Config::fuel` may still use; at first 0, with which no loop
  /// and no call of a function with instructions begins. A host function sees what is left.
  uint64_t fuel() const noexcept;
  void set_fuel(uint64_t fuel) noexcept;
  /// Who is asked, in the middle of a call and in its thread, where there is not enough: for as
  /// much more as it returns, until that is enough; 0 ends the call with `out_of_fuel`. It may
  /// wait, or let others run meanwhile, but not use the store, nor throw. Null to remove it.
  void set_fuel_source(std::function<uint64_t()> source);

  /// Who is told of calls of host functions, and of Wasm functions where the engine's code tells of
  /// them (`Config::listeners`); null: nobody any more. Calls that are under way end unheard. Fails
  /// with `store_closed`, with `invalid_argument` in a listener, and with `unsupported` where the
  /// engine has `Config::checkpoints`. [listener.h]
  Result<> set_listener(std::shared_ptr<FuncListener> listener);

  /// Bytes of all memories, and bytes of the heap's objects, now.
  uint64_t memory_bytes() const;
  uint64_t heap_bytes() const;

 private:
  friend struct detail::Access;
  Store(std::shared_ptr<detail::StoreCore> core, bool owns) : core_(std::move(core)), owns_(owns) {}
  std::shared_ptr<detail::StoreCore> core_;
  bool owns_;
};

namespace detail {
/// What Func, Memory, Table, Global and Tag are: an object, and the store that it is in.
class Handle {
 public:
  /// Whether both are the same object.
  bool operator==(const Handle& other) const noexcept {
    return object_ == other.object_ && store_ == other.store_;
  }
  /// What makes it that object: as long as the store lives, another object has another one.
  const void* id() const noexcept { return object_; }

 protected:
  friend struct Access;
  Handle(std::shared_ptr<StoreCore> store, void* object)
      : store_(std::move(store)), object_(object) {}
  // Copies and nothing else: one that was moved from stays what it was.
  Handle(const Handle&) = default;
  Handle& operator=(const Handle&) = default;
  ~Handle() = default;
  std::shared_ptr<StoreCore> store_;
  void* object_;
};
}  // namespace detail

/// A function, of Wasm or of the host.
class WAXWING_API Func : public detail::Handle {
 public:
  Result<FuncType> type() const;

  /// Calls it. Errors: `wrong_type` where count or types of arguments do not fit, `wrong_store`,
  /// `trapped`, `exited`, `interrupted`; rethrows what a host function threw, where exceptions are
  /// on. Allocates the results; `typed` does not.
  Result<std::vector<Value>> call(std::span<const Value> args,
                                  const CallOptions& options = {}) const {
    auto results = try_call(args, options);
    if (!results) return detail::raise(std::move(results).error());
    return results;
  }
  Result<std::vector<Value>> call(std::initializer_list<Value> args,
                                  const CallOptions& options = {}) const {
    return call(std::span<const Value>(args.begin(), args.size()), options);
  }
  /// The same, but what a host function threw is in the error.
  Result<std::vector<Value>> try_call(std::span<const Value> args,
                                      const CallOptions& options = {}) const;

  /// Calls it without looking at anything: `slots` hold the arguments in order, and the results
  /// when it returns, one of 8 bytes each and two for a v128. An i32 must be zero-extended, else
  /// the guest may leave its memory. There are as many as the larger of both needs. No references.
  Result<> call_unchecked(detail::Slot* slots) const {
    const std::shared_ptr<detail::StoreCore> store = store_;
    if (!detail::call_slots(store.get(), object_, slots)) [[unlikely]]
      return detail::raise(detail::take_failure(store.get()));
    return {};
  }

  /// The same for at most so long.
  Result<> call_unchecked(const CallOptions& options, detail::Slot* slots) const;

  /// The function as something to call with C++'s types: `func.typed<double(int32_t, float)>()`.
  /// Fails with `wrong_type` where it has another type. [typed_func.h]
  template <typename Signature>
  Result<TypedFunc<Signature>> typed() const;

 private:
  friend struct detail::Access;
  using Handle::Handle;
};

/// A linear memory. Its bytes never move, but it can grow while Wasm code runs.
class WAXWING_API Memory : public detail::Handle {
 public:
  /// All bytes are zero. Errors: `invalid` for a wrong type, `resource_limit`, `out_of_memory`.
  static Result<Memory> create(Store& store, const MemoryType& type);

  /// As it was declared, with the current size as the minimum.
  Result<MemoryType> type() const;
  /// 0 where the store is closed.
  uint64_t size_bytes() const noexcept;
  uint64_t size_pages() const noexcept;
  /// The size in pages that it had; `resource_limit` where it must not or cannot grow.
  Result<uint64_t> grow(uint64_t delta_pages) const;

  /// [offset, offset + size), to read and write; `out_of_bounds` where that leaves the memory. Good
  /// as long as the store. What other threads do with a shared memory is theirs to order.
  Result<std::span<uint8_t>> bytes(uint64_t offset, uint64_t size) const;
  /// All of it, as large as it is now; empty where the store is closed.
  std::span<uint8_t> all() const noexcept;

  /// A number, or any plain value, as Wasm has it: little-endian, anywhere. Not through pointers,
  /// views or arrays; `bytes` and `write_string` are for these.
  template <detail::Plain T>
  Result<T> read(uint64_t offset) const {
    const auto from = bytes(offset, sizeof(T));
    if (!from) return std::unexpected(from.error());
    T value;
    std::memcpy(&value, from->data(), sizeof value);
    return value;
  }
  template <detail::Plain T>
  Result<> write(uint64_t offset, const T& value) const {
    const auto to = bytes(offset, sizeof(T));
    if (!to) return std::unexpected(to.error());
    std::memcpy(to->data(), &value, sizeof value);
    return {};
  }
  Result<std::string> read_string(uint64_t offset, uint64_t size) const;
  Result<> write_string(uint64_t offset, std::string_view text) const;

 private:
  friend struct detail::Access;
  using Handle::Handle;
};

/// A table of references.
class WAXWING_API Table : public detail::Handle {
 public:
  static Result<Table> create(Store& store, const TableType& type, const Ref& init = {});

  Result<TableType> type() const;
  uint64_t size() const noexcept;
  Result<Ref> get(uint64_t index) const;
  Result<> set(uint64_t index, const Ref& value) const;
  /// The size that it had.
  Result<uint64_t> grow(uint64_t delta, const Ref& init = {}) const;

 private:
  friend struct detail::Access;
  using Handle::Handle;
};

class WAXWING_API Global : public detail::Handle {
 public:
  static Result<Global> create(Store& store, const GlobalType& type, const Value& value);

  Result<GlobalType> type() const;
  Result<Value> get() const;
  /// `wrong_type` also where it is immutable.
  Result<> set(const Value& value) const;

 private:
  friend struct detail::Access;
  using Handle::Handle;
};

/// What exceptions are thrown with.
class WAXWING_API Tag : public detail::Handle {
 public:
  static Result<Tag> create(Store& store, const TagType& type);

  Result<TagType> type() const;

 private:
  friend struct detail::Access;
  using Handle::Handle;
};

/// Something that can be imported or exported, in the order of ExternKind.
using Extern = std::variant<Func, Table, Memory, Global, Tag>;

/// What an instance held at one moment: memories, tables, globals. To make others like it, at once
/// and in any store of the engine: an instance that took long to get ready is made once. They share
/// the bytes of memories until they write. Immutable and thread-safe; copies are the same.
class WAXWING_API Snapshot {
 public:
  // Copies and nothing else: one that was moved from stays what it was.
  Snapshot(const Snapshot&) = default;
  Snapshot& operator=(const Snapshot&) = default;
  ~Snapshot() = default;

 private:
  friend struct detail::Access;
  explicit Snapshot(std::shared_ptr<const detail::SnapshotCore> core) : core_(std::move(core)) {}
  std::shared_ptr<const detail::SnapshotCore> core_;
};

/// A module at work in a store.
class WAXWING_API Instance : public detail::Handle {
 public:
  /// Checks that `imports` fit the module's, one for each in its order, makes the instance and runs
  /// its start function. `Linker` finds imports by name. Errors: `unlinkable`, `wrong_store`,
  /// `invalid_argument` for a module of another engine, `resource_limit`, `out_of_memory`, and
  /// those of calls; rethrows what a host function threw.
  static Result<Instance> create(Store& store, const Module& module,
                                 std::span<const Extern> imports = {},
                                 const CallOptions& options = {}) {
    auto instance = try_create(store, module, imports, options);
    if (!instance) return detail::raise(std::move(instance).error());
    return instance;
  }
  /// The same, but what a host function threw is in the error.
  static Result<Instance> try_create(Store& store, const Module& module,
                                     std::span<const Extern> imports = {},
                                     const CallOptions& options = {});

  /// An instance with what `snapshot` holds: no start function runs. Imports and errors as above.
  static Result<Instance> create(Store& store, const Snapshot& snapshot,
                                 std::span<const Extern> imports = {});
  /// Fails with `unsupported` where the instance shares what can change (imported memories, tables
  /// and mutable globals, shared memories), or refers to objects of the heap or of the host. What
  /// the host keeps for it, such as open files of WASI, is not part of it. No call may run.
  Result<Snapshot> snapshot() const;

  /// Exports by name. Errors: `not_found`, which names those that there are, and `wrong_type`.
  Result<Extern> get(std::string_view name) const;
  Result<Func> func(std::string_view name) const;
  Result<Memory> memory(std::string_view name = "memory") const;
  Result<Table> table(std::string_view name) const;
  Result<Global> global(std::string_view name) const;
  Result<Tag> tag(std::string_view name) const;
  /// An exported function to call with C++'s types.
  template <typename Signature>
  Result<TypedFunc<Signature>> func(std::string_view name) const {
    const Result<Func> found = func(name);
    if (!found) return std::unexpected(found.error());
    return found->template typed<Signature>();
  }
  /// All exports in the module's order.
  Result<std::vector<std::pair<std::string, Extern>>> exports() const;

  /// Runs a WASI program: calls `_start`, or `_initialize` of a library. The status that it exits
  /// with; 0 where it just returns. Errors: `not_found` where there is neither, and those of calls.
  Result<int32_t> run(const CallOptions& options = {}) const {
    auto status = try_run(options);
    if (!status) return detail::raise(std::move(status).error());
    return status;
  }
  Result<int32_t> try_run(const CallOptions& options = {}) const;

 private:
  friend struct detail::Access;
  using Handle::Handle;
};

}  // namespace waxwing

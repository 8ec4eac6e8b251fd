// What stands behind the handles of the public API, and how its types become those of the layers
// below.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/alarms.h"
#include "api/ref_table.h"
#include "engine/engine.h"
#include "platform/file.h"
#include "runtime/checkpoint.h"
#include "runtime/instance_image.h"
#include "runtime/linker.h"
#include "runtime/store.h"
#include "runtime/value.h"
#include "waxwing/checkpoint.h"
#include "waxwing/engine.h"
#include "waxwing/exception.h"
#include "waxwing/host_func.h"
#include "waxwing/linker.h"
#include "waxwing/store.h"

namespace waxwing::wasi {
class Context;
}  // namespace waxwing::wasi

namespace waxwing::detail {

struct CacheCore {
  std::shared_ptr<engine::CompilationCache> cache;
};

struct EngineCore {
  explicit EngineCore(const Config& given);

  void tell(const Event& event) const noexcept {
    if (config.on_event) config.on_event(event);
  }

  const Config config;
  const engine::Engine engine;
  std::shared_ptr<runtime::MemoryAllocator> memory_allocator;
  api::Alarms alarms;
};

struct ModuleCore {
  std::shared_ptr<const runtime::CompiledModule> compiled;
  const syntax::Module& module() const { return compiled->module; }
};

struct SnapshotCore {
  std::shared_ptr<const runtime::InstanceImage> image;
};

struct SocketCore {
  platform::File socket;
  bool nonblocking = false;
};

/// The world that a configuration of WASI gives one store.
struct WasiWorld {
  std::shared_ptr<const WasiConfig> config;
  std::shared_ptr<wasi::Context> context;
  runtime::Linker functions;
};
struct HelperWorld;  // helper_world.h

/// A store with what the API keeps beside it. Handles share it, so that it outlives the store.
struct StoreCore : std::enable_shared_from_this<StoreCore> {
  StoreCore(std::shared_ptr<EngineCore> its_engine, std::unique_ptr<runtime::Store> its_store);
  ~StoreCore();

  static StoreCore& of(runtime::Store& store) { return *static_cast<StoreCore*>(store.embedder()); }

  /// The store, or `store_closed`.
  Result<runtime::Store*> open() const;
  /// The same for calls, which do not begin where the store is to be closed.
  Result<runtime::Store*> open_for_calls() const;
  void set_callable(runtime::Store* target) {
    callable = target;
    is_callable = target != nullptr;
  }
  /// Frees what the store holds: now, or when the running call has ended.
  void close();

  /// Ends that call, or the one that runs, if one does. Thread-safe and async-signal-safe.
  void interrupt(std::optional<uint64_t> call, syntax::TrapCode reason);

  /// Whoever needs the store after a call keeps it open meanwhile.
  void pin() { ++pins; }
  void unpin() {
    --pins;
    close_if_asked();
  }
  void close_if_asked() {
    if (!callable && !is_telling) [[unlikely]]
      close();
  }

  /// How a call failed: a trap, and what a host function threw, if that was the cause.
  Error error_of(runtime::Trap trap);
  Error error_of(const runtime::InstantiateError& error);
  /// Ends a call that failed: `failed` says how.
  void fail(runtime::Outcome outcome);

  const std::shared_ptr<EngineCore> engine;
  std::unique_ptr<runtime::Store> store;  // null once closed
  runtime::Store* callable;               // the same, but null while no call may begin, and once it
                                          // is to be closed
  bool is_callable = true;                // the same, for `CallTarget`
  bool is_telling = false;                // see Silence
  uint32_t pins = 0;
  std::shared_ptr<StoreCore> self;  // while it is to be closed: whoever let go may be in a call
  std::optional<Error> failed;      // how the last call failed, until the host has it
  std::exception_ptr exception;     // what a host function threw, until the host's call has it
  api::RefTable refs;
  std::map<const HostBlock*, runtime::Func*> host_funcs;
  std::vector<WasiWorld> wasi_worlds;
  std::vector<std::function<void()>> close_notifiers;
  std::function<uint64_t()> fuel_source;
  // What interrupters use, from any thread and signal handler.
  std::atomic<runtime::Store*> interruptible;
  std::atomic<uint32_t> interrupting = 0;
  std::vector<std::shared_ptr<HelperWorld>> helper_worlds;
};

/// A store that was open stays open while this lives, whatever becomes of its handles.
class Pin {
 public:
  explicit Pin(StoreCore& core) : core_(core.shared_from_this()) { core_->pin(); }
  ~Pin() { core_->unpin(); }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

 private:
  std::shared_ptr<StoreCore> core_;
};

/// While it lives, no call begins in the store, and it does not end: the host is told of something
/// in the middle of a call.
class Silence {
 public:
  explicit Silence(StoreCore& core) : core_(core), callable_(core.callable) {
    core_.is_telling = true;
    core_.set_callable(nullptr);
  }
  ~Silence() {
    core_.is_telling = false;
    core_.set_callable(core_.self ? nullptr : callable_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  StoreCore& core_;
  runtime::Store* callable_;
};

struct CheckpointCore {
  std::shared_ptr<StoreCore> store;
  std::shared_ptr<runtime::Checkpoint> checkpoint;
};

/// What an error asks for that `Caller::restore` made.
struct Restoration {
  std::shared_ptr<CheckpointCore> checkpoint;
  std::vector<Value> results;
};

/// Opens the handles for the library.
struct Access {
  static const std::shared_ptr<EngineCore>& core(const Engine& engine) { return engine.core_; }
  static const std::shared_ptr<const ModuleCore>& core(const Module& module) {
    return module.core_;
  }
  static const std::shared_ptr<StoreCore>& core(const Store& store) { return store.core_; }
  static const std::shared_ptr<CacheCore>& core(const CompilationCache& cache) {
    return cache.core_;
  }
  static const std::shared_ptr<StoreCore>& core(const Handle& handle) { return handle.store_; }
  static const SocketCore& core(const WasiSocket& socket) { return *socket.core_; }

  static Module module(std::shared_ptr<const runtime::CompiledModule> compiled) {
    return Module(std::make_shared<const ModuleCore>(ModuleCore{std::move(compiled)}));
  }
  static CompilationCache cache(std::shared_ptr<engine::CompilationCache> cache) {
    return CompilationCache(std::make_shared<CacheCore>(CacheCore{std::move(cache)}));
  }
  static Snapshot snapshot(std::shared_ptr<const runtime::InstanceImage> image) {
    return Snapshot(std::make_shared<const SnapshotCore>(SnapshotCore{std::move(image)}));
  }
  static WasiSocket socket(SocketCore core) {
    return WasiSocket(std::make_shared<const SocketCore>(std::move(core)));
  }
  static const runtime::InstanceImage& image(const Snapshot& snapshot) {
    return *snapshot.core_->image;
  }
  static Engine engine(const std::shared_ptr<EngineCore>& core) { return Engine(core); }
  static Store borrowed(std::shared_ptr<StoreCore> core) { return Store(std::move(core), false); }

  template <typename T, typename Object>
  static T handle(const StoreCore& core, Object* object) {
    return T(std::const_pointer_cast<StoreCore>(core.shared_from_this()), object);
  }
  static void* object(const Handle& handle) { return handle.object_; }

  static Ref ref(uint64_t bits, RefCell* cell) {
    Ref ref;
    ref.bits_ = bits;
    ref.cell_ = cell;
    return ref;
  }
  static uint64_t bits(const Ref& ref) { return ref.bits_; }
  static RefCell* cell(const Ref& ref) { return ref.cell_; }

  static Exception exception(const Ref& ref) { return Exception(ref); }
  static Checkpoint checkpoint(std::shared_ptr<CheckpointCore> core) {
    return Checkpoint(std::move(core));
  }
  static const std::shared_ptr<CheckpointCore>& core(const Checkpoint& checkpoint) {
    return checkpoint.core_;
  }
  static Error error(std::shared_ptr<const Restoration> restoration) {
    return Error(std::move(restoration));
  }
  /// Null where the error is none of these.
  static const Restoration* restoration(const Error& error);

  static const std::shared_ptr<const StreamSource>& source(const WasiStream& stream) {
    return stream.source_;
  }
  static WasiStream::Plain plain(const WasiStream& stream) { return stream.plain_; }

  static const std::shared_ptr<HostBlock>& block(const HostFunc& func) { return func.block_; }
  static runtime::HostThunk thunk(const HostFunc& func) { return func.thunk_; }
};

/// The handle's object, or `store_closed`. For the type that the handle has.
template <typename Object>
Result<std::pair<runtime::Store*, Object*>> open(const Handle& handle) {
  const auto store = Access::core(handle)->open();
  if (!store) return std::unexpected(store.error());
  return std::pair(*store, static_cast<Object*>(Access::object(handle)));
}

/// A type that the host says, for an object of the store; fails with `invalid_argument` where it
/// names a concrete type that the engine does not have.
Result<syntax::ValType> to_engine_type(const StoreCore& core, ValType type);
Result<syntax::FuncType> to_engine_type(const StoreCore& core, const FuncType& type);

/// An extern of that store as the runtime has it; fails with `wrong_store`.
Result<runtime::Extern> to_runtime(const StoreCore& core, const Extern& object);
Extern to_public(const StoreCore& core, const runtime::Extern& object);

/// A value as one of `type`, engine-wide. Fails with `wrong_type`, and with `wrong_store` for a
/// reference of another.
Result<runtime::Value> to_runtime(StoreCore& core, const Value& value, syntax::ValType type);
Value to_public(StoreCore& core, const runtime::Value& value);

/// A reference to an exception of that store.
Ref exception_ref(StoreCore& core, runtime::Exception& exception);
/// What a handle of an exception stands for, and its store; fails with `store_closed`.
Result<std::pair<StoreCore*, runtime::Exception*>> open_exception(const Ref& ref);

/// Has the running host function return to a checkpoint; what it returns then.
runtime::Outcome restore(StoreCore& core, const Restoration& restoration);

/// Instantiates with imports of that store.
Result<Instance> instantiate(StoreCore& core, const Module& module,
                             std::span<const runtime::Extern> imports, const CallOptions& options);

Result<Instance> instantiate(StoreCore& core, const Snapshot& snapshot,
                             std::span<const runtime::Extern> imports);

/// A function for the runtime made of a host function. Made once for each store.
Result<runtime::Func*> host_func_in(StoreCore& core, const HostFunc& func);

}  // namespace waxwing::detail

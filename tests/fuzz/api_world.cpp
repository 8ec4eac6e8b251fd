// See api_world.h.
#include "api_world.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "waxwing/waxwing.h"

namespace waxwing::fuzz {
namespace {

constexpr const char* texts[] = {
    R"((module (import "env" "step" (func $step (param i32) (result i32)))
      (memory (export "memory") 1 3) (table (export "table") 2 6 funcref)
      (table (export "refs") 1 4 externref)
      (global (export "i64") (mut i64) (i64.const 1)) (global (export "ref") (mut externref) (ref.null extern))
      (tag (export "tag") (param i32))
      (func (export "call") (param i32) (result i32) (call $step (local.get 0)))
      (func (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (call $deeper (i32.sub (local.get 0) (i32.const 1)))) (else (call $step (i32.const 1)))))
      (func $deeper (param i32) (result i32) (i32.add (i32.const 1) (call $step (local.get 0))))
      (func (export "trap") (param i32) (result i32) (i32.div_s (i32.const 1) (i32.const 0)))
      (func (export "keep") (param externref) (result externref)
        (global.set 1 (local.get 0)) (table.get 1 (i32.const 0)) (table.set 1 (i32.const 0) (local.get 0)))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "throw") (param i32) (result i32) (throw 0 (local.get 0)))
      (func (export "pair") (param i64 externref) (result externref i64) (local.get 1) (local.get 0))))",
    R"((module (import "env" "step" (func $step (param i32) (result i32))) (func $begin
        (drop (call $step (i32.const 3)))) (start $begin) (func (export "call") (param i32) (result i32) (local.get 0))))",
    R"((module (import "env" "memory" (memory 1)) (import "env" "table" (table 1 funcref))
      (func (export "call") (param i32) (result i32)
        (i32.store8 (local.get 0) (i32.const 7)) (i32.load8_u (local.get 0)))))",
    R"((module (import "not" "there" (func (param i64)))))",
    R"((module (type $s (struct (field (mut anyref)))) (global $g (mut anyref) (ref.null any))
      (func (export "call") (param i32) (result i32)
        (loop $more (global.set $g (struct.new $s (global.get $g)))
          (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 0))
      (func (export "any") (param anyref) (result anyref) (global.get $g) (global.set $g (local.get 0)))))"};

constexpr size_t max_kept = 12;
constexpr int max_depth = 3;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "fuzz_api: %s\n", what);
  std::abort();
}

/// What all worlds share.
struct Engines {
  std::array<Engine, 2> engines = {Engine(Config{.tier = Tier::interpreter}), Engine(Config{})};
  std::vector<Module> modules;  // those of the first engine, then those of the second

  Engines() {
    for (const Engine& engine : engines) {
      for (const char* text : texts) {
        auto bytes = wat_to_wasm(text);
        if (!bytes) fail(bytes.error().message().c_str());
        auto module = engine.compile(*std::move(bytes));
        if (!module) fail(module.error().message().c_str());
        modules.push_back(*std::move(module));
      }
    }
  }
};

class World {
 public:
  explicit World(std::span<const uint8_t> input) : input_(input) {
    for (size_t i = 0; i < linkers_.size(); ++i) {
      const auto step = linkers_[i].func("env", "step", [this](Caller& caller, int32_t choice) {
        return step_within(caller, choice);
      });
      if (!step) fail("a function cannot be defined");
    }
  }

  void run() {
    while (!input_.empty()) step();
  }

 private:
  uint8_t byte() {
    if (input_.empty()) return 0;
    const uint8_t value = input_.front();
    input_ = input_.subspan(1);
    return value;
  }
  template <typename T>
  std::optional<T> pick(const std::vector<T>& from) {
    if (from.empty()) return std::nullopt;
    return from[byte() % from.size()];
  }
  /// The same where it lies: what it calls may throw it away.
  template <typename T>
  const T* point_at(const std::vector<T>& from) {
    return from.empty() ? nullptr : &from[byte() % from.size()];
  }
  template <typename T>
  void keep(std::vector<T>& in, T value) {
    if (in.size() < max_kept)
      in.push_back(std::move(value));
    else
      in[byte() % max_kept] = std::move(value);
  }
  template <typename T>
  void keep(std::vector<T>& in, Result<T> value) {
    if (value) keep(in, *std::move(value));
  }
  Store* store() {
    std::optional<Store>& chosen = stores_[byte() % stores_.size()];
    return chosen ? &*chosen : nullptr;
  }
  Value value() {
    switch (byte() % 7) {
      case 0: return int32_t{byte()};
      case 1: return int64_t{byte()} << 40;
      case 2: return 1.5f;
      case 3: return double(byte());
      case 4: return V128{};
      case 5: return Ref::i31(byte());
      default: break;
    }
    const std::optional<Ref> ref = pick(refs_);
    return ref ? *ref : Ref();
  }

  int32_t step_within(Caller& caller, int32_t choice) {
    switch (choice % 8) {
      case 0: throw std::runtime_error("a host function throws");
      case 1:
        if (const auto instance = caller.instance()) keep(instances_, *instance);
        break;
      case 2: static_cast<void>(caller.store().close()); break;
      case 3: keep(refs_, Ref::host(caller.store(), std::string("within"))); break;
      default: break;
    }
    if (depth_ < max_depth) {
      ++depth_;
      step();
      step();
      --depth_;
    }
    return choice;
  }

  void step() {
    try {
      const uint8_t choice = byte();
      if (choice < 96)
        call();
      else if (choice < 160)
        look();
      else if (choice < 224)
        make();
      else
        end();
    } catch (const std::runtime_error&) {
      // What a host function threw, thrown on.
    }
  }

  void call() {
    const Func* const func = point_at(funcs_);
    switch (byte() % 6) {
      case 0:
        if (func) {
          std::vector<Value> args;
          for (int i = byte() % 3; i > 0; --i) args.push_back(value());
          const auto results = func->call(args);
          if (results)
            for (const Value& result : *results)
              if (result.kind() == ValKind::ref) keep(refs_, *result.ref());
        }
        break;
      case 1:
        if (func) keep(typed_, func->typed<int32_t(int32_t)>());
        break;
      case 2:
        if (const auto* const typed = point_at(typed_)) static_cast<void>((*typed)(byte()));
        break;
      case 3:
        if (const auto* const typed = point_at(typed_))
          static_cast<void>(
              (*typed)(CallOptions{.timeout = std::chrono::seconds(byte() % 3)}, byte()));
        break;
      case 4:
        if (func) {
          const std::optional<Ref> ref = pick(refs_);
          if (const auto typed = func->typed<ExternRef(ExternRef)>()) {
            const auto result = (*typed)(ref ? ExternRef(Ref(*ref)) : ExternRef());
            if (result) keep(refs_, Ref(*result));
          } else if (const auto any = func->typed<AnyRef(AnyRef)>()) {
            const auto result = (*any)(ref ? AnyRef(Ref(*ref)) : AnyRef());
            if (result) keep(refs_, Ref(*result));
          }
        }
        break;
      default:
        if (func)
          if (const auto typed = func->typed<std::tuple<ExternRef, int64_t>(int64_t, ExternRef)>())
            static_cast<void>((*typed)(byte(), ExternRef()));
    }
  }

  void look() {
    switch (byte() % 6) {
      case 0:
        if (const std::optional<Instance> instance = pick(instances_)) {
          const auto exports = instance->exports();
          if (!exports || exports->empty()) break;
          keep_extern((*exports)[byte() % exports->size()].second);
        }
        break;
      case 1:
        if (const std::optional<Memory> memory = pick(memories_)) {
          static_cast<void>(memory->grow(byte() % 4));
          const uint64_t offset = uint64_t{byte()} * 300;
          if (const auto bytes = memory->bytes(offset, byte()))
            for (uint8_t& cell : *bytes) ++cell;
          static_cast<void>(memory->write<uint64_t>(memory->size_bytes() - byte(), 1));
        }
        break;
      case 2:
        if (const std::optional<Table> table = pick(tables_)) {
          const std::optional<Ref> ref = pick(refs_);
          static_cast<void>(table->set(byte() % 8, ref ? *ref : Ref()));
          keep(refs_, table->get(byte() % 8));
          static_cast<void>(table->grow(byte() % 3, ref ? *ref : Ref()));
        }
        break;
      case 3:
        if (const std::optional<Global> global = pick(globals_)) {
          static_cast<void>(global->set(value()));
          if (const auto now = global->get())
            if (now->kind() == ValKind::ref) keep(refs_, *now->ref());
        }
        break;
      case 4:
        if (const std::optional<Ref> ref = pick(refs_)) {
          if (const auto func = ref->func()) keep(funcs_, *func);
          if (const auto* const text = ref->host<std::string>(); text && text->empty())
            fail("a host's value has changed");
          static_cast<void>(Value(*ref).to_string());
        }
        break;
      default:
        if (const Func* const func = point_at(funcs_)) {
          static_cast<void>(func->type());
          keep(refs_, Ref(*func));
        }
    }
  }

  void keep_extern(const Extern& object) {
    if (const auto* const func = std::get_if<Func>(&object)) keep(funcs_, *func);
    if (const auto* const memory = std::get_if<Memory>(&object)) keep(memories_, *memory);
    if (const auto* const table = std::get_if<Table>(&object)) keep(tables_, *table);
    if (const auto* const global = std::get_if<Global>(&object)) keep(globals_, *global);
    Linker& linker = linkers_[byte() % linkers_.size()];
    linker.allow_shadowing(true);
    constexpr const char* names[] = {"memory", "table", "step", "other"};
    static_cast<void>(linker.define("env", names[byte() % 4], object));
  }

  void make() {
    const size_t engine = byte() % 2;
    Store* const store = this->store();
    const Linker& linker = linkers_[byte() % linkers_.size()];
    switch (byte() % 7) {
      case 0: {
        std::optional<Store>& place = stores_[byte() % stores_.size()];
        StoreLimits limits;
        limits.memory_bytes = 1 << 20;
        limits.heap_bytes = 1 << 20;
        limits.stack_bytes = 64 << 10;
        if (byte() % 4 == 0) limits.limiter = [](const ResourceRequest&) { return false; };
        if (auto made = Store::create(shared().engines[engine], limits)) place = *std::move(made);
        break;
      }
      case 1:
      case 2:
        if (store)
          keep(instances_,
               linker.instantiate(*store, shared().modules[byte() % shared().modules.size()]));
        break;
      case 3:
        if (store) keep(refs_, Ref::host(*store, std::string("text")));
        break;
      case 4:
        if (const std::optional<Instance> instance = pick(instances_))
          keep(snapshots_, instance->snapshot());
        break;
      case 5:
        if (const std::optional<Snapshot> snapshot = pick(snapshots_); snapshot && store)
          keep(instances_, linker.instantiate(*store, *snapshot));
        break;
      default:
        if (!store) break;
        keep(memories_,
             Memory::create(*store, {.min_pages = byte() % 3u, .max_pages = byte() % 4u}));
        keep(globals_, Global::create(*store, {value().type(), byte() % 2 == 0}, value()));
        keep(tables_, Table::create(*store, {.element = value().type(), .min = byte()}, Ref()));
    }
  }

  void end() {
    std::optional<Store>& place = stores_[byte() % stores_.size()];
    switch (byte() % 6) {
      case 0:
        if (place) static_cast<void>(place->close());
        break;
      case 1: place.reset(); break;
      case 2:
        if (place) place->interrupter().interrupt();
        break;
      case 3:
        if (place) place->on_close([this] { static_cast<void>(byte()); });
        break;
      case 4: std::swap(place, stores_[byte() % stores_.size()]); break;
      default:
        typed_.clear();
        funcs_.clear();
        if (byte() % 2 != 0) refs_.clear();
    }
  }

  static Engines& shared() {
    static Engines engines;
    return engines;
  }

  std::span<const uint8_t> input_;
  int depth_ = 0;
  std::array<Linker, 2> linkers_;
  std::array<std::optional<Store>, 3> stores_;
  std::vector<Instance> instances_;
  std::vector<Func> funcs_;
  std::vector<TypedFunc<int32_t(int32_t)>> typed_;
  std::vector<Memory> memories_;
  std::vector<Table> tables_;
  std::vector<Global> globals_;
  std::vector<Ref> refs_;
  std::vector<Snapshot> snapshots_;
};

}  // namespace

void drive_api(std::span<const uint8_t> input) { World(input).run(); }

}  // namespace waxwing::fuzz

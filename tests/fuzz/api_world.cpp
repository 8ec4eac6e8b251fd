// See api_world.h.
#include "api_world.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "api_engines.h"
#include "input.h"
#include "wasi_embedder.h"
#include "waxwing/waxwing.h"

namespace waxwing::fuzz {
namespace {

constexpr size_t max_kept = 12;
constexpr int max_depth = 3;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "fuzz_api: %s\n", what);
  std::abort();
}

Engines& shared() {
  static Engines engines;
  return engines;
}

class World {
 public:
  explicit World(std::span<const uint8_t> input)
      : input_(input), answers_(input_, [this] { step_within_call(); }) {
    shared().allocator->set_moods(0);
    for (Linker& linker : linkers_) {
      const auto step = linker.func("env", "step", [this](Caller& caller, int32_t choice) {
        return step_of_guest(caller, choice);
      });
      if (!step || !linker.wasi(wasi_config())) fail("a function cannot be defined");
    }
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { depth_ = max_depth; }

  void run() {
    while (!input_.empty()) step();
  }

 private:
  /// Of calls, when the embedder uses the API in the middle of one, as it may or may not.
  class Listener final : public FuncListener {
   public:
    explicit Listener(World& world) : world_(world) {}

    bool before(const ListenedCall& call) override {
      look(call);
      return world_.byte() % 4 != 0;
    }
    void after(const ListenedCall& call) override { look(call); }
    void abort(const ListenedCall& call, std::optional<TrapCode> /*trap*/) override { look(call); }

   private:
    void look(const ListenedCall& call) {
      const uint8_t what = world_.byte();
      if (what % 2 != 0) {
        if (call.stack(what / 16).size() > call.depth()) fail("a stack is higher than it is");
        static_cast<void>(call.frame());
        static_cast<void>(call.type());
        static_cast<void>(call.is_tail_call());
        for (const Value& value : call.values())
          if (const auto ref = value.ref()) world_.keep(world_.refs_, *ref);
      }
      if (what % 8 == 7) world_.step_within_call();
    }
    World& world_;
  };

  uint8_t byte() { return input_.byte(); }
  WasiConfig wasi_config() {
    WasiConfig config;
    config.standard_input = any_input(answers_);
    config.standard_output = any_output(answers_);
    config.standard_error = any_output(answers_);
    config.clocks = std::make_shared<AnyClocks>(answers_);
    config.random = std::make_shared<AnyRandom>(answers_);
    const auto files = std::make_shared<AnyNode>(answers_, FileKind::directory);
    if (byte() % 2 == 0) config.memory_directories.push_back({.guest_path = "/tmp"});
    if (byte() % 2 == 0) config.overlays.push_back({.guest_path = "/over", .files = files});
    config.file_systems.push_back({.root = files, .guest_path = "/"});
    return config;
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
    last_store_ = byte() % stores_.size();
    std::optional<Store>& chosen = stores_[last_store_];
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

  /// One or two, not too deep.
  void step_within_call() {
    if (depth_ >= max_depth || input_.empty()) return;
    ++depth_;
    step();
    if (byte() % 2 != 0) step();
    --depth_;
  }

  Result<int32_t> step_of_guest(Caller& caller, int32_t choice) {
    step_within_call();
    const std::optional<Tag> tag = pick(tags_);
    switch (byte() % 16) {
      case 1: throw std::runtime_error("a host function throws");
      case 2: throw int{1};
      case 3:
        if (const auto instance = caller.instance()) keep(instances_, *instance);
        break;
      case 4: static_cast<void>(caller.store().close()); break;
      case 5: keep(refs_, Ref::host(caller.store(), std::string("within"))); break;
      case 6:
      case 7: keep(checkpoints_, caller.checkpoint()); break;
      case 8:
      case 9:
        if (const auto* const checkpoint = point_at(checkpoints_)) {
          const Checkpoint kept = *checkpoint;
          const Value result = byte() % 8 == 0 ? value() : Value(int32_t{byte()});
          auto restored = caller.restore(kept, {result});
          if (byte() % 4 != 0) return restored;
          keep(errors_, std::move(restored).error());  // another call may return it
        }
        break;
      case 10:
        if (tag) return throw_exception(*tag, {value()});
        break;
      case 11:
        if (const auto* const exception = point_at(exceptions_)) return throw_exception(*exception);
        break;
      case 12:
        if (const auto* const error = point_at(errors_)) return std::unexpected(*error);
        break;
      case 13: stop_.request_stop(); break;
      case 14:
        if (const auto memory = caller.memory()) keep(memories_, *memory);
        if (caller.is_stopped()) return choice;
        break;
      default: break;
    }
    return choice;
  }

  void step() {
    try {
      const uint8_t choice = byte();
      if (choice < 96)
        call();
      else if (choice < 144)
        look();
      else if (choice < 192)
        make();
      else if (choice < 232)
        control();
      else
        end();
    } catch (const std::runtime_error&) {
      // What a host function threw, thrown on.
    } catch (int) {
    } catch (uint8_t) {
    }
  }

  CallOptions options() {
    CallOptions options;
    if (byte() % 2 != 0) options.timeout = std::chrono::seconds(byte() % 3);
    if (byte() % 2 != 0) options.stop = stop_.get_token();
    return options;
  }

  void call() {
    const Func* const func = point_at(funcs_);
    switch (byte() % 6) {
      case 0:
        if (func) {
          std::vector<Value> args;
          for (int i = byte() % 3; i > 0; --i) args.push_back(value());
          const auto results = func->call(args);
          if (!results) {
            static_cast<void>(results.error().message());
            if (const auto* const thrown = results.error().wasm_exception())
              keep(exceptions_, *thrown);
            keep(errors_, results.error());
            break;
          }
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
          static_cast<void>((*typed)(options(), byte()));
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
    switch (byte() % 7) {
      case 6: look_at_exceptions(); break;
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
    if (const auto* const tag = std::get_if<Tag>(&object)) keep(tags_, *tag);
    Linker& linker = linkers_[byte() % linkers_.size()];
    linker.allow_shadowing(true);
    constexpr const char* names[] = {"memory", "table", "step", "other"};
    static_cast<void>(linker.define("env", names[byte() % 4], object));
  }

  void make() {
    const size_t engine = byte() % Engines::count;
    Store* const store = this->store();
    const Linker& linker = linkers_[byte() % linkers_.size()];
    switch (byte() % 8) {
      case 0: {
        std::optional<Store>& place = stores_[byte() % stores_.size()];
        StoreLimits limits;
        limits.memory_bytes = 1 << 20;
        limits.heap_bytes = 1 << 20;
        limits.stack_bytes = 64 << 10;
        if (byte() % 4 == 0)
          limits.limiter = [this](const ResourceRequest&) { return byte() % 4 != 0; };
        auto made = Store::create(shared().engines[engine], limits);
        if (!made) break;
        made->set_fuel(10'000);
        engine_of_[size_t(&place - stores_.data())] = engine;
        // Who is told of its end may look at the place.
        const std::optional<Store> ended = std::exchange(place, *std::move(made));
        break;
      }
      case 1:
      case 2:
      case 7:
        if (store) {  // mostly a module of its engine
          const size_t fitting = engine_of_[last_store_];
          const Module& module = shared().module(byte() % 8 == 0 ? engine : fitting, byte());
          keep(instances_, linker.instantiate(*store, module, options()));
        }
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
    switch (byte() % 7) {
      case 0:
        if (place) static_cast<void>(place->close());
        break;
      case 1: {
        const std::optional<Store> ended = std::exchange(place, std::nullopt);
        break;
      }
      case 2:
        if (place) place->interrupter().interrupt();
        break;
      case 3:
        if (place) place->on_close([this] { step_within_call(); });
        break;
      case 4: {
        const size_t other = byte() % stores_.size();
        std::swap(place, stores_[other]);
        std::swap(engine_of_[size_t(&place - stores_.data())], engine_of_[other]);
        break;
      }
      case 5:
        checkpoints_.clear();
        exceptions_.clear();
        errors_.clear();
        break;
      default:
        typed_.clear();
        funcs_.clear();
        if (byte() % 2 != 0) refs_.clear();
    }
  }

  void control() {
    Store* const store = this->store();
    Linker& linker = linkers_[byte() % linkers_.size()];
    switch (byte() % 10) {
      case 0:
        if (store)
          static_cast<void>(
              store->set_listener(byte() % 8 == 0 ? nullptr : std::make_shared<Listener>(*this)));
        break;
      case 1:
        if (store) store->set_fuel(uint64_t{byte()} * 16);
        break;
      case 2:
        if (store && byte() % 4 == 0) {
          store->set_fuel_source({});
        } else if (store) {
          store->set_fuel_source([this] { return uint64_t{byte()} * 8; });
        }
        break;
      case 3: shared().allocator->set_moods(input_.number(8)); break;
      case 4: compile(); break;
      case 5: compile_with_limits(); break;
      case 6: load_artefact(); break;
      case 7:
        if (depth_ == 0) resolve_with(linker);  // not while it is asked
        break;
      case 8:
        if (depth_ == 0 && byte() % 2 == 0) {
          linker = Linker(linkers_[byte() % linkers_.size()]);
        } else if (const std::optional<Instance> instance = pick(instances_)) {
          static_cast<void>(linker.instance("env", *instance));
        }
        break;
      default:
        stop_ = std::stop_source();
        if (byte() % 4 == 0) stop_.request_stop();
        if (WasiSocket::own(1'000'000) || WasiSocket::listen("nowhere")) fail("no socket is one");
    }
  }

  void look_at_exceptions() {
    const std::optional<Tag> tag = pick(tags_);
    if (byte() % 2 == 0 && tag) {
      static_cast<void>(tag->type());
      keep(exceptions_, byte() % 8 == 0 ? Exception::create(*tag)
                                        : Exception::create(*tag, {Value(int32_t{byte()})}));
    } else if (Store* const store = this->store(); store && byte() % 2 == 0) {
      keep(tags_, Tag::create(*store, {{value().type()}}));
    } else if (const auto* const exception = point_at(exceptions_)) {
      keep(tags_, exception->tag());
      if (const auto values = exception->values(); values && values->size() > 1)
        fail("an exception has values that nobody gave");
      keep(refs_, exception->ref());
      if (Exception::from(refs_.back()) && refs_.back().kind() != RefKind::exception)
        fail("what is no exception is one");
    }
  }

  /// One of our modules, perhaps with a byte changed: that is not run.
  std::pair<std::vector<uint8_t>, bool> binary() {
    std::vector<uint8_t> bytes = shared().binaries[byte() % Engines::module_count];
    const bool is_changed = byte() % 2 != 0;
    if (is_changed) bytes[input_.number(2) % bytes.size()] ^= byte();
    return {std::move(bytes), is_changed};
  }
  void keep_module(const Result<Module>& module, bool is_changed) {
    if (!module) return;
    if (module->imports().size() + module->exports().size() > 300) fail("a module has too much");
    static_cast<void>(module->custom_sections());
    static_cast<void>(module->producers());
    static_cast<void>(module->func_name(byte()));
    static_cast<void>(module->find_export("call"));
    Store* const store = this->store();
    if (!is_changed && store)
      keep(instances_, linkers_[byte() % linkers_.size()].instantiate(*store, *module));
  }
  void compile() {
    const Engine& engine = shared().engines[byte() % Engines::count];
    const auto [bytes, is_changed] = binary();
    CompileOptions options;
    if (byte() % 2 != 0) options.timeout = std::chrono::microseconds(byte());
    if (byte() % 2 != 0) options.stop = stop_.get_token();
    const bool is_valid = engine.validate(bytes).has_value();
    const auto module = engine.compile(bytes, options);
    if (module && !is_valid) fail("what is not valid is compiled");
    keep_module(module, is_changed);
  }
  void compile_with_limits() {
    const auto [bytes, is_changed] = binary();
    const Engine engine(Config{.tier = byte() % 2 == 0 ? Tier::interpreter : Tier::automatic,
                               .limits = {.module_bytes = uint64_t{byte()} * 8,
                                          .funcs = byte() / 8u,
                                          .func_bytes = byte(),
                                          .code_bytes = input_.number(2)}});
    keep_module(engine.compile(bytes), is_changed);
  }
  void load_artefact() {
    std::vector<uint8_t> bytes = shared().artefact;
    const uint8_t change = byte();
    bytes[input_.number(2) % bytes.size()] ^= change;
    if (byte() % 8 == 0) bytes.resize(bytes.size() / 2);
    const Engine& engine = shared().engines[byte() % 2];
    const auto module = engine.load_artefact(bytes, shared().secret);
    if (module && bytes != shared().artefact) fail("an artefact that was changed is loaded");
    keep_module(module, false);
  }
  void resolve_with(Linker& linker) {
    if (byte() % 4 == 0) return linker.set_resolver({});
    linker.set_resolver([this](Store& store, const ImportType&) -> std::optional<Extern> {
      const uint8_t how = byte();
      if (how % 8 == 0) throw std::runtime_error("a resolver throws");
      if (how % 8 == 1) step_within_call();
      if (how % 8 == 2) static_cast<void>(store.close());
      const std::optional<Func> func = pick(funcs_);
      const std::optional<Memory> memory = pick(memories_);
      if (func && how % 2 == 0) return *func;
      if (memory) return *memory;
      return std::nullopt;
    });
  }

  Input input_;
  Answers answers_;
  int depth_ = 0;
  size_t last_store_ = 0;
  std::array<size_t, 3> engine_of_ = {};  // by store
  std::stop_source stop_;
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
  std::vector<Tag> tags_;
  std::vector<Exception> exceptions_;
  std::vector<Error> errors_;
  std::vector<Checkpoint> checkpoints_;
};

}  // namespace

void drive_api(std::span<const uint8_t> input) {
  World(input).run();
  if (shared().allocator->live_blocks() != 0) fail("a block of memory is not released");
}

}  // namespace waxwing::fuzz

// waxwing_trace [SETTING...] MODULE: what every exported function of a module does when it is
// called with fixed arguments, an event a line. The same bytes as a trace that a JavaScript engine
// prints, whose JS API cannot call every function: those are skipped here too.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

#include "engine/engine.h"
#include "platform/clock.h"
#include "platform/thread.h"
#include "trace/engine_config.h"
#include "trace/stub_imports.h"

namespace {

using namespace waxwing;
using runtime::Slot;
using syntax::ExternKind;
using syntax::TrapCode;
using syntax::ValKind;
using syntax::ValType;
using tests::trace_text;

constexpr uint32_t rounds = 2;
constexpr uint64_t timeout_ns = 20'000'000'000;
constexpr int refused = 3;  // exit code: valid, but the engine has no means to run it

constexpr uint32_t i32_args[] = {0,  1,   UINT32_MAX, 2,          7,          31,
                                 32, 255, 65536,      0x7fffffff, 0x80000000, 0x12345678};
constexpr uint64_t i64_args[] = {0,
                                 1,
                                 UINT64_MAX,
                                 2,
                                 63,
                                 64,
                                 255,
                                 0xffffffff,
                                 0x100000000,
                                 0x7fffffffffffffff,
                                 0x8000000000000000,
                                 0x123456789abcdef0};
constexpr double f64_args[] = {
    0, -0.0, 1, -1, 0.5, 1.5, -2.25, 3.141592653589793, 1e10, -1e300, __builtin_inf(), 5e-324};
constexpr float f32_args[] = {0,
                              -0.0F,
                              1,
                              -1,
                              0.5F,
                              1.5F,
                              -2.25F,
                              3.1415927410125732F,
                              1e10F,
                              -1e30F,
                              __builtin_inff(),
                              1.401298464324817e-45F};

class Fnv {
 public:
  void add(uint8_t byte) { hash_ = (hash_ ^ byte) * 0x01000193; }
  uint32_t value() const { return hash_; }

 private:
  uint32_t hash_ = 0x811c9dc5;
};

uint32_t random_of(std::string_view name, uint32_t round, uint32_t param) {
  Fnv hash;
  for (char c : name) hash.add(uint8_t(c));
  uint32_t x = hash.value() | 1;
  for (uint32_t i = 0; i < round * 16 + param + 1; ++i) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
  }
  return x;
}

void set_arg(ValType type, uint32_t x, Slot* slots) {
  switch (type.kind()) {
    case ValKind::i32: slots[0] = i32_args[x % 12]; break;
    case ValKind::i64: slots[0] = i64_args[x % 12]; break;
    case ValKind::f32: slots[0] = runtime::to_slot(f32_args[x % 12]); break;
    case ValKind::f64: slots[0] = runtime::to_slot(f64_args[x % 12]); break;
    case ValKind::v128:
      slots[0] = i64_args[x % 12];
      slots[1] = i64_args[(x >> 8) % 12];
      break;
    case ValKind::ref:
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: break;
  }
}

bool is_callable_from_javascript(const syntax::Module& module, syntax::TypeIdx index) {
  const syntax::FuncType& type = *module.types[index].func();
  for (ValType param : type.params) {
    if (param.is_ref() && !param.is_nullable()) return false;
    if (tests::is_exception_ref(param)) return false;
  }
  for (ValType result : type.results) {
    if (tests::is_exception_ref(result)) return false;
  }
  return !tests::has_v128(type) || tests::is_simple(module, index);
}

std::string error_word(const base::Error& error) {
  switch (base::error_class(error.code)) {
    case base::ErrorClass::malformed:
    case base::ErrorClass::invalid: return "invalid";
    case base::ErrorClass::unlinkable: return "link-error";
    case base::ErrorClass::limit:
      return error.code == base::ErrorCode::unsupported ? "unsupported" : "instantiate limit";
    case base::ErrorClass::host: break;
  }
  return "link-error";
}

/// One module's run.
class Trace {
 public:
  explicit Trace(const engine::Engine& engine) : engine_(engine) {}

  int run(std::vector<uint8_t> bytes);

 private:
  void print(const std::string& line) { std::printf("%s\n", line.c_str()); }
  bool instantiate();
  void call_all();
  void call(const syntax::Export& entry, uint32_t round);
  std::string failure_word(runtime::Outcome outcome);
  void print_globals();
  void print_memories();
  void print_tables();

  const engine::Engine& engine_;
  std::shared_ptr<const runtime::CompiledModule> compiled_;
  std::unique_ptr<runtime::Store> store_;
  std::unique_ptr<tests::StubImports> stubs_;
  runtime::Instance* instance_ = nullptr;
  std::atomic<bool> is_late_ = false;
};

int Trace::run(std::vector<uint8_t> bytes) {
  auto compiled = engine_.compile(std::move(bytes));
  if (!compiled) {
    std::fprintf(stderr, "%s\n", compiled.error().message().c_str());
    print(error_word(compiled.error()));
    return compiled.error().code == base::ErrorCode::unsupported ? refused : 0;
  }
  compiled_ = *std::move(compiled);
  auto store = engine_.new_store();
  if (!store) return 1;
  store_ = *std::move(store);
  auto watchdog = platform::Watchdog::start(platform::monotonic_ns() + timeout_ns, [this] {
    is_late_ = true;
    store_->interrupt(store_->current_call(), TrapCode::deadline_exceeded);
  });
  if (!watchdog) return 1;
  if (instantiate()) call_all();
  if (is_late_) print("timeout");
  return 0;
}

bool Trace::instantiate() {
  stubs_ = std::make_unique<tests::StubImports>(*store_, *compiled_,
                                                [this](const std::string& line) { print(line); });
  auto imports = stubs_->make();
  if (!imports) {
    print(error_word(imports.error()));
    return false;
  }
  auto instance = runtime::instantiate(*store_, compiled_, *imports, {});
  if (!instance) {
    if (const auto* error = std::get_if<base::Error>(&instance.error())) {
      print(error_word(*error));
    } else {
      const auto outcome =
          std::get<runtime::Trap>(instance.error()).code == TrapCode::uncaught_exception
              ? runtime::Outcome::threw
              : store_->set_trap(std::get<runtime::Trap>(instance.error()).code);
      print("instantiate " + failure_word(outcome));
    }
    return false;
  }
  instance_ = *instance;
  print("instantiate ok");
  return true;
}

void Trace::call_all() {
  for (uint32_t round = 0; round < rounds; ++round) {
    for (const syntax::Export& entry : compiled_->module.exports) {
      if (entry.kind != ExternKind::func) continue;
      if (is_late_) return;
      call(entry, round);
    }
  }
  if (is_late_) return;
  print_globals();
  print_memories();
  print_tables();
  print("end");
}

void Trace::call(const syntax::Export& entry, uint32_t round) {
  const syntax::FuncIdx index(entry.index);
  const syntax::FuncType& type = compiled_->module.func_type(index);
  if (!is_callable_from_javascript(compiled_->module, compiled_->module.funcs[index])) {
    print("skip " + std::string(entry.name));
    return;
  }
  std::vector<Slot> slots(2 * (type.params.size() + type.results.size()) + 1);
  Slot* next = slots.data();
  for (uint32_t i = 0; i < type.params.size(); ++i) {
    if (round > 0) set_arg(type.params[i], random_of(entry.name, round, i), next);
    next += type.params[i].slot_count();
  }
  print("call " + std::string(entry.name) + trace_text(type.params, slots.data()));
  const runtime::Outcome outcome = store_->call(instance_->func(index), slots.data());
  if (outcome == runtime::Outcome::returned) {
    print("-> " + trace_text(type.results, slots.data()));
  } else if (const std::string word = failure_word(outcome); !is_late_) {
    print("-> " + word);
  }
}

std::string Trace::failure_word(runtime::Outcome outcome) {
  if (outcome == runtime::Outcome::threw) {
    return store_->pending_exception && stubs_->is_host_error(*store_->pending_exception)
               ? "trap"
               : "exception";
  }
  const TrapCode code = store_->take_trap().code;
  if (code == TrapCode::call_stack_exhausted) return "exhausted";
  if (code == TrapCode::resource_limit || code == TrapCode::heap_exhausted) return "limit";
  return "trap";
}

void Trace::print_globals() {
  for (const syntax::Export& entry : compiled_->module.exports) {
    if (entry.kind != ExternKind::global) continue;
    const syntax::GlobalIdx index(entry.index);
    const ValType type = compiled_->module.globals[index].type.value;
    const bool is_opaque = type.is_vec() || tests::is_exception_ref(type);
    print("global " + std::string(entry.name) + " = " +
          (is_opaque ? "opaque" : trace_text(type, instance_->global(index).cell->slots)));
  }
}

void Trace::print_memories() {
  for (const syntax::Export& entry : compiled_->module.exports) {
    if (entry.kind != ExternKind::memory) continue;
    const runtime::Memory& memory = *instance_->data.memories[entry.index];
    const uint64_t size_bytes = memory.size_bytes();
    Fnv hash;
    for (uint64_t i = 0; i < size_bytes; ++i) hash.add(memory.base()[i]);
    char fnv[9];
    std::snprintf(fnv, sizeof fnv, "%08x", hash.value());
    print("memory " + std::string(entry.name) + " pages=" + std::to_string(memory.size_pages()) +
          " fnv=" + fnv);
  }
}

void Trace::print_tables() {
  for (const syntax::Export& entry : compiled_->module.exports) {
    if (entry.kind != ExternKind::table) continue;
    const runtime::Table& table = *instance_->data.tables[entry.index];
    std::string line = "table " + std::string(entry.name) + " size=" + std::to_string(table.size());
    if (!tests::is_exception_ref(table.type().element)) {
      uint64_t count = 0;
      for (uint64_t i = 0; i < table.size() && i < 100'000; ++i)
        count += !table.data()[i].is_null();
      line += " nonnull=" + std::to_string(count);
    }
    print(line);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> settings(argv + 1, size_t(std::max(argc - 2, 0)));
  const auto config = tests::engine_config({settings.begin(), settings.end()});
  if (argc < 2 || !config) {
    std::fprintf(stderr, "usage: waxwing_trace [SETTING...] MODULE\n");
    return 2;
  }
  const char* path = argv[argc - 1];
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s cannot be read\n", path);
    return 2;
  }
  std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  const engine::Engine engine(*config);
  return Trace(engine).run(std::move(bytes));
}

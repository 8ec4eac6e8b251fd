// Runs a generated module and writes down all that can be seen of it.
#include "generate/transcript.h"

#include <cstdio>

#include "generate/plan.h"
#include "runtime/heap_object.h"
#include "runtime/instance.h"
#include "trace/stub_imports.h"

namespace waxwing::tests {
namespace {

using runtime::Object;
using runtime::Outcome;
using runtime::Ref;
using runtime::Slot;
using syntax::ExternKind;

constexpr uint32_t rounds = 3;
constexpr uint32_t fuel = 150;                      // loops and calls of one call from the host
constexpr uint64_t plenty_of_fuel = 1'000'000'000;  // of an engine that counts it
constexpr int max_shown_depth = 3;
constexpr uint32_t max_shown_elements = 40;

constexpr runtime::StoreLimits limits = {
    .max_memory_bytes = 4u << 20,
    .max_table_elements = 10'000,
    .max_heap_bytes = 64u << 20,
    .max_instances = 2,
    .max_stack_bytes = 4u << 20,
};

std::string hex(uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "%llx", value + 0ull);
  return text;
}

uint64_t hash_of(const uint8_t* bytes, uint64_t size) {
  uint64_t hash = 0xcbf29ce484222325;
  uint64_t i = 0;
  for (; i + 8 <= size; i += 8)
    hash = std::rotl((hash ^ base::load_le<uint64_t>(bytes + i)) * 0x9e3779b97f4a7c15, 29);
  for (; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}

class Run {
 public:
  Run(const engine::Engine& engine, uint64_t seed) : engine_(engine), random_(~seed) {}
  Transcript run(const std::shared_ptr<const std::vector<uint8_t>>& bytes);

 private:
  void print(std::string line) { transcript_.lines.push_back(std::move(line)); }
  bool instantiate();
  void call(const syntax::Export& entry);
  void print_exports();
  void set_arg(ValType type, Slot* slots);
  std::string text(ValType type, const Slot* slots, int depth = 0);
  std::string ref_text(HeapType heap, Ref ref, int depth);
  std::string object_text(Ref ref, int depth);
  std::string func_text(Ref ref);
  std::string exception_text(Ref ref, int depth);
  std::string failure(Outcome outcome);
  void give_fuel();
  void print_fuel();

  const engine::Engine& engine_;
  Random random_;
  Transcript transcript_;
  std::shared_ptr<const runtime::CompiledModule> compiled_;
  std::unique_ptr<runtime::Store> store_;
  std::unique_ptr<StubImports> stubs_;
  runtime::Instance* instance_ = nullptr;
};

Transcript Run::run(const std::shared_ptr<const std::vector<uint8_t>>& bytes) {
  auto compiled = engine_.compile(bytes);
  if (!compiled) {
    print("does not compile: " + compiled.error().message());
    transcript_.is_valid = false;
    return std::move(transcript_);
  }
  compiled_ = *std::move(compiled);
  auto store = engine_.new_store(limits);
  if (!store) {
    print("no store: " + store.error().message());
    transcript_.is_valid = false;
    return std::move(transcript_);
  }
  store_ = *std::move(store);
  if (instantiate()) {
    for (uint32_t round = 0; round < rounds; ++round) {
      for (const syntax::Export& entry : compiled_->module.exports) {
        if (entry.kind == ExternKind::func) call(entry);
      }
      print_exports();
    }
  }
  return std::move(transcript_);
}

bool Run::instantiate() {
  stubs_ = std::make_unique<StubImports>(*store_, *compiled_,
                                         [this](const std::string& line) { print(line); });
  auto imports = stubs_->make();
  if (!imports) {
    print("no imports: " + imports.error().message());
    transcript_.is_valid = imports.error().code == base::ErrorCode::unsupported;
    return false;
  }
  store_->set_fuel(plenty_of_fuel);
  auto instance = runtime::instantiate(*store_, compiled_, *imports, {});
  if (instance) {
    print_fuel();
    instance_ = *instance;
    return true;
  }
  if (const auto* error = std::get_if<base::Error>(&instance.error())) {
    print("cannot be instantiated: " + error->message());
    transcript_.is_valid = false;
  } else {
    print("traps at instantiation");
  }
  return false;
}

void Run::set_arg(ValType type, Slot* slots) {
  const uint64_t bits = interesting_bits(random_, type.kind());
  slots[0] = 0;
  switch (type.kind()) {
    case ValKind::i32:
    case ValKind::f32: slots[0] = uint32_t(bits); return;
    case ValKind::i64:
    case ValKind::f64: slots[0] = bits; return;
    case ValKind::v128:
      slots[0] = bits;
      slots[1] = interesting_bits(random_, random_.one_in(2) ? ValKind::f64 : ValKind::i64);
      return;
    case ValKind::ref:
      if (random_.one_in(3) && type.is_nullable()) return;
      if (type.heap() == AbstractHeap::extern_) slots[0] = Ref::from_host(bits & 0xff).bits();
      if (type.heap() == AbstractHeap::any || type.heap() == AbstractHeap::eq ||
          type.heap() == AbstractHeap::i31)
        slots[0] = Ref::from_i31(uint32_t(bits)).bits();
      return;
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: return;
  }
}

void Run::call(const syntax::Export& entry) {
  const syntax::FuncIdx index(entry.index);
  const syntax::FuncType& type = compiled_->module.func_type(index);
  std::vector<Slot> slots(2 * (type.params.size() + type.results.size()) + 1);
  Slot* next = slots.data();
  std::string line = "call " + std::string(entry.name) + "(";
  for (const ValType param : type.params) {
    set_arg(param, next);
    if (param.is_ref() && !param.is_nullable() && *next == 0) return;
    line += " " + text(param, next);
    next += param.slot_count();
  }
  instance_->global(syntax::GlobalIdx(Plan::fuel_global)).cell->slots[0] = fuel;
  print(line + " )");
  give_fuel();
  const Outcome outcome = store_->call(instance_->func(index), slots.data());
  print_fuel();
  if (outcome != Outcome::returned) return print("  " + failure(outcome));
  line = "  returns";
  next = slots.data();
  for (const ValType result : type.results) {
    line += " " + text(result, next);
    next += result.slot_count();
  }
  print(std::move(line));
}

/// Every second call has less than it may need.
void Run::give_fuel() {
  if (!engine_.config().codegen.fuel) return;
  const uint64_t most = uint64_t{1} << random_.below(14);
  store_->set_fuel(random_.one_in(2) ? plenty_of_fuel : random_.below(most));
}

void Run::print_fuel() {
  if (engine_.config().codegen.fuel) print("  fuel left: " + std::to_string(store_->fuel()));
}

std::string Run::failure(Outcome outcome) {
  if (outcome == Outcome::threw) {
    std::string line = "throws ";
    if (store_->pending_exception) line += exception_text(Ref(store_->pending_exception), 0);
    return line;
  }
  const runtime::Trap trap = store_->take_trap();
  std::string line = "traps: " + std::string(syntax::trap_text(trap.code));
  if (trap.code != syntax::TrapCode::out_of_fuel) return line;
  for (const runtime::Frame& frame : trap.frames)
    line += " " + std::to_string(frame.func.value) + "@" + std::to_string(frame.offset);
  return line;
}

std::string Run::text(ValType type, const Slot* slots, int depth) {
  switch (type.kind()) {
    case ValKind::i32:
      // What machine code and the interpreter promise: zero-extended.
      return "i32:" + hex(slots[0]);
    case ValKind::f32: return "f32:" + hex(uint32_t(slots[0]));
    case ValKind::i64: return "i64:" + hex(slots[0]);
    case ValKind::f64: return "f64:" + hex(slots[0]);
    case ValKind::v128: return "v128:" + hex(slots[1]) + "_" + hex(slots[0]);
    case ValKind::ref: return ref_text(type.heap(), Ref::from_bits(slots[0]), depth);
    case ValKind::i8: return "i8:" + hex(uint8_t(slots[0]));
    case ValKind::i16: return "i16:" + hex(uint16_t(slots[0]));
    case ValKind::bottom: break;
  }
  return "?";
}

std::string Run::func_text(Ref ref) {
  const runtime::Func* func = ref.func();
  return func->is_host() ? "host function" : "func:" + std::to_string(func->func_index().value);
}

std::string Run::exception_text(Ref ref, int depth) {
  runtime::Exception& exception = *ref.exception();
  if (stubs_->is_host_error(exception)) return "the host's error";
  const syntax::Module& module = compiled_->module;
  for (uint32_t i = 0; i < module.tags.size(); ++i) {
    if (instance_->data.tags[i] != exception.tag) continue;
    std::string line = "tag" + std::to_string(i) + "(";
    const Slot* next = exception.payload().data();
    for (const ValType param : module.types[module.tags[syntax::TagIdx(i)].type].func()->params) {
      line += " " + text(param, next, depth + 1);
      next += param.slot_count();
    }
    return line + " )";
  }
  return "unknown tag";
}

std::string Run::ref_text(HeapType heap, Ref ref, int depth) {
  if (ref.is_null()) return "null";
  const bool is_index = heap.is_index();
  if (is_index ? compiled_->module.types[heap.index()].func() != nullptr
               : heap == AbstractHeap::func || heap == AbstractHeap::nofunc)
    return func_text(ref);
  if (!is_index && (heap == AbstractHeap::exn || heap == AbstractHeap::noexn))
    return depth > max_shown_depth ? "exception" : exception_text(ref, depth);
  if (ref.is_i31()) return "i31:" + std::to_string(ref.i31());
  if (ref.is_host()) return "host:" + hex(ref.host());
  return object_text(ref, depth);
}

std::string Run::object_text(Ref ref, int depth) {
  const auto* object = reinterpret_cast<const Object*>(ref.bits());
  if (!object->has_type()) return "host object";
  const syntax::Module& module = compiled_->module;
  for (uint32_t i = 0; i < module.types.size(); ++i) {
    const syntax::TypeIdx index(i);
    if (compiled_->type_ids[index] != object->type()) continue;
    std::string line = "type" + std::to_string(i) + "{";
    if (depth > max_shown_depth) return line + "...}";
    const runtime::TypeInfo& info = *compiled_->type_infos[index];
    const auto field = [&](ValType type, const uint8_t* from) {
      Slot slots[2] = {0, 0};
      std::memcpy(slots, from, size_t(1) << runtime::storage_size_log2(type.kind()));
      line += " " + text(type, slots, depth + 1);
    };
    if (const auto* array = module.types[index].array()) {
      line += std::to_string(object->length) + ":";
      for (uint32_t at = 0; at < object->length && at < max_shown_elements; ++at)
        field(array->element.storage, object->payload() + (size_t(at) << info.element_size_log2));
    } else if (const auto* structure = module.types[index].structure()) {
      for (size_t at = 0; at < structure->fields.size(); ++at)
        field(structure->fields[at].storage, object->at(info.fields[at].offset));
    }
    return line + " }";
  }
  return "object of another module";
}

void Run::print_exports() {
  const syntax::Module& module = compiled_->module;
  for (const syntax::Export& entry : module.exports) {
    std::string line = std::string(entry.name) + " = ";
    if (entry.kind == ExternKind::global) {
      const syntax::GlobalIdx index(entry.index);
      const ValType type = module.globals[index].type.value;
      print(line + text(type, instance_->global(index).cell->slots));
    } else if (entry.kind == ExternKind::memory) {
      const runtime::Memory& memory = *instance_->data.memories[entry.index];
      print(line + hex(memory.size_bytes()) + " bytes, " +
            hex(hash_of(memory.base(), memory.size_bytes())));
    } else if (entry.kind == ExternKind::table) {
      const runtime::Table& table = *instance_->data.tables[entry.index];
      line += std::to_string(table.size()) + ":";
      const HeapType heap = module.tables[syntax::TableIdx(entry.index)].type.element.heap();
      for (uint64_t i = 0; i < table.size() && i < max_shown_elements; ++i)
        line += " " + ref_text(heap, table.data()[i], 1);
      print(std::move(line));
    }
  }
}

}  // namespace

Transcript run_module(const engine::Engine& engine,
                      const std::shared_ptr<const std::vector<uint8_t>>& bytes, uint64_t seed) {
  return Run(engine, seed).run(bytes);
}

}  // namespace waxwing::tests

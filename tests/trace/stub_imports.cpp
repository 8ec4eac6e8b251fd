// Stubs, and the text of the values that they are called with.
#include "trace/stub_imports.h"

#include <algorithm>
#include <cmath>

namespace waxwing::tests {
namespace {

using base::ErrorCode;
using base::Result;
using runtime::Extern;
using runtime::Outcome;
using runtime::Ref;
using runtime::Slot;
using syntax::AbstractHeap;
using syntax::TypeIdx;
using syntax::ValKind;
using syntax::ValType;

// JavaScript's undefined: no null to Wasm code, but printed as one.
constexpr Ref undefined = Ref::from_host(0);
constexpr Ref host_object = Ref::from_host(1);

std::string hex(uint64_t value, size_t digits) {
  std::string text(digits, '0');
  for (size_t i = digits; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  return text;
}

std::string ref_text(Ref ref) { return ref.is_null() || ref == undefined ? "null" : "ref"; }

bool has_zero(ValType type) { return type.is_defaultable(); }

uint32_t slot_count(const std::vector<ValType>& types) {
  uint32_t count = 0;
  for (ValType type : types) count += type.slot_count();
  return count;
}

}  // namespace

std::string trace_text(ValType type, const Slot* slots) {
  switch (type.kind()) {
    case ValKind::i32: return "i32:0x" + hex(uint32_t(*slots), 8);
    case ValKind::i64: return "i64:0x" + hex(*slots, 16);
    case ValKind::f32:
      return std::isnan(runtime::slot_f32(*slots)) ? "f32:nan"
                                                   : "f32:0x" + hex(uint32_t(*slots), 8);
    case ValKind::f64:
      return std::isnan(runtime::slot_f64(*slots)) ? "f64:nan" : "f64:0x" + hex(*slots, 16);
    case ValKind::v128: return "v128:0x" + hex(slots[0], 16) + hex(slots[1], 16);
    case ValKind::ref: return ref_text(Ref::from_bits(*slots));
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: break;
  }
  return "?";
}

std::string trace_text(const std::vector<ValType>& types, const Slot* slots) {
  std::string text = "(";
  for (ValType type : types) {
    if (text.size() > 1) text += ", ";
    text += trace_text(type, slots);
    slots += type.slot_count();
  }
  return text + ")";
}

bool has_v128(const syntax::FuncType& type) {
  return std::ranges::any_of(type.params, &ValType::is_vec) ||
         std::ranges::any_of(type.results, &ValType::is_vec);
}

bool is_exception_ref(ValType type) {
  return type.is_ref() && (type.heap() == AbstractHeap::exn || type.heap() == AbstractHeap::noexn);
}

bool is_simple(const syntax::Module& module, TypeIdx index) {
  const syntax::SubType& type = module.types[index];
  if (!type.is_final || type.super) return false;
  for (const syntax::RecGroup& group : module.rec_groups) {
    const bool is_member = index >= group.first && index.value - group.first.value < group.count;
    if (is_member && group.count != 1) return false;
  }
  const auto fits = [](ValType part) {
    return !part.is_ref() || (part.is_nullable() && !part.heap().is_index());
  };
  return std::ranges::all_of(type.func()->params, fits) &&
         std::ranges::all_of(type.func()->results, fits);
}

StubImports::StubImports(runtime::Store& store, const runtime::CompiledModule& compiled,
                         Observer on_call)
    : store_(store),
      compiled_(compiled),
      on_call_(std::move(on_call)),
      error_tag_(store.add_tag(store.types().add_func_type({}))) {}

Result<std::vector<Extern>> StubImports::make() {
  std::vector<Extern> imports;
  for (const syntax::Import& import : compiled_.module.imports)
    imports.push_back(TRY(make_one(import)));
  return imports;
}

Result<Extern> StubImports::make_one(const syntax::Import& import) {
  switch (import.kind()) {
    case syntax::ExternKind::func: return make_func(import, std::get<TypeIdx>(import.type));
    case syntax::ExternKind::table: return make_table(std::get<syntax::TableType>(import.type));
    case syntax::ExternKind::memory:
      return store_.add_memory(std::get<syntax::MemoryType>(import.type));
    case syntax::ExternKind::global: return make_global(std::get<syntax::GlobalType>(import.type));
    case syntax::ExternKind::tag: break;
  }
  return make_tag(std::get<syntax::TagType>(import.type));
}

Result<Extern> StubImports::make_func(const syntax::Import& import, TypeIdx index) {
  if (has_v128(*compiled_.module.types[index].func()) && !is_simple(compiled_.module, index)) {
    return base::fail(ErrorCode::unsupported);
  }
  return &add_stub(import, index);
}

runtime::Func& StubImports::add_stub(const syntax::Import& import, TypeIdx index) {
  const syntax::FuncType& type = *compiled_.module.types[index].func();
  Stub& stub =
      stubs_.emplace_back(Stub{this, &import, &type, std::ranges::all_of(type.results, has_zero)});
  return store_.add_func(runtime::HostFuncObject(compiled_.type_ids[index], call, &stub, nullptr));
}

Outcome StubImports::call(void* data, runtime::Caller& caller, Slot* slots) {
  const Stub& stub = *static_cast<const Stub*>(data);
  const StubImports& owner = *stub.owner;
  const bool is_callable = std::ranges::none_of(stub.type->params, is_exception_ref) &&
                           std::ranges::none_of(stub.type->results, is_exception_ref);
  if (owner.on_call_ && is_callable) {
    owner.on_call_("import " + std::string(stub.import->module) + "." +
                   std::string(stub.import->name) + trace_text(stub.type->params, slots));
  }
  if (stub.returns && is_callable) {
    std::fill_n(slots, slot_count(stub.type->results), Slot(0));
    return Outcome::returned;
  }
  // What JavaScript throws, Wasm code can catch.
  runtime::Exception* exception = caller.store.new_exception(owner.error_tag_, nullptr);
  if (!exception) return caller.store.set_trap(syntax::TrapCode::resource_limit);
  caller.store.pending_exception = exception;
  return Outcome::threw;
}

Result<Extern> StubImports::make_table(syntax::TableType type) {
  type.element = runtime::engine_wide(type.element, compiled_.type_ids);
  if (type.element == syntax::externref) return store_.add_table(type, undefined);
  const std::optional<Ref> init = some_ref(type.element);
  if (!init) return base::fail(ErrorCode::incompatible_import);
  return store_.add_table(type, *init);
}

Result<Extern> StubImports::make_global(syntax::GlobalType type) {
  type.value = runtime::engine_wide(type.value, compiled_.type_ids);
  runtime::GlobalCell cell;
  if (type.value.is_ref()) {
    const std::optional<Ref> ref = some_ref(type.value);
    if (!ref) return base::fail(ErrorCode::incompatible_import);
    cell.slots[0] = ref->bits();
  }
  return &store_.add_global(type, cell);
}

/// Null where it fits `type`, which is engine-wide; else a value of the host, a stub or an
/// exception; else nothing.
std::optional<Ref> StubImports::some_ref(ValType type) {
  if (type.is_nullable()) return Ref();
  const auto has_some = [&](ValType candidate) {
    return store_.types().is_subtype(candidate, type);
  };
  if (has_some(ValType::ref(false, AbstractHeap::extern_))) return host_object;
  if (has_some(ValType::ref(false, AbstractHeap::exn))) {
    runtime::Exception* exception = store_.new_exception(error_tag_, nullptr);
    if (!exception) return std::nullopt;
    return Ref(exception);
  }
  static constexpr syntax::Import nowhere{};
  for (uint32_t i = 0; i < compiled_.module.types.size(); ++i) {
    if (!compiled_.module.types[TypeIdx(i)].func()) continue;
    const syntax::HeapType heap(TypeIdx(compiled_.type_ids[TypeIdx(i)].value));
    if (has_some(ValType::ref(false, heap))) return Ref(&add_stub(nowhere, TypeIdx(i)));
  }
  return std::nullopt;
}

/// A JavaScript host's tag: its references are externrefs.
Extern StubImports::make_tag(syntax::TagType tag) {
  syntax::FuncType type = *compiled_.module.types[tag.type].func();
  for (ValType& param : type.params) {
    if (param.is_ref()) param = syntax::externref;
  }
  return &store_.add_tag(store_.types().add_func_type(type));
}

}  // namespace waxwing::tests

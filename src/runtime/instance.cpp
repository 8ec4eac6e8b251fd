// Objects of an instance that are made when somebody asks for them, and its exports.
#include "runtime/instance.h"

#include <algorithm>
#include <new>
#include <numeric>

#include "runtime/native_code.h"

namespace waxwing::runtime {

Instance::Instance(std::shared_ptr<const CompiledModule> compiled, Store& store, std::string name)
    : compiled_(std::move(compiled)), name_(std::move(name)), layout_(compiled_->module) {
  data.store = &store;
  data.heap = &store.heap();
  data.type_ids = compiled_->type_ids.data();
  data.type_infos = compiled_->type_infos.data();
}

Instance::~Instance() = default;

Func& Instance::make_func(syntax::FuncIdx index) {
  // In the order in which they are made, behind their number: few pages are touched.
  uint64_t& made = *reinterpret_cast<uint64_t*>(func_block_.data());
  uint8_t* const place = func_block_.data() + sizeof(Func) * ++made;
  Func& func = *new (place) Func(compiled_->type_ids[module().funcs[index]], index, context());
  const NativeEntries entries = compiled_->code->native_entries();
  if (entries.code) func.code = entries.code->record_code(index.value - module().imported_funcs);
  funcs_[index.value] = &func;
  return func;
}

const abi::FuncCounters* Instance::counters(syntax::FuncIdx index) const {
  const NativeCode* const code = compiled_->code->native_entries().code;
  if (!code || !code->tables().has_counters) return nullptr;
  const uint32_t place = layout_.counters(index.value - module().imported_funcs);
  return reinterpret_cast<const abi::FuncCounters*>(context_block_.data() + place);
}

Global& Instance::global(syntax::GlobalIdx index) {
  Global*& global = globals_[index.value];
  if (!global) {
    syntax::GlobalType type = module().globals[index].type;
    type.value = engine_wide(type.value, compiled_->type_ids);
    global = &data.store->add_global(type, {});
    global->cell = &data.globals[index.value - module().imported_globals];
  }
  return *global;
}

bool Instance::has_memory_at(uintptr_t address) const {
  return std::ranges::any_of(memories_, [address](const Memory* memory) {
    return address - reinterpret_cast<uintptr_t>(memory->base()) < memory->reserved_bytes();
  });
}

Extern Instance::export_at(const syntax::Export& entry) {
  switch (entry.kind) {
    case syntax::ExternKind::func: return &func(syntax::FuncIdx(entry.index));
    case syntax::ExternKind::table: return tables_[entry.index];
    case syntax::ExternKind::memory: return memories_[entry.index];
    case syntax::ExternKind::global: return &global(syntax::GlobalIdx(entry.index));
    case syntax::ExternKind::tag: return tags_[entry.index];
  }
  return static_cast<Func*>(nullptr);
}

std::optional<Extern> Instance::find_export(std::string_view name) {
  const std::vector<syntax::Export>& exports = module().exports;
  const auto name_at = [&](uint32_t position) { return exports[position].name; };
  if (exports_by_name_.size() != exports.size()) {
    exports_by_name_.resize(exports.size());
    std::iota(exports_by_name_.begin(), exports_by_name_.end(), 0u);
    std::ranges::sort(exports_by_name_, {}, name_at);
  }
  const auto found = std::ranges::lower_bound(exports_by_name_, name, {}, name_at);
  if (found == exports_by_name_.end() || name_at(*found) != name) return std::nullopt;
  return export_at(exports[*found]);
}

void Instance::drop_elem(syntax::ElemIdx index) {
  if (data.store->execution_state().is_marking) data.heap->shade(elem(index));
  elems_[index.value] = {};
}

void Instance::drop_data(syntax::DataIdx index) { datas_[index.value] = {}; }

}  // namespace waxwing::runtime

// Globals, tables, memories and print functions, as the reference interpreter has them.
#include "cli/spectest.h"

#include "cli/messages.h"
#include "runtime/text.h"
#include "runtime/value.h"

namespace waxwing::cli {
namespace {

using runtime::Extern;
using runtime::Outcome;
using runtime::Slot;
using syntax::AddressType;
using syntax::FuncType;
using syntax::ValType;

constexpr const char* module_name = "spectest";

struct PrintFunc {
  std::string name;
  FuncType type;
};

Outcome print_nothing(void*, runtime::Caller&, Slot*) { return Outcome::returned; }

/// A line like "print_i32 42".
Outcome print_values(void* data, runtime::Caller&, Slot* slots) {
  const PrintFunc& func = *static_cast<const PrintFunc*>(data);
  std::string line = func.name;
  for (ValType type : func.type.params) {
    line += " " + runtime::to_string(runtime::Value{type, {*slots++, 0}});
  }
  (void)print(line + "\n");  // the guest does not know whether anybody reads it
  return Outcome::returned;
}

base::Result<> define_funcs(runtime::Linker& linker, runtime::Store& store, bool prints) {
  using syntax::f32_type, syntax::f64_type, syntax::i32_type, syntax::i64_type;
  const PrintFunc funcs[] = {
      {"print", {}},
      {"print_i32", {{i32_type}, {}}},
      {"print_i64", {{i64_type}, {}}},
      {"print_f32", {{f32_type}, {}}},
      {"print_f64", {{f64_type}, {}}},
      {"print_i32_f32", {{i32_type, f32_type}, {}}},
      {"print_f64_f64", {{f64_type, f64_type}, {}}},
  };
  for (const PrintFunc& func : funcs) {
    auto owner = std::make_shared<PrintFunc>(func);
    void* data = owner.get();
    TRY(linker.define_func(
        store, module_name, func.name,
        {func.type, prints ? print_values : print_nothing, data, std::move(owner)}));
  }
  return {};
}

base::Result<> define_globals(runtime::Linker& linker, runtime::Store& store) {
  struct Row {
    const char* name;
    ValType type;
    Slot value;
  };
  const Row rows[] = {
      {"global_i32", syntax::i32_type, 666},
      {"global_i64", syntax::i64_type, 666},
      {"global_f32", syntax::f32_type, runtime::to_slot(666.6f)},
      {"global_f64", syntax::f64_type, runtime::to_slot(666.6)},
  };
  for (const Row& row : rows) {
    runtime::Global& global = store.add_global({row.type, false}, {{row.value, 0}});
    TRY(linker.define(module_name, row.name, &global));
  }
  return {};
}

}  // namespace

base::Result<> define_spectest(runtime::Linker& linker, runtime::Store& store, bool prints) {
  TRY(define_funcs(linker, store, prints));
  TRY(define_globals(linker, store));
  for (const auto& [name, address] :
       {std::pair("table", AddressType::i32), std::pair("table64", AddressType::i64)}) {
    runtime::Table* table = TRY(store.add_table(
        {.element = syntax::funcref, .limits = {10, 20}, .address = address}, runtime::Ref()));
    TRY(linker.define(module_name, name, table));
  }
  for (const auto& [name, is_shared] :
       {std::pair("memory", false), std::pair("shared_memory", true)}) {
    syntax::MemoryType type;
    type.limits_pages = {1, 2};
    type.is_shared = is_shared;
    runtime::Memory* memory = TRY(store.add_memory(type));
    TRY(linker.define(module_name, name, memory));
  }
  return {};
}

}  // namespace waxwing::cli

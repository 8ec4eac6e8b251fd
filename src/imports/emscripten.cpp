// See emscripten.h. What an `invoke_` function does stands there in JavaScript:
//   sp = stackSave(); try { return table[index](...) } catch (e) { stackRestore(sp);
//   if (it is no longjmp) throw e; setThrew(1, 0) }
#include "imports/emscripten.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "runtime/instance.h"
#include "runtime/store.h"
#include "runtime/table.h"

namespace waxwing::imports {
namespace {

using runtime::Func;
using runtime::Outcome;
using runtime::Slot;
using syntax::TrapCode;

/// A longjmp on its way is a trap of these words: they reach the host where nobody has called
/// setjmp.
constexpr std::string_view longjmp_words = "longjmp without a setjmp that is still running";

Outcome throw_longjmp(void*, runtime::Caller& caller, Slot*) {
  return caller.store.set_trap(TrapCode::host_error, std::string(longjmp_words));
}

bool is_longjmp(const runtime::Store& store) {
  const runtime::Trap* const trap = store.trap();
  return trap && trap->code == TrapCode::host_error && trap->detail == longjmp_words;
}

Outcome do_nothing(void*, runtime::Caller&, Slot*) { return Outcome::returned; }

Outcome get_temp_ret(void* data, runtime::Caller&, Slot* slots) {
  slots[0] = static_cast<Emscripten*>(data)->temp_ret;
  return Outcome::returned;
}

Outcome set_temp_ret(void* data, runtime::Caller&, Slot* slots) {
  static_cast<Emscripten*>(data)->temp_ret = runtime::slot_i32(slots[0]);
  return Outcome::returned;
}

/// What an instance exports for its stack to be mended.
struct Mending {
  Func* save = nullptr;       // () -> i32
  Func* restore = nullptr;    // (i32)
  Func* set_threw = nullptr;  // (i32 i32)
};

/// An `invoke_` function of one type.
struct Invoke {
  runtime::TypeId target;  // the type less its first parameter
  uint32_t param_slots = 0;
  uint32_t result_slots = 0;
  std::map<const runtime::Instance*, Mending> mendings = {};

  Outcome call(runtime::Caller& caller, Slot* slots);
};

/// The first export of one of those names that is a function of that type.
Func* find_export(runtime::Instance& instance, std::initializer_list<std::string_view> names,
                  const syntax::FuncType& type) {
  for (const std::string_view name : names) {
    const auto found = instance.find_export(name);
    Func* const* const func = found ? std::get_if<Func*>(&*found) : nullptr;
    if (func && instance.store().types().func_type((*func)->type_id()) == type) return *func;
  }
  return nullptr;
}

Mending mending_of(runtime::Instance& instance) {
  using syntax::i32_type;
  return {.save = find_export(instance, {"stackSave", "emscripten_stack_get_current"},
                              {{}, {i32_type}}),
          .restore = find_export(instance, {"stackRestore", "_emscripten_stack_restore"},
                                 {{i32_type}, {}}),
          .set_threw = find_export(instance, {"setThrew"}, {{i32_type, i32_type}, {}})};
}

/// What a call_indirect of the first table would call; null where it would trap, which the store
/// has then.
Func* find_func(runtime::Instance& instance, uint32_t index, runtime::TypeId type) {
  runtime::Store& store = instance.store();
  const auto fail = [&store](TrapCode code, std::string detail = {}) {
    static_cast<void>(store.set_trap(code, std::move(detail)));
    return nullptr;
  };
  if (instance.module().tables.empty() ||
      !store.types().is_subtype(instance.data.tables[0]->type().element, syntax::funcref)) {
    return fail(TrapCode::host_error, "an invoke_ function needs a table of functions");
  }
  const runtime::Table& table = *instance.data.tables[0];
  if (!table.contains(index, 1)) return fail(TrapCode::undefined_element);
  Func* const func = table.data()[index].func();
  if (!func) return fail(TrapCode::uninitialized_element);
  if (!store.types().is_subtype(func->type_id(), type))
    return fail(TrapCode::indirect_call_type_mismatch);
  return func;
}

Outcome Invoke::call(runtime::Caller& caller, Slot* slots) {
  runtime::Store& store = caller.store;
  runtime::Instance* const instance = caller.instance;
  const auto fail = [&store](const char* why) { return store.set_trap(TrapCode::host_error, why); };
  if (!instance) return fail("an invoke_ function is called by a module alone");
  const auto [found, is_new] = mendings.try_emplace(instance);
  if (is_new) found->second = mending_of(*instance);
  const Mending mending = found->second;
  if (!mending.save || !mending.restore || !mending.set_threw) {
    return fail(
        "an invoke_ function needs the exports stackSave, stackRestore and setThrew "
        "(emcc -sEXPORTED_FUNCTIONS)");
  }
  Func* const func = find_func(*instance, runtime::slot_i32(slots[0]), target);
  if (!func) return Outcome::trapped;
  std::array<Slot, 2> stack = {};
  if (const Outcome saved = store.call(*mending.save, stack.data(), instance);
      saved != Outcome::returned) {
    return saved;
  }
  std::copy(slots + 1, slots + param_slots, slots);
  const Outcome outcome = store.call(*func, slots, instance);
  // After other failures no code of the module goes on, or it mends its stack itself.
  if (outcome != Outcome::trapped || !is_longjmp(store)) return outcome;
  static_cast<void>(store.take_trap());
  std::fill_n(slots, result_slots, Slot{0});
  if (const Outcome restored = store.call(*mending.restore, stack.data(), instance);
      restored != Outcome::returned) {
    return restored;
  }
  std::array<Slot, 2> threw = {1, 0};
  return store.call(*mending.set_threw, threw.data(), instance);
}

Outcome call_invoke(void* data, runtime::Caller& caller, Slot* slots) {
  return static_cast<Invoke*>(data)->call(caller, slots);
}

/// An i32, then numbers only.
bool is_invoke_type(const syntax::FuncType& type) {
  const auto is_number = [](syntax::ValType value) { return !value.is_ref(); };
  return !type.params.empty() && type.params[0] == syntax::i32_type &&
         std::ranges::all_of(type.params, is_number) &&
         std::ranges::all_of(type.results, is_number);
}

std::optional<runtime::HostFunc> make_invoke(runtime::TypeRegistry& types,
                                             const syntax::FuncType& type) {
  if (!is_invoke_type(type)) return std::nullopt;
  const syntax::FuncType target{{type.params.begin() + 1, type.params.end()}, type.results};
  const auto invoke =
      std::make_shared<Invoke>(Invoke{.target = types.add_func_type(target),
                                      .param_slots = syntax::slot_count(type.params),
                                      .result_slots = syntax::slot_count(type.results)});
  return runtime::HostFunc{
      .type = type, .code = &call_invoke, .data = invoke.get(), .owner = invoke};
}

}  // namespace

std::optional<runtime::HostFunc> find_emscripten(runtime::TypeRegistry& types,
                                                 const std::shared_ptr<Emscripten>& shared,
                                                 std::string_view name,
                                                 const syntax::FuncType& type) {
  using syntax::i32_type;
  if (name.starts_with("invoke_")) return make_invoke(types, type);
  struct Row {
    std::string_view name;
    syntax::FuncType type;
    runtime::HostCode code;
  };
  const Row rows[] = {
      {"emscripten_notify_memory_growth", {{i32_type}, {}}, &do_nothing},
      {"emscripten_throw_longjmp", {}, &throw_longjmp},
      {"_emscripten_throw_longjmp", {}, &throw_longjmp},
      {"getTempRet0", {{}, {i32_type}}, &get_temp_ret},
      {"setTempRet0", {{i32_type}, {}}, &set_temp_ret},
  };
  for (const Row& row : rows) {
    if (row.name == name && row.type == type)
      return runtime::HostFunc{
          .type = type, .code = row.code, .data = shared.get(), .owner = shared};
  }
  return std::nullopt;
}

}  // namespace waxwing::imports

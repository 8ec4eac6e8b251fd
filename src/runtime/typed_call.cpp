// See typed_call.h.
#include "runtime/typed_call.h"

#include <algorithm>

#include "runtime/instance.h"
#include "runtime/native_code.h"

namespace waxwing::runtime {
namespace {

using syntax::ValKind;
using syntax::ValType;

bool have_kinds(std::span<const ValType> types, std::span<const ValKind> kinds) {
  return std::ranges::equal(types, kinds, {}, &ValType::kind);
}

std::string to_string(std::span<const ValKind> kinds) {
  std::string text = "[";
  for (const ValKind kind : kinds) {
    if (text.size() > 1) text += ' ';
    text += kind == ValKind::ref ? "ref" : syntax::to_string(ValType(kind));
  }
  return text + "]";
}

}  // namespace

base::Result<CallTarget> CallTarget::find(Store& store, Func& func, std::span<const ValKind> params,
                                          std::span<const ValKind> results) {
  const syntax::FuncType& type = store.types().func_type(func.type_id());
  if (!have_kinds(type.params, params) || !have_kinds(type.results, results)) {
    return base::fail(base::ErrorCode::wrong_type,
                      "the function is of type " + syntax::to_string(type) +
                          " and cannot be called as " + to_string(params) + " -> " +
                          to_string(results));
  }
  CallTarget target{.store = &store, .func = &func};
  if (func.is_host()) return target;
  const CompiledModule& compiled = func.instance().compiled();
  const NativeEntries entries = compiled.code->native_entries();
  if (!entries.code || !entries.code_ptrs) return target;
  target.enter = entries.code->enter_direct();
  target.context = &func.instance().context();
  target.code = &entries.code_ptrs[func.index - compiled.module.imported_funcs];
  return target;
}

}  // namespace waxwing::runtime

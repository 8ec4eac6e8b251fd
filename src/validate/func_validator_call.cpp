// Calls and tail calls. [spec 3.4.1]
#include "validate/func_validator.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::FuncType;
using syntax::ValType;

const FuncType* FuncValidator::func_at(uint32_t func) {
  const syntax::FuncIdx index(func);
  if (module_.funcs.contains(index)) return &module_.func_type(index);
  fail_index(ErrorCode::unknown_function, func, module_.funcs.size(), "the module");
  return nullptr;
}

/// Pops what call_indirect takes beside the arguments.
const FuncType* FuncValidator::indirect_callee() {
  if (!table_at(instr_.index2)) return nullptr;
  const ValType element = table_element(instr_.index2);
  if (!matches(element, syntax::funcref)) {
    fail_type("requires a table of functions, not of " + to_string(element));
    return nullptr;
  }
  const FuncType* callee = func_type_at(instr_.index);
  if (!callee || !pop({table_address(instr_.index2)})) return nullptr;
  return callee;
}

/// Pops what call_ref takes beside the arguments.
const FuncType* FuncValidator::ref_callee() {
  const FuncType* callee = func_type_at(instr_.index);
  if (!callee || !pop({ref_to(instr_.index, true)})) return nullptr;
  return callee;
}

bool FuncValidator::call(const FuncType* callee) {
  if (!callee || !pop(callee->params) || !push(callee->results)) return false;
  note_call();
  return true;
}

bool FuncValidator::tail_call(const FuncType* callee) {
  if (!callee || !pop(callee->params)) return false;
  bool fits = callee->results.size() == type_.results.size();
  for (size_t i = 0; fits && i < callee->results.size(); ++i) {
    fits = matches(callee->results[i], type_.results[i]);
  }
  if (!fits) {
    return fail_type("calls a function that returns " + syntax::to_string(callee->results) +
                     " in one that returns " + syntax::to_string(type_.results));
  }
  note_call();
  mark_unreachable();
  return true;
}

bool FuncValidator::check_call() { return call(func_at(instr_.index)); }
bool FuncValidator::check_call_indirect() { return call(indirect_callee()); }
bool FuncValidator::check_call_ref() { return call(ref_callee()); }
bool FuncValidator::check_return_call() { return tail_call(func_at(instr_.index)); }
bool FuncValidator::check_return_call_indirect() { return tail_call(indirect_callee()); }
bool FuncValidator::check_return_call_ref() { return tail_call(ref_callee()); }

}  // namespace waxwing::validate

// References, casts and conversions. [spec 3.4.3-3.4.4]
#include "syntax/subtyping.h"
#include "validate/func_validator.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::AbstractHeap;
using syntax::HeapType;
using syntax::ValType;

const syntax::FuncType* FuncValidator::func_type_at(uint32_t type) {
  const syntax::TypeIdx index(type);
  if (!module_.types.contains(index)) {
    fail_index(ErrorCode::unknown_type, type, module_.types.size(), "the module");
    return nullptr;
  }
  const syntax::FuncType* func = module_.types[index].func();
  if (!func) fail(ErrorCode::non_function_type, std::to_string(type));
  return func;
}

ValType FuncValidator::ref_to(uint32_t type, bool nullable) const {
  return ValType::ref(nullable, HeapType(module_.canonical_types[syntax::TypeIdx(type)]));
}

bool FuncValidator::check_ref_null() {
  push(ValType::ref(true, instr_.heap));
  return true;
}

bool FuncValidator::check_ref_is_null() {
  ValType type;
  if (!pop_ref(type)) return false;
  push(syntax::i32_type);
  return true;
}

bool FuncValidator::check_ref_func() {
  if (!func_at(instr_.index)) return false;
  if (!context_.declared_funcs[instr_.index]) {
    return fail(ErrorCode::undeclared_function,
                std::to_string(instr_.index) +
                    " occurs in no export, element segment or constant expression");
  }
  push(ref_to(module_.funcs[syntax::FuncIdx(instr_.index)].value, false));
  return true;
}

bool FuncValidator::check_ref_eq() {
  constexpr ValType eqref = ValType::ref(true, AbstractHeap::eq);
  if (!pop({eqref, eqref})) return false;
  push(syntax::i32_type);
  return true;
}

bool FuncValidator::check_ref_as_non_null() {
  ValType type;
  if (!pop_ref(type)) return false;
  push(ValType::ref(false, type.heap()));
  return true;
}

bool FuncValidator::check_br_on_null() {
  const ControlFrame* label = find_label(instr_.index);
  ValType type;
  if (!label || !pop_ref(type) || !branch_and_stay(label->label())) return false;
  push(ValType::ref(false, type.heap()));
  return true;
}

/// The label takes `branched` on top; what stays is `fallen`, or nothing if that is `bottom`.
bool FuncValidator::branch_with(ValType branched, ValType fallen) {
  const ControlFrame* frame = find_label(instr_.index);
  if (!frame) return false;
  const Types label = frame->label();
  if (label.empty() || !matches(branched, label.back())) {
    return fail_type("branches with " + to_string(branched) + " but label " +
                     std::to_string(instr_.index) + " takes " +
                     syntax::to_string(std::vector<ValType>(label.begin(), label.end())));
  }
  if (!branch_and_stay(label.first(label.size() - 1))) return false;
  if (fallen.kind() != syntax::ValKind::bottom) push(fallen);
  return true;
}

bool FuncValidator::check_br_on_non_null() {
  ValType type;
  return pop_ref(type) && branch_with(ValType::ref(false, type.heap()), syntax::ValKind::bottom);
}

/// Pops what may be tested against the instruction's heap type: any reference of its hierarchy.
bool FuncValidator::pop_castable() {
  return pop({ValType::ref(true, syntax::top_of(module_, instr_.heap))});
}

bool FuncValidator::check_ref_test() {
  if (!pop_castable()) return false;
  push(syntax::i32_type);
  return true;
}

bool FuncValidator::check_ref_cast() {
  if (!pop_castable()) return false;
  push(ValType::ref(false, instr_.heap));
  return true;
}

bool FuncValidator::check_ref_cast_null() {
  if (!pop_castable()) return false;
  push(ValType::ref(true, instr_.heap));
  return true;
}

/// Pops the operand of br_on_cast and br_on_cast_fail; gives the target type, and what is left of
/// the source type where the cast fails.
bool FuncValidator::pop_cast(ValType& target, ValType& rest) {
  const ValType source = ValType::ref(instr_.from_nullable, instr_.heap);
  target = ValType::ref(instr_.to_nullable, instr_.heap2);
  if (!matches(target, source)) {
    return fail_type("casts from " + to_string(source) + " to " + to_string(target) +
                     ", which is not a subtype");
  }
  rest = ValType::ref(instr_.from_nullable && !instr_.to_nullable, instr_.heap);
  return pop({source});
}

bool FuncValidator::check_br_on_cast() {
  ValType target;
  ValType rest;
  return pop_cast(target, rest) && branch_with(target, rest);
}

bool FuncValidator::check_br_on_cast_fail() {
  ValType target;
  ValType rest;
  return pop_cast(target, rest) && branch_with(rest, target);
}

bool FuncValidator::convert(AbstractHeap from, AbstractHeap to) {
  ValType type;
  if (!pop_ref(type)) return false;
  if (!matches(type, ValType::ref(true, from))) {
    push(type);
    return fail_requires(std::array{ValType::ref(true, from)});
  }
  push(ValType::ref(type.is_nullable(), to));
  return true;
}

bool FuncValidator::check_any_convert_extern() {
  return convert(AbstractHeap::extern_, AbstractHeap::any);
}

bool FuncValidator::check_extern_convert_any() {
  return convert(AbstractHeap::any, AbstractHeap::extern_);
}

bool FuncValidator::check_ref_i31() {
  if (!pop({syntax::i32_type})) return false;
  push(ValType::ref(false, AbstractHeap::i31));
  return true;
}

bool FuncValidator::check_i31_get() {
  if (!pop({ValType::ref(true, AbstractHeap::i31)})) return false;
  push(syntax::i32_type);
  return true;
}

}  // namespace waxwing::validate

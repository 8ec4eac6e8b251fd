// Structures and arrays. [spec 3.4.4]
#include "validate/func_validator.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::ArrayType;
using syntax::FieldType;
using syntax::StructType;
using syntax::ValType;

namespace {

constexpr ValType i32 = syntax::i32_type;

}  // namespace

const StructType* FuncValidator::struct_type_at(uint32_t type) {
  const syntax::TypeIdx index(type);
  if (!module_.types.contains(index)) {
    fail_index(ErrorCode::unknown_type, type, module_.types.size(), "the module");
    return nullptr;
  }
  const StructType* structure = module_.types[index].structure();
  if (!structure) {
    fail_type("requires a structure type, and " + std::to_string(type) + " is none");
  }
  return structure;
}

const ArrayType* FuncValidator::array_type_at(uint32_t type) {
  const syntax::TypeIdx index(type);
  if (!module_.types.contains(index)) {
    fail_index(ErrorCode::unknown_type, type, module_.types.size(), "the module");
    return nullptr;
  }
  const ArrayType* array = module_.types[index].array();
  if (!array) fail_type("requires an array type, and " + std::to_string(type) + " is none");
  return array;
}

const FieldType* FuncValidator::field_at(uint32_t type, uint32_t field) {
  const StructType* structure = struct_type_at(type);
  if (!structure) return nullptr;
  if (field < structure->fields.size()) return &structure->fields[field];
  fail_index(ErrorCode::unknown_field, field, structure->fields.size(), "the structure");
  return nullptr;
}

bool FuncValidator::check_struct_new() {
  const StructType* structure = struct_type_at(instr_.index);
  if (!structure) return false;
  std::vector<ValType>& fields = scratch_.field_types;
  fields.clear();
  for (const FieldType& field : structure->fields) fields.push_back(field.storage.unpacked());
  if (!pop(fields)) return false;
  push(ref_to(instr_.index, false));
  return true;
}

bool FuncValidator::has_default(ValType type) {
  return type.is_defaultable() ||
         fail_type("requires fields with defaults, and " + to_string(type) + " has none");
}

bool FuncValidator::check_struct_new_default() {
  const StructType* structure = struct_type_at(instr_.index);
  if (!structure) return false;
  for (const FieldType& field : structure->fields) {
    if (!has_default(field.storage)) return false;
  }
  push(ref_to(instr_.index, false));
  return true;
}

/// Packed fields are read by the instructions with a sign, others by the one without.
bool FuncValidator::is_packed_as(const FieldType& field, bool packed) {
  if (field.storage.is_packed() == packed) return true;
  return fail_type(std::string(packed ? "requires a packed field, not " : "cannot read packed ") +
                   to_string(field.storage));
}

bool FuncValidator::get_field(bool packed) {
  const FieldType* field = field_at(instr_.index, instr_.index2);
  if (!field || !is_packed_as(*field, packed) || !pop({ref_to(instr_.index, true)})) return false;
  push(field->storage.unpacked());
  return true;
}

bool FuncValidator::check_struct_get() { return get_field(false); }
bool FuncValidator::check_struct_get_packed() { return get_field(true); }

bool FuncValidator::check_struct_set() {
  const FieldType* field = field_at(instr_.index, instr_.index2);
  if (!field) return false;
  if (!field->is_mutable) {
    return fail(ErrorCode::immutable_field,
                std::to_string(instr_.index2) + " of type " + std::to_string(instr_.index));
  }
  return pop({ref_to(instr_.index, true), field->storage.unpacked()});
}

bool FuncValidator::check_array_new() {
  const ArrayType* array = array_type_at(instr_.index);
  if (!array || !pop({array->element.storage.unpacked(), i32})) return false;
  push(ref_to(instr_.index, false));
  return true;
}

bool FuncValidator::check_array_new_default() {
  const ArrayType* array = array_type_at(instr_.index);
  if (!array || !has_default(array->element.storage) || !pop({i32})) return false;
  push(ref_to(instr_.index, false));
  return true;
}

// The count may be anything up to 2^32 where the code is unreachable.
bool FuncValidator::check_array_new_fixed() {
  const ArrayType* array = array_type_at(instr_.index);
  if (!array) return false;
  const ValType element = array->element.storage.unpacked();
  const size_t count = std::min(size_t(instr_.index2), scratch_.operands.available());
  if (count < instr_.index2 && !is_unreachable()) {
    return fail_type("requires " + std::to_string(instr_.index2) + " operands but the stack has " +
                     std::to_string(count));
  }
  for (size_t depth = 0; depth < count; ++depth) {
    const ValType operand = scratch_.operands.peek(depth);
    if (!matches(operand, element)) {
      return fail_type("requires elements of type " + to_string(element) + " but the stack has " +
                       to_string(operand));
    }
  }
  drop_up_to(count);
  push(ref_to(instr_.index, false));
  return true;
}

bool FuncValidator::numeric_array(const ArrayType& array) {
  return !array.element.storage.is_ref() ||
         fail(ErrorCode::array_not_numeric, to_string(array.element.storage));
}

bool FuncValidator::mutable_array(const ArrayType& array) {
  return array.element.is_mutable ||
         fail(ErrorCode::immutable_array, "type " + std::to_string(instr_.index));
}

bool FuncValidator::elem_fits(const ArrayType& array, uint32_t elem) {
  if (!elem_at(elem)) return false;
  const ValType type = module_.elems[syntax::ElemIdx(elem)].type;
  return matches(type, array.element.storage) ||
         fail_type("copies " + to_string(type) + " into an array of " +
                   to_string(array.element.storage));
}

bool FuncValidator::check_array_new_data() {
  const ArrayType* array = array_type_at(instr_.index);
  if (!array || !numeric_array(*array) || !data_at(instr_.index2) || !pop({i32, i32})) return false;
  push(ref_to(instr_.index, false));
  return true;
}

bool FuncValidator::check_array_new_elem() {
  const ArrayType* array = array_type_at(instr_.index);
  if (!array || !elem_fits(*array, instr_.index2) || !pop({i32, i32})) return false;
  push(ref_to(instr_.index, false));
  return true;
}

bool FuncValidator::get_element(bool packed) {
  const ArrayType* array = array_type_at(instr_.index);
  if (!array || !is_packed_as(array->element, packed) || !pop({ref_to(instr_.index, true), i32})) {
    return false;
  }
  push(array->element.storage.unpacked());
  return true;
}

bool FuncValidator::check_array_get() { return get_element(false); }
bool FuncValidator::check_array_get_packed() { return get_element(true); }

bool FuncValidator::check_array_set() {
  const ArrayType* array = array_type_at(instr_.index);
  return array && mutable_array(*array) &&
         pop({ref_to(instr_.index, true), i32, array->element.storage.unpacked()});
}

bool FuncValidator::check_array_len() {
  if (!pop({ValType::ref(true, syntax::AbstractHeap::array)})) return false;
  push(i32);
  return true;
}

bool FuncValidator::check_array_fill() {
  const ArrayType* array = array_type_at(instr_.index);
  return array && mutable_array(*array) &&
         pop({ref_to(instr_.index, true), i32, array->element.storage.unpacked(), i32});
}

bool FuncValidator::check_array_copy() {
  const ArrayType* target = array_type_at(instr_.index);
  if (!target || !mutable_array(*target)) return false;
  const ArrayType* source = array_type_at(instr_.index2);
  if (!source) return false;
  if (!matches(source->element.storage, target->element.storage)) {
    return fail(ErrorCode::array_types_mismatch, "from " + to_string(source->element.storage) +
                                                     " to " + to_string(target->element.storage));
  }
  return pop({ref_to(instr_.index, true), i32, ref_to(instr_.index2, true), i32, i32});
}

bool FuncValidator::check_array_init_data() {
  const ArrayType* array = array_type_at(instr_.index);
  return array && mutable_array(*array) && numeric_array(*array) && data_at(instr_.index2) &&
         pop({ref_to(instr_.index, true), i32, i32, i32});
}

bool FuncValidator::check_array_init_elem() {
  const ArrayType* array = array_type_at(instr_.index);
  return array && mutable_array(*array) && elem_fits(*array, instr_.index2) &&
         pop({ref_to(instr_.index, true), i32, i32, i32});
}

}  // namespace waxwing::validate

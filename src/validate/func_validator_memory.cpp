// Rows with signatures, by the kind of their immediate; memories, tables and segments.
// [spec 3.4.7-3.4.8, 3.4.11-3.4.13]
#include "syntax/access.h"
#include "validate/func_validator.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::AddressType;
using syntax::ValKind;
using syntax::ValType;

namespace {

constexpr ValType no_type = ValKind::bottom;

ValType smaller(ValType a, ValType b) {
  return a == syntax::i64_type && b == syntax::i64_type ? syntax::i64_type : syntax::i32_type;
}

}  // namespace

ValType FuncValidator::memory_address(uint32_t memory) const {
  return value_type(module_.memories[syntax::MemIdx(memory)].address);
}

ValType FuncValidator::table_address(uint32_t table) const {
  return value_type(module_.tables[syntax::TableIdx(table)].type.address);
}

ValType FuncValidator::table_element(uint32_t table) const {
  return module_.tables[syntax::TableIdx(table)].type.element;
}

bool FuncValidator::memory_at(uint32_t memory) {
  return module_.memories.contains(syntax::MemIdx(memory)) ||
         fail_index(ErrorCode::unknown_memory, memory, module_.memories.size(), "the module");
}

bool FuncValidator::table_at(uint32_t table) {
  return module_.tables.contains(syntax::TableIdx(table)) ||
         fail_index(ErrorCode::unknown_table, table, module_.tables.size(), "the module");
}

bool FuncValidator::elem_at(uint32_t elem) {
  return module_.elems.contains(syntax::ElemIdx(elem)) ||
         fail_index(ErrorCode::unknown_elem_segment, elem, module_.elems.size(), "the module");
}

bool FuncValidator::data_at(uint32_t data) {
  if (!module_.data_count) {
    return fail(ErrorCode::data_count_required,
                std::string(syntax::op_info(instr_.op).text) + " names a data segment");
  }
  return data < *module_.data_count ||
         fail_index(ErrorCode::unknown_data_segment, data, *module_.data_count, "the module");
}

bool FuncValidator::apply_row(ValType addr, ValType elem) {
  return apply(syntax::op_info(instr_.op).signature, addr, elem);
}

bool FuncValidator::check_signature() { return apply_row(no_type, no_type); }

/// The memory exists, and it can have the offset.
bool FuncValidator::mem_arg() {
  if (!memory_at(instr_.index)) return false;
  const bool is_32 = module_.memories[syntax::MemIdx(instr_.index)].address == AddressType::i32;
  if (is_32 && instr_.mem_offset > UINT32_MAX) {
    return fail(ErrorCode::offset_out_of_range,
                std::to_string(instr_.mem_offset) + " in a 32-bit memory");
  }
  return true;
}

bool FuncValidator::check_access() {
  const uint8_t natural = syntax::access_table[size_t(instr_.op)].align_log2;
  if (!memory_at(instr_.index)) return false;
  if (instr_.align_log2 > natural) {
    return fail(ErrorCode::alignment_too_large, "2^" + std::to_string(instr_.align_log2) +
                                                    " bytes, natural are 2^" +
                                                    std::to_string(natural));
  }
  return mem_arg() && apply_row(memory_address(instr_.index), no_type);
}

bool FuncValidator::check_atomic() {
  const uint8_t natural = syntax::access_table[size_t(instr_.op)].align_log2;
  if (!memory_at(instr_.index)) return false;
  if (instr_.align_log2 != natural) {
    return fail(ErrorCode::atomic_alignment, "2^" + std::to_string(instr_.align_log2) +
                                                 " bytes, natural are 2^" +
                                                 std::to_string(natural));
  }
  return mem_arg() && apply_row(memory_address(instr_.index), no_type);
}

bool FuncValidator::lane_below(unsigned count) {
  return instr_.lane < count || fail(ErrorCode::invalid_lane_index,
                                     std::to_string(instr_.lane) + " of " + std::to_string(count));
}

bool FuncValidator::check_access_lane() {
  return memory_at(instr_.index) && lane_below(syntax::access_table[size_t(instr_.op)].lanes) &&
         check_access();
}

bool FuncValidator::check_lane() {
  return lane_below(syntax::access_table[size_t(instr_.op)].lanes) && check_signature();
}

bool FuncValidator::check_shuffle() {
  constexpr unsigned lanes_of_two = 32;
  for (uint8_t lane : instr_.value.bytes) {
    instr_.lane = lane;
    if (!lane_below(lanes_of_two)) return false;
  }
  return check_signature();
}

bool FuncValidator::check_memory() {
  return memory_at(instr_.index) && apply_row(memory_address(instr_.index), no_type);
}

bool FuncValidator::check_data() { return data_at(instr_.index) && check_signature(); }

bool FuncValidator::check_data_memory() {
  return memory_at(instr_.index2) && data_at(instr_.index) &&
         apply_row(memory_address(instr_.index2), no_type);
}

bool FuncValidator::check_table() {
  return table_at(instr_.index) &&
         apply_row(table_address(instr_.index), table_element(instr_.index));
}

bool FuncValidator::check_elem() { return elem_at(instr_.index) && check_signature(); }

bool FuncValidator::check_elem_table() {
  if (!table_at(instr_.index2) || !elem_at(instr_.index)) return false;
  const ValType source = module_.elems[syntax::ElemIdx(instr_.index)].type;
  const ValType target = table_element(instr_.index2);
  if (!matches(source, target)) {
    return fail_type("copies " + to_string(source) + " into a table of " + to_string(target));
  }
  return apply_row(table_address(instr_.index2), no_type);
}

bool FuncValidator::check_memory_copy() {
  if (!memory_at(instr_.index) || !memory_at(instr_.index2)) return false;
  const ValType target = memory_address(instr_.index);
  const ValType source = memory_address(instr_.index2);
  return pop({target, source, smaller(target, source)});
}

bool FuncValidator::check_table_copy() {
  if (!table_at(instr_.index) || !table_at(instr_.index2)) return false;
  const ValType from = table_element(instr_.index2);
  const ValType to = table_element(instr_.index);
  if (!matches(from, to)) {
    return fail_type("copies " + to_string(from) + " into a table of " + to_string(to));
  }
  const ValType target = table_address(instr_.index);
  const ValType source = table_address(instr_.index2);
  return pop({target, source, smaller(target, source)});
}

}  // namespace waxwing::validate

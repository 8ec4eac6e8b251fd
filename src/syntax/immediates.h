// The kinds of immediate operands. Decoder, validator, text and the tiers dispatch on the kind, not
// on the instruction.
#pragma once

#include <cstdint>

namespace waxwing::syntax {

enum class ImmediateKind : uint8_t {
  none,
  block,          // block type
  label,          // label index
  br_table,       // vector of label indices, default label
  func,           // function index
  type,           // type index
  call_indirect,  // type index, table index
  local,
  global,
  table,
  memory,
  data,
  elem,
  tag,
  mem_arg,       // alignment, memory index, offset
  mem_arg_lane,  // mem_arg, lane index
  lane,
  shuffle,  // 16 lane indices
  i32,
  i64,
  f32,
  f64,
  v128,
  heap_type,
  select_types,   // vector of value types
  try_table,      // block type, vector of catch clauses
  field,          // type index, field index
  type_count,     // type index, number
  type_data,      // type index, data index
  type_elem,      // type index, element segment index
  type_type,      // type index, type index
  cast,           // cast flags, label index, heap type, heap type
  data_memory,    // data index, memory index
  elem_table,     // element segment index, table index
  memory_memory,  // destination, source
  table_table,    // destination, source
  fence,          // one zero byte
};

}  // namespace waxwing::syntax

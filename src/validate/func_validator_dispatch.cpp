// From instructions to the functions that check them.
#include "syntax/opcode_table.h"
#include "validate/func_validator.h"

namespace waxwing::validate {
namespace {

using syntax::ImmediateKind;
using syntax::Op;
using V = FuncValidator;

template <auto method>
bool call(FuncValidator& validator) {
  return (validator.*method)();
}

struct HandRow {
  Op op;
  Handler handler;
};

/// One row for each row of opcodes.def whose signature is "*".
constexpr HandRow hand_rows[] = {
    {Op::unreachable, call<&V::check_unreachable>},
    {Op::nop, call<&V::check_nop>},
    {Op::block, call<&V::check_block>},
    {Op::loop, call<&V::check_loop>},
    {Op::if_, call<&V::check_if>},
    {Op::else_, call<&V::check_else>},
    {Op::throw_, call<&V::check_throw>},
    {Op::throw_ref, call<&V::check_throw_ref>},
    {Op::end, call<&V::check_end>},
    {Op::br, call<&V::check_br>},
    {Op::br_if, call<&V::check_br_if>},
    {Op::br_table, call<&V::check_br_table>},
    {Op::return_, call<&V::check_return>},
    {Op::call, call<&V::check_call>},
    {Op::call_indirect, call<&V::check_call_indirect>},
    {Op::return_call, call<&V::check_return_call>},
    {Op::return_call_indirect, call<&V::check_return_call_indirect>},
    {Op::call_ref, call<&V::check_call_ref>},
    {Op::return_call_ref, call<&V::check_return_call_ref>},
    {Op::try_table, call<&V::check_try_table>},
    {Op::try_, call<&V::check_block>},
    {Op::catch_, call<&V::check_catch>},
    {Op::catch_all, call<&V::check_catch_all>},
    {Op::delegate, call<&V::check_delegate>},
    {Op::rethrow, call<&V::check_rethrow>},
    {Op::drop, call<&V::check_drop>},
    {Op::select, call<&V::check_select>},
    {Op::select_typed, call<&V::check_select_typed>},
    {Op::local_get, call<&V::check_local_get>},
    {Op::local_set, call<&V::check_local_set>},
    {Op::local_tee, call<&V::check_local_tee>},
    {Op::global_get, call<&V::check_global_get>},
    {Op::global_set, call<&V::check_global_set>},
    {Op::ref_null, call<&V::check_ref_null>},
    {Op::ref_is_null, call<&V::check_ref_is_null>},
    {Op::ref_func, call<&V::check_ref_func>},
    {Op::ref_eq, call<&V::check_ref_eq>},
    {Op::ref_as_non_null, call<&V::check_ref_as_non_null>},
    {Op::br_on_null, call<&V::check_br_on_null>},
    {Op::br_on_non_null, call<&V::check_br_on_non_null>},
    {Op::struct_new, call<&V::check_struct_new>},
    {Op::struct_new_default, call<&V::check_struct_new_default>},
    {Op::struct_get, call<&V::check_struct_get>},
    {Op::struct_get_s, call<&V::check_struct_get_packed>},
    {Op::struct_get_u, call<&V::check_struct_get_packed>},
    {Op::struct_set, call<&V::check_struct_set>},
    {Op::array_new, call<&V::check_array_new>},
    {Op::array_new_default, call<&V::check_array_new_default>},
    {Op::array_new_fixed, call<&V::check_array_new_fixed>},
    {Op::array_new_data, call<&V::check_array_new_data>},
    {Op::array_new_elem, call<&V::check_array_new_elem>},
    {Op::array_get, call<&V::check_array_get>},
    {Op::array_get_s, call<&V::check_array_get_packed>},
    {Op::array_get_u, call<&V::check_array_get_packed>},
    {Op::array_set, call<&V::check_array_set>},
    {Op::array_len, call<&V::check_array_len>},
    {Op::array_fill, call<&V::check_array_fill>},
    {Op::array_copy, call<&V::check_array_copy>},
    {Op::array_init_data, call<&V::check_array_init_data>},
    {Op::array_init_elem, call<&V::check_array_init_elem>},
    {Op::ref_test, call<&V::check_ref_test>},
    {Op::ref_test_null, call<&V::check_ref_test>},
    {Op::ref_cast, call<&V::check_ref_cast>},
    {Op::ref_cast_null, call<&V::check_ref_cast_null>},
    {Op::br_on_cast, call<&V::check_br_on_cast>},
    {Op::br_on_cast_fail, call<&V::check_br_on_cast_fail>},
    {Op::any_convert_extern, call<&V::check_any_convert_extern>},
    {Op::extern_convert_any, call<&V::check_extern_convert_any>},
    {Op::ref_i31, call<&V::check_ref_i31>},
    {Op::i31_get_s, call<&V::check_i31_get>},
    {Op::i31_get_u, call<&V::check_i31_get>},
    {Op::memory_copy, call<&V::check_memory_copy>},
    {Op::table_copy, call<&V::check_table_copy>},
};

struct KindRow {
  ImmediateKind kind;
  Handler handler;
};

/// For rows with a signature: what the immediate asks for beyond the operands.
constexpr KindRow kind_rows[] = {
    {ImmediateKind::none, call<&V::check_signature>},
    {ImmediateKind::i32, call<&V::check_signature>},
    {ImmediateKind::i64, call<&V::check_signature>},
    {ImmediateKind::f32, call<&V::check_signature>},
    {ImmediateKind::f64, call<&V::check_signature>},
    {ImmediateKind::v128, call<&V::check_signature>},
    {ImmediateKind::fence, call<&V::check_signature>},
    {ImmediateKind::mem_arg, call<&V::check_access>},
    {ImmediateKind::mem_arg_lane, call<&V::check_access_lane>},
    {ImmediateKind::lane, call<&V::check_lane>},
    {ImmediateKind::shuffle, call<&V::check_shuffle>},
    {ImmediateKind::memory, call<&V::check_memory>},
    {ImmediateKind::data, call<&V::check_data>},
    {ImmediateKind::data_memory, call<&V::check_data_memory>},
    {ImmediateKind::table, call<&V::check_table>},
    {ImmediateKind::elem, call<&V::check_elem>},
    {ImmediateKind::elem_table, call<&V::check_elem_table>},
};

consteval Handler handler_of(const syntax::OpInfo& info) {
  if (info.signature.by_hand) {
    for (const HandRow& row : hand_rows) {
      if (row.op == info.id) return row.handler;
    }
    return nullptr;
  }
  const bool is_atomic = info.feature == syntax::Feature::threads;
  if (is_atomic && info.immediate == ImmediateKind::mem_arg) return call<&V::check_atomic>;
  for (const KindRow& row : kind_rows) {
    if (row.kind == info.immediate) return row.handler;
  }
  return nullptr;
}

consteval std::array<Handler, syntax::op_count> make_handlers() {
  std::array<Handler, syntax::op_count> table{};
  for (const syntax::OpInfo& info : syntax::op_table) {
    table[size_t(info.id)] = handler_of(info);
    if (!table[size_t(info.id)]) syntax::table_is_wrong("a row of opcodes.def that nothing checks");
  }
  return table;
}

}  // namespace

constexpr std::array<Handler, syntax::op_count> handlers = make_handlers();

}  // namespace waxwing::validate

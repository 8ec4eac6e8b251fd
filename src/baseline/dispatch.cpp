// Which function compiles which instruction.
#include <array>

#include "base/check.h"
#include "baseline/func_compiler.h"
#include "binary/short_number.h"

namespace waxwing::baseline {

using abi::BuiltinId;
using syntax::OpKind;

struct FuncCompiler::Handlers {
  std::array<Handler, syntax::op_count> of_op{};

  constexpr Handler& operator[](Op op) { return of_op[size_t(op)]; }
};

/// Parametric and variable instructions, constants.
consteval void FuncCompiler::set_values(Handlers& h) {
  using C = FuncCompiler;
  using I = Instr;
  h[Op::drop] = [](C& c, const I&) { c.pop(); };
  h[Op::select] = h[Op::select_typed] = [](C& c, const I&) { c.select(); };
  h[Op::local_get] = [](C& c, const I& i) { c.local_get(i.index); };
  h[Op::local_set] = [](C& c, const I& i) { c.local_set(i.index, false); };
  h[Op::local_tee] = [](C& c, const I& i) { c.local_set(i.index, true); };
  h[Op::global_get] = [](C& c, const I& i) { c.global_get(i.index); };
  h[Op::global_set] = [](C& c, const I& i) { c.global_set(i.index); };
  h[Op::i32_const] = [](C& c, const I& i) { c.push_constant(ValKind::i32, i.i32()); };
  h[Op::i64_const] = [](C& c, const I& i) { c.push_constant(ValKind::i64, i.i64()); };
  h[Op::f32_const] = [](C& c, const I& i) { c.push_constant(ValKind::f32, i.i32()); };
  h[Op::f64_const] = [](C& c, const I& i) { c.push_constant(ValKind::f64, i.i64()); };
  h[Op::v128_const] = [](C& c, const I& i) { c.v128_const(i); };
}

/// Blocks, branches, calls, exceptions.
consteval void FuncCompiler::set_control(Handlers& h) {
  using C = FuncCompiler;
  using I = Instr;
  h[Op::nop] = [](C&, const I&) {};
  h[Op::unreachable] = [](C& c, const I&) { c.unreachable(); };
  h[Op::block] = [](C& c, const I& i) { c.begin_block(i); };
  h[Op::loop] = [](C& c, const I& i) { c.begin_loop(i); };
  h[Op::if_] = [](C& c, const I& i) { c.begin_if(i); };
  h[Op::else_] = [](C& c, const I&) { c.begin_else(); };
  h[Op::end] = [](C& c, const I&) { c.end_block(); };
  h[Op::br] = [](C& c, const I& i) { c.branch(i.index); };
  h[Op::br_if] = [](C& c, const I& i) { c.branch_if(i.index); };
  h[Op::br_on_null] = h[Op::br_on_non_null] = [](C& c, const I& i) { c.branch_on_null(i); };
  h[Op::br_on_cast] = h[Op::br_on_cast_fail] = [](C& c, const I& i) { c.branch_on_cast(i); };
  h[Op::br_table] = [](C& c, const I& i) { c.branch_table(i); };
  h[Op::return_] = [](C& c, const I&) { c.branch(static_cast<uint32_t>(c.blocks_.size() - 1)); };
  h[Op::call] = [](C& c, const I& i) { c.call(i); };
  h[Op::call_indirect] = [](C& c, const I& i) { c.call_indirect(i); };
  h[Op::call_ref] = [](C& c, const I& i) { c.call_ref(i); };
  h[Op::return_call] = h[Op::return_call_indirect] =
      h[Op::return_call_ref] = [](C& c, const I& i) { c.tail_call(i); };
  h[Op::try_table] = h[Op::try_] = [](C& c, const I& i) { c.begin_try(i); };
  h[Op::catch_] = h[Op::catch_all] = [](C& c, const I& i) { c.begin_catch(i); };
  h[Op::delegate] = [](C& c, const I& i) { c.delegate(i); };
  h[Op::throw_] = [](C& c, const I& i) { c.throw_tag(i); };
  h[Op::throw_ref] = [](C& c, const I&) { c.throw_ref(); };
  h[Op::rethrow] = [](C& c, const I& i) { c.rethrow(i); };
}

/// Memories and tables.
consteval void FuncCompiler::set_stores(Handlers& h) {
  using C = FuncCompiler;
  using I = Instr;
  h[Op::memory_size] = [](C& c, const I& i) { c.memory_size(i.index); };
  h[Op::memory_grow] = [](C& c, const I& i) { c.memory_grow(i.index); };
  h[Op::memory_fill] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::memory_fill, {imm(i.index), operand(2), operand(1), operand(0)}, 3);
  };
  h[Op::memory_copy] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::memory_copy,
                   {imm_pair(i.index, i.index2), operand(2), operand(1), operand(0)}, 3);
  };
  h[Op::memory_init] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::memory_init,
                   {imm_pair(i.index2, i.index), operand(2), operand(1), operand(0)}, 3);
  };
  h[Op::data_drop] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::data_drop, {imm(i.index)}, 0);
  };
  h[Op::table_get] = [](C& c, const I& i) { c.table_get(i.index); };
  h[Op::table_set] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::table_set, {imm(i.index), operand(1), operand(0)}, 2);
  };
  h[Op::table_size] = [](C& c, const I& i) { c.table_size(i.index); };
  h[Op::table_grow] = [](C& c, const I& i) { c.table_grow(i.index); };
  h[Op::table_fill] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::table_fill, {imm(i.index), operand(2), operand(1), operand(0)}, 3);
  };
  h[Op::table_copy] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::table_copy,
                   {imm_pair(i.index, i.index2), operand(2), operand(1), operand(0)}, 3);
  };
  h[Op::table_init] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::table_init,
                   {imm_pair(i.index2, i.index), operand(2), operand(1), operand(0)}, 3);
  };
  h[Op::elem_drop] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::elem_drop, {imm(i.index)}, 0);
  };
  h[Op::memory_atomic_wait32] = [](C& c, const I& i) {
    c.atomic_wait(BuiltinId::memory_atomic_wait32, i);
  };
  h[Op::memory_atomic_wait64] = [](C& c, const I& i) {
    c.atomic_wait(BuiltinId::memory_atomic_wait64, i);
  };
  h[Op::memory_atomic_notify] = [](C& c, const I& i) { c.atomic_notify(i); };
  h[Op::atomic_fence] = [](C& c, const I&) { c.masm_.mfence(); };
}

/// References, structures, arrays.
consteval void FuncCompiler::set_objects(Handlers& h) {
  using C = FuncCompiler;
  using I = Instr;
  h[Op::ref_null] = [](C& c, const I&) { c.push_constant(ValKind::ref, 0); };
  h[Op::ref_is_null] = [](C& c, const I&) { c.ref_is_null(); };
  h[Op::ref_eq] = [](C& c, const I&) { c.ref_eq(); };
  h[Op::ref_func] = [](C& c, const I& i) { c.ref_func(i); };
  h[Op::ref_as_non_null] = [](C& c, const I&) { c.ref_as_non_null(); };
  h[Op::ref_test] = [](C& c, const I& i) { c.ref_test(i.heap, false); };
  h[Op::ref_test_null] = [](C& c, const I& i) { c.ref_test(i.heap, true); };
  h[Op::ref_cast] = [](C& c, const I& i) { c.ref_cast(i.heap, false); };
  h[Op::ref_cast_null] = [](C& c, const I& i) { c.ref_cast(i.heap, true); };
  h[Op::any_convert_extern] =
      h[Op::extern_convert_any] = [](C&, const I&) {};  // the bits are the same
  h[Op::ref_i31] = [](C& c, const I&) { c.ref_i31(); };
  h[Op::i31_get_s] = [](C& c, const I&) { c.i31_get(true); };
  h[Op::i31_get_u] = [](C& c, const I&) { c.i31_get(false); };
  h[Op::struct_new] = [](C& c, const I& i) { c.struct_new(i); };
  h[Op::struct_new_default] = [](C& c, const I& i) {
    c.make_object(BuiltinId::struct_new_default, {imm(i.index)}, 0);
  };
  h[Op::struct_get] = h[Op::struct_get_s] =
      h[Op::struct_get_u] = [](C& c, const I& i) { c.struct_get(i); };
  h[Op::struct_set] = [](C& c, const I& i) { c.struct_set(i); };
  h[Op::array_new] = [](C& c, const I& i) {
    c.make_object(BuiltinId::array_new, {imm(i.index), address(1), operand(0)}, 2);
  };
  h[Op::array_new_default] = [](C& c, const I& i) {
    c.make_object(BuiltinId::array_new_default, {imm(i.index), operand(0)}, 1);
  };
  h[Op::array_new_fixed] = [](C& c, const I& i) { c.array_new_fixed(i); };
  h[Op::array_new_data] = [](C& c, const I& i) {
    c.make_object(BuiltinId::array_new_data, {imm_pair(i.index, i.index2), operand(1), operand(0)},
                  2);
  };
  h[Op::array_new_elem] = [](C& c, const I& i) {
    c.make_object(BuiltinId::array_new_elem, {imm_pair(i.index, i.index2), operand(1), operand(0)},
                  2);
  };
  h[Op::array_get] = h[Op::array_get_s] =
      h[Op::array_get_u] = [](C& c, const I& i) { c.array_get(i); };
  h[Op::array_set] = [](C& c, const I& i) { c.array_set(i); };
  h[Op::array_len] = [](C& c, const I&) { c.array_len(); };
  h[Op::array_fill] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::array_fill,
                   {imm(i.index), operand(3), operand(2), address(1), operand(0)}, 4);
  };
  h[Op::array_copy] = [](C& c, const I&) {
    c.call_builtin(BuiltinId::array_copy,
                   {operand(4), operand(3), operand(2), operand(1), operand(0)}, 5);
  };
  h[Op::array_init_data] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::array_init_data,
                   {imm_pair(i.index, i.index2), operand(3), operand(2), operand(1), operand(0)},
                   4);
  };
  h[Op::array_init_elem] = [](C& c, const I& i) {
    c.call_builtin(BuiltinId::array_init_elem,
                   {imm_pair(i.index, i.index2), operand(3), operand(2), operand(1), operand(0)},
                   4);
  };
}

/// Numeric instructions: computed now where all operands are known.
consteval void FuncCompiler::set_pure(Handlers& h) {
  using C = FuncCompiler;
  using I = Instr;
  const auto handler = [](IntKind kind) -> Handler {
    switch (kind) {
      case IntKind::none: break;
      case IntKind::alu: return by_facts_of_two<&C::int_binary>;
      case IntKind::multiply: return by_width<&C::int_multiply>;
      case IntKind::shift: return by_facts_of_two<&C::int_shift>;
      case IntKind::divide: return by_facts_of_two<&C::int_divide>;
      case IntKind::compare: return by_facts_of_two<&C::int_compare>;
      case IntKind::eqz: return by_width<&C::int_eqz>;
      case IntKind::unary: return by_facts<&C::int_unary>;
      case IntKind::wide: return by_facts<&C::wide_arithmetic>;
    }
    return [](C& c, const I& i) {
      if (!c.folds(i)) c.compile_generic(i);
    };
  };
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (info.kind == OpKind::pure) h[info.id] = handler(int_table[size_t(info.id)].kind);
  }
}

consteval FuncCompiler::Handlers FuncCompiler::make_handlers() {
  Handlers h;
  for (const syntax::OpInfo& info : syntax::op_table) {
    switch (info.kind) {
      case OpKind::pure: break;
      case OpKind::load:
        h[info.id] = [](FuncCompiler& c, const Instr& i) { c.compile_load(i); };
        break;
      case OpKind::store:
        h[info.id] = [](FuncCompiler& c, const Instr& i) { c.compile_store(i); };
        break;
      case OpKind::atomic:
        h[info.id] = [](FuncCompiler& c, const Instr& i) { c.compile_atomic(i); };
        break;
      case OpKind::runtime:
      case OpKind::frame:
      case OpKind::control:
        h[info.id] = [](FuncCompiler& c, const Instr&) { c.unsupported(); };
        break;
    }
  }
  set_pure(h);
  set_values(h);
  set_control(h);
  set_stores(h);
  set_objects(h);
  return h;
}

/// How to read an instruction whose numbers take one byte each, by its first byte.
struct FuncCompiler::ShortForm {
  Handler handler = nullptr;
  uint32_t checked_bits = behind_operands;  // of the two bytes behind the opcode
  Op op = Op::nop;
  uint8_t expected_bits = 0;
  uint8_t size_bytes = 0;

  /// Set in what is checked, and never expected.
  static constexpr uint32_t behind_operands = 0x10000;
};

consteval FuncCompiler::ShortForm FuncCompiler::make_short_form(const Handlers& h,
                                                                const binary::OpcodeEntry& entry) {
  using binary::Shape;
  if (entry.shape == Shape::rare) return {};
  ShortForm form{.handler = h.of_op[size_t(entry.op)],
                 .checked_bits = entry.checked_bits,
                 .op = entry.op,
                 .expected_bits = static_cast<uint8_t>(entry.expected_bits),
                 .size_bytes = 2};
  if (entry.shape == Shape::none) form.size_bytes = 1;
  if (entry.shape == Shape::mem_arg) form.size_bytes = 3;
  return form;
}

void FuncCompiler::compile_instr(const Instr& instr) {
  static constexpr Handlers handlers = make_handlers();
  handlers.of_op[size_t(instr.op)](*this, instr);
}

/// Reads the instruction at `next_` if its last number takes two to four bytes, and returns its
/// size; else 0. REQUIRES: the form is not the instruction's, and eight bytes are left.
uint32_t FuncCompiler::read_longer(const ShortForm& form, Instr& instr) const {
  constexpr uint8_t no_memory_index = 0x40;
  const binary::Shape shape = binary::opcode_entries[*next_].shape;
  const bool is_mem_arg = shape == binary::Shape::mem_arg;
  if (shape != binary::Shape::index && shape != binary::Shape::constant && !is_mem_arg) return 0;
  if (is_mem_arg && next_[1] >= no_memory_index) return 0;
  const uint32_t first = form.size_bytes - 1u;
  const uint64_t bytes = base::load_le<uint64_t>(next_) >> 8 * first;
  const uint32_t size = binary::short_number_size(bytes);
  if (size == 0) return 0;
  const uint32_t number = binary::short_number(bytes, size);
  instr.index = is_mem_arg ? 0 : number;
  instr.align_log2 = next_[1];
  instr.mem_offset = number;
  base::store_le(&instr.value, binary::sign_extended(number, size));
  return first + size;
}

// The code is valid: no feature and no index is asked for. The only branches that cannot be
// foreseen are the handlers'.
void FuncCompiler::compile_short_forms(Instr& instr) {
  static constexpr auto forms = []() consteval {
    constexpr Handlers handlers = make_handlers();
    std::array<ShortForm, 256> table;
    for (size_t i = 0; i < table.size(); ++i)
      table[i] = make_short_form(handlers, binary::opcode_entries[i]);
    return table;
  }();
  constexpr ptrdiff_t lookahead = 8;
  constexpr uint8_t longest = 3;
  const base::ByteSpan code = module_.code(*body_);
  // Not all of it at once: somebody must look whether the work goes on.
  constexpr size_t longest_run = 4096;
  const uint8_t* const start = reader_->unread().data();
  const uint8_t* const end = start + std::min(reader_->unread().size(), longest_run);
  const uint8_t* at = start;
  while (!dead_ && end - at >= lookahead) {
    const ShortForm& form = forms[*at];
    const uint32_t operands = base::load_le<uint16_t>(at + 1) | ShortForm::behind_operands;
    const auto first = static_cast<uint8_t>(operands);
    instr.op = form.op;
    instr.code_offset = static_cast<uint32_t>(at - code.data());
    masm_.set_body_offset(instr.code_offset);
    if (((operands ^ form.expected_bits) & form.checked_bits) == 0) [[likely]] {
      at += form.size_bytes;
      next_ = at;
      if (form.op == Op::local_get) {  // the most frequent one; a near local
        push_local(first);
        continue;
      }
      // All that any shape has: which of it counts need not be asked.
      instr.index = form.size_bytes == longest ? 0 : first;
      instr.align_log2 = first;
      instr.mem_offset = static_cast<uint8_t>(operands >> 8);
      instr.block_type.kind = binary::BlockType::Kind::empty;
      base::store_le(&instr.value, binary::sign_extended(first, 1));
    } else {
      next_ = at;
      const uint32_t size = read_longer(form, instr);
      if (size == 0) break;
      at += size;
      next_ = at;
    }
    form.handler(*this, instr);
    locked_ = 0;
  }
  reader_->skip(static_cast<size_t>(at - start));
}

}  // namespace waxwing::baseline

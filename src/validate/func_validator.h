// The validation algorithm for one function: every instruction pops and pushes types. [spec A.4]
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>

#include "binary/instr_reader.h"
#include "syntax/limits.h"
#include "validate/func_scratch.h"
#include "validate/module_context.h"
#include "validate/module_validator.h"

namespace waxwing::validate {

class FuncValidator;
struct QuickRow;

/// Checks the instruction just read; false after an error.
using Handler = bool (*)(FuncValidator&);

/// The rows that the fast path takes for bodies of `module`.
const QuickRow* quick_rows_for(const syntax::Module& module);

/// By `Op`: what checks an instruction that the loop does not check in line.
extern const std::array<Handler, syntax::op_count> handlers;

/// Rows of opcodes.def with a signature are checked by the table; each row with "*" has a function
/// here. They all return false after an error, which `error_` then holds.
class FuncValidator {
 public:
  FuncValidator(const ModuleContext& context, syntax::FuncIdx func, FuncScratch& scratch);

  /// With `observer` all instructions are checked by their handlers, and told to it.
  base::Result<> run(const StepObserver* observer = nullptr);

  // Control. [func_validator_control.cpp]
  bool check_unreachable();
  bool check_nop() { return true; }
  bool check_block();
  bool check_loop();
  bool check_if();
  bool check_else();
  bool check_end();
  bool check_br();
  bool check_br_if();
  bool check_br_table();
  bool check_return();

  // Calls. [func_validator_call.cpp]
  bool check_call();
  bool check_call_indirect();
  bool check_call_ref();
  bool check_return_call();
  bool check_return_call_indirect();
  bool check_return_call_ref();

  // Exceptions. [func_validator_exception.cpp]
  bool check_throw();
  bool check_throw_ref();
  bool check_try_table();
  bool check_catch();
  bool check_catch_all();
  bool check_delegate();
  bool check_rethrow();

  // Operands, locals, globals. [func_validator_variable.cpp]
  bool check_drop();
  bool check_select();
  bool check_select_typed();
  bool check_local_get();
  bool check_local_set();
  bool check_local_tee();
  bool check_global_get();
  bool check_global_set();

  // Rows with signatures, by the kind of their immediate. [func_validator_memory.cpp]
  bool check_signature();
  bool check_access();
  bool check_atomic();
  bool check_access_lane();
  bool check_lane();
  bool check_shuffle();
  bool check_memory();
  bool check_data();
  bool check_data_memory();
  bool check_table();
  bool check_elem();
  bool check_elem_table();
  bool check_memory_copy();
  bool check_table_copy();

  // References. [func_validator_reference.cpp]
  bool check_ref_null();
  bool check_ref_is_null();
  bool check_ref_func();
  bool check_ref_eq();
  bool check_ref_as_non_null();
  bool check_br_on_null();
  bool check_br_on_non_null();
  bool check_ref_test();
  bool check_ref_cast();
  bool check_ref_cast_null();
  bool check_br_on_cast();
  bool check_br_on_cast_fail();
  bool check_any_convert_extern();
  bool check_extern_convert_any();
  bool check_ref_i31();
  bool check_i31_get();

  // Structures and arrays. [func_validator_aggregate.cpp]
  bool check_struct_new();
  bool check_struct_new_default();
  bool check_struct_get();
  bool check_struct_get_packed();
  bool check_struct_set();
  bool check_array_new();
  bool check_array_new_default();
  bool check_array_new_fixed();
  bool check_array_new_data();
  bool check_array_new_elem();
  bool check_array_get();
  bool check_array_get_packed();
  bool check_array_set();
  bool check_array_len();
  bool check_array_fill();
  bool check_array_copy();
  bool check_array_init_data();
  bool check_array_init_elem();

 private:
  using Types = std::span<const syntax::ValType>;

  // The loop.
  bool begin();
  bool begin_locals();
  /// Checks instructions until one needs a closer look, which stays unread; false after an error.
  bool run_quickly();
  bool quick_block_type(uint8_t code);
  bool quick_plain(const QuickRow& row, uint64_t word);
  bool quick_handler(const uint8_t* at, uint32_t size, syntax::Op op);
  void skip_to(const uint8_t* at) { reader_.skip(size_t(at - code_.data()) - reader_.position()); }
  bool step_slowly();
  bool run_observed(const StepObserver& observer);
  std::unexpected<base::Error> take_error();

  // Errors at the current instruction; all return false.
  bool fail(base::ErrorCode code, std::string detail);
  bool fail_index(base::ErrorCode code, uint32_t index, size_t count, std::string_view what);
  bool fail_open_blocks();
  bool fail_requires(Types required);
  bool fail_type(std::string_view detail);

  // Operands.
  bool is_unreachable() const { return scratch_.frames.back().unreachable; }
  bool matches(syntax::ValType sub, syntax::ValType super) const;
  /// Whether the topmost operands match `required`, which stay.
  bool have(Types required);
  /// `have`, and drops them.
  bool pop(Types required) { return required.empty() || pop_all(required); }
  bool pop(std::initializer_list<syntax::ValType> required) {
    return pop_all(Types(required.begin(), required.size()));
  }
  bool pop_all(Types required);
  bool pop_i32() {
    if (!scratch_.operands.top_is(syntax::i32_type)) return pop({syntax::i32_type});
    scratch_.operands.drop_scalars(1);
    return true;
  }
  /// Pops any operand; `bottom` in unreachable code that has none.
  bool pop_any(syntax::ValType& type);
  /// Pops a reference of any type; a non-null one to `bottom` in unreachable code that has none.
  bool pop_ref(syntax::ValType& type);
  void drop_up_to(size_t count);
  void push(syntax::ValType type) { scratch_.operands.push(type); }
  /// Fails beyond `max_operand_slots`: a few bytes of code may push many operands.
  bool push(Types types) {
    if (scratch_.operands.height() + types.size() > syntax::max_operand_slots) [[unlikely]]
      return fail_operands();
    for (syntax::ValType type : types) push(type);
    return true;
  }
  bool fail_operands();
  bool apply(const syntax::Signature& signature, syntax::ValType addr, syntax::ValType elem);

  // Blocks.
  bool resolve_block_type(BlockSignature& signature);
  bool open_block(const BlockSignature& signature);
  bool push_frame(syntax::Op op, const BlockSignature& signature);
  bool finish_block(const ControlFrame& frame);
  bool close_block();
  bool finish_function();
  void open_loop();
  void close_loop();
  void set_use_unit();
  void mark_unreachable();
  ControlFrame* find_label(uint32_t index) {
    std::vector<ControlFrame>& frames = scratch_.frames;
    if (index < frames.size()) return &frames[frames.size() - 1 - index];
    return no_label(index);
  }
  ControlFrame* no_label(uint32_t index);
  bool branch_and_stay(Types label);

  // Locals.
  bool find_local(syntax::ValType& type);
  syntax::ValType far_local_type(uint32_t index) const;
  /// Counts a use of the local whose place in FuncScratch::near_locals is `place`.
  void weigh(size_t place) {
    const uint32_t weight = scratch_.local_weights[place] + use_unit_;
    scratch_.local_weights[place] = uint16_t(std::min(weight, uint32_t(UINT16_MAX)));
  }
  /// Notes a write to `local` if `writes`, which is 0 or 1.
  void note_write(uint32_t local, uint32_t writes = 1) {
    constexpr uint32_t bits = 64;
    const uint32_t is_other = local >= bits ? 1 : 0;
    loop_.written_locals |= uint64_t(writes & ~is_other) << local % bits;
    loop_.writes_others |= (writes & is_other) != 0;
  }
  void note_call();
  bool is_set(uint32_t local, syntax::ValType type) const;
  void set_local(uint32_t local, syntax::ValType type);
  /// Locals set since `count` of them were are no longer.
  void forget_initialized(uint32_t count) {
    if (scratch_.initialized.size() > count) [[unlikely]]
      shrink_initialized(count);
  }
  void shrink_initialized(uint32_t count);

  // Lookups of what the instruction names; null or false after an error.
  const syntax::FuncType* func_type_at(uint32_t type);
  const syntax::StructType* struct_type_at(uint32_t type);
  const syntax::ArrayType* array_type_at(uint32_t type);
  const syntax::FieldType* field_at(uint32_t type, uint32_t field);
  const syntax::FuncType* func_at(uint32_t func);
  const syntax::FuncType* tag_at(uint32_t tag);
  bool table_at(uint32_t table);
  bool memory_at(uint32_t memory);
  bool elem_at(uint32_t elem);
  bool data_at(uint32_t data);
  syntax::ValType ref_to(uint32_t type, bool nullable) const;
  syntax::ValType table_address(uint32_t table) const;
  syntax::ValType memory_address(uint32_t memory) const;
  syntax::ValType table_element(uint32_t table) const;

  // Parts of instructions.
  bool call(const syntax::FuncType* callee);
  bool tail_call(const syntax::FuncType* callee);
  const syntax::FuncType* indirect_callee();
  const syntax::FuncType* ref_callee();
  bool catch_clause(const binary::CatchClause& clause);
  bool begin_catch(Types values);
  bool apply_row(syntax::ValType addr, syntax::ValType elem);
  bool mem_arg();
  bool lane_below(unsigned count);
  bool branch_with(syntax::ValType branched, syntax::ValType fallen);
  bool pop_castable();
  bool pop_cast(syntax::ValType& target, syntax::ValType& rest);
  bool convert(syntax::AbstractHeap from, syntax::AbstractHeap to);
  bool has_default(syntax::ValType type);
  bool is_packed_as(const syntax::FieldType& field, bool packed);
  bool get_field(bool packed);
  bool get_element(bool packed);
  bool numeric_array(const syntax::ArrayType& array);
  bool mutable_array(const syntax::ArrayType& array);
  bool elem_fits(const syntax::ArrayType& array, uint32_t elem);

  const ModuleContext& context_;
  const syntax::Module& module_;
  FuncScratch& scratch_;
  syntax::FuncIdx func_;
  const base::ByteSpan code_;
  const std::span<const syntax::LocalRun> locals_;
  const uint64_t code_offset_;  // in the module
  const syntax::FuncType& type_;
  binary::InstrReader reader_;
  binary::Instr instr_;
  uint32_t local_count_ = 0;    // of all locals
  uint32_t near_count_ = 0;     // of those in scratch_.near_locals
  const QuickRow* quick_rows_;  // 256, by the first byte
  uint32_t use_unit_ = 1;       // what a use of a local weighs here
  syntax::LoopHints loop_;      // of the innermost open loop, so far
  std::optional<base::Error> error_;
};

}  // namespace waxwing::validate

// The translator's state for one function: the operand stack as slots and constants, the labels,
// and the code so far.
#pragma once

#include <span>
#include <vector>

#include "binary/instr_reader.h"
#include "interp/emitter.h"
#include "interp/translator.h"
#include "syntax/opcode_table.h"

namespace waxwing::interp {

/// An entry of the operand stack. Every entry has a home slot, by its position; a value lies there,
/// or in a local's slot, or is a constant that no code has written yet.
struct StackValue {
  Operand operand;
  uint32_t home = 0;
};

/// A block that the translator is in.
struct Block {
  Op op = Op::block;       // block, loop, if_, try_table, try_; catch_ in any catch of a try
  uint32_t height = 0;     // entries below the block's parameters
  uint32_t base_slot = 0;  // the home of the first parameter or result
  const syntax::FuncType* type = nullptr;        // null: it takes nothing and gives at most ...
  std::optional<syntax::ValType> single_result;  // ... this
  uint32_t start = 0;                            // loop: where it begins
  std::vector<Fixup> to_end;                     // branches to the label, unless a loop
  std::vector<uint32_t> handlers_to_end;         // FuncCode::handlers whose target is the label
  std::optional<Fixup> to_else;
  uint32_t stub_of =
      0;  // the br_table that `stub`, which moves operands and goes to the label, belongs to
  uint32_t stub = 0;
  std::vector<uint32_t> delegates;  // FuncCode::handlers that delegate to the label
  uint32_t body_end = 0;            // catch_: where the body of the try ended
  // try_table: its clauses, ranges and targets open; catch_: the catches so far.
  std::vector<Handler> handlers;
  std::vector<uint32_t> handler_labels;  // ... and the depth of their labels, from the outside

  std::span<const syntax::ValType> params() const;
  /// Valid while the block stays where it is.
  std::span<const syntax::ValType> results() const;
  /// What a branch to the block's label takes.
  std::span<const syntax::ValType> label() const { return op == Op::loop ? params() : results(); }
};

class FuncTranslator {
 public:
  FuncTranslator(const runtime::CompiledModule& compiled, FuncCode& code, const Options& options);

  void run();

 private:
  using Instr = binary::Instr;
  using ValType = syntax::ValType;

  // func_translator.cpp: the frame, the stack, and instructions without control flow.
  void lay_out_frame();
  uint32_t max_stack_slots() const;
  void translate(const Instr& instr);
  void translate_frame(const Instr& instr);
  void translate_pure(const Instr& instr);
  void canonicalize_result(Op op);
  void translate_pure_with_immediate(const Instr& instr, std::span<StackValue> values);
  void translate_select();
  void local_set(uint32_t local, bool keep);
  void push(ValKind kind);  // a value in its home slot
  void push_local(uint32_t local);
  void push_constant(ValKind kind, uint64_t bits);
  void push_results(std::span<const ValType> types);
  void push_results_of(const syntax::Signature& signature);
  StackValue pop();
  uint32_t next_slot() const { return stack_.empty() ? first_home_ : end_of(stack_.back()); }
  static uint32_t end_of(const StackValue& value);
  /// Writes the value to its home slot, if it is elsewhere.
  void settle(StackValue& value);
  void settle_top(size_t count);
  /// Settles every entry that stands for a local.
  void settle_locals();
  /// The operand in a slot: a constant is written to its home first.
  Operand in_slot(StackValue& value);
  /// The operand in a slot, or as a constant that fits into code.
  Operand in_slot_or_code(StackValue& value);
  void note_source();
  void listen_enter();
  /// Takes so much fuel.
  void charge(uint32_t cost);
  /// Takes the fuel of the length that the instruction has at the top of the stack, if it has one.
  void charge_length(Op op);
  void reserve(uint32_t end_slot);

  // func_translator_control.cpp: blocks, branches, calls.
  void translate_control(const Instr& instr);
  void begin_block(const Instr& instr);
  void begin_if(const Instr& instr);
  void begin_else(const Instr& instr);
  void end_block(const Instr& instr);
  void close_block();
  void finish_func();
  void open(Op op, const binary::BlockType& type);
  Block& label(uint32_t depth) { return blocks_[blocks_.size() - 1 - depth]; }
  /// Readies the operands of a branch, before any condition is tested: many of them are settled,
  /// once for all branches that take them, so that one instruction can move them.
  void prepare_branch(std::span<const ValType> types);
  bool needs_moves(const Block& block, std::span<const ValType> types) const;
  /// Moves operands from the top of the stack to where the block has them, without popping them.
  void move_to(const Block& block, std::span<const ValType> types);
  /// Moves operands from the top of the stack to `slot` and the following ones.
  void move_top(size_t count, uint32_t slot);
  void link(Block& block, const Fixup& fixup);
  void branch(uint32_t depth);
  void branch_if(const Instr& instr);
  void branch_on_null(const Instr& instr);
  void branch_table(const Instr& instr);
  void emit_return();
  /// Tells a listener of the results, which then lie in their home slots.
  void listen_exit();
  void call(const Instr& instr);
  void call_by_ref(const Instr& instr);
  void tail_call(const Instr& instr);
  /// Puts the arguments into a row; returns where it begins, relative to the frame.
  uint32_t begin_call(const syntax::FuncType& type);
  void end_call(const syntax::FuncType& type, std::optional<uint32_t> span, uint32_t delta);
  static uint32_t span_of(const syntax::FuncType& type);
  void unsupported(const Instr& instr);
  void do_nothing(const Instr& instr);
  void unreachable(const Instr& instr);
  void branch_always(const Instr& instr);
  void return_from_func(const Instr& instr);
  void skip_dead(const Instr& instr);
  void stop_here() { dead_ = true; }

  // func_translator_exception.cpp: try_table, throw, and what they replaced.
  const syntax::FuncType& tag_type(syntax::TagIdx tag) const;
  void begin_try_table(const Instr& instr);
  void close_try_table(Block& block);
  void close_catches(Block& block);
  void end_delegates(Block& block);
  void begin_catch(const Instr& instr);
  void delegate(const Instr& instr);
  void rethrow(const Instr& instr);
  void throw_exception(const Instr& instr);

  // func_translator_memory.cpp: memories, tables, references.
  void translate_load(const Instr& instr);
  void translate_store(const Instr& instr);
  void translate_atomic(const Instr& instr);
  void translate_runtime(const Instr& instr);
  void translate_reference(const Instr& instr);
  void general_address(const Instr& instr);
  /// The cells that name the values as sources of the next instruction.
  void near_operands(std::span<StackValue> values, Cell* cells);
  ValKind kind_of(syntax::OperandType type, const Instr& instr) const;
  syntax::AddressType address_type(const Instr& instr) const;

  // func_translator_aggregate.cpp: structures, arrays, i31, casts.
  void translate_aggregate(const Instr& instr);
  const runtime::TypeInfo& info(uint32_t type) const;
  void type_cells(const runtime::TypeInfo& type);
  /// Pops values, which then lie in a row; returns its first slot.
  uint32_t pop_row(size_t count);
  /// Begins an instruction that makes an object, and pushes the reference to it.
  void begin_new(IOp op, const runtime::TypeInfo& type, uint32_t slots_in_use);
  void struct_new(const Instr& instr);
  void struct_get(const Instr& instr);
  void struct_set(const Instr& instr);
  void array_new(const Instr& instr);
  void array_new_fixed(const Instr& instr);
  void array_new_segment(const Instr& instr);
  void array_get(const Instr& instr);
  void array_set(const Instr& instr);
  void array_len(const Instr& instr);
  void array_bulk(const Instr& instr);
  void i31_unary(const Instr& instr);
  bool is_object_type(syntax::HeapType type) const;
  void cast_cells(syntax::HeapType type, bool is_null_in);
  void emit_test(uint32_t d, const Operand& reference, syntax::HeapType type, bool is_null_in);
  void ref_test(const Instr& instr);
  void ref_cast(const Instr& instr);
  void branch_on_cast(const Instr& instr);
  /// Writes the top of the stack to its slot, if it is a constant.
  void settle_constant_top() { in_slot(stack_.back()); }

  const syntax::Module& module_;
  const base::IndexVector<syntax::TypeIdx, const runtime::TypeInfo*>& infos_;
  const syntax::FuncType& type_;
  const syntax::FuncBody& body_;
  FuncCode& code_;
  const Options options_;
  Emitter emit_;

  struct Local {
    uint32_t slot;
    ValKind kind;
  };
  std::vector<Local> locals_;
  std::vector<StackValue> stack_;
  std::vector<uint32_t> local_entries_;  // positions in stack_ that stand for locals, rising
  std::vector<uint32_t> local_uses_;     // by local: how many of them
  std::vector<Block> blocks_;            // blocks_[0] is the function
  bool dead_ = false;                    // the code here is unreachable
  uint32_t dead_depth_ = 0;              // blocks opened since
  uint32_t body_offset_ = 0;             // of the current instruction
  uint32_t first_home_ = 0;
  uint32_t frame_end_ = 0;  // slots that the frame takes
  uint32_t enter_cell_ = 0;
};

}  // namespace waxwing::interp

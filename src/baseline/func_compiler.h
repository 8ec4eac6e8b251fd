// The compiler's state for one function: one pass over validated code, a virtual operand stack, hot
// locals pinned in registers. docs/baseline.md tells the design.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "abi/object_layout.h"
#include "abi/vm_layout.h"
#include "baseline/baseline.h"
#include "baseline/block.h"
#include "baseline/integer_facts.h"
#include "baseline/value_stack.h"
#include "binary/instr_reader.h"
#include "codegen/x64/macro_assembler.h"
#include "codegen/x64/memory_emitter.h"
#include "syntax/opcode_table.h"

namespace waxwing::baseline {

using assembler::x64::Mem;
using assembler::x64::Scale;
using codegen::x64::MacroAssembler;

class FuncCompiler {
 public:
  /// How functions of the module call one another.
  enum class Calls : uint8_t { direct, by_slots };  // VmContext::code_ptrs

  FuncCompiler(const syntax::Module& module, const Options& options, Calls calls);

  /// Compiles a defined function of the module. Errors: out_of_memory, limit.
  base::Result<> compile(syntax::FuncIdx func, codegen::CodeObject& object);

 private:
  using Instr = binary::Instr;
  using ValType = syntax::ValType;

  // Code out of line.
  struct ColdCode {
    enum class Kind : uint8_t {
      poll,
      refuel,
      listen_enter,
      listen_exit,
      listen_tail,
      canonical_nan,
      foreign_call,
      prologue,
      check_type,
      shade,
      test_ref
    };
    Kind kind = Kind::poll;
    Label entry;
    Label back;
    uint32_t body_offset = 0;
    syntax::TypeIdx type;
    // test_ref
    syntax::HeapType heap;
    Gpr ref{};
    RegSet live = 0;  // what a call destroys and the code behind needs
    // canonical_nan
    Xmm nan{};
    bool is_f64 = false;
  };

  // frame.cpp: the frame, pinned locals, entry and exit.
  struct alignas(16) Local {
    ValKind kind = ValKind::i32;
    Reg pin = no_reg;
    Reg cache = no_reg;     // a register that holds a copy, of a local that is not pinned
    uint32_t refs = 0;      // entries of the operand stack that stand for it
    int32_t offset = 0;     // from the frame pointer
    uint32_t function = 0;  // far locals: what is above is of the function with this number
  };
  /// Locals of one type behind the near ones.
  struct FarLocals {
    uint32_t first = 0;
    ValKind kind = ValKind::i32;
    int32_t end_offset = 0;  // of the first one's memory
  };
  void lay_out_frame();
  void lay_out_locals();
  /// The local is in locals_. Constant time for near ones, else logarithmic at their first use.
  void meet_local(uint32_t local) {
    if (local >= near_locals_ && locals_[local].function != function_number_) add_local(local);
  }
  void add_local(uint32_t local);
  void choose_pins();
  void emit_prologue();
  void take_params();
  void zero_locals();
  void emit_epilogue();
  void restore_callee_saved();
  Mem slot_mem(uint32_t slot) const {
    return Mem(Gpr::rbp, slots_offset_ + static_cast<int32_t>(slot * 8));
  }
  Mem local_mem(const Local& local) const { return Mem(Gpr::rbp, local.offset); }

  // operands.cpp: the operand stack and registers.
  void push(Value value);
  void push_reg(ValKind kind, Reg reg);
  void push_slot(ValKind kind);
  void push_constant(ValKind kind, uint64_t bits) {
    push({.place = Place::constant, .kind = kind, .bits = bits});
  }
  void push_local(uint32_t local);
  void push_flags(Condition condition, Parity parity = Parity::ignored);
  Value pop();
  uint32_t next_home() const { return next_home_; }
  /// The value in a register; it may be another's too: see `is_own`. Locks it for the rest of the
  /// instruction.
  Reg in_reg(Value& value);
  Reg load_value(Value& value);
  Gpr in_gpr(Value& value) { return gpr(in_reg(value)); }
  Xmm in_xmm(Value& value) { return xmm(in_reg(value)); }
  /// Whether the register that `in_reg` returned may be overwritten.
  bool is_own(const Value& value) const {
    return value.place == Place::reg && (pinned_ & bit(value.reg)) == 0;
  }
  /// A register that nothing else needs, locked for the rest of the instruction.
  Reg alloc(RegClass reg_class);
  Gpr alloc_gpr() { return gpr(alloc(RegClass::general)); }
  Xmm alloc_xmm() { return xmm(alloc(RegClass::vector)); }
  /// Makes that one free and locks it. REQUIRES: it is not locked, or an operand's that `value`
  /// has.
  void take(Reg reg);
  /// Moves the value to that register, which is free then or the value's own.
  void take_into(Value& value, Reg reg);
  /// Where the result of an instruction goes: the local that the next instruction sets, `lhs`'s
  /// register, or a free one.
  Reg result_reg(RegClass reg_class, const Value* lhs);
  bool next_sets_pin(Reg& pin) const;
  bool next_takes_flags() const;
  /// The instruction behind this one, if its opcode is one byte; else nop. This and those above
  /// REQUIRE that there is one: all but a function's last `end` have.
  Op next_op() const;
  void spill(uint32_t position);
  /// Everything on the stack below `end` is in its slot or a constant.
  void flush(size_t end);
  /// The top `count` values are in their slots, constants too.
  void settle_top(size_t count);
  void drop_cache(Reg reg);
  void drop_caches();
  void local_get(uint32_t local);
  void local_set(uint32_t local, bool keep);
  void detach_local(uint32_t local);

  // Code that moves a value and changes nothing that the compiler knows.
  void move_to_reg(const Value& value, Reg dst);
  void move_to_mem(const Value& value, const Mem& dst);
  void store_reg(const Mem& dst, Reg src, ValKind kind);
  void load_reg(Reg dst, const Mem& src, ValKind kind);
  void move_reg(Reg dst, Reg src);
  void store_constant(const Mem& dst, uint64_t bits);
  /// Slots in memory from `offset` on.
  struct SlotRow {
    Gpr base;
    int32_t offset = 0;
  };
  SlotRow slot_row(uint32_t slot) const {
    return {Gpr::rbp, slots_offset_ + static_cast<int32_t>(slot * 8)};
  }
  /// Copies slots, in a loop where there are many, so that a short instruction makes no long code.
  /// They may overlap where `to` is the lower one. Changes `counter` and the flags.
  void copy_slots(SlotRow to, SlotRow from, uint32_t count, Gpr counter);

  // Pins around calls and at labels.
  void use_pin(Reg pin);
  void load_pin(Reg pin);
  void load_pins();
  void save_pins();
  void clobber_caller_saved();
  void at_label(RegSet saved_pins);

  // func_compiler.cpp: instructions without control flow.
  /// dispatch.cpp
  void compile_instr(const Instr& instr);
  /// Compiles instructions of one to three bytes up to the first one that is none, or is dead.
  void compile_short_forms(Instr& instr);
  using Handler = void (*)(FuncCompiler&, const Instr&);
  struct Handlers;
  template <void (FuncCompiler::*compile)(const IntFacts&)>
  static void by_facts(FuncCompiler& c, const Instr& instr) {
    if (!c.folds(instr)) (c.*compile)(int_table[size_t(instr.op)]);
  }
  template <void (FuncCompiler::*compile)(const IntFacts&)>
  static void by_facts_of_two(FuncCompiler& c, const Instr& instr) {
    if (!c.folds_two(instr)) (c.*compile)(int_table[size_t(instr.op)]);
  }
  template <void (FuncCompiler::*compile)(Width)>
  static void by_width(FuncCompiler& c, const Instr& instr) {
    if (!c.folds(instr)) (c.*compile)(int_table[size_t(instr.op)].width);
  }
  struct ShortForm;
  uint32_t read_longer(const ShortForm& form, Instr& instr) const;
  static consteval Handlers make_handlers();
  static consteval ShortForm make_short_form(const Handlers& h, const binary::OpcodeEntry& entry);
  static consteval void set_values(Handlers& h);
  static consteval void set_pure(Handlers& h);
  static consteval void set_control(Handlers& h);
  static consteval void set_stores(Handlers& h);
  static consteval void set_objects(Handlers& h);
  bool folds(const Instr& instr) { return stack_.back().is_constant() && fold(instr); }
  /// The same for one with two operands.
  bool folds_two(const Instr& instr) {
    return stack_.back().is_constant() && stack_[stack_.size() - 2].is_constant() && fold(instr);
  }
  void compile_generic(const Instr& instr);
  Mem place_of(const Value& value);
  Mem use_pending_load();
  /// Makes NaNs of the instruction's result the canonical one, where the code is to.
  void canonicalize(Op op, Reg result);
  void shift_vector(Op op, Value& value, const Value& count);
  bool fold(const Instr& instr);
  void select();
  void global_get(uint32_t index);
  void global_set(uint32_t index);
  Mem global_mem(uint32_t index);
  void shade_if_marking(const Mem& old_value);
  void v128_const(const Instr& instr);
  void unreachable();
  void unsupported();

  /// What the flags say of the register: whether the instruction before this one computed it, and
  /// so compared it with 0.
  bool has_flags_of(Reg reg, Width width, Condition condition) const;
  void note_flags_of(Reg reg, Width width, bool is_logical);

  // integer.cpp
  void int_binary(const IntFacts& facts);
  struct Registers {
    Reg dst;
    Reg left;
    Reg right;  // or none
  };
  bool combine_into(Alu alu, Width width, const Registers& regs, const Value& rhs);
  bool is_read_in_place(const Value& value) const;
  bool is_better_right(const Value& left, const Value& right) const;
  void push_condition(Condition condition, Parity parity = Parity::ignored);
  void int_negate(Value& value, Width width);
  void int_multiply(Width width);
  void multiply_by(uint64_t factor, Value& value, Width width);
  void int_shift(const IntFacts& facts);
  void int_divide(const IntFacts& facts);
  // division.cpp
  bool divide_by(const IntFacts& facts, Value& lhs, uint64_t divisor);
  void unsigned_quotient(Width width, Gpr quotient, Gpr dividend, uint64_t divisor);
  void signed_quotient(Width width, Gpr quotient, Gpr dividend, uint64_t magnitude);
  void upper_product(bool is_signed, Gpr factor, uint64_t multiplier);
  void int_compare(const IntFacts& facts);
  void int_eqz(Width width);
  void int_unary(const IntFacts& facts);
  void count_leading_zeros(Width width, Gpr dst, Gpr src);
  void count_trailing_zeros(Width width, Gpr dst, Gpr src);
  void wide_arithmetic(const IntFacts& facts);
  /// An operand of an ALU instruction: applies `emit` to a register, an immediate or memory.
  template <typename Emit>
  void with_operand(Value& value, Width width, Emit emit);

  // control.cpp
  void begin_block(const Instr& instr);
  void begin_loop(const Instr& instr);
  void begin_if(const Instr& instr);
  void begin_else();
  void end_block();
  void finish_func();
  void open(Op op, const binary::BlockType& type);
  /// Where a label has its only operand, and a function its only result.
  static Reg single_reg(ValKind kind) {
    return codegen::class_of(kind) == RegClass::general ? reg_of(codegen::x64::result_gprs[0])
                                                        : reg_of(codegen::x64::result_xmms[0]);
  }
  Block& label(uint32_t depth) { return blocks_[blocks_.size() - 1 - depth]; }
  void bind_label(Block& block);
  /// Where a label takes many values, they go to their slots before code branches there, for then
  /// few instructions move them. Keeps the flags.
  void settle_many(const Block& block);
  /// Moves the top of the stack to where the label has it; changes nothing that the compiler knows.
  /// REQUIRES: settle_many before.
  void move_to_label(const Block& block);
  bool needs_moves(const Block& block) const;
  void note_edge(Block& block);
  void branch(uint32_t depth);
  void branch_if(uint32_t depth);
  /// Branches to the label where `condition` holds, with the top of the stack.
  void branch_on(const Value& flags, Block& block);
  void branch_table(const Instr& instr);
  void emit_return();
  /// Jumps where the flags say so.
  void jump_if(const Value& flags, Label& target);
  static Value inverted(Value flags);
  /// The value as flags: compares it with 0 unless it is.
  Value in_flags(Value value);
  void skip_dead(const Instr& instr);
  void stop_here() { dead_ = true; }
  RegSet unwritten_in_loop(uint32_t code_offset);
  void emit_poll();
  void count(uint32_t counter);
  /// Takes so much fuel.
  void charge(uint32_t cost);
  /// Takes the fuel of the length that the instruction has at the top of the stack, if it has one.
  void charge_length(Op op);
  void refuel_if_borrowed();

  // listen.cpp
  /// Tells of the call where the store has a listener; `state` is changed.
  void listen(ColdCode::Kind kind, Gpr state);
  void lay_out_arguments();
  void emit_listen(ColdCode& cold);

  // call.cpp
  void call(const Instr& instr);
  void call_indirect(const Instr& instr);
  void call_ref(const Instr& instr);
  void tail_call(const Instr& instr);
  void load_table_func(uint32_t table, syntax::TypeIdx type, Value& index);
  void place_transfer_args(const syntax::FuncType& type);
  void place_register_args(const syntax::FuncType& type);
  void pop_args(const syntax::FuncType& type);
  void call_record(syntax::TypeIdx type);
  Mem code_slot(uint32_t defined);
  void push_results(const syntax::FuncType& type);
  void prepare_call(size_t args);
  void load_transfer_pointer();
  /// Values that lie in a row in the frame and in the transfer slots.
  struct TransferRun {
    uint32_t slot = 0;
    uint32_t transfer_slot = 0;
    uint32_t count = 0;
  };
  void add_transfer(const TransferRun& values);
  enum class Direction : uint8_t { to_transfer, from_transfer };
  /// Copies what add_transfer gathered. Changes `counter`, the scratch register and the flags.
  void copy_transfers(Direction direction, Gpr counter);

  struct Move {
    Reg dst;
    Reg src;
  };
  void parallel_move(std::span<Move> moves);
  /// One for each argument that is in a register.
  using Moves =
      std::array<Move, codegen::x64::argument_gprs.size() + codegen::x64::argument_xmms.size()>;
  Reg register_of(const Value& value) const;

  // Builtins: operands are in their slots, from the top of the stack.
  struct BuiltinArg {
    enum class Kind : uint8_t { immediate, operand, address } kind = Kind::immediate;
    uint64_t value = 0;  // operand, address: how deep in the stack, 0 the top
  };
  static BuiltinArg imm(uint64_t value) { return {BuiltinArg::Kind::immediate, value}; }
  static BuiltinArg imm_pair(uint32_t low, uint32_t high) {
    return imm(low | uint64_t{high} << 32);
  }
  static BuiltinArg operand(uint64_t depth) { return {BuiltinArg::Kind::operand, depth}; }
  static BuiltinArg address(uint64_t depth) { return {BuiltinArg::Kind::address, depth}; }
  /// Calls it; then its operands are gone from the stack.
  void call_builtin(abi::BuiltinId id, std::initializer_list<BuiltinArg> args, size_t operands);
  void push_builtin_result(ValKind kind) {
    push_reg(kind, reg_of(codegen::x64::builtin_result_gpr));
  }

  // memory.cpp
  void compile_load(const Instr& instr);
  void compile_store(const Instr& instr);
  void compile_atomic(const Instr& instr);
  /// Where an access of `size_bytes` goes; what is checked explicitly is checked.
  Mem address(const Instr& instr, Value& index, uint32_t size_bytes);
  Mem rare_address(const Instr& instr, Value& index, uint32_t size_bytes);
  Mem guarded_address(Gpr base, Value& index, uint32_t offset);
  bool next_reads_memory(Op load) const;
  Mem checked_address(const Instr& instr, Value& index, uint32_t size_bytes);
  bool is_guarded(uint32_t memory) const;
  void check_alignment(const Instr& instr, Value& index, uint32_t size_bytes);

  // runtime.cpp: what calls the runtime.
  ValKind kind_of_address(syntax::AddressType type) const;
  void memory_size(uint32_t index);
  void memory_grow(uint32_t index);
  void table_size(uint32_t index);
  void table_grow(uint32_t index);
  void atomic_wait(abi::BuiltinId id, const Instr& instr);
  void atomic_notify(const Instr& instr);
  void push_size(ValKind kind);
  void table_get(uint32_t index);
  Gpr table_element(uint32_t table, Value& index);

  // reference.cpp: references, structures, arrays, casts.
  void ref_func(const Instr& instr);
  void ref_as_non_null();
  void make_object(abi::BuiltinId id, std::initializer_list<BuiltinArg> args, size_t operands);
  void struct_new(const Instr& instr);
  void array_new_fixed(const Instr& instr);
  void ref_is_null();
  void ref_eq();
  void trap_if_null(Gpr ref, syntax::TrapCode code);
  void struct_get(const Instr& instr);
  void struct_set(const Instr& instr);
  void array_get(const Instr& instr);
  void array_set(const Instr& instr);
  void array_len();
  Mem element_mem(Value& array, Value& index, uint32_t size_log2);
  void load_field(ValKind storage, bool is_signed, const Mem& from);
  void store_field(ValKind storage, Value& value, const Mem& to);
  void ref_i31();
  void i31_get(bool is_signed);
  const abi::StructLayout& struct_layout(uint32_t type);

  // cast.cpp
  /// A type that a reference may be of, and what is known of the reference.
  struct RefTest {
    syntax::HeapType heap;
    bool is_null_in = false;
    bool may_be_null = true;
    bool may_be_tagged = true;  // an i31 or a host's value, where the hierarchy has them
  };
  /// Flags that tell whether the reference is of the type. Keeps all registers but the scratch one.
  Value test_ref(Gpr ref, const RefTest& test);
  void test_type_word(Gpr ref, syntax::TypeIdx type);
  void end_test_out_of_line(Gpr ref, const RefTest& test, ColdCode& cold);
  void emit_test_ref(ColdCode& cold);
  void ref_test(syntax::HeapType type, bool is_null_in);
  void ref_cast(syntax::HeapType type, bool is_null_in);
  /// A popped reference that is in a register is at the top of the stack again.
  void push_ref_back(const Value& ref);
  void branch_on_null(const Instr& instr);
  void branch_on_cast(const Instr& instr);

  // exception.cpp
  /// A try_table or try that the compiler is in, a try's catches included.
  struct Try {
    uint32_t first_clause = 0;  // of clauses_
    uint32_t begin = 0;         // of its body's code
    uint32_t end = 0;
    uint32_t cold_begin = 0;  // of its body's code out of line, in cold_
    uint32_t cold_end = 0;
  };
  struct Clause {
    enum class Kind : uint8_t {
      landing_pad,  // target: of landing_pads_
      code,         // target: the position of a catch
      delegate,     // target: the handler where asking goes on; before it is known, the next
                    // delegate to the same block
    };
    Kind kind = Kind::landing_pad;
    uint32_t target = 0;
    uint32_t tag = abi::CodeHandler::all_tags;
  };
  struct TryHandler {
    Try body;
    Clause clause;
  };
  /// Brings an exception from where it is caught to a block's label, out of line.
  struct LandingPad {
    const syntax::FuncType* payload = nullptr;  // null: nothing of it
    bool has_ref = false;                       // and a reference to it
    bool is_in_register = false;                // the label's only operand
    bool loads_pins = true;
    uint32_t home = 0;                    // the slot of the label's first operand
    uint32_t position = 0;                // of the code
    uint32_t loop_position = UINT32_MAX;  // of the label, if it is a loop's; else it is ...
    Label label;                          // ... here
    uint32_t next = UINT32_MAX;           // another one to the same block
  };
  const syntax::FuncType& tag_type(uint32_t tag) const;
  void begin_try(const Instr& instr);
  uint32_t add_landing_pad(Block& target, const binary::CatchClause& clause);
  void bind_landing_pads(const Block& block);
  void begin_catch(const Instr& instr);
  void push_caught(const syntax::FuncType* payload);
  void delegate(const Instr& instr);
  void end_try_body(Try& region);
  void end_try(const Block& block);
  /// Handlers of the block and those around it come from here on.
  void end_delegates(const Block& block);
  void throw_tag(const Instr& instr);
  void throw_ref();
  void rethrow(const Instr& instr);
  void copy_payload(const syntax::FuncType& type, uint32_t home);
  void emit_landing_pad(LandingPad& pad);
  void put_handlers();

  ColdCode& add_cold(ColdCode::Kind kind);
  void emit_cold_code();

  const syntax::Module& module_;
  const Options& options_;
  const Calls calls_;
  const abi::VmLayout layout_;
  const bool is_memory0_guarded_;
  MacroAssembler masm_;

  std::vector<std::optional<abi::StructLayout>>
      struct_layouts_;  // by TypeIdx, made when they are needed

  // Of the function.
  syntax::FuncIdx func_;
  const syntax::FuncType* type_ = nullptr;
  const syntax::FuncBody* body_ = nullptr;
  binary::InstrReader* reader_ = nullptr;
  const uint8_t* next_ = nullptr;  // the instruction behind this one
  // A few bytes declare 50,000 locals: only near ones are there from the beginning.
  std::vector<Local> locals_;
  std::vector<FarLocals> far_locals_;
  uint32_t local_count_ = 0;
  uint32_t near_locals_ = 0;
  uint32_t function_number_ = 0;  // rises from function to function
  int32_t declared_offset_ = 0;   // of the end of declared locals' memory, ...
  int32_t locals_offset_ = 0;     // ... and of its beginning
  ValueStack stack_;
  std::vector<Block> blocks_;  // blocks_[0] is the function
  std::vector<ColdCode> cold_;
  std::vector<Try> tries_;
  std::vector<Clause> clauses_;  // of tries_, innermost last
  std::vector<TryHandler> handlers_;
  std::vector<LandingPad> landing_pads_;
  std::vector<TransferRun> transfers_;
  uint32_t next_home_ = 0;  // the slot of what is pushed next
  size_t flushed_ = 0;      // entries of stack_ below that are in slots or constants
  bool dead_ = false;
  uint32_t dead_depth_ = 0;
  uint32_t next_loop_ = 0;
  uint32_t frame_bytes_ = 0;
  int32_t slots_offset_ = 0;  // of the first operand's home slot
  RegSet saved_regs_ = 0;     // callee-saved ones that the function uses
  bool has_handlers_ = false;
  uint32_t open_try_bodies_ = 0;  // what is thrown here may be caught here

  // Registers.
  RegSet allocatable_ = 0;
  RegSet pinned_ = 0;
  RegSet valid_pins_ = 0;  // the register holds the local
  RegSet saved_pins_ = 0;  // memory holds it
  RegSet held_ = 0;        // by an entry of the stack
  RegSet locked_ = 0;      // by the instruction that is being compiled
  // Place::memory: the load that is left to the next instruction, and the registers of its address.
  codegen::x64::LoadInstr pending_load_{.op = Op::nop, .result = {}, .src = Mem(Gpr::rax)};
  uint32_t pending_offset_ = 0;  // of the load in the body: where its fault is
  RegSet pending_regs_ = 0;
  // The instruction that ends at `position` computed `reg`, and set the flags by it.
  struct {
    uint32_t position = 0;
    Reg reg = no_reg;
    Width width = Width::w32;
    bool is_logical = false;  // without carry and overflow
  } flags_of_;
  RegSet cached_ = 0;            // copies of locals
  uint32_t holder_[32] = {};     // held_: the position on the stack
  uint32_t reg_local_[32] = {};  // pinned_ and cached_: the local
};

// What nearly every instruction does is in line.

inline void FuncCompiler::push(Value value) {
  value.home = next_home_;
  next_home_ += slots_of(value.kind);
  stack_.push_back(value);
}

inline void FuncCompiler::push_reg(ValKind kind, Reg reg) {
  // A pin is the result of an instruction whose next one sets the local.
  if ((pinned_ & bit(reg)) == 0) {
    held_ |= bit(reg);
    holder_[reg] = static_cast<uint32_t>(stack_.size());
  }
  push({.place = Place::reg, .kind = kind, .reg = reg});
}

inline void FuncCompiler::push_local(uint32_t local) {
  ++locals_[local].refs;
  push({.place = Place::local, .kind = locals_[local].kind, .bits = local});
}

inline Value FuncCompiler::pop() {
  const Value value = stack_.back();
  stack_.pop_back();
  next_home_ = value.home;
  flushed_ = std::min(flushed_, stack_.size());
  if (value.place == Place::reg) {
    held_ &= ~bit(value.reg);
    locked_ |= bit(value.reg);
  } else if (value.place == Place::local) {
    --locals_[value.bits].refs;
    const Reg cache = locals_[value.bits].cache;
    if (cache != no_reg) locked_ |= bit(cache);
  } else if (value.place == Place::memory) {
    locked_ |= pending_regs_;
  }
  return value;
}

inline Op FuncCompiler::next_op() const {
  const Op op = syntax::ops_plain[*next_];
  return op == syntax::no_op ? Op::nop : op;
}

inline bool FuncCompiler::next_sets_pin(Reg& pin) const {
  constexpr uint8_t local_set_code = op_info(Op::local_set).code;
  constexpr uint8_t local_tee_code = op_info(Op::local_tee).code;
  if ((next_[0] != local_set_code && next_[0] != local_tee_code) || next_[1] >= 0x80) return false;
  const Local& local = locals_[next_[1]];
  if (local.pin == no_reg || local.refs != 0) return false;
  pin = local.pin;
  return true;
}

inline void FuncCompiler::drop_cache(Reg reg) {
  if ((cached_ & bit(reg)) == 0) return;
  cached_ &= ~bit(reg);
  locals_[reg_local_[reg]].cache = no_reg;
}

inline void FuncCompiler::use_pin(Reg pin) {
  if ((valid_pins_ & bit(pin)) == 0) load_pin(pin);
}

inline Reg FuncCompiler::in_reg(Value& value) {
  if (value.place == Place::reg) return value.reg;
  if (value.place != Place::local) return load_value(value);
  const Local& local = locals_[value.bits];
  if (local.pin != no_reg) {
    use_pin(local.pin);
    return local.pin;
  }
  if (local.cache == no_reg) return load_value(value);
  locked_ |= bit(local.cache);
  return local.cache;
}

}  // namespace waxwing::baseline

// Random code of one function, valid by construction. Values are generated for the type that is
// wanted; statements leave the operand stack as it was, or as their block wants it.
#pragma once

#include <functional>
#include <optional>

#include "generate/plan.h"
#include "syntax/opcode_table.h"

namespace waxwing::tests {

using syntax::Op;
using syntax::OpInfo;
using Types = std::vector<ValType>;

/// Whether the instruction names a memory, among others.
bool names_memory(syntax::ImmediateKind kind);
/// Whether it compares two numbers for a branch.
bool is_comparison(const OpInfo& info);
/// Whether it wants an aligned address.
bool is_atomic(const OpInfo& info);

class Body {
 public:
  Body(Plan& plan, const Shape& shape, uint32_t func);

  /// Locals and code.
  ByteWriter make();

 private:
  struct Local {
    ValType type;
    bool is_reserved = false;  // counts a loop
  };
  struct Frame {
    Types label;
    Types results;
    size_t height = 0;       // of the operand stack below it
    bool is_caught = false;  // rethrow may name it
  };
  /// What an instruction's immediates name.
  struct Place {
    uint32_t memory = 0;
    uint32_t table = 0;
    uint32_t elem = 0;
    uint32_t data = 0;
    uint64_t offset = 0;
    uint64_t span = 0;     // bytes or elements that the instruction reaches, at most
    bool is_wild = false;  // its operands may be anything
  };
  /// A memory or table.
  struct Extent {
    ValType index;
    uint64_t size = 0;
  };
  using Inside = std::function<void()>;

  // body.cpp: the frame, the table's rows
  void op(Op id);
  void op(Op id, uint32_t index);
  void i32(int32_t value);
  void push(ValType type) { stack_.push_back(type); }
  void push(const Types& types) { stack_.insert(stack_.end(), types.begin(), types.end()); }
  void pop(size_t count = 1) { stack_.resize(stack_.size() - count); }
  bool spend();
  void value(ValType type);
  void values(const Types& types);
  void condition();
  void leaf(ValType type);
  void computed(ValType type);
  void consume();
  void consume_to(size_t height);
  void statement();
  void statements(size_t count);
  void enter();
  bool row(const OpInfo& info, size_t given, std::optional<ValType> wanted);
  bool choose(const OpInfo& info, std::optional<ValType> wanted, Place& place);
  ValType operand_type(syntax::OperandType type, const OpInfo& info, const Place& place) const;
  void canonicalize_nan(ValType type, bool is_narrow);
  void row_immediates(const OpInfo& info, const Place& place);
  ValType memory_index(uint32_t memory) const;
  ValType table_index(uint32_t table) const;
  std::optional<uint32_t> find_local(ValType type, bool to_write);
  std::optional<uint32_t> find_global(ValType type, bool to_write);
  uint32_t add_local(ValType type, bool is_reserved);

  // body_operands.cpp
  bool is_wild();
  void constant(ValType type, uint64_t bits);
  void with_constant(ValType type, uint64_t bits, Op narrow, Op wide);
  uint64_t memory_bytes(uint32_t memory) const;
  uint64_t target_size(const OpInfo& info, const Place& place) const;
  uint64_t source_size(const OpInfo& info, const Place& place) const;
  uint64_t elem_count(uint32_t elem) const;
  bool choose_span(const OpInfo& info, Place& place);
  void row_operand(const OpInfo& info, size_t index, ValType type, const Place& place);
  void address(const OpInfo& info, const Place& place);
  void bounded(ValType type, uint64_t limit, uint64_t alignment = 1);
  void small(ValType type);
  void divisor(ValType type);
  void in_range(ValType type, bool is_unsigned);
  void non_null(HeapType heap);
  void least_or_object(ValType type);
  void least(ValType type);

  // body_control.cpp
  void nested(Op id, const Types& params, const Types& results, const Inside& inside,
              const Inside& immediates = {});
  void open(Op id, const Types& params, const Types& results, const Inside& immediates = {});
  void close();
  void finish(const Types& results);
  void escape();
  void use_fuel();
  void block(const Types& params, const Types& results);
  void loop(const Types& params, const Types& results);
  void if_else(const Types& params, const Types& results);
  void try_table(const Types& results);
  void legacy_try(const Types& results);
  void some_block(const Types& results);
  void stay(const Types& types);
  void branch();
  void branch_if();
  void branch_table();
  void branch_on_null();
  void branch_on_cast(ValType type);
  void leave();
  void call_some(std::optional<ValType> wanted);
  bool call(uint32_t func, bool is_tail);
  void tail_call();
  void throw_some();
  std::optional<uint32_t> label_of(const Types& types);
  const Types& label(uint32_t depth) const { return frames_[frames_.size() - 1 - depth].label; }

  // body_heap.cpp
  bool object(ValType type);
  bool read_object(ValType type);
  void change_object();
  void whole_array(uint32_t index);
  void new_struct(uint32_t index);
  void new_array(uint32_t index);
  bool convert(ValType type);
  bool question(ValType type);
  ValType some_ref() { return plan_.ref_type(random_, true); }
  void from_segment(ValType storage, uint64_t size);
  void element_at(uint32_t index, ValType type);
  void cast(ValType type, ValType from);
  void fill_array(uint32_t index, ValType storage, size_t way, const Inside& source);
  void copy_operands(const Extent& to, const Extent& from);
  void copy_memory();
  void copy_table();
  ValType object_ref(uint32_t index);

  Plan& plan_;
  const Shape& shape_;
  const uint32_t func_;
  const syntax::FuncType type_;
  Random random_;
  ByteWriter out_;
  std::vector<Local> locals_;
  Types stack_;
  std::vector<Frame> frames_;
  const uint32_t wild_one_in_;  // 0: nothing is wild
  int64_t budget_;
  uint32_t depth_ = 0;
  bool is_dead_ = false;  // what comes next cannot be reached
};

}  // namespace waxwing::tests

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
  void row_operand(const OpInfo& info, size_t index, ValType type, const Place& place);
  void canonicalize_nan(ValType type, bool is_narrow);
  void row_immediates(const OpInfo& info, const Place& place);
  ValType memory_index(uint32_t memory) const;
  ValType table_index(uint32_t table) const;
  void address(uint32_t memory, bool is_aligned);
  void small(ValType type);
  std::optional<uint32_t> find_local(ValType type, bool to_write);
  std::optional<uint32_t> find_global(ValType type, bool to_write);
  uint32_t add_local(ValType type, bool is_reserved);

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
  int64_t budget_;
  uint32_t depth_ = 0;
  bool is_dead_ = false;  // what comes next cannot be reached
};

}  // namespace waxwing::tests

// The immediates of instructions, by their kinds. [spec 6.5]
#pragma once

#include "syntax/opcode_table.h"
#include "text/type_assembler.h"

namespace waxwing::text {

/// Writes instructions other than blocks.
class ImmediateAssembler {
 public:
  ImmediateAssembler(Scope& scope, TypeAssembler& types, LabelStack& labels)
      : scope_(scope), cursor_(scope.cursor()), types_(types), labels_(labels) {}

  /// Reads the immediates of `op`, whose name is read, and appends the whole instruction to `out`.
  void assemble(syntax::Op op, ByteWriter& out);
  void write_op(syntax::Op op, ByteWriter& out);
  /// Reads a label as a number or an id.
  uint32_t label();

  /// Whether a data segment was named by an instruction, so that its count must be known early.
  bool has_data_index() const { return has_data_index_; }

 private:
  void immediates(syntax::Op op, ByteWriter& out);
  void index_immediate(Space space, ByteWriter& out) { out.u32(scope_.index(space)); }
  uint32_t data_index();
  void br_table(ByteWriter& out);
  void call_indirect(ByteWriter& out);
  void mem_arg(syntax::Op op, ByteWriter& out);
  void mem_arg_lane(syntax::Op op, ByteWriter& out);
  bool at_word(const Token& token, std::string_view prefix) const;
  uint64_t word_number(std::string_view prefix);
  void lane(ByteWriter& out);
  void shuffle(ByteWriter& out);
  void select(ByteWriter& out);
  void ref_test(syntax::Op op, ByteWriter& out);
  void cast(ByteWriter& out);
  void segment_and(Space segment, Space target, ByteWriter& out);
  void two_indices(Space space, ByteWriter& out);
  bool has_second_index();

  Scope& scope_;
  Cursor& cursor_;
  TypeAssembler& types_;
  LabelStack& labels_;
  bool has_data_index_ = false;
};

}  // namespace waxwing::text

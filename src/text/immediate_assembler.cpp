// One function a kind of immediate. [spec 6.5; 5.4]
#include "text/immediate_assembler.h"

#include "syntax/access.h"

namespace waxwing::text {

using base::ErrorCode;
using syntax::ImmediateKind;
using syntax::Op;
using syntax::OpInfo;

void ImmediateAssembler::write_op(Op op, ByteWriter& out) {
  const OpInfo& info = syntax::op_info(op);
  if (info.prefix == 0) return out.u8(uint8_t(info.code));
  out.u8(info.prefix);
  out.u32(info.code);
}

void ImmediateAssembler::assemble(Op op, ByteWriter& out) {
  if (op == Op::select) return select(out);
  if (op == Op::ref_test || op == Op::ref_cast) return ref_test(op, out);
  write_op(op, out);
  immediates(op, out);
}

void ImmediateAssembler::immediates(Op op, ByteWriter& out) {
  switch (syntax::op_info(op).immediate) {
    case ImmediateKind::none: return;
    case ImmediateKind::block:
    case ImmediateKind::try_table: return types_.block_type(out);
    case ImmediateKind::label: return out.u32(label());
    case ImmediateKind::br_table: return br_table(out);
    case ImmediateKind::func: return index_immediate(Space::func, out);
    case ImmediateKind::type: return index_immediate(Space::type, out);
    case ImmediateKind::call_indirect: return call_indirect(out);
    case ImmediateKind::local: return index_immediate(Space::local, out);
    case ImmediateKind::global: return index_immediate(Space::global, out);
    case ImmediateKind::table: return out.u32(scope_.optional_index(Space::table));
    case ImmediateKind::memory: return out.u32(scope_.optional_index(Space::memory));
    case ImmediateKind::data: return out.u32(data_index());
    case ImmediateKind::elem: return index_immediate(Space::elem, out);
    case ImmediateKind::tag: return index_immediate(Space::tag, out);
    case ImmediateKind::mem_arg: return mem_arg(op, out);
    case ImmediateKind::mem_arg_lane: return mem_arg_lane(op, out);
    case ImmediateKind::lane: return lane(out);
    case ImmediateKind::shuffle: return shuffle(out);
    case ImmediateKind::i32: return out.s64(int32_t(uint32_t(cursor_.integer(32))));
    case ImmediateKind::i64: return out.s64(int64_t(cursor_.integer(64)));
    case ImmediateKind::f32: return out.fixed(cursor_.f32_bits());
    case ImmediateKind::f64: return out.fixed(cursor_.f64_bits());
    case ImmediateKind::v128: return out.fixed(cursor_.v128());
    case ImmediateKind::heap_type: return out.s64(types_.heap_type());
    case ImmediateKind::select_types: return;  // `select` is one word for two instructions
    case ImmediateKind::field: {
      const uint32_t type = scope_.index(Space::type);
      out.u32(type);
      return out.u32(types_.field(type));
    }
    case ImmediateKind::type_count:
      index_immediate(Space::type, out);
      return out.u32(cursor_.u32());
    case ImmediateKind::type_data: index_immediate(Space::type, out); return out.u32(data_index());
    case ImmediateKind::type_elem:
      index_immediate(Space::type, out);
      return index_immediate(Space::elem, out);
    case ImmediateKind::type_type:
      index_immediate(Space::type, out);
      return index_immediate(Space::type, out);
    case ImmediateKind::cast: return cast(out);
    case ImmediateKind::data_memory:
      has_data_index_ = true;
      return segment_and(Space::data, Space::memory, out);
    case ImmediateKind::elem_table: return segment_and(Space::elem, Space::table, out);
    case ImmediateKind::memory_memory: return two_indices(Space::memory, out);
    case ImmediateKind::table_table: return two_indices(Space::table, out);
    case ImmediateKind::fence: return out.u8(0);
  }
}

uint32_t ImmediateAssembler::label() {
  if (cursor_.at(TokenKind::number)) return cursor_.u32();
  const Token token = cursor_.peek();
  const Symbol symbol = scope_.take_symbol();
  if (!cursor_.ok()) return 0;
  if (symbol == no_symbol) {
    cursor_.unexpected("a label (number or $id)");
    return 0;
  }
  const std::optional<uint32_t> depth = labels_.find(symbol);
  if (!depth) scope_.fail_unknown("enclosing block", token, "");
  return depth.value_or(0);
}

uint32_t ImmediateAssembler::data_index() {
  has_data_index_ = true;
  return scope_.index(Space::data);
}

void ImmediateAssembler::br_table(ByteWriter& out) {
  ByteWriter targets;
  uint32_t last = label();
  uint32_t count = 0;
  for (; scope_.at_index() && cursor_.ok(); ++count) {
    targets.u32(last);
    last = label();
  }
  out.u32(count);
  out.raw(targets.span());
  out.u32(last);
}

void ImmediateAssembler::call_indirect(ByteWriter& out) {
  const uint32_t table = scope_.optional_index(Space::table);
  out.u32(types_.type_use(nullptr));
  out.u32(table);
}

bool ImmediateAssembler::at_word(const Token& token, std::string_view prefix) const {
  return token.kind == TokenKind::keyword && token.text.starts_with(prefix);
}

/// The number of "offset=N" or "align=N", which comes next.
uint64_t ImmediateAssembler::word_number(std::string_view prefix) {
  const Token token = cursor_.peek();
  uint64_t value = 0;
  switch (parse_unsigned(token.text.substr(prefix.size()), value)) {
    case NumberStatus::ok: break;
    case NumberStatus::malformed:
      cursor_.fail(ErrorCode::unknown_operator, token,
                   std::string("a number follows ").append(prefix).append(" directly"));
      return 0;
    case NumberStatus::out_of_range:
      cursor_.fail(ErrorCode::i64_out_of_range, token, std::string(prefix) + " has 64 bits");
      return 0;
  }
  cursor_.next();
  return value;
}

void ImmediateAssembler::mem_arg(Op op, ByteWriter& out) {
  constexpr uint64_t has_memory = 0x40;
  const uint32_t memory = scope_.optional_index(Space::memory);
  uint64_t offset = 0;
  if (at_word(cursor_.peek(), "offset=")) offset = word_number("offset=");
  uint64_t align_log2 = syntax::access_table[size_t(op)].align_log2;
  if (at_word(cursor_.peek(), "align=")) {
    const Token token = cursor_.peek();
    const uint64_t align = word_number("align=");
    if (!cursor_.ok()) return;
    if (!std::has_single_bit(align)) {
      return cursor_.fail(ErrorCode::alignment_not_power_of_two, token, "1, 2, 4, 8 or 16");
    }
    align_log2 = uint64_t(std::countr_zero(align));
  }
  out.u64(align_log2 | (memory != 0 ? has_memory : 0));
  if (memory != 0) out.u32(memory);
  out.u64(offset);
}

// A number may be the memory or, where it is the last one, the lane.
void ImmediateAssembler::mem_arg_lane(Op op, ByteWriter& out) {
  if (cursor_.at(TokenKind::number)) {
    const Token& second = cursor_.peek_second();
    const bool names_memory =
        second.kind == TokenKind::number || at_word(second, "offset=") || at_word(second, "align=");
    if (!names_memory) {
      out.u32(syntax::access_table[size_t(op)].align_log2);
      out.u32(0);
      return lane(out);
    }
  }
  mem_arg(op, out);
  lane(out);
}

void ImmediateAssembler::lane(ByteWriter& out) {
  const Token token = cursor_.peek();
  const uint32_t lane = cursor_.u32();
  if (lane > UINT8_MAX) {
    cursor_.fail(ErrorCode::i8_out_of_range, token, "the number of a lane is at most 31");
  }
  out.u8(uint8_t(lane));
}

void ImmediateAssembler::shuffle(ByteWriter& out) {
  constexpr int lanes = 16;
  for (int i = 0; i < lanes; ++i) {
    if (!cursor_.at(TokenKind::number) && cursor_.ok()) {
      return cursor_.fail(ErrorCode::invalid_lane_length, cursor_.peek(),
                          "i8x16.shuffle names 16 lanes");
    }
    lane(out);
  }
  if (cursor_.at(TokenKind::number)) {
    cursor_.fail(ErrorCode::invalid_lane_length, cursor_.peek(), "i8x16.shuffle names 16 lanes");
  }
}

void ImmediateAssembler::select(ByteWriter& out) {
  if (!cursor_.at_open("result")) return write_op(Op::select, out);
  write_op(Op::select_typed, out);
  ByteWriter types;
  uint32_t count = 0;
  while (cursor_.take_open("result")) {
    for (; !cursor_.at(TokenKind::close) && cursor_.ok(); ++count) types_.val_type(types);
    cursor_.expect_close();
  }
  out.u32(count);
  out.raw(types.span());
}

void ImmediateAssembler::ref_test(Op op, ByteWriter& out) {
  const RefType type = types_.ref_type();
  if (type.is_nullable) op = op == Op::ref_test ? Op::ref_test_null : Op::ref_cast_null;
  write_op(op, out);
  out.s64(type.heap);
}

void ImmediateAssembler::cast(ByteWriter& out) {
  const uint32_t target = label();
  const RefType from = types_.ref_type();
  const RefType to = types_.ref_type();
  out.u8(uint8_t((from.is_nullable ? 1 : 0) | (to.is_nullable ? 2 : 0)));
  out.u32(target);
  out.s64(from.heap);
  out.s64(to.heap);
}

bool ImmediateAssembler::has_second_index() {
  if (!scope_.at_index()) return false;
  const TokenKind second = cursor_.peek_second().kind;
  return second == TokenKind::number || second == TokenKind::id;
}

// The text names the target first, if at all; the bytes name the segment first.
void ImmediateAssembler::segment_and(Space segment, Space target, ByteWriter& out) {
  const uint32_t target_index = has_second_index() ? scope_.index(target) : 0;
  out.u32(scope_.index(segment));
  out.u32(target_index);
}

void ImmediateAssembler::two_indices(Space space, ByteWriter& out) {
  const bool is_given = scope_.at_index();
  out.u32(is_given ? scope_.index(space) : 0);
  out.u32(is_given ? scope_.index(space) : 0);
}

}  // namespace waxwing::text

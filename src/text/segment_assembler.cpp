// Element and data segments, their own fields and those within tables and memories. [spec 6.6.10]
#include "syntax/opcode_table.h"
#include "text/module_assembler.h"

namespace waxwing::text {
namespace {

// Bits of the number that a segment starts with. [spec 5.5.12]
constexpr uint32_t passive_or_declared = 1;
constexpr uint32_t table_given_or_declared = 2;
constexpr uint32_t has_exprs = 4;

constexpr uint8_t func_kind = 0x00;
constexpr RefType func_ref{.is_nullable = false, .heap = funcref_type.heap};

bool operator==(const RefType& a, const RefType& b) {
  return a.is_nullable == b.is_nullable && a.heap == b.heap;
}

void write_op(syntax::Op op, ByteWriter& out) { out.u8(uint8_t(syntax::op_info(op).code)); }

}  // namespace

void ModuleAssembler::write_address_zero(bool is_64, ByteWriter& out) {
  write_op(is_64 ? syntax::Op::i64_const : syntax::Op::i32_const, out);
  out.s64(0);
  write_op(syntax::Op::end, out);
}

void ModuleAssembler::elem_funcs(ElemList& list) {
  for (; scope_.at_index() && cursor_.ok(); ++list.count) list.items.u32(scope_.index(Space::func));
  if (!cursor_.at(TokenKind::close)) cursor_.unexpected("a function (number or $id) or )");
}

void ModuleAssembler::elem_exprs(ElemList& list) {
  list.is_funcs = false;
  for (; !cursor_.at(TokenKind::close) && cursor_.ok(); ++list.count) {
    if (cursor_.take_open("item")) {
      exprs_.assemble(list.items);
      cursor_.expect_close();
    } else {
      exprs_.assemble_folded(list.items);
    }
  }
}

void ModuleAssembler::elem_list(ElemList& list, bool may_be_bare) {
  if (cursor_.take_keyword("func")) return elem_funcs(list);
  if (types_.at_ref_type()) {
    list.type = types_.ref_type();
    return elem_exprs(list);
  }
  if (may_be_bare) return elem_funcs(list);
  cursor_.unexpected("func or a reference type");
}

// `(offset ...)`, or one instruction.
void ModuleAssembler::offset_expr(ByteWriter& out) {
  if (cursor_.take_open("offset")) {
    exprs_.assemble(out);
    cursor_.expect_close();
  } else {
    exprs_.assemble_folded(out);
  }
}

void ModuleAssembler::elem() {
  scope_.take_name(scope_.take_symbol(), "elem segment");
  const bool is_declared = cursor_.take_keyword("declare");
  bool is_active = false;
  bool may_be_bare = true;
  uint32_t table = 0;
  if (!is_declared && cursor_.take_open("table")) {
    is_active = true;
    may_be_bare = false;
    table = scope_.index(Space::table);
    cursor_.expect_close();
  } else if (!is_declared && scope_.at_index()) {
    is_active = true;
    table = scope_.index(Space::table);
  }
  is_active |= !is_declared && cursor_.at(TokenKind::open) && !cursor_.at_open("ref");
  ByteWriter offset;
  if (is_active) offset_expr(offset);
  ElemList list;
  elem_list(list, is_active && may_be_bare);

  ByteWriter& out = item(SectionId::elem);
  const bool names_table = table != 0 || (!list.is_funcs && !(list.type == funcref_type));
  uint32_t flags = list.is_funcs ? 0 : has_exprs;
  if (!is_active) flags |= passive_or_declared;
  if (is_declared || (is_active && names_table)) flags |= table_given_or_declared;
  out.u32(flags);
  if (is_active && names_table) out.u32(table);
  out.raw(offset.span());
  if ((flags & (passive_or_declared | table_given_or_declared)) != 0) {
    if (list.is_funcs) {
      out.u8(func_kind);
    } else {
      write_ref_type(list.type, out);
    }
  }
  out.u32(list.count);
  out.raw(list.items.span());
}

// (table i64? reftype (elem ...)): as many elements as there are.
void ModuleAssembler::table_elements(RefType type, LimitsText limits, uint32_t table) {
  if (!cursor_.expect_open("elem")) return;
  ElemList list;
  list.type = type;
  const bool are_funcs = type == funcref_type || type == func_ref;
  if (cursor_.at(TokenKind::open)) {
    elem_exprs(list);
  } else if (are_funcs) {
    elem_funcs(list);
  } else {
    list.is_funcs = false;
    for (; scope_.at_index() && cursor_.ok(); ++list.count) {
      write_op(syntax::Op::ref_func, list.items);
      list.items.u32(scope_.index(Space::func));
      write_op(syntax::Op::end, list.items);
    }
  }
  cursor_.expect_close();

  limits.min = list.count;
  limits.max = list.count;
  ByteWriter& table_out = item(SectionId::table);
  write_ref_type(type, table_out);
  write_limits(limits, table_out);

  ByteWriter& out = item(SectionId::elem);
  const bool names_table = table != 0 || (!list.is_funcs && !(type == funcref_type));
  out.u32((list.is_funcs ? 0 : has_exprs) | (names_table ? table_given_or_declared : 0));
  if (names_table) out.u32(table);
  write_address_zero(limits.is_64, out);
  if (names_table && list.is_funcs) out.u8(func_kind);
  if (names_table && !list.is_funcs) write_ref_type(type, out);
  out.u32(list.count);
  out.raw(list.items.span());
}

std::string ModuleAssembler::data_strings() {
  std::string bytes;
  while (cursor_.at(TokenKind::string)) append_string(cursor_.next().text, bytes);
  if (!cursor_.at(TokenKind::close)) cursor_.unexpected("a string or )");
  return bytes;
}

void ModuleAssembler::data() {
  scope_.take_name(scope_.take_symbol(), "data segment");
  bool is_active = false;
  uint32_t memory = 0;
  if (cursor_.take_open("memory")) {
    is_active = true;
    memory = scope_.index(Space::memory);
    cursor_.expect_close();
  } else if (scope_.at_index()) {
    is_active = true;
    memory = scope_.index(Space::memory);
  }
  is_active |= cursor_.at(TokenKind::open);
  ByteWriter offset;
  if (is_active) offset_expr(offset);
  const std::string bytes = data_strings();

  ByteWriter& out = item(SectionId::data);
  out.u32(!is_active ? 1 : memory != 0 ? 2 : 0);
  if (memory != 0) out.u32(memory);
  out.raw(offset.span());
  out.sized(bytes);
}

// (memory i64? (pagesize n)? (data ...)): as many pages as it takes.
void ModuleAssembler::memory_data(LimitsText limits, uint32_t memory) {
  constexpr uint8_t usual_page_size_log2 = 16;
  const std::string bytes = data_strings();
  cursor_.expect_close();
  const uint8_t log2 = limits.page_size_log2.value_or(usual_page_size_log2);
  limits.min = (bytes.size() >> log2) + ((bytes.size() & ((uint64_t(1) << log2) - 1)) != 0 ? 1 : 0);
  limits.max = limits.min;
  write_limits(limits, item(SectionId::memory));

  ByteWriter& out = item(SectionId::data);
  out.u32(memory != 0 ? 2 : 0);
  if (memory != 0) out.u32(memory);
  write_address_zero(limits.is_64, out);
  out.sized(bytes);
}

}  // namespace waxwing::text

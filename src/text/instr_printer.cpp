// Immediates by their kind. What reading adds where it is left out is left out.
#include "text/instr_printer.h"

#include "syntax/access.h"
#include "text/arity.h"
#include "text/print_literals.h"
#include "text/printer.h"

namespace waxwing::text {

using binary::CatchClause;
using binary::Instr;
using binary::NameKind;
using syntax::ImmediateKind;
using syntax::Op;

namespace {

class InstrPrinter {
 public:
  InstrPrinter(TypePrinter& types, FuncScope& scope, const Instr& instr)
      : types_(types), scope_(scope), instr_(instr), out_(types.out()) {}

  void print() {
    const syntax::OpInfo& info = syntax::op_info(instr_.op);
    if (info.immediate == ImmediateKind::heap_type && instr_.op != Op::ref_null) {
      return ref_type(info.text);
    }
    out_ += info.text;
    immediate(info.immediate);
  }

 private:
  void immediate(ImmediateKind kind);
  void reference(NameKind kind, uint32_t index) {
    out_ += ' ';
    types_.reference(kind, index);
  }
  void number(uint64_t value) {
    out_ += ' ';
    append_unsigned(out_, value);
  }
  void label(uint32_t depth) {
    out_ += ' ';
    scope_.append_label(out_, depth);
  }
  void constant(ImmediateKind kind);
  void block();
  void block_type();
  void br_table();
  void call_indirect();
  void mem_arg();
  void shuffle();
  void select_types();
  void ref_type(std::string_view text);
  void cast();
  void catches();
  void memories();

  TypePrinter& types_;
  FuncScope& scope_;
  const Instr& instr_;
  std::string& out_;
};

void InstrPrinter::immediate(ImmediateKind kind) {
  switch (kind) {
    case ImmediateKind::none:
    case ImmediateKind::fence: return;
    case ImmediateKind::block:
    case ImmediateKind::try_table: return block();
    case ImmediateKind::label: return label(instr_.index);
    case ImmediateKind::br_table: return br_table();
    case ImmediateKind::func: return reference(NameKind::func, instr_.index);
    case ImmediateKind::type: return reference(NameKind::type, instr_.index);
    case ImmediateKind::call_indirect: return call_indirect();
    case ImmediateKind::local: out_ += ' '; return scope_.append_local(out_, instr_.index);
    case ImmediateKind::global: return reference(NameKind::global, instr_.index);
    case ImmediateKind::table: return reference(NameKind::table, instr_.index);
    case ImmediateKind::memory:
      if (instr_.index != 0) reference(NameKind::memory, instr_.index);
      return;
    case ImmediateKind::data: return reference(NameKind::data, instr_.index);
    case ImmediateKind::elem: return reference(NameKind::elem, instr_.index);
    case ImmediateKind::tag: return reference(NameKind::tag, instr_.index);
    case ImmediateKind::mem_arg: return mem_arg();
    case ImmediateKind::mem_arg_lane: mem_arg(); return number(instr_.lane);
    case ImmediateKind::lane: return number(instr_.lane);
    case ImmediateKind::shuffle: return shuffle();
    case ImmediateKind::i32:
    case ImmediateKind::i64:
    case ImmediateKind::f32:
    case ImmediateKind::f64:
    case ImmediateKind::v128: return constant(kind);
    case ImmediateKind::heap_type: out_ += ' '; return types_.heap_type(instr_.heap);
    case ImmediateKind::select_types: return select_types();
    case ImmediateKind::field:
      reference(NameKind::type, instr_.index);
      out_ += ' ';
      return types_.field_reference(syntax::TypeIdx(instr_.index), instr_.index2);
    case ImmediateKind::type_count:
      reference(NameKind::type, instr_.index);
      return number(instr_.index2);
    case ImmediateKind::type_data:
      reference(NameKind::type, instr_.index);
      return reference(NameKind::data, instr_.index2);
    case ImmediateKind::type_elem:
      reference(NameKind::type, instr_.index);
      return reference(NameKind::elem, instr_.index2);
    case ImmediateKind::type_type:
      reference(NameKind::type, instr_.index);
      return reference(NameKind::type, instr_.index2);
    case ImmediateKind::cast: return cast();
    case ImmediateKind::data_memory:
      if (instr_.index2 != 0) reference(NameKind::memory, instr_.index2);
      return reference(NameKind::data, instr_.index);
    case ImmediateKind::elem_table:
      reference(NameKind::table, instr_.index2);
      return reference(NameKind::elem, instr_.index);
    case ImmediateKind::memory_memory: return memories();
    case ImmediateKind::table_table:
      reference(NameKind::table, instr_.index);
      return reference(NameKind::table, instr_.index2);
  }
}

void InstrPrinter::constant(ImmediateKind kind) {
  out_ += ' ';
  if (kind == ImmediateKind::i32) {
    append_signed(out_, int32_t(instr_.i32()));
  } else if (kind == ImmediateKind::i64) {
    append_signed(out_, int64_t(instr_.i64()));
  } else if (kind == ImmediateKind::f32) {
    append_f32(out_, instr_.i32());
  } else if (kind == ImmediateKind::f64) {
    append_f64(out_, instr_.i64());
  } else {
    append_v128(out_, instr_.value);
  }
}

void InstrPrinter::block() {
  const std::optional<Arity> arity = block_arity(types_.module(), instr_.block_type);
  // The clauses of a try_table stand outside of its own label, which is printed before them.
  const size_t label_place = out_.size();
  block_type();
  if (instr_.op == Op::try_table) catches();
  std::optional<uint32_t> label_arity;
  if (arity) label_arity = instr_.op == Op::loop ? arity->params : arity->results;
  scope_.open(label_arity);
  std::string id;
  scope_.append_label_id(id);
  out_.insert(label_place, id);
}

void InstrPrinter::block_type() {
  switch (instr_.block_type.kind) {
    case binary::BlockType::Kind::empty: return;
    case binary::BlockType::Kind::value: return types_.clause("result", {instr_.block_type.value});
    case binary::BlockType::Kind::index: return types_.type_use(instr_.block_type.index);
  }
}

void InstrPrinter::catches() {
  for (const CatchClause& clause : instr_.catches) {
    switch (clause.kind) {
      case CatchClause::Kind::catch_: out_ += " (catch"; break;
      case CatchClause::Kind::catch_ref: out_ += " (catch_ref"; break;
      case CatchClause::Kind::catch_all: out_ += " (catch_all"; break;
      case CatchClause::Kind::catch_all_ref: out_ += " (catch_all_ref"; break;
    }
    const bool has_tag =
        clause.kind == CatchClause::Kind::catch_ || clause.kind == CatchClause::Kind::catch_ref;
    if (has_tag) reference(NameKind::tag, clause.tag.value);
    label(clause.label);
    out_ += ')';
  }
}

void InstrPrinter::br_table() {
  for (uint32_t depth : instr_.labels) {
    if (out_.size() > max_text_size) return;  // an error for whoever prints the body
    label(depth);
  }
}

void InstrPrinter::call_indirect() {
  if (instr_.index2 != 0) reference(NameKind::table, instr_.index2);
  out_ += " (type ";
  types_.reference(NameKind::type, instr_.index);
  out_ += ')';
}

void InstrPrinter::mem_arg() {
  if (instr_.index != 0) reference(NameKind::memory, instr_.index);
  if (instr_.mem_offset != 0) {
    out_ += " offset=";
    append_unsigned(out_, instr_.mem_offset);
  }
  if (instr_.align_log2 != syntax::access_table[size_t(instr_.op)].align_log2) {
    out_ += " align=";
    append_unsigned(out_, uint64_t(1) << instr_.align_log2);
  }
}

void InstrPrinter::shuffle() {
  for (uint8_t lane : instr_.value.bytes) number(lane);
}

void InstrPrinter::select_types() {
  out_ += " (result";
  for (syntax::ValType type : instr_.types) {
    out_ += ' ';
    types_.val_type(type);
  }
  out_ += ')';
}

/// "ref.test null" with a heap type is written as ref.test with a reference type.
void InstrPrinter::ref_type(std::string_view text) {
  constexpr std::string_view null = " null";
  const bool is_nullable = text.ends_with(null);
  if (is_nullable) text.remove_suffix(null.size());
  out_.append(text).append(" ");
  types_.ref_type(is_nullable, instr_.heap);
}

void InstrPrinter::cast() {
  label(instr_.index);
  out_ += ' ';
  types_.ref_type(instr_.from_nullable, instr_.heap);
  out_ += ' ';
  types_.ref_type(instr_.to_nullable, instr_.heap2);
}

void InstrPrinter::memories() {
  if (instr_.index == 0 && instr_.index2 == 0) return;
  reference(NameKind::memory, instr_.index);
  reference(NameKind::memory, instr_.index2);
}

}  // namespace

void append_instr(TypePrinter& types, FuncScope& scope, const Instr& instr) {
  InstrPrinter(types, scope, instr).print();
}

}  // namespace waxwing::text

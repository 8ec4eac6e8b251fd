// The short forms that reading takes for the same type are used wherever there are some.
#include "text/type_printer.h"

#include "text/print_literals.h"

namespace waxwing::text {

using binary::NameKind;
using syntax::ValType;

void append_id_of(std::string& out, const Id* id) {
  if (id == nullptr) return;
  if (!id->text.empty()) out.append(" ").append(id->text);
  if (!id->annotation) return;
  out += " (@name ";
  append_quoted_name(out, *id->annotation);
  out += ')';
}

void TypePrinter::reference(NameKind kind, uint32_t index) {
  const Id* id = names_.of(kind).find(index);
  if (id != nullptr && !id->text.empty()) {
    out_ += id->text;
  } else {
    append_unsigned(out_, index);
  }
}

void TypePrinter::field_reference(syntax::TypeIdx type, uint32_t field) {
  const Id* id = names_.fields(type).find(field);
  if (id != nullptr && !id->text.empty()) {
    out_ += id->text;
  } else {
    append_unsigned(out_, field);
  }
}

void TypePrinter::heap_type(syntax::HeapType type) {
  if (type.is_index()) {
    reference(NameKind::type, type.index().value);
  } else {
    out_ += syntax::to_string(type);
  }
}

void TypePrinter::ref_type(bool is_nullable, syntax::HeapType heap) {
  out_ += is_nullable ? "(ref null " : "(ref ";
  heap_type(heap);
  out_ += ')';
}

void TypePrinter::val_type(ValType type) {
  if (type.is_ref() && type.heap().is_index()) {
    ref_type(type.is_nullable(), type.heap());
  } else {
    out_ += syntax::to_string(type);
  }
}

void TypePrinter::clause(std::string_view keyword, const std::vector<ValType>& types) {
  if (types.empty()) return;
  out_.append(" (").append(keyword);
  for (ValType type : types) {
    out_ += ' ';
    val_type(type);
  }
  out_ += ')';
}

void TypePrinter::type_use(syntax::TypeIdx type) {
  out_ += " (type ";
  reference(NameKind::type, type.value);
  out_ += ')';
  const syntax::FuncType* func = func_type(type);
  if (func == nullptr) return;
  clause("param", func->params);
  clause("result", func->results);
}

void TypePrinter::table_type(const syntax::TableType& type) {
  if (type.address == syntax::AddressType::i64) out_ += "i64 ";
  append_unsigned(out_, type.limits.min);
  if (type.limits.max) {
    out_ += ' ';
    append_unsigned(out_, *type.limits.max);
  }
  out_ += ' ';
  val_type(type.element);
}

void TypePrinter::global_type(const syntax::GlobalType& type) {
  if (type.is_mutable) out_ += "(mut ";
  val_type(type.value);
  if (type.is_mutable) out_ += ')';
}

void TypePrinter::field_type(const syntax::FieldType& type) {
  global_type({type.storage, type.is_mutable});
}

void TypePrinter::fields(syntax::TypeIdx type, const syntax::StructType& structure) {
  const IdSpace& ids = names_.fields(type);
  bool in_run = false;  // of fields without names, which share one clause
  for (uint32_t i = 0; i < structure.fields.size(); ++i) {
    const Id* id = ids.find(i);
    if (id != nullptr || !in_run) {
      if (in_run) out_ += ')';
      out_ += " (field";
    }
    append_id_of(out_, id);
    out_ += ' ';
    field_type(structure.fields[i]);
    in_run = id == nullptr;
    if (!in_run) out_ += ')';
  }
  if (in_run) out_ += ')';
}

void TypePrinter::composite_type(syntax::TypeIdx type) {
  const syntax::SubType& sub = module_.types[type];
  if (const syntax::FuncType* func = sub.func()) {
    out_ += "(func";
    clause("param", func->params);
    clause("result", func->results);
  } else if (const syntax::StructType* structure = sub.structure()) {
    out_ += "(struct";
    fields(type, *structure);
  } else {
    out_ += "(array ";
    field_type(sub.array()->element);
  }
  out_ += ')';
}

void TypePrinter::sub_type(syntax::TypeIdx type) {
  const syntax::SubType& sub = module_.types[type];
  if (sub.is_final && !sub.super) return composite_type(type);
  out_ += sub.is_final ? "(sub final " : "(sub ";
  if (sub.super) {
    reference(NameKind::type, sub.super->value);
    out_ += ' ';
  }
  composite_type(type);
  out_ += ')';
}

}  // namespace waxwing::text

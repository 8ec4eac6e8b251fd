// Every definition says its index in a comment, by which others call it where it has no name.
#include "text/module_printer.h"

#include <algorithm>

#include "text/folded_code.h"
#include "text/print_literals.h"

namespace waxwing::text {

using binary::NameKind;
using syntax::ExternKind;
using syntax::FuncIdx;
using syntax::SegmentMode;
using syntax::TypeIdx;

namespace {

NameKind name_kind(ExternKind kind) {
  switch (kind) {
    case ExternKind::func: return NameKind::func;
    case ExternKind::table: return NameKind::table;
    case ExternKind::memory: return NameKind::memory;
    case ExternKind::global: return NameKind::global;
    case ExternKind::tag: return NameKind::tag;
  }
  return NameKind::func;
}

/// Where the definitions of a kind are printed among those that may have exports inside; functions
/// come behind all others.
uint64_t print_order(const syntax::Export& entry) {
  switch (entry.kind) {
    case ExternKind::table: return entry.index;
    case ExternKind::memory: return uint64_t(1) << 32 | entry.index;
    case ExternKind::tag: return uint64_t(2) << 32 | entry.index;
    case ExternKind::global: return uint64_t(3) << 32 | entry.index;
    case ExternKind::func: return uint64_t(4) << 32 | entry.index;
  }
  return 0;
}

/// Whether the export names something that the module defines, and does not import.
bool is_of_definition(const syntax::Module& module, const syntax::Export& entry) {
  const auto is_within = [&](size_t imported, size_t count) {
    return entry.index >= imported && entry.index < count;
  };
  switch (entry.kind) {
    case ExternKind::func: return is_within(module.imported_funcs, module.funcs.size());
    case ExternKind::table: return is_within(module.imported_tables, module.tables.size());
    case ExternKind::memory: return is_within(module.imported_memories, module.memories.size());
    case ExternKind::global: return is_within(module.imported_globals, module.globals.size());
    case ExternKind::tag: return is_within(module.imported_tags, module.tags.size());
  }
  return false;
}

/// A constant's instruction as a body would have it.
binary::Instr to_instr(const syntax::ConstInstr& constant) {
  binary::Instr instr;
  instr.op = constant.op;
  instr.index = constant.index;
  instr.index2 = constant.count;
  instr.heap = constant.heap;
  instr.value = constant.value;
  return instr;
}

}  // namespace

ModulePrinter::ModulePrinter(const syntax::Module& module, const PrintOptions& options)
    : module_(module),
      options_(options),
      names_(module, options.names),
      types_(module, names_, out_),
      lines_(out_),
      hints_(BranchHints::read(module)) {}

base::Result<std::string> ModulePrinter::print() {
  plan_exports();
  out_ += "(module";
  const Id& id = names_.module();
  append_id_of(out_, &id);
  type_fields();
  import_fields();
  table_fields();
  memory_fields();
  tag_fields();
  global_fields();
  export_fields();
  if (module_.start) {
    lines_.line(1);
    out_ += "(start ";
    types_.reference(NameKind::func, module_.start->value);
    out_ += ')';
  }
  elem_fields();
  TRY(func_fields());
  data_fields();
  custom_fields();
  if (is_full()) {
    return base::fail(base::ErrorCode::implementation_limit,
                      "the text would be longer than " + std::to_string(max_text_size) + " bytes");
  }
  out_ += out_ == "(module" ? ")\n" : "\n)\n";
  return std::move(out_);
}

void ModulePrinter::plan_exports() {
  const std::vector<syntax::Export>& exports = module_.exports;
  const auto continues = [&](size_t i) {
    return i == 0 || print_order(exports[i - 1]) <= print_order(exports[i]);
  };
  const auto fits = [&](size_t i, bool in_func) {
    return is_of_definition(module_, exports[i]) &&
           (exports[i].kind == ExternKind::func) == in_func;
  };
  while (inline_before_ < exports.size() && fits(inline_before_, false) &&
         continues(inline_before_)) {
    ++inline_before_;
  }
  inline_from_ = exports.size();
  while (inline_from_ > inline_before_ && fits(inline_from_ - 1, true) &&
         (inline_from_ == exports.size() || continues(inline_from_))) {
    --inline_from_;
  }
  if (inline_before_ == 0) next_inline_ = inline_from_;
}

void ModulePrinter::export_name(const syntax::Export& entry) {
  out_ += "(export ";
  append_quoted_name(out_, entry.name);
}

void ModulePrinter::inline_exports(ExternKind kind, uint32_t index) {
  while (next_inline_ < module_.exports.size()) {
    const syntax::Export& entry = module_.exports[next_inline_];
    if (entry.kind != kind || entry.index != index) return;
    out_ += ' ';
    export_name(entry);
    out_ += ')';
    ++next_inline_;
    if (next_inline_ == inline_before_) next_inline_ = inline_from_;
  }
}

void ModulePrinter::begin(NameKind kind, std::string_view keyword, uint32_t index) {
  lines_.line(1);
  out_.append("(").append(keyword);
  append_id_of(out_, names_.of(kind).find(index));
  out_ += " (;";
  append_unsigned(out_, index);
  out_ += ";)";
}

void ModulePrinter::type_fields() {
  for (const syntax::RecGroup& group : module_.rec_groups) {
    const bool is_recursive = group.count != 1;
    if (is_recursive) {
      lines_.line(1);
      out_ += "(rec";
    }
    for (uint32_t i = 0; i < group.count && !is_full(); ++i) {
      const TypeIdx type(group.first.value + i);
      lines_.line(is_recursive ? 2 : 1);
      out_ += "(type";
      append_id_of(out_, names_.of(NameKind::type).find(type.value));
      out_ += " (;";
      append_unsigned(out_, type.value);
      out_ += ";) ";
      types_.sub_type(type);
      out_ += ')';
    }
    if (is_recursive) {
      lines_.line(1);
      out_ += ')';
    }
  }
}

void ModulePrinter::import_fields() {
  std::array<uint32_t, 5> counts{};
  for (const syntax::Import& import : module_.imports) {
    if (is_full()) return;
    lines_.line(1);
    out_ += "(import ";
    append_quoted_name(out_, import.module);
    out_ += ' ';
    append_quoted_name(out_, import.name);
    out_ += ' ';
    import_type(import, counts[size_t(import.kind())]++);
    out_ += ')';
  }
}

void ModulePrinter::import_type(const syntax::Import& import, uint32_t index) {
  const ExternKind kind = import.kind();
  out_.append("(").append(extern_kind_text(kind));
  append_id_of(out_, names_.of(name_kind(kind)).find(index));
  out_ += " (;";
  append_unsigned(out_, index);
  out_ += ";)";
  switch (kind) {
    case ExternKind::func: {
      const TypeIdx type = std::get<TypeIdx>(import.type);
      func_signature(type,
                     names_.locals(FuncIdx(index), module_.types[type].func()->params.size()));
      break;
    }
    case ExternKind::table:
      out_ += ' ';
      types_.table_type(std::get<syntax::TableType>(import.type));
      break;
    case ExternKind::memory:
      out_ += ' ';
      out_ += syntax::to_string(std::get<syntax::MemoryType>(import.type));
      break;
    case ExternKind::global:
      out_ += ' ';
      types_.global_type(std::get<syntax::GlobalType>(import.type));
      break;
    case ExternKind::tag: types_.type_use(std::get<syntax::TagType>(import.type).type); break;
  }
  out_ += ')';
}

void ModulePrinter::table_fields() {
  for (uint32_t i = module_.imported_tables; i < module_.tables.size() && !is_full(); ++i) {
    const syntax::Table& table = module_.tables[syntax::TableIdx(i)];
    begin(NameKind::table, "table", i);
    inline_exports(ExternKind::table, i);
    out_ += ' ';
    types_.table_type(table.type);
    if (table.init) const_expr({}, *table.init);
    end();
  }
}

void ModulePrinter::memory_fields() {
  for (uint32_t i = module_.imported_memories; i < module_.memories.size() && !is_full(); ++i) {
    begin(NameKind::memory, "memory", i);
    inline_exports(ExternKind::memory, i);
    out_ += ' ';
    out_ += syntax::to_string(module_.memories[syntax::MemIdx(i)]);
    end();
  }
}

void ModulePrinter::tag_fields() {
  for (uint32_t i = module_.imported_tags; i < module_.tags.size() && !is_full(); ++i) {
    begin(NameKind::tag, "tag", i);
    inline_exports(ExternKind::tag, i);
    types_.type_use(module_.tags[syntax::TagIdx(i)].type);
    end();
  }
}

void ModulePrinter::global_fields() {
  for (uint32_t i = module_.imported_globals; i < module_.globals.size() && !is_full(); ++i) {
    const syntax::Global& global = module_.globals[syntax::GlobalIdx(i)];
    begin(NameKind::global, "global", i);
    inline_exports(ExternKind::global, i);
    out_ += ' ';
    types_.global_type(global.type);
    const_expr({}, global.init);
    end();
  }
}

void ModulePrinter::export_fields() {
  for (size_t i = inline_before_; i < inline_from_ && !is_full(); ++i) {
    const syntax::Export& entry = module_.exports[i];
    lines_.line(1);
    export_name(entry);
    out_.append(" (").append(extern_kind_text(entry.kind)).append(" ");
    types_.reference(name_kind(entry.kind), entry.index);
    out_ += "))";
  }
}

void ModulePrinter::elem_fields() {
  for (uint32_t i = 0; i < module_.elems.size() && !is_full(); ++i) {
    const syntax::ElemSegment& segment = module_.elems[syntax::ElemIdx(i)];
    begin(NameKind::elem, "elem", i);
    if (segment.mode == SegmentMode::declarative) out_ += " declare";
    if (segment.mode == SegmentMode::active) {
      if (segment.table.value != 0) {
        out_ += " (table ";
        types_.reference(NameKind::table, segment.table.value);
        out_ += ')';
      }
      const_expr("offset", segment.offset);
    }
    elem_items(segment);
    end();
  }
}

void ModulePrinter::elem_items(const syntax::ElemSegment& segment) {
  const bool has_funcs = segment.exprs.empty() &&
                         segment.type == syntax::ValType::ref(false, syntax::AbstractHeap::func);
  out_ += ' ';
  if (has_funcs) {
    out_ += "func";
  } else {
    types_.val_type(segment.type);
  }
  for (FuncIdx func : segment.funcs) {
    if (is_full()) return;
    lines_.space_or_line(2);
    types_.reference(NameKind::func, func.value);
  }
  for (syntax::ConstExpr expr : segment.exprs) {
    if (is_full()) return;
    const_expr("item", expr);
  }
}

void ModulePrinter::func_signature(TypeIdx type, const IdSpace& ids) {
  out_ += " (type ";
  types_.reference(NameKind::type, type.value);
  out_ += ')';
  const syntax::FuncType& func = *module_.types[type].func();
  bool in_run = false;  // of parameters without names, which share one clause
  for (uint32_t i = 0; i < func.params.size(); ++i) {
    const Id* id = ids.find(i);
    if (id != nullptr || !in_run) {
      if (in_run) out_ += ')';
      out_ += " (param";
    }
    append_id_of(out_, id);
    out_ += ' ';
    types_.val_type(func.params[i]);
    in_run = id == nullptr;
    if (!in_run) out_ += ')';
  }
  if (in_run) out_ += ')';
  types_.clause("result", func.results);
}

base::Result<> ModulePrinter::func_fields() {
  BodyPrinter bodies(types_, lines_, options_.style);
  for (uint32_t i = module_.imported_funcs; i < module_.funcs.size() && !is_full(); ++i) {
    const FuncIdx func(i);
    const TypeIdx type = module_.funcs[func];
    const syntax::FuncType& func_type = *module_.types[type].func();
    const syntax::FuncBody& body = module_.body(func);
    size_t local_count = func_type.params.size();
    for (const syntax::LocalRun& run : module_.locals(body)) local_count += run.count;
    FuncScope scope(names_.locals(func, local_count), names_.labels(func),
                    uint32_t(func_type.results.size()));
    begin(NameKind::func, "func", i);
    inline_exports(ExternKind::func, i);
    func_signature(type, scope.locals());
    locals(body, func_type.params.size(), scope.locals());
    TRY(bodies.print(func, scope, hints_ ? hints_->of(func) : std::span<const CodeHint>()));
    end();
  }
  return {};
}

void ModulePrinter::locals(const syntax::FuncBody& body, size_t param_count, const IdSpace& ids) {
  uint32_t index = uint32_t(param_count);
  bool in_run = false;  // of locals without names, which share one clause
  for (const syntax::LocalRun& run : module_.locals(body)) {
    for (uint32_t i = 0; i < run.count; ++i, ++index) {
      const Id* id = ids.find(index);
      if (id != nullptr || !in_run) {
        if (in_run) out_ += ')';
        lines_.line(2);
        out_ += "(local";
      }
      append_id_of(out_, id);
      out_ += ' ';
      types_.val_type(run.type);
      in_run = id == nullptr;
      if (!in_run) out_ += ')';
    }
  }
  if (in_run) out_ += ')';
}

void ModulePrinter::data_fields() {
  for (uint32_t i = 0; i < module_.datas.size() && !is_full(); ++i) {
    const syntax::DataSegment& segment = module_.datas[syntax::DataIdx(i)];
    begin(NameKind::data, "data", i);
    if (segment.mode == SegmentMode::active) {
      if (segment.memory.value != 0) {
        out_ += " (memory ";
        types_.reference(NameKind::memory, segment.memory.value);
        out_ += ')';
      }
      const_expr("offset", segment.offset);
    }
    data_strings(segment.bytes);
    end();
  }
}

/// Short contents stand in the same line, long ones in lines of some bytes each.
void ModulePrinter::data_strings(base::ByteSpan bytes) {
  constexpr size_t line_bytes = 64;
  if (bytes.size() <= line_bytes) {
    if (bytes.empty()) return;
    out_ += ' ';
    return append_quoted_bytes(out_, bytes);
  }
  while (!bytes.empty() && !is_full()) {
    const base::ByteSpan part = bytes.first(std::min(bytes.size(), line_bytes));
    bytes = bytes.subspan(part.size());
    lines_.line(2);
    append_quoted_bytes(out_, part);
  }
}

bool ModulePrinter::is_printed(binary::SectionId id) const {
  using binary::SectionId;
  switch (id) {
    case SectionId::custom:
    case SectionId::data_count: return false;
    case SectionId::type: return !module_.types.empty();
    case SectionId::import: return !module_.imports.empty();
    case SectionId::func:
    case SectionId::code: return !module_.bodies.empty();
    case SectionId::table: return module_.tables.size() > module_.imported_tables;
    case SectionId::memory: return module_.memories.size() > module_.imported_memories;
    case SectionId::global: return module_.globals.size() > module_.imported_globals;
    case SectionId::export_: return !module_.exports.empty();
    case SectionId::start: return module_.start.has_value();
    case SectionId::elem: return !module_.elems.empty();
    case SectionId::data: return !module_.datas.empty();
    case SectionId::tag: return module_.tags.size() > module_.imported_tags;
  }
  return false;
}

void ModulePrinter::custom_fields() {
  std::string place = "before first";
  size_t next = 0;
  for (const binary::SectionPlace& section : binary::list_sections(module_.bytes)) {
    if (is_printed(section.id)) {
      place = "after " + std::string(binary::section_id_texts[size_t(section.id)]);
    }
    if (section.id != binary::SectionId::custom || next == module_.customs.size()) continue;
    const syntax::CustomSection& custom = module_.customs[next++];
    const bool is_elsewhere =
        custom.name == "name" || (hints_ && custom.name == branch_hint_section);
    if (is_elsewhere || is_full()) continue;
    lines_.line(1);
    out_ += "(@custom ";
    append_quoted_name(out_, custom.name);
    out_.append(" (").append(place).append(")");
    data_strings(custom.bytes);
    end();
  }
}

void ModulePrinter::const_expr(std::string_view keyword, syntax::ConstExpr expr) {
  FuncScope scope;
  FoldedCode code(module_, names_, scope);
  for (const syntax::ConstInstr& constant : module_.instrs(expr)) code.add(to_instr(constant));
  const bool needs_keyword = !keyword.empty() && !code.is_one_expression();
  const bool in_one_line = LineWriter::fits(2, code.width());
  if (needs_keyword || (in_one_line && expr.count != 0)) lines_.space_or_line(2);
  if (needs_keyword) {
    out_.append("(").append(keyword);
    if (in_one_line && expr.count != 0) out_ += ' ';
  }
  if (in_one_line) {
    code.write_inline(out_);
  } else {
    code.write_lines(lines_, 2);
  }
  if (needs_keyword) out_ += ')';
}

base::Result<std::string> print(const syntax::Module& module, const PrintOptions& options) {
  return ModulePrinter(module, options).print();
}

}  // namespace waxwing::text

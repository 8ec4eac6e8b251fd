// Imports, functions, tables, memories, globals, tags, exports, start. [spec 6.6]
#include "text/module_assembler.h"

#include <bit>

namespace waxwing::text {

using base::ErrorCode;

namespace {

constexpr uint8_t extern_code(Space space) {
  switch (space) {
    case Space::func: return 0;
    case Space::table: return 1;
    case Space::memory: return 2;
    case Space::global: return 3;
    case Space::tag: return 4;
    case Space::type:
    case Space::elem:
    case Space::data:
    case Space::local:
    case Space::field: break;
  }
  return 0xff;
}

struct ExternWord {
  std::string_view text;
  Space space;
};

constexpr ExternWord extern_words[] = {{"func", Space::func},
                                       {"table", Space::table},
                                       {"memory", Space::memory},
                                       {"global", Space::global},
                                       {"tag", Space::tag}};

}  // namespace

void write_limits(const LimitsText& limits, ByteWriter& out) {
  const int flags = (limits.max ? 1 : 0) | (limits.is_shared ? 2 : 0) | (limits.is_64 ? 4 : 0) |
                    (limits.page_size_log2 ? 8 : 0);
  out.u8(uint8_t(flags));
  out.u64(limits.min);
  if (limits.max) out.u64(*limits.max);
  if (limits.page_size_log2) out.u32(*limits.page_size_log2);
}

std::vector<uint8_t> ModuleAssembler::assemble(ModuleScanner& scanner, bool with_names) {
  const size_t end = cursor_.offset();
  read_types(scanner.fields());
  for (const Field& one : scanner.fields()) {
    if (!cursor_.ok()) return {};
    if (one.kind == FieldKind::type || one.kind == FieldKind::rec) continue;
    cursor_.seek(one.offset);
    cursor_.next();
    cursor_.next();
    field(one.kind);
    cursor_.expect_close();
  }
  if (!cursor_.ok()) return {};
  cursor_.seek(end);
  sections_.set(SectionId::type, types_.section());
  if (exprs_.has_data_index()) {
    ByteWriter count;
    count.u32(section(SectionId::data).count);
    sections_.set(SectionId::data_count, std::move(count));
  }
  for (CustomText& custom : scanner.customs()) sections_.add_custom(std::move(custom));
  names_.module = scanner.module_name();
  ByteWriter names;
  if (with_names) names = name_section(scope_, names_, exprs_.label_names(), types_.field_names());
  return sections_.finish(branch_hints_section(exprs_.branch_hints()), names);
}

void ModuleAssembler::read_types(const std::vector<Field>& fields) {
  for (const Field& one : fields) {
    if (one.kind != FieldKind::type && one.kind != FieldKind::rec) continue;
    if (!cursor_.ok()) return;
    cursor_.seek(one.offset);
    cursor_.next();
    cursor_.next();
    if (one.kind == FieldKind::type) {
      types_.read_type();
    } else {
      types_.read_rec();
    }
    cursor_.expect_close();
  }
  types_.finish_types();
}

void ModuleAssembler::field(FieldKind kind) {
  switch (kind) {
    case FieldKind::import: return import();
    case FieldKind::func: return func();
    case FieldKind::table: return table();
    case FieldKind::memory: return memory();
    case FieldKind::global: return global();
    case FieldKind::tag: return tag();
    case FieldKind::export_: return export_();
    case FieldKind::start: return start();
    case FieldKind::elem: return elem();
    case FieldKind::data: return data();
    case FieldKind::type:
    case FieldKind::rec: return;
  }
}

ByteWriter& ModuleAssembler::item(SectionId id) {
  ++section(id).count;
  return section(id).items;
}

/// Reads the id, which is bound, and the exports of a definition; its index.
uint32_t ModuleAssembler::define(Space space) {
  scope_.take_name(scope_.take_symbol(), space_text(space));
  const uint32_t index = next_[size_t(space)]++;
  inline_exports(space, index);
  return index;
}

void ModuleAssembler::inline_exports(Space space, uint32_t index) {
  while (cursor_.take_open("export")) {
    ByteWriter& out = item(SectionId::export_);
    out.sized(cursor_.name());
    out.u8(extern_code(space));
    out.u32(index);
    cursor_.expect_close();
  }
}

void ModuleAssembler::import_names(ByteWriter& out) {
  out.sized(cursor_.name());
  out.sized(cursor_.name());
}

bool ModuleAssembler::inline_import(Space space) {
  if (!cursor_.take_open("import")) return false;
  ByteWriter& out = item(SectionId::import);
  import_names(out);
  out.u8(extern_code(space));
  cursor_.expect_close();
  return true;
}

void ModuleAssembler::import() {
  ByteWriter& out = item(SectionId::import);
  import_names(out);
  for (const ExternWord& word : extern_words) {
    if (!cursor_.take_open(word.text)) continue;
    scope_.take_name(scope_.take_symbol(), space_text(word.space));
    ++next_[size_t(word.space)];
    out.u8(extern_code(word.space));
    if (word.space == Space::func) {
      scope_.space(Space::local).clear();
      out.u32(types_.type_use(&scope_.space(Space::local)));
    } else if (word.space == Space::table) {
      table_type(out);
    } else if (word.space == Space::memory) {
      memory_type(out);
    } else if (word.space == Space::global) {
      global_type(out);
    } else {
      tag_type(out);
    }
    cursor_.expect_close();
    return;
  }
  cursor_.unexpected("(func ...), (table ...), (memory ...), (global ...) or (tag ...)");
}

void ModuleAssembler::func() {
  const uint32_t func = define(Space::func);
  IndexSpace& locals = scope_.space(Space::local);
  locals.clear();
  if (inline_import(Space::func)) {
    section(SectionId::import).items.u32(types_.type_use(&locals));
    return;
  }
  item(SectionId::func).u32(types_.type_use(&locals));
  func_body(func);
  keep_local_names(func);
  locals.clear();
}

void ModuleAssembler::func_body(uint32_t func) {
  body_.clear();
  locals();
  exprs_.assemble(body_, func);
  item(SectionId::code).sized(body_);
}

// Locals of equal type that follow one another are one run.
void ModuleAssembler::locals() {
  ByteWriter runs;
  ByteWriter type;
  std::vector<uint8_t> run_type;
  uint32_t run_count = 0;
  uint32_t run_length = 0;
  const auto finish_run = [&] {
    if (run_length == 0) return;
    runs.u32(run_length);
    runs.raw(run_type);
    ++run_count;
  };
  const auto add = [&] {
    type.clear();
    types_.val_type(type);
    if (run_length == 0 || base::as_text(run_type) != base::as_text(type.span())) {
      finish_run();
      run_type.assign(type.span().begin(), type.span().end());
      run_length = 0;
    }
    ++run_length;
  };
  IndexSpace& space = scope_.space(Space::local);
  while (cursor_.take_open("local")) {
    if (cursor_.at(TokenKind::id)) {
      scope_.bind(Space::local);
      add();
    } else {
      for (; !cursor_.at(TokenKind::close) && cursor_.ok(); space.skip(1)) add();
    }
    cursor_.expect_close();
  }
  finish_run();
  body_.u32(run_count);
  body_.raw(runs.span());
}

void ModuleAssembler::keep_local_names(uint32_t func) {
  for (const IndexSpace::Name& name : scope_.space(Space::local).names()) {
    names_.locals.push_back({func, name.index, name.name});
  }
}

bool ModuleAssembler::take_address_type() {
  const bool is_64 = cursor_.at_keyword("i64");
  if (is_64 || cursor_.at_keyword("i32")) cursor_.next();
  return is_64;
}

void ModuleAssembler::read_limits(LimitsText& limits) {
  limits.min = cursor_.u64();
  if (cursor_.at(TokenKind::number)) limits.max = cursor_.u64();
}

void ModuleAssembler::table_type(ByteWriter& out) {
  LimitsText limits{.is_64 = take_address_type()};
  read_limits(limits);
  write_ref_type(types_.ref_type(), out);
  write_limits(limits, out);
}

void ModuleAssembler::table() {
  constexpr uint8_t has_init = 0x40;
  const uint32_t table = define(Space::table);
  if (inline_import(Space::table)) return table_type(section(SectionId::import).items);
  LimitsText limits{.is_64 = take_address_type()};
  if (!cursor_.at(TokenKind::number)) {
    const RefType type = types_.ref_type();
    return table_elements(type, limits, table);
  }
  read_limits(limits);
  const RefType type = types_.ref_type();
  ByteWriter& out = item(SectionId::table);
  const bool is_initialized = !cursor_.at(TokenKind::close);
  if (is_initialized) {
    out.u8(has_init);
    out.u8(0);
  }
  write_ref_type(type, out);
  write_limits(limits, out);
  if (is_initialized) exprs_.assemble(out);
}

void ModuleAssembler::memory_type(ByteWriter& out) {
  LimitsText limits{.is_64 = take_address_type()};
  read_limits(limits);
  limits.is_shared = cursor_.take_keyword("shared");
  page_size(limits);
  write_limits(limits, out);
}

void ModuleAssembler::page_size(LimitsText& limits) {
  if (!cursor_.take_open("pagesize")) return;
  const Token token = cursor_.peek();
  const uint64_t size = cursor_.u64();
  if (cursor_.ok() && !std::has_single_bit(size)) {
    return cursor_.fail(ErrorCode::page_size_not_power_of_two, token, "it may be 1 or 65536");
  }
  limits.page_size_log2 = uint8_t(std::countr_zero(size));
  cursor_.expect_close();
}

void ModuleAssembler::memory() {
  const uint32_t memory = define(Space::memory);
  if (inline_import(Space::memory)) return memory_type(section(SectionId::import).items);
  const size_t begin = cursor_.offset();
  LimitsText limits{.is_64 = take_address_type()};
  page_size(limits);
  if (cursor_.take_open("data")) return memory_data(limits, memory);
  if (limits.page_size_log2) return cursor_.unexpected("(data ...)");
  if (!cursor_.ok()) return;
  cursor_.seek(begin);
  memory_type(item(SectionId::memory));
}

void ModuleAssembler::global_type(ByteWriter& out) {
  const bool is_mutable = cursor_.take_open("mut");
  types_.val_type(out);
  if (is_mutable) cursor_.expect_close();
  out.u8(is_mutable ? 1 : 0);
}

void ModuleAssembler::global() {
  define(Space::global);
  if (inline_import(Space::global)) return global_type(section(SectionId::import).items);
  ByteWriter& out = item(SectionId::global);
  global_type(out);
  exprs_.assemble(out);
}

void ModuleAssembler::tag_type(ByteWriter& out) {
  IndexSpace& params = scope_.space(Space::local);
  params.clear();
  out.u8(0);  // an exception
  out.u32(types_.type_use(&params));
}

void ModuleAssembler::tag() {
  define(Space::tag);
  tag_type(inline_import(Space::tag) ? section(SectionId::import).items : item(SectionId::tag));
}

void ModuleAssembler::export_() {
  ByteWriter& out = item(SectionId::export_);
  out.sized(cursor_.name());
  for (const ExternWord& word : extern_words) {
    if (!cursor_.take_open(word.text)) continue;
    out.u8(extern_code(word.space));
    out.u32(scope_.index(word.space));
    cursor_.expect_close();
    return;
  }
  cursor_.unexpected("(func ...), (table ...), (memory ...), (global ...) or (tag ...)");
}

void ModuleAssembler::start() {
  ByteWriter contents;
  contents.u32(scope_.index(Space::func));
  sections_.set(SectionId::start, std::move(contents));
}

}  // namespace waxwing::text

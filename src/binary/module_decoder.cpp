// Decodes the sections in their order. As in the reference interpreter, a section may be read
// beyond its end; that its size is wrong shows when it is done.
#include "binary/module_decoder.h"

#include "base/check.h"
#include "binary/const_expr_decoder.h"
#include "binary/instr_reader.h"
#include "binary/limit.h"
#include "binary/name_section.h"
#include "binary/reader.h"
#include "binary/type_decoder.h"
#include "binary/type_reader.h"
#include "syntax/limits.h"

namespace waxwing::binary {

using base::Error;
using base::ErrorCode;
using syntax::ExternKind;
using syntax::Feature;
using syntax::FuncIdx;
using syntax::Module;
using syntax::SegmentMode;
using syntax::TypeIdx;
using syntax::ValType;

namespace {

constexpr uint8_t end_code = 0x0b;

/// What reading up to the end of an expression shows where the `end` is not in its place.
ErrorCode find_end(InstrReader& instrs, Instr& instr) {
  uint32_t open_blocks = 0;
  while (instrs.next(instr)) {
    if (opens_block(instr.op)) ++open_blocks;
    if (open_blocks > 0) {
      if (closes_block(instr.op)) --open_blocks;
      continue;
    }
    if (instr.op == syntax::Op::end) return ErrorCode::section_size_mismatch;
    if (continues_block(instr.op) || closes_block(instr.op)) return ErrorCode::end_opcode_expected;
  }
  return ErrorCode::unexpected_end_of_section;
}

/// What is said of `count` things where `limit` allows `most`.
std::string beyond(std::string_view limit, uint64_t count, std::string_view what, uint64_t most) {
  return std::to_string(count)
      .append(" ")
      .append(what)
      .append(", and CompileLimits::")
      .append(limit)
      .append(" allows ")
      .append(std::to_string(most));
}

class ModuleDecoder {
 public:
  ModuleDecoder(std::shared_ptr<const std::vector<uint8_t>> bytes, syntax::FeatureSet features,
                const DecodeOptions& options)
      : features_(features),
        options_(options),
        reader_(*bytes),
        types_(reader_, module_, features, module_.features_used) {
    module_.bytes = *bytes;
    module_.code_bytes = *bytes;
    module_.owner = std::move(bytes);
  }
  ModuleDecoder(const ModuleDecoder&) = delete;
  ModuleDecoder& operator=(const ModuleDecoder&) = delete;

  base::Result<Module> decode();

 private:
  struct Section {
    uint8_t id;
    std::string_view name;
    void (ModuleDecoder::*decode)();
  };
  static const Section sections[];  // in the order in which a module has them

  void preamble();
  void next_section();
  void section(const Section& section);
  void custom_section();
  void check_counts();
  void check_func_count(size_t count);
  void find_names();

  void type_section();
  void import_section();
  void func_section();
  void table_section();
  void memory_section();
  void tag_section();
  void global_section();
  void export_section();
  void start_section();
  void elem_section();
  void data_count_section();
  void code_section();
  void data_section();

  void import();
  void table();
  void export_();
  void elem_segment();
  void elem_items(syntax::ElemSegment& segment, bool has_exprs);
  void body();
  void locals(syntax::FuncBody& body, uint64_t offset);
  void missing_end(base::ByteSpan code, uint64_t offset);
  void data_segment();

  void add_table(syntax::Table table, uint64_t offset);
  void add_memory(const syntax::MemoryType& type, uint64_t offset);
  /// Reads how many items follow; `known` of the kind exist already, and `limit` may exist.
  uint32_t item_count(size_t known, uint32_t limit, std::string_view what);
  /// Calls `item` for each of `count` items, as long as nothing is wrong and the work goes on.
  template <typename Item>
  void repeat(uint32_t count, Item item) {
    for (uint32_t i = 0; i < count && goes_on(); ++i) item();
  }
  bool goes_on() { return binary::goes_on(reader_, options_.stop); }
  syntax::ConstExpr const_expr() {
    return decode_const_expr(reader_, module_, features_, not_constant_);
  }

  syntax::FeatureSet features_;
  const DecodeOptions& options_;
  Module module_;
  Reader reader_;
  TypeReader types_;
  size_t sections_begun_ = 0;  // those of `sections` that may not come any more
  std::optional<Error> not_constant_;
};

constexpr ModuleDecoder::Section ModuleDecoder::sections[] = {
    {1, "type", &ModuleDecoder::type_section},
    {2, "import", &ModuleDecoder::import_section},
    {3, "function", &ModuleDecoder::func_section},
    {4, "table", &ModuleDecoder::table_section},
    {5, "memory", &ModuleDecoder::memory_section},
    {13, "tag", &ModuleDecoder::tag_section},
    {6, "global", &ModuleDecoder::global_section},
    {7, "export", &ModuleDecoder::export_section},
    {8, "start", &ModuleDecoder::start_section},
    {9, "element", &ModuleDecoder::elem_section},
    {12, "data count", &ModuleDecoder::data_count_section},
    {10, "code", &ModuleDecoder::code_section},
    {11, "data", &ModuleDecoder::data_section},
};

base::Result<Module> ModuleDecoder::decode() {
  preamble();
  while (goes_on() && !reader_.at_end()) next_section();
  if (reader_.ok()) check_counts();
  if (!reader_.ok()) return std::unexpected(reader_.take_error());
  if (not_constant_) return std::unexpected(*std::move(not_constant_));
  find_names();
  TRY(base::go_on(options_.stop));
  return std::move(module_);
}

void ModuleDecoder::preamble() {
  constexpr uint32_t magic = 0x6d736100;
  constexpr uint32_t module_version = 1;
  constexpr uint32_t component_version = 0x1000d;
  const size_t size = module_.bytes.size();
  if (!within_limit(reader_, size, syntax::max_module_size, "bytes in a module", 0)) return;
  if (const auto fits = check_module_size(size, options_.limits); !fits)
    return reader_.fail(fits.error().code, Error::no_offset, fits.error().detail);
  if (size < 4) return reader_.fail(ErrorCode::unexpected_end, size);
  if (reader_.f32_bits() != magic) {
    return reader_.fail(ErrorCode::malformed_magic, 0,
                        "a WebAssembly binary begins with the bytes 00 61 73 6d");
  }
  if (size < 8) return reader_.fail(ErrorCode::unexpected_end, size);
  const uint32_t version = reader_.f32_bits();
  if (version == component_version) {
    reader_.fail(ErrorCode::component_not_module, 4,
                 "build for wasm32-wasip1 instead of wasip2, or take the module out of it with "
                 "`wasm-tools component unbundle`");
  } else if (version != module_version) {
    reader_.fail(ErrorCode::malformed_version, 4, std::to_string(version) + ", expected 1");
  }
}

void ModuleDecoder::check_func_count(size_t count) {
  const uint64_t most = options_.limits.funcs;
  if (count > most) {
    reader_.fail(ErrorCode::resource_limit, reader_.position(),
                 beyond("funcs", count, "functions", most));
  }
}

void ModuleDecoder::next_section() {
  const uint64_t offset = reader_.position();
  const uint8_t id = reader_.u8();
  if (id == 0) return custom_section();
  for (size_t i = 0; i < std::size(sections); ++i) {
    if (sections[i].id != id) continue;
    if (i < sections_begun_) {
      return reader_.fail(
          ErrorCode::unexpected_content, offset,
          "the " + std::string(sections[i].name) + " section is repeated or out of order");
    }
    sections_begun_ = i + 1;
    return section(sections[i]);
  }
  reader_.fail(ErrorCode::malformed_section_id, offset, std::to_string(id));
}

void ModuleDecoder::section(const Section& section) {
  const uint64_t size = reader_.length();
  const uint64_t start = reader_.position();
  if (!reader_.ok()) return;
  (this->*section.decode)();
  const uint64_t read = reader_.position() - start;
  if (read == size) return;
  reader_.fail(ErrorCode::section_size_mismatch, start,
               "the " + std::string(section.name) + " section announces " + std::to_string(size) +
                   " bytes and has " + std::to_string(read));
}

void ModuleDecoder::custom_section() {
  const uint64_t size = reader_.length();
  const uint64_t start = reader_.position();
  const std::string_view name = reader_.name();
  const uint64_t read = reader_.position() - start;
  if (!reader_.ok()) return;
  if (read > size) return reader_.fail(ErrorCode::unexpected_end_of_section, start + size);
  const uint64_t offset = reader_.position();
  if (!within_limit(reader_, module_.customs.size() + 1, syntax::max_custom_sections,
                    "custom sections", start)) {
    return;
  }
  module_.customs.push_back({name, reader_.bytes(size_t(size - read)), offset});
}

void ModuleDecoder::check_counts() {
  const size_t funcs = module_.funcs.size() - module_.imported_funcs;
  if (funcs != module_.bodies.size()) {
    return reader_.fail(
        ErrorCode::function_code_mismatch, reader_.position(),
        std::to_string(funcs) + " functions, " + std::to_string(module_.bodies.size()) + " bodies");
  }
  if (module_.data_count && *module_.data_count != module_.datas.size()) {
    reader_.fail(ErrorCode::data_count_mismatch, reader_.position(),
                 std::to_string(*module_.data_count) + " announced, " +
                     std::to_string(module_.datas.size()) + " segments");
  }
}

void ModuleDecoder::find_names() {
  for (const syntax::CustomSection& custom : module_.customs) {
    if (custom.name == "name") return decode_name_section(custom.bytes, module_, options_.stop);
  }
}

uint32_t ModuleDecoder::item_count(size_t known, uint32_t limit, std::string_view what) {
  const uint64_t offset = reader_.position();
  const uint32_t count = reader_.count();
  return within_limit(reader_, uint64_t(known) + count, limit, what, offset) ? count : 0;
}

void ModuleDecoder::type_section() {
  TypeDecoder decoder(reader_, types_, module_, options_);
  const uint32_t count = item_count(0, syntax::max_types, "types");
  repeat(count, [&] { decoder.decode_group(); });
}

void ModuleDecoder::import_section() {
  const uint32_t count = item_count(0, syntax::max_imports, "imports");
  module_.imports.reserve(count);
  repeat(count, [&] { import(); });
  module_.imported_funcs = uint32_t(module_.funcs.size());
  module_.imported_tables = uint32_t(module_.tables.size());
  module_.imported_memories = uint32_t(module_.memories.size());
  module_.imported_globals = uint32_t(module_.globals.size());
  module_.imported_tags = uint32_t(module_.tags.size());
}

void ModuleDecoder::import() {
  syntax::Import item;
  item.offset = reader_.position();
  item.module = reader_.name();
  item.name = reader_.name();
  const uint64_t kind_offset = reader_.position();
  const uint8_t kind = reader_.u8();
  if (!reader_.ok()) return;
  if (kind > uint8_t(ExternKind::tag)) {
    return reader_.fail(ErrorCode::malformed_import_kind, kind_offset, std::to_string(kind));
  }
  switch (ExternKind(kind)) {
    case ExternKind::func: {
      const TypeIdx type = types_.func_type_index();
      item.type = type;
      module_.funcs.push_back(type);
      check_func_count(module_.funcs.size());
      break;
    }
    case ExternKind::table: {
      const syntax::TableType type = types_.table_type();
      item.type = type;
      add_table({type, std::nullopt}, item.offset);
      break;
    }
    case ExternKind::memory: {
      const syntax::MemoryType type = types_.memory_type();
      item.type = type;
      add_memory(type, item.offset);
      break;
    }
    case ExternKind::global: {
      const syntax::GlobalType type = types_.global_type();
      item.type = type;
      module_.globals.push_back({type, {}});
      break;
    }
    case ExternKind::tag: {
      const syntax::TagType type = types_.tag_type();
      item.type = type;
      module_.tags.push_back(type);
      break;
    }
  }
  module_.imports.push_back(std::move(item));
}

void ModuleDecoder::func_section() {
  const uint32_t count = item_count(module_.funcs.size(), syntax::max_funcs, "functions");
  check_func_count(module_.funcs.size() + count);
  module_.funcs.reserve(module_.funcs.size() + count);
  repeat(count, [&] { module_.funcs.push_back(types_.func_type_index()); });
}

void ModuleDecoder::add_table(syntax::Table table, uint64_t offset) {
  module_.tables.push_back(std::move(table));
  if (module_.tables.size() == 2) types_.need(Feature::reference_types, "a second table", offset);
  within_limit(reader_, module_.tables.size(), syntax::max_tables, "tables", offset);
}

void ModuleDecoder::add_memory(const syntax::MemoryType& type, uint64_t offset) {
  module_.memories.push_back(type);
  if (module_.memories.size() == 2) types_.need(Feature::multi_memory, "a second memory", offset);
  within_limit(reader_, module_.memories.size(), syntax::max_memories, "memories", offset);
}

void ModuleDecoder::table_section() {
  const uint32_t count = item_count(module_.tables.size(), syntax::max_tables, "tables");
  repeat(count, [&] { table(); });
}

void ModuleDecoder::table() {
  constexpr uint8_t with_init_code = 0x40;
  const uint64_t offset = reader_.position();
  syntax::Table item;
  const bool has_init = reader_.peek() == with_init_code;
  if (has_init) {
    reader_.u8();
    types_.need(Feature::function_references, "a table with an initial value", offset);
    if (reader_.u8() != 0) reader_.fail(ErrorCode::zero_byte_expected, offset + 1);
  }
  item.type = types_.table_type();
  if (has_init && reader_.ok()) item.init = const_expr();
  if (reader_.ok()) add_table(std::move(item), offset);
}

void ModuleDecoder::memory_section() {
  const uint32_t count = item_count(module_.memories.size(), syntax::max_memories, "memories");
  repeat(count, [&] {
    const uint64_t offset = reader_.position();
    add_memory(types_.memory_type(), offset);
  });
}

void ModuleDecoder::tag_section() {
  types_.need(Feature::exceptions, "a tag section", reader_.position());
  const uint32_t count = item_count(module_.tags.size(), syntax::max_tags, "tags");
  repeat(count, [&] { module_.tags.push_back(types_.tag_type()); });
}

void ModuleDecoder::global_section() {
  const uint32_t count = item_count(module_.globals.size(), syntax::max_globals, "globals");
  module_.globals.reserve(module_.globals.size() + count);
  repeat(count, [&] {
    syntax::Global item;
    item.type = types_.global_type();
    if (reader_.ok()) item.init = const_expr();
    module_.globals.push_back(item);
  });
}

void ModuleDecoder::export_section() {
  const uint32_t count = item_count(0, syntax::max_exports, "exports");
  module_.exports.reserve(count);
  repeat(count, [&] { export_(); });
}

void ModuleDecoder::export_() {
  syntax::Export item{.name = reader_.name(), .kind = ExternKind::func};
  const uint64_t offset = reader_.position();
  const uint8_t kind = reader_.u8();
  if (kind > uint8_t(ExternKind::tag)) {
    return reader_.fail(ErrorCode::malformed_export_kind, offset, std::to_string(kind));
  }
  item.kind = ExternKind(kind);
  item.index = reader_.u32();
  module_.exports.push_back(item);
}

void ModuleDecoder::start_section() { module_.start = FuncIdx(reader_.u32()); }

void ModuleDecoder::elem_section() {
  const uint32_t count = item_count(0, syntax::max_segments, "element segments");
  module_.elems.reserve(count);
  repeat(count, [&] { elem_segment(); });
}

void ModuleDecoder::elem_segment() {
  constexpr uint32_t not_active =
      1;  // bit 1 then tells declarative from passive, else that a table is named
  constexpr uint32_t table_or_declarative = 2;
  constexpr uint32_t with_exprs = 4;
  const uint64_t offset = reader_.position();
  const uint32_t flags = reader_.u32();
  if (flags > (not_active | table_or_declarative | with_exprs)) {
    return reader_.fail(ErrorCode::malformed_segment_flags, offset, std::to_string(flags));
  }
  if (flags != 0) types_.need(Feature::bulk_memory, "this form of element segment", offset);
  syntax::ElemSegment segment;
  segment.module_offset = offset;
  if ((flags & not_active) != 0) {
    segment.mode =
        (flags & table_or_declarative) != 0 ? SegmentMode::declarative : SegmentMode::passive;
  } else {
    if ((flags & table_or_declarative) != 0) segment.table = syntax::TableIdx(reader_.u32());
    if (reader_.ok()) segment.offset = const_expr();
  }
  const bool has_exprs = (flags & with_exprs) != 0;
  const bool has_type = (flags & (not_active | table_or_declarative)) != 0;
  segment.type = ValType::ref(has_exprs, syntax::AbstractHeap::func);
  if (has_type && has_exprs) {
    segment.type = types_.ref_type();
  } else if (has_type) {
    const uint64_t kind_offset = reader_.position();
    if (reader_.u8() != 0) reader_.fail(ErrorCode::malformed_elem_kind, kind_offset);
  }
  elem_items(segment, has_exprs);
  module_.elems.push_back(std::move(segment));
}

void ModuleDecoder::elem_items(syntax::ElemSegment& segment, bool has_exprs) {
  const uint32_t count = item_count(0, syntax::max_segment_elements, "elements in a segment");
  if (has_exprs) {
    segment.exprs.reserve(count);
    repeat(count, [&] { segment.exprs.push_back(const_expr()); });
  } else {
    segment.funcs.reserve(count);
    repeat(count, [&] { segment.funcs.push_back(FuncIdx(reader_.u32())); });
  }
}

void ModuleDecoder::data_count_section() {
  types_.need(Feature::bulk_memory, "a data count section", reader_.position());
  module_.data_count = reader_.u32();
}

void ModuleDecoder::code_section() {
  module_.code_offset = reader_.position();
  module_.code_bytes = module_.bytes.subspan(module_.code_offset);
  const uint32_t count = item_count(0, syntax::max_funcs, "bodies");
  module_.bodies.reserve(count);
  repeat(count, [&] { body(); });
}

void ModuleDecoder::body() {
  const uint64_t size_offset = reader_.position();
  const uint64_t size = reader_.length();
  const uint64_t start = reader_.position();
  if (!within_limit(reader_, size, syntax::max_func_body_size, "bytes in a function", size_offset))
    return;
  if (size > options_.limits.func_bytes) {
    return reader_.fail(
        ErrorCode::resource_limit, size_offset,
        beyond("func_bytes", size, "bytes in a function", options_.limits.func_bytes));
  }
  syntax::FuncBody item;
  locals(item, start);
  const uint64_t read = reader_.position() - start;
  if (!reader_.ok()) return;
  if (read > size) return reader_.fail(ErrorCode::unexpected_end_of_section, start + size);
  item.offset = uint32_t(reader_.position());
  item.code_size = uint32_t(size - read);
  const base::ByteSpan code = reader_.bytes(item.code_size);
  if (code.empty() || code.back() != end_code) return missing_end(code, item.offset);
  module_.bodies.push_back(item);
}

// Says what the reference interpreter would: it reads on behind the body until it finds the `end`.
void ModuleDecoder::missing_end(base::ByteSpan code, uint64_t offset) {
  const size_t size = code.size() + reader_.remaining();
  InstrReader instrs(module_, features_, {code.data(), size}, offset);
  Instr instr;
  const ErrorCode shown = find_end(instrs, instr);
  if (instrs.error()) {
    reader_.fail(instrs.error()->code, instrs.error()->offset, instrs.error()->detail);
  } else {
    reader_.fail(shown, reader_.position(), "a function body does not end with `end`");
  }
}

void ModuleDecoder::locals(syntax::FuncBody& body, uint64_t offset) {
  const FuncIdx func(module_.imported_funcs + module_.bodies.size());
  const uint32_t run_count = reader_.count();
  body.first_run = uint32_t(module_.local_runs.size());
  uint64_t total = 0;
  repeat(run_count, [&] {
    const uint32_t count = reader_.u32();
    const ValType type = types_.val_type();
    total += count;
    if (count > 0) module_.local_runs.push_back({count, type});
  });
  body.run_count = uint32_t(module_.local_runs.size()) - body.first_run;
  if (!reader_.ok()) return;
  if (total > UINT32_MAX) {
    return reader_.fail(ErrorCode::too_many_locals, offset, std::to_string(total));
  }
  const size_t params = module_.funcs.contains(func) ? module_.func_type(func).params.size() : 0;
  within_limit(reader_, total + params, syntax::max_locals, "locals in a function", offset);
}

void ModuleDecoder::data_section() {
  const uint32_t count = item_count(0, syntax::max_segments, "data segments");
  module_.datas.reserve(count);
  repeat(count, [&] { data_segment(); });
}

void ModuleDecoder::data_segment() {
  enum : uint32_t { active = 0, passive = 1, active_in_memory = 2 };
  const uint64_t offset = reader_.position();
  const uint32_t flags = reader_.u32();
  if (flags > active_in_memory) {
    return reader_.fail(ErrorCode::malformed_segment_flags, offset, std::to_string(flags));
  }
  if (flags != active) types_.need(Feature::bulk_memory, "this form of data segment", offset);
  syntax::DataSegment segment;
  segment.module_offset = offset;
  if (flags == passive) {
    segment.mode = SegmentMode::passive;
  } else {
    if (flags == active_in_memory) segment.memory = syntax::MemIdx(reader_.u32());
    if (reader_.ok()) segment.offset = const_expr();
  }
  segment.bytes = reader_.bytes(reader_.u32());
  module_.datas.push_back(segment);
}

}  // namespace

base::Result<> check_module_size(uint64_t size_bytes, const DecodeLimits& limits) {
  if (size_bytes <= limits.module_bytes) return {};
  return base::fail(ErrorCode::resource_limit,
                    beyond("module_bytes", size_bytes, "bytes in a module", limits.module_bytes));
}

base::Result<Module> decode(std::shared_ptr<const std::vector<uint8_t>> bytes,
                            syntax::FeatureSet features, const DecodeOptions& options) {
  CHECK(bytes != nullptr);
  ModuleDecoder decoder(std::move(bytes), features, options);
  return decoder.decode();
}

}  // namespace waxwing::binary

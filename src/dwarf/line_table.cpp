// Line programs are run, not kept as tables: those are ten times as large.
#include "dwarf/line_table.h"

#include "dwarf/forms.h"

namespace waxwing::dwarf {
namespace {

constexpr size_t max_entries = size_t{1} << 16;  // of directories and files

enum StandardOp : uint8_t {
  op_copy = 1,
  op_advance_pc = 2,
  op_advance_line = 3,
  op_set_file = 4,
  op_set_column = 5,
  op_const_add_pc = 8,
  op_fixed_advance_pc = 9,
};

enum ExtendedOp : uint8_t { op_end_sequence = 1, op_set_address = 2 };

enum Content : uint8_t { content_path = 1, content_directory_index = 2 };

bool is_absolute(std::string_view path) {
  if (path.starts_with('/')) return true;
  return path.size() > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

void append(std::string& path, std::string_view part) {
  if (!path.empty() && !part.empty() && !path.ends_with('/')) path += '/';
  path += part.substr(0, max_text_bytes);
}

}  // namespace

std::optional<LineHeader> read_line_header(base::ByteSpan section, const Extent& extent) {
  constexpr uint16_t oldest = 2;
  constexpr uint16_t newest = 5;
  Cursor cursor(section.first(extent.end), extent.contents);
  LineHeader header;
  header.extent = extent;
  header.version = static_cast<uint16_t>(cursor.number(2));
  if (header.version < oldest || header.version > newest) return std::nullopt;
  if (header.version == newest) cursor.skip(2);  // sizes of addresses and segment selectors
  const uint64_t size = cursor.number(extent.offset_bytes);
  if (!cursor.ok() || size > extent.end - cursor.offset()) return std::nullopt;
  header.program = static_cast<uint32_t>(cursor.offset() + size);
  header.instr_bytes = cursor.byte();
  if (header.version > 3) cursor.skip(1);  // operations an instruction: Wasm is no VLIW machine
  cursor.skip(1);                          // whether rows are statements by default
  header.line_base = static_cast<int8_t>(cursor.byte());
  header.line_range = cursor.byte();
  header.first_special = cursor.byte();
  const uint32_t counts = cursor.offset();
  const uint8_t count = header.first_special == 0 ? 0 : header.first_special - 1;
  cursor.skip(count);
  header.tables = cursor.offset();
  if (!cursor.ok() || header.tables > header.program) return std::nullopt;
  header.operand_counts = section.subspan(counts, count);
  return header;
}

LineMachine::Event LineMachine::run(uint32_t limit) {
  if (was_ended_) row_ = {};
  was_ended_ = false;
  has_row_ = false;
  while (cursor_.ok() && !cursor_.at_end() && cursor_.offset() < limit) {
    const uint8_t op = cursor_.byte();
    if (op >= header_.first_special) {
      special(op - header_.first_special, true);
      return Event::row;
    }
    if (op != 0) {
      standard(op);
      if (has_row_) return Event::row;
    } else if (const auto event = extended()) {
      return *event;
    }
  }
  return Event::stop;
}

void LineMachine::special(uint8_t adjusted, bool moves_line) {
  if (header_.line_range == 0) return;
  advance(adjusted / header_.line_range);
  if (moves_line)
    row_.line += static_cast<uint32_t>(header_.line_base + adjusted % header_.line_range);
}

void LineMachine::standard(uint8_t op) {
  switch (op) {
    case op_copy: has_row_ = true; return;
    case op_advance_pc: advance(cursor_.uleb()); return;
    case op_advance_line: row_.line += static_cast<uint32_t>(cursor_.sleb()); return;
    case op_set_file: row_.file = static_cast<uint32_t>(cursor_.uleb()); return;
    case op_set_column: row_.column = static_cast<uint32_t>(cursor_.uleb()); return;
    case op_const_add_pc: special(uint8_t(UINT8_MAX - header_.first_special), false); return;
    case op_fixed_advance_pc: row_.address += cursor_.number(2); return;
    default: break;  // flags, and what only its number of operands is known of
  }
  for (uint8_t i = 0; i < header_.operand_counts[op - 1]; ++i) (void)cursor_.uleb();
}

std::optional<LineMachine::Event> LineMachine::extended() {
  const uint64_t size = cursor_.uleb();
  if (size == 0) return std::nullopt;
  Cursor operand = cursor_;
  cursor_.skip(size);
  if (!cursor_.ok()) return Event::stop;
  switch (operand.byte()) {
    case op_end_sequence: was_ended_ = true; return Event::end_of_sequence;
    case op_set_address: row_.address = operand.number(size - 1); break;
    default: break;
  }
  return std::nullopt;
}

FileTable::FileTable(const Sections& sections, const LineHeader& header)
    : version_(header.version) {
  Cursor cursor(sections.line.first(header.program), header.tables);
  constexpr uint16_t self_describing = 5;
  if (version_ < self_describing) {
    read_old(cursor);
    return;
  }
  directories_ = read_list(cursor, sections, header.extent.offset_bytes);
  files_ = read_list(cursor, sections, header.extent.offset_bytes);
}

/// Numbers begin at 1: directory 0 is that of the compilation, and there is no file 0.
void FileTable::read_old(Cursor& cursor) {
  bool goes_on = add(directories_, {}, 1) && add(files_, {}, 1);
  for (std::string_view name; goes_on && !(name = cursor.text()).empty();)
    goes_on = add(directories_, {.name = name}, max_entries);
  for (std::string_view name; goes_on && !(name = cursor.text()).empty();) {
    const uint64_t directory = cursor.uleb();
    (void)cursor.uleb();  // time of modification
    (void)cursor.uleb();  // size
    goes_on = add(files_, {.name = name, .directory = directory}, max_entries);
  }
}

std::vector<FileTable::Entry> FileTable::read_list(Cursor& cursor, const Sections& sections,
                                                   uint8_t offset_bytes) {
  struct Field {
    uint64_t content;
    uint64_t form;
  };
  // Fields may be of forms that take no bytes: only as many are read as there are kinds of content.
  constexpr uint8_t max_fields = 8;
  const uint8_t field_count = cursor.byte();
  if (field_count > max_fields) return {};
  std::vector<Field> fields(field_count);
  for (Field& field : fields) {
    field.content = cursor.uleb();
    field.form = cursor.uleb();
  }
  std::vector<Entry> entries;
  const UnitFormat format{.version = version_, .offset_bytes = offset_bytes};
  for (uint64_t left = fields.empty() ? 0 : cursor.uleb(); left != 0; --left) {
    const uint32_t begin = cursor.offset();
    Entry entry;
    for (const Field& field : fields) {
      const FormValue value = read_form(cursor, format, field.form);
      if (field.content == content_path) entry.name = plain_text(sections, sections.line, value);
      if (field.content == content_directory_index) entry.directory = value.number;
    }
    // An entry of no bytes could be repeated without end.
    if (!cursor.ok() || cursor.offset() == begin || !add(entries, entry, max_entries)) break;
  }
  return entries;
}

std::string FileTable::path(uint64_t index, std::string_view comp_dir) const {
  if (index >= files_.size()) return {};
  const Entry& file = files_[index];
  if (file.name.empty() || is_absolute(file.name))
    return std::string(file.name.substr(0, max_text_bytes));
  std::string_view directory;
  if (file.directory < directories_.size()) directory = directories_[file.directory].name;
  std::string path;
  constexpr uint16_t names_comp_dir = 5;
  const bool is_in_comp_dir = version_ < names_comp_dir || file.directory != 0;
  if (is_in_comp_dir && !is_absolute(directory)) append(path, comp_dir);
  append(path, directory);
  append(path, file.name);
  return path;
}

}  // namespace waxwing::dwarf

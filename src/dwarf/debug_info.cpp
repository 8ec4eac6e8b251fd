// Units, shapes and entries; ranges are in a file of their own.
#include "dwarf/debug_info.h"

#include <algorithm>

namespace waxwing::dwarf {
namespace {

constexpr size_t max_units = size_t{1} << 18;
constexpr size_t max_rows_of_table = size_t{1} << 16;

Attr attr_of(uint64_t code) {
  switch (code) {
    case 0x03: return Attr::name;
    case 0x10: return Attr::stmt_list;
    case 0x11: return Attr::low_pc;
    case 0x12: return Attr::high_pc;
    case 0x1b: return Attr::comp_dir;
    case 0x31: return Attr::abstract_origin;
    case 0x47: return Attr::specification;
    case 0x55: return Attr::ranges;
    case 0x57: return Attr::call_column;
    case 0x58: return Attr::call_file;
    case 0x59: return Attr::call_line;
    case 0x72: return Attr::str_offsets_base;
    case 0x73: return Attr::addr_base;
    case 0x74: return Attr::rnglists_base;
    default: return Attr::none;
  }
}

/// Reads what stands in front of the entries; false where it is not understood, or of a type.
bool read_header(base::ByteSpan info, Unit& unit) {
  constexpr uint16_t oldest = 2;
  constexpr uint16_t newest = 5;
  constexpr uint8_t unit_compile = 1;
  constexpr uint8_t unit_partial = 3;
  Cursor cursor(info.first(unit.extent.end), unit.extent.contents);
  unit.format.version = static_cast<uint16_t>(cursor.number(2));
  unit.format.offset_bytes = unit.extent.offset_bytes;
  if (unit.format.version < oldest || unit.format.version > newest) return false;
  uint64_t abbrevs = 0;
  if (unit.format.version == newest) {
    const uint8_t kind = cursor.byte();
    if (kind != unit_compile && kind != unit_partial) return false;
    unit.format.address_bytes = cursor.byte();
    abbrevs = cursor.number(unit.extent.offset_bytes);
  } else {
    abbrevs = cursor.number(unit.extent.offset_bytes);
    unit.format.address_bytes = cursor.byte();
  }
  unit.entries = cursor.offset();
  unit.abbrevs = static_cast<uint32_t>(abbrevs);
  return cursor.ok() && abbrevs <= UINT32_MAX;
}

/// A row of the table at the cursor; false at the table's end.
bool read_row(Cursor& cursor, Budget& budget, Abbrevs::Row& row) {
  const uint64_t code = cursor.uleb();
  if (code == 0 || code > UINT32_MAX) return false;
  row.code = static_cast<uint32_t>(code);
  row.tag = static_cast<uint16_t>(cursor.uleb());
  row.has_children = cursor.byte() != 0;
  row.specs = cursor.offset();
  for (;;) {
    const uint64_t attr = cursor.uleb();
    const uint64_t form = cursor.uleb();
    if (form == form_implicit_const) (void)cursor.sleb();
    if (!cursor.ok() || !budget.spend(1)) return false;
    if (attr == 0 && form == form_none) return true;
  }
}

void read_first_entry(const Sections& sections, Unit& unit, Budget& budget) {
  Cursor cursor(sections.info.first(unit.extent.end), unit.entries);
  const uint64_t code = Cursor(cursor).uleb();
  const Abbrevs abbrevs(sections.abbrev, unit.abbrevs, code, budget);
  Die die;
  if (!read_die(unit, abbrevs, cursor, budget, die)) return;
  unit.str_offsets_base = die[Attr::str_offsets_base].number;
  unit.addr_base = die[Attr::addr_base].number;
  unit.rnglists_base = die[Attr::rnglists_base].number;
  unit.comp_dir = text_of(sections, unit, die[Attr::comp_dir]);
  unit.low_pc = address_of(sections, unit, die[Attr::low_pc]).value_or(0);
  if (die.has(Attr::stmt_list)) unit.line_program = die[Attr::stmt_list].number;
}

}  // namespace

Budget Budget::of(const Sections& sections) {
  constexpr uint64_t for_a_byte = 16;
  constexpr uint64_t at_least = uint64_t{1} << 16;
  const size_t bytes = sections.abbrev.size() + sections.info.size() + sections.ranges.size() +
                       sections.rnglists.size();
  return {.work = at_least + for_a_byte * bytes, .abbrevs = 1u << 20, .ranges = 1u << 22};
}

bool Budget::spend(uint64_t count) {
  if (count > work) return false;
  work -= count;
  return true;
}

Abbrevs::Abbrevs(base::ByteSpan section, uint32_t offset, uint64_t last_code, Budget& budget)
    : section_(section) {
  Cursor cursor(section, offset);
  for (Row row; budget.abbrevs != 0 && read_row(cursor, budget, row); --budget.abbrevs) {
    if (!add(rows_, row, max_rows_of_table) || row.code == last_code) break;
  }
  if (!std::ranges::is_sorted(rows_, {}, &Row::code)) std::ranges::sort(rows_, {}, &Row::code);
}

const Abbrevs::Row* Abbrevs::find(uint64_t code) const {
  if (code - 1 < rows_.size() && rows_[code - 1].code == code) return &rows_[code - 1];
  const auto row = std::ranges::lower_bound(rows_, code, {}, &Row::code);
  return row != rows_.end() && row->code == code ? &*row : nullptr;
}

bool read_die(const Unit& unit, const Abbrevs& abbrevs, Cursor& cursor, Budget& budget, Die& die) {
  die = {};
  die.offset = cursor.offset();
  const uint64_t code = cursor.uleb();
  if (!cursor.ok() || !budget.spend(1)) return false;
  if (code == 0) return true;
  const Abbrevs::Row* const row = abbrevs.find(code);
  if (row == nullptr) return false;
  die.tag = row->tag;
  die.has_children = row->has_children;
  Cursor specs = abbrevs.specs(*row);
  for (;;) {
    const uint64_t code_of_attr = specs.uleb();
    const uint64_t form = specs.uleb();
    if (form == form_none) return die.tag != tag_end;
    FormValue value = read_form(cursor, unit.format, form);
    if (form == form_implicit_const) value.number = static_cast<uint64_t>(specs.sleb());
    if (!cursor.ok() || !specs.ok() || !budget.spend(1)) return false;
    const Attr attr = attr_of(code_of_attr);
    if (attr != Attr::none) die.values[size_t(attr)] = value;
  }
}

std::vector<Unit> read_units(const Sections& sections, Budget& budget) {
  std::vector<Unit> units;
  Cursor cursor(sections.info, 0);
  for (Extent extent; next_extent(cursor, sections.info.size(), extent);) {
    Unit read;
    read.extent = extent;
    if (!read_header(sections.info, read)) continue;
    read_first_entry(sections, read, budget);
    if (!add(units, read, max_units)) break;
  }
  return units;
}

}  // namespace waxwing::dwarf

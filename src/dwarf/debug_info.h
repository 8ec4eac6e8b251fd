// .debug_info: units, and the entries that describe their functions. [DWARF 5, 7.5]
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "dwarf/forms.h"

namespace waxwing::dwarf {

/// What reading may still cost, in attributes and the like: a few bytes can stand for much.
struct Budget {
  uint64_t work = 0;
  uint32_t abbrevs = 0;
  uint32_t ranges = 0;

  /// A budget for sections of that many bytes in all.
  static Budget of(const Sections& sections);
  /// Takes `count` of `work`; false where there is not as much.
  bool spend(uint64_t count);
};

/// A unit of compilation, and what its first entry says.
struct Unit {
  Extent extent;
  UnitFormat format;
  uint32_t entries = 0;  // where its entries begin
  uint32_t abbrevs = 0;  // in .debug_abbrev
  std::optional<uint64_t> line_program;
  std::string_view comp_dir;
  uint64_t low_pc = 0;
  uint64_t str_offsets_base = 0;
  uint64_t addr_base = 0;
  uint64_t rnglists_base = 0;
};

/// The shapes of a unit's entries, by their codes.
class Abbrevs {
 public:
  struct Row {
    uint32_t code = 0;
    uint32_t specs = 0;  // in .debug_abbrev: pairs of attribute and form
    uint16_t tag = 0;
    bool has_children = false;
  };

  /// Reads the table at `offset`, up to `last_code` where that is not 0. What is malformed, or
  /// beyond the budget, is left out.
  Abbrevs(base::ByteSpan section, uint32_t offset, uint64_t last_code, Budget& budget);

  /// Null where there is none.
  const Row* find(uint64_t code) const;
  /// Where the pairs of a row are read.
  Cursor specs(const Row& row) const { return {section_, row.specs}; }

 private:
  base::ByteSpan section_;
  std::vector<Row> rows_;  // by code
};

/// The attributes that are looked at.
enum class Attr : uint8_t {
  name,
  stmt_list,
  low_pc,
  high_pc,
  comp_dir,
  abstract_origin,
  specification,
  ranges,
  call_column,
  call_file,
  call_line,
  str_offsets_base,
  addr_base,
  rnglists_base,
  none,
};

enum Tag : uint16_t { tag_end = 0, tag_inlined_subroutine = 0x1d, tag_subprogram = 0x2e };

/// A debugging information entry.
struct Die {
  uint32_t offset = 0;  // in .debug_info
  uint16_t tag = tag_end;
  bool has_children = false;
  std::array<FormValue, size_t(Attr::none)> values;

  const FormValue& operator[](Attr attr) const { return values[size_t(attr)]; }
  bool has(Attr attr) const { return (*this)[attr].form != form_none; }
};

/// Reads the entry at the cursor, which is in .debug_info up to the unit's end, and passes it;
/// tag_end ends the children of one. False where it is malformed or the budget is spent.
bool read_die(const Unit& unit, const Abbrevs& abbrevs, Cursor& cursor, Budget& budget, Die& die);

/// The units that have line programs and could be read, by their places.
std::vector<Unit> read_units(const Sections& sections, Budget& budget);

/// The address of code that a value stands for, or nothing.
std::optional<uint64_t> address_of(const Sections& sections, const Unit& unit,
                                   const FormValue& value);
std::string_view text_of(const Sections& sections, const Unit& unit, const FormValue& value);
/// Where a reference leads in .debug_info; nothing for what is none.
std::optional<uint64_t> target_of(const Unit& unit, const FormValue& value);

struct Range {
  uint32_t begin = 0;
  uint32_t end = 0;
};
/// Replaces `ranges` by the addresses of code that the entry stands for.
void read_ranges(const Sections& sections, const Unit& unit, const Die& die, Budget& budget,
                 std::vector<Range>& ranges);

}  // namespace waxwing::dwarf

// What values of a unit stand for: addresses, texts, references, ranges. [DWARF 5, 2.17.3, 7.25
// to 7.28]
#include "dwarf/debug_info.h"

namespace waxwing::dwarf {
namespace {

constexpr uint16_t has_range_lists = 5;

enum RangeEntry : uint8_t {
  range_end = 0,
  range_base_addressx = 1,
  range_startx_endx = 2,
  range_startx_length = 3,
  range_offset_pair = 4,
  range_base_address = 5,
  range_start_end = 6,
  range_start_length = 7,
};

bool is_address(uint64_t form) {
  return form == form_addr || form == form_addrx || (form >= form_addrx1 && form <= form_addrx4);
}

/// A number of a table of them, beyond which there is 0.
uint64_t number_at(base::ByteSpan section, uint64_t base, uint64_t index, uint8_t size_bytes) {
  Cursor cursor(section, base);
  if (index > section.size()) return 0;
  cursor.skip(index * size_bytes);
  return cursor.number(size_bytes);
}

uint64_t indexed_address(const Sections& sections, const Unit& unit, uint64_t index) {
  return number_at(sections.addr, unit.addr_base, index, unit.format.address_bytes);
}

/// Where ranges go to; false where there is no more room.
class RangeSink {
 public:
  RangeSink(Budget& budget, std::vector<Range>& ranges) : budget_(budget), ranges_(ranges) {}

  bool add_range(uint64_t begin, uint64_t end) {
    if (!budget_.spend(1)) return false;
    if (!is_code_address(begin) || begin >= end || end > UINT32_MAX) return true;
    return add(ranges_, {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)}, budget_.ranges);
  }

 private:
  Budget& budget_;
  std::vector<Range>& ranges_;
};

/// .debug_ranges, of DWARF before 5.
void read_old_list(const Sections& sections, const Unit& unit, uint64_t offset, RangeSink& sink) {
  const uint8_t size = unit.format.address_bytes;
  const uint64_t new_base = size == 4 ? UINT32_MAX : UINT64_MAX;
  uint64_t base = unit.low_pc;
  for (Cursor cursor(sections.ranges, offset);;) {
    const uint64_t begin = cursor.number(size);
    const uint64_t end = cursor.number(size);
    if (!cursor.ok() || size == 0 || (begin == 0 && end == 0)) return;
    if (begin == new_base) {
      base = end;
      if (!sink.add_range(0, 0)) return;
    } else if (!is_code_address(begin) && begin != 0) {
      if (!sink.add_range(0, 0)) return;
    } else if (!sink.add_range(base + begin, base + end)) {
      return;
    }
  }
}

/// .debug_rnglists, of DWARF 5.
void read_list(const Sections& sections, const Unit& unit, uint64_t offset, RangeSink& sink) {
  const uint8_t size = unit.format.address_bytes;
  const auto indexed = [&](uint64_t index) { return indexed_address(sections, unit, index); };
  uint64_t base = unit.low_pc;
  for (Cursor cursor(sections.rnglists, offset);;) {
    uint64_t begin = 0;
    uint64_t end = 0;
    switch (cursor.byte()) {
      case range_base_addressx: base = indexed(cursor.uleb()); break;
      case range_base_address: base = cursor.number(size); break;
      case range_startx_endx:
        begin = indexed(cursor.uleb());
        end = indexed(cursor.uleb());
        break;
      case range_startx_length:
        begin = indexed(cursor.uleb());
        end = begin + cursor.uleb();
        break;
      case range_offset_pair:
        begin = base + cursor.uleb();
        end = base + cursor.uleb();
        break;
      case range_start_end:
        begin = cursor.number(size);
        end = cursor.number(size);
        break;
      case range_start_length:
        begin = cursor.number(size);
        end = begin + cursor.uleb();
        break;
      case range_end:
      default: return;
    }
    if (!cursor.ok() || !sink.add_range(begin, end)) return;
  }
}

}  // namespace

std::optional<uint64_t> address_of(const Sections& sections, const Unit& unit,
                                   const FormValue& value) {
  if (!is_address(value.form)) return std::nullopt;
  return value.form == form_addr ? value.number : indexed_address(sections, unit, value.number);
}

std::string_view text_of(const Sections& sections, const Unit& unit, const FormValue& value) {
  const bool is_indexed =
      value.form == form_strx || (value.form >= form_strx1 && value.form <= form_strx4);
  if (!is_indexed) return plain_text(sections, sections.info, value);
  return text_at(sections.str, number_at(sections.str_offsets, unit.str_offsets_base, value.number,
                                         unit.format.offset_bytes));
}

std::optional<uint64_t> target_of(const Unit& unit, const FormValue& value) {
  if (value.form == form_ref_addr) return value.number;
  if (value.form < form_ref1 || value.form > form_ref_udata) return std::nullopt;
  if (value.number > unit.extent.end - unit.extent.begin) return std::nullopt;
  return unit.extent.begin + value.number;
}

void read_ranges(const Sections& sections, const Unit& unit, const Die& die, Budget& budget,
                 std::vector<Range>& ranges) {
  ranges.clear();
  RangeSink sink(budget, ranges);
  const FormValue& high = die[Attr::high_pc];
  const auto low_pc = address_of(sections, unit, die[Attr::low_pc]);
  if (low_pc && high.form != form_none) {
    (void)sink.add_range(*low_pc, address_of(sections, unit, high).value_or(*low_pc + high.number));
    return;
  }
  const FormValue& list = die[Attr::ranges];
  if (list.form == form_none) return;
  if (unit.format.version < has_range_lists)
    return read_old_list(sections, unit, list.number, sink);
  uint64_t offset = list.number;
  if (list.form == form_rnglistx) {
    offset = unit.rnglists_base + number_at(sections.rnglists, unit.rnglists_base, list.number,
                                            unit.format.offset_bytes);
  }
  read_list(sections, unit, offset, sink);
}

}  // namespace waxwing::dwarf

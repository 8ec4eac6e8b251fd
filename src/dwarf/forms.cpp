// A table of sizes does what a case for each form would.
#include "dwarf/forms.h"

#include <array>

namespace waxwing::dwarf {
namespace {

enum Shape : uint8_t {
  // 0 to 8 are bytes of a number
  data16 = 16,
  unsigned_leb,
  signed_leb,
  section_offset,
  address,
  text,
  block,  // behind its size, by LEB128
  block1,
  block2,
  block4,
  reference_to_section,  // an address in DWARF 2
  indirect,
  unknown,
};

constexpr std::array<uint8_t, 0x2d> shapes = {
    /* 00 */ unknown,
    address,
    unknown,
    block2,
    /* 04 */ block4,
    2,
    4,
    8,
    /* 08 */ text,
    block,
    block1,
    1,
    /* 0c */ 1,
    signed_leb,
    section_offset,
    unsigned_leb,
    /* 10 */ reference_to_section,
    1,
    2,
    4,
    /* 14 */ 8,
    unsigned_leb,
    indirect,
    section_offset,
    /* 18 */ block,
    0,
    unsigned_leb,
    unsigned_leb,
    /* 1c */ 4,
    section_offset,
    data16,
    section_offset,
    /* 20 */ 8,
    0,
    unsigned_leb,
    unsigned_leb,
    /* 24 */ 8,
    1,
    2,
    3,
    /* 28 */ 4,
    1,
    2,
    3,
    /* 2c */ 4};

uint8_t shape_of(uint64_t form, const UnitFormat& format) {
  const uint8_t shape = form < shapes.size() ? shapes[form] : uint8_t{unknown};
  if (shape != reference_to_section) return shape;
  constexpr uint16_t had_addresses = 2;
  return format.version <= had_addresses ? address : section_offset;
}

}  // namespace

FormValue read_form(Cursor& cursor, const UnitFormat& format, uint64_t form) {
  uint8_t shape = shape_of(form, format);
  if (shape == indirect) {
    form = cursor.uleb();
    shape = form == form_implicit_const ? uint8_t{unknown} : shape_of(form, format);
  }
  FormValue value{.form = static_cast<uint16_t>(form)};
  switch (shape) {
    case unsigned_leb: value.number = cursor.uleb(); break;
    case signed_leb: value.number = static_cast<uint64_t>(cursor.sleb()); break;
    case section_offset: value.number = cursor.number(format.offset_bytes); break;
    case address: value.number = cursor.number(format.address_bytes); break;
    case text:
      value.number = cursor.offset();
      (void)cursor.text();
      break;
    case data16: cursor.skip(shape); break;
    case block: cursor.skip(cursor.uleb()); break;
    case block1: cursor.skip(cursor.number(1)); break;
    case block2: cursor.skip(cursor.number(2)); break;
    case block4: cursor.skip(cursor.number(4)); break;
    case indirect:
    case unknown: cursor.skip(UINT64_MAX); break;
    default: value.number = cursor.number(shape); break;
  }
  return value;
}

std::string_view plain_text(const Sections& sections, base::ByteSpan section,
                            const FormValue& value) {
  switch (value.form) {
    case form_string: return text_at(section, value.number);
    case form_strp: return text_at(sections.str, value.number);
    case form_line_strp: return text_at(sections.line_str, value.number);
    default: return {};
  }
}

}  // namespace waxwing::dwarf

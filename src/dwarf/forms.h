// The forms that attributes have. [DWARF 5, 7.5.6]
#pragma once

#include <cstdint>
#include <string_view>

#include "dwarf/cursor.h"
#include "dwarf/sections.h"

namespace waxwing::dwarf {

enum Form : uint16_t {
  form_none = 0,
  form_addr = 0x01,
  form_string = 0x08,
  form_strp = 0x0e,
  form_ref_addr = 0x10,
  form_ref1 = 0x11,
  form_ref_udata = 0x15,
  form_indirect = 0x16,
  form_strx = 0x1a,
  form_addrx = 0x1b,
  form_line_strp = 0x1f,
  form_implicit_const = 0x21,
  form_rnglistx = 0x23,
  form_strx1 = 0x25,
  form_strx4 = 0x28,
  form_addrx1 = 0x29,
  form_addrx4 = 0x2c,
};

/// What the sizes of forms depend on.
struct UnitFormat {
  uint16_t version = 0;
  uint8_t offset_bytes = 4;
  uint8_t address_bytes = 4;
};

struct FormValue {
  uint16_t form = form_none;
  uint64_t number = 0;  // of form_string: where the text begins; of blocks: 0
};

/// Reads a value and passes it; the cursor fails on an unknown form. The value of
/// form_implicit_const is elsewhere.
FormValue read_form(Cursor& cursor, const UnitFormat& format, uint64_t form);

/// The text of a value in `section`, for forms that need no base: "" for others.
std::string_view plain_text(const Sections& sections, base::ByteSpan section,
                            const FormValue& value);

}  // namespace waxwing::dwarf

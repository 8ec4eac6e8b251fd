// Proves at compile time what the rows of opcodes.def promise.
#include "syntax/opcode_table.h"

#include "base/check.h"

namespace waxwing::syntax {
namespace {

// An id is its text with '.', '/' and ' ' as '_'; a suffix tells apart what C++ or the text format
// would confuse.
consteval bool id_fits_text(std::string_view id, std::string_view text) {
  if (id.size() < text.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (id[i] != (c == '.' || c == '/' || c == ' ' ? '_' : c)) return false;
  }
  return true;
}

#define OP(ID, PREFIX, CODE, TEXT, IMMEDIATE, SIGNATURE, FEATURE)               \
  static_assert(id_fits_text(#ID, TEXT), "the id does not fit the text: " #ID); \
  static_assert(op_info(Op::ID).id == Op::ID, "rows are out of step: " #ID);    \
  static_assert(find_op(PREFIX, CODE) == Op::ID, "not found by its encoding: " #ID);
#include "syntax/opcodes.def"

consteval bool pure_rows_have_signatures() {
  for (const OpInfo& info : op_table) {
    if (info.kind == OpKind::pure && (info.signature.by_hand || info.signature.result_count == 0))
      return false;
  }
  return true;
}
static_assert(pure_rows_have_signatures(), "a PURE row needs operand and result types");

}  // namespace

void table_is_wrong(const char*) { UNREACHABLE(); }

}  // namespace waxwing::syntax

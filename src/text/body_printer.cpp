// Bodies are read once; folded ones are kept whole before they are written.
#include "text/body_printer.h"

#include "text/body_reader.h"
#include "text/folded_code.h"
#include "text/instr_printer.h"

namespace waxwing::text {

using binary::Instr;
using syntax::FuncIdx;

namespace {

constexpr uint32_t body_indent = 2;
/// Folding keeps a multiple of a body's size in memory; longer ones are printed flat.
constexpr size_t max_folded_size = size_t(8) << 20;

/// The hint on `instr`, which is the next of `hints` or none.
const CodeHint* take_hint(std::span<const CodeHint>& hints, const Instr& instr) {
  if (hints.empty() || hints.front().code_offset != instr.code_offset) return nullptr;
  const CodeHint* hint = &hints.front();
  hints = hints.subspan(1);
  return hint;
}

base::Result<> result_of(const BodyReader& reader, size_t text_size) {
  if (reader.error()) return std::unexpected(*reader.error());
  if (text_size <= max_text_size) return {};
  return base::fail(base::ErrorCode::implementation_limit,
                    "the text would be longer than " + std::to_string(max_text_size) + " bytes");
}

}  // namespace

base::Result<> BodyPrinter::print(FuncIdx func, FuncScope& scope, std::span<const CodeHint> hints) {
  const bool folds =
      style_ == CodeStyle::folded && types_.module().body(func).code_size <= max_folded_size;
  return folds ? print_folded(func, scope, hints) : print_flat(func, scope, hints);
}

base::Result<> BodyPrinter::print_flat(FuncIdx func, FuncScope& scope,
                                       std::span<const CodeHint> hints) {
  BodyReader reader(types_.module(), func);
  Instr instr;
  while (types_.out().size() <= max_text_size && reader.next(instr)) {
    print_flat_instr(instr, scope, take_hint(hints, instr));
  }
  return result_of(reader, types_.out().size());
}

void BodyPrinter::print_flat_instr(const Instr& instr, FuncScope& scope, const CodeHint* hint) {
  const bool opens = binary::opens_block(instr.op);
  if (binary::closes_block(instr.op)) scope.close();
  const bool is_between = binary::continues_block(instr.op);
  lines_.line(body_indent + scope.depth() - (is_between ? 1 : 0));
  if (hint != nullptr) append_branch_hint(lines_.out(), hint->is_likely);
  append_instr(types_, scope, instr);
  if (opens) lines_.line_comment(label_comment(scope.depth()));
}

base::Result<> BodyPrinter::print_folded(FuncIdx func, FuncScope& scope,
                                         std::span<const CodeHint> hints) {
  BodyReader reader(types_.module(), func);
  FoldedCode code(types_.module(), types_.names(), scope);
  Instr instr;
  while (code.text_size() <= max_text_size && reader.next(instr)) {
    code.add(instr, take_hint(hints, instr));
  }
  const bool is_complete = !reader.error() && code.text_size() <= max_text_size;
  if (is_complete) code.write_lines(lines_, body_indent);
  return result_of(reader, std::max(types_.out().size(), code.text_size()));
}

}  // namespace waxwing::text

// The instructions of a function, flat or folded. [spec 6.5]
#pragma once

#include "base/result.h"
#include "binary/instr_reader.h"
#include "text/func_scope.h"
#include "text/line_writer.h"
#include "text/print_hints.h"
#include "text/printer.h"
#include "text/type_printer.h"

namespace waxwing::text {

/// Prints bodies of one module, whose texts go where `types` appends its.
class BodyPrinter {
 public:
  BodyPrinter(TypePrinter& types, LineWriter& lines, CodeStyle style)
      : types_(types), lines_(lines), style_(style) {}

  /// Writes the body of `func` from a new line on, without its last `end`. An error where the body
  /// is no sequence of well-nested instructions. REQUIRES: `func` is defined, `hints` are its.
  base::Result<> print(syntax::FuncIdx func, FuncScope& scope, std::span<const CodeHint> hints);

 private:
  base::Result<> print_flat(syntax::FuncIdx func, FuncScope& scope,
                            std::span<const CodeHint> hints);
  base::Result<> print_folded(syntax::FuncIdx func, FuncScope& scope,
                              std::span<const CodeHint> hints);
  void print_flat_instr(const binary::Instr& instr, FuncScope& scope, const CodeHint* hint);

  TypePrinter& types_;
  LineWriter& lines_;
  CodeStyle style_;
};

}  // namespace waxwing::text

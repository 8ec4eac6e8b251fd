// Reads a body that has not been validated, and makes sure that its blocks are well nested.
#pragma once

#include <vector>

#include "binary/instr_reader.h"
#include "syntax/module.h"

namespace waxwing::text {

/// Gives the instructions of one body up to its last `end`, which it keeps. Whoever follows them
/// finds each `end`, `else`, `catch` and `delegate` in a block of its kind.
class BodyReader {
 public:
  /// REQUIRES: `func` is defined in `module`, which outlives the reader.
  BodyReader(const syntax::Module& module, syntax::FuncIdx func)
      : body_(module.body(func)),
        instrs_(module, syntax::FeatureSet::all(), module.code(body_), body_.offset) {}

  /// False at the end, and after an error.
  bool next(binary::Instr& instr);

  const std::optional<base::Error>& error() const { return error_; }

 private:
  bool enter(const binary::Instr& instr);
  bool fail(const binary::Instr& instr, std::string_view detail);

  const syntax::FuncBody& body_;
  binary::InstrReader instrs_;
  std::vector<syntax::Op> open_;  // what began each open block, or its last part
  std::optional<base::Error> error_;
};

}  // namespace waxwing::text

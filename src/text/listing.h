// A function's instructions with their places and encodings, for looking at bytes.
#pragma once

#include <string>

#include "binary/instr_reader.h"
#include "text/func_scope.h"
#include "text/type_printer.h"

namespace waxwing::text {

struct ListedInstr {
  uint32_t code_offset = 0;  // of the opcode within the body
  uint32_t size_bytes = 0;
  uint32_t depth = 0;  // of blocks around it
  std::string text;    // flat, as printed
};

/// A cursor over the body of one function, which may be anything: blocks that are not well nested
/// are listed too.
class FuncListing {
 public:
  /// REQUIRES: `func` is defined in `module`; both arguments outlive the listing.
  FuncListing(const syntax::Module& module, const ModuleNames& names, syntax::FuncIdx func);
  FuncListing(const FuncListing&) = delete;
  FuncListing& operator=(const FuncListing&) = delete;

  /// False at the end of the bytes, and after an error. The last `end` is listed too.
  bool next(ListedInstr& listed);

  const std::optional<base::Error>& error() const { return instrs_.error(); }

 private:
  std::string text_;
  TypePrinter types_;  // appends to text_
  FuncScope scope_;
  binary::InstrReader instrs_;
};

/// "func $add (;0;) (type 0) (param $a i32) (result i32)": the head of `func`, imported or not.
std::string func_heading(const syntax::Module& module, const ModuleNames& names,
                         syntax::FuncIdx func);

}  // namespace waxwing::text

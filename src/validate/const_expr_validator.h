// Constant expressions: their types. [spec 3.3.10, 3.4.14]
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "validate/module_context.h"

namespace waxwing::validate {

/// Where a constant expression stands, and what it must give.
struct ConstExprSite {
  std::string_view owner;                    // "global", "table", "element segment", ...
  uint32_t index = 0;                        // of the owner
  uint64_t offset = base::Error::no_offset;  // of the owner, for an expression without instructions
  syntax::ValType type;                      // that the expression must have
  uint32_t visible_globals = 0;              // it may read the first so many globals
};

/// Type-checks constant expressions of one module; that their instructions may stand in one, the
/// decoder has checked. Reuses its stack. Linear in the number of instructions and operands.
class ConstExprValidator {
 public:
  explicit ConstExprValidator(const ModuleContext& context)
      : context_(context), module_(*context.module) {}

  base::Result<> validate(syntax::ConstExpr expr, const ConstExprSite& site);

 private:
  using Step = base::Result<> (ConstExprValidator::*)(const syntax::ConstInstr&);
  struct Row {
    syntax::Op op;
    Step step;
  };
  static const Row rows[];

  base::Result<> validate_instr(const syntax::ConstInstr& instr);
  base::Result<> numeric(const syntax::ConstInstr& instr);
  base::Result<> global_get(const syntax::ConstInstr& instr);
  base::Result<> ref_null(const syntax::ConstInstr& instr);
  base::Result<> ref_func(const syntax::ConstInstr& instr);
  base::Result<> struct_new(const syntax::ConstInstr& instr);
  base::Result<> struct_new_default(const syntax::ConstInstr& instr);
  base::Result<> array_new(const syntax::ConstInstr& instr);
  base::Result<> array_new_default(const syntax::ConstInstr& instr);
  base::Result<> array_new_fixed(const syntax::ConstInstr& instr);
  base::Result<> ref_i31(const syntax::ConstInstr& instr);
  base::Result<> any_convert_extern(const syntax::ConstInstr& instr);
  base::Result<> extern_convert_any(const syntax::ConstInstr& instr);

  base::Result<const syntax::SubType*> type_at(const syntax::ConstInstr& instr) const;
  base::Result<> check_default(syntax::ValType type, const syntax::ConstInstr& instr) const;
  base::Result<> pop(syntax::ValType required, const syntax::ConstInstr& instr);
  base::Result<> convert(syntax::AbstractHeap from, syntax::AbstractHeap to,
                         const syntax::ConstInstr& instr);
  base::Result<> push_new(const syntax::ConstInstr& instr);
  std::string site_text() const;

  const ModuleContext& context_;
  const syntax::Module& module_;
  ConstExprSite site_;
  std::vector<syntax::ValType> operands_;
};

}  // namespace waxwing::validate

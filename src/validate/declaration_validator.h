// Everything of a module but function bodies: limits, segments, exports, start. [spec 3.5]
#pragma once

#include <string_view>

#include "base/result.h"
#include "validate/const_expr_validator.h"
#include "validate/module_context.h"

namespace waxwing::validate {

/// Works in the order of the module's sections. One use.
class DeclarationValidator {
 public:
  explicit DeclarationValidator(const ModuleContext& context)
      : context_(context), module_(*context.module), const_exprs_(context) {}

  base::Result<> run();

 private:
  base::Result<> imports();
  base::Result<> import_type(const syntax::Import& import);
  base::Result<> tables();
  base::Result<> memories();
  base::Result<> globals();
  base::Result<> exports();
  base::Result<> export_index(const syntax::Export& item);
  base::Result<> start();
  base::Result<> elems();
  base::Result<> elem(uint32_t index);
  base::Result<> elem_items(const syntax::ElemSegment& segment, uint32_t index);
  base::Result<> datas();
  base::Result<> data(uint32_t index);
  base::Result<> tag(const syntax::TagType& type, uint64_t offset);

  const ModuleContext& context_;
  const syntax::Module& module_;
  ConstExprValidator const_exprs_;
};

}  // namespace waxwing::validate

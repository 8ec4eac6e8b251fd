// Instructions in the order of their bytes.
#include "text/listing.h"

#include "text/instr_printer.h"
#include "text/print_literals.h"

namespace waxwing::text {

using syntax::FuncIdx;
using syntax::Module;

namespace {

size_t local_count(const Module& module, FuncIdx func) {
  size_t count = module.func_type(func).params.size();
  for (const syntax::LocalRun& run : module.locals(module.body(func))) count += run.count;
  return count;
}

}  // namespace

FuncListing::FuncListing(const Module& module, const ModuleNames& names, FuncIdx func)
    : types_(module, names, text_),
      scope_(names.locals(func, local_count(module, func)), names.labels(func),
             uint32_t(module.func_type(func).results.size())),
      instrs_(module, syntax::FeatureSet::all(), module.code(module.body(func)),
              module.body(func).offset) {}

bool FuncListing::next(ListedInstr& listed) {
  binary::Instr instr;
  if (!instrs_.next(instr)) return false;
  if (binary::closes_block(instr.op) && scope_.depth() > 0) scope_.close();
  listed.depth = scope_.depth();
  if (binary::continues_block(instr.op) && listed.depth > 0) --listed.depth;
  listed.code_offset = instr.code_offset;
  listed.size_bytes = instrs_.position() - instr.code_offset;
  text_.clear();
  append_instr(types_, scope_, instr);
  listed.text = text_;
  return true;
}

std::string func_heading(const Module& module, const ModuleNames& names, FuncIdx func) {
  std::string text = "func";
  TypePrinter types(module, names, text);
  append_id_of(text, names.of(binary::NameKind::func).find(func.value));
  text += " (;";
  append_unsigned(text, func.value);
  text += ";)";
  types.type_use(module.funcs[func]);
  return text;
}

}  // namespace waxwing::text

// The order of validation, and the gathering of hints.
#include "validate/module_validator.h"

#include <algorithm>

#include "syntax/opcode_table.h"
#include "validate/declaration_validator.h"
#include "validate/func_validator.h"

namespace waxwing::validate {

using base::Result;
using syntax::ConstInstr;
using syntax::FeatureSet;
using syntax::FuncHints;
using syntax::FuncIdx;
using syntax::Module;
using syntax::ModuleHints;
using syntax::Op;

namespace {

/// The functions that the module names outside of bodies and start: those that ref.func may name.
std::vector<bool> declared_funcs(const Module& module) {
  std::vector<bool> declared(module.funcs.size());
  const auto declare = [&](uint32_t func) {
    if (func < declared.size()) declared[func] = true;
  };
  for (const syntax::Export& item : module.exports) {
    if (item.kind == syntax::ExternKind::func) declare(item.index);
  }
  for (const syntax::ElemSegment& segment : module.elems) {
    for (FuncIdx func : segment.funcs) declare(func.value);
  }
  for (const ConstInstr& instr : module.const_instrs) {
    if (instr.op == Op::ref_func) declare(instr.index);
  }
  return declared;
}

void append(ModuleHints& hints, const FuncScratch& scratch) {
  FuncHints func = scratch.hints;
  func.first_loop = uint32_t(hints.loops.size());
  func.first_local = uint32_t(hints.local_weights.size());
  hints.funcs.push_back(func);
  hints.loops.append(scratch.loops);
  const std::span<const uint16_t> weights = scratch.weights();
  hints.local_weights.append(weights);
}

void add(FeatureSet& to, FeatureSet from) {
  for (const syntax::FeatureInfo& info : syntax::feature_table) {
    if (from.has(info.id)) to.set(info.id, true);
  }
}

}  // namespace

Result<ModuleContext> validate_declarations(const Module& module, FeatureSet features,
                                            const base::StopFlag* stop) {
  ModuleContext context{&module, features, declared_funcs(module), stop};
  TRY(DeclarationValidator(context).run());
  return context;
}

Result<> validate_function(const ModuleContext& context, FuncIdx func, FuncScratch& scratch) {
  return FuncValidator(context, func, scratch).run();
}

Result<> observe_function(const ModuleContext& context, FuncIdx func, FuncScratch& scratch,
                          const StepObserver& observe) {
  return FuncValidator(context, func, scratch).run(&observe);
}

Result<> validate(Module& module, FeatureSet features, const base::StopFlag* stop) {
  const ModuleContext context = TRY(validate_declarations(module, features, stop));
  ModuleHints hints;
  hints.funcs.reserve(module.bodies.size());
  FuncScratch scratch;
  for (size_t i = 0; i < module.bodies.size(); ++i) {
    TRY(validate_function(context, FuncIdx(module.imported_funcs + i), scratch));
    append(hints, scratch);
  }
  module.hints = std::move(hints);
  add(module.features_used, scratch.used);
  return {};
}

}  // namespace waxwing::validate

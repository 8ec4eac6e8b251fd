// drop and select, locals and globals. [spec 3.4.6, 3.4.9, 3.4.10]
#include "base/check.h"
#include "syntax/limits.h"
#include "validate/func_validator.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::ValKind;
using syntax::ValType;

// Only as many locals as the body's size justifies get a type and a weight of their own, so that
// a small module cannot ask for much work or memory; the types of the others are searched for.
bool FuncValidator::begin_locals() {
  std::vector<ValType>& near = scratch_.near_locals;
  const size_t near_limit = type_.params.size() + code_.size() + locals_.size() + 16;
  near.assign(1, syntax::i32_type);
  near.insert(near.end(), type_.params.begin(), type_.params.end());
  scratch_.run_ends.clear();
  uint64_t count = type_.params.size();
  for (const syntax::LocalRun& run : locals_) {
    count += run.count;
    if (count > syntax::max_locals) {
      return fail(
          ErrorCode::implementation_limit,
          std::to_string(count).append(" locals, at most ") + std::to_string(syntax::max_locals));
    }
    scratch_.run_ends.push_back(uint32_t(count));
    const size_t room = near_limit - std::min(near.size(), near_limit);
    near.insert(near.end(), std::min(size_t(run.count), room), run.type);
  }
  local_count_ = uint32_t(count);
  near_count_ = uint32_t(near.size() - 1);
  if (scratch_.is_initialized.empty()) scratch_.is_initialized.assign(syntax::max_locals, 0);
  // Locals that are not there look like vectors, which are left to the slow path.
  if (near.size() <= max_quick_locals) near.resize(max_quick_locals + 1, syntax::v128_type);
  scratch_.local_weights.assign(near.size(), 0);
  scratch_.hints.local_count = near_count_;
  return true;
}

ValType FuncValidator::far_local_type(uint32_t index) const {
  const auto run = std::ranges::upper_bound(scratch_.run_ends, index);
  return locals_[size_t(run - scratch_.run_ends.begin())].type;
}

bool FuncValidator::find_local(ValType& type) {
  const uint32_t index = instr_.index;
  if (index >= local_count_) {
    return fail_index(ErrorCode::unknown_local, index, local_count_, "the function");
  }
  const bool is_near = index < near_count_;
  type = is_near ? scratch_.near_locals[index + 1] : far_local_type(index);
  weigh(is_near ? index + 1 : 0);
  return true;
}

bool FuncValidator::is_set(uint32_t local, ValType type) const {
  return type.is_defaultable() || local < type_.params.size() ||
         scratch_.is_initialized[local] != 0;
}

void FuncValidator::set_local(uint32_t local, ValType type) {
  note_write(local);
  if (is_set(local, type)) return;
  scratch_.is_initialized[local] = 1;
  scratch_.initialized.push_back(local);
}

void FuncValidator::shrink_initialized(uint32_t count) {
  while (scratch_.initialized.size() > count) {
    scratch_.is_initialized[scratch_.initialized.back()] = 0;
    scratch_.initialized.pop_back();
  }
}

bool FuncValidator::check_local_get() {
  ValType type;
  if (!find_local(type)) return false;
  if (!is_set(instr_.index, type)) {
    return fail(ErrorCode::uninitialized_local, std::to_string(instr_.index));
  }
  push(type);
  return true;
}

bool FuncValidator::check_local_set() {
  ValType type;
  if (!find_local(type) || !pop({type})) return false;
  set_local(instr_.index, type);
  return true;
}

bool FuncValidator::check_local_tee() {
  ValType type;
  if (!find_local(type) || !pop({type})) return false;
  set_local(instr_.index, type);
  push(type);
  return true;
}

bool FuncValidator::check_global_get() {
  const syntax::GlobalIdx global(instr_.index);
  if (!module_.globals.contains(global)) {
    return fail_index(ErrorCode::unknown_global, instr_.index, module_.globals.size(),
                      "the module");
  }
  push(module_.globals[global].type.value);
  return true;
}

bool FuncValidator::check_global_set() {
  const syntax::GlobalIdx global(instr_.index);
  if (!module_.globals.contains(global)) {
    return fail_index(ErrorCode::unknown_global, instr_.index, module_.globals.size(),
                      "the module");
  }
  const syntax::GlobalType& type = module_.globals[global].type;
  if (!type.is_mutable) {
    return fail(ErrorCode::immutable_global, std::to_string(instr_.index));
  }
  return pop({type.value});
}

bool FuncValidator::check_drop() {
  ValType type;
  return pop_any(type);
}

bool FuncValidator::check_select() {
  ValType second;
  ValType first;
  if (!pop_i32() || !pop_any(second) || !pop_any(first)) return false;
  if (first.is_ref() || second.is_ref()) {
    return fail_type("without a type requires numbers or vectors but the stack has [" +
                     to_string(first) + " " + to_string(second) + "]");
  }
  const bool is_known = first.kind() != ValKind::bottom && second.kind() != ValKind::bottom;
  if (is_known && first != second) {
    return fail_type("requires two operands of one type but the stack has [" + to_string(first) +
                     " " + to_string(second) + "]");
  }
  push(first.kind() == ValKind::bottom ? second : first);
  return true;
}

bool FuncValidator::check_select_typed() {
  if (instr_.types.size() != 1) {
    return fail(ErrorCode::invalid_result_arity,
                "select has " + std::to_string(instr_.types.size()) + " result types instead of 1");
  }
  const ValType type = instr_.types[0];
  if (!pop({type, type, syntax::i32_type})) return false;
  push(type);
  return true;
}

}  // namespace waxwing::validate

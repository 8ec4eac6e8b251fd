// What validation learns on its way: which locals are used much, which loops write them, who calls.
#include <algorithm>

#include "validate/func_validator.h"

namespace waxwing::validate {

using syntax::LoopHints;

namespace {

/// What happened within an inner loop happened within the outer one, too.
void merge(LoopHints& outer, const LoopHints& inner) {
  outer.written_locals |= inner.written_locals;
  outer.writes_others |= inner.writes_others;
  outer.has_call |= inner.has_call;
}

}  // namespace

void FuncValidator::set_use_unit() {
  constexpr size_t saturated = 6;  // 8 to this power is more than a weight can be
  const size_t depth = scratch_.open_loops.size();
  use_unit_ = depth < saturated ? 1u << 3 * depth : UINT16_MAX;
}

void FuncValidator::open_loop() {
  scratch_.open_loops.push_back({uint32_t(scratch_.loops.size()), loop_});
  loop_ = LoopHints{};
  loop_.code_offset = instr_.code_offset;
  scratch_.loops.push_back(loop_);
  scratch_.hints.has_loop = true;
  scratch_.hints.loop_count = uint32_t(scratch_.loops.size());
  set_use_unit();
}

void FuncValidator::close_loop() {
  const OpenLoop open = scratch_.open_loops.back();
  scratch_.open_loops.pop_back();
  scratch_.loops[open.index] = loop_;
  const LoopHints inner = loop_;
  loop_ = open.outer;
  merge(loop_, inner);
  set_use_unit();
}

void FuncValidator::note_call() {
  loop_.has_call = true;
  scratch_.hints.has_call = true;
  const uint64_t weight = uint64_t{scratch_.hints.call_weight} + use_unit_;
  scratch_.hints.call_weight = static_cast<uint32_t>(std::min<uint64_t>(weight, UINT32_MAX));
}

}  // namespace waxwing::validate

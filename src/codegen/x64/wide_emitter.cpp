// See wide_emitter.h. The low half waits in scratch, so that `d` may overlap the operands; moves
// keep the carry.
#include "codegen/x64/wide_emitter.h"

#include <cassert>

namespace waxwing::codegen::x64 {

void WideEmitter::i64_add128(GprPair d, GprPair a, GprPair b) {
  assert(d.low != d.high);
  m_.mov(Width::w64, scratch, a.low);
  m_.add(Width::w64, scratch, b.low);
  const Gpr rhs = d.high == b.high ? a.high : b.high;
  if (d.high != b.high) m_.move(d.high, a.high);
  m_.adc(Width::w64, d.high, rhs);
  m_.mov(Width::w64, d.low, scratch);
}

void WideEmitter::i64_sub128(GprPair d, GprPair a, GprPair b) {
  assert(d.low != d.high);
  m_.mov(Width::w64, scratch, a.low);
  m_.sub(Width::w64, scratch, b.low);
  if (d.high == b.high && d.high != a.high) {
    m_.move(d.low, a.high);  // its old value, if it was an operand's low half, is used
    m_.sbb(Width::w64, d.low, b.high);
    m_.mov(Width::w64, d.high, d.low);
  } else {
    m_.move(d.high, a.high);
    m_.sbb(Width::w64, d.high, b.high);
  }
  m_.mov(Width::w64, d.low, scratch);
}

}  // namespace waxwing::codegen::x64

// See fuel.h.
#include "binary/fuel.h"

namespace waxwing::binary {

uint32_t run_cost(const syntax::Module& module, base::ByteSpan code) {
  InstrReader reader(module, syntax::FeatureSet::all(), code, 0);
  uint32_t cost = 0;
  Instr instr;
  while (reader.next(instr)) {
    cost += fuel_cost(instr.op);
    if (ends_run(instr.op)) break;
  }
  return cost;
}

}  // namespace waxwing::binary

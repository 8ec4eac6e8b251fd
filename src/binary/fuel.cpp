// See fuel.h.
#include "binary/fuel.h"

namespace waxwing::binary {

uint32_t run_cost(const syntax::Module& module, base::ByteSpan code) {
  InstrReader reader(module, syntax::FeatureSet::all(), code, 0);
  uint32_t cost = 0;
  Instr instr;
  while (reader.next(instr)) {
    cost += fuel_cost(instr.op);
    if (instr.op == syntax::Op::struct_new_default)
      cost += uint32_t(module.types[syntax::TypeIdx(instr.index)].structure()->fields.size());
    if (ends_run(instr.op)) break;
  }
  return cost;
}

uint32_t entry_cost(const syntax::Module& module, const syntax::FuncBody& body) {
  constexpr uint64_t free_slots = 64;
  constexpr uint64_t slots_a_unit = 2;
  uint64_t slots = 0;
  for (const syntax::LocalRun& run : module.locals(body))
    slots += uint64_t{run.count} * run.type.slot_count();
  const uint64_t paid = slots > free_slots ? (slots - free_slots) / slots_a_unit : 0;
  return run_cost(module, module.code(body)) + static_cast<uint32_t>(paid);
}

}  // namespace waxwing::binary

// One body after the other, then the sections around them.
#include "generate/generate.h"

#include "generate/body.h"

namespace waxwing::tests {

std::vector<uint8_t> generate_module(const Shape& shape) {
  Plan plan(shape.seed);
  // Bodies choose among the types that are there now, and add those of their blocks.
  std::vector<ByteWriter> bodies;
  for (auto i = plan.imported_funcs; i < plan.funcs.size(); ++i) {
    Plan types = plan;
    Body body(types, shape, i);
    bodies.push_back(body.make());
    plan.types = std::move(types.types);
  }
  return plan.encode(bodies);
}

uint32_t defined_funcs(const Shape& shape) {
  const Plan plan(shape.seed);
  return uint32_t(plan.funcs.size()) - plan.imported_funcs;
}

}  // namespace waxwing::tests

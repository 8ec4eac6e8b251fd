// A random module that is valid, ends, and follows from its shape.
#pragma once

#include "generate/plan.h"

namespace waxwing::tests {

std::vector<uint8_t> generate_module(const Shape& shape);
/// Functions that it defines.
uint32_t defined_funcs(const Shape& shape);

}  // namespace waxwing::tests

// What looking for a handler among those of a function costs, where code counts fuel. Tables have
// it as the first handler of the function: one that skips, over a range that ends before it begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "abi/code_image.h"

namespace waxwing::abi {

/// Of so many clauses, in every tier. [docs/fuel.md]
constexpr uint32_t handler_cost(size_t clauses) { return static_cast<uint32_t>(clauses / 16); }

constexpr CodeHandler handler_cost_entry(uint32_t cost) {
  return {.begin = 1, .end = 0, .target = cost, .tag = CodeHandler::skips};
}

/// 0 where the function's code does not count.
constexpr uint32_t handler_cost_of(std::span<const CodeHandler> handlers) {
  if (handlers.empty()) return 0;
  const CodeHandler& first = handlers.front();
  return first.tag == CodeHandler::skips && first.begin > first.end ? first.target : 0;
}

}  // namespace waxwing::abi

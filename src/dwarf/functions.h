// The functions of a unit, and what was inlined into them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dwarf/debug_info.h"

namespace waxwing::dwarf {

/// A function, or one that was inlined, by its entry in .debug_info.
struct Scope {
  static constexpr uint32_t none = UINT32_MAX;

  uint32_t entry = 0;
  uint32_t parent = none;  // of Functions::scopes
  bool is_inlined = false;
};

/// An index of a unit, made by reading all of its entries once.
class Functions {
 public:
  Functions(const Sections& sections, const Unit& unit, Budget& budget);

  const Abbrevs& abbrevs() const { return abbrevs_; }
  /// The innermost scope of that address, or Scope::none. Linear in the number of ranges.
  uint32_t find(uint32_t address) const;
  const Scope& scope(uint32_t index) const { return scopes_[index]; }

 private:
  struct ScopeRange {
    Range range;
    uint32_t scope = 0;
  };

  bool add_scope(const Sections& sections, const Unit& unit, const Die& die, uint32_t parent,
                 Budget& budget);

  Abbrevs abbrevs_;
  std::vector<Scope> scopes_;
  std::vector<ScopeRange> ranges_;  // those of inner scopes behind those of outer ones
};

}  // namespace waxwing::dwarf

// One pass over the entries of a unit: each scope knows which one is around it.
#include "dwarf/functions.h"

namespace waxwing::dwarf {

namespace {
constexpr size_t max_depth = 1024;  // of entries in entries
}

Functions::Functions(const Sections& sections, const Unit& unit, Budget& budget)
    : abbrevs_(sections.abbrev, unit.abbrevs, 0, budget) {
  Cursor cursor(sections.info.first(unit.extent.end), unit.entries);
  std::vector<uint32_t> parents;  // the scope around each open entry's children
  Die die;
  while (!cursor.at_end() && read_die(unit, abbrevs_, cursor, budget, die)) {
    if (die.tag == tag_end) {
      if (!parents.empty()) parents.pop_back();
      if (parents.empty()) return;
      continue;
    }
    uint32_t scope = parents.empty() ? Scope::none : parents.back();
    if (die.tag == tag_subprogram || die.tag == tag_inlined_subroutine) {
      if (!add_scope(sections, unit, die, scope, budget)) return;
      if (!scopes_.empty() && scopes_.back().entry == die.offset)
        scope = static_cast<uint32_t>(scopes_.size() - 1);
    }
    if (die.has_children && !add(parents, scope, max_depth)) return;
  }
}

bool Functions::add_scope(const Sections& sections, const Unit& unit, const Die& die,
                          uint32_t parent, Budget& budget) {
  std::vector<Range> ranges;
  read_ranges(sections, unit, die, budget, ranges);
  if (ranges.empty()) return true;
  budget.ranges -= static_cast<uint32_t>(ranges.size());
  const auto index = static_cast<uint32_t>(scopes_.size());
  const Scope scope{
      .entry = die.offset, .parent = parent, .is_inlined = die.tag == tag_inlined_subroutine};
  if (!add(scopes_, scope, Scope::none)) return false;
  for (const Range& range : ranges)
    if (!add(ranges_, {range, index}, SIZE_MAX)) return false;
  return true;
}

uint32_t Functions::find(uint32_t address) const {
  for (size_t i = ranges_.size(); i-- > 0;) {
    const Range& range = ranges_[i].range;
    if (address >= range.begin && address < range.end) return ranges_[i].scope;
  }
  return Scope::none;
}

}  // namespace waxwing::dwarf

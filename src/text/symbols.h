// Ids as small numbers, and the index spaces that give them meanings. [spec 6.3.5, 6.6.1]
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waxwing::text {

/// Number of a distinct name.
using Symbol = uint32_t;
inline constexpr Symbol no_symbol = UINT32_MAX;

/// All names of a module, each once. Names are views: of the text, or of what the table keeps.
class SymbolTable {
 public:
  SymbolTable();

  /// The symbol of `name`, which outlives the table. Constant time, on average: no text can be made
  /// to collide.
  Symbol intern(std::string_view name);
  /// The same for a name that does not outlive the table.
  Symbol intern_copy(std::string_view name);
  /// The symbol of the id `id` as the text has it ("$a", "$\"a b\""), or nothing where it is not
  /// UTF-8. `id` outlives the table.
  std::optional<Symbol> intern_id(std::string_view id);

  std::string_view name(Symbol symbol) const { return names_[symbol]; }
  size_t size() const { return names_.size(); }

 private:
  uint64_t hash(std::string_view name) const;
  size_t find_slot(std::string_view name, uint64_t hash) const;
  Symbol add(std::string_view name, size_t slot, uint64_t hash);
  void grow();

  struct Slot {
    uint32_t hash = 0;
    Symbol symbol = no_symbol;
  };

  std::vector<std::string_view> names_;
  std::vector<Slot> slots_;  // open addressing; a power of two
  std::deque<std::string> copies_;
  uint64_t seed_;
};

/// The meaning of symbols in one index space.
class IndexSpace {
 public:
  struct Name {
    uint32_t index;
    Symbol id;    // or no_symbol
    Symbol name;  // for the name section: the id, unless an annotation gives another
  };

  /// Gives the next index to `id` (or to nothing, with no_symbol); false where it has one.
  bool bind(Symbol id) { return bind(id, id); }
  bool bind(Symbol id, Symbol name);
  std::optional<uint32_t> find(Symbol symbol) const {
    if (symbol >= indices_.size() || indices_[symbol] == 0) return std::nullopt;
    return indices_[symbol] - 1;
  }
  uint32_t count() const { return count_; }
  /// Advances by `count` indices without names.
  void skip(uint32_t count) { count_ += count; }
  /// Empties the space, at the cost of what was bound.
  void clear();
  /// What has a name, by rising index.
  const std::vector<Name>& names() const { return names_; }

 private:
  std::vector<uint32_t> indices_;  // by symbol, plus 1
  std::vector<Name> names_;
  uint32_t count_ = 0;
};

/// The symbols of enclosing blocks: an inner one hides an outer one of the same name.
class LabelStack {
 public:
  void push(Symbol symbol);
  /// REQUIRES: depth() > 0
  void pop();
  size_t depth() const { return labels_.size(); }
  /// REQUIRES: depth() > 0
  Symbol top() const { return labels_.back().symbol; }
  /// How many blocks lie between here and the innermost one of that name.
  std::optional<uint32_t> find(Symbol symbol) const;
  void clear();

 private:
  struct Label {
    Symbol symbol;
    uint32_t hidden;  // what levels_ held for the symbol
  };

  std::vector<Label> labels_;
  std::vector<uint32_t> levels_;  // by symbol: place in labels_ plus 1
};

}  // namespace waxwing::text

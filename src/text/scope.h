// What ids and indices mean within one module. [spec 6.6.1]
#pragma once

#include <array>
#include <string_view>

#include "text/cursor.h"
#include "text/symbols.h"

namespace waxwing::text {

/// The index spaces, in the order of the duplicate_* rows of errors.def.
enum class Space : uint8_t { type, func, table, memory, global, tag, elem, data, local, field };

std::string_view space_text(Space space);

/// Reads ids and indices from a cursor; errors go to the cursor.
class Scope {
 public:
  explicit Scope(Cursor& cursor) : cursor_(cursor) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  Cursor& cursor() { return cursor_; }
  SymbolTable& symbols() { return symbols_; }
  /// REQUIRES: space != Space::field
  IndexSpace& space(Space space) { return spaces_[size_t(space)]; }

  /// The symbol of the id that comes next, or no_symbol.
  Symbol take_symbol();
  /// What the name section calls the thing whose id `id` was just read: `id`, unless (@name "...")
  /// follows. `what` it is, for messages.
  Symbol take_name(Symbol id, std::string_view what);
  /// Gives the next index of `space` to the id that comes next, if one does.
  void bind(Space space) { bind(space, this->space(space)); }
  void bind(Space space, IndexSpace& indices);
  bool at_index() const { return cursor_.at(TokenKind::number) || cursor_.at(TokenKind::id); }
  /// Reads a number, which may be beyond the space, or an id of the space.
  uint32_t index(Space space);
  /// The same where an index may be left out, which means 0.
  uint32_t optional_index(Space space) { return at_index() ? index(space) : 0; }

  void fail_unknown(std::string_view what, const Token& where, std::string_view hint);
  void fail_duplicate(Space space, const Token& where);

 private:
  std::string nearest(Space space, std::string_view name) const;

  Cursor& cursor_;
  SymbolTable symbols_;
  std::array<IndexSpace, size_t(Space::field)> spaces_;
};

}  // namespace waxwing::text

// The index of a module's DWARF: pieces of line programs by address, and the units that they are
// of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dwarf/functions.h"
#include "dwarf/line_table.h"
#include "dwarf/location.h"

namespace waxwing::dwarf {

/// Reads .debug_line and the first entry of each unit; the rest is read when it is needed.
class LineIndex {
 public:
  explicit LineIndex(const Sections& sections);

  /// See SourceMap::find. `address` is in the contents of the code section.
  std::vector<Location> find(uint32_t address);

 private:
  static constexpr uint32_t no_unit = UINT32_MAX;

  /// A line program, the files that it names, and the unit that it is of.
  struct Program {
    LineHeader header;
    uint32_t unit = no_unit;
    std::unique_ptr<const FileTable> files;
  };

  /// A part of a program that can be run by itself, since its first row is known.
  struct Piece {
    uint32_t begin = 0;  // addresses
    uint32_t end = 0;
    uint32_t program = 0;
    uint32_t position = 0;  // behind what made the first row
    uint32_t file = 0;
    uint32_t line = 0;
    uint32_t column = 0;
  };

  void read_programs();
  bool read_pieces(uint32_t program);
  void match_units();
  /// The row of the address; false where there is none.
  bool find_row(uint32_t address, LineRow& row, uint32_t& program) const;
  const Functions& functions(uint32_t unit);
  bool read_entry(uint32_t unit, uint32_t offset, Die& die);
  /// The name of the function that the entry is, or was inlined from.
  std::string_view function_name(uint32_t unit, const Die& die);
  uint32_t unit_at(uint64_t offset) const;
  std::string path(Program& program, uint64_t file);

  const Sections sections_;
  Budget budget_;
  std::vector<Unit> units_;
  std::vector<std::unique_ptr<const Functions>> functions_;  // of units that were asked for
  std::vector<Program> programs_;
  std::vector<Piece> pieces_;  // by begin
};

}  // namespace waxwing::dwarf

// .debug_line: the programs that say which line an address belongs to. [DWARF 5, 6.2]
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dwarf/cursor.h"
#include "dwarf/sections.h"

namespace waxwing::dwarf {

struct LineHeader {
  Extent extent;
  uint32_t tables = 0;   // where the directories are
  uint32_t program = 0;  // where the first instruction is
  uint16_t version = 0;
  uint8_t instr_bytes = 1;
  int8_t line_base = 0;
  uint8_t line_range = 0;
  uint8_t first_special = 0;
  base::ByteSpan operand_counts;  // of the instructions 1, 2, ... before `first_special`
};

/// The header of the program at `extent`; nothing where its version is none of 2 to 5.
std::optional<LineHeader> read_line_header(base::ByteSpan section, const Extent& extent);

struct LineRow {
  uint64_t address = 0;
  uint32_t file = 1;
  uint32_t line = 1;
  uint32_t column = 0;
};

/// A line program at work.
class LineMachine {
 public:
  enum class Event : uint8_t { row, end_of_sequence, stop };

  /// Begins at `position` with the registers that `row` says.
  LineMachine(base::ByteSpan section, const LineHeader& header, uint32_t position,
              const LineRow& row)
      : header_(header), cursor_(section.first(header.extent.end), position), row_(row) {}

  /// Goes on to the next row or end of a sequence; stops at `limit`, and where the program ends or
  /// is malformed.
  Event run(uint32_t limit);
  const LineRow& row() const { return row_; }
  uint32_t position() const { return cursor_.offset(); }

 private:
  void standard(uint8_t op);
  std::optional<Event> extended();
  void advance(uint64_t count) { row_.address += count * header_.instr_bytes; }
  void special(uint8_t adjusted, bool moves_line);

  const LineHeader& header_;
  Cursor cursor_;
  LineRow row_;
  bool was_ended_ = false;
  bool has_row_ = false;
};

/// The files of a program.
class FileTable {
 public:
  FileTable(const Sections& sections, const LineHeader& header);

  /// The path of file `index`, in `comp_dir` where it is relative; "" where there is none.
  std::string path(uint64_t index, std::string_view comp_dir) const;

 private:
  struct Entry {
    std::string_view name;
    uint64_t directory = 0;
  };

  void read_old(Cursor& cursor);
  std::vector<Entry> read_list(Cursor& cursor, const Sections& sections, uint8_t offset_bytes);

  uint16_t version_;
  std::vector<Entry> directories_;
  std::vector<Entry> files_;
};

}  // namespace waxwing::dwarf

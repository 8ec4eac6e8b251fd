// Line programs are cut into pieces of some KB when the index is made, so that looking up runs one
// piece, whatever the module says.
#include "dwarf/line_index.h"

#include <algorithm>
#include <utility>

namespace waxwing::dwarf {
namespace {

constexpr uint32_t piece_bytes = 4096;
constexpr size_t max_pieces = size_t{1} << 21;
constexpr size_t max_programs = size_t{1} << 18;
constexpr unsigned max_name_hops = 16;
constexpr size_t max_locations = 64;  // functions inlined in functions

}  // namespace

LineIndex::LineIndex(const Sections& sections)
    : sections_(sections), budget_(Budget::of(sections)) {
  read_programs();
  if (!pieces_.empty()) match_units();
}

void LineIndex::read_programs() {
  Cursor cursor(sections_.line, 0);
  for (Extent extent; next_extent(cursor, sections_.line.size(), extent);) {
    const auto header = read_line_header(sections_.line, extent);
    if (!header) continue;
    if (!add(programs_, Program{.header = *header, .files = nullptr}, max_programs)) break;
    if (!read_pieces(static_cast<uint32_t>(programs_.size() - 1))) break;
  }
  // Of programs that claim the same code, as where the linker folds functions, the first counts.
  std::ranges::sort(pieces_, [](const Piece& left, const Piece& right) {
    return left.begin != right.begin ? left.begin < right.begin : left.program > right.program;
  });
}

bool LineIndex::read_pieces(uint32_t program) {
  using Event = LineMachine::Event;
  const LineHeader& header = programs_[program].header;
  LineMachine machine(sections_.line, header, header.program, {});
  Piece piece;
  bool is_open = false;
  bool is_code = true;  // of the sequence
  for (Event event; (event = machine.run(UINT32_MAX)) != Event::stop;) {
    const LineRow& row = machine.row();
    const bool is_end = event == Event::end_of_sequence;
    if (is_open && (is_end || machine.position() - piece.position >= piece_bytes)) {
      is_open = false;
      piece.end = static_cast<uint32_t>(std::min<uint64_t>(row.address, UINT32_MAX));
      if (piece.end > piece.begin && !add(pieces_, piece, max_pieces)) return false;
    }
    if (is_end) {
      is_code = true;
      continue;
    }
    is_code = is_code && is_code_address(row.address);
    if (is_open || !is_code) continue;
    is_open = true;
    piece = {.begin = static_cast<uint32_t>(row.address),
             .program = program,
             .position = machine.position(),
             .file = row.file,
             .line = row.line,
             .column = row.column};
  }
  return true;
}

void LineIndex::match_units() {
  units_ = read_units(sections_, budget_);
  functions_.resize(units_.size());
  for (size_t i = 0; i < units_.size(); ++i) {
    const auto place = units_[i].line_program;
    if (!place) continue;
    const auto found = std::ranges::lower_bound(
        programs_, *place, {}, [](const Program& program) { return program.header.extent.begin; });
    if (found != programs_.end() && found->header.extent.begin == *place && found->unit == no_unit)
      found->unit = static_cast<uint32_t>(i);
  }
}

bool LineIndex::find_row(uint32_t address, LineRow& row, uint32_t& program) const {
  auto piece = std::ranges::upper_bound(pieces_, address, {}, &Piece::begin);
  if (piece == pieces_.begin()) return false;
  --piece;
  if (piece->end <= address) return false;
  program = piece->program;
  row = {
      .address = piece->begin, .file = piece->file, .line = piece->line, .column = piece->column};
  LineMachine machine(sections_.line, programs_[program].header, piece->position, row);
  while (machine.run(piece->position + piece_bytes) == LineMachine::Event::row &&
         machine.row().address <= address) {
    row = machine.row();
  }
  return true;
}

std::vector<Location> LineIndex::find(uint32_t address) {
  LineRow row;
  uint32_t index = 0;
  if (!find_row(address, row, index)) return {};
  Program& program = programs_[index];
  const auto column = [](uint64_t value) { return static_cast<uint32_t>(value); };
  std::vector<Location> locations(
      1, {.function = {}, .file = path(program, row.file), .line = row.line, .column = row.column});
  if (program.unit == no_unit) return locations;
  const Functions& scopes = functions(program.unit);
  for (uint32_t next = scopes.find(address); next != Scope::none;) {
    const Scope& scope = scopes.scope(next);
    Die die;
    if (!read_entry(program.unit, scope.entry, die)) break;
    locations.back().function = function_name(program.unit, die);
    next = scope.parent;
    if (!scope.is_inlined || next == Scope::none || locations.size() == max_locations) break;
    locations.push_back({.function = {},
                         .file = path(program, die[Attr::call_file].number),
                         .line = column(die[Attr::call_line].number),
                         .column = column(die[Attr::call_column].number)});
  }
  return locations;
}

const Functions& LineIndex::functions(uint32_t unit) {
  auto& functions = functions_[unit];
  if (!functions) functions = std::make_unique<const Functions>(sections_, units_[unit], budget_);
  return *functions;
}

bool LineIndex::read_entry(uint32_t unit, uint32_t offset, Die& die) {
  const Unit& of = units_[unit];
  Cursor cursor(sections_.info.first(of.extent.end), offset);
  // What was read once may be read again: the budget is for making the index.
  Budget one{.work = piece_bytes};
  return read_die(of, functions(unit).abbrevs(), cursor, one, die);
}

std::string_view LineIndex::function_name(uint32_t unit, const Die& die) {
  Die next = die;
  for (unsigned hop = 0; hop < max_name_hops; ++hop) {
    const std::string_view name = text_of(sections_, units_[unit], next[Attr::name]);
    if (!name.empty()) return name;
    auto target = target_of(units_[unit], next[Attr::abstract_origin]);
    if (!target) target = target_of(units_[unit], next[Attr::specification]);
    if (!target) return {};
    unit = unit_at(*target);
    if (unit == no_unit || !read_entry(unit, static_cast<uint32_t>(*target), next)) return {};
  }
  return {};
}

uint32_t LineIndex::unit_at(uint64_t offset) const {
  const auto unit = std::ranges::upper_bound(units_, offset, {},
                                             [](const Unit& each) { return each.extent.end; });
  if (unit == units_.end() || offset < unit->entries) return no_unit;
  return static_cast<uint32_t>(unit - units_.begin());
}

std::string LineIndex::path(Program& program, uint64_t file) {
  if (!program.files) program.files = std::make_unique<FileTable>(sections_, program.header);
  const std::string_view comp_dir =
      program.unit == no_unit ? std::string_view() : units_[program.unit].comp_dir;
  return program.files->path(file, comp_dir);
}

}  // namespace waxwing::dwarf

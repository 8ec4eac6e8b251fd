// Traps in words for people.
#include "runtime/trap.h"

#include <cstdio>

#include "runtime/compiled_module.h"
#include "runtime/text.h"

namespace waxwing::runtime {
namespace {

/// "src/hello.c:12:5", of which there may be less, and what was inlined: "(divide, inlined)".
std::string location_text(const dwarf::Location& location, bool is_inlined) {
  std::string text = location.file.empty() ? "<unknown>" : printable(location.file);
  if (location.line != 0) text += ":" + std::to_string(location.line);
  if (location.line != 0 && location.column != 0) text += ":" + std::to_string(location.column);
  if (!is_inlined) return text;
  text += " (";
  if (!location.function.empty()) text += printable(location.function) + ", ";
  return text + "inlined)";
}

/// A line for each place in the source of the frame's instruction.
std::string source_text(const std::vector<dwarf::Location>& locations) {
  std::string text;
  for (size_t i = 0; i < locations.size(); ++i)
    text += "\n       at " + location_text(locations[i], i + 1 < locations.size());
  return text;
}

/// "hello!main", "func 12", with the place behind it: "(func 12, offset 0x1f3)".
std::string frame_text(const Frame& frame, const std::vector<dwarf::Location>& locations) {
  char place[64];
  std::snprintf(place, sizeof place, "(func %u, offset 0x%llx)", frame.func.value,
                static_cast<unsigned long long>(frame.offset));
  std::string text = frame.module.empty() ? "" : printable(frame.module) + "!";
  std::string_view name = frame.name;
  if (name.empty() && !locations.empty()) name = locations.back().function;
  text += name.empty() ? "<unnamed>" : printable(name);
  return text + " " + place;
}

}  // namespace

std::vector<dwarf::Location> Frame::source() const {
  return loaded ? loaded->source_map.find(loaded->module, offset) : std::vector<dwarf::Location>();
}

std::string Trap::message() const {
  std::string text = "wasm trap: ";
  text += syntax::trap_text(code);
  if (code == syntax::TrapCode::exit) text += " with status " + std::to_string(exit_status);
  if (!detail.empty()) text.append(": ").append(detail);
  for (size_t i = 0; i < frames.size(); ++i) {
    const auto locations = frames[i].source();
    text.append("\n  ").append(std::to_string(i)).append(": ");
    text.append(frame_text(frames[i], locations)).append(source_text(locations));
  }
  if (frames.size() == max_frames) text += "\n  ... and possibly more";
  return text;
}

}  // namespace waxwing::runtime

// Traps in words for people.
#include "runtime/trap.h"

#include <cstdio>

#include "runtime/text.h"

namespace waxwing::runtime {
namespace {

/// "hello!main", "func 12", with the place behind it: "(func 12, offset 0x1f3)".
std::string frame_text(const Frame& frame) {
  char place[64];
  std::snprintf(place, sizeof place, "(func %u, offset 0x%llx)", frame.func.value,
                static_cast<unsigned long long>(frame.offset));
  std::string text = frame.module.empty() ? "" : printable(frame.module) + "!";
  text += frame.name.empty() ? "<unnamed>" : printable(frame.name);
  return text + " " + place;
}

}  // namespace

std::string Trap::message() const {
  std::string text = "wasm trap: ";
  text += syntax::trap_text(code);
  if (code == syntax::TrapCode::exit) text += " with status " + std::to_string(exit_status);
  if (!detail.empty()) text.append(": ").append(detail);
  for (size_t i = 0; i < frames.size(); ++i) {
    text.append("\n  ").append(std::to_string(i)).append(": ").append(frame_text(frames[i]));
  }
  if (frames.size() == max_frames) text += "\n  ... and possibly more";
  return text;
}

}  // namespace waxwing::runtime

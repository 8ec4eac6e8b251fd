// Places in the code, and the fields that wait for a place to be known.
#pragma once

#include <cstdint>

namespace waxwing::assembler {

/// The form of a field that holds a distance. Its value is target + addend - position of the field.
enum class FixupKind : uint8_t {
  rel8,   // x64: one signed byte
  rel32,  // x64 and tables: four bytes, little-endian
};

/// A field that waits for its label, linked to the label's next one.
struct Fixup {
  static constexpr uint32_t none = UINT32_MAX;

  uint32_t position;  // of the field, in bytes from the buffer's start
  uint32_t next;      // index of a Fixup, or none
  int32_t addend;
  FixupKind kind;
};

/// A place in one CodeBuffer, bound once and referred to before and after. Costs no memory of its
/// own. Whoever makes it keeps it alive and in place, or moves it, until the last reference is made
/// and it is bound.
class Label {
 public:
  Label() = default;
  Label(Label&&) = default;
  Label& operator=(Label&&) = default;
  Label(const Label&) = delete;
  Label& operator=(const Label&) = delete;

  bool is_bound() const { return bound_; }
  /// Bytes from the buffer's start. REQUIRES: is_bound().
  uint32_t position() const { return value_; }
  /// Whether a field waits for it.
  bool is_awaited() const { return !bound_ && value_ != Fixup::none; }

 private:
  friend class CodeBuffer;

  uint32_t value_ =
      Fixup::none;  // bound: the position; else the index of its newest Fixup, or none
  bool bound_ = false;
};

}  // namespace waxwing::assembler

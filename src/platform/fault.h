// A fault of the processor, as whoever turns it into a trap sees it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace waxwing::platform {

enum class FaultKind : uint8_t {
  access,               // SIGSEGV: an address without memory, or without the right to access it
  bus,                  // SIGBUS: memory that a file no longer backs
  illegal_instruction,  // SIGILL: x86-64's ud2, AArch64's udf
  arithmetic,           // SIGFPE: x86-64's division by zero, and its overflow
};

/// The integer registers of a thread that faulted, to be read and changed: it goes on with them.
struct FaultRegisters {
#if defined(__aarch64__)
  static constexpr size_t sp_number = 31;  // which is what follows x30 in the kernel's order
  static constexpr size_t frame_pointer_number = 29;
  static constexpr std::array<uint8_t, 4> argument_numbers{0, 1, 2, 3};
#else
  static constexpr size_t sp_number = 4;
  static constexpr size_t frame_pointer_number = 5;
  static constexpr std::array<uint8_t, 4> argument_numbers{7, 6, 2, 1};
#endif

  uintptr_t pc = 0;
  /// By the numbers that instructions have for them: 16 on x86-64, 31 and sp on AArch64.
  std::array<uintptr_t, 32> general{};

  uintptr_t& sp() { return general[sp_number]; }
  uintptr_t& frame_pointer() { return general[frame_pointer_number]; }
  /// The first four integer arguments of a C function.
  uintptr_t& argument(size_t index) { return general[argument_numbers[index]]; }
};

struct Fault {
  FaultKind kind;
  uintptr_t address = 0;  // of an access; 0 where the processor does not tell (not canonical ones)
  FaultRegisters registers;
};

}  // namespace waxwing::platform

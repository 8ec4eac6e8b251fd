// A few functions as machine code, for tests that run some.
#pragma once

#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <optional>
#include <span>
#include <utility>

#include "platform/code_memory.h"

namespace waxwing::platform {

/// Offsets of functions in `machine_code`; all take and return a word.
namespace code_offset {
inline constexpr size_t load = 0;      // returns the word at the address
inline constexpr size_t illegal = 16;  // an illegal instruction
inline constexpr size_t divide = 32;   // divides by the argument; AArch64's gives 0 for 0
inline constexpr size_t spin = 48;     // never returns
inline constexpr size_t recover = 64;  // returns 42
inline constexpr size_t end = 80;
}  // namespace code_offset

#if defined(__aarch64__)
alignas(4) inline constexpr uint8_t machine_code[code_offset::end] = {
    0x00, 0x00, 0x40, 0xf9, 0xc0, 0x03, 0x5f, 0xd6, 0, 0, 0, 0, 0, 0, 0, 0,  // ldr x0, [x0]; ret
    0x00, 0x00, 0x00, 0x00, 0xc0, 0x03, 0x5f, 0xd6, 0, 0, 0, 0, 0, 0, 0, 0,  // udf #0; ret
    0x00, 0x0c, 0xc0, 0x9a, 0xc0, 0x03, 0x5f, 0xd6, 0, 0, 0, 0, 0, 0, 0, 0,  // sdiv; ret
    0x00, 0x00, 0x00, 0x14, 0xc0, 0x03, 0x5f, 0xd6, 0, 0, 0, 0, 0, 0, 0, 0,  // b .; ret
    0x40, 0x05, 0x80, 0xd2, 0xc0, 0x03, 0x5f, 0xd6, 0, 0, 0, 0, 0, 0, 0, 0,  // mov x0, #42; ret
};
#else
inline constexpr uint8_t machine_code[code_offset::end] = {
    0x48, 0x8b, 0x07, 0xc3, 0, 0,    0,    0,
    0,    0,    0,    0,    0, 0,    0,    0,  // mov rax, [rdi]; ret
    0x0f, 0x0b, 0xc3, 0,    0, 0,    0,    0,
    0,    0,    0,    0,    0, 0,    0,    0,  // ud2; ret
    0xb8, 1,    0,    0,    0, 0x99, 0xf7, 0xff,
    0xc3, 0,    0,    0,    0, 0,    0,    0,  // mov eax, 1; cdq; idiv edi; ret
    0xeb, 0xfe, 0,    0,    0, 0,    0,    0,
    0,    0,    0,    0,    0, 0,    0,    0,  // jmp .
    0xb8, 42,   0,    0,    0, 0xc3, 0,    0,
    0,    0,    0,    0,    0, 0,    0,    0,  // mov eax, 42; ret
};
#endif

/// Calls the function at `code`. No sanitizer may look for what it keeps before its own functions.
#if defined(__clang__)
[[clang::no_sanitize("function")]]
#endif
inline uintptr_t call_code(const uint8_t* code, uintptr_t argument) {
  return reinterpret_cast<uintptr_t (*)(uintptr_t)>(reinterpret_cast<uintptr_t>(code))(argument);
}

/// `machine_code`, published.
inline CodeMemory publish_machine_code() {
  auto memory = CodeMemory::reserve(sizeof machine_code);
  if (!memory) {
    ADD_FAILURE() << memory.error().message();
    return {};
  }
  std::memcpy(memory->writable().data(), machine_code, sizeof machine_code);
  EXPECT_TRUE(memory->publish(sizeof machine_code));
  memory->seal();
  return *std::move(memory);
}

}  // namespace waxwing::platform

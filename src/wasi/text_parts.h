// Words for numbers, shared by those who put WASI's calls into words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace waxwing::wasi {

inline constexpr std::string_view clock_names[] = {"realtime", "monotonic", "process_cputime_id",
                                                   "thread_cputime_id"};

/// "0x2a".
std::string hex_text(uint64_t value);
/// The name of a number, or the number.
std::string name_text(std::span<const std::string_view> names, uint32_t value);
/// "8 (badf)", or the number alone.
std::string errno_text_of(uint32_t number);

}  // namespace waxwing::wasi

// Calls that see the registers which a callee has to give back as they were: to remember where a
// caller goes on, and to have it go on elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace waxwing::platform {

/// As many words: the registers, and behind them the address to return to.
inline constexpr size_t kept_words = 7;

}  // namespace waxwing::platform

extern "C" {
/// Calls the function below, with the words as they are on the stack. When that returns, what is in
/// them then are the registers, and where this returns to.
uint32_t waxwing_call_keeping(void* context, uint64_t argument, void* slots);
/// Whoever uses the above defines it.
uint32_t waxwing_called_keeping(void* context, uint64_t argument, void* slots, uint64_t* kept);
}

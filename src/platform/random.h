// Randomness from the operating system, fit for keys.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace waxwing::platform {

/// Fills `bytes` with entropy of the operating system, or fails with `io_error`, leaving no
/// guarantee of what is in them.
base::Result<> fill_random(std::span<uint8_t> bytes);

}  // namespace waxwing::platform

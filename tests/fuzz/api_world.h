// Embedders that do anything: sequences of calls of the public API, wrong ones included, from
// outside and from within host functions.
#pragma once

#include <cstdint>
#include <span>

namespace waxwing::fuzz {

/// Reads what to do from `input`, a byte or a few for each step, until it ends. Whatever it is,
/// that must be well: results are looked at only where they are promised.
void drive_api(std::span<const uint8_t> input);

}  // namespace waxwing::fuzz

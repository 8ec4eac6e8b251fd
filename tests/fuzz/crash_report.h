// Which random module was running when the process crashed, so that it can be run again.
#pragma once

#include <atomic>
#include <cstdint>

namespace waxwing::tests {

/// The number that its module follows from.
inline std::atomic<uint64_t> current_number = 0;

/// From now on a crash writes `message`, `current_number` and " --count 1" to standard error: an
/// option of the program that names a module. `message` is shorter than 64 bytes and lasts for
/// ever. Handlers that are installed later come first, and should hand on what is not theirs.
void report_crashes(const char* message);

}  // namespace waxwing::tests

// Other programs of the host, for commands that need one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/file_error.h"

namespace waxwing::platform {

/// The path of the program `name` in the folder of this process's own program, whether there is one
/// or not; empty where the system does not tell.
std::string sibling_program(const std::string& name);

/// Runs the program at `path` without arguments until it ends, with `input` as its standard input,
/// and returns what it wrote to its standard output. Fails with `io` where it ended otherwise than
/// with exit code 0, and as the system does.
FileResult<std::vector<uint8_t>> run_program(const std::string& path,
                                             std::span<const uint8_t> input);

}  // namespace waxwing::platform

// Modules from files, and what to say where a file is something else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/messages.h"
#include "engine/engine.h"

namespace waxwing::cli {

bool file_exists(std::string_view path);

/// What messages call the module of `file`.
std::string display_name(std::string_view file);

/// The bytes of `file`, or of standard input for "-". They begin like a module's.
Fallible<std::vector<uint8_t>> read_module(const std::string& file);

/// Reads and compiles `file`.
Fallible<std::shared_ptr<const runtime::CompiledModule>> compile_module(
    const engine::Engine& engine, const std::string& file);

}  // namespace waxwing::cli

// Which Waxwing this is.
#pragma once

#include <string_view>

namespace waxwing::engine {

/// "0.1.0"
std::string_view version();
/// "0.1.0-x86_64-linux": version, ISA and system; the part of a cache directory that is this
/// build's own.
std::string_view build_name();

}  // namespace waxwing::engine

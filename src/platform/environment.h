// The environment variables of this process.
#pragma once

#include <string_view>
#include <vector>

namespace waxwing::platform {

/// All of them as the system has them, usually "NAME=VALUE". Valid until somebody changes one; not
/// thread-safe against that.
std::vector<std::string_view> environment();

}  // namespace waxwing::platform

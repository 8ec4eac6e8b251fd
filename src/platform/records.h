// Bytes of a file made of C structs, as the system's formats are told.
#pragma once

#include <string>
#include <type_traits>

namespace waxwing::platform {

template <typename T>
  requires std::is_trivially_copyable_v<T>
void append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace waxwing::platform

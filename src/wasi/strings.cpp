// Lists of strings in the guest's memory.
#include "wasi/strings.h"

#include <cstring>

namespace waxwing::wasi {

WasiResult<> put_strings(const GuestMemory& memory, const StringList& list, uint32_t pointers,
                         uint32_t strings) {
  const std::span<uint8_t> table = TRY(memory.bytes(pointers, list.items.size() * 4));
  const std::span<uint8_t> text = TRY(memory.bytes(strings, list.size_bytes));
  size_t used = 0;
  for (size_t i = 0; i < list.items.size(); ++i) {
    const std::string& item = list.items[i];
    base::store_le(table.data() + i * 4, strings + static_cast<uint32_t>(used));
    std::memcpy(text.data() + used, item.c_str(), item.size() + 1);
    used += item.size() + 1;
  }
  return {};
}

StringSizes sizes_of(const StringList& list) {
  return {.count = static_cast<uint32_t>(list.items.size()), .size_bytes = list.size_bytes};
}

}  // namespace waxwing::wasi

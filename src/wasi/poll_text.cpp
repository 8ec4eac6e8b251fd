// See poll_text.h.
#include "wasi/poll_text.h"

#include <algorithm>
#include <string_view>

#include "wasi/text_parts.h"

namespace waxwing::wasi {
namespace {

constexpr std::string_view types[] = {"clock", "fd_read", "fd_write"};

/// The first entries, as `show` has their bytes.
std::string list_text(const GuestMemory& memory, GuestVector entries, uint32_t size_bytes,
                      auto show) {
  constexpr uint32_t max_entries = 8;
  std::string text = "[";
  for (uint32_t i = 0; i < std::min(entries.count, max_entries); ++i) {
    const uint64_t at = uint64_t{entries.address} + uint64_t{i} * size_bytes;
    const auto entry = memory.bytes(at, size_bytes);
    if (i != 0) text += ", ";
    if (!entry) return text + "out of bounds: " + hex_text(at) + "]";
    text += show(entry->data());
  }
  if (entries.count > max_entries) text += ", " + std::to_string(entries.count) + " in all";
  return text + "]";
}

std::string clock_text(const uint8_t* entry) {
  using namespace layout;
  const uint32_t flags = base::load_le<uint16_t>(entry + subscription::clock_flags);
  std::string text =
      ",clock=" + name_text(clock_names, base::load_le<uint32_t>(entry + subscription::clock));
  text += ",timeout=" + std::to_string(base::load_le<uint64_t>(entry + subscription::timeout));
  if (flags == subclock_abstime) text += ",abstime";
  if (flags > subclock_abstime) text += ",flags=" + hex_text(flags);
  return text;
}

}  // namespace

std::string subscriptions_text(const CallView& call, GuestVector subscriptions) {
  using namespace layout;
  const uint32_t shift = call.module == "wasi_unstable" ? subscription::shift_0 : 0;
  const auto show = [shift](const uint8_t* entry) {
    const uint8_t tag = entry[subscription::tag];
    std::string text =
        "{userdata=" + hex_text(base::load_le<uint64_t>(entry + subscription::userdata));
    if (tag == static_cast<uint8_t>(EventType::clock))
      return text + clock_text(entry + shift) + "}";
    text += tag < event_type_count ? "," + std::string(types[tag]) + "=" : ",tag=";
    const uint32_t value =
        tag < event_type_count ? base::load_le<uint32_t>(entry + subscription::descriptor) : tag;
    return text + std::to_string(value) + "}";
  };
  return list_text(call.memory, subscriptions, subscription::size + shift, show);
}

std::string events_text(const CallView& call, GuestVector events) {
  using namespace layout;
  const auto show = [](const uint8_t* entry) {
    const uint32_t error = base::load_le<uint16_t>(entry + event::error);
    const uint64_t bytes = base::load_le<uint64_t>(entry + event::bytes);
    std::string text = "{userdata=" + hex_text(base::load_le<uint64_t>(entry + event::userdata));
    text += "," + name_text(types, entry[event::type]);
    if (error != 0) text += ",error=" + errno_text_of(error);
    if (bytes != 0) text += ",nbytes=" + std::to_string(bytes);
    if ((base::load_le<uint16_t>(entry + event::flags) & event_hangup) != 0) text += ",hangup";
    return text + "}";
  };
  return list_text(call.memory, events, event::size, show);
}

}  // namespace waxwing::wasi

// parameters.def read back: each row checked against functions.def, and shown by its kinds.
#include "wasi/call_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "wasi/abi.h"
#include "wasi/errno.h"
#include "wasi/poll_text.h"
#include "wasi/text_parts.h"

namespace waxwing::wasi {
namespace {

using runtime::Slot;

struct Row {
  std::string_view name;
  std::string_view words;
};

constexpr Row rows[] = {
#define PARAMETERS(ID, WORDS) {#ID, WORDS},
#include "wasi/parameters.def"
};

/// The first word of `text`, which loses it.
constexpr std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

/// One of a row's words.
struct Parameter {
  std::string_view name;
  std::string_view kind;
  bool is_result = false;

  constexpr explicit Parameter(std::string_view word) {
    is_result = word.starts_with('=');
    if (is_result) word.remove_prefix(1);
    name = word.substr(0, word.find(':'));
    kind = word.substr(name.size() + 1);
  }

  constexpr bool is_range() const {
    return kind == "path" || kind == "buf" || kind == "iovs" || kind == "ciovs";
  }
  constexpr bool is_wide() const {
    return !is_result && (kind == "u64" || kind == "s64" || kind == "rights");
  }
  constexpr size_t slots() const { return !is_result && is_range() ? 2 : 1; }
};

/// Whether `words` describe a function of that type, in the words of functions.def.
constexpr bool fits(std::string_view words, std::string_view type) {
  size_t slots = 0;
  while (!words.empty()) {
    const Parameter parameter(take_word(words));
    for (size_t i = 0; i < parameter.slots(); ++i, ++slots) {
      if (take_word(type) != (parameter.is_wide() ? "i64" : "i32")) return false;
    }
  }
  return slots <= max_argument_slots && type.starts_with("->");
}

constexpr std::string_view words_of(std::string_view function) {
  for (const Row& row : rows)
    if (row.name == function) return row.words;
  return {};
}

#define FUNCTION(ID, TYPE) static_assert(fits(words_of(#ID), TYPE), #ID " differs from its row");
#include "wasi/functions.def"

// Values.

template <typename... T>
std::string format(const char* pattern, T... values) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, pattern, values...);
  return {text, static_cast<size_t>(size)};
}

/// As C writes it, and at most so much of it that lines stay lines.
std::string quoted(base::ByteSpan bytes, size_t max_bytes) {
  std::string text = "\"";
  for (const uint8_t byte : bytes.first(std::min(bytes.size(), max_bytes))) {
    if (byte == '\n') {
      text += "\\n";
    } else if (byte == '"' || byte == '\\') {
      text += {'\\', static_cast<char>(byte)};
    } else if (byte < 0x20 || byte >= 0x7f) {
      text += format("\\x%02x", byte);
    } else {
      text += static_cast<char>(byte);
    }
  }
  return text + (bytes.size() > max_bytes ? "\"..." : "\"");
}

constexpr size_t max_data_bytes = 32;
constexpr size_t max_path_bytes = 256;
constexpr uint32_t max_iovecs = 8;

std::string range_text(GuestBytes range) {
  return "{ptr=" + hex_text(range.address) + ",len=" + std::to_string(range.size_bytes) + "}";
}

std::string iovecs_text(const GuestMemory& memory, GuestVector vector, bool has_data) {
  std::string text = "[";
  for (uint32_t i = 0; i < std::min(vector.count, max_iovecs); ++i) {
    const uint64_t at = uint64_t{vector.address} + uint64_t{i} * layout::iovec::size;
    const auto address = memory.load<uint32_t>(at + layout::iovec::address);
    const auto length = memory.load<uint32_t>(at + layout::iovec::length);
    if (i != 0) text += ", ";
    if (!address || !length) return text + "out of bounds: " + hex_text(at) + "]";
    std::string part = range_text({*address, *length});
    if (const auto data = memory.bytes(*address, *length); has_data && data)
      part.insert(part.size() - 1, "," + quoted(*data, max_data_bytes));
    text += part;
  }
  if (vector.count > max_iovecs) text += ", " + std::to_string(vector.count) + " in all";
  return text + "]";
}

std::string path_text(const GuestMemory& memory, GuestBytes range) {
  const auto bytes = memory.bytes(range);
  return bytes ? quoted(*bytes, max_path_bytes) : range_text(range);
}

/// The names of bits from the lowest on, and what has none as a number.
std::string set_of(std::span<const std::string_view> names, uint32_t bits) {
  std::string text;
  const auto add = [&text](std::string_view word) {
    if (!text.empty()) text += '|';
    text += word;
  };
  for (size_t i = 0; i < names.size(); ++i) {
    if ((bits >> i & 1) != 0) add(names[i]);
  }
  const uint32_t rest = bits >> names.size() << names.size();
  if (rest != 0) add(hex_text(rest));
  return text.empty() ? "0" : text;
}

/// Kinds that are numbers with names.
struct NamedKind {
  std::string_view kind;
  bool is_set;
  std::array<std::string_view, 6> names;

  std::span<const std::string_view> all() const {
    const auto end = std::ranges::find(names, std::string_view());
    return {names.begin(), static_cast<size_t>(end - names.begin())};
  }
};

constexpr NamedKind named_kinds[] = {
    {"clock", false, {clock_names[0], clock_names[1], clock_names[2], clock_names[3]}},
    {"advice", false, {"normal", "sequential", "random", "willneed", "dontneed", "noreuse"}},
    {"whence", false, {"set", "cur", "end"}},
    {"fdflags", true, {"append", "dsync", "nonblock", "rsync", "sync"}},
    {"fstflags", true, {"atim", "atim_now", "mtim", "mtim_now"}},
    {"lookup", true, {"symlink_follow"}},
    {"oflags", true, {"creat", "directory", "excl", "trunc"}},
    {"riflags", true, {"peek", "waitall"}},
    {"sdflags", true, {"rd", "wr"}},
};

constexpr std::string_view file_types[] = {"unknown",       "block_device", "character_device",
                                           "directory",     "regular_file", "socket_dgram",
                                           "socket_stream", "symbolic_link"};
/// Where `wasi_unstable` counts in another order.
constexpr std::string_view whences_0[] = {"cur", "end", "set"};

std::string argument_text(const CallView& call, const Parameter& parameter, const Slot* slots) {
  const uint32_t low = runtime::slot_i32(slots[0]);
  if (parameter.is_range()) {
    const uint32_t second = runtime::slot_i32(slots[1]);
    if (parameter.kind == "path") return path_text(call.memory, {low, second});
    if (parameter.kind == "buf") return range_text({low, second});
    return iovecs_text(call.memory, {low, second}, parameter.kind == "ciovs");
  }
  if (parameter.kind == "subscriptions") {
    // Their number is the parameter after the next.
    const size_t at = static_cast<size_t>(slots - call.args.data());
    if (at + 2 >= call.args.size()) return hex_text(low);
    return subscriptions_text(call, {low, runtime::slot_i32(slots[2])});
  }
  if (parameter.kind == "ptr") return hex_text(low);
  if (parameter.kind == "rights") return hex_text(slots[0]);
  if (parameter.kind == "u64") return std::to_string(slots[0]);
  if (parameter.kind == "s64") return std::to_string(static_cast<int64_t>(slots[0]));
  if (parameter.kind == "whence" && call.module == "wasi_unstable")
    return name_text(whences_0, low);
  for (const NamedKind& named : named_kinds) {
    if (named.kind != parameter.kind) continue;
    return named.is_set ? set_of(named.all(), low) : name_text(named.all(), low);
  }
  return std::to_string(low);
}

template <typename T>
std::string number_at(const GuestMemory& memory, uint64_t address) {
  const auto value = memory.load<T>(address);
  return value ? std::to_string(*value) : "?";
}

std::string file_type_at(const GuestMemory& memory, uint64_t address) {
  const auto type = memory.load<uint8_t>(address);
  return type ? name_text(file_types, *type) : "?";
}

std::string stat_text(const CallView& call, uint64_t address) {
  const bool is_old = call.module == "wasi_unstable";
  const uint64_t size = is_old ? layout::filestat_0::file_size : layout::filestat::file_size;
  return "{type=" + file_type_at(call.memory, address + layout::filestat::type) +
         ",size=" + number_at<uint64_t>(call.memory, address + size) + "}";
}

std::string fdstat_text(const GuestMemory& memory, uint64_t address) {
  const auto flags = memory.load<uint16_t>(address + layout::fdstat::flags);
  const auto rights = memory.load<uint64_t>(address + layout::fdstat::rights_base);
  return "{type=" + file_type_at(memory, address + layout::fdstat::type) +
         ",flags=" + hex_text(flags.value_or(0)) + ",rights=" + hex_text(rights.value_or(0)) + "}";
}

/// What lies behind the pointer to a result.
std::string value_text(const CallView& call, const Parameter& parameter, uint32_t address) {
  if (parameter.kind == "u16") return number_at<uint16_t>(call.memory, address);
  if (parameter.kind == "u64") return number_at<uint64_t>(call.memory, address);
  if (parameter.kind == "filestat") return stat_text(call, address);
  if (parameter.kind == "fdstat") return fdstat_text(call.memory, address);
  if (parameter.kind == "prestat") {
    return "{dir,len=" + number_at<uint32_t>(call.memory, address + layout::prestat::name_length) +
           "}";
  }
  if (parameter.kind == "events") {
    const auto count = call.memory.load<uint32_t>(address);
    if (!count) return "?";
    return std::to_string(*count) + " " +
           events_text(call, {runtime::slot_i32(call.args[1]), *count});
  }
  return number_at<uint32_t>(call.memory, address);
}

/// Has `show` see each parameter and its slots.
void for_each(const CallView& call, auto show) {
  std::string_view words = words_of(call.function);
  for (size_t slot = 0; !words.empty();) {
    const Parameter parameter(take_word(words));
    if (slot + parameter.slots() > call.args.size()) return;
    show(parameter, call.args.data() + slot);
    slot += parameter.slots();
  }
}

}  // namespace

std::string hex_text(uint64_t value) {
  return format("0x%llx", static_cast<unsigned long long>(value));
}

std::string name_text(std::span<const std::string_view> names, uint32_t value) {
  return value < names.size() ? std::string(names[value]) : std::to_string(value);
}

std::string errno_text_of(uint32_t number) {
  std::string text = std::to_string(number);
  if (number <= static_cast<uint32_t>(Errno::notcapable))
    text += " (" + std::string(errno_name(static_cast<Errno>(number))) + ")";
  return text;
}

bool is_wasi(std::string_view module, std::string_view function) {
  const bool is_ours = module == "wasi_snapshot_preview1" || module == "wasi_unstable";
  return is_ours && std::ranges::find(rows, function, &Row::name) != std::end(rows);
}

bool may_wait(std::string_view function) {
  return function == "poll_oneoff" || function == "fd_read" || function == "sock_accept" ||
         function == "sock_recv" || function == "sock_send";
}

std::string call_text(const CallView& call) {
  std::string text(call.function);
  text += '(';
  for_each(call, [&](const Parameter& parameter, const Slot* slots) {
    if (parameter.is_result) return;
    if (!text.ends_with('(')) text += ", ";
    text.append(parameter.name).append("=").append(argument_text(call, parameter, slots));
  });
  return text + ")";
}

std::string result_text(const CallView& call, Slot result) {
  const uint32_t number = runtime::slot_i32(result);
  std::string text = errno_text_of(number);
  if (number != 0) return text;
  for_each(call, [&](const Parameter& parameter, const Slot* slots) {
    if (!parameter.is_result) return;
    text.append(" ").append(parameter.name).append("=");
    text += value_text(call, parameter, runtime::slot_i32(*slots));
  });
  return text;
}

}  // namespace waxwing::wasi

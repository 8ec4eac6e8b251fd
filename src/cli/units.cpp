// Parsers for option values.
#include "cli/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/edit_distance.h"

namespace waxwing::cli {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

constexpr Unit time_units[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
};

constexpr Unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"K", 1ull << 10},
    {"KB", 1ull << 10},
    {"KiB", 1ull << 10},
    {"M", 1ull << 20},
    {"MB", 1ull << 20},
    {"MiB", 1ull << 20},
    {"G", 1ull << 30},
    {"GB", 1ull << 30},
    {"GiB", 1ull << 30},
    {"T", 1ull << 40},
    {"TB", 1ull << 40},
    {"TiB", 1ull << 40},
};

constexpr Unit count_units[] = {
    {"", 1}, {"K", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}, {"T", 1'000'000'000'000},
};

const Unit* find_unit(std::span<const Unit> units, std::string_view name) {
  const auto found = std::ranges::find(units, name, &Unit::name);
  return found != units.end() ? &*found : nullptr;
}

bool is_number_char(char c) { return (c >= '0' && c <= '9') || c == '.'; }

/// Takes a number and its unit off the front of `text`: the product, or nothing where there is
/// none or it is out of range.
std::optional<uint64_t> take_quantity(std::string_view& text, std::span<const Unit> units) {
  double number = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !is_number_char(text.front())) return std::nullopt;
  text.remove_prefix(size_t(rest - text.data()));
  const size_t unit_size = size_t(std::ranges::find_if(text, is_number_char) - text.begin());
  const Unit* unit = find_unit(units, text.substr(0, unit_size));
  if (unit == nullptr) return std::nullopt;
  text.remove_prefix(unit_size);
  const double product = number * double(unit->factor);
  if (!(product < 0x1p63)) return std::nullopt;
  return uint64_t(product);
}

/// `quantity` with three digits.
std::string three_digits(double quantity) {
  const int decimals = quantity < 10 ? 2 : quantity < 100 ? 1 : 0;
  char text[32];
  const auto end =
      std::to_chars(std::begin(text), std::end(text), quantity, std::chars_format::fixed, decimals);
  return {text, end.ptr};
}

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

Parsed<uint64_t> parse_duration_ns(std::string_view text) {
  uint64_t sum = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto quantity = take_quantity(rest, time_units);
    if (!quantity || *quantity > std::numeric_limits<int64_t>::max() - sum) {
      sum = 0;
      break;
    }
    sum += *quantity;
  }
  if (sum == 0) {
    return std::unexpected(in_quotes(text) +
                           " is no duration; write a number with ns, us, ms, s, m, h or d, as "
                           "in 500ms or 2s");
  }
  return sum;
}

Parsed<uint64_t> parse_size_bytes(std::string_view text) {
  std::string_view rest = text;
  const auto quantity = take_quantity(rest, size_units);
  if (!quantity || *quantity == 0 || !rest.empty()) {
    return std::unexpected(in_quotes(text) +
                           " is no size; write a number of bytes or one with K, M or G, as in 64M "
                           "or 1GiB");
  }
  return *quantity;
}

Parsed<uint64_t> parse_fuel(std::string_view text) {
  std::string_view rest = text;
  const auto quantity = take_quantity(rest, count_units);
  if (!quantity || !rest.empty()) {
    return std::unexpected(in_quotes(text) +
                           " is no number of instructions; write one, or with K, M, G or T, as in "
                           "250000 or 10M");
  }
  return *quantity;
}

Parsed<uint64_t> parse_count(std::string_view text) {
  std::string_view rest = text;
  const auto quantity = take_quantity(rest, count_units);
  if (!quantity || !rest.empty()) {
    return std::unexpected(in_quotes(text) +
                           " is no number; write one, or with K, M, G or T, as in 500 or 10K");
  }
  return *quantity;
}

Parsed<wasi::Preopen> parse_preopen(std::string_view text) {
  wasi::Preopen preopen;
  std::string_view rest = text;
  constexpr std::string_view read_only = ":ro", special_files = ":dev";
  for (;;) {
    if (!preopen.read_only && rest.ends_with(read_only)) {
      preopen.read_only = true;
      rest.remove_suffix(read_only.size());
    } else if (!preopen.special_files && rest.ends_with(special_files)) {
      preopen.special_files = true;
      rest.remove_suffix(special_files.size());
    } else {
      break;
    }
  }
  const size_t separator = rest.find("::");
  preopen.host_path = rest.substr(0, separator);
  preopen.guest_path =
      separator == rest.npos ? preopen.host_path : std::string(rest.substr(separator + 2));
  if (preopen.host_path.empty() || preopen.guest_path.empty()) {
    return std::unexpected(in_quotes(text) +
                           " names no directory; write HOST or HOST::GUEST, and "
                           "behind it :ro for reading only, :dev for devices and FIFOs too");
  }
  return preopen;
}

Parsed<ArchiveMount> parse_archive_mount(std::string_view text) {
  const size_t separator = text.find("::");
  if (separator == 0 || separator == text.npos || separator + 2 == text.size()) {
    return std::unexpected(in_quotes(text) +
                           " names no archive and no directory; write FILE::GUEST");
  }
  return ArchiveMount{.file = std::string(text.substr(0, separator)),
                      .guest_path = std::string(text.substr(separator + 2))};
}

Parsed<MemoryDirectory> parse_memory_directory(std::string_view text) {
  MemoryDirectory result;
  std::string_view path = text;
  const size_t separator = text.rfind(':');
  if (separator != text.npos && text.find('/', separator) == text.npos) {
    result.max_bytes = TRY(parse_size_bytes(text.substr(separator + 1)));
    path = text.substr(0, separator);
  }
  if (path.empty()) {
    return std::unexpected(in_quotes(text) + " names no directory; write GUEST or GUEST:SIZE");
  }
  result.guest_path = path;
  return result;
}

Parsed<ListenerArgument> parse_listener(std::string_view text) {
  constexpr std::string_view nonblock = ":nonblock";
  ListenerArgument listener;
  listener.nonblocking = text.ends_with(nonblock);
  if (listener.nonblocking) text.remove_suffix(nonblock.size());
  const auto address = platform::parse_tcp_address(text);
  if (!address) return std::unexpected(address.error().detail);
  listener.address = *address;
  return listener;
}

Parsed<wasi::Preopen> parse_overlay(std::string_view text) {
  const size_t separator = text.find("::");
  const std::string_view guest = separator == text.npos ? text : text.substr(separator + 2);
  if (separator == 0 || guest.empty() || guest.front() == ':') {
    return std::unexpected(in_quotes(text) +
                           " names no directory; write HOST or HOST::GUEST, and behind it :SIZE "
                           "for how much may change");
  }
  const MemoryDirectory changes = TRY(parse_memory_directory(guest));
  wasi::Preopen preopen;
  preopen.guest_path = changes.guest_path;
  preopen.host_path =
      separator == text.npos ? preopen.guest_path : std::string(text.substr(0, separator));
  preopen.overlay = vfs::MemoryOptions{.max_bytes = changes.max_bytes};
  return preopen;
}

Parsed<Preload> parse_preload(std::string_view text) {
  const size_t separator = text.find('=');
  if (separator == text.npos || separator + 1 == text.size()) {
    return std::unexpected(in_quotes(text) + " names no file; write NAME=FILE");
  }
  return Preload{std::string(text.substr(0, separator)), std::string(text.substr(separator + 1))};
}

Parsed<EnvironmentEntry> parse_environment_entry(std::string_view text) {
  const size_t separator = text.find('=');
  if (separator == 0 || text.empty()) {
    return std::unexpected(in_quotes(text) +
                           " names no variable; write N=V, or N to pass on the "
                           "value that it has here");
  }
  EnvironmentEntry entry{std::string(text.substr(0, separator)), std::nullopt};
  if (separator != text.npos) entry.value = text.substr(separator + 1);
  return entry;
}

Parsed<codegen::x64::CpuFeatures> parse_target(std::string_view text) {
  using codegen::x64::CpuFeatures;
  const size_t separator = std::min(text.find(':'), text.size());
  const std::string_view system = text.substr(0, separator);
  if (system != "x86_64-linux") {
    return std::unexpected(
        "there is no compiler for " + in_quotes(system) +
        "; write x86_64-linux, or compile with --engine=interpreter, which runs anywhere");
  }
  std::string names(text.substr(std::min(separator + 1, text.size())));
  std::ranges::replace(names, ',', ' ');
  if (auto features = CpuFeatures::from_text(names)) return *features;
  return std::unexpected(in_quotes(text) +
                         " names a set of instructions that is not known; write names as in "
                         "x86_64-linux:avx,avx2,bmi1,bmi2,fma,lzcnt,movbe");
}

std::string duration_text(uint64_t ns) {
  constexpr double ns_per_ms = 1e6;
  constexpr double ns_per_s = 1e9;
  const double quantity = double(ns);
  if (quantity < ns_per_s) return three_digits(quantity / ns_per_ms) + " ms";
  return three_digits(quantity / ns_per_s) + " s";
}

std::string age_text(uint64_t ns) {
  std::string text = "0s";
  for (const Unit& unit : time_units) {
    constexpr uint64_t ns_per_s = 1'000'000'000;
    if (unit.factor < ns_per_s || ns < unit.factor) continue;
    text = std::to_string(ns / unit.factor) + std::string(unit.name);
  }
  return text;
}

std::string size_text(uint64_t bytes) {
  constexpr std::string_view names[] = {" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  constexpr double step = 1024;
  if (bytes < uint64_t(step)) return std::to_string(bytes) + " B";
  double quantity = double(bytes) / step;
  size_t name = 0;
  for (; quantity >= step; ++name) quantity /= step;
  return three_digits(quantity).append(names[name]);
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> names) {
  std::string_view best;
  const size_t max_distance = text.size() < 4 ? 1 : std::max<size_t>(text.size() / 3, 2);
  size_t best_distance = max_distance + 1;
  for (std::string_view name : names) {
    const size_t distance = base::edit_distance(text, name);
    if (distance >= best_distance) continue;
    best = name;
    best_distance = distance;
  }
  return best;
}

}  // namespace waxwing::cli

// Texts of faults, and what two images differ in.
#include "image/image.h"

#include <algorithm>
#include <array>
#include <utility>

namespace waxwing::image {
namespace {

struct FaultRow {
  std::string_view name;
  std::string_view text;
};

constexpr std::array fault_rows = {
#define IMAGE_FAULT(ID, TEXT) FaultRow{#ID, TEXT},
#include "image/image_faults.def"
};

/// Takes the first line from `text`, as its first word and the rest.
std::pair<std::string_view, std::string_view> take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  const size_t name_end = std::min(line.find(' '), line.size());
  return {line.substr(0, name_end), line.substr(std::min(line.size(), name_end + 1))};
}

/// The value of the line `name`, if there is one.
std::optional<std::string_view> find_value(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto [line_name, value] = take_line(text);
    if (line_name == name) return value;
  }
  return std::nullopt;
}

std::string quoted(std::optional<std::string_view> value) {
  return value ? "`" + std::string(*value) + "`" : "nothing";
}

/// A line of `text` that `other` does not have so: its name.
std::optional<std::string_view> find_other(std::string_view text, std::string_view other) {
  while (!text.empty()) {
    const auto [name, value] = take_line(text);
    if (find_value(other, name) != value) return name;
  }
  return std::nullopt;
}

}  // namespace

std::string_view fault_name(Fault fault) { return fault_rows[static_cast<size_t>(fault)].name; }

std::string_view fault_text(Fault fault) { return fault_rows[static_cast<size_t>(fault)].text; }

std::string Failure::message() const {
  std::string line(fault_text(fault));
  if (!detail.empty()) line.append(" (").append(detail).append(")");
  return line;
}

std::string_view compat_value(std::string_view compat, std::string_view name) {
  return find_value(compat, name).value_or(std::string_view());
}

std::string compat_difference(std::string_view there, std::string_view here) {
  if (there == here) return {};
  std::optional<std::string_view> name = find_other(here, there);
  if (!name) name = find_other(there, here);
  if (!name) return "the order of its lines";
  return std::string(*name) + ": " + quoted(find_value(there, *name)) + " there, " +
         quoted(find_value(here, *name)) + " here";
}

}  // namespace waxwing::image

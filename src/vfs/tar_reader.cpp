// Headers of 512 bytes, each with a checksum, and contents behind them in blocks of as many.
#include "vfs/tar_reader.h"

#include <algorithm>
#include <charconv>

namespace waxwing::vfs {
namespace {

constexpr size_t block_bytes = 512;
constexpr size_t max_text_bytes = 1 << 20;  // of an extended header

/// Where the fields of a header are.
struct Field {
  size_t offset, size;
};
constexpr Field name_field{0, 100}, size_field{124, 12}, time_field{136, 12}, sum_field{148, 8},
    target_field{157, 100}, magic_field{257, 5}, prefix_field{345, 155};
constexpr size_t type_offset = 156;

std::unexpected<base::Error> wrong(const char* what) {
  return base::fail(base::ErrorCode::invalid_argument,
                    std::string("this is no tar archive: ") + what);
}

std::string_view text_of(base::ByteSpan header, Field field) {
  const std::string_view text = base::as_text(header.subspan(field.offset, field.size));
  return text.substr(0, text.find('\0'));
}

/// Octal digits among spaces, or with the high bit of the first byte set, as GNU has it, a binary
/// number.
std::optional<uint64_t> number_of(base::ByteSpan header, Field field) {
  const base::ByteSpan bytes = header.subspan(field.offset, field.size);
  uint64_t value = 0;
  if ((bytes[0] & 0x80) != 0) {
    if (bytes[0] != 0x80) return std::nullopt;  // negative, or beyond 64 bits
    for (const uint8_t byte : bytes.subspan(1)) {
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | byte;
    }
    return value;
  }
  std::string_view text = text_of(header, field);
  const size_t start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return 0;
  text = text.substr(start, text.find_last_not_of(' ') + 1 - start);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool has_right_sum(base::ByteSpan header) {
  uint64_t sum = 0;
  for (size_t i = 0; i < block_bytes; ++i) {
    const bool is_sum = i >= sum_field.offset && i < sum_field.offset + sum_field.size;
    sum += is_sum ? uint8_t{' '} : header[i];
  }
  return number_of(header, sum_field) == sum;
}

TarMember::Kind kind_of(uint8_t type) {
  switch (type) {
    case '\0':
    case '0':
    case '7': return TarMember::Kind::file;
    case '1': return TarMember::Kind::hard_link;
    case '2': return TarMember::Kind::symbolic_link;
    case '5': return TarMember::Kind::directory;
  }
  return TarMember::Kind::other;
}

std::string name_of(base::ByteSpan header) {
  const std::string name(text_of(header, name_field));
  const bool is_ustar = text_of(header, magic_field) == "ustar";
  const std::string_view prefix = is_ustar ? text_of(header, prefix_field) : "";
  // GNU's own format, "ustar  ", keeps other things there.
  const bool is_gnu = header[magic_field.offset + 5] == ' ';
  return prefix.empty() || is_gnu ? name : std::string(prefix) + "/" + name;
}

}  // namespace

base::Result<base::ByteSpan> TarReader::take(uint64_t size_bytes) {
  if (size_bytes > bytes_.size() - at_) return wrong("it ends within a member");
  const base::ByteSpan taken = bytes_.subspan(at_, static_cast<size_t>(size_bytes));
  const size_t padding = (block_bytes - taken.size() % block_bytes) % block_bytes;
  at_ = std::min(at_ + taken.size() + padding, bytes_.size());
  return taken;
}

/// Records "LENGTH NAME=VALUE\n", the length being that of all of it.
base::Result<> TarReader::read_pax(base::ByteSpan records, Extended& extended) const {
  std::string_view rest = base::as_text(records);
  while (!rest.empty()) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    const size_t digits = static_cast<size_t>(end - rest.data());
    if (error != std::errc() || length > rest.size() || length < digits + 3 ||
        rest[digits] != ' ' || rest[length - 1] != '\n') {
      return wrong("a record of an extended header");
    }
    const std::string_view record = rest.substr(digits + 1, length - digits - 2);
    rest.remove_prefix(length);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) return wrong("a record of an extended header");
    const std::string_view name = record.substr(0, equals), value = record.substr(equals + 1);
    if (name == "path") extended.path = value;
    if (name == "linkpath") extended.target = value;
    if (name == "size") {
      uint64_t size_bytes = 0;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), size_bytes);
      if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size()) {
        return wrong("a member's size");
      }
      extended.size_bytes = size_bytes;
    }
  }
  return {};
}

base::Result<std::optional<TarMember>> TarReader::next() {
  Extended extended;
  for (;;) {
    if (at_ == bytes_.size()) return std::nullopt;
    const base::ByteSpan header = TRY(take(block_bytes));
    if (std::ranges::all_of(header, [](uint8_t byte) { return byte == 0; })) {
      at_ = bytes_.size();
      return std::nullopt;
    }
    if (!has_right_sum(header)) return wrong("a header's checksum");
    const uint8_t type = header[type_offset];
    const TarMember::Kind kind = kind_of(type);
    std::optional<uint64_t> size_bytes = number_of(header, size_field);
    if (!size_bytes) return wrong("a member's size");
    const bool is_extension = type == 'x' || type == 'g' || type == 'L' || type == 'K';
    if (!is_extension && extended.size_bytes) size_bytes = extended.size_bytes;
    const bool has_contents = kind == TarMember::Kind::file || kind == TarMember::Kind::other;
    const base::ByteSpan contents = TRY(take(has_contents ? *size_bytes : 0));
    if (is_extension) {
      if (contents.size() > max_text_bytes) return wrong("an extended header is too long");
      const std::string_view text = base::as_text(contents);
      if (type == 'x') TRY(read_pax(contents, extended));
      if (type == 'L') extended.path = text.substr(0, text.find('\0'));
      if (type == 'K') extended.target = text.substr(0, text.find('\0'));
      continue;
    }
    TarMember member;
    member.kind = kind;
    member.contents = contents;
    member.path = extended.path ? *std::move(extended.path) : name_of(header);
    member.target =
        extended.target ? *std::move(extended.target) : std::string(text_of(header, target_field));
    member.modify_time_s = number_of(header, time_field).value_or(0);
    if (kind == TarMember::Kind::file && member.path.ends_with('/')) {
      member.kind = TarMember::Kind::directory;  // as the oldest archives have them
    }
    return member;
  }
}

}  // namespace waxwing::vfs

// Archives for tests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace waxwing::vfs {

/// Writes archives as tar(1) does.
class ArchiveWriter {
 public:
  ArchiveWriter& add(std::string_view name, char type, std::string_view contents = "",
                     std::string_view target = "") {
    std::string header(512, '\0');
    const auto put = [&](size_t offset, std::string_view text) {
      std::copy(text.begin(), text.end(), header.begin() + static_cast<ptrdiff_t>(offset));
    };
    put(0, name.substr(0, 100));
    put(100, "0000644");
    put(124, octal(contents.size(), 11));
    put(136, octal(1'000'000'000, 11));
    put(148, "        ");
    header[156] = type;
    put(157, target.substr(0, 100));
    put(257, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put(148, octal(sum, 6) + std::string(1, '\0'));
    bytes += header;
    bytes += contents;
    bytes.resize((bytes.size() + 511) / 512 * 512);
    return *this;
  }
  ArchiveWriter& file(std::string_view name, std::string_view contents) {
    return add(name, '0', contents);
  }

  static std::string octal(uint64_t value, size_t digits) {
    std::string text(digits, '0');
    for (size_t i = digits; i-- > 0; value /= 8) text[i] = static_cast<char>('0' + value % 8);
    return text;
  }

  std::string bytes;
};

}  // namespace waxwing::vfs

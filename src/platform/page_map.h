// Which pages of a mapping have been written, as far as the system tells without a fault. Linux:
// /proc/self/pagemap.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

#include "platform/file.h"
#include "platform/virtual_memory.h"

namespace waxwing::platform {

/// The process's own view of its pages. Takes a descriptor and a page. Thread-safe.
class PageMap {
 public:
  /// Nothing can be read where the host refuses.
  PageMap() = default;
  void open();

  /// Tells of each page from `begin` (a page's begin) on, one an entry, whether it `may_differ`
  /// from what its mapping began with. False where that cannot be known. A child of fork knows of
  /// its own pages. Costs about 0.3 us and 10 ns a page.
  bool read(const uint8_t* begin, std::span<uint64_t> pages) const;

  /// In memory of a private mapping, and not the mapping's own file's: present or swapped.
  static bool may_differ(uint64_t entry) {
    constexpr uint64_t present_or_swapped = uint64_t{3} << 62;
    constexpr uint64_t of_file = uint64_t{1} << 61;
    return (entry & present_or_swapped) != 0 && (entry & of_file) == 0;
  }

 private:
  bool open_again() const;

  // A page that forking wipes: its word is not 0 in the process that `file_` tells of.
  Reservation wiped_;
  mutable std::mutex mutex_;
  mutable File file_;
};

}  // namespace waxwing::platform

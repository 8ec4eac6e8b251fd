// The memory of the heap: blocks of 64 KiB cut into cells of one size, and runs of blocks for what
// is larger. Objects never move. Which cells hold objects, and which of them are marked, two
// bitmaps beside the blocks tell.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "platform/virtual_memory.h"
#include "runtime/heap_object.h"

namespace waxwing::runtime {

inline constexpr uint32_t gc_block_bytes = 64u << 10;
inline constexpr uint32_t gc_granule_bytes = object_alignment;
inline constexpr uint32_t gc_max_small_bytes = 32u << 10;
/// Multiples of 16 up to 512, then eight to four sizes an octave, then what divides a block well.
inline constexpr auto gc_cell_sizes = std::to_array<uint32_t>(
    {16,   32,   48,   64,   80,   96,   112,  128,  144,  160,   176,   192,   208,   224,
     240,  256,  272,  288,  304,  320,  336,  352,  368,  384,   400,   416,   432,   448,
     464,  480,  496,  512,  576,  640,  704,  768,  896,  1024,  1152,  1280,  1536,  1792,
     2048, 2336, 2720, 3264, 4096, 5456, 6544, 8192, 9360, 10912, 13104, 16384, 21840, 32768});

/// The index in gc_cell_sizes of the smallest cell for an object of that many granules.
inline constexpr auto gc_size_classes = [] {
  std::array<uint8_t, gc_max_small_bytes / gc_granule_bytes + 1> classes{};
  uint8_t size_class = 0;
  for (uint32_t granules = 0; granules < classes.size(); ++granules) {
    if (granules * gc_granule_bytes > gc_cell_sizes[size_class]) ++size_class;
    classes[granules] = size_class;
  }
  return classes;
}();

/// Free cells in a row, zeroed, that the next objects of a size go into.
struct GcRun {
  uint8_t* next = nullptr;
  uint8_t* end = nullptr;
  uint8_t* begin = nullptr;
  uint32_t cell_bytes = 0;
};

class GcSpace {
 public:
  /// Takes address space when the first object is made, not here.
  explicit GcSpace(uint64_t max_bytes);

  /// A zeroed cell of `size_bytes` at least, or null where `refill` must help.
  /// REQUIRES: size_bytes is a multiple of 16, at most gc_max_small_bytes.
  [[gnu::always_inline]] uint8_t* pop(size_t size_bytes) {
    GcRun& run = runs_[gc_size_classes[size_bytes / gc_granule_bytes]];
    uint8_t* cell = run.next;
    if (cell == run.end) [[unlikely]]
      return nullptr;
    run.next = cell + run.cell_bytes;
    return cell;
  }

  /// Makes `pop` succeed for that size; false where the limit or the host has no more. Sweeps what
  /// it needs. Adds the bytes that it made free to `taken`.
  bool refill(size_t size_bytes, uint64_t& taken);
  /// Zeroed blocks of their own for an object; null where there are none in a row.
  uint8_t* take_large(uint64_t size_bytes);

  /// Ends the current runs: all objects are in the bitmap from here on, and marked where objects
  /// are made black.
  void retire_runs();
  /// Whether objects are born marked from here on. REQUIRES: runs are retired.
  void set_black(bool is_black) { is_black_ = is_black; }
  /// The most objects that `pop` gives between two refills. REQUIRES: cells > 0
  void set_max_run_cells(uint32_t cells) { max_run_cells_ = cells; }

  /// Whether the word points to the start of an object that `retire_runs` saw. Constant time.
  bool is_object(uint64_t word) const {
    const uint64_t offset = word - base_;
    return offset < used_end_ && offset % gc_granule_bytes == 0 &&
           test(alloc_bits_, offset / gc_granule_bytes);
  }
  /// Whether a reference's bits are the address of an object.
  bool is_inside(uint64_t ref) const {
    return ref - base_ < used_end_ && ref % gc_granule_bytes == 0;
  }
  /// Marks an object; whether it was not marked before. REQUIRES: is_inside(ref)
  bool mark(uint64_t ref) {
    const uint64_t granule = (ref - base_) / gc_granule_bytes;
    uint64_t& word = mark_bits_[granule / 64];
    const uint64_t bit = uint64_t{1} << granule % 64;
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }
  /// REQUIRES: is_inside(ref)
  bool is_marked(uint64_t ref) const { return test(mark_bits_, (ref - base_) / gc_granule_bytes); }

  /// Notes that a marked object has not been scanned, and must be found again.
  void flag_for_rescan(uint64_t ref);
  /// Takes a block that was flagged; calls `visit(Object&)` for each marked object that begins in
  /// it. False where there is none.
  template <typename Visit>
  bool rescan_one(Visit visit);

  /// What is not marked is free from here on, but takes `sweep` to be found.
  /// REQUIRES: runs are retired; no sweep is under way.
  void begin_sweep();
  /// Sweeps about `blocks` blocks; true when all are done.
  bool sweep(uint32_t blocks);
  bool is_sweeping() const { return is_sweeping_; }

  /// Whether `refill` or `take_large` was ever called for.
  bool is_reserved() const { return is_reserved_; }
  uint64_t used_bytes() const { return uint64_t{used_blocks_} * gc_block_bytes; }
  /// In objects that the last complete sweep kept.
  uint64_t live_bytes() const { return live_bytes_; }
  uint64_t max_bytes() const { return max_bytes_; }

 private:
  static constexpr uint32_t none = UINT32_MAX;
  static constexpr uint32_t block_granules = gc_block_bytes / gc_granule_bytes;

  struct Block {
    enum class Kind : uint8_t { free, small, large, rest };  // rest: of a large object
    Kind kind;
    uint8_t size_class;  // small
    bool is_dirty;       // may hold something else than zeros where no object is
    bool must_rescan;
    uint32_t epoch;  // of the sweep that is behind it
    uint32_t next;   // small: in the list of blocks with free cells
    uint32_t count;  // large: blocks
  };
  /// Where the runs of a size come from.
  struct Source {
    uint32_t block = none;
    uint32_t cell = 0;          // the first that was not looked at
    uint32_t available = none;  // swept blocks with free cells
  };

  static bool test(const uint64_t* bits, uint64_t index) {
    return (bits[index / 64] >> index % 64 & 1) != 0;
  }
  bool reserve();
  uint8_t* block_data(uint32_t block) { return memory_.data() + size_t{block} * gc_block_bytes; }
  void retire(GcRun& run);
  bool next_run(uint32_t size_class, uint64_t& taken);
  uint32_t take_blocks(uint32_t count);
  uint32_t find_free(uint32_t count);
  bool commit_to(uint32_t end_block);
  void free_blocks(uint32_t first, uint32_t count);
  void sweep_block(uint32_t index);
  void sweep_small(uint32_t index);
  void trim(uint32_t blocks);

  std::array<GcRun, gc_cell_sizes.size()> runs_{};
  std::array<Source, gc_cell_sizes.size()> sources_{};
  uint64_t base_ = 0;
  uint64_t used_end_ = 0;  // bytes from base_ on that blocks in use lie within
  uint64_t* alloc_bits_ = nullptr;
  uint64_t* mark_bits_ = nullptr;
  Block* blocks_ = nullptr;
  uint64_t* used_bits_ = nullptr;  // of blocks
  uint64_t max_bytes_;
  uint32_t max_blocks_ = 0;
  uint32_t committed_blocks_ = 0;
  uint32_t used_blocks_ = 0;
  uint32_t dirty_free_blocks_ = 0;
  uint32_t first_hint_ = 0;  // no block below is free
  uint32_t epoch_ = 0;
  uint32_t sweep_next_ = 0;
  uint32_t sweep_end_ = 0;
  uint32_t trim_next_ = none;
  uint32_t rescan_next_ = none;
  uint32_t max_run_cells_ = UINT32_MAX;
  uint64_t live_bytes_ = 0;
  uint64_t swept_live_bytes_ = 0;
  bool is_black_ = false;
  bool is_sweeping_ = false;
  bool is_reserved_ = false;
  platform::Reservation memory_;
  platform::Reservation tables_;  // the bitmaps and blocks_
};

template <typename Visit>
bool GcSpace::rescan_one(Visit visit) {
  for (; rescan_next_ < committed_blocks_; ++rescan_next_) {
    if (!blocks_[rescan_next_].must_rescan) continue;
    blocks_[rescan_next_].must_rescan = false;
    const uint64_t first = uint64_t{rescan_next_} * block_granules;
    for (uint64_t word = first / 64; word < (first + block_granules) / 64; ++word) {
      for (uint64_t bits = mark_bits_[word]; bits != 0; bits &= bits - 1) {
        const uint64_t granule = word * 64 + uint64_t(std::countr_zero(bits));
        visit(*reinterpret_cast<Object*>(base_ + granule * gc_granule_bytes));
      }
    }
    return true;
  }
  rescan_next_ = none;
  return false;
}

}  // namespace waxwing::runtime

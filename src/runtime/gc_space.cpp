// Blocks, runs and sweeping. A sweep looks at bitmaps alone, so that it costs some 50 ns a block.
#include "runtime/gc_space.h"

#include <algorithm>

namespace waxwing::runtime {
namespace {

constexpr uint32_t commit_blocks = 16;  // at a time
constexpr uint32_t trim_group_blocks = 64;

void set(uint64_t* bits, uint64_t index) { bits[index / 64] |= uint64_t{1} << index % 64; }
void clear(uint64_t* bits, uint64_t index) { bits[index / 64] &= ~(uint64_t{1} << index % 64); }

/// The first index from `from` on, below `end`, whose bit is `value`; or `end`.
uint64_t find_bit(const uint64_t* bits, uint64_t from, uint64_t end, bool value) {
  const uint64_t flip = value ? 0 : UINT64_MAX;
  while (from < end) {
    const uint64_t word = (bits[from / 64] ^ flip) >> from % 64;
    if (word != 0) return std::min(end, from + uint64_t(std::countr_zero(word)));
    from = (from / 64 + 1) * 64;
  }
  return end;
}

}  // namespace

GcSpace::GcSpace(uint64_t max_bytes)
    : max_bytes_(std::min(max_bytes, uint64_t{1} << 44) / gc_block_bytes * gc_block_bytes) {
  for (size_t i = 0; i < runs_.size(); ++i) runs_[i].cell_bytes = gc_cell_sizes[i];
}

bool GcSpace::reserve() {
  if (is_reserved_) return memory_.data() != nullptr;
  is_reserved_ = true;
  // Hosts that lack address space get a smaller heap.
  for (; max_bytes_ >= gc_block_bytes;
       max_bytes_ = max_bytes_ / 2 / gc_block_bytes * gc_block_bytes) {
    const size_t blocks = max_bytes_ / gc_block_bytes;
    const size_t bitmap_bytes = blocks * (block_granules / 8);
    const size_t used_bytes = (blocks + 63) / 64 * 8;
    auto tables =
        platform::Reservation::reserve(bitmap_bytes * 2 + blocks * sizeof(Block) + used_bytes);
    if (!tables) continue;
    auto memory = platform::Reservation::reserve(max_bytes_);
    // The tables cost memory where they are written.
    if (!memory || !tables->commit(0, tables->size())) continue;
    memory_ = *std::move(memory);
    tables_ = *std::move(tables);
    base_ = reinterpret_cast<uint64_t>(memory_.data());
    alloc_bits_ = reinterpret_cast<uint64_t*>(tables_.data());
    mark_bits_ = alloc_bits_ + bitmap_bytes / 8;
    used_bits_ = mark_bits_ + bitmap_bytes / 8;
    blocks_ = reinterpret_cast<Block*>(used_bits_ + used_bytes / 8);
    max_blocks_ = static_cast<uint32_t>(blocks);
    return true;
  }
  return false;
}

// Runs.

void GcSpace::retire(GcRun& run) {
  const uint64_t stride = run.cell_bytes / gc_granule_bytes;
  const uint64_t end = (reinterpret_cast<uint64_t>(run.next) - base_) / gc_granule_bytes;
  uint64_t granule = (reinterpret_cast<uint64_t>(run.begin) - base_) / gc_granule_bytes;
  for (uint64_t i = granule; i < end; i += stride) set(alloc_bits_, i);
  if (is_black_) {
    for (; granule < end; granule += stride) set(mark_bits_, granule);
  }
  run = {.cell_bytes = run.cell_bytes};
}

void GcSpace::retire_runs() {
  for (size_t i = 0; i < runs_.size(); ++i) {
    GcRun& run = runs_[i];
    if (!run.begin) continue;
    // The rest of the run is found again.
    const uint64_t used = static_cast<uint64_t>(run.next - block_data(sources_[i].block));
    sources_[i].cell = static_cast<uint32_t>(used / run.cell_bytes);
    retire(run);
  }
}

bool GcSpace::next_run(uint32_t size_class, uint64_t& taken) {
  Source& source = sources_[size_class];
  GcRun& run = runs_[size_class];
  const uint32_t stride = run.cell_bytes / gc_granule_bytes;
  const uint32_t cells = block_granules / stride;
  const uint64_t first = uint64_t{source.block} * block_granules;
  uint32_t begin = source.cell;
  while (begin < cells && test(alloc_bits_, first + uint64_t{begin} * stride)) ++begin;
  if (begin == cells) return false;
  const uint64_t taken_at = find_bit(alloc_bits_, first + uint64_t{begin} * stride,
                                     first + uint64_t{cells} * stride, true);
  uint32_t end = static_cast<uint32_t>((taken_at - first) / stride);
  if (end - begin > max_run_cells_) end = begin + max_run_cells_;
  source.cell = end;
  uint8_t* const data = block_data(source.block);
  run.begin = data + size_t{begin} * run.cell_bytes;
  run.next = run.begin;
  run.end = data + size_t{end} * run.cell_bytes;
  const size_t size = static_cast<size_t>(run.end - run.begin);
  if (blocks_[source.block].is_dirty) std::memset(run.begin, 0, size);
  taken += size;
  return true;
}

bool GcSpace::refill(size_t size_bytes, uint64_t& taken) {
  if (!reserve()) return false;
  const uint32_t size_class = gc_size_classes[size_bytes / gc_granule_bytes];
  Source& source = sources_[size_class];
  if (runs_[size_class].begin) retire(runs_[size_class]);
  while (true) {
    if (source.block != none && next_run(size_class, taken)) return true;
    source.block = source.available;
    source.cell = 0;
    if (source.block != none) {
      source.available = blocks_[source.block].next;
      continue;
    }
    if (is_sweeping_) {
      sweep(64);
      continue;
    }
    source.block = take_blocks(1);
    if (source.block == none) return false;
    blocks_[source.block].kind = Block::Kind::small;
    blocks_[source.block].size_class = static_cast<uint8_t>(size_class);
  }
}

// Blocks.

uint32_t GcSpace::find_free(uint32_t count) {
  uint64_t from = find_bit(used_bits_, first_hint_, max_blocks_, false);
  if (count == 1) first_hint_ = static_cast<uint32_t>(from);
  while (count <= max_blocks_ - from) {
    const uint64_t end = find_bit(used_bits_, from, from + count, true);
    if (end == from + count) return static_cast<uint32_t>(from);
    from = find_bit(used_bits_, end, max_blocks_, false);
  }
  return none;
}

bool GcSpace::commit_to(uint32_t end_block) {
  if (end_block <= committed_blocks_) return true;
  const uint32_t end =
      std::min(max_blocks_, (end_block + commit_blocks - 1) / commit_blocks * commit_blocks);
  if (!memory_.commit(size_t{committed_blocks_} * gc_block_bytes,
                      size_t{end - committed_blocks_} * gc_block_bytes)) {
    return false;
  }
  committed_blocks_ = end;
  return true;
}

/// Blocks in a row, which are zero unless `is_dirty`.
uint32_t GcSpace::take_blocks(uint32_t count) {
  const uint32_t first = find_free(count);
  if (first == none || !commit_to(first + count)) return none;
  for (uint32_t i = first; i < first + count; ++i) {
    set(used_bits_, i);
    if (blocks_[i].is_dirty) --dirty_free_blocks_;
    blocks_[i].kind = Block::Kind::rest;
    blocks_[i].epoch = epoch_;
  }
  used_blocks_ += count;
  used_end_ = std::max(used_end_, (uint64_t{first} + count) * gc_block_bytes);
  return first;
}

uint8_t* GcSpace::take_large(uint64_t size_bytes) {
  if (size_bytes > max_bytes_ || !reserve() || size_bytes > max_bytes_) return nullptr;
  const auto count = static_cast<uint32_t>((size_bytes + gc_block_bytes - 1) / gc_block_bytes);
  const uint32_t first = take_blocks(count);
  if (first == none) return nullptr;
  for (uint32_t i = first; i < first + count; ++i) {
    if (blocks_[i].is_dirty) std::memset(block_data(i), 0, gc_block_bytes);
    blocks_[i].is_dirty = true;
  }
  blocks_[first].kind = Block::Kind::large;
  blocks_[first].count = count;
  const uint64_t granule = uint64_t{first} * block_granules;
  set(alloc_bits_, granule);
  if (is_black_) set(mark_bits_, granule);
  return block_data(first);
}

void GcSpace::free_blocks(uint32_t first, uint32_t count) {
  for (uint32_t i = first; i < first + count; ++i) {
    clear(used_bits_, i);
    blocks_[i].kind = Block::Kind::free;
    blocks_[i].is_dirty = true;
    blocks_[i].must_rescan = false;
  }
  used_blocks_ -= count;
  dirty_free_blocks_ += count;
  first_hint_ = std::min(first_hint_, first);
}

// Marking's overflow.

void GcSpace::flag_for_rescan(uint64_t ref) {
  const auto block = static_cast<uint32_t>((ref - base_) / gc_block_bytes);
  blocks_[block].must_rescan = true;
  rescan_next_ = std::min(rescan_next_, block);
}

// Sweeping.

void GcSpace::begin_sweep() {
  for (Source& source : sources_) source = {};
  ++epoch_;
  sweep_next_ = 0;
  sweep_end_ = static_cast<uint32_t>(used_end_ / gc_block_bytes);
  swept_live_bytes_ = 0;
  trim_next_ = none;
  is_sweeping_ = true;
}

void GcSpace::sweep_small(uint32_t index) {
  Block& block = blocks_[index];
  uint64_t* const alloc = alloc_bits_ + uint64_t{index} * (block_granules / 64);
  uint64_t* const marks = mark_bits_ + uint64_t{index} * (block_granules / 64);
  uint32_t live = 0;
  for (uint32_t i = 0; i < block_granules / 64; ++i) {
    alloc[i] &= marks[i];
    marks[i] = 0;
    live += static_cast<uint32_t>(std::popcount(alloc[i]));
  }
  block.is_dirty = true;
  if (live == 0) return free_blocks(index, 1);
  const uint32_t cell_bytes = gc_cell_sizes[block.size_class];
  swept_live_bytes_ += uint64_t{live} * cell_bytes;
  if (live == gc_block_bytes / cell_bytes) return;
  Source& source = sources_[block.size_class];
  block.next = source.available;
  source.available = index;
}

void GcSpace::sweep_block(uint32_t index) {
  Block& block = blocks_[index];
  if (block.epoch == epoch_) return;
  block.epoch = epoch_;
  if (block.kind == Block::Kind::small) return sweep_small(index);
  if (block.kind != Block::Kind::large) return;
  const uint64_t granule = uint64_t{index} * block_granules;
  if (test(mark_bits_, granule)) {
    clear(mark_bits_, granule);
    swept_live_bytes_ += uint64_t{block.count} * gc_block_bytes;
    return;
  }
  clear(alloc_bits_, granule);
  free_blocks(index, block.count);
}

bool GcSpace::sweep(uint32_t blocks) {
  if (!is_sweeping_) return true;
  const uint32_t end = std::min(sweep_end_, sweep_next_ + blocks);
  for (; sweep_next_ < end; ++sweep_next_) sweep_block(sweep_next_);
  if (sweep_next_ < sweep_end_) return false;
  // Memory beyond what the program is likely to want again goes back to the system.
  const uint32_t kept = used_blocks_ / 2 + 4 * trim_group_blocks;
  if (trim_next_ == none) trim_next_ = dirty_free_blocks_ > kept ? 0 : sweep_end_;
  trim(blocks);
  if (trim_next_ < sweep_end_) return false;
  live_bytes_ = swept_live_bytes_;
  is_sweeping_ = false;
  return true;
}

void GcSpace::trim(uint32_t blocks) {
  const uint32_t end = std::min(sweep_end_, trim_next_ + blocks);
  while (trim_next_ < end) {
    const uint32_t first = trim_next_;
    while (trim_next_ < end && trim_next_ - first < trim_group_blocks &&
           blocks_[trim_next_].kind == Block::Kind::free && blocks_[trim_next_].is_dirty) {
      ++trim_next_;
    }
    const uint32_t count = trim_next_ - first;
    if (count == 0) {
      ++trim_next_;
      continue;
    }
    if (!memory_.reset(size_t{first} * gc_block_bytes, size_t{count} * gc_block_bytes)) continue;
    for (uint32_t i = first; i < trim_next_; ++i) blocks_[i].is_dirty = false;
    dirty_free_blocks_ -= count;
  }
}

}  // namespace waxwing::runtime

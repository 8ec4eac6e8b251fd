#include "assembler/constant_pool.h"

#include <cstring>

#include "base/check.h"

namespace waxwing::assembler {
namespace {

constexpr size_t max_probes = 8;

uint64_t hash_of(base::ByteSpan bytes) {
  uint64_t hash = bytes.size();
  for (size_t i = 0; i < bytes.size(); i += 4) {
    hash = (hash ^ base::load_le<uint32_t>(&bytes[i])) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

bool ConstantPool::make_slots() {
  const size_t count = slots_.size() == 0 ? 64 : 2 * slots_.size();
  if (!slots_.reserve(count)) return false;
  slots_.clear();
  for (size_t i = 0; i < count; ++i) {
    if (!slots_.push_back(0)) return false;
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    const uint64_t hash = hash_of({entries_[i].bytes.data(), entries_[i].size_bytes});
    for (size_t probe = 0; probe < max_probes; ++probe) {
      uint32_t& slot = slots_[(hash + probe) & (count - 1)];
      if (slot != 0) continue;
      slot = static_cast<uint32_t>(i + 1);
      break;
    }
  }
  return true;
}

Label& ConstantPool::add(base::ByteSpan bytes) {
  const size_t size = bytes.size();
  CHECK(size == 4 || size == 8 || size == 16 || size == 32);
  if (2 * entries_.size() >= slots_.size() && !failed_) failed_ = !make_slots();
  if (failed_) return lost_;
  const uint64_t hash = hash_of(bytes);
  uint32_t* free_slot = nullptr;
  for (size_t probe = 0; probe < max_probes && free_slot == nullptr; ++probe) {
    uint32_t& slot = slots_[(hash + probe) & (slots_.size() - 1)];
    if (slot == 0) {
      free_slot = &slot;
      continue;
    }
    Entry& entry = entries_[slot - 1];
    if (entry.size_bytes == size && std::memcmp(entry.bytes.data(), bytes.data(), size) == 0) {
      return entry.label;
    }
  }
  if (!entries_.push_back_new()) {
    failed_ = true;
    return lost_;
  }
  Entry& entry = entries_[entries_.size() - 1];
  entry.size_bytes = static_cast<uint32_t>(size);
  std::memcpy(entry.bytes.data(), bytes.data(), size);
  if (free_slot != nullptr) *free_slot = static_cast<uint32_t>(entries_.size());
  size_bytes_ += size;
  return entry.label;
}

void ConstantPool::place(CodeBuffer& buffer) {
  if (failed_) {
    buffer.fail();
    return;
  }
  bool is_aligned = false;
  for (uint32_t size = max_constant_bytes; size >= 4; size /= 2) {
    for (Entry& entry : entries_) {
      if (entry.size_bytes != size) continue;
      if (!is_aligned) buffer.align(size, 0);
      is_aligned = true;
      buffer.bind(entry.label);
      buffer.put_bytes({entry.bytes.data(), size});
    }
  }
}

void ConstantPool::clear() {
  entries_.clear();
  slots_.clear();
  size_bytes_ = 0;
  lost_ = Label();
  failed_ = false;
}

}  // namespace waxwing::assembler

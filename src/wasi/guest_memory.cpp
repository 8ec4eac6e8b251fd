// Checked access to the caller's memory.
#include "wasi/guest_memory.h"

#include <algorithm>

#include "base/utf8.h"
#include "runtime/instance.h"

namespace waxwing::wasi {

GuestMemory::GuestMemory(const runtime::Memory& memory)
    : base_(memory.base()), size_bytes_(memory.size_bytes()) {}

GuestMemory GuestMemory::of(runtime::Instance* instance) {
  if (instance == nullptr || instance->data.memory0 == nullptr) return GuestMemory();
  if (instance->module().memories.size() == 1) return GuestMemory(*instance->data.memory0);
  const std::optional<runtime::Extern> exported = instance->find_export("memory");
  if (!exported) return GuestMemory();
  runtime::Memory* const* memory = std::get_if<runtime::Memory*>(&*exported);
  return memory == nullptr ? GuestMemory() : GuestMemory(**memory);
}

WasiResult<std::string> GuestMemory::path(GuestBytes range) const {
  const std::span<uint8_t> text = TRY(bytes(range));
  if (text.size() > max_path_bytes) return fail(Errno::nametoolong);
  std::string path(base::as_text(text));  // judged as copied: the guest may write meanwhile
  if (!base::is_utf8(base::as_bytes(path))) return fail(Errno::ilseq);
  return path;
}

template <typename Buffer>
WasiResult<> GuestBuffers<Buffer>::gather(const GuestMemory& memory, GuestVector vector) {
  const uint64_t table_size = uint64_t{vector.count} * layout::iovec::size;
  const std::span<uint8_t> table = TRY(memory.bytes(vector.address, table_size));
  const uint32_t checked = std::min(vector.count, max_checked);
  for (uint32_t i = 0; i < checked; ++i) {
    const uint8_t* entry = &table[size_t{i} * layout::iovec::size];
    const uint32_t address = base::load_le<uint32_t>(entry + layout::iovec::address);
    const uint32_t length = base::load_le<uint32_t>(entry + layout::iovec::length);
    const std::span<uint8_t> part = TRY(memory.bytes(address, length));
    if (part.empty()) continue;
    is_cut_ |= count_ == max_parts;
    if (count_ < max_parts) parts_[count_++] = {part.data(), part.size()};
  }
  is_cut_ |= vector.count > checked;
  // What Linux moves at most in one call; parts may be the same bytes again and again. [read(2)]
  constexpr size_t max_bytes = 0x7ffff000;
  limit(max_bytes);
  return {};
}

template <typename Buffer>
void GuestBuffers<Buffer>::limit(size_t max_bytes) {
  size_t kept = 0;
  for (; kept < count_ && max_bytes > 0; ++kept) {
    parts_[kept].size = std::min(parts_[kept].size, max_bytes);
    max_bytes -= parts_[kept].size;
  }
  count_ = kept;
}

template <typename Buffer>
void GuestBuffers<Buffer>::drop(size_t size_bytes) {
  size_t dropped = 0;
  for (; dropped < count_ && size_bytes >= parts_[dropped].size; ++dropped) {
    size_bytes -= parts_[dropped].size;
  }
  std::copy(parts_.begin() + dropped, parts_.begin() + count_, parts_.begin());
  count_ -= dropped;
  if (count_ == 0) return;
  parts_[0].data += size_bytes;
  parts_[0].size -= size_bytes;
}

template class GuestBuffers<platform::IoBuffer>;
template class GuestBuffers<platform::ConstIoBuffer>;

}  // namespace waxwing::wasi

// Where references are outside of the heap. Stacks are looked at word by word, whatever a word is;
// tables and element segments in pieces.
#include <algorithm>

#include "platform/native_stack.h"
#include "runtime/instance.h"

namespace waxwing::runtime {
namespace {

using syntax::ValType;

/// Whether a table or segment of that type can hold references to objects.
bool holds_objects(const TypeRegistry& types, ValType type) {
  return !types.is_subtype(type, syntax::funcref);
}

/// Marks what the native stack refers to between this function's frame and `high`. A word there
/// that another thread writes is the host's, and no reference; it is read whole.
__attribute__((noinline, no_sanitize("address"), no_sanitize("thread"))) void mark_from_here(
    GcMarker& marker, uintptr_t high) {
  constexpr uintptr_t word = sizeof(uint64_t);
  auto at = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) & ~(word - 1);
  for (; at + word <= high; at += word)
    marker.mark_word(*reinterpret_cast<const volatile uint64_t*>(at));
}

/// `high`: where the scan ends if the thread runs on a stack that the system does not know; 0
/// outside of calls, when nothing is there.
[[gnu::noinline]] void mark_native_stack(GcMarker& marker, uintptr_t high) {
  // Registers go to this frame, which lies above the one that the scan begins with.
  __builtin_unwind_init();
  const platform::NativeStack stack = platform::current_native_stack();
  const bool is_known = stack.contains(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
  mark_from_here(marker, is_known ? stack.high : high);
  asm volatile("" ::: "memory");  // not a tail call
}

}  // namespace

void Store::visit_instance(GcMarker& marker, const Instance& instance) const {
  const syntax::Module& module = instance.module();
  if (!instance.data.globals) return;
  for (uint32_t i = module.imported_globals; i < module.globals.size(); ++i) {
    if (module.globals[syntax::GlobalIdx(i)].type.value.is_ref())
      marker.mark_ref(instance.data.globals[i - module.imported_globals].slots[0]);
  }
}

void Store::visit_roots(GcMarker& marker) {
  marker.mark_words({stack_.base, stack_.top});
  // What machine code left in registers, builtins and stubs have on the native stack.
  marker.mark_words({reinterpret_cast<const Slot*>(stack_.native.exit_sp),
                     reinterpret_cast<const Slot*>(wasm_stack_.high)});
  mark_native_stack(marker, is_running() ? stack_.native.native_high : 0);
  for (const Global& global : globals_) {
    if (global.type.value.is_ref()) marker.mark_ref(global.cell->slots[0]);
  }
  for (const auto& instance : instances_) visit_instance(marker, *instance);
  if (unfinished_) visit_instance(marker, *unfinished_);
  marker.mark_ref(Ref(pending_exception).bits());
}

namespace {

/// A piece of `refs` from `item` on, which moves behind it.
std::span<const Ref> piece(std::span<const Ref> refs, uint64_t& item, size_t max) {
  if (item >= refs.size()) return {};
  const std::span<const Ref> rest = refs.subspan(item);
  const std::span<const Ref> taken = rest.first(std::min(rest.size(), max));
  item += taken.size();
  return taken;
}

}  // namespace

std::span<const Ref> Store::next_elems(const Instance& instance, GcRootCursor& cursor, size_t max) {
  for (; cursor.part < instance.elems_.size(); ++cursor.part, cursor.item = 0) {
    if (instance.module().elems[syntax::ElemIdx(cursor.part)].exprs.empty()) continue;
    const std::span<const Ref> taken = piece(instance.elems_[cursor.part], cursor.item, max);
    if (!taken.empty()) return taken;
  }
  return {};
}

// The unfinished instance comes first: what it has may move to the other lists, never back.
std::span<const Ref> Store::next_roots(GcRootCursor& cursor, size_t max) {
  const auto go_to = [&cursor](size_t list, size_t owner) { cursor = {list, owner, 0, 0}; };
  if (cursor.list == 0) {
    if (unfinished_) {
      const std::span<const Ref> taken = next_elems(*unfinished_, cursor, max);
      if (!taken.empty()) return taken;
    }
    go_to(1, 0);
  }
  if (cursor.list == 1) {
    if (unfinished_) {
      for (; cursor.owner < unfinished_->tables_.size(); go_to(1, cursor.owner + 1)) {
        const Table& table = *unfinished_->tables_[cursor.owner];
        if (!holds_objects(*types_, table.type().element)) continue;
        const auto taken = piece({table.data(), table.size()}, cursor.item, max);
        if (!taken.empty()) return taken;
      }
    }
    go_to(2, 0);
  }
  if (cursor.list == 2) {
    for (; cursor.owner < tables_.size(); go_to(2, cursor.owner + 1)) {
      const Table& table = *tables_[cursor.owner];
      if (!holds_objects(*types_, table.type().element)) continue;
      const auto taken = piece({table.data(), table.size()}, cursor.item, max);
      if (!taken.empty()) return taken;
    }
    go_to(3, 0);
  }
  for (; cursor.owner < instances_.size(); go_to(3, cursor.owner + 1)) {
    const std::span<const Ref> taken = next_elems(*instances_[cursor.owner], cursor, max);
    if (!taken.empty()) return taken;
  }
  return {};
}

}  // namespace waxwing::runtime

// Builtins of memories. Each is an instruction's whole meaning. [spec 4.6.8, threads proposal]
#include "runtime/builtins.h"
#include "runtime/bulk.h"

namespace waxwing::runtime::builtins {
namespace {

using syntax::TrapCode;

Memory& memory_at(const VmContext& context, uint32_t index) {
  return *instance_of(context).data.memories[index];
}

Status finish_atomic(VmContext& context, const std::expected<uint32_t, TrapCode>& result) {
  if (result) [[likely]]
    return succeed(context, *result);
  return finish(context, result.error());
}

Status atomic_wait(VmContext& context, uint32_t memory, const Memory::WaitRequest& request) {
  return finish_atomic(
      context,
      memory_at(context, memory).atomic_wait(request, store_of(context).stack().sleeper()));
}

}  // namespace

uint64_t memory_grow(VmContext* context, uint64_t memory, uint64_t delta) {
  return static_cast<uint64_t>(memory_at(*context, low_half(memory)).grow(delta));
}

Status memory_fill(VmContext* context, uint64_t memory, uint64_t to, uint64_t value,
                   uint64_t length) {
  return finish(*context,
                runtime::memory_fill(memory_at(*context, low_half(memory)), to,
                                     static_cast<uint8_t>(value), length, stop_word(*context)));
}

Status memory_copy(VmContext* context, uint64_t memories, uint64_t to, uint64_t from,
                   uint64_t length) {
  return finish(*context, runtime::memory_copy(memory_at(*context, low_half(memories)),
                                               memory_at(*context, high_half(memories)),
                                               {to, from, length}, stop_word(*context)));
}

Status memory_init(VmContext* context, uint64_t memory_and_data, uint64_t to, uint64_t from,
                   uint64_t length) {
  const syntax::DataIdx data(high_half(memory_and_data));
  return finish(*context, runtime::memory_init(memory_at(*context, low_half(memory_and_data)),
                                               instance_of(*context).data_segment(data),
                                               {to, from, length}, stop_word(*context)));
}

uint64_t data_drop(VmContext* context, uint64_t data) {
  instance_of(*context).drop_data(syntax::DataIdx(low_half(data)));
  return 0;
}

// NOLINTBEGIN(readability-function-size): the context comes on top of five arguments.
Status memory_atomic_wait32(VmContext* context, uint64_t memory, uint64_t index, uint64_t offset,
                            uint64_t expected, uint64_t timeout) {
  return atomic_wait(*context, low_half(memory),
                     {.index = index,
                      .offset = offset,
                      .size_bytes = 4,
                      .expected = expected,
                      .timeout_ns = static_cast<int64_t>(timeout)});
}

Status memory_atomic_wait64(VmContext* context, uint64_t memory, uint64_t index, uint64_t offset,
                            uint64_t expected, uint64_t timeout) {
  return atomic_wait(*context, low_half(memory),
                     {.index = index,
                      .offset = offset,
                      .size_bytes = 8,
                      .expected = expected,
                      .timeout_ns = static_cast<int64_t>(timeout)});
}
// NOLINTEND(readability-function-size)

Status memory_atomic_notify(VmContext* context, uint64_t memory, uint64_t index, uint64_t offset,
                            uint64_t count) {
  return finish_atomic(
      *context,
      memory_at(*context, low_half(memory)).atomic_notify(index, offset, low_half(count)));
}

}  // namespace waxwing::runtime::builtins

// See runtime_ops.h: each takes operands from slots and asks the runtime. [spec 4.6.7, 4.6.8]
#include "interp/runtime_ops.h"

#include "runtime/bulk.h"

namespace waxwing::interp::runtime_ops {
namespace {

using runtime::Memory;
using runtime::Ref;
using runtime::Table;
using syntax::AddressType;
using syntax::TrapCode;

/// The operands and immediates of an instruction with `count` operands.
struct Operands {
  Operands(const Regs& r, size_t count) : r_(r), immediates_(r.pc + 2 + count) {}

  Slot operator[](size_t i) const { return r_.fp[r_.pc[2 + i]]; }
  uint32_t index() const { return read_cells<uint32_t>(immediates_); }
  uint32_t index2() const { return read_cells<uint32_t>(immediates_ + 2); }
  uint64_t offset() const { return read_cells<uint64_t>(immediates_ + 4); }
  const Cell* next() const { return immediates_ + 8; }

 private:
  const Regs& r_;
  const Cell* immediates_;
};

Table& table(const Regs& r, uint32_t index) { return *r.act->data->tables[index]; }
Memory& memory(const Regs& r, uint32_t index) { return *r.act->data->memories[index]; }
runtime::StopWord stop_word(const Regs& r) { return &r.act->instance->store().stack().limit; }

bool go_on(Regs& r, const Operands& operands) {
  r.pc = operands.next();
  return true;
}

bool go_on_unless(Regs& r, const Operands& operands, TrapCode code) {
  if (code == TrapCode::none) return go_on(r, operands);
  // Why the call is to stop, the store knows.
  return trap(r, code == TrapCode::interrupted ? TrapCode::none : code);
}

/// Writes a size or -1 as the address type has it.
bool result_address(Regs& r, const Operands& operands, AddressType type, int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  r.fp[r.pc[1]] = type == AddressType::i64 ? bits : static_cast<uint32_t>(bits);
  return go_on(r, operands);
}

/// To be called before they are overwritten.
void shade_elements(const Regs& r, const Table& t, uint64_t index, uint64_t count) {
  r.act->data->store->shade_elements(t, index, count);
}

}  // namespace

bool table_get(Regs& r) {
  const Operands operands(r, 1);
  const Table& t = table(r, operands.index());
  if (!t.contains(operands[0], 1)) return trap(r, TrapCode::out_of_bounds_table);
  r.fp[r.pc[1]] = t.data()[operands[0]].bits();
  return go_on(r, operands);
}

bool table_set(Regs& r) {
  const Operands operands(r, 2);
  const Table& t = table(r, operands.index());
  if (!t.contains(operands[0], 1)) return trap(r, TrapCode::out_of_bounds_table);
  shade_elements(r, t, operands[0], 1);
  t.data()[operands[0]] = Ref::from_bits(operands[1]);
  return go_on(r, operands);
}

bool table_size(Regs& r) {
  const Operands operands(r, 0);
  const Table& t = table(r, operands.index());
  return result_address(r, operands, t.type().address, static_cast<int64_t>(t.size()));
}

bool table_grow(Regs& r) {
  const Operands operands(r, 2);
  Table& t = table(r, operands.index());
  return result_address(r, operands, t.type().address,
                        t.grow(operands[1], Ref::from_bits(operands[0]), stop_word(r)));
}

bool table_fill(Regs& r) {
  const Operands operands(r, 3);
  Table& t = table(r, operands.index());
  shade_elements(r, t, operands[0], operands[2]);
  return go_on_unless(
      r, operands,
      runtime::table_fill(t, operands[0], Ref::from_bits(operands[1]), operands[2], stop_word(r)));
}

bool table_copy(Regs& r) {
  const Operands operands(r, 3);
  shade_elements(r, table(r, operands.index()), operands[0], operands[2]);
  return go_on_unless(r, operands,
                      runtime::table_copy(table(r, operands.index()), table(r, operands.index2()),
                                          {operands[0], operands[1], operands[2]}, stop_word(r)));
}

bool table_init(Regs& r) {
  const Operands operands(r, 3);
  shade_elements(r, table(r, operands.index2()), operands[0], operands[2]);
  return go_on_unless(r, operands,
                      runtime::table_init(table(r, operands.index2()),
                                          r.act->instance->elem(syntax::ElemIdx(operands.index())),
                                          {operands[0], operands[1], operands[2]}, stop_word(r)));
}

bool elem_drop(Regs& r) {
  const Operands operands(r, 0);
  r.act->instance->drop_elem(syntax::ElemIdx(operands.index()));
  return go_on(r, operands);
}

bool memory_size(Regs& r) {
  const Operands operands(r, 0);
  const Memory& m = memory(r, operands.index());
  return result_address(r, operands, m.type().address, static_cast<int64_t>(m.size_pages()));
}

bool memory_grow(Regs& r) {
  const Operands operands(r, 1);
  Memory& m = memory(r, operands.index());
  return result_address(r, operands, m.type().address, m.grow(operands[0]));
}

bool memory_fill(Regs& r) {
  const Operands operands(r, 3);
  return go_on_unless(
      r, operands,
      runtime::memory_fill(memory(r, operands.index()), operands[0],
                           static_cast<uint8_t>(operands[1]), operands[2], stop_word(r)));
}

bool memory_copy(Regs& r) {
  const Operands operands(r, 3);
  return go_on_unless(
      r, operands,
      runtime::memory_copy(memory(r, operands.index()), memory(r, operands.index2()),
                           {operands[0], operands[1], operands[2]}, stop_word(r)));
}

bool memory_init(Regs& r) {
  const Operands operands(r, 3);
  return go_on_unless(
      r, operands,
      runtime::memory_init(memory(r, operands.index2()),
                           r.act->instance->data_segment(syntax::DataIdx(operands.index())),
                           {operands[0], operands[1], operands[2]}, stop_word(r)));
}

bool data_drop(Regs& r) {
  const Operands operands(r, 0);
  r.act->instance->drop_data(syntax::DataIdx(operands.index()));
  return go_on(r, operands);
}

namespace {

bool finish_atomic(Regs& r, const Operands& operands,
                   const std::expected<uint32_t, TrapCode>& result) {
  if (!result) {
    // Why the call is to stop, the store knows.
    return trap(r, result.error() == TrapCode::interrupted ? TrapCode::none : result.error());
  }
  r.fp[r.pc[1]] = *result;
  return go_on(r, operands);
}

bool atomic_wait(Regs& r, uint32_t size) {
  const Operands operands(r, 3);
  const Memory::WaitRequest request = {.index = operands[0],
                                       .offset = operands.offset(),
                                       .size_bytes = size,
                                       .expected = operands[1],
                                       .timeout_ns = static_cast<int64_t>(operands[2])};
  return finish_atomic(r, operands,
                       memory(r, operands.index()).atomic_wait(request, r.stack->sleeper()));
}

}  // namespace

bool memory_atomic_wait32(Regs& r) { return atomic_wait(r, 4); }
bool memory_atomic_wait64(Regs& r) { return atomic_wait(r, 8); }

bool memory_atomic_notify(Regs& r) {
  const Operands operands(r, 2);
  return finish_atomic(
      r, operands,
      memory(r, operands.index())
          .atomic_notify(operands[0], operands.offset(), static_cast<uint32_t>(operands[1])));
}

bool atomic_fence(Regs& r) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return go_on(r, Operands(r, 0));
}

bool ref_func(Regs& r) {
  r.fp[r.pc[1]] =
      runtime::Ref(&r.act->instance->func(syntax::FuncIdx(read_cells<uint32_t>(r.pc + 2)))).bits();
  r.pc += 4;
  return true;
}

}  // namespace waxwing::interp::runtime_ops

// Builtins of tables, and references to functions, which are what most tables hold. References that
// are overwritten are shaded first, as the collector asks. [spec 4.6.3, 4.6.7]
#include "runtime/builtins.h"
#include "runtime/bulk.h"

namespace waxwing::runtime::builtins {
namespace {

using syntax::TrapCode;

Table& table_at(const VmContext& context, uint32_t index) {
  return *instance_of(context).data.tables[index];
}

}  // namespace

Status table_set(VmContext* context, uint64_t table, uint64_t index, uint64_t ref) {
  const Table& t = table_at(*context, low_half(table));
  if (!t.contains(index, 1)) [[unlikely]]
    return trap(*context, TrapCode::out_of_bounds_table);
  if (context->state->is_marking) [[unlikely]]
    store_of(*context).heap().shade(t.data()[index]);
  t.data()[index] = Ref::from_bits(ref);
  return Status::ok;
}

uint64_t table_grow(VmContext* context, uint64_t table, uint64_t delta, uint64_t ref) {
  return static_cast<uint64_t>(
      table_at(*context, low_half(table)).grow(delta, Ref::from_bits(ref), stop_word(*context)));
}

Status table_fill(VmContext* context, uint64_t table, uint64_t to, uint64_t ref, uint64_t length) {
  Table& t = table_at(*context, low_half(table));
  store_of(*context).shade_elements(t, to, length);
  return finish(*context,
                runtime::table_fill(t, to, Ref::from_bits(ref), length, stop_word(*context)));
}

Status table_copy(VmContext* context, uint64_t tables, uint64_t to, uint64_t from,
                  uint64_t length) {
  Table& to_table = table_at(*context, low_half(tables));
  Table& from_table = table_at(*context, high_half(tables));
  store_of(*context).shade_elements(to_table, to, length);
  return finish(*context,
                runtime::table_copy(to_table, from_table, {to, from, length}, stop_word(*context)));
}

Status table_init(VmContext* context, uint64_t table_and_elem, uint64_t to, uint64_t from,
                  uint64_t length) {
  Table& t = table_at(*context, low_half(table_and_elem));
  const syntax::ElemIdx elem(high_half(table_and_elem));
  store_of(*context).shade_elements(t, to, length);
  return finish(*context, runtime::table_init(t, instance_of(*context).elem(elem),
                                              {to, from, length}, stop_word(*context)));
}

uint64_t elem_drop(VmContext* context, uint64_t elem) {
  instance_of(*context).drop_elem(syntax::ElemIdx(low_half(elem)));
  return 0;
}

uint64_t ref_func(VmContext* context, uint64_t func) {
  return Ref(&instance_of(*context).func(syntax::FuncIdx(low_half(func)))).bits();
}

}  // namespace waxwing::runtime::builtins

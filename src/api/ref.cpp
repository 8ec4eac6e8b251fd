// References that the host holds, and values made of them.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "runtime/aggregate.h"
#include "runtime/value.h"
#include "waxwing/value.h"

namespace waxwing {

using detail::Access;
using detail::RefCell;
using detail::StoreCore;

namespace {

/// A public reference to what `bits` refer to.
Ref make_ref(StoreCore& core, uint64_t bits, bool is_func) {
  const auto ref = runtime::Ref::from_bits(bits);
  if (ref.is_null() || ref.is_i31()) return Access::ref(bits, nullptr);
  auto* const cell = new RefCell();
  cell->store = core.shared_from_this();
  if (!is_func) cell->root = core.refs.add(bits);
  return Access::ref(bits, cell);
}

void release(RefCell* cell) {
  if (!cell || cell->count.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (cell->root) cell->store->refs.remove(*cell->root);
  delete cell;
}

void retain(RefCell* cell) {
  if (cell) cell->count.fetch_add(1, std::memory_order_relaxed);
}

/// The object of the heap that is referred to; null where it is none.
runtime::Object* object_of(uint64_t bits, const RefCell* cell) {
  const auto ref = runtime::Ref::from_bits(bits);
  if (!cell || !cell->root || !cell->store->store || ref.is_host()) return nullptr;
  return reinterpret_cast<runtime::Object*>(bits);
}

}  // namespace

Ref::Ref(const Ref& other) noexcept : bits_(other.bits_), cell_(other.cell_) { retain(cell_); }
Ref::Ref(Ref&& other) noexcept
    : bits_(std::exchange(other.bits_, 0)), cell_(std::exchange(other.cell_, nullptr)) {}
Ref& Ref::operator=(const Ref& other) noexcept {
  Ref copy(other);
  *this = std::move(copy);
  return *this;
}
Ref& Ref::operator=(Ref&& other) noexcept {
  Ref taken(std::move(other));
  std::swap(bits_, taken.bits_);
  std::swap(cell_, taken.cell_);
  return *this;
}
Ref::~Ref() { release(cell_); }

bool Ref::operator==(const Ref& other) const noexcept {
  const auto store_of = [](const Ref& ref) { return ref.cell_ ? ref.cell_->store.get() : nullptr; };
  return bits_ == other.bits_ && store_of(*this) == store_of(other);
}

Ref::Ref(const Func& func) {
  const auto opened = detail::open<runtime::Func>(func);
  if (opened) *this = make_ref(*Access::core(func), runtime::Ref(opened->second).bits(), true);
}

Result<Ref> Ref::make_host(Store& store, detail::HostValueBlock* block) {
  StoreCore& core = *Access::core(store);
  const auto opened = core.open();
  const detail::Pin pin(core);  // what is collected may be a host's value that ends the store
  if (!opened) {
    block->destroy(block);
    return std::unexpected(opened.error());
  }
  if (core.is_telling) {
    block->destroy(block);
    return api::fail(ErrorCode::invalid_argument,
                     "a listener, stream or clock makes no objects in its store");
  }
  const runtime::Ref made = (*opened)->heap().new_host_object(block, [](void* data) {
    auto* const value = static_cast<detail::HostValueBlock*>(data);
    value->destroy(value);
  });
  if (made.is_null()) {
    block->destroy(block);
    return api::fail(ErrorCode::out_of_memory,
                     "the store's heap is full; StoreLimits::heap_bytes is its limit");
  }
  return make_ref(core, made.bits(), false);
}

Ref Ref::i31(int32_t value) noexcept {
  return Access::ref(runtime::Ref::from_i31(static_cast<uint32_t>(value)).bits(), nullptr);
}

RefKind Ref::kind() const noexcept {
  const auto ref = runtime::Ref::from_bits(bits_);
  if (ref.is_null()) return RefKind::null;
  if (ref.is_i31()) return RefKind::i31;
  if (!cell_ || !cell_->store->store) return RefKind::null;
  if (!cell_->root) return RefKind::func;
  if (ref.is_host()) return RefKind::host;
  const runtime::Object& object = *object_of(bits_, cell_);
  if (object.header == runtime::host_header) return RefKind::host;
  runtime::Store& store = *cell_->store->store;
  const auto is_a = [&](syntax::AbstractHeap heap) {
    return store.types().is_subtype(syntax::HeapType(syntax::TypeIdx(object.type().value)),
                                    syntax::HeapType(heap));
  };
  if (is_a(syntax::AbstractHeap::struct_)) return RefKind::struct_;
  return is_a(syntax::AbstractHeap::array) ? RefKind::array : RefKind::exception;
}

std::optional<Func> Ref::func() const {
  if (kind() != RefKind::func) return std::nullopt;
  return Access::handle<Func>(*cell_->store, runtime::Ref::from_bits(bits_).func());
}

std::optional<int32_t> Ref::i31() const noexcept {
  const auto ref = runtime::Ref::from_bits(bits_);
  if (!ref.is_i31()) return std::nullopt;
  return ref.i31();
}

detail::HostValueBlock* Ref::host_block() const noexcept {
  runtime::Object* const object = object_of(bits_, cell_);
  if (!object || object->header != runtime::host_header) return nullptr;
  const auto* const host = static_cast<const runtime::HostObject*>(object);
  return static_cast<detail::HostValueBlock*>(host->data);
}

ValType Ref::type() const noexcept {
  switch (kind()) {
    case RefKind::null: return ValType::ref(HeapKind::none);
    case RefKind::func: return ValType::ref(HeapKind::func, false);
    case RefKind::host: return ValType::ref(HeapKind::extern_, false);
    case RefKind::i31: return ValType::ref(HeapKind::i31, false);
    case RefKind::struct_: return ValType::ref(HeapKind::struct_, false);
    case RefKind::array: return ValType::ref(HeapKind::array, false);
    case RefKind::exception: break;
  }
  return ValType::ref(HeapKind::exn, false);
}

ValType Value::type() const noexcept {
  return kind_ == ValKind::ref ? ref_.type() : ValType(kind_);
}

std::optional<int32_t> Value::i32() const noexcept {
  if (kind_ != ValKind::i32) return std::nullopt;
  return static_cast<int32_t>(bits_[0]);
}

std::optional<int64_t> Value::i64() const noexcept {
  if (kind_ != ValKind::i64) return std::nullopt;
  return static_cast<int64_t>(bits_[0]);
}

std::optional<float> Value::f32() const noexcept {
  if (kind_ != ValKind::f32) return std::nullopt;
  return std::bit_cast<float>(static_cast<uint32_t>(bits_[0]));
}

std::optional<double> Value::f64() const noexcept {
  if (kind_ != ValKind::f64) return std::nullopt;
  return std::bit_cast<double>(bits_[0]);
}

std::optional<V128> Value::v128() const noexcept {
  if (kind_ != ValKind::v128) return std::nullopt;
  return V128::from_lanes(bits_);
}

std::optional<Ref> Value::ref() const noexcept {
  if (kind_ != ValKind::ref) return std::nullopt;
  return ref_;
}

std::string Value::to_string() const {
  runtime::Value value{.type = api::to_internal(type())};
  std::ranges::copy(bits_, value.slots);
  if (kind_ == ValKind::ref) value.slots[0] = Access::bits(ref_);
  return runtime::to_string(value);
}

namespace detail {

namespace {

/// The reference as a value of `type`'s hierarchy: null is of every type, and what goes between the
/// any and the extern hierarchy stays the same.
Result<runtime::Value> to_runtime(StoreCore& core, const Ref& ref, syntax::ValType type) {
  if (const auto opened = core.open(); !opened) return std::unexpected(opened.error());
  const RefCell* const cell = Access::cell(ref);
  if (cell && cell->store.get() != &core) {
    return api::fail(ErrorCode::wrong_store,
                     "a reference of another store; references stay in the store they come from");
  }
  using syntax::AbstractHeap;
  const auto abstract = [](bool nullable, AbstractHeap heap) {
    return syntax::ValType::ref(nullable, heap);
  };
  runtime::Value value{.type = api::to_internal(ref.type()), .slots = {Access::bits(ref), 0}};
  const RefKind kind = ref.kind();
  const bool is_func = kind == RefKind::func || kind == RefKind::exception;
  if (kind == RefKind::null)
    value.type = type;
  else if (!is_func && type.is_ref() && type.heap() == syntax::HeapType(AbstractHeap::extern_))
    value.type = abstract(false, AbstractHeap::extern_);
  else if (kind == RefKind::host && type.is_ref() &&
           type.heap() == syntax::HeapType(AbstractHeap::any))
    value.type = abstract(false, AbstractHeap::any);
  return value;
}

}  // namespace

Result<Slot> ref_to_slot(StoreCore& core, const Ref& ref, ValType type) {
  const auto value = to_runtime(core, Value(ref), api::to_internal(type));
  if (!value) return std::unexpected(value.error());
  return value->slots[0];
}

Ref ref_from_slot(const std::shared_ptr<StoreCore>& store, Slot slot, ValType type) {
  if (!store->store) return {};
  const syntax::ValType inner = api::to_internal(type);
  const bool is_func =
      store->store->types().is_subtype(inner.heap(), syntax::HeapType(syntax::AbstractHeap::func));
  return make_ref(*store, slot, is_func);
}

Ref exception_ref(StoreCore& core, runtime::Exception& exception) {
  return make_ref(core, runtime::Ref(&exception).bits(), false);
}

Result<std::pair<StoreCore*, runtime::Exception*>> open_exception(const Ref& ref) {
  StoreCore& core = *Access::cell(ref)->store;
  if (const auto opened = core.open(); !opened) return std::unexpected(opened.error());
  return std::pair(&core, runtime::Ref::from_bits(Access::bits(ref)).exception());
}

Result<runtime::Value> to_runtime(StoreCore& core, const Value& value, syntax::ValType type) {
  runtime::Value result{.type = api::to_internal(ValType(value.kind()))};
  switch (value.kind()) {
    case ValKind::i32: result.slots[0] = static_cast<uint32_t>(*value.i32()); break;
    case ValKind::i64: result.slots[0] = static_cast<uint64_t>(*value.i64()); break;
    case ValKind::f32: result.slots[0] = runtime::to_slot(*value.f32()); break;
    case ValKind::f64: result.slots[0] = runtime::to_slot(*value.f64()); break;
    case ValKind::v128: std::memcpy(result.slots, value.v128()->bytes.data(), 16); break;
    case ValKind::ref: {
      const Result<runtime::Value> ref = to_runtime(core, *value.ref(), type);
      if (!ref) return ref;
      result = *ref;
      break;
    }
  }
  const bool is_null = result.type.is_ref() && result.slots[0] == 0;
  const bool fits = core.store && (is_null ? type.is_ref() && type.is_nullable()
                                           : runtime::has_type(*core.store, result, type));
  if (fits) return result;
  return api::fail(ErrorCode::wrong_type, "expected " + syntax::to_string(type) + ", found " +
                                              (is_null ? "null" : syntax::to_string(result.type)));
}

Value to_public(StoreCore& core, const runtime::Value& value) {
  const runtime::Slot slot = value.slots[0];
  switch (value.type.kind()) {
    case syntax::ValKind::i32:
    case syntax::ValKind::i8:
    case syntax::ValKind::i16:
    case syntax::ValKind::bottom: return static_cast<uint32_t>(slot);
    case syntax::ValKind::i64: return slot;
    case syntax::ValKind::f32: return runtime::slot_f32(slot);
    case syntax::ValKind::f64: return runtime::slot_f64(slot);
    case syntax::ValKind::v128: {
      V128 vector;
      std::memcpy(vector.bytes.data(), value.slots, 16);
      return vector;
    }
    case syntax::ValKind::ref: break;
  }
  return ref_from_slot(core.shared_from_this(), slot, api::to_public(value.type));
}

}  // namespace detail
}  // namespace waxwing

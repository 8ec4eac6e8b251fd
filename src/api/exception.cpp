// Exceptions of Wasm that the host makes, throws and looks into.
#include "waxwing/exception.h"

#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "runtime/exception.h"

namespace waxwing {

using detail::Access;
using detail::StoreCore;

namespace {

/// What the values are by the array ABI. Their references are kept by the values.
Result<std::vector<runtime::Slot>> to_payload(StoreCore& core,
                                              const std::vector<syntax::ValType>& params,
                                              std::span<const Value> values) {
  if (values.size() != params.size()) {
    return api::fail(ErrorCode::wrong_type,
                     "the tag has " + std::to_string(params.size()) +
                         (params.size() == 1 ? " parameter, " : " parameters, ") +
                         std::to_string(values.size()) + " values are given");
  }
  std::vector<runtime::Slot> slots;
  for (size_t i = 0; i < params.size(); ++i) {
    const auto value = detail::to_runtime(core, values[i], params[i]);
    if (!value) {
      return api::fail(value.error().code(),
                       "value " + std::to_string(i + 1) + ": " + value.error().message());
    }
    slots.insert(slots.end(), value->slots, value->slots + params[i].slot_count());
  }
  return slots;
}

}  // namespace

Result<Exception> Exception::create(const Tag& tag, std::span<const Value> values) {
  StoreCore& core = *Access::core(tag);
  const auto opened = detail::open<runtime::Tag>(tag);
  if (!opened) return std::unexpected(opened.error());
  const auto [store, its_tag] = *opened;
  const auto payload = to_payload(core, store->types().func_type(its_tag->type).params, values);
  if (!payload) return std::unexpected(payload.error());
  if (core.is_telling)
    return api::fail(ErrorCode::invalid_argument,
                     "a listener, stream or clock makes no exceptions in its store");
  const detail::Pin pin(core);  // what is collected may be a host's value that ends the store
  runtime::Exception* const made = store->new_exception(*its_tag, payload->data());
  if (!made) {
    return api::fail(ErrorCode::out_of_memory,
                     "the store's heap is full; StoreLimits::heap_bytes is its limit");
  }
  return Access::exception(detail::exception_ref(core, *made));
}

std::optional<Exception> Exception::from(const Ref& ref) {
  if (ref.kind() != RefKind::exception) return std::nullopt;
  return Exception(ref);
}

Result<Tag> Exception::tag() const {
  const auto opened = detail::open_exception(ref_);
  if (!opened) return std::unexpected(opened.error());
  const auto [core, exception] = *opened;
  return Access::handle<Tag>(*core, exception->tag);
}

Result<std::vector<Value>> Exception::values() const {
  const auto opened = detail::open_exception(ref_);
  if (!opened) return std::unexpected(opened.error());
  const auto [core, exception] = *opened;
  std::vector<Value> values;
  const runtime::Slot* slots = exception->payload().data();
  for (const syntax::ValType type : core->store->types().func_type(exception->tag->type).params) {
    runtime::Value value{.type = type};
    std::copy_n(slots, type.slot_count(), value.slots);
    slots += type.slot_count();
    values.push_back(detail::to_public(*core, value));
  }
  return values;
}

std::unexpected<Error> throw_exception(const Tag& tag, std::span<const Value> values) {
  auto exception = Exception::create(tag, values);
  if (!exception) return std::unexpected(std::move(exception).error());
  return throw_exception(*exception);
}

}  // namespace waxwing

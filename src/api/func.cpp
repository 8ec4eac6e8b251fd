// Functions: their types, and calls whose arguments are looked at.
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "runtime/value.h"
#include "waxwing/store.h"
#include "waxwing/typed_func.h"

namespace waxwing {

Result<FuncType> Func::type() const {
  const auto opened = detail::open<runtime::Func>(*this);
  if (!opened) return std::unexpected(opened.error());
  const auto [store, func] = *opened;
  return api::to_public(store->types().func_type(func->type_id()));
}

Result<std::vector<Value>> Func::try_call(std::span<const Value> args,
                                          const CallOptions& options) const {
  // The handle may be gone when the call returns.
  const std::shared_ptr<detail::StoreCore> core = store_;
  const auto opened = core->open_for_calls();
  if (!opened) return std::unexpected(opened.error());
  runtime::Store* const store = *opened;
  auto* const func = static_cast<runtime::Func*>(object_);
  const std::vector<syntax::ValType>& params = store->types().func_type(func->type_id()).params;
  if (args.size() != params.size()) {
    return api::fail(ErrorCode::wrong_type,
                     "the function takes " + std::to_string(params.size()) +
                         (params.size() == 1 ? " argument, " : " arguments, ") +
                         std::to_string(args.size()) + " are given");
  }
  std::vector<runtime::Value> inner;
  inner.reserve(args.size());
  for (size_t i = 0; i < args.size(); ++i) {
    const auto value = detail::to_runtime(*core, args[i], params[i]);
    if (!value) {
      return api::fail(value.error().code(),
                       "argument " + std::to_string(i + 1) + ": " + value.error().message());
    }
    inner.push_back(*value);
  }
  const detail::CallScope scope(*core, options);
  if (auto error = scope.error()) return std::unexpected(*std::move(error));
  const detail::Pin pin(*core);
  const auto returned = runtime::call(*store, *func, inner);
  if (!returned) return std::unexpected(core->error_of(returned.error()));
  std::vector<Value> results;
  results.reserve(returned->size());
  for (const runtime::Value& value : *returned) results.push_back(detail::to_public(*core, value));
  return results;
}

Result<> Func::call_unchecked(const CallOptions& options, detail::Slot* slots) const {
  const detail::CallScope scope(*store_, options);
  if (auto error = scope.error()) return std::unexpected(*std::move(error));
  return call_unchecked(slots);
}

}  // namespace waxwing

// Checkpoints of calls: how host functions take them, and return to them.
#include "waxwing/checkpoint.h"

#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "runtime/checkpoint.h"

namespace waxwing {

using detail::Access;
using detail::CheckpointCore;
using detail::Restoration;
using detail::StoreCore;

namespace {

StoreCore& core_of(detail::HostContext* context) {
  const auto& vm_context = *reinterpret_cast<abi::VmContext*>(context);
  return StoreCore::of(*static_cast<runtime::Store*>(vm_context.store));
}

/// The results by the array ABI, where the running host function can return to the checkpoint.
Result<std::vector<runtime::Slot>> check(StoreCore& core, const CheckpointCore& checkpoint,
                                         std::span<const Value> results) {
  if (checkpoint.store.get() != &core)
    return api::fail(ErrorCode::wrong_store, "a checkpoint of another store");
  if (const auto opened = core.open(); !opened) return std::unexpected(opened.error());
  if (const auto checked = checkpoint.checkpoint->check(); !checked)
    return api::fail(checked.error());
  const std::vector<syntax::ValType>& types = checkpoint.checkpoint->results();
  if (results.size() != types.size()) {
    return api::fail(ErrorCode::wrong_type, "the checkpoint is of a host function with " +
                                                std::to_string(types.size()) +
                                                (types.size() == 1 ? " result, " : " results, ") +
                                                std::to_string(results.size()) + " are given");
  }
  std::vector<runtime::Slot> slots;
  for (size_t i = 0; i < types.size(); ++i) {
    const auto value = detail::to_runtime(core, results[i], types[i]);
    if (!value) {
      return api::fail(value.error().code(),
                       "result " + std::to_string(i + 1) + ": " + value.error().message());
    }
    slots.insert(slots.end(), value->slots, value->slots + types[i].slot_count());
  }
  return slots;
}

}  // namespace

Result<Checkpoint> Caller::checkpoint() const {
  StoreCore& core = core_of(context_);
  auto taken = runtime::Checkpoint::take(*core.store);
  if (!taken) return api::fail(taken.error());
  return Access::checkpoint(std::make_shared<CheckpointCore>(
      CheckpointCore{.store = core.shared_from_this(), .checkpoint = *std::move(taken)}));
}

std::unexpected<Error> Caller::restore(const Checkpoint& checkpoint,
                                       std::span<const Value> results) const {
  const std::shared_ptr<CheckpointCore>& target = Access::core(checkpoint);
  if (auto slots = check(core_of(context_), *target, results); !slots)
    return std::unexpected(std::move(slots).error());
  return std::unexpected(Access::error(std::make_shared<const Restoration>(
      Restoration{.checkpoint = target, .results = {results.begin(), results.end()}})));
}

runtime::Outcome detail::restore(StoreCore& core, const Restoration& restoration) {
  // Whoever has the error may return it from another host function than it was made in.
  const auto slots = check(core, *restoration.checkpoint, restoration.results);
  if (!slots) {
    return core.store->set_trap(syntax::TrapCode::host_error, slots.error().message());
  }
  return restoration.checkpoint->checkpoint->resume(*slots, core.engine->config.fuel);
}

}  // namespace waxwing

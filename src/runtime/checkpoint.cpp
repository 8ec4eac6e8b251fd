// See checkpoint.h.
#include "runtime/checkpoint.h"

#include <algorithm>
#include <utility>

#include "base/fallible.h"
#include "runtime/handler_search.h"
#include "runtime/store.h"

namespace waxwing::runtime {

using base::ErrorCode;

uint64_t cost_to_go_on(const syntax::Module& module, syntax::FuncIdx func) {
  const syntax::FuncBody& body = module.body(func);
  uint64_t cost = body.code_size;
  for (const syntax::LocalRun& run : module.locals(body)) cost += run.count;
  return cost;
}

ForeignCall::ForeignCall(Store& store, const Func& callee, const Place& place)
    : store_(store),
      outer_(std::exchange(store.foreign_call_, this)),
      callee_(callee),
      place_(place),
      activation_(store.current_activation()) {}

ForeignCall::~ForeignCall() { store_.foreign_call_ = outer_; }

bool ForeignCall::resume() {
  Checkpoint* const checkpoint = store_.resuming_.get();
  if (!checkpoint || checkpoint->activation_ != activation_) return false;
  const std::shared_ptr<Checkpoint> kept = std::move(store_.resuming_);
  // Whoever returns again and again is stopped like a loop.
  if (store_.check_interrupt()) return false;
  if (!take_fuel(store_, checkpoint->cost_)) return false;
  store_.trap_.reset();
  const std::span<const Slot> saved = checkpoint->saved_->slots;
  std::ranges::copy(saved.first(checkpoint->stack_size_), checkpoint->stack_begin_);
  std::ranges::copy(saved.subspan(checkpoint->stack_size_, checkpoint->state_size_),
                    place_.state.begin());
  std::ranges::copy(saved.subspan(checkpoint->stack_size_ + checkpoint->state_size_),
                    checkpoint->slots_);
  return true;
}

Checkpoint::Checkpoint(Store& store, const ForeignCall& call)
    : store_(&store),
      activation_(call.activation_),
      type_(call.callee_.type_id()),
      slots_(call.place_.slots),
      stack_begin_(call.place_.stack.data()),
      stack_size_(call.place_.stack.size()),
      state_size_(call.place_.state.size()),
      body_bytes_(call.place_.body_bytes(store, call.place_.state)),
      next_(std::exchange(store.checkpoints_, this)) {
  saved_.emplace(store.heap());
  if (next_) next_->previous_ = this;
}

Checkpoint::~Checkpoint() {
  if (store_) forget();
}

void Checkpoint::forget() {
  (previous_ ? previous_->next_ : store_->checkpoints_) = next_;
  if (next_) next_->previous_ = previous_;
  saved_.reset();
  store_ = nullptr;
}

base::Result<std::shared_ptr<Checkpoint>> Checkpoint::take(Store& store) {
  if (!store.limits().has_checkpoints) {
    return base::fail(ErrorCode::unsupported,
                      "the engine makes no checkpoints of calls: set Config::checkpoints");
  }
  const ForeignCall* const call = store.running_host_call();
  if (!call) {
    return base::fail(ErrorCode::invalid_argument,
                      "a checkpoint is of a host function that Wasm code has called");
  }
  const std::span<const Slot> stack = call->place_.stack;
  size_t live = 0;
  uint64_t live_bytes = stack.size_bytes();
  for (const Checkpoint* other = store.checkpoints_; other; other = other->next_) {
    ++live;
    live_bytes += other->stack_size_ * sizeof(Slot);
  }
  if (live >= max_live || live_bytes > max_live_bytes) {
    return base::fail(ErrorCode::resource_limit,
                      "the store has " + std::to_string(live) + " checkpoints, and may have " +
                          std::to_string(max_live) + " with " + std::to_string(max_live_bytes) +
                          " bytes of stacks: let go of those whose calls have ended");
  }
  std::shared_ptr<Checkpoint> checkpoint(new Checkpoint(store, *call));
  const uint32_t results = slot_count(checkpoint->results());
  std::vector<Slot>& saved = checkpoint->saved_->slots;
  const size_t size = stack.size() + call->place_.state.size() + results;
  if (!base::try_reserve(saved, size))
    return base::fail(ErrorCode::out_of_memory, "no room for a copy of the stack");
  saved.assign(stack.begin(), stack.end());
  saved.insert(saved.end(), call->place_.state.begin(), call->place_.state.end());
  saved.resize(size);
  return checkpoint;
}

const std::vector<syntax::ValType>& Checkpoint::results() const {
  return store_->types().func_type(type_).results;
}

base::Result<> Checkpoint::check() const {
  for (const ForeignCall* call = store_->running_host_call(); call; call = call->outer_) {
    if (call->activation_ == activation_) return {};
    if (call->outer_ && call->outer_->callee_.is_host()) break;
  }
  return base::fail(ErrorCode::invalid_argument,
                    "the checkpoint's call has ended, or other host functions that run called this "
                    "one");
}

Outcome Checkpoint::resume(std::span<const Slot> results, bool counts_fuel) {
  Store& store = *store_;
  if (auto checked = check(); !checked)
    return store.set_trap(syntax::TrapCode::host_error, checked.error().message());
  std::ranges::copy(results, saved_->slots.end() - static_cast<ptrdiff_t>(results.size()));
  // Nobody sees it: the activation takes it away.
  const Outcome outcome =
      store.set_trap(syntax::TrapCode::host_error, "it returned to a checkpoint");
  cost_ = counts_fuel ? 1 + body_bytes_ : 0;
  store.resuming_ = shared_from_this();
  return outcome;
}

}  // namespace waxwing::runtime

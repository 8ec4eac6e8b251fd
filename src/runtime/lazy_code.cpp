// See lazy_code.h.
#include "runtime/lazy_code.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace waxwing::runtime {

using base::ErrorCode;

LazyCode::LazyCode(platform::CodeMemory memory, std::unique_ptr<abi::PieceCompiler> compiler,
                   size_t funcs)
    : compiler_(std::move(compiler)),
      funcs_(std::make_unique<std::unique_ptr<const LazyFunc>[]>(funcs)),
      memory_(std::move(memory)),
      text_(memory_.code().data()),
      states_(funcs, State::none),
      done_(funcs, nullptr) {}

const LazyFunc* LazyCode::find(uint32_t offset) const {
  const std::span funcs(funcs_.get(), count_.load(std::memory_order_acquire));
  const auto begin_of = [](const std::unique_ptr<const LazyFunc>& func) {
    return func->code.begin;
  };
  const auto after = std::ranges::upper_bound(funcs, offset, {}, begin_of);
  if (after == funcs.begin()) return nullptr;
  const LazyFunc& func = **std::prev(after);
  return offset < func.code.end ? &func : nullptr;
}

base::Result<const LazyFunc*> LazyCode::compile(uint32_t func) {
  std::unique_lock lock(mutex_);
  is_settled_.wait(lock, [&] { return states_[func] != State::busy; });
  if (states_[func] == State::done) return done_[func];
  states_[func] = State::busy;
  lock.unlock();
  auto piece = compiler_->compile(func);
  lock.lock();
  auto made = piece ? publish(func, *std::move(piece))
                    : base::Result<const LazyFunc*>(std::unexpected(std::move(piece).error()));
  states_[func] = made ? State::done : State::none;
  if (made) done_[func] = *made;
  lock.unlock();
  is_settled_.notify_all();
  return made;
}

/// Gives the piece its place.
base::Result<const LazyFunc*> LazyCode::publish(uint32_t func, abi::CodePiece piece) {
  const std::span<uint8_t> room = memory_.writable();
  if (room.empty() || piece.text.size() > room.size()) {
    return base::fail(ErrorCode::implementation_limit,
                      "no room for the machine code of function " + std::to_string(func) +
                          ", which is compiled at its first call: compile the module eagerly, and "
                          "before the process forks");
  }
  const auto begin = static_cast<uint32_t>(memory_.next_code() - text_);
  for (const abi::CodePiece::Distance& distance : piece.distances) {
    base::store_le(&piece.text[distance.position],
                   distance.target - (begin + distance.position + 4));
  }
  for (abi::CodeSite& site : piece.sites) site.code_offset += begin;
  for (abi::CodeHandler& handler : piece.handlers) {
    handler.begin += begin;
    handler.end += begin;
    if (handler.tag != abi::CodeHandler::skips) handler.target += begin;
  }
  auto made = std::make_unique<LazyFunc>();
  made->index = func;
  made->code = {.begin = begin,
                .end = begin + static_cast<uint32_t>(piece.text.size()),
                .frame_bytes = piece.frame_bytes};
  made->sites = std::move(piece.sites);
  made->handlers = std::move(piece.handlers);
  std::ranges::copy(piece.text, room.data());
  TRY(memory_.publish(piece.text.size()));
  const size_t count = count_.load(std::memory_order_relaxed);
  funcs_[count] = std::move(made);
  count_.store(count + 1, std::memory_order_release);
  return funcs_[count].get();
}

}  // namespace waxwing::runtime

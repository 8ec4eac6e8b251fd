// The frame: which locals live in registers, where all else lies, and how a function begins and
// ends.
#include "abi/frame.h"

#include <algorithm>
#include <array>

#include "baseline/func_compiler.h"

namespace waxwing::baseline {

using codegen::CallLayout;
using codegen::ValuePlace;
using codegen::x64::argument_gprs;
using codegen::x64::argument_xmms;
using codegen::x64::callee_saved_gprs;
using codegen::x64::context_register;
using codegen::x64::scratch;
using codegen::x64::scratch_xmm;

namespace {

constexpr RegSet caller_saved_temporaries =
    bit(reg_of(Gpr::rax)) | bit(reg_of(Gpr::rcx)) | bit(reg_of(Gpr::rdx)) | bit(reg_of(Gpr::rsi)) |
    bit(reg_of(Gpr::rdi)) | bit(reg_of(Gpr::r8)) | bit(reg_of(Gpr::r9)) | bit(reg_of(Gpr::r10));
constexpr RegSet vector_temporaries = 0x3fffu << first_vector_reg;  // xmm0 to xmm13

// Pins that a call destroys, in the order in which they are given away. Four general registers stay
// for results and for what instructions ask for: no instruction locks more at once.
constexpr Reg caller_saved_pins[] = {reg_of(Gpr::r8), reg_of(Gpr::r9), reg_of(Gpr::rdi),
                                     reg_of(Gpr::rsi)};
constexpr Reg vector_pins[] = {reg_of(Xmm::xmm4),  reg_of(Xmm::xmm5),  reg_of(Xmm::xmm6),
                               reg_of(Xmm::xmm7),  reg_of(Xmm::xmm8),  reg_of(Xmm::xmm9),
                               reg_of(Xmm::xmm10), reg_of(Xmm::xmm11), reg_of(Xmm::xmm12)};

/// A local that may be pinned.
struct Candidate {
  uint32_t local = 0;
  uint32_t weight = 0;
};

/// The `max` heaviest, heaviest first.
template <size_t max>
class Heaviest {
 public:
  void add(Candidate candidate) {
    if (count_ == max && candidate.weight <= items_[max - 1].weight) return;
    size_t place = count_ < max ? count_++ : max - 1;
    for (; place > 0 && items_[place - 1].weight < candidate.weight; --place)
      items_[place] = items_[place - 1];
    items_[place] = candidate;
  }
  std::span<const Candidate> items() const { return {items_.data(), count_}; }

 private:
  std::array<Candidate, max> items_{};
  size_t count_ = 0;
};

constexpr size_t max_general_pins = std::size(caller_saved_pins) + callee_saved_gprs.size();

}  // namespace

void FuncCompiler::choose_pins() {
  pinned_ = valid_pins_ = saved_pins_ = saved_regs_ = 0;
  allocatable_ = caller_saved_temporaries | vector_temporaries;
  if (options_.max_registers != 0) {
    const RegSet few = (bit(reg_of(Gpr::rax)) | bit(reg_of(Gpr::rcx)) | bit(reg_of(Gpr::rdx)) |
                        bit(reg_of(Gpr::rsi)));
    allocatable_ = few | ((RegSet{1} << options_.max_registers) - 1) << first_vector_reg;
    return;
  }
  if (module_.hints.funcs.empty()) return;
  const syntax::FuncHints& hints = module_.hints.funcs[func_.value - module_.imported_funcs];
  Heaviest<max_general_pins> general;
  Heaviest<std::size(vector_pins)> vector;
  for (uint32_t i = 0; i < hints.local_count; ++i) {
    const Candidate candidate{i, module_.hints.local_weights[hints.first_local + i]};
    if (candidate.weight < 3) continue;
    if (codegen::class_of(locals_[i].kind) == RegClass::general) {
      general.add(candidate);
    } else {
      vector.add(candidate);
    }
  }
  // A pin that calls destroy is stored and loaded again at each.
  const uint32_t call_cost = 2 * hints.call_weight;
  const auto pin = [this](const Candidate& candidate, Reg reg) {
    locals_[candidate.local].pin = reg;
    reg_local_[reg] = candidate.local;
    pinned_ |= bit(reg);
    allocatable_ &= ~bit(reg);
  };
  size_t next_kept = 0;
  size_t next_lost = 0;
  for (const Candidate& candidate : general.items()) {
    const bool prefers_kept = hints.has_call || next_lost == std::size(caller_saved_pins);
    if (prefers_kept && next_kept < callee_saved_gprs.size()) {
      const Reg reg = reg_of(callee_saved_gprs[next_kept++]);
      pin(candidate, reg);
      saved_regs_ |= bit(reg);
    } else if (candidate.weight > call_cost && next_lost < std::size(caller_saved_pins)) {
      pin(candidate, caller_saved_pins[next_lost++]);
    }
  }
  size_t next_vector = 0;
  for (const Candidate& candidate : vector.items()) {
    if (candidate.weight > call_cost) pin(candidate, vector_pins[next_vector++]);
  }
}

/// The locals that pins may be given to, and parameters, get their entries; of others only the runs
/// are noted. Offsets come later: they depend on pins, and pins on kinds.
void FuncCompiler::lay_out_locals() {
  const auto params = static_cast<uint32_t>(type_->params.size());
  local_count_ = params;
  for (const syntax::LocalRun& run : module_.locals(*body_)) local_count_ += run.count;
  constexpr uint32_t one_byte_locals = 128;  // what instructions of two bytes name
  constexpr uint32_t declared_near_locals = 32;
  uint32_t near = std::max(one_byte_locals, params + declared_near_locals);
  // Weights are of no more locals than the body has bytes.
  if (!module_.hints.funcs.empty())
    near = std::max(near, module_.hints.funcs[func_.value - module_.imported_funcs].local_count);
  near_locals_ = std::min(local_count_, near);
  if (locals_.size() < local_count_) locals_.resize(local_count_);
  ++function_number_;
  far_locals_.clear();
  uint32_t next = 0;
  for (const ValType type : type_->params) locals_[next++] = {.kind = type.kind()};
  for (const syntax::LocalRun& run : module_.locals(*body_)) {
    const uint32_t end = next + run.count;
    for (; next < std::min(end, near_locals_); ++next) locals_[next] = {.kind = run.type.kind()};
    if (next == end) continue;
    far_locals_.push_back({.first = next, .kind = run.type.kind()});
    next = end;
  }
}

void FuncCompiler::add_local(uint32_t local) {
  const FarLocals& run =
      *std::prev(std::ranges::upper_bound(far_locals_, local, {}, &FarLocals::first));
  const auto bytes = static_cast<int32_t>(slots_of(run.kind) * 8);
  locals_[local] = {.kind = run.kind,
                    .offset = run.end_offset - static_cast<int32_t>(local - run.first + 1) * bytes,
                    .function = function_number_};
}

void FuncCompiler::lay_out_frame() {
  lay_out_locals();
  choose_pins();
  // A handler of exceptions finds the callee-saved registers as some callee left them, so all must
  // be restorable.
  if (has_handlers_) {
    for (const Gpr reg : callee_saved_gprs) saved_regs_ |= bit(reg_of(reg));
  }
  int32_t offset = abi::frame_context;
  for (RegSet left = saved_regs_; left != 0; left &= left - 1) offset -= 8;
  declared_offset_ = offset;
  for (uint32_t i = 0; i < near_locals_; ++i) {
    offset -= static_cast<int32_t>(slots_of(locals_[i].kind) * 8);
    locals_[i].offset = offset;
    if (i + 1 == type_->params.size()) declared_offset_ = offset;
  }
  if (type_->params.size() > many_values) {  // in the order of transfer slots
    int32_t rising = declared_offset_;
    for (uint32_t i = 0; i < type_->params.size(); ++i) {
      locals_[i].offset = rising;
      rising += static_cast<int32_t>(slots_of(locals_[i].kind) * 8);
    }
  }
  for (size_t i = 0; i < far_locals_.size(); ++i) {
    far_locals_[i].end_offset = offset;
    const uint32_t end = i + 1 < far_locals_.size() ? far_locals_[i + 1].first : local_count_;
    offset -=
        static_cast<int32_t>((end - far_locals_[i].first) * slots_of(far_locals_[i].kind) * 8);
  }
  locals_offset_ = offset;
  uint64_t stack_slots = uint64_t{body_->code_size} * 2;
  if (!module_.hints.funcs.empty()) {
    const syntax::FuncHints& hints = module_.hints.funcs[func_.value - module_.imported_funcs];
    stack_slots = hints.max_stack_slots + uint64_t{hints.max_labels};
  }
  // Branches move their operands to where the label has them, also where nothing was ever pushed.
  stack_slots += syntax::slot_count(type_->results);
  // Where nothing lies yet, or any more: arguments as a listener sees them.
  if (options_.listeners && type_->params.size() <= many_values)
    stack_slots += syntax::slot_count(type_->params);
  const uint64_t bytes = static_cast<uint64_t>(-int64_t{offset}) + stack_slots * 8;
  frame_bytes_ = static_cast<uint32_t>((bytes + 15) / 16 * 16);
  slots_offset_ = -static_cast<int32_t>(frame_bytes_);
}

void FuncCompiler::emit_prologue() {
  masm_.push(Gpr::rbp);
  masm_.mov(Width::w64, Gpr::rbp, Gpr::rsp);
  const Mem limit(context_register, offsetof(abi::VmContext, stack_limit));
  if (frame_bytes_ <= abi::unchecked_frame_bytes) {
    masm_.cmp(Width::w64, Gpr::rsp, limit);
  } else {
    masm_.lea(Width::w64, scratch, Mem(Gpr::rsp, -static_cast<int32_t>(frame_bytes_)));
    masm_.cmp(Width::w64, scratch, limit);
  }
  masm_.mov(Width::w64, Mem(Gpr::rbp, abi::frame_context), context_register);
  masm_.jcc(Condition::below_equal, add_cold(ColdCode::Kind::prologue).entry);
  masm_.sub(Width::w64, Gpr::rsp, static_cast<int32_t>(frame_bytes_));
  if (options_.counters) count(offsetof(abi::FuncCounters, entries));
  int32_t offset = abi::frame_context;
  for (const Gpr reg : callee_saved_gprs) {
    if ((saved_regs_ & bit(reg_of(reg))) == 0) continue;
    offset -= 8;
    masm_.mov(Width::w64, Mem(Gpr::rbp, offset), reg);
  }
  take_params();
  zero_locals();
  valid_pins_ = pinned_;
}

/// One more in that counter of the function's FuncCounters.
void FuncCompiler::count(uint32_t counter) {
  const uint32_t counters = layout_.counters(func_.value - module_.imported_funcs);
  masm_.add(Width::w64, Mem(context_register, static_cast<int32_t>(counters + counter)), 1);
}

/// Parameters go from where the caller put them to their pins or to memory.
void FuncCompiler::take_params() {
  CallLayout layout(argument_gprs.size(), argument_xmms.size());
  Moves moves;
  size_t move_count = 0;
  bool has_transfer = false;
  for (uint32_t i = 0; i < type_->params.size(); ++i) {
    Local& local = locals_[i];
    const ValuePlace place = layout.next(local.kind);
    if (!place.in_register) {
      has_transfer = true;
      continue;
    }
    const Reg reg = place.reg_class == RegClass::general ? reg_of(argument_gprs[place.index])
                                                         : reg_of(argument_xmms[place.index]);
    if (local.pin == no_reg) {
      store_reg(local_mem(local), reg, local.kind);
      // A first use need not wait for memory. Registers of pins are overwritten below.
      if ((allocatable_ & bit(reg)) != 0) {
        local.cache = reg;
        cached_ |= bit(reg);
        reg_local_[reg] = i;
      }
    } else {
      moves[move_count++] = {local.pin, reg};
    }
  }
  parallel_move(std::span(moves).first(move_count));
  if (!has_transfer) return;
  load_transfer_pointer();
  CallLayout again(argument_gprs.size(), argument_xmms.size());
  for (uint32_t i = 0; i < type_->params.size(); ++i) {
    const Local& local = locals_[i];
    const ValuePlace place = again.next(local.kind);
    if (place.in_register) continue;
    const Mem from(scratch, static_cast<int32_t>(place.index * 8));
    if (local.pin != no_reg) {
      load_reg(local.pin, from, local.kind);
    } else if (type_->params.size() > many_values) {
      const auto slot = static_cast<uint32_t>(local.offset - slots_offset_) / 8;
      add_transfer({slot, place.index, slots_of(local.kind)});
    } else {
      masm_.load(scratch_xmm, from, size_bytes(local.kind));
      masm_.store(local_mem(local), scratch_xmm, size_bytes(local.kind));
    }
  }
  if (transfers_.empty()) return;
  drop_cache(reg_of(transfer_counter));
  copy_transfers(Direction::from_transfer, transfer_counter);
}

void FuncCompiler::zero_locals() {
  const auto first = static_cast<uint32_t>(type_->params.size());
  uint32_t count = local_count_ - first;  // of those in memory
  for (uint32_t i = first; i < near_locals_; ++i) {
    const Reg pin = locals_[i].pin;
    if (pin == no_reg) continue;
    --count;
    if (class_of(pin) == RegClass::general) {
      masm_.set(gpr(pin), 0);
    } else {
      masm_.set(xmm(pin), base::V128{});
    }
  }
  if (count == 0) return;
  masm_.set(scratch_xmm, base::V128{});
  constexpr uint32_t few = 4;  // so that all declared ones are near
  if (count <= few) {
    for (uint32_t i = first; i < near_locals_; ++i) {
      if (locals_[i].pin == no_reg)
        masm_.store(local_mem(locals_[i]), scratch_xmm, slots_of(locals_[i].kind) * 8);
    }
    return;
  }
  // All declared locals lie in a row, those that are pinned too: their memory is not worth a test.
  const int64_t high = declared_offset_;
  const int64_t low = locals_offset_;
  const int64_t bytes = high - low;
  constexpr int64_t max_straight_bytes = 512;
  int64_t at = low;
  if (bytes > max_straight_bytes) {
    // From high to low in steps of 64 bytes; the scratch register counts up to 0.
    const int64_t looped = bytes / 64 * 64;
    masm_.mov_imm(scratch, static_cast<uint64_t>(-looped));
    Label loop;
    masm_.bind(loop);
    for (int32_t i = 0; i < 64; i += 16) {
      masm_.store(Mem(Gpr::rbp, scratch, Scale::x1, static_cast<int32_t>(low + looped) + i),
                  scratch_xmm, 16);
    }
    masm_.add(Width::w64, scratch, 64);
    masm_.jcc(Condition::not_equal, loop);
    at += looped;
  }
  for (; at + 16 <= high; at += 16)
    masm_.store(Mem(Gpr::rbp, static_cast<int32_t>(at)), scratch_xmm, 16);
  if (at < high) masm_.store(Mem(Gpr::rbp, static_cast<int32_t>(at)), scratch_xmm, 8);
}

void FuncCompiler::restore_callee_saved() {
  int32_t offset = abi::frame_context;
  for (const Gpr reg : callee_saved_gprs) {
    if ((saved_regs_ & bit(reg_of(reg))) == 0) continue;
    offset -= 8;
    masm_.mov(Width::w64, reg, Mem(Gpr::rbp, offset));
  }
  masm_.mov(Width::w64, Gpr::rsp, Gpr::rbp);
  masm_.pop(Gpr::rbp);
}

void FuncCompiler::emit_epilogue() {
  restore_callee_saved();
  masm_.ret();
}

}  // namespace waxwing::baseline

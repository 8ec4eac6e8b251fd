// Translates functions on demand and runs them: from the array ABI into register code and back.
#include "interp/function_table.h"

#include <algorithm>
#include <new>

#include "interp/dispatch.h"
#include "interp/interpreter.h"
#include "interp/translator.h"

namespace waxwing::interp {
namespace {

using runtime::Outcome;

void copy_slots(const Slot* from, uint32_t count, Slot* to) {
  for (; count != 0; --count) {
    *to++ = *from++;
    asm("" : "+r"(to));  // few slots: a call of memcpy would cost more than the loop
  }
}

/// Tells the store about every frame of the stopped activation, innermost first.
void add_frames(const Activation& act) {
  const Cell* pc = act.pc;
  const Slot* fp = act.fp;
  while (const FuncCode* func = act.code->find(pc)) {
    act.instance->store().add_frame(*act.instance, func->func,
                                    module_offset(act.code->module(), *func, pc));
    const Cell* back = reinterpret_cast<const Cell*>(fp[func->header_slot]);
    fp -= read_cells<uint32_t>(back - 2);
    pc = back - 1;
  }
}

Outcome outcome_of(const Activation& act) {
  runtime::Store& store = act.instance->store();
  switch (act.stop) {
    case Activation::Stop::finished: return Outcome::returned;
    case Activation::Stop::threw: return Outcome::threw;
    case Activation::Stop::trapped: break;
  }
  if (act.trap != syntax::TrapCode::none)
    static_cast<void>(store.set_trap(act.trap));
  else if (!store.has_trap() && !store.check_interrupt())
    static_cast<void>(store.set_trap(syntax::TrapCode::interrupted));
  add_frames(act);
  return Outcome::trapped;
}

}  // namespace

HaltCode::HaltCode() {
  const uint64_t address = handler_address(opcode(IOp::halt));
  std::memcpy(cells_ + 2, &address, sizeof address);
}

Code::Code(const runtime::CompiledModule& compiled, const Options& options,
           std::unique_ptr<std::atomic<const Cell*>[]> entries)
    : compiled_(compiled),
      module_(compiled.module),
      options_(options),
      entries_(std::move(entries)),
      shapes_(compiled.module.types.size()) {
  for (size_t i = 0; i < shapes_.size(); ++i) {
    const auto* const type = module_.types[syntax::TypeIdx(static_cast<uint32_t>(i))].func();
    if (!type) continue;
    shapes_[i] = {.args = static_cast<uint16_t>(slot_count(type->params)),
                  .results = static_cast<uint16_t>(slot_count(type->results))};
  }
}
Code::~Code() = default;

const Cell* Code::translate(uint32_t defined) const {
  const std::lock_guard lock(mutex_);
  if (const Cell* cells = entries_[defined].load(std::memory_order_relaxed)) return cells;
  auto func = std::make_unique<const FuncCode>(
      interp::translate(compiled_, syntax::FuncIdx(module_.imported_funcs + defined), options_));
  const Cell* cells = func->cells.data();
  funcs_.emplace(cells, std::move(func));
  entries_[defined].store(cells, std::memory_order_release);
  return cells;
}

const FuncCode* Code::find(const Cell* pc) const {
  const std::lock_guard lock(mutex_);
  auto after = funcs_.upper_bound(pc);
  if (after == funcs_.begin()) return nullptr;
  const FuncCode* func = std::prev(after)->second.get();
  return pc < func->cells.data() + func->cells.size() ? func : nullptr;
}

Outcome Code::call(runtime::Instance& instance, syntax::FuncIdx func,
                   Slot* args_and_results) const {
  runtime::Store& store = instance.store();
  runtime::ExecutionStack& stack = store.stack();
  const CallShape shape = shapes_[module_.funcs[func].value];
  Slot* const fp = stack.top;
  if (std::max(shape.args, shape.results) > static_cast<size_t>(stack.end - fp)) {
    return store.set_trap(syntax::TrapCode::call_stack_exhausted);
  }
  Activation act;
  act.instance = &instance;
  act.data = &instance.data;
  act.entries = entries_.get();
  act.code = this;
  act.imported_funcs = module_.imported_funcs;
  const uint32_t defined = func.value - module_.imported_funcs;
  const Cell* entry = entries_[defined].load(std::memory_order_acquire);
  if (!entry) entry = translate(defined);
  copy_slots(args_and_results, shape.args, fp);
  runtime::Memory* memory = instance.data.memory0;
  run(Regs{.pc = entry,
           .fp = fp,
           .act = &act,
           .mem = memory ? memory->base() : nullptr,
           .acc = reinterpret_cast<Slot>(halt_.entry()),
           .mem_size = memory ? memory->size_bytes() : 0,
           .stack = &stack,
           .handlers = handler_addresses(),
           .vec = {}});
  const Outcome outcome = outcome_of(act);
  if (outcome == Outcome::returned) copy_slots(fp, shape.results, args_and_results);
  return outcome;
}

uint64_t module_offset(const syntax::Module& module, const FuncCode& func, const Cell* pc) {
  const auto cell = static_cast<uint32_t>(pc - func.cells.data());
  auto after = std::ranges::upper_bound(func.points, cell, {}, &SourcePoint::cell);
  const uint64_t body_offset = module.body(func.func).offset;
  return after == func.points.begin() ? body_offset : body_offset + std::prev(after)->body_offset;
}

base::Result<std::unique_ptr<const runtime::ModuleCode>> load(
    const runtime::CompiledModule& compiled, const Options& options) {
  std::unique_ptr<std::atomic<const Cell*>[]> entries(
      new (std::nothrow) std::atomic<const Cell*>[compiled.module.bodies.size()]());
  if (!entries)
    return base::fail(base::ErrorCode::out_of_memory, "no room for a table of functions");
  return std::make_unique<const Code>(compiled, options, std::move(entries));
}

}  // namespace waxwing::interp

// What generated code needs around it, made by hand: contexts, a stack, builtins; functions that
// are written with the macro assembler, linked, and run.
#pragma once

#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "abi/frame.h"
#include "abi/vm_context.h"
#include "codegen/call_layout.h"
#include "codegen/linker.h"
#include "codegen/x64/macro_assembler.h"
#include "codegen/x64/stubs.h"
#include "platform/code_memory.h"

namespace waxwing::codegen::x64 {

#if defined(__x86_64__)
inline constexpr bool runs_here = true;
#else
inline constexpr bool runs_here = false;
#endif

using abi::BuiltinId;
using abi::CodeImage;
using abi::ExecutionState;
using abi::FuncRecord;
using abi::Status;
using abi::VmContext;
using syntax::FuncType;
using syntax::TrapCode;
using syntax::TypeIdx;
using syntax::ValKind;
using syntax::ValType;

/// What the Wasm stack and the runtime are to the code of a test.
struct World {
  static constexpr size_t stack_bytes = 256 << 10;

  explicit World(size_t usable_stack_bytes = stack_bytes - 32768)
      : stack(std::make_unique<uint64_t[]>(stack_bytes / 8)),
        transfer(std::make_unique<uint64_t[]>(abi::max_transfer_slots)),
        stack_low(reinterpret_cast<uintptr_t>(stack.get())),
        stack_top((stack_low + stack_bytes) & ~uintptr_t{15}),
        stack_limit(stack_top - usable_stack_bytes) {
    state.exit_sp = reinterpret_cast<uint8_t*>(stack_top);
    state.transfer = transfer.get();
    for (const void*& entry : builtins) entry = reinterpret_cast<const void*>(&unexpected);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  template <typename R, typename... A>
  void set(BuiltinId id, R (*function)(VmContext*, A...)) {
    builtins[static_cast<size_t>(id)] = reinterpret_cast<const void*>(function);
  }

  static Status unexpected(VmContext* context) {
    ADD_FAILURE() << "a builtin was called that this test does not expect";
    context->state->result = static_cast<uint64_t>(abi::EntryOutcome::trapped);
    return Status::leave;
  }

  ExecutionState state;
  const void* builtins[abi::builtin_count];
  std::unique_ptr<uint64_t[]> stack;
  std::unique_ptr<uint64_t[]> transfer;
  uintptr_t stack_low;
  uintptr_t stack_top;
  uintptr_t stack_limit;
};

/// A module's code, and one instance of it.
class Instance {
 public:
  Instance(World& in, uint8_t* memory_base) : world(in) { reset(context, memory_base); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// Makes `other` another instance of the same code.
  void reset(VmContext& other, uint8_t* memory_base) {
    other.stack_limit = world.stack_limit;
    other.memory0_base = memory_base;
    other.state = &world.state;
    other.builtins = world.builtins;
    other.instance = this;
    other.store = &world;
  }

  TypeIdx add_type(std::vector<ValType> params, std::vector<ValType> results) {
    const TypeIdx index(module.types.size());
    module.types.push_back(
        {.super = std::nullopt, .composite = FuncType{std::move(params), std::move(results)}});
    module.canonical_types.push_back(index);
    return index;
  }

  /// The code that was written with `masm` is the next function's.
  uint32_t add_func(TypeIdx type, uint32_t frame_bytes = 16) {
    CodeObject object;
    const auto finished = masm.finish(object);
    EXPECT_TRUE(finished) << finished.error().message();
    object.frame_bytes = frame_bytes;
    objects.push_back(std::move(object));
    module.funcs.push_back(type);
    module.bodies.push_back({});
    return static_cast<uint32_t>(objects.size() - 1);
  }

  /// Links and loads. False where the host forbids running code.
  bool load() {
    Stubs stubs(features);
    auto linked = link(module, std::move(objects), stubs);
    if (!linked) {
      ADD_FAILURE() << linked.error().message();
      return false;
    }
    image = *std::move(linked);
    const uint32_t caller = static_cast<uint32_t>(image.text.size());
    std::vector<uint8_t> text = image.text;
    append_caller(text);
    auto reserved = platform::CodeMemory::reserve(text.size());
    if (!reserved) return false;
    memory = *std::move(reserved);
    std::memcpy(memory.writable().data(), text.data(), text.size());
    const auto published = memory.publish(text.size());
    if (!published) return false;
    memory.seal();
    base = published->data();
    caller_ = base + caller;
    return true;
  }

  const uint8_t* code(uint32_t func) const { return base + image.funcs[func].begin; }

  FuncRecord record(uint32_t func) {
    return {.type = 0, .index = func, .context = &context, .code = code(func)};
  }

  /// Calls through the entry stub of the function's type.
  abi::EntryOutcome call(uint32_t func, uint64_t* slots) { return call(context, func, slots); }
  abi::EntryOutcome call(VmContext& in, uint32_t func, uint64_t* slots) {
    const uint32_t type = module.funcs[syntax::FuncIdx(func)].value;
    const uint8_t* const enter = base + image.stubs.enter[type];
    const uint64_t result = call_caller(in, code(func), slots, enter);
    EXPECT_EQ(result >> 32, 0u) << "the stub changed a register that C++ keeps";
    return static_cast<abi::EntryOutcome>(static_cast<uint32_t>(result));
  }

  /// The same, without a look at the registers.
#if defined(__clang__)
  [[clang::no_sanitize("function")]]
#endif
  void call_quickly(uint32_t func, uint64_t* slots) {
    const uint32_t type = module.funcs[syntax::FuncIdx(func)].value;
    const auto enter = reinterpret_cast<abi::EnterStub>(
        reinterpret_cast<uintptr_t>(base + image.stubs.enter[type]));
    enter(&context, code(func), slots);
  }

  /// Where an address is in this image's code; nothing where it is in none of it.
  std::optional<uint32_t> offset_of(const void* address) const {
    const auto distance = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(base);
    if (distance >= image.text.size()) return std::nullopt;
    return static_cast<uint32_t>(distance);
  }

  World& world;
  syntax::Module module;
  CpuFeatures features = CpuFeatures::from_host().value_or(CpuFeatures());
  MacroAssembler masm{features};
  std::vector<CodeObject> objects;
  CodeImage image;
  platform::CodeMemory memory;
  const uint8_t* base = nullptr;
  struct Block {
    VmContext header;
    uint64_t arrays[32] = {};  // abi/vm_layout.h
  } block;
  VmContext& context = block.header;

 private:
  using Caller = uint64_t(VmContext*, const void* code, uint64_t* slots, const void* enter);

#if defined(__clang__)
  [[clang::no_sanitize("function")]]
#endif
  uint64_t call_caller(VmContext& in, const void* code, uint64_t* slots, const void* enter) const {
    return reinterpret_cast<Caller*>(reinterpret_cast<uintptr_t>(caller_))(&in, code, slots, enter);
  }

  // A C function that calls `enter` and adds 1 << 32 for each register that it did not keep.
  static void append_caller(std::vector<uint8_t>& text) {
    static constexpr Gpr kept[] = {Gpr::rbx, Gpr::rbp, Gpr::r12, Gpr::r13, Gpr::r14, Gpr::r15};
    MacroAssembler masm{CpuFeatures()};
    for (const Gpr reg : kept) masm.push(reg);
    masm.sub(Width::w64, Gpr::rsp, 8);
    for (const Gpr reg : kept) masm.mov_imm(reg, 0x1234'5678'9abc'0000 + number(reg));
    masm.call(Gpr::rcx);
    masm.mov(Width::w32, Gpr::rax, Gpr::rax);
    masm.mov_imm(Gpr::rdx, uint64_t{1} << 32);
    for (const Gpr reg : kept) {
      Label is_kept;
      masm.mov_imm(Gpr::rcx, 0x1234'5678'9abc'0000 + number(reg));
      masm.cmp(Width::w64, reg, Gpr::rcx);
      masm.jcc(Condition::equal, is_kept);
      masm.add(Width::w64, Gpr::rax, Gpr::rdx);
      masm.bind(is_kept);
    }
    masm.add(Width::w64, Gpr::rsp, 8);
    for (size_t i = std::size(kept); i-- > 0;) masm.pop(kept[i]);
    masm.ret();
    CodeObject object;
    EXPECT_TRUE(masm.finish(object));
    text.insert(text.end(), object.text.begin(), object.text.end());
  }

  const uint8_t* caller_ = nullptr;
};

/// Writes functions: plain code, one value after the other, to compare the stubs with.
class FuncWriter {
 public:
  explicit FuncWriter(MacroAssembler& masm) : masm_(masm) {}

  static uint32_t frame_bytes(uint32_t slots) { return (slots * 8 + 8 + 15) / 16 * 16; }
  /// Where slot 0 of the frame is, below the frame pointer: slots rise from there.
  static int32_t slot_offset(uint32_t slots, uint32_t slot) {
    return static_cast<int32_t>(slot * 8) - static_cast<int32_t>(frame_bytes(slots));
  }

  void prologue(uint32_t slots = 0) {
    slots_ = slots;
    masm_.push(Gpr::rbp);
    masm_.mov(Width::w64, Gpr::rbp, Gpr::rsp);
    masm_.push(context_register);
    masm_.sub(Width::w64, Gpr::rsp, static_cast<int32_t>(frame_bytes(slots)) - 8);
  }
  void epilogue() {
    masm_.leave();
    masm_.ret();
  }

  /// Stores what came by the register convention to the frame's slots from `first` on.
  void take(std::span<const ValType> types, bool are_results, uint32_t first = 0) {
    move(types, are_results, first, true);
  }
  /// The reverse.
  void give(std::span<const ValType> types, bool are_results, uint32_t first = 0) {
    move(types, are_results, first, false);
  }

  Mem slot(uint32_t index) const { return Mem(Gpr::rbp, slot_offset(slots_, index)); }

  /// Stops the process where r14 and r15 are not those of `context`.
  void check_context(const VmContext& context) {
    Label wrong, right;
    masm_.mov_imm(Gpr::r11, reinterpret_cast<uintptr_t>(&context));
    masm_.cmp(Width::w64, Gpr::r11, Gpr::r14);
    masm_.jcc(Condition::not_equal, wrong);
    masm_.cmp(Width::w64, Gpr::r15, Mem(Gpr::r14, offsetof(VmContext, memory0_base)));
    masm_.jcc(Condition::equal, right);
    masm_.bind(wrong);
    masm_.int3();
    masm_.bind(right);
  }
  /// Stops the process where the stack is below its limit, or unaligned: in a function's first
  /// instruction.
  void check_stack() {
    Label low, right;
    masm_.cmp(Width::w64, Gpr::rsp, Mem(Gpr::r14, offsetof(VmContext, stack_limit)));
    masm_.jcc(Condition::below, low);
    masm_.lea(Width::w64, Gpr::r11, Mem(Gpr::rsp, 8));
    masm_.test(Width::w64, Gpr::r11, 15);
    masm_.jcc(Condition::equal, right);
    masm_.bind(low);
    masm_.int3();
    masm_.bind(right);
  }
  /// Changes all registers that a function need not keep.
  void trash() {
    for (unsigned i = 0; i < 16; ++i) {
      const auto reg = static_cast<Gpr>(i);
      if (reg == Gpr::rsp || reg == Gpr::rbp || reg == Gpr::rbx || (i >= 12)) continue;
      masm_.mov_imm(reg, 0xbad0'bad0'bad0'bad0 + i);
    }
    for (unsigned i = 0; i < 16; ++i) {
      masm_.pcmpeqd(static_cast<Xmm>(i), static_cast<Xmm>(i));
    }
  }

 private:
  void move(std::span<const ValType> types, bool are_results, uint32_t first, bool is_take) {
    const std::span<const Gpr> gprs =
        are_results ? std::span<const Gpr>(result_gprs) : std::span<const Gpr>(argument_gprs);
    for (const bool in_registers : {is_take, !is_take}) {
      CallLayout layout = are_results ? CallLayout(4, 4) : CallLayout(8, 8);
      uint32_t index = first;
      for (const ValType type : types) {
        const ValuePlace place = layout.next(type.kind());
        const uint32_t here = index;
        index += type.slot_count();
        if (place.in_register != in_registers) continue;
        if (!place.in_register) {
          move_transfer(type, here, place.index, is_take);
        } else if (place.reg_class == RegClass::general) {
          const Gpr reg = gprs[place.index];
          is_take ? masm_.mov(Width::w64, slot(here), reg) : masm_.mov(Width::w64, reg, slot(here));
        } else {
          const Xmm reg = static_cast<Xmm>(place.index);
          move_xmm(type, here, reg, is_take);
        }
      }
    }
  }

  void move_xmm(ValType type, uint32_t here, Xmm reg, bool is_take) {
    const uint32_t size = type.kind() == ValKind::f32 ? 4 : type.kind() == ValKind::f64 ? 8 : 16;
    if (is_take) {
      masm_.store(slot(here), reg, size);
    } else {
      masm_.pcmpeqd(reg, reg);  // what is above the float is anything
      if (size == 4) masm_.pinsrd(reg, slot(here), 0);
      if (size == 8) masm_.movlps(reg, slot(here));
      if (size == 16) masm_.load(reg, slot(here), 16);
    }
  }

  void move_transfer(ValType type, uint32_t here, uint32_t transfer_slot, bool is_take) {
    masm_.mov(Width::w64, Gpr::r11, Mem(Gpr::r14, offsetof(VmContext, state)));
    masm_.mov(Width::w64, Gpr::r11, Mem(Gpr::r11, offsetof(ExecutionState, transfer)));
    for (uint32_t i = 0; i < type.slot_count(); ++i) {
      const Mem there(Gpr::r11, static_cast<int32_t>((transfer_slot + i) * 8));
      masm_.mov(Width::w64, Gpr::rax, is_take ? there : slot(here + i));
      masm_.mov(Width::w64, is_take ? slot(here + i) : there, Gpr::rax);
    }
  }

  MacroAssembler& masm_;
  uint32_t slots_ = 0;
};

}  // namespace waxwing::codegen::x64

// Modules whose functions are written with the macro assembler, instantiated in a real store.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "abi/frame.h"
#include "abi/vm_layout.h"
#include "codegen/linker.h"
#include "codegen/x64/macro_assembler.h"
#include "codegen/x64/stubs.h"
#include "fixtures.h"
#include "runtime/native_code.h"

namespace waxwing::runtime {

#if defined(__x86_64__)
inline constexpr bool runs_here = true;
#else
inline constexpr bool runs_here = false;
#endif

using codegen::TargetKind;
using codegen::x64::Condition;
using codegen::x64::Gpr;
using codegen::x64::Mem;
using codegen::x64::Width;
using syntax::FuncIdx;
using syntax::TrapCode;
using syntax::TypeIdx;

inline constexpr Gpr context_register = codegen::x64::context_register;

/// A module with machine code. Its functions are written between `begin` and `end`; the body of the
/// first one lies at 1000, of the next one at 2000.
class NativeModule : public ModuleBuilder {
 public:
  NativeModule() : masm(codegen::x64::CpuFeatures()) {}

  codegen::x64::MacroAssembler masm;

  /// Room for values is from [rbp - frame_bytes] up to `slot(0)`.
  void begin(uint32_t frame_bytes = 32, bool has_check = true) {
    frame_bytes_ = frame_bytes;
    masm.set_body_offset(0);
    masm.push(Gpr::rbp);
    masm.mov(Width::w64, Gpr::rbp, Gpr::rsp);
    masm.push(context_register);
    masm.sub(Width::w64, Gpr::rsp, static_cast<int32_t>(frame_bytes) - 8);
    if (!has_check) return;
    assembler::Label passed;
    masm.cmp(Width::w64, Gpr::rsp, Mem(context_register));
    masm.jcc(Condition::above_equal, passed);
    masm.call_builtin(abi::BuiltinId::check_prologue);
    masm.bind(passed);
  }
  static Mem slot(int32_t index) { return Mem(Gpr::rbp, -16 - index * 8); }
  void leave() {
    masm.leave();
    masm.ret();
  }
  FuncIdx end(TypeIdx type) {
    codegen::CodeObject object;
    EXPECT_TRUE(masm.finish(object));
    object.frame_bytes = frame_bytes_;
    objects_.push_back(std::move(object));
    module.bodies.push_back({.offset = static_cast<uint32_t>(module.bodies.size() + 1) * 1000});
    return module.funcs.push_back(type);
  }

  /// Calls a defined function.
  void call(FuncIdx callee, uint32_t body_offset) {
    masm.set_body_offset(body_offset);
    masm.call({TargetKind::func, callee.value - module.imported_funcs});
  }
  void load_import(FuncIdx import) {
    const abi::VmLayout layout(module);
    masm.mov(Width::w64, codegen::x64::scratch,
             Mem(context_register, static_cast<int32_t>(layout.imported_func(import))));
  }
  /// REQUIRES: all that determines the context's layout is declared.
  void call_import(FuncIdx import, uint32_t body_offset) {
    masm.set_body_offset(body_offset);
    load_import(import);
    masm.call({TargetKind::foreign, module.funcs[import].value});
  }
  void tail_call_import(FuncIdx import) {
    load_import(import);
    masm.leave();
    masm.jmp({TargetKind::tail_foreign, module.funcs[import].value});
  }
  uint32_t position() { return masm.buffer().position(); }

  abi::CodeImage link() {
    codegen::x64::Stubs stubs{codegen::x64::CpuFeatures()};
    auto image = codegen::link(module, std::move(objects_), stubs);
    EXPECT_TRUE(image.has_value());
    return *std::move(image);
  }

 private:
  uint32_t frame_bytes_ = 0;
  std::vector<codegen::CodeObject> objects_;
};

class NativeTest : public StoreTest {
 public:
  explicit NativeTest(const StoreLimits& limits = {}) : StoreTest(limits) {}
  void SetUp() override {
    if (!runs_here) GTEST_SKIP() << "this processor is no x86-64";
  }

  Instance& instantiate_native(NativeModule& source, std::vector<Extern> imports = {},
                               std::string name = "test") {
    auto compiled = source.compile(types);
    auto code = NativeCode::load(source.link(), compiled->module, FaultHandling::install);
    EXPECT_TRUE(code.has_value()) << code.error().message();
    const_cast<CompiledModule&>(*compiled).code = *std::move(code);
    auto instance = instantiate(*store, std::move(compiled), imports, std::move(name));
    EXPECT_TRUE(instance.has_value());
    return **instance;
  }

  /// The first result of a call that returns.
  Slot call(Instance& instance, FuncIdx func, std::vector<Slot> slots = {}) {
    slots.resize(std::max<size_t>(slots.size(), 8));
    const Outcome outcome = store->call(instance.func(func), slots.data());
    EXPECT_EQ(outcome, Outcome::returned)
        << (outcome == Outcome::returned ? "" : store->take_failure(outcome).message());
    return slots[0];
  }
  /// The trap of a call that traps, in words.
  std::string trap_of(Instance& instance, FuncIdx func, std::vector<Slot> slots = {}) {
    slots.resize(std::max<size_t>(slots.size(), 8));
    const Outcome outcome = store->call(instance.func(func), slots.data());
    EXPECT_EQ(outcome, Outcome::trapped);
    return outcome == Outcome::trapped ? store->take_trap().message() : "";
  }
};

}  // namespace waxwing::runtime

// Builtins called as machine code would call them, from a frame that is the outermost one.
#pragma once

#include "abi/frame.h"
#include "fixtures.h"
#include "runtime/builtins.h"
#include "runtime/native_code.h"

namespace waxwing::runtime {

class BuiltinTest : public StoreTest {
 public:
  explicit BuiltinTest(const StoreLimits& limits = {}) : StoreTest(limits) {}

  /// Instantiates the module, whose machine code is nothing but an entry stub that is never run.
  void start(ModuleBuilder& builder) {
    auto compiled = std::make_shared<CompiledModule>(builder.module, types);
    auto code =
        NativeCode::load(image_of(builder.module), builder.module, FaultHandling::host_owned);
    ASSERT_TRUE(code.has_value()) << code.error().message();
    const uint8_t* text = (*code)->text().data();
    compiled->code = *std::move(code);
    auto made = instantiate(*store, std::move(compiled), {}, "test");
    ASSERT_TRUE(made.has_value());
    instance = *made;
    context = &instance->context();
    make_frame(text + enter_bytes / 2);
  }
  ~BuiltinTest() override {
    if (context) context->state->exit_sp = store->wasm_stack().high;
  }

  /// What a builtin that can fail came to: the trap that it left behind.
  syntax::TrapCode trap_of(abi::Status status) {
    if (status == abi::Status::ok) return syntax::TrapCode::none;
    EXPECT_EQ(status, abi::Status::leave);
    EXPECT_TRUE(store->has_trap());
    return store->take_trap().code;
  }
  uint64_t result() const { return context->state->result; }

  static uint64_t pair(uint32_t low, uint32_t high) { return low | uint64_t{high} << 32; }

  Instance* instance = nullptr;
  abi::VmContext* context = nullptr;

 private:
  static constexpr uint32_t enter_bytes = 64;

  static abi::CodeImage image_of(const syntax::Module& module) {
    abi::CodeImage image;
    const auto funcs = static_cast<uint32_t>(module.bodies.size());
    image.text.assign(enter_bytes + funcs, 0xcc);
    image.stubs.enter_end = enter_bytes;
    image.stubs.fault = 0;
    image.stubs.leave = 0;
    image.stubs.enter.assign(module.types.size(), 0);
    for (uint32_t i = 0; i < funcs; ++i)
      image.funcs.push_back({.begin = enter_bytes + i, .end = enter_bytes + i + 1});
    return image;
  }

  /// The record of an exit from Wasm code {caller's frame pointer, return address}, and the
  /// caller's frame, which is the entry stub's.
  void make_frame(const uint8_t* return_address) {
    auto* const high = reinterpret_cast<uint64_t*>(store->wasm_stack().high);
    uint64_t* const frame = high - 2;
    frame[abi::frame_context / 8] = reinterpret_cast<uint64_t>(context);
    uint64_t* const record = high - 6;
    record[abi::frame_caller / 8] = reinterpret_cast<uint64_t>(frame);
    record[abi::frame_return_address / 8] = reinterpret_cast<uint64_t>(return_address);
    context->state->exit_sp = reinterpret_cast<uint8_t*>(record);
  }
};

}  // namespace waxwing::runtime

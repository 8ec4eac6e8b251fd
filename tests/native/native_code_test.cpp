// Calls of machine code, its traps and faults, and how it is stopped.
#include "runtime/native_code.h"

#include <chrono>
#include <thread>

#include "native_world.h"
#include "runtime/builtins.h"

namespace waxwing::runtime {
namespace {

using abi::BuiltinId;

const syntax::ValType i64 = syntax::i64_type;
constexpr syntax::MemoryType one_page = {
    .limits_pages = {1, 3}, .address = syntax::AddressType::i32, .is_shared = false};

/// rax = rdx + rcx
FuncIdx write_add(NativeModule& module, TypeIdx type) {
  module.begin();
  module.masm.lea(Width::w64, Gpr::rax, Mem(Gpr::rdx, Gpr::rcx, codegen::x64::Scale::x1));
  module.leave();
  return module.end(type);
}

TEST_F(NativeTest, functions_are_called_by_the_array_abi) {
  NativeModule module;
  const FuncIdx add = write_add(module, module.func_type({i64, i64}, {i64}));
  Instance& instance = instantiate_native(module);
  EXPECT_EQ(call(instance, add, {40, 2}), 42u);
  EXPECT_NE(instance.func(add).code, nullptr);
  EXPECT_EQ(store->execution_state().exit_sp, store->wasm_stack().high);
}

TEST_F(NativeTest, traps_tell_who_was_on_the_stack) {
  NativeModule module;
  const TypeIdx type = module.func_type({});
  module.begin();
  module.masm.set_body_offset(7);
  module.masm.trap(TrapCode::unreachable);
  const FuncIdx inner = module.end(type);
  module.begin();
  module.call(inner, 0x20);
  module.leave();
  const FuncIdx outer = module.end(type);
  Instance& instance = instantiate_native(module);
  EXPECT_EQ(trap_of(instance, outer),
            "wasm trap: unreachable\n"
            "  0: test!<unnamed> (func 0, offset 0x3ef)\n"
            "  1: test!<unnamed> (func 1, offset 0x7f0)");
  EXPECT_EQ(store->execution_state().exit_sp, store->wasm_stack().high);
}

/// rax = the 8 bytes at rdx of memory 0.
FuncIdx write_load(NativeModule& module, TrapCode code) {
  module.begin();
  module.masm.set_body_offset(0x11);
  module.masm.note_fault(code);
  module.masm.mov(Width::w64, Gpr::rax, Mem(Gpr::r15, Gpr::rdx, codegen::x64::Scale::x1));
  module.leave();
  return module.end(module.func_type({i64}, {i64}));
}

constexpr char out_of_bounds[] =
    "wasm trap: out of bounds memory access\n"
    "  0: test!<unnamed> (func 0, offset 0x3f9)";

TEST_F(NativeTest, accesses_behind_the_end_of_a_memory_trap) {
  NativeModule module;
  const FuncIdx load = write_load(module, TrapCode::out_of_bounds_memory);
  module.module.memories.push_back(one_page);
  Instance& instance = instantiate_native(module);
  instance.data.memory0->base()[65528] = 99;
  EXPECT_EQ(call(instance, load, {65528}), 99u);
  for (const uint64_t address : {65529ull, 65536ull, 0xffff'ffffull, 0xffff'ffffull + (60 << 20)})
    EXPECT_EQ(trap_of(instance, load, {address}), out_of_bounds);
  ASSERT_EQ(instance.data.memory0->grow(1), 1);
  EXPECT_EQ(call(instance, load, {65536}), 0u);
  EXPECT_EQ(trap_of(instance, load, {131072}), out_of_bounds);
}

TEST_F(NativeTest, faults_on_other_threads_trap_too) {
  NativeModule module;
  const FuncIdx load = write_load(module, TrapCode::out_of_bounds_memory);
  module.module.memories.push_back(one_page);
  Instance& instance = instantiate_native(module);
  for (int i = 0; i < 3; ++i) {
    std::thread([&] { EXPECT_EQ(trap_of(instance, load, {1 << 20}), out_of_bounds); }).join();
  }
}

TEST_F(NativeTest, a_wild_address_is_not_a_trap) {
  NativeModule module;
  const FuncIdx load = write_load(module, TrapCode::out_of_bounds_memory);
  module.module.memories.push_back(one_page);
  Instance& instance = instantiate_native(module);
  EXPECT_DEATH(call(instance, load, {uint64_t{1} << 40}), "");
  EXPECT_DEATH(call(instance, load, {0 - (uint64_t{1} << 45)}), "");
}

TEST_F(NativeTest, a_fault_without_a_site_is_not_a_trap) {
  NativeModule module;
  module.begin();
  module.masm.mov(Width::w64, Gpr::rax, Mem(Gpr::r15, Gpr::rdx, codegen::x64::Scale::x1));
  module.leave();
  const FuncIdx load = module.end(module.func_type({i64}, {i64}));
  module.module.memories.push_back(one_page);
  Instance& instance = instantiate_native(module);
  EXPECT_DEATH(call(instance, load, {1 << 20}), "");
}

TEST_F(NativeTest, divisions_and_null_references_trap_by_faults) {
  NativeModule module;
  const TypeIdx type = module.func_type({i64}, {i64});
  module.begin();
  module.masm.mov(Width::w64, Gpr::rcx, Gpr::rdx);
  module.masm.set(Gpr::rax, 1);
  module.masm.set(Gpr::rdx, 0);
  module.masm.note_fault(TrapCode::integer_divide_by_zero);
  module.masm.div(Width::w64, Gpr::rcx);
  module.leave();
  const FuncIdx divide = module.end(type);
  module.begin();
  module.masm.note_fault(TrapCode::null_structure_reference);
  module.masm.mov(Width::w64, Gpr::rax, Mem(Gpr::rdx, 24));
  module.leave();
  const FuncIdx get = module.end(type);
  Instance& instance = instantiate_native(module);
  EXPECT_EQ(call(instance, divide, {1}), 1u);
  EXPECT_TRUE(trap_of(instance, divide, {0}).starts_with("wasm trap: integer divide by zero\n"));
  EXPECT_TRUE(trap_of(instance, get, {0}).starts_with("wasm trap: null structure reference\n"));
  EXPECT_DEATH(call(instance, get, {1 << 20}), "") << "an address without memory is not null";
}

// The stack.

/// Calls itself for ever with frames of that size.
FuncIdx write_recursion(NativeModule& module, uint32_t frame_bytes) {
  module.begin(frame_bytes);
  const FuncIdx self(module.module.funcs.size());
  module.call(self, 0x30);
  module.leave();
  return module.end(module.func_type({}));
}

TEST_F(NativeTest, recursion_ends_with_the_stack) {
  for (const uint32_t frame_bytes : {16u, 32u, 4096u}) {
    NativeModule module;
    const FuncIdx recursion = write_recursion(module, frame_bytes);
    const FuncIdx add = write_add(module, module.func_type({i64, i64}, {i64}));
    Instance& instance = instantiate_native(module);
    Slot none = 0;
    ASSERT_EQ(store->call(instance.func(recursion), &none), Outcome::trapped);
    const Trap trap = store->take_trap();
    EXPECT_EQ(trap.code, TrapCode::call_stack_exhausted);
    ASSERT_EQ(trap.frames.size(), Trap::max_frames);
    EXPECT_EQ(trap.frames[0].offset, 1000u + 0x30) << "of the call, not of the callee";
    EXPECT_EQ(call(instance, add, {1, 2}), 3u);
  }
}

/// Calls its import, which is a host function.
FuncIdx write_call_of_import(NativeModule& module, TypeIdx type) {
  module.begin();
  module.call_import(FuncIdx(0u), 0x40);
  module.leave();
  return module.end(type);
}

struct Nesting {
  Func* func = nullptr;
  uint64_t depth = 0;
};

Outcome nest(void* data, Caller& caller, Slot* slots) {
  auto& nesting = *static_cast<Nesting*>(data);
  ++nesting.depth;
  return caller.store.call(*nesting.func, slots);
}

TEST_F(NativeTest, recursion_through_the_host_ends_and_leaves_the_store_usable) {
  Nesting nesting;
  NativeModule module;
  const TypeIdx type = module.func_type({});
  module.import("env", "f", type);
  const FuncIdx func = write_call_of_import(module, type);
  const FuncIdx add = write_add(module, module.func_type({i64, i64}, {i64}));
  Instance& instance = instantiate_native(module, {&host_func(nest, &nesting)});
  nesting.func = &instance.func(func);
  EXPECT_TRUE(trap_of(instance, func)
                  .starts_with("wasm trap: call stack exhausted: calls nest too deeply through the "
                               "host\n  0: test!<unnamed> (func 1, offset 0x428)\n  1: test!"));
  EXPECT_GT(nesting.depth, 100u);
  EXPECT_EQ(call(instance, add, {1, 2}), 3u);
  EXPECT_EQ(store->execution_state().exit_sp, store->wasm_stack().high);
}

// Calls of the host.

Outcome add_to_first(void* data, Caller& caller, Slot* slots) {
  *static_cast<const Instance**>(data) = caller.instance;
  slots[0] += slots[1];
  return Outcome::returned;
}

TEST_F(NativeTest, host_functions_get_their_arguments_and_know_who_calls) {
  const Instance* caller = nullptr;
  NativeModule module;
  const TypeIdx type = module.func_type({i64, i64}, {i64});
  module.import("env", "add", type);
  const FuncIdx func = write_call_of_import(module, type);
  Instance& instance = instantiate_native(
      module, {&host_func(add_to_first, static_cast<void*>(&caller), {{i64, i64}, {i64}})});
  EXPECT_EQ(call(instance, func, {30, 12}), 42u);
  EXPECT_EQ(caller, &instance);
}

TEST_F(NativeTest, traps_of_the_host_have_the_frames_of_its_callers) {
  Func& failing = host_func([](void*, Caller& caller, Slot*) {
    return caller.store.set_trap(TrapCode::host_error, "no luck");
  });
  NativeModule module;
  const TypeIdx type = module.func_type({});
  module.import("env", "f", type);
  const FuncIdx func = write_call_of_import(module, type);
  Instance& instance = instantiate_native(module, {&failing});
  EXPECT_EQ(trap_of(instance, func),
            "wasm trap: a host function failed: no luck\n"
            "  0: test!<unnamed> (func 1, offset 0x428)");
}

TEST_F(NativeTest, traps_go_through_nested_activations_and_instances) {
  // outer -> host -> middle -> inner of another instance, which traps
  NativeModule callee;
  const TypeIdx type = callee.func_type({});
  callee.begin();
  callee.masm.set_body_offset(1);
  callee.masm.trap(TrapCode::unreachable);
  const FuncIdx inner = callee.end(type);
  Instance& second = instantiate_native(callee, {}, "second");

  Nesting nesting;
  NativeModule caller;
  caller.func_type({i64});  // so that types have other indices
  const TypeIdx same = caller.func_type({});
  caller.import("env", "host", same);
  caller.import("env", "inner", same);
  caller.begin();
  caller.call_import(FuncIdx(1u), 2);
  caller.leave();
  const FuncIdx middle = caller.end(same);
  caller.begin();
  caller.call_import(FuncIdx(0u), 3);
  caller.leave();
  const FuncIdx outer = caller.end(same);
  Instance& first =
      instantiate_native(caller, {&host_func(nest, &nesting), &second.func(inner)}, "first");
  nesting.func = &first.func(middle);
  EXPECT_EQ(trap_of(first, outer),
            "wasm trap: unreachable\n"
            "  0: second!<unnamed> (func 0, offset 0x3e9)\n"
            "  1: first!<unnamed> (func 2, offset 0x3ea)\n"
            "  2: first!<unnamed> (func 3, offset 0x7d3)");
}

TEST_F(NativeTest, tail_calls_of_other_instances_take_the_place_of_their_callers) {
  // outer -> (gone) -> inner of another instance, which traps or returns
  NativeModule callee;
  const TypeIdx type = callee.func_type({i64}, {i64});
  callee.begin();
  callee.masm.test(Width::w64, Gpr::rdx, Gpr::rdx);
  callee.masm.set_body_offset(5);
  callee.masm.trap_if(Condition::equal, TrapCode::unreachable);
  callee.masm.mov(Width::w64, Gpr::rax, Gpr::rdx);
  callee.leave();
  const FuncIdx inner = callee.end(type);
  Instance& second = instantiate_native(callee, {}, "second");

  NativeModule caller;
  const TypeIdx same = caller.func_type({i64}, {i64});
  caller.import("env", "inner", same);
  caller.begin();
  caller.tail_call_import(FuncIdx(0u));
  const FuncIdx gone = caller.end(same);
  caller.begin();
  caller.call(gone, 6);
  caller.masm.cmp(Width::w64, context_register, Mem(Gpr::rbp, abi::frame_context));
  caller.masm.trap_if(Condition::not_equal, TrapCode::host_error);
  caller.leave();
  const FuncIdx outer = caller.end(same);
  Instance& first = instantiate_native(caller, {&second.func(inner)}, "first");
  EXPECT_EQ(call(first, outer, {9}), 9u);
  EXPECT_EQ(trap_of(first, outer, {0}),
            "wasm trap: unreachable\n"
            "  0: second!<unnamed> (func 0, offset 0x3ed)\n"
            "  1: first!<unnamed> (func 2, offset 0x7d6)");
}

// Interruption.

TEST_F(NativeTest, loops_and_recursion_can_be_stopped_by_other_threads) {
  NativeModule module;
  const TypeIdx type = module.func_type({});
  assembler::Label header;
  assembler::Label stopped;
  module.begin();
  module.masm.bind(header);
  module.masm.cmp(Width::w64, Gpr::rsp, Mem(context_register));
  module.masm.jcc(Condition::below, stopped);
  module.masm.jmp(header);
  module.masm.bind(stopped);
  module.masm.set_body_offset(4);
  module.masm.call_builtin(abi::BuiltinId::check_loop);
  module.masm.jmp(header);
  const FuncIdx loop = module.end(type);
  module.begin();
  module.leave();
  const FuncIdx nothing = module.end(type);
  assembler::Label again;
  module.begin();
  module.masm.bind(again);
  module.call(nothing, 8);
  module.masm.jmp(again);
  const FuncIdx calls = module.end(type);
  Instance& instance = instantiate_native(module);
  for (int i = 0; i < 10; ++i) {
    const bool is_loop = i % 2 == 0;
    std::thread other([&, id = store->current_call()] {
      // Earlier the call would end before there is a frame.
      while (!store->is_running()) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::microseconds(1000 + i * 100));
      store->interrupt(id, TrapCode::deadline_exceeded);
    });
    EXPECT_EQ(trap_of(instance, is_loop ? loop : calls),
              is_loop ? "wasm trap: deadline exceeded\n  0: test!<unnamed> (func 0, offset 0x3ec)"
                      : "wasm trap: deadline exceeded\n  0: test!<unnamed> (func 2, offset 0xbc0)");
    other.join();
    EXPECT_EQ(call(instance, nothing), 0u) << "the next call is not stopped";
  }
}

// Images.

TEST_F(NativeTest, images_that_do_not_fit_the_module_are_refused) {
  const auto load = [this](auto&& damage) {
    NativeModule source;
    write_add(source, source.func_type({i64, i64}, {i64}));
    abi::CodeImage image = source.link();
    damage(image);
    return NativeCode::load(std::move(image), source.compile(types)->module,
                            FaultHandling::host_owned)
        .has_value();
  };
  EXPECT_TRUE(load([](abi::CodeImage&) {}));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.text.clear(); }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.text.resize(image.text.size() / 2); }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.funcs.clear(); }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.funcs[0].end = image.funcs[0].begin; }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.funcs[0].first_site = 99; }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.stubs.enter.clear(); }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.stubs.enter[0] = abi::CodeStubs::none; }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.stubs.fault = 1u << 30; }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.stubs.traps = {1u << 30}; }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.stubs.traps.assign(99, 0); }));
  EXPECT_FALSE(load([](abi::CodeImage& image) { image.stubs.builtins.assign(999, 0); }));
}

}  // namespace
}  // namespace waxwing::runtime

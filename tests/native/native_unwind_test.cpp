// Exceptions in machine code: who catches them, and what the collector sees meanwhile.
#include "native_world.h"
#include "runtime/native_frames.h"

namespace waxwing::runtime {
namespace {

using abi::BuiltinId;
using abi::CodeHandler;

const syntax::ValType i64 = syntax::i64_type;

/// Throws the tag with the argument.
FuncIdx write_throw(NativeModule& module, TypeIdx type, uint32_t tag) {
  module.begin();
  module.masm.mov(Width::w64, NativeModule::slot(0), Gpr::rdx);
  module.masm.lea(Width::w64, Gpr::rdx, NativeModule::slot(0));
  module.masm.set(Gpr::rsi, tag);
  module.masm.set_body_offset(3);
  module.masm.call_builtin(BuiltinId::throw_tag);
  return module.end(type);
}

struct Catcher {
  std::vector<uint32_t> tags;  // of the handlers, in their order
  uint32_t frame_bytes = 64;
};

/// Calls `callee` (of any instance) with the argument. Returns its result; or, by the number of the
/// handler, 100 * number + argument + payload.
template <typename Call>
FuncIdx write_catch(NativeModule& module, TypeIdx type, const Catcher& catcher, Call&& write_call) {
  module.begin(catcher.frame_bytes);
  module.masm.mov(Width::w64, NativeModule::slot(0), Gpr::rdx);
  const uint32_t begin = module.position();
  write_call();
  const uint32_t end = module.position();
  module.leave();
  for (uint32_t i = 0; i < catcher.tags.size(); ++i) {
    CodeHandler& handler = module.masm.add_handler();
    handler = {.begin = begin, .end = end, .target = module.position(), .tag = catcher.tags[i]};
    module.masm.mov(Width::w64, Gpr::rax, Mem(Gpr::rax, static_cast<int32_t>(exception_payload)));
    module.masm.add(Width::w64, Gpr::rax, NativeModule::slot(0));
    module.masm.add(Width::w64, Gpr::rax, static_cast<int32_t>(100 * (i + 1)));
    module.leave();
  }
  return module.end(type);
}

class UnwindTest : public NativeTest {
 protected:
  explicit UnwindTest(const StoreLimits& limits = {}) : NativeTest(limits) {}

  /// A module with two tags of the same type, (param i64).
  struct Tags : NativeModule {
    Tags() {
      const TypeIdx tag_type = func_type({i64});
      module.tags.push_back({tag_type});
      module.tags.push_back({tag_type});
      type = func_type({i64}, {i64});
    }
    TypeIdx type;
  };
};

TEST_F(UnwindTest, the_innermost_handler_of_the_tag_catches) {
  Tags module;
  const FuncIdx thrower = write_throw(module, module.type, 1);
  const auto calls = [&](FuncIdx callee) { return [&, callee] { module.call(callee, 9); }; };
  const FuncIdx other_tag = write_catch(module, module.type, {{0}, 512}, calls(thrower));
  const FuncIdx same_tag = write_catch(module, module.type, {{0, 1}, 128}, calls(other_tag));
  const FuncIdx all_tags =
      write_catch(module, module.type, {{CodeHandler::all_tags, 1}, 48}, calls(other_tag));
  const FuncIdx outer =
      write_catch(module, module.type, {{CodeHandler::all_tags}, 64}, calls(same_tag));
  Instance& instance = instantiate_native(module);
  EXPECT_EQ(call(instance, same_tag, {7}), 200u + 7 + 7);
  EXPECT_EQ(call(instance, all_tags, {5}), 100u + 5 + 5);
  EXPECT_EQ(call(instance, outer, {2}), 200u + 2 + 2) << "it is caught only once";
  std::vector<Slot> slots = {6};
  ASSERT_EQ(store->call(instance.func(other_tag), slots.data()), Outcome::threw);
  ASSERT_NE(store->pending_exception, nullptr);
  EXPECT_EQ(store->pending_exception->payload()[0], 6u);
  EXPECT_EQ(store->execution_state().exit_sp, store->wasm_stack().high);
}

// As an image that was changed may have them: nobody looks at them before something is thrown.
TEST_F(UnwindTest, handlers_that_make_no_sense_catch_nothing) {
  Tags module;
  const FuncIdx thrower = write_throw(module, module.type, 1);
  const FuncIdx catches = write_catch(module, module.type, {{77, 1}}, [&] {
    module.masm.add_handler() = {.begin = module.position(),
                                 .end = module.position() + 64,
                                 .target = 1u << 30,
                                 .tag = CodeHandler::all_tags};
    module.call(thrower, 9);
  });
  Instance& instance = instantiate_native(module);
  EXPECT_EQ(call(instance, catches, {7}), 200u + 7 + 7);
}

TEST_F(UnwindTest, tags_are_told_by_identity_across_instances) {
  Tags second_module;
  const FuncIdx thrower = write_throw(second_module, second_module.type, 1);
  Instance& second = instantiate_native(second_module, {}, "second");

  NativeModule first_module;
  const TypeIdx tag_type = first_module.func_type({i64});
  const TypeIdx type = first_module.func_type({i64}, {i64});
  first_module.import("second", "throw", type);
  first_module.import("second", "tag0", syntax::TagType{tag_type});
  first_module.import("second", "tag1", syntax::TagType{tag_type});
  const auto calls = [&] { first_module.call_import(FuncIdx(0u), 4); };
  const FuncIdx catches = write_catch(first_module, type, {{0, 1}}, calls);
  const FuncIdx misses = write_catch(first_module, type, {{0}}, calls);
  first_module.begin();
  first_module.tail_call_import(FuncIdx(0u));
  const FuncIdx tail = first_module.end(type);
  const FuncIdx around_tail = write_catch(first_module, type, {{0, CodeHandler::all_tags}},
                                          [&] { first_module.call(tail, 5); });
  Instance& first = instantiate_native(
      first_module, {&second.func(thrower), second.data.tags[0], second.data.tags[1]}, "first");
  EXPECT_EQ(call(first, catches, {7}), 200u + 7 + 7);
  EXPECT_EQ(call(first, around_tail, {7}), 200u + 7 + 7);
  Slot slots[1] = {1};
  EXPECT_EQ(store->call(first.func(misses), slots), Outcome::threw);
}

Outcome call_it(void* data, Caller& caller, Slot* slots) {
  return caller.store.call(**static_cast<Func**>(data), slots);
}

TEST_F(UnwindTest, exceptions_go_through_host_functions) {
  Func* inner = nullptr;
  NativeModule module;
  const TypeIdx tag_type = module.func_type({i64});
  const TypeIdx type = module.func_type({i64}, {i64});
  module.import("env", "host", type);
  module.module.tags.push_back({tag_type});
  const FuncIdx thrower = write_throw(module, type, 0);
  const FuncIdx catches =
      write_catch(module, type, {{0}}, [&] { module.call_import(FuncIdx(0u), 1); });
  Instance& instance =
      instantiate_native(module, {&host_func(call_it, static_cast<void*>(&inner), {{i64}, {i64}})});
  inner = &instance.func(thrower);
  EXPECT_EQ(call(instance, catches, {7}), 100u + 7 + 7);
  EXPECT_EQ(store->pending_exception, nullptr);
  inner = &instance.func(catches);
  Func* const around = inner;
  // catches -> host -> catches -> host -> ... ends with the stack, which nobody catches.
  Slot slots[1] = {1};
  EXPECT_EQ(store->call(*around, slots), Outcome::trapped);
  EXPECT_EQ(store->take_trap().code, TrapCode::call_stack_exhausted);
}

TEST_F(UnwindTest, hosts_that_throw_nothing_are_told_so) {
  NativeModule module;
  const TypeIdx type = module.func_type({});
  module.import("env", "host", type);
  module.begin();
  module.call_import(FuncIdx(0u), 1);
  module.leave();
  const FuncIdx func = module.end(type);
  Instance& instance = instantiate_native(
      module, {&host_func([](void*, Caller&, Slot*) { return Outcome::threw; })});
  EXPECT_EQ(trap_of(instance, func),
            "wasm trap: a host function failed: it threw no exception\n"
            "  0: test!<unnamed> (func 1, offset 0x3e9)");
}

TEST_F(UnwindTest, references_are_thrown_again_and_null_ones_trap) {
  NativeModule module;
  const TypeIdx tag_type = module.func_type({i64});
  const TypeIdx type = module.func_type({i64}, {i64});
  module.module.tags.push_back({tag_type});
  module.begin();
  module.masm.mov(Width::w64, Gpr::rsi, Gpr::rdx);
  module.masm.call_builtin(BuiltinId::throw_reference);
  const FuncIdx rethrow = module.end(type);
  const FuncIdx thrower = write_throw(module, type, 0);
  // A handler that throws what it caught.
  module.begin();
  const uint32_t begin = module.position();
  module.call(thrower, 1);
  module.masm.add_handler() = {
      .begin = begin, .end = module.position(), .target = module.position(), .tag = 0};
  module.masm.mov(Width::w64, Gpr::rsi, Gpr::rax);
  module.masm.call_builtin(BuiltinId::throw_reference);
  const FuncIdx again = module.end(type);
  const FuncIdx catches = write_catch(module, type, {{0}}, [&] { module.call(again, 2); });
  Instance& instance = instantiate_native(module);
  EXPECT_EQ(call(instance, catches, {4}), 100u + 4 + 4);
  EXPECT_TRUE(trap_of(instance, rethrow, {0}).starts_with("wasm trap: null exception reference\n"));
}

class StressedHeap : public UnwindTest {
 protected:
  StressedHeap() : UnwindTest({.gc_stress = true}) {}
};

TEST_F(StressedHeap, keeps_what_only_frames_and_registers_of_machine_code_refer_to) {
  NativeModule module;
  const TypeIdx tag_type = module.func_type({syntax::externref});
  const TypeIdx type = module.func_type({syntax::externref}, {syntax::externref});
  module.module.tags.push_back({tag_type});
  const FuncIdx thrower = write_throw(module, type, 0);
  // Keeps its argument in a register and its frame while others allocate exceptions.
  module.begin(64);
  module.masm.mov(Width::w64, NativeModule::slot(1), Gpr::rbx);
  module.masm.mov(Width::w64, Gpr::rbx, Gpr::rdx);
  module.masm.mov(Width::w64, NativeModule::slot(0), Gpr::rdx);
  const uint32_t begin = module.position();
  module.call(thrower, 1);
  module.masm.add_handler() = {
      .begin = begin, .end = module.position(), .target = module.position(), .tag = 0};
  module.masm.mov(Width::w64, Gpr::rax, Mem(Gpr::rax, static_cast<int32_t>(exception_payload)));
  module.masm.cmp(Width::w64, Gpr::rax, NativeModule::slot(0));
  module.masm.trap_if(Condition::not_equal, TrapCode::host_error);
  module.masm.mov(Width::w64, Gpr::rbx, NativeModule::slot(1));
  module.leave();
  const FuncIdx func = module.end(type);
  Instance& instance = instantiate_native(module);
  static int finalized = 0;
  finalized = 0;
  Slot slots[1] = {store->heap().new_host_object(nullptr, [](void*) { ++finalized; }).bits()};
  const Slot object = slots[0];
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(store->call(instance.func(func), slots), Outcome::returned);
    ASSERT_EQ(slots[0], object);
  }
  EXPECT_EQ(finalized, 0);
}

class SmallHeapUnwind : public UnwindTest {
 protected:
  SmallHeapUnwind() : UnwindTest({.max_heap_bytes = 1u << 20}) {}
};

TEST_F(SmallHeapUnwind, a_million_exceptions_can_be_caught) {
  Tags module;
  const FuncIdx thrower = write_throw(module, module.type, 0);
  const FuncIdx catches = write_catch(module, module.type, {{0}}, [&] { module.call(thrower, 1); });
  Instance& instance = instantiate_native(module);
  for (Slot i = 0; i < 1'000'000; ++i) ASSERT_EQ(call(instance, catches, {i}), 100 + i + i);
  EXPECT_GT(store->heap_statistics().collections, 0u);
}

}  // namespace
}  // namespace waxwing::runtime

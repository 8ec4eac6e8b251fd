// Instances as machine code sees them: what their contexts hold, how they are stopped, and what the
// collector finds on the stack of machine code.
#include <cstring>

#include "abi/builtins.h"
#include "abi/vm_layout.h"
#include "fixtures.h"

namespace waxwing::runtime {
namespace {

using syntax::FuncIdx;
using syntax::GlobalIdx;
using syntax::MemIdx;
using syntax::TableIdx;
using syntax::TrapCode;
using syntax::TypeIdx;

constexpr char some_code[16] = {};
constexpr const void* no_builtins[abi::builtin_count] = {};

/// Code that says that it is machine code, and is a C++ function.
class FakeNativeCode : public FakeCode {
 public:
  explicit FakeNativeCode(Body body) : FakeCode(std::move(body)) {
    for (size_t i = 0; i < std::size(code_ptrs_); ++i) code_ptrs_[i] = some_code + i;
  }
  NativeEntries native_entries() const override {
    return {.code_ptrs = code_ptrs_, .builtins = no_builtins};
  }

 private:
  std::atomic<const void*> code_ptrs_[4];
};

class ContextTest : public StoreTest {
 protected:
  explicit ContextTest(const StoreLimits& limits = {}) : StoreTest(limits) {}

  Instance& instantiate_native(ModuleBuilder& builder, std::vector<Extern> imports = {},
                               FakeCode::Body body = {}) {
    auto compiled = builder.compile(types);
    const_cast<CompiledModule&>(*compiled).code = std::make_unique<FakeNativeCode>(std::move(body));
    auto instance = instantiate(*store, std::move(compiled), imports, "native");
    EXPECT_TRUE(instance.has_value());
    return **instance;
  }
  template <typename T>
  static T& at(Instance& instance, uint32_t offset) {
    return *reinterpret_cast<T*>(reinterpret_cast<uint8_t*>(&instance.context()) + offset);
  }
};

constexpr syntax::MemoryType one_page = {
    .limits_pages = {1, 2}, .address = syntax::AddressType::i32, .is_shared = false};
constexpr syntax::TableType three_funcs = {
    .element = syntax::funcref, .limits = {3, 9}, .address = syntax::AddressType::i32};

Outcome do_nothing(void*, Caller&, Slot*) { return Outcome::returned; }

TEST_F(ContextTest, a_context_holds_what_its_layout_says) {
  Func& func = host_func(do_nothing);
  Table& table = **store->add_table(three_funcs, Ref());
  Memory& memory = **store->add_memory(one_page);
  Global& global = store->add_global({syntax::i64_type, true}, {{77, 0}});
  ModuleBuilder builder;
  const TypeIdx other = builder.func_type({syntax::f32_type});
  const TypeIdx type = builder.func_type({});
  builder.import("env", "f", type);
  builder.import("env", "t", three_funcs);
  builder.import("env", "m", one_page);
  builder.import("env", "g", syntax::GlobalType{syntax::i64_type, true});
  const FuncIdx defined = builder.func(type);
  builder.module.tables.push_back({three_funcs, {}});
  builder.module.memories.push_back(one_page);
  builder.module.globals.push_back({{syntax::i32_type, true}, builder.expr({i32_const(5)})});
  builder.module.globals.push_back({{syntax::i32_type, true}, builder.expr({i32_const(6)})});
  Instance& instance = instantiate_native(builder, {&func, &table, &memory, &global});
  const abi::VmLayout layout(instance.module());
  const abi::VmContext& context = instance.context();

  EXPECT_EQ(reinterpret_cast<uintptr_t>(&context) % 16, 0u);
  EXPECT_EQ(layout.global(GlobalIdx(1u)) % 16, 0u);
  EXPECT_EQ(context.memory0_base, memory.base());
  EXPECT_EQ(context.state, &store->execution_state());
  EXPECT_EQ(context.instance, &instance);
  EXPECT_EQ(context.store, store.get());
  EXPECT_EQ(context.builtins, no_builtins);
  EXPECT_EQ(context.code_ptrs[0].load(), some_code);
  EXPECT_EQ(context.stack_limit.load(), reinterpret_cast<uintptr_t>(store->wasm_stack().limit));

  using abi::FuncRecord;
  EXPECT_EQ(at<FuncRecord*>(instance, layout.imported_func(FuncIdx(0u))), &func);
  EXPECT_EQ(at<abi::TableRecord*>(instance, layout.table(TableIdx(0u))), &table.record());
  EXPECT_EQ(at<abi::TableRecord*>(instance, layout.table(TableIdx(1u)))->size, 3u);
  EXPECT_EQ(at<abi::MemoryRecord*>(instance, layout.memory(MemIdx(0u))), &memory.record());
  EXPECT_EQ(at<abi::MemoryRecord*>(instance, layout.memory(MemIdx(1u)))->size_bytes, 65536u);
  EXPECT_EQ(*at<Slot*>(instance, layout.imported_global(GlobalIdx(0u))), 77u);
  EXPECT_EQ(at<Slot>(instance, layout.global(GlobalIdx(1u))), 5u);
  EXPECT_EQ(at<Slot>(instance, layout.global(GlobalIdx(2u))), 6u);
  EXPECT_EQ(&at<GlobalCell>(instance, layout.global(GlobalIdx(1u))), &instance.data.globals[0]);
  EXPECT_EQ(at<uint32_t>(instance, layout.type_id(other)),
            instance.compiled().type_ids[other].value);
  EXPECT_EQ(at<uint32_t>(instance, layout.type_id(type)), func.type);

  const Func& own = instance.func(defined);
  EXPECT_EQ(own.context, &context);
  EXPECT_EQ(own.type, func.type);
  EXPECT_EQ(func.context, nullptr);
  EXPECT_EQ(func.code, nullptr);
}

TEST_F(ContextTest, records_follow_what_grows) {
  Table& table = **store->add_table(three_funcs, Ref());
  Memory& memory = **store->add_memory(one_page);
  const uint8_t* base = memory.record().base;
  ASSERT_EQ(table.grow(6, Ref::from_host(5)), 3);
  ASSERT_EQ(memory.grow(1), 1);
  EXPECT_EQ(table.record().size, 9u);
  EXPECT_EQ(table.record().elements[8], Ref::from_host(5).bits());
  EXPECT_EQ(memory.record().size_bytes, 131072u);
  EXPECT_EQ(memory.record().base, base);
}

TEST_F(ContextTest, without_machine_code_there_is_no_stack_for_it) {
  ModuleBuilder builder;
  const FuncIdx func = builder.func(builder.func_type({}));
  Instance& instance = instantiate_ok(builder);
  EXPECT_EQ(store->wasm_stack().high, nullptr);
  EXPECT_EQ(instance.context().code_ptrs, nullptr);
  EXPECT_EQ(instance.func(func).code, nullptr);
  store->heap().collect();
}

class RoomyStack : public ContextTest {
 protected:
  RoomyStack() : ContextTest({.max_stack_bytes = 100'000}) {}
};

TEST_F(RoomyStack, has_what_was_asked_for_and_room_below_it) {
  ModuleBuilder builder;
  instantiate_native(builder);
  const WasmStack stack = store->wasm_stack();
  const abi::ExecutionState& state = store->execution_state();
  EXPECT_EQ(stack.high - stack.limit, 100'000);
  EXPECT_GE(stack.limit - stack.low, ptrdiff_t{abi::stack_headroom_bytes});
  EXPECT_EQ(state.exit_sp, stack.high);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(state.exit_sp) % 16, 0u);
  std::memset(stack.low, 1, size_t(stack.high - stack.low));
  std::fill_n(state.transfer, abi::max_transfer_slots, 1);
  ModuleBuilder second;
  instantiate_native(second);
  EXPECT_EQ(store->wasm_stack().high, stack.high);
}

TEST_F(RoomyStack, ends_at_a_page_that_faults) {
  ModuleBuilder builder;
  instantiate_native(builder);
  EXPECT_DEATH(*static_cast<volatile uint8_t*>(store->wasm_stack().low - 1) = 1, "");
}

// Interruption.

TEST_F(ContextTest, interruption_stops_all_contexts_until_the_call_ends) {
  ModuleBuilder builder;
  const FuncIdx func = builder.func(builder.func_type({}));
  Instance& first = instantiate_native(builder);
  Instance* later = nullptr;
  Instance& second = instantiate_native(builder, {}, [&](Instance& self, FuncIdx, Slot*) {
    self.store().interrupt(self.store().current_call(), TrapCode::interrupted);
    EXPECT_EQ(first.context().stack_limit.load(), abi::VmContext::stop);
    EXPECT_EQ(self.context().stack_limit.load(), abi::VmContext::stop);
    ModuleBuilder made_meanwhile;
    later = &instantiate_native(made_meanwhile);
    EXPECT_EQ(later->context().stack_limit.load(), abi::VmContext::stop);
    return self.store().check_interrupt() ? Outcome::trapped : Outcome::returned;
  });
  EXPECT_EQ(store->call(second.func(func), nullptr), Outcome::trapped);
  const auto limit = reinterpret_cast<uintptr_t>(store->wasm_stack().limit);
  for (Instance* instance : {&first, &second, later})
    EXPECT_EQ(instance->context().stack_limit.load(), limit);
}

// Roots.

TEST_F(ContextTest, what_lies_above_the_last_exit_of_machine_code_is_alive) {
  ModuleBuilder builder;
  instantiate_native(builder);
  static int finalized = 0;
  finalized = 0;
  auto* const slots = reinterpret_cast<Slot*>(store->wasm_stack().high);
  const auto new_object = [&] {
    return store->heap().new_host_object(nullptr, [](void*) { ++finalized; }).bits();
  };
  for (int i = 1; i <= 40; ++i) slots[-i] = new_object();
  uint8_t*& exit_sp = store->execution_state().exit_sp;
  exit_sp = reinterpret_cast<uint8_t*>(slots - 40);
  store->heap().collect();
  EXPECT_EQ(finalized, 0);
  exit_sp = reinterpret_cast<uint8_t*>(slots - 20);
  store->heap().collect();
  // Stale words of the native stack may keep some.
  EXPECT_GE(finalized, 15);
  EXPECT_LE(finalized, 20);
  exit_sp = store->wasm_stack().high;
  store->heap().collect();
  EXPECT_GE(finalized, 35);
}

TEST_F(ContextTest, references_in_globals_are_roots) {
  ModuleBuilder builder;
  builder.module.globals.push_back(
      {{syntax::externref, true}, builder.expr({instr(syntax::Op::ref_null)})});
  Instance& instance = instantiate_native(builder);
  static int finalized = 0;
  finalized = 0;
  instance.data.globals[0].slots[0] =
      store->heap().new_host_object(nullptr, [](void*) { ++finalized; }).bits();
  store->heap().collect();
  EXPECT_EQ(finalized, 0);
}

}  // namespace
}  // namespace waxwing::runtime

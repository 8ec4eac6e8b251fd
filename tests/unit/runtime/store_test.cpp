// Calls, traps, exceptions and interruption.
#include "runtime/store.h"

#include <chrono>
#include <thread>
#include <utility>

#include "fixtures.h"

namespace waxwing::runtime {
namespace {

using syntax::TrapCode;

Outcome add_one(void*, Caller&, Slot* slots) {
  slots[0] += 1;
  return Outcome::returned;
}

Outcome fail_with_detail(void*, Caller& caller, Slot*) {
  return caller.store.set_trap(TrapCode::host_error, "no luck");
}

TEST_F(StoreTest, calls_a_host_function) {
  Slot slots[1] = {41};
  EXPECT_EQ(store->call(host_func(add_one), slots), Outcome::returned);
  EXPECT_EQ(slots[0], 42u);
  EXPECT_FALSE(store->has_trap());
}

Outcome end_store(void* data, Caller&, Slot*) {
  static_cast<std::unique_ptr<Store>*>(data)->reset();
  return Outcome::returned;
}

TEST_F(StoreTest, a_host_function_cannot_end_the_store_that_calls_it) {
  Slot slots[1] = {0};
  Func& ending = host_func(end_store, &store);
  EXPECT_DEATH(static_cast<void>(store->call(ending, slots)), "is_running");
}

TEST_F(StoreTest, renewing_ends_the_heap_and_its_objects_but_not_under_the_hosts_roots) {
  static int finalized = 0;
  finalized = 0;
  const auto finalize = [](void*) { ++finalized; };
  ASSERT_FALSE(store->heap().new_host_object(nullptr, finalize).is_null());
  {
    const Roots roots(store->heap());
    EXPECT_DEATH(store->renew(), "has_roots");
  }
  store->renew();
  EXPECT_EQ(finalized, 1);
  EXPECT_FALSE(store->heap().is_used());
  ASSERT_FALSE(store->heap().new_host_object(nullptr, finalize).is_null());
  store->heap().collect();
}

TEST_F(StoreTest, a_trap_waits_to_be_taken_and_the_next_call_forgets_it) {
  Slot slots[1] = {0};
  Func& failing = host_func(fail_with_detail);
  ASSERT_EQ(store->call(failing, slots), Outcome::trapped);
  EXPECT_EQ(store->take_trap().message(), "wasm trap: a host function failed: no luck");
  EXPECT_FALSE(store->has_trap());
  ASSERT_EQ(store->call(failing, slots), Outcome::trapped);
  ASSERT_EQ(store->call(host_func(add_one), slots), Outcome::returned);
  EXPECT_FALSE(store->has_trap());
}

TEST_F(StoreTest, a_host_function_that_only_says_trapped_has_a_trap_all_the_same) {
  Func& silent = host_func([](void*, Caller&, Slot*) { return Outcome::trapped; });
  ASSERT_EQ(store->call(silent, nullptr), Outcome::trapped);
  EXPECT_EQ(store->take_failure(Outcome::trapped).code, TrapCode::host_error);
}

TEST_F(StoreTest, exit_carries_its_status) {
  Func& exiting = host_func([](void*, Caller& caller, Slot*) { return caller.store.set_exit(3); });
  ASSERT_EQ(store->call(exiting, nullptr), Outcome::trapped);
  const Trap trap = store->take_trap();
  EXPECT_EQ(trap.code, TrapCode::exit);
  EXPECT_EQ(trap.exit_status, 3);
}

TEST_F(StoreTest, wasm_functions_run_the_code_of_their_instance) {
  ModuleBuilder builder;
  const syntax::FuncIdx func =
      builder.func(builder.func_type({syntax::i32_type}, {syntax::i32_type}));
  Instance& instance = instantiate_ok(builder, {}, [](Instance&, syntax::FuncIdx, Slot* slots) {
    slots[0] *= 2;
    return Outcome::returned;
  });
  Slot slots[1] = {21};
  EXPECT_EQ(store->call(instance.func(func), slots), Outcome::returned);
  EXPECT_EQ(slots[0], 42u);
}

TEST_F(StoreTest, host_functions_learn_who_calls) {
  ModuleBuilder builder;
  Instance& instance = instantiate_ok(builder);
  const Instance* seen = nullptr;
  Func& func = host_func(
      [](void* data, Caller& caller, Slot*) {
        *static_cast<const Instance**>(data) = caller.instance;
        return Outcome::returned;
      },
      static_cast<void*>(&seen));
  EXPECT_EQ(store->call(func, nullptr, &instance), Outcome::returned);
  EXPECT_EQ(seen, &instance);
  EXPECT_EQ(store->call(func, nullptr), Outcome::returned);
  EXPECT_EQ(seen, nullptr);
}

TEST_F(StoreTest, frames_have_names_and_an_end) {
  ModuleBuilder builder;
  const syntax::FuncIdx func = builder.func(builder.func_type({}));
  builder.module.names.text = "inner\x1b[31m";
  builder.module.names.funcs.push_back({func, 0, 10});
  Instance& instance =
      instantiate_ok(builder, {}, [](Instance& self, syntax::FuncIdx index, Slot*) {
        const Outcome outcome = self.store().set_trap(TrapCode::unreachable);
        for (int i = 0; i < 1000; ++i) self.store().add_frame(self, index, 0x1f);
        return outcome;
      });
  ASSERT_EQ(store->call(instance.func(func), nullptr), Outcome::trapped);
  const Trap trap = store->take_trap();
  EXPECT_EQ(trap.frames.size(), Trap::max_frames);
  EXPECT_TRUE(trap.message().starts_with(
      "wasm trap: unreachable\n  0: test!inner\\1b[31m (func 0, offset 0x1f)\n"))
      << trap.message();
}

// Calls itself through the store until that is refused; counts the depth in its slot.
Outcome nest(void* data, Caller& caller, Slot* slots) {
  ++slots[0];
  return caller.store.call(**static_cast<Func**>(data), slots);
}

TEST_F(StoreTest, nesting_through_the_host_ends_before_the_native_stack_does) {
  Func* self = nullptr;
  Func& func = host_func(nest, static_cast<void*>(&self));
  self = &func;
  Slot slots[1] = {0};
  ASSERT_EQ(store->call(func, slots), Outcome::trapped);
  EXPECT_EQ(store->take_trap().code, TrapCode::call_stack_exhausted);
  EXPECT_GT(slots[0], 10u);
  slots[0] = 0;
  EXPECT_EQ(store->call(host_func(add_one), slots), Outcome::returned)
      << "the store is usable afterwards";
}

TEST_F(StoreTest, the_stack_is_as_large_as_asked_and_restored_after_calls) {
  ExecutionStack& stack = store->stack();
  EXPECT_EQ(uint64_t(stack.end - stack.base) * sizeof(Slot), store->limits().max_stack_bytes);
  EXPECT_EQ(stack.limit.load(), stack.end);
  stack.base[0] = 1;
  stack.end[-1] = 1;
  Func& careless = host_func([](void*, Caller& caller, Slot*) {
    caller.store.stack().top += 100;
    return Outcome::returned;
  });
  EXPECT_EQ(store->call(careless, nullptr), Outcome::returned);
  EXPECT_EQ(stack.top, stack.base);
}

TEST(store_create, refuses_a_stack_that_is_none) {
  EXPECT_FALSE(Store::create(std::make_shared<TypeRegistry>(), {.max_stack_bytes = 100}));
  EXPECT_FALSE(Store::create(std::make_shared<TypeRegistry>(), {.max_stack_bytes = UINT64_MAX}));
}

// Exceptions.

class SmallHeap : public StoreTest {
 protected:
  SmallHeap() : StoreTest({.max_heap_bytes = 1u << 20}) {}
};

TEST_F(SmallHeap, keeps_exceptions_that_roots_refer_to_with_their_payload) {
  Tag& tag = store->add_tag(types->add_func_type({{syntax::v128_type, syntax::externref}, {}}));
  static int finalized = 0;
  Roots roots(store->heap());
  roots.slots = {7, 8, 0};
  roots.slots[2] = store->heap().new_host_object(nullptr, [](void*) { ++finalized; }).bits();
  Exception* kept = store->new_exception(tag, roots.slots.data());
  roots.slots = {Ref(kept).bits()};
  const Slot none[3] = {};
  // More than fits.
  for (int i = 0; i < 100'000; ++i) ASSERT_NE(store->new_exception(tag, none), nullptr);
  EXPECT_GT(store->heap_statistics().collections, 0u);
  EXPECT_EQ(kept->tag, &tag);
  EXPECT_EQ(std::vector(kept->payload().begin(), kept->payload().begin() + 2),
            (std::vector<Slot>{7, 8}));
  EXPECT_EQ(finalized, 0);
}

TEST_F(SmallHeap, is_full_at_some_time) {
  Tag& tag = store->add_tag(types->add_func_type({{syntax::exnref}, {}}));
  Roots roots(store->heap());
  roots.slots = {0};
  size_t count = 0;  // each refers to the one before
  while (Exception* next = store->new_exception(tag, roots.slots.data())) {
    roots.slots[0] = Ref(next).bits();
    ++count;
  }
  EXPECT_GT(count, (1u << 20) / 32 / 2);
  // A stale word of the native stack may keep one of them, but then no other.
  while (Exception* last = Ref::from_bits(roots.slots[0]).exception())
    roots.slots[0] = std::exchange(last->payload()[0], 0);
  EXPECT_NE(store->new_exception(tag, roots.slots.data()), nullptr);
}

constexpr Slot no_payload = 0;

Outcome throw_it(void* data, Caller& caller, Slot*) {
  caller.store.pending_exception =
      caller.store.new_exception(*static_cast<Tag*>(data), &no_payload);
  return Outcome::threw;
}

TEST_F(SmallHeap, has_room_for_exceptions_that_nobody_caught) {
  Tag& tag = store->add_tag(types->add_func_type({{syntax::i64_type}, {}}));
  Func& func = host_func(throw_it, &tag);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_EQ(store->call(func, nullptr), Outcome::threw);
    ASSERT_NE(store->pending_exception, nullptr);
    EXPECT_EQ(store->take_failure(Outcome::threw).message(),
              "wasm trap: uncaught exception: (tag (param i64))");
  }
}

// Interruption.

TEST_F(StoreTest, a_request_before_the_call_ends_it_at_once_and_only_it) {
  store->interrupt(store->current_call(), TrapCode::deadline_exceeded);
  Slot slots[1] = {0};
  ASSERT_EQ(store->call(host_func(add_one), slots), Outcome::trapped);
  EXPECT_EQ(store->take_trap().code, TrapCode::deadline_exceeded);
  EXPECT_EQ(slots[0], 0u);
  EXPECT_EQ(store->call(host_func(add_one), slots), Outcome::returned);
  EXPECT_EQ(store->stack().limit.load(), store->stack().end);
}

TEST_F(StoreTest, a_request_for_a_call_that_has_ended_does_nothing) {
  const uint64_t id = store->current_call();
  Slot slots[1] = {0};
  ASSERT_EQ(store->call(host_func(add_one), slots), Outcome::returned);
  store->interrupt(id, TrapCode::interrupted);
  EXPECT_FALSE(store->check_interrupt());
  EXPECT_EQ(store->call(host_func(add_one), slots), Outcome::returned);
}

Outcome spin(void*, Caller& caller, Slot*) {
  while (caller.store.stack().limit.load(std::memory_order_relaxed) != nullptr)
    std::this_thread::yield();
  return caller.store.check_interrupt() ? Outcome::trapped : Outcome::returned;
}

TEST_F(StoreTest, another_thread_ends_a_call_while_it_runs) {
  Func& func = host_func(spin);
  for (int i = 0; i < 20; ++i) {
    std::thread other(
        [&, id = store->current_call()] { store->interrupt(id, TrapCode::interrupted); });
    EXPECT_EQ(store->call(func, nullptr), Outcome::trapped);
    other.join();
    EXPECT_EQ(store->take_trap().code, TrapCode::interrupted);
  }
}

TEST_F(StoreTest, requests_never_leak_into_a_later_call) {
  std::atomic<bool> done = false;
  std::atomic<uint64_t> target = 0;
  std::thread other([&] {
    while (!done) store->interrupt(target, TrapCode::interrupted);
  });
  Func& func = host_func(add_one);
  Func& check = host_func([](void*, Caller& caller, Slot*) {
    return caller.store.check_interrupt() ? Outcome::trapped : Outcome::returned;
  });
  Slot slots[1] = {0};
  for (int i = 0; i < 20'000; ++i) {
    target = store->current_call();
    (void)store->call(func, slots);  // may be interrupted
    target = 0;
    const uint64_t id = store->current_call();
    ASSERT_NE(id, target);
    ASSERT_EQ(store->call(check, slots), Outcome::returned);
  }
  done = true;
  other.join();
}

TEST_F(StoreTest, interruption_wakes_who_waits) {
  std::atomic<int> woken = 0;
  store->set_waker([](void* data) { ++*static_cast<std::atomic<int>*>(data); }, &woken);
  store->interrupt(store->current_call() + 1, TrapCode::interrupted);
  EXPECT_EQ(woken, 0);
  store->interrupt(store->current_call(), TrapCode::interrupted);
  EXPECT_EQ(woken, 1);
  store->set_waker(nullptr, nullptr);
  store->interrupt(store->current_call(), TrapCode::interrupted);
  EXPECT_EQ(woken, 1);
}

TEST_F(StoreTest, interruption_ends_waits_at_shared_memories) {
  const syntax::MemoryType type{
      .limits_pages = {1, 1}, .address = syntax::AddressType::i32, .is_shared = true};
  Memory& memory = **store->add_memory(type);
  std::thread other([&, id = store->current_call()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    store->interrupt(id, TrapCode::interrupted);
  });
  Func& func = host_func(
      [](void* data, Caller& caller, Slot*) {
        const auto result =
            static_cast<Memory*>(data)->wait(0, 4, 0, -1, caller.store.stack().sleeper());
        EXPECT_EQ(result, Memory::WaitResult::interrupted);
        return caller.store.check_interrupt() ? Outcome::trapped : Outcome::returned;
      },
      &memory);
  EXPECT_EQ(store->call(func, nullptr), Outcome::trapped);
  other.join();
}

}  // namespace
}  // namespace waxwing::runtime

// Calls by reference, by subtype, through the host, and what runs in two stores at once.
#include <thread>

#include "assembler.h"

namespace waxwing::interp {
namespace {

using syntax::TrapCode;

class InterpCall : public InterpTest {
 public:
  explicit InterpCall(const runtime::StoreLimits& limits = {}) : InterpTest(limits) {}

  runtime::Func& host(const syntax::FuncType& type, runtime::HostCode code, void* data = nullptr) {
    return **store->add_host_func(type, code, data, nullptr);
  }
};

/// An element segment that lets `func` be referred to.
Bytes declaration(uint32_t func) { return code(3, 0, u(1), u(func)); }

TEST_F(InterpCall, call_ref_reaches_functions_of_this_instance_of_others_and_of_the_host) {
  ModuleAssembler other;
  const uint32_t twice = other.func({i32}, {i32}, {}, code(get(0), get(0), 0x6a));
  runtime::Func& foreign = add(other).func(syntax::FuncIdx(twice));
  runtime::Func& negate =
      host({{syntax::i32_type}, {syntax::i32_type}}, [](void*, runtime::Caller&, Slot* slots) {
        slots[0] = uint32_t(-int32_t(slots[0]));
        return Outcome::returned;
      });
  for (const std::vector<Bytes>& locals :
       {std::vector<Bytes>{}, std::vector<Bytes>{code(u(40'000), v128)}}) {
    ModuleAssembler m;
    const uint32_t type = m.type({i32}, {i32});
    m.import_func(type);
    m.import_func(type);
    const uint32_t own = m.func(type, {}, code(get(0), i32_const(1), 0x6a));
    std::vector<uint32_t> callers;
    for (uint32_t callee : {own, 0u, 1u}) {
      m.elems.push_back(declaration(callee));
      const Bytes operands = code(get(0), 0xd2, u(callee));
      callers.push_back(m.func(type, locals, code(operands, 0x14, u(type), i32_const(3), 0x6c)));
      callers.push_back(m.func(type, locals, code(operands, 0x15, u(type))));
    }
    const Bytes null = code(get(0), 0xd0, s(type));
    callers.push_back(m.func(type, locals, code(null, 0x14, u(type))));
    callers.push_back(m.func(type, locals, code(null, 0x15, u(type))));
    runtime::Instance& instance = add(m, {&foreign, &negate});
    const uint32_t expected[] = {24, 8, 42, 14, uint32_t(-21), uint32_t(-7)};
    for (size_t i = 0; i < std::size(expected); ++i) {
      EXPECT_EQ(value(instance, callers[i], {7}), expected[i]) << i;
    }
    EXPECT_EQ(trap_of(instance, callers[6], {7}), TrapCode::null_function_reference);
    EXPECT_EQ(trap_of(instance, callers[7], {7}), TrapCode::null_function_reference);
  }
}

TEST_F(InterpCall, tail_calls_by_reference_take_no_stack) {
  ModuleAssembler m;
  const uint32_t type = m.type({i32}, {i32});
  m.elems.push_back(declaration(0));
  m.func(type, {},
         code(get(0), 0x45, 0x04, no_result, i32_const(9), 0x0f, 0x0b, get(0), i32_const(1), 0x6b,
              0xd2, u(0), 0x15, u(type)));
  EXPECT_EQ(value(add(m), 0, {2'000'000}), 9u);
}

TEST_F(InterpCall, indirect_calls_accept_subtypes_and_nothing_else) {
  ModuleAssembler m;
  // Each type is declared below the one before it.
  const Bytes signature = code(0x60, 1, i32, 1, i32);
  m.types.push_back(code(0x50, 0, signature));
  m.types.push_back(code(0x50, 1, 0, signature));
  m.types.push_back(code(0x50, 1, 1, signature));
  const uint32_t other = m.type({i32}, {i32});  // the same words, but final and below nothing
  const uint32_t imported = m.import_func(1);
  m.tables.push_back(code(funcref, 0, u(5)));
  const Bytes minus_1 = code(get(0), i32_const(1), 0x6b);
  std::vector<Bytes> items = {u(imported)};
  for (uint32_t type : {0u, 1u, 2u, other}) items.push_back(u(m.func(type, {}, minus_1)));
  m.elems.push_back(code(0, i32_const(0), 0x0b, vec(items)));
  const uint32_t caller_type = m.type({i32, i32}, {i32});
  std::vector<uint32_t> callers;
  for (uint32_t type : {0u, 1u, 2u}) {
    callers.push_back(
        m.func(caller_type, {}, code(get(0), get(1), 0x11, u(type), 0, i32_const(2), 0x6c)));
    callers.push_back(m.func(caller_type, {}, code(get(0), get(1), 0x13, u(type), 0)));
  }
  ModuleAssembler exporter;
  exporter.types = m.types;
  exporter.func(1, {}, code(get(0), i32_const(10), 0x6c));
  runtime::Instance& instance = add(m, {&add(exporter).func(syntax::FuncIdx(0u))});
  for (uint32_t type = 0; type < 3; ++type) {
    const uint32_t call_it = callers[type * 2];
    const uint32_t tail_call_it = callers[type * 2 + 1];
    for (uint32_t item = 0; item < 5; ++item) {
      const uint32_t item_type[] = {1, 0, 1, 2, other};
      if (item_type[item] < type || item_type[item] == other) {
        EXPECT_EQ(trap_of(instance, call_it, {6, item}), TrapCode::indirect_call_type_mismatch);
        EXPECT_EQ(trap_of(instance, tail_call_it, {6, item}),
                  TrapCode::indirect_call_type_mismatch);
      } else {
        const uint32_t result = item == 0 ? 60 : 5;
        EXPECT_EQ(value(instance, call_it, {6, item}), result * 2);
        EXPECT_EQ(value(instance, tail_call_it, {6, item}), result);
      }
    }
  }
}

TEST_F(InterpCall, recursion_without_loops_can_be_interrupted) {
  ModuleAssembler m;
  const Bytes deeper = code(get(0), i32_const(1), 0x6b, 0x10, u(0));
  m.func({i32}, {}, {}, code(get(0), 0x04, no_result, deeper, deeper, 0x0b));
  runtime::Instance& instance = add(m);
  std::jthread other([this, id = store->current_call()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    store->interrupt(id, TrapCode::interrupted);
  });
  // 2 to the power 200 calls.
  EXPECT_EQ(trap_of(instance, 0, {200}), TrapCode::interrupted);
  EXPECT_EQ(call(instance, 0, {3}).outcome, Outcome::returned);
}

/// A module that imports a function, and throws its tag with 9 or catches what that function
/// throws.
struct Thrower {
  Thrower() {
    const uint32_t nothing = m.type({}, {});
    m.tags.push_back(code(0, u(m.type({i32}, {}))));
    m.import_func(nothing);
    throws = m.func(nothing, {}, code(i32_const(9), 0x08, 0));
    catches =
        m.func({}, {i32}, {}, code(0x1f, no_result, u(1), 0, 0, 0, 0x10, u(0), 0x0b, i32_const(1)));
    tail_calls = m.func(nothing, {}, code(0x12, u(0)));
  }
  ModuleAssembler m;
  uint32_t throws = 0, catches = 0, tail_calls = 0;
};

TEST_F(InterpCall, exceptions_pass_through_host_functions) {
  const Thrower module;
  runtime::Func* thrower = nullptr;
  bool swallow = false;
  struct Data {
    runtime::Func*& func;
    bool& swallow;
  } data{thrower, swallow};
  runtime::Func& middle = host(
      {},
      [](void* raw, runtime::Caller& caller, Slot* slots) {
        const Data& given = *static_cast<Data*>(raw);
        const Outcome outcome = caller.store.call(*given.func, slots);
        EXPECT_EQ(outcome, Outcome::threw);
        return given.swallow ? Outcome::returned : outcome;
      },
      &data);
  runtime::Instance& instance = add(module.m, {&middle});
  thrower = &instance.func(syntax::FuncIdx(module.throws));
  EXPECT_EQ(value(instance, module.catches), 9u);
  EXPECT_EQ(call(instance, module.tail_calls).outcome, Outcome::threw);
  EXPECT_EQ(call(instance, module.tail_calls).trap.detail, "(tag (param i32))");
  swallow = true;
  EXPECT_EQ(value(instance, module.catches), 1u);
  EXPECT_EQ(call(instance, module.tail_calls).outcome, Outcome::returned);
}

TEST_F(InterpCall, two_stores_share_a_memory) {
  const syntax::MemoryType type{
      .limits_pages = {1, 2}, .address = syntax::AddressType::i32, .is_shared = true};
  const std::shared_ptr<runtime::Memory> memory = *runtime::Memory::create(type, store->budget());
  const auto second = *runtime::Store::create(types, {});
  ModuleAssembler m;
  m.imports.push_back(code(0, 0, 2, 0x03, u(1), u(2)));
  // Adds 1 to address 8 as often as the argument says; the sum of both threads shows none was lost.
  const uint32_t count = m.func({i32}, {}, {},
                                code(0x03, no_result, i32_const(8), i32_const(1), 0xfe, 0x1e, 2, 0,
                                     0x1a, get(0), i32_const(1), 0x6b, tee(0), 0x0d, 0, 0x0b));
  // Waits until the other store has grown the memory, and reads behind its old end.
  const uint32_t see_growth = m.func({}, {i32}, {},
                                     code(i32_const(16), i32_const(0), i64_const(-1), 0xfe, 0x01, 2,
                                          0, 0x1a, i32_const(0x10000), 0x28, 2, 0));
  const uint32_t grow = m.func({}, {}, {},
                               code(i32_const(1), 0x40, 0, 0x1a, i32_const(0x10000), i32_const(77),
                                    0x36, 2, 0, i32_const(16), i32_const(1), 0xfe, 0x17, 2, 0,
                                    i32_const(16), i32_const(1), 0xfe, 0x00, 2, 0, 0x1a));
  runtime::Instance& here = add(m, {&store->share_memory(memory)});
  runtime::Instance& there = add_to(*second, m, {&second->share_memory(memory)});
  constexpr uint32_t times = 100'000;
  std::vector<Slot> seen(8);
  {
    std::jthread other([&] {
      std::vector<Slot> slots = {times};
      EXPECT_EQ(second->call(there.func(syntax::FuncIdx(count)), slots.data()), Outcome::returned);
      EXPECT_EQ(second->call(there.func(syntax::FuncIdx(see_growth)), seen.data()),
                Outcome::returned);
    });
    EXPECT_EQ(call(here, count, {times}).outcome, Outcome::returned);
    EXPECT_EQ(call(here, grow).outcome, Outcome::returned);
  }
  EXPECT_EQ(base::load_le<uint32_t>(memory->base() + 8), 2 * times);
  EXPECT_EQ(seen[0], 77u);
}

}  // namespace
}  // namespace waxwing::interp

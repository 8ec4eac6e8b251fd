// Stubs do on this processor what they say. Skipped on others, and where code may not be made
// executable.
#include <array>
#include <cstdio>
#include <random>

#include "abi/vm_layout.h"
#include "platform/clock.h"
#include "platform/code_ranges.h"
#include "platform/fault_handler.h"
#include "platform/signal_stack.h"
#include "x64_world.h"

namespace waxwing::codegen::x64 {
namespace {

using abi::EntryOutcome;

const ValType i64 = ValKind::i64;

class x64_stubs : public testing::Test {
 protected:
  void SetUp() override {
    if (!runs_here) GTEST_SKIP() << "this processor is no x86-64";
  }
};

constexpr char no_code[] = "memory may not be made executable here";

uint8_t memories[3][16];

std::vector<ValType> random_types(std::mt19937& random, size_t max_count) {
  static constexpr ValKind kinds[] = {ValKind::i32, ValKind::i64,  ValKind::f32,
                                      ValKind::f64, ValKind::v128, ValKind::i32};
  const size_t count = random() % (max_count + 1);
  std::vector<ValType> types;
  const size_t favourite = random() % 6;
  for (size_t i = 0; i < count; ++i) {
    const size_t index = random() % 2 == 0 ? favourite : random() % 6;
    types.push_back(index == 5 ? syntax::funcref : ValType(kinds[index]));
  }
  return types;
}

/// A function type, each of whose results is one of its parameters.
struct Choice {
  std::vector<ValType> params;
  std::vector<ValType> results;
  std::vector<uint32_t> from;  // by result: the parameter's slot
  std::vector<uint32_t> to;    // the result's slot

  Choice(std::mt19937& random, size_t max_count) : params(random_types(random, max_count)) {
    const size_t count = params.empty() ? 0 : random() % (max_count + 1);
    std::vector<uint32_t> slots;
    uint32_t slot = 0;
    for (const ValType type : params) {
      slots.push_back(slot);
      slot += type.slot_count();
    }
    slot = 0;
    for (size_t i = 0; i < count; ++i) {
      const size_t chosen = random() % params.size();
      results.push_back(params[chosen]);
      from.push_back(slots[chosen]);
      to.push_back(slot);
      slot += params[chosen].slot_count();
    }
  }

  uint32_t param_slots() const { return syntax::slot_count(params); }
  uint32_t result_slots() const { return syntax::slot_count(results); }
  uint32_t max_slots() const { return std::max(param_slots(), result_slots()); }

  /// Random bits, i32 zero-extended.
  std::vector<uint64_t> arguments(std::mt19937& random) const {
    std::vector<uint64_t> slots;
    for (const ValType type : params) {
      for (uint32_t i = 0; i < type.slot_count(); ++i) {
        const uint64_t low = random();
        slots.push_back(type.kind() == ValKind::i32 ? low : uint64_t{random()} << 32 | low);
      }
    }
    slots.resize(std::max<size_t>(max_slots(), 1), 0x5555'5555'5555'5555);
    return slots;
  }

  /// What the function does, with arguments and results by the array ABI.
  void apply(uint64_t* slots) const {
    const std::vector<uint64_t> given(slots, slots + param_slots());
    for (size_t i = 0; i < results.size(); ++i) {
      for (uint32_t j = 0; j < results[i].slot_count(); ++j) slots[to[i] + j] = given[from[i] + j];
    }
  }

  void expect_equal(const std::vector<uint64_t>& actual,
                    const std::vector<uint64_t>& wanted) const {
    for (size_t i = 0; i < results.size(); ++i) {
      for (uint32_t j = 0; j < results[i].slot_count(); ++j) {
        const uint64_t mask = results[i].kind() == ValKind::f32 ? UINT32_MAX : UINT64_MAX;
        ASSERT_EQ(actual[to[i] + j] & mask, wanted[to[i] + j] & mask)
            << "result " << i << " of " << syntax::to_string(FuncType{params, results});
      }
    }
  }

  /// The function in machine code.
  uint32_t write(Instance& instance, TypeIdx type, const VmContext* context = nullptr) const {
    MacroAssembler& masm = instance.masm;
    FuncWriter writer(masm);
    const uint32_t slots = param_slots() + result_slots();
    writer.prologue(slots);
    writer.take(params, false);
    writer.check_context(context == nullptr ? instance.context : *context);
    for (size_t i = 0; i < results.size(); ++i) {
      for (uint32_t j = 0; j < results[i].slot_count(); ++j) {
        masm.mov(Width::w64, Gpr::rax, writer.slot(from[i] + j));
        masm.mov(Width::w64, writer.slot(param_slots() + to[i] + j), Gpr::rax);
      }
    }
    writer.trash();
    writer.give(results, true, param_slots());
    writer.epilogue();
    return instance.add_func(type, FuncWriter::frame_bytes(slots));
  }

  /// A function of the same type that calls another by its FuncRecord, through a stub.
  uint32_t write_caller(Instance& instance, TypeIdx type, const FuncRecord& callee) const {
    MacroAssembler& masm = instance.masm;
    FuncWriter writer(masm);
    const uint32_t slots = max_slots();
    writer.prologue(slots);
    writer.take(params, false);
    writer.trash();
    writer.give(params, false);
    masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&callee));
    masm.call({TargetKind::foreign, type.value});
    writer.take(results, true);
    writer.check_context(instance.context);
    writer.trash();
    writer.give(results, true);
    writer.epilogue();
    return instance.add_func(type, FuncWriter::frame_bytes(slots));
  }

  /// The same by a tail call.
  uint32_t write_tail_caller(Instance& instance, TypeIdx type, const FuncRecord& callee) const {
    MacroAssembler& masm = instance.masm;
    FuncWriter(masm).check_stack();
    masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&callee));
    masm.jmp({TargetKind::tail_foreign, type.value});
    return instance.add_func(type);
  }

  /// A function of the same type that calls `callee` of the same instance.
  uint32_t write_direct_caller(Instance& instance, TypeIdx type, uint32_t callee) const {
    FuncWriter writer(instance.masm);
    writer.prologue(result_slots());
    instance.masm.call({TargetKind::func, callee});
    writer.take(results, true);
    writer.check_context(instance.context);
    writer.give(results, true);
    writer.epilogue();
    return instance.add_func(type, FuncWriter::frame_bytes(result_slots()));
  }
};

/// Calls and compares, several times.
void check(const Choice& choice, Instance& instance, uint32_t func, std::mt19937& random) {
  World& world = instance.world;
  for (int i = 0; i < 3; ++i) {
    std::vector<uint64_t> slots = choice.arguments(random);
    std::vector<uint64_t> wanted = slots;
    choice.apply(wanted.data());
    uint8_t* const exit_sp = world.state.exit_sp;
    ASSERT_EQ(instance.call(func, slots.data()), EntryOutcome::returned);
    ASSERT_EQ(world.state.exit_sp, exit_sp);
    ASSERT_EQ(world.state.native_sp, nullptr);
    choice.expect_equal(slots, wanted);
  }
}

TEST_F(x64_stubs, enter_passes_arguments_and_results_of_any_types) {
  std::mt19937 random(1);
  World world;
  Instance instance(world, memories[0]);
  std::vector<Choice> choices;
  for (size_t i = 0; i < 300; ++i) {
    choices.emplace_back(random, i < 250 ? 30 : i < 299 ? 100 : 1000);
    choices.back().write(instance,
                         instance.add_type(choices.back().params, choices.back().results));
  }
  if (!instance.load()) GTEST_SKIP() << no_code;
  for (uint32_t i = 0; i < choices.size(); ++i) {
    ASSERT_NO_FATAL_FAILURE(check(choices[i], instance, i, random)) << i;
  }
}

TEST_F(x64_stubs, enter_works_without_avx) {
  std::mt19937 random(2);
  World world;
  Instance instance(world, memories[0]);
  instance.features = CpuFeatures();
  std::vector<Choice> choices;
  for (size_t i = 0; i < 30; ++i) {
    choices.emplace_back(random, 30);
    choices.back().write(instance,
                         instance.add_type(choices.back().params, choices.back().results));
  }
  if (!instance.load()) GTEST_SKIP() << no_code;
  for (uint32_t i = 0; i < choices.size(); ++i) {
    ASSERT_NO_FATAL_FAILURE(check(choices[i], instance, i, random)) << i;
  }
}

TEST_F(x64_stubs, enter_zero_extends_i32) {
  World world;
  Instance instance(world, memories[0]);
  const TypeIdx type = instance.add_type({syntax::i32_type}, {i64});
  instance.masm.mov(Width::w64, Gpr::rax, Gpr::rdx);
  instance.masm.ret();
  instance.add_func(type);
  if (!instance.load()) GTEST_SKIP() << no_code;
  uint64_t slots[] = {0xffff'ffff'8000'0001};
  EXPECT_EQ(instance.call(0, slots), EntryOutcome::returned);
  EXPECT_EQ(slots[0], 0x8000'0001u);
}

TEST_F(x64_stubs, foreign_calls_another_instance_and_comes_back) {
  std::mt19937 random(3);
  World world;
  Instance caller(world, memories[0]);
  Instance callee(world, memories[1]);
  std::vector<Choice> choices;
  std::vector<FuncRecord> records(200);
  for (FuncRecord& record : records) {
    const Choice& choice = choices.emplace_back(random, 30);
    choice.write(callee, callee.add_type(choice.params, choice.results));
    choice.write_caller(caller, caller.add_type(choice.params, choice.results), record);
  }
  if (!caller.load()) GTEST_SKIP() << no_code;
  if (!callee.load()) GTEST_SKIP() << no_code;
  for (uint32_t i = 0; i < choices.size(); ++i) {
    records[i] = callee.record(i);
    ASSERT_NO_FATAL_FAILURE(check(choices[i], caller, i, random)) << i;
  }
}

// What the host function in a test is: `FuncRecord::index` of a Choice.
std::vector<Choice>* host_choices;

Status call_host(VmContext* context, const FuncRecord* record, uint64_t* slots) {
  EXPECT_EQ(reinterpret_cast<uintptr_t>(slots) % 16, 0u);
  EXPECT_LE(context->state->exit_sp, reinterpret_cast<uint8_t*>(slots));
  (*host_choices)[record->index].apply(slots);
  // What runs in between may use the transfer slots and the stack below.
  std::memset(context->state->transfer, 0x77, abi::max_transfer_slots * 8);
  std::memset(context->state->exit_sp - 256, 0x77, 256);
  context->state->result = 0;
  return Status::ok;
}

TEST_F(x64_stubs, foreign_calls_functions_without_code_by_slots) {
  std::mt19937 random(4);
  World world;
  world.set(BuiltinId::call_func, call_host);
  Instance caller(world, memories[0]);
  std::vector<Choice> choices;
  host_choices = &choices;
  std::vector<FuncRecord> records(200);
  for (uint32_t i = 0; i < records.size(); ++i) {
    const Choice& choice = choices.emplace_back(random, i < 199 ? 30 : 1000);
    records[i] = {.index = i};
    choice.write_caller(caller, caller.add_type(choice.params, choice.results), records[i]);
  }
  if (!caller.load()) GTEST_SKIP() << no_code;
  for (uint32_t i = 0; i < choices.size(); ++i) {
    ASSERT_NO_FATAL_FAILURE(check(choices[i], caller, i, random)) << i;
  }
}

TEST_F(x64_stubs, tail_foreign_takes_arguments_along_and_restores_the_context) {
  std::mt19937 random(5);
  World world;
  world.set(BuiltinId::call_func, call_host);
  Instance caller(world, memories[0]);
  Instance callee(world, memories[1]);
  VmContext sibling;  // another instance of the caller's code
  caller.reset(sibling, memories[2]);
  std::vector<Choice> choices;
  host_choices = &choices;
  struct Records {
    FuncRecord foreign, host, own, sibling;
  };
  std::vector<Records> records(50);
  std::vector<std::pair<uint32_t, uint32_t>> callers;  // entry, choice
  for (uint32_t i = 0; i < records.size(); ++i) {
    const Choice& choice = choices.emplace_back(random, 30);
    const uint32_t target = choice.write(callee, callee.add_type(choice.params, choice.results));
    EXPECT_EQ(target, i);
    const TypeIdx type = caller.add_type(choice.params, choice.results);
    const uint32_t own = choice.write(caller, type);
    const uint32_t in_sibling = choice.write(caller, type, &sibling);
    records[i].host = {.index = i};
    records[i].own.index = own;
    records[i].sibling.index = in_sibling;
    for (const FuncRecord* record :
         {&records[i].foreign, &records[i].host, &records[i].own, &records[i].sibling}) {
      const uint32_t tail = choice.write_tail_caller(caller, type, *record);
      callers.emplace_back(tail, i);
      callers.emplace_back(choice.write_direct_caller(caller, type, tail), i);
    }
  }
  if (!caller.load()) GTEST_SKIP() << no_code;
  if (!callee.load()) GTEST_SKIP() << no_code;
  for (uint32_t i = 0; i < records.size(); ++i) {
    records[i].foreign = callee.record(i);
    records[i].own = caller.record(records[i].own.index);
    records[i].sibling = caller.record(records[i].sibling.index);
    records[i].sibling.context = &sibling;
  }
  for (const auto& [func, choice] : callers) {
    ASSERT_NO_FATAL_FAILURE(check(choices[choice], caller, func, random)) << func;
  }
}

/// A function [i64] -> [i64] that counts down to 0 by tail calls and returns 42.
uint32_t write_countdown(Instance& instance, const FuncRecord& next) {
  const TypeIdx type(size_t{0});
  MacroAssembler& masm = instance.masm;
  FuncWriter writer(masm);
  Label done;
  writer.check_stack();
  writer.prologue();
  masm.test(Width::w64, Gpr::rdx, Gpr::rdx);
  masm.jcc(Condition::equal, done);
  masm.sub(Width::w64, Gpr::rdx, 1);
  masm.leave();
  masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&next));
  masm.jmp({TargetKind::tail_foreign, type.value});
  masm.bind(done);
  masm.mov_imm(Gpr::rax, 42);
  writer.epilogue();
  return instance.add_func(type);
}

TEST_F(x64_stubs, tail_calls_between_instances_need_no_stack) {
  World world(1024);
  Instance first(world, memories[0]);
  Instance second(world, memories[1]);
  FuncRecord in_first, in_second, in_sibling;
  VmContext sibling;
  first.reset(sibling, memories[2]);
  const Choice choice = [] {
    std::mt19937 random(0);
    Choice made(random, 0);
    made.params = made.results = {i64};
    return made;
  }();
  for (Instance* instance : {&first, &second}) instance->add_type({i64}, {i64});
  const uint32_t to_second = write_countdown(first, in_second);
  const uint32_t direct = choice.write_direct_caller(first, TypeIdx(size_t{0}), to_second);
  const uint32_t to_sibling = write_countdown(first, in_sibling);
  const uint32_t direct2 = choice.write_direct_caller(first, TypeIdx(size_t{0}), to_sibling);
  EXPECT_EQ(write_countdown(second, in_first), 0u);
  if (!first.load()) GTEST_SKIP() << no_code;
  if (!second.load()) GTEST_SKIP() << no_code;
  in_second = second.record(0);
  in_first = first.record(to_second);
  in_sibling = first.record(to_second);  // which goes on to `second`, with another context
  in_sibling.context = &sibling;
  for (const uint32_t func : {to_second, direct, to_sibling, direct2}) {
    uint64_t slots[] = {1'000'000};
    EXPECT_EQ(first.call(func, slots), EntryOutcome::returned);
    EXPECT_EQ(slots[0], 42u);
  }
}

// Builtins of the tests below. What they saw is in these.
struct Seen {
  std::array<uint64_t, 6> arguments{};
  const uint8_t* return_address = nullptr;
  uint8_t* frame_pointer = nullptr;
  int calls = 0;
} seen;

void look(VmContext* context) {
  EXPECT_EQ(reinterpret_cast<uintptr_t>(context->state->native_sp) % 16, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(context->state->exit_sp) % 16, 0u);
  const uint8_t* record = context->state->exit_sp;
  std::memcpy(&seen.frame_pointer, record, 8);
  std::memcpy(&seen.return_address, record + 8, 8);
  ++seen.calls;
}

Status leave(VmContext* context, uint64_t value) {
  look(context);
  seen.arguments[0] = value;
  context->state->result = static_cast<uint64_t>(EntryOutcome::trapped);
  return Status::leave;
}

TEST_F(x64_stubs, a_plain_builtin_gets_its_arguments_and_returns_its_value) {
  World world;
  Instance instance(world, memories[0]);
  const TypeIdx type = instance.add_type({}, {i64});
  world.set(
      BuiltinId::table_grow,
      +[](VmContext* context, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) {
        look(context);
        seen.arguments = {a, b, c, d, e};
        return a + b + c + d + e;
      });
  FuncWriter writer(instance.masm);
  writer.prologue();
  uint64_t value = 1;
  for (const Gpr reg : builtin_argument_gprs) instance.masm.mov_imm(reg, value *= 10);
  instance.masm.set_body_offset(77);
  instance.masm.call_builtin(BuiltinId::table_grow);
  writer.check_context(instance.context);
  writer.epilogue();
  instance.add_func(type);
  if (!instance.load()) GTEST_SKIP() << no_code;
  uint64_t slots[] = {0};
  seen = {};
  EXPECT_EQ(instance.call(0, slots), EntryOutcome::returned);
  EXPECT_EQ(slots[0], 111'110u);
  EXPECT_EQ(seen.arguments, (std::array<uint64_t, 6>{10, 100, 1'000, 10'000, 100'000, 0}));
  const auto offset = instance.offset_of(seen.return_address);
  ASSERT_TRUE(offset);
  EXPECT_EQ(instance.image.find_func(*offset), instance.image.funcs.data());
  const abi::CodeSite* site = instance.image.find_site(*offset - 1);
  ASSERT_NE(site, nullptr);
  EXPECT_EQ(site->body_offset, 77u);
  EXPECT_EQ(site->trap, TrapCode::none);
}

TEST_F(x64_stubs, a_fallible_builtin_returns_its_value_or_leaves) {
  World world;
  Instance instance(world, memories[0]);
  const TypeIdx type = instance.add_type({i64}, {i64});
  FuncWriter writer(instance.masm);
  writer.prologue();
  instance.masm.mov(Width::w64, builtin_argument_gprs[0], Gpr::rdx);
  for (const Gpr reg : callee_saved_gprs) instance.masm.mov_imm(reg, 0);  // leaving restores them
  instance.masm.call_builtin(BuiltinId::compile_func);
  writer.epilogue();
  instance.add_func(type);
  world.set(
      BuiltinId::compile_func, +[](VmContext* context, uint64_t value) {
        if (value == 0) {
          context->state->result = static_cast<uint64_t>(EntryOutcome::threw);
          return Status::leave;
        }
        context->state->result = value + 1;
        return Status::ok;
      });
  if (!instance.load()) GTEST_SKIP() << no_code;
  // The function changes registers that it had to keep: only leaving may be tried.
  uint64_t slots[] = {0};
  EXPECT_EQ(instance.call(0, slots), EntryOutcome::threw);
  EXPECT_EQ(slots[0], 0u);
  EXPECT_EQ(world.state.native_sp, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(world.state.exit_sp), world.stack_top);
}

TEST_F(x64_stubs, a_trap_is_raised_where_it_happens) {
  World world;
  world.set(BuiltinId::raise_trap, leave);
  Instance instance(world, memories[0]);
  const TypeIdx type = instance.add_type({i64}, {});
  FuncWriter writer(instance.masm);
  writer.prologue();
  instance.masm.set_body_offset(5);
  instance.masm.test(Width::w64, Gpr::rdx, Gpr::rdx);
  instance.masm.trap_if(Condition::equal, TrapCode::integer_divide_by_zero);
  instance.masm.set_body_offset(9);
  instance.masm.trap(TrapCode::unreachable);
  instance.add_func(type);
  if (!instance.load()) GTEST_SKIP() << no_code;
  for (const uint64_t argument : {0u, 1u}) {
    uint64_t slots[] = {argument};
    seen = {};
    EXPECT_EQ(instance.call(0, slots), EntryOutcome::trapped);
    EXPECT_EQ(seen.arguments[0],
              static_cast<uint64_t>(argument == 0 ? TrapCode::integer_divide_by_zero
                                                  : TrapCode::unreachable));
    const auto offset = instance.offset_of(seen.return_address);
    ASSERT_TRUE(offset);
    const abi::CodeSite* site = instance.image.find_site(*offset - 1);
    ASSERT_NE(site, nullptr);
    EXPECT_EQ(site->body_offset, argument == 0 ? 5u : 9u);
  }
}

// What a builtin that keeps registers may do: use the stack and all registers, and enter again.
struct Keeping {
  Instance* instance = nullptr;
  uint32_t trasher = 0;
  uint64_t argument = 0;
  uint64_t argument2 = 0;
  uint64_t answer = 0;
} keeping;

void disturb(VmContext* context) {
  look(context);
  std::memset(context->state->exit_sp - 512, 0x77, 512);
  uint64_t slots[] = {0};
  EXPECT_EQ(keeping.instance->call(keeping.trasher, slots), EntryOutcome::returned);
}

/// Writes a function that fills all registers, calls `target` with `argument` in the scratch
/// register, and stops the process where one has changed.
uint32_t write_keeper(Instance& instance, TypeIdx type, Target target, uint64_t argument) {
  MacroAssembler& masm = instance.masm;
  FuncWriter writer(masm);
  const auto is_filled = [](Gpr reg) {
    return reg != Gpr::rsp && reg != Gpr::rbp && reg != Gpr::r11 && number(reg) < 14;
  };
  const auto value_of = [](unsigned i) { return uint64_t{0x0101'0101'0101'0101} * (i + 1); };
  writer.prologue(3);
  for (size_t i = 0; i < 3; ++i) {
    masm.mov(Width::w64, writer.slot(static_cast<uint32_t>(i)), callee_saved_gprs[i]);
  }
  for (unsigned i = 0; i < 16; ++i) {
    masm.set(static_cast<Xmm>(i), base::V128::from_lanes(std::array{value_of(i), value_of(i + 1)}));
  }
  for (unsigned i = 0; i < 16; ++i) {
    if (is_filled(static_cast<Gpr>(i))) masm.mov_imm(static_cast<Gpr>(i), value_of(i));
  }
  masm.mov_imm(scratch, argument);
  masm.set_body_offset(21);
  masm.call(target);
  Label wrong, right;
  masm.push(scratch);
  masm.mov_imm(scratch, argument);
  masm.cmp(Width::w64, scratch, Mem(Gpr::rsp));
  masm.jcc(Condition::not_equal, wrong);
  for (unsigned i = 0; i < 16; ++i) {
    const auto reg = static_cast<Gpr>(i);
    if (!is_filled(reg)) continue;
    masm.mov_imm(scratch, value_of(i));
    masm.cmp(Width::w64, reg, scratch);
    masm.jcc(Condition::not_equal, wrong);
  }
  for (unsigned i = 0; i < 16; ++i) {
    masm.pcmpeqd(static_cast<Xmm>(i),
                 masm.constant(base::V128::from_lanes(std::array{value_of(i), value_of(i + 1)})));
    masm.pmovmskb(Gpr::rax, static_cast<Xmm>(i));
    masm.cmp(Width::w32, Gpr::rax, 0xffff);
    masm.jcc(Condition::not_equal, wrong);
  }
  writer.check_context(instance.context);
  masm.jmp(right);
  masm.bind(wrong);
  masm.int3();
  masm.bind(right);
  for (size_t i = 0; i < 3; ++i) {
    masm.mov(Width::w64, callee_saved_gprs[i], writer.slot(static_cast<uint32_t>(i)));
  }
  masm.mov_imm(Gpr::rax, 5);
  writer.epilogue();
  return instance.add_func(type, FuncWriter::frame_bytes(3));
}

TEST_F(x64_stubs, what_is_called_out_of_line_keeps_all_registers) {
  World world;
  Instance instance(world, memories[0]);
  const TypeIdx type = instance.add_type({}, {i64});
  const FuncRecord record = {.type = 12};
  const auto builtin = [](BuiltinId id) {
    return Target{TargetKind::builtin, static_cast<uint32_t>(id)};
  };
  const std::array<uint32_t, 3> funcs = {
      write_keeper(instance, type, builtin(BuiltinId::check_loop), 1),
      write_keeper(instance, type, builtin(BuiltinId::shade), 1234),
      write_keeper(instance, type, {TargetKind::check_type, type.value},
                   reinterpret_cast<uintptr_t>(&record))};
  FuncWriter trasher(instance.masm);
  trasher.prologue(100);
  trasher.trash();
  trasher.epilogue();
  keeping = {.instance = &instance, .trasher = instance.add_func(type)};
  world.set(
      BuiltinId::check_loop, +[](VmContext* context) {
        disturb(context);
        return Status::ok;
      });
  world.set(
      BuiltinId::shade, +[](VmContext* context, uint64_t ref) {
        disturb(context);
        keeping.argument = ref;
        return uint64_t{0};
      });
  world.set(
      BuiltinId::is_subtype, +[](VmContext* context, uint64_t sub, uint64_t super) {
        disturb(context);
        keeping.argument = sub;
        keeping.argument2 = super;
        return keeping.answer;
      });
  world.set(BuiltinId::raise_trap, leave);
  if (!instance.load()) GTEST_SKIP() << no_code;
  auto* const bytes = reinterpret_cast<uint8_t*>(&instance.block);
  base::store_le(bytes + abi::VmLayout(instance.module).type_id(type), uint32_t{34});
  keeping.answer = 1;
  for (const uint32_t func : funcs) {
    seen = {};
    uint64_t slots[] = {0};
    ASSERT_EQ(instance.call(func, slots), EntryOutcome::returned);
    EXPECT_EQ(slots[0], 5u);
    EXPECT_EQ(seen.calls, 1);
    const auto offset = instance.offset_of(seen.return_address);
    ASSERT_TRUE(offset);
    EXPECT_EQ(instance.image.find_func(*offset), &instance.image.funcs[func]);
    ASSERT_NE(instance.image.find_site(*offset - 1), nullptr);
    if (func == funcs[1]) {
      EXPECT_EQ(keeping.argument, 1234u);
    }
  }
  EXPECT_EQ(keeping.argument, 12u);
  EXPECT_EQ(keeping.argument2, 34u);
  keeping.answer = 0;
  seen = {};
  uint64_t slots[] = {0};
  EXPECT_EQ(instance.call(funcs[2], slots), EntryOutcome::trapped);
  EXPECT_EQ(seen.arguments[0], static_cast<uint64_t>(TrapCode::indirect_call_type_mismatch));
  const auto offset = instance.offset_of(seen.return_address);
  ASSERT_TRUE(offset);
  const abi::CodeSite* site = instance.image.find_site(*offset - 1);
  ASSERT_NE(site, nullptr);
  EXPECT_EQ(site->body_offset, 21u);
}

bool redirect(void* context, platform::Fault& fault) {
  auto& instance = *static_cast<Instance*>(context);
  const auto offset = instance.offset_of(reinterpret_cast<void*>(fault.registers.pc));
  if (!offset) return false;
  const abi::CodeSite* site = instance.image.find_site(*offset);
  if (site == nullptr) return false;
  fault.registers.argument(0) = fault.registers.pc;
  fault.registers.argument(1) = static_cast<uintptr_t>(site->trap);
  fault.registers.pc = reinterpret_cast<uintptr_t>(instance.base) + instance.image.stubs.fault;
  return true;
}

TEST_F(x64_stubs, a_fault_becomes_a_trap_of_its_instruction) {
  World world;
  world.set(BuiltinId::raise_trap, leave);
  Instance instance(world, memories[0]);
  const TypeIdx type = instance.add_type({i64}, {i64});
  FuncWriter writer(instance.masm);
  writer.prologue(1);
  instance.masm.push(Gpr::rdx);  // not a multiple of 16
  instance.masm.set_body_offset(13);
  instance.masm.note_fault(TrapCode::out_of_bounds_memory);
  instance.masm.mov(Width::w64, Gpr::rax, Mem(Gpr::rdx));
  writer.epilogue();
  instance.add_func(type);
  if (!instance.load()) GTEST_SKIP() << no_code;
  const auto range = platform::CodeRange::add(instance.memory.code(), redirect, &instance);
  ASSERT_TRUE(range);
  ASSERT_TRUE(platform::ensure_signal_stack());
  ASSERT_TRUE(platform::install_fault_handler());
  for (int i = 0; i < 3; ++i) {
    const uint64_t value = 99;
    uint64_t slots[] = {reinterpret_cast<uintptr_t>(&value)};
    EXPECT_EQ(instance.call(0, slots), EntryOutcome::returned);
    EXPECT_EQ(slots[0], 99u);
    slots[0] = 8;
    seen = {};
    EXPECT_EQ(instance.call(0, slots), EntryOutcome::trapped);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.arguments[0], static_cast<uint64_t>(TrapCode::out_of_bounds_memory));
    const auto offset = instance.offset_of(seen.return_address);
    ASSERT_TRUE(offset);
    const abi::CodeSite* site = instance.image.find_site(*offset - 1);
    ASSERT_NE(site, nullptr);
    EXPECT_EQ(site->body_offset, 13u);
    EXPECT_EQ(site->trap, TrapCode::out_of_bounds_memory);
  }
}

// Activations within activations: every call of the host calls the guest, which calls the host.
struct Nesting {
  Instance* instance = nullptr;
  int depth = 0;
  int deepest = 0;
} nesting;

Status nest(VmContext* context, const FuncRecord*, uint64_t* slots) {
  ExecutionState& state = *context->state;
  const uint64_t left = slots[0];
  uint8_t* const exit_sp = state.exit_sp;
  uint8_t* const native_sp = state.native_sp;
  nesting.deepest = std::max(nesting.deepest, ++nesting.depth);
  uint64_t inner[] = {left - 1};
  const EntryOutcome outcome = left == 0 ? EntryOutcome::trapped : nesting.instance->call(0, inner);
  EXPECT_EQ(state.exit_sp, exit_sp);
  EXPECT_EQ(state.native_sp, native_sp);
  --nesting.depth;
  if (outcome == EntryOutcome::returned) {
    slots[0] = inner[0] + 1;
    state.result = 0;
    return Status::ok;
  }
  if (left == 10) {  // the host gets over the failure of its guest
    slots[0] = 1000;
    return Status::ok;
  }
  state.result = static_cast<uint64_t>(outcome);
  return Status::leave;
}

TEST_F(x64_stubs, activations_nest_and_fail_one_by_one) {
  World world;
  world.set(BuiltinId::call_func, nest);
  Instance instance(world, memories[0]);
  const TypeIdx type = instance.add_type({i64}, {i64});
  const FuncRecord host;
  FuncWriter writer(instance.masm);
  writer.prologue();
  instance.masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&host));
  instance.masm.call({TargetKind::foreign, type.value});
  instance.masm.add(Width::w64, Gpr::rax, 1);
  writer.epilogue();
  instance.add_func(type);
  if (!instance.load()) GTEST_SKIP() << no_code;
  nesting = {.instance = &instance};
  uint64_t slots[] = {5};
  EXPECT_EQ(instance.call(0, slots), EntryOutcome::trapped);
  EXPECT_EQ(nesting.deepest, 6);
  slots[0] = 50;
  EXPECT_EQ(instance.call(0, slots), EntryOutcome::returned);
  EXPECT_EQ(nesting.deepest, 51);
  EXPECT_EQ(slots[0], 1000 + 40 * 2 + 1u);
  EXPECT_EQ(world.state.native_sp, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(world.state.exit_sp), world.stack_top);
}

/// What a walk meets, as its contract in abi/frame.h says.
enum class Met : uint8_t { func, foreign, restore, enter };

struct Frame {
  Met met;
  const VmContext* context;
  uint8_t* frame_pointer;
};

std::vector<Frame> walk(const ExecutionState& state) {
  std::vector<Frame> frames;
  const uint8_t* record = state.exit_sp;
  while (frames.size() < 100) {
    const auto word = [](const uint8_t* address) { return base::load_le<uint8_t*>(address); };
    const uint8_t* return_address = word(record + abi::frame_return_address);
    uint8_t* const fp = word(record + abi::frame_caller);
    const auto* context = reinterpret_cast<VmContext*>(word(fp + abi::frame_context));
    const auto& instance = *static_cast<Instance*>(context->instance);
    auto offset = instance.offset_of(return_address);
    EXPECT_TRUE(offset);
    if (!offset) return frames;
    const abi::CodeStubs& stubs = instance.image.stubs;
    if (*offset >= stubs.restore && *offset < stubs.restore_end) {
      frames.push_back({Met::restore, context, fp});
      EXPECT_EQ(word(record + abi::restore_context), reinterpret_cast<const uint8_t*>(context));
      return_address = word(record + abi::restore_return_address);
      offset = instance.offset_of(return_address);
      EXPECT_TRUE(offset);
      if (!offset) return frames;
    }
    if (*offset < stubs.enter_end) {
      frames.push_back({Met::enter, context, fp});
      return frames;
    }
    frames.push_back(
        {instance.image.find_func(*offset - 1) != nullptr ? Met::func : Met::foreign, context, fp});
    record = fp;
  }
  return frames;
}

std::vector<Frame> walked;

std::vector<Met> met_by_walk() {
  std::vector<Met> met;
  for (const Frame& frame : walked) met.push_back(frame.met);
  return met;
}

// Goes on at `handler`, with the frame of the function that was met as the `index`-th.
struct Resume {
  const uint8_t* pc = nullptr;
  size_t index = 0;
  uint32_t frame_bytes = 0;
} resume;

Status throw_tag(VmContext* context, uint64_t tag, uint64_t) {
  ExecutionState& state = *context->state;
  walked = walk(state);
  if (resume.pc == nullptr || resume.index >= walked.size()) {
    state.result = static_cast<uint64_t>(EntryOutcome::threw);
    return Status::leave;
  }
  state.resume_pc = resume.pc;
  state.resume_fp = walked[resume.index].frame_pointer;
  state.resume_sp = state.resume_fp - resume.frame_bytes;
  state.result = tag + 1;
  return Status::resume;
}

// first.0 calls first.1, which tail-calls second.0, which calls first.2 through a stub, which calls
// second.1 so, which throws.
TEST_F(x64_stubs, a_walk_finds_every_frame_and_resuming_any_of_them) {
  World world;
  world.set(BuiltinId::throw_tag, throw_tag);
  Instance first(world, memories[0]);
  Instance second(world, memories[1]);
  FuncRecord to_first, to_second, to_thrower;
  const TypeIdx type = first.add_type({i64}, {i64});
  second.add_type({i64}, {i64});
  uint32_t handler = 0;
  {
    FuncWriter writer(first.masm);
    writer.prologue(2);
    first.masm.mov(Width::w64, writer.slot(0), Gpr::rdx);
    first.masm.call({TargetKind::func, 1});
    first.masm.ud2();
    handler = first.masm.buffer().position();
    writer.check_context(first.context);
    first.masm.add(Width::w64, Gpr::rax, writer.slot(0));
    first.masm.test(Width::w64, Gpr::rsp, 15);
    first.masm.trap_if(Condition::not_equal, TrapCode::unreachable);
    writer.epilogue();
    first.add_func(type, FuncWriter::frame_bytes(2));
  }
  first.masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&to_second));
  first.masm.jmp({TargetKind::tail_foreign, 0});
  first.add_func(type);
  const auto write_call = [&](Instance& instance, const FuncRecord& callee) {
    FuncWriter writer(instance.masm);
    writer.prologue();
    instance.masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&callee));
    instance.masm.call({TargetKind::foreign, 0});
    instance.masm.ud2();
    instance.add_func(type);
  };
  write_call(first, to_thrower);
  write_call(second, to_first);
  {
    FuncWriter writer(second.masm);
    writer.prologue();
    second.masm.mov_imm(builtin_argument_gprs[0], 41);
    second.masm.call_builtin(BuiltinId::throw_tag);
    second.masm.ud2();
    second.add_func(type);
  }
  if (!first.load()) GTEST_SKIP() << no_code;
  if (!second.load()) GTEST_SKIP() << no_code;
  to_first = first.record(2);
  to_second = second.record(0);
  to_thrower = second.record(1);
  resume = {
      .pc = first.code(0) + handler, .index = 6, .frame_bytes = first.image.funcs[0].frame_bytes};
  uint64_t slots[] = {58};
  EXPECT_EQ(first.call(0, slots), EntryOutcome::returned);
  EXPECT_EQ(slots[0], 100u);
  EXPECT_EQ(met_by_walk(), (std::vector{Met::func, Met::foreign, Met::func, Met::foreign, Met::func,
                                        Met::restore, Met::func, Met::enter}));
  std::vector<const VmContext*> contexts;
  for (const Frame& frame : walked) contexts.push_back(frame.context);
  const VmContext* const a = &first.context;
  const VmContext* const b = &second.context;
  EXPECT_EQ(contexts, (std::vector<const VmContext*>{b, a, a, b, b, a, a, a}));
  resume = {};
  EXPECT_EQ(first.call(0, slots), EntryOutcome::threw);
}

// The most that is left behind by tail calls, however many there were and wherever images lie.
TEST_F(x64_stubs, tail_calls_leave_one_context_to_restore_and_none_where_none_is_needed) {
  World world;
  world.set(BuiltinId::throw_tag, throw_tag);
  std::array<std::unique_ptr<Instance>, 3> instances;
  std::array<FuncRecord, 3> next;  // of each: the function to call
  FuncRecord own;
  for (size_t i = 0; i < 3; ++i) {
    instances[i] = std::make_unique<Instance>(world, memories[i]);
    Instance& instance = *instances[i];
    const TypeIdx type = instance.add_type({i64}, {i64});
    {  // counts down, then throws
      FuncWriter writer(instance.masm);
      Label done;
      writer.prologue();
      instance.masm.test(Width::w64, Gpr::rdx, Gpr::rdx);
      instance.masm.jcc(Condition::equal, done);
      instance.masm.sub(Width::w64, Gpr::rdx, 1);
      instance.masm.leave();
      instance.masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&next[i]));
      instance.masm.jmp({TargetKind::tail_foreign, type.value});
      instance.masm.bind(done);
      instance.masm.call_builtin(BuiltinId::throw_tag);
      instance.masm.ud2();
      instance.add_func(type);
    }
    instance.masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&own));
    instance.masm.jmp({TargetKind::tail_foreign, type.value});
    instance.add_func(type);
    for (const uint32_t callee : {0u, 1u}) {
      FuncWriter writer(instance.masm);
      writer.prologue();
      instance.masm.call({TargetKind::func, callee});
      instance.masm.ud2();
      instance.add_func(type);
    }
    if (!instance.load()) GTEST_SKIP() << no_code;
  }
  resume = {};
  for (const size_t step : {1u, 2u}) {
    for (size_t i = 0; i < 3; ++i) next[i] = instances[(i + step) % 3]->record(0);
    for (const auto& instance : instances) {
      for (const uint64_t calls : {1u, 2u, 3u, 4u, 9u}) {
        uint64_t slots[] = {calls};
        EXPECT_EQ(instance->call(0, slots), EntryOutcome::threw);
        EXPECT_EQ(met_by_walk(), (std::vector{Met::func, Met::enter}));
        slots[0] = calls;
        EXPECT_EQ(instance->call(2, slots), EntryOutcome::threw);
        EXPECT_EQ(met_by_walk(), (std::vector{Met::func, Met::restore, Met::func, Met::enter}));
      }
      own = instance->record(0);
      uint64_t slots[] = {0};
      EXPECT_EQ(instance->call(3, slots), EntryOutcome::threw);
      EXPECT_EQ(met_by_walk(), (std::vector{Met::func, Met::func, Met::enter}));
    }
  }
}

template <typename Body>
double best_ns(size_t rounds, Body body) {
  double best = 1e9;
  for (int i = 0; i < 7; ++i) {
    const uint64_t start = platform::monotonic_ns();
    body();
    const auto time = static_cast<double>(platform::monotonic_ns() - start);
    best = std::min(best, time / static_cast<double>(rounds));
  }
  return best;
}

// Prints what stubs cost; asserts nothing of it.
TEST_F(x64_stubs, speed) {
  constexpr uint64_t rounds = 200'000;
  World world;
  Instance instance(world, memories[0]);
  Instance other(world, memories[1]);
  FuncRecord foreign, host;
  const TypeIdx empty = instance.add_type({}, {});
  const TypeIdx unary = instance.add_type({i64, i64}, {i64});
  other.add_type({i64, i64}, {i64});
  world.set(BuiltinId::is_subtype, +[](VmContext*, uint64_t, uint64_t) { return uint64_t{1}; });
  world.set(BuiltinId::table_set, +[](VmContext*) { return Status::ok; });
  world.set(
      BuiltinId::call_func, +[](VmContext*, const FuncRecord*, uint64_t*) { return Status::ok; });
  instance.masm.ret();
  instance.add_func(empty);
  const auto write_loop = [&](auto body) {
    FuncWriter writer(instance.masm);
    Label loop;
    writer.prologue(1);
    instance.masm.mov(Width::w64, writer.slot(0), Gpr::rdx);
    instance.masm.bind(loop);
    body();
    instance.masm.sub(Width::w64, writer.slot(0), 1);
    instance.masm.jcc(Condition::not_equal, loop);
    writer.epilogue();
    return instance.add_func(unary);
  };
  const uint32_t nothing = write_loop([] {});
  const uint32_t plain = write_loop([&] { instance.masm.call_builtin(BuiltinId::is_subtype); });
  const uint32_t fallible = write_loop([&] { instance.masm.call_builtin(BuiltinId::table_set); });
  const auto call_record = [&](const FuncRecord& record) {
    return [&] {
      instance.masm.mov_imm(scratch, reinterpret_cast<uintptr_t>(&record));
      instance.masm.call({TargetKind::foreign, unary.value});
    };
  };
  const uint32_t to_foreign = write_loop(call_record(foreign));
  const uint32_t to_host = write_loop(call_record(host));
  other.masm.ret();
  other.add_func(TypeIdx(size_t{0}));
  if (!instance.load()) GTEST_SKIP() << no_code;
  if (!other.load()) GTEST_SKIP() << no_code;
  foreign = other.record(0);
  uint64_t slots[2] = {};
  const double entry = best_ns(rounds, [&] {
    for (uint64_t i = 0; i < rounds; ++i) instance.call_quickly(0, slots);
  });
  std::printf("%-33s %.1f ns\n", "enter an empty function:", entry);
  const auto measure = [&](const char* name, uint32_t func) {
    const double time = best_ns(rounds, [&] {
      slots[0] = rounds;
      instance.call(func, slots);
    });
    std::printf("%-33s %.1f ns\n", name, time);
  };
  measure("an empty loop:", nothing);
  measure("plain builtin:", plain);
  measure("fallible builtin:", fallible);
  measure("a function of another instance:", to_foreign);
  measure("a host function by slots:", to_host);
}

}  // namespace
}  // namespace waxwing::codegen::x64

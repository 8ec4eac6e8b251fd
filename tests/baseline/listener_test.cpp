// Tests of function listeners: what they are told of calls, the same in every tier.
#include "runtime/listener.h"

#include <array>

#include "runtime/instance.h"
#include "world.h"

namespace waxwing::baseline {
namespace {

using runtime::ListenedCall;
using runtime::Slot;

constexpr std::string_view module_text = R"((module
  (import "host" "call" (func $call (param funcref) (result i32)))
  (import "host" "fail" (func $fail (param i32)))
  (type $f (func (result i32)))
  (type $other (func (param i64)))
  (tag $odd (param i32))
  (table $t 4 funcref)
  (elem (table $t) (i32.const 0) func $three $leaf)
  (func (export "nothing"))
  (func $three (export "three") (result i32) (i32.const 3))
  (func $leaf (param i64))
  (func $fib (export "fib") (param i32) (result i32)
    (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
    (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
             (call $fib (i32.sub (local.get 0) (i32.const 2)))))
  (func $mixed (param i32 i64 f32 f64 v128 funcref) (result f64 v128 i32 i64 f32 funcref)
    (local.get 3) (local.get 4) (local.get 0) (local.get 1) (local.get 2) (local.get 5))
  (func (export "mixed") (result i32)
    (call $mixed (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4)
      (v128.const i32x4 5 6 7 8) (ref.null func))
    (drop) (drop) (drop) (return) )
  (func $many (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 v128 i32 i32 i32 i32 i32 i32)
    (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 v128 i32 i32 i32 i32 i32 i32)
    (local.get 17) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
    (local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10) (local.get 11)
    (local.get 12) (local.get 13) (local.get 14) (local.get 15) (local.get 16) (local.get 0))
  (func (export "many") (result i32)
    (call $many (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6)
      (i32.const 7) (i32.const 8) (i32.const 9) (i32.const 10) (i64.const 11)
      (v128.const i64x2 12 13) (i32.const 14) (i32.const 15) (i32.const 16) (i32.const 17)
      (i32.const 18) (i32.const 19))
    (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop)
    (drop) (drop) (drop) (drop))
  (func (export "picks") (param i32) (result i32)
    (block $b (result i32) (br_table $b 1 (i32.const 7) (local.get 0)))
    (br_if 0 (i32.const 8) (i32.eqz (local.get 0)))
    (drop))
  (func $sum (export "sum") (param i32 i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $sum (i32.sub (local.get 0) (i32.const 1))
                      (i32.add (local.get 1) (local.get 0))))
  (func (export "tail_table") (param i32) (result i32)
    (return_call_indirect $t (type $f) (local.get 0)))
  (func (export "tail_ref") (result i32) (return_call_ref $f (ref.null $f)))
  (func (export "tail_host") (return_call $fail (i32.const 0)))
  (func $trap (param i32) (unreachable))
  (func (export "traps") (call $trap (i32.const 5)))
  (func $throw (param i32) (throw $odd (local.get 0)))
  (func $passes (param i32) (call $throw (local.get 0)))
  (func (export "catches") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $odd $h)
        (call $passes (local.get 0)) (i32.const 0))))
  (func (export "throws") (call $passes (i32.const 1)))
  (func $down (export "down") (call $down))
  (func (export "through") (result i32) (call $call (ref.func $three)))
  (func (export "through_trap") (result i32) (call $call (ref.func $traps)))
  (func $traps (result i32) (unreachable))
  (func (export "through_throw") (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $odd $h) (call $call (ref.func $throws)))))
  (func $throws (result i32) (throw $odd (i32.const 6)))
  (func (export "fails") (param i32) (call $fail (local.get 0)))
  (elem declare func $three $traps $throws)))";

/// Writes what it is told, a word each: "three(", ")=3", "!three".
class Recorder final : public runtime::FuncListener {
 public:
  explicit Recorder(const runtime::TypeRegistry& types) : types_(types) {}

  bool before(const ListenedCall& call, const Slot* args) override {
    deepest = std::max(deepest, ++depth);
    if (is_quiet) return true;
    add(name_of(call) + "(" + list(call.type(types_).params, args));
    return ignored.empty() || name_of(call) != ignored;
  }
  void after(const ListenedCall& call, const Slot* results) override {
    --depth;
    add(results ? ")=" + list(call.type(types_).results, results) : ")->");
  }
  void abort(const ListenedCall& call, const runtime::Trap* trap) override {
    --depth;
    if (is_quiet) return;
    add("!" + name_of(call) + (trap ? "" : "~"));
  }

  std::string take() { return std::exchange(text_, {}); }

  std::string ignored;
  int depth = 0;
  int deepest = 0;
  bool is_quiet = false;

 private:
  static std::string name_of(const ListenedCall& call) {
    if (call.host) return "host";
    const syntax::Module& module = call.instance->module();
    for (const syntax::Export& entry : module.exports) {
      if (entry.kind == syntax::ExternKind::func && entry.index == call.func.value)
        return std::string(entry.name);
    }
    const std::string_view name = module.func_name(call.func);
    return name.empty() ? "f" + std::to_string(call.func.value) : std::string(name);
  }
  static std::string list(std::span<const syntax::ValType> types, const Slot* slots) {
    std::string text;
    for (const syntax::ValType type : types) {
      runtime::Value value{.type = type};
      for (uint32_t i = 0; i < type.slot_count(); ++i) value.slots[i] = *slots++;
      if (!text.empty()) text += ',';
      text += runtime::to_string(value);
    }
    return text;
  }
  void add(std::string_view word) {
    if (!text_.empty()) text_ += ' ';
    text_ += word;
  }

  const runtime::TypeRegistry& types_;
  std::string text_;
};

runtime::HostFunc failing_func() {
  runtime::HostFunc fail;
  fail.type = {{syntax::i32_type}, {}};
  fail.code = [](void*, runtime::Caller& caller, Slot* slots) {
    if (slots[0] == 0) return runtime::Outcome::returned;
    return caller.store.set_trap(syntax::TrapCode::host_error);
  };
  return fail;
}

class Listener : public WorldTest {
 protected:
  explicit Listener(bool listens = true) : recorder_(new Recorder(store_->types())) {
    EXPECT_TRUE(linker_.define_func(*store_, "host", "fail", failing_func()));
    if (listens) listen();
    add("m", module_text);
  }
  void listen() { store_->set_func_listener(recorder_); }

  /// Runs an export, and tells what was heard meanwhile.
  std::string heard(std::string_view name, std::vector<uint32_t> arguments = {},
                    std::string_view result = "") {
    const std::string got = run(name, std::move(arguments));
    EXPECT_TRUE(got.starts_with(result)) << name << ": " << got;
    EXPECT_EQ(recorder_->depth, 0) << name;
    EXPECT_TRUE(store_->listened()->calls().empty()) << name;
    return recorder_->take();
  }

  std::shared_ptr<Recorder> recorder_;
};

INSTANTIATE_TEST_SUITE_P(ways, Listener,
                         testing::ValuesIn(ways_with(&engine::CodegenConfig::listeners)),
                         [](const auto& way) { return way.param.name; });

TEST_P(Listener, hears_of_calls_with_their_values) {
  EXPECT_EQ(heard("nothing"), "nothing( )=");
  EXPECT_EQ(heard("three", {}, "3"), "three( )=3");
  EXPECT_EQ(heard("fib", {2}, "1"), "fib(2 fib(1 )=1 fib(0 )=0 )=1");
  EXPECT_EQ(heard("picks", {0}, "8"), "picks(0 )=8");
  EXPECT_EQ(heard("picks", {1}, "7"), "picks(1 )=7");
}

TEST_P(Listener, hears_of_values_of_every_type_and_number) {
  const std::string vector = "0x00000005 0x00000006 0x00000007 0x00000008";
  EXPECT_EQ(heard("mixed", {}, "1"),
            "mixed( mixed(1,2,3,4," + vector + ",null )=4," + vector + ",1,2,3,null )=1");
  const std::string middle =
      ",2,3,4,5,6,7,8,9,10,11,0x0000000c 0x00000000 0x0000000d 0x00000000,14,15,16,17,18,";
  EXPECT_EQ(heard("many", {}, "19"), "many( many(1" + middle + "19 )=19" + middle + "1 )=19");
}

TEST_P(Listener, hears_of_tail_calls_as_an_end_and_a_beginning) {
  EXPECT_EQ(heard("sum", {2, 0}, "3"), "sum(2,0 )-> sum(1,2 )-> sum(0,3 )=3");
  EXPECT_EQ(heard("tail_table", {0}, "3"), "tail_table(0 )-> three( )=3");
  EXPECT_EQ(heard("tail_host"), "tail_host( )-> host(0 )=");
}

TEST_P(Listener, hears_of_tail_calls_that_trap_as_of_traps) {
  EXPECT_EQ(heard("tail_table", {1}, "trap"), "tail_table(1 !tail_table");
  EXPECT_EQ(heard("tail_table", {3}, "trap"), "tail_table(3 !tail_table");
  EXPECT_EQ(heard("tail_table", {9}, "trap"), "tail_table(9 !tail_table");
  EXPECT_EQ(heard("tail_ref", {}, "trap"), "tail_ref( !tail_ref");
}

TEST_P(Listener, hears_of_traps_innermost_first) {
  EXPECT_EQ(heard("traps", {}, "trap"), "traps( trap(5 !trap !traps");
  EXPECT_EQ(heard("fails", {1}, "trap"), "fails(1 host(1 !host !fails");
  EXPECT_EQ(heard("fails", {0}), "fails(0 host(0 )= )=");
}

TEST_P(Listener, hears_of_exceptions_caught_or_not) {
  EXPECT_EQ(heard("catches", {7}, "7"), "catches(7 passes(7 throw(7 !throw~ !passes~ )=7");
  EXPECT_EQ(heard("throws", {}, "trap"), "throws( passes(1 throw(1 !throw~ !passes~ !throws~");
}

TEST_P(Listener, hears_of_calls_through_the_host) {
  EXPECT_EQ(heard("through", {}, "3"), "through( host(ref.func three( )=3 )=3 )=3");
  EXPECT_EQ(heard("through_trap", {}, "trap"),
            "through_trap( host(ref.func traps( !traps !host !through_trap");
  EXPECT_EQ(heard("through_throw", {}, "6"),
            "through_throw( host(ref.func throws( !throws~ !host~ )=6");
}

TEST_P(Listener, hears_of_all_ends_of_a_recursion_that_is_too_deep) {
  recorder_->is_quiet = true;
  heard("down", {}, "trap");
  EXPECT_GT(recorder_->deepest, 1000);
}

TEST_P(Listener, hears_of_what_it_wants) {
  recorder_->ignored = "fib";
  EXPECT_EQ(run("fib", {2}), "1");
  EXPECT_EQ(recorder_->take(), "fib(2 fib(1 fib(0");
}

TEST_P(Listener, sees_who_is_on_the_stack) {
  struct Walker final : runtime::FuncListener {
    bool before(const ListenedCall&, const Slot*) override {
      std::vector<uint64_t> offsets;
      for (const ListenedCall& call : store->listened()->calls()) {
        const uint64_t begin = call.host ? 0 : call.instance->module().body(call.func).offset;
        offsets.push_back(runtime::ListenedCalls::offset_of(call) - begin);
      }
      stacks.push_back(offsets);
      return false;
    }
    void after(const ListenedCall&, const Slot*) override {}
    void abort(const ListenedCall&, const runtime::Trap*) override {}
    runtime::Store* store = nullptr;
    std::vector<std::vector<uint64_t>> stacks;
  };
  const auto walker = std::make_shared<Walker>();
  walker->store = store_.get();
  store_->set_func_listener(walker);
  using Stacks = std::vector<std::vector<uint64_t>>;
  // The call lies behind ref.func, which takes two bytes.
  EXPECT_EQ(run("through"), "3");
  EXPECT_EQ(std::exchange(walker->stacks, {}), (Stacks{{0}, {2, 0}, {2, 0, 0}}));
  EXPECT_EQ(run("mixed"), "1");
  ASSERT_EQ(walker->stacks.size(), 2u);
  EXPECT_EQ(walker->stacks[1].size(), 2u);
  EXPECT_GT(walker->stacks[1][0], 30u);
}

TEST_P(Listener, comes_and_goes_in_the_middle_of_calls) {
  struct Toggle {
    runtime::Store* store;
    std::shared_ptr<Recorder> recorder;
    static runtime::Outcome call(void* data, runtime::Caller&, Slot* slots) {
      const Toggle& self = *static_cast<Toggle*>(data);
      self.store->set_func_listener(slots[0] != 0 ? self.recorder : nullptr);
      return runtime::Outcome::returned;
    }
  } toggle{store_.get(), recorder_};
  runtime::HostFunc func;
  func.type = {{syntax::i32_type}, {}};
  func.code = &Toggle::call;
  func.data = &toggle;
  ASSERT_TRUE(linker_.define_func(*store_, "host", "toggle", func));
  add("toggles", R"((module (import "host" "toggle" (func $toggle (param i32)))
    (func $leaf (param i32))
    (func (export "off") (call $leaf (i32.const 1)) (call $toggle (i32.const 0))
      (call $leaf (i32.const 2)))
    (func (export "on") (call $leaf (i32.const 1)) (call $toggle (i32.const 1))
      (call $leaf (i32.const 2)) (call $toggle (i32.const 1)) (call $leaf (i32.const 3)))
    (func (export "on_and_trap") (call $toggle (i32.const 1)) (call $leaf (i32.const 2))
      (unreachable))))");
  EXPECT_EQ(run("off"), "");
  EXPECT_EQ(recorder_->take(), "off( leaf(1 )= host(0");
  EXPECT_TRUE(store_->listened()->calls().empty());
  EXPECT_EQ(store_->execution_state().listening, 0u);
  EXPECT_EQ(run("off"), "");
  EXPECT_EQ(recorder_->take(), "");
  EXPECT_EQ(run("on"), "");
  EXPECT_EQ(recorder_->take(), "leaf(2 )= host(1 leaf(3 )=");
  store_->set_func_listener(nullptr);
  EXPECT_TRUE(run("on_and_trap").starts_with("trap"));
  EXPECT_EQ(recorder_->take(), "leaf(2 )=");
  EXPECT_TRUE(store_->listened()->calls().empty());
}

TEST_P(Listener, is_gone_from_a_renewed_store) {
  store_->renew();
  EXPECT_EQ(run("three"), "3");
  EXPECT_EQ(run("fails", {0}), "");
  EXPECT_EQ(recorder_->take(), "");
}

class LateListener : public Listener {
 protected:
  LateListener() : Listener(false) {}
};

INSTANTIATE_TEST_SUITE_P(ways, LateListener,
                         testing::ValuesIn(ways_with(&engine::CodegenConfig::listeners)),
                         [](const auto& way) { return way.param.name; });

TEST_P(LateListener, hears_of_what_comes_after_it) {
  EXPECT_EQ(run("fib", {5}), "5");
  EXPECT_EQ(run("traps").substr(0, 4), "trap");
  EXPECT_EQ(recorder_->take(), "");
  listen();
  EXPECT_EQ(heard("fails", {0}), "fails(0 host(0 )= )=");
}

class HostListener : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(ways, HostListener, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

TEST_P(HostListener, hears_of_host_functions_of_any_code) {
  const auto recorder = std::make_shared<Recorder>(store_->types());
  ASSERT_TRUE(linker_.define_func(*store_, "host", "fail", failing_func()));
  add("m", module_text);
  EXPECT_EQ(run("fails", {0}), "");
  store_->set_func_listener(recorder);
  EXPECT_EQ(run("fails", {0}), "");
  EXPECT_EQ(run("through"), "3");
  EXPECT_EQ(run("fails", {1}).substr(0, 4), "trap");
  EXPECT_EQ(recorder->take(), "host(0 )= host(ref.func )=3 host(1 !host");
  store_->set_func_listener(nullptr);
  EXPECT_EQ(run("fails", {0}), "");
  EXPECT_EQ(recorder->take(), "");
}

}  // namespace
}  // namespace waxwing::baseline

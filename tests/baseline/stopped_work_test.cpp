// What a guest still does after it was asked to stop: a step of a loop, a piece of a bulk
// operation. The guest asks itself, so that this is counted, whatever else the machine does.
#include <string>
#include <string_view>

#include "runtime/bulk.h"
#include "world.h"

namespace waxwing::baseline {
namespace {

using runtime::bulk_piece_bytes;
using syntax::TrapCode;

/// A module's fields. `run` calls $stop and then $one for each step that it takes, for ever.
struct Steps {
  std::string_view name;
  std::string_view fields;
};

constexpr Steps endless_steps[] = {
    {"loop", R"((func (export "run") (call $stop) (loop $l (call $one) (br $l))))"},
    {"inner_loop", R"((func (export "run") (local $i i32) (call $stop)
       (loop $outer (local.set $i (i32.const 1000))
         (loop $inner (call $one)
           (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
         (br $outer))))"},
    {"jump_table", R"((func (export "run") (local $i i32) (call $stop)
       (loop $a (loop $b (call $one) (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_table $a $b $a (i32.and (local.get $i) (i32.const 3)))))))"},
    {"recursion", R"((func $f (call $one) (call $f) (call $f))
       (func (export "run") (call $stop) (call $f)))"},
    {"indirect_recursion", R"((type $t (func)) (table funcref (elem $f))
       (func $f (call $one) (call_indirect (type $t) (i32.const 0)))
       (func (export "run") (call $stop) (call $f)))"},
    {"typed_recursion", R"((type $t (func)) (elem declare func $f)
       (func $f (type $t) (call $one) (call_ref $t (ref.func $f)))
       (func (export "run") (call $stop) (call $f)))"},
    {"tail_calls", R"((func $f (call $one) (return_call $g)) (func $g (return_call $f))
       (func (export "run") (call $stop) (return_call $f)))"},
    {"indirect_tail_calls", R"((type $t (func)) (table funcref (elem $f))
       (func $f (type $t) (call $one) (return_call_indirect (type $t) (i32.const 0)))
       (func (export "run") (call $stop) (return_call $f)))"},
    {"host_calls", R"((func $f (result i32) (call $one) (i32.const 1)) (elem declare func $f)
       (func (export "run") (call $stop) (loop $l (br_if $l (call $call (ref.func $f))))))"},
    {"memory_growth", R"((memory 1 3) (func (export "run") (call $stop)
       (loop $l (call $one) (drop (memory.grow (i32.const 1))) (br $l))))"},
    {"objects", R"((type $s (struct (field i64))) (func (export "run") (call $stop)
       (loop $l (call $one) (drop (struct.new $s (i64.const 1))) (br $l))))"},
    {"exceptions", R"((tag $e) (func (export "run") (call $stop)
       (loop $l (call $one) (try_table (catch $e $l) (throw $e)))))"},
    {"waits", R"((memory 1 1 shared) (func (export "run") (call $stop) (loop $l (call $one)
       (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) (br $l))))"},
};

/// A bulk operation of more than two pieces. `first` and `second` are 1 where something of the
/// first piece was written, and of the second one.
struct Bulk {
  std::string name;
  std::string fields;     // before the functions
  std::string operation;  // in a function without arguments
  std::string first;
  std::string second;
};

std::string i32(uint64_t value) { return "(i32.const " + std::to_string(value) + ")"; }

std::string repeated(uint64_t count, std::string_view what) {
  std::string text;
  for (uint64_t i = 0; i < count; ++i) text += what;
  return text;
}

constexpr uint64_t bytes = bulk_piece_bytes;
constexpr uint64_t refs = bulk_piece_bytes / sizeof(runtime::Ref);

std::string segment_of_bytes() { return "(data $d \"" + repeated(2 * bytes + 16, "\\01") + "\")"; }
std::string segment_of_refs() { return "(elem $e func" + repeated(2 * refs + 2, " $f") + ")"; }

Bulk of_memory(std::string name, std::string fields, std::string operation) {
  return {std::move(name), "(memory 64)" + std::move(fields), std::move(operation),
          "(i32.load8_u (i32.const 0))", "(i32.load8_u " + i32(bytes) + ")"};
}

Bulk of_table(std::string name, std::string fields, std::string operation) {
  const auto is_set = [](uint64_t at) {
    return "(i32.eqz (ref.is_null (table.get $t " + i32(at) + ")))";
  };
  return {std::move(name), "(table $t " + std::to_string(3 * refs) + " funcref)" + fields,
          std::move(operation), is_set(0), is_set(refs)};
}

Bulk of_numbers(std::string name, std::string fields, std::string operation) {
  const auto at = [](uint64_t index) {
    return "(array.get_u $a (global.get $a) " + i32(index) + ")";
  };
  return {std::move(name),
          "(type $a (array (mut i8))) (global $a (ref $a) (array.new_default $a " + i32(4 * bytes) +
              "))" + fields,
          std::move(operation), at(0), at(bytes)};
}

Bulk of_refs(std::string name, std::string fields, std::string operation) {
  const auto is_set = [](uint64_t at) {
    return "(i32.eqz (ref.is_null (array.get $a (global.get $a) " + i32(at) + ")))";
  };
  return {std::move(name),
          "(type $a (array (mut funcref))) (global $a (ref $a) (array.new_default $a " +
              i32(3 * refs) + "))" + fields,
          std::move(operation), is_set(0), is_set(refs)};
}

std::vector<Bulk> bulk_operations() {
  const std::string many_bytes = i32(2 * bytes + 16);
  const std::string many_refs = i32(2 * refs + 2);
  // What is copied to 0 and to the second piece lies 64 bytes behind.
  const std::string zero = i32(0);
  const std::string far = i32(64);
  return {
      of_memory("memory_fill", "", "(memory.fill " + zero + i32(1) + many_bytes + ")"),
      of_memory("memory_copy",
                "(data (i32.const 64) \"\\01\") (data " + i32(bytes + 64) + " \"\\01\")",
                "(memory.copy " + zero + far + many_bytes + ")"),
      of_memory("memory_init", segment_of_bytes(),
                "(memory.init $d " + zero + zero + many_bytes + ")"),
      of_table("table_fill", "", "(table.fill $t " + zero + "(ref.func $f)" + many_refs + ")"),
      of_table("table_copy", "(elem (i32.const 64) func $f) (elem " + i32(refs + 64) + " func $f)",
               "(table.copy $t $t " + zero + far + many_refs + ")"),
      of_table("table_init", segment_of_refs(),
               "(table.init $t $e " + zero + zero + many_refs + ")"),
      of_numbers("array_fill", "",
                 "(array.fill $a (global.get $a) " + zero + i32(1) + many_bytes + ")"),
      of_numbers("array_copy", "",
                 "(array.set $a (global.get $a) (i32.const 64) (i32.const 1))"
                 "(array.set $a (global.get $a) " +
                     i32(bytes + 64) +
                     "(i32.const 1))"
                     "(array.copy $a $a (global.get $a) " +
                     zero + "(global.get $a) " + far + many_bytes + ")"),
      of_numbers("array_init_data", segment_of_bytes(),
                 "(array.init_data $a $d (global.get $a) " + zero + zero + many_bytes + ")"),
      of_refs("array_fill_of_references", "",
              "(array.fill $a (global.get $a) " + zero + "(ref.func $f)" + many_refs + ")"),
      of_refs("array_init_elem", segment_of_refs(),
              "(array.init_elem $a $e (global.get $a) " + zero + zero + many_refs + ")"),
      // Nobody ever sees the new ones.
      of_numbers("array_new", "",
                 "(drop (array.new $a (i32.const 1) " + many_bytes +
                     "))"
                     "(array.set $a (global.get $a) " +
                     i32(bytes) + "(i32.const 1))"),
      of_numbers("array_new_data", segment_of_bytes(),
                 "(drop (array.new_data $a $d " + zero + many_bytes +
                     "))"
                     "(array.set $a (global.get $a) " +
                     i32(bytes) + "(i32.const 1))"),
      of_refs("array_new_elem", segment_of_refs(),
              "(drop (array.new_elem $a $e " + zero + many_refs +
                  "))"
                  "(array.set $a (global.get $a) " +
                  i32(refs) + "(ref.func $f))"),
  };
}

class StoppedWork : public WorldTest {
 protected:
  StoppedWork() : WorldTest(runtime::StoreLimits()) {
    runtime::HostFunc stop;
    stop.type = {{}, {}};
    stop.code = [](void*, runtime::Caller& caller, runtime::Slot*) {
      caller.store.interrupt(caller.store.current_call(), TrapCode::interrupted);
      return runtime::Outcome::returned;
    };
    EXPECT_TRUE(linker_.define_func(*store_, "host", "stop", stop));
  }

  static std::string module_with(std::string_view fields) {
    return R"((module (import "host" "stop" (func $stop))
      (import "host" "call" (func $call (param funcref) (result i32)))
      (global $steps (mut i32) (i32.const 0))
      (func (export "steps") (result i32) (global.get $steps)) )" +
           std::string(fields) + ")";
  }

  static std::string trap_text(TrapCode code) {
    return "trap " + std::to_string(static_cast<int>(code));
  }
};

INSTANTIATE_TEST_SUITE_P(ways, StoppedWork, testing::ValuesIn(all_ways()),
                         [](const auto& way) { return way.param.name; });

/// `$one` counts a step; written out, so that no call is there to look for a request.
std::string with_counted_steps(std::string_view fields) {
  static constexpr std::string_view one = "(call $one)";
  std::string text(fields);
  for (size_t at = text.find(one); at != std::string::npos; at = text.find(one, at)) {
    text.replace(at, one.size(), "(global.set $steps (i32.add (global.get $steps) (i32.const 1)))");
  }
  return text;
}

TEST_P(StoppedWork, is_one_step_at_most_where_code_goes_on_for_ever) {
  for (const Steps& steps : endless_steps) {
    SCOPED_TRACE(steps.name);
    ASSERT_NE(add(std::string(steps.name), module_with(with_counted_steps(steps.fields))), nullptr);
    EXPECT_EQ(run("run"), trap_text(TrapCode::interrupted));
    const std::string done = run("steps");
    EXPECT_TRUE(done == "0" || done == "1") << done;
  }
}

TEST_P(StoppedWork, is_one_piece_of_a_bulk_operation) {
  for (const Bulk& bulk : bulk_operations()) {
    SCOPED_TRACE(bulk.name);
    const bool makes_something = bulk.name.starts_with("array_new");
    std::string fields = bulk.fields + "(func $f) (elem declare func $f)";
    fields += R"((func (export "run") (call $stop) )" + bulk.operation + ")";
    fields += R"((func (export "run_whole") )" + bulk.operation + ")";
    fields += R"((func (export "first") (result i32) )" + bulk.first + ")";
    fields += R"((func (export "second") (result i32) )" + bulk.second + ")";
    ASSERT_NE(add(bulk.name, module_with(fields)), nullptr);
    EXPECT_EQ(run("run"), trap_text(TrapCode::interrupted));
    EXPECT_EQ(run("first"), makes_something ? "0" : "1");
    EXPECT_EQ(run("second"), "0");
    EXPECT_EQ(run("run_whole"), "");
    EXPECT_EQ(run("second"), "1");
  }
}

TEST_P(StoppedWork, does_not_grow_a_table) {
  const std::string fields =
      R"((table $t 0 funcref) (func $f) (elem declare func $f)
      (func (export "size") (result i32) (table.size $t))
      (func (export "run") (call $stop)
        (loop $l (drop (table.grow $t (ref.func $f) )" +
      i32(2 * refs) + ")) (br $l)))";
  ASSERT_NE(add("m", module_with(fields)), nullptr);
  EXPECT_EQ(run("run"), trap_text(TrapCode::interrupted));
  EXPECT_EQ(run("size"), "0");
}

}  // namespace
}  // namespace waxwing::baseline

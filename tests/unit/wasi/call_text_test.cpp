// WASI's calls in words, with guests that lie about their memory.
#include "wasi/call_text.h"

#include <gtest/gtest.h>

namespace waxwing::wasi {
namespace {

TEST(call_text, knows_every_function_and_no_other) {
#define FUNCTION(ID, TYPE)                             \
  EXPECT_TRUE(is_wasi("wasi_snapshot_preview1", #ID)); \
  EXPECT_TRUE(is_wasi("wasi_unstable", #ID));          \
  EXPECT_FALSE(is_wasi("env", #ID));
#include "wasi/functions.def"
  EXPECT_FALSE(is_wasi("wasi_snapshot_preview1", "fd_fly"));
}

TEST(call_text, without_a_memory_shows_what_was_said) {
  const runtime::Slot args[] = {1, 0xfffffff8, 0xffffffff, 0xffffffff};
  const CallView write{
      .module = "wasi_snapshot_preview1", .function = "fd_write", .args = args, .memory = {}};
  EXPECT_EQ(call_text(write), "fd_write(fd=1, iovs=[out of bounds: 0xfffffff8])");
  EXPECT_EQ(result_text(write, 0), "0 (success) nwritten=?");
  EXPECT_EQ(result_text(write, 21), "21 (fault)");
  EXPECT_EQ(result_text(write, 1), "1 (2big)");
  EXPECT_EQ(result_text(write, 77), "77");
  EXPECT_EQ(result_text(write, 0xffffffffffffffff), "4294967295");
}

TEST(call_text, has_numbers_by_name_where_they_have_one) {
  const runtime::Slot seek[] = {0xabc00000005, static_cast<runtime::Slot>(-7), 0, 8};
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "fd_seek", seek, {}}),
            "fd_seek(fd=5, offset=-7, whence=set)");
  EXPECT_EQ(call_text({"wasi_unstable", "fd_seek", seek, {}}),
            "fd_seek(fd=5, offset=-7, whence=cur)");
  const runtime::Slot flags[] = {3, 0x85};
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "fd_fdstat_set_flags", flags, {}}),
            "fd_fdstat_set_flags(fd=3, flags=append|nonblock|0x80)");
  const runtime::Slot clock[] = {77, 0, 0};
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "clock_time_get", clock, {}}),
            "clock_time_get(id=77, precision=0)");
}

TEST(call_text, may_be_given_fewer_slots_than_there_are) {
  const runtime::Slot one[] = {1};
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "fd_write", one, {}}), "fd_write(fd=1)");
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "sched_yield", {}, {}}), "sched_yield()");
}

}  // namespace
}  // namespace waxwing::wasi

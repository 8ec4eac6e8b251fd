// Bulk operations: bounds of both sides, overlap, dropped segments.
#include "runtime/bulk.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "fixtures.h"

namespace waxwing::runtime {
namespace {

using syntax::DataIdx;
using syntax::ElemIdx;
using syntax::TrapCode;

class BulkTest : public StoreTest {
 public:
  BulkTest() {
    ModuleBuilder builder;
    func = builder.func(builder.func_type({}));
    builder.module.memories.push_back({.limits_pages = {1, {}}});
    builder.module.tables.push_back({{.element = syntax::funcref, .limits = {4, {}}}, {}});
    builder.module.datas.push_back({.mode = syntax::SegmentMode::passive,
                                    .memory = {},
                                    .offset = {},
                                    .bytes = base::as_bytes("abcdef")});
    builder.module.elems.push_back({.mode = syntax::SegmentMode::passive,
                                    .table = {},
                                    .offset = {},
                                    .funcs = {},
                                    .exprs = {builder.expr({instr(syntax::Op::ref_func, 0)}),
                                              builder.expr({instr(syntax::Op::ref_null)})}});
    instance = &instantiate_ok(builder);
    memory = instance->data.memory0;
    table = instance->data.tables[0];
  }

  std::string_view text(uint64_t from, size_t length) {
    return base::as_text({memory->base() + from, length});
  }

  syntax::FuncIdx func;
  Instance* instance;
  Memory* memory;
  Table* table;
};

TEST_F(BulkTest, memory_init_copies_within_both_bounds) {
  EXPECT_EQ(memory_init(*memory, instance->data_segment(DataIdx(0u)), {65530, 0, 6}),
            TrapCode::none);
  EXPECT_EQ(text(65530, 6), "abcdef");
  EXPECT_EQ(memory_init(*memory, instance->data_segment(DataIdx(0u)), {65531, 0, 6}),
            TrapCode::out_of_bounds_memory);
  EXPECT_EQ(memory_init(*memory, instance->data_segment(DataIdx(0u)), {0, 1, 6}),
            TrapCode::out_of_bounds_memory);
  EXPECT_EQ(memory_init(*memory, instance->data_segment(DataIdx(0u)), {0, UINT64_MAX, 2}),
            TrapCode::out_of_bounds_memory);
  EXPECT_EQ(memory_init(*memory, instance->data_segment(DataIdx(0u)), {65536, 6, 0}),
            TrapCode::none);
  instance->drop_data(DataIdx(0u));
  EXPECT_EQ(memory_init(*memory, instance->data_segment(DataIdx(0u)), {0, 0, 0}), TrapCode::none);
  EXPECT_EQ(memory_init(*memory, instance->data_segment(DataIdx(0u)), {0, 0, 1}),
            TrapCode::out_of_bounds_memory);
}

TEST_F(BulkTest, memory_copy_handles_overlap_and_bounds) {
  ASSERT_EQ(memory_init(*memory, instance->data_segment(DataIdx(0u)), {0, 0, 6}), TrapCode::none);
  EXPECT_EQ(memory_copy(*memory, *memory, {2, 0, 6}), TrapCode::none);
  EXPECT_EQ(text(0, 8), "ababcdef");
  EXPECT_EQ(memory_copy(*memory, *memory, {65536, 0, 1}), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(memory_copy(*memory, *memory, {0, 65536, 1}), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(memory_copy(*memory, *memory, {65536, 65536, 0}), TrapCode::none);
}

TEST_F(BulkTest, memory_fill_writes_all_or_nothing) {
  EXPECT_EQ(memory_fill(*memory, 65534, 'x', 2), TrapCode::none);
  EXPECT_EQ(memory_fill(*memory, 65533, 'y', 4), TrapCode::out_of_bounds_memory);
  EXPECT_EQ(text(65533, 3), std::string_view("\0xx", 3));
}

TEST_F(BulkTest, table_init_copies_within_both_bounds) {
  EXPECT_EQ(table_init(*table, instance->elem(ElemIdx(0u)), {2, 0, 2}), TrapCode::none);
  EXPECT_EQ(table->data()[2].func(), &instance->func(func));
  EXPECT_TRUE(table->data()[3].is_null());
  EXPECT_EQ(table_init(*table, instance->elem(ElemIdx(0u)), {3, 0, 2}),
            TrapCode::out_of_bounds_table);
  EXPECT_EQ(table_init(*table, instance->elem(ElemIdx(0u)), {0, 1, 2}),
            TrapCode::out_of_bounds_table);
  instance->drop_elem(ElemIdx(0u));
  EXPECT_EQ(table_init(*table, instance->elem(ElemIdx(0u)), {0, 0, 1}),
            TrapCode::out_of_bounds_table);
  EXPECT_EQ(table_init(*table, instance->elem(ElemIdx(0u)), {4, 0, 0}), TrapCode::none);
}

TEST_F(BulkTest, table_copy_and_fill) {
  EXPECT_EQ(table_fill(*table, 1, Ref::from_host(1), 2), TrapCode::none);
  EXPECT_EQ(table_fill(*table, 1, Ref::from_host(2), 4), TrapCode::out_of_bounds_table);
  EXPECT_EQ(table_copy(*table, *table, {2, 1, 2}), TrapCode::none);
  EXPECT_EQ(table->data()[3].host(), 1u);
  EXPECT_TRUE(table->data()[0].is_null());
  EXPECT_EQ(table_copy(*table, *table, {3, 0, 2}), TrapCode::out_of_bounds_table);
}

// Work that is done in pieces.

constexpr size_t long_bytes = 2 * bulk_piece_bytes + 4099;

std::vector<uint8_t> numbered_bytes() {
  std::vector<uint8_t> bytes(long_bytes + 64);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7 + (i >> 13));
  return bytes;
}

TEST(BulkPieces, long_moves_may_overlap_by_any_distance) {
  const std::vector<uint8_t> before = numbered_bytes();
  for (const auto& [to, from] : {std::pair{64, 0}, {0, 64}, {1, 0}, {0, 1}, {7, 7}}) {
    std::vector<uint8_t> bytes = before;
    EXPECT_EQ(move_bytes(bytes.data() + to, bytes.data() + from, long_bytes, nullptr),
              TrapCode::none);
    EXPECT_TRUE(
        std::equal(bytes.begin() + to, bytes.begin() + to + long_bytes, before.begin() + from))
        << to << " <- " << from;
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.begin() + to, before.begin()));
  }
}

TEST(BulkPieces, a_stop_word_ends_long_work_after_a_piece) {
  const std::atomic<Slot*> stop = nullptr;
  std::vector<uint8_t> bytes = numbered_bytes();
  const std::vector<uint8_t> zeros(long_bytes);
  EXPECT_EQ(move_bytes(bytes.data(), zeros.data(), long_bytes, &stop), TrapCode::interrupted);
  EXPECT_EQ(bytes[bulk_piece_bytes - 1], 0);
  EXPECT_EQ(bytes[bulk_piece_bytes + 1], numbered_bytes()[bulk_piece_bytes + 1]);
  EXPECT_EQ(move_bytes(bytes.data(), zeros.data(), bulk_piece_bytes, &stop), TrapCode::none)
      << "a single piece is not worth a look";
}

TEST_F(BulkTest, a_growth_that_is_stopped_fails_and_gives_back_what_it_took) {
  const std::atomic<Slot*> stop = nullptr;
  const uint64_t many = bulk_piece_bytes / sizeof(Ref) + 1;
  EXPECT_EQ(table->grow(many, Ref::from_host(1), &stop), -1);
  EXPECT_EQ(table->size(), 4u);
  EXPECT_EQ(table->grow(many, Ref()), 4);
  EXPECT_EQ(table->size(), many + 4);
}

}  // namespace
}  // namespace waxwing::runtime

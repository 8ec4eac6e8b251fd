// Encoded functions do on this processor what they say. Skipped on others, and where memory may not
// be made executable.
#include <array>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "assembler/code_buffer.h"
#include "assembler/constant_pool.h"
#include "assembler/jump_table.h"
#include "assembler/x64/assembler.h"

namespace waxwing::assembler::x64 {
namespace {

#if defined(__x86_64__)
constexpr bool runs_here = true;
#else
constexpr bool runs_here = false;
#endif

template <typename T>
base::ByteSpan bytes_of(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

class x64_execute : public testing::Test {
 protected:
  static constexpr size_t page_bytes = 1 << 16;
  // The undefined behaviour sanitizer reads what is before a function that is called by a pointer.
  static constexpr size_t start_bytes = 64;

  void SetUp() override {
    if (!runs_here) GTEST_SKIP() << "this processor is no x86-64";
    page_ = mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(page_, MAP_FAILED);
  }
  void TearDown() override {
    if (page_ != MAP_FAILED) munmap(page_, page_bytes);
  }

  // The code as a function; null where the host forbids it. The constants are placed behind it.
  template <typename Function>
  Function* load() {
    pool_.place(buffer_);
    const auto code = buffer_.finish();
    if (!code || code->size() > page_bytes - start_bytes) return nullptr;
    uint8_t* const start = static_cast<uint8_t*>(page_) + start_bytes;
    std::memcpy(start, code->data(), code->size());
    if (mprotect(page_, page_bytes, PROT_READ | PROT_EXEC) != 0) return nullptr;
    return reinterpret_cast<Function*>(start);
  }

  CodeBuffer buffer_;
  ConstantPool pool_;
  Assembler a_{buffer_};
  void* page_ = MAP_FAILED;
};

TEST_F(x64_execute, a_loop_adds_numbers) {
  Label loop, done;  // rdi: count
  a_.mov_imm(Gpr::rax, 0);
  a_.bind(loop);
  a_.test(Width::w64, Gpr::rdi, Gpr::rdi);
  a_.jcc(Condition::equal, done);
  a_.add(Width::w64, Gpr::rax, Gpr::rdi);
  a_.sub(Width::w64, Gpr::rdi, 1);
  a_.jmp(loop);
  a_.bind(done);
  a_.ret();
  auto* const sum = load<uint64_t(uint64_t)>();
  if (sum == nullptr) GTEST_SKIP() << "memory may not be made executable here";
  EXPECT_EQ(sum(0), 0u);
  EXPECT_EQ(sum(1000), 500500u);
}

TEST_F(x64_execute, memory_operands_reach_what_they_name) {
  a_.push(Gpr::r12);
  a_.push(Gpr::r13);
  a_.mov(Width::w64, Gpr::r12, Gpr::rdi);
  a_.mov(Width::w64, Gpr::r13, Gpr::rsi);
  a_.mov(Width::w32, Gpr::rax, Mem(Gpr::r12));
  a_.add(Width::w32, Gpr::rax, Mem(Gpr::r12, Gpr::r13, Scale::x4));
  a_.add(Width::w32, Gpr::rax, Mem(Gpr::r13, Gpr::r12, Scale::x1, 64));
  a_.add(Width::w32, Gpr::rax, Mem(Gpr::r12, Gpr::r13, Scale::x8, 512));
  a_.mov(Width::w8, Mem(Gpr::r12, 1), -1);
  a_.pop(Gpr::r13);
  a_.pop(Gpr::r12);
  a_.ret();
  auto* const sum = load<uint32_t(uint32_t*, uint64_t)>();
  if (sum == nullptr) GTEST_SKIP() << "memory may not be made executable here";
  std::array<uint32_t, 256> words;
  for (uint32_t i = 0; i < words.size(); ++i) words[i] = 1000 * i;
  constexpr uint64_t index = 12;
  const uint32_t expected =
      words[0] + words[index] + words[(index + 64) / 4] + words[(8 * index + 512) / 4];
  EXPECT_EQ(sum(words.data(), index), expected);
  EXPECT_EQ(words[0], 0xff00u);
}

TEST_F(x64_execute, constants_of_the_pool_are_read) {
  a_.addsd(Xmm::xmm0, Mem::at(pool_.add(bytes_of(0.5))));
  a_.mulsd(Xmm::xmm0, Mem::at(pool_.add(bytes_of(3.0))));
  a_.addsd(Xmm::xmm0, Mem::at(pool_.add(bytes_of(0.5))));
  a_.andps(Xmm::xmm0, Mem::at(pool_.add(bytes_of(std::array<uint64_t, 2>{INT64_MAX, INT64_MAX}))));
  a_.ret();
  auto* const function = load<double(double)>();
  if (function == nullptr) GTEST_SKIP() << "memory may not be made executable here";
  EXPECT_EQ(function(2.0), 8.0);
  EXPECT_EQ(function(-2.0), 4.0);
}

TEST_F(x64_execute, a_jump_table_goes_to_each_target) {
  Label table, cases[5], out_of_range;
  a_.cmp(Width::w32, Gpr::rdi, 5);
  a_.jcc(Condition::above_equal, out_of_range);
  a_.lea(Width::w64, Gpr::r11, Mem::at(table));
  a_.movsx32(Width::w64, Gpr::rax, Mem(Gpr::r11, Gpr::rdi, Scale::x4));
  a_.add(Width::w64, Gpr::rax, Gpr::r11);
  a_.jmp(Gpr::rax);
  a_.bind(cases[0]);  // one target is before its table, the others behind
  a_.mov_imm(Gpr::rax, 100);
  a_.ret();
  Label* const targets[] = {&cases[0], &cases[1], &cases[2], &cases[3], &cases[4]};
  put_jump_table(buffer_, table, targets);
  for (unsigned i = 1; i < 5; ++i) {
    a_.bind(cases[i]);
    a_.mov_imm(Gpr::rax, 100 + i);
    a_.ret();
  }
  a_.bind(out_of_range);
  a_.mov_imm(Gpr::rax, UINT64_MAX);
  a_.ret();
  auto* const choose = load<uint64_t(uint64_t)>();
  if (choose == nullptr) GTEST_SKIP() << "memory may not be made executable here";
  for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(choose(i), 100 + i);
  EXPECT_EQ(choose(5), UINT64_MAX);
}

TEST_F(x64_execute, constants_load_whole) {
  const uint64_t values[] = {
      0,           1,          0x7fffffff,         0x80000000,         0xffffffff,
      0x100000000, UINT64_MAX, 0xffffffff80000000, 0xffffffff7fffffff, 0x123456789abcdef0};
  a_.mov_imm(Gpr::rdx, 0);
  for (const uint64_t value : values) {
    a_.mov_imm(Gpr::rax, value);
    a_.mov_imm(Gpr::r8, value);
    a_.mov(Width::w64, Mem(Gpr::rdi, Gpr::rdx, Scale::x8), Gpr::rax);
    a_.xor_(Width::w64, Gpr::rax, Gpr::r8);
    a_.or_(Width::w64, Gpr::rsi, Gpr::rax);
    a_.inc(Width::w64, Gpr::rdx);
  }
  a_.mov(Width::w64, Gpr::rax, Gpr::rsi);
  a_.ret();
  auto* const function = load<uint64_t(uint64_t*, uint64_t)>();
  if (function == nullptr) GTEST_SKIP() << "memory may not be made executable here";
  std::array<uint64_t, std::size(values)> loaded{};
  EXPECT_EQ(function(loaded.data(), 0), 0u);
  for (size_t i = 0; i < loaded.size(); ++i) EXPECT_EQ(loaded[i], values[i]);
}

TEST_F(x64_execute, locked_exchanges_return_what_was_there) {
  a_.mov(Width::w32, Gpr::rax, Gpr::rsi);
  a_.lock_xadd(Width::w32, Mem(Gpr::rdi), Gpr::rax);  // eax: old value
  a_.lock_add(Width::w32, Mem(Gpr::rdi), 1000);
  a_.ret();
  auto* const function = load<uint32_t(uint32_t*, uint32_t)>();
  if (function == nullptr) GTEST_SKIP() << "memory may not be made executable here";
  uint32_t word = 5;
  EXPECT_EQ(function(&word, 7), 5u);
  EXPECT_EQ(word, 1012u);
}

TEST_F(x64_execute, vectors_shuffle_and_compare) {
  a_.movdqu(Xmm::xmm9, Mem(Gpr::rdi));
  a_.pshufd(Xmm::xmm10, Xmm::xmm9, 0x1b);
  a_.paddd(Xmm::xmm10, Xmm::xmm9);
  a_.movdqu(Mem(Gpr::rdi), Xmm::xmm10);
  a_.pcmpeqd(Xmm::xmm10, Mem(Gpr::rdi));
  a_.pmovmskb(Gpr::rax, Xmm::xmm10);
  a_.ret();
  auto* const function = load<uint32_t(uint32_t*)>();
  if (function == nullptr) GTEST_SKIP() << "memory may not be made executable here";
  alignas(16) std::array<uint32_t, 4> words = {1, 20, 300, 4000};
  EXPECT_EQ(function(words.data()), 0xffffu);
  EXPECT_EQ(words, (std::array<uint32_t, 4>{4001, 320, 320, 4001}));
}

}  // namespace
}  // namespace waxwing::assembler::x64

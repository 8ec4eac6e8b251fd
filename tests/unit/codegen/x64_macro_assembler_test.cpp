#include <gtest/gtest.h>

#include "codegen/x64/macro_assembler.h"

namespace waxwing::codegen::x64 {
namespace {

using base::V128;
using syntax::TrapCode;

CpuFeatures with_avx() {
  CpuFeatures features;
  features.add(Feature::avx);
  return features;
}

std::vector<uint8_t> text_of(MacroAssembler& masm) {
  CodeObject object;
  EXPECT_TRUE(masm.finish(object));
  return object.text;
}

TEST(x64_macro_assembler, calls_are_sites_at_their_last_byte) {
  MacroAssembler masm{CpuFeatures()};
  masm.nop(3);
  masm.set_body_offset(11);
  masm.call_builtin(abi::BuiltinId::memory_grow);
  masm.set_body_offset(12);
  masm.call(Gpr::rax);
  masm.note_call();
  masm.jmp({TargetKind::tail_foreign, 6});
  CodeObject object;
  ASSERT_TRUE(masm.finish(object));
  ASSERT_EQ(object.sites.size(), 2u);
  EXPECT_EQ(object.sites[0].code_offset, 7u);
  EXPECT_EQ(object.sites[0].body_offset, 11u);
  EXPECT_EQ(object.sites[0].trap, TrapCode::none);
  EXPECT_EQ(object.sites[1].code_offset, 9u);
  EXPECT_EQ(object.sites[1].body_offset, 12u);
  ASSERT_EQ(object.references.size(), 2u);
  EXPECT_EQ(object.references[0].position, 4u);
  EXPECT_EQ(object.references[0].target.kind, TargetKind::builtin);
  EXPECT_EQ(object.references[0].target.index, static_cast<uint32_t>(abi::BuiltinId::memory_grow));
  EXPECT_EQ(object.text[3], 0xe8);
  EXPECT_EQ(object.references[1].position, 11u);
  EXPECT_EQ(object.references[1].target.kind, TargetKind::tail_foreign);
  EXPECT_EQ(object.references[1].target.index, 6u);
  EXPECT_EQ(object.text[10], 0xe9);
}

TEST(x64_macro_assembler, traps_out_of_line_belong_to_their_instruction) {
  MacroAssembler masm{CpuFeatures()};
  masm.set_body_offset(1);
  masm.trap_if(Condition::equal, TrapCode::integer_divide_by_zero);
  masm.set_body_offset(2);
  masm.trap_if(Condition::overflow, TrapCode::integer_overflow);
  masm.set_body_offset(3);
  masm.note_fault(TrapCode::out_of_bounds_memory);
  masm.mov(Width::w32, Gpr::rax, Mem(Gpr::rdx));
  masm.ret();
  CodeObject object;
  ASSERT_TRUE(masm.finish(object));
  ASSERT_EQ(object.text.size(), 6u + 6 + 2 + 1 + 5 + 5);
  ASSERT_EQ(object.sites.size(), 3u);
  EXPECT_EQ(object.sites[0].code_offset, 12u);
  EXPECT_EQ(object.sites[0].trap, TrapCode::out_of_bounds_memory);
  EXPECT_EQ(object.sites[0].body_offset, 3u);
  EXPECT_EQ(object.sites[1].code_offset, 15u + 4);
  EXPECT_EQ(object.sites[1].body_offset, 1u);
  EXPECT_EQ(object.sites[2].code_offset, 20u + 4);
  EXPECT_EQ(object.sites[2].body_offset, 2u);
  ASSERT_EQ(object.references.size(), 2u);
  EXPECT_EQ(object.references[0].target.kind, TargetKind::trap);
  EXPECT_EQ(object.references[0].target.index,
            static_cast<uint32_t>(TrapCode::integer_divide_by_zero));
  EXPECT_EQ(base::load_le<uint32_t>(&object.text[2]), 15u - 6);
  EXPECT_EQ(base::load_le<uint32_t>(&object.text[8]), 20u - 12);
}

TEST(x64_macro_assembler, nothing_of_one_function_gets_into_the_next) {
  MacroAssembler masm{CpuFeatures()};
  masm.set_body_offset(99);
  masm.add_handler() = {.begin = 0, .end = 1, .target = 2};
  masm.trap_if(Condition::equal, TrapCode::unreachable);
  masm.set(Xmm::xmm0, V128::from_lanes(std::array<uint64_t, 2>{1, 2}));
  CodeObject first, second;
  ASSERT_TRUE(masm.finish(first));
  EXPECT_EQ(first.handlers.size(), 1u);
  masm.call({TargetKind::func, 0});
  ASSERT_TRUE(masm.finish(second));
  EXPECT_EQ(second.text.size(), 5u);
  EXPECT_EQ(second.references.size(), 1u);
  EXPECT_TRUE(second.handlers.empty());
  ASSERT_EQ(second.sites.size(), 1u);
  EXPECT_EQ(second.sites[0].body_offset, 0u);
}

TEST(x64_macro_assembler, constants_are_aligned_and_shared) {
  MacroAssembler masm{CpuFeatures()};
  const V128 vector = V128::from_lanes(std::array<uint64_t, 2>{3, 4});
  masm.mov(Width::w32, Gpr::rax, masm.constant(uint32_t{5}));
  masm.mov(Width::w64, Gpr::rax, masm.constant(uint64_t{6}));
  masm.movaps(Xmm::xmm0, masm.constant(vector));
  masm.movaps(Xmm::xmm1, masm.constant(vector));
  const std::vector<uint8_t> text = text_of(masm);
  constexpr uint32_t code_bytes = 6 + 7 + 7 + 7;
  ASSERT_EQ(text.size(), 32u + 16 + 8 + 4);
  const auto target = [&](uint32_t end) { return end + base::load_le<uint32_t>(&text[end - 4]); };
  EXPECT_EQ(target(code_bytes - 7), 32u);
  EXPECT_EQ(target(code_bytes), 32u);
  EXPECT_EQ(target(6), 32u + 16 + 8);
  EXPECT_EQ(target(13), 32u + 16);
  EXPECT_EQ(text[32], 3);
  EXPECT_EQ(text[40], 4);
  EXPECT_EQ(text[48], 6);
  EXPECT_EQ(text[56], 5);
}

using Bytes = std::vector<uint8_t>;

TEST(x64_macro_assembler, values_are_set_in_the_shortest_way) {
  MacroAssembler masm{CpuFeatures()};
  masm.set(Gpr::rdx, 0);
  EXPECT_EQ(text_of(masm), (Bytes{0x31, 0xd2}));
  masm.set(Gpr::rdx, 1);
  EXPECT_EQ(text_of(masm), (Bytes{0xba, 1, 0, 0, 0}));
  masm.set(Xmm::xmm1, V128{});
  EXPECT_EQ(text_of(masm), (Bytes{0x0f, 0x57, 0xc9}));
  V128 ones;
  ones.bytes.fill(0xff);
  masm.set(Xmm::xmm1, ones);
  EXPECT_EQ(text_of(masm), (Bytes{0x66, 0x0f, 0x76, 0xc9}));
  V128 other = ones;
  other.bytes[15] = 0;
  masm.set(Xmm::xmm1, other);
  EXPECT_EQ(text_of(masm).size(), 32u);  // from memory
}

TEST(x64_macro_assembler, moves_use_avx_where_it_is) {
  const Mem memory(Gpr::rdx);
  for (const bool avx : {false, true}) {
    MacroAssembler masm(avx ? with_avx() : CpuFeatures());
    const auto first_byte = [&] { return text_of(masm)[0]; };
    for (const uint32_t size : {4u, 8u, 16u}) {
      masm.load(Xmm::xmm1, memory, size);
      EXPECT_EQ(first_byte() == 0xc5, avx);
      masm.store(memory, Xmm::xmm1, size);
      EXPECT_EQ(first_byte() == 0xc5, avx);
    }
    masm.move(Xmm::xmm1, Xmm::xmm2);
    EXPECT_EQ(first_byte() == 0xc5, avx);
    masm.set(Xmm::xmm1, V128{});
    EXPECT_EQ(first_byte() == 0xc5, avx);
    masm.move(Xmm::xmm1, Xmm::xmm1);
    masm.move(Gpr::rax, Gpr::rax);
    EXPECT_TRUE(text_of(masm).empty());
  }
}

TEST(x64_cpu_features, those_of_the_host_are_what_its_compiler_finds) {
  const auto features = CpuFeatures::from_host();
#if defined(__x86_64__)
  ASSERT_TRUE(features) << features.error().message();
  __builtin_cpu_init();
  EXPECT_TRUE(features->has(Feature::sse4_2));
  EXPECT_EQ(features->has(Feature::avx), __builtin_cpu_supports("avx") != 0);
  EXPECT_EQ(features->has(Feature::avx2), __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(features->has(Feature::fma), __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(features->has(Feature::bmi1), __builtin_cpu_supports("bmi") != 0);
  EXPECT_EQ(features->has(Feature::bmi2), __builtin_cpu_supports("bmi2") != 0);
  EXPECT_EQ(features->has(Feature::gfni), __builtin_cpu_supports("gfni") != 0);
  const bool has_avx512vl = __builtin_cpu_supports("avx512vl") != 0;
  const auto is_supported = [&](int supported) { return has_avx512vl && supported != 0; };
  EXPECT_EQ(features->has(Feature::avx512f), is_supported(__builtin_cpu_supports("avx512f")));
  EXPECT_EQ(features->has(Feature::avx512dq), is_supported(__builtin_cpu_supports("avx512dq")));
  EXPECT_EQ(features->has(Feature::avx512bw), is_supported(__builtin_cpu_supports("avx512bw")));
  EXPECT_EQ(features->has(Feature::avx512_vbmi),
            is_supported(__builtin_cpu_supports("avx512vbmi")));
  EXPECT_EQ(features->has(Feature::avx512_bitalg),
            is_supported(__builtin_cpu_supports("avx512bitalg")));
  EXPECT_EQ(features->has(Feature::avx512_vpopcntdq),
            is_supported(__builtin_cpu_supports("avx512vpopcntdq")));
  EXPECT_EQ(features->has(Feature::avx512_vnni),
            is_supported(__builtin_cpu_supports("avx512vnni")));
#else
  EXPECT_FALSE(features);
#endif
}

TEST(x64_cpu_features, the_minimum_cannot_be_removed) {
  CpuFeatures features;
  features.add(Feature::avx2);
  features.remove(Feature::avx2);
  features.remove(Feature::sse4_1);
  EXPECT_FALSE(features.has(Feature::avx2));
  EXPECT_TRUE(features.has(Feature::sse4_1));
  EXPECT_EQ(features, CpuFeatures());
}

}  // namespace
}  // namespace waxwing::codegen::x64

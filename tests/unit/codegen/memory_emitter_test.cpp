// Every load and store moves the bytes that its row says, wherever they lie and in whichever
// register they come; what does not lie in memory is a trap that wrote nothing.
#include "codegen/x64/memory_emitter.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <span>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "numeric/fold.h"
#include "syntax/access.h"
#include "x64_machine.h"

namespace waxwing::codegen::x64 {
namespace {

using base::V128;
using syntax::Op;
using syntax::OpKind;
using syntax::TrapCode;

constexpr auto out_of_bounds = static_cast<uint32_t>(TrapCode::out_of_bounds_memory);

/// Two pages, of which the second is not accessible.
class PageAndHole {
 public:
  PageAndHole() : page_bytes_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    void* const pages =
        mmap(nullptr, 2 * page_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(pages, MAP_FAILED);
    begin_ = static_cast<uint8_t*>(pages);
    EXPECT_EQ(mprotect(begin_ + page_bytes_, page_bytes_, PROT_NONE), 0);
  }
  PageAndHole(const PageAndHole&) = delete;
  PageAndHole& operator=(const PageAndHole&) = delete;
  ~PageAndHole() { munmap(begin_, 2 * page_bytes_); }

  /// The last `size_bytes` before the hole.
  std::span<uint8_t> tail(size_t size_bytes) const {
    return {begin_ + page_bytes_ - size_bytes, size_bytes};
  }
  void fill(Random& random) const {
    for (uint8_t& byte : tail(64)) byte = static_cast<uint8_t>(random.next());
  }

 private:
  size_t page_bytes_;
  uint8_t* begin_ = nullptr;
};

/// How the operand in memory is written. The address is that of the access less `bias`.
enum class Addressing : uint8_t { base, displaced, indexed, in_scratch };
constexpr Addressing addressings[] = {Addressing::base, Addressing::displaced, Addressing::indexed,
                                      Addressing::in_scratch};
constexpr int32_t bias = 0x12345;
constexpr Gpr base_register = Gpr::r15;
constexpr Gpr index_register = Gpr::rsi;

Mem operand_of(MacroAssembler& m, Addressing addressing) {
  switch (addressing) {
    case Addressing::base: return Mem(base_register);
    case Addressing::displaced: return Mem(base_register, bias);
    case Addressing::indexed: return Mem(base_register, index_register, Scale::x1, bias);
    case Addressing::in_scratch: m.mov(Width::w64, scratch, base_register); return Mem(scratch, 1);
  }
  return Mem(base_register);
}

void set_address(Registers& registers, Addressing addressing, const uint8_t* place) {
  const auto address = reinterpret_cast<uint64_t>(place);
  switch (addressing) {
    case Addressing::base: registers.gpr(base_register) = address; break;
    case Addressing::displaced: registers.gpr(base_register) = address - bias; break;
    case Addressing::indexed:
      registers.gpr(index_register) = 0x7654321;
      registers.gpr(base_register) = address - bias - 0x7654321;
      break;
    case Addressing::in_scratch: registers.gpr(base_register) = address - 1; break;
  }
}

size_t access_bytes(Op op) { return size_t{1} << syntax::access_table[size_t(op)].align_log2; }

V128 first_bytes(const uint8_t* bytes, size_t size_bytes) {
  V128 value{};
  std::memcpy(value.bytes.data(), bytes, size_bytes);
  return value;
}

/// The instruction that widens the low half of a vector as the load does, or no_op.
Op widening_of(Op op) {
  constexpr std::array pairs{
      std::pair{Op::v128_load8x8_s, Op::i16x8_extend_low_i8x16_s},
      std::pair{Op::v128_load8x8_u, Op::i16x8_extend_low_i8x16_u},
      std::pair{Op::v128_load16x4_s, Op::i32x4_extend_low_i16x8_s},
      std::pair{Op::v128_load16x4_u, Op::i32x4_extend_low_i16x8_u},
      std::pair{Op::v128_load32x2_s, Op::i64x2_extend_low_i32x4_s},
      std::pair{Op::v128_load32x2_u, Op::i64x2_extend_low_i32x4_u},
  };
  for (const auto& [load, widening] : pairs) {
    if (load == op) return widening;
  }
  return syntax::no_op;
}

/// What a load yields, all 128 or 64 bits of its register; `old` is the vector of a lane load.
V128 loaded(Op op, const uint8_t* bytes, const V128& old, uint8_t lane) {
  const std::string_view text = syntax::op_info(op).text;
  const size_t size = access_bytes(op);
  V128 value = first_bytes(bytes, size);
  if (const Op widening = widening_of(op); widening != syntax::no_op) {
    return numeric::fold(widening, std::span(&value, 1))->values[0];
  }
  if (text.ends_with("_splat")) {
    for (size_t i = size; i < 16; ++i) value.bytes[i] = value.bytes[i - size];
  } else if (text.ends_with("_lane")) {
    value = old;
    std::memcpy(&value.bytes[lane * size], bytes, size);
  } else if (text.ends_with("_s") && (bytes[size - 1] & 0x80) != 0) {
    const size_t end = text.starts_with("i32") ? 4 : 8;
    std::fill(value.bytes.begin() + size, value.bytes.begin() + end, 0xff);
  }
  return value;
}

struct Piece {
  Op op;
  FeatureLevel level;
  Addressing addressing;
  RegRef reg;
  RegRef vector;
  uint8_t lane;
  size_t number;
};

std::string describe(const Piece& piece) {
  return std::string(syntax::op_info(piece.op).text) + " with " + level_name(piece.level) +
         ", addressing " + std::to_string(static_cast<int>(piece.addressing)) + ", register " +
         std::to_string(piece.reg.number) + ", lane " + std::to_string(piece.lane);
}

/// A piece for each LOAD or STORE row, feature level, addressing, register and lane.
template <typename Emit>
std::vector<Piece> pieces_of(OpKind kind, X64Machine& machine, Emit emit) {
  std::vector<Piece> pieces;
  constexpr std::array gprs{RegRef(Gpr::rax), RegRef(Gpr::rdi), RegRef(Gpr::r12),
                            RegRef(base_register)};
  constexpr std::array xmms{RegRef(Xmm::xmm0), RegRef(Xmm::xmm7), RegRef(Xmm::xmm13),
                            RegRef(Xmm::xmm3)};
  for (const syntax::OpInfo& info : syntax::op_table) {
    if (info.kind != kind) continue;
    const uint8_t lanes =
        accesses_lane(info.id) ? syntax::access_table[size_t(info.id)].lanes : uint8_t{1};
    for (const FeatureLevel level : feature_levels) {
      for (const Addressing addressing : addressings) {
        for (const RegRef reg : accessed_class(info.id) == RegClass::general ? gprs : xmms) {
          for (uint8_t lane = 0; lane < lanes; ++lane) {
            Piece piece{info.id, level, addressing, reg, RegRef(Xmm::xmm3), lane, 0};
            piece.number = machine.add(level, [&](MacroAssembler& m) {
              const Mem memory = operand_of(m, addressing);
              emit(m, piece, memory);
            });
            pieces.push_back(piece);
          }
        }
      }
    }
  }
  return pieces;
}

V128 value_in(Registers& registers, RegRef reg) {
  if (reg.reg_class == RegClass::vector) return registers.xmm(reg.xmm());
  return numeric::fold_operand(registers.gpr(reg.gpr()));
}

TEST(memory_emitter, loads_read_what_their_rows_say) {
  X64Machine machine;
  const auto pieces =
      pieces_of(OpKind::load, machine, [](MacroAssembler& m, const Piece& piece, const Mem& src) {
        emit_load(m, {.op = piece.op,
                      .result = piece.reg,
                      .src = src,
                      .vector = piece.vector,
                      .lane = piece.lane});
      });
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  const PageAndHole memory;
  Random random(4);
  for (const Piece& piece : pieces) {
    const size_t size = access_bytes(piece.op);
    for (int round = 0; round < 4; ++round) {
      memory.fill(random);
      const uint8_t* const place = memory.tail(size + static_cast<size_t>(round)).data();
      Registers before = random.registers();
      set_address(before, piece.addressing, place);
      Registers after = before;
      machine.run(piece.number, after);
      ASSERT_EQ(after.trap, 0u) << describe(piece);
      ASSERT_EQ(value_in(after, piece.reg),
                loaded(piece.op, place, before.xmm(piece.vector.xmm()), piece.lane))
          << describe(piece);
      ASSERT_EQ(wrongly_changed(before, after, piece.reg), "") << describe(piece);
    }
    Registers registers = random.registers();
    set_address(registers, piece.addressing, memory.tail(size - 1).data());
    machine.run(piece.number, registers);
    ASSERT_EQ(registers.trap, out_of_bounds) << describe(piece);
  }
}

TEST(memory_emitter, stores_write_what_their_rows_say) {
  X64Machine machine;
  const auto pieces =
      pieces_of(OpKind::store, machine, [](MacroAssembler& m, const Piece& piece, const Mem& dst) {
        emit_store(m, {.op = piece.op, .dst = dst, .value = piece.reg, .lane = piece.lane});
      });
  if (!machine.load()) GTEST_SKIP() << "this host does not run code for x86-64";
  const PageAndHole memory;
  Random random(5);
  for (const Piece& piece : pieces) {
    const size_t size = access_bytes(piece.op);
    const std::span<uint8_t> tail = memory.tail(64);
    for (size_t round = 0; round < 4; ++round) {
      memory.fill(random);
      std::vector<uint8_t> expected(tail.begin(), tail.end());
      Registers before = random.registers();
      set_address(before, piece.addressing, memory.tail(size + round).data());
      const V128 value = value_in(before, piece.reg);
      std::memcpy(&expected[64 - size - round], &value.bytes[piece.lane * size], size);
      Registers after = before;
      machine.run(piece.number, after);
      ASSERT_EQ(after.trap, 0u) << describe(piece);
      ASSERT_TRUE(std::ranges::equal(tail, expected)) << describe(piece);
      ASSERT_EQ(wrongly_changed(before, after, RegRef(scratch)), "") << describe(piece);
    }
    const std::vector<uint8_t> untouched(tail.begin(), tail.end());
    Registers registers = random.registers();
    set_address(registers, piece.addressing, memory.tail(size - 1).data());
    machine.run(piece.number, registers);
    ASSERT_EQ(registers.trap, out_of_bounds) << describe(piece);
    ASSERT_TRUE(std::ranges::equal(tail, untouched)) << describe(piece);
  }
}

}  // namespace
}  // namespace waxwing::codegen::x64

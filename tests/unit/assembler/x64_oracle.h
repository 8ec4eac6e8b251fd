// Encodes a case with random operands, writes it as text, and lets llvm-mc say what its bytes are.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "assembler/x64/assembler.h"

namespace waxwing::assembler::x64 {

/// What a case's method and text take their operands from.
struct Operands {
  Width width = Width::w32;
  Gpr r0{}, r1{}, r2{};
  Xmm x0{}, x1{}, x2{}, x3{};
  Mem mem{Gpr::rax};
  uint8_t byte = 0;
  int32_t imm = 0;
};

constexpr unsigned w8 = 1, w16 = 2, w32 = 4, w64 = 8;  // sets of widths
constexpr unsigned any_width = w8 | w16 | w32 | w64;
constexpr unsigned full_widths = w32 | w64;
constexpr int no_size = 0, width_size = -1;  // in place of a memory operand's bytes

/// One operand shape of one row. In `text`, {r0} is a GPR of the case's width, {b0} {h0} {d0} {q0}
/// one of 8 to 64 bits, {e0} one of 64 bits where `memory_bytes` is 8 and else of 32, {x0} and {y0}
/// a vector register, {m} the memory operand, {i} `byte`, {I} `imm`. {V1} asks for VEX's long form
/// where x1 needs it: llvm-mc would exchange sources, or take a store's opcode, to be short.
struct Case {
  const char* text;
  unsigned widths;
  int memory_bytes;
  void (*emit)(Assembler&, const Operands&);
};

class Oracle {
 public:
  /// Adds `count` random instances of each case at each of its widths.
  void add(std::span<const Case> cases, int count) {
    for (const Case& row : cases) {
      ++shapes_;
      for (unsigned bit = 0; bit < 4; ++bit) {
        for (int i = 0; i < count && (row.widths >> bit & 1) != 0; ++i) {
          add_one(row, static_cast<Width>(bit));
        }
      }
    }
  }

  /// Compares all that was added with llvm-mc's bytes.
  void compare() {
    const char* const program = find();
    if (program == nullptr) {
      GTEST_SKIP() << "llvm-mc-19 is absent: install Debian's llvm-19 to check the encodings";
    }
    const std::string base =
        testing::TempDir() + "waxwing_oracle_" + std::to_string(random_device_());
    std::ofstream source(base + ".s");
    source << ".intel_syntax noprefix\n";
    for (const Line& line : lines_) source << line.text << '\n';
    source.close();
    const std::string command =
        std::string(program) +
        " --triple=x86_64 --show-encoding "
        "-mattr=+sse4.2,+popcnt,+lzcnt,+bmi,+bmi2,+movbe,+adx,+cx16,+prfchw,"
        "+avx2,+fma,+gfni,+avx512f,+avx512vl,+avx512dq,+avx512bw,+avx512vbmi,+avx512bitalg,"
        "+avx512vpopcntdq,+avx512vnni " +
        base + ".s > " + base + ".out 2> " + base + ".err";
    const int status = std::system(command.c_str());
    EXPECT_EQ(status, 0) << contents(base + ".err").substr(0, 4000);
    if (status == 0) compare_lines(base + ".out");
    for (const char* suffix : {".s", ".out", ".err"}) std::remove((base + suffix).c_str());
    std::printf("%zu shapes, %zu instructions compared\n", shapes_, lines_.size());
  }

 private:
  struct Line {
    std::string text;
    std::vector<uint8_t> bytes;
  };

  static const char* find() {
    if (std::system("command -v llvm-mc-19 > /dev/null") == 0) return "llvm-mc-19";
    return nullptr;
  }

  static std::string contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  unsigned below(unsigned count) { return static_cast<unsigned>(random_() % count); }
  Gpr random_gpr() { return static_cast<Gpr>(below(16)); }
  Xmm random_xmm(bool is_evex) { return static_cast<Xmm>(below(is_evex ? 32 : 16)); }

  int32_t random_disp() {
    static constexpr int32_t edges[] = {0,  0,  1,    -1,   127,   128,   -128, -129,
                                        16, 64, 2032, 2048, -2048, -2064, 508,  1016};
    switch (below(4)) {
      case 0: return edges[below(std::size(edges))];
      case 1: return static_cast<int8_t>(random_());
      case 2: return static_cast<int8_t>(random_()) * (1 << below(5));
      default: return static_cast<int32_t>(random_()) / 2;
    }
  }

  int32_t random_imm(Width width) {
    const auto bits = static_cast<int32_t>(random_());
    if (width == Width::w8 || below(2) == 0) return static_cast<int8_t>(bits);
    return width == Width::w16 ? static_cast<int16_t>(bits) : bits;
  }

  static std::string disp_text(int64_t disp) {
    return disp < 0 ? " - " + std::to_string(-disp) : " + " + std::to_string(disp);
  }

  // A random operand and its text; a label's distance is appended later.
  std::pair<Mem, std::string> random_mem(Label& label) {
    const Gpr base = random_gpr();
    Gpr index = random_gpr();
    if (index == Gpr::rsp) index = Gpr::r12;
    const unsigned scale = below(4);
    const int32_t disp = random_disp();
    const std::string scaled = gpr_name(index, Width::w64) + "*" + std::to_string(1u << scale);
    switch (below(8)) {
      case 0: return {Mem::at(label), "rip"};
      case 1:
        if (scale != 0) {
          return {Mem::scaled(index, static_cast<Scale>(scale), disp), scaled + disp_text(disp)};
        }
        [[fallthrough]];
      case 2:
      case 3:
      case 4:
        return {Mem(base, index, static_cast<Scale>(scale), disp),
                gpr_name(base, Width::w64) + " + " + scaled + disp_text(disp)};
      default: return {Mem(base, disp), gpr_name(base, Width::w64) + disp_text(disp)};
    }
  }

  void add_one(const Case& row, Width width) {
    const bool is_evex = std::string_view(row.text).starts_with("{evex}");
    Label label;
    auto [mem, mem_text] = random_mem(label);
    const Operands operands = {.width = width,
                               .r0 = random_gpr(),
                               .r1 = random_gpr(),
                               .r2 = random_gpr(),
                               .x0 = random_xmm(is_evex),
                               .x1 = random_xmm(is_evex),
                               .x2 = random_xmm(is_evex),
                               .x3 = random_xmm(false),
                               .mem = mem,
                               .byte = static_cast<uint8_t>(below(8) == 0 ? 1 : random_()),
                               .imm = random_imm(width)};
    buffer_.clear();
    const bool is_behind = below(2) == 0;
    if (is_behind) buffer_.bind(label);
    assembler_.nop(below(40));
    const uint32_t start = buffer_.position();
    row.emit(assembler_, operands);
    const uint32_t end = buffer_.position();
    assembler_.nop(below(300));
    if (!is_behind) buffer_.bind(label);
    if (mem.label() != nullptr) mem_text += disp_text(int64_t{label.position()} - end);
    const auto code = buffer_.finish();
    ASSERT_TRUE(code.has_value());
    const auto bytes = code->subspan(start, end - start);
    lines_.push_back({expand(row, operands, mem_text), {bytes.begin(), bytes.end()}});
  }

  static std::string gpr_name(Gpr reg, Width width) {
    static constexpr const char* names[4][8] = {
        {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"},
        {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"},
        {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"},
        {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"}};
    static constexpr const char* suffixes[] = {"b", "w", "d", ""};
    const auto column = static_cast<unsigned>(width);
    if (number(reg) < 8) return names[column][number(reg)];
    return "r" + std::to_string(number(reg)) + suffixes[column];
  }

  static std::string size_text(int bytes) {
    switch (bytes) {
      case 0: return "";
      case 1: return "byte ptr ";
      case 2: return "word ptr ";
      case 4: return "dword ptr ";
      case 8: return "qword ptr ";
      case 16: return "xmmword ptr ";
      default: return "ymmword ptr ";
    }
  }

  static std::string expand_one(const Case& row, const Operands& ops, const std::string& mem_text,
                                std::string_view code) {
    const int width_bytes = 1 << static_cast<unsigned>(ops.width);
    const unsigned index = code.size() > 1 ? static_cast<unsigned>(code[1] - '0') : 0;
    const Gpr gpr = index == 0 ? ops.r0 : index == 1 ? ops.r1 : ops.r2;
    const Xmm xmms[] = {ops.x0, ops.x1, ops.x2, ops.x3};
    switch (code[0]) {
      case 'r': return gpr_name(gpr, ops.width);
      case 'b': return gpr_name(gpr, Width::w8);
      case 'h': return gpr_name(gpr, Width::w16);
      case 'd': return gpr_name(gpr, Width::w32);
      case 'q': return gpr_name(gpr, Width::w64);
      case 'e': return gpr_name(gpr, row.memory_bytes == 8 ? Width::w64 : Width::w32);
      case 'x': return "xmm" + std::to_string(number(xmms[index]));
      case 'y': return "ymm" + std::to_string(number(xmms[index]));
      case 'V': return number(xmms[index]) >= 8 ? "{vex3} " : "";
      case 'i': return std::to_string(ops.byte);
      case 'I': return std::to_string(ops.imm);
      default:
        return size_text(row.memory_bytes == width_size ? width_bytes : row.memory_bytes) + "[" +
               mem_text + "]";
    }
  }

  static std::string expand(const Case& row, const Operands& ops, const std::string& mem_text) {
    std::string text;
    std::string_view rest = row.text;
    while (!rest.empty()) {
      const size_t open = rest.find('{');
      const size_t close = rest.find('}');
      text += rest.substr(0, open);
      if (open == rest.npos) break;
      const std::string_view code = rest.substr(open + 1, close - open - 1);
      text += code == "evex" ? "{evex}" : expand_one(row, ops, mem_text, code);
      rest.remove_prefix(close + 1);
    }
    if (const size_t suffix = text.find("_ymm"); suffix != text.npos) text.erase(suffix, 4);
    return text;
  }

  static std::string hex(std::span<const uint8_t> bytes) {
    std::string text;
    for (const uint8_t byte : bytes) {
      char digits[8];
      std::snprintf(digits, sizeof digits, "%s0x%02x", text.empty() ? "" : ",", byte);
      text += digits;
    }
    return text;
  }

  void compare_lines(const std::string& path) {
    std::ifstream output(path);
    size_t next = 0;
    int reported = 0;
    for (std::string line; std::getline(output, line);) {
      constexpr std::string_view mark = "encoding: [";
      const size_t start = line.find(mark);
      if (start == line.npos) continue;
      ASSERT_LT(next, lines_.size());
      const std::string theirs =
          line.substr(start + mark.size(), line.rfind(']') - start - mark.size());
      const Line& ours = lines_[next++];
      if (theirs == hex(ours.bytes)) continue;
      if (++reported <= 60) {
        ADD_FAILURE() << ours.text << "\n  ours    " << hex(ours.bytes) << "\n  llvm-mc " << theirs;
      }
    }
    EXPECT_EQ(next, lines_.size());
    EXPECT_EQ(reported, 0);
  }

  std::random_device random_device_;
  std::mt19937 random_{20261121};
  CodeBuffer buffer_;
  Assembler assembler_{buffer_};
  std::vector<Line> lines_;
  size_t shapes_ = 0;
};

}  // namespace waxwing::assembler::x64

// waxwing-disassemble: text of x86-64 machine code, by Zydis. Reads functions, each a size in four
// bytes (little-endian) and its bytes; writes a line for each instruction, "SIZE KIND TARGET TEXT",
// and a line "." behind each function. What is no instruction is one byte with KIND "?"; entries of
// tables of branches have "t".
#include <Zydis/Zydis.h>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::vector<uint8_t> read_all(std::FILE* file) {
  std::vector<uint8_t> bytes;
  uint8_t buffer[1 << 16];
  while (const size_t count = std::fread(buffer, 1, sizeof buffer, file)) {
    bytes.insert(bytes.end(), buffer, buffer + count);
  }
  return bytes;
}

class Disassembler {
 public:
  Disassembler() {
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisFormatterInit(&formatter_, ZYDIS_FORMATTER_STYLE_INTEL);
    constexpr ZyanUPointer no_padding = ZYDIS_PADDING_DISABLED;
    for (const ZydisFormatterProperty property :
         {ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE,
          ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_FORMATTER_PROP_IMM_PADDING}) {
      ZydisFormatterSetProperty(&formatter_, property, no_padding);
    }
    ZydisFormatterSetProperty(&formatter_, ZYDIS_FORMATTER_PROP_FORCE_SCALE_ONE, ZYAN_FALSE);
    ZydisFormatterSetProperty(&formatter_, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    ZydisFormatterSetProperty(&formatter_, ZYDIS_FORMATTER_PROP_FORCE_RELATIVE_RIPREL, ZYAN_TRUE);
  }

  /// What the text of the function says is appended to `text`.
  void append_func(std::string& text, std::span<const uint8_t> code) {
    table_ = none;
    targets_.clear();
    for (size_t offset = 0; offset < code.size();) {
      ZydisDecodedInstruction instr;
      ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
      const std::span<const uint8_t> rest = code.subspan(offset);
      if (!ZYAN_SUCCESS(
              ZydisDecoderDecodeFull(&decoder_, rest.data(), rest.size(), &instr, operands))) {
        text += "1 ? - (no instruction)\n";
        ++offset;
        continue;
      }
      append_instr(text, instr, operands, offset);
      offset += instr.length;
      const bool ends_in_table = instr.mnemonic == ZYDIS_MNEMONIC_JMP &&
                                 operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
                                 table_ >= offset && table_ < offset + 4;
      if (ends_in_table) offset = append_table(text, code, offset);
    }
    text += ".\n";
  }

 private:
  static constexpr size_t none = SIZE_MAX;

  void append_instr(std::string& text, const ZydisDecodedInstruction& instr,
                    std::span<const ZydisDecodedOperand> operands, size_t offset) {
    char words[256];
    if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter_, &instr, operands.data(),
                                                      instr.operand_count_visible, words,
                                                      sizeof words, offset, nullptr))) {
      words[0] = '\0';
    }
    const std::optional<int64_t> target = target_of(instr, operands, offset);
    if (instr.mnemonic == ZYDIS_MNEMONIC_LEA && target) {
      table_ = static_cast<size_t>(*target);
    } else if (target && *target > 0) {
      targets_.push_back(static_cast<size_t>(*target));
    }
    append_line(text, instr.length, kind(instr), target, words);
  }

  /// A table of branches at `table_`, right behind the jump that reads it: distances from it. It
  /// ends where the first thing lies that it, or the code before it, leads to.
  size_t append_table(std::string& text, std::span<const uint8_t> code, size_t offset) {
    if (table_ > offset) append_line(text, table_ - offset, '=', {}, "(padding)");
    size_t end = code.size();
    for (const size_t place : targets_) {
      if (place > table_) end = std::min(end, place);
    }
    offset = table_;
    while (offset + 4 <= end) {
      int32_t distance = 0;
      std::memcpy(&distance, &code[offset], sizeof distance);
      const int64_t target = static_cast<int64_t>(table_) + distance;
      if (target > static_cast<int64_t>(table_)) end = std::min(end, static_cast<size_t>(target));
      append_line(text, 4, 't', target, ".long");
      offset += 4;
    }
    return offset;
  }

  static void append_line(std::string& text, size_t size_bytes, char kind,
                          std::optional<int64_t> target, std::string_view words) {
    text += std::to_string(size_bytes);
    text += ' ';
    text += kind;
    text += ' ';
    text += target ? std::to_string(*target) : "-";
    text += ' ';
    text += words;
    text += '\n';
  }

  static char kind(const ZydisDecodedInstruction& instr) {
    const ZydisInstructionCategory category = instr.meta.category;
    if (category == ZYDIS_CATEGORY_CALL) return 'l';
    if (category == ZYDIS_CATEGORY_UNCOND_BR) return 'j';
    if (category == ZYDIS_CATEGORY_COND_BR) return 'c';
    return category == ZYDIS_CATEGORY_RET ? 'r' : 'd';
  }

  /// Where a branch leads, or the constant that an operand is: a distance from the function.
  static std::optional<int64_t> target_of(const ZydisDecodedInstruction& instr,
                                          std::span<const ZydisDecodedOperand> operands,
                                          size_t offset) {
    for (const ZydisDecodedOperand& operand : operands.first(instr.operand_count_visible)) {
      const bool is_target =
          (operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operand.imm.is_relative) ||
          (operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.base == ZYDIS_REGISTER_RIP);
      ZyanU64 target = 0;
      if (is_target && ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&instr, &operand, offset, &target)))
        return static_cast<int64_t>(target);
    }
    return std::nullopt;
  }

  ZydisDecoder decoder_;
  ZydisFormatter formatter_;
  size_t table_ = none;          // that the code before took the address of
  std::vector<size_t> targets_;  // what the code before leads to
};

}  // namespace

int main() {
  const std::vector<uint8_t> input = read_all(stdin);
  Disassembler disassembler;
  std::string text;
  for (std::span<const uint8_t> rest = input; !rest.empty();) {
    if (rest.size() < 4) return 2;
    const size_t size_bytes = static_cast<size_t>(rest[0]) | static_cast<size_t>(rest[1]) << 8 |
                              static_cast<size_t>(rest[2]) << 16 |
                              static_cast<size_t>(rest[3]) << 24;
    rest = rest.subspan(4);
    if (size_bytes > rest.size()) return 2;
    disassembler.append_func(text, rest.first(size_bytes));
    rest = rest.subspan(size_bytes);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) return 1;
    text.clear();
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

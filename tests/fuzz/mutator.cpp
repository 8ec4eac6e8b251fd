// Changes that keep the layers above intact, so that deeper ones are reached: sizes of sections and
// bodies are put right.
#include "fuzz/mutator.h"

#include <algorithm>
#include <iterator>

#include "binary/instr_reader.h"
#include "binary/module_decoder.h"

namespace waxwing::tests {
namespace {

using syntax::ImmediateKind;
using syntax::Op;
using syntax::OpInfo;
using syntax::OpKind;

constexpr size_t header_size = 8;
constexpr uint8_t code_section = 10;

// Numbers at the edges of ranges.
constexpr uint64_t interesting[] = {
    0,          1,          2,          3,
    7,          8,          15,         16,
    31,         32,         63,         64,
    127,        128,        255,        256,
    0x7fff,     0x8000,     0xffff,     0x10000,
    1u << 20,   1u << 26,   1u << 28,   0x7fffffff,
    0x80000000, 0xfffffff0, 0xffffffff, 1ull << 32,
    1ull << 48, INT64_MAX,  1ull << 63, UINT64_MAX - 7,
    UINT64_MAX,
};

void append_leb(Bytes& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(uint8_t(value | 0x80));
  bytes.push_back(uint8_t(value));
}

void append_signed_leb(Bytes& bytes, int64_t value) {
  for (; value < -64 || value > 63; value >>= 7) bytes.push_back(uint8_t(value | 0x80));
  bytes.push_back(uint8_t(value & 0x7f));
}

void append(Bytes& to, base::ByteSpan bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

Bytes leb(uint64_t value) {
  Bytes bytes;
  append_leb(bytes, value);
  return bytes;
}

Bytes opcode_bytes(Op op) {
  const OpInfo& info = syntax::op_info(op);
  if (info.prefix == 0) return {uint8_t(info.code)};
  Bytes bytes = {info.prefix};
  append_leb(bytes, info.code);
  return bytes;
}

Bytes::iterator at(Bytes& bytes, size_t position) { return bytes.begin() + ptrdiff_t(position); }

void replace(Bytes& bytes, size_t begin, size_t end, base::ByteSpan with) {
  bytes.erase(at(bytes, begin), at(bytes, end));
  bytes.insert(at(bytes, begin), with.begin(), with.end());
}

/// One small change somewhere in `bytes`, perhaps with bytes of `donor`.
void change_some_byte(Bytes& bytes, base::ByteSpan donor, Random& random) {
  const size_t begin = random.below(bytes.size() + 1);
  const size_t end = std::min(bytes.size(), begin + 1 + random.below(random.one_in(8) ? 64 : 4));
  const size_t from = random.below(donor.size());
  switch (random.below(8)) {
    case 0:
      if (begin < end) bytes[begin] = uint8_t(bytes[begin] ^ 1u << random.below(8));
      break;
    case 1:
      if (begin < end) bytes[begin] = random.byte();
      break;
    case 2: bytes.insert(at(bytes, begin), random.byte()); break;
    case 3: replace(bytes, begin, end, {}); break;
    case 4: {
      const Bytes copy(at(bytes, begin), at(bytes, end));
      bytes.insert(at(bytes, begin), copy.begin(), copy.end());
      break;
    }
    case 5:
      replace(bytes, begin, end, donor.subspan(from, std::min(donor.size() - from, end - begin)));
      break;
    case 6:
      replace(bytes, begin, std::min(bytes.size(), begin + 1), leb(random.pick(interesting)));
      break;
    case 7:
      if (begin < end) bytes[begin] = uint8_t(bytes[begin] + (random.one_in(2) ? 1 : -1));
      break;
  }
}

Bytes join(std::span<const SeedSection> sections) {
  Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0};
  for (const SeedSection& section : sections) {
    bytes.push_back(section.id);
    append_leb(bytes, section.bytes.size());
    append(bytes, section.bytes);
  }
  return bytes;
}

std::vector<SeedSection> split(const Bytes& bytes) {
  std::vector<SeedSection> sections;
  binary::Reader reader(base::ByteSpan(bytes).subspan(header_size), header_size);
  while (reader.ok() && !reader.at_end()) {
    const uint8_t id = reader.u8();
    const base::ByteSpan body = reader.bytes(reader.length());
    sections.push_back({id, Bytes(body.begin(), body.end())});
  }
  return sections;
}

std::vector<SeedBody> split_bodies(const SeedSection& section, const syntax::Module& module) {
  std::vector<SeedBody> bodies;
  binary::Reader reader(section.bytes);
  for (uint32_t i = reader.count(); i > 0 && reader.ok(); --i) {
    const base::ByteSpan bytes = reader.bytes(reader.length());
    SeedBody& body = bodies.emplace_back(SeedBody{Bytes(bytes.begin(), bytes.end()), {}});
    const base::ByteSpan code = module.code(module.bodies[bodies.size() - 1]);
    const uint32_t locals_size = uint32_t(bytes.size() - code.size());
    binary::InstrReader instrs(module, syntax::FeatureSet::all(), code, 0);
    binary::Instr instr;
    while (instrs.next(instr)) {
      body.instrs.push_back(
          {instr.op, locals_size + instr.code_offset, locals_size + instrs.position()});
    }
  }
  return bodies;
}

/// Instructions that take the place of `op` without another change: the same operands, results and
/// immediates.
std::vector<Op> twins(Op op) {
  const OpInfo& info = syntax::op_info(op);
  std::vector<Op> found;
  if (info.signature.by_hand) return found;
  const auto alike = [&](const OpInfo& other) {
    return !other.signature.by_hand && other.id != op && other.immediate == info.immediate &&
           other.signature.params == info.signature.params &&
           other.signature.results == info.signature.results &&
           other.signature.param_count == info.signature.param_count &&
           other.signature.result_count == info.signature.result_count;
  };
  for (const OpInfo& other : syntax::op_table) {
    if (alike(other)) found.push_back(other.id);
  }
  return found;
}

/// A new immediate for instructions that have one number, or nothing.
Bytes other_immediate(Op op, Random& random) {
  const uint64_t number = random.pick(interesting);
  Bytes bytes;
  switch (syntax::op_info(op).immediate) {
    case ImmediateKind::i32: append_signed_leb(bytes, int32_t(uint32_t(number))); break;
    case ImmediateKind::i64: append_signed_leb(bytes, int64_t(number)); break;
    case ImmediateKind::f32:
      for (int i = 0; i < 4; ++i) bytes.push_back(random.byte());
      break;
    case ImmediateKind::f64:
      for (int i = 0; i < 8; ++i) bytes.push_back(random.byte());
      break;
    case ImmediateKind::v128:
      for (int i = 0; i < 16; ++i) bytes.push_back(random.byte());
      break;
    case ImmediateKind::shuffle:
      for (int i = 0; i < 16; ++i) bytes.push_back(uint8_t(random.below(32)));
      break;
    case ImmediateKind::mem_arg:
      bytes.push_back(0);
      append_leb(bytes, random.one_in(2) ? number : random.below(70'000));
      break;
    case ImmediateKind::label:
    case ImmediateKind::func:
    case ImmediateKind::type:
    case ImmediateKind::local:
    case ImmediateKind::global:
    case ImmediateKind::table:
    case ImmediateKind::memory:
    case ImmediateKind::data:
    case ImmediateKind::elem:
    case ImmediateKind::tag:
    case ImmediateKind::lane:
      bytes.push_back(uint8_t(random.below(random.one_in(8) ? 128 : 4)));
      break;
    case ImmediateKind::none:
    case ImmediateKind::block:
    case ImmediateKind::br_table:
    case ImmediateKind::call_indirect:
    case ImmediateKind::mem_arg_lane:
    case ImmediateKind::heap_type:
    case ImmediateKind::select_types:
    case ImmediateKind::try_table:
    case ImmediateKind::field:
    case ImmediateKind::type_count:
    case ImmediateKind::type_data:
    case ImmediateKind::type_elem:
    case ImmediateKind::type_type:
    case ImmediateKind::cast:
    case ImmediateKind::data_memory:
    case ImmediateKind::elem_table:
    case ImmediateKind::memory_memory:
    case ImmediateKind::table_table:
    case ImmediateKind::fence: break;
  }
  return bytes;
}

}  // namespace

void Mutator::add(std::string name, Bytes bytes) {
  const auto module =
      binary::decode(std::make_shared<const Bytes>(bytes), syntax::FeatureSet::all());
  if (!module) return;
  Seed seed{.name = std::move(name), .bytes = bytes, .sections = split(bytes), .bodies = {}};
  for (const SeedSection& section : seed.sections) {
    if (section.id == code_section) seed.bodies = split_bodies(section, *module);
  }
  seeds_.push_back(std::move(seed));
}

Bytes Mutator::make(uint64_t number) const {
  Random random(number);
  const Seed& seed = pick_seed(random);
  const size_t kind = random.below(10);
  if (kind < 2) return change_bytes(seed, random);
  if (kind < 5 || seed.bodies.empty()) return change_sections(seed, random);
  return change_instrs(seed, random);
}

Bytes Mutator::change_bytes(const Seed& seed, Random& random) const {
  Bytes bytes = seed.bytes;
  if (random.one_in(10)) bytes.resize(random.below(bytes.size()));
  for (size_t i = 1 + random.below(4); i > 0; --i)
    change_some_byte(bytes, pick_seed(random).bytes, random);
  return bytes;
}

Bytes Mutator::change_sections(const Seed& seed, Random& random) const {
  std::vector<SeedSection> sections = seed.sections;
  const std::vector<SeedSection>& donors = pick_seed(random).sections;
  for (size_t i = 1 + random.below(2); i > 0 && !sections.empty(); --i) {
    const size_t chosen = random.below(sections.size());
    const size_t other = random.below(sections.size());
    const SeedSection donor = donors.empty() ? SeedSection() : donors[random.below(donors.size())];
    switch (random.below(10)) {
      case 0:
        sections.insert(sections.begin() + ptrdiff_t(other), SeedSection(sections[chosen]));
        break;
      case 1: std::swap(sections[chosen], sections[other]); break;
      case 2: sections.erase(sections.begin() + ptrdiff_t(chosen)); break;
      case 3: sections.insert(sections.begin() + ptrdiff_t(other), donor); break;
      case 4:
        for (SeedSection& section : sections) {
          if (section.id == donor.id) section = donor;
        }
        break;
      default:
        for (size_t k = 1 + random.below(3); k > 0; --k) {
          change_some_byte(sections[chosen].bytes, donor.bytes, random);
        }
    }
  }
  return join(sections);
}

Bytes Mutator::change_instrs(const Seed& seed, Random& random) const {
  std::vector<Bytes> bodies;
  for (const SeedBody& body : seed.bodies) bodies.push_back(body.bytes);
  for (size_t i = 1 + random.below(random.one_in(4) ? 4 : 1); i > 0; --i) {
    const size_t chosen = random.below(bodies.size());
    const SeedBody& original = seed.bodies[chosen];
    if (random.one_in(20)) {
      bodies[chosen] = seed.bodies[random.below(bodies.size())].bytes;
    } else if (random.one_in(20)) {
      change_some_byte(bodies[chosen], seed.bodies[random.below(bodies.size())].bytes, random);
    } else if (bodies[chosen] == original.bytes && !original.instrs.empty()) {
      // From back to front: what lies before a changed instruction stays where it was.
      size_t position = original.instrs.size();
      for (size_t k = 1 + random.below(random.one_in(4) ? 6 : 1); k > 0 && position > 0; --k) {
        position = random.below(position);
        change_instr(original, position, bodies[chosen], random);
      }
    }
  }
  Bytes code;
  append_leb(code, bodies.size());
  for (const Bytes& body : bodies) {
    append_leb(code, body.size());
    append(code, body);
  }
  std::vector<SeedSection> sections = seed.sections;
  for (SeedSection& section : sections) {
    if (section.id == code_section) section.bytes = code;
  }
  return join(sections);
}

void Mutator::change_instr(const SeedBody& original, size_t position, Bytes& body,
                           Random& random) const {
  const SeedInstr& instr = original.instrs[position];
  const Bytes old(at(body, instr.begin), at(body, instr.end));
  const Bytes op = opcode_bytes(instr.op);
  switch (random.below(random.one_in(4) ? 8 : 5)) {
    case 0:
    case 1:
    case 2: {
      const std::vector<Op> candidates = twins(instr.op);
      if (candidates.empty()) break;
      Bytes changed = opcode_bytes(random.pick(candidates));
      append(changed, base::ByteSpan(old).subspan(std::min(op.size(), old.size())));
      return replace(body, instr.begin, instr.end, changed);
    }
    case 3:
    case 4: break;
    case 5: return replace(body, instr.begin, instr.end, {});
    case 6: return replace(body, instr.begin, instr.begin, pick_instr(random));
    case 7: return replace(body, instr.begin, instr.begin, old);
  }
  const Bytes immediate = other_immediate(instr.op, random);
  if (immediate.empty()) return;
  Bytes changed = op;
  append(changed, immediate);
  replace(body, instr.begin, instr.end, changed);
}

/// An instruction from any seed.
Bytes Mutator::pick_instr(Random& random) const {
  const Seed& seed = pick_seed(random);
  if (seed.bodies.empty()) return {};
  const SeedBody& body = seed.bodies[random.below(seed.bodies.size())];
  if (body.instrs.empty()) return {};
  const SeedInstr& instr = body.instrs[random.below(body.instrs.size())];
  return Bytes(body.bytes.begin() + ptrdiff_t(instr.begin),
               body.bytes.begin() + ptrdiff_t(instr.end));
}

}  // namespace waxwing::tests

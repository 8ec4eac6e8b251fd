// Images there and back, and everything that is not one.
#include "image/image.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "sample.h"

namespace waxwing::image {
namespace {

using Bytes = std::vector<uint8_t>;
using base::ByteSpan;

OpenResult<Image> open(const Bytes& bytes, const OpenOptions& options = {}) {
  return Image::open(cache::Blob::own(bytes), options);
}

/// The name of the fault that opening `bytes` finds, or "".
std::string_view fault_of(const Bytes& bytes, const OpenOptions& options = {}) {
  const auto image = open(bytes, options);
  return image ? "" : fault_name(image.error().fault);
}

Bytes secret_bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST(image, holds_a_module_and_its_code) {
  const Sample sample;
  const auto image = open(sample.native());
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->compat, sample_compat);
  EXPECT_EQ(image->module_digest, Sample::digest());
  EXPECT_TRUE(image->has_code);
  EXPECT_FALSE(image->has_bodies);
  const abi::CodeTables& tables = image->tables;
  EXPECT_TRUE(std::ranges::equal(image->text, sample.code.text));
  EXPECT_EQ(image->text_offset % 4096, 0u);
  ASSERT_EQ(tables.funcs.size(), 2u);
  EXPECT_EQ(tables.funcs[1].frame_bytes, 48u);
  ASSERT_NE(tables.find_site(260), nullptr);
  EXPECT_EQ(tables.find_site(260)->trap, syntax::TrapCode::unreachable);
  EXPECT_EQ(tables.handlers_of(tables.funcs[0]).size(), 0u);
  EXPECT_EQ(tables.stubs.fault, 70u);
  EXPECT_TRUE(std::ranges::equal(tables.stubs.enter, sample.code.stubs.enter));
  EXPECT_TRUE(std::ranges::equal(tables.stubs.traps, sample.code.stubs.traps));
  EXPECT_FALSE(tables.relies_on_guards);
  EXPECT_TRUE(tables.has_counters);
}

TEST(image, holds_all_fields_of_a_module) {
  const Sample sample;
  const auto image = open(sample.bodies());
  ASSERT_TRUE(image) << image.error().message();
  const syntax::Module& there = sample.module;
  const syntax::Module& here = image->module;
  EXPECT_TRUE(here.bytes.empty());
  ASSERT_EQ(here.types.size(), there.types.size());
  for (uint32_t i = 0; i < there.types.size(); ++i) {
    EXPECT_EQ(here.types[TypeIdx(i)].composite, there.types[TypeIdx(i)].composite);
    EXPECT_EQ(here.types[TypeIdx(i)].super, there.types[TypeIdx(i)].super);
    EXPECT_EQ(here.types[TypeIdx(i)].is_final, there.types[TypeIdx(i)].is_final);
  }
  EXPECT_EQ(here.rec_groups.size(), 4u);
  ASSERT_EQ(here.imports.size(), there.imports.size());
  for (size_t i = 0; i < there.imports.size(); ++i) {
    EXPECT_EQ(here.imports[i].module, there.imports[i].module);
    EXPECT_EQ(here.imports[i].name, there.imports[i].name);
    EXPECT_EQ(here.imports[i].kind(), there.imports[i].kind());
    EXPECT_EQ(here.imports[i].offset, there.imports[i].offset);
  }
  EXPECT_TRUE(std::ranges::equal(here.funcs, there.funcs));
  EXPECT_TRUE(std::ranges::equal(here.memories, there.memories));
  EXPECT_EQ(here.tables[syntax::TableIdx(1u)].type, there.tables[syntax::TableIdx(1u)].type);
  ASSERT_TRUE(here.tables[syntax::TableIdx(1u)].init);
  EXPECT_EQ(here.instrs(*here.tables[syntax::TableIdx(1u)].init)[0].op, Op::ref_func);
  EXPECT_EQ(here.instrs(here.globals[syntax::GlobalIdx(1u)].init)[2].count, 2u);
  EXPECT_EQ(here.tags.size(), 2u);
  ASSERT_EQ(here.exports.size(), 2u);
  EXPECT_EQ(here.exports[1].name, "mem");
  EXPECT_EQ(here.start, FuncIdx(1u));
  ASSERT_EQ(here.elems.size(), 2u);
  EXPECT_TRUE(std::ranges::equal(here.elems[syntax::ElemIdx(0u)].funcs,
                                 there.elems[syntax::ElemIdx(0u)].funcs));
  EXPECT_EQ(here.elems[syntax::ElemIdx(1u)].exprs.size(), 2u);
  ASSERT_EQ(here.datas.size(), 3u);
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::ranges::equal(here.datas[syntax::DataIdx(i)].bytes,
                                   there.datas[syntax::DataIdx(i)].bytes));
  }
  EXPECT_EQ(here.data_count, 3u);
  ASSERT_EQ(here.customs.size(), 1u);
  EXPECT_EQ(here.customs[0].name, "producers");
  EXPECT_EQ(base::as_text(here.customs[0].bytes), "clang 19");
  EXPECT_EQ(here.names.module, "sample");
  EXPECT_EQ(here.func_name(FuncIdx(2u)), "outer");
}

TEST(image, holds_bodies_and_hints_where_they_are_asked_for) {
  const Sample sample;
  const auto image = open(sample.bodies());
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_TRUE(image->has_bodies);
  EXPECT_FALSE(image->has_code);
  const syntax::Module& here = image->module;
  ASSERT_EQ(here.bodies.size(), 2u);
  EXPECT_EQ(base::as_text(here.code(here.bodies[1])), "\x05\x06\x0b");
  ASSERT_EQ(here.locals(here.bodies[1]).size(), 2u);
  EXPECT_EQ(here.locals(here.bodies[1])[1].type, syntax::v128_type);
  EXPECT_EQ(here.hints.funcs[0].max_stack_slots, 4u);
  EXPECT_EQ(here.hints.loops[0].written_locals, 5u);
  EXPECT_EQ(here.hints.local_weights[2], 64u);

  const auto native = open(sample.native());
  ASSERT_TRUE(native);
  const syntax::Module& without = native->module;
  ASSERT_EQ(without.bodies.size(), 2u);
  EXPECT_EQ(without.bodies[1].offset, 1050u) << "for traces";
  EXPECT_TRUE(without.code(without.bodies[1]).empty());
  EXPECT_TRUE(without.locals(without.bodies[1]).empty());
}

TEST(image, is_the_same_wherever_the_module_lies) {
  const Sample one;
  const Bytes gap(12345);
  const Sample other;
  EXPECT_EQ(one.native(), other.native());
  EXPECT_EQ(one.bodies(), other.bodies());
  EXPECT_NE(one.native(), one.bodies());
}

TEST(image, has_segments_where_memories_have_them) {
  const Sample sample(200'000);
  const Bytes bytes = sample.native();
  EXPECT_LT(bytes.size(), 230'000u) << "no byte is there twice";
  const auto image = open(bytes);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_TRUE(image->memory_parts.empty()) << "there is no file to map";
  const auto& datas = image->module.datas;
  EXPECT_TRUE(std::ranges::equal(datas[syntax::DataIdx(1u)].bytes,
                                 sample.module.datas[syntax::DataIdx(1u)].bytes));
  const auto summary = Summary::read(bytes);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->memory_bytes, 204'800u) << "the pages from 4096 to 208,896";
  EXPECT_NE(Summary::read(Sample(17'000).native())->memory_bytes, 0u);
  EXPECT_EQ(Summary::read(Sample(15'000).native())->memory_bytes, 0u) << "copying costs less";
}

TEST(image, keeps_its_file_open_where_memories_are_mapped_from_it) {
  const Sample sample(200'000);
  const Bytes bytes = sample.native();
  const auto file = std::make_shared<const platform::File>(platform::File::borrow(0));
  const auto owner = std::make_shared<const Bytes>(bytes);
  const auto image = Image::open(cache::Blob(*owner, owner, file));
  ASSERT_TRUE(image);
  ASSERT_EQ(image->memory_parts.size(), 1u);
  EXPECT_EQ(image->memory_parts[0].memory, syntax::MemIdx(1u));
  EXPECT_EQ(image->memory_parts[0].offset, 4096u);
  EXPECT_GT(file.use_count(), 1);

  const Bytes small = Sample().native();
  const auto small_owner = std::make_shared<const Bytes>(small);
  const auto small_file = std::make_shared<const platform::File>(platform::File::borrow(0));
  const auto closed = Image::open(cache::Blob(*small_owner, small_owner, small_file));
  ASSERT_TRUE(closed);
  EXPECT_EQ(small_file.use_count(), 1) << "nobody needs it any more";
}

TEST(image, opens_bytes_that_are_not_aligned) {
  const Bytes bytes = Sample().native();
  const auto owner = std::make_shared<Bytes>(bytes.size() + 1);
  std::ranges::copy(bytes, owner->begin() + 1);
  EXPECT_TRUE(Image::open(cache::Blob(ByteSpan(*owner).subspan(1), owner)));
}

TEST(image, refuses_what_is_not_what_is_asked_for) {
  const Bytes bytes = Sample().native();
  EXPECT_EQ(fault_of(bytes, {.module_digest = Sample::digest(), .compat = sample_compat}), "");
  EXPECT_EQ(fault_of(bytes, {.module_digest = cache::sha256(bytes)}), "other_module");
  const auto stale = open(bytes, {.compat = "format 1\nbuild abc\ncpu avx2\n"});
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().message(),
            "was made for something else (cpu: `avx2 bmi2` there, `avx2` here)");
}

TEST(image, says_which_line_differs) {
  EXPECT_EQ(compat_difference("a 1\nb 2\n", "a 1\nb 2\n"), "");
  EXPECT_EQ(compat_difference("a 1\n", "a 1\nb 2\n"), "b: nothing there, `2` here");
  EXPECT_EQ(compat_difference("a 1\nb 2\n", "a 1\n"), "b: `2` there, nothing here");
  EXPECT_EQ(compat_difference("a 1\nb\n", "a 1\nb x y"), "b: `` there, `x y` here");
  EXPECT_EQ(compat_difference("b 2\na 1\n", "a 1\nb 2\n"), "the order of its lines");
}

TEST(image, is_signed_with_a_secret) {
  const Sample sample;
  const Bytes secret = secret_bytes("correct horse");
  const Bytes other = secret_bytes("battery staple");
  const Bytes bytes = sample.native(secret);
  EXPECT_EQ(fault_of(bytes), "");
  EXPECT_EQ(fault_of(bytes, {.secret = secret}), "");
  EXPECT_EQ(fault_of(bytes, {.secret = other}), "wrong_signature");
  EXPECT_EQ(fault_of(sample.native(), {.secret = secret}), "not_signed");
  Bytes changed = bytes;
  changed.back() ^= 1;
  put_checksums_right(changed);
  EXPECT_EQ(fault_of(changed), "");
  EXPECT_EQ(fault_of(changed, {.verify = Verify::metadata, .secret = secret}), "wrong_signature");
}

TEST(image, is_refused_with_any_byte_changed) {
  for (const Bytes& bytes : {Sample().native(), Sample().bodies()}) {
    Bytes changed = bytes;
    for (size_t i = 0; i < bytes.size(); ++i) {
      changed[i] = static_cast<uint8_t>(bytes[i] ^ (1u << i % 8));
      EXPECT_NE(fault_of(changed), "") << "at " << i;
      changed[i] = bytes[i];
    }
    EXPECT_EQ(fault_of(changed), "");
  }
}

TEST(image, is_refused_at_any_other_size) {
  const Bytes bytes = Sample().native();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Bytes shorter(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(fault_of(shorter), "truncated") << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(fault_of(longer), "truncated");
}

TEST(image, metadata_are_verified_without_the_rest) {
  const Bytes bytes = Sample().native();
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (const size_t place : {size_t{30}, size_t{300}, sizeof header + 3}) {
    Bytes changed = bytes;
    changed[place] ^= 1;
    EXPECT_EQ(fault_of(changed, {.verify = Verify::metadata}), "damaged_metadata") << place;
  }
  Bytes changed = bytes;
  changed[header.metadata_bytes + 2] ^= 1;
  EXPECT_EQ(fault_of(changed, {.verify = Verify::metadata}), "");
  EXPECT_EQ(fault_of(changed), "damaged_content");
}

TEST(image, of_another_format_is_not_read) {
  Bytes bytes = Sample().native();
  bytes[8] = 99;
  EXPECT_EQ(fault_of(bytes), "other_format");
  bytes[0] = 0;
  EXPECT_EQ(fault_of(bytes), "not_an_image");
}

TEST(image, is_summarized_by_its_metadata) {
  const Bytes bytes = Sample().native(secret_bytes("s"));
  const auto summary = Summary::read(bytes);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->compat, sample_compat);
  EXPECT_EQ(summary->module_digest, Sample::digest());
  EXPECT_EQ(summary->file_bytes, bytes.size());
  EXPECT_EQ(summary->text_bytes, 5000u);
  EXPECT_EQ(summary->func_count, 2u);
  EXPECT_TRUE(summary->is_signed);
  EXPECT_FALSE(Summary::read(base::as_bytes("no image")));
}

TEST(image, is_not_written_of_half_a_module) {
  Sample sample;
  sample.code.funcs.pop_back();
  EXPECT_FALSE(write({.module = sample.module, .code = &sample.code}));
  sample.module.code_bytes = {};
  EXPECT_FALSE(write({.module = sample.module}));
}

/// Uses all that an image offers, as those who load it do.
uint64_t use(const Image& image) {
  const syntax::Module& module = image.module;
  uint64_t sum = image.compat.size() + image.text.size() + image.memory_parts.size();
  for (const syntax::FuncBody& body : module.bodies) {
    for (const uint8_t byte : module.code(body)) sum += byte;
    sum += module.locals(body).size();
  }
  for (uint32_t i = 0; i < module.funcs.size(); ++i)
    sum += module.func_name(FuncIdx(i)).size() + module.func_type(FuncIdx(i)).params.size();
  for (const auto& data : module.datas)
    for (const uint8_t byte : data.bytes) sum += byte;
  for (const auto& custom : module.customs) sum += custom.name.size() + custom.bytes.size();
  for (const auto& elem : module.elems)
    for (const FuncIdx func : elem.funcs) sum += module.funcs[func].value;
  sum += image.tables.find_site(260) != nullptr;
  return sum;
}

// Whoever can change an image can change its checksums; nothing in it may do harm here.
TEST(image, with_groups_of_types_that_no_module_has_is_refused) {
  const Sample sample;
  const auto refused = [&](auto change) {
    syntax::Module module = sample.module;
    change(module);
    const auto bytes = write({.module = module, .compat = sample_compat});
    return bytes && !open(*bytes);
  };
  EXPECT_FALSE(refused([](syntax::Module&) {}));
  EXPECT_TRUE(refused([](syntax::Module& module) {
    module.rec_groups.push_back({TypeIdx(module.types.size()), 0});
  }));
  EXPECT_TRUE(refused([](syntax::Module& module) {
    const syntax::SubType type = module.types[TypeIdx(0u)];
    const TypeIdx first(module.types.size());
    for (int i = 0; i < 2; ++i) {
      module.canonical_types.push_back(module.types.push_back(type));
    }
    module.rec_groups.push_back({first, 2});
    module.canonical_types[first] = TypeIdx(0u);  // a group of another size
  }));
}

TEST(image, that_was_changed_on_purpose_does_no_harm) {
  std::mt19937 random(1);
  const auto below = [&random](size_t limit) { return random() % limit; };
  const std::vector<Bytes> sources = {Sample().native(), Sample().bodies(),
                                      Sample(200'000).native()};
  constexpr uint64_t special[] = {0, 1, 0x7f, 0xff, 0x1000, 0x7fffffff, 0xffffffff, UINT64_MAX};
  uint64_t sum = 0;
  size_t opened = 0;
  for (int round = 0; round < 30'000; ++round) {
    Bytes bytes = sources[below(10) == 0 ? 2 : below(2)];
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    const size_t most = below(8) == 0 ? bytes.size() : header.metadata_bytes;
    for (size_t changes = 1 + below(3); changes > 0; --changes) {
      const size_t place = sizeof header.magic + 8 + below(most - 24);
      if (below(2) == 0) {
        bytes[place] = static_cast<uint8_t>(random());
      } else {
        const uint64_t value = special[below(std::size(special))] + below(2);
        std::memcpy(&bytes[place], &value, size_t{1} << below(4));
      }
    }
    if (below(10) == 0) bytes.resize(below(bytes.size()));
    put_checksums_right(bytes);
    const auto image = open(bytes);
    if (!image) continue;
    ++opened;
    sum += use(*image);
  }
  EXPECT_GT(opened, 1000u);
  EXPECT_GT(sum, 0u);
}

}  // namespace
}  // namespace waxwing::image

// Lays out the sections and fills them: see image::write.
#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/fallible.h"
#include "cache/checksum.h"
#include "image/image.h"
#include "image/module_archive.h"
#include "syntax/data_extents.h"

namespace waxwing::image {
namespace {

using base::ByteSpan;
using base::ErrorCode;
using syntax::DataSegment;
using syntax::Module;
using syntax::SegmentMode;

/// From here on mapping is quicker than copying, even where all is read then and a quarter written:
/// 7 us instead of 8. Of 1 MiB it is 140 us instead of 340.
constexpr uint64_t min_memory_bytes = 16u << 10;

template <typename T>
ByteSpan bytes_of(std::span<const T> items) {
  return {reinterpret_cast<const uint8_t*>(items.data()), items.size_bytes()};
}

template <typename Items>
ByteSpan bytes_of(const Items& items) {
  return bytes_of(std::span(items.data(), items.size()));
}

std::unexpected<base::Error> no_room(uint64_t size_bytes) {
  return base::fail(ErrorCode::out_of_memory,
                    "an image of a module takes " + std::to_string(size_bytes) + " bytes");
}

/// Whether two segments write to the same byte: then one has not all of its bytes in the memory.
bool overlap(const Module& module) {
  struct Range {
    syntax::MemIdx memory;
    uint64_t begin;
    uint64_t end;
  };
  std::vector<Range> ranges;
  for (const DataSegment& segment : module.datas) {
    if (segment.mode != SegmentMode::active || segment.bytes.empty()) continue;
    const uint64_t begin = syntax::known_place(module, segment).value_or(0);
    ranges.push_back({segment.memory, begin, begin + segment.bytes.size()});
  }
  std::ranges::sort(ranges, {},
                    [](const Range& range) { return std::pair(range.memory, range.begin); });
  const auto meets = [](const Range& left, const Range& right) {
    return left.memory == right.memory && right.begin < left.end;
  };
  return std::ranges::adjacent_find(ranges, meets) != ranges.end();
}

class Writer {
 public:
  explicit Writer(const Source& source)
      : source_(source), module_(source.module), archive_(places_) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  base::Result<std::vector<uint8_t>> run() {
    if (source_.compat.size() > max_compat_bytes)
      return base::fail(ErrorCode::invalid_argument, "what an image is for takes over 16 KiB");
    put(SectionId::compat, base::as_bytes(source_.compat));
    put(SectionId::funcs, bytes_of(module_.funcs));
    put(SectionId::bodies, bytes_of(module_.bodies));
    put(SectionId::func_names, bytes_of(module_.names.funcs));
    TRY(add_code());
    TRY(add_bodies());
    TRY(add_memories());
    describe_module(archive_, module_, std::as_const(facts_));
    if (archive_.is_out_of_memory()) return no_room(archive_.bytes().size());
    put(SectionId::module, archive_.bytes());
    put(SectionId::elem_funcs, bytes_of(archive_.all_elem_funcs()));
    sections_[static_cast<size_t>(SectionId::content)] = places_.pieces();
    return assemble();
  }

 private:
  void put(SectionId id, ByteSpan piece) { sections_[static_cast<size_t>(id)].push_back(piece); }

  base::Result<> add_code() {
    const abi::CodeImage* const code = source_.code;
    if (code == nullptr) return {};
    if (code->reserved_bytes != 0 || code->funcs.size() != module_.bodies.size()) {
      return base::fail(ErrorCode::invalid_argument,
                        "an image holds the code of all functions of a module, or of none");
    }
    put(SectionId::code_funcs, bytes_of(code->funcs));
    put(SectionId::handlers, bytes_of(code->handlers));
    put(SectionId::sites, bytes_of(code->sites));
    put(SectionId::text, code->text);
    const abi::CodeStubs& stubs = code->stubs;
    for (const auto* const list : {&stubs.enter, &stubs.foreign, &stubs.builtins, &stubs.traps,
                                   &stubs.tail_foreign, &stubs.check_type}) {
      put(SectionId::stub_offsets, bytes_of(*list));
    }
    const auto count = [](const std::vector<uint32_t>& list) {
      return static_cast<uint32_t>(list.size());
    };
    facts_.has_code = true;
    facts_.relies_on_guards = code->relies_on_guards;
    facts_.has_counters = code->has_counters;
    facts_.stubs = {.enter_end = stubs.enter_end,
                    .enter_direct = stubs.enter_direct,
                    .fault = stubs.fault,
                    .leave = stubs.leave,
                    .restore = stubs.restore,
                    .restore_end = stubs.restore_end,
                    .enter = count(stubs.enter),
                    .foreign = count(stubs.foreign),
                    .builtins = count(stubs.builtins),
                    .traps = count(stubs.traps),
                    .tail_foreign = count(stubs.tail_foreign),
                    .check_type = count(stubs.check_type)};
    return {};
  }

  base::Result<> add_bodies() {
    facts_.code_offset = module_.code_offset;
    if (!source_.has_bodies) return {};
    facts_.has_bodies = true;
    put(SectionId::local_runs, bytes_of(module_.local_runs));
    put(SectionId::func_hints, bytes_of(module_.hints.funcs));
    put(SectionId::loop_hints, bytes_of(module_.hints.loops));
    put(SectionId::local_weights, bytes_of(module_.hints.local_weights));
    uint64_t begin = UINT64_MAX;
    uint64_t end = 0;
    for (const syntax::FuncBody& body : module_.bodies) {
      begin = std::min<uint64_t>(begin, body.offset);
      end = std::max(end, body.offset + uint64_t{body.code_size});
    }
    if (module_.bodies.empty()) return {};
    if (begin < module_.code_offset || end < begin ||
        end - module_.code_offset > module_.code_bytes.size()) {
      return base::fail(ErrorCode::invalid_argument,
                        "the module has no code for its functions: decode it again");
    }
    facts_.code_bytes = module_.code_bytes.first(end - module_.code_offset);
    return {};
  }

  /// Segments whose place is known lie there, as they will in the memory.
  base::Result<> add_memories() {
    const auto extents = syntax::find_data_extents(module_, min_memory_bytes);
    if (!extents || overlap(module_)) return {};
    uint64_t size = 0;
    for (uint32_t i = 0; i < extents->size(); ++i) {
      const syntax::DataExtent& extent = (*extents)[i];
      if (extent.bytes == 0) continue;
      const uint64_t begin = extent.begin / page_bytes * page_bytes;
      const PartPlace part{.memory = syntax::MemIdx(i),
                           .offset = begin,
                           .begin = size,
                           .size_bytes = aligned(extent.end, page_bytes) - begin};
      facts_.parts.push_back(part);
      size += part.size_bytes;
    }
    if (!base::try_reserve(memory_, size)) return no_room(size);
    memory_.resize(size);
    for (const DataSegment& segment : module_.datas) {
      if (segment.mode != SegmentMode::active || segment.bytes.empty()) continue;
      const auto part = std::ranges::find(facts_.parts, segment.memory, &PartPlace::memory);
      const std::optional<uint64_t> to = syntax::known_place(module_, segment);
      CHECK(part != facts_.parts.end() && to);
      const BytesPlace place{.offset = part->begin + (*to - part->offset),
                             .size_bytes = segment.bytes.size(),
                             .section = SectionId::memory};
      std::memcpy(memory_.data() + place.offset, segment.bytes.data(), segment.bytes.size());
      places_.note(segment.bytes, place);
    }
    put(SectionId::memory, memory_);
    return {};
  }

  base::Result<std::vector<uint8_t>> assemble() {
    Header header;
    header.format = format_version;
    header.module_digest = source_.module_digest;
    header.is_signed = source_.secret.empty() ? 0 : 1;
    uint64_t end = sizeof(Header);
    for (size_t i = 0; i < section_count; ++i) {
      const auto id = static_cast<SectionId>(i);
      uint64_t size = 0;
      for (const ByteSpan piece : sections_[i]) size += piece.size();
      if (id == first_content) header.metadata_bytes = aligned(end, 8);
      end = place_of_section(id, end, size);
      header.table[i] = {.id = static_cast<uint32_t>(i), .offset = end, .size_bytes = size};
      end += size;
    }
    header.file_bytes = end;
    std::vector<uint8_t> bytes;
    if (!base::try_reserve(bytes, end)) return no_room(end);
    const auto append = [&bytes](ByteSpan piece) {
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    };
    append(bytes_of(std::span(&std::as_const(header), 1)));
    for (size_t i = 0; i < section_count; ++i) {
      bytes.resize(header.table[i].offset);
      for (const ByteSpan piece : sections_[i]) append(piece);
    }
    seal(header, bytes);
    return bytes;
  }

  void seal(Header& header, std::vector<uint8_t>& bytes) const {
    const auto store = [&] { std::memcpy(bytes.data(), &header, sizeof header); };
    header.content_checksum = cache::checksum(ByteSpan(bytes).subspan(header.metadata_bytes));
    store();
    if (!source_.secret.empty()) {
      header.signature =
          cache::hmac_sha256(source_.secret, ByteSpan(bytes).subspan(signature_begins));
      store();
    }
    header.metadata_checksum = metadata_checksum(header, bytes);
    store();
  }

  const Source& source_;
  const Module& module_;
  ContentPlaces places_;
  OutArchive archive_;
  ModuleFacts facts_;
  std::vector<uint8_t> memory_;
  std::array<std::vector<ByteSpan>, section_count> sections_;
};

}  // namespace

base::Result<std::vector<uint8_t>> write(const Source& source) { return Writer(source).run(); }

}  // namespace waxwing::image

// Opens an image: see Image::open. What is read here may be anything at all.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <variant>

#include "cache/checksum.h"
#include "image/image.h"
#include "image/module_archive.h"
#include "image/module_check.h"
#include "platform/file_mapping.h"

namespace waxwing::image {
namespace {

using base::ByteSpan;

std::unexpected<Failure> refuse(Fault fault, std::string detail = {}) {
  return std::unexpected(Failure{fault, std::move(detail)});
}

/// The header of `image`, if its metadata are as they were written.
OpenResult<Header> read_header(ByteSpan image) {
  Header header;
  const size_t magic_bytes = std::min(image.size(), header.magic.size());
  if (!std::ranges::equal(image.first(magic_bytes),
                          std::span(Header::right_magic).first(magic_bytes))) {
    return refuse(Fault::not_an_image);
  }
  constexpr size_t format_end = offsetof(Header, format) + sizeof header.format;
  if (image.size() < format_end) return refuse(Fault::truncated);
  const auto format = base::load_le<uint32_t>(&image[offsetof(Header, format)]);
  if (format != format_version) {
    return refuse(Fault::other_format, "format " + std::to_string(format) + ", expected " +
                                           std::to_string(format_version));
  }
  if (image.size() < sizeof header) return refuse(Fault::truncated);
  std::memcpy(&header, image.data(), sizeof header);
  if (header.sections != section_count) return refuse(Fault::other_format);
  if (header.file_bytes != image.size()) {
    return refuse(Fault::truncated, std::to_string(image.size()) + " bytes, expected " +
                                        std::to_string(header.file_bytes));
  }
  if (header.metadata_bytes < sizeof header || header.metadata_bytes > image.size())
    return refuse(Fault::damaged_metadata);
  if (header.metadata_checksum != metadata_checksum(header, image))
    return refuse(Fault::damaged_metadata);
  return header;
}

/// Sections lie where their sizes say, one behind the other, and are all that there is.
bool has_sections(const Header& header) {
  uint64_t end = sizeof header;
  for (size_t i = 0; i < section_count; ++i) {
    const auto id = static_cast<SectionId>(i);
    const SectionPlace& section = header.table[i];
    if (id == first_content && header.metadata_bytes != aligned(end, 8)) return false;
    if (section.id != i || section.zero != 0 || section.size_bytes % item_bytes[i] != 0 ||
        section.size_bytes > header.file_bytes ||
        section.offset != place_of_section(id, end, section.size_bytes)) {
      return false;
    }
    end = section.offset + section.size_bytes;
    if (end > header.file_bytes) return false;
  }
  const SectionPlace& compat = header.table[static_cast<size_t>(SectionId::compat)];
  return end == header.file_bytes && compat.size_bytes <= max_compat_bytes;
}

class Loader {
 public:
  Loader(cache::Blob blob, const OpenOptions& options)
      : blob_(std::move(blob)), options_(options) {}
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  OpenResult<Image> run() {
    TRY(align());
    header_ = TRY(read_header(blob_.bytes()));
    TRY(verify());
    if (!has_sections(header_)) return refuse(Fault::inconsistent, "sections");
    image_.module_digest = header_.module_digest;
    image_.compat = base::as_text(section(SectionId::compat));
    TRY(compare());
    TRY(verify_content());
    TRY(read_module());
    read_code();
    read_memories();
    image_.size_bytes = blob_.size();
    image_.module.owner = blob_.owner();
    return std::move(image_);
  }

 private:
  /// What lies in an image is used in place, so it must be aligned; from files it is.
  OpenResult<std::monostate> align() {
    if (reinterpret_cast<uintptr_t>(blob_.bytes().data()) % 8 == 0) return {};
    auto copy = cache::Blob::copy_of(blob_.bytes());
    if (!copy) return refuse(Fault::out_of_memory);
    blob_ = *std::move(copy);
    return {};
  }

  bool verifies_all() const {
    return options_.verify == Verify::everything || !options_.secret.empty();
  }

  OpenResult<std::monostate> verify() const {
    if (verifies_all() && blob_.file() != nullptr) {
      if (!platform::populate(blob_.bytes()))
        return refuse(Fault::damaged_content, "the file cannot be read");
    }
    if (options_.secret.empty()) return {};
    if (header_.is_signed != 1) return refuse(Fault::not_signed);
    const cache::Digest signature =
        cache::hmac_sha256(options_.secret, blob_.bytes().subspan(signature_begins));
    if (!cache::equal_in_constant_time(signature, header_.signature))
      return refuse(Fault::wrong_signature);
    return {};
  }

  OpenResult<std::monostate> compare() const {
    if (options_.module_digest && *options_.module_digest != image_.module_digest)
      return refuse(Fault::other_module, "SHA-256 " + image_.module_digest.hex());
    if (options_.compat && *options_.compat != image_.compat)
      return refuse(Fault::stale, compat_difference(image_.compat, *options_.compat));
    return {};
  }

  OpenResult<std::monostate> verify_content() const {
    if (!verifies_all()) return {};
    if (cache::checksum(blob_.bytes().subspan(header_.metadata_bytes)) != header_.content_checksum)
      return refuse(Fault::damaged_content);
    return {};
  }

  OpenResult<std::monostate> read_module() {
    syntax::Module& module = image_.module;
    InArchive archive({.module = section(SectionId::module),
                       .content = section(SectionId::content),
                       .memory = section(SectionId::memory),
                       .elem_funcs = items<syntax::FuncIdx>(SectionId::elem_funcs)});
    describe_module(archive, module, facts_);
    if (archive.is_out_of_memory()) return refuse(Fault::out_of_memory);
    if (!archive.ok() || !archive.is_at_end()) return refuse(Fault::inconsistent, "fields");
    module.funcs = decltype(module.funcs)(flat<syntax::TypeIdx>(SectionId::funcs));
    module.bodies = flat<syntax::FuncBody>(SectionId::bodies);
    module.names.funcs = flat<syntax::FuncName>(SectionId::func_names);
    module.code_bytes = facts_.code_bytes;
    module.code_offset = facts_.code_offset;
    module.local_runs = flat<syntax::LocalRun>(SectionId::local_runs);
    module.hints.funcs = flat<syntax::FuncHints>(SectionId::func_hints);
    module.hints.loops = flat<syntax::LoopHints>(SectionId::loop_hints);
    module.hints.local_weights = flat<uint16_t>(SectionId::local_weights);
    if (module.imported_funcs > module.funcs.size() ||
        module.bodies.size() != module.funcs.size() - module.imported_funcs) {
      return refuse(Fault::inconsistent, "functions");
    }
    if (!module.hints.funcs.empty() && module.hints.funcs.size() != module.bodies.size())
      return refuse(Fault::inconsistent, "hints");
    if (const std::string_view fault = structure_fault(module); !fault.empty())
      return refuse(Fault::inconsistent, std::string(fault));
    if (!has_code_facts()) return refuse(Fault::inconsistent, "code");
    if (!has_parts()) return refuse(Fault::inconsistent, "memories");
    image_.has_bodies = facts_.has_bodies;
    return {};
  }

  bool has_code_facts() const {
    const auto& stubs = facts_.stubs;
    const uint64_t count = uint64_t{stubs.enter} + stubs.foreign + stubs.builtins + stubs.traps +
                           stubs.tail_foreign + stubs.check_type;
    return count == items<uint32_t>(SectionId::stub_offsets).size();
  }

  void read_code() {
    std::span<const uint32_t> rest = items<uint32_t>(SectionId::stub_offsets);
    const auto next = [&rest](uint32_t count) {
      const auto list = rest.first(count);
      rest = rest.subspan(count);
      return list;
    };
    const auto& stubs = facts_.stubs;
    image_.has_code = facts_.has_code;
    image_.tables = {.funcs = items<abi::CodeFunc>(SectionId::code_funcs),
                     .sites = items<abi::CodeSite>(SectionId::sites),
                     .handlers = items<abi::CodeHandler>(SectionId::handlers),
                     .stubs = {.enter_end = stubs.enter_end,
                               .enter_direct = stubs.enter_direct,
                               .fault = stubs.fault,
                               .leave = stubs.leave,
                               .restore = stubs.restore,
                               .restore_end = stubs.restore_end,
                               .enter = next(stubs.enter),
                               .foreign = next(stubs.foreign),
                               .builtins = next(stubs.builtins),
                               .traps = next(stubs.traps),
                               .tail_foreign = next(stubs.tail_foreign),
                               .check_type = next(stubs.check_type)},
                     .relies_on_guards = facts_.relies_on_guards,
                     .has_counters = facts_.has_counters};
    image_.text = section(SectionId::text);
    image_.text_offset = header_.table[static_cast<size_t>(SectionId::text)].offset;
  }

  /// Parts are pages of the section, and of a memory that the module defines.
  bool has_parts() const {
    const uint64_t section_bytes = section(SectionId::memory).size();
    return std::ranges::all_of(facts_.parts, [&](const PartPlace& part) {
      const syntax::Module& module = image_.module;
      if (!module.memories.contains(part.memory) || part.memory.value < module.imported_memories)
        return false;
      const syntax::MemoryType& type = module.memories[part.memory];
      const uint64_t memory_bytes = aligned_memory_bytes(type);
      return part.offset % page_bytes == 0 && part.begin % page_bytes == 0 &&
             part.size_bytes % page_bytes == 0 && part.begin <= section_bytes &&
             part.size_bytes <= section_bytes - part.begin && part.offset <= memory_bytes &&
             part.size_bytes <= memory_bytes - part.offset;
    });
  }
  static uint64_t aligned_memory_bytes(const syntax::MemoryType& type) {
    const uint64_t most = UINT64_MAX / 2 >> type.page_size_log2;
    return aligned(std::min(type.limits_pages.min, most) << type.page_size_log2, page_bytes);
  }

  void read_memories() {
    const std::shared_ptr<const platform::File>& file = blob_.shared_file();
    if (!file || !platform::may_stay_open(*file)) return;
    const uint64_t begin = header_.table[static_cast<size_t>(SectionId::memory)].offset;
    for (const PartPlace& part : facts_.parts) {
      image_.memory_parts.push_back(
          {.memory = part.memory,
           .offset = part.offset,
           .bytes = platform::MemoryImage(file, begin + part.begin, part.size_bytes)});
    }
  }

  ByteSpan section(SectionId id) const {
    const SectionPlace& place = header_.table[static_cast<size_t>(id)];
    return blob_.bytes().subspan(place.offset, place.size_bytes);
  }
  template <typename T>
  std::span<const T> items(SectionId id) const {
    const ByteSpan bytes = section(id);
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <typename T>
  base::FlatVector<T> flat(SectionId id) const {
    return base::FlatVector<T>::view(items<T>(id));
  }

  cache::Blob blob_;
  const OpenOptions& options_;
  Image image_;
  Header header_;
  ModuleFacts facts_;
};

}  // namespace

OpenResult<Image> Image::open(cache::Blob blob, const OpenOptions& options) {
  return Loader(std::move(blob), options).run();
}

OpenResult<Summary> Summary::read(base::ByteSpan image) {
  const Header header = TRY(read_header(image));
  if (!has_sections(header)) return refuse(Fault::inconsistent, "sections");
  const auto place = [&](SectionId id) { return header.table[static_cast<size_t>(id)]; };
  const SectionPlace compat = place(SectionId::compat);
  return Summary{
      .module_digest = header.module_digest,
      .compat = std::string(base::as_text(image.subspan(compat.offset, compat.size_bytes))),
      .file_bytes = header.file_bytes,
      .text_bytes = place(SectionId::text).size_bytes,
      .content_bytes = place(SectionId::content).size_bytes,
      .memory_bytes = place(SectionId::memory).size_bytes,
      .func_count =
          static_cast<uint32_t>(place(SectionId::bodies).size_bytes / sizeof(syntax::FuncBody)),
      .is_signed = header.is_signed == 1};
}

}  // namespace waxwing::image

// See linker.h.
#include "codegen/linker.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/fallible.h"
#include "syntax/trap.h"

namespace waxwing::codegen {

using abi::CodeFunc;
using abi::CodeHandler;
using abi::CodeImage;
using abi::CodeSite;
using abi::CodeStubs;
using base::ErrorCode;
using syntax::TypeIdx;

namespace {

/// A line of the cache: how well branches of a function are predicted must not depend on where the
/// functions before it end.
constexpr uint64_t func_alignment = 64;

constexpr uint64_t aligned(uint64_t offset) {
  return (offset + func_alignment - 1) / func_alignment * func_alignment;
}

uint32_t canonical_type(const syntax::Module& module, uint32_t type) {
  return module.canonical_types[TypeIdx(type)].value;
}

/// Types that are equal share their stubs.
void fill_equal_types(const syntax::Module& module, CodeStubs& stubs) {
  for (std::vector<uint32_t>* places : {&stubs.enter, &stubs.foreign}) {
    for (uint32_t type = 0; type < places->size(); ++type)
      (*places)[type] = (*places)[canonical_type(module, type)];
  }
}

/// Where the stub is. REQUIRES: the target is one.
uint32_t place_of_stub(const syntax::Module& module, const CodeStubs& stubs, Target target) {
  const auto lookup = [&] {
    switch (target.kind) {
      case TargetKind::func: break;
      case TargetKind::builtin: return stubs.builtins[target.index];
      case TargetKind::trap: return stubs.traps[target.index];
      case TargetKind::foreign: return stubs.foreign[canonical_type(module, target.index)];
      case TargetKind::tail_foreign:
        return stubs.tail_foreign[canonical_type(module, target.index)];
      case TargetKind::check_type: return stubs.check_type[target.index];
    }
    return CodeStubs::none;
  };
  const uint32_t place = lookup();
  CHECK(place != CodeStubs::none);
  return place;
}

StubRequest empty_request(const syntax::Module& module) {
  const size_t type_count = module.types.size();
  StubRequest request{
      .builtins = std::vector<bool>(abi::builtin_count),
      .traps = std::vector<bool>(std::size(syntax::trap_texts)),
      .enter = std::vector<bool>(type_count),
      .foreign = std::vector<bool>(type_count),
      .tail_foreign = std::vector<bool>(type_count),
      .check_type = std::vector<bool>(type_count),
  };
  for (size_t i = module.imported_funcs; i < module.funcs.size(); ++i) {
    const TypeIdx type = module.funcs[syntax::FuncIdx(static_cast<uint32_t>(i))];
    request.enter[canonical_type(module, type.value)] = true;
  }
  return request;
}

void sort_sites(std::vector<CodeSite>& sites) {
  if (!std::ranges::is_sorted(sites, {}, &CodeSite::code_offset)) {
    std::ranges::sort(sites, {}, &CodeSite::code_offset);
  }
}

class Linker {
 public:
  Linker(const syntax::Module& module, std::vector<CodeObject> objects, const LinkOptions& options)
      : module_(module), objects_(std::move(objects)), options_(options) {}

  base::Result<CodeImage> link(StubWriter& writer) {
    CHECK(objects_.size() == module_.bodies.size());
    stubs_ = TRY(writer.write(module_, request()));
    image_.stubs = std::move(stubs_.stubs);
    TRY(lay_out());
    TRY(copy_code());
    TRY(copy_tables());
    fill_equal_types(module_, image_.stubs);
    return std::move(image_);
  }

 private:
  uint32_t canonical(uint32_t type) const { return canonical_type(module_, type); }

  StubRequest request() const {
    StubRequest request = empty_request(module_);
    for (const CodeObject& object : objects_) {
      for (const Reference& reference : object.references) ask_for(reference.target, request);
    }
    return request;
  }

  void ask_for(Target target, StubRequest& request) const {
    switch (target.kind) {
      case TargetKind::func: return;
      case TargetKind::builtin: request.builtins[target.index] = true; return;
      case TargetKind::trap: request.traps[target.index] = true; return;
      case TargetKind::foreign: request.foreign[canonical(target.index)] = true; return;
      case TargetKind::tail_foreign: request.tail_foreign[canonical(target.index)] = true; return;
      case TargetKind::check_type: request.check_type[target.index] = true; return;
    }
  }

  /// Gives every function its place.
  base::Result<> lay_out() {
    uint64_t end = aligned(stubs_.text.size());
    if (!base::try_reserve(image_.funcs, objects_.size())) return out_of_memory();
    for (const CodeObject& object : objects_) {
      const uint64_t begin = end;
      end = aligned(begin + object.text.size());
      if (end > options_.max_bytes) {
        return std::unexpected(text_is_too_large());
      }
      image_.funcs.push_back({.begin = static_cast<uint32_t>(begin),
                              .end = static_cast<uint32_t>(begin + object.text.size()),
                              .frame_bytes = object.frame_bytes});
    }
    text_bytes_ = static_cast<uint32_t>(end);
    return {};
  }

  base::Result<> copy_code() {
    std::vector<uint8_t>& text = image_.text;
    if (!base::try_reserve(text, text_bytes_)) return out_of_memory();
    text.insert(text.end(), stubs_.text.begin(), stubs_.text.end());
    for (const uint32_t position : stubs_.text_end_references) {
      CHECK(position + uint64_t{4} <= stubs_.text.size());
      store_distance(position, text_bytes_);
    }
    for (size_t i = 0; i < objects_.size(); ++i) {
      TRY(base::go_on(options_.stop));
      const uint32_t begin = image_.funcs[i].begin;
      text.resize(begin, stubs_.padding);
      // The text is what takes memory: no more than one function is there twice.
      const std::vector<uint8_t> code = std::exchange(objects_[i].text, {});
      text.insert(text.end(), code.begin(), code.end());
      for (const Reference& reference : objects_[i].references) {
        CHECK(reference.position + uint64_t{4} <= code.size());
        store_distance(begin + reference.position, place_of(reference.target));
      }
      objects_[i].references = {};
    }
    text.resize(text_bytes_, stubs_.padding);
    return {};
  }

  void store_distance(uint32_t position, uint32_t target) {
    base::store_le(&image_.text[position], target - (position + 4));
  }

  uint32_t place_of(Target target) const {
    if (target.kind == TargetKind::func) return image_.funcs[target.index].begin;
    return place_of_stub(module_, image_.stubs, target);
  }

  base::Result<> copy_tables() {
    size_t site_count = 0;
    size_t handler_count = 0;
    for (const CodeObject& object : objects_) {
      site_count += object.sites.size();
      handler_count += object.handlers.size();
    }
    if (!base::try_reserve(image_.sites, site_count) ||
        !base::try_reserve(image_.handlers, handler_count)) {
      return out_of_memory();
    }
    for (size_t i = 0; i < objects_.size(); ++i) {
      TRY(base::go_on(options_.stop));
      CodeFunc& func = image_.funcs[i];
      func.first_site = static_cast<uint32_t>(image_.sites.size());
      func.first_handler = static_cast<uint32_t>(image_.handlers.size());
      copy_sites(func, std::exchange(objects_[i].sites, {}));
      for (CodeHandler handler : std::exchange(objects_[i].handlers, {})) {
        handler.begin += func.begin;
        handler.end += func.begin;
        if (handler.tag != CodeHandler::skips) handler.target += func.begin;
        image_.handlers.push_back(handler);
      }
    }
    return {};
  }

  std::unexpected<base::Error> out_of_memory() const {
    return base::fail(ErrorCode::out_of_memory, "an image of the machine code of " +
                                                    std::to_string(objects_.size()) + " functions");
  }

  void copy_sites(const CodeFunc& func, std::vector<CodeSite> sites) {
    sort_sites(sites);
    if (!sites.empty()) CHECK(sites.back().code_offset < func.end - func.begin);
    for (CodeSite& site : sites) site.code_offset += func.begin;
    image_.sites.insert(image_.sites.end(), sites.begin(), sites.end());
  }

  const syntax::Module& module_;
  std::vector<CodeObject> objects_;
  const LinkOptions& options_;
  StubCode stubs_;
  CodeImage image_;
  uint32_t text_bytes_ = 0;
};

/// What the text of a module is reserved for, by the sizes of its bodies: address space only, so
/// several times what code usually takes. Functions take at least a page each where the host has
/// but one view of code.
uint64_t room_for(const syntax::Module& module) {
  constexpr uint64_t page_bytes = 4096;
  constexpr uint64_t bytes_per_body_byte = 32;
  uint64_t bytes = (module.bodies.size() + 16) * page_bytes;
  for (const syntax::FuncBody& body : module.bodies)
    bytes += uint64_t{body.code_size} * bytes_per_body_byte;
  return bytes;
}

}  // namespace

base::Error text_is_too_large() {
  return base::fail(ErrorCode::implementation_limit,
                    "machine code is larger than 1 GiB: split the module, or run it with the "
                    "interpreter")
      .error();
}

base::Error code_is_too_large(uint64_t most_bytes) {
  return base::fail(ErrorCode::resource_limit, "more machine code than the " +
                                                   std::to_string(most_bytes) +
                                                   " bytes that CompileLimits::code_bytes allows")
      .error();
}

base::Result<CodeImage> link(const syntax::Module& module, std::vector<CodeObject> objects,
                             StubWriter& stubs, const LinkOptions& options) {
  return Linker(module, std::move(objects), options).link(stubs);
}

base::Result<CodeImage> link_stubs(const syntax::Module& module, StubWriter& writer) {
  StubRequest request = empty_request(module);
  request.builtins.flip();
  request.traps.flip();
  request.lazy_funcs = static_cast<uint32_t>(module.bodies.size());
  for (uint32_t type = 0; type < module.types.size(); ++type) {
    if (!module.types[TypeIdx(type)].func()) continue;
    request.check_type[type] = true;
    request.foreign[canonical_type(module, type)] = true;
    request.tail_foreign[canonical_type(module, type)] = true;
  }
  StubCode stubs = TRY(writer.write(module, request));
  CodeImage image;
  image.stubs = std::move(stubs.stubs);
  image.text = std::move(stubs.text);
  const uint64_t end = std::min(max_text_bytes, image.text.size() + room_for(module));
  if (image.text.size() >= max_text_bytes) {
    return base::fail(ErrorCode::implementation_limit,
                      "the module's types and functions need more than 1 GiB of machine code: run "
                      "it with the interpreter");
  }
  image.reserved_bytes = static_cast<uint32_t>(end);
  for (const uint32_t position : stubs.text_end_references)
    base::store_le(&image.text[position], image.reserved_bytes - (position + 4));
  fill_equal_types(module, image.stubs);
  return image;
}

abi::CodePiece link_piece(const syntax::Module& module, const CodeStubs& stubs, CodeObject object) {
  abi::CodePiece piece;
  piece.text = std::move(object.text);
  piece.distances.reserve(object.references.size());
  for (const Reference& reference : object.references) {
    CHECK(reference.position + uint64_t{4} <= piece.text.size());
    piece.distances.push_back(
        {.position = reference.position, .target = place_of_stub(module, stubs, reference.target)});
  }
  sort_sites(object.sites);
  piece.sites = std::move(object.sites);
  piece.handlers = std::move(object.handlers);
  piece.frame_bytes = object.frame_bytes;
  return piece;
}

}  // namespace waxwing::codegen

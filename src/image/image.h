// One image of a compiled module: a module without its binary, and its machine code, as bytes that
// are used where they lie, in a mapped file or in memory. [docs/cache.md, "The file"]
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/code_image.h"
#include "base/bytes.h"
#include "base/result.h"
#include "cache/digest.h"
#include "cache/store.h"
#include "platform/memory_image.h"
#include "syntax/module.h"

namespace waxwing::image {

/// Grows with each change of what an image holds or means.
inline constexpr uint32_t format_version = 1;

enum class Fault : uint8_t {
#define IMAGE_FAULT(ID, TEXT) ID,
#include "image/image_faults.def"
};

/// The id of `fault` as it is written in C++: a stable word for statistics.
std::string_view fault_name(Fault fault);
/// What `fault` says of the thing that is named before it.
std::string_view fault_text(Fault fault);

/// Why an image is not used: a miss with a reason.
struct Failure {
  Fault fault;
  std::string detail;  // more, where more is known; may be empty

  /// "is stale (cpu: `avx2 bmi2` there, `avx2` here)": goes on behind the name of what holds it.
  std::string message() const;
};

template <typename T>
using OpenResult = std::expected<T, Failure>;

/// What an image is made of.
struct Source {
  const syntax::Module& module;          // validated
  const abi::CodeImage* code = nullptr;  // complete machine code; null: whoever loads it has none
  bool has_bodies = code == nullptr;     // bodies, locals and hints, for who interprets or compiles
  std::string_view compat = {};          // all that the code depends on: a line `name value` each
  cache::Digest module_digest = {};      // of the module's binary
  base::ByteSpan secret = {};            // signs the image; empty: it is not signed
};

/// The image of `source`: the same bytes for the same source wherever and whenever it is made.
/// Fails with `out_of_memory`, `invalid_argument` where the code is not complete, the module has no
/// code for its bodies although they are asked for, or the compat text takes over 16 KiB.
base::Result<std::vector<uint8_t>> write(const Source& source);

/// How much of an image is compared with its checksums before it is used.
enum class Verify : uint8_t {
  everything,
  metadata,  // what loading reads; not code, data and names: for stores whose bytes are known good
};

struct OpenOptions {
  Verify verify = Verify::everything;
  /// Nothing that is not signed with it is opened; everything is verified then. Empty: signatures
  /// are not looked at.
  base::ByteSpan secret = {};
  /// What the image must be of, and for; not compared where they are missing.
  std::optional<cache::Digest> module_digest = std::nullopt;
  std::optional<std::string_view> compat = std::nullopt;
};

/// What an image says of itself, for lists and for explanations.
struct Summary {
  cache::Digest module_digest;
  std::string compat;
  uint64_t file_bytes = 0;
  uint64_t text_bytes = 0;
  uint64_t content_bytes = 0;  // names, custom sections, data, bodies
  uint64_t memory_bytes = 0;   // what memories are mapped from
  uint32_t func_count = 0;     // defined
  bool is_signed = false;

  /// From the image's metadata, which are verified.
  static OpenResult<Summary> read(base::ByteSpan image);
};

/// The value of the line `name` of a compat text; "" where it has none.
std::string_view compat_value(std::string_view compat, std::string_view name);

/// The first line in which two compat texts differ: "cpu: `avx2 bmi2` there, `avx2` here"; "" where
/// they are the same.
std::string compat_difference(std::string_view there, std::string_view here);

/// What a memory that the module defines holds from `offset` on, to be mapped: what all active
/// segments write.
struct MemoryPart {
  syntax::MemIdx memory;
  uint64_t offset = 0;
  platform::MemoryImage bytes;
};

/// An image that was checked. What is in it points into the blob that it was opened from, which
/// `module.owner` keeps; it can be moved out of here, and nothing of it depends on an engine.
struct Image {
  cache::Digest module_digest;
  std::string_view compat;
  uint64_t size_bytes = 0;

  /// Validated, and without its binary.
  syntax::Module module;
  bool has_bodies = false;  // and locals and hints: it can be interpreted, and compiled

  /// For NativeCode::load, which checks that they fit the module.
  bool has_code = false;
  abi::CodeTables tables = {};
  base::ByteSpan text;
  uint64_t text_offset = 0;  // in the blob: a multiple of 4096

  /// What to map into memories, instead of running the active segments; empty where those must be
  /// run, or the blob has no file that may stay open.
  std::vector<MemoryPart> memory_parts;

  /// Checks the whole structure, so that nothing that an image holds can make what reads it here
  /// fail or run away; checksums are against accidents, `secret` is against intent. Costs, beyond
  /// checksums, little more than what is in the metadata: code, names, sites and bodies are not
  /// looked at. Where `blob` has a file, that stays open as long as `memory_parts`.
  static OpenResult<Image> open(cache::Blob blob, const OpenOptions& options = {});
};

}  // namespace waxwing::image

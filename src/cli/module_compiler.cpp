// See module_compiler.h.
#include "cli/module_compiler.h"

#include <utility>

#include "cli/module_file.h"
#include "image/format.h"
#include "platform/file_contents.h"
#include "platform/file_mapping.h"

namespace waxwing::cli {
namespace {

using cache::Blob;
using platform::File;
using platform::FileKind;

constexpr uint64_t max_artefact_bytes = uint64_t{4} << 30;

/// Whether `input`, a regular file at its start, begins as artefacts do.
bool is_artefact(const File& input) {
  if (input.kind() != FileKind::regular_file) return false;
  std::array<uint8_t, image::Header::right_magic.size()> start;
  const platform::IoBuffer buffer{start.data(), start.size()};
  const auto size = input.read_at({&buffer, 1}, 0);
  return size && *size == start.size() && start == image::Header::right_magic;
}

/// The artefact is mapped where nobody else can change it meanwhile; else it is read.
Fallible<Blob> artefact_blob(const std::string& file, File input) {
  const auto stat = input.stat();
  if (stat && stat->size_bytes != 0 && stat->size_bytes <= max_artefact_bytes &&
      cache::check_trust(*stat, file)) {
    if (auto mapped = platform::FileMapping::map(input, stat->size_bytes)) {
      const auto owner = std::make_shared<const platform::FileMapping>(*std::move(mapped));
      return Blob(owner->bytes(), owner, std::make_shared<const File>(std::move(input)));
    }
  }
  auto contents = platform::FileContents::read(input, display_name(file), max_artefact_bytes);
  if (!contents) return fail(exit_code::cannot_load, contents.error().message());
  const auto owner = std::make_shared<const platform::FileContents>(*std::move(contents));
  return Blob(owner->bytes(), owner);
}

}  // namespace

Fallible<ModuleCompiler::Result> ModuleCompiler::compile(const std::string& file,
                                                         std::string_view name) const {
  return compile(file, TRY(open_module(file)), name);
}

Fallible<ModuleCompiler::Result> ModuleCompiler::compile_or_load(const std::string& file,
                                                                 std::string_view name,
                                                                 bool is_trusted) const {
  File input = TRY(open_module(file));
  if (file != "-" && is_artefact(input)) return load(file, std::move(input), name, is_trusted);
  return compile(file, input, name);
}

Fallible<ModuleCompiler::Result> ModuleCompiler::compile(const std::string& file, const File& input,
                                                         std::string_view name) const {
  // Standard input need not be at its start.
  std::optional<cache::FileIdentity> identity;
  if (cache_.files() != nullptr && file != "-") identity = cache::FileIdentity::of(input);
  if (Compiled found = find(identity, name)) {
    Result result{std::move(found), cache_.take_account()};
    cache_.explain(display_name(file), result.account);
    return result;
  }
  const ModuleSource source = TRY(ModuleSource::read(file, input));
  auto compiled = engine_.compile(source.shared_bytes(), name, stop_);
  CacheAccount account = cache_.take_account();
  if (!compiled) return std::unexpected(source.failure(compiled.error()));
  if (identity && account.module && source.is_binary()) {
    (void)cache_.files()->note(*identity, input, *account.module);  // no harm where it is not
  }
  cache_.explain(display_name(file), account);
  return Result{*std::move(compiled), std::move(account)};
}

ModuleCompiler::Compiled ModuleCompiler::find(const std::optional<cache::FileIdentity>& identity,
                                              std::string_view name) const {
  if (!identity) return nullptr;
  const auto digest = cache_.files()->find(*identity);
  if (!digest) return nullptr;
  auto found = engine_.find(*digest, name);
  return found ? *std::move(found) : nullptr;  // what is wrong, compiling tells
}

Fallible<ModuleCompiler::Result> ModuleCompiler::load(const std::string& file, File input,
                                                      std::string_view name,
                                                      bool is_trusted) const {
  if (!is_trusted) {
    return fail(exit_code::cannot_load,
                display_name(file) +
                    ": this is machine code, which can do all that you may do, not only what a "
                    "module may",
                "if you trust who made it: waxwing run --allow-precompiled FILE");
  }
  const Blob blob = TRY(artefact_blob(file, std::move(input)));
  auto loaded = engine_.load(blob, cache_.secret(), name);
  if (!loaded) return std::unexpected(failure_of(display_name(file), loaded.error()));
  return Result{*std::move(loaded), {}};
}

}  // namespace waxwing::cli

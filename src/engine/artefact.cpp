// See artefact.h.
#include "engine/artefact.h"

#include <optional>
#include <string>

#include "engine/build_id.h"

namespace waxwing::engine {
namespace {

using base::ErrorCode;

base::Result<> check_processor(std::string_view compat, const Config& config) {
  using codegen::x64::CpuFeatures;
  const CpuFeatures host = config.codegen.cpu ? *config.codegen.cpu : TRY(CpuFeatures::from_host());
  const std::optional<CpuFeatures> needed =
      CpuFeatures::from_text(image::compat_value(compat, "cpu"));
  if (image::compat_value(compat, "isa") == "x86-64" && needed && host.has_all(*needed)) return {};
  return base::fail(ErrorCode::unsupported,
                    "the artefact is for a processor of the kind " +
                        std::string(image::compat_value(compat, "isa")) + " with '" +
                        std::string(image::compat_value(compat, "cpu")) + "', and this one has '" +
                        host.text() + "': compile the module for what both have");
}

/// Code that relies on guard pages is nothing for an engine that was told to check every access.
/// What the host has no address space for is found where memories are made; code that checks runs
/// anywhere.
base::Result<> check_bounds(std::string_view compat, const Config& config) {
  if (config.codegen.guard_pages.value_or(true) ||
      image::compat_value(compat, "bounds") == "explicit")
    return {};
  return base::fail(ErrorCode::invalid_argument,
                    "the artefact's code relies on guard pages behind memories, and this engine "
                    "checks every access: compile the module with explicit bounds, or run it with "
                    "guard pages");
}

}  // namespace

base::Result<> check_artefact(const image::Summary& summary, const Config& config) {
  const std::string_view compat = summary.compat;
  if (image::compat_value(compat, "build") != build_id() ||
      image::compat_value(compat, "abi") != abi_hash()) {
    return base::fail(ErrorCode::unsupported,
                      "the artefact was made by another build of Waxwing: compile the module "
                      "again with this one");
  }
  const bool is_native = image::compat_value(compat, "tier") == "machine-code";
  if (is_native && config.tier == Tier::interpreter) {
    return base::fail(ErrorCode::invalid_argument,
                      "the artefact is machine code, and this engine interprets: compile the "
                      "module for the interpreter, or run it with another engine");
  }
  if (!is_native && config.tier == Tier::baseline) {
    return base::fail(ErrorCode::invalid_argument,
                      "the artefact has no machine code, which this engine needs: compile the "
                      "module for it, or let the interpreter run it");
  }
  const bool has_fuel = image::compat_value(compat, "fuel") == "on";
  if (has_fuel != config.codegen.fuel) {
    return base::fail(ErrorCode::invalid_argument,
                      has_fuel ? "the artefact counts fuel, and this engine does not"
                               : "the artefact does not count fuel, which this engine gives out: "
                                 "compile the module with --codegen=fuel");
  }
  const bool has_listeners = image::compat_value(compat, "listeners") == "on";
  if (has_listeners != config.codegen.listeners) {
    return base::fail(ErrorCode::invalid_argument,
                      has_listeners ? "the artefact tells listeners of its calls, and this engine "
                                      "has no use for that"
                                    : "the artefact does not tell listeners of its calls, as this "
                                      "engine wants it: compile the module with "
                                      "--codegen=listeners");
  }
  const bool is_canonical = image::compat_value(compat, "nans") == "canonical";
  if (is_canonical != config.codegen.canonicalize_nans) {
    return base::fail(ErrorCode::invalid_argument,
                      is_canonical ? "the artefact has canonical NaNs only, and this engine any"
                                   : "the artefact may have any NaNs, and this engine has the "
                                     "canonical one: compile the module with "
                                     "--codegen=canonical-nans");
  }
  if (!is_native) return {};
  TRY(check_bounds(compat, config));
  return check_processor(compat, config);
}

}  // namespace waxwing::engine

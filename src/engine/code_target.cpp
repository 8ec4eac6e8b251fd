// See code_target.h.
#include "engine/code_target.h"

#include <utility>

#include "engine/build_id.h"

namespace waxwing::engine {
namespace {

void add_line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(" ").append(value).append("\n");
}

std::string features_text(const syntax::FeatureSet& features) {
  std::string text;
  for (const syntax::FeatureInfo& info : syntax::feature_table) {
    if (!features.has(info.id)) continue;
    if (!text.empty()) text += ' ';
    text += info.text;
  }
  return text;
}

}  // namespace

std::string compat_text(const CodeTarget& target, std::string_view salt) {
  std::string text;
  add_line(text, "build", build_id());
  add_line(text, "abi", abi_hash());
  add_line(text, "features", features_text(target.features));
  add_line(text, "fuel", target.fuel ? "on" : "off");
  add_line(text, "listeners", target.listeners ? "on" : "off");
  add_line(text, "nans", target.canonicalize_nans ? "canonical" : "any");
  add_line(text, "tier", target.is_native ? "machine-code" : "interpreter");
  if (target.is_native) {
    add_line(text, "isa", "x86-64");
    add_line(text, "cpu", target.cpu.text());
    add_line(text, "bounds", target.guard_pages ? "guard-pages" : "explicit");
    add_line(text, "counters", target.counters ? "on" : "off");
    add_line(text, "registers",
             target.max_registers == 0 ? "all" : std::to_string(target.max_registers));
  }
  if (!salt.empty()) add_line(text, "salt", cache::sha256(base::as_bytes(salt)).hex());
  return text;
}

ImageKey::ImageKey(const cache::Digest& module_digest, std::string compat_lines)
    : module(module_digest), compat(std::move(compat_lines)) {
  cache::Sha256 hash;
  hash.update(base::as_bytes(compat));
  hash.update(module.bytes);
  digest = hash.finish();
}

}  // namespace waxwing::engine

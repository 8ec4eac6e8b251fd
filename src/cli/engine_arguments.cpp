// See engine_arguments.h.
#include "cli/engine_arguments.h"

#include <algorithm>
#include <charconv>
#include <thread>

namespace waxwing::cli {
namespace {

std::vector<std::string_view> feature_names() {
  std::vector<std::string_view> names;
  for (const syntax::FeatureInfo& info : syntax::feature_table) names.push_back(info.text);
  return names;
}

Fallible<> set_feature(syntax::FeatureSet& features, const std::string& name, bool on) {
  if (name == "all") {
    features = on ? syntax::FeatureSet::all() : syntax::FeatureSet();
    features.set(syntax::Feature::mvp, true);
    return {};
  }
  for (const syntax::FeatureInfo& info : syntax::feature_table) {
    if (info.text != name) continue;
    features.set(info.id, on);
    return {};
  }
  const std::string_view meant = nearest(name, feature_names());
  return usage_failure(
      "unknown feature '" + name + "'",
      meant.empty() ? "waxwing features lists them" : "did you mean " + std::string(meant) + "?");
}

/// As the choices of an option.
std::string listed(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) list.append(list.empty() ? "" : "|").append(name);
  return list;
}

}  // namespace

void FeatureSwitches::add_to(CLI::App& app) {
  const std::string names = listed(feature_names()) + "|all";
  add_values(app, "--enable", enabled,
             {"FEATURE", "switches a part of the language on, or all", names});
  add_values(app, "--disable", disabled, {"FEATURE", "switches a part of the language off", names});
}

Fallible<syntax::FeatureSet> FeatureSwitches::result() const {
  syntax::FeatureSet features = base;
  for (const std::string& name : enabled) TRY(set_feature(features, name, true));
  for (const std::string& name : disabled) TRY(set_feature(features, name, false));
  return features;
}

void CodegenChoice::add_to(CLI::App& app) {
  add_value(app, "--codegen", codegen,
            {"SETTINGS", "code: explicit-bounds, avx2, fuel, canonical-nans, and others",
             "guard-pages|explicit-bounds|sse4.1|avx2|counters|fuel|listeners|canonical-nans"});
  add_value(app, "--compile-threads", threads,
            {"N", "threads that compile machine code (default: one a core)"});
  add_value(app, "--compile", time,
            {"WHEN", "eager: functions are compiled before all; lazy: when called", "eager|lazy"});
}

/// Small numbers only: a thread costs memory.
Fallible<uint32_t> CodegenChoice::thread_count() const {
  constexpr uint32_t max_threads = 1024;
  if (threads.empty()) return std::clamp(std::thread::hardware_concurrency(), 1u, max_threads);
  uint32_t count = 0;
  const char* const end = threads.data() + threads.size();
  const auto [stopped, error] = std::from_chars(threads.data(), end, count);
  if (error != std::errc() || stopped != end || count == 0 || count > max_threads) {
    return usage_failure("--compile-threads: '" + threads + "' is no number of threads",
                         "write a number from 1 to 1024");
  }
  return count;
}

Fallible<engine::CodegenConfig> CodegenChoice::result() const {
  using codegen::x64::Feature;
  engine::CodegenConfig config;
  config.threads = TRY(thread_count());
  if (time != "eager" && time != "lazy") {
    return usage_failure("--compile: '" + time + "' is no time for it", "write eager or lazy");
  }
  config.lazy = time == "lazy";
  std::string_view rest = codegen;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    const std::string_view setting = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (setting == "explicit-bounds") {
      config.guard_pages = false;
    } else if (setting == "guard-pages") {
      config.guard_pages = true;
    } else if (setting == "counters") {
      config.counters = true;
    } else if (setting == "fuel") {
      config.fuel = true;
    } else if (setting == "listeners") {
      config.listeners = true;
    } else if (setting == "canonical-nans") {
      config.canonicalize_nans = true;
    } else if (setting == "sse4.1") {
      config.cpu = codegen::x64::CpuFeatures();
    } else if (setting == "avx2") {
      config.cpu = codegen::x64::CpuFeatures();
      for (const Feature feature : {Feature::avx, Feature::avx2, Feature::bmi1, Feature::bmi2,
                                    Feature::fma, Feature::lzcnt, Feature::movbe}) {
        config.cpu->add(feature);
      }
    } else if (setting.starts_with("registers=") && setting.size() == 11 && setting.back() >= '4' &&
               setting.back() <= '8') {
      config.max_registers = static_cast<uint32_t>(setting.back() - '0');
    } else {
      return usage_failure("unknown setting '" + std::string(setting) + "' of --codegen",
                           "settings: guard-pages, explicit-bounds, sse4.1, avx2, counters, fuel, "
                           "listeners, canonical-nans, registers=4 to registers=8");
    }
  }
  return config;
}

void EngineChoice::add_to(CLI::App& app) {
  std::vector<std::string_view> tiers;
  for (const engine::TierInfo& tier : engine::tier_table) tiers.push_back(tier.text);
  add_value(app, "--engine", name,
            {"ENGINE", "runs code: auto (the default), interp, baseline", listed(tiers)});
  codegen.add_to(app);
}

Fallible<engine::Tier> EngineChoice::result() const {
  std::vector<std::string_view> names;
  for (const engine::TierInfo& tier : engine::tier_table) {
    if (tier.text == name) return tier.id;
    names.push_back(tier.text);
  }
  std::string hint = "engines:";
  for (std::string_view known : names) hint.append(" ").append(known);
  return usage_failure("unknown engine '" + name + "'", std::move(hint));
}

}  // namespace waxwing::cli

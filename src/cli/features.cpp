// waxwing features: the switches of the language.
#include "cli/commands.h"

namespace waxwing::cli {

Fallible<int> features(const FeaturesOptions&) {
  std::string text;
  for (const syntax::FeatureInfo& info : syntax::feature_table) {
    std::string name(info.text);
    name.resize(22, ' ');
    text += name + (info.on_by_default ? "on   " : "off  ") + std::string(info.what) + "\n";
  }
  TRY(print(text));
  return exit_code::success;
}

}  // namespace waxwing::cli

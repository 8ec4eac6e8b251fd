// Decodes and validates the modules named on standard input, one path a line, and prints for each
// "PATH<tab>CLASS<tab>MESSAGE": CLASS is "valid" or the class of the error.
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "binary/module_decoder.h"
#include "validate/module_validator.h"

namespace {

using namespace waxwing;

std::string_view class_text(base::ErrorClass error_class) {
  switch (error_class) {
    case base::ErrorClass::malformed: return "malformed";
    case base::ErrorClass::invalid: return "invalid";
    case base::ErrorClass::unlinkable: return "unlinkable";
    case base::ErrorClass::limit: return "limit";
    case base::ErrorClass::host: return "host";
  }
  return "";
}

base::Result<> judge(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(
      std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  syntax::FeatureSet features = syntax::FeatureSet::all();
  features.set(syntax::Feature::custom_page_sizes,
               false);  // whose flags core/ holds to be malformed
  base::Result<syntax::Module> module = binary::decode(bytes, features);
  if (!module) return std::unexpected(module.error());
  return validate::validate(*module, features);
}

}  // namespace

int main() {
  for (std::string path; std::getline(std::cin, path);) {
    const base::Result<> verdict = judge(path);
    std::cout << path << '\t';
    if (verdict) {
      std::cout << "valid\t\n";
    } else {
      const base::Error& error = verdict.error();
      std::cout << class_text(base::error_class(error.code)) << '\t' << base::error_text(error.code)
                << '\t' << error.message() << '\n';
    }
  }
}

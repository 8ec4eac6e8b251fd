// Types in the words of the text format.
#include "waxwing/types.h"

#include "api/convert.h"
#include "waxwing/config.h"

namespace waxwing {

std::string to_string(ValType type) { return syntax::to_string(api::to_internal(type)); }

std::string to_string(const FuncType& type) {
  const std::string signature = syntax::to_string(api::to_internal(type));
  return signature.empty() ? "func" : "func " + signature;
}

std::string to_string(const ExternType& type) {
  struct Visitor {
    std::string operator()(const FuncType& func) const { return to_string(func); }
    std::string operator()(const TableType& table) const {
      return "table " + syntax::to_string(api::to_internal(table));
    }
    std::string operator()(const MemoryType& memory) const {
      return "memory " + syntax::to_string(api::to_internal(memory));
    }
    std::string operator()(const GlobalType& global) const {
      return "global " + syntax::to_string(api::to_internal(global));
    }
    std::string operator()(const TagType& tag) const {
      const std::string params = syntax::to_string(api::to_internal(FuncType{tag.params, {}}));
      return params.empty() ? "tag" : "tag " + params;
    }
  };
  return std::visit(Visitor{}, type);
}

Features Features::defaults() { return api::to_public(syntax::FeatureSet::defaults()); }
Features Features::all() { return api::to_public(syntax::FeatureSet::all()); }

}  // namespace waxwing

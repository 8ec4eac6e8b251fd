// Structural matching of a type with its declared supertype.
#include "validate/type_validator.h"

#include "syntax/subtyping.h"

namespace waxwing::validate {

using base::ErrorCode;
using syntax::FieldType;
using syntax::FuncType;
using syntax::Module;
using syntax::StructType;
using syntax::SubType;
using syntax::TypeIdx;
using syntax::ValType;

namespace {

bool all_match(const Module& module, const std::vector<ValType>& subs,
               const std::vector<ValType>& supers) {
  if (subs.size() != supers.size()) return false;
  for (size_t i = 0; i < subs.size(); ++i) {
    if (!is_subtype(module, subs[i], supers[i])) return false;
  }
  return true;
}

bool field_matches(const Module& module, const FieldType& sub, const FieldType& super) {
  if (sub.is_mutable != super.is_mutable || !is_subtype(module, sub.storage, super.storage)) {
    return false;
  }
  return !super.is_mutable || is_subtype(module, super.storage, sub.storage);
}

bool fields_match(const Module& module, const StructType& sub, const StructType& super) {
  if (sub.fields.size() < super.fields.size()) return false;
  for (size_t i = 0; i < super.fields.size(); ++i) {
    if (!field_matches(module, sub.fields[i], super.fields[i])) return false;
  }
  return true;
}

bool composite_matches(const Module& module, const SubType& sub, const SubType& super) {
  if (sub.composite.index() != super.composite.index()) return false;
  if (const FuncType* func = sub.func()) {
    return all_match(module, super.func()->params, func->params) &&
           all_match(module, func->results, super.func()->results);
  }
  if (const StructType* structure = sub.structure()) {
    return fields_match(module, *structure, *super.structure());
  }
  return field_matches(module, sub.array()->element, super.array()->element);
}

}  // namespace

base::Result<> validate_types(const Module& module, const base::StopFlag* stop) {
  for (uint32_t i = 0; i < module.types.size(); ++i) {
    TRY(base::go_on(stop));
    const SubType& type = module.types[TypeIdx(i)];
    if (!type.super) continue;
    const SubType& super = module.types[*type.super];
    if (!super.is_final && composite_matches(module, type, super)) continue;
    return base::fail(ErrorCode::sub_type,
                      std::to_string(i) + " of " + std::to_string(type.super->value) +
                          (super.is_final ? ", which is final" : ", which it does not match"));
  }
  return {};
}

}  // namespace waxwing::validate

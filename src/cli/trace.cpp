// Host functions that tell of their calls.
#include "cli/trace.h"

#include "platform/file.h"
#include "runtime/text.h"

namespace waxwing::cli {
namespace {

using runtime::Value;

std::vector<Value> values_of(std::span<const syntax::ValType> types, const runtime::Slot* slots) {
  std::vector<Value> values;
  for (syntax::ValType type : types) {
    Value& value = values.emplace_back(Value{type});
    for (uint32_t i = 0; i < type.slot_count(); ++i) value.slots[i] = *slots++;
  }
  return values;
}

std::string list(std::span<const Value> values) {
  std::string text = "(";
  for (const Value& value : values) {
    if (text.size() > 1) text += ", ";
    text += runtime::to_string(value);
  }
  return text + ")";
}

}  // namespace

struct CallTracer::WrappedFunc {
  std::shared_ptr<CallTracer> tracer;
  const runtime::Func& func;
  const syntax::FuncType& type;
  std::string name;
};

base::Result<> CallTracer::wrap_host_funcs(runtime::Linker& linker, runtime::Store& store,
                                           const runtime::CompiledModule& compiled) {
  for (const syntax::Import& import : compiled.module.imports) {
    const auto found = linker.find(import.module, import.name);
    runtime::Func* const* func = found ? std::get_if<runtime::Func*>(&*found) : nullptr;
    if (func == nullptr || !(*func)->is_host() || (*func)->host() == &call_wrapped) continue;
    const syntax::FuncType& type = store.types().func_type((*func)->type_id());
    auto wrapped = std::make_shared<WrappedFunc>(
        shared_from_this(), **func, type,
        runtime::printable(import.module) + "." + runtime::printable(import.name));
    void* data = wrapped.get();
    TRY(linker.define_func(store, std::string(import.module), std::string(import.name),
                           {type, &call_wrapped, data, std::move(wrapped)}));
  }
  return {};
}

runtime::Outcome CallTracer::call_wrapped(void* data, runtime::Caller& caller,
                                          runtime::Slot* slots) {
  const WrappedFunc& wrapped = *static_cast<WrappedFunc*>(data);
  wrapped.tracer->show_call(wrapped.name, values_of(wrapped.type.params, slots));
  const runtime::Outcome outcome = wrapped.func.host()(wrapped.func.host_data, caller, slots);
  switch (outcome) {
    case runtime::Outcome::returned:
      wrapped.tracer->show_results(values_of(wrapped.type.results, slots));
      break;
    case runtime::Outcome::trapped: wrapped.tracer->show_failure("does not return"); break;
    case runtime::Outcome::threw: wrapped.tracer->show_failure("throws"); break;
  }
  return outcome;
}

void CallTracer::show_call(std::string_view name, std::span<const Value> args) {
  show("--> " + std::string(name) + list(args));
  ++depth_;
}

void CallTracer::show_results(std::span<const Value> results) {
  --depth_;
  show("<-- " + list(results));
}

void CallTracer::show_failure(std::string_view why) {
  --depth_;
  show("<-- " + std::string(why));
}

void CallTracer::show(std::string_view text) const {
  const std::string line = std::string(2 * depth_, ' ') + std::string(text) + "\n";
  const platform::ConstIoBuffer buffer{base::as_bytes(line).data(), line.size()};
  (void)platform::File::standard_error().write({&buffer, 1});  // what cannot be shown is not shown
}

}  // namespace waxwing::cli

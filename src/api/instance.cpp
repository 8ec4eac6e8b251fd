// Instances and their exports.
#include "runtime/instance.h"

#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "runtime/text.h"
#include "waxwing/store.h"
#include "waxwing/typed_func.h"

namespace waxwing {

using detail::Access;
using detail::StoreCore;

namespace detail {

Result<runtime::Extern> to_runtime(const StoreCore& core, const Extern& object) {
  return std::visit(
      [&](const auto& handle) -> Result<runtime::Extern> {
        if (Access::core(handle).get() != &core) {
          return api::fail(ErrorCode::wrong_store,
                           "an object of another store; objects stay in the store they come from");
        }
        using T = std::remove_cvref_t<decltype(handle)>;
        void* const inner = Access::object(handle);
        if constexpr (std::is_same_v<T, Func>) return static_cast<runtime::Func*>(inner);
        if constexpr (std::is_same_v<T, Table>) return static_cast<runtime::Table*>(inner);
        if constexpr (std::is_same_v<T, Memory>) return static_cast<runtime::Memory*>(inner);
        if constexpr (std::is_same_v<T, Global>) return static_cast<runtime::Global*>(inner);
        if constexpr (std::is_same_v<T, Tag>) return static_cast<runtime::Tag*>(inner);
      },
      object);
}

Extern to_public(const StoreCore& core, const runtime::Extern& object) {
  struct Visitor {
    const StoreCore& core;
    Extern operator()(runtime::Func* func) const { return Access::handle<Func>(core, func); }
    Extern operator()(runtime::Table* table) const { return Access::handle<Table>(core, table); }
    Extern operator()(runtime::Memory* memory) const {
      return Access::handle<Memory>(core, memory);
    }
    Extern operator()(runtime::Global* global) const {
      return Access::handle<Global>(core, global);
    }
    Extern operator()(runtime::Tag* tag) const { return Access::handle<Tag>(core, tag); }
  };
  return std::visit(Visitor{core}, object);
}

Result<Instance> instantiate(StoreCore& core, const Module& module,
                             std::span<const runtime::Extern> imports, const CallOptions& options) {
  const auto opened = core.open_for_calls();
  if (!opened) return std::unexpected(opened.error());
  const Pin pin(core);
  const CallScope scope(core, options);
  if (auto error = scope.error()) return std::unexpected(*std::move(error));
  const auto& compiled = Access::core(module)->compiled;
  const auto made =
      runtime::instantiate(**opened, compiled, imports, std::string(compiled->module.names.module));
  if (!made) return std::unexpected(core.error_of(made.error()));
  return Access::handle<Instance>(core, *made);
}

Result<Instance> instantiate(StoreCore& core, const Snapshot& snapshot,
                             std::span<const runtime::Extern> imports) {
  const auto opened = core.open_for_calls();
  if (!opened) return std::unexpected(opened.error());
  const Pin pin(core);
  const runtime::InstanceImage& image = Access::image(snapshot);
  const auto made =
      image.instantiate(**opened, imports, std::string(image.compiled()->module.names.module));
  if (!made) return std::unexpected(core.error_of(made.error()));
  return Access::handle<Instance>(core, *made);
}

}  // namespace detail

namespace {

Result<std::vector<runtime::Extern>> to_runtime(const StoreCore& core,
                                                std::span<const Extern> imports) {
  std::vector<runtime::Extern> inner;
  inner.reserve(imports.size());
  for (const Extern& import : imports) {
    const auto object = detail::to_runtime(core, import);
    if (!object) return std::unexpected(object.error());
    inner.push_back(*object);
  }
  return inner;
}

}  // namespace

Result<Instance> Instance::try_create(Store& store, const Module& module,
                                      std::span<const Extern> imports, const CallOptions& options) {
  StoreCore& core = *Access::core(store);
  const auto inner = to_runtime(core, imports);
  if (!inner) return std::unexpected(inner.error());
  return detail::instantiate(core, module, *inner, options);
}

Result<Instance> Instance::create(Store& store, const Snapshot& snapshot,
                                  std::span<const Extern> imports) {
  StoreCore& core = *Access::core(store);
  const auto inner = to_runtime(core, imports);
  if (!inner) return std::unexpected(inner.error());
  return detail::instantiate(core, snapshot, *inner);
}

Result<Snapshot> Instance::snapshot() const {
  const auto opened = detail::open<runtime::Instance>(*this);
  if (!opened) return std::unexpected(opened.error());
  if (opened->first->is_running())
    return api::fail(ErrorCode::invalid_argument, "a call runs in the store; it must end before");
  const auto image = runtime::InstanceImage::capture(*opened->second);
  if (!image) return api::fail(image.error());
  return Access::snapshot(*image);
}

namespace {

/// "there is no export `ad`; did you mean `add`?"
std::unexpected<Error> no_export(const syntax::Module& module, std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(module.exports.size());
  for (const syntax::Export& entry : module.exports) names.push_back(entry.name);
  std::string message = "there is no export " + runtime::quoted(name);
  if (names.empty()) {
    message += ": the module exports nothing";
  } else {
    message += "; there is";
    constexpr size_t max_named = 10;
    for (size_t i = 0; i < std::min(names.size(), max_named); ++i)
      message += (i ? ", " : " ") + runtime::quoted(names[i]);
    if (names.size() > max_named) message += ", ...";
  }
  return api::fail(ErrorCode::not_found, std::move(message));
}

constexpr std::string_view kind_words[] = {"a function", "a table", "a memory", "a global",
                                           "a tag"};

template <typename T>
Result<T> get_as(const Instance& instance, std::string_view name, ExternKind kind) {
  const Result<Extern> found = instance.get(name);
  if (!found) return std::unexpected(found.error());
  if (const T* const object = std::get_if<T>(&*found)) return *object;
  return api::fail(ErrorCode::wrong_type, "the export " + runtime::quoted(name) + " is " +
                                              std::string(kind_words[found->index()]) + ", not " +
                                              std::string(kind_words[size_t(kind)]));
}

}  // namespace

Result<Extern> Instance::get(std::string_view name) const {
  const auto opened = detail::open<runtime::Instance>(*this);
  if (!opened) return std::unexpected(opened.error());
  runtime::Instance& instance = *opened->second;
  const auto found = instance.find_export(name);
  if (!found) return no_export(instance.module(), name);
  return detail::to_public(*store_, *found);
}

Result<Func> Instance::func(std::string_view name) const {
  return get_as<Func>(*this, name, ExternKind::func);
}
Result<Memory> Instance::memory(std::string_view name) const {
  return get_as<Memory>(*this, name, ExternKind::memory);
}
Result<Table> Instance::table(std::string_view name) const {
  return get_as<Table>(*this, name, ExternKind::table);
}
Result<Global> Instance::global(std::string_view name) const {
  return get_as<Global>(*this, name, ExternKind::global);
}
Result<Tag> Instance::tag(std::string_view name) const {
  return get_as<Tag>(*this, name, ExternKind::tag);
}

Result<std::vector<std::pair<std::string, Extern>>> Instance::exports() const {
  const auto opened = detail::open<runtime::Instance>(*this);
  if (!opened) return std::unexpected(opened.error());
  runtime::Instance& instance = *opened->second;
  std::vector<std::pair<std::string, Extern>> exports;
  for (const syntax::Export& entry : instance.module().exports)
    exports.emplace_back(entry.name, detail::to_public(*store_, instance.export_at(entry)));
  return exports;
}

Result<int32_t> Instance::try_run(const CallOptions& options) const {
  Result<Func> main = func("_start");
  if (!main && main.error().code() == ErrorCode::not_found) main = func("_initialize");
  if (!main) {
    if (main.error().code() != ErrorCode::not_found) return std::unexpected(main.error());
    return api::fail(ErrorCode::not_found,
                     "the module is no WASI program: it exports neither _start nor _initialize");
  }
  const auto returned = main->try_call({}, options);
  if (returned) return 0;
  if (returned.error().code() == ErrorCode::exited) return returned.error().exit_status();
  return std::unexpected(returned.error());
}

}  // namespace waxwing

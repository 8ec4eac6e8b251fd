// See trace.h.
#include "cli/trace.h"

#include <algorithm>

#include "platform/file.h"
#include "runtime/instance.h"
#include "runtime/text.h"
#include "runtime/value.h"

namespace waxwing::cli {
namespace {

using runtime::ListenedCall;
using runtime::Slot;

/// What cannot be shown is not shown.
void write(std::string_view text) {
  const platform::ConstIoBuffer buffer{base::as_bytes(text).data(), text.size()};
  (void)platform::File::standard_error().write({&buffer, 1});
}

std::string values_text(std::span<const syntax::ValType> types, const Slot* slots) {
  std::string text;
  for (const syntax::ValType type : types) {
    runtime::Value value{.type = type};
    std::copy_n(slots, type.slot_count(), value.slots);
    slots += type.slot_count();
    if (!text.empty()) text += ", ";
    text += runtime::to_string(value);
  }
  return text;
}

std::string results_text(std::span<const syntax::ValType> types, const Slot* slots) {
  const std::string text = values_text(types, slots);
  return types.size() > 1 ? "(" + text + ")" : text;
}

/// How a call ended that did not return.
std::string end_text(const runtime::Trap* trap) {
  if (!trap) return "exception";
  std::string text(syntax::trap_text(trap->code));
  if (trap->code == syntax::TrapCode::exit)
    text += " with status " + std::to_string(trap->exit_status);
  if (!trap->detail.empty()) text += ": " + runtime::printable(trap->detail);
  return text;
}

}  // namespace

bool CallTracer::before(const ListenedCall& call, const Slot* args) {
  Open open;
  if (call.host) {
    open.import = import_of(call);
    const std::string name =
        runtime::printable(open.import.module) + "." + runtime::printable(open.import.name);
    if (scopes_.wasi && wasi::is_wasi(open.import.module, open.import.name)) {
      open.form = Form::wasi;
    } else if (scopes_.has_host(name)) {
      open.form = Form::host;
    } else if (!scopes_.calls) {
      return false;
    }
    open.name = name;
  } else if (scopes_.calls) {
    open.name = name_of(call);
  } else {
    return false;
  }
  if (open.form == Form::call) {
    show_line(indent() + "-> " + open.name + "(" +
              values_text(call.type(store_.types()).params, args) + ")");
    ++depth_;
  } else {
    begin_host(call, open, args);
  }
  open_.push_back(std::move(open));
  return true;
}

void CallTracer::after(const ListenedCall& call, const Slot* results) {
  const Open open = std::move(open_.back());
  open_.pop_back();
  const std::vector<syntax::ValType>& types = call.type(store_.types()).results;
  if (open.form == Form::wasi) {
    const bool has_result = !types.empty();
    return end_host(open, has_result ? wasi::result_text(view_of(call, open), results[0]) : "");
  }
  if (open.form == Form::host) return end_host(open, results_text(types, results));
  if (!results) return end_call("<- ", open, ": tail call");
  end_call("<- ", open, types.empty() ? "" : " = " + results_text(types, results));
}

void CallTracer::abort(const ListenedCall&, const runtime::Trap* trap) {
  const Open open = std::move(open_.back());
  open_.pop_back();
  if (open.form == Form::call) return end_call("!! ", open, ": " + end_text(trap));
  const bool is_exit = trap && trap->code == syntax::TrapCode::exit;
  end_host(open, is_exit ? "?" : "? (" + end_text(trap) + ")");
}

// Host functions.

void CallTracer::begin_host(const ListenedCall& call, Open& open, const Slot* args) {
  const syntax::FuncType& type = call.type(store_.types());
  if (open.form == Form::host) {
    open.line = indent() + "[host] " + open.name + "(" + values_text(type.params, args) + ")";
  } else {
    std::copy_n(args, std::min<size_t>(slot_count(type.params), open.args.size()),
                open.args.begin());
    open.line = indent() + "[wasi] " + wasi::call_text(view_of(call, open));
  }
  // Who may call back or wait is shown before others are.
  if (open.form == Form::wasi && !wasi::may_wait(open.import.name)) return;
  if (has_open_line_) write(" <unfinished ...>\n");
  write(open.line);
  open.is_shown = true;
  has_open_line_ = true;
}

void CallTracer::end_host(const Open& open, const std::string& result) {
  const std::string end = result.empty() ? "" : " = " + result;
  if (!open.is_shown) return show_line(open.line + end);
  if (has_open_line_) {
    has_open_line_ = false;
    return write(end + "\n");
  }
  const std::string_view scope = open.form == Form::wasi ? "[wasi] " : "[host] ";
  const std::string name = open.form == Form::wasi ? std::string(open.import.name) : open.name;
  show_line(indent() + std::string(scope) + "<... " + name + " resumed>" + end);
}

wasi::CallView CallTracer::view_of(const ListenedCall& call, const Open& open) const {
  return {.module = open.import.module,
          .function = open.import.name,
          .args = open.args,
          .memory = wasi::GuestMemory::of(call.instance)};
}

CallTracer::Name CallTracer::import_of(const ListenedCall& call) {
  if (!call.instance) return {"host", "function"};
  const auto [found, is_new] = imports_.try_emplace({call.instance, call.host});
  if (!is_new) return found->second;
  found->second = {"host", "function"};  // as it may be called through a table
  if (const syntax::Import* const import = runtime::import_of(call).import)
    found->second = {import->module, import->name};
  return found->second;
}

// Calls.

std::string CallTracer::name_of(const ListenedCall& call) {
  const syntax::Module& module = call.instance->module();
  std::string_view name = module.func_name(call.func);
  for (const syntax::Export& entry : module.exports) {
    if (!name.empty()) break;
    if (entry.kind == syntax::ExternKind::func && entry.index == call.func.value) name = entry.name;
  }
  const std::string text =
      name.empty() ? "func[" + std::to_string(call.func.value) + "]" : runtime::printable(name);
  return store_.instance_count() > 1 ? runtime::printable(call.instance->name()) + "." + text
                                     : text;
}

void CallTracer::end_call(std::string_view mark, const Open& open, std::string_view what) {
  --depth_;
  show_line(indent() + std::string(mark) + open.name + std::string(what));
}

void CallTracer::show_line(std::string_view text) {
  const std::string before = has_open_line_ ? " <unfinished ...>\n" : "";
  has_open_line_ = false;
  write(before + std::string(text) + "\n");
}

}  // namespace waxwing::cli

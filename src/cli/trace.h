// --trace: shows calls as they begin and end, in the manner of strace.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/trace_scopes.h"
#include "runtime/listener.h"
#include "runtime/store.h"
#include "wasi/call_text.h"

namespace waxwing::cli {

/// Writes to standard error. A call of a host function is one line, which is written when it
/// returns; one that may wait is shown before, and its line is completed, or continued in a line of
/// its own where something else was shown meanwhile. Calls of Wasm functions are a line when they
/// begin and one when they end, indented by depth, up to a depth where lines are still read.
class CallTracer final : public runtime::FuncListener {
 public:
  CallTracer(TraceScopes scopes, runtime::Store& store)
      : scopes_(std::move(scopes)), store_(store) {}

  bool before(const runtime::ListenedCall& call, const runtime::Slot* args) override;
  void after(const runtime::ListenedCall& call, const runtime::Slot* results) override;
  void abort(const runtime::ListenedCall& call, const runtime::Trap* trap) override;

 private:
  enum class Form : uint8_t { call, host, wasi };
  /// What an import calls a host function.
  struct Name {
    std::string_view module;
    std::string_view name;
  };
  /// A call that has begun and not ended.
  struct Open {
    Form form = Form::call;
    std::string name;
    std::string line;       // of host functions: what has begun
    bool is_shown = false;  // `line` is
    Name import = {};
    std::array<runtime::Slot, wasi::max_argument_slots> args = {};
  };

  Name import_of(const runtime::ListenedCall& call);
  std::string name_of(const runtime::ListenedCall& call);
  wasi::CallView view_of(const runtime::ListenedCall& call, const Open& open) const;
  void begin_host(const runtime::ListenedCall& call, Open& open, const runtime::Slot* args);
  void end_host(const Open& open, const std::string& result);
  void end_call(std::string_view mark, const Open& open, std::string_view what);
  /// A line of its own, whose beginning may have been shown.
  void show_line(std::string_view text);
  std::string indent() const {
    constexpr size_t most = 64;
    return std::string(2 * std::min(depth_, most), ' ');
  }

  const TraceScopes scopes_;
  runtime::Store& store_;
  std::map<std::pair<const runtime::Instance*, const runtime::Func*>, Name> imports_;
  std::vector<Open> open_;
  size_t depth_ = 0;
  bool has_open_line_ = false;  // that of open_.back()
};

}  // namespace waxwing::cli

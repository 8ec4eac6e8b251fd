// Scripts of the official suite: modules, actions on them, and assertions. Parsing a script looks
// into no module: that happens when its command runs. [WebAssembly/spec interpreter, "Scripts"]
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/v128.h"
#include "syntax/types.h"

namespace waxwing::text {

/// `fields` is a whole script that is one module without parentheses of its own.
enum class ModuleForm : uint8_t { text, binary, quote, fields };

/// A module as a script holds it: a part of the script's text.
struct ScriptModule {
  ModuleForm form = ModuleForm::text;
  bool is_definition = false;  // is not instantiated at once
  std::string id;              // decoded, without its "$"; empty where there is none
  std::string_view id_text;    // as it is written
  std::string_view body;       // its fields or strings, with the ")" behind them
};

enum class NanPattern : uint8_t { none, canonical, arithmetic };

/// How the lanes of a vector are written. A scalar is lane 0 of the shape of its type.
enum class LaneShape : uint8_t { i8x16, i16x8, i32x4, i64x2, f32x4, f64x2 };

constexpr uint32_t lane_size_bytes(LaneShape shape) {
  constexpr uint32_t sizes[] = {1, 2, 4, 8, 4, 8};
  return sizes[size_t(shape)];
}

/// A number or vector, with lanes that may be any NaN of a kind.
struct NumPattern {
  syntax::ValType type = syntax::i32_type;
  LaneShape shape = LaneShape::i32x4;
  base::V128 bits = {};                 // a scalar's are the lowest, the rest is zero
  std::array<NanPattern, 4> nans = {};  // of the lanes of a float shape
};

/// What a reference is: "ref.null", or one that is not null and points to something of a kind;
/// `any` is the pattern "(ref)".
enum class RefKind : uint8_t { null, any, eq, i31, struct_, array, func, exn, extern_, host };

struct RefPattern {
  RefKind kind = RefKind::null;
  std::optional<syntax::HeapType> heap;  // of "ref.null ht"; abstract
  std::optional<uint64_t> payload;       // of "ref.extern N" and "ref.host N"
};

using ValuePattern = std::variant<NumPattern, RefPattern>;

/// What one result may be: one pattern, or those of "either".
struct ResultPattern {
  std::vector<ValuePattern> alternatives;
};

/// "invoke" or "get". An empty module id means the last module that was instantiated.
struct Action {
  bool is_get = false;
  std::string module_id;
  std::string name;
  std::vector<ValuePattern> args;  // exact: no NaN patterns, null or with a payload
};

struct InstanceCommand {
  std::string id;
  std::string definition_id;  // empty: the last definition
};

struct RegisterCommand {
  std::string name;
  std::string module_id;
};

struct AssertReturn {
  Action action;
  std::vector<ResultPattern> results;
};

enum class Failing : uint8_t {
  trap,
  exhaustion,
  exception,
  suspension,
  malformed,
  invalid,
  unlinkable,
  malformed_custom,
  invalid_custom,
};

/// An action that must fail, with `text`, which says why; an exception has none.
struct AssertActionFails {
  Failing how = Failing::trap;
  Action action;
  std::string text;
};

/// A module that must fail.
struct AssertModuleFails {
  Failing how = Failing::malformed;
  ScriptModule module;
  std::string text;
};

struct Command;

/// Runs commands in a world of their own, at the same time as what follows.
struct ThreadCommand {
  std::string id;
  std::string shared_module_id;  // empty: none
  std::vector<Command> commands;
};

struct WaitCommand {
  std::string thread_id;
};

using CommandKind =
    std::variant<ScriptModule, InstanceCommand, RegisterCommand, Action, AssertReturn,
                 AssertActionFails, AssertModuleFails, ThreadCommand, WaitCommand>;

struct Command {
  size_t offset = 0;         // of its first byte in the script
  std::string_view keyword;  // "assert_return"
  CommandKind what;
};

/// The commands of a script. Fails where the script itself, not a module in it, is malformed; the
/// error's offset is one of `script`. Linear time. The result points into `script`.
base::Result<std::vector<Command>> parse_script(std::string_view script);

/// The bytes of `module`, which is one of `script`'s: assembled, or its strings decoded. Errors of
/// its text are malformed; their offset is one of `script`, or none for a quoted module.
base::Result<std::vector<uint8_t>> module_bytes(std::string_view script,
                                                const ScriptModule& module);

}  // namespace waxwing::text

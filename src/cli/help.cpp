// Help texts, with an example for everything that a newcomer wants first.
#include "cli/help.h"

#include <algorithm>

#include "base/check.h"

namespace waxwing::cli {
namespace {

constexpr VerbHelp verb_helps[] = {
    {"run", "runs a program; needs not be written", "[run] [OPTIONS] FILE.wasm [ARGUMENTS]",
     "Runs a program: a WASI preview 1 command, or with --invoke an export of any module. FILE -\n"
     "reads the module from standard input. Options before FILE are Waxwing's, all that is behind\n"
     "it is the program's. A program has no files and no variables but those that it is given.",
     R"(
exit code:
  the program's own, else 134 after a trap, 124 after --timeout, 123 after --fuel, 2 for wrong
  usage, 126 where the module cannot be loaded, validated or linked, 127 where there is no such file

examples:
  waxwing hello.wasm
  waxwing --dir . wc.wasm README.md             the current directory, under its name
  waxwing --dir data::/in:ro a.wasm             data as /in, for reading only
  waxwing --env LANG --env DEBUG=1 a.wasm       this process's LANG, and DEBUG
  waxwing --invoke add math.wasm 1 2            prints 3
  waxwing --preload env=host.wasm app.wasm      app.wasm imports from "env"
  waxwing --timeout 2s --max-memory 64M a.wasm  for programs that you do not trust
  perf record waxwing --perf=map a.wasm         perf report then names its functions
  gdb --args waxwing --debug-symbols=gdb a.wasm
  waxwing --explain-cache a.wasm                whether it was compiled before, or why not
  waxwing --cache-require-hit a.wasm            fails instead of compiling
)"},
    {"compile", "compiles a module ahead of that, into the cache or a file",
     "compile [OPTIONS] FILE.wasm",
     "Compiles a module ahead of running it: into the cache, where run finds it, or with -o into "
     "a\n"
     "file of machine code that runs without FILE.wasm, on machines with the same Waxwing.",
     R"(
examples:
  waxwing compile a.wasm                        into the cache
  waxwing compile a.wasm -o a.wxm               then: waxwing run --allow-precompiled a.wxm
  waxwing compile --target x86_64-linux:avx,avx2,bmi1,bmi2,lzcnt a.wasm -o a.wxm
)"},
    {"cache", "shows, checks and removes what was compiled before", "cache ACTION [OPTIONS]",
     "Looks after the modules that were compiled before. It is always safe to remove them.", R"(
examples:
  waxwing cache stats
  waxwing cache ls --json | jq '.entries[].compat.cpu'
  waxwing cache prune --max-age 30d --other-builds
  waxwing help cache prune
)"},
    {"cache stats", "how much there is, and how much it helped", "cache stats [--json] [OPTIONS]",
     "Shows how much there is, and what was counted over all processes: hits, misses by reason, "
     "and\n"
     "the time that the hits saved, as far as the compilations that were seen can tell.",
     ""},
    {"cache ls", "the modules that there are", "cache ls [--json] [OPTIONS]",
     "Lists what there is, the last used first: key, size, time since its last use (to the hour),\n"
     "the module's SHA-256, what runs it, and what it was compiled for.",
     ""},
    {"cache verify", "checks every byte; --repair removes what is damaged",
     "cache verify [--repair] [--json] [OPTIONS]",
     "Checks every byte of what this version left there.", R"(
exit code:
  0 where everything is whole, or was removed; 1 where damaged entries remain
)"},
    {"cache prune", "removes what was not used for long, or is too much", "cache prune [OPTIONS]",
     "Removes what was not used for longest, until the rest is as --max-... say, or fits the "
     "usual\n"
     "budget. Programs that run keep what they have.",
     R"(
examples:
  waxwing cache prune --max-bytes 500M --max-age 30d
  waxwing cache prune --other-builds            after an upgrade
)"},
    {"cache clear", "removes everything", "cache clear [OPTIONS]",
     "Removes every compiled module. Programs that run keep what they have.", ""},
    {"cache warm", "compiles modules, so that they are there", "cache warm [OPTIONS] FILE.wasm...",
     "Compiles modules where they are not there yet, so that run finds them.", R"(
examples:
  waxwing cache warm *.wasm
  waxwing cache warm --cache-dir /srv/modules --codegen avx2 *.wasm
)"},
    {"cache path", "where it is", "cache path [--json] [OPTIONS]",
     "Prints the directory: --cache-dir, or WAXWING_CACHE_DIR (empty: there is none), or waxwing "
     "in\n"
     "XDG_CACHE_HOME, or .cache/waxwing in HOME.",
     ""},
    {"validate", "checks whether modules are valid", "validate [OPTIONS] FILE.wasm...",
     "Checks whether modules are valid, without running anything.", R"(
examples:
  waxwing validate a.wasm b.wasm
  waxwing validate --disable simd a.wasm        whether it gets by without vectors
)"},
    {"inspect", "shows what is in a module", "inspect [--json] FILE.wasm",
     "Shows what is in a module: sections, imports, exports, the features that it needs.", R"(
examples:
  waxwing inspect a.wasm
  waxwing inspect --json a.wasm | jq '.imports[].module'
)"},
    {"wast", "runs scripts of the official test suite", "wast [OPTIONS] FILE.wast...",
     "Runs scripts of the official test suite: modules, and assertions about them. Prints a line\n"
     "for each script, what went otherwise than it says, and totals. What a script's modules "
     "print\n"
     "by way of spectest.print is shown with --verbose only.",
     R"(
exit code:
  0 where everything is as all scripts say; 1 where anything is not, was stopped by --timeout, or
  is a command that Waxwing does not support; 2 for wrong usage

examples:
  waxwing wast testsuite/core/*.wast
  waxwing wast --json --timeout 1m testsuite/core/*.wast | jq .totals
  waxwing wast --enable all testsuite/proposals/wide-arithmetic/*.wast
  waxwing wast --cache-dir DIR testsuite/core/*.wast
)"},
    {"wat2wasm", "assembles WebAssembly's text format", "wat2wasm [OPTIONS] FILE.wat",
     "Assembles WebAssembly's text format: writes FILE.wasm, or what -o names. Nothing is written\n"
     "where the text is wrong or the module not valid.",
     R"(
examples:
  waxwing wat2wasm a.wat                        writes a.wasm
  waxwing wat2wasm a.wat -o - | waxwing inspect -
  waxwing wat2wasm --no-names a.wat             smaller, but backtraces have no names
)"},
    {"wasm2wat", "prints a module as text", "wasm2wat [OPTIONS] FILE.wasm",
     "Prints a module as text that assembles to the same module. It need not be valid.", R"(
examples:
  waxwing wasm2wat a.wasm
  waxwing wasm2wat --fold a.wasm -o a.wat
)"},
    {"dump", "shows instructions with their bytes, or types, or their machine code",
     "dump [OPTIONS] FILE.wasm",
     "Shows sections and instructions with their offsets and bytes, or with the types that\n"
     "validation has on its operand stack behind each, or the machine code of the baseline\n"
     "compiler. Behind a semicolon are the Wasm instructions that call or may trap.",
     R"(
examples:
  waxwing dump a.wasm
  waxwing dump --func=main a.wasm
  waxwing dump --stage=validate --func=7 a.wasm
  waxwing dump --stage=asm --func=main a.wasm   as this processor would run it
  waxwing dump --stage=asm --codegen=sse4.1 --bytes a.wasm
)"},
    {"features", "lists the parts of the language that can be switched on and off", "features",
     "Lists the parts of the language that can be switched on and off.",
     R"(
examples:
  waxwing features
  waxwing --enable wide-arithmetic a.wasm
)"},
    {"completion", "prints what completes command lines, for bash, zsh and fish",
     "completion SHELL",
     "Prints a script that lets the shell complete commands, options and their values: bash, zsh "
     "or\n"
     "fish. Installed packages have it where the shells look for it.",
     R"(
examples:
  source <(waxwing completion bash)             for this shell; or in ~/.bashrc
  waxwing completion zsh > ~/.zfunc/_waxwing    where fpath has ~/.zfunc
  waxwing completion fish > ~/.config/fish/completions/waxwing.fish
)"},
    {"man", "prints the manual page of a command", "man [-o DIR] [COMMAND]",
     "Prints a page of the manual, as man(1) reads it: of COMMAND, or of waxwing itself. With -o "
     "all\n"
     "pages are written, as files of DIR.",
     R"(
examples:
  waxwing man run | man -l -
  waxwing man -o ~/.local/share/man/man1
)"},
    {"version", "prints the version", "version", "Prints the version, and how it was built.", ""},
    {"help", "explains a command: waxwing help run", "help [COMMAND]",
     "Explains a command, or lists all of them.", ""},
};

constexpr NamedThing variables[] = {
    {"WAXWING_CACHE_DIR", "where compiled modules are kept; empty: nowhere"},
    {"WAXWING_CACHE_REMOTE", "the server of --cache-remote, where that is not given"},
    {"WAXWING_CACHE_REMOTE_HEADER", "a header for it, as in \"Authorization: Bearer ...\""},
    {"XDG_CACHE_HOME", "compiled modules are in waxwing there, where no other place is named"},
    {"HOME", "and without that in .cache/waxwing here"},
};

constexpr NamedThing files[] = {
    {"~/.cache/waxwing", "compiled modules; they may be removed at any time"},
};

}  // namespace

const VerbHelp& verb_help(std::string_view name) {
  const auto found = std::ranges::find(verb_helps, name, &VerbHelp::name);
  CHECK(found != std::end(verb_helps));
  return *found;
}

std::span<const VerbHelp> all_verb_helps() { return verb_helps; }

std::string list_of_verbs(std::string_view of) {
  constexpr size_t least = 7;
  size_t width = least;
  const auto last_word = [&](std::string_view name) -> std::string_view {
    const size_t space = name.rfind(' ');
    const std::string_view owner = space == name.npos ? "" : name.substr(0, space);
    return owner == of ? name.substr(space + 1) : "";
  };
  for (const VerbHelp& help : verb_helps) width = std::max(width, last_word(help.name).size());
  std::string list;
  for (const VerbHelp& help : verb_helps) {
    std::string name(last_word(help.name));
    if (name.empty()) continue;
    name.resize(width + 2, ' ');
    list += "  " + name + std::string(help.brief) + "\n";
  }
  return list;
}

std::string overview() {
  return R"(Waxwing runs WebAssembly programs.

usage: waxwing [run] [OPTIONS] FILE.wasm [ARGUMENTS]
       waxwing COMMAND [OPTIONS]

commands:
)" + list_of_verbs({}) +
         R"(
examples:
  waxwing hello.wasm                            runs a program
  waxwing --dir . wc.wasm README.md             which may use the current directory
  waxwing --invoke add math.wasm 1 2            calls an export, prints its results
  waxwing inspect --json a.wasm
)";
}

std::span<const NamedThing> environment_help() { return variables; }
std::span<const NamedThing> files_help() { return files; }

}  // namespace waxwing::cli

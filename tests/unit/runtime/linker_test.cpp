// Linking by name, and the errors for what is not there.
#include "runtime/linker.h"

#include "fixtures.h"

namespace waxwing::runtime {
namespace {

Outcome do_nothing(void*, Caller&, Slot*) { return Outcome::returned; }

class LinkerTest : public StoreTest {
 public:
  std::string unknown(std::string_view module, std::string_view name) {
    ModuleBuilder builder;
    builder.import(module, name, builder.func_type({syntax::i32_type}));
    auto instance = linker.instantiate(*store, builder.compile(types), "");
    if (instance) return "";
    const base::Error& error = std::get<base::Error>(instance.error());
    EXPECT_EQ(error.code, base::ErrorCode::unknown_import);
    return error.message();
  }

  Linker linker;
};

TEST_F(LinkerTest, finds_imports_by_both_names) {
  ASSERT_TRUE(linker.define_func(
      *store, "env", "f", {.type = {}, .code = do_nothing, .data = nullptr, .owner = nullptr}));
  ModuleBuilder builder;
  const syntax::TypeIdx type = builder.func_type({});
  builder.import("env", "f", type);
  auto instance = linker.instantiate(*store, builder.compile(types), "main");
  ASSERT_TRUE(instance);
  EXPECT_EQ(&(*instance)->func(syntax::FuncIdx(0u)), std::get<Func*>(*linker.find("env", "f")));
  EXPECT_FALSE(linker.find("f", "env").has_value());
  EXPECT_TRUE(linker.has_module("env"));
  EXPECT_FALSE(linker.has_module("en"));
}

TEST_F(LinkerTest, defines_all_exports_of_an_instance) {
  ModuleBuilder builder;
  builder.func(builder.func_type({}));
  builder.module.memories.push_back({.limits_pages = {1, {}}});
  builder.export_as("f", syntax::ExternKind::func, 0);
  builder.export_as("", syntax::ExternKind::memory, 0);
  Instance& instance = instantiate_ok(builder);
  ASSERT_TRUE(linker.define_instance("lib", instance));
  EXPECT_EQ(std::get<Memory*>(*linker.find("lib", "")), instance.data.memory0);
  EXPECT_EQ(linker.define_instance("lib", instance).error().code,
            base::ErrorCode::duplicate_definition);
  linker.allow_shadowing(true);
  EXPECT_TRUE(linker.define_instance("lib", instance));
}

TEST_F(LinkerTest, a_missing_import_is_named_with_its_near_misses) {
  for (const char* name : {"fd_read", "fd_write", "fd_close", "proc_exit", "args_get",
                           "clock_time_get", "random_get"}) {
    ASSERT_TRUE(linker.define("wasi_snapshot_preview1", name, &host_func(do_nothing)));
  }
  const std::string message = unknown("wasi_snapshot_preview1", "fd_wirte");
  EXPECT_TRUE(message.starts_with(
      "cannot link: unknown import: \"wasi_snapshot_preview1\" \"fd_wirte\" (func (param i32)); "
      "\"wasi_snapshot_preview1\" has \"fd_write\", "))
      << message;
  EXPECT_NE(message.find("and 2 more"), std::string::npos) << message;
}

TEST_F(LinkerTest, well_known_module_names_get_advice) {
  EXPECT_NE(unknown("env", "emscripten_memcpy_js").find("-sSTANDALONE_WASM"), std::string::npos);
  EXPECT_NE(unknown("wasi:io/streams@0.2.0", "f").find("wasm32-wasip1"), std::string::npos);
  EXPECT_NE(unknown("gojs", "runtime.wasmExit").find("GOOS=wasip1"), std::string::npos);
  EXPECT_NE(unknown("math", "sin").find("--preload math=FILE"), std::string::npos);
}

TEST_F(LinkerTest, hostile_names_make_short_and_printable_messages) {
  const std::string message = unknown(std::string(100'000, '\x1b'), std::string(100'000, '"'));
  EXPECT_LT(message.size(), 4000u);
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
}

TEST_F(LinkerTest, counts_what_else_is_missing) {
  ModuleBuilder builder;
  const syntax::TypeIdx type = builder.func_type({});
  builder.import("a1", "f", type);
  builder.import("a1", "g", type);
  builder.import("a1", "h", type);
  auto instance = linker.instantiate(*store, builder.compile(types), "");
  ASSERT_FALSE(instance);
  EXPECT_NE(std::get<base::Error>(instance.error()).detail.find("(and 2 more)"), std::string::npos);
}

}  // namespace
}  // namespace waxwing::runtime

// A function of SQL that is WebAssembly: SQLite calls `distance` for each row, and a guest that it
// is safe to take from anybody computes it. Run it in this folder, as `sqlite [database]`.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sqlite3.h>
#include <string_view>
#include <utility>
#include <waxwing/waxwing.h>

namespace {

template <typename T>
T must(waxwing::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "sqlite: %s\n", result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// What SQLite keeps with the function. A store is for one thread at a time, as a connection is.
struct Distance {
  waxwing::Store store;
  waxwing::Memory memory;
  waxwing::TypedFunc<uint32_t(uint32_t, uint32_t)> call;
  uint32_t text[2];  // where the guest wants them
  uint32_t max_size;
};

std::unique_ptr<Distance> load(const waxwing::Engine& engine) {
  const waxwing::Module module = must(engine.compile_file("guest.wasm"));
  waxwing::Store store = must(waxwing::Store::create(engine, {.memory_bytes = 1 << 20}));
  // No imports: the guest can compute, and nothing else.
  const waxwing::Instance instance = must(waxwing::Instance::create(store, module));
  const auto text = must(instance.func<uint32_t(uint32_t)>("text"));
  const uint32_t max_size = must(must(instance.func<uint32_t()>("max_size"))());
  return std::make_unique<Distance>(
      Distance{std::move(store),
               must(instance.memory()),
               must(instance.func<uint32_t(uint32_t, uint32_t)>("distance")),
               {must(text(0)), must(text(1))},
               max_size});
}

/// What goes wrong in the guest is an error of the query, and of nothing more.
void distance(sqlite3_context* context, int, sqlite3_value** values) {
  const auto& guest = *static_cast<Distance*>(sqlite3_user_data(context));
  uint32_t sizes[2] = {};
  for (const int i : {0, 1}) {
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) return sqlite3_result_null(context);
    const unsigned char* const bytes = sqlite3_value_text(values[i]);
    if (!bytes) return sqlite3_result_error_nomem(context);
    sizes[i] = static_cast<uint32_t>(sqlite3_value_bytes(values[i]));
    if (sizes[i] > guest.max_size) return sqlite3_result_error_toobig(context);
    const std::string_view text(reinterpret_cast<const char*>(bytes), sizes[i]);
    if (const auto written = guest.memory.write_string(guest.text[i], text); !written)
      return sqlite3_result_error(context, written.error().message().c_str(), -1);
  }
  const waxwing::CallOptions options{.timeout = std::chrono::seconds(1)};
  const auto result = guest.call(options, sizes[0], sizes[1]);
  if (!result) return sqlite3_result_error(context, result.error().message().c_str(), -1);
  sqlite3_result_int64(context, *result);
}

int print_row(void*, int count, char** columns, char**) {
  for (int i = 0; i < count; ++i) std::printf("%s%s", i ? "  " : "", columns[i] ? columns[i] : "-");
  std::printf("\n");
  return 0;
}

void run(sqlite3* database, const char* sql) {
  char* message = nullptr;
  if (sqlite3_exec(database, sql, print_row, nullptr, &message) == SQLITE_OK) return;
  std::printf("error: %s\n", message ? message : "unknown");
  sqlite3_free(message);
}

}  // namespace

int main(int argc, char** argv) {
  sqlite3* database = nullptr;
  if (sqlite3_open(argc > 1 ? argv[1] : ":memory:", &database) != SQLITE_OK) {
    std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
    return 1;
  }
  const waxwing::Engine engine;
  // SQLite owns it from here on, and ends it with the connection.
  sqlite3_create_function_v2(database, "distance", 2,
                             SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                             load(engine).release(), &distance, nullptr, nullptr,
                             [](void* guest) { delete static_cast<Distance*>(guest); });

  run(database,
      "CREATE TABLE IF NOT EXISTS bird (name TEXT PRIMARY KEY);"
      "INSERT OR IGNORE INTO bird VALUES ('waxwing'), ('lapwing'), ('redwing'), ('goldcrest'),"
      "                                  ('wagtail'), ('wren'), (NULL)");
  std::printf("Did you mean one of these?\n");
  run(database,
      "SELECT name, distance(name, 'waxwig') AS far FROM bird WHERE far <= 4 ORDER BY far, name");
  run(database, "SELECT distance('kitten', 'sitting'), distance('', 'abc'), distance(NULL, 'a')");
  run(database, "SELECT distance(printf('%2000d', 1), 'a')");
  sqlite3_close(database);
}

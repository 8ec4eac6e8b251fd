// The guide's exceptions of WebAssembly: thrown by the host, caught by the guest or by nobody.
#include <cstdint>
#include <iostream>
#include <string_view>
#include <waxwing/waxwing.h>

using namespace waxwing;

constexpr std::string_view shop = R"((module
  (import "host" "refused" (tag $refused (param i32)))
  (import "host" "ask" (func $ask (param i32) (result i32)))
  (func (export "buy") (param i32) (result i32) (call $ask (local.get 0)))
  (func (export "bargain") (param i32) (result i32)
    (block $refused (result i32)
      (try_table (catch $refused $refused)
        (return (call $ask (local.get 0))))
      unreachable)
    (return_call $ask (i32.div_s (i32.const 5))))))";

int main() {
  Engine engine;
  Store store = Store::create(engine).value();
  Linker linker;

  const Tag refused = Tag::create(store, {{ValKind::i32}}).value();
  linker.define("host", "refused", refused).value();
  auto ask = [&](int32_t price) -> Result<int32_t> {
    if (price > 100) return throw_exception(refused, {price});
    return price;
  };
  linker.func("host", "ask", ask).value();

  Instance instance =
      linker.instantiate(store, engine.compile(wat_to_wasm(shop).value()).value()).value();
  auto bargain = instance.func<int32_t(int32_t)>("bargain").value();
  std::cout << "bought for " << bargain(500).value() << "\n";

  auto buy = instance.func<int32_t(int32_t)>("buy").value();
  if (Result<int32_t> bought = buy(500); !bought) {
    const Exception& exception = *bought.error().wasm_exception();
    std::cout << "refused: " << exception.values().value()[0].to_string() << "\n";
  }
}

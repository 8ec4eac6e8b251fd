// Modules that come from images, mapped from files, run as those that were just compiled, by
// machine code and by the interpreter.
#include "image/image.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

#include "baseline/baseline.h"
#include "binary/module_decoder.h"
#include "cache/directory_store.h"
#include "interp/interpreter.h"
#include "platform/virtual_memory.h"
#include "runtime/instance.h"
#include "runtime/linker.h"
#include "runtime/native_code.h"
#include "runtime/value.h"
#include "text/assembler.h"
#include "validate/module_validator.h"

namespace waxwing::baseline {
namespace {

using Bytes = std::vector<uint8_t>;
using runtime::CompiledModule;
using runtime::LoadedModule;

struct Guest {
  std::string_view name;
  std::string_view fields;  // of a module that exports "run"; its traps name functions and offsets
};

constexpr Guest guests[] = {
    {"arithmetic", R"((func $run (export "run") (param i32) (result i32)
       (local $a i32) (local $b i64) (local.set $a (i32.add (local.get 0) (i32.const 3)))
       (loop $l (local.set $b (i64.add (local.get $b) (i64.const 7)))
         (br_if $l (local.tee $a (i32.sub (local.get $a) (i32.const 1)))))
       (i32.wrap_i64 (local.get $b))))"},
    {"trap", R"((memory 1)
       (func $inner (param i32) (result i32) (i32.load offset=4 (i32.sub (local.get 0) (i32.const 70))))
       (func $run (export "run") (param i32) (result i32) (nop) (call $inner (local.get 0))))"},
    {"exceptions", R"((tag $t (param i32)) (tag $u)
       (func $throws (param i32) (if (i32.eqz (local.get 0)) (then (throw $u)))
         (throw $t (i32.mul (local.get 0) (i32.const 3))))
       (func $run (export "run") (param i32) (result i32)
         (block $caught (result i32)
           (block $other (try_table (catch $t $caught) (catch_all $other) (call $throws (local.get 0))))
           (i32.const -1))))"},
    {"uncaught", R"((tag $t) (func $run (export "run") (param i32) (result i32) (throw $t)))"},
    {"objects",
     R"((rec (type $node (sub (struct (field $next (ref null $node)) (field $value (mut i32))))))
       (type $leaf (sub final $node (struct (field (ref null $node)) (field (mut i32)) (field i64))))
       (type $numbers (array (mut i16)))
       (global $start (ref $node) (struct.new $node (ref.null $node) (i32.const 40)))
       (global $numbers (mut (ref $numbers)) (array.new $numbers (i32.const 500) (i32.const 3)))
       (func $run (export "run") (param i32) (result i32)
         (if (ref.test (ref $leaf) (global.get $start)) (then (unreachable)))
         (i32.add (local.get 0) (i32.add (struct.get $node $value (global.get $start))
           (array.get_s $numbers (global.get $numbers) (i32.const 2))))))"},
    {"tables", R"((type $f (func (result i32)))
       (table $t 4 10 funcref (ref.func $one)) (table $u i64 2 externref)
       (elem (table $t) (i32.const 1) func $two $one) (elem $p funcref (ref.null func) (ref.func $two))
       (elem declare func $one)
       (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
       (func $run (export "run") (param i32) (result i32)
         (table.init $t $p (i32.const 2) (i32.const 0) (i32.const 2))
         (call_indirect $t (type $f) (i32.sub (local.get 0) (i32.const 3)))))"},
    {"memories", R"((memory $a 2 3) (memory $b i64 1 1) (memory $c 1 1 (pagesize 1))
       (data (memory $a) (i32.const 65000) "over the edge of a page, and many more") (data (memory $b) (i64.const 8) "\01\02")
       (data $p "\10\20\30") (global $started (mut i32) (i32.const 0))
       (func $start (global.set $started (i32.const 1000))) (start $start)
       (func $run (export "run") (param i32) (result i32)
         (memory.init $a $p (i32.const 0) (i32.const 1) (i32.const 2))
         (i32.add (global.get $started) (i32.add (i32.load8_u $b (i64.const 9))
           (i32.add (i32.load16_u $a (i32.const 0)) (i32.load $a (i32.const 65010)))))))"},
    {"vectors", R"((global $v v128 (v128.const i32x4 1 2 3 4))
       (func $run (export "run") (param i32) (result i32) (local v128)
         (i32x4.extract_lane 3 (i32x4.mul (global.get $v) (i32x4.splat (local.get 0))))))"},
    {"tail_calls", R"((func $even (param i32) (result i32)
         (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
       (func $odd (param i32) (result i32)
         (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0)) (else (return_call $even (i32.sub (local.get 0) (i32.const 1))))))
       (func $run (export "run") (param i32) (result i32) (return_call $even (local.get 0))))"},
};

/// A module whose segments are worth mapping: 100,000 bytes, and a few behind a gap.
std::string data_guest() {
  std::string text = "(memory 4) (data (i32.const 5000) \"";
  for (int i = 0; i < 100'000; ++i) text.append("\\").append(i % 2 == 0 ? "ab" : "0c");
  return text + R"(") (data (i32.const 110000) "end")
       (func $run (export "run") (param i32) (result i32)
         (i32.store8 (i32.const 5000) (i32.add (i32.load8_u (i32.const 5000)) (i32.const 1)))
         (i32.add (i32.load (i32.const 104996)) (i32.add (i32.load8_u (i32.const 5000))
           (i32.load8_u (i32.const 110002))))))";
}

syntax::Module decoded(std::string_view fields) {
  Bytes bytes = text::assemble("(module " + std::string(fields) + ")").value();
  const syntax::FeatureSet features = syntax::FeatureSet::all();
  syntax::Module module =
      binary::decode(std::make_shared<const Bytes>(std::move(bytes)), features).value();
  EXPECT_TRUE(validate::validate(module, features));
  return module;
}

std::vector<std::string> run(const std::shared_ptr<const CompiledModule>& compiled) {
  std::vector<std::string> said;
  const auto store = runtime::Store::create(compiled->types, {}).value();
  for (int round = 0; round < 2; ++round) {
    const auto instance = runtime::Linker().instantiate(*store, compiled, "m");
    if (!instance) return {"no instance"};
    const auto found = (*instance)->find_export("run");
    if (!found) return {"no such export"};
    for (const uint32_t argument : {5u, 0u}) {
      runtime::Value value;
      value.type = syntax::i32_type;
      value.slots[0] = argument;
      const auto results = runtime::call(*store, *std::get<runtime::Func*>(*found), {&value, 1});
      if (results) {
        said.push_back(runtime::to_string((*results)[0]));
      } else if (const auto* trap = std::get_if<runtime::Trap>(&results.error())) {
        said.push_back(trap->message());
      } else {
        said.push_back("an exception or error");
      }
    }
  }
  return said;
}

std::shared_ptr<CompiledModule> with_types(std::shared_ptr<const LoadedModule> loaded) {
  return std::make_shared<CompiledModule>(std::move(loaded),
                                          std::make_shared<runtime::TypeRegistry>());
}

class ImageGuest : public ::testing::TestWithParam<Guest> {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() /
        ("waxwing-image-" + std::to_string(::getpid()) + "-" + std::string(GetParam().name));
    store_ = cache::DirectoryStore::open(
                 {.path = directory_.string(), .generation = "g", .read_below_bytes = 0})
                 .value();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// The image of `bytes` as it is opened from a file.
  image::Image from_file(Bytes bytes, image::Verify verify, cache::Blob& blob) {
    const cache::Digest key = cache::sha256(bytes);
    EXPECT_TRUE(store_->put(key, cache::Blob::own(std::move(bytes))));
    blob = store_->get(key).value();
    EXPECT_NE(blob.file(), nullptr);
    auto opened = image::Image::open(blob, {.verify = verify});
    if (opened) return *std::move(opened);
    ADD_FAILURE() << opened.error().message();
    return {};
  }

  std::filesystem::path directory_;
  std::shared_ptr<cache::CacheStore> store_;
};

TEST_P(ImageGuest, runs_from_a_file_as_it_was_compiled) {
  auto module = std::make_shared<LoadedModule>(decoded(GetParam().fields));
  const Options options = {.features = codegen::x64::CpuFeatures::from_host().value()};
  abi::CodeImage code = compile(module->module, options).value();
  const Bytes bytes =
      image::write({.module = module->module, .code = &code, .compat = "a b\n"}).value();

  Options more = options;
  more.threads = 2;
  const syntax::Module again = decoded(GetParam().fields);
  const abi::CodeImage same = compile(again, more).value();
  EXPECT_EQ(bytes, image::write({.module = again, .code = &same, .compat = "a b\n"}).value());

  module->native = std::shared_ptr(
      runtime::NativeCode::load(std::move(code), module->module, runtime::FaultHandling::install)
          .value());
  auto compiled = with_types(module);
  compiled->code = module->native;

  cache::Blob blob;
  image::Image image = from_file(bytes, image::Verify::everything, blob);
  ASSERT_TRUE(image.has_code);
  auto loaded = std::make_shared<LoadedModule>(std::move(image.module));
  std::vector<runtime::DataImage> parts;
  for (image::MemoryPart& part : image.memory_parts)
    parts.push_back({.memory = part.memory, .offset = part.offset, .image = std::move(part.bytes)});
  EXPECT_EQ(parts.empty(), GetParam().name != "data");
  loaded->data_images.give(std::move(parts));
  auto native = runtime::NativeCode::load({.tables = image.tables,
                                           .owner = loaded->module.owner,
                                           .text = image.text,
                                           .file = blob.file(),
                                           .file_offset = image.text_offset},
                                          loaded->module, runtime::FaultHandling::install);
  ASSERT_TRUE(native) << native.error().message();
  loaded->native = std::shared_ptr(*std::move(native));
  blob = {};
  store_.reset();
  std::filesystem::remove_all(directory_);
  auto hit = with_types(loaded);
  hit->code = loaded->native;
  EXPECT_EQ(run(hit), run(compiled));
}

TEST_P(ImageGuest, is_interpreted_from_a_file_without_being_validated) {
  syntax::Module module = decoded(GetParam().fields);
  const Bytes bytes = image::write({.module = module, .compat = "a b\n"}).value();
  auto compiled = with_types(std::make_shared<LoadedModule>(std::move(module)));
  compiled->code = interp::load(*compiled).value();

  cache::Blob blob;
  image::Image image = from_file(bytes, image::Verify::metadata, blob);
  ASSERT_TRUE(image.has_bodies);
  auto loaded = with_types(std::make_shared<LoadedModule>(std::move(image.module)));
  blob = {};
  loaded->code = interp::load(*loaded).value();
  EXPECT_EQ(run(loaded), run(compiled));

  // What compiles it later, too, has all that it needs.
  const Options options = {.features = codegen::x64::CpuFeatures::from_host().value()};
  const syntax::Module again = decoded(GetParam().fields);
  EXPECT_EQ(compile(loaded->module, options).value().text, compile(again, options).value().text);
}

INSTANTIATE_TEST_SUITE_P(guests, ImageGuest, ::testing::ValuesIn([] {
                           std::vector<Guest> all(std::begin(guests), std::end(guests));
                           static const std::string data = data_guest();
                           all.push_back({"data", data});
                           return all;
                         }()),
                         [](const auto& guest) { return std::string(guest.param.name); });

}  // namespace
}  // namespace waxwing::baseline

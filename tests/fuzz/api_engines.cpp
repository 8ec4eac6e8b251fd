// See api_engines.h.
#include "api_engines.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace waxwing::fuzz {
namespace {

constexpr const char* texts[] = {
    R"((module (import "env" "step" (func $step (param i32) (result i32)))
      (memory (export "memory") 1 3) (table (export "table") 2 6 funcref)
      (table (export "refs") 1 4 externref)
      (global (export "i64") (mut i64) (i64.const 1)) (global (export "ref") (mut externref) (ref.null extern))
      (tag (export "tag") (param i32))
      (func (export "call") (param i32) (result i32) (call $step (local.get 0)))
      (func (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (call $deeper (i32.sub (local.get 0) (i32.const 1)))) (else (call $step (i32.const 1)))))
      (func $deeper (param i32) (result i32) (i32.add (i32.const 1) (call $step (local.get 0))))
      (func (export "trap") (param i32) (result i32) (i32.div_s (i32.const 1) (i32.const 0)))
      (func (export "keep") (param externref) (result externref)
        (global.set 1 (local.get 0)) (table.get 1 (i32.const 0)) (table.set 1 (i32.const 0) (local.get 0)))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "throw") (param i32) (result i32) (throw 0 (local.get 0)))
      (func (export "pair") (param i64 externref) (result externref i64) (local.get 1) (local.get 0))))",
    R"((module (import "env" "step" (func $step (param i32) (result i32))) (func $begin
        (drop (call $step (i32.const 3)))) (start $begin) (func (export "call") (param i32) (result i32) (local.get 0))))",
    R"((module (import "env" "memory" (memory 1)) (import "env" "table" (table 1 funcref))
      (func (export "call") (param i32) (result i32)
        (i32.store8 (local.get 0) (i32.const 7)) (i32.load8_u (local.get 0)))))",
    R"((module (import "not" "there" (func (param i64)))))",
    R"((module (type $s (struct (field (mut anyref)))) (global $g (mut anyref) (ref.null any))
      (func (export "call") (param i32) (result i32)
        (loop $more (global.set $g (struct.new $s (global.get $g)))
          (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 0))
      (func (export "any") (param anyref) (result anyref) (global.get $g) (global.set $g (local.get 0)))))",
    R"((module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_readdir" (func $list (param i32 i32 i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (import "env" "step" (func $step (param i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\20\00\00\00\08\00\00\00dir/file")
      (func (export "call") (param i32) (result i32)
        (drop (call $open (i32.const 3) (i32.const 1) (i32.const 8) (i32.shr_u (local.get 0) (i32.const 5))
          (i32.and (local.get 0) (i32.const 9)) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 64)))
        (drop (call $write (i32.and (local.get 0) (i32.const 7)) (i32.const 0) (i32.const 1) (i32.const 64)))
        (drop (call $step (local.get 0)))
        (drop (call $read (i32.and (local.get 0) (i32.const 7)) (i32.const 0) (i32.const 1) (i32.const 64)))
        (drop (call $list (i32.and (local.get 0) (i32.const 7)) (i32.const 256) (i32.const 256) (i64.const 0) (i32.const 64)))
        (drop (call $random (i32.const 256) (local.get 0)))
        (drop (call $time (i32.const 0) (i64.const 1) (i32.const 64)))
        (if (i32.eq (local.get 0) (i32.const 200)) (then (call $exit (i32.const 7))))
        (call $close (i32.and (local.get 0) (i32.const 7))))))"};

constexpr size_t alignment = 64;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "fuzz_api: %s\n", what);
  std::abort();
}

}  // namespace

std::optional<MemoryAllocator::Block> AnyAllocator::allocate(const Request& request) noexcept {
  const uint8_t how = mood();
  if (how == 1) return std::nullopt;
  constexpr uint64_t most_bytes = 8 << 16;
  if (request.min_bytes > most_bytes) return std::nullopt;
  const uint64_t reserved = std::clamp<uint64_t>(request.max_bytes, alignment, most_bytes);
  void* const base = std::aligned_alloc(alignment, reserved + alignment);
  if (base == nullptr) return std::nullopt;
  blocks_.push_back(base);
  Block block{.base = static_cast<uint8_t*>(base), .reserved_bytes = reserved, .data = base};
  if (how == 2) block.base = nullptr;
  if (how == 3) ++block.base;
  if (how == 4) block.reserved_bytes = request.min_bytes;
  if (how == 5) block.reserved_bytes = request.min_bytes / 2;
  if (how == 6) {
    std::fill_n(block.base, reserved, uint8_t{0});
    block.is_zeroed = true;
  }
  return block;
}

bool AnyAllocator::grow(const Block& /*block*/, uint64_t old_bytes, uint64_t new_bytes) noexcept {
  if (new_bytes < old_bytes) fail("a memory shrinks");
  return mood() < 12;
}

void AnyAllocator::release(const Block& block) noexcept {
  if (std::erase(blocks_, block.data) != 1) fail("a block is released twice");
  std::free(block.data);
}

Engines::Engines() {
  const auto count_event = [this](const Event& /*event*/) { ++events; };
  const Config configs[count] = {
      {.tier = Tier::interpreter, .fuel = true},
      {},
      {.tier = Tier::interpreter, .listeners = true, .on_event = count_event},
      {.fuel = true, .listeners = true, .deterministic = true, .on_event = count_event},
      {.tier = Tier::interpreter, .checkpoints = true, .memory_allocator = allocator},
      {.lazy = true, .checkpoints = true, .memory_allocator = allocator, .on_event = count_event}};
  for (const Config& config : configs) engines.emplace_back(config);
  for (const char* const text : texts) {
    auto bytes = wat_to_wasm(text);
    if (!bytes) fail(bytes.error().message().c_str());
    binaries.push_back(*std::move(bytes));
  }
  static_assert(std::size(texts) == module_count);
  for (const Engine& engine : engines) {
    for (const std::vector<uint8_t>& binary : binaries) {
      auto module = engine.compile(binary);
      if (!module) fail(module.error().message().c_str());
      modules.push_back(*std::move(module));
    }
  }
  if (auto made = engines[1].compile_to_artefact(binaries[0], secret)) artefact = *std::move(made);
}

}  // namespace waxwing::fuzz

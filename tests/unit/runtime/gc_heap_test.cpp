// The collector by itself: what it keeps, what it frees, and what it does when there is no room.
#include "runtime/gc_heap.h"

#include <gtest/gtest.h>
#include <random>

#include "fixtures.h"
#include "runtime/aggregate.h"

namespace waxwing::runtime {
namespace {

/// Roots that a test holds: some looked at when a collection begins, some in pieces.
class TestRoots final : public GcRootSource {
 public:
  std::vector<Ref> at_once;
  std::vector<Ref> in_pieces;
  std::vector<Slot> words;

 private:
  void visit_roots(GcMarker& marker) override {
    for (const Ref ref : at_once) marker.mark_ref(ref.bits());
    marker.mark_words(words);
  }
  std::span<const Ref> next_roots(GcRootCursor& cursor, size_t max) override {
    const size_t from = std::min<size_t>(cursor.item, in_pieces.size());
    const size_t count = std::min(max, in_pieces.size() - from);
    cursor.item += count;
    return std::span(in_pieces).subspan(from, count);
  }
};

class GcHeapTest : public testing::Test {
 public:
  GcHeapTest() {
    ModuleBuilder builder;
    const syntax::ValType any = syntax::ValType::ref(true, syntax::AbstractHeap::any);
    const syntax::FieldType field{any, true};
    const auto node_type =
        add(builder, syntax::StructType{{field, field, {syntax::i64_type, true}}});
    const auto refs_type = add(builder, syntax::ArrayType{field});
    const auto bytes_type = add(builder, syntax::ArrayType{{syntax::ValKind::i8, true}});
    const auto vectors_type = add(builder, syntax::ArrayType{{syntax::v128_type, true}});
    const auto ids = types.add_module(builder.module);
    node = &types.info(ids[node_type]);
    refs = &types.info(ids[refs_type]);
    bytes = &types.info(ids[bytes_type]);
    vectors = &types.info(ids[vectors_type]);
    make_heap({});
  }

  void make_heap(const GcOptions& options) {
    heap.reset();
    heap = std::make_unique<GcHeap>(types, roots, is_marking, options);
  }
  Object* new_node(uint64_t number) {
    Object* object = new_struct(*heap, *node);
    if (object) store_field(object->at(24), number);
    return object;
  }
  static Ref ref(const Object* object) {
    return Ref::from_bits(reinterpret_cast<uint64_t>(object));
  }
  static Object* object(Ref ref) { return reinterpret_cast<Object*>(ref.bits()); }
  static Ref field(const Object* object, uint32_t index) {
    return load_field<Ref>(object->at(8 + index * 8));
  }
  static uint64_t number(const Object* object) { return load_field<uint64_t>(object->at(24)); }
  void set(Object* to, uint32_t index, Ref value) {
    if (is_marking) heap->shade(field(to, index));
    store_field(to->at(8 + index * 8), value);
  }
  uint64_t live_after_collection() {
    heap->collect();
    return heap->statistics().live_bytes;
  }

  TypeRegistry types;
  TestRoots roots;
  bool is_marking = false;
  std::unique_ptr<GcHeap> heap;
  const TypeInfo* node = nullptr;
  const TypeInfo* refs = nullptr;
  const TypeInfo* bytes = nullptr;
  const TypeInfo* vectors = nullptr;

 private:
  template <typename Type>
  static syntax::TypeIdx add(ModuleBuilder& builder, Type type) {
    return builder.type({.is_final = true, .super = {}, .composite = type});
  }
};

TEST_F(GcHeapTest, objects_are_zero_and_apart_at_every_size) {
  std::vector<Object*> objects;
  for (uint32_t length = 0; length < 80'000; length = length * 5 / 4 + 1) {
    Object* array = new_array(*heap, *bytes, length);
    ASSERT_NE(array, nullptr);
    EXPECT_EQ(reinterpret_cast<uint64_t>(array) % object_alignment, 0u);
    EXPECT_EQ(array->length, length);
    EXPECT_EQ(array->header, bytes->header);
    for (uint32_t i = 0; i < length; ++i) ASSERT_EQ(array->payload()[i], 0);
    std::memset(array->payload(), int(objects.size() + 1), length);
    objects.push_back(array);
  }
  for (size_t i = 0; i < objects.size(); ++i) {
    for (uint32_t at = 0; at < objects[i]->length; ++at)
      ASSERT_EQ(objects[i]->payload()[at], uint8_t(i + 1));
  }
}

TEST_F(GcHeapTest, frees_cycles_and_keeps_what_roots_reach) {
  Object* kept = new_node(1);
  Object* other = new_node(2);
  set(kept, 0, ref(other));
  set(other, 1, ref(kept));
  roots.at_once = {ref(kept)};
  for (int i = 0; i < 1000; ++i) {
    Object* a = new_node(3);
    Object* b = new_node(4);
    set(a, 0, ref(b));
    set(b, 0, ref(a));
  }
  EXPECT_EQ(live_after_collection(), 2u * 32);
  EXPECT_EQ(number(object(field(kept, 0))), 2u);
  roots.at_once.clear();
  EXPECT_EQ(live_after_collection(), 0u);
}

TEST_F(GcHeapTest, freed_cells_are_zero_again) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5000; ++i) {
      Object* made = new_node(5);
      ASSERT_TRUE(field(made, 0).is_null());
      set(made, 0, ref(made));
      if (i % 7 == 0 && round == 0) roots.in_pieces.push_back(ref(made));
    }
    heap->collect();
  }
  EXPECT_EQ(live_after_collection(), roots.in_pieces.size() * 32);
}

TEST_F(GcHeapTest, a_word_keeps_an_object_only_at_its_start) {
  roots.words = {reinterpret_cast<Slot>(new_node(1)), reinterpret_cast<Slot>(new_node(2)) + 16,
                 reinterpret_cast<Slot>(new_node(3)) + 1, 12345, UINT64_MAX};
  EXPECT_EQ(live_after_collection(), 32u);
  roots.words[0] -= 32;  // of a cell that is free, or none
  EXPECT_EQ(live_after_collection(), 0u);
}

TEST_F(GcHeapTest, small_numbers_and_hosts_values_are_no_objects) {
  Object* made = new_node(1);
  set(made, 0, Ref::from_i31(5));
  set(made, 1, Ref::from_host(7));
  roots.at_once = {ref(made), Ref::from_i31(UINT32_MAX), Ref::from_host(1), Ref()};
  EXPECT_EQ(live_after_collection(), 32u);
  EXPECT_EQ(field(made, 0).i31(), 5);
}

TEST_F(GcHeapTest, large_objects_come_and_go) {
  Object* array = new_array(*heap, *refs, 1'000'000);
  ASSERT_NE(array, nullptr);
  roots.at_once = {ref(array)};
  for (uint32_t i = 0; i < array->length; i += 1000) references(*array, i, 1)[0] = ref(new_node(i));
  const uint64_t live = live_after_collection();
  EXPECT_GE(live, 8'000'000u + 1000 * 32);
  EXPECT_LT(live, 8'200'000u);
  for (uint32_t i = 0; i < array->length; i += 1000)
    ASSERT_EQ(number(object(references(*array, i, 1)[0])), i);
  roots.at_once.clear();
  EXPECT_EQ(live_after_collection(), 0u);
  Object* again = new_array(*heap, *bytes, 8'000'000);
  for (uint32_t i = 0; i < again->length; ++i) ASSERT_EQ(again->payload()[i], 0);
}

TEST_F(GcHeapTest, more_to_look_into_than_the_mark_stack_holds) {
  // Each node's second field is pushed before the first is followed.
  Object* list = nullptr;
  for (uint64_t i = 0; i < 400'000; ++i) {
    Object* payload = new_node(i);
    set(payload, 0, ref(payload));
    roots.at_once = {ref(list), ref(payload)};
    Object* link = new_node(i);
    set(link, 0, ref(payload));
    set(link, 1, ref(list));
    list = link;
    roots.at_once = {ref(list)};
  }
  EXPECT_EQ(live_after_collection(), 800'000u * 32);
  uint64_t expected = 400'000;
  for (const Object* at = list; at; at = object(field(at, 1))) {
    --expected;
    ASSERT_EQ(number(at), expected);
    ASSERT_EQ(number(object(field(at, 0))), expected);
  }
  EXPECT_EQ(expected, 0u);
}

TEST_F(GcHeapTest, a_full_heap_refuses_and_recovers) {
  make_heap({.max_bytes = 4u << 20});
  Object* list = nullptr;
  uint64_t count = 0;
  while (Object* link = new_node(count)) {
    set(link, 0, ref(list));
    list = link;
    roots.at_once = {ref(list)};
    ASSERT_LT(++count, 200'000u);
  }
  EXPECT_GT(count, 100'000u);
  EXPECT_EQ(new_array(*heap, *bytes, 3u << 20), nullptr);
  roots.at_once.clear();
  EXPECT_NE(new_array(*heap, *bytes, 3u << 20), nullptr);
  EXPECT_LE(heap->statistics().peak_bytes, 4u << 20);
}

TEST_F(GcHeapTest, refuses_sizes_beyond_its_limit) {
  EXPECT_EQ(new_array(*heap, *vectors, UINT32_MAX), nullptr);
  EXPECT_EQ(new_array(*heap, *refs, UINT32_MAX), nullptr);
  make_heap({.max_bytes = 0});
  EXPECT_EQ(new_node(1), nullptr);
  EXPECT_EQ(new_array(*heap, *bytes, 100'000), nullptr);
}

TEST_F(GcHeapTest, finalizers_run_once) {
  static int finalized;
  finalized = 0;
  const auto finalize = [](void* data) { finalized += *static_cast<int*>(data); };
  int one = 1;
  int hundred = 100;
  roots.at_once = {heap->new_host_object(&hundred, finalize)};
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(heap->new_host_object(&one, finalize).is_null());
  EXPECT_FALSE(heap->new_host_object(&one, nullptr).is_null());
  heap->collect();
  EXPECT_EQ(finalized, 10);
  heap->collect();
  EXPECT_EQ(finalized, 10);
  heap.reset();
  EXPECT_EQ(finalized, 110);
}

TEST_F(GcHeapTest, explicit_roots_keep_while_they_live) {
  {
    Roots first(*heap);
    Roots second(*heap);
    first.slots = {ref(new_node(1)).bits()};
    second.slots = {0, ref(new_node(2)).bits()};
    EXPECT_EQ(live_after_collection(), 64u);
    EXPECT_EQ(number(reinterpret_cast<Object*>(first.slots[0])), 1u);
  }
  EXPECT_EQ(live_after_collection(), 0u);
}

TEST_F(GcHeapTest, collects_as_it_goes) {
  make_heap({.max_bytes = 64u << 20});
  for (int i = 0; i < 10'000'000; ++i) ASSERT_NE(new_node(1), nullptr);
  const GcStatistics statistics = heap->statistics();
  EXPECT_GT(statistics.collections, 20u);
  EXPECT_LT(statistics.peak_bytes, 20u << 20);
}

TEST_F(GcHeapTest, stress_collects_before_every_allocation) {
  make_heap({.is_stress = true});
  roots.at_once = {ref(new_node(1))};
  for (int i = 0; i < 100; ++i) new_node(2);
  EXPECT_EQ(heap->statistics().collections, 101u);
  EXPECT_EQ(live_after_collection(), 32u);
}

/// A mutator that a model watches, while the collector takes its smallest steps.
class Mutator {
 public:
  Mutator(GcHeapTest& test, uint32_t seed) : test_(test), random_(seed) {
    test.roots.in_pieces.resize(root_count);
    model_roots_.resize(root_count);
  }

  void step() {
    const uint32_t root = random_() % root_count;
    const uint32_t other = random_() % root_count;
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2: return add(root);
      case 3: return link(root, other);
      case 4: return unlink(root);
      case 5: return follow(root, other);
      case 6: return take_apart(root, other);
      default:
        return put(other, random_() % 16 == 0 ? 0 : model_roots_[root],
                   random_() % 16 == 0 ? Ref() : test_.roots.in_pieces[root], false);
    }
  }

  /// All that the model reaches is in the heap, with its number.
  size_t check() {
    std::vector<uint64_t> left;
    std::vector<bool> seen(nodes_.size());
    size_t count = 0;
    for (size_t i = 0; i < root_count; ++i) {
      EXPECT_EQ(test_.roots.in_pieces[i].is_null(), model_roots_[i] == 0);
      if (model_roots_[i] != 0) left.push_back(model_roots_[i]);
    }
    while (!left.empty()) {
      const Node node = nodes_[left.back()];
      const uint64_t number = left.back();
      left.pop_back();
      if (seen[number]) continue;
      seen[number] = true;
      ++count;
      EXPECT_EQ(GcHeapTest::number(node.object), number);
      for (uint32_t i = 0; i < 2; ++i) {
        const Object* child = GcHeapTest::object(GcHeapTest::field(node.object, i));
        EXPECT_EQ(child, nodes_[node.children[i]].object);
        if (node.children[i] != 0) left.push_back(node.children[i]);
      }
    }
    return count;
  }

 private:
  struct Node {
    Object* object = nullptr;
    uint64_t children[2] = {0, 0};
  };
  static constexpr uint32_t root_count = 64;

  /// The roots that are looked at in pieces change under the barrier, like a table.
  void put(uint32_t root, uint64_t number, Ref ref, bool is_same) {
    if (!is_same && (number == 0) != ref.is_null()) return;
    if (test_.is_marking) test_.heap->shade(test_.roots.in_pieces[root]);
    test_.roots.in_pieces[root] = ref;
    model_roots_[root] = number;
  }
  void add(uint32_t root) {
    const uint64_t number = nodes_.size();
    Object* made = test_.new_node(number);
    ASSERT_NE(made, nullptr);
    nodes_.push_back({made, {model_roots_[root], 0}});
    test_.set(made, 0, test_.roots.in_pieces[root]);
    put(root, number, GcHeapTest::ref(made), true);
  }
  void link(uint32_t root, uint32_t other) {
    if (model_roots_[root] == 0) return;
    const uint32_t which = random_() % 2;
    nodes_[model_roots_[root]].children[which] = model_roots_[other];
    test_.set(GcHeapTest::object(test_.roots.in_pieces[root]), which, test_.roots.in_pieces[other]);
  }
  void unlink(uint32_t root) {
    if (model_roots_[root] == 0) return;
    const uint32_t which = random_() % 2;
    nodes_[model_roots_[root]].children[which] = 0;
    test_.set(GcHeapTest::object(test_.roots.in_pieces[root]), which, Ref());
  }
  /// Goes down and keeps what is there in another root.
  void follow(uint32_t root, uint32_t other) {
    uint64_t number = model_roots_[root];
    for (int i = 0; i < 5 && number != 0; ++i) {
      const uint64_t child = nodes_[number].children[random_() % 2];
      if (child == 0) break;
      number = child;
    }
    if (number != 0) put(other, number, GcHeapTest::ref(nodes_[number].object), true);
  }
  /// Takes a child out of its parent: from then on only a root has it.
  void take_apart(uint32_t root, uint32_t other) {
    const uint64_t parent = model_roots_[root];
    if (parent == 0) return;
    const uint32_t which = random_() % 2;
    const uint64_t child = nodes_[parent].children[which];
    if (child == 0) return;
    const Ref ref = GcHeapTest::ref(nodes_[child].object);
    nodes_[parent].children[which] = 0;
    test_.set(nodes_[parent].object, which, Ref());
    put(other, child, ref, true);
  }

  GcHeapTest& test_;
  std::mt19937 random_;
  std::vector<Node> nodes_ = {Node()};
  std::vector<uint64_t> model_roots_;
};

TEST_F(GcHeapTest, a_random_mutator_loses_nothing_between_small_steps) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    roots.in_pieces.clear();
    make_heap(
        {.min_cycle_bytes = 2048, .max_step_ns = 0, .piece_bytes = 64, .max_run_cells = seed});
    Mutator mutator(*this, seed);
    for (int i = 0; i < 60'000; ++i) {
      mutator.step();
      if (i % 5000 == 0) mutator.check();
      if (HasFailure()) return;
    }
    const size_t live = mutator.check();
    EXPECT_GT(heap->statistics().collections, 5u);
    EXPECT_EQ(live_after_collection(), live * 32);
    mutator.check();
  }
}

}  // namespace
}  // namespace waxwing::runtime

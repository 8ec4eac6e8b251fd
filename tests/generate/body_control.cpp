// Blocks, branches, calls and exceptions. Loops and calls use up fuel, so that all of it ends.
#include <algorithm>

#include "generate/body.h"

namespace waxwing::tests {
namespace {

// With null, which is all that can be made without a handler.
constexpr ValType exception_ref = syntax::exnref;

}  // namespace

/// Opens a block whose parameters are on the stack.
void Body::open(Op id, const Types& params, const Types& results, const Inside& immediates) {
  op(id);
  if (params.empty() && results.empty() && random_.one_in(2)) {
    out_.u8(0x40);
  } else if (params.empty() && results.size() == 1 && random_.one_in(2)) {
    write_val_type(out_, results[0]);
  } else {
    out_.s64(plan_.func_type(params, results));
  }
  if (immediates) immediates();
  pop(params.size());
  frames_.push_back({id == Op::loop ? params : results, results, stack_.size(), false});
  push(params);
  is_dead_ = false;
}

/// Ends the innermost block, whose results are on the stack, or which is dead.
void Body::close() {
  op(Op::end);
  const Frame frame = frames_.back();
  frames_.pop_back();
  stack_.resize(frame.height);
  push(frame.results);
  is_dead_ = false;
}

void Body::nested(Op id, const Types& params, const Types& results, const Inside& inside,
                  const Inside& immediates) {
  open(id, params, results, immediates);
  inside();
  finish(results);
  close();
}

/// Makes the innermost block's part of the stack what its end wants.
void Body::finish(const Types& results) {
  const size_t height = frames_.back().height;
  if (is_dead_) {
    stack_.resize(height);
    is_dead_ = false;
    if (!random_.one_in(4)) return;
  }
  consume_to(height);
  values(results);
}

/// Returns the least values.
void Body::escape() {
  for (const ValType result : type_.results) least(result);
  op(Op::return_);
  pop(type_.results.size());
}

void Body::use_fuel() {
  op(Op::global_get, Plan::fuel_global);
  op(Op::i32_const);
  out_.s64(1);
  op(Op::i32_sub);
  op(Op::global_set, Plan::fuel_global);
  op(Op::global_get, Plan::fuel_global);
  op(Op::i32_const);
  out_.s64(0);
  op(Op::i32_lt_s);
  op(Op::if_);
  out_.u8(0x40);
  escape();
  op(Op::end);
}

void Body::block(const Types& params, const Types& results) {
  values(params);
  nested(Op::block, params, results, [&] { statements(random_.below(4)); });
}

void Body::loop(const Types& params, const Types& results) {
  const uint32_t counter = add_local(syntax::i32_type, true);
  i32(int32_t(1 + random_.below(6)));
  op(Op::local_set, counter);
  pop();
  values(params);
  nested(Op::loop, params, results, [&] {
    use_fuel();
    statements(random_.below(4));
    if (is_dead_) return;
    consume_to(frames_.back().height);
    values(params);
    op(Op::local_get, counter);
    op(Op::i32_const);
    out_.s64(1);
    op(Op::i32_sub);
    op(Op::local_tee, counter);
    op(Op::br_if, 0);
    stay(params);
  });
}

void Body::if_else(const Types& params, const Types& results) {
  values(params);
  condition();
  pop();
  open(Op::if_, params, results);
  statements(random_.below(3));
  finish(results);
  if (params != results || random_.one_in(2)) {
    op(Op::else_);
    stack_.resize(frames_.back().height);
    push(params);
    is_dead_ = false;
    statements(random_.below(3));
    finish(results);
  }
  close();
}

/// The handlers are blocks around it; each ends with the values that the whole is worth.
void Body::try_table(const Types& results) {
  enum class Catch : uint8_t { tag, tag_ref, all, all_ref };
  struct Clause {
    Catch kind;
    uint32_t tag;
    Types types;
  };
  std::vector<Clause> clauses(random_.below(4));
  for (Clause& clause : clauses) {
    clause.kind = Catch(random_.below(4));
    clause.tag = uint32_t(random_.below(plan_.tags.size()));
    const bool has_tag = clause.kind == Catch::tag || clause.kind == Catch::tag_ref;
    if (has_tag) clause.types = plan_.types[plan_.tags[clause.tag]].func()->params;
    if (clause.kind == Catch::tag_ref || clause.kind == Catch::all_ref)
      clause.types.push_back(exception_ref);
  }
  open(Op::block, {}, results);
  for (const Clause& clause : clauses) open(Op::block, {}, clause.types);
  const auto write_clauses = [&] {
    out_.u64(clauses.size());
    for (size_t i = 0; i < clauses.size(); ++i) {
      const Clause& clause = clauses[i];
      out_.u8(uint8_t(clause.kind));
      if (clause.kind == Catch::tag || clause.kind == Catch::tag_ref) out_.u32(clause.tag);
      out_.u64(clauses.size() - 1 - i);
    }
  };
  nested(
      Op::try_table, {}, results,
      [&] {
        statements(1 + random_.below(3));
        if (!is_dead_ && random_.one_in(3)) throw_some();
      },
      write_clauses);
  for (size_t i = clauses.size(); i > 0; --i) {
    // Out of the block that handles clause i - 1, past its end.
    op(Op::br, uint32_t(i));
    close();
    if (!clauses[i - 1].types.empty() && clauses[i - 1].types.back() == exception_ref &&
        random_.one_in(6)) {
      op(Op::throw_ref);
      stack_.resize(frames_.back().height);
    } else {
      consume_to(frames_.back().height);
    }
    values(results);
  }
  close();
}

void Body::legacy_try(const Types& results) {
  open(Op::try_, {}, results);
  statements(1 + random_.below(3));
  if (!is_dead_ && random_.one_in(3)) throw_some();
  finish(results);
  if (random_.one_in(4)) {
    // delegate ends the block; its label is counted from outside.
    const Frame frame = frames_.back();
    frames_.pop_back();
    op(Op::delegate, uint32_t(random_.below(frames_.size())));
    stack_.resize(frame.height);
    push(results);
    return;
  }
  frames_.back().is_caught = true;
  const auto handle = [&](const Types& caught) {
    stack_.resize(frames_.back().height);
    push(caught);
    is_dead_ = false;
    statements(random_.below(2));
    if (!is_dead_ && random_.one_in(5)) {
      op(Op::rethrow, 0);
      is_dead_ = true;
    }
    finish(results);
  };
  for (size_t i = random_.below(3); i > 0; --i) {
    const auto tag = uint32_t(random_.below(plan_.tags.size()));
    op(Op::catch_, tag);
    handle(plan_.types[plan_.tags[tag]].func()->params);
  }
  if (random_.one_in(2)) {
    op(Op::catch_all);
    handle({});
  }
  close();
}

void Body::some_block(const Types& results) {
  Types params;
  if (random_.one_in(3)) {
    for (size_t i = random_.one_in(5) ? 12 : random_.below(4); i > 0; --i)
      params.push_back(plan_.value_type(random_));
  }
  switch (random_.below(10)) {
    case 0:
    case 1: return block(params, results);
    case 2:
    case 3:
    case 4: return loop(params, results);
    case 5: return try_table(results);
    case 6: return legacy_try(results);
    default: return if_else(params, results);
  }
}

/// What is left behind a branch that was not taken has the types of the label.
void Body::stay(const Types& types) {
  std::ranges::copy(types, stack_.end() - std::ptrdiff_t(types.size()));
}

void Body::branch() {
  const auto depth = uint32_t(random_.below(frames_.size()));
  values(label(depth));
  op(Op::br, depth);
  is_dead_ = true;
}

void Body::branch_if() {
  const auto depth = uint32_t(random_.below(frames_.size()));
  const Types types = label(depth);
  values(types);
  condition();
  op(Op::br_if, depth);
  pop();
  stay(types);
  consume_to(stack_.size() - types.size());
}

void Body::branch_table() {
  if (!random_.one_in(2)) return branch_if();
  const auto depth = uint32_t(random_.below(frames_.size()));
  std::vector<uint32_t> same;
  for (uint32_t i = 0; i < frames_.size(); ++i) {
    if (label(i) == label(depth)) same.push_back(i);
  }
  values(label(depth));
  small(syntax::i32_type);
  op(Op::br_table);
  const size_t count = random_.below(7);
  out_.u64(count);
  for (size_t i = 0; i <= count; ++i) out_.u32(random_.pick(same));
  is_dead_ = true;
}

void Body::branch_on_null() {
  const ValType type = some_ref();
  const ValType non_null = ValType::ref(false, type.heap());
  if (!plan_.is_below(type.heap(), AbstractHeap::any) || random_.one_in(2)) {
    const auto depth = uint32_t(random_.below(frames_.size()));
    const Types types = label(depth);
    values(types);
    value(type);
    op(Op::br_on_null, depth);
    pop();
    stay(types);
    push(non_null);
    return consume_to(stack_.size() - types.size() - 1);
  }
  Types types(random_.below(3));
  for (ValType& other : types) other = plan_.value_type(random_);
  Types results = types;
  results.push_back(non_null);
  const size_t height = stack_.size();
  open(Op::block, {}, results);
  values(types);
  value(type);
  op(Op::br_on_non_null, 0);
  pop();
  stay(types);
  consume_to(frames_.back().height);
  values(results);
  close();
  consume_to(height);
}

/// Leaves a value of `type` that a cast let through, or another one.
void Body::branch_on_cast(ValType type) {
  // From the top of its hierarchy, or any type above it.
  const bool has_object = plan_.is_below(type.heap(), AbstractHeap::any);
  if (!has_object) return leaf(type);
  const ValType from = ValType::ref(
      true, random_.one_in(2) || !plan_.is_below(type.heap(), AbstractHeap::eq) ? AbstractHeap::any
                                                                                : AbstractHeap::eq);
  const bool on_fail = random_.one_in(3);
  Types others(random_.below(3));
  for (ValType& other : others) other = plan_.value_type(random_);
  const ValType rest = ValType::ref(!type.is_nullable(), from.heap());
  Types label_types = others;
  label_types.push_back(on_fail ? rest : type);
  const size_t height = stack_.size();
  open(Op::block, {}, {type});
  const size_t inner = stack_.size();
  open(Op::block, {}, label_types);
  values(others);
  value(from);
  op(on_fail ? Op::br_on_cast_fail : Op::br_on_cast);
  out_.u8(uint8_t((from.is_nullable() ? 1 : 0) | (type.is_nullable() ? 2 : 0)));
  out_.u32(0);
  write_heap_type(out_, from.heap());
  write_heap_type(out_, type.heap());
  pop();
  stay(others);
  push(on_fail ? type : rest);
  if (on_fail) {
    op(Op::br, 1);
    close();
    consume_to(inner);
    leaf(type);
  } else {
    consume_to(frames_.back().height);
    leaf(type);
    op(Op::br, 1);
    close();
    // The value on top is what the label got; the others lie below it.
    if (!others.empty()) {
      const uint32_t local = add_local(ValType::ref(true, type.heap()), true);
      op(Op::local_set, local);
      pop();
      consume_to(inner);
      op(Op::local_get, local);
      if (!type.is_nullable()) op(Op::ref_as_non_null);
      push(type);
    }
  }
  close();
  stack_.resize(height);
  push(type);
}

void Body::leave() {
  switch (random_.below(5)) {
    case 0: return branch();
    case 1:
      if (is_wild()) {
        op(Op::unreachable);
        is_dead_ = true;
        return;
      }
      return branch();
    case 2: return throw_some();
    case 3: return tail_call();
    default:
      values(type_.results);
      op(Op::return_);
      is_dead_ = true;
  }
}

void Body::throw_some() {
  for (uint32_t i = 0; i < frames_.size(); ++i) {
    if (frames_[frames_.size() - 1 - i].is_caught && random_.one_in(3)) {
      op(Op::rethrow, i);
      is_dead_ = true;
      return;
    }
  }
  const auto tag = uint32_t(random_.below(plan_.tags.size()));
  values(plan_.types[plan_.tags[tag]].func()->params);
  op(Op::throw_, tag);
  is_dead_ = true;
}

/// Calls `func` directly, by a table or by a reference. False: nothing was written.
bool Body::call(uint32_t func, bool is_tail) {
  const uint32_t type = plan_.funcs[func];
  const Types params = plan_.func(func).params;
  const Types results = plan_.func(func).results;
  values(params);
  const uint64_t slots = plan_.tables[0].limits.min;
  const size_t way = slots > 0 || is_wild() ? random_.below(4) : 2 + random_.below(2);
  if (way == 0) {
    // The table of functions holds what table.init and table.set put there.
    bounded(table_index(0), slots == 0 || is_wild() ? 70 : slots - 1);
    op(Op::table_get, 0);
    pop();
    const ValType target = ValType::ref(true, HeapType(syntax::TypeIdx(type)));
    const uint32_t local = add_local(syntax::funcref, true);
    op(Op::local_tee, local);
    op(Op::ref_test);
    write_heap_type(out_, target.heap());
    op(Op::if_);
    write_val_type(out_, target);
    op(Op::local_get, local);
    op(Op::ref_cast);
    write_heap_type(out_, target.heap());
    op(Op::else_);
    op(Op::ref_func, func);
    op(Op::end);
    op(is_tail ? Op::return_call_ref : Op::call_ref, type);
  } else if (way == 1) {
    const ValType index = table_index(0);
    const uint64_t slot = random_.below(slots);
    if (!is_wild()) {
      constant(index, slot);
      op(Op::ref_func, func);
      op(Op::table_set, 0);
    }
    constant(index, slot);
    op(is_tail ? Op::return_call_indirect : Op::call_indirect, type);
    out_.u32(0);
  } else if (way == 2) {
    op(Op::ref_func, func);
    op(is_tail ? Op::return_call_ref : Op::call_ref, type);
  } else {
    op(is_tail ? Op::return_call : Op::call, func);
  }
  pop(params.size());
  if (!is_tail) push(results);
  return true;
}

void Body::call_some(std::optional<ValType> wanted) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < plan_.funcs.size(); ++i) {
    const Types& results = plan_.func(i).results;
    if (!wanted || (!results.empty() && plan_.matches(results[0], *wanted))) fitting.push_back(i);
  }
  if (fitting.empty()) return wanted ? leaf(*wanted) : void();
  const size_t height = stack_.size();
  call(random_.pick(fitting), false);
  consume_to(height + (wanted ? 1 : 0));
}

void Body::tail_call() {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < plan_.funcs.size(); ++i) {
    if (plan_.func(i).results == type_.results) fitting.push_back(i);
  }
  call(random_.pick(fitting), true);
  is_dead_ = true;
}

}  // namespace waxwing::tests

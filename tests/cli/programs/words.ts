// A program of AssemblyScript without WASI: all that it tells goes through trace and abort.
class Word {
  constructor(public text: string, public count: i32) {}
}

function count(text: string): Word[] {
  const words = new Map<string, i32>();
  const parts = text.split(" ");
  for (let i = 0; i < parts.length; ++i) {
    const word = parts[i];
    words.set(word, (words.has(word) ? words.get(word) : 0) + 1);
  }
  const keys = words.keys();
  const list: Word[] = [];
  for (let i = 0; i < keys.length; ++i) list.push(new Word(keys[i], words.get(keys[i])));
  return list.sort((a, b) => b.count - a.count);
}

export function run(): i32 {
  const list = count("the bird that waxes is the waxwing and the wing is grün \u{1F426}");
  for (let i = 0; i < list.length; ++i) trace(list[i].text, 1, list[i].count);
  trace("sum", 3, 1.5, -0.25, 1e21);
  return list[0].count;
}

export function random(): f64 {
  return Math.random();
}

export function fail(index: i32): i32 {
  const list = count("one two");
  assert(index >= 0, "the index is negative: " + index.toString());
  return list[index].count;
}

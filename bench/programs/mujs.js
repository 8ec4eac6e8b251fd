// Objects, strings, closures, regular expressions, exceptions.
var seed = 12345;
function random(limit) {
  seed = (seed * 16807) % 2147483647;
  return seed % limit;
}
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
print(fib(21));
var counts = {}, words = [];
for (var i = 0; i < 20000; ++i) {
  var word = "w" + random(1000).toString(16);
  counts[word] = (counts[word] || 0) + 1;
  words.push(word);
}
words.sort();
print(words[0], words[9999], counts[words[9999]]);
print(words.join(" ").replace(/w([0-9a-f])/g, "$1").length);
var caught = 0;
for (i = 0; i < 5000; ++i) {
  try { if (i % 2) throw new Error("odd"); } catch (error) { caught += error.message.length; }
}
print(caught);
var sieve = [], primes = 0;
for (i = 2; i < 30000; ++i) {
  if (sieve[i]) continue;
  ++primes;
  for (var j = i * 2; j < 30000; j += i) sieve[j] = true;
}
print(primes);
quit(0);

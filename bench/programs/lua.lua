-- Tables, strings, closures, coroutines, numbers.
local words, counts = {}, {}
local seed = 12345
local function random(limit)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % limit
end
for i = 1, 60000 do
  local word = string.format("w%x", random(5000))
  counts[word] = (counts[word] or 0) + 1
  words[#words + 1] = word
end
local keys = {}
for word in pairs(counts) do keys[#keys + 1] = word end
table.sort(keys, function(a, b)
  if counts[a] ~= counts[b] then return counts[a] > counts[b] end
  return a < b
end)
for i = 1, 5 do print(keys[i], counts[keys[i]]) end

local joined = table.concat(words, " ")
local replaced, number = joined:gsub("w(%x)(%x*)", "%2%1")
print(#replaced, number)

local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(25))

local sum = 0
local generate = coroutine.wrap(function() for i = 1, 60000 do coroutine.yield(i * 0.5) end end)
for _ = 1, 60000 do sum = sum + generate() end
print(sum)

local sieve, primes = {}, 0
for i = 2, 200000 do
  if not sieve[i] then
    primes = primes + 1
    for j = i * i, 200000, i do sieve[j] = true end
  end
end
print(primes)

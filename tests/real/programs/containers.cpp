// The C++ library without exceptions: strings, vectors, maps, algorithms, smart pointers, virtual
// functions.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  virtual std::string name() const { return "shape"; }
};

struct Circle final : Shape {
  explicit Circle(double r) : radius(r) {}
  double area() const override { return 3.25 * radius * radius; }
  std::string name() const override { return "circle"; }
  double radius;
};

struct Square final : Shape {
  explicit Square(double s) : side(s) {}
  double area() const override { return side * side; }
  double side;
};

struct Counter {
  static int alive;
  Counter() { ++alive; }
  Counter(const Counter&) { ++alive; }
  ~Counter() { --alive; }
};
int Counter::alive = 0;

struct AtStart {
  AtStart() { std::puts("a global is constructed"); }
  ~AtStart() { std::puts("a global is destroyed"); }
} at_start;

std::optional<int> parse(const std::string& text) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

int main() {
  std::map<std::string, int> counts;
  const std::string text =
      "it was the best of times it was the worst of times it was the age of wisdom";
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    ++counts[text.substr(begin, end - begin)];
    begin = end + 1;
  }
  for (const auto& [word, count] : counts) std::printf("%s=%d ", word.c_str(), count);
  std::puts("");

  std::vector<int> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 1);
  std::rotate(numbers.begin(), numbers.begin() + 300, numbers.end());
  std::stable_sort(numbers.begin(), numbers.end(), [](int a, int b) { return a % 10 < b % 10; });
  std::printf("%d %d %d\n", numbers[0], numbers[500], numbers.back());
  numbers.erase(std::remove_if(numbers.begin(), numbers.end(), [](int n) { return n % 3 != 0; }),
                numbers.end());
  std::printf("%zu, %lld\n", numbers.size(), std::accumulate(numbers.begin(), numbers.end(), 0LL));

  std::vector<std::unique_ptr<Shape>> shapes;
  for (int i = 1; i < 5; ++i) {
    if (i % 2)
      shapes.push_back(std::make_unique<Circle>(i));
    else
      shapes.push_back(std::make_unique<Square>(i));
  }
  std::sort(shapes.begin(), shapes.end(),
            [](const auto& a, const auto& b) { return a->area() < b->area(); });
  for (const auto& shape : shapes) std::printf("%s %.3f\n", shape->name().c_str(), shape->area());

  std::unordered_map<std::string, std::vector<int>> index;
  for (int i = 0; i < 5000; ++i) index["key" + std::to_string(i % 97)].push_back(i);
  std::printf("%zu keys, %zu in key42, last %d\n", index.size(), index["key42"].size(),
              index["key42"].back());

  std::set<std::string> sorted;
  for (const auto& [key, values] : index) sorted.insert(key);
  std::printf("%s .. %s\n", sorted.begin()->c_str(), sorted.rbegin()->c_str());

  {
    std::vector<Counter> counters(10);
    auto copy = std::make_shared<std::vector<Counter>>(counters);
    std::printf("%d alive\n", Counter::alive);
  }
  std::printf("%d alive\n", Counter::alive);

  std::function<int(int)> factorial = [&](int n) { return n <= 1 ? 1 : n * factorial(n - 1); };
  std::printf("%d %d %s\n", factorial(10), parse("1234").value_or(-1),
              parse("12x4") ? "yes" : "no");
  return 0;
}

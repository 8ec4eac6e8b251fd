// A small Lisp: numbers, symbols, pairs, closures, tail calls; evaluates standard input, prints
// what each expression comes to.
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { NUMBER, SYMBOL, PAIR, BUILTIN, CLOSURE, MACRO } Kind;
typedef struct Value Value;
typedef Value* Builtin(Value* args);
struct Value {
  Kind kind;
  union {
    double number;
    const char* symbol;
    struct {
      Value *head, *tail;
    };
    Builtin* builtin;
    struct {
      Value *params, *body, *env;
    };
  };
};

static Value* symbols;  // a list of all
static Value *quote, *if_, *define, *lambda, *let, *begin, *set, *macro, *truth, *dot;
static Value* globals;  // a list of (name . value)

static void fail(const char* what) {
  printf("error: %s\n", what);
  exit(1);
}

static Value* new_value(Kind kind) {
  Value* value = malloc(sizeof *value);
  if (!value) fail("out of memory");
  value->kind = kind;
  return value;
}

static Value* cons(Value* head, Value* tail) {
  Value* pair = new_value(PAIR);
  pair->head = head;
  pair->tail = tail;
  return pair;
}

static Value* head(Value* list) {
  if (!list || list->kind != PAIR) fail("not a pair");
  return list->head;
}

static Value* tail(Value* list) {
  if (!list || list->kind != PAIR) fail("not a pair");
  return list->tail;
}

static Value* number(double n) {
  Value* value = new_value(NUMBER);
  value->number = n;
  return value;
}

static Value* symbol(const char* name) {
  for (Value* rest = symbols; rest; rest = rest->tail) {
    if (strcmp(rest->head->symbol, name) == 0) return rest->head;
  }
  Value* value = new_value(SYMBOL);
  value->symbol = strdup(name);
  symbols = cons(value, symbols);
  return value;
}

// Reading.

static int peek(void) {
  const int c = getchar();
  ungetc(c, stdin);
  return c;
}

static void skip_space(void) {
  for (int c; (c = getchar()) != EOF;) {
    if (c == ';') {
      while (c != '\n' && c != EOF) c = getchar();
    } else if (!isspace(c)) {
      ungetc(c, stdin);
      return;
    }
  }
}

static Value* read_value(void);

static Value* read_list(void) {
  skip_space();
  if (peek() == ')') {
    getchar();
    return NULL;
  }
  if (peek() == EOF) fail("a list without an end");
  Value* first = read_value();
  if (first == dot) return head(read_list());
  return cons(first, read_list());
}

static Value* read_value(void) {
  skip_space();
  const int c = getchar();
  if (c == '(') return read_list();
  if (c == '\'') return cons(quote, cons(read_value(), NULL));
  char text[64];
  size_t size = 0;
  for (int next = c; next != EOF && !isspace(next) && next != '(' && next != ')';
       next = getchar()) {
    if (size + 1 < sizeof text) text[size++] = (char)next;
    const int after = peek();
    if (after == EOF || isspace(after) || after == '(' || after == ')') break;
  }
  text[size] = 0;
  char* end;
  const double n = strtod(text, &end);
  return *end == 0 && size > 0 ? number(n) : symbol(text);
}

static void print(Value* value) {
  if (!value) {
    printf("()");
    return;
  }
  switch (value->kind) {
    case NUMBER: printf("%.10g", value->number); return;
    case SYMBOL: printf("%s", value->symbol); return;
    case BUILTIN: printf("<builtin>"); return;
    case CLOSURE:
    case MACRO: printf("<closure>"); return;
    case PAIR: break;
  }
  printf("(");
  for (;; value = value->tail) {
    print(value->head);
    if (!value->tail) break;
    if (value->tail->kind != PAIR) {
      printf(" . ");
      print(value->tail);
      break;
    }
    printf(" ");
  }
  printf(")");
}

// Evaluation. An environment is a list of (name . value), the innermost first, and then the
// globals.

static Value* find(Value* name, Value* env) {
  for (; env; env = env->tail) {
    if (env->head->head == name) return env->head;
  }
  for (env = globals; env; env = env->tail) {
    if (env->head->head == name) return env->head;
  }
  printf("%s: ", name->symbol);
  fail("no such variable");
  return NULL;
}

static Value* eval(Value* form, Value* env);

static Value* eval_all(Value* forms, Value* env) {
  if (!forms) return NULL;
  Value* first = eval(head(forms), env);
  return cons(first, eval_all(tail(forms), env));
}

static Value* bind(Value* params, Value* args, Value* env) {
  for (; params && params->kind == PAIR; params = params->tail, args = tail(args)) {
    env = cons(cons(params->head, head(args)), env);
  }
  return params ? cons(cons(params, args), env) : env;
}

static Value* make_closure(Kind kind, Value* params, Value* body, Value* env) {
  Value* closure = new_value(kind);
  closure->params = params;
  closure->body = body;
  closure->env = env;
  return closure;
}

static Value* eval_define(Value* args, Value* env) {
  Value* name = head(args);
  Value* value;
  if (name->kind == PAIR) {
    value = make_closure(CLOSURE, name->tail, tail(args), env);
    name = name->head;
  } else {
    value = eval(head(tail(args)), env);
  }
  globals = cons(cons(name, value), globals);
  return name;
}

static Value* eval_let(Value* bindings, Value* env) {
  Value* inner = env;
  for (; bindings; bindings = tail(bindings)) {
    Value* binding = head(bindings);
    inner = cons(cons(head(binding), eval(head(tail(binding)), inner)), inner);
  }
  return inner;
}

static Value* eval(Value* form, Value* env) {
  for (;;) {
    if (!form || form->kind == NUMBER) return form;
    if (form->kind == SYMBOL) return find(form, env)->tail;
    if (form->kind != PAIR) return form;
    Value *op = form->head, *args = form->tail, *body;
    if (op == quote) return head(args);
    if (op == define) return eval_define(args, env);
    if (op == lambda) return make_closure(CLOSURE, head(args), tail(args), env);
    if (op == macro) return make_closure(MACRO, head(args), tail(args), env);
    if (op == set) return find(head(args), env)->tail = eval(head(tail(args)), env);
    if (op == if_) {
      Value* branches = tail(args);
      form = eval(head(args), env) ? head(branches) : tail(branches) ? head(tail(branches)) : NULL;
      continue;
    }
    if (op == let) {
      env = eval_let(head(args), env);
      body = tail(args);
    } else if (op == begin) {
      body = args;
    } else {
      Value* called = eval(op, env);
      if (!called) fail("() cannot be called");
      if (called->kind == BUILTIN) return called->builtin(eval_all(args, env));
      if (called->kind == MACRO) {
        Value* inner = bind(called->params, args, called->env);
        Value* expansion = NULL;
        for (Value* rest = called->body; rest; rest = rest->tail)
          expansion = eval(rest->head, inner);
        form = expansion;
        continue;
      }
      if (called->kind != CLOSURE) fail("not a function");
      env = bind(called->params, eval_all(args, env), called->env);
      body = called->body;
    }
    if (!body) return NULL;
    for (; body->tail; body = body->tail) eval(body->head, env);
    form = body->head;
  }
}

// Builtins.

static double as_number(Value* value) {
  if (!value || value->kind != NUMBER) fail("not a number");
  return value->number;
}
static double first(Value* args) { return as_number(head(args)); }
static double second(Value* args) { return as_number(head(tail(args))); }
static Value* boolean(int condition) { return condition ? truth : NULL; }

static Value* add(Value* args) {
  double sum = 0;
  for (; args; args = tail(args)) sum += first(args);
  return number(sum);
}
static Value* multiply(Value* args) {
  double product = 1;
  for (; args; args = tail(args)) product *= first(args);
  return number(product);
}
static Value* subtract(Value* args) {
  return number(tail(args) ? first(args) - second(args) : -first(args));
}
static Value* divide(Value* args) { return number(first(args) / second(args)); }
static Value* modulo(Value* args) {
  return number((double)((int64_t)first(args) % (int64_t)second(args)));
}
static Value* less(Value* args) { return boolean(first(args) < second(args)); }
static Value* equal(Value* args) {
  Value *a = head(args), *b = head(tail(args));
  return boolean(a == b ||
                 (a && b && a->kind == NUMBER && b->kind == NUMBER && a->number == b->number));
}
static Value* builtin_cons(Value* args) { return cons(head(args), head(tail(args))); }
static Value* builtin_head(Value* args) { return head(head(args)); }
static Value* builtin_tail(Value* args) { return tail(head(args)); }
static Value* builtin_list(Value* args) { return args; }
static Value* is_pair(Value* args) { return boolean(head(args) && head(args)->kind == PAIR); }
static Value* builtin_print(Value* args) {
  print(head(args));
  printf("\n");
  return head(args);
}

static void define_builtin(const char* name, Builtin* code) {
  Value* value = new_value(BUILTIN);
  value->builtin = code;
  globals = cons(cons(symbol(name), value), globals);
}

int main(void) {
  quote = symbol("quote"), if_ = symbol("if"), define = symbol("define"), lambda = symbol("lambda"),
  let = symbol("let");
  begin = symbol("begin"), set = symbol("set!"), macro = symbol("macro"), truth = symbol("t"),
  dot = symbol(".");
  globals = cons(cons(truth, truth), globals);
  static const struct {
    const char* name;
    Builtin* code;
  } builtins[] = {{"+", add},
                  {"-", subtract},
                  {"*", multiply},
                  {"/", divide},
                  {"mod", modulo},
                  {"<", less},
                  {"=", equal},
                  {"cons", builtin_cons},
                  {"car", builtin_head},
                  {"cdr", builtin_tail},
                  {"list", builtin_list},
                  {"pair?", is_pair},
                  {"print", builtin_print}};
  for (size_t i = 0; i < sizeof builtins / sizeof *builtins; ++i)
    define_builtin(builtins[i].name, builtins[i].code);
  for (skip_space(); peek() != EOF; skip_space()) {
    print(eval(read_value(), NULL));
    printf("\n");
  }
  return 0;
}

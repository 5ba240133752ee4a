// A second checker of the stored proofs, written from proofs/README.md: `node check.mjs FOLDER [ID ...]`, or with `--mutants` to read
// corrupted proofs as JSON lines from standard input. No dependencies. Prints `ID ok STEPS FINGERPRINT` or `ID refused PLACE: REASON`;
// exit code 0 when nothing is refused, 1 when something is, 2 for an unknown ID or folder. It shares no code with the Python kernel.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

class Refusal extends Error {}
const need = (condition, why) => { if (!condition) throw new Refusal(why); };

// ---- exact rationals [numerator, denominator > 0], in lowest terms
const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a < 0n ? -a : a; };
function ratio(n, d = 1n) {
  need(d !== 0n, "a constant has denominator 0");
  const g = gcd(n, d) * (d < 0n ? -1n : 1n);
  return [n / g, d / g];
}
const qAdd = (a, b) => ratio(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
const qMul = (a, b) => ratio(a[0] * b[0], a[1] * b[1]);
const qInv = (a) => ratio(a[1], a[0]);
const qText = (a) => (a[1] === 1n ? `${a[0]}` : `${a[0]}/${a[1]}`);
const Q0 = [0n, 1n], Q1 = [1n, 1n], QM = [-1n, 1n];
function rational(text) {
  need(typeof text === "string" && /^-?[0-9]+(\/[0-9]+)?$/.test(text), `${text} is not written p or p/q`);
  const [n, d] = text.split("/");
  return ratio(BigInt(n), BigInt(d ?? 1));
}

// ---- terms: one object a structure. head: the sort of a quantifier; {name, args, sort} of a symbol; [i, sort] of an index; a constant
const NAME = /^[A-Za-z_][A-Za-z0-9_']*$/, SORT = /^(?!bool\b)[A-Za-z_][A-Za-z0-9_]*\**$/;
const SYMBOLS = new Set(["f", "E", "S", "I"]), POSITIVE = new Set(["E", "S", "I", "sum"]);
const BINDERS = new Set(["E", "S", "I", "sum", "prod", "all"]), RESERVED = new Set(["exp", "log", "sqrt", "at"]);
const isSort = (s) => typeof s === "string" && SORT.test(s);
const numeric = (s) => s === "real" || s === "nat";
const fits = (sort, wanted) => sort === wanted || (sort === "nat" && wanted === "real");
const last = (list) => list[list.length - 1];
const names = new Map(); // the key of a symbol -> its name

function headText(op, head) {
  if (op === "q") return `${op} ${qText(head)}`;
  if (op === "b") return `${op} ${head[0]} ${head[1]}`;
  if (SYMBOLS.has(op)) return `${op} ${head.name} [${head.args.join(" ")}] ${head.sort}`;
  return op === "all" ? `${op} ${head}` : op;
}
const boundSort = (op, head) => op === "all" ? head : op === "E" || op === "S" ? head.sort : op === "I" ? `${head.sort}*` : "nat";

class Node {
  constructor(op, head, kids) {
    [this.op, this.head, this.kids, this.serial] = [op, head, kids, table.size];
    this.sort = sortOf(op, head, kids);
    this.key = SYMBOLS.has(op) ? headText(op === "I" ? "E" : op, head) : null; // a cloud of draws is about the symbol E
    this.free = new Set(kids.flatMap((k) => [...k.free]));
    if (this.key) { this.free.add(this.key); names.set(this.key, head.name); }
    this.loose = new Map(op === "b" ? [[`${head[0]} ${head[1]}`, head]] : []); // the open indices, each with its sort
    kids.forEach((kid, place) => {
      const under = BINDERS.has(op) && place === kids.length - 1;
      for (const [i, sort] of kid.loose.values()) {
        if (under && i === 0) need(sort === boundSort(op, head), `${op}: bound variable of another sort`);
        else this.loose.set(`${i - under} ${sort}`, [i - under, sort]);
      }
    });
  }
  get closed() { return this.loose.size === 0; }
  get text() { return (this.written ??= `(${[headText(this.op, this.head), ...this.kids.map((k) => k.text)].join(" ")})`); }
}
const table = new Map();
function mk(op, head, ...kids) {
  need(kids.every((k) => k instanceof Node), "an argument is not a term");
  const place = `${headText(op, head)}|${kids.map((k) => k.serial).join()}`;
  if (!table.has(place)) table.set(place, new Node(op, head, kids));
  return table.get(place);
}
function sortOf(op, head, kids) {
  const sorts = kids.map((k) => k.sort), numbers = sorts.every(numeric);
  if (op === "q") { need(!kids.length, "a constant has no parts"); return head[1] === 1n && head[0] >= 0n ? "nat" : "real"; }
  if (op === "b") { need(!kids.length, "an index has no parts"); return head[1]; }
  if (SYMBOLS.has(op)) {
    const { name, args, sort } = head;
    const want = op === "f" ? args : [...(op === "I" ? ["nat"] : []), ...args, "real"];
    need(want.length === kids.length && want.every((w, i) => fits(sorts[i], w)), `${name}: arguments ${sorts}, expected ${want}`);
    const fixed = name === "at" ? `${sort}*,nat` : "real";
    need(!RESERVED.has(name) || (op === "f" && `${args}` === fixed && (name === "at" || sort === "real")), `${name} is reserved`);
    return op === "f" ? sort : "real";
  }
  if (op === "+" || op === "*") {
    need(numbers && kids.length >= 2, `${op}: not at least two numbers`);
    return sorts.every((s) => s === "nat") ? "nat" : "real";
  }
  if (op === "inv") { need(numbers && kids.length === 1, "inv: not one number"); return "real"; }
  if (op === "^" || op === "sum" || op === "prod") {
    need(numbers && kids.length === 2, `${op}: not two numbers`);
    const [count, value] = op === "^" ? [sorts[1], sorts[0]] : sorts;
    need(count === "nat", `${op}: the exponent or count is not a natural`);
    return value;
  }
  if (op === "=" || op === "<=" || op === "<") {
    need(kids.length === 2 && (numbers || (op === "=" && sorts[0] === sorts[1] && sorts[0] !== "bool")), `${op}: sorts ${sorts}`);
  } else if (op === "all") need(`${sorts}` === "bool" && isSort(head), "a quantifier needs a sort and a formula");
  else need((op === "=>" || op === "and") && `${sorts}` === "bool,bool", `unknown operator ${op}, or not between two formulas`);
  return "bool";
}
const num = (q) => mk("q", q), ZERO = num(Q0), ONE = num(Q1);
const symbol = (name, args, sort) => ({ name, args, sort });
const variable = (name, sort) => mk("f", symbol(name, [], sort));
const isVariable = (n) => n instanceof Node && n.op === "f" && !n.kids.length;
const equal = (a, b) => mk("=", null, a, b), le = (a, b) => mk("<=", null, a, b), lt = (a, b) => mk("<", null, a, b);
const implies = (a, b) => mk("=>", null, a, b);
const plus = (...k) => mk("+", null, ...k), times = (...k) => mk("*", null, ...k);

function mapped(node, leaf, depth = 0, memo = new Map()) { // leaf(n, binders passed): the replacement, or null to go down
  const place = `${node.serial} ${depth}`;
  if (!memo.has(place)) {
    const under = BINDERS.has(node.op) ? node.kids.length - 1 : -1;
    memo.set(place, leaf(node, depth) ?? mk(node.op, node.head, ...node.kids.map((k, i) => mapped(k, leaf, depth + (i === under), memo))));
  }
  return memo.get(place);
}
const below = (n, d) => [...n.loose.values()].every(([i]) => i < d);
const shift = (node, by) =>
  by ? mapped(node, (n, d) => (below(n, d) ? n : n.op === "b" ? mk("b", [n.head[0] + by, n.head[1]]) : null)) : node;
function open(binder, term) {
  need(fits(term.sort, boundSort(binder.op, binder.head)), `a term of sort ${term.sort} for a bound variable`);
  return mapped(last(binder.kids), (n, d) => {
    if (below(n, d)) return n;
    if (n.op !== "b") return null;
    return n.head[0] === d ? shift(term, d) : mk("b", [n.head[0] - 1, n.head[1]]);
  });
}
function close(node, v) {
  need(isVariable(v) && node.closed, "only a variable can be bound, in a term without open indices");
  return mapped(node, (n, d) => (n === v ? mk("b", [d, n.sort]) : n.free.has(v.key) ? null : n));
}
const forall = (vs, body) => vs.reduceRight((b, v) => mk("all", v.sort, close(b, v)), body);
function replace(node, pairs) { // simultaneous; pairs: Map from variables to terms
  const keys = [...pairs.keys()].map((v) => v.key);
  return mapped(node, (n, d) => (pairs.has(n) ? shift(pairs.get(n), d) : keys.some((k) => n.free.has(k)) ? null : n));
}
function parameters(left) {
  const params = left.op === "f" ? left.kids : left.kids.slice(0, -1);
  need(params.every(isVariable) && new Set(params).size === params.length && `${params.map((p) => p.sort)}` === `${left.head.args}`,
    "the left side must be a symbol applied to distinct variables of the declared sorts");
  return params;
}
function instantiate(node, pairs) { // second order: [f(xs), term] and [E[mu; xs], measure]
  const by = new Map();
  for (const [left, right] of pairs) {
    need(left instanceof Node && right instanceof Node && ["f", "E", "S"].includes(left.op) && right.closed && !by.has(left.key),
      "instantiate: given twice, or malformed");
    need(left.op !== "f" || fits(right.sort, left.sort), `instantiate ${left.head.name}: another sort`);
    by.set(left.key, [parameters(left), right]);
  }
  const memo = new Map();
  const go = (n) => {
    if (![...by.keys()].some((k) => n.free.has(k))) return n;
    if (!memo.has(n)) {
      const kids = n.kids.map(go);
      if (!by.has(n.key)) memo.set(n, mk(n.op, n.head, ...kids));
      else {
        const [params, right] = by.get(n.key), cloud = n.op === "I";
        const args = new Map(params.map((p, i) => [p, kids[i + cloud]]));
        if (n.op === "f") memo.set(n, replace(right, args));
        else {
          const allowed = { E: ["E", "I"], S: ["E", "S", "I", "sum"], I: ["E"] }[n.op];
          need(allowed.includes(right.op) && boundSort(right.op, right.head) === n.head.sort,
            `instantiate ${n.head.name}: not a measure of the same kind and sort`);
          const inner = right.kids.slice(0, -1).map((k) => replace(k, args));
          memo.set(n, mk(cloud ? "I" : right.op, right.head, ...kids.slice(0, cloud ? 1 : 0), ...inner, last(kids)));
        }
      }
    }
    return memo.get(n);
  };
  return go(node);
}

// ---- theorems, and the definitions that they may rest on
class Theorem {
  constructor(hyps, concl) {
    [this.hyps, this.concl] = [new Set(hyps), concl];
    need([concl, ...this.hyps].every((p) => p.sort === "bool" && p.closed), "not a closed formula");
  }
  get free() { return new Set([this.concl, ...this.hyps].flatMap((p) => [...p.free])); }
}
const without = (hyps, phi) => [...hyps].filter((h) => h !== phi);
const all = (premises) => premises.flatMap((p) => [...p.hyps]);
const freeIn = (v, formulas) => [...formulas].some((h) => h.free.has(v.key));
const disjoint = (keys, set) => [...keys].every((k) => !set.has(k));

class Theory {
  defs = new Map(); // the key of a defined symbol -> the free symbols that its definition, and those before it, rest on
  fixed(used) { return new Set([...used].flatMap((k) => [...(this.defs.get(k) ?? [])])); }
  mayVary(key, used) {
    need(!RESERVED.has(names.get(key)) && !this.fixed(used).has(key) && !this.defs.has(key), `${names.get(key)} is fixed by a definition or reserved`);
  }
  define(left, used, params) {
    const taken = new Set([...this.defs.keys()].map((k) => names.get(k)));
    need(left.key && !RESERVED.has(left.head.name) && !taken.has(left.head.name), "the name is already defined or reserved");
    need([...this.defs.values()].every((d) => !d.has(left.key)), "an earlier definition rests on this symbol");
    for (const p of params) this.mayVary(p.key, used);
    const rests = new Set([...used, ...this.fixed(used)]);
    for (const gone of [...params.map((p) => p.key), left.key]) rests.delete(gone);
    this.defs.set(left.key, rests);
  }
}

// ---- normal forms: a polynomial is a Map from the key of a monomial to [[[atom, exponent], ...] by serial number, coefficient]
const LIMIT = 1000n;
const keyOf = (m) => m.map(([a, k]) => `${a.serial}^${k}`).join();
const polynomial = (terms) => {
  const out = new Map();
  for (const [m, c] of terms) {
    const key = keyOf(m), sum = out.has(key) ? qAdd(out.get(key)[1], c) : c;
    if (sum[0]) out.set(key, [m, sum]); else out.delete(key);
  }
  return out;
};
const constant = (q) => polynomial([[[], q]]), atom = (a) => polynomial([[[[a, 1n]], Q1]]);
const add = (p, q, factor = Q1) => polynomial([...p.values(), ...[...q.values()].map(([m, c]) => [m, qMul(factor, c)])]);
function monomialTimes(m, n) {
  const powers = new Map(m);
  for (const [a, k] of n) powers.set(a, (powers.get(a) ?? 0n) + k);
  return [...powers].sort(([a], [b]) => a.serial - b.serial);
}
const mul = (p, q) => polynomial([...p.values()].flatMap(([m, c]) => [...q.values()].map(([n, d]) => [monomialTimes(m, n), qMul(c, d)])));
function power(p, k) {
  need(k <= LIMIT, "an exponent is too large to be expanded");
  let out = constant(Q1);
  for (let i = 0n; i < k; i++) out = mul(out, p);
  return out;
}
function order([m], [n]) { // lexicographic on (serial, exponent), a prefix first
  for (let i = 0; i < Math.min(m.length, n.length); i++) {
    if (m[i][0] !== n[i][0]) return m[i][0].serial - n[i][0].serial;
    if (m[i][1] !== n[i][1]) return m[i][1] < n[i][1] ? -1 : 1;
  }
  return m.length - n.length;
}
function reify(p) {
  const terms = [...p.values()].sort(order).map(([m, c]) => {
    const parts = m.map(([a, k]) => (k === 1n ? a : mk("^", null, a, num(ratio(k)))));
    if (!m.length || c[0] !== 1n || c[1] !== 1n) parts.unshift(num(c));
    return parts.length === 1 ? parts[0] : times(...parts);
  });
  return terms.length > 1 ? plus(...terms) : terms[0] ?? ZERO;
}
function canonical(node) {
  if (numeric(node.sort)) return reify(normal(node));
  if (["<=", "<", "="].includes(node.op) && numeric(node.kids[0].sort)) return mk(node.op, null, ZERO, reify(difference(node)));
  return mk(node.op, node.head, ...node.kids.map(canonical));
}
const difference = (formula) => {
  need(["=", "<=", "<"].includes(formula.op) && numeric(formula.kids[0].sort), "not an equation or inequality of numbers");
  return add(normal(formula.kids[1]), normal(formula.kids[0]), QM);
};
const forms = new Map();
function normal(node) { if (!forms.has(node)) forms.set(node, normalForm(node)); return forms.get(node); }
function normalForm({ op, head, kids, ...node }) {
  if (op === "q") return constant(head);
  if (op === "b" || op === "f") return atom(mk(op, head, ...kids.map(canonical)));
  if (op === "+") return kids.map(normal).reduce((p, q) => add(p, q));
  if (op === "*") return kids.map(normal).reduce(mul);
  if (op === "inv") return inverse(normal(kids[0]));
  if (op === "^") return raised(normal(kids[0]), normal(kids[1]));
  if (op === "sum" || op === "prod") return unfolded(op, kids);
  need(POSITIVE.has(op), `${op} is not a term`);
  return linear(op, head, kids.slice(0, -1).map(canonical), last(kids));
}
const bound = (a) => [...a.loose.values()].some(([i]) => i === 0);
function linear(op, head, before, body) { // B(y. sum c u(y) w) = sum c B(y. u(y)) w
  let out = new Map();
  for (const [m, c] of normal(body).values()) {
    const inner = m.filter(([a]) => bound(a));
    let term = inner.length || op === "S" ? atom(mk(op, head, ...before, reify(polynomial([[inner, Q1]]))))
      : op === "sum" ? normal(before[0]) : constant(Q1);
    for (const [a, k] of m) if (!bound(a)) term = mul(term, power(normal(shift(a, -1)), k));
    out = add(out, term, c);
  }
  return out;
}
function unfolded(op, [count, body]) { // over k < n + j: the part over k < n, and the terms n, ..., n + j - 1
  const n = normal(count), rest = new Map([...n].filter(([key]) => key !== "")), j = n.get("")?.[1] ?? Q0;
  need(j[0] <= LIMIT * j[1], "a count is too large to be expanded");
  let out = op === "prod" ? (rest.size ? product(rest, body) : constant(Q1)) : rest.size ? linear("sum", null, [reify(rest)], body) : new Map();
  for (let i = 0n; i < j[0] / j[1]; i++) {
    const value = normal(open(mk(op, null, count, body), reify(add(rest, constant(ratio(i))))));
    out = op === "prod" ? mul(out, value) : add(out, value);
  }
  return out;
}
function product(n, factor) { // prod f = f^n for f free of k; prod (c u v^j) = c^n prod u (prod v)^j
  const body = normal(factor);
  if (![...body.values()].some(([m]) => m.some(([a]) => bound(a)))) return raised(normal(shift(reify(body), -1)), n);
  if (body.size > 1) return atom(mk("prod", null, reify(n), reify(body)));
  const [[m, c]] = body.values();
  return m.reduce((out, [a, k]) =>
    mul(out, power(bound(a) ? atom(mk("prod", null, reify(n), a)) : raised(normal(shift(a, -1)), n), k)), raised(constant(c), n));
}
function inverse(p) {
  if (p.size > 1) {
    const lead = qInv([...p.values()].sort(order)[0][1]);
    return mul(constant(lead), atom(mk("inv", null, reify(polynomial([...p.values()].map(([m, c]) => [m, qMul(c, lead)]))))));
  }
  if (!p.size) return new Map(); // 1/0 = 0
  const [[m, c]] = p.values();
  return m.reduce((out, [a, k]) => mul(out, power(a.op === "inv" ? normal(a.kids[0])
    : a.op === "^" ? raised(inverse(normal(a.kids[0])), normal(a.kids[1])) : atom(mk("inv", null, a)), k)), constant(qInv(c)));
}
const single = (p) => { need(p.size === 1, "not a single monomial"); return [...p.values()][0]; };
function raised(base, exponent) { // base^(c_0 + sum c_i e_i) = base^c_0 prod (base^e_i)^c_i
  need([...exponent.values()].every(([, c]) => c[1] === 1n && c[0] > 0n), "an exponent is not a natural number");
  let out = constant(Q1);
  for (const [e, c] of exponent.values()) {
    const over = () => reify(polynomial([[e, Q1]]));
    let piece = base;
    if (e.length && base.size === 1) {
      const [m, q] = single(base);
      piece = q[0] === 1n && q[1] === 1n ? constant(Q1) : atom(mk("^", null, num(q), over()));
      for (const [a, k] of m) {
        const [body, inner] = a.op === "^" ? a.kids : [a, ONE];
        const [i] = single(normal(inner));
        piece = mul(piece, power(atom(mk("^", null, body, reify(polynomial([[monomialTimes(i, e), Q1]])))), k));
      }
    } else if (e.length) piece = atom(mk("^", null, reify(base), over()));
    out = mul(out, power(piece, c[0]));
  }
  return out;
}
function cleared(p, denominator) { // p times powers of the factors x of d != 0, with x * 1/x = 1 used
  const [m] = single(normal(mk("inv", null, denominator)));
  const factors = m.map(([a]) => a).filter((a) => a.op === "inv" || (a.op === "^" && a.kids[0].op === "inv"));
  need(factors.length, "this denominator has no factor that can be cleared");
  const raisedTo = [...p.values()].flatMap(([n]) => n.map(([a]) => a)).filter((a) => a.op === "^" && factors.includes(a.kids[0]));
  for (const a of new Set([...factors, ...raisedTo])) {
    const exponent = (n) => n.find(([b]) => b === a)?.[1] ?? 0n;
    const top = [...p.values()].reduce((t, [n]) => (exponent(n) > t ? exponent(n) : t), 0n);
    p = [...p.values()].reduce((sum, [n, c]) =>
      add(sum, mul(polynomial([[n.filter(([b]) => b !== a), c]]), power(inverse(atom(a)), top - exponent(n)))), new Map());
  }
  return p;
}

// ---- rules: (theory, premises, ...arguments) -> theorem
const sameHead = (a, b) => headText(a.op, a.head) === headText(b.op, b.head) && a.kids.length === b.kids.length && POSITIVE.has(a.op) &&
  a.kids.slice(0, -1).every((k, i) => k === b.kids[i]);
function fresh(name, sort, ...nodes) {
  while (nodes.some((n) => n.free.has(variable(name, sort).key))) name += "'";
  return variable(name, sort);
}
const withBody = (n, body) => mk(n.op, n.head, ...n.kids.slice(0, -1), body);
function cloud(mean, n, ...more) {
  need(mean.op === "E" && n.sort === "nat", "iid: an expectation E and a natural count are needed");
  const x = mean.head.sort;
  const [c, i, j] = [["_c", `${x}*`], ["_i", "nat"], ["_j", "nat"]].map(([s, t]) => fresh(s, t, mean, n, ...more));
  const entry = (k) => mk("f", symbol("at", [`${x}*`, "nat"], x), c, k);
  return { i, j, entry, draws: (body) => mk("I", mean.head, n, ...mean.kids.slice(0, -1), close(body, c)) };
}
const total = (n, i, body) => mk("sum", null, n, close(body, i));
const fn = (name, x) => mk("f", symbol(name, ["real"], "real"), x);
const AXIOMS = {
  exp_ge: (x) => le(plus(ONE, x), fn("exp", x)),
  exp_add: (x, y) => equal(fn("exp", plus(x, y)), times(fn("exp", x), fn("exp", y))),
  exp_pos: (x) => lt(ZERO, fn("exp", x)),
  exp_zero: () => equal(fn("exp", ZERO), ONE),
  log_exp: (x) => equal(fn("log", fn("exp", x)), x),
  exp_log: (x) => implies(lt(ZERO, x), equal(fn("exp", fn("log", x)), x)),
  sqrt_square: (x) => implies(le(ZERO, x), equal(mk("^", null, fn("sqrt", x), num([2n, 1n])), x)),
  sqrt_nonneg: (x) => le(ZERO, fn("sqrt", x)),
};
function derivative(t, x, side) { // on a set on which the terms put into `side` are positive
  if (!t.free.has(x.key)) return ZERO;
  if (t === x) return ONE;
  const { op, kids } = t, d = kids.filter((k) => numeric(k.sort)).map((k) => derivative(k, x, side));
  if (op === "+") return plus(...d);
  if (op === "*") return plus(...kids.map((_, i) => times(...kids.slice(0, i), d[i], ...kids.slice(i + 1))));
  if (op === "^" && !kids[1].free.has(x.key) && (normal(kids[1]).get("")?.[1][0] ?? 0n) >= 1n) {
    return times(kids[1], mk("^", null, kids[0], reify(add(normal(kids[1]), constant(QM)))), d[0]);
  }
  const name = op === "f" ? t.head.name : op;
  if (name === "exp") return times(d[0], t);
  need(["inv", "log", "sqrt"].includes(name), "derivative: this term is not differentiated");
  side.add(kids[0]);
  if (name === "inv") return times(num(QM), mk("^", null, t, num([2n, 1n])), d[0]);
  return times(d[0], mk("inv", null, name === "log" ? kids[0] : times(num([2n, 1n]), t)));
}

const RULES = {
  assume: (_, [], phi) => new Theorem([phi], phi),
  discharge: (_, [p], phi) => new Theorem(without(p.hyps, phi), implies(phi, p.concl)),
  mp(_, [p, q]) {
    need(p.concl.op === "=>" && p.concl.kids[0] === q.concl, "mp: the premise is not the antecedent");
    return new Theorem(all([p, q]), p.concl.kids[1]);
  },
  generalise(theory, [p], x) {
    need(isVariable(x) && !freeIn(x, p.hyps), "generalise: not a variable, or free in a hypothesis");
    theory.mayVary(x.key, p.free);
    return new Theorem(p.hyps, forall([x], p.concl));
  },
  spec(_, [p], ...terms) {
    return new Theorem(p.hyps, terms.reduce((phi, t) => {
      need(phi.op === "all" && t instanceof Node && t.closed, "spec: no quantifier left, or an open term");
      return open(phi, t);
    }, p.concl));
  },
  inst(theory, [p], ...pairs) {
    for (const [left] of pairs) theory.mayVary(left.key, p.free);
    return new Theorem([...p.hyps].map((h) => instantiate(h, pairs)), instantiate(p.concl, pairs));
  },
  rename_sort(theory, [p], old, by) {
    need(isSort(old) && isSort(by) && !numeric(old) && !old.includes("*"), "rename_sort: bad sort");
    need([...p.free].every((k) => !theory.defs.has(k)), "rename_sort: the theorem mentions a defined symbol");
    const sort = (s) => (s.replace(/\*+$/, "") === old ? by + s.slice(old.length) : s);
    const go = (n) => mk(n.op, SYMBOLS.has(n.op) ? symbol(n.head.name, n.head.args.map(sort), sort(n.head.sort))
      : n.op === "b" ? [n.head[0], sort(n.head[1])] : n.op === "all" ? sort(n.head) : n.head, ...n.kids.map(go));
    return new Theorem([...p.hyps].map(go), go(p.concl));
  },
  conj: (_, [p, q]) => new Theorem(all([p, q]), mk("and", null, p.concl, q.concl)),
  part(_, [p], which) {
    need(p.concl.op === "and" && (which === "0" || which === "1"), "part: not a conjunction");
    return new Theorem(p.hyps, p.concl.kids[Number(which)]);
  },
  rewrite(_, [p, q], hole, template) {
    let body = p.concl;
    for (const v of hole.kids) {
      need(body.op === "all" && !p.concl.free.has(v.key), "rewrite: quantifiers do not match the hole");
      body = open(body, v);
    }
    need(hole.op === "f" && body.op === "=", "rewrite: not an equation");
    need(instantiate(template, [[hole, body.kids[0]]]) === q.concl, "rewrite: the template does not give the second premise");
    return new Theorem(all([p, q]), instantiate(template, [[hole, body.kids[1]]]));
  },
  cases(_, [p, q], a, b) {
    need(p.concl === q.concl, "cases: two conclusions");
    return new Theorem([...without(p.hyps, le(a, b)), ...without(q.hyps, lt(b, a))], p.concl);
  },
  induct(theory, [p, q], n, phi) {
    need(isVariable(n) && n.sort === "nat" && !freeIn(n, all([p, q])), "induct: not a natural variable, or free in a hypothesis");
    theory.mayVary(n.key, new Set([...p.free, ...q.free]));
    need(p.concl === replace(phi, new Map([[n, ZERO]])), "induct: the base case is not phi(0)");
    need(q.concl === implies(phi, replace(phi, new Map([[n, plus(n, ONE)]]))), "induct: the step is not phi(n) => phi(n+1)");
    return new Theorem(all([p, q]), forall([n], phi));
  },
  mono(_, [p, ...rest], left, right, ...nulls) {
    need(sameHead(left, right) && left.closed && right.closed, "mono: two different expectations");
    need(p.concl.op === "all" && p.concl.head === boundSort(left.op, left.head), "mono: the first premise is not a forall");
    let [body] = p.concl.kids, guard = null;
    if (body.op === "=>") [guard, body] = body.kids;
    need((body.op === "<=" || body.op === "<") && body.kids[0] === last(left.kids) && body.kids[1] === last(right.kids),
      "mono: the inequality is not between the bodies");
    if (nulls.length) {
      need(nulls.length === 1 && rest.length === 2, "mono: one null function, two premises about it");
      const [z] = nulls, [positive, zero] = rest, at = last(z.kids);
      need(sameHead(left, z) && guard === equal(at, ZERO), "mono: the guard is not z = 0");
      need(positive.concl === mk("all", p.concl.head, le(ZERO, at)), "mono: z >= 0 is missing");
      need(zero.concl === equal(z, ZERO), "mono: B(z) = 0 is missing");
    } else if (guard) need(left.op === "sum" && guard === lt(mk("b", [0, "nat"]), shift(left.kids[0], 1)), "mono: a guard without its reason");
    const strict = body.op === "<" && (left.op === "E" || left.op === "I");
    return new Theorem(all([p, ...rest]), mk(strict ? "<" : "<=", null, left, right));
  },
  fubini(_, [], left) {
    need(POSITIVE.has(left.op) && POSITIVE.has(last(left.kids).op), "fubini: not two nested expectations");
    const x = fresh("_x", boundSort(left.op, left.head), left), inner = open(left, x);
    const y = fresh("_y", boundSort(inner.op, inner.head), left);
    need(!freeIn(x, inner.kids.slice(0, -1)), "fubini: the inner measure depends on the outer variable");
    return new Theorem([], equal(left, withBody(inner, close(withBody(left, close(open(inner, y), x)), y))));
  },
  iid_sum(_, [], mean, n) {
    const { i, entry, draws } = cloud(mean, n);
    return new Theorem([], equal(draws(total(n, i, open(mean, entry(i)))), times(n, mean)));
  },
  iid_pair(_, [], mean, n) {
    const { i, j, entry, draws } = cloud(mean, n), u = fresh("_u", mean.head.sort, mean);
    const k = (a, b) => {
      const inner = open(mean, a);
      need(sameHead(inner, mean), "iid_pair: two measures, or the inner one depends on the outer variable");
      return open(inner, b);
    };
    const left = draws(total(n, i, total(n, j, k(entry(i), entry(j)))));
    return new Theorem([], equal(left, plus(times(n, withBody(mean, close(k(u, u), u))), times(n, plus(n, num(QM)), mean))));
  },
  iid_prod(_, [], mean, n, i) {
    const { entry, draws } = cloud(mean, n, i);
    need(isVariable(i) && i.sort === "nat" && !freeIn(i, [n, ...mean.kids.slice(0, -1)]), "iid_prod: bad index");
    return new Theorem([], equal(draws(mk("prod", null, n, close(open(mean, entry(i)), i))), mk("prod", null, n, close(mean, i))));
  },
  iid_swap(_, [], mean, n, s, weight) {
    const { i, j, entry, draws } = cloud(mean, n, s, weight), v = fresh("_v", mean.head.sort, mean, n, s, weight);
    need(isVariable(s) && s.sort === "real" && sameHead(mean, weight) && !freeIn(s, [n, weight, ...mean.kids.slice(0, -1)]),
      "iid_swap: s is no real variable, or h has another measure, or s occurs outside G");
    const at = (a, b, sum) => {
      const inner = open(mean, a);
      need(sameHead(inner, mean), "iid_swap: two measures, or the inner one depends on the outer variable");
      return replace(open(inner, b), new Map([[s, sum]]));
    };
    const over = (body) => draws(total(n, i, withBody(mean, close(body, v)))), whole = total(n, j, open(weight, entry(j)));
    const moved = plus(whole, open(weight, v), times(num(QM), open(weight, entry(i))));
    return new Theorem([], equal(over(at(entry(i), v, whole)), over(at(v, entry(i), moved))));
  },
  define(theory, [], left, right) {
    need(left.op === "f" && !right.free.has(left.key) && right.closed && fits(right.sort, left.sort), "define: circular, open, or another sort");
    theory.define(left, right.free, parameters(left));
    return new Theorem([], forall(left.kids, equal(left, right)));
  },
  define_rec(theory, [], left, base, step) {
    const [n, ...xs] = parameters(left);
    need(left.op === "f" && n?.sort === "nat" && base.closed && step.closed, "define_rec: malformed");
    need(!base.free.has(left.key) && !base.free.has(n.key), "define_rec: the base mentions f or n");
    need(fits(base.sort, left.sort) && fits(step.sort, left.sort), "define_rec: another sort");
    mapped(step, (m) => { need(m.key !== left.key || m.kids[0] === n, "define_rec: f may occur only as f(n, ...)"); return null; });
    theory.define(left, new Set([...base.free, ...step.free]), [n, ...xs]);
    const at = (value, right) => equal(replace(left, new Map([[n, value]])), right);
    return new Theorem([], mk("and", null, forall(xs, at(ZERO, base)), forall([n, ...xs], at(plus(n, ONE), step))));
  },
  define_measure(theory, [linearity, positivity, mass], left, right, f, g, a, b) {
    const unary = (h) => h.op === "f" && h.kids.length === 1 && isVariable(h.kids[0]) && h.sort === "real";
    need(left.op === "E" && unary(f) && unary(g), "define_measure: f and g are unary functions");
    const params = parameters(left), y = f.kids[0], s = left.head.sort;
    need(g.kids[0] === y && y.sort === s && f.head.args[0] === s && g.head.args[0] === s && last(left.kids) === close(f, y) &&
      [a, b].every((v) => isVariable(v) && v.sort === "real") && right.closed && fits(right.sort, "real"), "define_measure: malformed");
    const hyps = [...all([linearity, mass]), ...without(positivity.hyps, forall([y], le(ZERO, f)))];
    const places = new Set([f, g, a, b, y].map((v) => v.key)), used = new Set([right, ...hyps].flatMap((h) => [...h.free]));
    need(new Set([...places, ...params.map((p) => p.key)]).size === 5 + params.length && hyps.every((h) => disjoint(places, h.free)) &&
      [...places].every((k) => k === f.key || !right.free.has(k)) && !used.has(left.key), "define_measure: names are not fresh");
    for (const key of places) theory.mayVary(key, used);
    const mixed = instantiate(right, [[f, plus(times(a, f), times(b, g))]]);
    need(linearity.concl === equal(mixed, plus(times(a, right), times(b, instantiate(right, [[f, g]])))), "define_measure: linearity is not shown");
    need(positivity.concl === le(ZERO, right), "define_measure: positivity is not shown");
    need(mass.concl === equal(instantiate(right, [[f, ONE]]), ONE), "define_measure: total mass one is not shown");
    used.delete(f.key);
    theory.define(left, used, params);
    return new Theorem(hyps, equal(left, right));
  },
  nat_nonneg(_, [], n) { need(n.sort === "nat", "not a natural"); return new Theorem([], le(ZERO, n)); },
  antisymmetry(_, [{ concl: p, hyps: h }, { concl: q, hyps: k }]) {
    need(p.op === "<=" && q.op === "<=" && p.kids[0] === q.kids[1] && p.kids[1] === q.kids[0], "antisymmetry: not a <= b and b <= a");
    return new Theorem([...h, ...k], equal(...p.kids));
  },
  nat_step(_, [p]) {
    need(p.concl.op === "<" && p.concl.kids.every((k) => k.sort === "nat"), "nat_step: not naturals");
    return new Theorem(p.hyps, le(plus(p.concl.kids[0], ONE), p.concl.kids[1]));
  },
  nat_split(theory, [p, q], m, n, d) {
    need(p.concl === le(m, n) && m.sort === "nat" && n.sort === "nat" && isVariable(d) && d.sort === "nat", "nat_split: malformed");
    const hyps = without(q.hyps, equal(n, plus(m, d)));
    need(!freeIn(d, [m, n, q.concl, ...hyps]), "nat_split: the variable is not fresh");
    theory.mayVary(d.key, q.free);
    return new Theorem([...p.hyps, ...hyps], q.concl);
  },
  axiom(_, [], name, ...terms) {
    need(Object.hasOwn(AXIOMS, name) && AXIOMS[name].length === terms.length, `unknown axiom ${name}, or another number of terms`);
    return new Theorem([], AXIOMS[name](...terms));
  },
  conv(_, [p], goal) { need(canonical(p.concl) === canonical(goal), "conv: the normal forms differ"); return new Theorem(p.hyps, goal); },
  certificate(_, premises, goal, products, equations, denominators) {
    const pick = (i, ops) => {
      need(/^[0-9]+$/.test(i) && Number(i) < premises.length && ops.includes(premises[Number(i)].concl.op), `certificate: premise ${i} is no ${ops}`);
      return premises[Number(i)].concl;
    };
    need(goal.op !== "=" || !products.length, "certificate: an equation needs equations only");
    let gap = difference(goal), strict = false;
    for (const [coefficient, numbers, terms] of products) {
      const c = rational(coefficient), chosen = numbers.map((i) => pick(i, ["<=", "<"]));
      need(c[0] >= 0n, "certificate: a negative coefficient");
      const piece = [...chosen.map(difference), ...terms.map((t) => power(normal(t), 2n))].reduce(mul, constant(c));
      strict ||= c[0] > 0n && !terms.length && chosen.every((phi) => phi.op === "<");
      gap = add(gap, piece, QM);
    }
    for (const [multiplier, i] of equations) gap = add(gap, mul(normal(multiplier), difference(pick(i, ["="]))), QM);
    for (const i of denominators) {
      const { kids } = pick(i, ["<"]);
      need(kids.includes(ZERO), "certificate: a denominator needs 0 < d or d < 0");
      gap = cleared(gap, kids[0] === ZERO ? kids[1] : kids[0]);
    }
    need(!gap.size, "certificate: the identity does not hold"); need(goal.op !== "<" || strict, "certificate: no strictly positive term");
    return new Theorem(all(premises), goal);
  },
  contradiction(_, [p], goal) {
    const gap = reify(difference(p.concl)), { op } = p.concl;
    need(gap.op === "q" && (op === "<=" ? gap.head[0] < 0n : op === "<" ? gap.head[0] <= 0n : gap.head[0] !== 0n),
      "contradiction: the premise is true, or it is not about constants");
    return new Theorem(p.hyps, goal);
  },
  increasing(_, premises, x, term, lower, ...upper) {
    need(isVariable(x) && x.sort === "real" && !freeIn(x, [lower, ...upper]) && upper.length <= 1, "increasing: x must be a real variable, not in the ends");
    const inside = (phi) => forall([x], implies(le(lower, x), upper.reduce((body, b) => implies(le(x, b), body), phi)));
    const side = new Set(), slope = derivative(term, x, side), shown = new Set(premises.map((p) => canonical(p.concl)));
    need([le(ZERO, slope), ...[...side].map((u) => lt(ZERO, u))].every((phi) => shown.has(canonical(inside(phi)))),
      "increasing: the sign of the derivative, or of a denominator or argument, is not among the premises");
    return new Theorem(all(premises), inside(le(replace(term, new Map([[x, lower]])), term)));
  },
};
const ARITY = { assume: 0, discharge: 1, mp: 2, generalise: 1, spec: 1, inst: 1, rename_sort: 1, conj: 2, part: 1, rewrite: 2, cases: 2,
  induct: 2, fubini: 0, iid_sum: 0, iid_pair: 0, iid_prod: 0, iid_swap: 0, define: 0, define_rec: 0, define_measure: 3, nat_nonneg: 0, antisymmetry: 2,
  nat_step: 1, nat_split: 2, axiom: 0, conv: 1, contradiction: 1 }; // premises; the other rules take any number

// ---- stored proofs
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const fingerprint = (t) => sha256([...[...t.hyps].map((h) => h.text).sort(), t.concl.text].join("\n"));
function term([op, data, kids, ...more], terms) {
  need(!more.length && kids.every((k) => Number.isInteger(k) && k >= 0 && k < terms.length), "a term may refer to earlier terms only");
  let head = data;
  if (op === "q") head = rational(data);
  else if (op === "b") need(data.length === 2 && Number.isInteger(data[0]) && data[0] >= 0 && isSort(data[1]), "malformed index");
  else if (SYMBOLS.has(op)) {
    const [name, args, sort] = data;
    need(data.length === 3 && NAME.test(name) && Array.isArray(args) && [...args, sort].every(isSort), `malformed symbol ${name}`);
    head = symbol(name, args, sort);
  } else need(op === "all" || data === null, `${op}: unexpected data`);
  return mk(op, head, ...kids.map((k) => terms[k]));
}
function argument(value, terms) {
  if (Array.isArray(value)) return value.map((v) => argument(v, terms));
  need(typeof value === "string", "an argument is a string or a list");
  if (!value.startsWith("#")) return value;
  need(/^#[0-9]+$/.test(value) && Number(value.slice(1)) < terms.length, `${value} is no term`);
  return terms[Number(value.slice(1))];
}
class Checker {
  constructor(texts, seals) { Object.assign(this, { texts, seals, theory: new Theory(), theorems: new Map(), rests: new Map(), steps: new Map(), busy: [] }); }
  theorem(id) {
    if (!this.theorems.has(id)) {
      need(!this.busy.includes(id), `${id}: uses itself through ${[...this.busy, id].join(" -> ")}`);
      need(this.texts.has(id), `${id}: no such stored proof`);
      this.busy.push(id);
      try { this.theorems.set(id, this.check(id, JSON.parse(this.texts.get(id)), true)); } finally { this.busy.pop(); }
    }
    return this.theorems.get(id);
  }
  check(id, data, sealed) {
    let place = "the file";
    try {
      need(data.format === "bellman-smc/proof-1" && data.id === id, "another format, or another id than the file's name");
      const terms = [], steps = [], rests = new Map(); // rests: the definitions that the proof makes or uses
      for (const entry of data.terms) { place = `term ${terms.length}`; terms.push(term(entry, terms)); }
      this.rests.set(id, rests);
      for (const [rule, premises, args, , ...more] of data.steps) {
        place = `step ${steps.length}`;
        need(Object.hasOwn(RULES, rule) && !more.length, `unknown rule ${rule}`);
        need(!(rule in ARITY) || ARITY[rule] === premises.length, `${rule}: another number of premises`);
        const found = premises.map((p) => {
          if (typeof p !== "string") { need(Number.isInteger(p) && p >= 0 && p < steps.length, `premise ${p} is not an earlier step`); return steps[p]; }
          const used = this.theorem(p);
          for (const [key, law] of this.rests.get(p)) rests.set(key, law);
          return used;
        });
        const given = args.map((a) => argument(a, terms));
        const wanted = RULES[rule].length - 2; // a rule with a rest argument counts the others
        need(RULES[rule].toString().split(")")[0].includes("...") ? given.length >= wanted : given.length === wanted, `${rule}: another number of arguments`);
        steps.push(RULES[rule](this.theory, found, ...given));
        if (rule.startsWith("define")) rests.set(given[0].key, last(steps));
      }
      place = "the claim";
      const [hyps, concl] = data.claim, proved = last(steps), claimed = new Set(hyps.map((h) => terms[h]));
      need(proved.concl === terms[concl] && proved.hyps.size === claimed.size && [...claimed].every((h) => proved.hyps.has(h)),
        "the last step does not prove the claim");
      need(!sealed || this.seals[id] === this.digest(id, proved), "with its definitions it is not the sealed statement");
      this.steps.set(id, steps.length);
      return proved;
    } catch (error) { if (error.place) throw error; throw Object.assign(new Refusal(`${id}: ${place}: ${error.message}`), { place }); }
  }
  digest(id, proved) {
    const rests = this.rests.get(id), symbols = [...proved.free].filter((k) => rests.has(k));
    for (const key of symbols) for (const k of rests.get(key).free) if (rests.has(k) && !symbols.includes(k)) symbols.push(k);
    return [fingerprint(proved), ...symbols.map((k) => fingerprint(rests.get(k))).sort()].join(" ");
  }
}

function mutants(sound) { // each line {id, data}: verdicts against the theorems of the sound proofs, as JSON lines
  for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const { id, data } = JSON.parse(line), one = new Checker(sound.texts, null);
    one.theorems = new Map([...sound.theorems].filter(([key]) => key !== id));
    one.rests = new Map(sound.rests);
    const own = new Set(data.steps.filter(([rule, , args]) => rule.startsWith("define") && args.length).map(([, , [a]]) => data.terms[a.slice(1)][1][0]));
    for (const [key, on] of sound.theory.defs) if (![key, ...on].some((k) => own.has(names.get(k)))) one.theory.defs.set(key, on);
    try { console.log(JSON.stringify({ id, fingerprint: fingerprint(one.check(id, data, false)) })); }
    catch (error) { console.log(JSON.stringify({ id, place: error.place ?? "the file" })); }
  }
}

function main([folder, ...ids]) {
  if (!folder) { console.error("usage: node check.mjs FOLDER [ID ...] | FOLDER --mutants < lines"); return 2; }
  let texts, seals;
  try {
    texts = new Map(readdirSync(folder).filter((f) => f.endsWith(".json") && f !== "_seals.json").sort()
      .map((f) => [f.slice(0, -5), readFileSync(join(folder, f), "utf8")]));
    seals = JSON.parse(readFileSync(join(folder, "_seals.json"), "utf8"));
  } catch (error) { console.error(`${folder}: ${error.message}`); return 2; }
  const checker = new Checker(texts, seals), start = performance.now(), batch = ids[0] === "--mutants";
  const unknown = batch ? [] : ids.filter((id) => !texts.has(id));
  if (unknown.length) { console.error(`unknown ID ${unknown.join(", ")}`); return 2; }
  let refused = 0;
  for (const id of ids.length && !batch ? ids : new Set([...texts.keys(), ...Object.keys(seals)])) {
    try {
      const found = checker.theorem(id);
      if (!batch) console.log(`${id} ok ${checker.steps.get(id)} ${fingerprint(found)}`);
    } catch (error) { refused += 1; console.error(`${id} refused ${error.message}`); }
  }
  if (batch) mutants(checker);
  else console.log(`${checker.theorems.size} proofs replayed, ${refused} refused, ${((performance.now() - start) / 1000).toFixed(2)} s`);
  return refused ? 1 : 0;
}
process.exitCode = main(process.argv.slice(2));

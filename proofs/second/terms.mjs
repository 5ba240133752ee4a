// The second checker, 1: exact rationals, and terms with their sorts and substitutions.

export class Refusal extends Error {}
export const need = (condition, why) => { if (!condition) throw new Refusal(why); };

// ---- exact rationals [numerator, denominator > 0], in lowest terms
const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a < 0n ? -a : a; };
export function ratio(n, d = 1n) {
  need(d !== 0n, "a constant has denominator 0");
  const g = gcd(n, d) * (d < 0n ? -1n : 1n);
  return [n / g, d / g];
}
export const qAdd = (a, b) => ratio(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
export const qMul = (a, b) => ratio(a[0] * b[0], a[1] * b[1]);
export const qInv = (a) => ratio(a[1], a[0]);
const qText = (a) => (a[1] === 1n ? `${a[0]}` : `${a[0]}/${a[1]}`);
export const Q0 = [0n, 1n], Q1 = [1n, 1n], QM = [-1n, 1n];
export function rational(text) {
  need(typeof text === "string" && /^-?[0-9]+(\/[0-9]+)?$/.test(text), `${text} is not written p or p/q`);
  const [n, d] = text.split("/");
  return ratio(BigInt(n), BigInt(d ?? 1));
}

// ---- terms: one object a structure. head: the sort of a quantifier; {name, args, sort} of a symbol; [i, sort] of an index; a constant
export const NAME = /^[A-Za-z_][A-Za-z0-9_']*$/, SORT = /^(?!bool\b)[A-Za-z_][A-Za-z0-9_]*\**$/;
export const SYMBOLS = new Set(["f", "E", "S", "I"]), POSITIVE = new Set(["E", "S", "I", "sum"]);
export const BINDERS = new Set(["E", "S", "I", "sum", "prod", "all"]), RESERVED = new Set(["exp", "log", "sqrt", "at"]);
export const isSort = (s) => typeof s === "string" && SORT.test(s);
export const numeric = (s) => s === "real" || s === "nat";
export const fits = (sort, wanted) => sort === wanted || (sort === "nat" && wanted === "real");
export const last = (list) => list[list.length - 1];
export const names = new Map(); // the key of a symbol -> its name

export function headText(op, head) {
  if (op === "q") return `${op} ${qText(head)}`;
  if (op === "b") return `${op} ${head[0]} ${head[1]}`;
  if (SYMBOLS.has(op)) return `${op} ${head.name} [${head.args.join(" ")}] ${head.sort}`;
  return op === "all" ? `${op} ${head}` : op;
}
export const boundSort = (op, head) => op === "all" ? head : op === "E" || op === "S" ? head.sort : op === "I" ? `${head.sort}*` : "nat";

export class Node {
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
export function mk(op, head, ...kids) {
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
export const num = (q) => mk("q", q), ZERO = num(Q0), ONE = num(Q1);
export const symbol = (name, args, sort) => ({ name, args, sort });
export const variable = (name, sort) => mk("f", symbol(name, [], sort));
export const isVariable = (n) => n instanceof Node && n.op === "f" && !n.kids.length;
export const equal = (a, b) => mk("=", null, a, b), le = (a, b) => mk("<=", null, a, b), lt = (a, b) => mk("<", null, a, b);
export const implies = (a, b) => mk("=>", null, a, b);
export const plus = (...k) => mk("+", null, ...k), times = (...k) => mk("*", null, ...k);

export function mapped(node, leaf, depth = 0, memo = new Map()) { // leaf(n, binders passed): the replacement, or null to go down
  const place = `${node.serial} ${depth}`;
  if (!memo.has(place)) {
    const under = BINDERS.has(node.op) ? node.kids.length - 1 : -1;
    memo.set(place, leaf(node, depth) ?? mk(node.op, node.head, ...node.kids.map((k, i) => mapped(k, leaf, depth + (i === under), memo))));
  }
  return memo.get(place);
}
const below = (n, d) => [...n.loose.values()].every(([i]) => i < d);
export const shift = (node, by) =>
  by ? mapped(node, (n, d) => (below(n, d) ? n : n.op === "b" ? mk("b", [n.head[0] + by, n.head[1]]) : null)) : node;
export function open(binder, term) {
  need(fits(term.sort, boundSort(binder.op, binder.head)), `a term of sort ${term.sort} for a bound variable`);
  return mapped(last(binder.kids), (n, d) => {
    if (below(n, d)) return n;
    if (n.op !== "b") return null;
    return n.head[0] === d ? shift(term, d) : mk("b", [n.head[0] - 1, n.head[1]]);
  });
}
export function close(node, v) {
  need(isVariable(v) && node.closed, "only a variable can be bound, in a term without open indices");
  return mapped(node, (n, d) => (n === v ? mk("b", [d, n.sort]) : n.free.has(v.key) ? null : n));
}
export const forall = (vs, body) => vs.reduceRight((b, v) => mk("all", v.sort, close(b, v)), body);
export function replace(node, pairs) { // simultaneous; pairs: Map from variables to terms
  const keys = [...pairs.keys()].map((v) => v.key);
  return mapped(node, (n, d) => (pairs.has(n) ? shift(pairs.get(n), d) : keys.some((k) => n.free.has(k)) ? null : n));
}
export function parameters(left) {
  const params = left.op === "f" ? left.kids : left.kids.slice(0, -1);
  need(params.every(isVariable) && new Set(params).size === params.length && `${params.map((p) => p.sort)}` === `${left.head.args}`,
    "the left side must be a symbol applied to distinct variables of the declared sorts");
  return params;
}
export function instantiate(node, pairs) { // second order: [f(xs), term] and [E[mu; xs], measure]
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

// The second checker, 2: normal forms, which `conv` and `certificate` compare.
import {
  need, ratio, qAdd, qMul, qInv, Q0, Q1, QM, POSITIVE, numeric, last, mk, num, ZERO, ONE, plus, times, shift, open
} from "./terms.mjs";

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
export const constant = (q) => polynomial([[[], q]]), atom = (a) => polynomial([[[[a, 1n]], Q1]]);
export const add = (p, q, factor = Q1) => polynomial([...p.values(), ...[...q.values()].map(([m, c]) => [m, qMul(factor, c)])]);
function monomialTimes(m, n) {
  const powers = new Map(m);
  for (const [a, k] of n) powers.set(a, (powers.get(a) ?? 0n) + k);
  return [...powers].sort(([a], [b]) => a.serial - b.serial);
}
export const mul = (p, q) => polynomial([...p.values()].flatMap(([m, c]) => [...q.values()].map(([n, d]) => [monomialTimes(m, n), qMul(c, d)])));
export function power(p, k) {
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
export function reify(p) {
  const terms = [...p.values()].sort(order).map(([m, c]) => {
    const parts = m.map(([a, k]) => (k === 1n ? a : mk("^", null, a, num(ratio(k)))));
    if (!m.length || c[0] !== 1n || c[1] !== 1n) parts.unshift(num(c));
    return parts.length === 1 ? parts[0] : times(...parts);
  });
  return terms.length > 1 ? plus(...terms) : terms[0] ?? ZERO;
}
export function canonical(node) {
  if (numeric(node.sort)) return reify(normal(node));
  if (["<=", "<", "="].includes(node.op) && numeric(node.kids[0].sort)) return mk(node.op, null, ZERO, reify(difference(node)));
  return mk(node.op, node.head, ...node.kids.map(canonical));
}
export const difference = (formula) => {
  need(["=", "<=", "<"].includes(formula.op) && numeric(formula.kids[0].sort), "not an equation or inequality of numbers");
  return add(normal(formula.kids[1]), normal(formula.kids[0]), QM);
};
const forms = new Map();
export function normal(node) { if (!forms.has(node)) forms.set(node, normalForm(node)); return forms.get(node); }
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
export function cleared(p, denominator) { // p times powers of the factors x of d != 0, with x * 1/x = 1 used
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

// The second checker, 3: theorems, the definitions that they may rest on, and the rules.
import {
  need, QM, rational, SYMBOLS, POSITIVE, RESERVED, isSort, numeric, fits, last, names, headText, boundSort, Node, mk,
  num, ZERO, ONE, symbol, variable, isVariable, equal, le, lt, implies, plus, times, mapped, shift, open, close,
  forall, replace, parameters, instantiate
} from "./terms.mjs";
import { constant, add, mul, power, reify, canonical, difference, normal, cleared } from "./arithmetic.mjs";

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

export class Theory {
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
function pair(mean, a, b) { // k(a, b), of mean = E(x. E(y. k(x, y)))
  const by = open(mean, a);
  need(sameHead(by, mean), "iid: two measures, or the inner one depends on the outer variable");
  return open(by, b);
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

export const RULES = {
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
    const left = draws(total(n, i, total(n, j, pair(mean, entry(i), entry(j)))));
    return new Theorem([], equal(left, plus(times(n, withBody(mean, close(pair(mean, u, u), u))), times(n, plus(n, num(QM)), mean))));
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
    const at = (a, b, sum) => replace(pair(mean, a, b), new Map([[s, sum]]));
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
export const ARITY = { assume: 0, discharge: 1, mp: 2, generalise: 1, spec: 1, inst: 1, rename_sort: 1, conj: 2, part: 1, rewrite: 2, cases: 2,
  induct: 2, fubini: 0, iid_sum: 0, iid_pair: 0, iid_prod: 0, iid_swap: 0, define: 0, define_rec: 0, define_measure: 3, nat_nonneg: 0, antisymmetry: 2,
  nat_step: 1, nat_split: 2, axiom: 0, conv: 1, contradiction: 1 }; // premises; the other rules take any number

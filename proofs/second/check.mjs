// A second checker of the stored proofs, written from proofs/README.md: `node check.mjs FOLDER [ID ...]`, or with `--mutants` to read
// corrupted proofs as JSON lines from standard input. No dependencies. Prints `ID ok STEPS FINGERPRINT` or `ID refused PLACE: REASON`;
// exit code 0 when nothing is refused, 1 when something is, 2 for an unknown ID or folder. It shares no code with the Python kernel.
// Stored proofs and seals are here; before them come terms.mjs, arithmetic.mjs and rules.mjs, in this order.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal, need, rational, NAME, SYMBOLS, isSort, last, names, mk, symbol } from "./terms.mjs";
import { Theory, RULES, ARITY } from "./rules.mjs";

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

(* Whatever the algorithm answers once all its particles are dead.

   The output law of SMC has an outcome None for a run whose weights all
   vanish.  An algorithm that must answer puts the mass of None on states by
   some rule, which may look at the whole history; all that matters is
     law(x) >= smc_law(x) for every x,     sum_x law(x) = 1.
   Then TV(law, pi) <= TV(smc_law, pi), so S4 holds for every such rule. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Bellman EndToEnd.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section AnyAnswer.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Hypothesis wf : well_formed m.
Hypothesis Z_neq0 : normaliser m != 0.
Variable law : X -> R.
Hypothesis law_sum1 : \sum_x law x = 1.
Hypothesis law_ge : forall x, smc_law m N (Some x) <= law x.

Lemma out_sum (f : option X -> R) : \sum_o f o = f None + \sum_x f (Some x).
Proof.
rewrite (bigD1 None) //= (reindex_omap Some id) /=; last by case.
by congr (_ + _); apply: eq_bigl => x; rewrite eqxx.
Qed.
Lemma target_sum1 : \sum_x target m x = 1.
Proof. by have := target_out_mass Z_neq0; rewrite out_sum /= add0r. Qed.

Theorem any_answer : tv law (target m) <= tv (smc_law m N) (target_out m).
Proof.
rewrite /tv ler_pmul2l ?invr_gt0 ?ltr0n // [X in _ <= X]out_sum /= subr0.
have mass := smc_law_mass wf N; rewrite out_sum in mass.
have dead : smc_law m N None = \sum_x (law x - smc_law m N (Some x)).
  by rewrite sumrB law_sum1 -mass addrK.
have dead_ge0 : 0 <= smc_law m N None.
  by rewrite dead; apply: sumr_ge0 => x _; rewrite subr_ge0.
rewrite (ger0_norm dead_ge0) dead -big_split; apply: ler_sum => x _ /=.
set s := smc_law m N (Some x).
have -> : law x - target m x = (law x - s) + (s - target m x) by ring.
by apply: le_trans (ler_norm_add _ _) _; rewrite ger0_norm ?subr_ge0 // law_ge.
Qed.
End AnyAnswer.

Theorem S4_any_answer (R : realFieldType) (X : finType) (m : model R X) (N : nat) (eps L delta : R)
    (law : X -> R) :
  well_formed m -> no_kill m -> (0 < N)%N -> 0 <= eps -> bellman_error_le m eps -> upper_ratio_le m L ->
  \sum_x law x = 1 -> (forall x, smc_law m N (Some x) <= law x) -> 0 < delta ->
  3%:R / 2%:R * (L * (1 + eps)) * (horizon m)%:R * (1 + eps) ^+ (2 * (horizon m).-1) / delta <= N%:R ->
  tv law (target m) <= delta.
Proof.
move=> wf keeps N0 eps0 bellman upper law1 law_ge d0 enough.
apply: le_trans (S4_particles_suffice wf keeps N0 eps0 bellman upper d0 enough).
by apply: any_answer => //; rewrite gt_eqF // (P0_normaliser_gt0 wf keeps eps0 bellman).
Qed.

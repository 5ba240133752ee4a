(* How many particles suffice: S3, P2, P3 and S4 end to end.

   For every finite model with Bellman error at most eps, every horizon T and
   every number of particles N >= 1:
   S3.  Ratio bound L (two-sided) and N >= L^2 T (1+eps)^{2(T-1)} / (2 delta)
        give TV(output law, pi) <= delta.
   P3.  The same as S3 with N >= L^6 T (1+eps)^{6(T-1)} / (2 delta).
   S4.  Weights at most L (upper bound alone, zero rewards allowed) and
        N >= 3/2 L (1+eps) T (1+eps)^{2(T-1)} / delta give TV <= delta, where
        a run whose weights all vanish counts as an outcome outside the target. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope Bias Bellman.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- S3 and P3 end to end ----------------------------------------------------- *)
Section TwoSided.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (eps L : R).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis L_gt0 : 0 < L.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis ratio : ratio_bound_le m L.
Let a := 1 + eps.
Let a_ge1 : 1 <= a. Proof. by rewrite ler_addl. Qed.
Let a_gt0 : 0 < a. Proof. exact: lt_le_trans ltr01 a_ge1. Qed.

Lemma live_edge_from t x : (t < T)%N -> live m t x -> exists2 e, live_edge m t e & e.1 = x.
Proof.
move=> tT lx; have [e es] := law_support (mutate_law wf tT (point_live_at lx)).
exists e; first exact: mutate_support (point_live_at lx) es.
by move: es; rewrite mulf_eq0 negb_or /point pnatr_eq0 eqb0 negbK => /andP[/eqP].
Qed.
(* positive weights on every live edge: the twist can kill nothing *)
Lemma ratio_keeps : no_kill m.
Proof.
move=> t e tT le _ V0; have /andP[lo _] := ratio tT le.
have: 0 < weight m t e by apply: lt_le_trans lo; rewrite invr_gt0.
by rewrite /weight V0 mulr0 mul0r ltxx.
Qed.
Lemma ratio_ge1 : (0 < T)%N -> 1 <= L.
Proof.
move=> T0; have [e le _] := live_edge_from T0 (eqxx (root m) : live m 0 (root m)).
have /andP[lo hi] := ratio T0 le; have := le_trans lo hi.
rewrite -(ler_pmul2l L_gt0) mulfV ?gt_eqF // -expr2 => L2.
by rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?ler01 ?(ltW L_gt0) // expr1n.
Qed.
Lemma Qbar_gt0 t e : (t < T)%N -> live_edge m t e -> 0 < potential_value m t e.
Proof.
move=> tT le; have /andP[lo _] := potential_value_bounds wf ratio_keeps eps_ge0 bellman L_gt0 ratio tT le.
by apply: lt_le_trans lo; rewrite invr_gt0 mulr_gt0 // exprn_gt0.
Qed.

(* s_p = L (1+eps)^{T-p} has q_p <= s_p^2 *)
Theorem S3_uniform_bias : tv (smc_law m N) (target_out m)
  <= (2%:R * N%:R)^-1
     * \sum_(0 <= t < T) ((L * (1 + eps) ^+ (T - t.+1)) ^+ 2 - L * (1 + eps) ^+ (T - t.+1)).
Proof.
apply: (S3_bias wf ratio_keeps N_gt0 Qbar_gt0) => [t _|t e e' tT le le'].
  by rewrite mulr_gt0 ?exprn_gt0.
rewrite exprMn -exprM mulnC.
exact: (P1_range_ratio wf ratio_keeps eps_ge0 bellman L_gt0 ratio).
Qed.

Lemma S3_crude_bias : tv (smc_law m N) (target_out m)
  <= (2%:R * N%:R)^-1 * (L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1)).
Proof.
apply: le_trans S3_uniform_bias _; apply: ler_wpmul2l; first by rewrite invr_ge0 mulr_ge0 ?ler0n.
rewrite mulrAC mulr_natr -[X in _ *+ X]subn0 -sumr_const_nat !big_nat; apply: ler_sum => t /andP[_ tT].
apply: (@le_trans _ _ ((L * a ^+ (T - t.+1)) ^+ 2)).
  by rewrite ler_subl_addr ler_addl mulr_ge0 ?exprn_ge0 ?ltW.
rewrite exprMn -exprM mulnC; apply: ler_wpmul2l; first exact: sqr_ge0.
by apply: ler_weexpn2l; rewrite // leq_mul2l /= -subn1 leq_sub2l.
Qed.

Theorem S3_particles_suffice (delta : R) : 0 < delta ->
  L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof.
move=> d0; rewrite ler_pdivr_mulr ?mulr_gt0 ?ltr0n // => enough.
apply: le_trans S3_crude_bias _; rewrite mulrC ler_pdivr_mulr ?mulr_gt0 ?ltr0n //.
by apply: le_trans enough _; rewrite mulrCA mulrA mulrC lexx.
Qed.

Corollary P3_corollary (delta : R) : 0 < delta ->
  L ^+ 6 * T%:R * (1 + eps) ^+ (6 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof.
move=> d0 enough; apply: S3_particles_suffice => //; apply: le_trans enough.
have [->|T0] := posnP T; first by rewrite !(mulr0, mul0r).
apply: ler_wpmul2r; first by rewrite invr_ge0 mulr_ge0 ?ler0n ?ltW.
apply: ler_pmul; rewrite ?mulr_ge0 ?exprn_ge0 ?ler0n ?(ltW L_gt0) ?(ltW a_gt0) //.
  by apply: ler_wpmul2r; rewrite ?ler0n // ler_weexpn2l // ratio_ge1.
by apply: ler_weexpn2l; rewrite // leq_mul2r orbT.
Qed.
End TwoSided.

(* ---- S4 end to end: zero rewards ------------------------------------------------ *)
Section OneSided.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (eps L : R).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis upper : upper_ratio_le m L.
Let a := 1 + eps.
Let a_ge1 : 1 <= a. Proof. by rewrite ler_addl. Qed.
Let a_gt0 : 0 < a. Proof. exact: lt_le_trans ltr01 a_ge1. Qed.

(* rho = E[weight] <= L and rho >= 1/(1+eps) *)
Lemma upper_ge : (0 < T)%N -> 1 <= L * a.
Proof.
move=> T0; have lx : live m 0 (root m) by rewrite /= eqxx.
have /andP[lo _] := bellman T0 lx; rewrite -ler_pdivr_mulr // mul1r.
apply: le_trans lo _; have pl := point_live_at lx.
have -> : bellman_ratio m 0 (root m) = mean (mutate m 0 (point R (root m))) (weight m 0).
  rewrite mean_mutate /mean (bigD1 (root m)) //= /point eqxx mul1r [X in _ + X]big1 ?addr0.
    rewrite /bellman_ratio mulr_suml; by apply: eq_bigr => y _; rewrite /weight /= !mulrA.
  by move=> z /negbTE ->; rewrite mul0r.
have mu := mutate_law wf T0 pl; rewrite -[X in _ <= X](mean_const mu).
by apply: mean_le => // e es; apply: upper => //; exact: mutate_support pl es.
Qed.
Let b t := L * a ^+ (2 * (T - t.+1)).+1.

Theorem S4_uniform_bias : tv (smc_law m N) (target_out m)
  <= N%:R^-1 * \sum_(0 <= t < T) ((6%:R * (L * (1 + eps) ^+ (2 * (T - t.+1)).+1) - 5%:R) / 4%:R).
Proof.
apply: (S4_bias_rational wf keeps N_gt0 (b := b)) => [t x tT lx|t tT|t e x tT le lx].
- exact: (P0_value_gt0 wf keeps eps_ge0 bellman tT lx).
- by rewrite /b exprS mulrA mulr_ege1 ?exprn_ege1 // upper_ge // (leq_ltn_trans _ tT).
apply: (S4_b_bound wf keeps eps_ge0 bellman) => //.
by rewrite -(pmulr_lge0 _ a_gt0) (le_trans ler01) // upper_ge //; exact: leq_ltn_trans tT.
Qed.

Theorem S4_particles_suffice (delta : R) : 0 < delta ->
  3%:R / 2%:R * (L * (1 + eps)) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof.
move=> d0; rewrite ler_pdivr_mulr // => enough.
apply: le_trans S4_uniform_bias _; rewrite mulrC ler_pdivr_mulr ?ltr0n // [X in _ <= X]mulrC.
apply: le_trans enough; rewrite [X in _ <= X]mulrAC mulr_natr.
rewrite -[X in _ <= _ *+ X]subn0 -[X in _ <= X]sumr_const_nat.
rewrite !big_nat; apply: ler_sum => t /andP[_ tT].
have La : 1 <= L * a by apply: upper_ge; exact: leq_ltn_trans tT.
have La0 : 0 <= L * a by exact: le_trans ler01 La.
apply: (@le_trans _ _ (3%:R / 2%:R * (L * a ^+ (2 * (T - t.+1)).+1))).
  rewrite -subr_ge0 (_ : _ - _ = 5%:R / 4%:R) ?divr_ge0 ?ler0n //.
  by rewrite /a; field.
rewrite exprS [L * _]mulrA -[X in _ <= X]mulrA; apply: ler_wpmul2l; first by rewrite divr_ge0 ?ler0n.
by apply: ler_wpmul2l => //; apply: ler_weexpn2l; rewrite // leq_mul2l /= -subn1 leq_sub2l.
Qed.
End OneSided.

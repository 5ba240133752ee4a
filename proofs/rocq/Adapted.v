(* S8 -- fully adapted SMC: guided moves, N particles, weights rho.

   The algorithm is SMC on another model of the same target: its kernel is the
   guided one, M_t psi_t V_{t+1} / (B_t V), and the weight of a particle that
   has moved to y at layer t+1 is rho_{t+1}(y), or 1 at the last layer.
   Its Qbar_{t+1}(x,y) is u_{t+1}(y) = V*_{t+1}(y)/V_{t+1}(y), so by S3 with the
   spread of u alone,
     TV <= 1/(2N) sum_p (s_p^2 - s_p),  r_p ... r_{T-1} <= s_p^2,  and by S13  TV <= 1/(4N) sum_p (r_p ... r_{T-1} - 1);
   with Bellman error eps, s_p = (1+eps)^{T-p},
     TV <= 1/(2N) sum_p (s_p^2 - s_p):   no ratio bound L at all,
     N >= (T-1) (1+eps)^{2(T-1)} / (4 delta) suffices (S13; S8 has 2 delta),
   and no bias at any N when V = V* (eps = 0).  Zero rewards are allowed. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope Bias Bellman Paths Guided Gauge Odds.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Adapted.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Implicit Types (t k : nat) (x y : X) (e : X * X).

Definition adapted : model R X := {|
  horizon := T;
  root := root m;
  kernel := guided_kernel m;
  potential t x y := if (t.+1 < T)%N then bellman_ratio m t.+1 y else 1;
  twist t x := 1;
  reward x := 1
|}.
Local Notation A := adapted.

Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis rho_gt0 : ratio_positive m.

Lemma bellman_ratio_ge0 t x : 0 <= bellman_ratio m t x.
Proof.
rewrite divr_ge0 ?(twist_ge0 wf) //; apply: sumr_ge0 => y _.
by rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?(twist_ge0 wf).
Qed.
Lemma adapted_kernel_ge0 t x y : 0 <= guided_kernel m t x y.
Proof.
rewrite divr_ge0 ?sumr_ge0 // => *;
  by rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?(twist_ge0 wf).
Qed.
Lemma adapted_live t x : live A t x -> live m t x.
Proof.
elim: t x => [|t IH] y //= /existsP[x /andP[/IH lx pos]].
have K0 : guided_kernel m t x y != 0 by apply: contraTneq pos => ->; rewrite !mul0r ltxx.
exact: (guided_kernel_live wf lx K0).
Qed.
Lemma adapted_edge t e : live_edge A t e -> live m t.+1 e.2.
Proof.
case: e => x y /andP[/adapted_live lx /= K0]; exact: (guided_kernel_live wf lx (lt0r_neq0 K0)).
Qed.
Lemma adapted_well_formed : well_formed A.
Proof.
split=> //= [t x y|t x tT /adapted_live lx|t x y|t x|].
- exact: adapted_kernel_ge0.
- by case: (guided_kernel_law wf rho_gt0 tT lx).
- by case: ifP => _; rewrite ?ler01 ?bellman_ratio_ge0.
- exact: ler01.
exact: ltr01.
Qed.
Lemma adapted_no_kill : no_kill A.
Proof. by move=> t e _ _ _ /eqP; rewrite oner_eq0. Qed.

(* the factor that has been moved into the next weight *)
Let scale t x : R := if (t < T)%N then bellman_ratio m t x else 1.
Lemma adapted_value_of (G : option X -> R) k : in01 G -> forall t x, (t + k = T)%N -> live m t x ->
  scale t x * value_of A (fun z => G (Some z)) t x = value_of m (fun z => G (Some z)) t x / V t x.
Proof.
move=> G01; elim: k => [|k IH] t x tkT lx.
  rewrite addn0 in tkT; rewrite /scale tkT ltnn in lx *.
  rewrite (value_ofT A) value_ofT /= -(twist_horizon wf); field.
  by rewrite gt_eqF // (live_twist_gt0 wf).
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite /scale tT (guided_value wf keeps rho_gt0 G01 tT lx); congr (_ * _).
rewrite (@value_of_step _ _ A) //=; apply: eq_bigr => y _; rewrite -mulrA.
have [->|K0] := eqVneq (guided_kernel m t x y) 0; first by rewrite !mul0r.
congr (_ * _); have := IH t.+1 y; rewrite /scale; apply; first by rewrite addSnnS.
exact: (guided_kernel_live wf lx K0).
Qed.
Lemma adapted_value t x : (t <= T)%N -> live m t x -> scale t x * value A t x = value_ratio m t x.
Proof.
move=> tT lx; have G01 : in01 (fun _ : option X => 1 : R) by move=> o; rewrite ler01 lexx.
by have := adapted_value_of G01 (subnKC tT) lx; rewrite !value_of1.
Qed.
(* the two models have the same target *)
Lemma adapted_target x : target A x = target m x.
Proof.
have G01 : in01 (fun o => (o == Some x)%:R : R) by move=> o; case: eqP; rewrite ?lexx ?ler01.
have lr : live m 0 (root m) by rewrite /= eqxx.
have top := adapted_value_of G01 (add0n T) lr; have bottom := adapted_value (leq0n T) lr.
have s0 : scale 0 (root m) != 0.
  by rewrite /scale; case: ifP => [T0|_]; rewrite ?oner_eq0 // gt_eqF // rho_gt0.
have V0 := lt0r_neq0 (twist_root_gt0 wf); have := ratio_no_doom wf keeps rho_gt0 (leq0n T) lr.
move=> /lt0r_neq0 Z0; rewrite /target /normaliser [root A]/(root m).
transitivity (scale 0 (root m) * value_of A (fun z => (z == x)%:R) 0 (root m)
              / (scale 0 (root m) * value A 0 (root m))).
  by rewrite -mulf_div divff ?mul1r.
rewrite [X in X / _](top : _ = value_of m (fun z => (z == x)%:R) 0 (root m) / V 0 (root m)) bottom.
by rewrite /value_ratio; field; rewrite V0 Z0.
Qed.
Lemma adapted_Qbar t e : (t < T)%N -> live_edge A t e ->
  potential_value A t e = value_ratio m t.+1 e.2.
Proof.
move=> tT le; rewrite -(adapted_value tT (adapted_edge le)) /potential_value /scale /= divr1.
by case: ifP.
Qed.

Variables (r : nat -> R) (N : nat).
Hypothesis spread : level_ratio m r.
Hypothesis N_gt0 : (0 < N)%N.
Let tv_adapted : tv (smc_law A N) (target_out m) = tv (smc_law A N) (target_out A).
Proof. by congr (_ * _); apply: eq_bigr => -[x|] _ //=; rewrite adapted_target. Qed.
Lemma adapted_Qbar_gt0 t e : (t < T)%N -> live_edge A t e -> 0 < potential_value A t e.
Proof.
move=> tT le; rewrite adapted_Qbar //.
exact: (value_ratio_gt0 wf keeps rho_gt0 (subnKC tT) (adapted_edge le)).
Qed.
Lemma adapted_Qbar_spread t e e' : (t < T)%N -> live_edge A t e -> live_edge A t e' ->
  potential_value A t e <= (\prod_(t.+1 <= s < T) r s) * potential_value A t e'.
Proof.
move=> tT le le'; rewrite !adapted_Qbar //.
exact: (value_ratio_spread wf keeps rho_gt0 spread (ltn0Sn t) (subnKC tT) (adapted_edge le) (adapted_edge le')).
Qed.

Theorem S13_adapted_levels : tv (smc_law A N) (target_out m)
  <= (4%:R * N%:R)^-1 * \sum_(0 <= t < T) (\prod_(t.+1 <= s < T) r s - 1).
Proof.
rewrite tv_adapted.
exact: (S13_bias adapted_well_formed adapted_no_kill N_gt0 adapted_Qbar_gt0 adapted_Qbar_spread).
Qed.
Theorem S8_bias_roots (s : nat -> R) : (forall t, (t < T)%N -> 0 < s t) ->
  (forall t, (t < T)%N -> \prod_(t.+1 <= i < T) r i <= s t ^+ 2) ->
  tv (smc_law A N) (target_out m) <= (2%:R * N%:R)^-1 * \sum_(0 <= t < T) (s t ^+ 2 - s t).
Proof.
move=> s0 rs; rewrite tv_adapted.
apply: (S3_bias adapted_well_formed adapted_no_kill N_gt0 adapted_Qbar_gt0 s0) => t e e' tT le le'.
apply: le_trans (adapted_Qbar_spread tT le le') _; apply: ler_wpmul2r; first by rewrite ltW ?adapted_Qbar_gt0.
exact: rs.
Qed.
End Adapted.

(* ---- S8 in the Bellman error ------------------------------------------------ *)
Section BellmanError.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (eps : R).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Let a := 1 + eps.
Let a_ge1 : 1 <= a. Proof. by rewrite ler_addl. Qed.
Let a_gt0 : 0 < a. Proof. exact: lt_le_trans ltr01 a_ge1. Qed.
Let rho_gt0 := bellman_ratio_positive eps_ge0 bellman.

Theorem S8_bias : tv (smc_law (adapted m) N) (target_out m)
  <= (2%:R * N%:R)^-1
     * \sum_(0 <= t < T) (((1 + eps) ^+ (T - t.+1)) ^+ 2 - (1 + eps) ^+ (T - t.+1)).
Proof.
apply: (S8_bias_roots wf keeps rho_gt0 (bellman_level_ratio eps_ge0 bellman) N_gt0) => t tT.
  exact: exprn_gt0.
by rewrite prodr_const_nat -!exprM mulnC.
Qed.
Theorem S13_adapted_particles (delta : R) : 0 < delta ->
  T.-1%:R * (1 + eps) ^+ (2 * T.-1) / (4%:R * delta) <= N%:R ->
  tv (smc_law (adapted m) N) (target_out m) <= delta.
Proof.
move=> d0; rewrite ler_pdivr_mulr ?mulr_gt0 ?ltr0n // => enough.
apply: le_trans (S13_adapted_levels wf keeps rho_gt0 (bellman_level_ratio eps_ge0 bellman) N_gt0) _; rewrite mulrC ler_pdivr_mulr ?mulr_gt0 ?ltr0n //.
have -> : delta * (4%:R * N%:R) = N%:R * (4%:R * delta) by ring.
apply: le_trans enough; case: (T) => [|n]; first by rewrite big_geq // mul0r.
rewrite big_nat_recr //= [X in _ + (X - 1)]big_geq // subrr addr0 mulr_natl -[X in _ <= _ *+ X]subn0.
rewrite -[X in _ <= X]sumr_const_nat big_nat [X in _ <= X]big_nat; apply: ler_sum => t /andP[_ tn].
rewrite prodr_const_nat -exprM ler_subl_addr; apply: (@le_trans _ _ ((1 + eps) ^+ (2 * n))).
  by apply: ler_weexpn2l => //; rewrite leq_mul2l /= subSS leq_subr.
by rewrite ler_addl ler01.
Qed.
Theorem S8_particles_suffice (delta : R) : 0 < delta ->
  T.-1%:R * (1 + eps) ^+ (2 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law (adapted m) N) (target_out m) <= delta.
Proof.
move=> d0; rewrite ler_pdivr_mulr ?mulr_gt0 ?ltr0n // => enough.
apply: S13_adapted_particles => //; rewrite ler_pdivr_mulr ?mulr_gt0 ?ltr0n //; apply: le_trans enough _.
by rewrite ler_wpmul2l ?ler0n // ler_pmul2r // ler_nat.
Qed.
End BellmanError.
(* a perfect reward model: no bias, whatever N *)
Theorem S8_exact (R : realFieldType) (X : finType) (m : model R X) (N : nat) :
  well_formed m -> no_kill m -> (0 < N)%N -> bellman_error_le m 0 ->
  tv (smc_law (adapted m) N) (target_out m) = 0.
Proof.
move=> wf keeps N0 exact_V; apply/eqP; rewrite eq_le; apply/andP; split.
  apply: le_trans (S8_bias wf keeps N0 (lexx 0) exact_V) _.
  by rewrite big1 ?mulr0 // => t _; rewrite addr0 !expr1n subrr.
by rewrite mulr_ge0 ?invr_ge0 ?ler0n // sumr_ge0.
Qed.

(* P0 and P1 -- what the Bellman error says about values.

   With Bellman error at most eps and ratio bound L (both asked for on live states and edges alone):
     P0   (1+eps)^-(T-t) <= V*_t(x)/V_t(x) <= (1+eps)^(T-t)                 for every live x at layer t
     P1   max Qbar_p <= L^2 (1+eps)^(2(T-p)) min Qbar_p,  Qbar_p(x,y) = psi V*_p(y)/V_(p-1)(x)
   and the one-sided form that S4 needs,
     S4   Qbar_p(x,y) <= L (1+eps)^(2(T-p)+1) u_(p-1)(x'),  u = V*/V,       from the upper ratio bound alone.
   The step from layer t to t+1 is p = t+1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Bellman.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Variable eps : R.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Implicit Types (t : nat) (x y : X) (e : X * X).

Lemma one_eps_ge1 : 1 <= 1 + eps. Proof. by rewrite ler_addl. Qed.
Lemma one_eps_gt0 : 0 < 1 + eps. Proof. exact: lt_le_trans ltr01 one_eps_ge1. Qed.
Lemma pow_gt0 k : 0 < (1 + eps) ^+ k. Proof. exact/exprn_gt0/one_eps_gt0. Qed.

(* what a successor adds to V*_t(x) is bounded through what it adds to (B V)(x), if it is live;
   a successor that is not live adds nothing to either *)
Lemma successor_value t x y (lo hi : R) : (t < T)%N -> live m t x ->
  (live m t.+1 y -> lo * V t.+1 y <= value m t.+1 y <= hi * V t.+1 y) ->
  lo * (M t x y * psi t x y * V t.+1 y) <= M t x y * psi t x y * value m t.+1 y
    <= hi * (M t x y * psi t x y * V t.+1 y).
Proof.
move=> tT lx bounds; have c0 : 0 <= M t x y * psi t x y by rewrite mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf).
rewrite (mulrCA lo) (mulrCA hi); have [ly|not_ly] := boolP (live m t.+1 y).
  by have /andP[blo bhi] := bounds ly; rewrite !ler_wpmul2l.
have cV0 : M t x y * psi t x y * V t.+1 y = 0.
  apply/eqP; apply: contraNT not_ly => pos; apply/existsP; exists x; apply/andP; split=> //.
  by rewrite lt_neqAle eq_sym pos mulr_ge0 ?(twist_ge0 wf).
suff -> : M t x y * psi t x y * value m t.+1 y = 0.
  by rewrite (mulrCA _ lo) (mulrCA _ hi) cV0 !mulr0 lexx.
have [->|c_neq0] := eqVneq (M t x y * psi t x y) 0; first by rewrite mul0r.
move/eqP: cV0; rewrite mulf_eq0 (negbTE c_neq0) /= => /eqP V0.
move: c_neq0; rewrite mulf_eq0 negb_or => /andP[M0 psi0].
rewrite (@keeps t (x, y)) ?mulr0 // /live_edge ?lx /= lt_neqAle eq_sym; first by rewrite M0 (kernel_ge0 wf).
by rewrite psi0 (potential_ge0 wf).
Qed.

Lemma value_bounds k : forall t x, (t + k = T)%N -> live m t x ->
  ((1 + eps) ^+ k)^-1 * V t x <= value m t x <= (1 + eps) ^+ k * V t x.
Proof.
elim: k => [|k IH] t x tkT lx.
  by rewrite addn0 in tkT; rewrite tkT valueT -(twist_horizon wf) expr0 invr1 !mul1r lexx.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have V0 : 0 < V t x by exact: (live_twist_gt0 wf lx).
have next y := successor_value tT lx (IH t.+1 y (etrans (addSnnS t k) tkT)).
have /andP[rlo rhi] := bellman tT lx.
rewrite value_step //; apply/andP; split.
  apply: (@le_trans _ _ (((1 + eps) ^+ k)^-1 * (bellman_ratio m t x * V t x))).
    by rewrite exprSr invfM -mulrA ler_pmul2l ?invr_gt0 ?pow_gt0 // ler_wpmul2r // ltW.
  rewrite /bellman_ratio divfK ?gt_eqF // mulr_sumr; apply: ler_sum => y _.
  by have /andP[] := next y.
apply: (@le_trans _ _ ((1 + eps) ^+ k * (bellman_ratio m t x * V t x))).
  rewrite /bellman_ratio divfK ?gt_eqF // mulr_sumr; apply: ler_sum => y _.
  by have /andP[] := next y.
by rewrite exprSr -mulrA ler_pmul2l ?pow_gt0 // ler_wpmul2r // ltW.
Qed.

Theorem P0_value_error t x : (t <= T)%N -> live m t x ->
  ((1 + eps) ^+ (T - t))^-1 <= value_ratio m t x <= (1 + eps) ^+ (T - t).
Proof.
move=> tT lx; have V0 : 0 < V t x by exact: (live_twist_gt0 wf lx).
by rewrite /value_ratio ler_pdivl_mulr // ler_pdivr_mulr //; apply: value_bounds; rewrite // subnKC.
Qed.

(* every live state has a positive value: nothing that a particle can occupy is doomed *)
Corollary P0_value_gt0 t x : (t <= T)%N -> live m t x -> 0 < value m t x.
Proof.
move=> tT lx; have V0 : 0 < V t x by exact: (live_twist_gt0 wf lx).
have /andP[lo _] := P0_value_error tT lx; rewrite -(divfK (lt0r_neq0 V0) (value m t x)) mulr_gt0 //.
by apply: lt_le_trans lo; rewrite invr_gt0 pow_gt0.
Qed.

Corollary P0_normaliser_gt0 : 0 < normaliser m.
Proof. by apply: P0_value_gt0; rewrite //= eqxx. Qed.

(* Qbar = G * (V*/V) on an edge whose end is live, and Qbar = 0 on an edge of weight zero *)
Lemma potential_value_split t e : live m t.+1 e.2 ->
  potential_value m t e = weight m t e * value_ratio m t.+1 e.2.
Proof.
move=> ly; have V0 := lt0r_neq0 (live_twist_gt0 wf ly).
rewrite /potential_value /weight /value_ratio.
move: (psi t e.1 e.2) (V t e.1)^-1 (value m t.+1 e.2) (V t.+1 e.2) V0 => p i u v v0.
by field.
Qed.

Lemma potential_value_dead t e : (t < T)%N -> live_edge m t e -> weight m t e = 0 ->
  potential_value m t e = 0.
Proof.
move=> tT le /eqP; have V0 := lt0r_neq0 (live_twist_gt0 wf (proj1 (andP le))).
rewrite /weight /potential_value mulf_eq0 invr_eq0 (negbTE V0) orbF mulf_eq0.
have [->|psi0] := eqVneq (psi t e.1 e.2) 0; first by rewrite !mul0r.
move=> /= /eqP V1; rewrite (keeps tT le) ?mulr0 ?mul0r //.
by rewrite lt_neqAle eq_sym psi0 (potential_ge0 wf).
Qed.

Section TwoSided.
Variable L : R.
Hypothesis L_gt0 : 0 < L.
Hypothesis ratio : ratio_bound_le m L.

Lemma ratio_edge_live t e : (t < T)%N -> live_edge m t e -> live m t.+1 e.2.
Proof.
move=> tT le; apply: (live_step wf le); rewrite gt_eqF //.
by have /andP[lo _] := ratio tT le; apply: lt_le_trans lo; rewrite invr_gt0.
Qed.

Lemma potential_value_bounds t e : (t < T)%N -> live_edge m t e ->
  (L * (1 + eps) ^+ (T - t.+1))^-1 <= potential_value m t e <= L * (1 + eps) ^+ (T - t.+1).
Proof.
move=> tT le; have ly := ratio_edge_live tT le; rewrite potential_value_split //.
have /andP[wlo whi] := ratio tT le; have /andP[ulo uhi] := P0_value_error tT ly.
have w0 : 0 <= weight m t e by apply: le_trans wlo; rewrite invr_ge0 ltW.
have u0 : 0 <= value_ratio m t.+1 e.2 by apply: le_trans ulo; rewrite invr_ge0 ltW ?pow_gt0.
by rewrite invfM !ler_pmul // invr_ge0 ltW ?pow_gt0.
Qed.

Theorem P1_range_ratio t e e' : (t < T)%N -> live_edge m t e -> live_edge m t e' ->
  potential_value m t e <= L ^+ 2 * (1 + eps) ^+ (2 * (T - t.+1)) * potential_value m t e'.
Proof.
move=> tT le le'; have c0 : 0 < L * (1 + eps) ^+ (T - t.+1) by rewrite mulr_gt0 ?pow_gt0.
have /andP[_ hi] := potential_value_bounds tT le; have /andP[lo _] := potential_value_bounds tT le'.
have -> : L ^+ 2 * (1 + eps) ^+ (2 * (T - t.+1)) = (L * (1 + eps) ^+ (T - t.+1)) * (L * (1 + eps) ^+ (T - t.+1)).
  by rewrite mulnC exprM -exprMn expr2.
move: (L * _) c0 hi lo => c c0 hi lo; apply: le_trans hi _.
by rewrite -mulrA -{1}[c]mulr1 ler_pmul2l // -(mulfV (lt0r_neq0 c0)) ler_pmul2l.
Qed.
End TwoSided.

Section OneSided.
Variable L : R.
Hypothesis L_ge0 : 0 <= L.
Hypothesis upper : upper_ratio_le m L.

Theorem S4_b_bound t e x : (t < T)%N -> live_edge m t e -> live m t x ->
  potential_value m t e <= L * (1 + eps) ^+ (2 * (T - t.+1)).+1 * value_ratio m t x.
Proof.
move=> tT le lx; have /andP[ulo _] := P0_value_error (ltnW tT) lx.
have w0 : 0 <= L * (1 + eps) ^+ (T - t.+1) by rewrite mulr_ge0 // ltW ?pow_gt0.
have bound_hi : potential_value m t e <= L * (1 + eps) ^+ (T - t.+1).
  have [w_eq0|w_neq0] := eqVneq (weight m t e) 0; first by rewrite potential_value_dead.
  have ly := live_step wf le w_neq0; rewrite potential_value_split //.
  have /andP[ulo' uhi'] := P0_value_error tT ly.
  apply: ler_pmul => //; [exact: weight_ge0|by apply: le_trans ulo'; rewrite invr_ge0 ltW ?pow_gt0|exact: upper].
apply: le_trans bound_hi _; rewrite -(subnSK tT) in ulo.
have -> : ((2 * (T - t.+1)).+1 = (T - t.+1) + (T - t.+1).+1)%N by rewrite addnS addnn -mul2n.
rewrite exprD mulrA -mulrA -{1}[L * _]mulr1; apply: ler_wpmul2l => //.
by rewrite -[X in X <= _](mulfV (lt0r_neq0 (pow_gt0 (T - t.+1).+1))) ler_pmul2l ?pow_gt0.
Qed.
End OneSided.
End Bellman.

(* S5, the product bound -- relative variance of the normaliser's estimate, zero weights allowed.

   If Qbar_p(e) <= b_p u_(p-1)(x) for every live edge e and live state x of step p, and b_p >= 1, then
     E[(Zhat/Z)^2] <= prod_p (1 + (b_p - 1)/N),
   and N >= (1 + 1/delta) sum_p (b_p - 1) gives E[(Zhat/Z)^2] <= 1 + delta.
   With Bellman error eps and weights at most L:  b_p = L (1+eps)^(2(T-p)+1).
   Proof: P_t(x,x') <= u_t(x) u_t(x') prod_(p>t) (1 + (b_p - 1)/N), backwards in t; the pair that shares a parent
   contributes sum_y M Qbar^2 <= b u_t(x') sum_y M Qbar = b u_t(x') u_t(x). *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Bellman Telescope Bias EndToEnd Normaliser.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* prod (1 + x_i) (1 - sum x_i) <= 1 *)
Lemma prod_one_plus (R : realFieldType) (x : nat -> R) n : (forall i, (i < n)%N -> 0 <= x i) ->
  (\prod_(0 <= i < n) (1 + x i)) * (1 - \sum_(0 <= i < n) x i) <= 1.
Proof.
elim: n => [|n IH] x0; first by rewrite !big_geq // subr0 mulr1.
have x0' i : (i < n)%N -> 0 <= x i by move=> ?; apply: x0; apply: ltnW.
apply: le_trans (IH x0'); rewrite !big_nat_recr //= -mulrA ler_wpmul2l //.
  by rewrite big_nat prodr_ge0 // => i /andP[_ /x0' xi]; rewrite addr_ge0 ?ler01.
rewrite -subr_ge0; set S := \sum_(_ <= i < _) _.
have S0 : 0 <= S by rewrite /S big_nat sumr_ge0 // => i /andP[_ /x0'].
have -> : 1 - S - (1 + x n) * (1 - (S + x n)) = x n * (S + x n) by ring.
by rewrite mulr_ge0 ?addr_ge0 ?x0.
Qed.

Section Bound.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation G := (weight m).
Local Notation u := (value_ratio m).
Local Notation Qbar := (potential_value m).
Local Notation second_moment_ratio := (estimate_mean m N (fun z => z ^+ 2) / normaliser m ^+ 2).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.

Section General.
Variable b : nat -> R.
Hypothesis b_ge1 : forall t, (t < T)%N -> 1 <= b t.
Hypothesis b_bound : forall t e x, (t < T)%N -> live_edge m t e -> live m t x -> Qbar t e <= b t * u t x.
Hypothesis normaliser_neq0 : normaliser m != 0.

Let nR_gt0 : 0 < N%:R :> R. Proof. by rewrite ltr0n. Qed.
Let n1 : N%:R^-1 <= 1 :> R. Proof. by rewrite invf_le1 // ler1n. Qed.
Let factor t := 1 + (b t - 1) / N%:R.

Lemma b_ge0 t : (t < T)%N -> 0 <= b t.
Proof. by move=> tT; rewrite (le_trans ler01) // b_ge1. Qed.

Lemma factor_ge0 t : (t < T)%N -> 0 <= factor t.
Proof. by move=> tT; rewrite addr_ge0 ?ler01 // divr_ge0 ?subr_ge0 ?b_ge1 // ltW. Qed.

Lemma value_ratio_ge0 t x : 0 <= u t x.
Proof.
have zero01 : in01 (fun _ : option X => 0 : R) by move=> o; rewrite lexx ler01.
by rewrite divr_ge0 ?(twist_ge0 wf) ?(value_ge0 wf zero01).
Qed.

Lemma Qbar_nonneg t e : 0 <= Qbar t e.
Proof. exact: Qbar_ge0 wf _ _. Qed.

Lemma step_ge0 t x y : 0 <= M t x y * Qbar t (x, y).
Proof. by rewrite mulr_ge0 ?(kernel_ge0 wf) ?Qbar_nonneg. Qed.

(* the contribution of a child in terms of Qbar; a child that is not live adds nothing *)
Lemma child_zero t x y : live m t x -> ~~ live m t.+1 y -> M t x y * G t (x, y) = 0.
Proof.
move=> lx; apply: contraNeq; rewrite mulf_eq0 negb_or => /andP[M0 G0].
apply: (live_step wf (e := (x, y))) G0.
by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
Qed.

(* with a test of values in [0,1], read at the end of the first particle; V*[g] has phi g for phi *)
Section Test.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g x := test (Some x).
Local Notation ug t x := (value_of m g t x / twist m t x).
Local Notation Qg t x y := (potential m t x y * value_of m g t.+1 y / twist m t x).

Let value_of_ge0 t x : 0 <= value_of m g t x.
Proof. by case/andP: (value_of_bounds wf test01 t x). Qed.
Let Qg_ge0 t x y : 0 <= Qg t x y.
Proof. by rewrite divr_ge0 ?mulr_ge0 ?(potential_ge0 wf) ?(twist_ge0 wf). Qed.
Let Qg_mean t x : (t < T)%N -> \sum_y M t x y * Qg t x y = ug t x.
Proof. by move=> tT; rewrite value_of_step // mulr_suml; apply: eq_bigr => y _; rewrite !mulrA. Qed.

Lemma pair_test_bound k : forall t x x', (t + k = T)%N -> live m t x -> live m t x' ->
  pair_test m N g k t x x' <= ug t x * u t x' * \prod_(t <= s < T) factor s.
Proof.
elim: k => [|k IH] t x x' tkT lx lx' /=.
  rewrite addn0 in tkT; rewrite tkT in lx lx' *; rewrite big_geq // mulr1 value_ofT -(twist_horizon wf).
  have Vx := lt0r_neq0 (live_twist_gt0 wf lx); have Vx' := lt0r_neq0 (live_twist_gt0 wf lx').
  by rewrite /value_ratio valueT -(twist_horizon wf) (mulfV Vx') mulr1 mulrAC (mulfV Vx) mul1r.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
rewrite big_ltn //; set rest := \prod_(_ <= s < _) _.
have rest0 : 0 <= rest.
  by rewrite /rest big_nat prodr_ge0 // => s /andP[_ /factor_ge0].
have twin : \sum_y M t x y * G t (x, y) ^+ 2 * pair_test m N g k t.+1 y y <= b t * u t x' * ug t x * rest.
  apply: (@le_trans _ _ (\sum_y M t x y * Qg t x y * (b t * u t x' * rest))); last first.
    by rewrite -mulr_suml Qg_mean // mulrCA !mulrA.
  apply: ler_sum => y _; have [M0|M0] := eqVneq (M t x y) 0; first by rewrite M0 !mul0r.
  have le : live_edge m t (x, y) by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
  have [ly|nly] := boolP (live m t.+1 y); last first.
    rewrite expr2 mulrA child_zero // !mul0r.
    exact: (mulr_ge0 (mulr_ge0 (kernel_ge0 wf _ _ _) (Qg_ge0 _ _ _)) (mulr_ge0 (mulr_ge0 (b_ge0 tT) (value_ratio_ge0 _ _)) rest0)).
  apply: (@le_trans _ _ (M t x y * (Qg t x y * (b t * u t x') * rest))); last by rewrite !mulrA.
  rewrite -mulrA ler_wpmul2l ?(kernel_ge0 wf) //.
  apply: (@le_trans _ _ (G t (x, y) ^+ 2 * (ug t.+1 y * u t.+1 y * rest))).
    by rewrite ler_wpmul2l ?sqr_ge0 // IH.
  have -> : G t (x, y) ^+ 2 * (ug t.+1 y * u t.+1 y * rest) = Qg t x y * Qbar t (x, y) * rest.
    rewrite -(weight_ratio wf keeps tT le) -(weight_value wf keeps test01 tT le) /=.
    by move: (_ / _) (u _ _) => a c; ring.
  by rewrite ler_wpmul2r // ler_wpmul2l ?Qg_ge0 // b_bound.
have apart : \sum_y \sum_y' M t x y * G t (x, y) * (M t x' y' * G t (x', y')) * pair_test m N g k t.+1 y y'
    <= ug t x * u t x' * rest.
  rewrite -(Qg_mean x tT) -(potential_value_mean x' tT) -mulrA mulr_suml.
  apply: ler_sum => y _; rewrite mulrA mulr_sumr mulr_suml; apply: ler_sum => y' _.
  have [ly|nly] := boolP (live m t.+1 y); last first.
    by rewrite child_zero // !mul0r mulr_ge0 // mulr_ge0 ?step_ge0 // mulr_ge0 ?Qg_ge0 ?(kernel_ge0 wf).
  have [ly'|nly'] := boolP (live m t.+1 y'); last first.
    by rewrite (child_zero lx') // mulr0 mul0r mulr_ge0 // mulr_ge0 ?step_ge0 // mulr_ge0 ?Qg_ge0 ?(kernel_ge0 wf).
  have [M0|M0] := eqVneq (M t x y) 0; first by rewrite M0 !mul0r.
  have [M0'|M0'] := eqVneq (M t x' y') 0; first by rewrite M0' !(mul0r, mulr0).
  have le : live_edge m t (x, y) by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
  have le' : live_edge m t (x', y') by rewrite /live_edge lx' lt_neqAle eq_sym M0' (kernel_ge0 wf).
  rewrite -(weight_value wf keeps test01 tT le) -(weight_ratio wf keeps tT le') /=.
  have -> : M t x y * (G t (x, y) * (ug t.+1 y)) * (M t x' y' * (G t (x', y') * u t.+1 y')) * rest
    = M t x y * G t (x, y) * (M t x' y' * G t (x', y')) * (ug t.+1 y * u t.+1 y' * rest).
    by move: (_ / _) (u _ _) => a c; ring.
  have MG0 z z' : 0 <= M t z z' * G t (z, z') by exact: (mulr_ge0 (kernel_ge0 wf _ _ _) (weight_ge0 wf _ _)).
  exact: (ler_wpmul2l (mulr_ge0 (MG0 _ _) (MG0 _ _)) (IH _ _ _ tkT' ly ly')).
apply: le_trans (ler_add (ler_wpmul2l (ltW _) twin) (ler_wpmul2l _ apart)) _.
- by rewrite invr_gt0.
- by rewrite subr_ge0.
by rewrite le_eqVlt /factor; apply/orP; left; apply/eqP; ring.
Qed.

(* E[Zhat^2 test(output)] <= Z^2 pi(test) prod_p (1 + (b_p - 1)/N) *)
Theorem tested_product_bound : tested_mean m N (fun z => z ^+ 2) g
  <= normaliser m ^+ 2 * mean (target_out m) test * \prod_(0 <= t < T) factor t.
Proof.
have lroot : live m 0 (root m) by rewrite /= eqxx.
have V0 : twist m 0 (root m) != 0 by rewrite gt_eqF // (twist_root_gt0 wf).
rewrite tested_second_moment // mulrC.
apply: le_trans (ler_wpmul2r (sqr_ge0 _) (pair_test_bound (add0n T) lroot lroot)) _.
rewrite mean_out /= mul0r add0r (target_mean m g) /value_ratio -/(normaliser m) le_eqVlt; apply/orP; left; apply/eqP.
by move: (\prod_(_ <= _ < _) _) (value_of _ _ _ _) => P v; field; rewrite ?V0 ?normaliser_neq0.
Qed.
End Test.

Theorem S5_product_bound : second_moment_ratio <= \prod_(0 <= t < T) (1 + (b t - 1) / N%:R).
Proof.
have one01 : in01 (fun _ : option X => 1 : R) by move=> o; rewrite ler01 lexx.
have Z2 : 0 < normaliser m ^+ 2 by rewrite lt_neqAle sqr_ge0 eq_sym sqrf_eq0 normaliser_neq0.
rewrite ler_pdivr_mulr // mulrC /estimate_mean estimate_tested ?expr0n ?add0n //; last exact: point_live.
apply: le_trans (tested_product_bound one01) _.
rewrite /mean (eq_bigr (target_out m)) => [|o _]; last by rewrite mulr1.
by rewrite target_out_mass // mulr1.
Qed.

Theorem S5_particles_suffice (delta : R) : 0 < delta ->
  (1 + delta^-1) * (\sum_(0 <= t < T) (b t - 1)) <= N%:R -> second_moment_ratio <= 1 + delta.
Proof.
move=> d0 enough; apply: le_trans S5_product_bound _.
have x0 i : (i < T)%N -> 0 <= (b i - 1) / N%:R by move=> iT; rewrite divr_ge0 ?subr_ge0 ?b_ge1 // ltW.
have := prod_one_plus x0; set P := \prod_(_ <= i < _) _; rewrite -mulr_suml; set S := \sum_(_ <= i < _) _ in enough *.
have d1 : 0 < 1 + delta by rewrite addr_gt0 ?ltr01.
have P0 : 0 <= P by rewrite /P big_nat prodr_ge0 // => i /andP[_ /factor_ge0].
have slack : (1 + delta)^-1 <= 1 - S / N%:R.
  rewrite -subr_ge0.
  have -> : 1 - S / N%:R - (1 + delta)^-1 = (N%:R - (1 + delta^-1) * S) * (delta / (N%:R * (1 + delta))).
    by field; rewrite !gt_eqF.
  by rewrite mulr_ge0 ?subr_ge0 // divr_ge0 ?mulr_ge0 ?ltW.
move=> prod1; have : P * (1 + delta)^-1 <= 1 by apply: le_trans (ler_wpmul2l P0 slack) prod1.
by rewrite ler_pdivr_mulr // mul1r.
Qed.
End General.

(* ---- Bellman error eps and weights at most L ---------------------------------- *)
Section BellmanError.
Variables eps L : R.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis upper : upper_ratio_le m L.

Theorem S5_bellman_error :
  second_moment_ratio <= \prod_(0 <= t < T) (1 + (L * (1 + eps) ^+ (2 * (T - t.+1)).+1 - 1) / N%:R).
Proof.
have e1 : 1 <= 1 + eps by rewrite ler_addl.
have e0 : 0 < 1 + eps by rewrite (lt_le_trans ltr01).
have L0 t : (t < T)%N -> 0 <= L.
  move=> tT; rewrite -(pmulr_lge0 _ e0) (le_trans ler01) // (upper_ge wf eps_ge0 bellman upper) //.
  exact: leq_ltn_trans tT.
apply: (@S5_product_bound (fun t => L * (1 + eps) ^+ (2 * (T - t.+1)).+1)) => [t tT|t e x tT le lx|].
- by rewrite exprS mulrA mulr_ege1 ?exprn_ege1 // (upper_ge wf eps_ge0 bellman upper) // (leq_ltn_trans _ tT).
- by apply: (S4_b_bound wf keeps eps_ge0 bellman (L0 t tT) upper).
by rewrite gt_eqF // (P0_normaliser_gt0 wf keeps eps_ge0 bellman).
Qed.
End BellmanError.
End Bound.

(* S13, S3 and S4 in the quantities that do not change when V_t becomes c_t V_t.

   For live states x, x' of layer t and live edges e, e' from it:
     r_t   rho_t(x) <= r_t rho_t(x')            spread of the Bellman ratio, 0 < t < T
     K     weight(e) <= K weight(e')            spread of the weights (K <= L^2)
     W     weight(e) <= W rho_t(x')             largest weight over least ratio (W <= L (1+eps))
   Then V*_t/V_t has spread r_t ... r_{T-1} over live states, and with
   e^{2 Lambda} = r_1 ... r_{T-1}, Lambda the cumulative Bellman error,
     S13  TV <= 1/(4N) sum_p (K r_p ... r_{T-1} - 1),     N >= K T e^{2 Lambda} / (4 delta) suffices (S3: 2 delta);
     S4   TV <= 1/N sum_p (6 W r_p ... r_{T-1} - 5)/4,    N >= 3/2 W T e^{2 Lambda} / delta suffices,
   so that a mean error of order 1/T is enough, not a uniform one. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope Bias Paths Odds.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Spread.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis rho_gt0 : ratio_positive m.
Implicit Types (t k : nat) (x y : X) (e : X * X).

Lemma guided_kernel_law t x : (t < T)%N -> live m t x -> is_law (guided_kernel m t x).
Proof.
move=> tT lx; split=> [y|]; first exact: (guided_kernel_ge0 wf rho_gt0).
rewrite /guided_kernel -mulr_suml mulfV // gt_eqF //; exact: (bellman_image_gt0 wf rho_gt0).
Qed.
(* values are guided means of the next values: V*[g]/V at x is rho(x) E_guided[V*[g]/V] *)
Lemma guided_value (G : option X -> R) t x : in01 G -> (t < T)%N -> live m t x ->
  value_of m (fun z => G (Some z)) t x / V t x
  = bellman_ratio m t x
    * mean (guided_kernel m t x) (fun y => value_of m (fun z => G (Some z)) t.+1 y / V t.+1 y).
Proof.
move=> G01 tT lx; have V0 := lt0r_neq0 (live_twist_gt0 wf lx).
have B0 := lt0r_neq0 (bellman_image_gt0 wf rho_gt0 tT lx).
rewrite value_of_step // mulr_suml -mean_scale; apply: eq_bigr => y _.
have -> : bellman_ratio m t x = bellman_image m t x / V t x by [].
rewrite /guided_kernel; set v := value_of _ _ _ _.
have [Vy|Vy] := eqVneq (V t.+1 y) 0; last by field; rewrite V0 B0 Vy.
rewrite Vy invr0 !mulr0; have [->|c0] := eqVneq (M t x y * psi t x y) 0; first by rewrite !mul0r.
move: c0; rewrite mulf_eq0 negb_or => /andP[M0 psi0].
have v0 : value m t.+1 y = 0.
  apply: (keeps tT (e := (x, y))) => //=; last by rewrite lt_neqAle eq_sym psi0 (potential_ge0 wf).
  by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
have -> : v = 0 by apply/eqP; rewrite eq_sym eq_le; have := value_of_bounds wf G01 t.+1 y; rewrite v0 andbC.
by rewrite mulr0 mul0r.
Qed.
Lemma guided_value_ratio t x : (t < T)%N -> live m t x ->
  value_ratio m t x = bellman_ratio m t x * mean (guided_kernel m t x) (value_ratio m t.+1).
Proof.
move=> tT lx; have G01 : in01 (fun _ : option X => 1 : R) by move=> o; rewrite ler01 lexx.
rewrite /value_ratio -value_of1 (guided_value G01) //; congr (_ * _).
by apply: mean_ext => y _; rewrite value_of1.
Qed.
Lemma last_value_ratio x : live m T x -> value_ratio m T x = 1.
Proof.
by move=> lx; rewrite /value_ratio valueT -(twist_horizon wf) divff // gt_eqF // (live_twist_gt0 wf).
Qed.
Lemma value_ratio_gt0 k : forall t x, (t + k = T)%N -> live m t x -> 0 < value_ratio m t x.
Proof.
elim: k => [|k IH] t x tkT lx.
  by rewrite addn0 in tkT; rewrite tkT in lx *; rewrite last_value_ratio ?ltr01.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite guided_value_ratio // mulr_gt0 ?rho_gt0 //; apply: mean_gt0 => [|y ys].
  exact: guided_kernel_law.
by apply: IH; [rewrite addSnnS | exact: (guided_kernel_live wf lx ys)].
Qed.
Lemma ratio_no_doom : no_doom m.
Proof.
move=> t x tT lx; have := value_ratio_gt0 (subnKC tT) lx.
by rewrite /value_ratio pmulr_lgt0 // invr_gt0 (live_twist_gt0 wf).
Qed.

Variable r : nat -> R.
Hypothesis spread : level_ratio m r.
Theorem value_ratio_spread k : forall t x x', (0 < t)%N -> (t + k = T)%N -> live m t x -> live m t x' ->
  value_ratio m t x <= (\prod_(t <= s < T) r s) * value_ratio m t x'.
Proof.
elim: k => [|k IH] t x x' t0 tkT lx lx'.
  by rewrite addn0 in tkT; rewrite tkT in lx lx' *; rewrite big_geq // mul1r !last_value_ratio.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite big_ltn // !guided_value_ratio // mulrACA; apply: ler_pmul.
- exact/ltW/rho_gt0.
- apply/ltW/mean_gt0 => [|y ys]; first exact: guided_kernel_law.
  by apply: (@value_ratio_gt0 k); [rewrite addSnnS | exact: (guided_kernel_live wf lx ys)].
- by apply: spread; rewrite ?t0.
apply: mean_spread => [||y y' ys ys']; try exact: guided_kernel_law.
by apply: IH; rewrite ?addSnnS //; [exact: (guided_kernel_live wf lx ys)|exact: (guided_kernel_live wf lx' ys')].
Qed.
Lemma level_ratio_ge1 t : (0 < t < T)%N -> 1 <= r t.
Proof.
move=> /andP[t0 tT]; have [x lx] := live_exists wf keeps ratio_no_doom (ltnW tT).
by rewrite -(ler_pmul2r (rho_gt0 tT lx)) mul1r spread ?t0.
Qed.
Lemma product_ge1 t : (0 < t)%N -> 1 <= \prod_(t <= s < T) r s.
Proof.
move=> t0; rewrite big_nat; elim/big_ind: _ => // [a b a1 b1|s /andP[ts sT]]; first exact: mulr_ege1.
by rewrite level_ratio_ge1 // sT (leq_trans t0 ts).
Qed.
Lemma product_le t : (0 < t <= T)%N -> \prod_(t <= s < T) r s <= \prod_(1 <= s < T) r s.
Proof.
move=> /andP[t0 tT]; rewrite (@big_cat_nat _ _ _ t 1 T) //= ler_pmull; last first.
  exact: lt_le_trans ltr01 (product_ge1 t0).
rewrite big_nat; elim/big_ind: _ => // [a b a1 b1|s /andP[s0 st]]; first exact: mulr_ege1.
by rewrite level_ratio_ge1 // s0 (leq_trans st tT).
Qed.
Lemma Qbar_split t e : (t < T)%N -> live_edge m t e -> weight m t e != 0 ->
  0 < value_ratio m t.+1 e.2 /\ potential_value m t e = weight m t e * value_ratio m t.+1 e.2.
Proof.
move=> tT le w0; have ly := live_step wf le w0; rewrite (weight_H wf keeps tT le); split=> //.
exact: value_ratio_gt0 (subnKC tT) ly.
Qed.

(* ---- S13 and S3 ------------------------------------------------------------------------ *)
Variable N : nat.
Hypothesis N_gt0 : (0 < N)%N.
Section TwoSided.
Variable K : R.
Hypothesis weight_gt0 : forall t e, (t < T)%N -> live_edge m t e -> 0 < weight m t e.
Hypothesis weight_spread : forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' ->
  weight m t e <= K * weight m t e'.

Theorem S13_gauge_bias : tv (smc_law m N) (target_out m)
  <= (4%:R * N%:R)^-1 * \sum_(0 <= t < T) (K * \prod_(t.+1 <= s < T) r s - 1).
Proof.
have split t e (tT : (t < T)%N) (le : live_edge m t e) := Qbar_split tT le (lt0r_neq0 (weight_gt0 tT le)).
apply: (S13_bias wf keeps N_gt0) => // [t e tT le|t e e' tT le le'].
  by have [u0 ->] := split t e tT le; rewrite mulr_gt0 ?weight_gt0.
have [u0 ->] := split t e tT le; have [u0' ->] := split t e' tT le'.
rewrite [X in _ <= X]mulrACA; apply: ler_pmul; [by apply/ltW; exact: weight_gt0|exact: ltW|exact: weight_spread|].
by apply: (value_ratio_spread (k := T - t.+1)) => //;
  rewrite ?subnKC // (live_step wf) // lt0r_neq0 // weight_gt0.
Qed.
Theorem S13_gauge_particles (delta : R) : 0 < delta ->
  K * T%:R * (\prod_(1 <= s < T) r s) / (4%:R * delta) <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof.
move=> d0; rewrite ler_pdivr_mulr ?mulr_gt0 ?ltr0n // => enough.
apply: le_trans S13_gauge_bias _; rewrite mulrC ler_pdivr_mulr ?mulr_gt0 ?ltr0n //.
have -> : delta * (4%:R * N%:R) = N%:R * (4%:R * delta) by ring.
apply: le_trans enough; rewrite mulrAC mulr_natr -[X in _ <= _ *+ X]subn0 -[X in _ <= X]sumr_const_nat.
rewrite big_nat [X in _ <= X]big_nat; apply: ler_sum => t /andP[_ tT].
have K0 : 0 <= K.
  have [x lx] := live_exists wf keeps ratio_no_doom (ltnW tT).
  have [e es] := law_support (mutate_law wf tT (point_live_at lx)).
  have le := mutate_support wf (point_live_at lx) es.
  by rewrite -(pmulr_lge0 _ (weight_gt0 tT le)) (le_trans (ltW (weight_gt0 tT le))) ?weight_spread.
have le_all : (0 < t.+1 <= T)%N by [].
rewrite ler_subl_addr; apply: le_trans (ler_wpmul2l K0 (product_le le_all)) _.
by rewrite ler_addl ler01.
Qed.
Theorem S3_gauge_particles (delta : R) : 0 < delta ->
  K * T%:R * (\prod_(1 <= s < T) r s) / (2%:R * delta) <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof.
move=> d0; rewrite ler_pdivr_mulr ?mulr_gt0 ?ltr0n // => enough.
apply: S13_gauge_particles => //; rewrite ler_pdivr_mulr ?mulr_gt0 ?ltr0n //; apply: le_trans enough _.
by rewrite ler_wpmul2l ?ler0n // ler_pmul2r // ler_nat.
Qed.
End TwoSided.

(* ---- S4 ------------------------------------------------------------------------ *)
Section OneSided.
Variable W : R.
Hypothesis weight_le : forall t e x, (t < T)%N -> live_edge m t e -> live m t x ->
  weight m t e <= W * bellman_ratio m t x.
Lemma W_ge1 : (0 < T)%N -> 1 <= W.
Proof.
move=> T0; have lx : live m 0 (root m) by rewrite /= eqxx.
rewrite -(ler_pmul2r (rho_gt0 T0 lx)) mul1r.
have kernel_law : is_law (M 0 (root m)).
  by split; [exact: (kernel_ge0 wf)|exact: (kernel_sum1 wf)].
have rhoE : bellman_ratio m 0 (root m) = mean (M 0 (root m)) (fun y => weight m 0 (root m, y)).
  by rewrite /bellman_ratio mulr_suml; apply: eq_bigr => y _; rewrite /weight /= !mulrA.
rewrite [X in X <= _]rhoE.
rewrite -[X in _ <= X](mean_const kernel_law); apply: mean_le => // y ys.
apply: weight_le => //; rewrite /live_edge lx lt_neqAle eq_sym ys; exact: (kernel_ge0 wf).
Qed.
Theorem S4_gauge_bias : tv (smc_law m N) (target_out m)
  <= N%:R^-1 * \sum_(0 <= t < T) ((6%:R * (W * \prod_(t.+1 <= s < T) r s) - 5%:R) / 4%:R).
Proof.
have W1 t : (t < T)%N -> 1 <= W by move=> tT; apply: W_ge1; exact: leq_ltn_trans tT.
apply: S4_bias_rational => //; first exact: ratio_no_doom.
  by move=> t tT; rewrite mulr_ege1 ?product_ge1 // (W1 t).
move=> t e x tT le lx; have W0 := le_trans ler01 (W1 t tT).
have u0 := ltW (value_ratio_gt0 (subnKC (ltnW tT)) lx).
have P0 := le_trans ler01 (product_ge1 (ltn0Sn t)).
have [w0|w0] := eqVneq (weight m t e) 0.
  by rewrite -(weight_H wf keeps tT le) w0 mul0r mulr_ge0 // mulr_ge0.
have [ue ->] := Qbar_split tT le w0; rewrite (guided_value_ratio tT lx).
rewrite [X in _ <= X]mulrACA; apply: ler_pmul; rewrite ?weight_ge0 ?(ltW ue) ?weight_le //.
rewrite -[X in X <= _](mean_const (guided_kernel_law tT lx)).
apply: mean_spread => [||y y' ys ys']; try exact: guided_kernel_law.
by apply: (value_ratio_spread (k := T - t.+1)) => //;
  rewrite ?subnKC // ?(live_step wf) // (guided_kernel_live wf lx).
Qed.
Theorem S4_gauge_particles (delta : R) : 0 < delta ->
  3%:R / 2%:R * W * T%:R * (\prod_(1 <= s < T) r s) / delta <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof.
move=> d0; rewrite ler_pdivr_mulr // => enough.
apply: le_trans S4_gauge_bias _; rewrite mulrC ler_pdivr_mulr ?ltr0n // [X in _ <= X]mulrC.
apply: le_trans enough; rewrite [X in _ <= X]mulrAC mulr_natr.
rewrite -[X in _ <= _ *+ X]subn0 -[X in _ <= X]sumr_const_nat big_nat.
rewrite [X in _ <= X]big_nat; apply: ler_sum => t /andP[_ tT].
have W0 : 0 <= W by apply: le_trans ler01 (W_ge1 _); exact: leq_ltn_trans tT.
apply: (@le_trans _ _ (3%:R / 2%:R * (W * \prod_(t.+1 <= s < T) r s))).
  set b := W * _; rewrite -subr_ge0.
  by have -> : 3%:R / 2%:R * b - (6%:R * b - 5%:R) / 4%:R = 5%:R / 4%:R by [field]; rewrite divr_ge0 ?ler0n.
rewrite -[X in _ <= X]mulrA; apply: ler_wpmul2l; first by rewrite divr_ge0 ?ler0n.
by apply: ler_wpmul2l => //; exact: product_le.
Qed.
End OneSided.
End Spread.

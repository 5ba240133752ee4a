(* S1, S2 and P5 -- the guided particle against the target.

   Let r_t bound max rho_t / min rho_t over live states of layer t, and Q = r_1 ... r_(T-1).
     S1   chi^2(pi || guided) <= (Q-1)^2/(4Q)      (sinh^2 of the cumulative Bellman error Lambda, e^(2 Lambda) = Q)
          E_guided[(pi/guided)^2] <= (Q+1)^2/(4Q)  (cosh^2 Lambda: the effective sample size is at least N/cosh^2 Lambda)
     S2   TV(guided, pi) <= (s-1)/(s+1)            for s > 0 with Q <= s^2    (tanh(Lambda/2))
   on whole paths, hence on the output.  With Bellman error eps, Q = a^2 and s = a = (1+eps)^(T-1); then
     S2   TV <= (a-1)/(a+1) <= (T-1) eps/2         and  P5   TV <= 2 T eps. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Functional Paths.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* moving two laws along a map does not increase their total variation *)
Lemma tv_push (R : realFieldType) (A B : finType) (f : A -> B) (mu nu : A -> R) :
  tv (fun b => \sum_a mu a * (f a == b)%:R) (fun b => \sum_a nu a * (f a == b)%:R) <= tv mu nu.
Proof.
rewrite /tv ler_pmul2l ?invr_gt0 ?ltr0n //.
apply: (@le_trans _ _ (\sum_b \sum_a `|mu a - nu a| * (f a == b)%:R)).
  apply: ler_sum => b _; rewrite -sumrB; apply: le_trans (ler_norm_sum _ _ _) _.
  by apply: ler_sum => a _; rewrite -mulrBl normrM (ger0_norm (ler0n _ _)).
rewrite exchange_big /=; apply: ler_sum => a _; rewrite -mulr_sumr.
by rewrite (bigD1 (f a)) //= eqxx big1 ?addr0 ?mulr1 // => b; rewrite eq_sym => /negbTE ->.
Qed.

(* chi^2(mu || nu); a point where nu vanishes adds 0, so read it with mu << nu, proved below *)
Definition chi_square (R : realFieldType) (A : finType) (mu nu : A -> R) : R := \sum_a (mu a - nu a) ^+ 2 / nu a.

Section Guided.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation V := (twist m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis rho_gt0 : ratio_positive m.

Lemma guided_normaliser : normaliser m = \sum_(w : walk X T) V 0 (root m) * guided m w * bellman_product m 0 (root m) w.
Proof.
rewrite /normaliser -(target_walk_value (root m) (add0n T)); apply: eq_bigr => w _.
by rewrite (importance_identity wf keeps rho_gt0) ?add0n //= eqxx.
Qed.

Lemma root_product_gt0 (w : walk X T) : guided m w != 0 -> 0 < bellman_product m 0 (root m) w.
Proof. by apply: (bellman_product_gt0 wf rho_gt0); rewrite ?add0n //= eqxx. Qed.

Lemma guided_normaliser_gt0 : 0 < normaliser m.
Proof.
have [w w0] := law_support (guided_is_law wf rho_gt0); have [g_ge0 _] := guided_is_law wf rho_gt0.
have term (v : walk X T) : 0 <= V 0 (root m) * guided m v * bellman_product m 0 (root m) v.
  have [->|v0] := eqVneq (guided m v) 0; first by rewrite mulr0 mul0r.
  by rewrite !mulr_ge0 ?(twist_ge0 wf) // ltW // root_product_gt0.
rewrite guided_normaliser (bigD1 w) //= ltr_paddr ?sumr_ge0 //.
by rewrite !mulr_gt0 ?(twist_root_gt0 wf) ?root_product_gt0 // lt_neqAle eq_sym w0 g_ge0.
Qed.

(* the importance weight dpi/dguided *)
Definition importance (w : walk X T) : R := V 0 (root m) / normaliser m * bellman_product m 0 (root m) w.

Lemma target_importance w : target_path m w = guided m w * importance w.
Proof. exact: importance_weight wf keeps rho_gt0 w. Qed.

Theorem target_absolutely_continuous w : guided m w = 0 -> target_path m w = 0.
Proof. by rewrite target_importance => ->; rewrite mul0r. Qed.

Lemma importance_mean : \sum_w guided m w * importance w = 1.
Proof.
rewrite -[RHS](mulfV (lt0r_neq0 guided_normaliser_gt0)) [X in _ = X / _]guided_normaliser mulr_suml.
by apply: eq_bigr => w _; rewrite /importance; ring.
Qed.

Lemma importance_gt0 w : guided m w != 0 -> 0 < importance w.
Proof.
by move=> w0; rewrite !mulr_gt0 ?(twist_root_gt0 wf) ?invr_gt0 ?guided_normaliser_gt0 ?root_product_gt0.
Qed.

(* chi^2 is the variance of the importance weight *)
Lemma chi_square_importance :
  chi_square (target_path m) (guided m) = \sum_w guided m w * (importance w - 1) ^+ 2.
Proof.
apply: eq_bigr => w _; rewrite target_importance.
have [->|g0] := eqVneq (guided m w) 0; first by rewrite !mul0r subrr expr0n mul0r.
by field.
Qed.

Section Spread.
Variable r : nat -> R.
Hypothesis spread : level_ratio m r.
Local Notation Q := (\prod_(1 <= t < T) r t).

Lemma root_product_spread (w w' : walk X T) : guided m w != 0 -> guided m w' != 0 ->
  bellman_product m 0 (root m) w <= Q * bellman_product m 0 (root m) w'.
Proof.
by apply: (bellman_product_spread_root wf rho_gt0 spread); rewrite ?add0n //= eqxx.
Qed.

Lemma importance_range : range_ratio (guided m) importance Q.
Proof.
move=> w w' w0 w0'; rewrite /importance mulrCA ler_pmul2l ?root_product_spread //.
by rewrite mulr_gt0 ?invr_gt0 ?guided_normaliser_gt0 ?(twist_root_gt0 wf).
Qed.

Theorem S1_chi_square : chi_square (target_path m) (guided m) <= (Q - 1) ^+ 2 / (4%:R * Q).
Proof.
have [g_ge0 g_sum1] := guided_is_law wf rho_gt0.
rewrite chi_square_importance.
exact: (S0_variance g_ge0 g_sum1 importance_mean importance_gt0 importance_range).
Qed.

Theorem S1_second_moment : \sum_w guided m w * (target_path m w / guided m w) ^+ 2 <= (Q + 1) ^+ 2 / (4%:R * Q).
Proof.
have [g_ge0 g_sum1] := guided_is_law wf rho_gt0.
have Q1 : 1 <= Q := range_ratio_ge1 g_ge0 g_sum1 importance_mean importance_gt0 importance_range.
have Q0 : Q != 0 by rewrite gt_eqF // (lt_le_trans ltr01).
have -> : (Q + 1) ^+ 2 / (4%:R * Q) = (Q - 1) ^+ 2 / (4%:R * Q) + 1 by field.
apply: le_trans (ler_add (S0_variance g_ge0 g_sum1 importance_mean importance_gt0 importance_range) (lexx 1)).
have -> : \sum_w guided m w * (importance w - 1) ^+ 2 + 1 = \sum_w guided m w * importance w ^+ 2.
  transitivity (\sum_w (guided m w * (importance w - 1) ^+ 2 + (2%:R * (guided m w * importance w) - guided m w))).
    by rewrite big_split sumrB /= -mulr_sumr importance_mean g_sum1; ring.
  by apply: eq_bigr => w _; ring.
apply: ler_sum => w _; rewrite target_importance.
have [->|g0] := eqVneq (guided m w) 0; first by rewrite !mul0r.
by rewrite mulrAC mulfV // mul1r.
Qed.

Theorem S2_paths s : 0 < s -> Q <= s ^+ 2 -> tv (guided m) (target_path m) <= (s - 1) / (s + 1).
Proof.
move=> s0 Qs; have [g_ge0 g_sum1] := guided_is_law wf rho_gt0.
have hs : range_ratio (guided m) importance (s ^+ 2).
  move=> w w' w0 w0'; apply: le_trans (importance_range w0 w0') _.
  by rewrite ler_pmul2r // importance_gt0.
apply: le_trans (S0_tv g_ge0 g_sum1 importance_mean importance_gt0 s0 hs).
rewrite /tv mulrC ler_pmul2r ?invr_gt0 ?ltr0n //; apply: ler_sum => w _.
rewrite target_importance -[X in `|X - _|]mulr1 -mulrBr normrM ger0_norm // distrC.
by [].
Qed.

Theorem S2_output s : 0 < s -> Q <= s ^+ 2 -> tv (guided_law m) (target m) <= (s - 1) / (s + 1).
Proof.
move=> s0 Qs; apply: le_trans (S2_paths s0 Qs).
apply: le_trans (tv_push (walk_end (root m)) (guided m) (target_path m)).
by rewrite /tv le_eqVlt; apply/orP; left; apply/eqP; congr (_ * _); apply: eq_bigr => x _; rewrite target_path_end.
Qed.
End Spread.
End Guided.

(* (a-1)/(a+1) <= n eps/2 for a = (1+eps)^n *)
Lemma tanh_half_linear (R : realFieldType) (eps : R) n : 0 <= eps ->
  ((1 + eps) ^+ n - 1) / ((1 + eps) ^+ n + 1) <= n%:R * eps / 2%:R.
Proof.
move=> e0; have e1 : 0 <= 1 + eps by rewrite addr_ge0 ?ler01.
have ge0 k : 0 <= (1 + eps) ^+ k by rewrite exprn_ge0.
have key k : (1 + eps) ^+ k * (1 - k.+1%:R * eps) <= 1.
  elim: k => [|k IH]; first by rewrite expr0 mul1r mul1r ler_subl_addr ler_addl.
  apply: le_trans IH; rewrite exprSr -mulrA ler_wpmul2l // -subr_ge0.
  have -> : 1 - k.+1%:R * eps - (1 + eps) * (1 - k.+2%:R * eps) = k.+2%:R * eps ^+ 2.
    by rewrite !mulrS; ring.
  by rewrite mulr_ge0 ?ler0n ?sqr_ge0.
have a0 k : 0 < (1 + eps) ^+ k + 1 by rewrite ltr_paddl ?ltr01 ?ge0.
have main : 2%:R * ((1 + eps) ^+ n - 1) <= n%:R * eps * ((1 + eps) ^+ n + 1).
  elim: n => [|n IH]; first by rewrite expr0 subrr mulr0 !mul0r.
  rewrite -subr_ge0; set a := (1 + eps) ^+ n in IH *.
  have -> : n.+1%:R * eps * ((1 + eps) ^+ n.+1 + 1) - 2%:R * ((1 + eps) ^+ n.+1 - 1)
    = (n%:R * eps * (a + 1) - 2%:R * (a - 1)) + eps * (1 - a * (1 - n.+1%:R * eps)).
    by rewrite exprSr -/a !mulrS; ring.
  by rewrite addr_ge0 ?mulr_ge0 ?subr_ge0 // key.
by rewrite ler_pdivr_mulr ?a0 // mulrAC ler_pdivl_mulr ?ltr0n // [X in X <= _]mulrC.
Qed.

Section BellmanError.
Variables (R : realFieldType) (X : finType) (m : model R X) (eps : R).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Let a := (1 + eps) ^+ (T - 1).

Let e1 : 0 < 1 + eps. Proof. by rewrite (lt_le_trans ltr01) // ler_addl. Qed.
Let a_gt0 : 0 < a. Proof. by rewrite exprn_gt0. Qed.

Lemma bellman_ratio_positive : ratio_positive m.
Proof. by move=> t x tT lx; have /andP[lo _] := bellman tT lx; apply: lt_le_trans lo; rewrite invr_gt0. Qed.

Lemma bellman_level_ratio : level_ratio m (fun=> (1 + eps) ^+ 2).
Proof.
move=> t x x' /andP[_ tT] lx lx'.
have /andP[_ hi] := bellman tT lx; have /andP[lo _] := bellman tT lx'.
apply: le_trans hi _; rewrite expr2 -mulrA ler_pmulr //.
by rewrite -[X in X <= _](mulfV (lt0r_neq0 e1)) ler_pmul2l.
Qed.

Lemma bellman_level_product : \prod_(1 <= t < T) ((1 + eps) ^+ 2) = a ^+ 2.
Proof. by rewrite prodr_const_nat -!exprM mulnC. Qed.

Theorem S1_bellman_error : chi_square (target_path m) (guided m) <= ((a - a^-1) / 2%:R) ^+ 2.
Proof.
have := S1_chi_square wf keeps bellman_ratio_positive bellman_level_ratio; rewrite bellman_level_product.
move=> bound; apply: le_trans bound _; rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
by rewrite gt_eqF.
Qed.

Theorem S1_effective_sample_size :
  \sum_w guided m w * (target_path m w / guided m w) ^+ 2 <= ((a + a^-1) / 2%:R) ^+ 2.
Proof.
have := S1_second_moment wf keeps bellman_ratio_positive bellman_level_ratio; rewrite bellman_level_product.
move=> bound; apply: le_trans bound _; rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
by rewrite gt_eqF.
Qed.

Theorem S2_bellman_error : tv (guided_law m) (target m) <= (a - 1) / (a + 1).
Proof.
by apply: (S2_output wf keeps bellman_ratio_positive bellman_level_ratio); rewrite // bellman_level_product.
Qed.

Theorem S2_linear : tv (guided_law m) (target m) <= (T - 1)%:R * eps / 2%:R.
Proof. exact: le_trans S2_bellman_error (tanh_half_linear _ eps_ge0). Qed.

Theorem P5_guided : tv (guided_law m) (target m) <= 2%:R * T%:R * eps.
Proof.
apply: le_trans S2_linear _; rewrite -subr_ge0.
have -> : 2%:R * T%:R * eps - (T - 1)%:R * eps / 2%:R = eps * (T%:R + (T%:R - (T - 1)%:R) + (T - 1)%:R / 2%:R) by field.
by rewrite mulr_ge0 // addr_ge0 ?divr_ge0 ?ler0n // addr_ge0 ?ler0n // subr_ge0 ler_nat leq_subr.
Qed.
End BellmanError.

(* S10 and S12 -- the output law from below.

   E[Zhat test(output)] = Z pi(test), so for k(test) = E[(Zhat/Z)^2 test(output)], the two-particle recursion,
     S10   pi(test)^2 <= k(test) out(test)          (Cauchy-Schwarz: E[test(output) (Zhat - c)^2] >= 0 for every c),
   for every N, zero rewards allowed, whatever is answered once all particles are dead.  With l(x) = pi(x)^2/k(x),
     sum_x max(0, l(x) - pi(x)) <= TV(output law, pi) <= sum_x max(0, pi(x) - l(x)).
   If Qbar_p(e) <= b_p u_(p-1)(x) on live edges and states, b_p >= 1, then with beta = prod_p (1 + (b_p - 1)/N)
     S12   k(test) <= beta pi(test),   pi(test) <= beta out(test),   TV <= 1 - 1/beta <= 1/N sum_p (b_p - 1),
   and N >= L (1+eps) T (1+eps)^(2(T-1)) / delta particles give TV <= delta. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope Bellman EndToEnd Normaliser NormaliserBound AnyAnswer.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* the total variation is the mass that one law has above the other *)
Definition above (R : realFieldType) (A : finType) (mu nu : A -> R) : R := \sum_a Num.max 0 (mu a - nu a).
Lemma tv_above (R : realFieldType) (A : finType) (mu nu : A -> R) :
  \sum_a mu a = \sum_a nu a -> tv mu nu = above mu nu.
Proof.
move=> same; rewrite -(tv_attained same) /prob /above -sumrB big_mkcond; apply: eq_bigr => a _.
rewrite /best_event -subr_ge0 /Num.max; case: (ltgtP 0 (mu a - nu a)) => // <-; exact: lexx.
Qed.
Lemma above_le (R : realFieldType) (A : finType) (mu mu' nu nu' : A -> R) :
  (forall a, mu a <= mu' a) -> (forall a, nu' a <= nu a) -> above mu nu <= above mu' nu'.
Proof.
by move=> le1 le2; apply: ler_sum => a _; rewrite le_maxl le_maxr lexx /= le_maxr ler_sub ?le1 ?le2 ?orbT.
Qed.
Lemma tv_sym (R : realFieldType) (A : finType) (mu nu : A -> R) : tv mu nu = tv nu mu.
Proof. by congr (_ * _); apply: eq_bigr => a _; rewrite distrC. Qed.
(* density at most beta: the total variation is at most 1 - 1/beta *)
Lemma density_tv (R : realFieldType) (A : finType) (out pi : A -> R) (beta : R) : is_law out -> is_law pi -> 1 <= beta ->
  (forall P : pred A, prob pi P <= beta * prob out P) -> tv out pi <= 1 - beta^-1.
Proof.
move=> [out0 out1] [pi0 pi1] beta1 dense; have beta0 : 0 < beta by exact: lt_le_trans ltr01 beta1.
have mass : \sum_a pi a = \sum_a out a by rewrite out1.
rewrite tv_sym -(tv_attained mass); set P := best_event _ _; have := dense P.
rewrite mulrC -ler_pdivr_mulr // => low; apply: le_trans (ler_sub (lexx _) low) _.
rewrite -[X in X - _]mulr1 -mulrBr ler_pimull ?subr_ge0 ?invf_le1 //.
rewrite -pi1 /prob [X in _ <= X](bigID P) /= ler_addl; exact: sumr_ge0.
Qed.

Lemma target_out_law (R : realFieldType) (X : finType) (m : model R X) : well_formed m -> normaliser m != 0 ->
  is_law (target_out m).
Proof.
move=> wf Z0; split=> [[x|]|]; [|exact: lexx|exact: target_out_mass].
have state01 : in01 (fun o : option X => (o == Some x)%:R : R) by move=> o; case: (o == _); rewrite ?lexx ?ler01.
by rewrite /= divr_ge0 ?(value_ge0 wf state01) //; case/andP: (value_of_bounds wf state01 0 (root m)).
Qed.

Section Certificate.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation Z := (normaliser m).
Local Notation square := (fun z : R => z ^+ 2).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis Z_neq0 : Z != 0.
Implicit Types (t k : nat) (x : X) (nu : X -> R) (z c : R).

Section Test.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g x := test (Some x).
Let test_ge0 o : 0 <= test o. Proof. by case/andP: (test01 o). Qed.

(* E[test(output) (Zhat - c)^2], expanded *)
Lemma deviation_ge0 c k : forall t nu z, (t + k = T)%N -> live_law m t nu ->
  0 <= tested_from m N square g k t nu z - 2%:R * c * tested_from m N id g k t nu z
       + c ^+ 2 * mean (smc_from m N k t nu) test.
Proof.
elim: k => [|k IH] t nu z tkT nu_live.
  have -> : mean (smc_from m N 0 t nu) test = mean nu g by rewrite mean_out /= mul0r add0r.
  rewrite /= (_ : _ + _ = (z - c) ^+ 2 * mean nu g); last by ring.
  by rewrite mulr_ge0 ?sqr_ge0 //; apply: (mean_ge0 (proj1 nu_live)) => x _; exact: test_ge0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have mu_law := iid_law N (mutate_law wf tT nu_live).
rewrite smc_from_mean /= /cmean -!mean_scale -mean_sub -mean_add; apply: (mean_ge0 mu_law) => y ys.
have [_|tot0] := eqVneq (total m t y) 0; first by rewrite mulr0 subr0 add0r mulr_ge0 ?sqr_ge0.
by apply: IH; [rewrite addSnnS | exact: (resample_live wf nu_live ys tot0)].
Qed.

Lemma tested_first_moment : tested_mean m N id g = Z * mean (target_out m) test.
Proof.
rewrite /tested_mean (weighted_value wf N_gt0 keeps test01 _ (add0n T) (point_live m)) mean_point mean_out /= mul0r add0r.
rewrite (target_mean m g); move: (value_of _ _ _ _) => v; field.
by rewrite Z_neq0 gt_eqF // (twist_root_gt0 wf).
Qed.

Theorem S10_certificate : mean (target_out m) test ^+ 2
  <= tested_mean m N square g / Z ^+ 2 * mean (smc_law m N) test.
Proof.
have Z2 : 0 < Z ^+ 2 by rewrite lt_neqAle sqr_ge0 eq_sym sqrf_eq0 Z_neq0.
rewrite -(ler_pmul2l Z2) -exprMn -tested_first_moment mulrA [Z ^+ 2 * _]mulrC divfK ?gt_eqF //.
have dev c : 0 <= tested_mean m N square g - 2%:R * c * tested_mean m N id g + c ^+ 2 * mean (smc_law m N) test.
  exact: deviation_ge0 (add0n T) (point_live m).
move: dev; set S := tested_mean _ _ _ _; set W := tested_mean _ _ _ _; set O := mean _ _ => dev.
have O0 : 0 <= O by apply: (mean_ge0 (smc_law_law wf N)) => o _; exact: test_ge0.
have [O_eq0|O_neq0] := eqVneq O 0; last first.
  have O_gt0 : 0 < O by rewrite lt_neqAle eq_sym O_neq0.
  have := dev (W / O); rewrite -(pmulr_rge0 _ O_gt0) [X in 0 <= X](_ : _ = S * O - W ^+ 2) ?subr_ge0 //.
  by field.
have [-> |W_neq0] := eqVneq W 0; first by rewrite expr0n O_eq0 mulr0.
have := dev ((S + 1) / (2%:R * W)); rewrite O_eq0 mulr0 addr0 [X in 0 <= X](_ : _ = - 1); last by field.
by rewrite oppr_ge0 ler10.
Qed.
End Test.

(* the certificate for a state x, and for the run *)
Definition second_moment x : R := tested_mean m N square (fun y => (y == x)%:R) / Z ^+ 2.
Definition certified x : R := target m x ^+ 2 / second_moment x.

Let at_state (law : option X -> R) x : mean law (fun o => (o == Some x)%:R) = law (Some x).
Proof. by rewrite /mean (bigD1 (Some x)) //= eqxx mulr1 big1 ?addr0 // => o /negbTE ->; rewrite mulr0. Qed.
Let state01 x : in01 (fun o : option X => (o == Some x)%:R : R).
Proof. by move=> o; case: (o == _); rewrite ?lexx ?ler01. Qed.

Theorem S10_state x : certified x <= smc_law m N (Some x).
Proof.
have := S10_certificate (state01 x); rewrite !at_state.
rewrite (_ : tested_mean m N square _ / _ = second_moment x) // /certified /= => bound.
have out0 : 0 <= smc_law m N (Some x) by case: (smc_law_law wf N).
have [k0|k0|k0] := ltgtP 0 (second_moment x); last by rewrite -k0 invr0 mulr0.
  by rewrite ler_pdivr_mulr // mulrC.
by apply: le_trans out0; rewrite mulr_ge0_le0 ?sqr_ge0 // invr_le0 ltW.
Qed.

(* whatever is answered once all particles are dead *)
Section AnyAnswer.
Variable law : X -> R.
Hypothesis law_sum1 : \sum_x law x = 1.
Hypothesis law_ge : forall x, smc_law m N (Some x) <= law x.

Theorem S10_tv : above certified (target m) <= tv law (target m) <= above (target m) certified.
Proof.
have same : \sum_x law x = \sum_x target m x by rewrite law_sum1 (target_sum1 Z_neq0).
have le_law x : certified x <= law x by exact: le_trans (S10_state x) (law_ge x).
apply/andP; split; first by rewrite tv_above // above_le.
by rewrite tv_sym tv_above // above_le.
Qed.
End AnyAnswer.

(* a dead run counts as an outcome of its own *)
Theorem S10_tv_dead : above certified (target m) <= tv (smc_law m N) (target_out m) <= above (target m) certified.
Proof.
have mass : \sum_o smc_law m N o = \sum_o target_out m o by rewrite smc_law_mass // target_out_mass.
apply/andP; split.
  rewrite tv_above // /above [X in _ <= X]out_sum ler_paddl //; first by rewrite le_maxr lexx.
  by apply: ler_sum => x _; rewrite le_maxl le_maxr lexx /= le_maxr ler_add2r S10_state orbT.
rewrite tv_sym tv_above // /above [X in X <= _]out_sum /= sub0r.
have -> : Num.max 0 (- smc_law m N None) = 0.
  by apply/max_idPl; rewrite oppr_le0; case: (smc_law_law wf N).
rewrite add0r; apply: ler_sum => x _.
by rewrite le_maxl le_maxr lexx /= le_maxr ler_sub ?S10_state ?orbT.
Qed.

(* ---- S12 ------------------------------------------------------------------------ *)
Section Density.
Variable b : nat -> R.
Hypothesis b_ge1 : forall t, (t < T)%N -> 1 <= b t.
Hypothesis b_bound : forall t e x, (t < T)%N -> live_edge m t e -> live m t x ->
  potential_value m t e <= b t * value_ratio m t x.
Local Notation beta := (\prod_(0 <= t < T) (1 + (b t - 1) / N%:R)).

Lemma excess_ge0 t : (t < T)%N -> 0 <= (b t - 1) / N%:R.
Proof. by move=> tT; rewrite divr_ge0 ?ler0n // subr_ge0 b_ge1. Qed.
Lemma beta_ge1 : 1 <= beta.
Proof.
rewrite big_nat; elim/big_ind: _ => // [x y|t /andP[_ /excess_ge0 t0]]; first exact: mulr_ege1.
by rewrite ler_addl.
Qed.
Let beta_gt0 : 0 < beta. Proof. exact: lt_le_trans ltr01 beta_ge1. Qed.

Section Test.
Variable test : option X -> R.
Hypothesis test01 : in01 test.

Theorem S12_moment : tested_mean m N square (fun x => test (Some x)) / Z ^+ 2 <= mean (target_out m) test * beta.
Proof.
have Z2 : 0 < Z ^+ 2 by rewrite lt_neqAle sqr_ge0 eq_sym sqrf_eq0 Z_neq0.
rewrite ler_pdivr_mulr // mulrC mulrA.
exact: (tested_product_bound wf keeps N_gt0 b_ge1 b_bound Z_neq0 test01).
Qed.

Theorem S12_tests : mean (target_out m) test <= beta * mean (smc_law m N) test.
Proof.
have O0 : 0 <= mean (smc_law m N) test.
  by apply: (mean_ge0 (smc_law_law wf N)) => o _; case/andP: (test01 o).
have [p0|p0|p0] := ltgtP 0 (mean (target_out m) test); last first.
- by rewrite -p0 mulr_ge0 // ltW.
- by apply: le_trans (ltW p0) _; rewrite mulr_ge0 // ltW.
rewrite -(ler_pmul2l p0) -expr2 mulrA; apply: le_trans (S10_certificate test01) _.
by rewrite ler_wpmul2r // S12_moment.
Qed.
End Test.

Theorem S12_density (A : pred (option X)) : prob (target_out m) A <= beta * prob (smc_law m N) A.
Proof. by rewrite !prob_mean; apply: S12_tests; exact: in01_event. Qed.

Theorem S12_tv : tv (smc_law m N) (target_out m) <= 1 - beta^-1.
Proof. exact: density_tv (smc_law_law wf N) (target_out_law wf Z_neq0) beta_ge1 S12_density. Qed.

Theorem S12_bias : tv (smc_law m N) (target_out m) <= N%:R^-1 * \sum_(0 <= t < T) (b t - 1).
Proof.
apply: le_trans S12_tv _; have := prod_one_plus excess_ge0; rewrite -mulr_suml => short.
by rewrite [X in _ <= X]mulrC ler_subl_addr addrC -ler_subl_addr -[X in _ <= X]div1r ler_pdivl_mulr // [X in X <= _]mulrC.
Qed.
End Density.
End Certificate.

(* ---- Bellman error eps and weights at most L ----------------------------------------- *)
Section EndToEnd.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (eps L : R).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis upper : upper_ratio_le m L.

Theorem S12_particles_suffice (delta : R) : 0 < delta ->
  L * (1 + eps) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof.
have e1 : 1 <= 1 + eps by rewrite ler_addl.
have e0 : 0 < 1 + eps by rewrite (lt_le_trans ltr01).
have La t : (t < T)%N -> 1 <= L * (1 + eps).
  by move=> tT; apply: (upper_ge wf eps_ge0 bellman upper); exact: leq_ltn_trans tT.
have L0 t : (t < T)%N -> 0 <= L by move=> tT; rewrite -(pmulr_lge0 _ e0) (le_trans ler01) // (La t).
move=> d0; rewrite ler_pdivr_mulr // => enough.
apply: le_trans (@S12_bias _ _ m N wf keeps N_gt0 _ (fun t => L * (1 + eps) ^+ (2 * (T - t.+1)).+1) _ _) _.
- by rewrite gt_eqF // (P0_normaliser_gt0 wf keeps eps_ge0 bellman).
- by move=> t tT; rewrite exprS mulrA mulr_ege1 ?exprn_ege1 // (La t).
- by move=> t e x tT le lx; apply: (S4_b_bound wf keeps eps_ge0 bellman (L0 t tT) upper).
rewrite mulrC ler_pdivr_mulr ?ltr0n // [X in _ <= X]mulrC; apply: le_trans enough.
rewrite mulrAC mulr_natr -[X in _ *+ X]subn0 -sumr_const_nat !big_nat; apply: ler_sum => t /andP[_ tT].
rewrite ler_subl_addr; apply: (@le_trans _ _ (L * (1 + eps) * (1 + eps) ^+ (2 * T.-1))); last by rewrite ler_addl ler01.
rewrite exprS mulrA; apply: ler_wpmul2l; first exact: le_trans ler01 (La t tT).
by apply: ler_weexpn2l; rewrite // leq_mul2l /= -subn1 leq_sub2l.
Qed.

(* the same whatever is answered once all particles are dead *)
Theorem S12_any_answer (law : X -> R) (delta : R) : \sum_x law x = 1 -> (forall x, smc_law m N (Some x) <= law x) ->
  0 < delta -> L * (1 + eps) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R -> tv law (target m) <= delta.
Proof.
move=> law1 law_ge d0 enough; apply: le_trans (S12_particles_suffice d0 enough).
by apply: any_answer => //; rewrite gt_eqF // (P0_normaliser_gt0 wf keeps eps_ge0 bellman).
Qed.
End EndToEnd.

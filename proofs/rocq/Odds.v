(* S13 -- the odds of every event under the output of N-particle SMC.

   Step t goes from layer t to t+1 and Qbar_{t+1}(x,y) = psi V*_{t+1}(y)/V_t(x) on live edges.  If Qbar > 0 and
   max Qbar_{t+1} <= q_t min Qbar_{t+1} then, with Q = prod_t (1 + (q_t - 1)/N), for every event A
     out(A) pi(not A) <= Q pi(A) out(not A),      pi(A) out(not A) <= Q out(A) pi(not A),
   so that, for s > 0 with Q <= s^2,
     TV(output law, pi) <= (s - 1)/(s + 1)                         (tanh(log(Q)/4) for s = sqrt Q),
     TV(output law, pi) <= 1/(4N) sum_t (q_t - 1),
   and N >= L^2 T (1+eps)^(2(T-1)) / (4 delta) particles give TV <= delta.  With beta of S12 (Certificate.v), if
   beta^2 <= Q and 1 < Q,
     TV(output law, pi) <= (beta - 1)(Q - beta) / (beta (Q - 1)).
   The odds of one step (Exchange.v) multiply: with a the answer of a cloud and w the mean of what comes out of it,
   w <= Q a/(1 + (Q-1) a), which is concave in a, so the mean of w is at most that of the mean of a. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Functional Telescope Bias Bellman EndToEnd Exchange Certificate.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- Odds of numbers -------------------------------------------------------- *)
Section Numbers.
Variable R : realFieldType.
Implicit Types (x y a w q Q s : R).

(* odds(y) <= Q odds(x), without division *)
Definition odds_le x y Q : Prop := (1 - x) * y <= Q * x * (1 - y).

(* the tangent of a |-> Q a/(1 + (Q-1) a) at a lies above it *)
Lemma tangent Q a x w : 1 <= Q -> 0 <= a -> 0 <= x -> odds_le x w Q ->
  w * (1 + (Q - 1) * a) ^+ 2 <= Q * (a * (1 + (Q - 1) * a) + (x - a)).
Proof.
move=> Q1 a0 x0; have e0 : 0 <= Q - 1 by rewrite subr_ge0.
rewrite /odds_le -subr_ge0 => near; have D0 : 0 < 1 + (Q - 1) * x by rewrite ltr_paddr ?ltr01 // mulr_ge0.
rewrite -subr_ge0 -(pmulr_rge0 _ D0).
have -> : (1 + (Q - 1) * x) * (Q * (a * (1 + (Q - 1) * a) + (x - a)) - w * (1 + (Q - 1) * a) ^+ 2)
  = Q * (Q - 1) * (x - a) ^+ 2 + (1 + (Q - 1) * a) ^+ 2 * (Q * x * (1 - w) - (1 - x) * w) by ring.
have Q0 : 0 <= Q by exact: le_trans ler01 Q1.
apply: addr_ge0.
  by apply: mulr_ge0; [apply: mulr_ge0 | exact: sqr_ge0].
by apply: mulr_ge0; [exact: sqr_ge0 |].
Qed.

(* odds multiply along a chain *)
Lemma odds_chain x a w f Q : 0 <= f -> 0 <= Q -> x <= 1 -> a <= 1 -> w <= 1 -> 0 <= x ->
  odds_le x a f -> odds_le a w Q -> odds_le x w (f * Q).
Proof.
rewrite /odds_le => f0 Q0 x1 a1 w1 x0 first second; have [a_eq1|a_neq1] := eqVneq a 1.
  rewrite a_eq1 subrr mulr0 mulr1 subr_le0 in first.
  have -> : x = 1 by apply/eqP; rewrite eq_le x1 first.
  by rewrite subrr mul0r mulr1 !mulr_ge0 // subr_ge0.
have a_lt1 : 0 < 1 - a by rewrite subr_gt0 lt_neqAle a_neq1.
rewrite -(ler_pmul2l a_lt1) [X in X <= _](_ : _ = (1 - x) * ((1 - a) * w)); last by ring.
apply: (@le_trans _ _ ((1 - x) * (Q * a * (1 - w)))); first by rewrite ler_wpmul2l ?subr_ge0.
rewrite [X in X <= _](_ : _ = (1 - x) * a * (Q * (1 - w))); last by ring.
rewrite [X in _ <= X](_ : _ = f * x * (1 - a) * (Q * (1 - w))); last by ring.
by rewrite ler_wpmul2r // mulr_ge0 ?subr_ge0.
Qed.

(* odds of means: x |-> Q x/(1 + (Q-1) x) is concave *)
Lemma odds_mean (A : finType) (k n v : A -> R) Q : is_law k -> 1 <= Q -> (forall i, k i != 0 -> 0 <= n i) ->
  (forall i, k i != 0 -> odds_le (n i) (v i) Q) -> odds_le (mean k n) (mean k v) Q.
Proof.
move=> law Q1 n0 near; set a := mean k n; have a0 : 0 <= a by apply: (mean_ge0 law).
have D0 : 0 < 1 + (Q - 1) * a by rewrite ltr_paddr ?ltr01 // mulr_ge0 // subr_ge0.
have mean_tangent : mean k v * (1 + (Q - 1) * a) ^+ 2 <= Q * (a * (1 + (Q - 1) * a) + (a - a)).
  rewrite mulrC -mean_scale.
  have -> : Q * (a * (1 + (Q - 1) * a) + (a - a)) = mean k (fun i => Q * (a * (1 + (Q - 1) * a) + (n i - a))).
    by rewrite mean_scale; congr (_ * _); rewrite mean_add (mean_const law) mean_sub (mean_const law).
  by apply: (mean_le law) => i ks; rewrite mulrC; apply: tangent => //; [exact: n0 | exact: near].
rewrite subrr addr0 expr2 mulrA [Q * _]mulrA ler_pmul2r // in mean_tangent.
rewrite /odds_le -subr_ge0 (_ : _ - _ = Q * a - mean k v * (1 + (Q - 1) * a)) ?subr_ge0 //; ring.
Qed.

(* tanh(log(Q)/4) with s for the root of Q *)
Lemma odds_tanh x y Q s : 0 <= x -> y <= 1 -> 1 <= s -> Q <= s ^+ 2 -> odds_le x y Q -> y - x <= (s - 1) / (s + 1).
Proof.
move=> x0 y1 s1 Qs near; have s0 : 0 < s + 1 by apply: ltr_paddl ltr01; exact: le_trans ler01 s1.
have far : odds_le x y (s ^+ 2).
  by apply: le_trans near _; rewrite ler_wpmul2r ?subr_ge0 // ler_wpmul2r.
have s21 : 0 <= s ^+ 2 - 1 by rewrite subr_ge0 exprn_ege1.
have D0 : 0 < 1 + (s ^+ 2 - 1) * x by rewrite ltr_paddr ?ltr01 // mulr_ge0.
rewrite ler_pdivl_mulr // -(ler_pmul2l D0) -subr_ge0.
have -> : (1 + (s ^+ 2 - 1) * x) * (s - 1) - (1 + (s ^+ 2 - 1) * x) * ((y - x) * (s + 1))
  = (s + 1) * (s ^+ 2 * x * (1 - y) - (1 - x) * y) + (s - 1) * (1 - (s + 1) * x) ^+ 2 by ring.
by rewrite addr_ge0 // mulr_ge0 ?sqr_ge0 ?subr_ge0 // ltW.
Qed.

Lemma odds_tv (A : finType) (out pi : A -> R) Q s : is_law out -> is_law pi -> 1 <= s -> Q <= s ^+ 2 ->
  (forall P : pred A, odds_le (prob pi P) (prob out P) Q) -> tv out pi <= (s - 1) / (s + 1).
Proof.
move=> out_law pi_law s1 Qs near; rewrite -tv_attained; last by rewrite (proj2 out_law) (proj2 pi_law).
apply: odds_tanh s1 Qs (near _).
  by apply: sumr_ge0 => a _; case: pi_law.
rewrite /prob -(proj2 out_law) [X in _ <= X](bigID (best_event out pi)) /= ler_addl.
by apply: sumr_ge0 => a _; case: out_law.
Qed.

(* the bounds x <= beta y and odds(x) <= Q odds(y) together *)
Lemma joint_gap x y b Q : 1 <= b -> 1 < Q -> b ^+ 2 <= Q -> 0 <= y -> x <= 1 -> x <= b * y -> odds_le y x Q ->
  x - y <= (b - 1) * (Q - b) / (b * (Q - 1)).
Proof.
move=> b1 Q1 bQ y0 x1 low near; have b0 : 0 < b by exact: lt_le_trans ltr01 b1.
have e0 : 0 < Q - 1 by rewrite subr_gt0.
rewrite ler_pdivl_mulr ?mulr_gt0 //; have [small|large] := lerP (x * (Q - 1)) (Q - b).
  apply: (@le_trans _ _ (x * (b - 1) * (Q - 1))).
    rewrite mulrA ler_pmul2r // -subr_ge0 (_ : _ - _ = b * y - x) ?subr_ge0 //; ring.
  by rewrite mulrAC [X in _ <= X]mulrC ler_wpmul2r ?subr_ge0.
set D := Q - (Q - 1) * x; have D_lt : D < b by rewrite /D ltr_subl_addr addrC -ltr_subl_addr [_ * x]mulrC.
have D0 : 0 < D.
  apply: (lt_le_trans ltr01); rewrite /D ler_subr_addr addrC -ler_subr_addr ler_pimulr ?(ltW e0) //.
have yD : x <= y * D.
  by move: near; rewrite /odds_le -subr_ge0 (_ : _ - _ = y * D - x) ?subr_ge0 // /D; ring.
rewrite -(ler_pmul2l D0) -subr_ge0 (_ : _ - _ = (b - D) * (Q - b * D) + b * (Q - 1) * (y * D - x)); last first.
  by rewrite /D; ring.
rewrite addr_ge0 ?mulr_ge0 ?subr_ge0 ?(ltW e0) ?(ltW b0) ?(ltW D_lt) ?(ltW Q1) //.
by apply: le_trans bQ; rewrite expr2 ler_pmul2l // ltW.
Qed.
End Numbers.

Section Odds.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation Qbar := (potential_value m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis Qbar_gt0 : forall t e, (t < T)%N -> live_edge m t e -> 0 < Qbar t e.
Variable q : nat -> R.
Hypothesis Qbar_ratio : forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' -> Qbar t e <= q t * Qbar t e'.
Implicit Types (t k : nat) (x : X) (e : X * X) (nu : X -> R).
Let factor t : R := 1 + (q t - 1) / N%:R.
Let hopeful := positive_values wf Qbar_gt0.

Section Test.
Variable G : option X -> R.
Hypothesis G01 : in01 G.
Local Notation answer := (answer m G).
Local Notation next := (@next_answer R X m N G).

Section Step.
Variables (t : nat) (nu : X -> R).
Hypothesis tT : (t < T)%N.
Hypothesis nu_live : live_law m t nu.
Let mu := mutate m t nu.
Let mu_law : is_law mu := mutate_law wf tT nu_live.
Let Q0 e : mu e != 0 -> 0 < Qbar t e.
Proof. by move=> es; apply/Qbar_gt0/(mutate_support wf nu_live es). Qed.
Let Qr : range_ratio mu (Qbar t) (q t).
Proof. by move=> e e' es es'; apply: Qbar_ratio => //; exact: (mutate_support wf nu_live). Qed.
Let F01 e : mu e != 0 -> 0 <= tilted m G t.+1 e.2 <= 1.
Proof. by move=> _; exact: tilted01. Qed.

Lemma factor_ge1 : 1 <= factor t.
Proof. exact: (Exchange.factor_ge1 N mu_law Q0 Qr). Qed.
Lemma answer_step : odds_le (answer t nu) (cmean mu (next t)) (factor t).
Proof.
rewrite /odds_le (two_sided_next wf keeps N_gt0 Qbar_gt0) // (answer_ratio wf) //.
exact: (odds_step N_gt0 mu_law Q0 F01 Qr).
Qed.
Lemma next01 : 0 <= cmean mu (next t) <= 1.
Proof.
have iidP := iid_law N mu_law; have unit (y : cloud N (X * X)) := next_answer01 wf hopeful G01 tT nu_live (y := y).
rewrite (mean_ge0 iidP) /=; last by move=> y /unit/andP[].
by rewrite -[X in _ <= X](mean_const iidP); apply: (mean_le iidP) => y /unit/andP[].
Qed.
End Step.

Lemma factors_ge1 t : (t <= T)%N -> 1 <= \prod_(t <= i < T) factor i.
Proof.
move=> tT; rewrite big_nat; elim/big_ind: _ => // [a b|i /andP[_ iT]]; first exact: mulr_ege1.
have [x /(point_live_at) lx] := live_exists wf keeps hopeful (ltnW iT).
exact: factor_ge1 iT lx.
Qed.
Lemma out01 k t nu : (t + k = T)%N -> live_law m t nu -> 0 <= mean (smc_from m N k t nu) G <= 1.
Proof.
move=> tkT nu_live; have law : is_law (smc_from m N k t nu).
  by split=> [o|]; [exact: smc_from_ge0|exact: smc_from_mass].
rewrite (mean_ge0 law) /=; last by move=> o _; case/andP: (G01 o).
by rewrite -[X in _ <= X](mean_const law); apply: (mean_le law) => o _; case/andP: (G01 o).
Qed.

Theorem odds_from k : forall t nu, (t + k = T)%N -> live_law m t nu ->
  odds_le (answer t nu) (mean (smc_from m N k t nu) G) (\prod_(t <= i < T) factor i).
Proof.
elim: k => [|k IH] t nu tkT nu_live.
  rewrite addn0 in tkT; rewrite tkT in nu_live *.
  by rewrite (last_answer N wf G nu_live) big_geq // /odds_le mul1r mulrC.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have mu_law := iid_law N (mutate_law wf tT nu_live).
have Q1 := factors_ge1 tT; have Q0 := le_trans ler01 Q1.
have f0 := le_trans ler01 (factor_ge1 tT nu_live).
have /andP[a0 a1] := next01 tT nu_live; have /andP[x0 x1] := answer01 wf hopeful G01 (ltnW tT) nu_live.
have /andP[_ w1] := out01 tkT nu_live; rewrite big_ltn //.
apply: (odds_chain f0 Q0 x1 a1 w1 x0 (answer_step tT nu_live)); rewrite smc_from_mean.
apply: (odds_mean mu_law Q1) => y ys; have /andP[n0 n1] := next_answer01 wf hopeful G01 tT nu_live ys; first by [].
rewrite /next_answer in n0 n1 *; have [_|tot0] := eqVneq (total m t y) 0; last first.
  by apply: IH; [rewrite addSnnS | exact: (resample_live wf nu_live ys tot0)].
have /andP[g0 g1] := G01 None; rewrite /odds_le -subr_ge0.
set Q := \prod_(_ <= _ < _) _ in Q1 *.
by rewrite (_ : _ - _ = (Q - 1) * (G None * (1 - G None))) ?mulr_ge0 ?subr_ge0 //; ring.
Qed.

(* the mean of a test: its odds under the output are at most Q times those under the target *)
Theorem odds_above : odds_le (mean (target_out m) G) (mean (smc_law m N) G) (\prod_(0 <= t < T) factor t).
Proof.
rewrite (root_answer wf hopeful).
exact: odds_from (add0n T) (point_live m).
Qed.
End Test.

Let Z0 : normaliser m != 0. Proof. by rewrite gt_eqF // hopeful //= eqxx. Qed.
Let complement (law : option X -> R) (G : option X -> R) : \sum_o law o = 1 ->
  mean law (fun o => 1 - G o) = 1 - mean law G.
Proof. by move=> law1; rewrite mean_sub /mean -mulr_suml law1 mul1r. Qed.

(* S13 for every test G with values in [0,1]; an event is the test that is 1 on it *)
Theorem S13_tests (G : option X -> R) : in01 G ->
  let out := mean (smc_law m N) G in let pi := mean (target_out m) G in
  let Q := \prod_(0 <= t < T) (1 + (q t - 1) / N%:R) in
  (1 - pi) * out <= Q * pi * (1 - out) /\ (1 - out) * pi <= Q * out * (1 - pi).
Proof.
move=> G01 out pi Q; split; first exact: odds_above G01.
have H01 : in01 (fun o => 1 - G o).
  by move=> o; have /andP[g0 g1] := G01 o; rewrite subr_ge0 g1 ler_subl_addr ler_addl.
have := odds_above H01; rewrite /odds_le !complement ?smc_law_mass // ?target_out_mass //.
have twice (x : R) : 1 - (1 - x) = x by ring.
by rewrite !twice mulrC [X in _ <= X -> _]mulrAC.
Qed.
Theorem S13_odds (A : pred (option X)) :
  let out := prob (smc_law m N) A in let pi := prob (target_out m) A in
  let Q := \prod_(0 <= t < T) (1 + (q t - 1) / N%:R) in
  (1 - pi) * out <= Q * pi * (1 - out) /\ (1 - out) * pi <= Q * out * (1 - pi).
Proof. by rewrite !prob_mean; apply: S13_tests; exact: in01_event. Qed.

Theorem S13_tv s : 1 <= s -> \prod_(0 <= t < T) (1 + (q t - 1) / N%:R) <= s ^+ 2 ->
  tv (smc_law m N) (target_out m) <= (s - 1) / (s + 1).
Proof.
by move=> s1 Qs; apply: (odds_tv (smc_law_law wf N) (target_out_law wf Z0) s1 Qs) => A; case: (S13_odds A).
Qed.

(* the errors of the steps, (q_t - 1)/(4N) each, add up *)
Theorem S13_bias : tv (smc_law m N) (target_out m) <= (4%:R * N%:R)^-1 * \sum_(0 <= t < T) (q t - 1).
Proof.
rewrite mulr_sumr; apply: (tv_of_steps wf keeps hopeful) => G G01 t nu tT nu_live.
have edge e : mutate m t nu e != 0 -> live_edge m t e by exact: mutate_support nu_live.
rewrite (two_sided_next wf keeps N_gt0 Qbar_gt0) // (answer_ratio wf) // [X in _ <= X]mulrC.
apply: (S13_one_step N_gt0 (mutate_law wf tT nu_live)) => [e /edge|e _|e e' /edge le /edge]; first exact: Qbar_gt0.
  exact: tilted01.
exact: Qbar_ratio.
Qed.

Theorem S13_joint (b : nat -> R) : (forall t, (t < T)%N -> 1 <= b t) ->
  (forall t e x, (t < T)%N -> live_edge m t e -> live m t x -> Qbar t e <= b t * value_ratio m t x) ->
  let beta := \prod_(0 <= t < T) (1 + (b t - 1) / N%:R) in let Q := \prod_(0 <= t < T) (1 + (q t - 1) / N%:R) in
  1 < Q -> beta ^+ 2 <= Q -> tv (smc_law m N) (target_out m) <= (beta - 1) * (Q - beta) / (beta * (Q - 1)).
Proof.
move=> b1 bb beta Q Q1 small; have mass : \sum_o target_out m o = \sum_o smc_law m N o.
  by rewrite smc_law_mass // target_out_mass.
rewrite tv_sym -(tv_attained mass); set A := best_event _ _.
apply: joint_gap (S12_density wf keeps N_gt0 Z0 b1 bb A) _ => //; last by case: (S13_odds A).
- exact: (beta_ge1 N b1).
- by rewrite prob_mean; case/andP: (out01 (@in01_event R _ A) (add0n T) (point_live m)).
rewrite prob_mean (root_answer wf hopeful).
by case/andP: (answer01 wf hopeful (@in01_event R _ A) (leq0n T) (point_live m)).
Qed.
End Odds.

(* ---- Bellman error eps and weights in [1/L, L] ----------------------------------- *)
Section EndToEnd.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (eps L : R).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis L_gt0 : 0 < L.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis ratio : ratio_bound_le m L.
Let keeps := ratio_keeps L_gt0 ratio.

Theorem S13_uniform_bias : tv (smc_law m N) (target_out m)
  <= (4%:R * N%:R)^-1 * (L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1)).
Proof.
have Q0 := Qbar_gt0 wf eps_ge0 L_gt0 bellman ratio.
apply: le_trans (S13_bias wf keeps N_gt0 Q0 (q := fun t => L ^+ 2 * (1 + eps) ^+ (2 * (T - t.+1))) _) _.
  by move=> t e e' tT le le'; exact: (P1_range_ratio wf keeps eps_ge0 bellman L_gt0 ratio).
apply: ler_wpmul2l; first by rewrite invr_ge0 mulr_ge0 ?ler0n.
rewrite mulrAC mulr_natr -[X in _ *+ X]subn0 -sumr_const_nat !big_nat; apply: ler_sum => t /andP[_ tT].
rewrite ler_subl_addr; apply: (@le_trans _ _ (L ^+ 2 * (1 + eps) ^+ (2 * T.-1))); last by rewrite ler_addl ler01.
apply: ler_wpmul2l; first exact: sqr_ge0.
by apply: ler_weexpn2l; rewrite ?ler_addl // leq_mul2l /= -subn1 leq_sub2l.
Qed.

Theorem S13_particles_suffice (delta : R) : 0 < delta ->
  L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (4%:R * delta) <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof.
move=> d0; rewrite ler_pdivr_mulr ?mulr_gt0 ?ltr0n // => enough.
apply: le_trans S13_uniform_bias _; rewrite mulrC ler_pdivr_mulr ?mulr_gt0 ?ltr0n //.
by apply: le_trans enough _; rewrite mulrCA mulrA mulrC lexx.
Qed.
End EndToEnd.

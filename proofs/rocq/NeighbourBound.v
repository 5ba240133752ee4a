(* G1 -- bias of SMC from the increments of the normaliser's martingale.

   With arrival_t(x) the reference mass, potentials included, that reaches x at layer t,
     a_t = sum_x arrival_t V_t,     v_t = sum_x arrival_t V_t sum_y M_t Qbar^2     (E_ref[V_t] and E_ref[V*_(t+1)^2/V_t]),
   and with numbers n, s_t that play the roots of N and of a_t v_t (0 < n, n^2 <= N, a_t v_t <= s_t^2, s_t > 0):
     TV(output law, pi) <= 1/(2 n Z) sum_(t<T) s_t.
   Proof.  Zhat_t nu_t(V*/V) is a martingale from Z to Zhat.  Given the past its increment is Zhat_t times the deviation
   of an average of N iid terms, |x| <= lam/2 + x^2/(2 lam), and E[Zhat_t nu_t(f)] <= sum_x arrival_t V_t f. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Bellman Telescope Normaliser NormaliserBound Neighbours.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Increments.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation V := (twist m).
Local Notation G := (weight m).
Local Notation u := (value_ratio m).
Local Notation Z := (normaliser m).
Local Notation Qbar := (potential_value m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Implicit Types (t k : nat) (x y : X) (e : X * X) (nu : X -> R) (z : R).
Let nR : N%:R != 0 :> R. Proof. by rewrite pnatr_eq0 -lt0n. Qed.
Let n0 : 0 < N%:R :> R. Proof. by rewrite ltr0n. Qed.

Variable lam : nat -> R.
Hypothesis lam_gt0 : forall t, 0 < lam t.

(* second moment of Qbar over the children of x *)
Definition spread_of t x : R := \sum_y M t x y * Qbar t (x, y) ^+ 2.
Definition step_cost t x : R := lam t / 2%:R + spread_of t x / (2%:R * lam t * N%:R).
Fixpoint cost k t x : R :=
  if k is k'.+1 then step_cost t x + \sum_y M t x y * G t (x, y) * cost k' t.+1 y else 0.

Lemma spread_ge0 t x : 0 <= spread_of t x.
Proof. by apply: sumr_ge0 => y _; rewrite mulr_ge0 ?(kernel_ge0 wf) ?sqr_ge0. Qed.
Lemma step_cost_ge0 t x : 0 <= step_cost t x.
Proof.
have l0 := ltW (lam_gt0 t).
apply: addr_ge0; first exact: divr_ge0 l0 (ler0n _ _).
exact: divr_ge0 (spread_ge0 t x) (mulr_ge0 (mulr_ge0 (ler0n _ _) l0) (ler0n _ _)).
Qed.
Lemma cost_ge0 k t x : 0 <= cost k t x.
Proof.
elim: k t x => [|k IH] t x //=; apply: addr_ge0; first exact: step_cost_ge0.
by apply: sumr_ge0 => y _; rewrite mulr_ge0 ?IH // mulr_ge0 ?(kernel_ge0 wf) ?(weight_ge0 wf).
Qed.

Lemma young (l x : R) : 0 < l -> `|x| <= l / 2%:R + x ^+ 2 / (2%:R * l).
Proof.
move=> l0; have nK : `|x| ^+ 2 = x ^+ 2 by rewrite real_normK ?num_real.
rewrite -nK -subr_ge0; move: `|x| => y; have l_neq0 := lt0r_neq0 l0.
have -> : l / 2%:R + y ^+ 2 / (2%:R * l) - y = (l - y) ^+ 2 / (2%:R * l) by field.
by rewrite divr_ge0 ?sqr_ge0 // mulr_ge0 ?ler0n ?ltW.
Qed.

Section Step.
Variables (t : nat) (nu : X -> R).
Hypothesis tT : (t < T)%N.
Hypothesis nu_live : live_law m t nu.
Let mu := mutate m t nu.
Let mu_law : is_law mu. Proof. exact: (mutate_law wf tT nu_live). Qed.

Lemma mean_Qbar : mean mu (Qbar t) = mean nu (u t).
Proof. by rewrite mean_mutate; apply: mean_ext => x _; rewrite potential_value_mean. Qed.

Lemma mean_Qbar_sq : mean mu (fun e => Qbar t e ^+ 2) = mean nu (spread_of t).
Proof. exact: mean_mutate. Qed.

(* E|average of Qbar - its mean| *)
Lemma deviation_step :
  cmean mu (fun y : cloud N (X * X) => `|(\sum_i Qbar t (y i)) / N%:R - mean nu (u t)|) <= mean nu (step_cost t).
Proof.
set c := mean nu (u t); have l0 := lam_gt0 t; have l_neq0 := lt0r_neq0 l0.
apply: (@le_trans _ _ (cmean mu (fun y : cloud N (X * X) =>
    lam t / 2%:R + (2%:R * lam t)^-1 * ((\sum_i Qbar t (y i)) / N%:R - c) ^+ 2))).
  apply: mean_le => [|y _]; first exact: iid_law.
  by apply: le_trans (young _ l0) _; rewrite [X in _ + X]mulrC.
have sq : cmean mu (fun y : cloud N (X * X) => ((\sum_i Qbar t (y i)) / N%:R - c) ^+ 2)
    = (mean nu (spread_of t) - c ^+ 2) / N%:R.
  transitivity (cmean mu (fun y : cloud N (X * X) =>
      N%:R ^- 2 * (\sum_i Qbar t (y i)) ^+ 2 + (- (2%:R * c / N%:R)) * (\sum_i Qbar t (y i)) + c ^+ 2)).
    by apply: mean_ext => y _; move: (\sum_i _) => S; field.
  rewrite /cmean !mean_add !mean_scale (mean_const (iid_law N mu_law)) -!/(cmean mu _).
  by rewrite (particle_second_moment N mu_law) (particle_mean N mu_law) mean_Qbar_sq mean_Qbar -/c; field.
rewrite /cmean in sq *; rewrite mean_add (mean_const (iid_law N mu_law)) mean_scale sq.
have -> : mean nu (step_cost t) = lam t / 2%:R + mean nu (spread_of t) / (2%:R * lam t * N%:R).
  rewrite /step_cost mean_add (mean_const (proj1 nu_live)); congr (_ + _).
  by rewrite [RHS]mulrC -mean_scale; apply: mean_ext => x _; rewrite mulrC.
rewrite ler_add2l; move: (mean nu (spread_of t)) => S.
have -> : S / (2%:R * lam t * N%:R) = (2%:R * lam t)^-1 * (S / N%:R) by field; rewrite ?nR ?l_neq0.
rewrite ler_wpmul2l ?invr_ge0 ?mulr_ge0 ?ler0n ?(ltW l0) //.
by rewrite ler_wpmul2r ?invr_ge0 ?ler0n // ler_subl_addr ler_addl sqr_ge0.
Qed.
End Step.

Lemma deviation k : forall t nu z c, (t + k = T)%N -> live_law m t nu -> 0 <= z ->
  estimate_from m N (fun z' => `|z' - c|) k t nu z <= `|z * mean nu (u t) - c| + z * mean nu (cost k t).
Proof.
elim: k => [|k IH] t nu z c tkT nu_live z0.
  have -> : mean nu (u t) = 1.
    have := @first_moment_from _ _ _ N wf N_gt0 keeps 0 t nu 1 tkT nu_live.
    by rewrite /= mul1r => <-.
  by rewrite mulr1 (_ : mean nu _ = 0) ?mulr0 ?addr0 // /mean big1 // => x _; rewrite mulr0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have mu_law := mutate_law wf tT nu_live; have cl := iid_law N mu_law; set mu := mutate m t nu in mu_law cl *.
pose dev (y : cloud N (X * X)) := `|(\sum_i Qbar t (y i)) / N%:R - mean nu (u t)|.
pose rest (y : cloud N (X * X)) := \sum_i G t (y i) * cost k t.+1 (y i).2.
apply: (@le_trans _ _ (cmean mu (fun y : cloud N (X * X) =>
    `|z * mean nu (u t) - c| + (z * dev y + z / N%:R * rest y)))).
  apply: mean_le => // y ys.
  have sumQ : \sum_i Qbar t (y i) = total m t y * mean (resample m t y) (u t.+1).
    rewrite (total_resample wf); apply: eq_bigr => i _.
    by rewrite (weight_ratio wf keeps) //; exact: (mutate_support wf nu_live (iid_support i ys)).
  have restE : rest y = total m t y * mean (resample m t y) (cost k t.+1) by rewrite (total_resample wf).
  apply: (@le_trans _ _ (`|z * ((\sum_i Qbar t (y i)) / N%:R) - c| + z / N%:R * rest y)).
    have [tot0|tot0] := eqVneq (total m t y) 0.
      by rewrite sumQ restE tot0 !mul0r !mulr0 addr0.
    have zt : 0 <= z * (total m t y / N%:R) by rewrite mulr_ge0 // divr_ge0 ?ler0n ?(total_ge0 wf).
    apply: le_trans (IH _ _ _ c tkT' (resample_live wf nu_live ys tot0) zt) _.
    by rewrite sumQ restE le_eqVlt; apply/orP; left; apply/eqP; congr (`|_| + _); field.
  rewrite addrA ler_add2r.
  have -> : z * ((\sum_i Qbar t (y i)) / N%:R) - c
    = (z * mean nu (u t) - c) + z * ((\sum_i Qbar t (y i)) / N%:R - mean nu (u t)) by ring.
  by apply: le_trans (ler_norm_add _ _) _; rewrite normrM (ger0_norm z0).
rewrite /cmean mean_add (mean_const cl) ler_add2l mean_add !mean_scale -!/(cmean mu _).
rewrite (particle_mean N mu_law (fun e => G t e * cost k t.+1 e.2)) mulrA divfK // -mulrDr ler_wpmul2l //.
rewrite mean_add ler_add // ?deviation_step //.
rewrite mean_mutate le_eqVlt; apply/orP; left; apply/eqP.
by apply: mean_ext => x _; apply: eq_bigr => y _; rewrite mulrA.
Qed.

(* ---- In terms of the reference process ---------------------------------------------- *)
Definition reference_twist t : R := \sum_x arrival m t x * V t x.
Definition reference_spread t : R := \sum_x arrival m t x * V t x * spread_of t x.

Lemma cost_reference k : forall t, (t + k = T)%N ->
  \sum_x arrival m t x * V t x * cost k t x
  <= \sum_(t <= s < T) (lam s / 2%:R * reference_twist s + reference_spread s / (2%:R * lam s * N%:R)).
Proof.
elim: k => [|k IH] t tkT /=; first by rewrite addn0 in tkT; rewrite tkT big_geq // big1 // => x _; rewrite mulr0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite big_ltn //.
rewrite (eq_bigr (fun x => arrival m t x * V t x * step_cost t x
  + arrival m t x * V t x * (\sum_y M t x y * G t (x, y) * cost k t.+1 y))) => [|x _]; last by rewrite mulrDr.
rewrite big_split /=; apply: ler_add.
  rewrite le_eqVlt; apply/orP; left; apply/eqP.
  rewrite /reference_twist /reference_spread mulr_sumr mulr_suml -big_split /=; apply: eq_bigr => x _.
  by rewrite /step_cost; ring.
apply: le_trans (IH t.+1 _); last by rewrite addSnnS.
have -> : \sum_x arrival m t x * V t x * (\sum_y M t x y * G t (x, y) * cost k t.+1 y)
  = \sum_x \sum_y arrival m t x * V t x * (M t x y * G t (x, y) * cost k t.+1 y).
  by apply: eq_bigr => x _; rewrite mulr_sumr.
rewrite exchange_big /=; apply: ler_sum => y _; rewrite !mulr_suml; apply: ler_sum => x _.
rewrite [X in _ <= X](_ : _ = arrival m t x * (M t x y * potential m t x y * V t.+1 y * cost k t.+1 y)); last by ring.
rewrite -mulrA ler_wpmul2l ?(arrival_ge0 _ _ wf) //; have [->|V0] := eqVneq (V t x) 0.
  by rewrite mul0r mulr_ge0 ?cost_ge0 // !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?(twist_ge0 wf).
by rewrite le_eqVlt /weight /=; apply/orP; left; apply/eqP; field.
Qed.

Theorem G1_young : 0 < Z -> tv (smc_law m N) (target_out m)
  <= (2%:R * Z)^-1
     * \sum_(0 <= t < T) (lam t / 2%:R * reference_twist t + reference_spread t / (2%:R * lam t * N%:R)).
Proof.
move=> Z_gt0; have Z0 := lt0r_neq0 Z_gt0; have V0 := twist_root_gt0 wf.
apply: le_trans (G1_first_step wf keeps N_gt0 Z_gt0) _.
rewrite (@mean_lin2 R X m N Z^-1 0 (fun z => `|z - Z|) (fun=> 0) (fun z => `|z / Z - 1|)) => [|z]; last first.
  have -> : z / Z - 1 = Z^-1 * (z - Z) by field.
  by rewrite normrM gtr0_norm ?invr_gt0 // mulr0 addr0.
rewrite mul0r addr0 mulrA invfM ler_wpmul2l ?mulr_ge0 ?invr_ge0 ?ler0n ?(ltW Z_gt0) //.
apply: le_trans (deviation Z (add0n T) (point_live m) (ltW V0)) _.
rewrite !mean_point [X in `|X|](_ : _ = 0) ?normr0 ?add0r.
  apply: le_trans _ (cost_reference (add0n T)).
  rewrite (bigD1 (root m)) //= eqxx mul1r ler_addl; apply: sumr_ge0 => x /negbTE ->.
  by rewrite !mul0r.
by rewrite /value_ratio mulrC divfK ?subrr // gt_eqF.
Qed.
End Increments.

Section Bound.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (s : nat -> R) (n : R).
Local Notation T := (horizon m).
Local Notation Z := (normaliser m).
Local Notation a := (reference_twist m).
Local Notation v := (reference_spread m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis n_gt0 : 0 < n.
Hypothesis n_root : n ^+ 2 <= N%:R.
Hypothesis s_gt0 : forall t, 0 < s t.
Hypothesis s_root : forall t, (t < T)%N -> a t * v t <= s t ^+ 2.
Let n0 : 0 < N%:R :> R. Proof. by rewrite ltr0n. Qed.

Lemma reference_term_ge0 t x : 0 <= arrival m t x * twist m t x.
Proof. by rewrite mulr_ge0 ?(arrival_ge0 _ _ wf) ?(twist_ge0 wf). Qed.
Lemma reference_twist_ge0 t : 0 <= a t.
Proof. by apply: sumr_ge0 => x _; exact: reference_term_ge0. Qed.
Lemma reference_spread0 t : a t = 0 -> v t = 0.
Proof.
move=> /eqP; rewrite psumr_eq0 => [/allP a0|x _]; last exact: reference_term_ge0.
by apply: big1 => x _; rewrite (eqP (a0 x (mem_index_enum x))) mul0r.
Qed.

(* the best lam for level t *)
Let lam t : R := if 0 < a t then s t / (n * a t) else 1.
Let lam_gt0 t : 0 < lam t.
Proof. by rewrite /lam; case: ifP => [a0|_]; rewrite ?ltr01 // divr_gt0 ?mulr_gt0. Qed.

Lemma level_term t : (t < T)%N -> lam t / 2%:R * a t + v t / (2%:R * lam t * N%:R) <= s t / n.
Proof.
move=> tT; have s0 := s_gt0 t; have [a0|] := boolP (0 < a t); last first.
  rewrite -leNgt => a_le0; have a_eq0 : a t = 0 by apply/eqP; rewrite eq_le a_le0 reference_twist_ge0.
  by rewrite a_eq0 (reference_spread0 a_eq0) mulr0 mul0r addr0 divr_ge0 // ltW.
rewrite /lam a0; have sn : s t / n = s t / (2%:R * n) + s t / (2%:R * n) by field; rewrite gt_eqF.
rewrite sn; apply: ler_add; first by rewrite le_eqVlt; apply/orP; left; apply/eqP; field; rewrite !gt_eqF.
have -> : v t / (2%:R * (s t / (n * a t)) * N%:R) = a t * v t * (n / (2%:R * s t * N%:R)).
  by field; rewrite !gt_eqF.
apply: (@le_trans _ _ (s t ^+ 2 * (n / (2%:R * s t * N%:R)))).
  by rewrite ler_wpmul2r ?s_root // divr_ge0 ?mulr_ge0 ?ler0n ?ltW.
have -> : s t ^+ 2 * (n / (2%:R * s t * N%:R)) = s t / (2%:R * n) * (n ^+ 2 / N%:R) by field; rewrite !gt_eqF.
have root1 : n ^+ 2 / N%:R <= 1 by rewrite ler_pdivr_mulr // mul1r.
have c0 : 0 <= s t / (2%:R * n) by rewrite divr_ge0 ?mulr_ge0 ?ler0n ?ltW.
by rewrite ler_pimulr.
Qed.

Theorem G1_bound : 0 < Z ->
  tv (smc_law m N) (target_out m) <= (2%:R * n * Z)^-1 * \sum_(0 <= t < T) s t.
Proof.
move=> Z0; apply: le_trans (G1_young wf keeps N_gt0 lam_gt0 Z0) _.
have -> : (2%:R * n * Z)^-1 * (\sum_(0 <= t < T) s t) = (2%:R * Z)^-1 * (\sum_(0 <= t < T) s t / n).
  rewrite -mulr_suml; move: (\sum_(0 <= t < T) s t) => S; field.
  by rewrite !gt_eqF.
rewrite ler_wpmul2l ?invr_ge0 ?mulr_ge0 ?ler0n ?(ltW Z0) // big_nat [X in _ <= X]big_nat.
by apply: ler_sum => t /andP[_ tT]; exact: level_term.
Qed.
End Bound.

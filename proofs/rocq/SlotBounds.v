(* S16 -- what holds of naive SMC whose clouds are drawn into slots by plans that meet (L) with omega (SlotRun.v).

   With Qbar_p(e) <= b_p u_(p-1)(x) on live edges and states, b_p >= 1, beta = prod_p (1 + omega (b_p - 1)):
     E[(Zhat/Z)^2 test(output)] <= beta pi(test),   pi(test) <= beta out(test),   TV <= 1 - 1/beta     (S5, S12);
   with 0 < Qbar_p(e) <= q_p Qbar_p(e') on live edges, Q = prod_p (1 + 2 omega (q_p - 1)):
     the odds of every event under out and under pi are within a factor Q                              (S13).
   Zero rewards are allowed in the first.  The density and the odds are one induction: the answer that a cloud promises,
   and the one that it gives, are related step by step by a relation that chains and passes to means. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope Bias Certificate Odds Slots Schemes SlotRun.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section SlotBounds.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation V := (twist m).
Local Notation Z := (normaliser m).
Local Notation G := (weight m).
Local Notation Qbar := (potential_value m).
Implicit Types (t k : nat) (x : cloud N X) (W : 'I_N -> R) (e : X * X) (y : cloud N (X * X)) (z : R).
Variable scheme : nat -> cloud N X -> ('I_N -> R) -> plan R N.
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Variable omega : R.
Hypothesis scheme_meets : forall t x W, is_law W -> meets omega W (scheme t x W).
Hypothesis Z_neq0 : Z != 0.
Local Notation moves t x W := (slot_edge m t x (scheme t x W)).
Local Notation share t x W := (scheme t x W).1.
Local Notation slots_from := (slots_from m scheme).
Local Notation slots_mean := (slots_mean m scheme).
Local Notation slots_law := (slots_law m scheme).
Local Notation live_state := (live_state m).
Local Notation carried := (carried m).
Local Notation edge_value := (edge_value m).
Local Notation reweighted := (reweighted m).
Local Notation edge_law := (edge_law wf scheme_meets).
Local Notation edge_live := (edge_live wf scheme_meets).
Local Notation next_live := (next_live wf scheme_meets).
Local Notation slots_ge0 := (slots_ge0 wf scheme_meets).
Local Notation carried_step := (carried_step wf scheme_meets).
Local Notation next_carried := (next_carried wf keeps scheme_meets).
Local Notation carried_Qbar := (carried_Qbar wf scheme_meets).
Local Notation next_Qbar := (next_Qbar wf keeps scheme_meets).
Local Notation root_state := (root_state m N_gt0).
Local Notation root_carried := (root_carried m N_gt0).
Local Notation one := (fun _ : X => 1 : R).
Let one01 : in01 (fun _ : option X => 1 : R). Proof. by move=> o; rewrite ler01 lexx. Qed.
Let next_time t k : (t + k.+1 = T)%N -> (t < T)%N. Proof. by move=> <-; rewrite addnS ltnS leq_addr. Qed.
Let plan_meets t x W : live_state t x W -> meets omega W (scheme t x W).
Proof. by move=> state; exact: scheme_meets (proj1 state). Qed.

Lemma products_ge1 (factor : nat -> R) : (forall t, (t < T)%N -> 1 <= factor t) ->
  forall t, 1 <= \prod_(t <= i < T) factor i.
Proof.
move=> factor_ge1 t; rewrite big_nat; elim/big_ind: _ => // [u v|i /andP[_ iT]]; first exact: mulr_ege1.
exact: factor_ge1.
Qed.

(* ---- The answer that a cloud promises ---------------------------------------------- *)
Section Test.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g : X -> R := fun v => test (Some v).
Definition carried_answer t x W : R := carried g t x W / carried one t x W.
Definition next_slots t x W y : R := if shared (share t x W) (G t) y == 0 then test None
  else carried_answer t.+1 (children y) (reweighted t (scheme t x W) y).

Lemma carried_bounds t x W : live_state t x W -> 0 <= carried g t x W <= carried one t x W.
Proof.
move=> state; have W0 i : 0 <= W i by case: state => -[].
apply/andP; split; [apply: sumr_ge0 => i _; rewrite mulr_ge0 // | apply: ler_sum => i _; rewrite ler_wpmul2l // value_of1].
  by rewrite divr_ge0 ?(twist_ge0 wf) //; case/andP: (value_of_bounds wf test01 t (x i)).
by rewrite ler_wpmul2r ?invr_ge0 ?(twist_ge0 wf) //; case/andP: (value_of_bounds wf test01 t (x i)).
Qed.
Lemma carried_answer01 t x W : live_state t x W -> 0 <= carried_answer t x W <= 1.
Proof.
move=> /carried_bounds/andP[g0 g1]; have c0 := le_trans g0 g1; rewrite /carried_answer divr_ge0 //=.
have [->|c_neq0] := eqVneq (carried one t x W) 0; first by rewrite invr0 mulr0 ler01.
by rewrite ler_pdivr_mulr ?mul1r // lt_neqAle eq_sym c_neq0.
Qed.
Lemma next_slots01 t x W y : (t < T)%N -> live_state t x W -> slot_law (moves t x W) y != 0 -> 0 <= next_slots t x W y <= 1.
Proof.
move=> tT state ys; rewrite /next_slots; case: ifP => [_|/negbT tot0]; first exact: test01.
by apply: carried_answer01; exact: next_live.
Qed.
Lemma promised_root : carried_answer 0 [ffun=> root m] (@even R N) = mean (target_out m) test.
Proof.
rewrite mean_out /= mul0r add0r (target_mean m) /carried_answer !root_carried value_of1 -/Z -/g; field.
by rewrite Z_neq0 gt_eqF // (twist_root_gt0 wf).
Qed.
Lemma slots_le1 k t x W z : (t + k = T)%N -> live_state t x W -> slots_from (fun=> test) k t x W z <= 1.
Proof.
move=> tkT state; rewrite -(slots_const wf scheme_meets 1 z tkT state) -subr_ge0 -[X in 0 <= X](slots_sub _ _ _ _).
by apply: slots_ge0 tkT state => _ o; rewrite subr_ge0; case/andP: (test01 o).
Qed.

(* rel v w Q: w is within Q of v *)
Section Related.
Variables (rel : R -> R -> R -> Prop) (factor : nat -> R).
Hypothesis factor_ge1 : forall t, (t < T)%N -> 1 <= factor t.
Hypothesis rel_refl : forall v Q, 1 <= Q -> 0 <= v <= 1 -> rel v v Q.
Hypothesis rel_chain : forall v a w f Q, 0 <= f -> 0 <= Q -> v <= 1 -> a <= 1 -> w <= 1 -> 0 <= v ->
  rel v a f -> rel a w Q -> rel v w (f * Q).
Hypothesis rel_mean : forall (A : finType) (k n v : A -> R) Q, is_law k -> 1 <= Q -> (forall i, k i != 0 -> 0 <= n i) ->
  (forall i, k i != 0 -> rel (n i) (v i) Q) -> rel (mean k n) (mean k v) Q.
Hypothesis rel_step : forall t x W, (t < T)%N -> live_state t x W ->
  rel (carried_answer t x W) (smean (moves t x W) (next_slots t x W)) (factor t).

Lemma answers_from k : forall t x W z, (t + k = T)%N -> live_state t x W ->
  rel (carried_answer t x W) (slots_from (fun _ => test) k t x W z) (\prod_(t <= i < T) factor i).
Proof.
elim: k => [|k IH] t x W z tkT state.
  rewrite addn0 in tkT; rewrite tkT in state *; rewrite big_geq //= -(last_carried wf g state).
  have /andP[] := carried_bounds state; have := carried_answer01 state.
  by rewrite /carried_answer (last_one wf state) divr1 => c01 _ _; exact: rel_refl.
have tT := next_time tkT; have draws := slot_law_law (edge_law tT state).
have Q1 := products_ge1 factor_ge1 t.+1; have Q0 := le_trans ler01 Q1; have f0 := le_trans ler01 (factor_ge1 tT).
have /andP[x0 x1] := carried_answer01 state; have next01 y := next_slots01 (y := y) tT state.
have n1 : smean (moves t x W) (next_slots t x W) <= 1.
  by rewrite -(mean_const draws 1); apply: (mean_le draws) => y /next01/andP[].
rewrite big_ltn //; apply: (rel_chain f0 Q0 x1 n1 (slots_le1 z tkT state) x0 (rel_step tT state)).
apply: (rel_mean draws Q1) => y ys; first by case/andP: (next01 y ys).
rewrite /next_slots; case: ifP => [_|/negbT tot0]; first exact: rel_refl.
by apply: IH (next_live state ys tot0); rewrite addSnnS.
Qed.
Lemma answers_related : rel (mean (target_out m) test) (mean slots_law test) (\prod_(0 <= t < T) factor t).
Proof. by rewrite -promised_root slots_law_mean; exact: answers_from (add0n T) root_state. Qed.
End Related.
End Test.

(* ---- S5 and S12 -------------------------------------------------------------------- *)
Section Bounded.
Variable b : nat -> R.
Hypothesis b_ge1 : forall t, (t < T)%N -> 1 <= b t.
Hypothesis b_bound : forall t e v, (t < T)%N -> live_edge m t e -> live m t v -> Qbar t e <= b t * value_ratio m t v.
Let factor t := 1 + omega * (b t - 1).

Section Step.
Variables (t : nat) (x : cloud N X) (W : 'I_N -> R).
Hypothesis tT : (t < T)%N.
Hypothesis state : live_state t x W.
Let p := scheme t x W.
Let pm : meets omega W p := plan_meets state.
Let K := slot_edge m t x p.
Let laws := edge_law tT state.

(* the least V*/V of a particle that has weight *)
Lemma least_value : exists a, [/\ 0 <= a, forall e, seen K p.1 e -> Qbar t e <= b t * a
  & forall i, p.1 i != 0 -> a <= mean (K i) (Qbar t)].
Proof.
have [j0 W0] := law_support (proj1 state).
have [j Wj least] := Order.TotalTheory.arg_minP (P := fun j => W j != 0) (fun j => value_ratio m t (x j)) W0.
exists (value_ratio m t (x j)); split=> [|e es|i wi].
- by rewrite divr_ge0 ?(twist_ge0 wf) ?(value_ge0 wf one01).
- by apply: b_bound => //; [exact: (edge_live state) | exact: (proj2 state)].
rewrite (edge_mean m _ wi) -[value_ratio m t (x j)]mul1r -(proj2 (ancestor_law pm i)) mulr_suml; apply: ler_sum => l _.
have [->|al] := eqVneq (p.2 i l) 0; first by rewrite !mul0r.
rewrite (_ : \sum_v _ = value_ratio m t (x l)); last first.
  by rewrite /value_ratio value_step // mulr_suml; apply: eq_bigr => v _; rewrite /potential_value /= !mulrA.
apply: ler_wpmul2l; first by case: (ancestor_law pm i).
by apply: least; exact: ancestor_weight pm wi al.
Qed.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g : X -> R := fun v => test (Some v).
Lemma spread : smean K (fun y => shared p.1 (edge_value g t) y * shared p.1 (Qbar t) y)
  <= factor t * (carried g t x W * carried one t x W).
Proof.
have [a [a0 high low]] := least_value; rewrite -(carried_Qbar tT state) -(carried_step tT state).
apply: (slot_spread laws (share_ge0 pm) (share_le pm) (share_sum1 pm)) high a0 low (b_ge1 tT) => e _.
exact: (edge_value_ge0 wf test01).
Qed.
Lemma density_step : carried_answer test t x W <= factor t * smean K (next_slots test t x W).
Proof.
have [a [a0 high low]] := least_value; have draws := slot_law_law laws.
have next0 y : slot_law K y != 0 -> 0 <= next_slots test t x W y.
  by move=> ys; case/andP: (next_slots01 test01 tT state ys).
have f1 : 0 <= factor t.
  by rewrite addr_ge0 ?ler01 ?mulr_ge0 ?subr_ge0 ?b_ge1 ?(omega_ge0 (share_ge0 pm) (share_le pm) (share_sum1 pm)).
have main : carried g t x W <= factor t * carried one t x W * smean K (next_slots test t x W).
  rewrite -(carried_Qbar tT state) -(carried_step tT state).
  apply: (slot_answer laws (share_ge0 pm) (share_le pm) (share_sum1 pm) _ _ high a0 low (b_ge1 tT) next0) => [e _|e _|y ys].
  - exact: (edge_value_ge0 wf test01).
  - exact: (Qbar_ge0 wf).
  rewrite -(next_Qbar tT state ys) -(next_carried test01 tT state ys) -/g /next_slots.
  have [->|tot0] := eqVneq (shared _ (G t) y) 0; first by rewrite !mul0r mulr0.
  have /andP[lo hi] := carried_bounds test01 (next_live state ys tot0); move: lo hi; rewrite -/g /carried_answer -/p.
  move: (carried g _ _ _) (carried one _ _ _) (shared _ _ _) => c c1 s c0 cc.
  have [c1_0|c1_neq0] := eqVneq c1 0; last by rewrite mulrCA divfK // lexx.
  by move: cc; rewrite c1_0 => cc; rewrite (_ : c = 0) ?mulr0 ?mul0r //; apply/eqP; rewrite eq_le cc.
have /andP[lo hi] := carried_bounds test01 state; rewrite /carried_answer -/g; have c0 := le_trans lo hi.
have [->|c_neq0] := eqVneq (carried one t x W) 0; first by rewrite invr0 mulr0 mulr_ge0 //; apply: (mean_ge0 draws).
by rewrite ler_pdivr_mulr ?lt_neqAle ?(eq_sym 0) ?c_neq0 // mulrAC.
Qed.
End Step.

Lemma factor_ge1 t : (t < T)%N -> 1 <= factor t.
Proof.
move=> tT; rewrite ler_addl mulr_ge0 ?subr_ge0 ?b_ge1 //.
have pm := scheme_meets 0 [ffun=> root m] (even_law R N_gt0).
exact: omega_ge0 (share_ge0 pm) (share_le pm) (share_sum1 pm).
Qed.
Local Notation beta := (\prod_(0 <= t < T) factor t).

Section Moment.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g : X -> R := fun v => test (Some v).
Lemma moment_from k : forall t x W z, (t + k = T)%N -> live_state t x W ->
  slots_from (fun z o => z ^+ 2 * test o) k t x W z
  <= z ^+ 2 * (carried g t x W * carried one t x W) * \prod_(t <= i < T) factor i.
Proof.
elim: k => [|k IH] t x W z tkT state.
  rewrite addn0 in tkT; rewrite /= tkT in state *; rewrite (last_one wf state) last_carried // big_geq // !mulr1 mulr_sumr.
  by apply: ler_sum => i _; rewrite mulrCA.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have draws := slot_law_law (edge_law tT state); have P0 := le_trans ler01 (products_ge1 factor_ge1 t.+1).
rewrite /= big_ltn //; set P := \prod_(_ <= _ < _) _ in P0 *; set p := scheme t x W; set K := slot_edge m t x p.
apply: (@le_trans _ _ (smean K (fun y => z ^+ 2 * P * (shared p.1 (edge_value g t) y * shared p.1 (Qbar t) y)))).
  apply: (mean_le draws) => y ys; rewrite -(next_Qbar tT state ys) -(next_carried test01 tT state ys) -/p -/g.
  have [->|tot0] := eqVneq (shared p.1 (G t) y) 0; first by rewrite expr0n !mul0r mulr0.
  apply: le_trans (IH _ _ _ _ _ (next_live state ys tot0)) _; first by rewrite addSnnS.
  by rewrite -/P -/p le_eqVlt; apply/orP; left; apply/eqP; ring.
rewrite /smean mean_scale [X in _ <= X](_ : _ = z ^+ 2 * P * (factor t * (carried g t x W * carried one t x W))); last by ring.
by apply: ler_wpmul2l; [rewrite mulr_ge0 ?sqr_ge0 | exact: (spread tT state test01)].
Qed.

End Moment.

Theorem S16_moment (test : option X -> R) : in01 test ->
  slots_mean (fun z o => z ^+ 2 * test o) / Z ^+ 2 <= beta * mean (target_out m) test.
Proof.
move=> test01; have Z2 : 0 < Z ^+ 2 by rewrite lt_neqAle sqr_ge0 eq_sym sqrf_eq0 Z_neq0.
rewrite ler_pdivr_mulr //; apply: le_trans (moment_from test01 _ (add0n T) root_state) _.
rewrite !root_carried mean_out /= mul0r add0r (target_mean m) value_of1 -/Z.
rewrite le_eqVlt; apply/orP; left; apply/eqP; move: (value_of m _ 0 _) (\prod_(_ <= _ < _) _) => v P.
by field; rewrite Z_neq0 gt_eqF // (twist_root_gt0 wf).
Qed.
Let density_le (v w c : R) : Prop := v <= c * w.
Theorem S16_density (A : pred (option X)) : prob (target_out m) A <= beta * prob slots_law A.
Proof.
rewrite !prob_mean; have test01 : in01 (fun o => (A o)%:R) := in01_event R A.
rewrite -/(density_le _ _ _); apply: (answers_related test01 factor_ge1) => [v Q Q1 /andP[v0 _]|||].
- by rewrite /density_le ler_pemull.
- by move=> v a w f Q f0 Q0 _ _ _ _ va aw; apply: le_trans va _; rewrite -mulrA ler_wpmul2l.
- by move=> B k n v Q law _ _ nv; rewrite /density_le -mean_scale; exact: (mean_le law).
by move=> t x W tT state; exact: density_step.
Qed.
Theorem S16_tv : tv slots_law (target_out m) <= 1 - beta^-1.
Proof.
exact: density_tv (slots_law_law wf N_gt0 scheme_meets) (target_out_law wf Z_neq0) (products_ge1 factor_ge1 0) S16_density.
Qed.
End Bounded.

(* ---- S13 ------------------------------------------------------------------------------ *)
Section Odds.
Hypothesis Qbar_gt0 : forall t e, (t < T)%N -> live_edge m t e -> 0 < Qbar t e.
Variable q : nat -> R.
Hypothesis Qbar_ratio : forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' -> Qbar t e <= q t * Qbar t e'.
Let factor t := 1 + 2%:R * omega * (q t - 1).
Let hopeful := positive_values wf Qbar_gt0.

Section Step.
Variables (t : nat) (x : cloud N X) (W : 'I_N -> R).
Hypothesis tT : (t < T)%N.
Hypothesis state : live_state t x W.
Let p := scheme t x W.
Let pm : meets omega W p := plan_meets state.
Let K := slot_edge m t x p.
Let laws := edge_law tT state.
Let on e : seen K p.1 e -> live_edge m t e := edge_live state (e := e).
Let Q0 e : seen K p.1 e -> 0 < Qbar t e. Proof. by move=> es; exact/Qbar_gt0/on. Qed.
Let Qr e e' : seen K p.1 e -> seen K p.1 e' -> Qbar t e <= q t * Qbar t e'.
Proof. by move=> es es'; apply: Qbar_ratio => //; exact: on. Qed.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g : X -> R := fun v => test (Some v).

Lemma live_total y : slot_law K y != 0 -> shared p.1 (G t) y != 0.
Proof.
move=> ys; have := shared_gt0 laws (share_ge0 pm) (share_sum1 pm) Q0 ys.
by rewrite -(next_Qbar tT state ys); apply: contraTneq => ->; rewrite mul0r ltxx.
Qed.
Lemma next_slots_mean : smean K (next_slots test t x W) = smean K (fun y => shared p.1 (edge_value g t) y / shared p.1 (Qbar t) y).
Proof.
apply: mean_ext => y ys; have tot0 := live_total ys; rewrite /next_slots (negbTE tot0).
rewrite -(next_Qbar tT state ys) -(next_carried test01 tT state ys) -/g -/p /carried_answer.
by rewrite invfM mulrACA divff // mul1r.
Qed.
Lemma slots_odds_step : odds_le (carried_answer test t x W) (smean K (next_slots test t x W)) (factor t).
Proof.
have F01 e : seen K p.1 e -> 0 <= tilted m test t.+1 e.2 <= 1 by move=> _; exact: tilted01.
have := slot_odds laws (share_ge0 pm) (share_le pm) (share_sum1 pm) Q0 Qr F01; rewrite /odds_le next_slots_mean.
have ext y : shared p.1 (fun e => Qbar t e * tilted m test t.+1 e.2) y = shared p.1 (edge_value g t) y.
  by apply: eq_bigr => i _; rewrite (edge_value_tilted wf test01).
rewrite /carried_answer -(carried_step tT state) -(carried_Qbar tT state) -/p -/K.
rewrite [smean K (shared p.1 (fun e => _ * _))](_ : _ = smean K (shared p.1 (edge_value g t))); last first.
  by apply: mean_ext => y _; exact: ext.
by rewrite [smean K (fun y => _ / _)](_ : _ = smean K (fun y => shared p.1 (edge_value g t) y / shared p.1 (Qbar t) y)) //;
  apply: mean_ext => y _; rewrite ext.
Qed.
End Step.

Lemma odds_factor_ge1 t : (t < T)%N -> 1 <= factor t.
Proof.
move=> tT; have [v lv] := live_exists wf keeps hopeful (ltnW tT).
have state : live_state t [ffun=> v] (@even R N) by split=> [|j _]; [exact: even_law | rewrite ffunE].
have pm := plan_meets state; have on e := edge_live state (e := e).
apply: (slot_factor_ge1 (edge_law tT state) (share_ge0 pm) (share_le pm) (share_sum1 pm)) => [e /on|e e' /on le /on].
  exact: Qbar_gt0.
exact: Qbar_ratio.
Qed.
Lemma slots_odds_above (test : option X -> R) : in01 test ->
  odds_le (mean (target_out m) test) (mean slots_law test) (\prod_(0 <= t < T) factor t).
Proof.
move=> test01; apply: (answers_related test01 odds_factor_ge1) => [v Q Q1 /andP[v0 v1]||A|].
- by rewrite /odds_le mulrC -[v * _]mul1r -mulrA ler_wpmul2r ?mulr_ge0 ?subr_ge0.
- exact: odds_chain.
- exact: odds_mean.
by move=> t x W tT state; exact: slots_odds_step.
Qed.

Local Notation Q := (\prod_(0 <= t < T) factor t).
Theorem S16_odds (A : pred (option X)) : let out := prob slots_law A in let pi := prob (target_out m) A in
  (1 - pi) * out <= Q * pi * (1 - out) /\ (1 - out) * pi <= Q * out * (1 - pi).
Proof.
move=> out pi; split; first by rewrite /out /pi !prob_mean; exact: slots_odds_above (in01_event R A).
have := slots_odds_above (in01_event R (predC A)); rewrite /odds_le -!prob_mean.
have other (law : option X -> R) : \sum_o law o = 1 -> prob law (predC A) = 1 - prob law A.
  by move=> law1; rewrite -law1 /prob [in RHS](bigID A) /= addrC addKr.
rewrite !other ?(proj2 (slots_law_law wf N_gt0 scheme_meets)) ?target_out_mass // -/out -/pi.
have twice (c : R) : 1 - (1 - c) = c by ring.
by rewrite !twice mulrC [X in _ <= X -> _]mulrAC.
Qed.
Theorem S16_odds_tv s : 1 <= s -> Q <= s ^+ 2 -> tv slots_law (target_out m) <= (s - 1) / (s + 1).
Proof.
by move=> s1 Qs; apply: (odds_tv (slots_law_law wf N_gt0 scheme_meets) (target_out_law wf Z_neq0) s1 Qs) => A; case: (S16_odds A).
Qed.
End Odds.
End SlotBounds.

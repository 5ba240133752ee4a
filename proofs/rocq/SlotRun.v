(* S16 -- naive SMC whose clouds are drawn into slots, by any plan that meets (L) (Schemes.v).

   A run carries N states x_i and weights W_i.  The plan of the time, states and weights is asked; slot i takes a
   particle j by anc_i and moves on from x_j by M, apart from the other slots; its weight is w_i G(edge), over the sum.
   A slot that has no share rests: where it goes does not matter.  All weights zero: the run is dead.  The output is one
   draw by the last weights; Zhat = V_0 times the product of the sums.
   slots_mean F = E F(Zhat, output) is the joint law of the two, F(0, None) for a dead run.
   carried g is sum_i W_i V*[g](x_i)/V(x_i): what a cloud of weights W promises of the reward phi g.  Every step keeps its
   mean, so that, where every plan meets (L),  E[Zhat test(output)] = Z pi(test).  Bounds: SlotBounds.v. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope Bias Certificate Odds Slots Schemes.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section SlotRun.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation Z := (normaliser m).
Local Notation G := (weight m).
Local Notation Qbar := (potential_value m).
Implicit Types (t k : nat) (x : cloud N X) (W : 'I_N -> R) (e : X * X) (y : cloud N (X * X)) (z : R) (g : X -> R).

(* ---- The run ------------------------------------------------------------------- *)
Definition slot_edge t x (p : plan R N) (i : 'I_N) e : R :=
  if p.1 i == 0 then (e == (x i, x i))%:R else \sum_j p.2 i j * ((e.1 == x j)%:R * M t (x j) e.2).
Definition children y : cloud N X := [ffun i => (y i).2].
Definition reweighted t (p : plan R N) y (i : 'I_N) : R := p.1 i * G t (y i) / shared p.1 (G t) y.

Variable scheme : nat -> cloud N X -> ('I_N -> R) -> plan R N.
Fixpoint slots_from (F : R -> option X -> R) k t x W z : R :=
  if k is k'.+1 then
    let p := scheme t x W in
    smean (slot_edge t x p) (fun y =>
      let total := shared p.1 (G t) y in
      if total == 0 then F 0 None else slots_from F k' t.+1 (children y) (reweighted t p y) (z * total))
  else \sum_i W i * F z (Some (x i)).
Definition slots_mean F : R := slots_from F T 0 [ffun=> root m] (@even R N) (V 0 (root m)).
(* the law of the output *)
Definition slots_law (o : option X) : R := slots_mean (fun _ o' => (o' == o)%:R).

Lemma slots_sum (I : finType) (c : I -> R) (F : I -> R -> option X -> R) k : forall t x W z,
  slots_from (fun z o => \sum_l c l * F l z o) k t x W z = \sum_l c l * slots_from (F l) k t x W z.
Proof.
elim: k => [|k IH] t x W z /=.
  under eq_bigr do rewrite mulr_sumr; rewrite exchange_big; apply: eq_bigr => l _.
  by rewrite mulr_sumr; apply: eq_bigr => i _; rewrite mulrCA.
set p := scheme t x W; transitivity (smean (slot_edge t x p) (fun y => \sum_l c l * (if shared p.1 (G t) y == 0
  then F l 0 None else slots_from (F l) k t.+1 (children y) (reweighted t p y) (z * shared p.1 (G t) y)))).
  by apply: eq_bigr => y _; congr (_ * _); case: ifP => // _; exact: IH.
by rewrite /smean mean_sum; apply: eq_bigr => l _; rewrite mean_scale.
Qed.
Lemma slots_ext (F F' : R -> option X -> R) k : (forall z o, F z o = F' z o) ->
  forall t x W z, slots_from F k t x W z = slots_from F' k t x W z.
Proof.
move=> FF; elim: k => [|k IH] t x W z /=; first by apply: eq_bigr => i _; rewrite FF.
by apply: eq_bigr => y _; congr (_ * _); case: ifP.
Qed.
Lemma slots_law_mean (test : option X -> R) : mean slots_law test = slots_mean (fun _ => test).
Proof.
rewrite /mean (eq_bigr (fun o => test o * slots_law o)) => [|o _]; last by rewrite mulrC.
rewrite /slots_law /slots_mean -slots_sum; apply: slots_ext => _ o.
by rewrite (bigD1 o) //= eqxx mulr1 big1 ?addr0 // => o'; rewrite eq_sym => /negbTE ->; rewrite mulr0.
Qed.

(* ---- Live runs ------------------------------------------------------------------- *)
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Variable omega : R.
Hypothesis scheme_meets : forall t x W, is_law W -> meets omega W (scheme t x W).
Definition live_state t x W : Prop := is_law W /\ forall i, W i != 0 -> live m t (x i).
Let one : X -> R := fun=> 1.
(* the value that a cloud carries: sum_i W_i V*[g](x_i)/V(x_i), and Qbar with V*[g] for V* *)
Definition carried g t x W : R := \sum_i W i * (value_of m g t (x i) / V t (x i)).
Definition edge_value g t e : R := psi t e.1 e.2 * value_of m g t.+1 e.2 / V t e.1.
Lemma edge_value1 t e : edge_value one t e = Qbar t e.
Proof. by rewrite /edge_value value_of1. Qed.

Lemma root_state : live_state 0 [ffun=> root m] (@even R N).
Proof. by split=> [|i _]; [exact: even_law | rewrite ffunE /= eqxx]. Qed.
Lemma root_carried g : carried g 0 [ffun=> root m] (@even R N) = value_of m g 0 (root m) / V 0 (root m).
Proof.
rewrite /carried (eq_bigr (fun i => even R i * (value_of m g 0 (root m) / V 0 (root m)))) => [|i _].
  by rewrite -mulr_suml (proj2 (even_law R N_gt0)) mul1r.
by rewrite ffunE.
Qed.
Lemma last_carried g x W : live_state T x W -> carried g T x W = \sum_i W i * g (x i).
Proof.
move=> [_ W_live]; apply: eq_bigr => i _; have [->|Wi] := eqVneq (W i) 0; first by rewrite !mul0r.
have /lt0r_neq0 V0 := live_twist_gt0 wf (W_live i Wi).
by rewrite value_ofT -(twist_horizon wf) mulrAC divff ?mul1r.
Qed.

Section State.
Variables (t : nat) (x : cloud N X) (W : 'I_N -> R).
Hypothesis tT : (t < T)%N.
Hypothesis state : live_state t x W.
Let p := scheme t x W.
Let pm : meets omega W p := scheme_meets t x (proj1 state).
Let K := slot_edge t x p.
Local Notation total := (shared p.1 (G t)).

Lemma ancestor_live i j : p.1 i != 0 -> p.2 i j != 0 -> live m t (x j).
Proof. by move=> wi aij; apply: (proj2 state); exact: ancestor_weight pm wi aij. Qed.
Lemma edge_mean i (f : X * X -> R) : p.1 i != 0 ->
  mean (K i) f = \sum_j p.2 i j * \sum_y M t (x j) y * f (x j, y).
Proof.
move=> /negbTE wi; rewrite /mean /K /slot_edge wi.
rewrite (eq_bigr (fun e => \sum_j p.2 i j * ((e.1 == x j)%:R * M t (x j) e.2 * f e))) => [|e _]; last first.
  by rewrite mulr_suml; apply: eq_bigr => j _; rewrite -!mulrA.
rewrite exchange_big; apply: eq_bigr => j _ /=; rewrite -mulr_sumr; congr (_ * _).
transitivity (\sum_u \sum_v (u == x j)%:R * M t (x j) v * f (u, v)); first by rewrite pair_big; apply: eq_bigr => -[].
rewrite (bigD1 (x j)) //=.
rewrite [X in _ + X]big1 ?addr0 => [|u /negbTE xx]; last by rewrite big1 // => v _; rewrite xx !mul0r.
by apply: eq_bigr => y _; rewrite eqxx mul1r.
Qed.
Lemma edge_law i : is_law (K i).
Proof.
have [wi|wi] := eqVneq (p.1 i) 0.
  rewrite /K /slot_edge wi eqxx; split=> [e|]; first exact: ler0n.
  by rewrite (bigD1 (x i, x i)) //= eqxx big1 ?addr0 // => e /negbTE ->.
have [a0 a1] := ancestor_law pm i; split=> [e|].
  rewrite /K /slot_edge (negbTE wi) sumr_ge0 // => j _.
  by rewrite !mulr_ge0 ?ler0n ?(kernel_ge0 wf).
have := edge_mean (fun=> 1) wi; rewrite /mean (eq_bigr (K i)) => [->|e _]; last by rewrite mulr1.
rewrite -[RHS]a1; apply: eq_bigr => j _; have [->|aj] := eqVneq (p.2 i j) 0; first by rewrite mul0r.
rewrite (eq_bigr (M t (x j))) => [|y _]; last by rewrite mulr1.
by rewrite (kernel_sum1 wf tT (ancestor_live wi aj)) mulr1.
Qed.
Lemma edge_live e : seen K p.1 e -> live_edge m t e.
Proof.
move=> /existsP[i /andP[wi]]; apply: contraNT => dead; rewrite /K /slot_edge (negbTE wi); apply/eqP/big1 => j _.
have [->|aj] := eqVneq (p.2 i j) 0; first by rewrite mul0r.
have [ej|] := eqVneq e.1 (x j); last by rewrite mul0r mulr0.
move: dead; rewrite /live_edge ej (ancestor_live wi aj) /= -leNgt => M0.
by rewrite (_ : M t (x j) e.2 = 0) ?mulr0 //; apply/eqP; rewrite eq_le M0 (kernel_ge0 wf).
Qed.
Let at_slot y i : slot_law K y != 0 -> p.1 i != 0 -> live_edge m t (y i).
Proof. by move=> ys wi; exact/edge_live/seen_at. Qed.
Let draws : is_law (slot_law K) := slot_law_law edge_law.

Lemma share_weight_ge0 y i : 0 <= p.1 i * G t (y i).
Proof. by rewrite mulr_ge0 ?(share_ge0 pm) ?(weight_ge0 wf). Qed.
Lemma next_live y : slot_law K y != 0 -> total y != 0 -> live_state t.+1 (children y) (reweighted t p y).
Proof.
move=> ys tot0; split; first split=> [i|].
- by rewrite divr_ge0 ?share_weight_ge0 // sumr_ge0 // => l _; exact: share_weight_ge0.
- by rewrite -mulr_suml divff.
move=> i; rewrite mulf_eq0 negb_or => /andP[+ _]; rewrite mulf_eq0 negb_or => /andP[wi Gi].
by rewrite ffunE; exact: (live_step wf (at_slot ys wi) Gi).
Qed.
Lemma carried_step g : smean K (shared p.1 (edge_value g t)) = carried g t x W.
Proof.
rewrite (shared_mean edge_law) (eq_bigr (fun i => \sum_j p.1 i * p.2 i j * (value_of m g t (x j) / V t (x j)))).
  rewrite exchange_big; apply: eq_bigr => j _ /=.
  by rewrite -mulr_suml (unbiased pm).
move=> i _; have [->|wi] := eqVneq (p.1 i) 0; first by rewrite mul0r big1 // => j _; rewrite !mul0r.
rewrite (edge_mean _ wi) mulr_sumr; apply: eq_bigr => j _; rewrite mulrA; congr (_ * _).
by rewrite value_of_step // mulr_suml; apply: eq_bigr => y _; rewrite /edge_value /= !mulrA.
Qed.
End State.

Lemma slots_ge0 (F : R -> option X -> R) k : (forall z o, 0 <= F z o) ->
  forall t x W z, (t + k = T)%N -> live_state t x W -> 0 <= slots_from F k t x W z.
Proof.
move=> F0; elim: k => [|k IH] t x W z tkT state /=.
  by apply: sumr_ge0 => i _; rewrite mulr_ge0 //; case: state => -[].
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
apply: (mean_ge0 (slot_law_law (edge_law tT state))) => y ys; case: ifP => // /negbT tot0.
by apply: IH (next_live state ys tot0); rewrite addSnnS.
Qed.
Lemma slots_const c k : forall t x W z, (t + k = T)%N -> live_state t x W -> slots_from (fun _ _ => c) k t x W z = c.
Proof.
elim: k => [|k IH] t x W z tkT state /=; first by rewrite -mulr_suml (proj2 (proj1 state)) mul1r.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite -[RHS](mean_const (slot_law_law (edge_law tT state))); apply: mean_ext => y ys; case: ifP => // /negbT tot0.
by apply: IH (next_live state ys tot0); rewrite addSnnS.
Qed.
Lemma slots_sub (F F' : R -> option X -> R) k t x W z :
  slots_from (fun z o => F z o - F' z o) k t x W z = slots_from F k t x W z - slots_from F' k t x W z.
Proof.
pose c (l : bool) : R := if l then 1 else -1; pose both l := if l then F else F'.
have := slots_sum c both k t x W z; rewrite big_bool /= mul1r mulN1r => <-.
by apply: slots_ext => z' o; rewrite big_bool /= mul1r mulN1r.
Qed.
Theorem slots_law_law : is_law slots_law.
Proof.
split=> [o|]; first by apply: slots_ge0 (add0n T) root_state => _ o'; exact: ler0n.
rewrite (eq_bigr (fun o => 1 * slots_law o)) => [|o _]; last by rewrite mul1r.
rewrite /slots_law /slots_mean -slots_sum -[RHS](slots_const 1 (V 0 (root m)) (add0n T) root_state).
by apply: slots_ext => _ o; rewrite (bigD1 o) //= eqxx mulr1 big1 ?addr0 // => o'; rewrite eq_sym => /negbTE ->; rewrite mulr0.
Qed.

Section Test.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g : X -> R := fun v => test (Some v).
Let test_ge0 o : 0 <= test o. Proof. by case/andP: (test01 o). Qed.

Lemma edge_value_tilted t e : edge_value g t e = Qbar t e * tilted m test t.+1 e.2.
Proof. by rewrite /edge_value -(value_tilted wf test01) /potential_value; ring. Qed.
Lemma edge_value_ge0 t e : 0 <= edge_value g t e.
Proof. by rewrite edge_value_tilted mulr_ge0 ?(Qbar_ge0 wf) //; case/andP: (tilted01 wf test01 t.+1 e.2). Qed.
Lemma edge_value_le t e : edge_value g t e <= Qbar t e.
Proof. by rewrite edge_value_tilted ler_pimulr ?(Qbar_ge0 wf) //; case/andP: (tilted01 wf test01 t.+1 e.2). Qed.
Lemma weight_value t e : (t < T)%N -> live_edge m t e ->
  G t e * (value_of m g t.+1 e.2 / V t.+1 e.2) = edge_value g t e.
Proof.
move=> tT le; rewrite edge_value_tilted -(weight_H wf keeps tT le) -(value_tilted wf test01) /value_ratio.
by move: (G t e) => w; ring.
Qed.
Lemma next_carried t x W y : (t < T)%N -> live_state t x W -> let p := scheme t x W in slot_law (slot_edge t x p) y != 0 ->
  shared p.1 (G t) y * carried g t.+1 (children y) (reweighted t p y) = shared p.1 (edge_value g t) y.
Proof.
move=> tT state p ys; pose v i := value_of m g t.+1 (y i).2 / V t.+1 (y i).2.
have each i : p.1 i * edge_value g t (y i) = p.1 i * G t (y i) * v i.
  have [->|wi] := eqVneq (p.1 i) 0; first by rewrite !mul0r.
  by rewrite -mulrA weight_value //; apply: (edge_live state); exact: seen_at ys wi.
rewrite [RHS](eq_bigr _ (fun i _ => each i)); have [tot0|tot0] := eqVneq (shared p.1 (G t) y) 0.
  rewrite tot0 mul0r big1 // => i _; have /eqP := tot0.
  rewrite psumr_eq0 => [/allP/(_ i (mem_index_enum i))/eqP ->|l _]; first by rewrite mul0r.
  exact: share_weight_ge0.
rewrite mulr_sumr; apply: eq_bigr => i _; rewrite ffunE /reweighted -/(v i).
by move: (v i) => vi; field.
Qed.

Lemma weighted_from k : forall t x W z, (t + k = T)%N -> live_state t x W ->
  slots_from (fun z o => z * test o) k t x W z = z * carried g t x W.
Proof.
elim: k => [|k IH] t x W z tkT state.
  rewrite addn0 in tkT; rewrite /= tkT in state *; rewrite last_carried // mulr_sumr.
  by apply: eq_bigr => i _; rewrite mulrCA.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite /= -(carried_step tT state) /smean -mean_scale; apply: mean_ext => y ys.
rewrite -(next_carried tT state ys); have [->|tot0] := eqVneq (shared _ (G t) y) 0; first by rewrite !mul0r mulr0.
by rewrite IH 1?mulrA // ?addSnnS //; exact: (next_live state).
Qed.

End Test.

Hypothesis Z_neq0 : Z != 0.
Let one01 : in01 (fun _ : option X => 1 : R). Proof. by move=> o; rewrite ler01 lexx. Qed.
Theorem S16_unbiased (test : option X -> R) : in01 test ->
  slots_mean (fun z o => z * test o) = Z * mean (target_out m) test.
Proof.
move=> test01; rewrite /slots_mean (weighted_from test01 _ (add0n T) root_state) root_carried mean_out /= mul0r add0r.
rewrite (target_mean m); move: (value_of _ _ _ _) => v; field.
by rewrite Z_neq0 gt_eqF // (twist_root_gt0 wf).
Qed.

Lemma carried_Qbar t x W : (t < T)%N -> live_state t x W -> let p := scheme t x W in
  smean (slot_edge t x p) (shared p.1 (Qbar t)) = carried one t x W.
Proof.
move=> tT state p; rewrite -(carried_step tT state); apply: mean_ext => y _; apply: eq_bigr => i _.
by rewrite edge_value1.
Qed.
Lemma next_Qbar t x W y : (t < T)%N -> live_state t x W -> let p := scheme t x W in slot_law (slot_edge t x p) y != 0 ->
  shared p.1 (G t) y * carried one t.+1 (children y) (reweighted t p y) = shared p.1 (Qbar t) y.
Proof.
move=> tT state p ys; rewrite (next_carried one01 tT state ys); apply: eq_bigr => i _.
by rewrite edge_value1.
Qed.

Lemma last_one x W : live_state T x W -> carried one T x W = 1.
Proof.
by move=> state; rewrite last_carried // (eq_bigr W) => [|i _]; [case: state => -[] | rewrite mulr1].
Qed.
End SlotRun.

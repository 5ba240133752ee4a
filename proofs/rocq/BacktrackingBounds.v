(* S18 -- what the backtracking walk collects from the root, and from a leaf of the target (Backtracking.v).

   G >= 0 is at a node at most r and the mean of G after a step; at the leaves it is L.  Below an edge s -> y, with P the value
   of all that is collected there, r at every way and L at the leaves, E = P(y) - V(y) (G(y) - G(s)) and
   W = V*(y) (kappa(y) + u(y)):
     0 <= E,   G(s) V*(y)^2 <= W E,   from the leaves up, by Cauchy-Schwarz over the children;
   at the root so Z G <= kappa P: no flow, and no resistance.  Likewise what is collected from a leaf z on, r + G(parent of z):
     its value below y is at most r (2 C(y) + V(y)) + V(y) (G(s) - G(y)) + that of L,  C the conductances below. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Paths PathFormula Backtracking.
From BellmanSMC Require Starts.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- Cauchy-Schwarz without roots -------------------------------------------------- *)
Section Pairs.
Variables (R : realFieldType) (g : R).
Hypothesis g_ge0 : 0 <= g.
Lemma pair_add (x y a b c d : R) : 0 <= a -> 0 <= b -> 0 <= c -> 0 <= d -> g * x ^+ 2 <= a * b -> g * y ^+ 2 <= c * d ->
  g * (x + y) ^+ 2 <= (a + c) * (b + d).
Proof.
move=> a0 b0 c0 d0 xab ycd; have cross : 2%:R * g * x * y <= a * d + c * b.
  have s0 : 0 <= a * d + c * b by rewrite addr_ge0 ?mulr_ge0.
  apply: le_trans (ler_norm _) _; rewrite -(@ler_pexpn2r _ 2) ?nnegrE // real_normK ?num_real //.
  apply: (@le_trans _ _ (4%:R * ((a * b) * (c * d)))).
    rewrite (_ : _ ^+ 2 = 4%:R * ((g * x ^+ 2) * (g * y ^+ 2))); last by ring.
    by rewrite ler_wpmul2l ?ler0n // ler_pmul // mulr_ge0 ?sqr_ge0.
  by rewrite -subr_ge0 (_ : _ - _ = (a * d - c * b) ^+ 2) ?sqr_ge0 //; ring.
rewrite (_ : g * _ = g * x ^+ 2 + g * y ^+ 2 + 2%:R * g * x * y); last by ring.
rewrite (_ : (a + c) * (b + d) = a * b + c * d + (a * d + c * b)); last by ring.
by apply: ler_add => //; exact: ler_add.
Qed.
Lemma pair_sum (I : finType) (k c a b : I -> R) : (forall i, 0 <= k i) ->
  (forall i, k i != 0 -> [/\ 0 <= a i, 0 <= b i & g * c i ^+ 2 <= a i * b i]) ->
  g * (\sum_i k i * c i) ^+ 2 <= (\sum_i k i * a i) * (\sum_i k i * b i).
Proof.
move=> k0 each.
suff [_ _ //] : [/\ 0 <= \sum_i k i * a i, 0 <= \sum_i k i * b i
  & g * (\sum_i k i * c i) ^+ 2 <= (\sum_i k i * a i) * (\sum_i k i * b i)].
apply: (big_ind3 (fun x y z => [/\ 0 <= y, 0 <= z & g * x ^+ 2 <= y * z])) => [|x y z x' y' z' [y0 z0 xyz] [y0' z0' xyz']|i _].
- by rewrite expr0n mulr0 mul0r lexx.
- by split; rewrite ?addr_ge0 //; exact: pair_add.
have [->|ki] := eqVneq (k i) 0; first by rewrite !mul0r expr0n mulr0 lexx.
have [a0 b0 cab] := each i ki; split; rewrite ?mulr_ge0 //.
rewrite (_ : g * _ = k i ^+ 2 * (g * c i ^+ 2)); last by ring.
by rewrite (_ : k i * a i * _ = k i ^+ 2 * (a i * b i)); [rewrite ler_wpmul2l ?sqr_ge0 | ring].
Qed.
End Pairs.

Section Bounds.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation Z := (normaliser m).
Local Notation node := (seq X).
Local Notation place := (place m).
Local Notation worth := (worth m).
Local Notation step_down := (step_down m).
Local Notation degree := (degree m).
Local Notation leaf := (leaf m).
Local Notation value_at := (value_at m).
Local Notation conductances := (conductances m).
Local Notation true_value s := (value m (size s) (place s)).
Implicit Types (s : node) (x y : X) (k t J : nat).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis T_gt0 : (0 < T)%N.
Hypothesis Z_neq0 : Z != 0.
Let value_nonneg t x : 0 <= value m t x. Proof. exact: Starts.value_nonneg. Qed.
Let Z_gt0 : 0 < Z. Proof. by rewrite lt_neqAle eq_sym Z_neq0 value_nonneg. Qed.
Let step_ge0 s y : 0 <= step_down s y. Proof. by rewrite mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf). Qed.
Let worth_ge0 s : 0 <= worth s. Proof. exact: twist_ge0 wf _ _. Qed.

(* ---- Live nodes ------------------------------------------------------------------------ *)
Local Notation alive s := (live m (size s) (place s)).
Lemma child_live s y : alive s -> step_down s y != 0 -> worth (y :: s) != 0 -> alive (y :: s).
Proof.
move=> ls d0 v0; apply: (live_edge_end ls); rewrite lt_neqAle eq_sym mulf_neq0 //=.
by rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?(twist_ge0 wf).
Qed.
Lemma child_dead s y : (size s < T)%N -> alive s -> step_down s y != 0 -> worth (y :: s) = 0 -> true_value (y :: s) = 0.
Proof.
move=> sT ls; rewrite mulf_eq0 negb_or => /andP[M0 psi0] v0; apply: (@keeps (size s) (place s, y)) => //=.
  by rewrite /live_edge ls /= lt_neqAle eq_sym M0 (kernel_ge0 wf).
by rewrite lt_neqAle eq_sym psi0 (potential_ge0 wf).
Qed.
Lemma true_value_step s : (size s < T)%N -> true_value s = \sum_y step_down s y * true_value (y :: s).
Proof. by move=> sT; rewrite value_step. Qed.
Lemma leaf_value s : leaf s -> true_value s = worth s.
Proof. by rewrite /worth => /eqP ->; rewrite (twist_horizon wf) /value subnn. Qed.
Lemma conductances_ge0 k t x : 0 <= conductances k t x.
Proof.
elim: k t x => [|k IH] t x //=; apply: sumr_ge0 => y _; rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) //.
by case: ifP => // _; rewrite addr_ge0 ?(twist_ge0 wf).
Qed.

(* ---- kappa by recursion ------------------------------------------------------------------ *)
Fixpoint ahead k t x : R := if k is k'.+1 then
  \sum_y M t x y * psi t x y * (value m t.+1 y * value_ratio m t.+1 y + ahead k' t.+1 y) else 0.
Lemma ahead_ge0 k t x : 0 <= ahead k t x.
Proof.
elim: k t x => [|k IH] t x //=; apply: sumr_ge0 => y _; rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) //.
by rewrite addr_ge0 // mulr_ge0 // divr_ge0 ?(twist_ge0 wf).
Qed.
Lemma ahead_walks k : forall t x, (t + k = T)%N ->
  ahead k t x = \sum_(w : walk X k) target_walk m t x w * \sum_(0 <= q < k) value_ratio m (t + q.+1) (visit x w q.+1).
Proof.
elim: k => [|k IH] t x tkT; first by rewrite /= big1 // => w _; rewrite big_geq ?mulr0.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
rewrite sum_walk [LHS]/=; apply: eq_bigr => y _.
rewrite (IH _ _ tkT') -(target_walk_value y tkT') mulr_suml -big_split mulr_sumr; apply: eq_bigr => w _ /=.
rewrite big_nat_recl // /= addn1 visit0 -mulrDr mulrA; congr (_ * (_ + _)).
by apply: eq_bigr => q _; rewrite addSnnS.
Qed.
Lemma kappa_ahead : ahead T 0 (root m) = Z * kappa m.
Proof.
rewrite (ahead_walks _ (add0n T)) /kappa mulr_sumr; apply: eq_bigr => w _.
by rewrite /target_path mulrA [Z * _]mulrCA divff // mulr1.
Qed.
Lemma kappa_ge0 : 0 <= kappa m.
Proof. by rewrite -(pmulr_rge0 _ Z_gt0) -kappa_ahead ahead_ge0. Qed.

(* ---- From the root --------------------------------------------------------------------------- *)
Section Collected.
Variables (r : R) (G L : node -> R).
Hypothesis r_ge0 : 0 <= r.
Hypothesis G_ge0 : forall s, 0 <= G s.
Hypothesis G_below : below_step m r G.
Hypothesis G_leaf : forall s, leaf s -> G s = L s.
Hypothesis L_ge0 : forall s, 0 <= L s.
Local Notation kept s a := (if worth s == 0 then 0 else a).

(* r for every way and L at the leaves, as a value *)
Fixpoint gain k s : R :=
  if k is k'.+1 then r * degree s + \sum_y step_down s y * kept (y :: s) (gain k' (y :: s)) else worth s * L s.
Definition rest k s y : R := kept (y :: s) (gain k (y :: s)) - worth (y :: s) * (G (y :: s) - G s).

Lemma gain_ge0 k s : 0 <= gain k s.
Proof.
elim: k s => [|k IH] s /=; first by rewrite mulr_ge0.
rewrite addr_ge0 ?mulr_ge0 ?(degree_ge0 wf) // sumr_ge0 // => y _; rewrite mulr_ge0 //.
by case: ifP.
Qed.
(* what is left to the children *)
Lemma rest_children k s : (size s < T)%N -> back m s * (G s - G (behead s)) + \sum_y step_down s y * rest k s y <= gain k.+1 s.
Proof.
move=> sT; have := below_flow G_below sT; rewrite -subr_ge0 => flow; rewrite -subr_ge0; move: flow; congr (0 <= _).
rewrite [\sum_y step_down s y * rest _ _ _](eq_bigr (fun y => step_down s y * kept (y :: s) (gain k (y :: s))
  - way m s y * (G (y :: s) - G s))) => [|y _]; last by rewrite mulrBr mulrA.
rewrite sumrB /=; set A := \sum_y way m s y * (G (y :: s) - G s).
set B := \sum_y step_down s y * kept _ _; ring.
Qed.
Lemma rest_pair k : forall s y, (size s + k.+1 = T)%N -> alive s -> step_down s y != 0 ->
  0 <= rest k s y /\ G s * true_value (y :: s) ^+ 2
    <= (true_value (y :: s) * value_ratio m (size s).+1 y + ahead k (size s).+1 y) * rest k s y.
Proof.
elim: k => [|k IH] s y skT ls d0; have sT : (size s < T)%N by rewrite -skT addnS ltnS leq_addr.
- have end_y : leaf (y :: s) by rewrite /leaf /= -skT addn1.
  have [v0|v0] := eqVneq (worth (y :: s)) 0.
    by rewrite /rest v0 eqxx mul0r subr0 (leaf_value end_y) v0 expr0n !mulr0 lexx.
  rewrite /rest (negbTE v0) /= (G_leaf end_y) (_ : _ - _ = worth (y :: s) * G s); last by ring.
  split; first by rewrite mulr_ge0.
  rewrite /value_ratio addr0 -[value m (size s).+1 y]/(true_value (y :: s)) (leaf_value end_y).
  rewrite -[V _ _]/(worth (y :: s)) le_eqVlt; apply/orP; left; apply/eqP; field; exact: v0.
have [v0|v0] := eqVneq (worth (y :: s)) 0.
  have z0 := child_dead sT ls d0 v0; rewrite /rest v0 eqxx mul0r subr0 z0 expr0n !mulr0.
  by rewrite lexx.
have ly := child_live ls d0 v0; have skT' : (size (y :: s) + k.+1 = T)%N by rewrite /= addSnnS.
have yT : (size (y :: s) < T)%N by rewrite -skT' addnS ltnS leq_addr.
have v_gt0 : 0 < worth (y :: s) by rewrite lt_neqAle eq_sym v0 worth_ge0.
set E := rest k.+1 s y; set inner := \sum_u step_down (y :: s) u * rest k (y :: s) u.
have inner0 : 0 <= inner.
  apply: sumr_ge0 => u _; have [->|du] := eqVneq (step_down (y :: s) u) 0; first by rewrite mul0r.
  by rewrite mulr_ge0 //; case: (IH (y :: s) u skT' ly du).
have innerE : inner <= E.
  rewrite /E /rest (negbTE v0) ler_subr_addr addrC; exact: (rest_children k yT).
split; first exact: le_trans inner0 innerE.
have pair : G (y :: s) * true_value (y :: s) ^+ 2 <= ahead k.+1 (size s).+1 y * inner.
  rewrite (true_value_step yT); apply: pair_sum => // u du; have [e0 ge] := IH (y :: s) u skT' ly du.
  by split => //; rewrite addr_ge0 ?ahead_ge0 // mulr_ge0 // divr_ge0 ?(twist_ge0 wf).
have up : worth (y :: s) * G s <= E + worth (y :: s) * G (y :: s).
  have split_E : E + worth (y :: s) * G (y :: s) - worth (y :: s) * G s = gain k.+1 (y :: s).
    by rewrite /E /rest (negbTE v0); move: (gain _ _) => a; ring.
  by rewrite -subr_ge0 split_E gain_ge0.
rewrite -(ler_pmul2l v_gt0) mulrA.
apply: (@le_trans _ _ ((E + worth (y :: s) * G (y :: s)) * true_value (y :: s) ^+ 2)); first by rewrite ler_wpmul2r ?sqr_ge0.
rewrite [X in X <= _](_ : _ = E * true_value (y :: s) ^+ 2 + worth (y :: s) * (G (y :: s) * true_value (y :: s) ^+ 2)); last by ring.
apply: (@le_trans _ _ (E * true_value (y :: s) ^+ 2 + worth (y :: s) * (ahead k.+1 (size s).+1 y * E))).
  by rewrite ler_add2l ler_pmul2l //; apply: le_trans pair _; rewrite ler_wpmul2l ?ahead_ge0.
rewrite le_eqVlt; apply/orP; left; apply/eqP; rewrite /value_ratio -[value m (size s).+1 y]/(true_value (y :: s)).
rewrite -[V _ _]/(worth (y :: s)); move: (true_value (y :: s)) (ahead _ _ _) => a b; field; exact: v0.
Qed.
Let nil : node := [::].
Let root_live : alive nil. Proof. exact: eqxx. Qed.
Let inside : (size nil < T)%N := T_gt0.
Theorem root_gain : Z * G nil <= kappa m * gain T nil.
Proof.
have [k TE] : exists k, T = k.+1 by case: (T) T_gt0 => // k _; exists k.
have each y := @rest_pair k nil y (esym TE) root_live.
have ZE : Z = \sum_y step_down nil y * true_value [:: y] := true_value_step inside.
have aE : ahead T 0 (root m) = \sum_y step_down nil y * (true_value [:: y] * value_ratio m 1 y + ahead k 1 y) by rewrite TE.
have pair : G nil * Z ^+ 2 <= ahead T 0 (root m) * \sum_y step_down nil y * rest k nil y.
  rewrite ZE aE; apply: pair_sum => // y dy; have [e0 ge] := each y dy.
  by split => //; rewrite addr_ge0 ?ahead_ge0 // mulr_ge0 // divr_ge0 ?(twist_ge0 wf).
rewrite -(ler_pmul2l Z_gt0) (_ : Z * (Z * G nil) = G nil * Z ^+ 2); last by ring.
apply: le_trans pair _; rewrite kappa_ahead -mulrA ler_wpmul2l ?(ltW Z_gt0) // ler_wpmul2l ?kappa_ge0 //.
by have := rest_children k inside; rewrite mul0r add0r -TE.
Qed.
(* in S and in the mean of L *)
Lemma gain_value k : forall s, (size s + k = T)%N -> alive s -> (0 < size s)%N || (0 < k)%N ->
  gain k s = r * (2%:R * conductances k (size s) (place s) + back m s - true_value s) + value_at L k s.
Proof.
elim: k => [|k IH] s skT ls pos.
  have end_s : leaf s by rewrite /leaf -skT addn0.
  rewrite value_at0 /= mulr0 add0r leaf_value // (_ : back m s = worth s); last by case: (s) pos.
  by rewrite subrr mulr0 add0r -(twist_horizon wf) /worth (eqP end_s).
have sT : (size s < T)%N by rewrite -skT addnS ltnS leq_addr.
have skT' y : (size (y :: s) + k = T)%N by rewrite /= addSnnS.
rewrite true_value_step // value_atS /= /degree /down sT.
rewrite (_ : \sum_y step_down s y * kept (y :: s) (gain k (y :: s)) = \sum_y step_down s y
  * (r * (2%:R * kept (y :: s) (worth (y :: s) + conductances k (size s).+1 y) - worth (y :: s) - true_value (y :: s))
     + value_at L k (y :: s))); last first.
  apply: eq_bigr => y _; have [->|d0] := eqVneq (step_down s y) 0; first by rewrite !mul0r.
  congr (_ * _); have [v0|v0] := eqVneq (worth (y :: s)) 0.
    have z0 := child_dead sT ls d0 v0; rewrite v0 z0 (value_at_dead wf L (skT' y) z0); ring.
  rewrite (IH (y :: s) (skT' y) (child_live ls d0 v0) isT) /=; ring.
rewrite [\sum_y way m s y](eq_bigr (fun y => step_down s y * worth (y :: s))) //.
rewrite (eq_bigr (fun y => 2%:R * r * (step_down s y * kept (y :: s) (worth (y :: s) + conductances k (size s).+1 y))
  - r * (step_down s y * worth (y :: s)) - r * (step_down s y * true_value (y :: s))
  + step_down s y * value_at L k (y :: s))); last by move=> y _; ring.
rewrite !big_split /= !sumrN -!mulr_sumr.
set a := \sum_y step_down s y * kept _ _; set b := \sum_y step_down s y * worth _.
set c := \sum_y step_down s y * value m (size s).+1 y; set d := \sum_y step_down s y * value_at _ _ _; ring.
Qed.

(* ---- From a leaf of the target -------------------------------------------------------------- *)
Definition cost s : R := r + G (behead s).
Definition cost_le k s y : Prop := value_at cost k (y :: s) <= r * (2%:R * conductances k (size s).+1 y + worth (y :: s))
  + worth (y :: s) * (G s - G (y :: s)) + value_at L k (y :: s).
Lemma cost_children k s : (size s + k.+1 = T)%N -> alive s ->
  (forall y, step_down s y != 0 -> worth (y :: s) != 0 -> cost_le k s y) ->
  value_at cost k.+1 s <= r * (2%:R * conductances k.+1 (size s) (place s) - \sum_y way m s y)
    - \sum_y way m s y * (G (y :: s) - G s) + value_at L k.+1 s.
Proof.
move=> skT ls each; have sT : (size s < T)%N by rewrite -skT addnS ltnS leq_addr.
have skT' y : (size (y :: s) + k = T)%N by rewrite /= addSnnS.
pose mine y := 2%:R * r * (step_down s y * kept (y :: s) (worth (y :: s) + conductances k (size s).+1 y))
  - r * way m s y - way m s y * (G (y :: s) - G s) + step_down s y * value_at L k (y :: s).
apply: (@le_trans _ _ (\sum_y mine y)).
  rewrite value_atS; apply: ler_sum => y _; rewrite /mine /way -[V _ _]/(worth (y :: s)).
  have [->|d0] := eqVneq (step_down s y) 0; first by rewrite !mul0r !mulr0 !subr0 addr0.
  have [v0|v0] := eqVneq (worth (y :: s)) 0.
    have z0 := child_dead sT ls d0 v0.
    by rewrite v0 !(value_at_dead wf _ (skT' y) z0) !mulr0 mul0r !subr0 addr0.
  apply: le_trans (ler_wpmul2l (step_ge0 s y) (each y d0 v0)) _; rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
rewrite /mine !big_split /= !sumrN -!mulr_sumr le_eqVlt; apply/orP; left; apply/eqP; rewrite value_atS.
set a := \sum_y step_down s y * kept _ _; set b := \sum_y way m s y; set c := \sum_y way m s y * _.
by set d := \sum_y step_down s y * value_at _ _ _; ring.
Qed.
Lemma cost_edge k : forall s y, (size s + k.+1 = T)%N -> alive s -> step_down s y != 0 -> worth (y :: s) != 0 -> cost_le k s y.
Proof.
elim: k => [|k IH] s y skT ls d0 v0; rewrite /cost_le.
  have end_y : leaf (y :: s) by rewrite /leaf /= -skT addn1.
  rewrite !value_at0 (G_leaf end_y) -(twist_horizon wf) -(eqP end_y) -/(worth (y :: s)) /cost /=.
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
have ly := child_live ls d0 v0; have skT' : (size (y :: s) + k.+1 = T)%N by rewrite /= addSnnS.
have yT : (size (y :: s) < T)%N by rewrite -skT' addnS ltnS leq_addr.
apply: le_trans (cost_children skT' ly (fun u => IH (y :: s) u skT' ly)) _.
rewrite ler_add2r; have := below_flow G_below yT; rewrite -subr_ge0 => flow; rewrite -subr_ge0; move: flow; congr (0 <= _).
rewrite /degree /down yT /back; set a := \sum_u way m (y :: s) u; set b := \sum_u way m (y :: s) u * _ => /=; ring.
Qed.
Theorem cost_root : value_at cost T nil <= r * (2%:R * conductances T 0 (root m)) + value_at L T nil.
Proof.
have [k TE] : exists k, T = k.+1 by case: (T) T_gt0 => // k _; exists k.
have := @cost_children k nil (esym TE) root_live (fun y => @cost_edge k nil y (esym TE) root_live); rewrite -TE => children.
apply: le_trans children _; rewrite ler_add2r; have := below_flow G_below inside.
rewrite mul0r /degree /down inside add0r -subr_ge0 => flow; rewrite -subr_ge0; move: flow; congr (0 <= _).
set a := \sum_y way m nil y; set b := \sum_y way m nil y * _; rewrite /=; ring.
Qed.
End Collected.

(* ---- The walk --------------------------------------------------------------------------------- *)
Local Notation pi_mean L := (\sum_w target_path m w * L (leaf_of w)).
Local Notation S := (visit_cost m).
Section Walk.
Variables (r : R) (F : node -> R).
Hypothesis r_ge0 : 0 <= r.
Hypothesis F_ge0 : forall s, 0 <= F s.
Local Notation G k J := (joined m (run m r F k J) (visited m r F k J)).
Let G_ge0 k J s : 0 <= G k J s.
Proof. by rewrite /joined; case: ifP => _; [exact: visited_ge0 | exact: run_ge0]. Qed.
Let G_below k J : below_step m r (G k J). Proof. exact: run_below. Qed.
Let G_leaf k J s : leaf s -> G k J s = visited m r F k J s. Proof. by rewrite /joined => ->. Qed.
Let L_ge0 k J s : 0 <= visited m r F k J s. Proof. exact: visited_ge0. Qed.

Lemma run_leaf k J (w : walk X T) : target_path m w != 0 -> run m r F k.+1 J (leaf_of w) = cost r (G k J) (leaf_of w).
Proof.
rewrite mulf_eq0 negb_or => /andP[/target_walk_reward + _]; rewrite -(worth_leaf wf) => w0.
by rewrite run_step (move_leaf T_gt0 _ (leaf_of_leaf w) w0).
Qed.
Theorem S18_from_leaf J : forall k, pi_mean (run m r F k J) <= r * (S * J.+1%:R) + pi_mean F.
Proof.
have F_mean : 0 <= pi_mean F.
  by apply: sumr_ge0 => w _; rewrite mulr_ge0 // divr_ge0 ?(ltW Z_gt0) // (target_walk_ge0 wf) // => x; exact: reward_ge0.
have S_ge0 : 0 <= S by rewrite divr_ge0 ?(ltW Z_gt0) // mulr_ge0 ?ler0n ?conductances_ge0.
have bound k J' : pi_mean (run m r F k.+1 J') <= r * S + pi_mean (visited m r F k J').
  rewrite (eq_bigr (fun w => target_path m w * cost r (G k J') (leaf_of w))) => [|w _]; last first.
    by have [->|w0] := eqVneq (target_path m w) 0; [rewrite !mul0r | rewrite run_leaf].
  have := cost_root (G_below k J') (@G_leaf k J').
  rewrite !(value_at_root wf) => near; rewrite -(ler_pmul2l Z_gt0); apply: le_trans near _.
  by rewrite mulrDr ler_add2r le_eqVlt; apply/orP; left; apply/eqP; rewrite /visit_cost; field.
have start J' : pi_mean (run m r F 0 J') <= r * (S * J'.+1%:R) + pi_mean F.
  rewrite (_ : pi_mean (run m r F 0 J') = 0); last by apply: big1 => w _; rewrite /= mulr0.
  exact: addr_ge0 (mulr_ge0 r_ge0 (mulr_ge0 S_ge0 (ler0n _ _))) F_mean.
elim: J => [|J IH] [|k] //.
  by rewrite mulr1; exact: bound.
apply: le_trans (bound k J.+1) _; apply: le_trans (ler_add (lexx _) (IH k)) _.
by rewrite addrA ler_add2r -mulrDr [J.+2%:R]mulrS [S * (1 + _)]mulrDr mulr1.
Qed.
Theorem S18_from_root k J : run m r F k J nil <= kappa m * (r * (S * J.+1%:R - 1) + pi_mean F).
Proof.
have nil_in : leaf nil = false by rewrite /leaf ltn_eqF.
have := root_gain r_ge0 (@G_ge0 k J) (G_below k J) (@G_leaf k J) (@L_ge0 k J).
rewrite /joined nil_in (@gain_value r (visited m r F k J) T nil (add0n T) (eqxx _) T_gt0).
rewrite (value_at_root wf) -[value m _ _]/Z addr0 => near; rewrite -(ler_pmul2l Z_gt0); apply: le_trans near _.
rewrite mulrCA ler_wpmul2l ?kappa_ge0 //.
have -> : r * (2%:R * conductances T 0 (root m) - Z) = Z * (r * (S - 1)) by rewrite /visit_cost; field.
rewrite -mulrDr ler_pmul2l //; case: J => [|J] /=; first by rewrite mulr1.
apply: le_trans (ler_add (lexx _) (S18_from_leaf J k)) _.
by rewrite addrA ler_add2r -mulrDr [J.+2%:R]mulrS [S * (1 + _)]mulrDr mulr1 addrAC.
Qed.
End Walk.
End Bounds.

(* S18 -- the value-guided backtracking walk on the prefix tree of a model, step by step.

   A node is the sequence of states since the root, the latest first; the root is [::], a leaf has T of them.  From a node s
   the walk goes up with weight V(s) and down to the child y with weight M psi V(y); the root has no way up, a leaf none down.
     moved H s            E H(next node)
     run r F k J s      of a walk from s, at most k steps: r for every step until leaves have been visited J+1 times, and F at
                        the last of these: run 0 F k 0 is the mean of F at the first leaf, run 1 0 k J that of min(k, steps)
   With u = V*/V,  kappa = E_pi[u_1 + ... + u_T],  S = 2 sum_t E[prod psi V_t]/Z over what the walk can reach, for all r, F >= 0, k, J
     S18  run r F k J root <= kappa (r (S (J+1) - 1) + pi(F)),   E_pi[run r F k J] <= r S (J+1) + pi(F).
   So the leaf of every visit has density at most kappa, and J visits from the root take at most kappa (S J - 1) steps in the mean.
   No limit is taken: every bound holds at every k, since what a walk collects in k steps is at most a step and what follows
   (`below_step`).  Zero rewards and states that promise in vain are allowed. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Paths PathFormula.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Backtracking.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation phi := (reward m).
Local Notation Z := (normaliser m).
Local Notation node := (seq X).
Implicit Types (s : node) (x y : X) (k t J : nat) (r : R) (F G H L : node -> R).

(* ---- The walk --------------------------------------------------------------------- *)
Definition place s : X := head (root m) s.
Definition worth s : R := V (size s) (place s).
Definition step_down s y : R := M (size s) (place s) y * psi (size s) (place s) y.
Definition way s y : R := step_down s y * V (size s).+1 y.
Definition back s : R := if s is _ :: _ then worth s else 0.
Definition down s : R := if (size s < T)%N then \sum_y way s y else 0.
Definition degree s : R := back s + down s.
Definition onward H s : R := if (size s < T)%N then \sum_y way s y * H (y :: s) else 0.
Definition moved H s : R := (back s * H (behead s) + onward H s) / degree s.
Definition leaf s : bool := size s == T.

Fixpoint run r F k J s : R :=
  if k is k'.+1 then r + moved (fun s' => if leaf s' then (if J is J'.+1 then run r F k' J' s' else F s') else run r F k' J s') s
  else 0.
(* what counts at the next leaf *)
Definition visited r F k J s : R := if J is J'.+1 then run r F k J' s else F s.

(* the node at the end of a walk *)
Fixpoint descend k s : walk X k -> node := if k is k'.+1 then fun w => descend (w.1 :: s) w.2 else fun=> s.
Definition leaf_of (w : walk X T) : node := descend [::] w.

(* the mean over the target's paths of u_1 + ... + u_T, and the sum of the conductances that the walk can reach *)
Definition kappa : R := \sum_w target_path m w * \sum_(0 <= q < T) value_ratio m q.+1 (visit (root m) w q.+1).
Fixpoint conductances k t x : R := if k is k'.+1 then
  \sum_y M t x y * psi t x y * (if V t.+1 y == 0 then 0 else V t.+1 y + conductances k' t.+1 y) else 0.
Definition visit_cost : R := 2%:R * conductances T 0 (root m) / Z.

Hypothesis wf : well_formed m.
Let worth_ge0 s : 0 <= worth s. Proof. exact: twist_ge0 wf _ _. Qed.
Let step_ge0 s y : 0 <= step_down s y. Proof. by rewrite mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf). Qed.
Lemma way_ge0 s y : 0 <= way s y. Proof. by rewrite mulr_ge0 ?(twist_ge0 wf). Qed.
Lemma back_ge0 s : 0 <= back s. Proof. by case: s => // x s; exact: worth_ge0. Qed.
Lemma down_ge0 s : 0 <= down s. Proof. by rewrite /down; case: ifP => // _; apply: sumr_ge0 => y _; exact: way_ge0. Qed.
Lemma degree_ge0 s : 0 <= degree s. Proof. by rewrite addr_ge0 ?back_ge0 ?down_ge0. Qed.
Lemma onward_le H H' s : (forall y, way s y != 0 -> H (y :: s) <= H' (y :: s)) -> onward H s <= onward H' s.
Proof.
move=> HH; rewrite /onward; case: ifP => // _; apply: ler_sum => y _.
have [->|w0] := eqVneq (way s y) 0; first by rewrite !mul0r.
by rewrite ler_wpmul2l ?way_ge0 ?HH.
Qed.
Lemma move_le H H' s : (forall s', H s' <= H' s') -> moved H s <= moved H' s.
Proof.
move=> HH; rewrite /moved ler_wpmul2r ?invr_ge0 ?degree_ge0 //.
by apply: ler_add; [rewrite ler_wpmul2l ?back_ge0 | apply: onward_le].
Qed.
Lemma move_ge0 H s : (forall s', 0 <= H s') -> 0 <= moved H s.
Proof.
move=> H0; apply: mulr_ge0; last by rewrite invr_ge0 degree_ge0.
apply: addr_ge0; first by rewrite mulr_ge0 ?back_ge0.
by rewrite /onward; case: ifP => // _; apply: sumr_ge0 => y _; rewrite mulr_ge0 ?way_ge0.
Qed.
(* where there is no way, nothing is moved either *)
Lemma degree_move H s : degree s * moved H s = back s * H (behead s) + onward H s.
Proof.
have [d0|d0] := eqVneq (degree s) 0; last by rewrite mulrC divfK.
have := d0; move/eqP; rewrite paddr_eq0 ?back_ge0 ?down_ge0 // => /andP[/eqP b0 /eqP w0].
rewrite d0 b0 !mul0r add0r; move: w0; rewrite /down /onward; case: ifP => // _ /eqP.
rewrite psumr_eq0 => [/allP w0|y _]; last exact: way_ge0.
by rewrite big1 // => y _; have := w0 y (mem_index_enum y) => /eqP ->; rewrite mul0r.
Qed.

Section Run.
Variables (r : R) (F : node -> R).
Hypothesis r_ge0 : 0 <= r.
Hypothesis F_ge0 : forall s, 0 <= F s.

Lemma run_step k J s : run r F k.+1 J s = r + moved (fun s' => if leaf s' then visited r F k J s' else run r F k J s') s.
Proof. by []. Qed.
Lemma run_ge0 k : forall J s, 0 <= run r F k J s.
Proof.
elim: k => [|k IH] J s //; rewrite run_step addr_ge0 //; apply: move_ge0 => s'.
by case: ifP => // _; case: J => [|J] /=.
Qed.
Lemma run_more k : forall J s, run r F k J s <= run r F k.+1 J s.
Proof.
elim: k => [|k IH] J s; first exact: run_ge0.
rewrite !run_step ler_add2l; apply: move_le => s'; case: ifP => _; last exact: IH.
by case: J => [|J]; [exact: lexx | exact: IH].
Qed.
Lemma visited_ge0 k J s : 0 <= visited r F k J s.
Proof. by case: J => [|J] //=; exact: run_ge0. Qed.
End Run.

(* ---- Functions of nodes that a step and what follows are above --------------------------- *)
(* G: at most r and the mean of G after a step; L at the leaves *)
Definition below_step r G : Prop := forall s, (size s < T)%N ->
  degree s * G s <= r * degree s + back s * G (behead s) + \sum_y way s y * G (y :: s).
Definition joined H L s : R := if leaf s then L s else H s.

Lemma run_below r F k J : 0 <= r -> (forall s, 0 <= F s) -> below_step r (joined (run r F k J) (visited r F k J)).
Proof.
move=> r0 F0 s sT; have inside : leaf s = false by rewrite /leaf ltn_eqF.
rewrite {1}/joined inside; apply: le_trans (ler_wpmul2l (degree_ge0 s) (run_more r0 F0 k J s)) _.
by rewrite run_step mulrDr degree_move /onward sT [degree s * r]mulrC addrA.
Qed.
(* in terms of differences *)
Lemma below_flow r G s : below_step r G -> (size s < T)%N ->
  back s * (G s - G (behead s)) <= r * degree s + \sum_y way s y * (G (y :: s) - G s).
Proof.
move=> below sT; rewrite -subr_ge0; have := below s sT; rewrite -subr_ge0; congr (0 <= _).
rewrite [\sum_y way s y * (G _ - _)](eq_bigr (fun y => way s y * G (y :: s) - way s y * G s)) => [|y _]; last by rewrite mulrBr.
rewrite sumrB -mulr_suml /degree /down sT; set W := \sum_y way s y; set A := \sum_y way s y * G (y :: s); ring.
Qed.

(* ---- Values of functions of the leaves ------------------------------------------------------ *)
(* the sum over the walks below s of what the target gives them times L *)
Definition value_at L k s : R := \sum_(w : walk X k) target_walk m (size s) (place s) w * L (descend s w).
Lemma value_at0 L s : value_at L 0 s = phi (place s) * L s.
Proof. by rewrite /value_at (big_pred1 tt) // => -[]. Qed.
Lemma value_atS L k s : value_at L k.+1 s = \sum_y step_down s y * value_at L k (y :: s).
Proof.
rewrite /value_at sum_walk; apply: eq_bigr => y _; rewrite mulr_sumr; apply: eq_bigr => w _ /=.
by rewrite mulrA.
Qed.
Lemma value_at_ge0 L k : (forall s, 0 <= L s) -> forall s, 0 <= value_at L k s.
Proof.
by move=> L0 s; apply: sumr_ge0 => w _; rewrite mulr_ge0 // (target_walk_ge0 wf) // => x; exact: reward_ge0.
Qed.
Lemma value_at_dead L k s : (size s + k = T)%N -> value m (size s) (place s) = 0 -> value_at L k s = 0.
Proof. by move=> skT v0; apply: big1 => w _; rewrite (target_walk_zero wf w skT v0) mul0r. Qed.
Lemma value_at_root L : value_at L T [::] = Z * \sum_w target_path m w * L (leaf_of w).
Proof.
rewrite mulr_sumr; apply: eq_bigr => w _; rewrite /target_path /leaf_of /=.
have [Z0|Z0] := eqVneq Z 0; last by field.
by rewrite (target_walk_zero wf w (add0n T) Z0) !mul0r mulr0.
Qed.

(* ---- Leaves ------------------------------------------------------------------------------------ *)
Lemma size_descend k s (w : walk X k) : size (descend s w) = (size s + k)%N.
Proof. by elim: k s w => [|k IH] s w /=; rewrite ?addn0 // IH addSnnS. Qed.
Lemma place_descend k s (w : walk X k) : place (descend s w) = walk_end (place s) w.
Proof. by elim: k s w => [|k IH] s w //=; rewrite IH. Qed.
Lemma target_walk_reward k t x (w : walk X k) : target_walk m t x w != 0 -> phi (walk_end x w) != 0.
Proof. by elim: k t x w => [|k IH] t x w //=; rewrite mulf_eq0 negb_or => /andP[_ /IH]. Qed.
Lemma leaf_of_leaf (w : walk X T) : leaf (leaf_of w).
Proof. by rewrite /leaf size_descend. Qed.
Lemma worth_leaf (w : walk X T) : worth (leaf_of w) = phi (walk_end (root m) w).
Proof. by rewrite /worth (eqP (leaf_of_leaf w)) (twist_horizon wf) place_descend. Qed.
Hypothesis T_gt0 : (0 < T)%N.
Lemma leaf_back s : leaf s -> back s = worth s.
Proof. by case: s => // /eqP T0; have := T_gt0; rewrite -T0. Qed.
Lemma leaf_degree s : leaf s -> degree s = worth s.
Proof. by move=> ls; rewrite /degree leaf_back // /down (eqP ls) ltnn addr0. Qed.
Lemma move_leaf H s : leaf s -> worth s != 0 -> moved H s = H (behead s).
Proof. by move=> ls w0; rewrite /moved leaf_degree // leaf_back // /onward (eqP ls) ltnn addr0 mulrAC divff ?mul1r. Qed.
End Backtracking.

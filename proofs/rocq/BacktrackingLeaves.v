(* S18 -- the chain of leaves of the backtracking walk: reversible with respect to the target; and the walk does arrive.

   <f, g> = sum over the nodes of prod (M psi) degree f g.  A step is its own adjoint: <f, moved g> and <moved f, g> are both the sum over the
   edges s -> y of way(s, y) (f(y) g(s) + f(s) g(y)).  So are the steps that meet no leaf between, whatever their number, and
     E_pi[F (mean of G at the next leaf, if it comes within k steps)]   is symmetric in F and G, at every k.
   Of k steps every one is taken or the visits are made: k <= E min(k, steps) + k P(made), so that the visits are made within k steps
   with probability at least 1 - kappa (S (J+1) - 1)/k from the root, and 1 - S (J+1)/k from a leaf of the target. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Paths PathFormula Backtracking BacktrackingBounds.
From BellmanSMC Require Starts.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Leaves.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation V := (twist m).
Local Notation Z := (normaliser m).
Local Notation node := (seq X).
Local Notation worth := (worth m).
Local Notation step_down := (step_down m).
Local Notation degree := (degree m).
Local Notation back := (back m).
Local Notation way := (way m).
Local Notation leaf := (leaf m).
Local Notation moved := (moved m).
Local Notation run := (run m).
Local Notation pi_mean L := (\sum_w target_path m w * L (leaf_of w)).
Implicit Types (s : node) (y : X) (k t i J : nat) (f g F G H : node -> R).
Hypothesis wf : well_formed m.
Hypothesis T_gt0 : (0 < T)%N.
Let nil : node := [::].

Lemma move_ext f g : f =1 g -> moved f =1 moved g.
Proof. by move=> fg s; rewrite /moved /onward fg; case: ifP => // _; congr ((_ + _) * _); apply: eq_bigr => y _; rewrite fg. Qed.
Lemma move_add f g s : moved (fun s' => f s' + g s') s = moved f s + moved g s.
Proof.
rewrite /moved -mulrDl; congr (_ * _); rewrite mulrDr addrACA; congr (_ + _); rewrite /onward.
by case: ifP => _; rewrite ?addr0 // -big_split; apply: eq_bigr => y _; exact: mulrDr.
Qed.
Lemma move_scale c f s : moved (fun s' => c * f s') s = c * moved f s.
Proof.
rewrite /moved [c * (_ / _)]mulrA; congr (_ * _); rewrite mulrDr mulrCA; congr (_ + _); rewrite /onward.
by case: ifP => _; rewrite ?mulr0 // mulr_sumr; apply: eq_bigr => y _; exact: mulrCA.
Qed.

(* ---- Sums over the nodes of a level -------------------------------------------------- *)
Fixpoint below k f s : R := if k is k'.+1 then \sum_y step_down s y * below k' f (y :: s) else f s.
Lemma below_ext k f g s : (forall s', size s' = (size s + k)%N -> f s' = g s') -> below k f s = below k g s.
Proof.
elim: k s => [|k IH] s fg /=; first by rewrite fg ?addn0.
by apply: eq_bigr => y _; rewrite IH // => s' /=; rewrite addSnnS; exact: fg.
Qed.
Lemma below_last k f s : below k.+1 f s = below k (fun s' => \sum_y step_down s' y * f (y :: s')) s.
Proof. by elim: k s => [|k IH] s //; apply: eq_bigr => y _; congr (_ * _); exact: IH. Qed.
Lemma below_add k f g s : below k (fun s' => f s' + g s') s = below k f s + below k g s.
Proof. by elim: k s => [|k IH] s //=; rewrite -big_split; apply: eq_bigr => y _; rewrite IH mulrDr. Qed.
Lemma below_value F k s : (size s + k = T)%N -> below k (fun s' => worth s' * F s') s = value_at m F k s.
Proof.
elim: k s => [|k IH] s skT; first by rewrite value_at0 -(twist_horizon wf) -skT addn0.
by rewrite value_atS /=; apply: eq_bigr => y _; rewrite IH // addSnnS.
Qed.

(* ---- A step is its own adjoint ----------------------------------------------------------- *)
Definition pairing f g : R := \sum_(0 <= t < T.+1) below t (fun s => degree s * (f s * g s)) nil.
Definition edges f g : R := \sum_(0 <= t < T) below t (fun s => \sum_y way s y * (f (y :: s) * g s)) nil.
Lemma pairing_sym f g : pairing f g = pairing g f.
Proof. by apply: eq_bigr => t _; apply: below_ext => s _; rewrite [f s * _]mulrC. Qed.
Lemma pairing_move f g : pairing f (moved g) = edges f g + edges g f.
Proof.
rewrite /pairing (eq_bigr (fun t => below t (fun s => back s * (f s * g (behead s))) nil
  + below t (fun s => f s * onward m g s) nil)) => [|t _]; last first.
  rewrite -below_add; apply: below_ext => s _.
  by rewrite mulrCA (degree_move wf) mulrDr mulrCA.
rewrite big_split; congr (_ + _).
  rewrite big_nat_recl //= mul0r add0r; apply: eq_bigr => t _; rewrite -/(below t.+1 _ nil) below_last.
  by apply: below_ext => s _; apply: eq_bigr => y _; rewrite /way /= !mulrA.
rewrite big_nat_recr //= [X in _ + X](_ : _ = 0) ?addr0.
  rewrite big_nat /edges [RHS]big_nat; apply: eq_bigr => t /andP[_ tT]; apply: below_ext => s; rewrite add0n => st.
  by rewrite /onward st tT mulr_sumr; apply: eq_bigr => y _; ring.
rewrite (below_ext (g := fun=> 0)) => [|s]; last by rewrite add0n /onward => ->; rewrite ltnn mulr0.
by elim: T nil => [|k IH] s //=; rewrite big1 // => y _; rewrite IH mulr0.
Qed.
Lemma move_adjoint f g : pairing f (moved g) = pairing g (moved f).
Proof. by rewrite !pairing_move addrC. Qed.

Definition inner f s : R := if leaf s then 0 else f s.
Definition ends f s : R := if leaf s then f s else 0.
Lemma pairing_inner f g : pairing f (inner g) = pairing (inner f) g.
Proof. by apply: eq_bigr => t _; apply: below_ext => s _; rewrite /inner; case: ifP; rewrite ?mul0r ?mulr0. Qed.
(* i steps that meet no leaf, then one more *)
Fixpoint taboo i g : node -> R := if i is i'.+1 then moved (inner (taboo i' g)) else moved g.
Lemma taboo_first i g : taboo i (inner (moved g)) =1 taboo i.+1 g.
Proof. by elim: i => [|i IH] s //=; apply: move_ext => s'; rewrite /inner; case: ifP => // _; exact: IH. Qed.
Lemma taboo_adjoint i : forall f g, pairing f (taboo i g) = pairing g (taboo i f).
Proof.
elim: i => [|i IH] f g /=; first exact: move_adjoint.
rewrite move_adjoint -pairing_inner pairing_sym IH; apply: eq_bigr => t _; apply: below_ext => s _.
by rewrite (taboo_first i f s).
Qed.
Lemma run0_step F k s : run 0 F k.+1 0 s = moved (fun s' => ends F s' + inner (run 0 F k 0) s') s.
Proof. by rewrite run_step add0r; apply: move_ext => s'; rewrite /ends /inner; case: ifP; rewrite ?addr0 ?add0r. Qed.
Lemma run_last F k s : run 0 F k.+1 0 s = run 0 F k 0 s + taboo k (ends F) s.
Proof.
elim: k s => [|k IH] s; rewrite run0_step.
  by rewrite add0r; apply: move_ext => s'; rewrite /inner; case: ifP; rewrite /= addr0.
rewrite (run0_step F k) -[taboo k.+1 _ s]/(moved (inner (taboo k (ends F))) s) -move_add; apply: move_ext => s'.
by rewrite /inner; case: ifP => _; rewrite ?addr0 // IH addrA.
Qed.
Lemma pairing_add f g h : pairing f (fun s => g s + h s) = pairing f g + pairing f h.
Proof. by rewrite -big_split; apply: eq_bigr => t _ /=; rewrite -below_add; apply: below_ext => s _; rewrite !mulrDr. Qed.
Lemma pairing_ends f h : pairing (ends f) h = Z * pi_mean (fun l => f l * h l).
Proof.
rewrite /pairing big_nat_recr //= big_nat big1 ?add0r => [|t /andP[_ tT]]; last first.
  rewrite (below_ext (g := fun=> 0)) => [|s]; last first.
    by rewrite add0n /ends /leaf => ->; rewrite ltn_eqF // mul0r mulr0.
  by elim: t nil tT => [|k IH] s kT //=; rewrite big1 // => y _; rewrite IH ?mulr0 // ltnW.
rewrite -(value_at_root wf (fun l => f l * h l)) -below_value //; apply: below_ext => s; rewrite add0n => /eqP ls.
by rewrite (leaf_degree T_gt0 ls) /ends /leaf ls.
Qed.
Hypothesis Z_neq0 : Z != 0.
Theorem S18_reversible F G k : pi_mean (fun l => F l * run 0 G k 0 l) = pi_mean (fun l => G l * run 0 F k 0 l).
Proof.
apply: (mulfI Z_neq0); rewrite -!pairing_ends; elim: k => [|k IH].
  by apply: eq_bigr => t _; apply: below_ext => s _; rewrite /= !mulr0.
have last f h : pairing (ends f) (run 0 h k.+1 0) = pairing (ends f) (run 0 h k 0) + pairing (ends f) (taboo k (ends h)).
  by rewrite -pairing_add; apply: eq_bigr => t _; apply: below_ext => s _; rewrite run_last.
by rewrite !last IH taboo_adjoint.
Qed.

(* ---- Walks by their leaves ------------------------------------------------------------------- *)
Lemma descend_inj k : forall s s' (w w' : walk X k), size s = size s' -> descend s w = descend s' w' -> s = s' /\ w = w'.
Proof.
elim: k => [|k IH] s s' w w' same /=; first by case: w; case: w'.
case: w w' => [y w] [y' w'] /= /IH; rewrite /= same => /(_ erefl)[[-> ->] ->].
by [].
Qed.
Lemma pi_mean_leaf (w : walk X T) : pi_mean (fun l => (l == leaf_of w)%:R) = target_path m w.
Proof.
rewrite (bigD1 w) //= eqxx mulr1 big1 ?addr0 // => w' ww'; case: eqP; rewrite ?mulr0 //.
by move=> /(descend_inj (erefl _))[_ E]; rewrite E eqxx in ww'.
Qed.
Theorem S18_detailed_balance k (w w' : walk X T) :
  target_path m w * run 0 (fun l => (l == leaf_of w')%:R) k 0 (leaf_of w)
  = target_path m w' * run 0 (fun l => (l == leaf_of w)%:R) k 0 (leaf_of w').
Proof.
have at_leaf v h : pi_mean (fun l => (l == leaf_of v)%:R * h l) = target_path m v * h (leaf_of v).
  rewrite -pi_mean_leaf mulr_suml; apply: eq_bigr => v' _; case: eqP => [->|_]; rewrite ?mul1r ?mulr1 //.
  by rewrite mul0r !mulr0 mul0r.
have := S18_reversible (fun l => (l == leaf_of w)%:R) (fun l => (l == leaf_of w')%:R) k.
by rewrite (at_leaf w (run 0 _ k 0)) (at_leaf w' (run 0 _ k 0)).
Qed.

(* ---- The walk arrives --------------------------------------------------------------------------- *)
Hypothesis keeps : no_kill m.
(* nodes that a walk from the root can visit *)
Fixpoint on_tree s : bool := if s is y :: s' then [&& on_tree s', (size s' < T)%N & 0 < way s' y] else true.
Lemma on_tree_live s : on_tree s -> live m (size s) (place m s).
Proof. by elim: s => [|y s IH] /=; [move=> _; exact: eqxx | move=> /and3P[/IH ls _ w0]; exact: (live_edge_end ls w0)]. Qed.
Lemma way_worth s y : 0 < way s y -> 0 < worth (y :: s).
Proof.
move=> w0; rewrite lt_neqAle eq_sym (twist_ge0 wf) andbT; apply: contraTneq w0 => v0.
by rewrite /way -[V _ _]/(worth (y :: s)) v0 mulr0 ltxx.
Qed.
Lemma degree_gt0 s : on_tree s -> 0 < degree s.
Proof.
case: s => [_|y s /and3P[_ _ /way_worth v0]]; last first.
  by apply: ltr_paddr; [exact: down_ge0 | exact: v0].
rewrite lt_neqAle eq_sym (degree_ge0 wf) andbT; apply: contraNneq Z_neq0 => d0.
have ZE : Z = \sum_y step_down nil y * value m 1 y := @true_value_step _ _ m nil T_gt0.
have sum0 : \sum_y way nil y = 0 by move: d0; rewrite /degree /down T_gt0 /= add0r.
have ways0 y : way nil y = 0.
  have /eqP := sum0; rewrite psumr_eq0 => [/allP/(_ y (mem_index_enum y))/eqP //|u _]; exact: way_ge0.
rewrite ZE big1 // => y _; have [->|dy] := eqVneq (step_down nil y) 0; first by rewrite mul0r.
have v0 : worth [:: y] = 0.
  by have /eqP := ways0 y; rewrite /way mulf_eq0 (negbTE dy) /= => /eqP.
by have := @child_dead _ _ m wf keeps nil y T_gt0 (eqxx _) dy v0 => /= ->; rewrite mulr0.
Qed.
Lemma move_on_tree H H' s : on_tree s -> (forall s', on_tree s' -> H s' <= H' s') -> moved H s <= moved H' s.
Proof.
move=> os HH; rewrite /moved ler_wpmul2r ?invr_ge0 ?(degree_ge0 wf) //; apply: ler_add.
  case: s os => [|y s] /=; rewrite ?mul0r // => /and3P[os _ _].
  by rewrite ler_wpmul2l ?(twist_ge0 wf) ?HH.
rewrite /onward; case: ifP => // sT; apply: ler_sum => y _; have [->|w0] := eqVneq (way s y) 0; first by rewrite !mul0r.
by rewrite ler_wpmul2l ?(way_ge0 wf) // HH //= os sT lt_neqAle eq_sym w0 way_ge0.
Qed.
Lemma move_const c s : on_tree s -> moved (fun=> c) s = c.
Proof.
move=> os; have E : back s * c + onward m (fun=> c) s = degree s * c.
  by rewrite [RHS]mulrDl; congr (_ + _); rewrite /onward /down; case: ifP => _; rewrite ?mul0r // mulr_suml.
by rewrite /Backtracking.moved E mulrC mulKf // gt_eqF // degree_gt0.
Qed.
Lemma steps_or_made k : forall J s, on_tree s -> k%:R <= run 1 (fun=> 0) k J s + k%:R * run 0 (fun=> 1) k J s.
Proof.
elim: k => [|k IH] J s os; first by rewrite mul0r addr0.
rewrite !run_step add0r -addrA -move_scale -move_add -addn1 natrD [X in X <= _]addrC ler_add2l.
rewrite -[X in X <= _](move_const _ os); apply: (move_on_tree os) => s' os'.
have more J' : k%:R <= run 1 (fun=> 0) k J' s' + (k%:R + 1) * run 0 (fun=> 1) k J' s'.
  apply: le_trans (IH J' s' os') _; rewrite ler_add2l ler_wpmul2r ?ler_addl ?ler01 //; apply: run_ge0 => // *; exact: ler01.
by case: ifP => // _; case: J => [|J] //=; rewrite add0r mulr1 ler_addl ler01.
Qed.
Lemma leaf_on_tree k : forall s (w : walk X k), (size s + k = T)%N -> on_tree s ->
  target_walk m (size s) (place m s) w != 0 -> on_tree (descend s w).
Proof.
elim: k => [|k IH] s w skT os //=; case: w => y w /=; rewrite mulf_eq0 negb_or => /andP[d0 w0].
have sT : (size s < T)%N by rewrite -skT addnS ltnS leq_addr.
have skT' : (size (y :: s) + k = T)%N by rewrite /= addSnnS.
apply: (IH (y :: s) w skT') => //=; rewrite os sT lt_neqAle eq_sym (way_ge0 wf) andbT mulf_neq0 //=.
apply: contraNneq w0 => v0; apply/eqP; apply: (target_walk_zero wf w skT').
exact: (child_dead wf keeps sT (on_tree_live os) d0 v0).
Qed.

Let share (a c n : R) : 0 < n -> (1 - c / n <= a) = (n <= c + n * a).
Proof. by move=> n0; rewrite -(ler_pmul2l n0) mulrBr mulr1 mulrCA divff ?gt_eqF // mulr1 ler_subl_addr addrC. Qed.
Local Notation S := (visit_cost m).
Theorem S18_arrives k J : (0 < k)%N -> 1 - kappa m * (S * J.+1%:R - 1) / k%:R <= run 0 (fun=> 1) k J nil.
Proof.
move=> k0; have k1 : 0 < k%:R :> R by rewrite ltr0n.
have := @S18_from_root R X m wf keeps T_gt0 Z_neq0 1 (fun=> 0) ler01 (fun=> lexx 0) k J.
rewrite big1 => [|w _]; last exact: mulr0.
rewrite addr0 mul1r share // => cost.
apply: le_trans (steps_or_made k J (isT : on_tree nil)) _; rewrite ler_add2r; exact: cost.
Qed.
Theorem S18_returns k J : (0 < k)%N -> 1 - S * J.+1%:R / k%:R <= pi_mean (run 0 (fun=> 1) k J).
Proof.
move=> k0; have k1 : 0 < k%:R :> R by rewrite ltr0n.
have := @S18_from_leaf R X m wf keeps T_gt0 Z_neq0 1 (fun=> 0) ler01 (fun=> lexx 0) J k.
rewrite [X in _ + X]big1 => [|w _]; last exact: mulr0.
rewrite addr0 mul1r share // => cost.
have law := Starts.target_path_law wf Z_neq0.
apply: (@le_trans _ _ (pi_mean (fun l => run 1 (fun=> 0) k J l + k%:R * run 0 (fun=> 1) k J l))).
  rewrite -[X in X <= _](mean_const law); apply: (mean_le law) => w w0; apply: steps_or_made.
  move: w0; rewrite mulf_eq0 negb_or => /andP[w0 _]; exact: (@leaf_on_tree T nil w (add0n T) isT w0).
rewrite (eq_bigr (fun w => target_path m w * run 1 (fun=> 0) k J (leaf_of w)
  + k%:R * (target_path m w * run 0 (fun=> 1) k J (leaf_of w)))) => [|w _]; last by rewrite mulrDr mulrCA.
by rewrite big_split /= -mulr_sumr ler_add2r; exact: cost.
Qed.
End Leaves.

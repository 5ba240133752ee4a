(* Paths, the guided particle, and the weight that turns one into the other.

   A walk of k steps from (t, x) is (x_(t+1), ..., x_(t+k)).  From the root:
     target on walks     pi(w)     = prod_t M_t psi_t * phi(x_T) / Z
     guided particle     g(w)      = prod_t M_t psi_t V_(t+1) / (B_t V)
     Bellman product     W(w)      = rho_0(x_0) ... rho_(T-1)(x_(T-1)),   rho_t = (B_t V)/V_t
   Identity proved here: Z pi(w) = V_0 g(w) W(w) for every walk w, provided the twist kills no state of positive
   value; so the importance weight pi/g is W times a constant.  The ends of the walks have the laws of Model.v. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Fixpoint walk (X : finType) (k : nat) : finType :=
  if k is k'.+1 then [finType of X * walk X k'] else [finType of unit].

Section Paths.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation phi := (reward m).
Implicit Types (t k : nat) (x y : X).

(* (B_t V)(x) *)
Definition bellman_image t x : R := \sum_y M t x y * psi t x y * V t.+1 y.
Definition guided_kernel t x y : R := M t x y * psi t x y * V t.+1 y / bellman_image t x.

Fixpoint guided_walk k t x : walk X k -> R :=
  if k is k'.+1 then fun w => guided_kernel t x w.1 * guided_walk t.+1 w.1 w.2 else fun=> 1.
Fixpoint target_walk k t x : walk X k -> R :=
  if k is k'.+1 then fun w => M t x w.1 * psi t x w.1 * target_walk t.+1 w.1 w.2 else fun=> phi x.
Fixpoint bellman_product k t x : walk X k -> R :=
  if k is k'.+1 then fun w => bellman_ratio m t x * bellman_product t.+1 w.1 w.2 else fun=> 1.
Fixpoint walk_end k x : walk X k -> X :=
  if k is k'.+1 then fun w => walk_end w.1 w.2 else fun=> x.

(* the laws from the root *)
Definition guided : walk X T -> R := guided_walk 0 (root m).
Definition target_path (w : walk X T) : R := target_walk 0 (root m) w / normaliser m.
Definition guided_law x : R := \sum_w guided w * (walk_end (root m) w == x)%:R.

Lemma sum_walk k (F : walk X k.+1 -> R) : \sum_w F w = \sum_y \sum_(w : walk X k) F (y, w).
Proof. by rewrite (pair_big predT predT (fun y w => F (y, w))) /=; apply: eq_bigr => -[y w] _. Qed.

Lemma target_walk_sum k (f : X -> R) : forall t x,
  \sum_(w : walk X k) target_walk t x w * f (walk_end x w) = backward m (fun z => phi z * f z) k t x.
Proof.
elim: k => [|k IH] t x; first by rewrite (big_pred1 tt) //= => -[].
rewrite sum_walk /=; apply: eq_bigr => y _; rewrite -IH mulr_sumr.
by apply: eq_bigr => w _; rewrite mulrA.
Qed.

(* the end of a target walk has the target law *)
Lemma target_path_end x : \sum_w target_path w * (walk_end (root m) w == x)%:R = target m x.
Proof.
rewrite /target /value_of subn0 -target_walk_sum mulr_suml.
by apply: eq_bigr => w _; rewrite /target_path mulrAC.
Qed.

Lemma target_walk_value k t x : (t + k = T)%N -> \sum_(w : walk X k) target_walk t x w = value m t x.
Proof.
move=> tkT; rewrite -value_of1 /value_of -tkT addKn -target_walk_sum.
by apply: eq_bigr => w _; rewrite mulr1.
Qed.

Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.

Lemma target_walk_ge0 k : (forall x, 0 <= phi x) -> forall t x (w : walk X k), 0 <= target_walk t x w.
Proof.
move=> phi0; elim: k => [|k IH] t x w /=; first exact: phi0.
by rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf).
Qed.

Lemma reward_ge0 x : 0 <= phi x.
Proof. by rewrite -(twist_horizon wf) (twist_ge0 wf). Qed.

Lemma target_walk_zero k t x (w : walk X k) : (t + k = T)%N -> value m t x = 0 -> target_walk t x w = 0.
Proof.
move=> tkT; rewrite -(target_walk_value x tkT) => /eqP.
rewrite psumr_eq0 => [/allP/(_ w (mem_index_enum w))/eqP //|w' _].
exact: target_walk_ge0 reward_ge0 _ _ _.
Qed.

(* rho > 0 on live states: the guided particle can always move *)
Definition ratio_positive := forall t x, (t < T)%N -> live m t x -> 0 < bellman_ratio m t x.
Hypothesis rho_gt0 : ratio_positive.

Lemma bellman_imageE t x : live m t x -> bellman_image t x = bellman_ratio m t x * V t x.
Proof. by move=> lx; rewrite /bellman_ratio divfK // gt_eqF // (live_twist_gt0 wf lx). Qed.

Lemma bellman_image_gt0 t x : (t < T)%N -> live m t x -> 0 < bellman_image t x.
Proof. by move=> tT lx; rewrite bellman_imageE // mulr_gt0 ?(live_twist_gt0 wf lx) // rho_gt0. Qed.

Lemma guided_kernel_ge0 t x y : (t < T)%N -> live m t x -> 0 <= guided_kernel t x y.
Proof.
move=> tT lx; rewrite divr_ge0 ?(ltW (bellman_image_gt0 tT lx)) //.
by rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?(twist_ge0 wf).
Qed.

Lemma live_edge_end t x y : live m t x -> 0 < M t x y * psi t x y * V t.+1 y -> live m t.+1 y.
Proof. by move=> lx c0; apply/existsP; exists x; apply/andP. Qed.

Lemma guided_kernel_live t x y : live m t x -> guided_kernel t x y != 0 -> live m t.+1 y.
Proof.
move=> lx; rewrite mulf_eq0 negb_or => /andP[c0 _]; apply: live_edge_end lx _.
rewrite lt_neqAle eq_sym c0 /=.
by rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?(twist_ge0 wf).
Qed.

Lemma guided_walk_law k : forall t x, (t + k = T)%N -> live m t x ->
  is_law (fun w : walk X k => guided_walk t x w).
Proof.
elim: k => [|k IH] t x tkT lx; first by split=> [w|]; rewrite /= ?ler01 // (big_pred1 tt) // => -[].
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
split=> [[y w]|] /=.
  have [->|K0] := eqVneq (guided_kernel t x y) 0; first by rewrite mul0r.
  by rewrite mulr_ge0 ?guided_kernel_ge0 //; case: (IH t.+1 y tkT' (guided_kernel_live lx K0)).
rewrite sum_walk /= (eq_bigr (guided_kernel t x)) => [|y _].
  by rewrite -mulr_suml mulfV // gt_eqF // bellman_image_gt0.
rewrite -mulr_sumr; have [->|K0] := eqVneq (guided_kernel t x y) 0; first by rewrite mul0r.
by case: (IH t.+1 y tkT' (guided_kernel_live lx K0)) => _ ->; rewrite mulr1.
Qed.

Lemma guided_is_law : is_law guided.
Proof. by apply: guided_walk_law; rewrite ?add0n //= eqxx. Qed.

(* Z pi = V_0 g W, from any live state *)
Lemma importance_identity k : forall t x (w : walk X k), (t + k = T)%N -> live m t x ->
  target_walk t x w = V t x * guided_walk t x w * bellman_product t x w.
Proof.
elim: k => [|k IH] t x w tkT lx /=; first by rewrite addn0 in tkT; rewrite !mulr1 tkT (twist_horizon wf).
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
case: w => y w /=.
have V0 : V t x != 0 by rewrite gt_eqF // (live_twist_gt0 wf lx).
have B0 : bellman_image t x != 0 by rewrite gt_eqF // bellman_image_gt0.
have [ly|not_ly] := boolP (live m t.+1 y).
  rewrite IH // /guided_kernel bellman_imageE // in B0 *.
  move: B0; rewrite mulf_eq0 negb_or => /andP[rho0 _].
  by field; rewrite V0 rho0.
have K0 : guided_kernel t x y = 0 by apply/eqP; apply: contraNT not_ly; apply: guided_kernel_live.
rewrite K0 !mul0r mulr0 mul0r.
move/eqP: K0; rewrite mulf_eq0 invr_eq0 (negbTE B0) orbF mulf_eq0 => /orP[/eqP->|/eqP V1]; first by rewrite mul0r.
have [->|c_neq0] := eqVneq (M t x y * psi t x y) 0; first by rewrite mul0r.
move: c_neq0; rewrite mulf_eq0 negb_or => /andP[M0 psi0].
rewrite (target_walk_zero w tkT') ?mulr0 // (@keeps t (x, y)) // /live_edge ?lx /= lt_neqAle eq_sym.
  by rewrite M0 (kernel_ge0 wf).
by rewrite psi0 (potential_ge0 wf).
Qed.

Lemma importance_weight w : target_path w = guided w * (V 0 (root m) / normaliser m * bellman_product 0 (root m) w).
Proof.
rewrite /target_path /guided importance_identity ?add0n /= ?eqxx //; ring.
Qed.

(* spread of the Bellman product along the walks of the guided particle *)
Definition level_ratio (r : nat -> R) := forall t x x', (0 < t < T)%N -> live m t x -> live m t x' ->
  bellman_ratio m t x <= r t * bellman_ratio m t x'.

Lemma bellman_product_gt0 k : forall t x (w : walk X k), (t + k = T)%N -> live m t x ->
  guided_walk t x w != 0 -> 0 < bellman_product t x w.
Proof.
elim: k => [|k IH] t x w tkT lx /=; first by rewrite ltr01.
rewrite mulf_eq0 negb_or => /andP[K0 g0].
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
by rewrite mulr_gt0 ?rho_gt0 // IH ?addSnnS // (guided_kernel_live lx K0).
Qed.

Lemma bellman_product_spread r k : level_ratio r -> forall t x x' (w w' : walk X k), (0 < t)%N -> (t + k = T)%N ->
  live m t x -> live m t x' -> guided_walk t x w != 0 -> guided_walk t x' w' != 0 ->
  bellman_product t x w <= (\prod_(t <= s < T) r s) * bellman_product t x' w'.
Proof.
move=> lr; elim: k => [|k IH] t x x' w w' t0 tkT lx lx' /=.
  by rewrite addn0 in tkT; rewrite tkT big_geq ?mul1r.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
rewrite mulf_eq0 negb_or => /andP[K0 g0]; rewrite mulf_eq0 negb_or => /andP[K0' g0'].
have ly := guided_kernel_live lx K0; have ly' := guided_kernel_live lx' K0'.
rewrite big_ltn // mulrACA; apply: ler_pmul.
- exact/ltW/rho_gt0.
- exact/ltW/bellman_product_gt0.
- by apply: lr; rewrite ?t0.
exact: IH.
Qed.

(* from a common start the first factor is shared: level t itself adds no spread *)
Lemma bellman_product_spread_root r k t x (w w' : walk X k) : level_ratio r -> (t + k = T)%N -> live m t x ->
  guided_walk t x w != 0 -> guided_walk t x w' != 0 ->
  bellman_product t x w <= (\prod_(t.+1 <= s < T) r s) * bellman_product t x w'.
Proof.
move=> lr; case: k w w' => [|k] w w' tkT lx /=.
  by rewrite addn0 in tkT; rewrite tkT big_geq ?mul1r.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite mulf_eq0 negb_or => /andP[K0 g0]; rewrite mulf_eq0 negb_or => /andP[K0' g0'].
rewrite mulrCA ler_pmul2l ?rho_gt0 //; apply: bellman_product_spread => //; rewrite ?addSnnS //.
  exact: guided_kernel_live K0.
exact: guided_kernel_live K0'.
Qed.
End Paths.

Arguments guided {R X} m w.
Arguments target_path {R X} m w.
Arguments guided_law {R X} m x.

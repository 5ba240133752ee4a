(* S14.1 -- the second moment along a path, by two lineages of which one is known.

   A walk w = (x_0, ..., x_T) from the root is the lineage of the answer.  Of the other lineage only the weight that it carries is
   asked: free is a measure on the states where it may be.  With G the incremental weights, at every step from t to t+1
     both lineages have one parent with probability 1/N: the free one starts anew at x_(t+1), and x_t's weight counts twice,
     a(t, free) = 1/N G_t(x_t, x_(t+1)) |free| a(t+1, point x_(t+1)) + (1 - 1/N) a(t+1, free M_t G_t),      a(T, free) = |free|.
   For every walk w that its end tells (ends_tell), with U = Zhat/Z,
     S14.1   E[U^2; answer is the end of w] = a(w) pi(w),   a(w) = V_0/Z a(0, point x_0),   so   out(w) >= pi(w)/a(w).
   Zero rewards and states that promise in vain are allowed. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Paths Telescope Normaliser NormaliserBound Certificate Conditional.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* where a walk from x is after q steps *)
Fixpoint visit (X : finType) (k : nat) (x : X) : walk X k -> nat -> X :=
  if k is k'.+1 then fun w q => if q is q'.+1 then visit w.1 w.2 q' else x else fun _ _ => x.

Section PathFormula.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation G := (weight m).
Local Notation Z := (normaliser m).
Implicit Types (t k q : nat) (x y : X) (z : nat -> X) (free f : X -> R).

Definition mass free : R := \sum_x free x.
(* the free lineage goes on by itself *)
Definition push t free y : R := \sum_x free x * (M t x y * G t (x, y)).
(* the recursion along z, k steps before the end *)
Fixpoint along z k t free : R :=
  if k is k'.+1 then
    N%:R^-1 * (G t (z t, z t.+1) * mass free * along z k' t.+1 (point R (z t.+1)))
    + (1 - N%:R^-1) * along z k' t.+1 (push t free)
  else mass free.
Definition lineage (w : walk X T) : R := V 0 (root m) / Z * along (visit (root m) w) T 0 (point R (root m)).

Lemma mass_point x : mass (point R x) = 1.
Proof. by rewrite -[RHS](mean_point (fun=> 1) x); apply: eq_bigr => y _; rewrite mulr1. Qed.
Lemma along_ext z z' k : forall t free, (forall q, (t <= q)%N -> z q = z' q) -> along z k t free = along z' k t free.
Proof.
elim: k => [|k IH] t free zz //=; rewrite !zz //.
by rewrite !(IH t.+1) // => q tq; apply: zz; apply: ltnW.
Qed.
Definition from t x k (w : walk X k) q : X := visit x w (q - t).
Lemma from_step t x y k (w : walk X k) q : (t < q)%N -> from t x ((y, w) : walk X k.+1) q = from t.+1 y w q.
Proof. by rewrite /from => tq; rewrite -[(q - t)%N]prednK ?subn_gt0 //= -subnS. Qed.
Lemma visit0 x k (w : walk X k) : visit x w 0 = x. Proof. by case: k w. Qed.
Lemma along_step x y k (w : walk X k) t free : along (from t x ((y, w) : walk X k.+1)) k.+1 t free
  = N%:R^-1 * (G t (x, y) * mass free * along (from t.+1 y w) k t.+1 (point R y))
    + (1 - N%:R^-1) * along (from t.+1 y w) k t.+1 (push t free).
Proof.
have later nu : along (from t x ((y, w) : walk X k.+1)) k t.+1 nu = along (from t.+1 y w) k t.+1 nu.
  by apply: along_ext => q tq; exact: from_step.
by rewrite /= !later /from subnn subSn // subnn /= visit0.
Qed.
Lemma from_root (w : walk X T) : from 0 (root m) w =1 visit (root m) w.
Proof. by move=> q; rewrite /from subn0. Qed.

Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.

(* what the pair's recursion says of the walks of its first particle *)
Lemma pair_along f k : forall t x free, (t + k = T)%N -> live m t x ->
  \sum_x' free x' * pair_test m N f k t x x'
  = \sum_(w : walk X k) target_walk m t x w / V t x * f (walk_end x w) * along (from t x w) k t free.
Proof.
elim: k => [|k IH] t x free tkT lx.
  have tT : t = T by rewrite -tkT addn0.
  rewrite (big_pred1 tt) => [/=|[]] //; rewrite -(twist_horizon wf) -tT divff ?gt_eqF ?(live_twist_gt0 wf lx) // mul1r.
  by rewrite /mass mulr_sumr; apply: eq_bigr => x' _; rewrite mulrC.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
pose tested y (nu : X -> R) := \sum_x' nu x' * pair_test m N f k t.+1 y x'.
transitivity (\sum_y M t x y * G t (x, y) * (N%:R^-1 * (G t (x, y) * mass free * tested y (point R y))
    + (1 - N%:R^-1) * tested y (push t free))).
  rewrite /= (eq_bigr (fun x' => \sum_y (N%:R^-1 * (M t x y * G t (x, y) ^+ 2 * pair_test m N f k t.+1 y y) * free x'
    + (1 - N%:R^-1) * (M t x y * G t (x, y) * \sum_y' free x' * (M t x' y' * G t (x', y')) * pair_test m N f k t.+1 y y')))) => [|x' _]; last first.
    rewrite big_split /= mulrDr; congr (_ + _); first by rewrite -mulr_suml -mulr_sumr mulrC.
    rewrite -mulr_sumr mulrCA; congr (_ * _); rewrite mulr_sumr; apply: eq_bigr => y _.
    by rewrite mulr_sumr [in RHS]mulr_sumr; apply: eq_bigr => y' _; ring.
  rewrite exchange_big; apply: eq_bigr => y _ /=; rewrite big_split /= mulrDr; congr (_ + _).
    rewrite -mulr_sumr -/(mass free) /tested (_ : \sum_x' _ = pair_test m N f k t.+1 y y); last exact: (mean_point (pair_test m N f k t.+1 y)).
    by ring.
  rewrite -mulr_sumr -mulr_sumr mulrCA; congr (_ * (_ * _)); rewrite exchange_big /tested; apply: eq_bigr => y' _ /=.
  by rewrite /push mulr_suml.
rewrite sum_walk; apply: eq_bigr => y _.
have [Mw0|Mw0] := eqVneq (M t x y * G t (x, y)) 0.
  rewrite Mw0 mul0r big1 // => w _ /=.
  by rewrite -(walk_step wf keeps y w tkT lx) mulrA Mw0 !mul0r.
have ly : live m t.+1 y.
  move: Mw0; rewrite mulf_eq0 negb_or => /andP[M0 G0]; apply: (live_step wf (e := (x, y))) G0.
  by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
rewrite /tested !(IH t.+1 y _ tkT' ly); have [c cE] : exists c, mass free = c by exists (mass free).
rewrite cE !mulr_sumr -big_split [LHS]mulr_sumr; apply: eq_bigr => w _.
rewrite along_step cE /= -(walk_step wf keeps y w tkT lx); move: (along _ _ _ _) (along _ _ _ _) => a b; ring.
Qed.

Hypothesis Z_neq0 : Z != 0.
Hypothesis tell : ends_tell m.
Variable w : walk X T.
Hypothesis w_neq0 : target_path m w != 0.
Local Notation answer := (walk_end (root m) w).

Lemma target_end : target m answer = target_path m w.
Proof.
rewrite -target_path_end -[RHS]mulr1 -(only_walk _ tell w_neq0); apply: eq_bigr => v _.
by rewrite mulr1.
Qed.

Theorem S14_path : (0 < N)%N -> second_moment m N answer = lineage w * target_path m w.
Proof.
move=> N_gt0; rewrite /second_moment (tested_second_moment wf N_gt0) mulrC.
rewrite -(mean_point (pair_test m N (fun y => (y == answer)%:R) T 0 (root m)) (root m)) /mean.
rewrite (pair_along _ (point R (root m)) (add0n T)) ?/= ?eqxx //.
transitivity (\sum_v target_path m v * (walk_end (root m) v == answer)%:R * lineage v); last by rewrite (only_walk _ tell w_neq0) mulrC.
rewrite mulr_sumr mulr_sumr; apply: eq_bigr => v _; rewrite /lineage /target_path (along_ext (z' := visit (root m) v)) => [|q _]; last first.
  exact: from_root.
by move: (along _ _ _ _) (_ == _)%:R => a b; field; rewrite Z_neq0 gt_eqF // (twist_root_gt0 wf).
Qed.

Theorem S14_out : (0 < N)%N -> target_path m w / lineage w <= smc_law m N (Some answer).
Proof.
move=> N_gt0; apply: le_trans (S10_state wf keeps N_gt0 Z_neq0 answer).
rewrite /certified target_end (S14_path N_gt0); move: (lineage w) (target_path m w) w_neq0 => l p p0.
by rewrite invfM expr2 mulrACA mulfV // mulr1.
Qed.
End PathFormula.

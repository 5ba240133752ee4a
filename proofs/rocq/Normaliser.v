(* S5 -- mean and variance of the estimate of the normaliser.

   Zhat = V_0(x_0) prod_t mean(G_t) is the product of the mean weights along the run; it is 0 on a dead run.
     unbiased     E[Zhat] = Z                                             for every N >= 1
     recursion    E[Zhat^2] = V_0^2 P_0(x_0,x_0),  P_T = 1,
                  P_t(x,x') = 1/N sum_y M(x,y) G(x,y)^2 P_(t+1)(y,y)
                            + (1-1/N) sum_y sum_y' M(x,y) G(x,y) M(x',y') G(x',y') P_(t+1)(y,y')
     bound        E[(Zhat/Z)^2] <= prod_p (1 + (b_p - 1)/N)   when  Qbar_p(e) <= b_p u_(p-1)(x) on live states
     count        N >= (1 + 1/delta) sum_p (b_p - 1)  gives  E[(Zhat/Z)^2] <= 1 + delta
   Zero weights are allowed throughout.  With Bellman error eps and G <= L, b_p = L (1+eps)^(2(T-p)+1). *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Bellman Telescope.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Lemma mean2E (R : realFieldType) (A : finType) (k : A -> R) (q : A -> A -> R) :
  mean2 k q = mean k (fun x => mean k (q x)).
Proof. by apply: eq_bigr => x _; rewrite /mean mulr_sumr; apply: eq_bigr => x' _; rewrite mulrA. Qed.

Lemma mean_point (R : realFieldType) (A : finType) (f : A -> R) a : mean (point R a) f = f a.
Proof.
rewrite /mean /point (bigD1 a) //= eqxx mul1r big1 ?addr0 // => x /negbTE ->.
by rewrite mul0r.
Qed.

Section Normaliser.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation G := (weight m).
Local Notation u := (value_ratio m).
Implicit Types (t k : nat) (x y : X) (e : X * X) (nu f : X -> R).

(* E[F(Zhat)] when the product so far is z, k steps remain and parents are drawn from nu *)
Fixpoint estimate_from (F : R -> R) k t nu (z : R) : R :=
  if k is k'.+1 then
    cmean (mutate m t nu) (fun y : cloud N (X * X) =>
      if total m t y == 0 then F 0
      else estimate_from F k' t.+1 (resample m t y) (z * (total m t y / N%:R)))
  else F z.
Definition estimate_mean (F : R -> R) : R := estimate_from F T 0 (point R (root m)) (V 0 (root m)).
(* E[F(Zhat) f(output)], a dead run counting as 0 *)
Fixpoint tested_from (F : R -> R) f k t nu (z : R) : R :=
  if k is k'.+1 then
    cmean (mutate m t nu) (fun y : cloud N (X * X) =>
      if total m t y == 0 then 0
      else tested_from F f k' t.+1 (resample m t y) (z * (total m t y / N%:R)))
  else F z * mean nu f.
Definition tested_mean (F : R -> R) f : R := tested_from F f T 0 (point R (root m)) (V 0 (root m)).

Hypothesis wf : well_formed m.
Hypothesis N_gt0 : (0 < N)%N.
Let nR : N%:R != 0 :> R. Proof. by rewrite pnatr_eq0 -lt0n. Qed.
Let nu_gt0 : 0 < (N%:R)^-1 :> R. Proof. by rewrite invr_gt0 ltr0n. Qed.

Lemma total0_weight t (y : cloud N (X * X)) i : total m t y = 0 -> G t (y i) = 0.
Proof.
move=> /eqP; rewrite psumr_eq0 => [/allP/(_ i (mem_index_enum i))/eqP //|j _]; exact: weight_ge0.
Qed.

Lemma total_resample t (y : cloud N (X * X)) f :
  total m t y * mean (resample m t y) f = \sum_i G t (y i) * f (y i).2.
Proof.
have [tot0|tot0] := eqVneq (total m t y) 0; last by rewrite mean_resample mulrCA mulfV ?mulr1.
by rewrite tot0 mul0r big1 // => i _; rewrite total0_weight ?mul0r.
Qed.

Lemma total_resample2 t (y : cloud N (X * X)) (q : X -> X -> R) :
  total m t y ^+ 2 * mean2 (resample m t y) q = \sum_i \sum_j G t (y i) * G t (y j) * q (y i).2 (y j).2.
Proof.
rewrite mean2E expr2 -mulrA total_resample mulr_sumr; apply: eq_bigr => i _.
rewrite mulrCA total_resample mulr_sumr; apply: eq_bigr => j _.
by rewrite mulrA.
Qed.

(* ---- Second moment: two particles, traced backwards ---------------------- *)
(* a test f is read at the end of the first particle *)
Fixpoint pair_test f k t x x' : R :=
  if k is k'.+1 then
    N%:R^-1 * (\sum_y M t x y * G t (x, y) ^+ 2 * pair_test f k' t.+1 y y)
    + (1 - N%:R^-1) * (\sum_y \sum_y' M t x y * G t (x, y) * (M t x' y' * G t (x', y')) * pair_test f k' t.+1 y y')
  else f x.
Definition pair_moment := pair_test (fun=> 1).

Lemma mean2_mutate t nu (q : X * X -> X * X -> R) : mean2 (mutate m t nu) q
  = mean nu (fun x => mean nu (fun x' => \sum_y \sum_y' M t x y * M t x' y' * q (x, y) (x', y'))).
Proof.
rewrite mean2E mean_mutate; apply: eq_bigr => x _; congr (_ * _).
rewrite mean_sum; apply: eq_bigr => y _; rewrite mean_mutate -mean_scale; apply: eq_bigr => x' _.
by congr (_ * _); rewrite mulr_sumr; apply: eq_bigr => y' _; rewrite mulrA.
Qed.

Lemma second_moment_from f k : forall t nu z, (t + k = T)%N -> live_law m t nu ->
  tested_from (fun z => z ^+ 2) f k t nu z = z ^+ 2 * mean2 nu (pair_test f k t).
Proof.
elim: k => [|k IH] t nu z tkT nu_live /=; have nu_law := proj1 nu_live.
  by rewrite mean2E; congr (_ * _); apply: mean_ext => x _; rewrite mean_const.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have mu_law := mutate_law wf tT nu_live; set P := pair_test f k t.+1.
transitivity (cmean (mutate m t nu) (fun y : cloud N (X * X) =>
    (z / N%:R) ^+ 2 * \sum_i \sum_j G t (y i) * G t (y j) * P (y i).2 (y j).2)).
  apply: mean_ext => y ys; rewrite -total_resample2.
  have [->|tot0] := eqVneq (total m t y) 0; first by rewrite !expr0n /= !mul0r mulr0.
  rewrite IH //; last exact: (resample_live wf nu_live ys tot0).
  by rewrite -/P; ring.
rewrite /cmean mean_scale -/(cmean _ _) (particle_pairs N mu_law (fun e e' => G t e * G t e' * P e.2 e'.2)).
pose twin x := \sum_y M t x y * G t (x, y) ^+ 2 * P y y.
pose pair x x' := \sum_y \sum_y' M t x y * G t (x, y) * (M t x' y' * G t (x', y')) * P y y'.
have -> : mean (mutate m t nu) (fun e => G t e * G t e * P e.2 e.2) = mean nu twin.
  by rewrite mean_mutate; apply: mean_ext => x _; apply: eq_bigr => y _; rewrite expr2 !mulrA.
have -> : mean2 (mutate m t nu) (fun e e' => G t e * G t e' * P e.2 e'.2) = mean nu (fun x => mean nu (pair x)).
  rewrite mean2_mutate; apply: mean_ext => x _; apply: mean_ext => x' _.
  by apply: eq_bigr => y _; apply: eq_bigr => y' _ /=; ring.
have -> : mean2 nu (fun x x' => N%:R^-1 * twin x + (1 - N%:R^-1) * pair x x')
          = N%:R^-1 * mean nu twin + (1 - N%:R^-1) * mean nu (fun x => mean nu (pair x)).
  rewrite mean2E -!mean_scale -mean_add; apply: mean_ext => x _.
  by rewrite mean_add mean_const // mean_scale.
by field.
Qed.

Theorem tested_second_moment f :
  tested_mean (fun z => z ^+ 2) f = V 0 (root m) ^+ 2 * pair_test f T 0 (root m) (root m).
Proof.
rewrite /tested_mean second_moment_from ?add0n //; last exact: point_live.
congr (_ * _); rewrite mean2E -[RHS](mean_point (fun x => pair_test f T 0 x (root m)) (root m)).
by apply: mean_ext => x _; exact: mean_point.
Qed.

(* E[F(Zhat)] has the test 1, when a dead run counts as 0 *)
Lemma estimate_tested F k : F 0 = 0 -> forall t nu z, (t + k = T)%N -> live_law m t nu ->
  estimate_from F k t nu z = tested_from F (fun=> 1) k t nu z.
Proof.
move=> F0; elim: k => [|k IH] t nu z tkT nu_live /=; first by rewrite mean_const ?mulr1 //; exact: (proj1 nu_live).
apply: mean_ext => y ys; have [_|tot0] := eqVneq (total m t y) 0; first exact: F0.
by apply: IH; [rewrite addSnnS | exact: (resample_live wf nu_live ys tot0)].
Qed.

Theorem S5_second_moment :
  estimate_mean (fun z => z ^+ 2) = V 0 (root m) ^+ 2 * pair_moment T 0 (root m) (root m).
Proof. by rewrite -tested_second_moment; apply: estimate_tested; rewrite ?expr0n ?add0n //; exact: point_live. Qed.

(* ---- First moment ---------------------------------------------------------- *)
Hypothesis keeps : no_kill m.

Lemma weight_ratio t e : (t < T)%N -> live_edge m t e -> G t e * u t.+1 e.2 = potential_value m t e.
Proof.
move=> tT le; have [w0|w0] := eqVneq (G t e) 0.
  by rewrite (potential_value_dead wf keeps tT le w0) w0 mul0r.
by rewrite potential_value_split // (live_step wf le w0).
Qed.

Lemma potential_value_mean t x : (t < T)%N -> \sum_y M t x y * potential_value m t (x, y) = u t x.
Proof.
move=> tT; rewrite /value_ratio value_step // mulr_suml; apply: eq_bigr => y _.
by rewrite /potential_value /= !mulrA.
Qed.

(* E[Zhat test(output)] for a test with values in [0,1]: the value V*[g] has phi g for phi *)
Section Test.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g x := test (Some x).

(* the weight of a live edge times V*[g]/V at its end *)
Lemma weight_value t e : (t < T)%N -> live_edge m t e ->
  weight m t e * (value_of m g t.+1 e.2 / V t.+1 e.2) = psi t e.1 e.2 * value_of m g t.+1 e.2 / V t e.1.
Proof.
move=> tT le; rewrite /weight; have [V0|V0] := eqVneq (V t.+1 e.2) 0; last first.
  by move: (V t e.1)^-1 => i; field.
rewrite V0 mulr0 !mul0r; have [->|psi0] := eqVneq (psi t e.1 e.2) 0; first by rewrite !mul0r.
have /andP[lo hi] := value_of_bounds wf test01 t.+1 e.2.
have v0 : value m t.+1 e.2 = 0 by apply: keeps => //; rewrite lt_neqAle eq_sym psi0 (potential_ge0 wf).
have -> : value_of m g t.+1 e.2 = 0 by apply/eqP; rewrite eq_le lo andbT -v0.
by rewrite mulr0 mul0r.
Qed.

Lemma weighted_value k : forall t nu z, (t + k = T)%N -> live_law m t nu ->
  tested_from id g k t nu z = z * mean nu (fun x => value_of m g t x / V t x).
Proof.
elim: k => [|k IH] t nu z tkT nu_live /=.
  congr (_ * _); rewrite addn0 in tkT; apply: mean_ext => x /(proj2 nu_live) lx.
  rewrite tkT in lx *; rewrite value_ofT -(twist_horizon wf) mulrAC mulfV ?mul1r //.
  by rewrite gt_eqF // (live_twist_gt0 wf lx).
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have mu_law := mutate_law wf tT nu_live; pose f x := value_of m g t.+1 x / V t.+1 x.
transitivity (cmean (mutate m t nu) (fun y : cloud N (X * X) => z / N%:R * \sum_i weight m t (y i) * f (y i).2)).
  apply: mean_ext => y ys; rewrite -(total_resample t y f).
  have [->|tot0] := eqVneq (total m t y) 0; first by rewrite mul0r mulr0.
  rewrite (IH t.+1 (resample m t y) _ tkT' (resample_live wf nu_live ys tot0)) -[mean _ _]/(mean _ f).
  by move: (mean _ f) => v; ring.
rewrite /cmean mean_scale -/(cmean _ _) (particle_mean N mu_law (fun e => weight m t e * f e.2)) mulrA divfK //.
congr (_ * _).
transitivity (mean (mutate m t nu) (fun e => psi t e.1 e.2 * value_of m g t.+1 e.2 / V t e.1)).
  by apply: mean_ext => e es; apply: weight_value => //; exact: (mutate_support wf nu_live es).
rewrite mean_mutate; apply: mean_ext => x _ /=.
by rewrite value_of_step // mulr_suml; apply: eq_bigr => y _; rewrite !mulrA.
Qed.

End Test.

Lemma first_moment_from k t nu z : (t + k = T)%N -> live_law m t nu ->
  estimate_from id k t nu z = z * mean nu (u t).
Proof.
have one01 : in01 (fun _ : option X => 1 : R) by move=> o; rewrite ler01 lexx.
move=> tkT nu_live; rewrite estimate_tested // (weighted_value one01) //.
by congr (_ * _); apply: mean_ext => x _; rewrite value_of1.
Qed.

Theorem S5_unbiased : estimate_mean id = normaliser m.
Proof.
rewrite /estimate_mean first_moment_from ?add0n //; last exact: point_live.
by rewrite mean_point /value_ratio mulrC divfK // gt_eqF // (twist_root_gt0 wf).
Qed.
End Normaliser.

(* S13, one step: an entry of a cloud and one more draw change places.

   y_1..y_N and v are iid mu on a finite set.  For every i,
     E G(y, v) = E G(y with v at i, y_i):                                            the exchange.
   With H > 0, max H <= q min H on the support of mu, 0 <= F <= 1, f = H F, g = H (1-F), S = sum_i H(y_i) and
   S_i = S - H(y_i) + H(v):   S <= (1 + (q-1)/N) S_i,   so
     mu(g) E[sum_i f(y_i)/S] = sum_i E[g(v) f(y_i)/S] = sum_i E[g(y_i) f(v)/S_i]
                            <= (1 + (q-1)/N) mu(f) E[sum_i g(y_i)/S].
   With r = mu(f)/mu(H) and R = sum_i f(y_i)/S this bounds odds:
     (1-r) E R <= (1 + (q-1)/N) r (1 - E R),   hence   |E R - r| <= (q-1)/(4N). *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud Functional SelfNormalised OneStep.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- The exchange ----------------------------------------------------------- *)
Section Exchange.
Variables (R : realFieldType) (A : finType) (N : nat) (k : A -> R).
Implicit Types (y : cloud N A) (v : A) (i : 'I_N).

(* the cloud with v for its entry i *)
Definition put y i v : cloud N A := [ffun j => if j == i then v else y j].
Lemma put_at y i v : put y i v i = v. Proof. by rewrite ffunE eqxx. Qed.
Lemma put_twice y i v w : put (put y i v) i w = put y i w.
Proof. by apply/ffunP => j; rewrite !ffunE; case: eqP. Qed.
Lemma put_own y i : put y i (y i) = y.
Proof. by apply/ffunP => j; rewrite ffunE; case: eqP => [->|]. Qed.
Lemma iid_put y i v : iid k (put y i v) * k (y i) = iid k y * k v.
Proof.
rewrite /iid (bigD1 i) // [in RHS](bigD1 i) //= put_at.
rewrite (eq_bigr (fun j => k (y j))) => [|j /negbTE ji]; last by rewrite ffunE ji.
by move: (\prod_(_ | _) _) => p; ring.
Qed.
Lemma sum_put (h : A -> R) y i v : \sum_j h (put y i v j) = \sum_j h (y j) - h (y i) + h v.
Proof.
rewrite (bigD1 i) // [in RHS](bigD1 i) //= put_at.
rewrite (eq_bigr (fun j => h (y j))) => [|j /negbTE ji]; last by rewrite ffunE ji.
by move: (\sum_(_ | _) _) => s; ring.
Qed.

Theorem exchange i (G : cloud N A -> A -> R) :
  cmean k (fun y => mean k (G y)) = cmean k (fun y => mean k (fun v => G (put y i v) (y i))).
Proof.
have asum (F : cloud N A -> A -> R) : cmean k (fun y => mean k (F y)) = \sum_(p : cloud N A * A) iid k p.1 * k p.2 * F p.1 p.2.
  rewrite -(pair_big predT predT (fun y v => iid k y * k v * F y v)) /=; apply: eq_bigr => y _.
  by rewrite mulr_sumr; apply: eq_bigr => v _; rewrite mulrA.
rewrite !asum; pose swap (p : cloud N A * A) := (put p.1 i p.2, p.1 i).
have swapK : involutive swap by move=> [y v]; rewrite /swap /= put_at put_twice put_own.
rewrite (reindex_inj (inv_inj swapK)) /=; apply: eq_bigr => -[y v] _ /=.
by rewrite iid_put.
Qed.
End Exchange.

(* ---- Odds --------------------------------------------------------------------- *)
Section Odds.
Variables (R : realFieldType) (A : finType) (N : nat) (mu : A -> R).
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis mu_law : is_law mu.
Variables H F : A -> R.
Hypothesis H_gt0 : forall x, mu x != 0 -> 0 < H x.
Hypothesis F01 : forall x, mu x != 0 -> 0 <= F x <= 1.
Variable q : R.
Hypothesis H_ratio : range_ratio mu H q.
Implicit Types (y : cloud N A) (v : A) (i : 'I_N).
Let mu_ge0 x : 0 <= mu x. Proof. by case: mu_law. Qed.
Let nR_gt0 : 0 < N%:R :> R. Proof. by rewrite ltr0n. Qed.
Let factor := 1 + (q - 1) / N%:R.
Let total y := particle_sum H y.
Let f x := H x * F x.
Let g x := H x * (1 - F x).

Lemma mass_gt0 : 0 < mean mu H. Proof. exact: mean_gt0 mu_law H_gt0. Qed.
Lemma ratio_ge1 : 1 <= q. Proof. exact: (OneStep.ratio_ge1 mu_law H_gt0 H_ratio). Qed.
Lemma factor_ge1 : 1 <= factor.
Proof. by rewrite ler_addl divr_ge0 ?ler0n // subr_ge0 ratio_ge1. Qed.

Lemma total_gt0 y : iid mu y != 0 -> 0 < total y.
Proof.
move=> ys; rewrite /total /particle_sum (bigD1 (Ordinal N_gt0)) //= ltr_paddr //.
  by apply: sumr_ge0 => i _; apply/ltW/H_gt0/(iid_support i ys).
exact/H_gt0/(iid_support _ ys).
Qed.

(* S <= (1 + (q-1)/N) S_i *)
Lemma total_put y i v : iid mu y != 0 -> mu v != 0 -> total y <= factor * total (put y i v).
Proof.
move=> ys vs; have [j js jmin] := Order.TotalTheory.arg_minP (P := fun x => mu x != 0) H vs.
set a := H j in jmin; have yis := iid_support i ys.
have puts : iid mu (put y i v) != 0.
  by apply: contraNneq (mulf_neq0 ys vs) => p0; rewrite -(iid_put mu y i v) p0 mul0r.
have many : N%:R * a <= total (put y i v) by apply: particle_sum_ge puts => x; exact: jmin.
have one : H (y i) - H v <= (q - 1) * a.
  by rewrite mulrBl mul1r ler_sub ?H_ratio ?jmin.
have more : (q - 1) * a <= (q - 1) / N%:R * total (put y i v).
  rewrite -mulrA ler_wpmul2l ?subr_ge0 ?ratio_ge1 // mulrC ler_pdivl_mulr //.
  by rewrite mulrC.
have -> : total y = total (put y i v) + (H (y i) - H v).
  by rewrite /total /particle_sum sum_put; move: (\sum_j H (y j)) => s; ring.
by rewrite /factor mulrDl mul1r ler_add2l (le_trans one more).
Qed.

Let f_ge0 x : mu x != 0 -> 0 <= f x.
Proof. by move=> xs; case/andP: (F01 xs) => F0 _; rewrite mulr_ge0 // ltW ?H_gt0. Qed.
Let g_ge0 x : mu x != 0 -> 0 <= g x.
Proof. by move=> xs; case/andP: (F01 xs) => _ F1; rewrite mulr_ge0 ?subr_ge0 // ltW ?H_gt0. Qed.

Lemma exchanged : mean mu g * cmean mu (fun y => particle_sum f y / total y)
  <= factor * (mean mu f * cmean mu (fun y => particle_sum g y / total y)).
Proof.
have apart (p s : A -> R) : mean mu p * cmean mu (fun y => particle_sum s y / total y)
  = \sum_i cmean mu (fun y => mean mu (fun v => p v * s (y i) / total y)).
  rewrite /cmean -mean_sum -mean_scale; apply: mean_ext => y _.
  rewrite /particle_sum [X in _ * X]mulr_suml mulr_sumr; apply: eq_bigr => i _.
  by rewrite mulr_suml; apply: eq_bigr => v _; ring.
rewrite !apart mulr_sumr; apply: ler_sum => i _.
rewrite (exchange mu i (fun y v => g v * f (y i) / total y)) /cmean -mean_scale.
apply: (mean_le (iid_law N mu_law)) => y ys; rewrite -mean_scale; apply: (mean_le mu_law) => v vs.
have yis := iid_support i ys; rewrite put_at [g _ * _]mulrC [X in _ <= X]mulrCA.
have puts : iid mu (put y i v) != 0.
  by apply: contraNneq (mulf_neq0 ys vs) => p0; rewrite -(iid_put mu y i v) p0 mul0r.
apply: ler_wpmul2l; first by rewrite mulr_ge0 ?f_ge0 ?g_ge0.
by rewrite ler_pdivl_mulr ?total_gt0 // mulrC ler_pdivr_mulr ?total_gt0 // total_put.
Qed.

Let r := mean mu f / mean mu H.
Let answer := cmean mu (@self_normalised R A N H F).

Lemma other_sum y : iid mu y != 0 -> particle_sum g y / total y = 1 - self_normalised H F y.
Proof.
move=> /total_gt0/lt0r_neq0 S0; rewrite -[1](mulfV S0) -mulrBl; congr (_ / _).
by rewrite /total /particle_sum -sumrB; apply: eq_bigr => i _; rewrite /g; ring.
Qed.
Lemma other_mean : mean mu g = mean mu H - mean mu f.
Proof. by rewrite -mean_sub; apply: mean_ext => x _; rewrite /g /f; ring. Qed.

Theorem odds_step : (1 - r) * answer <= factor * r * (1 - answer).
Proof.
have z0 := mass_gt0; rewrite -(ler_pmul2l z0).
have -> : mean mu H * ((1 - r) * answer) = mean mu g * answer.
  by rewrite other_mean /r; field; rewrite gt_eqF.
have -> : mean mu H * (factor * r * (1 - answer)) = factor * (mean mu f * (1 - answer)).
  by rewrite /r; field; rewrite gt_eqF.
have -> : 1 - answer = cmean mu (fun y => particle_sum g y / total y).
  rewrite -[1](mean_const (iid_law N mu_law)) -mean_sub.
  by apply: mean_ext => y ys; rewrite other_sum.
exact: exchanged.
Qed.
Lemma step_in01 : (0 <= r <= 1) && (0 <= answer <= 1).
Proof.
have z0 := mass_gt0; have unit y : iid mu y != 0 -> 0 <= self_normalised H F y <= 1.
  move=> ys; have S0 := total_gt0 ys; rewrite divr_ge0 ?(ltW S0) //=; last first.
    by apply: sumr_ge0 => i _; exact/f_ge0/(iid_support i ys).
  rewrite ler_pdivr_mulr // mul1r; apply: ler_sum => i _; have yis := iid_support i ys.
  by case/andP: (F01 yis) => _ F1; rewrite ler_pimulr // ltW ?H_gt0.
have iidP := iid_law N mu_law; apply/andP; split; apply/andP; split.
- by rewrite divr_ge0 ?(ltW z0) //; exact: (mean_ge0 mu_law f_ge0).
- by rewrite ler_pdivr_mulr // mul1r -subr_ge0 -other_mean; exact: (mean_ge0 mu_law g_ge0).
- by apply: (mean_ge0 iidP) => y /unit/andP[].
by rewrite -[X in _ <= X](mean_const iidP); apply: (mean_le iidP) => y /unit/andP[].
Qed.
End Odds.

(* odds within a factor 1 + e of each other: the difference is at most e/4 *)
Lemma odds_gap (R : realFieldType) (e x y : R) : 0 <= e -> 0 <= x -> (1 - x) * y <= (1 + e) * x * (1 - y) ->
  y - x <= e / 4%:R.
Proof.
move=> e0 x0 near; have D0 : 0 < 1 + e * x by rewrite ltr_paddr ?ltr01 // mulr_ge0.
rewrite -(ler_pmul2l D0) -subr_ge0.
have -> : (1 + e * x) * (e / 4%:R) - (1 + e * x) * (y - x)
  = ((1 + e) * x * (1 - y) - (1 - x) * y) + e * ((1 - 2%:R * x) ^+ 2 / 4%:R + e * x / 4%:R) by field.
by rewrite addr_ge0 ?subr_ge0 // mulr_ge0 // addr_ge0 ?divr_ge0 ?sqr_ge0 ?mulr_ge0 ?ler0n.
Qed.

(* the bias of one step *)
Theorem S13_one_step (R : realFieldType) (A : finType) (N : nat) (mu H F : A -> R) (q : R) :
  (0 < N)%N -> is_law mu -> (forall x, mu x != 0 -> 0 < H x) -> (forall x, mu x != 0 -> 0 <= F x <= 1) ->
  range_ratio mu H q ->
  `|cmean mu (@self_normalised R A N H F) - mean mu (fun x => H x * F x) / mean mu H| <= (q - 1) / (4%:R * N%:R).
Proof.
move=> N0 mu_law H0 F01 Hq; have z0 := mass_gt0 mu_law H0; have e0 : 0 <= (q - 1) / N%:R.
  by have := factor_ge1 N mu_law H0 Hq; rewrite ler_addl.
have /andP[/andP[r0 r1] _] := step_in01 N0 mu_law H0 F01.
have F01' x : mu x != 0 -> 0 <= 1 - F x <= 1.
  by move=> /F01/andP[F0 F1]; rewrite subr_ge0 F1 ler_subl_addr ler_addl.
have down := odds_step N0 mu_law H0 F01' Hq; have := odds_step N0 mu_law H0 F01 Hq => /(odds_gap e0 r0) up.
have other : mean mu (fun x => H x * (1 - F x)) / mean mu H = 1 - mean mu (fun x => H x * F x) / mean mu H.
  rewrite -[X in _ = X - _](mulfV (lt0r_neq0 z0)) -mulrBl -mean_sub; congr (_ / _).
  by apply: mean_ext => x _; ring.
have other_answer : cmean mu (@self_normalised R A N H (fun x => 1 - F x)) = 1 - cmean mu (@self_normalised R A N H F).
  rewrite -[X in _ = X - _](mean_const (iid_law N mu_law)) -mean_sub; apply: mean_ext => y ys.
  by rewrite -(@other_sum _ _ _ mu N0 H F H0 y ys).
have s0 : 0 <= 1 - mean mu (fun x => H x * F x) / mean mu H by rewrite subr_ge0.
rewrite other other_answer in down; have {}down := odds_gap e0 s0 down.
rewrite invfM mulrA mulrAC ler_norml up andbT ler_oppl opprB.
by apply: le_trans down; rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

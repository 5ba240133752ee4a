(* S3 and S4, one step: the bias of a self-normalised average of N iid draws.

   y_1..y_N are iid mu on a finite set, F has values in [0,1], r = mu(HF)/mu(H),
     R(y) = sum_i H F(y_i) / sum_i H(y_i).
   S3 (two-sided).  H > 0 and max H <= q min H on the support of mu give
     |E R - r| <= (s^2 - s) / (2N)   when q <= s^2, s > 0.
   S4 (one-sided).  H >= 0 and max H <= b mu(H) on the support give, whatever
   R in [0,1] is returned when every H(y_i) vanishes, and for c^2 >= b(b-1),
     |E R - r| <= ((b-1) + c/2) / N.
   Here s plays sqrt q and c plays sqrt(b(b-1)); no root need exist. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud Functional SelfNormalised.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section OneStep.
Variables (R : realFieldType) (A : finType) (N : nat) (mu : A -> R).
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis mu_law : is_law mu.
Let mu_ge0 x : 0 <= mu x. Proof. by case: mu_law. Qed.
Implicit Types (H F : A -> R) (y : cloud N A).

(* ---- Scaling the weights by mu(H) changes nothing -------------------------- *)
Section Scale.
Variables (H F : A -> R) (z : R).
Hypothesis z_gt0 : 0 < z.
Let h x := H x / z.
Lemma scaled_mean f : mean mu (fun x => h x * f x) = mean mu (fun x => H x * f x) / z.
Proof. by rewrite mulrC -mean_scale; apply: mean_ext => x _; rewrite /h; ring. Qed.
Lemma scaled_sum y : particle_sum h y = particle_sum H y / z.
Proof. by rewrite /particle_sum mulr_suml. Qed.
Lemma scaled_self_normalised y : self_normalised h F y = self_normalised H F y.
Proof.
rewrite /self_normalised scaled_sum invfM invrK mulrCA.
have -> : particle_sum (fun x => h x * F x) y = particle_sum (fun x => H x * F x) y / z.
  by rewrite /particle_sum mulr_suml; apply: eq_bigr => i _; rewrite /h; ring.
by rewrite divfK ?gt_eqF // mulrC.
Qed.
End Scale.
Lemma scaled_mean1 (H : A -> R) : 0 < mean mu H -> mean mu (fun x => H x / mean mu H) = 1.
Proof.
move=> z0; rewrite -[RHS](divff (lt0r_neq0 z0)) [RHS]mulrC -mean_scale.
by apply: mean_ext => x _; rewrite mulrC.
Qed.

(* ---- S3 -------------------------------------------------------------------- *)
(* max over a of b (b-1)(1-a)/a^2 with b = q a, in squares: any D that dominates it *)
Definition dominates (q D : R) : Prop := 0 <= D /\ forall a b, 0 < a -> a <= 1 -> 1 <= b -> b <= q * a ->
  b * ((b - 1) * (1 - a)) <= (a * D) ^+ 2.

Lemma largest_b (q a b : R) : 0 < a -> a <= 1 -> 1 <= b -> b <= q * a ->
  b * ((b - 1) * (1 - a)) <= q * a * ((q * a - 1) * (1 - a)).
Proof.
move=> a0 a1 b1 bqa; have b0 : 0 <= b by exact: le_trans ler01 b1.
apply: ler_pmul => //; first by rewrite mulr_ge0 ?subr_ge0.
by apply: ler_wpmul2r; rewrite ?subr_ge0 // ler_sub.
Qed.
Lemma root_dominates (s : R) : 1 <= s -> dominates (s ^+ 2) (s ^+ 2 - s).
Proof.
move=> s1; split=> [|a b a0 a1 b1 bqa].
  by rewrite subr_ge0 expr2 ler_pmulr // (lt_le_trans ltr01).
apply: le_trans (largest_b a0 a1 b1 bqa) _; rewrite -subr_ge0.
have -> : (a * (s ^+ 2 - s)) ^+ 2 - s ^+ 2 * a * ((s ^+ 2 * a - 1) * (1 - a))
          = a * (s * (s * a - 1)) ^+ 2 by ring.
by rewrite mulr_ge0 ?sqr_ge0 ?ltW.
Qed.
Lemma rational_dominates (q : R) : 1 <= q -> dominates q (q - 1).
Proof.
move=> q1; split=> [|a b a0 a1 b1 bqa]; first by rewrite subr_ge0.
apply: le_trans (largest_b a0 a1 b1 bqa) _; rewrite -subr_ge0.
have -> : (a * (q - 1)) ^+ 2 - q * a * ((q * a - 1) * (1 - a))
          = a * ((q * a - 1) ^+ 2 + (q - 1) * (1 - a)) by ring.
apply: mulr_ge0; first exact: ltW.
by rewrite addr_ge0 ?sqr_ge0 // mulr_ge0 ?subr_ge0.
Qed.

Section TwoSided.
Variables H F : A -> R.
Hypothesis H_gt0 : forall x, mu x != 0 -> 0 < H x.
Hypothesis F01 : forall x, mu x != 0 -> 0 <= F x <= 1.
Let z := mean mu H.
Let z_gt0 : 0 < z.
Proof.
have [x xs] := law_support mu_law; rewrite /z /mean (bigD1 x) //= ltr_paddr //.
  by apply: sumr_ge0 => w _; have [->|/H_gt0/ltW Hw] := eqVneq (mu w) 0; rewrite ?mul0r // mulr_ge0.
by rewrite mulr_gt0 ?H_gt0 // lt_neqAle eq_sym xs mu_ge0.
Qed.
Let h x := H x / z.
Let h_gt0 x : mu x != 0 -> 0 < h x. Proof. by move=> /H_gt0 ?; rewrite divr_gt0. Qed.
Let h_ratio q : range_ratio mu H q -> range_ratio mu h q.
Proof. by move=> Hq i j is_ js; rewrite /h mulrA ler_pmul2r ?invr_gt0 // Hq. Qed.
Let h_mean1 : mean mu h = 1. Proof. exact: scaled_mean1. Qed.

Lemma ratio_ge1 q : range_ratio mu H q -> 1 <= q.
Proof. by move=> /h_ratio; exact: range_ratio_ge1 mu_ge0 (proj2 mu_law) h_mean1 h_gt0 _. Qed.
Lemma two_sided_step q D : range_ratio mu H q -> dominates q D ->
  `|cmean mu (@self_normalised R A N H F) - mean mu (fun x => H x * F x) / mean mu H|
  <= D / (2%:R * N%:R).
Proof.
move=> Hq [D0 dom].
have [a [a0 a1 qa hab]] := min_on_support mu_ge0 (proj2 mu_law) h_mean1 h_gt0 (h_ratio Hq).
have h_ge0 x (xs : mu x != 0) : 0 <= h x by exact/ltW/h_gt0.
have -> : cmean mu (@self_normalised R A N H F) = cmean mu (@self_normalised R A N h F).
  by apply: mean_ext => y _; rewrite scaled_self_normalised.
rewrite -scaled_mean; apply: le_of_sqr; first by rewrite divr_ge0 ?mulr_ge0 ?ler0n.
rewrite -[X in (_ - X) ^+ 2](mean_const (iid_law N mu_law)) -mean_sub.
apply: le_trans (two_sided_square N_gt0 mu_law h_ge0 h_mean1 F01 a0 hab) _.
have Na : 0 < 4%:R * (N%:R * a) ^+ 2 :> R by rewrite mulr_gt0 ?ltr0n // exprn_gt0 // mulr_gt0 ?ltr0n.
rewrite ler_pdivr_mulr // (le_trans (dom _ _ a0 a1 qa (lexx _))) //.
by rewrite le_eqVlt; apply/orP; left; apply/eqP; field; rewrite pnatr_eq0 -lt0n.
Qed.
Theorem S3_one_step s : 0 < s -> range_ratio mu H (s ^+ 2) ->
  `|cmean mu (@self_normalised R A N H F) - mean mu (fun x => H x * F x) / mean mu H|
  <= (s ^+ 2 - s) / (2%:R * N%:R).
Proof.
move=> s0 Hs; apply: (two_sided_step Hs); apply: root_dominates.
by have := ratio_ge1 Hs; rewrite -{1}(expr1n _ 2) ler_pexpn2r // nnegrE ltW.
Qed.
End TwoSided.

(* ---- S4 -------------------------------------------------------------------- *)
Theorem S4_one_step (H F : A -> R) (b c : R) (ans : cloud N A -> R) :
  (forall x, mu x != 0 -> 0 <= H x) -> 0 < mean mu H ->
  (forall x, mu x != 0 -> H x <= b * mean mu H) ->
  0 <= c -> b * (b - 1) <= c ^+ 2 ->
  (forall x, mu x != 0 -> 0 <= F x <= 1) ->
  (forall y, iid mu y != 0 -> 0 <= ans y <= 1) ->
  (forall y, iid mu y != 0 -> particle_sum H y != 0 -> ans y = self_normalised H F y) ->
  `|cmean mu ans - mean mu (fun x => H x * F x) / mean mu H| <= ((b - 1) + c / 2%:R) / N%:R.
Proof.
move=> H0 z0 Hb c0 bc F01 ans01 ansE; set z := mean mu H in z0 *.
rewrite -scaled_mean; apply: (one_sided_bias N_gt0 mu_law) => //.
- by move=> x /H0 ?; rewrite divr_ge0 // ltW.
- exact: scaled_mean1.
- by move=> x /Hb; rewrite ler_pdivr_mulr.
move=> y ys S0; rewrite scaled_self_normalised //; apply: ansE => //.
by apply: contraNneq S0; rewrite scaled_sum => ->; rewrite mul0r.
Qed.
End OneStep.

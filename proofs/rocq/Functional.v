(* S0 -- the calculus of one positive functional.

   p is a probability on a finite type I, E f = sum_i p_i f_i, and h is a function with E h = 1.
   Bounds on h are asked for only where p is not zero (the support of p).

     bhatia_davis   a <= h <= b          gives  E (h-1)^2 <= (b-1)(1-a)
     mean_abs       a <= h <= b          gives  (b-a) E|h-1| / 2 <= (b-1)(1-a)
     variance       0 < h, max h <= q min h    gives  E (h-1)^2 <= (q-1)^2 / (4q)
     tv             0 < h, max h <= s^2 min h  gives  E|h-1| / 2 <= (s-1)/(s+1)

   s plays the part of sqrt q: an ordered field need not hold the root, a user who has one names it.
   Both maximised bounds are attained by an h with two values (last section). *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* max h <= q min h on the support of p, written without naming the extrema *)
Definition range_ratio (R : realFieldType) (I : finType) (p h : I -> R) (q : R) :=
  forall i j, p i != 0 -> p j != 0 -> h i <= q * h j.

Section Functional.
Variables (R : realFieldType) (I : finType) (p h : I -> R).
Hypothesis p_ge0 : forall i, 0 <= p i.
Hypothesis p_sum1 : \sum_i p i = 1.
Hypothesis mean1 : \sum_i p i * h i = 1.

Lemma ler_mean (f g : I -> R) :
  (forall i, p i != 0 -> f i <= g i) -> \sum_i p i * f i <= \sum_i p i * g i.
Proof.
move=> fg; apply: ler_sum => i _; case: (eqVneq (p i) 0) => [->|pi0]; first by rewrite !mul0r.
exact/ler_wpmul2l/fg.
Qed.

Lemma mean_lin (c d : R) : \sum_i p i * (c + d * h i) = c + d.
Proof.
rewrite (eq_bigr (fun i => c * p i + d * (p i * h i))) => [|i _]; last by ring.
by rewrite big_split /= -!mulr_sumr p_sum1 mean1 !mulr1.
Qed.

Lemma support_nonempty : exists i, p i != 0.
Proof.
have [/existsP//|/existsPn none] := boolP [exists i, p i != 0].
move: p_sum1; rewrite big1 => [/esym /eqP|i _]; first by rewrite oner_eq0.
by have := none i; rewrite negbK => /eqP.
Qed.

Section Bounded.
Variables a b : R.
Hypothesis hab : forall i, p i != 0 -> a <= h i <= b.

Lemma bounds_about_one : a <= 1 <= b.
Proof.
apply/andP; split.
  have := @ler_mean (fun=> a) h; rewrite -mulr_suml p_sum1 mul1r mean1; apply=> i pi0.
  by case/andP: (hab pi0).
have := @ler_mean h (fun=> b); rewrite -mulr_suml p_sum1 mul1r mean1; apply=> i pi0.
by case/andP: (hab pi0).
Qed.

(* E (b-h)(h-a) >= 0, expanded *)
Theorem S0_bhatia_davis : \sum_i p i * (h i - 1) ^+ 2 <= (b - 1) * (1 - a).
Proof.
have key : \sum_i p i * (h i - 1) ^+ 2 <= \sum_i p i * ((1 - a * b) + (a + b - 2%:R) * h i).
  apply: ler_mean => i /hab /andP[ha hb]; rewrite -subr_ge0.
  have -> : 1 - a * b + (a + b - 2%:R) * h i - (h i - 1) ^+ 2 = (b - h i) * (h i - a) by ring.
  by rewrite mulr_ge0 // subr_ge0.
by apply: le_trans key _; rewrite mean_lin le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

(* the chord of |h - 1| over [a, b] lies above it *)
Theorem S0_mean_abs : (b - a) * (\sum_i p i * `|h i - 1|) / 2%:R <= (b - 1) * (1 - a).
Proof.
have /andP[a1 b1] := bounds_about_one.
rewrite ler_pdivr_mulr ?ltr0n // mulr_sumr.
have -> : (b - 1) * (1 - a) * 2%:R = \sum_i p i * ((b * (1 - a) - a * (b - 1)) + (a + b - 2%:R) * h i).
  by rewrite mean_lin; ring.
rewrite (eq_bigr (fun i => p i * ((b - a) * `|h i - 1|))) => [|i _]; last by ring.
apply: ler_mean => i /hab /andP[ha hb].
have [h1|h1] := lerP 1 (h i).
  rewrite -subr_ge0.
  have -> : b * (1 - a) - a * (b - 1) + (a + b - 2%:R) * h i - (b - a) * (h i - 1)
          = 2%:R * ((1 - a) * (b - h i)) by ring.
  by rewrite mulr_ge0 ?ler0n // mulr_ge0 // subr_ge0.
rewrite -subr_ge0.
have -> : b * (1 - a) - a * (b - 1) + (a + b - 2%:R) * h i - (b - a) * (1 - h i)
        = 2%:R * ((b - 1) * (h i - a)) by ring.
by rewrite mulr_ge0 ?ler0n // mulr_ge0 // subr_ge0.
Qed.
End Bounded.

Section Ratio.
Hypothesis h_gt0 : forall i, p i != 0 -> 0 < h i.

(* the least value of h on the support *)
Lemma min_on_support q : range_ratio p h q ->
  exists a, [/\ 0 < a, a <= 1, 1 <= q * a & forall i, p i != 0 -> a <= h i <= q * a].
Proof.
move=> hq; have [i0 i0s] := support_nonempty.
have [j js jmin] := Order.TotalTheory.arg_minP (P := fun i => p i != 0) h i0s.
have hb i : p i != 0 -> h j <= h i <= q * h j by move=> pi0; rewrite jmin //= hq.
by have /andP[a1 b1] := bounds_about_one hb; exists (h j); split=> //; apply: h_gt0.
Qed.

Lemma range_ratio_ge1 q : range_ratio p h q -> 1 <= q.
Proof.
move=> /min_on_support[a [a0 a1 qa _]]; rewrite -(ler_pmul2r a0) mul1r; exact: le_trans qa.
Qed.

Theorem S0_variance q : range_ratio p h q ->
  \sum_i p i * (h i - 1) ^+ 2 <= (q - 1) ^+ 2 / (4%:R * q).
Proof.
move=> hq; have [a [a0 a1 qa hab]] := min_on_support hq.
have q0 : 0 < q by exact: lt_le_trans ltr01 (range_ratio_ge1 hq).
apply: le_trans (S0_bhatia_davis hab) _.
rewrite ler_pdivl_mulr ?mulr_gt0 ?ltr0n // -subr_ge0.
have -> : (q - 1) ^+ 2 - (q * a - 1) * (1 - a) * (4%:R * q) = (2%:R * q * a - (q + 1)) ^+ 2 by ring.
exact: sqr_ge0.
Qed.

Theorem S0_tv s : 0 < s -> range_ratio p h (s ^+ 2) ->
  (\sum_i p i * `|h i - 1|) / 2%:R <= (s - 1) / (s + 1).
Proof.
move=> s0 hq; have [a [a0 a1 qa hab]] := min_on_support hq.
have s1 : 1 <= s by rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?ler01 ?(ltW s0) // expr1n (range_ratio_ge1 hq).
have [s_eq1|s_gt1] := eqVneq s 1.
  have h1 i : p i != 0 -> h i = 1.
    move=> pi0; have /andP[ha hb] := hab i pi0; move: qa hb; rewrite s_eq1 expr1n mul1r => qa hb.
    apply/eqP; rewrite eq_le (le_trans hb a1) /=; exact: le_trans qa ha.
  rewrite s_eq1 subrr mul0r big1 ?mul0r // => i _.
  by have [->|/h1 ->] := eqVneq (p i) 0; rewrite ?mul0r // subrr normr0 mulr0.
have sq_gt1 : 1 < s by rewrite lt_neqAle eq_sym s_gt1.
have := S0_mean_abs hab; set D := \sum_i _ => bound.
have ba : 0 < s ^+ 2 * a - a by rewrite subr_gt0 ltr_pmull // expr2 mulr_egt1.
have s10 : 0 < s + 1 by rewrite addr_gt0 // ltr01.
rewrite -(ler_pmul2l ba) mulrA; apply: le_trans bound _.
rewrite mulrA ler_pdivl_mulr // -subr_ge0.
have -> : (s ^+ 2 * a - a) * (s - 1) - (s ^+ 2 * a - 1) * (1 - a) * (s + 1) = (s + 1) * (s * a - 1) ^+ 2 by ring.
by rewrite mulr_ge0 ?sqr_ge0 // ltW.
Qed.
End Ratio.
End Functional.

(* Both maximised bounds are attained by a function with two values on a coin. *)
Section TwoPoint.
Variable R : realFieldType.

Definition coin (w : R) (b : bool) : R := if b then w else 1 - w.
Definition two_values (lo hi : R) (b : bool) : R := if b then hi else lo.

Lemma coin_sum1 w : \sum_b coin w b = 1.
Proof. by rewrite big_bool /=; ring. Qed.

Theorem S0_variance_attained (q : R) : 1 <= q ->
  let p := coin ((q + 1)^-1) in let h := two_values ((q + 1) / (2%:R * q)) ((q + 1) / 2%:R) in
  [/\ (forall b, 0 < p b), \sum_b p b = 1, \sum_b p b * h b = 1, (forall b, 0 < h b)
    & range_ratio p h q /\ \sum_b p b * (h b - 1) ^+ 2 = (q - 1) ^+ 2 / (4%:R * q)].
Proof.
move=> q1 p h; have q0 : 0 < q by rewrite (lt_le_trans ltr01 q1).
have q10 : 0 < q + 1 by rewrite addr_gt0 // ltr01.
have nz : (q + 1 != 0) && (q != 0) by rewrite !gt_eqF.
have h0 b : 0 < h b by case: b => /=; rewrite divr_gt0 ?mulr_gt0 ?ltr0n.
split=> //.
- case=> /=; first by rewrite invr_gt0.
  by rewrite subr_gt0 invf_lt1 // ltr_addr.
- exact: coin_sum1.
- by rewrite big_bool /= /p /h /coin /two_values; field; rewrite andbC.
- split; last by rewrite big_bool /= /p /h /coin /two_values; field; rewrite andbC.
  have hi : q * h false = h true by rewrite /h /two_values; field; case/andP: nz.
  have lo : h false <= h true by rewrite -hi ler_pmull ?h0.
  move=> [] [] _ _; rewrite ?hi //; first by rewrite ler_pmull ?h0.
  by rewrite (le_trans lo) // ler_pmull ?h0.
Qed.

Theorem S0_tv_attained (s : R) : 1 <= s ->
  let p := coin ((s + 1)^-1) in let h := two_values s^-1 s in
  [/\ (forall b, 0 < p b), \sum_b p b = 1, \sum_b p b * h b = 1, (forall b, 0 < h b)
    & range_ratio p h (s ^+ 2) /\ (\sum_b p b * `|h b - 1|) / 2%:R = (s - 1) / (s + 1)].
Proof.
move=> s1 p h; have s0 : 0 < s by rewrite (lt_le_trans ltr01 s1).
have s10 : 0 < s + 1 by rewrite addr_gt0 // ltr01.
have nz : (s + 1 != 0) && (s != 0) by rewrite !gt_eqF.
have h0 b : 0 < h b by case: b => //=; rewrite invr_gt0.
have hi : s ^+ 2 * h false = h true by rewrite /h /two_values; field; case/andP: nz.
have q1 : 1 <= s ^+ 2 by rewrite exprn_ege1.
have lo : h false <= h true by rewrite -hi ler_pmull ?h0.
split=> //.
- case=> /=; first by rewrite invr_gt0.
  by rewrite subr_gt0 invf_lt1 // ltr_addr.
- exact: coin_sum1.
- by rewrite big_bool /= /p /h /coin /two_values; field; rewrite andbC.
split; first by move=> [] [] _ _; rewrite ?hi ?ler_pmull ?h0 // (le_trans lo) // ler_pmull ?h0.
rewrite big_bool /= /p /h /coin /two_values ger0_norm ?subr_ge0 // ler0_norm ?subr_le0 ?invf_le1 //.
by field.
Qed.
End TwoPoint.

(* Clouds whose entries are drawn into slots: independent, each from a law of its own and with a share of the weight.

   Slot i draws y_i from the law K_i and carries the share w_i:  0 <= w_i <= omega,  sum_i w_i = 1.
     slot_law K y = prod_i K_i(y_i)         smean K F = E F(y)         shared w f y = sum_i w_i f(y_i)
   What is asked of h and f is asked where a slot that has a share can draw.  With X = shared w f and Y = shared w h:
     (L)      0 <= f, 0 <= h <= b a, E h(y_i) >= a:   E X Y <= (1 + omega (b-1)) E X E Y,
              hence E X <= (1 + omega (b-1)) E Y E R for every answer R >= 0 with X <= R Y;
     odds     0 < h, h(x) <= q h(x'), 0 <= F <= 1, f = h F, r = E X / E Y, R = X/Y:
              (1-r) E R <= (1 + 2 omega (q-1)) r (1 - E R).
   The second in two copies of the cloud: a slot of one against the same slot of the other, for two slots at a time. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- Independent slots ------------------------------------------------------- *)
Section Slots.
Variables (R : realFieldType) (A : finType) (N : nat) (K : 'I_N -> A -> R).
Implicit Types (y : cloud N A) (i j : 'I_N) (f g : A -> R).

Definition slot_law y : R := \prod_i K i (y i).
Definition smean (F : cloud N A -> R) : R := mean slot_law F.

Lemma smean_prod (F : 'I_N -> A -> R) : smean (fun y => \prod_i F i (y i)) = \prod_i mean (K i) (F i).
Proof. by rewrite /smean /mean bigA_distr_bigA; apply: eq_bigr => y _; rewrite /slot_law -big_split. Qed.
Lemma slot_support y i : slot_law y != 0 -> K i (y i) != 0.
Proof. by move/prodf_neq0 => /(_ i isT). Qed.

Hypothesis K_law : forall i, is_law (K i).
Lemma slot_law_law : is_law slot_law.
Proof.
split=> [y|]; first by apply: prodr_ge0 => i _; case: (K_law i).
have := smean_prod (fun _ _ => 1); rewrite /smean /mean.
rewrite (eq_bigr slot_law) => [->|y _]; last by rewrite big1 ?mulr1.
by rewrite big1 // => i _; exact: mean_const.
Qed.
Lemma smean_one i f : smean (fun y => f (y i)) = mean (K i) f.
Proof.
pose F (l : 'I_N) x := if l == i then f x else 1.
have -> : smean (fun y => f (y i)) = smean (fun y => \prod_l F l (y l)).
  apply: eq_bigr => y _; congr (_ * _); rewrite (bigD1 i) //= /F eqxx big1 ?mulr1 //.
  by move=> l /negbTE ->.
rewrite smean_prod (bigD1 i) //= /F eqxx big1 ?mulr1 // => l /negbTE ->.
exact: mean_const.
Qed.
Lemma smean_two i j f g : i != j -> smean (fun y => f (y i) * g (y j)) = mean (K i) f * mean (K j) g.
Proof.
move=> ij; have ji : j != i by rewrite eq_sym.
pose F (l : 'I_N) x := if l == i then f x else if l == j then g x else 1.
have -> : smean (fun y => f (y i) * g (y j)) = smean (fun y => \prod_l F l (y l)).
  apply: eq_bigr => y _; congr (_ * _); rewrite (bigD1 i) //= (bigD1 j) //=.
  rewrite /F eqxx (negbTE ji) eqxx big1 ?mulr1 // => l /andP[].
  by move=> /negbTE -> /negbTE ->.
rewrite smean_prod (bigD1 i) //= (bigD1 j) //= /F eqxx (negbTE ji) eqxx big1 ?mulr1 //.
by move=> l /andP[/negbTE -> /negbTE ->]; exact: mean_const.
Qed.

(* ---- Shares -------------------------------------------------------------------- *)
Variables (w : 'I_N -> R) (omega : R).
Definition shared f y : R := \sum_i w i * f (y i).
Hypothesis w_ge0 : forall i, 0 <= w i.
Hypothesis w_le : forall i, w i <= omega.
Hypothesis w_sum1 : \sum_i w i = 1.
(* what a slot with a share can draw *)
Definition seen x : bool := [exists i, (w i != 0) && (K i x != 0)].

Lemma omega_ge0 : 0 <= omega.
Proof.
have [i _|none] := pickP (predT : pred 'I_N); first exact: le_trans (w_ge0 i) (w_le i).
by move: w_sum1; rewrite big_pred0 // => /eqP; rewrite eq_sym oner_eq0.
Qed.
Lemma seen_at y i : slot_law y != 0 -> w i != 0 -> seen (y i).
Proof. by move=> ys wi; apply/existsP; exists i; rewrite wi (slot_support i ys). Qed.
Lemma shared_mean f : smean (shared f) = \sum_i w i * mean (K i) f.
Proof.
rewrite /smean /shared mean_sum; apply: eq_bigr => i _.
by rewrite mean_scale -(smean_one i f).
Qed.
Lemma shared_ge0 f y : (forall x, seen x -> 0 <= f x) -> slot_law y != 0 -> 0 <= shared f y.
Proof.
move=> f0 ys; apply: sumr_ge0 => i _; have [->|wi] := eqVneq (w i) 0; first by rewrite mul0r.
by rewrite mulr_ge0 // f0 // seen_at.
Qed.
Lemma shared_le f g y : (forall x, seen x -> f x <= g x) -> slot_law y != 0 -> shared f y <= shared g y.
Proof.
move=> fg ys; rewrite -subr_ge0 /shared -sumrB (eq_bigr (fun i => w i * (g (y i) - f (y i)))) => [|i _]; last first.
  by rewrite mulrBr.
by apply: (@shared_ge0 (fun x => g x - f x)) ys => x /fg; rewrite subr_ge0.
Qed.
Lemma shared_const c y : shared (fun=> c) y = c.
Proof. by rewrite /shared -mulr_suml w_sum1 mul1r. Qed.
Lemma seen_slot i x : w i != 0 -> K i x != 0 -> seen x.
Proof. by move=> wi Kx; apply/existsP; exists i; rewrite wi Kx. Qed.

(* ---- (L) ------------------------------------------------------------------------- *)
Section Spread.
Variables (f h : A -> R) (a b : R).
Hypothesis f_ge0 : forall x, seen x -> 0 <= f x.
Hypothesis h_ge0 : forall x, seen x -> 0 <= h x.
Hypothesis h_le : forall x, seen x -> h x <= b * a.
Hypothesis a_ge0 : 0 <= a.
Hypothesis a_le : forall i, w i != 0 -> a <= mean (K i) h.
Hypothesis b_ge1 : 1 <= b.

Lemma shared_product : smean (fun y => shared f y * shared h y)
  = smean (shared f) * smean (shared h)
    + \sum_i w i ^+ 2 * (mean (K i) (fun x => f x * h x) - mean (K i) f * mean (K i) h).
Proof.
transitivity (\sum_i \sum_j w i * w j * smean (fun y => f (y i) * h (y j))).
  transitivity (smean (fun y => \sum_i \sum_j w i * w j * (f (y i) * h (y j)))).
    apply: eq_bigr => y _; congr (_ * _); rewrite /shared mulr_suml; apply: eq_bigr => i _.
    by rewrite mulr_sumr; apply: eq_bigr => j _; ring.
  rewrite /smean mean_sum; apply: eq_bigr => i _; rewrite mean_sum; apply: eq_bigr => j _.
  exact: mean_scale.
rewrite !shared_mean mulr_suml -big_split; apply: eq_bigr => i _ /=.
rewrite (bigD1 i) //= [in RHS](bigD1 i) //= (_ : smean _ = mean (K i) (fun x => f x * h x)); last first.
  exact: smean_one i (fun x => f x * h x).
rewrite (eq_bigr (fun j => w i * mean (K i) f * (w j * mean (K j) h))) => [|j ji]; last first.
  by rewrite smean_two 1?eq_sym //; ring.
by rewrite -mulr_sumr; move: (\sum_(j < N | _) _) => s; ring.
Qed.

Lemma floor_mean : a <= smean (shared h).
Proof.
rewrite shared_mean -[a]mul1r -w_sum1 mulr_suml; apply: ler_sum => i _.
by have [->|wi] := eqVneq (w i) 0; rewrite ?mul0r // ler_wpmul2l ?a_le.
Qed.
Lemma shared_mean_ge0 : 0 <= smean (shared f).
Proof. by apply: (mean_ge0 slot_law_law) => y; exact: shared_ge0. Qed.

Theorem slot_spread : smean (fun y => shared f y * shared h y)
  <= (1 + omega * (b - 1)) * (smean (shared f) * smean (shared h)).
Proof.
have e0 : 0 <= omega * (b - 1) by rewrite mulr_ge0 ?omega_ge0 ?subr_ge0.
have ab : 0 <= (b - 1) * a by rewrite mulr_ge0 ?subr_ge0.
rewrite shared_product mulrDl mul1r ler_add2l.
apply: (@le_trans _ _ (omega * ((b - 1) * a) * smean (shared f))); last first.
  rewrite [X in _ <= X](_ : _ = omega * (b - 1) * smean (shared h) * smean (shared f)); last by ring.
  by rewrite ler_wpmul2r ?shared_mean_ge0 // mulrA ler_wpmul2l ?floor_mean.
rewrite shared_mean mulr_sumr; apply: ler_sum => i _; have [->|wi] := eqVneq (w i) 0.
  by rewrite expr0n mul0r mul0r mulr0.
have on x : K i x != 0 -> seen x by exact: seen_slot wi.
have f0 : 0 <= mean (K i) f by apply: (mean_ge0 (K_law i)) => x /on/f_ge0.
have top : mean (K i) (fun x => f x * h x) <= b * a * mean (K i) f.
  rewrite -mean_scale; apply: (mean_le (K_law i)) => x /on xs.
  by rewrite mulrC ler_wpmul2r ?f_ge0 ?h_le.
have low : mean (K i) f * a <= mean (K i) f * mean (K i) h by rewrite ler_wpmul2l ?a_le.
apply: (@le_trans _ _ (w i ^+ 2 * ((b - 1) * a * mean (K i) f))).
  apply: ler_wpmul2l; first exact: sqr_ge0.
  by rewrite (_ : (b - 1) * a * _ = b * a * mean (K i) f - mean (K i) f * a) ?ler_sub //; ring.
rewrite [X in X <= _](_ : _ = w i * ((b - 1) * a) * (w i * mean (K i) f)); last by ring.
by rewrite ler_wpmul2r ?mulr_ge0 // ler_wpmul2r.
Qed.

(* the mean of an answer from below: R >= 2 l X - l^2 X Y with l = 1/((1 + omega (b-1)) E Y) *)
Theorem slot_answer (ans : cloud N A -> R) : (forall y, slot_law y != 0 -> 0 <= ans y) ->
  (forall y, slot_law y != 0 -> shared f y <= ans y * shared h y) ->
  smean (shared f) <= (1 + omega * (b - 1)) * smean (shared h) * smean ans.
Proof.
move=> ans0 ansE; set c := 1 + _; set X := smean (shared f); set Y := smean (shared h).
have lawP := slot_law_law; have c1 : 1 <= c by rewrite ler_addl mulr_ge0 ?omega_ge0 ?subr_ge0.
have c0 : 0 < c by exact: lt_le_trans ltr01 c1.
have ans_ge0 : 0 <= smean ans by apply: (mean_ge0 lawP).
have [Y0|Y_le0] := ltrP 0 Y; last first.
  have Y_eq0 : Y = 0.
    by apply/eqP; rewrite eq_le Y_le0; apply: (mean_ge0 lawP) => y; exact: shared_ge0.
  rewrite Y_eq0 mulr0 mul0r /X -(mean_const lawP 0); apply: (mean_le lawP) => y ys.
  have H0 : shared h y = 0.
    have /eqP := Y_eq0; rewrite /Y /smean /mean psumr_eq0 => [/allP/(_ y (mem_index_enum y))/=|z _].
      by rewrite mulf_eq0 (negbTE ys) => /eqP.
    have [->|zs] := eqVneq (slot_law z) 0; first by rewrite mul0r.
    by rewrite mulr_ge0 ?(proj1 lawP) ?shared_ge0.
  by rewrite (le_trans (ansE y ys)) // H0 mulr0.
set l := (c * Y)^-1; have l0 : 0 < l by rewrite invr_gt0 mulr_gt0.
have point y : slot_law y != 0 -> 2%:R * l * shared f y - l ^+ 2 * (shared f y * shared h y) <= ans y.
  move=> ys; have F0 := shared_ge0 f_ge0 ys; have H0 := shared_ge0 h_ge0 ys.
  have A0 := ans0 y ys; have near := ansE y ys.
  rewrite [X in X <= _](_ : _ = l * (2%:R - l * shared h y) * shared f y); last by ring.
  have [small|large] := lerP (l * shared h y) 2%:R; last first.
    apply: le_trans A0; rewrite mulr_le0_ge0 // mulr_ge0_le0 ?(ltW l0) // subr_le0; exact: ltW.
  apply: (@le_trans _ _ (l * (2%:R - l * shared h y) * (ans y * shared h y))).
    by rewrite ler_wpmul2l // mulr_ge0 ?(ltW l0) // subr_ge0.
  rewrite -subr_ge0 [X in 0 <= X](_ : _ = ans y * (1 - l * shared h y) ^+ 2); last by ring.
  by rewrite mulr_ge0 ?sqr_ge0.
have low : 2%:R * l * X - l ^+ 2 * smean (fun y => shared f y * shared h y) <= smean ans.
  by rewrite /X /smean -!mean_scale -mean_sub; apply: (mean_le lawP).
have {}low : 2%:R * l * X - l ^+ 2 * (c * (X * Y)) <= smean ans.
  by apply: le_trans low; rewrite ler_sub // ler_wpmul2l ?sqr_ge0 //; exact: slot_spread.
rewrite -ler_pdivr_mull ?mulr_gt0 //; apply: le_trans low; rewrite le_eqVlt; apply/orP; left; apply/eqP.
by rewrite /l; field; rewrite !gt_eqF.
Qed.
End Spread.

(* ---- Two copies change places in some slots --------------------------------------- *)
Definition mix (S : pred 'I_N) y y' : cloud N A := [ffun i => if S i then y' i else y i].
Lemma mix_back S y y' : mix S (mix S y y') (mix S y' y) = y.
Proof. by apply/ffunP => i; rewrite !ffunE; case: (S i). Qed.
Lemma mix_law S y y' : slot_law (mix S y y') * slot_law (mix S y' y) = slot_law y * slot_law y'.
Proof.
rewrite /slot_law -!big_split; apply: eq_bigr => i _ /=.
by rewrite !ffunE; case: (S i); rewrite // mulrC.
Qed.
Lemma mix_support S y y' : slot_law y != 0 -> slot_law y' != 0 -> slot_law (mix S y y') != 0.
Proof. by move=> ys ys'; have := mulf_neq0 ys ys'; rewrite -(mix_law S) mulf_eq0 => /norP[]. Qed.

Theorem copies_swap S (G : cloud N A -> cloud N A -> R) :
  smean (fun y => smean (G y)) = smean (fun y => smean (fun y' => G (mix S y y') (mix S y' y))).
Proof.
have asum (F : cloud N A -> cloud N A -> R) : smean (fun y => smean (F y))
    = \sum_(p : cloud N A * cloud N A) slot_law p.1 * slot_law p.2 * F p.1 p.2.
  rewrite -(pair_big predT predT (fun y y' => slot_law y * slot_law y' * F y y')) /=; apply: eq_bigr => y _.
  by rewrite mulr_sumr; apply: eq_bigr => y' _; rewrite mulrA.
rewrite !asum; pose swap (p : cloud N A * cloud N A) := (mix S p.1 p.2, mix S p.2 p.1).
have swapK : involutive swap by move=> [y y']; rewrite /swap /= !mix_back.
by rewrite (reindex_inj (inv_inj swapK)) /=; apply: eq_bigr => -[y y'] _ /=; rewrite mix_law.
Qed.

(* ---- Odds ---------------------------------------------------------------------------- *)
Section Odds.
Variables (h F : A -> R) (q : R).
Hypothesis h_gt0 : forall x, seen x -> 0 < h x.
Hypothesis h_ratio : forall x x', seen x -> seen x' -> h x <= q * h x'.
Hypothesis F01 : forall x, seen x -> 0 <= F x <= 1.
Let factor := 1 + 2%:R * omega * (q - 1).
Let f x := h x * F x.
Let g x := h x * (1 - F x).
Let lawP := slot_law_law.

Lemma share_exists : exists i, w i != 0.
Proof.
apply/existsP; apply: contraT; rewrite negb_exists => /forallP none; have := w_sum1.
rewrite big1 => [/eqP|i _]; first by rewrite eq_sym oner_eq0.
by apply/eqP; move: (none i); rewrite negbK.
Qed.
Lemma least_seen : exists2 x0, seen x0 & forall x, seen x -> h x0 <= h x.
Proof.
have [i wi] := share_exists; have [x xs] := law_support (K_law i).
by have [x0] := Order.TotalTheory.arg_minP (P := seen) h (seen_slot wi xs); exists x0.
Qed.
Lemma slot_ratio_ge1 : 1 <= q.
Proof.
have [x xs _] := least_seen; have := h_ratio xs xs.
by rewrite -{1}[h x]mul1r ler_pmul2r ?h_gt0.
Qed.
Lemma slot_factor_ge1 : 1 <= factor.
Proof. by rewrite ler_addl !mulr_ge0 ?ler0n ?omega_ge0 // subr_ge0 slot_ratio_ge1. Qed.
Lemma shared_gt0 y : slot_law y != 0 -> 0 < shared h y.
Proof.
move=> ys; have [x xs least] := least_seen; apply: lt_le_trans (h_gt0 xs) _.
by rewrite -(shared_const (h x) y); exact: shared_le.
Qed.

(* two slots drawn anew *)
Lemma shared_mix i j y y' : slot_law y != 0 -> slot_law y' != 0 ->
  shared h (mix (pred2 i j) y y') <= factor * shared h y.
Proof.
move=> ys ys'; have [x0 s0 least] := least_seen; set S : pred 'I_N := pred2 i j; have q1 := slot_ratio_ge1.
have a_le : h x0 <= shared h y by rewrite -(shared_const (h x0) y); exact: shared_le.
have a0 := h_gt0 s0; have qa : 0 <= (q - 1) * h x0 by rewrite mulr_ge0 ?subr_ge0 // ltW.
have two : \sum_(l | S l) w l <= 2%:R * omega.
  apply: (@le_trans _ _ (\sum_(l | S l) omega)); first exact: ler_sum.
  rewrite sumr_const -[X in X <= _]mulr_natl ler_wpmul2r ?omega_ge0 // ler_nat.
  by rewrite (eq_card (B := pred2 i j)) // card2; case: (i != j).
rewrite [shared h (mix S y y')](_ : _ = shared h y + \sum_(l | S l) w l * (h (y' l) - h (y l))); last first.
  rewrite /shared (bigID S) [in RHS](bigID S) /= addrAC -big_split; congr (_ + _); apply: eq_bigr => l.
    by rewrite ffunE => -> /=; ring.
  by rewrite ffunE => /negbTE ->.
rewrite mulrDl mul1r ler_add2l; apply: (@le_trans _ _ ((q - 1) * h x0 * \sum_(l | S l) w l)).
  rewrite mulr_sumr; apply: ler_sum => l _; have [->|wl] := eqVneq (w l) 0; first by rewrite mul0r mulr0.
  rewrite mulrC ler_wpmul2r // mulrBl mul1r ler_sub //; first exact: h_ratio (seen_at ys' wl) s0.
  exact/least/seen_at.
apply: le_trans (ler_wpmul2l qa two) _.
rewrite [X in X <= _](_ : _ = 2%:R * omega * (q - 1) * h x0); last by ring.
by rewrite ler_wpmul2l // !mulr_ge0 ?ler0n ?omega_ge0 ?subr_ge0.
Qed.

Let f_ge0 x : seen x -> 0 <= f x.
Proof. by move=> xs; case/andP: (F01 xs) => F0 _; rewrite mulr_ge0 // ltW ?h_gt0. Qed.
Let g_ge0 x : seen x -> 0 <= g x.
Proof. by move=> xs; case/andP: (F01 xs) => _ F1; rewrite mulr_ge0 ?subr_ge0 // ltW ?h_gt0. Qed.

Lemma matched : smean (shared g) * smean (fun y => shared f y / shared h y)
  <= factor * (smean (shared f) * smean (fun y => shared g y / shared h y)).
Proof.
have apart (p s : A -> R) : smean (shared p) * smean (fun y => shared s y / shared h y)
  = \sum_i \sum_j w i * w j * smean (fun y => smean (fun y' => p (y' j) * s (y i) / shared h y)).
  transitivity (smean (fun y => smean (fun y' => \sum_i \sum_j w i * w j * (p (y' j) * s (y i) / shared h y)))).
    rewrite /smean -mean_scale; apply: mean_ext => y _; rewrite mulrC -mean_scale; apply: mean_ext => y' _.
    rewrite /shared [X in X * _]mulr_suml mulr_suml; apply: eq_bigr => i _.
    by rewrite mulr_sumr; apply: eq_bigr => j _; ring.
  transitivity (smean (fun y => \sum_i \sum_j w i * w j * smean (fun y' => p (y' j) * s (y i) / shared h y))).
    apply: mean_ext => y _; rewrite /smean mean_sum; apply: eq_bigr => i _; rewrite mean_sum; apply: eq_bigr => j _.
    exact: mean_scale.
  rewrite /smean mean_sum; apply: eq_bigr => i _; rewrite mean_sum; apply: eq_bigr => j _; exact: mean_scale.
rewrite !apart [X in _ <= factor * X]exchange_big mulr_sumr; apply: ler_sum => i _; rewrite mulr_sumr /=.
apply: ler_sum => j _; rewrite mulrC [X in _ <= X](_ : _ = w i * w j * (factor * smean (fun y =>
  smean (fun y' => f (y' i) * g (y j) / shared h y)))); last by ring.
have [->|wi] := eqVneq (w i) 0; first by rewrite !mul0r mulr0.
have [->|wj] := eqVneq (w j) 0; first by rewrite mulr0 !mul0r mulr0.
rewrite mulrC; apply: ler_wpmul2l; first by rewrite mulr_ge0.
rewrite (copies_swap (pred2 i j) (fun y y' => f (y' i) * g (y j) / shared h y)) /smean -mean_scale.
apply: (mean_le lawP) => y ys; rewrite -mean_scale; apply: (mean_le lawP) => y' ys'.
rewrite !ffunE /= !eqxx orbT /= [g _ * _]mulrC [X in _ <= X]mulrCA.
have mixed := mix_support (pred2 i j) ys ys'.
apply: ler_wpmul2l; first by rewrite mulr_ge0 ?f_ge0 ?g_ge0 ?seen_at.
by rewrite ler_pdivl_mulr ?shared_gt0 // mulrC ler_pdivr_mulr ?shared_gt0 // shared_mix.
Qed.

Let r := smean (shared f) / smean (shared h).
Let answer := smean (fun y => shared f y / shared h y).

Lemma shared_other y : shared g y = shared h y - shared f y.
Proof. by rewrite /shared -sumrB; apply: eq_bigr => i _; rewrite /g /f; ring. Qed.
Lemma mass_gt0 : 0 < smean (shared h).
Proof. by apply: (mean_gt0 lawP) => y; exact: shared_gt0. Qed.

Theorem slot_odds : (1 - r) * answer <= factor * r * (1 - answer).
Proof.
have z0 := mass_gt0; rewrite -(ler_pmul2l z0).
have other : smean (shared g) = smean (shared h) - smean (shared f).
  by rewrite /smean -mean_sub; apply: mean_ext => y _; exact: shared_other.
have -> : smean (shared h) * ((1 - r) * answer) = smean (shared g) * answer.
  by rewrite other /r; field; rewrite gt_eqF.
have -> : smean (shared h) * (factor * r * (1 - answer)) = factor * (smean (shared f) * (1 - answer)).
  by rewrite /r; field; rewrite gt_eqF.
have -> : 1 - answer = smean (fun y => shared g y / shared h y).
  rewrite -[1](mean_const lawP) /answer /smean -mean_sub.
  by apply: mean_ext => y /shared_gt0/lt0r_neq0 S0; rewrite shared_other mulrBl divff.
exact: matched.
Qed.
End Odds.
End Slots.

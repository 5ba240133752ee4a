(* The bias of a self-normalised average of N iid draws, for weights of mean 1.

   y_1..y_N are iid mu on a finite set, mu(h) = 1, F has values in [0,1],
   r = mu(hF), R(y) = sum_i h F(y_i) / sum_i h(y_i).  With g = h (F - r) one
   has mu(g) = 0; with eta the empirical mean,
     two-sided   E R - r = E[eta(g) (1 - eta(h)) / eta(h)],
     one-sided   E R - r = E[eta(g) (1 - eta(h))] + E[(R - r) (1 - eta(h))^2].
   Cauchy-Schwarz in squares, mu(g^2) <= max h / 4 and Bhatia-Davis for Var h
   give, for a <= h <= b with a > 0,
     (E R - r)^2 <= b (b-1)(1-a) / (4 (N a)^2),
   and for 0 <= h <= b and c^2 >= b (b-1), whatever R in [0,1] is returned when
   every h(y_i) vanishes,
     |E R - r| <= ((b-1) + c/2) / N. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud Functional.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Lemma le_of_sqr (R : realFieldType) (x c : R) : 0 <= c -> x ^+ 2 <= c ^+ 2 -> `|x| <= c.
Proof. by move=> c0; rewrite -real_normK ?num_real // ler_pexpn2r // nnegrE. Qed.

Section Setting.
Variables (R : realFieldType) (A : finType) (N : nat) (mu : A -> R).
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis mu_law : is_law mu.
Implicit Types (h F g : A -> R) (y : cloud N A).
Let mu_ge0 x : 0 <= mu x. Proof. by case: mu_law. Qed.
Let nR : N%:R != 0 :> R. Proof. by rewrite pnatr_eq0 -lt0n. Qed.
Let nR_gt0 : 0 < N%:R :> R. Proof. by rewrite ltr0n. Qed.
Let iidP := iid_law N mu_law.

Definition particle_sum h y : R := \sum_i h (y i).
(* the self-normalised average, dead when the weights vanish *)
Definition self_normalised h F y : R :=
  particle_sum (fun x => h x * F x) y / particle_sum h y.

Lemma particle_sum_ge0 h y : (forall x, mu x != 0 -> 0 <= h x) -> iid mu y != 0 ->
  0 <= particle_sum h y.
Proof. by move=> h0 y_supp; apply: sumr_ge0 => i _; apply/h0/(iid_support i y_supp). Qed.
Lemma particle_sum_ge h y a : (forall x, mu x != 0 -> a <= h x) -> iid mu y != 0 ->
  N%:R * a <= particle_sum h y.
Proof.
move=> ha y_supp; rewrite mulr_natl -[N in _ *+ N]card_ord -sumr_const.
by apply: ler_sum => i _; apply/ha/(iid_support i y_supp).
Qed.

(* mean-zero sums have mean square N mu(g^2) *)
Lemma centred_second_moment g : mean mu g = 0 ->
  cmean mu (fun y => particle_sum g y ^+ 2) = N%:R * mean mu (fun x => g x ^+ 2).
Proof. by move=> g0; rewrite (particle_second_moment N mu_law) g0 expr0n /= mulr0 addr0. Qed.
Lemma centred_mean g : mean mu g = 0 -> cmean mu (fun y => particle_sum g y) = 0.
Proof. by move=> g0; rewrite (particle_mean N mu_law) g0 mulr0. Qed.

Section Normalised.
Variables h F : A -> R.
Hypothesis h_ge0 : forall x, mu x != 0 -> 0 <= h x.
Hypothesis h_mean1 : mean mu h = 1.
Hypothesis F01 : forall x, mu x != 0 -> 0 <= F x <= 1.
Let r := mean mu (fun x => h x * F x).
Let g x := h x * (F x - r).
Let d x := 1 - h x.

Lemma r_in01 : 0 <= r <= 1.
Proof.
apply/andP; split; first by apply: mean_ge0 => // x xs; case/andP: (F01 xs) => *; rewrite mulr_ge0 ?h_ge0.
rewrite -h_mean1; apply: mean_le => // x xs; case/andP: (F01 xs) => _ F1.
by rewrite ler_pimulr // h_ge0.
Qed.
Lemma g_mean0 : mean mu g = 0.
Proof.
rewrite (@mean_ext _ _ _ g (fun x => h x * F x - r * h x)) => [|x _]; last by rewrite /g; ring.
by rewrite mean_sub mean_scale h_mean1 mulr1 subrr.
Qed.
Lemma d_mean0 : mean mu d = 0.
Proof. by rewrite mean_sub (mean_const mu_law) h_mean1 subrr. Qed.
Lemma d_square : mean mu (fun x => d x ^+ 2) = \sum_x mu x * (h x - 1) ^+ 2.
Proof. by apply: eq_bigr => x _; rewrite /d; congr (_ * _); ring. Qed.
(* mu(g^2) <= max h * mu(h (F-r)^2) <= max h * r (1-r) <= max h / 4 *)
Lemma g_square b : 0 <= b -> (forall x, mu x != 0 -> h x <= b) ->
  mean mu (fun x => g x ^+ 2) <= b / 4%:R.
Proof.
move=> b0 hb; apply: (@le_trans _ _ (b * (r - r ^+ 2))).
  have -> : r - r ^+ 2 = mean mu (fun x => h x * F x + (- (2%:R * r)) * (h x * F x) + r ^+ 2 * h x).
    by rewrite 2!mean_add !mean_scale h_mean1 -/r; ring.
  rewrite -mean_scale; apply: mean_le => // x xs; have /andP[F0 F1] := F01 xs.
  apply: (@le_trans _ _ (b * (h x * (F x - r) ^+ 2))).
    rewrite /g exprMn expr2 -mulrA; apply: ler_wpmul2r; last exact: hb.
    by rewrite mulr_ge0 ?sqr_ge0 ?h_ge0.
  apply: ler_wpmul2l => //; rewrite -subr_ge0.
  have -> : h x * F x + - (2%:R * r) * (h x * F x) + r ^+ 2 * h x - h x * (F x - r) ^+ 2
            = h x * (F x * (1 - F x)) by ring.
  by rewrite !mulr_ge0 ?h_ge0 // subr_ge0.
apply: ler_wpmul2l => //; rewrite -subr_ge0.
have -> : 4%:R^-1 - (r - r ^+ 2) = (2%:R * r - 1) ^+ 2 / 4%:R by field.
by rewrite divr_ge0 ?sqr_ge0 ?ler0n.
Qed.
Lemma sum_d y : particle_sum d y = N%:R - particle_sum h y.
Proof. by rewrite /particle_sum sumrB sumr_const card_ord. Qed.
Lemma sum_g y : particle_sum g y = particle_sum (fun x => h x * F x) y - r * particle_sum h y.
Proof. by rewrite /particle_sum mulr_sumr -sumrB; apply: eq_bigr => i _; rewrite /g; ring. Qed.

(* ---- Two-sided -------------------------------------------------------- *)
Lemma two_sided_square (a b : R) : 0 < a -> (forall x, mu x != 0 -> a <= h x <= b) ->
  (cmean mu (fun y => self_normalised h F y - r)) ^+ 2
  <= b * ((b - 1) * (1 - a)) / (4%:R * (N%:R * a) ^+ 2).
Proof.
move=> a0 hab; have Na : 0 < N%:R * a by rewrite mulr_gt0.
have S_gt y : iid mu y != 0 -> 0 < particle_sum h y.
  by move=> /(@particle_sum_ge h y a); move=> S; apply: lt_le_trans Na (S _) => x /hab/andP[].
have -> : cmean mu (fun y => self_normalised h F y - r)
  = cmean mu (fun y => particle_sum g y * (particle_sum d y / (N%:R * particle_sum h y))).
  rewrite -[RHS]addr0 -[X in _ + X](mulr0 N%:R^-1) -(centred_mean g_mean0) /cmean.
  rewrite -mean_scale -mean_add.
  apply: mean_ext => y /S_gt/lt0r_neq0 S0; rewrite sum_d sum_g /self_normalised.
  by field; rewrite S0 nR.
apply: le_trans (cauchy_schwarz iidP _ _) _; rewrite -/(cmean _ _) (centred_second_moment g_mean0).
have b1 : 1 <= b.
  by have /andP[] := bounds_about_one mu_ge0 (proj2 mu_law) h_mean1 hab.
have b0 : 0 <= b by exact: le_trans ler01 b1.
have gb : mean mu (fun x => g x ^+ 2) <= b / 4%:R by apply: g_square => // x /hab/andP[].
have dV : mean mu (fun x => d x ^+ 2) <= (b - 1) * (1 - a).
  by rewrite d_square; exact: (S0_bhatia_davis mu_ge0 (proj2 mu_law) h_mean1 hab).
have d0 : 0 <= mean mu (fun x => d x ^+ 2) by apply: mean_ge0 => // x _; exact: sqr_ge0.
have rest : mean (iid mu) (fun y => (particle_sum d y / (N%:R * particle_sum h y)) ^+ 2)
            <= N%:R * ((b - 1) * (1 - a)) / (N%:R * (N%:R * a)) ^+ 2.
  apply: (@le_trans _ _ (cmean mu (fun y => (N%:R * (N%:R * a)) ^- 2 * particle_sum d y ^+ 2))).
    apply: mean_le => // y y_supp; rewrite expr_div_n mulrC; apply: ler_wpmul2r; first exact: sqr_ge0.
    have pos_a : 0 < N%:R * (N%:R * a) by rewrite mulr_gt0.
    have pos_S : 0 < N%:R * particle_sum h y by rewrite mulr_gt0 ?S_gt.
    rewrite lef_pinv ?posrE ?exprn_gt0 // ler_pexpn2r ?nnegrE ?(ltW pos_a) ?(ltW pos_S) //.
    by rewrite ler_pmul2l //; apply: particle_sum_ge y_supp => x /hab/andP[].
  rewrite /cmean mean_scale -/(cmean _ _) (centred_second_moment d_mean0) [X in X <= _]mulrC.
  by apply: ler_wpmul2r; [rewrite invr_ge0 sqr_ge0 | rewrite ler_pmul2l].
apply: le_trans (ler_pmul _ _ (ler_wpmul2l (ltW nR_gt0) gb) rest) _.
- by rewrite mulr_ge0 ?ler0n //; apply: mean_ge0 => // x _; exact: sqr_ge0.
- by apply: (mean_ge0 iidP) => x _; exact: sqr_ge0.
rewrite le_eqVlt; apply/orP; left; apply/eqP.
by field; rewrite nR gt_eqF.
Qed.

(* ---- One-sided -------------------------------------------------------- *)
Lemma one_sided_bias (b c : R) (ans : cloud N A -> R) :
  (forall x, mu x != 0 -> h x <= b) -> 0 <= c -> b * (b - 1) <= c ^+ 2 ->
  (forall y, iid mu y != 0 -> 0 <= ans y <= 1) ->
  (forall y, iid mu y != 0 -> particle_sum h y != 0 -> ans y = self_normalised h F y) ->
  `|cmean mu ans - r| <= ((b - 1) + c / 2%:R) / N%:R.
Proof.
move=> hb c0 bc ans01 ansE.
have hab x : mu x != 0 -> 0 <= h x <= b by move=> xs; rewrite h_ge0 ?hb.
have b1 : 1 <= b by have /andP[] := bounds_about_one mu_ge0 (proj2 mu_law) h_mean1 hab.
have b0 : 0 <= b by exact: le_trans ler01 b1.
have gb : mean mu (fun x => g x ^+ 2) <= b / 4%:R by exact: g_square.
have dV : mean mu (fun x => d x ^+ 2) <= b - 1.
  have := S0_bhatia_davis mu_ge0 (proj2 mu_law) h_mean1 hab.
  by rewrite d_square subr0 mulr1.
pose n := N%:R : R.
(* n^2 (X - n^-1 sum g) = sum_g sum_d + X (sum_d)^2, X = ans - r *)
have split : n ^+ 2 * (cmean mu ans - r)
  = cmean mu (fun y => particle_sum g y * particle_sum d y)
    + cmean mu (fun y => (ans y - r) * particle_sum d y ^+ 2).
  rewrite -[r in LHS](mean_const iidP) -mean_sub -mean_scale -[RHS]addr0.
  rewrite -[X in _ + X](mulr0 n) -(centred_mean g_mean0) /cmean -mean_scale -!mean_add.
  apply: mean_ext => y ys; rewrite sum_d sum_g -/n.
  have [S0|S0] := eqVneq (particle_sum h y) 0.
    have -> : particle_sum (fun x => h x * F x) y = 0.
      apply: big1 => i _; have /eqP := S0; rewrite psumr_eq0 => [/allP/(_ i (mem_index_enum i))/eqP -> |j _].
        by rewrite mul0r.
      exact/h_ge0/(iid_support j ys).
    by rewrite S0; ring.
  by rewrite ansE // /self_normalised; field.
have first : `|cmean mu (fun y => particle_sum g y * particle_sum d y)| <= n * (c / 2%:R).
  rewrite (particle_product N mu_law) g_mean0 mul0r mulr0 addr0 normrM ger0_norm ?ler0n //.
  rewrite ler_pmul2l //; apply: le_of_sqr; first by rewrite divr_ge0 ?ler0n.
  apply: le_trans (cauchy_schwarz mu_law _ _) _.
  apply: le_trans (ler_pmul _ _ gb dV) _; try by apply: mean_ge0 => // x _; exact: sqr_ge0.
  rewrite expr_div_n mulrAC -natrX.
  by apply: ler_wpmul2r; rewrite ?invr_ge0 ?ler0n.
have second : `|cmean mu (fun y => (ans y - r) * particle_sum d y ^+ 2)| <= n * (b - 1).
  apply: le_trans (mean_norm iidP _) _.
  apply: (@le_trans _ _ (cmean mu (fun y => particle_sum d y ^+ 2))).
    apply: mean_le => // y ys; rewrite normrM [X in _ * X]ger0_norm ?sqr_ge0 //.
    apply: ler_pimull; first exact: sqr_ge0.
    have /andP[a0 a1] := ans01 y ys; have /andP[r0 r1] := r_in01.
    rewrite ler_norml ler_subr_addl; apply/andP; split; first by rewrite (le_trans _ a0) // subr_le0.
    by rewrite (@le_trans _ _ (1 - r)) // ?ler_add2r // ler_subl_addr ler_addl.
  by rewrite (centred_second_moment d_mean0) ler_pmul2l.
rewrite ler_pdivl_mulr // -(ler_pmul2l nR_gt0) mulrCA -/n.
have -> : `|cmean mu ans - r| * (n * n) = `|n ^+ 2 * (cmean mu ans - r)|.
  by rewrite normrM (ger0_norm (sqr_ge0 _)) expr2 mulrC.
rewrite split; apply: le_trans (ler_norm_add _ _) _; apply: le_trans (ler_add first second) _.
by rewrite -mulrDr addrC.
Qed.
End Normalised.
End Setting.

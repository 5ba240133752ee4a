(* The end-to-end theorems over the real numbers, with a Bellman error of c/T: polynomial in the horizon T.

     S3   N >= L^2 T e^(2c) / (2 delta)     gives TV(output law, pi) <= delta      (two-sided ratio bound L)
     P3   N >= L^6 T e^(6c) / (2 delta)     the same
     S4   N >= 3/2 L T e^(2c) / delta       the same with G <= L alone, zero rewards allowed
     S8   N >= T e^(2c) / (2 delta)         fully adapted SMC, no ratio bound
     S1   chi^2(pi || guided) <= sinh(c)^2,   S2   TV(guided, pi) <= tanh(c/2)     at every T *)
From Coq Require Import Reals Lra Lia.
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require Import Cloud TotalVariation Model Bellman Paths Guided EndToEnd Adapted Exponential RealNumbers.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Delimit Scope R_scope with real.

Section RealModel.
Variables (X : finType) (m : model real_field X) (N : nat) (c delta : R).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis T_gt0 : (0 < T)%N.
Hypothesis c_ge0 : (0 <= c)%real.
Hypothesis bellman : bellman_error_le m (c / INR T)%real.
Hypothesis delta_gt0 : (0 < delta)%real.
Let T1 : (1 <= T)%coq_nat. Proof. exact/ssrnat.leP. Qed.
Let eps_ge0 : (0 <= ((c / INR T)%real : real_field))%R.
Proof. apply/le_real; exact: (eps_ge0 c T c_ge0 T1). Qed.
Let d0 : (0 < (delta : real_field))%R. Proof. exact/lt_real. Qed.
Let d2 : (2%:R * delta : real_field)%R = (2 * delta)%real.
Proof. by rewrite natural_real. Qed.

Lemma real_div (x y : real_field) : (0 < y)%real -> (x / y)%R = (x / y)%real.
Proof. by move=> y0; rewrite inverse_real //; apply/eqP => y_eq0; move: y0; rewrite y_eq0; exact: Rlt_irrefl. Qed.

Let T_pred : (T - 1)%coq_nat = T.-1. Proof. by rewrite minusE subn1. Qed.

Theorem S3_real (L : R) : (0 < L)%real -> ratio_bound_le m L ->
  (L ^ 2 * INR T * exp (2 * c) / (2 * delta) <= INR N)%real ->
  (tv (smc_law m N) (target_out m) <= delta)%real.
Proof.
move=> L0 ratio enough; apply/le_real.
apply: (S3_particles_suffice wf N_gt0 eps_ge0 _ bellman ratio d0); first exact/lt_real.
apply/le_real; rewrite d2 real_div; last by lra.
rewrite !power_real !natural_real; apply: Rle_trans enough.
by have := S3_exponential_count c T c_ge0 T1 L delta delta_gt0; rewrite T_pred.
Qed.

Theorem P3_real (L : R) : (0 < L)%real -> ratio_bound_le m L ->
  (L ^ 6 * INR T * exp (6 * c) / (2 * delta) <= INR N)%real ->
  (tv (smc_law m N) (target_out m) <= delta)%real.
Proof.
move=> L0 ratio enough; apply/le_real.
apply: (P3_corollary wf N_gt0 eps_ge0 _ bellman ratio d0); first exact/lt_real.
apply/le_real; rewrite d2 real_div; last by lra.
rewrite !power_real !natural_real; apply: Rle_trans enough.
by have := P3_exponential_count c T c_ge0 T1 L delta delta_gt0; rewrite T_pred.
Qed.

Theorem S4_real (L : R) : (0 <= L)%real -> upper_ratio_le m L ->
  (3 / 2 * L * INR T * exp (2 * c) / delta <= INR N)%real ->
  (tv (smc_law m N) (target_out m) <= delta)%real.
Proof.
move=> L0 upper enough; apply/le_real.
apply: (S4_particles_suffice wf keeps N_gt0 eps_ge0 bellman upper d0).
apply/le_real; rewrite real_div // real_div ?natural_real; last by rewrite /=; lra.
rewrite !power_real; apply: Rle_trans enough.
have := S4_exponential_count c T c_ge0 T1 L delta L0 delta_gt0; rewrite T_pred; apply: Rle_trans.
change (INR 3 / INR 2 * (L * (1 + c / INR T)) * INR T * (1 + c / INR T) ^ (2 * T.-1) / delta
  <= 3 / 2 * L * (1 + c / INR T) * INR T * (1 + c / INR T) ^ (2 * T.-1) / delta)%real.
have -> : INR 3 = 3%real by rewrite /=; lra.
by apply: Req_le; change (INR 2) with 2%real; rewrite -!Rmult_assoc.
Qed.

(* fully adapted SMC: no ratio bound *)
Theorem S8_real : (INR T * exp (2 * c) / (2 * delta) <= INR N)%real ->
  (tv (smc_law (adapted m) N) (target_out m) <= delta)%real.
Proof.
move=> enough; apply/le_real; apply: (S8_particles_suffice wf keeps N_gt0 eps_ge0 bellman d0).
apply/le_real; rewrite d2 real_div; last by lra.
rewrite !power_real !natural_real; apply: Rle_trans enough.
have pow_exp : ((1 + c / INR T) ^ (2 * T.-1) <= exp (2 * c))%real.
  by have := exponential_2T_minus_2 c T c_ge0 T1; rewrite T_pred.
apply: Rmult_le_compat_r; first by left; apply: Rinv_0_lt_compat; lra.
apply: Rmult_le_compat; [exact: pos_INR| |by apply: le_INR; apply/ssrnat.leP; exact: leq_pred|exact: pow_exp].
by apply: pow_le; apply: Rplus_le_le_0_compat; [exact: Rle_0_1|exact/le_real].
Qed.

(* the guided particle *)
Let a : R := ((1 + c / INR T) ^ (T - 1)%coq_nat)%real.
Let a_power : ((1 + (c / INR T)%real : real_field) ^+ (T - 1)%N)%R = a. Proof. exact: power_real. Qed.
Let a_ge1 : (1 <= a)%real. Proof. exact: (proj1 (a_bounds c T c_ge0 T1)). Qed.
Let two : (2%:R : real_field)%R = 2%real. Proof. exact: natural_real. Qed.

Theorem S1_real : (chi_square (target_path m) (guided m) <= sinh c ^ 2)%real.
Proof.
apply/le_real; apply: le_trans (S1_bellman_error wf keeps eps_ge0 bellman) _; apply/le_real.
rewrite a_power inverse_real; last by apply/eqP => a_eq0; move: a_ge1; rewrite a_eq0; apply: Rlt_not_le; exact: Rlt_0_1.
rewrite power_real two real_div; last by lra.
exact: (S1_exponential c T c_ge0 T1).
Qed.

Theorem S2_real : (tv (guided_law m) (target m) <= tanh (c / 2))%real.
Proof.
apply/le_real; apply: le_trans (S2_bellman_error wf keeps eps_ge0 bellman) _; apply/le_real.
rewrite a_power real_div; first exact: (S2_exponential c T c_ge0 T1).
by apply: Rplus_le_lt_0_compat; [exact: Rle_trans Rle_0_1 a_ge1|exact: Rlt_0_1].
Qed.
End RealModel.

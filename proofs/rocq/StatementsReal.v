(* The exponential forms, in Coq's standard real numbers; AuditReal.v lists their axioms.
   With a Bellman error of c/T the bounds of Statements.v are at most constants in the horizon T: first as inequalities
   between counts, then end to end, for finite models over the reals. *)
From Coq Require Import Reals.
From BellmanSMC Require Exponential.
Local Open Scope R_scope.

Theorem exponential_2T (c : R) (T : nat) : 0 <= c -> (1 <= T)%nat -> (1 + c / INR T) ^ (2 * T) <= exp (2 * c).
Proof. exact (Exponential.exponential_2T c T). Qed.

(* S3: the count that suffices is at most L^2 T e^(2c) / (2 delta) *)
Theorem S3_exponential_count (c : R) (T : nat) (L delta : R) : 0 <= c -> (1 <= T)%nat -> 0 < delta ->
  L ^ 2 * INR T * (1 + c / INR T) ^ (2 * (T - 1)) / (2 * delta) <= L ^ 2 * INR T * exp (2 * c) / (2 * delta).
Proof. intros Hc HT; exact (Exponential.S3_exponential_count c T Hc HT L delta). Qed.

(* P3: the paper's count *)
Theorem P3_exponential_count (c : R) (T : nat) (L delta : R) : 0 <= c -> (1 <= T)%nat -> 0 < delta ->
  L ^ 6 * INR T * (1 + c / INR T) ^ (6 * (T - 1)) / (2 * delta) <= L ^ 6 * INR T * exp (6 * c) / (2 * delta).
Proof. intros Hc HT; exact (Exponential.P3_exponential_count c T Hc HT L delta). Qed.

Theorem S4_exponential_count (c : R) (T : nat) (L delta : R) : 0 <= c -> (1 <= T)%nat -> 0 <= L -> 0 < delta ->
  3 / 2 * L * (1 + c / INR T) * INR T * (1 + c / INR T) ^ (2 * (T - 1)) / delta
  <= 3 / 2 * L * INR T * exp (2 * c) / delta.
Proof. intros Hc HT; exact (Exponential.S4_exponential_count c T Hc HT L delta). Qed.

(* S1: at most sinh^2 c for every T *)
Theorem S1_exponential (c : R) (T : nat) : 0 <= c -> (1 <= T)%nat ->
  let a := (1 + c / INR T) ^ (T - 1) in ((a - / a) / 2) ^ 2 <= sinh c ^ 2.
Proof. exact (Exponential.S1_exponential c T). Qed.

(* S2: at most tanh (c/2) for every T *)
Theorem S2_exponential (c : R) (T : nat) : 0 <= c -> (1 <= T)%nat ->
  let a := (1 + c / INR T) ^ (T - 1) in (a - 1) / (a + 1) <= tanh (c / 2).
Proof. exact (Exponential.S2_exponential c T). Qed.

(* S6 and S3 together: polynomial when eps <= k ln T / T *)
Theorem S6_logarithmic_error (k eps : R) (T : nat) : (1 <= T)%nat -> 0 <= eps -> eps <= k * ln (INR T) / INR T ->
  (1 + eps) ^ (2 * T) <= Rpower (INR T) (2 * k).
Proof. exact (Exponential.logarithmic_error_is_polynomial k eps T). Qed.

(* ==== End to end ===================================================================== *)
(* real_field: the standard reals as an ordered field of MathComp, proved in RealNumbers.v; model, live,
   bellman_error_le, ... as in Statements.v *)
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require RealEndToEnd.
From BellmanSMC Require Import TotalVariation Model Guided Paths Adapted RealNumbers.
Delimit Scope R_scope with real.

Section EndToEnd.
Variables (X : finType) (m : model real_field X) (N : nat) (c delta : R).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis T_gt0 : (0 < T)%N.
Hypothesis c_ge0 : 0 <= c.
Hypothesis bellman : bellman_error_le m (c / INR T)%real.
Hypothesis delta_gt0 : 0 < delta.

Theorem S3_real (L : R) : 0 < L -> ratio_bound_le m L ->
  L ^ 2 * INR T * exp (2 * c) / (2 * delta) <= INR N -> tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> L0 ratio; exact: (RealEndToEnd.S3_real wf N_gt0 T_gt0 c_ge0 bellman delta_gt0 L0 ratio). Qed.

Theorem P3_real (L : R) : 0 < L -> ratio_bound_le m L ->
  L ^ 6 * INR T * exp (6 * c) / (2 * delta) <= INR N -> tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> L0 ratio; exact: (RealEndToEnd.P3_real wf N_gt0 T_gt0 c_ge0 bellman delta_gt0 L0 ratio). Qed.

(* the twist kills no state of positive value: implied by a two-sided ratio bound, asked for without one *)
Hypothesis keeps : no_kill m.

Theorem S4_real (L : R) : 0 <= L -> upper_ratio_le m L ->
  3 / 2 * L * INR T * exp (2 * c) / delta <= INR N -> tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> L0 upper; exact: (RealEndToEnd.S4_real wf keeps N_gt0 T_gt0 c_ge0 bellman delta_gt0 L0 upper). Qed.

Theorem S8_real : INR T * exp (2 * c) / (2 * delta) <= INR N -> tv (smc_law (adapted m) N) (target_out m) <= delta.
Proof. exact: (RealEndToEnd.S8_real wf keeps N_gt0 T_gt0 c_ge0 bellman delta_gt0). Qed.

Theorem S1_real : chi_square (target_path m) (guided m) <= sinh c ^ 2.
Proof. exact: (RealEndToEnd.S1_real wf keeps T_gt0 c_ge0 bellman). Qed.

Theorem S2_real : tv (guided_law m) (target m) <= tanh (c / 2).
Proof. exact: (RealEndToEnd.S2_real wf keeps T_gt0 c_ge0 bellman). Qed.
End EndToEnd.

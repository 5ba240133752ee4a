(* The exponential forms, in Coq's standard real numbers; their axioms are listed by Audit.v.
   With a Bellman error of c/T, the bounds of Statements.v are at most constants in the horizon T. *)
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

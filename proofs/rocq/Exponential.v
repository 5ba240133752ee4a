(* The exponential form, in Coq's standard real numbers (whose axioms the audit lists).

   Every bound of the other files is rational in eps.  Here eps = c/T turns powers of 1 + eps into constants:
     power        (1 + c/T)^k <= exp(c k/T),  so (1 + c/T)^(2(T-1)) <= (1 + c/T)^(2T) <= exp(2c)
     S3, P3, S4   the particle counts that suffice are at most  L^2 T e^(2c)/(2 delta),  L^6 T e^(6c)/(2 delta),
                  3/2 L T e^(2c)/delta
     S1, S2       ((a - 1/a)/2)^2 <= sinh(c)^2  and  (a-1)/(a+1) <= tanh(c/2)  for  a = (1+c/T)^(T-1)
     S6           eps <= k ln T/T gives (1+eps)^(2T) <= T^(2k): polynomial. *)
From Coq Require Import Reals Lra Lia Psatz.
Local Open Scope R_scope.

Lemma one_plus_le_exp x : 0 <= x -> 1 + x <= exp x.
Proof. intros [Hx| <-]; [left; apply exp_ineq1; lra|rewrite exp_0; lra]. Qed.

Lemma exp_pow x (n : nat) : exp x ^ n = exp (INR n * x).
Proof.
induction n as [|n IH]; [simpl; rewrite Rmult_0_l, exp_0; reflexivity|].
rewrite S_INR; simpl; rewrite IH, <- exp_plus; f_equal; lra.
Qed.

Lemma pow_le_exp x (n : nat) : 0 <= x -> (1 + x) ^ n <= exp (INR n * x).
Proof.
intros Hx; rewrite <- exp_pow; apply pow_incr; split; [lra|now apply one_plus_le_exp].
Qed.

Lemma exp_mono x y : x <= y -> exp x <= exp y.
Proof. intros [H| ->]; [left; now apply exp_increasing|lra]. Qed.

Section BellmanErrorOverHorizon.
Variables (c : R) (T : nat).
Hypothesis c_ge0 : 0 <= c.
Hypothesis T_ge1 : (1 <= T)%nat.
Let eps := c / INR T.

Lemma T_pos : 0 < INR T.
Proof. apply lt_0_INR; lia. Qed.

Lemma eps_ge0 : 0 <= eps.
Proof. apply Rmult_le_pos; [exact c_ge0|left; apply Rinv_0_lt_compat, T_pos]. Qed.

Lemma T_eps : INR T * eps = c.
Proof. unfold eps; field; apply Rgt_not_eq, T_pos. Qed.

Lemma pow_le_exp_const (k m : nat) (r : R) : INR k = r -> (m <= k * T)%nat -> (1 + eps) ^ m <= exp (r * c).
Proof.
intros <- Hm; apply Rle_trans with (1 := pow_le_exp eps m eps_ge0), exp_mono.
rewrite <- T_eps, <- Rmult_assoc, <- mult_INR.
apply Rmult_le_compat_r; [exact eps_ge0|now apply le_INR].
Qed.

Theorem exponential_2T : (1 + c / INR T) ^ (2 * T) <= exp (2 * c).
Proof. apply (pow_le_exp_const 2); [simpl; lra|lia]. Qed.

Theorem exponential_2T_minus_2 : (1 + c / INR T) ^ (2 * (T - 1)) <= exp (2 * c).
Proof. apply (pow_le_exp_const 2); [simpl; lra|lia]. Qed.

Theorem S3_exponential_count L delta : 0 < delta ->
  L ^ 2 * INR T * (1 + c / INR T) ^ (2 * (T - 1)) / (2 * delta) <= L ^ 2 * INR T * exp (2 * c) / (2 * delta).
Proof.
intros Hd; apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra|].
apply Rmult_le_compat_l; [apply Rmult_le_pos; [apply pow2_ge_0|left; apply T_pos]|apply exponential_2T_minus_2].
Qed.

Theorem P3_exponential_count L delta : 0 < delta ->
  L ^ 6 * INR T * (1 + c / INR T) ^ (6 * (T - 1)) / (2 * delta) <= L ^ 6 * INR T * exp (6 * c) / (2 * delta).
Proof.
intros Hd; apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra|].
apply Rmult_le_compat_l.
- apply Rmult_le_pos; [replace (L ^ 6) with ((L ^ 3) ^ 2) by ring; apply pow2_ge_0|left; apply T_pos].
- apply (pow_le_exp_const 6); [simpl; lra|lia].
Qed.

Theorem S4_exponential_count L delta : 0 <= L -> 0 < delta ->
  3 / 2 * L * (1 + c / INR T) * INR T * (1 + c / INR T) ^ (2 * (T - 1)) / delta <= 3 / 2 * L * INR T * exp (2 * c) / delta.
Proof.
intros HL Hd; apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat; lra|].
replace (3 / 2 * L * (1 + c / INR T) * INR T * (1 + c / INR T) ^ (2 * (T - 1)))
  with (3 / 2 * L * INR T * (1 + c / INR T) ^ S (2 * (T - 1))) by (simpl; ring).
apply Rmult_le_compat_l; [apply Rmult_le_pos; [lra|left; apply T_pos]|].
apply (pow_le_exp_const 2); [simpl; lra|lia].
Qed.

(* a = (1 + c/T)^(T-1) lies between 1 and e^c *)
Let a := (1 + c / INR T) ^ (T - 1).

Lemma a_bounds : 1 <= a <= exp c.
Proof.
split; [apply pow_R1_Rle; generalize eps_ge0; unfold eps; lra|].
rewrite <- (Rmult_1_l c); unfold a; apply (pow_le_exp_const 1); [simpl; lra|lia].
Qed.

Theorem S1_exponential : ((a - / a) / 2) ^ 2 <= sinh c ^ 2.
Proof.
destruct a_bounds as [H1 H2]; unfold sinh; rewrite exp_Ropp.
assert (/ exp c <= / a) by (apply Rinv_le_contravar; lra).
assert (/ a <= 1) by (rewrite <- Rinv_1; apply Rinv_le_contravar; lra).
apply pow_incr; split; lra.
Qed.

Theorem S2_exponential : (a - 1) / (a + 1) <= tanh (c / 2).
Proof.
destruct a_bounds as [H1 H2]; set (E := exp (c / 2)).
assert (HE : 0 < E) by apply exp_pos.
assert (Ec : exp c = E * E) by (unfold E; rewrite <- exp_plus; f_equal; lra).
assert (Ht : tanh (c / 2) = (E * E - 1) / (E * E + 1)).
{ unfold tanh, sinh, cosh; rewrite exp_Ropp; fold E; field; nra. }
rewrite Ht, <- Ec; apply Rmult_le_reg_r with (a + 1); [lra|].
unfold Rdiv; rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
apply Rmult_le_reg_r with (exp c + 1); [lra|].
replace ((exp c - 1) * / (exp c + 1) * (a + 1) * (exp c + 1)) with ((exp c - 1) * (a + 1)) by (field; lra).
nra.
Qed.
End BellmanErrorOverHorizon.

(* eps <= k ln T / T makes (1+eps)^(2T) polynomial in T *)
Theorem logarithmic_error_is_polynomial (k eps : R) (T : nat) : (1 <= T)%nat -> 0 <= eps ->
  eps <= k * ln (INR T) / INR T -> (1 + eps) ^ (2 * T) <= Rpower (INR T) (2 * k).
Proof.
intros HT He0 He; assert (HT0 : 0 < INR T) by (apply lt_0_INR; lia).
apply Rle_trans with (1 := pow_le_exp eps (2 * T) He0); unfold Rpower; apply exp_mono.
rewrite mult_INR; simpl (INR 2).
replace (2 * k * ln (INR T)) with ((1 + 1) * INR T * (k * ln (INR T) / INR T)) by (field; lra).
apply Rmult_le_compat_l; [nra|exact He].
Qed.

(* Coq's standard real numbers are an ordered field in MathComp's sense, so the theorems apply to them.

   Besides the axioms of the standard reals, MathComp's choice structure asks for a choice operator on R: the
   standard library's constructive_indefinite_description.  The finite theory does not need this file. *)
From Coq Require Import Reals Lra ClassicalEpsilon FunctionalExtensionality.
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.

(* ---- Equality and choice -------------------------------------------------------- *)
Definition real_eqb (x y : R) : bool := if Req_EM_T x y then true else false.
Lemma real_eqP : Equality.axiom real_eqb.
Proof. by move=> x y; rewrite /real_eqb; case: Req_EM_T => H; constructor. Qed.
Canonical real_eqType := EqType R (EqMixin real_eqP).

Definition real_find (P : pred R) (n : nat) : option R :=
  if excluded_middle_informative (exists x, P x) is left H
  then Some (proj1_sig (constructive_indefinite_description _ H)) else None.
Lemma real_find_some P n x : real_find P n = Some x -> P x.
Proof.
rewrite /real_find; case: excluded_middle_informative => // H [<-].
exact: (proj2_sig (constructive_indefinite_description _ H)).
Qed.
Lemma real_find_ex (P : pred R) : (exists x, P x) -> exists n, real_find P n.
Proof. by move=> H; exists 0%N; rewrite /real_find; case: excluded_middle_informative. Qed.
Lemma real_find_ext (P Q : pred R) : P =1 Q -> real_find P =1 real_find Q.
Proof. by move=> PQ n; rewrite (functional_extensionality P Q PQ). Qed.
Canonical real_choiceType := ChoiceType R (Choice.Mixin real_find_some real_find_ex real_find_ext).

(* ---- Field ------------------------------------------------------------------------ *)
Lemma real_addA : associative Rplus. Proof. by move=> x y z; rewrite Rplus_assoc. Qed.
Canonical real_zmodType := ZmodType R (ZmodMixin real_addA Rplus_comm Rplus_0_l Rplus_opp_l).
Lemma real_mulA : associative Rmult. Proof. by move=> x y z; rewrite Rmult_assoc. Qed.
Lemma real_one_neq0 : R1 != R0.
Proof. by apply/eqP; exact: R1_neq_R0. Qed.
Canonical real_ringType := RingType R
  (RingMixin real_mulA Rmult_1_l Rmult_1_r Rmult_plus_distr_r Rmult_plus_distr_l real_one_neq0).
Canonical real_comRingType := ComRingType R Rmult_comm.

Definition real_inv (x : R) : R := if x == R0 then R0 else Rinv x.
Lemma real_mulV (x : R) : x != R0 -> Rmult (real_inv x) x = R1.
Proof. by rewrite /real_inv => x0; rewrite (negbTE x0); apply: Rinv_l; apply/eqP. Qed.
Lemma real_inv0 : real_inv R0 = R0.
Proof. by rewrite /real_inv eqxx. Qed.
Canonical real_unitRingType := UnitRingType R (FieldUnitMixin real_mulV real_inv0).
Canonical real_comUnitRingType := [comUnitRingType of R].
Lemma real_field_axiom : GRing.Field.mixin_of real_unitRingType. Proof. by []. Qed.
Canonical real_idomainType := IdomainType R (FieldIdomainMixin real_field_axiom).
Canonical real_fieldType := FieldType R real_field_axiom.

(* ---- Order -------------------------------------------------------------------------- *)
Definition real_le (x y : R) : bool := if Rle_dec x y then true else false.
Lemma real_leP x y : reflect (Rle x y) (real_le x y).
Proof. by rewrite /real_le; case: Rle_dec => H; constructor. Qed.
Definition real_lt (x y : R) : bool := (y != x) && real_le x y.

Lemma real_le_add x y : real_le R0 x -> real_le R0 y -> real_le R0 (Rplus x y).
Proof. by move=> /real_leP x0 /real_leP y0; apply/real_leP; lra. Qed.
Lemma real_le_mul x y : real_le R0 x -> real_le R0 y -> real_le R0 (Rmult x y).
Proof. by move=> /real_leP x0 /real_leP y0; apply/real_leP; exact: Rmult_le_pos. Qed.
Lemma real_le_anti x : real_le R0 x -> real_le x R0 -> x = R0.
Proof. by move=> /real_leP x0 /real_leP y0; lra. Qed.
Lemma real_sub_ge0 x y : real_le R0 (Rplus y (Ropp x)) = real_le x y.
Proof. by apply/real_leP/real_leP; lra. Qed.
Lemma real_le_total x : real_le R0 x || real_le x R0.
Proof. by apply/orP; case: (Rle_dec R0 x) => x0; [left|right]; apply/real_leP; lra. Qed.
Lemma real_ge0_norm x : real_le R0 x -> Rabs x = x.
Proof. by move=> /real_leP x0; exact: Rabs_right (Rle_ge _ _ x0). Qed.

Definition real_order : realLeMixin real_idomainType :=
  @RealLeMixin real_idomainType real_le real_lt Rabs real_le_add real_le_mul real_le_anti real_sub_ge0 real_le_total
    Rabs_Ropp real_ge0_norm (fun _ _ => erefl).
Definition real_field : realFieldType := Num.RealLeMixin.Exports.LeRealFieldOfField (R := real_fieldType) real_order.

(* ---- The two vocabularies agree ------------------------------------------------------- *)
Lemma le_real (x y : real_field) : reflect (Rle x y) (x <= y)%R. Proof. exact: real_leP. Qed.
Lemma lt_real (x y : real_field) : reflect (Rlt x y) (x < y)%R.
Proof.
apply: (iffP andP) => [[/eqP yx /real_leP xy]|xy]; first by case: xy => // xy; case: yx.
by split; [apply/eqP; lra | apply/real_leP; lra].
Qed.
Lemma natural_real n : (n%:R : real_field)%R = INR n.
Proof. by elim: n => [|n IH] //; rewrite GRing.mulrSr IH S_INR. Qed.
Lemma power_real (x : real_field) n : (x ^+ n)%R = pow x n.
Proof. by elim: n => [|n IH] //; rewrite GRing.exprS IH. Qed.
Lemma inverse_real (x : real_field) : (x != 0)%R -> (x^-1)%R = Rinv x.
Proof. by move=> x0; change (real_inv x = Rinv x); rewrite /real_inv (negbTE x0). Qed.

(* S11 -- the output law from below by four moments of a run of naive SMC, at any number of particles.

   m_j = E[(Zhat/Z)^j test(output)], a dead run counting 0, so that m_1 = pi(test).  For all numbers a, b
     E[test(output) (1 - a U - b U^2)^2] >= 0, U = Zhat/Z:   2 (a m_1 + b m_2) - (a^2 m_2 + 2 a b m_3 + b^2 m_4) <= out(test),
   and where m_3^2 < m_2 m_4 the best of them is (m_1^2 m_4 - 2 m_1 m_2 m_3 + m_2^3)/(m_2 m_4 - m_3^2).
   Lower bounds l(x) of the states, whatever their a and b, bound the bias:  TV <= sum_x max(0, pi(x) - l(x)). *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope Bias Normaliser Certificate.
From BellmanSMC Require AnyAnswer.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section FourMoments.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation Z := (normaliser m).
Local Notation V := (twist m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis Z_neq0 : Z != 0.
Implicit Types (t k : nat) (x : X) (nu : X -> R) (z a b : R) (g : X -> R).

(* E[(Zhat/Z)^j g(output)] *)
Definition moment j g : R := tested_mean m N (fun z => z ^+ j) g / Z ^+ j.
Definition four a b g : R :=
  2%:R * (a * moment 1 g + b * moment 2 g) - (a ^+ 2 * moment 2 g + 2%:R * a * b * moment 3 g + b ^+ 2 * moment 4 g).

Section Test.
Variable test : option X -> R.
Hypothesis test01 : in01 test.
Let g x := test (Some x).
Let test_ge0 o : 0 <= test o. Proof. by case/andP: (test01 o). Qed.
Local Notation from j k t nu c := (tested_from m N (fun v => v ^+ j) g k t nu c).

(* E[test(output) (1 - a Zhat - b Zhat^2)^2], expanded *)
Lemma quartic_ge0 a b k : forall t nu z, (t + k = T)%N -> live_law m t nu ->
  0 <= mean (smc_from m N k t nu) test - 2%:R * a * from 1 k t nu z + (a ^+ 2 - 2%:R * b) * from 2 k t nu z
       + 2%:R * a * b * from 3 k t nu z + b ^+ 2 * from 4 k t nu z.
Proof.
elim: k => [|k IH] t nu z tkT nu_live.
  have -> : mean (smc_from m N 0 t nu) test = mean nu g by rewrite mean_out /= mul0r add0r.
  have o0 : 0 <= mean nu g by apply: (mean_ge0 (proj1 nu_live)) => x _; exact: test_ge0.
  rewrite /=; move: (mean nu g) o0 => o o0; rewrite [X in 0 <= X](_ : _ = (1 - a * z - b * z ^+ 2) ^+ 2 * o); last by ring.
  by rewrite mulr_ge0 ?sqr_ge0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have mu_law := iid_law N (mutate_law wf tT nu_live).
rewrite smc_from_mean /= /cmean -!mean_scale -mean_sub -!mean_add; apply: (mean_ge0 mu_law) => y ys.
have [_|tot0] := eqVneq (total m t y) 0; first by rewrite !mulr0 subr0 !addr0.
by apply: IH; [rewrite addSnnS | exact: (resample_live wf nu_live ys tot0)].
Qed.
Theorem S11_four a b : four a b g <= mean (smc_law m N) test.
Proof.
have := quartic_ge0 (a / Z) (b / Z ^+ 2) (V 0 (root m)) (add0n T) (point_live m).
rewrite -[smc_from m N T 0 _]/(smc_law m N) => dev; rewrite -subr_ge0; move: dev; congr (0 <= _).
rewrite /four /moment /tested_mean; move: (mean _ _) (tested_from _ _ (fun v => v ^+ 1) _ _ _ _ _) (tested_from _ _ (fun v => v ^+ 2) _ _ _ _ _)
  (tested_from _ _ (fun v => v ^+ 3) _ _ _ _ _) (tested_from _ _ (fun v => v ^+ 4) _ _ _ _ _) => o m1 m2 m3 m4.
by field.
Qed.
Lemma moment_first : moment 1 g = mean (target_out m) test.
Proof.
rewrite /moment (_ : tested_mean m N _ g = tested_mean m N id g) // expr1.
by rewrite (tested_first_moment wf keeps N_gt0 Z_neq0 test01) mulrC mulKf.
Qed.
(* the best a and b *)
Theorem S11_lower : let m1 := mean (target_out m) test in let m2 := moment 2 g in let m3 := moment 3 g in
  let m4 := moment 4 g in m3 ^+ 2 < m2 * m4 ->
  (m1 ^+ 2 * m4 - 2%:R * m1 * m2 * m3 + m2 ^+ 3) / (m2 * m4 - m3 ^+ 2) <= mean (smc_law m N) test.
Proof.
move=> m1 m2 m3 m4; rewrite -subr_gt0 => /lt0r_neq0 D0.
have := S11_four ((m1 * m4 - m2 * m3) / (m2 * m4 - m3 ^+ 2)) ((m2 ^+ 2 - m1 * m3) / (m2 * m4 - m3 ^+ 2)).
rewrite /four moment_first -/m1 -/m2 -/m3 -/m4; move: m1 m2 m3 m4 D0 => m1 m2 m3 m4 D0.
by rewrite [X in X <= _ -> _](_ : _ = (m1 ^+ 2 * m4 - 2%:R * m1 * m2 * m3 + m2 ^+ 3) / (m2 * m4 - m3 ^+ 2)) //; field.
Qed.
End Test.

(* the bias, from any a and b for each state *)
Theorem S11_tv (a b : X -> R) :
  tv (smc_law m N) (target_out m) <= above (target m) (fun x => four (a x) (b x) (fun y => (y == x)%:R)).
Proof.
pose l o := if o is Some x then four (a x) (b x) (fun y => (y == x)%:R) else 0.
rewrite tv_sym tv_above ?smc_law_mass ?target_out_mass //; apply: le_trans (_ : above (target_out m) l <= _).
  apply: above_le => // -[x|] /=; last by case: (smc_law_law wf N).
  have state01 : in01 (fun o : option X => (o == Some x)%:R : R) by move=> o; case: (o == _); rewrite ?lexx ?ler01.
  apply: le_trans (S11_four state01 (a x) (b x)) _.
  by rewrite /mean (bigD1 (Some x)) //= eqxx mulr1 big1 ?addr0 // => o /negbTE ->; rewrite mulr0.
by rewrite /above AnyAnswer.out_sum /= subrr maxxx add0r.
Qed.
End FourMoments.

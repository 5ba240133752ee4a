(* S6, first half -- the counting bound for adaptive randomised algorithms.

   A deterministic adaptive algorithm is a decision tree: it asks the oracle, and the answer chooses the next
   question, until it gives an output.  A randomised one is a mixture: a seed drawn from a finite set names the tree.
   One child u out of B is hidden.  A question either looks below some child or below none, and the answer to a
   question that does not look below u is the same whatever u is.

     counting      a tree that asks at most Q questions gives an output below u for at most Q + 1 of the B children u
     average       so the mean over u of P(output below u) is at most (Q + 1)/B
     queries       if P(output below u) >= m - delta for every u, then Q >= B (m - delta) - 1
     floor form    with m = a^2/(a^2 + B - 1), a >= 1 and a^2 <= B <= a^2 + 1:  Q >= (1/2 - delta) a^2 - 1
   LowerBoundModel.v supplies m from a concrete reward model. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section DecisionTree.
Variables question answer output : Type.

Inductive algorithm :=
| Output of output
| Ask of question & (answer -> algorithm).

(* the output against an oracle, and the number of questions asked on the way *)
Fixpoint run (oracle : question -> answer) (A : algorithm) : output :=
  match A with Output o => o | Ask x next => run oracle (next (oracle x)) end.

Fixpoint queries (oracle : question -> answer) (A : algorithm) : nat :=
  match A with Output _ => 0 | Ask x next => (queries oracle (next (oracle x))).+1 end.

Section Counting.
Variables (B : nat) (looks_below : question -> option 'I_B) (lands_below : output -> option 'I_B).
Variables (oracle : 'I_B -> question -> answer) (plain : question -> answer).
Hypothesis blind : forall u x, looks_below x != Some u -> oracle u x = plain x.

Definition hits (A : algorithm) u := lands_below (run (oracle u) A) == Some u.

Lemma card_named (c : option 'I_B) : (#|[set u | c == Some u]| <= 1)%N.
Proof.
case: c => [v|]; last by rewrite (_ : [set u | _] = set0) ?cards0 //; apply/setP => u; rewrite !inE.
by rewrite (_ : [set u | _] = [set v]) ?cards1 //; apply/setP => u; rewrite !inE eq_sym.
Qed.

(* Each question removes at most one candidate u; the last output names at most one more. *)
Lemma hits_among (A : algorithm) : forall Q (U : {set 'I_B}),
  (forall u, u \in U -> (queries (oracle u) A <= Q)%N) -> (#|[set u in U | hits A u]| <= Q.+1)%N.
Proof.
elim: A => [o|x next IH] Q U HQ.
  apply: leq_trans (leq_trans (card_named (lands_below o)) _) => //.
  by apply/subset_leq_card/subsetP => u; rewrite !inE => /andP[].
pose S := [set u in U | looks_below x == Some u]; pose U' := U :\: S.
have cardS : (#|S| <= 1)%N.
  apply: leq_trans (card_named (looks_below x)).
  by apply/subset_leq_card/subsetP => u; rewrite !inE => /andP[].
have eq_next u : u \in U' -> oracle u x = plain x.
  by rewrite !inE => /andP[nxu uU]; apply: blind; move: nxu; rewrite uU.
have split_hits : [set u in U | hits (Ask x next) u] \subset S :|: [set u in U' | hits (next (plain x)) u].
  apply/subsetP => u; rewrite !inE => /andP[uU hu]; rewrite uU /=.
  by case: eqP => //= xu; move: hu; rewrite /hits /= blind //; apply/eqP.
apply: leq_trans (subset_leq_card split_hits) _; apply: leq_trans (leq_card_setU _ _) _.
have [U'0|/set0Pn[u0 u0U']] := eqVneq U' set0.
  rewrite (_ : [set u in U' | _] = set0) ?cards0 ?addn0; first exact: leq_trans cardS _.
  by apply/setP => u; rewrite U'0 !inE.
have Q0 : (0 < Q)%N.
  by apply: leq_trans (HQ u0 _); move: u0U'; rewrite ?inE // => /andP[].
rewrite -(prednK Q0) -add1n; apply: leq_add => //.
apply: IH => u uU'; have uU : u \in U by move: uU'; rewrite inE => /andP[].
by have := HQ u uU; rewrite /= (eq_next u uU') -{1}(prednK Q0) ltnS.
Qed.

Theorem S6_counting (A : algorithm) Q :
  (forall u, queries (oracle u) A <= Q)%N -> (#|[set u | hits A u]| <= Q.+1)%N.
Proof.
move=> HQ; have := @hits_among A Q [set: 'I_B] (fun u _ => HQ u).
by congr (_ <= _)%N; apply: eq_card => u; rewrite !inE.
Qed.

Section Randomised.
Variables (R : realFieldType) (seed : finType) (w : seed -> R) (A : seed -> algorithm).
Hypothesis w_ge0 : forall s, 0 <= w s.
Hypothesis w_sum1 : \sum_s w s = 1.

(* P(output below u) on the instance that hides u *)
Definition hit_probability u : R := \sum_s w s * (hits (A s) u)%:R.

Variable Q : nat.
Hypothesis at_most_Q : forall s u, (queries (oracle u) (A s) <= Q)%N.

Theorem S6_average : \sum_u hit_probability u <= 1 + Q%:R.
Proof.
rewrite /hit_probability exchange_big /=.
apply: (@le_trans _ _ (\sum_s w s * (1 + Q%:R))); last by rewrite -mulr_suml w_sum1 mul1r.
apply: ler_sum => s _; rewrite -mulr_sumr; apply: ler_wpmul2l => //.
rewrite -natr_sum -mulrS ler_nat; apply: leq_trans _ (S6_counting (at_most_Q s)).
by rewrite -sum1_card [X in (_ <= X)%N]big_mkcond /=; apply: leq_sum => u _; rewrite inE; case: hits.
Qed.

Theorem S6_queries (m delta : R) :
  (forall u, m - delta <= hit_probability u) -> B%:R * (m - delta) - 1 <= Q%:R.
Proof.
move=> Hm; rewrite ler_subl_addl; apply: le_trans S6_average.
rewrite mulr_natl -[X in _ *+ X](card_ord B) -sumr_const; exact: ler_sum.
Qed.
End Randomised.
End Counting.
End DecisionTree.

Section Arithmetic.
Variable R : realFieldType.

(* the mass a^2/(a^2 + B - 1) is at least 1/2 when B - 1 <= a^2 *)
Lemma S6_floor_form (a delta : R) (B Q : nat) :
  1 <= a -> delta <= 2%:R^-1 -> a ^+ 2 <= B%:R -> B%:R <= a ^+ 2 + 1 ->
  B%:R * (a ^+ 2 / (a ^+ 2 + B%:R - 1) - delta) - 1 <= Q%:R -> (2%:R^-1 - delta) * a ^+ 2 - 1 <= Q%:R.
Proof.
move=> a1 d2 aB Ba; apply: le_trans; rewrite ler_subr_addr subrK.
have a20 : 0 < a ^+ 2 by rewrite exprn_gt0 // (lt_le_trans ltr01).
have a21 : 1 <= a ^+ 2 by rewrite exprn_ege1.
have B1 : 1 <= B%:R :> R by apply: le_trans aB.
have den : 0 < a ^+ 2 + B%:R - 1 by rewrite -addrA ltr_paddr // subr_ge0.
have half : 2%:R^-1 <= a ^+ 2 / (a ^+ 2 + B%:R - 1).
  rewrite ler_pdivl_mulr // mulrC ler_pdivr_mulr ?ltr0n // mulr2n mulrDr mulr1 -addrA ler_add2l.
  by rewrite ler_subl_addr.
rewrite mulrC; apply: ler_pmul => //; first exact: ltW.
  by rewrite subr_ge0.
by rewrite ler_add2r.
Qed.
End Arithmetic.

(* In an archimedean field such a B exists. *)
Lemma S6_branching_exists (R : archiFieldType) (x : R) : 0 <= x -> exists B : nat, x <= B%:R /\ B%:R <= x + 1.
Proof.
move=> x0; have ex : exists n, x <= n%:R by exists (Num.bound x); rewrite ltW ?archi_boundP.
case: (ex_minnP ex) => [[|n] xn min]; first by exists 0%N; split=> //; apply: addr_ge0; rewrite ?ler01.
exists n.+1; split=> //; rewrite mulrSr ler_add2r leNgt; apply/negP => /ltW /min.
by rewrite ltnn.
Qed.

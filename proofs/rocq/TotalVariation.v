(* Total variation of two laws on a finite set A.

     tv mu nu = 1/2 sum_a |mu(a) - nu(a)|                     (half the l1 distance)
   equals, for mu and nu of equal mass, the largest value of
     |mu(P) - nu(P)|   over events P,            and of
     |mu(g) - nu(g)|   over tests g : A -> [0,1]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section TV.
Variables (R : realFieldType) (A : finType).
Implicit Types (mu nu g : A -> R) (P : pred A).

Definition tv mu nu : R := 2%:R^-1 * \sum_a `|mu a - nu a|.
Definition prob mu P : R := \sum_(a | P a) mu a.
Definition in01 g : Prop := forall a, 0 <= g a <= 1.

Lemma in01_event P : in01 (fun a => (P a)%:R).
Proof. by move=> a; case: (P a); rewrite ?lexx ?ler01. Qed.
Lemma prob_mean mu P : prob mu P = mean mu (fun a => (P a)%:R).
Proof.
rewrite /prob /mean big_mkcond; apply: eq_bigr => a _.
by case: (P a); rewrite ?mulr1 ?mulr0.
Qed.

Variables (mu nu : A -> R).
Hypothesis same_mass : \sum_a mu a = \sum_a nu a.
Let d a := mu a - nu a.
Let d0 : \sum_a d a = 0. Proof. by rewrite sumrB same_mass subrr. Qed.

Lemma tv_test g : in01 g -> `|mean mu g - mean nu g| <= tv mu nu.
Proof.
move=> g01; rewrite -(ler_pmul2l (ltr0Sn R 1)) /tv mulrA divff ?mul1r ?pnatr_eq0 //.
have -> : mean mu g - mean nu g = \sum_a d a * g a.
  by rewrite /mean -sumrB; apply: eq_bigr => a _; rewrite -mulrBl.
have -> : 2%:R * `|\sum_a d a * g a| = `|\sum_a d a * (2%:R * g a - 1)|.
  rewrite -[2%:R in LHS]ger0_norm ?ler0n // -normrM; congr `|_|.
  rewrite -[LHS]subr0 -[X in _ - X = _]d0 mulr_sumr -sumrB; apply: eq_bigr => a _; ring.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => a _.
rewrite normrM ler_pimulr // ler_norml; have /andP[g0 g1] := g01 a.
rewrite -subr_ge0 opprK subrK mulr_ge0 ?ler0n //= ler_subl_addr -[1 + 1]mulr1.
by rewrite ler_pmul2l ?ltr0Sn.
Qed.
Lemma tv_event P : `|prob mu P - prob nu P| <= tv mu nu.
Proof. by rewrite !prob_mean; apply: tv_test; exact: in01_event. Qed.

(* the event where mu is at least nu attains it *)
Definition best_event : pred A := fun a => nu a <= mu a.
Lemma tv_attained : prob mu best_event - prob nu best_event = tv mu nu.
Proof.
rewrite /prob /tv -sumrB.
have -> : \sum_a `|mu a - nu a| = \sum_a `|d a| + \sum_a d a by rewrite d0 addr0.
rewrite -big_split mulr_sumr big_mkcond; apply: eq_bigr => a _ /=; rewrite /best_event.
rewrite -[mu a - nu a]/(d a) -subr_ge0 -/(d a).
case: ifP => [d_ge0|/negbT]; first by rewrite ger0_norm //; field.
by rewrite -ltNge => d_lt0; rewrite ltr0_norm // addNr mulr0.
Qed.

Theorem tv_sup_events (c : R) :
  tv mu nu <= c <-> forall P, `|prob mu P - prob nu P| <= c.
Proof.
split=> [le_c P|/(_ best_event)]; first exact: le_trans (tv_event P) le_c.
by rewrite tv_attained; apply: le_trans (ler_norm _).
Qed.
Theorem tv_sup_tests (c : R) :
  tv mu nu <= c <-> forall g, in01 g -> `|mean mu g - mean nu g| <= c.
Proof.
split=> [le_c g g01|test]; first exact: le_trans (tv_test g01) le_c.
by apply/tv_sup_events => P; rewrite !prob_mean; apply: test; exact: in01_event.
Qed.
End TV.

(* Clouds of N independent particles over a finite set A.

   For a law k on A (k >= 0, sum k = 1) and f : A -> R,
     mean k f    = sum_x k(x) f(x)                        mu(f)
     iid k y     = prod_i k(y_i)                          law of N iid draws
     cmean k F   = sum_y iid k y * F(y)                   E F(y_1..y_N)
   Proved here, over any ordered field and for every N:
     E[sum_i g(y_i)]                = N mu(g)
     E[(sum_i g(y_i))^2]            = N mu(g^2) + N (N-1) mu(g)^2
     E[sum_{i,j} q(y_i, y_j)]       = N mu(q(u,u)) + N (N-1) (mu x mu)(q)
   and the positivity, linearity and Cauchy-Schwarz rules of a finite mean. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- Finite weighted means ------------------------------------------- *)
Section Mean.
Variables (R : realFieldType) (A : finType) (k : A -> R).
Definition mean (f : A -> R) : R := \sum_x k x * f x.

(* k is a probability vector *)
Definition is_law : Prop := (forall x, 0 <= k x) /\ \sum_x k x = 1.

Lemma mean_ext f g : (forall x, k x != 0 -> f x = g x) -> mean f = mean g.
Proof.
move=> fg; apply: eq_bigr => x _.
by have [->|/fg ->] := eqVneq (k x) 0; rewrite ?mul0r.
Qed.
Lemma mean_add f g : mean (fun x => f x + g x) = mean f + mean g.
Proof. by rewrite /mean -big_split; apply: eq_bigr => x _; rewrite mulrDr. Qed.
Lemma mean_scale c f : mean (fun x => c * f x) = c * mean f.
Proof. by rewrite /mean mulr_sumr; apply: eq_bigr => x _; rewrite mulrCA. Qed.
Lemma mean_opp f : mean (fun x => - f x) = - mean f.
Proof. by rewrite /mean -sumrN; apply: eq_bigr => x _; rewrite mulrN. Qed.
Lemma mean_sub f g : mean (fun x => f x - g x) = mean f - mean g.
Proof. by rewrite mean_add mean_opp. Qed.
Lemma mean_sum (I : finType) (F : I -> A -> R) :
  mean (fun x => \sum_i F i x) = \sum_i mean (F i).
Proof. by rewrite /mean exchange_big; apply: eq_bigr => x _; rewrite mulr_sumr. Qed.

Section Law.
Hypothesis k_law : is_law.
Let k_ge0 x : 0 <= k x. Proof. by case: k_law. Qed.
Lemma mean_const c : mean (fun=> c) = c.
Proof. by rewrite /mean -mulr_suml (proj2 k_law) mul1r. Qed.
Lemma mean_ge0 f : (forall x, k x != 0 -> 0 <= f x) -> 0 <= mean f.
Proof.
move=> f0; apply: sumr_ge0 => x _.
by have [->|/f0 fx] := eqVneq (k x) 0; rewrite ?mul0r // mulr_ge0.
Qed.
Lemma mean_le f g : (forall x, k x != 0 -> f x <= g x) -> mean f <= mean g.
Proof.
move=> fg; rewrite -subr_ge0 -mean_sub.
by apply: mean_ge0 => x /fg; rewrite subr_ge0.
Qed.
Lemma mean_norm f : `|mean f| <= mean (fun x => `|f x|).
Proof.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => x _.
by rewrite normrM ger0_norm.
Qed.
Lemma law_support : exists x, k x != 0.
Proof.
apply/existsP; apply: contraT; rewrite negb_exists => /forallP k0.
have : \sum_x k x = 0 by rewrite big1 // => x _; apply/eqP; move: (k0 x); rewrite negbK.
by rewrite (proj2 k_law) => /eqP; rewrite oner_eq0.
Qed.
(* Cauchy-Schwarz, in squares: no root is taken *)
Lemma cauchy_schwarz f g :
  mean (fun x => f x * g x) ^+ 2 <= mean (fun x => f x ^+ 2) * mean (fun x => g x ^+ 2).
Proof.
set C := mean (fun x => _ * _); set F := mean _; set G := mean _.
have F0 : 0 <= F by apply: mean_ge0 => x _; exact: sqr_ge0.
have [F1|F1] := eqVneq F 0.
  suff -> : C = 0 by rewrite F1 mul0r expr0n.
  apply: big1 => x _.
  have /eqP := F1; rewrite psumr_eq0 => [/allP|z _]; last by rewrite mulr_ge0 ?sqr_ge0.
  move=> /(_ x (mem_index_enum x)); rewrite mulf_eq0 sqrf_eq0.
  by case/orP => /eqP ->; rewrite !(mul0r, mulr0).
have {F1}F0 : 0 < F by rewrite lt_neqAle eq_sym F1.
rewrite -subr_ge0 -(pmulr_rge0 _ F0).
have -> : F * (F * G - C ^+ 2) = mean (fun x => (F * g x - C * f x) ^+ 2).
  have -> : mean (fun x => (F * g x - C * f x) ^+ 2)
            = mean (fun x => F ^+ 2 * g x ^+ 2 + (- (2%:R * F * C)) * (f x * g x) + C ^+ 2 * f x ^+ 2).
    by apply: mean_ext => x _; ring.
  rewrite 2!mean_add !mean_scale -/C -/F -/G; ring.
by apply: mean_ge0 => x _; exact: sqr_ge0.
Qed.
End Law.
End Mean.

(* a positive function has a positive mean *)
Lemma mean_gt0 (R : realFieldType) (A : finType) (k f : A -> R) :
  is_law k -> (forall x, k x != 0 -> 0 < f x) -> 0 < mean k f.
Proof.
move=> k_law f0; have [k0 _] := k_law; have [x xs] := law_support k_law.
rewrite /mean (bigD1 x) //= ltr_paddr //; last by rewrite mulr_gt0 ?f0 // lt_neqAle eq_sym xs k0.
by apply: sumr_ge0 => z _; have [->|/f0/ltW fz] := eqVneq (k z) 0; rewrite ?mul0r // mulr_ge0.
Qed.
(* two means over laws whose supports see f <= C g *)
Lemma mean_spread (R : realFieldType) (A : finType) (k l f g : A -> R) (C : R) :
  is_law k -> is_law l -> (forall x y, k x != 0 -> l y != 0 -> f x <= C * g y) ->
  mean k f <= C * mean l g.
Proof.
move=> k_law l_law fg; rewrite -mean_scale -[X in X <= _](mean_const l_law).
apply: mean_le => // y ly; rewrite -[X in _ <= X](mean_const k_law).
by apply: mean_le => // x kx; exact: fg.
Qed.

(* ---- Clouds ----------------------------------------------------------- *)
Notation cloud N A := {ffun 'I_N -> A}.

Section Cloud.
Variables (R : realFieldType) (A : finType) (N : nat) (k : A -> R).
Definition iid (y : cloud N A) : R := \prod_i k (y i).
Definition cmean (F : cloud N A -> R) : R := mean iid F.

Lemma cmean_prod (F : 'I_N -> A -> R) :
  cmean (fun y => \prod_i F i (y i)) = \prod_i mean k (F i).
Proof.
by rewrite /cmean /mean bigA_distr_bigA; apply: eq_bigr => y _; rewrite /iid -big_split.
Qed.
Lemma iid_support y i : iid y != 0 -> k (y i) != 0.
Proof. by move/prodf_neq0 => /(_ i isT). Qed.

Hypothesis k_law : is_law k.
Lemma iid_law : is_law iid.
Proof.
split=> [y|]; first by apply: prodr_ge0 => i _; case: k_law.
have := cmean_prod (fun _ _ => 1); rewrite /cmean /mean.
rewrite (eq_bigr iid) => [->|y _]; last by rewrite big1 ?mulr1.
by rewrite big1 // => i _; exact: mean_const.
Qed.
Lemma cmean_two (i j : 'I_N) f g : i != j ->
  cmean (fun y => f (y i) * g (y j)) = mean k f * mean k g.
Proof.
move=> ij; have ji : j != i by rewrite eq_sym.
pose F (l : 'I_N) x := if l == i then f x else if l == j then g x else 1.
have -> : cmean (fun y => f (y i) * g (y j)) = cmean (fun y => \prod_l F l (y l)).
  apply: eq_bigr => y _; congr (_ * _); rewrite (bigD1 i) //= (bigD1 j) //=.
  rewrite /F eqxx (negbTE ji) eqxx big1 ?mulr1 // => l /andP[].
  by move=> /negbTE -> /negbTE ->.
rewrite cmean_prod (bigD1 i) //= (bigD1 j) //= /F eqxx (negbTE ji) eqxx big1 ?mulr1 //.
by move=> l /andP[/negbTE -> /negbTE ->]; exact: mean_const.
Qed.
Lemma cmean_one (i : 'I_N) f : cmean (fun y => f (y i)) = mean k f.
Proof.
pose F (l : 'I_N) x := if l == i then f x else 1.
have -> : cmean (fun y => f (y i)) = cmean (fun y => \prod_l F l (y l)).
  apply: eq_bigr => y _; congr (_ * _); rewrite (bigD1 i) //= /F eqxx big1 ?mulr1 //.
  by move=> l /negbTE ->.
rewrite cmean_prod (bigD1 i) //= /F eqxx big1 ?mulr1 // => l /negbTE ->.
exact: mean_const.
Qed.
(* two different particles are an independent pair *)
Definition mean2 (q : A -> A -> R) : R := \sum_u \sum_v k u * k v * q u v.
Lemma cmean_distinct (i j : 'I_N) (q : A -> A -> R) : i != j ->
  cmean (fun y => q (y i) (y j)) = mean2 q.
Proof.
move=> ij.
have -> : cmean (fun y => q (y i) (y j))
          = cmean (fun y => \sum_a (y i == a)%:R * q a (y j)).
  apply: eq_bigr => y _; congr (_ * _).
  rewrite (bigD1 (y i)) //= eqxx mul1r big1 ?addr0 // => a.
  by rewrite eq_sym => /negbTE ->; rewrite mul0r.
rewrite /cmean mean_sum /mean2; apply: eq_bigr => a _.
rewrite [LHS](cmean_two (fun u => (u == a)%:R) (q a) ij).
have -> : mean k (fun u => (u == a)%:R) = k a.
  by rewrite /mean (bigD1 a) //= eqxx mulr1 big1 ?addr0 // => u /negbTE ->; rewrite mulr0.
by rewrite /mean mulr_sumr; apply: eq_bigr => v _; rewrite mulrA.
Qed.
Lemma mean2_prod f g : mean2 (fun u v => f u * g v) = mean k f * mean k g.
Proof.
rewrite /mean2 /mean mulr_suml; apply: eq_bigr => u _; rewrite mulr_sumr.
by apply: eq_bigr => v _; ring.
Qed.

Theorem particle_mean f : cmean (fun y => \sum_i f (y i)) = N%:R * mean k f.
Proof.
rewrite /cmean mean_sum (eq_bigr (fun=> mean k f)) => [|i _]; last exact: cmean_one.
by rewrite sumr_const card_ord mulr_natl.
Qed.
Theorem particle_pairs (q : A -> A -> R) :
  cmean (fun y => \sum_i \sum_j q (y i) (y j))
  = N%:R * mean k (fun u => q u u) + N%:R * (N%:R - 1) * mean2 q.
Proof.
rewrite /cmean mean_sum.
rewrite (eq_bigr (fun=> mean k (fun u => q u u) + (N%:R - 1) * mean2 q)) => [|i _].
  by rewrite sumr_const card_ord -mulr_natl; ring.
rewrite mean_sum (bigD1 i) //=; congr (_ + _); first exact: cmean_one.
rewrite (eq_bigr (fun=> mean2 q)) => [|j ji]; last by apply: cmean_distinct; rewrite eq_sym.
have N0 : (0 < N)%N by apply: leq_ltn_trans (ltn_ord i).
rewrite sumr_const (_ : #|_| = N.-1); last first.
  by rewrite -[in RHS](card_ord N) -(cardC1 i); apply: eq_card => j; rewrite !inE.
have -> : N%:R - 1 = (N.-1)%:R :> R by rewrite -{1}(ltn_predK N0) mulrS addrC addKr.
by rewrite mulr_natl.
Qed.
Theorem particle_product f g :
  cmean (fun y => (\sum_i f (y i)) * (\sum_i g (y i)))
  = N%:R * mean k (fun u => f u * g u) + N%:R * (N%:R - 1) * (mean k f * mean k g).
Proof.
rewrite -mean2_prod -(particle_pairs (fun u v => f u * g v)).
apply: eq_bigr => y _; congr (_ * _); rewrite mulr_suml.
by apply: eq_bigr => i _; rewrite mulr_sumr.
Qed.
Theorem particle_second_moment g :
  cmean (fun y => (\sum_i g (y i)) ^+ 2)
  = N%:R * mean k (fun u => g u ^+ 2) + N%:R * (N%:R - 1) * mean k g ^+ 2.
Proof. by rewrite expr2 -(particle_product g g); apply: eq_bigr => y _; rewrite expr2. Qed.
End Cloud.

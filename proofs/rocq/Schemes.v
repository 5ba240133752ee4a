(* Resampling schemes whose slots are independent, and that they meet what lemma (L) asks (Slots.v).

   N particles carry the weights W_j >= 0 of sum 1.  A plan (w, anc): slot i carries the share w_i and takes particle j
   with probability anc_i(j).  It meets (L) with omega when
     0 <= w_i <= omega,   sum_i w_i = 1,   every anc_i is a law,   sum_i w_i anc_i(j) = W_j for every j.
   Proved to meet it:
     multinomial   w_i = 1/N, anc_i = W                                                           omega = 1/N
     stratified    w_i = 1/N, slot i draws from the stretch [i/N, (i+1)/N) of the cumulated weights  omega = 1/N
     residual      w_i = 1/N, n_j <= N W_j slots take particle j, the others draw from what is left,
                   in proportion to N W_j - n_j; n_j = floor(N W_j) is the scheme of that name    omega = 1/N
     carrying on   w = W, slot i takes particle i, where every W_i <= omega
     infinity-ESS  carry on where every W_i <= 1/(theta N), 0 < theta <= 1, else any plan of share 1/N:  1/(theta N) *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- Lengths ------------------------------------------------------------------- *)
Section Lengths.
Variable R : realFieldType.
Implicit Types (a b c d x : R).

(* the length of the part that [a, b) and [c, d) have in common *)
Definition overlap a b c d : R := Num.max 0 (Num.min b d - Num.max a c).
(* the point of [a, b] next to x *)
Definition clamp a b x : R := Num.max a (Num.min b x).

Lemma overlap_sym a b c d : overlap a b c d = overlap c d a b.
Proof. by rewrite /overlap (minC b) (maxC a). Qed.
Lemma clamp_low a b x : a <= b -> x <= a -> clamp a b x = a.
Proof. by move=> ab xa; rewrite /clamp max_l // le_minl xa orbT. Qed.
Lemma clamp_high a b x : a <= b -> b <= x -> clamp a b x = b.
Proof. by move=> ab bx; rewrite /clamp min_l // max_r. Qed.
Lemma overlap_clamp a b c d : a <= b -> c <= d -> overlap a b c d = clamp a b d - clamp a b c.
Proof.
move=> ab cd; have [da|ad] := lerP d a.
  rewrite !clamp_low ?(le_trans cd) // subrr /overlap max_l // subr_le0.
  by rewrite le_minl !le_maxr da !orbT.
have [bc|cb] := lerP b c.
  rewrite !clamp_high ?(le_trans bc) // subrr /overlap max_l // subr_le0.
  by rewrite le_minl !le_maxr bc !orbT.
rewrite /overlap /clamp [Num.min b c]min_r ?(ltW cb) // [Num.max a (Num.min b d)]max_r; last first.
  by rewrite le_minr ab (ltW ad).
by rewrite max_r // subr_ge0 le_minr !le_maxl ab cd (ltW ad) (ltW cb).
Qed.
End Lengths.

(* ---- Plans ------------------------------------------------------------------------ *)
Section Plans.
Variables (R : realFieldType) (N : nat).
Implicit Types (W w : 'I_N -> R) (i j : 'I_N) (omega : R).
Definition plan : Type := (('I_N -> R) * ('I_N -> 'I_N -> R))%type.

Record meets omega W (p : plan) : Prop := Meets {
  share_ge0 : forall i, 0 <= p.1 i;
  share_le : forall i, p.1 i <= omega;
  share_sum1 : \sum_i p.1 i = 1;
  ancestor_law : forall i, is_law (p.2 i);
  unbiased : forall j, \sum_i p.1 i * p.2 i j = W j
}.
Lemma meets_wider omega omega' W p : omega <= omega' -> meets omega W p -> meets omega' W p.
Proof. by move=> wide [w0 wl w1 anc un]; split=> // i; exact: le_trans (wl i) wide. Qed.
(* what a slot with a share takes has weight *)
Lemma ancestor_weight omega W p i j : meets omega W p -> p.1 i != 0 -> p.2 i j != 0 -> W j != 0.
Proof.
move=> pm wi aij; have a0 l l' : 0 <= p.2 l l' by case: (ancestor_law pm l).
rewrite -(unbiased pm) lt0r_neq0 // (bigD1 i) //= ltr_paddr ?sumr_ge0 // => [l _|].
  by rewrite mulr_ge0 ?(share_ge0 pm).
by rewrite mulr_gt0 // lt_neqAle eq_sym ?wi ?aij ?a0 ?(share_ge0 pm).
Qed.

Hypothesis N_gt0 : (0 < N)%N.
Let n0 : N%:R != 0 :> R. Proof. by rewrite pnatr_eq0 -lt0n. Qed.
Let nR_gt0 : 0 < N%:R :> R. Proof. by rewrite ltr0n. Qed.
Definition even : 'I_N -> R := fun=> N%:R^-1.
Lemma even_law : is_law even.
Proof.
split=> [i|]; first by rewrite invr_ge0 ler0n.
by rewrite sumr_const card_ord -[X in X = _]mulr_natr mulVf.
Qed.
Let even_ge0 := proj1 even_law.
Let even_sum1 := proj2 even_law.

Definition multinomial W : plan := (even, fun=> W).
Lemma multinomial_meets W : is_law W -> meets N%:R^-1 W (multinomial W).
Proof. by move=> lawW; split=> // j; rewrite -mulr_suml even_sum1 mul1r. Qed.

(* ---- Stratified ---------------------------------------------------------------------- *)
(* W_0 + ... + W_(j-1) *)
Definition cumulated W (j : nat) : R := \sum_(l < N | (l < j)%N) W l.
Definition stratified W : plan := (even, fun i j =>
  N%:R * overlap (i%:R / N%:R) (i.+1%:R / N%:R) (cumulated W j) (cumulated W j.+1)).

Lemma cumulated0 W : cumulated W 0 = 0. Proof. exact: big_pred0. Qed.
Lemma cumulatedN W : cumulated W N = \sum_i W i.
Proof. by apply: eq_bigl => l; rewrite ltn_ord. Qed.
Lemma cumulatedS W j : cumulated W j.+1 = cumulated W j + W j.
Proof.
rewrite /cumulated (bigD1 j) ?ltnSn //= addrC; congr (_ + _); apply: eq_bigl => l.
by rewrite ltnS [RHS]ltn_neqAle andbC.
Qed.
Lemma cumulated_le W (j k : nat) : (forall i, 0 <= W i) -> (j <= k)%N -> cumulated W j <= cumulated W k.
Proof.
move=> W0 jk; rewrite /cumulated big_mkcond [X in _ <= X]big_mkcond; apply: ler_sum => l _.
by have [lj|_] := ltnP l j; [rewrite (leq_trans lj jk) | case: ifP].
Qed.
Let grid (k k' : nat) : (k <= k')%N -> k%:R / N%:R <= k'%:R / N%:R :> R.
Proof. by move=> kk; rewrite ler_pmul2r ?invr_gt0 // ler_nat. Qed.
Let ladder (f : nat -> R) : \sum_(i < N) (f i.+1 - f i) = f N - f 0%N.
Proof. by rewrite -(big_mkord predT (fun i : nat => f i.+1 - f i)) telescope_sumr. Qed.

Theorem stratified_meets W : is_law W -> meets N%:R^-1 W (stratified W).
Proof.
move=> [W0 W1]; have cum := cumulated_le W0; have C0 := cumulated0 W; have CN := cumulatedN W; rewrite W1 in CN.
have inside (j : nat) : (j <= N)%N -> 0 <= cumulated W j <= 1 by move=> jN; rewrite -{1}C0 -CN !cum.
split=> //= [i|j].
  split=> [j|]; first by rewrite mulr_ge0 ?ler0n // le_maxr lexx.
  have iN : (i.+1 <= N)%N by exact: ltn_ord.
  have lo : 0 <= i%:R / N%:R :> R by rewrite divr_ge0 ?ler0n.
  have hi : i.+1%:R / N%:R <= 1 :> R by rewrite ler_pdivr_mulr // mul1r ler_nat.
  rewrite -mulr_sumr (eq_bigr (fun j : 'I_N => clamp (i%:R / N%:R) (i.+1%:R / N%:R) (cumulated W j.+1)
    - clamp (i%:R / N%:R) (i.+1%:R / N%:R) (cumulated W j))) => [|j _]; last by rewrite overlap_clamp ?grid ?cum.
  rewrite (ladder (fun j : nat => clamp _ _ (cumulated W j))) C0 CN clamp_high ?grid // clamp_low ?grid //.
  by rewrite -mulrBl -natrB // subSnn mul1r divff.
rewrite (eq_bigr (fun i : 'I_N => clamp (cumulated W j) (cumulated W j.+1) (i.+1%:R / N%:R)
  - clamp (cumulated W j) (cumulated W j.+1) (i%:R / N%:R))) => [|i _]; last first.
  by rewrite mulrA mulVf // mul1r overlap_sym overlap_clamp ?grid ?cum.
rewrite (ladder (fun i : nat => clamp _ _ (i%:R / N%:R))) mul0r divff // clamp_high ?cum //; last first.
  by case/andP: (inside j.+1 (ltn_ord j)).
rewrite clamp_low ?cum //; last by case/andP: (inside j (ltnW (ltn_ord j))).
by rewrite cumulatedS addrC addKr.
Qed.

(* ---- Residual --------------------------------------------------------------------------- *)
Section Residual.
Variable n : 'I_N -> nat.
(* the slots that particles before j take for certain *)
Definition before (j : nat) : nat := \sum_(l < N | (l < j)%N) n l.
Local Notation fixed := (before N).
Definition residual W : plan := (even, fun i j =>
  if (i < fixed)%N then (before j <= i < before j.+1)%N%:R else (N%:R * W j - (n j)%:R) / (N - fixed)%:R).

Lemma before0 : before 0 = 0%N. Proof. exact: big_pred0. Qed.
Lemma beforeS j : before j.+1 = (before j + n j)%N.
Proof.
rewrite /before (bigD1 j) ?ltnSn //= addnC; congr (_ + _)%N; apply: eq_bigl => l.
by rewrite ltnS [RHS]ltn_neqAle andbC.
Qed.
Lemma before_le (j k : nat) : (j <= k)%N -> (before j <= before k)%N.
Proof.
move=> jk; rewrite /before big_mkcond [X in (_ <= X)%N]big_mkcond; apply: leq_sum => l _.
by have [lj|_] := ltnP l j; [rewrite (leq_trans lj jk) | case: ifP].
Qed.
(* a slot below a counts, one above does not *)
Let below_sum (a : nat) : (a <= N)%N -> \sum_(i < N) (i < a)%N%:R = a%:R :> R.
Proof.
move=> aN; rewrite -natr_sum -(big_mkord predT (fun i : nat => (i < a)%N : nat)) (big_cat_nat _ _ _ _ aN) //=.
rewrite big_nat (eq_bigr (fun=> 1%N)) => [|i /andP[_ ->] //]; rewrite -big_nat sum_nat_const_nat subn0 muln1.
by rewrite big_nat big1 ?addn0 // => i /andP[ai _]; rewrite ltnNge ai.
Qed.
Let block (i j : nat) : (before j <= i < before j.+1)%N%:R = (i < before j.+1)%N%:R - (i < before j)%N%:R :> R.
Proof.
have [small|big] := ltnP i (before j); last by rewrite subr0.
by rewrite (leq_trans small) ?before_le // subrr.
Qed.

Theorem residual_meets W : is_law W -> (forall j, (n j)%:R <= N%:R * W j) -> meets N%:R^-1 W (residual W).
Proof.
move=> [W0 W1] nW; have mass : fixed%:R = \sum_j (n j)%:R :> R.
  by rewrite -natr_sum; congr (_%:R); apply: eq_bigl => l; rewrite ltn_ord.
have left : \sum_j (N%:R * W j - (n j)%:R) = N%:R - fixed%:R by rewrite sumrB -mulr_sumr W1 mulr1 mass.
have fN : (fixed <= N)%N by rewrite -(ler_nat R) -subr_ge0 -left sumr_ge0 // => j _; rewrite subr_ge0.
split=> //= [i|j].
  split=> [j|]; first by case: ifP => _; rewrite ?ler0n // divr_ge0 ?ler0n // subr_ge0.
  have [early|late] := ltnP i fixed.
    rewrite (eq_bigr (fun j : 'I_N => (i < before j.+1)%N%:R - (i < before j)%N%:R)) => [|j _]; last exact: block.
    by rewrite (ladder (fun j : nat => (i < before j)%N%:R)) early before0 subr0.
  rewrite -mulr_suml left -natrB // divff // pnatr_eq0 -lt0n subn_gt0.
  exact: leq_ltn_trans late (ltn_ord i).
rewrite -mulr_sumr (eq_bigr (fun i : 'I_N => ((i < before j.+1)%N%:R - (i < before j)%N%:R)
  + (1 - (i < fixed)%N%:R) * ((N%:R * W j - (n j)%:R) / (N - fixed)%:R))) => [|i _]; last first.
  have [early|late] := ltnP i fixed; first by rewrite -block subrr mul0r addr0.
  have none (k : nat) : (k <= N)%N -> (i < before k)%N = false by move=> kN; rewrite ltnNge (leq_trans (before_le kN) late).
  by rewrite !none ?(ltn_ord j) ?(ltnW (ltn_ord j)) // subrr add0r subr0 mul1r.
have jN := ltn_ord j; rewrite big_split /= sumrB !below_sum ?(leq_trans (before_le _) fN) // ?(ltnW jN) //.
rewrite -mulr_suml sumrB below_sum // sumr_const card_ord -natrB //.
rewrite (_ : (before j.+1)%:R - (before j)%:R = (n j)%:R); last by rewrite beforeS natrD addrC addKr.
have [full|room] := eqVneq (N - fixed)%N 0%N; last first.
  by rewrite mulrCA divff ?pnatr_eq0 // mulr1 addrC subrK mulrA mulVf ?mul1r.
have /eqP := left; rewrite -natrB // full psumr_eq0 => [/allP/(_ j (mem_index_enum j))/=|l _]; last by rewrite subr_ge0.
by rewrite subr_eq0 mul0r addr0 => /eqP <-; rewrite mulrA mulVf ?mul1r.
Qed.
End Residual.

(* ---- Weights carried on --------------------------------------------------------------------- *)
Definition carry_on W : plan := (W, fun i j => (i == j)%:R).
Theorem carry_on_meets omega W : is_law W -> (forall i, W i <= omega) -> meets omega W (carry_on W).
Proof.
move=> [W0 W1] Wl; split=> //= [i|j]; last first.
  by rewrite (bigD1 j) //= eqxx mulr1 big1 ?addr0 // => i /negbTE ->; rewrite mulr0.
split=> [j|]; first exact: ler0n.
by rewrite (bigD1 i) //= eqxx big1 ?addr0 // => j; rewrite eq_sym => /negbTE ->.
Qed.

(* resample only where some weight is above 1/(theta N), by any plan of share 1/N *)
Definition infinity_ess (theta : R) (inner : ('I_N -> R) -> plan) W : plan :=
  if [forall i, W i <= (theta * N%:R)^-1] then carry_on W else inner W.
Theorem infinity_ess_meets theta inner W : 0 < theta -> theta <= 1 -> is_law W ->
  meets N%:R^-1 W (inner W) -> meets (theta * N%:R)^-1 W (infinity_ess theta inner W).
Proof.
move=> t0 t1 lawW inside; rewrite /infinity_ess; case: ifP => [/forallP small|_]; first exact: carry_on_meets.
by apply: meets_wider inside; rewrite lef_pinv ?posrE ?mulr_gt0 // ler_pimull ?ler0n.
Qed.
End Plans.

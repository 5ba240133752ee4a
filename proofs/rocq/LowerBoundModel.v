(* S6, second half -- a reward model with Bellman error eps that hides one child.

   Root with B children, drawn uniformly; below each child one path.  V_0 = V_1 = 1, and for t >= 1
     V_t = (1+eps)^(t-1) below the hidden child u,   V_t = (1+eps)^-(t-1) below the others.
   Then the Bellman error is at most eps, the ratio bound is at most 1+eps, and with a = (1+eps)^(T-1) the target
   gives the hidden child mass a^2/(a^2 + B - 1).  A question is a node (t, x), its answer V_t(x); kernels are known.
     S6   an algorithm that asks at most Q questions and is within total variation delta of the target for every u
          has Q >= B (a^2/(a^2 + B - 1) - delta) - 1;
          some B makes this Q >= (1/2 - delta) (1+eps)^(2(T-1)) - 1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model LowerBound.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section HiddenChild.
Variables (R : realFieldType) (B T : nat) (eps : R).
(* None is the root, Some j the only node below child j at each layer *)
Definition node : finType := [finType of option 'I_B].
Implicit Types (u j : 'I_B) (t : nat) (x : node).

Definition hidden_twist (hidden : option 'I_B) t x : R :=
  if x is Some j then (if hidden == Some j then (1 + eps) ^+ t.-1 else (1 + eps) ^- t.-1) else 1.
Definition star_kernel t x (y : node) : R :=
  match x, y with
  | None, Some _ => B%:R^-1
  | Some i, Some j => (i == j)%:R
  | _, None => 0
  end.
Definition hidden_model u : model R node :=
  {| horizon := T; root := None : node; kernel := star_kernel; potential := fun _ _ _ => 1;
     twist := hidden_twist (Some u); reward := hidden_twist (Some u) T |}.

(* the oracle of instance u, where a question looks, and where an output lands *)
Definition question := (nat * node)%type.
Definition hidden_oracle u (q : question) : R := hidden_twist (Some u) q.1 q.2.
Definition looks_below (q : question) : option 'I_B := q.2.
Definition lands_below (o : option node) : option 'I_B := if o is Some x then x else None.

Lemma oracle_blind u q : looks_below q != Some u -> hidden_oracle u q = hidden_twist None q.1 q.2.
Proof.
case: q => t [j|] //=; rewrite /looks_below /hidden_oracle /= => ju.
by rewrite eq_sym (negbTE ju).
Qed.

Hypothesis eps_ge0 : 0 <= eps.
Hypothesis B_gt0 : (0 < B)%N.
Hypothesis T_gt0 : (0 < T)%N.
Local Notation e := (1 + eps).
Let e1 : 1 <= e. Proof. by rewrite ler_addl. Qed.
Let e0 : 0 < e. Proof. by rewrite (lt_le_trans ltr01). Qed.
Let BR : B%:R != 0 :> R. Proof. by rewrite pnatr_eq0 -lt0n. Qed.

Lemma hidden_twist_gt0 h t x : 0 < hidden_twist h t x.
Proof. by case: x => [j|] /=; [case: ifP => _; rewrite ?invr_gt0 exprn_gt0 | rewrite ltr01]. Qed.

Lemma sum_node (f : node -> R) : \sum_x f x = f None + \sum_j f (Some j).
Proof.
rewrite (bigD1 None) //=; congr (_ + _).
by rewrite (reindex_omap Some id) /= ?big_mkcond //; [apply: eq_bigr => j _; rewrite eqxx | case].
Qed.

Lemma star_step t x (f : node -> R) : \sum_y star_kernel t x y * 1 * f y =
  if x is Some j then f (Some j) else B%:R^-1 * \sum_j f (Some j).
Proof.
rewrite sum_node; case: x => [i|] /=; rewrite !mul0r add0r; last first.
  by rewrite mulr_sumr; apply: eq_bigr => j _; rewrite mulr1.
rewrite (bigD1 i) //= eqxx !mul1r big1 ?addr0 // => j.
by rewrite eq_sym => /negbTE ->; rewrite !mul0r.
Qed.

Lemma hidden_well_formed u : well_formed (hidden_model u).
Proof.
split=> //=.
- by move=> _ [i|] [j|] //=; rewrite ?ler0n ?invr_ge0 ?ler0n.
- move=> t x _ _; have := star_step t x (fun=> 1).
  rewrite (eq_bigr (star_kernel t x)) => [->|y _]; last by rewrite !mulr1.
  by case: x => // ; rewrite sumr_const card_ord mulVf.
- by move=> *; exact: ler01.
- by move=> t x; exact/ltW/hidden_twist_gt0.
by rewrite ltr01.
Qed.

Lemma hidden_no_kill u : no_kill (hidden_model u).
Proof. by move=> t [x y] _ _ _ V0; have := hidden_twist_gt0 (Some u) t.+1 y; rewrite -[hidden_twist _ _ _]/(twist (hidden_model u) _ _) V0 ltxx. Qed.

(* after the first step every live node is below some child *)
Lemma live_some u t x : live (hidden_model u) t.+1 x -> exists j, x = Some j.
Proof.
case: x => [j|]; first by exists j.
by case/existsP => -[i|] /andP[_]; rewrite /= !mul0r ltxx.
Qed.

Lemma twist_step h t j : hidden_twist h t.+2 (Some j) =
  (if h == Some j then e else e^-1) * hidden_twist h t.+1 (Some j).
Proof. by rewrite /=; case: ifP => _; rewrite exprS ?invfM. Qed.

Lemma step_factor (c : bool) : e^-1 <= (if c then e else e^-1) <= e.
Proof.
have le : e^-1 <= e by rewrite (le_trans _ e1) // invf_le1.
by case: c; rewrite ?lexx ?le.
Qed.

Lemma unit_factor : e^-1 <= 1 <= e.
Proof. by rewrite e1 invf_le1 ?e1. Qed.

Theorem hidden_bellman_error u : bellman_error_le (hidden_model u) eps.
Proof.
move=> [|t] x tT lx; rewrite /bellman_ratio star_step.
  move: lx => /= /eqP ->; rewrite (eq_bigr (fun=> 1)) => [|j _]; last by rewrite /= expr0 invr1 if_same.
  by rewrite sumr_const card_ord mulVf // divr1 unit_factor.
have [j ->] := live_some lx.
by rewrite -/(twist _ _ _) [twist _ t.+2 _]twist_step mulfK ?step_factor // gt_eqF // hidden_twist_gt0.
Qed.

Theorem hidden_ratio_bound u : ratio_bound_le (hidden_model u) (1 + eps).
Proof.
move=> [|t] [x y] tT /andP[/= lx M0]; rewrite /weight /= mul1r.
  move: lx M0 => /eqP ->; case: y => [j|]; rewrite /= ?ltxx // => _.
  by rewrite expr0 !invr1 if_same mulr1 unit_factor.
have [j xj] := live_some lx; move: M0; rewrite xj; case: y => [i|]; rewrite /= ?ltxx //.
case: eqP => [->|_]; rewrite ?ltxx // => _.
rewrite -[if _ == _ then e ^+ t.+1 else _]/(hidden_twist (Some u) t.+2 (Some i)) twist_step.
by rewrite mulfK ?step_factor // gt_eqF // hidden_twist_gt0.
Qed.

(* ---- The target ------------------------------------------------------------ *)
Let a := (1 + eps) ^+ (T - 1).
Definition hidden_mass : R := a ^+ 2 / (a ^+ 2 + B%:R - 1).

Lemma backward_below u f k t j : backward (hidden_model u) f k t (Some j) = f (Some j).
Proof. by elim: k t => [|k IH] t //; exact: (etrans (star_step t (Some j) _) (IH _)). Qed.

Lemma backward_root u f : backward (hidden_model u) f T 0 None = B%:R^-1 * \sum_j f (Some j).
Proof.
rewrite -(prednK T_gt0); apply: (etrans (star_step 0 None _)); congr (_ * _).
by apply: eq_bigr => j _; exact: backward_below.
Qed.

Let a_gt0 : 0 < a. Proof. by rewrite exprn_gt0. Qed.

Lemma reward_sum u : \sum_j hidden_twist (Some u) T (Some j) = a + (B%:R - 1) * a^-1.
Proof.
rewrite (bigD1 u) //= eqxx -subn1; congr (_ + _).
rewrite (eq_bigr (fun=> a^-1)) => [|j ju]; last by rewrite (inj_eq Some_inj) eq_sym (negbTE ju).
have -> : B%:R - 1 = B.-1%:R :> R by rewrite -subn1 natrB.
by rewrite sumr_const cardC1 card_ord mulr_natl.
Qed.

Lemma hidden_normaliser u : normaliser (hidden_model u) = B%:R^-1 * (a + (B%:R - 1) * a^-1).
Proof. by rewrite /normaliser /value subn0 backward_root reward_sum. Qed.

Lemma B_ge1 : 0 <= B%:R - 1 :> R. Proof. by rewrite subr_ge0 ler1n. Qed.

Lemma mass_denominator : 0 < a ^+ 2 + B%:R - 1.
Proof. by rewrite -addrA ltr_paddr ?B_ge1 // exprn_gt0. Qed.

Lemma hidden_target_node u x : target (hidden_model u) x =
  if x is Some j then B%:R^-1 * hidden_twist (Some u) T (Some j) / normaliser (hidden_model u) else 0.
Proof.
rewrite /target /value_of subn0 backward_root; case: x => [j|]; last by rewrite big1 ?mulr0 ?mul0r // => i _; rewrite mulr0.
rewrite (bigD1 j) //= eqxx mulr1 big1 ?addr0 // => i ij.
by rewrite (_ : (Some i == Some j) = false) ?mulr0 //; apply/negbTE.
Qed.

Theorem hidden_target u : target (hidden_model u) (Some u) = hidden_mass.
Proof.
rewrite hidden_target_node hidden_normaliser /hidden_mass /= eqxx.
rewrite -subn1 -/a; have a0 : a != 0 by rewrite gt_eqF.
have den : a + (B%:R - 1) * a^-1 != 0 by rewrite gt_eqF // ltr_paddr // mulr_ge0 ?B_ge1 // invr_ge0 ltW.
have den2 := lt0r_neq0 mass_denominator.
have -> : a + (B%:R - 1) * a^-1 = (a ^+ 2 + B%:R - 1) / a by field.
by field; rewrite BR a0 den2.
Qed.

Lemma hidden_normaliser_neq0 u : normaliser (hidden_model u) != 0.
Proof.
rewrite hidden_normaliser mulf_neq0 ?invr_eq0 // gt_eqF // ltr_paddr // mulr_ge0 ?B_ge1 // invr_ge0 ltW //.
Qed.

(* ---- Every algorithm -------------------------------------------------------- *)
Section Algorithm.
Variables (seed : finType) (w : seed -> R) (A : seed -> algorithm question R (option node)).
Hypothesis w_law : is_law w.

(* law of the output on the instance that hides u; None is "no answer" *)
Definition output_law u (o : option node) : R := \sum_s w s * (run (hidden_oracle u) (A s) == o)%:R.

Lemma output_law_mass u : \sum_o output_law u o = 1.
Proof.
rewrite exchange_big -[RHS](proj2 w_law) /=; apply: eq_bigr => s _; rewrite -mulr_sumr.
by rewrite (bigD1 (run (hidden_oracle u) (A s))) //= eqxx big1 ?addr0 ?mulr1 // => o; rewrite eq_sym => /negbTE ->.
Qed.

Let below u : pred (option node) := fun o => o == Some (Some u).

Lemma hit_event u : hit_probability lands_below hidden_oracle w A u = prob (output_law u) (below u).
Proof.
rewrite /prob /below big_pred1_eq; apply: eq_bigr => s _; congr (_ * _%:R).
by rewrite /hits /lands_below; case: (run _ _) => [[j|]|].
Qed.

Variables (Q : nat) (delta : R).
Hypothesis at_most_Q : forall s u, (queries (hidden_oracle u) (A s) <= Q)%N.
Hypothesis accurate : forall u, tv (output_law u) (target_out (hidden_model u)) <= delta.

Theorem S6_lower_bound : B%:R * (a ^+ 2 / (a ^+ 2 + B%:R - 1) - delta) - 1 <= Q%:R.
Proof.
case: w_law => w_ge0 w_sum1.
apply: (S6_queries oracle_blind (lands_below := lands_below) w_ge0 w_sum1 at_most_Q) => u.
rewrite hit_event -/hidden_mass -(hidden_target u) ler_subl_addl -ler_subl_addr.
have same : \sum_o output_law u o = \sum_o target_out (hidden_model u) o.
  by rewrite output_law_mass target_out_mass // hidden_normaliser_neq0.
apply: le_trans (accurate u); apply: le_trans (tv_event same (below u)).
by rewrite distrC [X in X - _](_ : _ = prob (target_out (hidden_model u)) (below u)) ?ler_norm // /prob big_pred1_eq.
Qed.

Theorem S6_exponent_two : delta <= 2%:R^-1 -> a ^+ 2 <= B%:R -> B%:R <= a ^+ 2 + 1 ->
  (2%:R^-1 - delta) * (1 + eps) ^+ (2 * (T - 1)) - 1 <= Q%:R.
Proof.
move=> d2 aB Ba; rewrite mulnC exprM -/a; apply: (S6_floor_form _ d2 aB Ba S6_lower_bound).
by rewrite exprn_ege1.
Qed.

(* the paper's exponent 2T/3, as cubes; L = 1 + eps bounds the ratios of the same model *)
Corollary P4_lower_bound : delta <= 2%:R^-1 -> a ^+ 2 <= B%:R -> B%:R <= a ^+ 2 + 1 -> (1 < T)%N ->
  (2%:R^-1 - delta) ^+ 3 * (1 + eps) ^+ (2 * T) <= (Q%:R + 1) ^+ 3.
Proof.
move=> d2 aB Ba T1; have := S6_exponent_two d2 aB Ba; rewrite ler_subl_addr => bound.
have d0 : 0 <= 2%:R^-1 - delta by rewrite subr_ge0.
apply: (@le_trans _ _ (((2%:R^-1 - delta) * (1 + eps) ^+ (2 * (T - 1))) ^+ 3)); last first.
  by rewrite ler_pexpn2r ?nnegrE ?addr_ge0 ?ler01 ?ler0n ?mulr_ge0 ?exprn_ge0 ?(ltW e0).
rewrite exprMn -exprM; apply: ler_wpmul2l; rewrite ?exprn_ge0 //; apply: ler_weexpn2l => //.
rewrite -mulnA leq_mul2l /= -(subnK T1) addn2 subn1 /= mulSn -[X in (X <= _)%N]add2n.
by apply: leq_add => //; exact: leq_pmulr.
Qed.
End Algorithm.
End HiddenChild.

(* Over an archimedean field some B serves: the exponent of (1+eps)^T is 2. *)
Theorem S6_branching (R : archiFieldType) (eps : R) (T : nat) : 0 <= eps -> exists B : nat,
  [/\ (0 < B)%N, ((1 + eps) ^+ (T - 1)) ^+ 2 <= B%:R & B%:R <= ((1 + eps) ^+ (T - 1)) ^+ 2 + 1].
Proof.
move=> eps0; have a1 : 0 < ((1 + eps) ^+ (T - 1)) ^+ 2 by rewrite !exprn_gt0 // (lt_le_trans ltr01) // ler_addl.
have [B [aB Ba]] := S6_branching_exists (ltW a1); exists B; split=> //.
by rewrite -(ltr0n R) (lt_le_trans a1).
Qed.

(* Non-vacuity -- each headline theorem applied to a concrete model, over every ordered field.

   coin    the two-branch model of Attained.v with T = 2, eps = 1/2 and a fair first step: positive rewards, L = 3/2
   gate    T = 1, two equally likely leaves with rewards 1 and 0, V_0 = 1/2: zero rewards, eps = 0, weights <= 2;
           there S5 is an equality, E[(Zhat/Z)^2] = 1 + 1/N, for every N
   asker   two children and T = 2: one question suffices to sample the target exactly, so the hypotheses of the
           lower bound (S6, P4) hold with delta = 0, Q = 1 *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Functional Bellman Telescope Bias EndToEnd.
From BellmanSMC Require Adapted Metropolis Neighbours Odds Certificate Pools Conditional PathFormula ChiSquarePaths Schemes SlotRun SlotBounds SlotAdapted.
From BellmanSMC Require FourMoments Backtracking Statements.
From BellmanSMC Require Import Paths Guided Normaliser NormaliserBound LowerBound LowerBoundModel Attained.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Coin.
Variable R : realFieldType.
Local Notation half := (2%:R^-1 : R).
Definition coin_model : model R branch_node := two_branch 2 half half.

Let half_gt0 : 0 < half. Proof. by rewrite invr_gt0 ltr0n. Qed.
Let half_ge0 : 0 <= half. Proof. exact: ltW. Qed.
Let half_lt1 : half < 1. Proof. by rewrite invf_lt1 ?ltr0n // ltr1n. Qed.
Let L_gt0 : 0 < 1 + half. Proof. by rewrite addr_gt0 ?ltr01. Qed.

Lemma coin_well_formed : well_formed coin_model.
Proof. exact: two_branch_well_formed half_ge0 half_gt0 half_lt1. Qed.
Lemma coin_no_kill : no_kill coin_model.
Proof. exact: two_branch_no_kill half_ge0. Qed.
Lemma coin_bellman : bellman_error_le coin_model half.
Proof. exact: two_branch_bellman_error half_ge0. Qed.
Lemma coin_ratio : ratio_bound_le coin_model (1 + half).
Proof. exact: two_branch_ratio_bound half_ge0. Qed.
Lemma coin_upper : upper_ratio_le coin_model (1 + half).
Proof. by move=> t e tT le; have /andP[] := coin_ratio tT le. Qed.

(* L^2 T (1+eps)^2 / (2 delta) = 81/8 for delta = 1/2 *)
Theorem S3_example : tv (smc_law coin_model 11) (target_out coin_model) <= half.
Proof.
apply: (S3_particles_suffice coin_well_formed _ half_ge0 L_gt0 coin_bellman coin_ratio half_gt0) => //.
rewrite -subr_ge0 (_ : _ - _ = 7%:R / 8%:R) ?divr_ge0 ?ler0n //.
by have -> : horizon coin_model = 2%N by []; rewrite muln1; field.
Qed.

(* L^2 T (1+eps)^2 / (4 delta) = 81/16 *)
Theorem S13_example : tv (smc_law coin_model 6) (target_out coin_model) <= half.
Proof.
apply: (Odds.S13_particles_suffice coin_well_formed _ half_ge0 L_gt0 coin_bellman coin_ratio half_gt0) => //.
rewrite -subr_ge0 (_ : _ - _ = 15%:R / 16%:R) ?divr_ge0 ?ler0n //.
by have -> : horizon coin_model = 2%N by []; rewrite muln1; field.
Qed.

(* L^6 T (1+eps)^6 / (2 delta) = 531441/2048 *)
Theorem P3_example : tv (smc_law coin_model 260) (target_out coin_model) <= half.
Proof.
apply: (P3_corollary coin_well_formed _ half_ge0 L_gt0 coin_bellman coin_ratio half_gt0) => //.
have -> : horizon coin_model = 2%N by []; rewrite muln1 -subr_ge0.
have -> : 260%:R = 4%:R * 65%:R :> R by rewrite -natrM.
by rewrite (_ : _ - _ = 1039%:R / 2048%:R) ?divr_ge0 ?ler0n //; field.
Qed.

(* chi^2 and total variation of the guided particle: a = 3/2 *)
Theorem S1_example : chi_square (target_path coin_model) (guided coin_model) <= 25%:R / 144%:R.
Proof.
apply: le_trans (S1_bellman_error coin_well_formed coin_no_kill half_ge0 coin_bellman) _.
by have -> : (horizon coin_model - 1 = 1)%N by []; rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
Qed.
Theorem S2_example : tv (guided_law coin_model) (target coin_model) <= 5%:R^-1.
Proof.
apply: le_trans (S2_bellman_error coin_well_formed coin_no_kill half_ge0 coin_bellman) _.
by have -> : (horizon coin_model - 1 = 1)%N by []; rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
Qed.
(* fully adapted SMC: (T-1) (1+eps)^2 / (2 delta) = 9/4 *)
Theorem S8_example : tv (smc_law (Adapted.adapted coin_model) 3) (target_out coin_model) <= half.
Proof.
apply: (Adapted.S8_particles_suffice coin_well_formed coin_no_kill _ half_ge0 coin_bellman half_gt0) => //.
have -> : (horizon coin_model).-1 = 1%N by []; rewrite muln1 mul1r -subr_ge0.
by rewrite (_ : _ - _ = 3%:R / 4%:R) ?divr_ge0 ?ler0n //; field.
Qed.

(* three proposals of Metropolis-Hastings: (1 - 4/9)^2 / 5 *)
Theorem S7_example : tv (Metropolis.guided_metropolis coin_model 3) (target_path coin_model) <= 5%:R / 81%:R.
Proof.
apply: le_trans (Metropolis.S7_bellman_error coin_well_formed coin_no_kill half_ge0 coin_bellman 3) _.
by have -> : (horizon coin_model - 1 = 1)%N by []; rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
Qed.

(* pools: T = 2, L = 1 + eps = 3/2, xi = 1/2, so C = 81/4; one proposal from pools of 4 candidates *)
Theorem P6_example : tv (Pools.pool_output coin_model 4 1) (target_path coin_model)
  <= (1 - (((1 + half) / (1 - half)) ^+ 2 * (1 + half) ^+ 2)^-1) ^+ 1
     + (1%:R + (1 + half) * (1 + half) ^+ 3) * (2%:R * ((1 + half) * (1 + half) / (4%:R * half ^+ 2))).
Proof.
have half01 : 0 < half < 1 by rewrite half_gt0 half_lt1.
exact: (Pools.P6_pool_metropolis coin_well_formed (isT : 0 < 4)%N (isT : 0 < 1)%N half_ge0 coin_bellman L_gt0 coin_ratio half01).
Qed.

Let rootlive : live coin_model 0 (root coin_model). Proof. by rewrite /= eqxx. Qed.
Theorem P0_example : ((1 + half) ^+ 2)^-1 <= value_ratio coin_model 0 None <= (1 + half) ^+ 2.
Proof. exact: (P0_value_error coin_well_formed coin_no_kill half_ge0 coin_bellman (leq0n 2) rootlive). Qed.

Let q t : R := (1 + half) ^+ 2 * (1 + half) ^+ (2 * (2 - t.+1)).
Theorem P1_example t e e' : (t < 2)%N -> live_edge coin_model t e -> live_edge coin_model t e' ->
  potential_value coin_model t e <= q t * potential_value coin_model t e'.
Proof. exact: (P1_range_ratio coin_well_formed coin_no_kill half_ge0 coin_bellman L_gt0 coin_ratio). Qed.

Lemma coin_Qbar_gt0 t e : (t < 2)%N -> live_edge coin_model t e -> 0 < potential_value coin_model t e.
Proof. exact: (Qbar_gt0 coin_well_formed half_ge0 L_gt0 coin_bellman coin_ratio). Qed.

(* S13 under stratified resampling, for every N; Q itself plays its root *)
Theorem S16_odds_example N (Q := \prod_(0 <= t < 2) (1 + 2%:R * N%:R^-1 * (q t - 1))) : (0 < N)%N ->
  tv (SlotRun.slots_law coin_model (fun _ _ => @Schemes.stratified R N)) (target_out coin_model) <= (Q - 1) / (Q + 1).
Proof.
move=> N0; have Z0 : normaliser coin_model != 0.
  by rewrite gt_eqF // (P0_normaliser_gt0 coin_well_formed coin_no_kill half_ge0 coin_bellman).
have q1 t : 1 <= q t by rewrite mulr_ege1 ?exprn_ege1 ?ler_addl.
have Q1 : 1 <= Q.
  rewrite /Q; elim/big_ind: _ => // [u v|t _]; first exact: mulr_ege1.
  by rewrite ler_addl !mulr_ge0 ?invr_ge0 ?subr_ge0 ?ler0n.
have meet (t : nat) (x : {ffun 'I_N -> branch_node}) W := @Schemes.stratified_meets R N N0 W.
apply: (SlotBounds.S16_odds_tv coin_well_formed coin_no_kill N0 meet Z0 coin_Qbar_gt0 P1_example Q1).
by rewrite expr2 ler_pemull // (le_trans ler01).
Qed.

(* fully adapted SMC under stratified resampling, for every N *)
Theorem S16_adapted_example N (Q := \prod_(0 <= t < 2) (1 + 2%:R * N%:R^-1 * (\prod_(t.+1 <= s < 2) (1 + half) ^+ 2 - 1))) :
  (0 < N)%N ->
  tv (SlotRun.slots_law (Adapted.adapted coin_model) (fun _ _ => @Schemes.stratified R N)) (target_out coin_model)
  <= (Q - 1) / (Q + 1).
Proof.
move=> N0; have rho_gt0 := bellman_ratio_positive half_ge0 coin_bellman.
have Q1 : 1 <= Q.
  rewrite /Q; elim/big_ind: _ => // [u v|t _]; first exact: mulr_ege1.
  by rewrite ler_addl !mulr_ge0 ?invr_ge0 ?subr_ge0 ?ler0n // prodr_const_nat !exprn_ege1 ?ler_addl.
have meet (t : nat) (x : {ffun 'I_N -> branch_node}) W := @Schemes.stratified_meets R N N0 W.
apply: (SlotAdapted.S16_adapted_odds_tv coin_well_formed coin_no_kill rho_gt0 N0 meet (bellman_level_ratio half_ge0 coin_bellman) Q1).
by rewrite expr2 ler_pemull // (le_trans ler01).
Qed.

(* the lower bound by four moments, for any numbers a and b *)
Theorem S11_example N a b x : FourMoments.four coin_model N a b (fun y => (y == x)%:R) <= smc_law coin_model N (Some x).
Proof.
have Z0 : normaliser coin_model != 0.
  by rewrite gt_eqF // (P0_normaliser_gt0 coin_well_formed coin_no_kill half_ge0 coin_bellman).
have test01 (o : option branch_node) : 0 <= ((o == Some x)%:R : R) <= 1 by case: (o == _); rewrite ?lexx ?ler01.
apply: le_trans (Statements.S11_four N coin_well_formed Z0 a b test01) _.
by rewrite /mean (bigD1 (Some x)) //= eqxx mulr1 big1 ?addr0 // => o /negbTE ->; rewrite mulr0.
Qed.

(* the backtracking walk, for every number of steps and visits *)
Theorem S18_example k J w : Backtracking.run coin_model 0 (fun s => (s == Backtracking.leaf_of w)%:R) k J [::]
  <= Backtracking.kappa coin_model * target_path coin_model w.
Proof.
have Z0 : normaliser coin_model != 0.
  by rewrite gt_eqF // (P0_normaliser_gt0 coin_well_formed coin_no_kill half_ge0 coin_bellman).
exact: (Statements.S18_first coin_well_formed coin_no_kill (isT : 0 < 2)%N Z0).
Qed.

Theorem P2_example : tv (smc_law coin_model 11) (target_out coin_model)
  <= (2%:R * 11%:R)^-1 * \sum_(0 <= t < 2) q t * (q t ^+ 2 - 1).
Proof. exact: (P2_bias coin_well_formed coin_no_kill (isT : 0 < 11)%N coin_Qbar_gt0 P1_example). Qed.

Theorem P5_example : tv (guided_law coin_model) (target coin_model) <= 2%:R * 2%:R * half.
Proof. exact: (P5_guided coin_well_formed coin_no_kill half_ge0 coin_bellman). Qed.

Let Z_gt0 : 0 < normaliser coin_model.
Proof. exact: (P0_normaliser_gt0 coin_well_formed coin_no_kill half_ge0 coin_bellman). Qed.
Theorem G1_example : tv (smc_law coin_model 3) (target_out coin_model)
  <= 2%:R^-1 * estimate_mean coin_model 3 (fun z => `|z / normaliser coin_model - 1|).
Proof. exact: (Neighbours.G1_first_step coin_well_formed coin_no_kill (isT : 0 < 3)%N Z_gt0). Qed.

Theorem G3_example (piv := Neighbours.tilted_law coin_model 0 (value coin_model 0)) :
  1 + chi_square piv (Neighbours.tilted_law coin_model 0 (twist coin_model 0))
  = mean piv (fun x => twist coin_model 0 x / value coin_model 0 x)
    * mean piv (fun x => value coin_model 0 x / twist coin_model 0 x).
Proof.
apply: (Neighbours.G3_identity coin_well_formed) => [|x]; first by exists None; rewrite /= oner_eq0.
have [-> _|xN] := eqVneq x None; last by rewrite /= (negbTE xN) eqxx.
split; last exact: Z_gt0.
exact: (twist_root_gt0 coin_well_formed).
Qed.
(* two particles, one of them kept *)
Theorem S17_example (g : branch_node -> R) :
  \sum_w target_path coin_model w * Conditional.conditional 2 g w = mean (target coin_model) g.
Proof. exact: (Conditional.S17_invariant coin_well_formed coin_no_kill (isT : 0 < 2)%N (lt0r_neq0 Z_gt0)). Qed.
End Coin.

(* ---- Zero rewards -------------------------------------------------------------- *)
Section Gate.
Variable R : realFieldType.
Local Notation half := (2%:R^-1 : R).
Definition gate_twist (t : nat) (x : branch_node) : R :=
  match x with None => if t is 0 then half else 0 | Some b => b%:R end.
Definition gate_model : model R branch_node :=
  {| horizon := 1; root := None : branch_node; kernel := branch_kernel half; potential := fun _ _ _ => 1;
     twist := gate_twist; reward := gate_twist 1 |}.

Let half_gt0 : 0 < half. Proof. by rewrite invr_gt0 ltr0n. Qed.
Let half_lt1 : half < 1. Proof. by rewrite invf_lt1 ?ltr0n // ltr1n. Qed.

Lemma gate_bellman_image : \sum_b coin half b * gate_twist 1 (Some b) = half.
Proof. by rewrite big_bool /= mulr1 mulr0 addr0. Qed.

Lemma gate_well_formed : well_formed gate_model.
Proof.
split=> //=.
- by move=> _ [c|] [b|] //=; rewrite ?ler0n ?coin_ge0.
- move=> t x _ _; have := branch_step half t x (fun=> 1).
  rewrite (eq_bigr (branch_kernel half t x)) => [->|y _]; last by rewrite !mulr1.
  by case: x => //; rewrite (eq_bigr (coin half)) ?coin_sum1 // => b _; rewrite mulr1.
- by move=> *; exact: ler01.
by move=> [|t] [b|] /=; rewrite ?ler0n ?lexx ?ltW.
Qed.

Lemma gate_no_kill : no_kill gate_model.
Proof. by move=> [|t] e //= _ _ _ V0; rewrite /value /= V0. Qed.

Lemma gate_bellman : bellman_error_le gate_model 0.
Proof.
move=> [|t] x //= _ /eqP ->; rewrite /bellman_ratio branch_step gate_bellman_image mulfV ?gt_eqF //.
by rewrite addr0 invr1 lexx.
Qed.

Lemma gate_upper : upper_ratio_le gate_model 2%:R.
Proof.
move=> [|t] [x y] //= _ /andP[/= /eqP -> M0]; rewrite /weight /= mul1r invrK.
by case: y M0 => [b|] /= _; rewrite ?mul0r ?ler0n // -[X in _ <= X]mul1r ler_pmul2r ?ltr0n // lern1; case: b.
Qed.

(* 3/2 L T / delta = 12 for delta = 1/4 *)
Theorem S4_example : tv (smc_law gate_model 12) (target_out gate_model) <= 4%:R^-1.
Proof.
apply: (S4_particles_suffice gate_well_formed gate_no_kill _ _ gate_bellman gate_upper); rewrite ?invr_gt0 ?ltr0n //.
have -> : horizon gate_model = 1%N by [].
by rewrite muln0 expr0 le_eqVlt; apply/orP; left; apply/eqP; field.
Qed.

(* L T / delta = 8 for delta = 1/4 *)
Theorem S12_example : tv (smc_law gate_model 8) (target_out gate_model) <= 4%:R^-1.
Proof.
apply: (Certificate.S12_particles_suffice gate_well_formed gate_no_kill _ _ gate_bellman gate_upper); rewrite ?invr_gt0 ?ltr0n //.
have -> : horizon gate_model = 1%N by [].
by rewrite muln0 expr0 le_eqVlt; apply/orP; left; apply/eqP; field.
Qed.

Lemma gate_normaliser : normaliser gate_model = half.
Proof. exact: (etrans (branch_step half 0 None (gate_twist 1)) gate_bellman_image). Qed.

(* S16 under stratified resampling: b = 2, so TV <= 1 - 1/(1 + 1/N) = 1/(N+1) for every N *)
Theorem S16_example N : (0 < N)%N ->
  tv (SlotRun.slots_law gate_model (fun _ _ => @Schemes.stratified R N)) (target_out gate_model) <= 1 - (1 + N%:R^-1)^-1.
Proof.
move=> N0; have Z0 : normaliser gate_model != 0 by rewrite gate_normaliser gt_eqF.
have meet (t : nat) (x : {ffun 'I_N -> branch_node}) W := @Schemes.stratified_meets R N N0 W.
have two : (2%:R - 1 = 1 :> R) by ring.
rewrite [X in _ <= 1 - X^-1](_ : _ = \prod_(0 <= t < horizon gate_model) (1 + N%:R^-1 * (2%:R - 1))); last first.
  by rewrite big_nat1 two mulr1.
apply: (SlotBounds.S16_tv gate_well_formed gate_no_kill N0 meet Z0 (b := fun=> 2%:R)) => [t _|[|t] e x //= _ le lx].
  by rewrite ler1n.
have := S4_b_bound gate_well_formed gate_no_kill (lexx 0) gate_bellman (ler0n R 2) gate_upper (t := 0) isT le lx.
by rewrite addr0 expr1n mulr1.
Qed.

(* C_act = 2; no chi-square is asked for where T = 1; rho = 1/N *)
Theorem S15_example N : (0 < N)%N -> tv (smc_law gate_model N) (target_out gate_model) <= 2%:R / N%:R.
Proof.
move=> N0; have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have -> : 2%:R / N%:R = (2%:R ^+ horizon gate_model - 1) * (2%:R * 1 * N%:R^-1) :> R.
  by have -> : horizon gate_model = 1%N by []; rewrite expr1; field.
apply: (ChiSquarePaths.S15_chi_squares gate_well_formed gate_no_kill N0 _ _ _ _ _ (isT : 0 < 1)%N); rewrite ?ler1n ?invr_gt0 ?ltr0n ?lexx //.
- by rewrite gate_normaliser gt_eqF.
- move=> [|t] [x y] //= _ /andP[/= /eqP -> _].
  have -> : value gate_model 0 None = half by exact: gate_normaliser.
  by rewrite mul1r mulfV ?pnatr_eq0 // valueT /=; case: y => [[]|]; rewrite ?ler01 ?lexx.
- by case.
by rewrite expr1 mulVf.
Qed.

(* a leaf is the end of one walk *)
Theorem S14_example N w : (0 < N)%N -> target_path gate_model w != 0 ->
  Certificate.second_moment gate_model N (walk_end (root gate_model) w) = PathFormula.lineage N w * target_path gate_model w.
Proof.
move=> N0 w0; apply: (PathFormula.S14_path gate_well_formed gate_no_kill _ _ w0 N0); first by rewrite gate_normaliser gt_eqF.
by move=> [y []] [y' []] _ _ /= ->.
Qed.

Theorem S5_attained N : (0 < N)%N ->
  estimate_mean gate_model N (fun z => z ^+ 2) / normaliser gate_model ^+ 2 = 1 + N%:R^-1 /\
  \prod_(0 <= t < horizon gate_model) (1 + (2%:R * (1 + 0) ^+ (2 * (horizon gate_model - t.+1)).+1 - 1) / N%:R)
    = 1 + N%:R^-1 :> R.
Proof.
move=> N0; have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
split; last by rewrite big_nat1 /= muln0 expr1; field.
rewrite (S5_second_moment gate_well_formed N0) /pair_moment gate_normaliser /= /weight /=.
have sum2 (f : branch_node -> R) : \sum_y f y = f None + (f (Some true) + f (Some false)).
  by rewrite sum_branch big_bool.
by rewrite !sum2 /=; field.
Qed.

(* the leaf with reward 1 is reached with probability at least N/(N+1); at N = 1 that is 1/2, what one particle gives *)
Theorem S10_example N : (0 < N)%N -> N%:R / (N%:R + 1) <= smc_law gate_model N (Some (Some true)).
Proof.
move=> N0; have n0 : N%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have n1 : N%:R + 1 != 0 :> R by rewrite -(natrD R N 1) pnatr_eq0 addn1.
have Z0 : normaliser gate_model != 0 by rewrite gate_normaliser gt_eqF.
have sum2 (f : branch_node -> R) : \sum_y f y = f None + (f (Some true) + f (Some false)).
  by rewrite sum_branch big_bool.
apply: le_trans (Certificate.S10_state gate_well_formed gate_no_kill N0 Z0 (Some true)).
rewrite /Certificate.certified /Certificate.second_moment (tested_second_moment gate_well_formed N0) gate_normaliser.
have -> : target gate_model (Some true) = 1.
  rewrite /target gate_normaliser [value_of _ _ _ _](branch_step half 0 None (fun x => gate_twist 1 x * (x == Some true)%:R)).
  by rewrite big_bool /=; field.
rewrite /= /weight /= !sum2 /= le_eqVlt; apply/orP; left; apply/eqP; field.
by rewrite n0 n1 andbT /= [X in X != 0](_ : _ = 128%:R * (N%:R + 1)) ?mulf_neq0 ?pnatr_eq0 //; ring.
Qed.
End Gate.

(* ---- The lower bound's hypotheses ------------------------------------------------ *)
(* Two children, T = 2.  Ask V_2 below the first; it is more than 1 exactly when that child is hidden.
   Then draw the hidden child with the target's probability. *)
Section Question.
Variables (R : realFieldType) (eps : R).
Hypothesis eps_gt0 : 0 < eps.
Local Notation mass := (hidden_mass 2 2 eps).

Definition asker (truthful : bool) : algorithm (question 2) R (option (node 2)) :=
  Ask (2%N, Some ord0) (fun v => Output _ _ (Some (Some (if truthful == (1 < v) then ord0 else ord_max)))).

Let e1 : 1 < 1 + eps. Proof. by rewrite ltr_addl. Qed.

Lemma mass_in01 : 0 < mass < 1.
Proof.
rewrite /hidden_mass expr1; have a2 : 0 < (1 + eps) ^+ 2 by rewrite exprn_gt0 // (lt_trans ltr01).
have -> : (1 + eps) ^+ 2 + 2%:R - 1 = (1 + eps) ^+ 2 + 1 by ring.
by rewrite divr_gt0 ?addr_gt0 ?ltr01 //= ltr_pdivr_mulr ?addr_gt0 ?ltr01 // mul1r ltr_addl ltr01.
Qed.

Lemma asker_law : is_law (coin mass).
Proof.
have /andP[m0 m1] := mass_in01; split; last exact: coin_sum1.
by case; rewrite /coin ?subr_ge0 ltW.
Qed.

Lemma asker_queries s u : (queries (@hidden_oracle R 2 eps u) (asker s) <= 1)%N.
Proof. by []. Qed.

Lemma ord2 (i : 'I_2) : (i == ord0) || (i == ord_max).
Proof. by case: i => [[|[|i]] iB]. Qed.

Lemma asker_run s u : run (hidden_oracle eps u) (asker s)
  = Some (Some (if s then u else if u == ord0 then ord_max else ord0)).
Proof.
rewrite /= /hidden_oracle /= expr1; have [->|u0] := eqVneq u ord0.
  by rewrite eqxx e1; case: s.
have -> : (Some u == Some ord0) = false by apply/negbTE.
have -> : (1 < (1 + eps)^-1) = false.
  by apply/negbTE; rewrite -leNgt invf_le1 ?(lt_trans ltr01) // ltW.
by have := ord2 u; rewrite (negbTE u0) /= => /eqP ->; case: s.
Qed.

Lemma asker_accurate u : tv (output_law eps (coin mass) asker u) (target_out (hidden_model 2 eps u)) <= 0.
Proof.
have e0 : 1 + eps != 0 by rewrite gt_eqF // (lt_trans ltr01).
have a1 : (1 + eps) ^+ 2 + 1 != 0 by rewrite gt_eqF // addr_gt0 ?ltr01 // exprn_gt0 // (lt_trans ltr01).
have massE : mass = (1 + eps) ^+ 2 / ((1 + eps) ^+ 2 + 1) by rewrite /hidden_mass expr1; congr (_ / _); ring.
pose other := if u == ord0 then ord_max else ord0 : 'I_2.
have lawE o : output_law eps (coin mass) asker u o
    = (1 - mass) * (Some (Some other) == o)%:R + mass * (Some (Some u) == o)%:R.
  by rewrite /output_law big_bool !asker_run /= addrC.
have other_u : other == u = false.
  by apply/negbTE; rewrite /other; have := ord2 u; have [->|_ /= /eqP ->] := eqVneq u ord0.
have only j : j == u = false -> j = other.
  by rewrite /other; have := ord2 u; have := ord2 j; have [->|_ /=] := eqVneq u ord0; [case/orP => /eqP -> | move=> + /eqP ->; case/orP => /eqP ->].
have neq_u : (Some (Some other) == Some (Some u)) = false by rewrite -other_u.
rewrite /tv big1 ?mulr0 // => -[[j|]|] _; rewrite lawE /target_out; last by rewrite !mulr0 addr0 subr0 normr0.
  have [->|ju] := eqVneq j u.
    rewrite (hidden_target (B := 2) (T := 2) (ltW eps_gt0)) // eqxx neq_u.
    by rewrite mulr0 mulr1 add0r subrr normr0.
  rewrite (only j (negbTE ju)) eqxx [_ == Some (Some other)]eq_sym neq_u mulr0 mulr1 addr0.
  rewrite hidden_target_node // hidden_normaliser // /hidden_twist.
  have -> : (Some u == Some other) = false by rewrite eq_sym -other_u.
  apply/eqP; rewrite normr_eq0 subr_eq0 massE /= !expr1; apply/eqP; field.
  by rewrite a1 e0.
by rewrite !mulr0 addr0 hidden_target_node // subr0 normr0.
Qed.

(* the hypotheses of S6 hold with Q = 1 and delta = 0, so its conclusion does *)
Theorem S6_example : 2%:R * ((1 + eps) ^+ (2 - 1) ^+ 2 / ((1 + eps) ^+ (2 - 1) ^+ 2 + 2%:R - 1) - 0) - 1 <= 1%:R :> R.
Proof.
exact: (S6_lower_bound (ltW eps_gt0) (isT : 0 < 2)%N (isT : 0 < 2)%N asker_law asker_queries asker_accurate).
Qed.

Theorem P4_example : (1 + eps) ^+ 2 <= 2%:R -> (2%:R^-1 - 0) ^+ 3 * (1 + eps) ^+ (2 * 2) <= (1%:R + 1) ^+ 3 :> R.
Proof.
move=> small; have a1 : 1 <= (1 + eps) ^+ 2 by rewrite exprn_ege1 // ltW.
apply: (P4_lower_bound (ltW eps_gt0) (isT : 0 < 2)%N (isT : 0 < 2)%N asker_law asker_queries asker_accurate) => //.
  by rewrite invr_ge0 ler0n.
by rewrite expr1 (_ : 2%:R = 1 + 1 :> R) ?ler_add2r.
Qed.
End Question.

(* The headline statements, for a reader who opens one file.

   Everything is over an arbitrary ordered field R (the rationals, the reals, ...), any finite type X of states, any
   horizon T and any number N >= 1 of particles.  Definitions.v restates what the words mean.  Each theorem is closed by
   the proof of the file that it names; Audit.v prints what they assume.  Step p = t+1 goes from layer t to layer t+1.
   StatementsReal.v has the forms with exp, sinh and tanh. *)
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require Cloud TotalVariation Model Functional Bellman Paths Guided Telescope OneStep Bias EndToEnd Gauge.
From BellmanSMC Require Definitions PathModel PathLaw AnyAnswer Adapted Normaliser NormaliserBound Metropolis.
From BellmanSMC Require Certificate Exchange Odds GoodEvent Pools Conditional PathFormula ChiSquares ChiSquarePaths.
From BellmanSMC Require FourMoments Slots Schemes SlotRun SlotBounds SlotAdapted Backtracking BacktrackingBounds BacktrackingLeaves.
From BellmanSMC Require Neighbours NeighbourBound LowerBound LowerBoundModel Attained.
Import Cloud TotalVariation Model Functional Paths Guided Telescope PathModel PathLaw Adapted Normaliser Certificate.
Import Neighbours NeighbourBound LowerBound LowerBoundModel Metropolis Pools Conditional PathFormula ChiSquares Slots Schemes SlotRun.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ==== 1. One positive functional ==================================================== *)
(* range_ratio p h q: h i <= q h j wherever p does not vanish *)
Theorem S0_bhatia_davis (R : realFieldType) (I : finType) (p h : I -> R) (a b : R) :
  (forall i, 0 <= p i) -> \sum_i p i = 1 -> \sum_i p i * h i = 1 -> (forall i, p i != 0 -> a <= h i <= b) ->
  \sum_i p i * (h i - 1) ^+ 2 <= (b - 1) * (1 - a).
Proof. by move=> *; apply: Functional.S0_bhatia_davis. Qed.

Theorem S0_mean_abs (R : realFieldType) (I : finType) (p h : I -> R) (a b : R) :
  (forall i, 0 <= p i) -> \sum_i p i = 1 -> \sum_i p i * h i = 1 -> (forall i, p i != 0 -> a <= h i <= b) ->
  (b - a) * (\sum_i p i * `|h i - 1|) / 2%:R <= (b - 1) * (1 - a).
Proof. by move=> *; apply: Functional.S0_mean_abs. Qed.

Theorem S0_variance (R : realFieldType) (I : finType) (p h : I -> R) (q : R) :
  (forall i, 0 <= p i) -> \sum_i p i = 1 -> \sum_i p i * h i = 1 -> (forall i, p i != 0 -> 0 < h i) ->
  range_ratio p h q -> \sum_i p i * (h i - 1) ^+ 2 <= (q - 1) ^+ 2 / (4%:R * q).
Proof. by move=> *; apply: Functional.S0_variance. Qed.

Theorem S0_tv (R : realFieldType) (I : finType) (p h : I -> R) (s : R) :
  (forall i, 0 <= p i) -> \sum_i p i = 1 -> \sum_i p i * h i = 1 -> (forall i, p i != 0 -> 0 < h i) ->
  0 < s -> range_ratio p h (s ^+ 2) -> (\sum_i p i * `|h i - 1|) / 2%:R <= (s - 1) / (s + 1).
Proof. by move=> *; apply: Functional.S0_tv. Qed.

(* half the l1 distance is the supremum over events, and over [0,1]-valued tests *)
Theorem tv_sup_events (R : realFieldType) (A : finType) (mu nu : A -> R) (c : R) : \sum_a mu a = \sum_a nu a ->
  tv mu nu <= c <-> forall P : pred A, `|\sum_(a | P a) mu a - \sum_(a | P a) nu a| <= c.
Proof. by move=> *; apply: TotalVariation.tv_sup_events. Qed.

Theorem tv_sup_tests (R : realFieldType) (A : finType) (mu nu : A -> R) (c : R) : \sum_a mu a = \sum_a nu a ->
  tv mu nu <= c <-> forall g : A -> R, (forall a, 0 <= g a <= 1) -> `|mean mu g - mean nu g| <= c.
Proof. by move=> *; apply: TotalVariation.tv_sup_tests. Qed.

(* ==== 2. Values, and the guided particle ============================================== *)
Section Model.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.

Section BellmanError.
Variable eps : R.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.

Theorem P0_value_error t x : (t <= T)%N -> live m t x ->
  ((1 + eps) ^+ (T - t))^-1 <= value_ratio m t x <= (1 + eps) ^+ (T - t).
Proof. exact: (Bellman.P0_value_error wf keeps eps_ge0 bellman). Qed.

Theorem P1_range_ratio L t e e' : 0 < L -> ratio_bound_le m L -> (t < T)%N -> live_edge m t e -> live_edge m t e' ->
  potential_value m t e <= L ^+ 2 * (1 + eps) ^+ (2 * (T - t.+1)) * potential_value m t e'.
Proof. by move=> L0 ratio; exact: (Bellman.P1_range_ratio wf keeps eps_ge0 bellman L0 ratio). Qed.

(* chi^2 <= sinh^2 Lambda with e^Lambda = a = (1+eps)^(T-1) *)
Theorem S1_bellman_error : chi_square (target_path m) (guided m)
  <= (((1 + eps) ^+ (T - 1) - ((1 + eps) ^+ (T - 1))^-1) / 2%:R) ^+ 2.
Proof. exact: (Guided.S1_bellman_error wf keeps eps_ge0 bellman). Qed.

(* E_guided[(pi/guided)^2] <= cosh^2 Lambda *)
Theorem S1_effective_sample_size : \sum_w guided m w * (target_path m w / guided m w) ^+ 2
  <= (((1 + eps) ^+ (T - 1) + ((1 + eps) ^+ (T - 1))^-1) / 2%:R) ^+ 2.
Proof. exact: (Guided.S1_effective_sample_size wf keeps eps_ge0 bellman). Qed.

Theorem S2_bellman_error : tv (guided_law m) (target m) <= ((1 + eps) ^+ (T - 1) - 1) / ((1 + eps) ^+ (T - 1) + 1).
Proof. exact: (Guided.S2_bellman_error wf keeps eps_ge0 bellman). Qed.

Theorem S2_linear : tv (guided_law m) (target m) <= (T - 1)%:R * eps / 2%:R.
Proof. exact: (Guided.S2_linear wf keeps eps_ge0 bellman). Qed.

Theorem P5_guided : tv (guided_law m) (target m) <= 2%:R * T%:R * eps.
Proof. exact: (Guided.P5_guided wf keeps eps_ge0 bellman). Qed.
End BellmanError.

(* with r_t, the spread of the Bellman ratio at each level, instead of eps; s plays the root of the product *)
Section Levels.
Variable r : nat -> R.
Hypothesis rho_gt0 : ratio_positive m.
Hypothesis spread : level_ratio m r.

Theorem S1_chi_square : chi_square (target_path m) (guided m)
  <= (\prod_(1 <= t < T) r t - 1) ^+ 2 / (4%:R * \prod_(1 <= t < T) r t).
Proof. exact: (Guided.S1_chi_square wf keeps rho_gt0 spread). Qed.

Theorem S2_paths s : 0 < s -> \prod_(1 <= t < T) r t <= s ^+ 2 -> tv (guided m) (target_path m) <= (s - 1) / (s + 1).
Proof. exact: (Guided.S2_paths wf keeps rho_gt0 spread). Qed.
End Levels.

(* ==== 3. Bias of SMC ================================================================== *)
Variable N : nat.
Hypothesis N_gt0 : (0 < N)%N.

(* S3 and P2 in q_p; s_p plays the root of q_p *)
Section TwoSided.
Hypothesis Qbar_gt0 : forall t e, (t < T)%N -> live_edge m t e -> 0 < potential_value m t e.

Theorem S3_bias (s : nat -> R) : (forall t, (t < T)%N -> 0 < s t) ->
  (forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' ->
     potential_value m t e <= s t ^+ 2 * potential_value m t e') ->
  tv (smc_law m N) (target_out m) <= (2%:R * N%:R)^-1 * \sum_(0 <= t < T) (s t ^+ 2 - s t).
Proof. exact: (Bias.S3_bias wf keeps N_gt0 Qbar_gt0). Qed.

Theorem P2_bias (q : nat -> R) :
  (forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' ->
     potential_value m t e <= q t * potential_value m t e') ->
  tv (smc_law m N) (target_out m) <= (2%:R * N%:R)^-1 * \sum_(0 <= t < T) q t * (q t ^+ 2 - 1).
Proof. exact: (Bias.P2_bias wf keeps N_gt0 Qbar_gt0). Qed.

(* S13 in q_p: the odds of every event; s plays the root of the product *)
Section Odds.
Variable q : nat -> R.
Hypothesis Qbar_ratio : forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' ->
  potential_value m t e <= q t * potential_value m t e'.

Theorem S13_odds (A : pred (option X)) :
  let out := \sum_(o | A o) smc_law m N o in let pi := \sum_(o | A o) target_out m o in
  let Q := \prod_(0 <= t < T) (1 + (q t - 1) / N%:R) in
  (1 - pi) * out <= Q * pi * (1 - out) /\ (1 - out) * pi <= Q * out * (1 - pi).
Proof. exact: (Odds.S13_odds wf keeps N_gt0 Qbar_gt0 Qbar_ratio). Qed.

Theorem S13_tv s : 1 <= s -> \prod_(0 <= t < T) (1 + (q t - 1) / N%:R) <= s ^+ 2 ->
  tv (smc_law m N) (target_out m) <= (s - 1) / (s + 1).
Proof. exact: (Odds.S13_tv wf keeps N_gt0 Qbar_gt0 Qbar_ratio). Qed.

Theorem S13_bias : tv (smc_law m N) (target_out m) <= (4%:R * N%:R)^-1 * \sum_(0 <= t < T) (q t - 1).
Proof. exact: (Odds.S13_bias wf keeps N_gt0 Qbar_gt0 Qbar_ratio). Qed.

(* with S12 *)
Theorem S13_joint (b : nat -> R) : (forall t, (t < T)%N -> 1 <= b t) ->
  (forall t e x, (t < T)%N -> live_edge m t e -> live m t x -> potential_value m t e <= b t * value_ratio m t x) ->
  let beta := \prod_(0 <= t < T) (1 + (b t - 1) / N%:R) in let Q := \prod_(0 <= t < T) (1 + (q t - 1) / N%:R) in
  1 < Q -> beta ^+ 2 <= Q -> tv (smc_law m N) (target_out m) <= (beta - 1) * (Q - beta) / (beta * (Q - 1)).
Proof. exact: (Odds.S13_joint wf keeps N_gt0 Qbar_gt0 Qbar_ratio). Qed.
End Odds.
End TwoSided.

(* S4 in b_p; c_p plays the root of b_p (b_p - 1); no_doom: V* > 0 on live states *)
Theorem S4_bias (b c : nat -> R) : no_doom m ->
  (forall t, (t < T)%N -> 0 <= c t) -> (forall t, (t < T)%N -> b t * (b t - 1) <= c t ^+ 2) ->
  (forall t e x, (t < T)%N -> live_edge m t e -> live m t x -> potential_value m t e <= b t * value_ratio m t x) ->
  tv (smc_law m N) (target_out m) <= N%:R^-1 * \sum_(0 <= t < T) ((b t - 1) + c t / 2%:R).
Proof. by move=> hopeful c0 cr Qb; exact: (Bias.S4_bias wf keeps N_gt0 hopeful c0 cr Qb). Qed.

(* the same in quantities that do not change when V_t becomes c_t V_t: weights spread at most K at each level, or
   largest weight at most W times the least Bellman ratio; prod r_t is e^(2 Lambda) *)
Section Gauge.
Variables (r : nat -> R) (delta : R).
Hypothesis rho_gt0 : ratio_positive m.
Hypothesis spread : level_ratio m r.
Hypothesis delta_gt0 : 0 < delta.

Theorem S13_gauge_particles K : (forall t e, (t < T)%N -> live_edge m t e -> 0 < weight m t e) ->
  (forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' -> weight m t e <= K * weight m t e') ->
  K * T%:R * \prod_(1 <= t < T) r t / (4%:R * delta) <= N%:R -> tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> w0 wK; exact: (Gauge.S13_gauge_particles wf keeps rho_gt0 spread N_gt0 w0 wK delta_gt0). Qed.

(* fully adapted SMC: adapted m has guided kernels and weights rho *)
Theorem S13_adapted_levels : tv (smc_law (adapted m) N) (target_out m)
  <= (4%:R * N%:R)^-1 * \sum_(0 <= t < T) (\prod_(t.+1 <= s < T) r s - 1).
Proof. exact: (Adapted.S13_adapted_levels wf keeps rho_gt0 spread N_gt0). Qed.

Theorem S3_gauge_particles K : (forall t e, (t < T)%N -> live_edge m t e -> 0 < weight m t e) ->
  (forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' -> weight m t e <= K * weight m t e') ->
  K * T%:R * \prod_(1 <= t < T) r t / (2%:R * delta) <= N%:R -> tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> w0 wK; exact: (Gauge.S3_gauge_particles wf keeps rho_gt0 spread N_gt0 w0 wK delta_gt0). Qed.

Theorem S4_gauge_particles W :
  (forall t e x, (t < T)%N -> live_edge m t e -> live m t x -> weight m t e <= W * bellman_ratio m t x) ->
  3%:R / 2%:R * W * T%:R * \prod_(1 <= t < T) r t / delta <= N%:R -> tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> wW; exact: (Gauge.S4_gauge_particles wf keeps rho_gt0 spread N_gt0 wW delta_gt0). Qed.
End Gauge.

Section EndToEnd.
Variables eps delta : R.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis delta_gt0 : 0 < delta.

(* THE theorem: exponent 2 *)
Theorem S13_particles_suffice L : 0 < L -> ratio_bound_le m L ->
  L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (4%:R * delta) <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> L0 ratio; exact: (Odds.S13_particles_suffice wf N_gt0 eps_ge0 L0 bellman ratio delta_gt0). Qed.

Theorem S3_particles_suffice L : 0 < L -> ratio_bound_le m L ->
  L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> L0 ratio; exact: (EndToEnd.S3_particles_suffice wf N_gt0 eps_ge0 L0 bellman ratio delta_gt0). Qed.

(* the paper's count: exponent 6 *)
Theorem P3_corollary L : 0 < L -> ratio_bound_le m L ->
  L ^+ 6 * T%:R * (1 + eps) ^+ (6 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> L0 ratio; exact: (EndToEnd.P3_corollary wf N_gt0 eps_ge0 L0 bellman ratio delta_gt0). Qed.

(* an upper ratio bound alone: zero rewards allowed; a dead run counts as an outcome outside the target *)
Theorem S12_particles_suffice L : upper_ratio_le m L ->
  L * (1 + eps) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> upper; exact: (Certificate.S12_particles_suffice wf keeps N_gt0 eps_ge0 bellman upper delta_gt0). Qed.

Theorem S4_particles_suffice L : upper_ratio_le m L ->
  3%:R / 2%:R * (L * (1 + eps)) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv (smc_law m N) (target_out m) <= delta.
Proof. by move=> upper; exact: (EndToEnd.S4_particles_suffice wf keeps N_gt0 eps_ge0 bellman upper delta_gt0). Qed.

(* the same whatever is answered once all particles are dead *)
Theorem S12_any_answer L (law : X -> R) : upper_ratio_le m L ->
  \sum_x law x = 1 -> (forall x, smc_law m N (Some x) <= law x) ->
  L * (1 + eps) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv law (target m) <= delta.
Proof. by move=> upper l1 l_ge; exact: (Certificate.S12_any_answer wf keeps N_gt0 eps_ge0 bellman upper l1 l_ge delta_gt0). Qed.

Theorem S4_any_answer L (law : X -> R) : upper_ratio_le m L ->
  \sum_x law x = 1 -> (forall x, smc_law m N (Some x) <= law x) ->
  3%:R / 2%:R * (L * (1 + eps)) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv law (target m) <= delta.
Proof. by move=> upper law1 law_ge; exact: (AnyAnswer.S4_any_answer wf keeps N_gt0 eps_ge0 bellman upper law1 law_ge delta_gt0). Qed.

(* the law of the whole output path: path_model's states carry their path *)
Theorem S3_paths L : 0 < L -> ratio_bound_le m L ->
  L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law (path_model m) N) (@path_target_out _ _ m) <= delta.
Proof. by move=> L0 ratio; exact: (PathLaw.S3_paths wf N_gt0 eps_ge0 bellman delta_gt0 L0 ratio). Qed.

Theorem S13_paths L : 0 < L -> ratio_bound_le m L ->
  L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (4%:R * delta) <= N%:R ->
  tv (smc_law (path_model m) N) (@path_target_out _ _ m) <= delta.
Proof. by move=> L0 ratio; exact: (PathLaw.S13_paths wf N_gt0 eps_ge0 bellman delta_gt0 L0 ratio). Qed.

Theorem S12_paths L : upper_ratio_le m L -> L * (1 + eps) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv (smc_law (path_model m) N) (@path_target_out _ _ m) <= delta.
Proof. by move=> upper; exact: (PathLaw.S12_paths wf N_gt0 eps_ge0 bellman delta_gt0 keeps upper). Qed.

(* fully adapted SMC: no L; adapted m has guided kernels and weights rho *)
Theorem S13_adapted_particles : T.-1%:R * (1 + eps) ^+ (2 * T.-1) / (4%:R * delta) <= N%:R ->
  tv (smc_law (adapted m) N) (target_out m) <= delta.
Proof. exact: (Adapted.S13_adapted_particles wf keeps N_gt0 eps_ge0 bellman delta_gt0). Qed.

Theorem S8_particles_suffice : T.-1%:R * (1 + eps) ^+ (2 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law (adapted m) N) (target_out m) <= delta.
Proof. exact: (Adapted.S8_particles_suffice wf keeps N_gt0 eps_ge0 bellman delta_gt0). Qed.

Theorem S8_bias : tv (smc_law (adapted m) N) (target_out m)
  <= (2%:R * N%:R)^-1 * \sum_(0 <= t < T) (((1 + eps) ^+ (T - t.+1)) ^+ 2 - (1 + eps) ^+ (T - t.+1)).
Proof. exact: (Adapted.S8_bias wf keeps N_gt0 eps_ge0 bellman). Qed.

(* ==== 4. The normaliser =============================================================== *)
Theorem S5_bellman_error L : upper_ratio_le m L ->
  estimate_mean m N (fun z => z ^+ 2) / normaliser m ^+ 2
  <= \prod_(0 <= t < T) (1 + (L * (1 + eps) ^+ (2 * (T - t.+1)).+1 - 1) / N%:R).
Proof. by move=> upper; exact: (NormaliserBound.S5_bellman_error wf keeps N_gt0 eps_ge0 bellman upper). Qed.
End EndToEnd.

Theorem S5_unbiased : estimate_mean m N id = normaliser m.
Proof. exact: (Normaliser.S5_unbiased wf N_gt0 keeps). Qed.

(* pair_moment: the two-particle recursion *)
Theorem S5_second_moment :
  estimate_mean m N (fun z => z ^+ 2) = twist m 0 (root m) ^+ 2 * pair_moment m N T 0 (root m) (root m).
Proof. exact: (Normaliser.S5_second_moment wf N_gt0). Qed.

Theorem S5_recursion k t x x' : pair_moment m N k.+1 t x x' =
  N%:R^-1 * (\sum_y kernel m t x y * weight m t (x, y) ^+ 2 * pair_moment m N k t.+1 y y)
  + (1 - N%:R^-1) * (\sum_y \sum_y' kernel m t x y * weight m t (x, y) * (kernel m t x' y' * weight m t (x', y'))
                     * pair_moment m N k t.+1 y y').
Proof. by []. Qed.

Section ProductBound.
Variable b : nat -> R.
Hypothesis b_ge1 : forall t, (t < T)%N -> 1 <= b t.
Hypothesis b_bound : forall t e x, (t < T)%N -> live_edge m t e -> live m t x ->
  potential_value m t e <= b t * value_ratio m t x.
Hypothesis Z_neq0 : normaliser m != 0.

Theorem S5_product_bound : estimate_mean m N (fun z => z ^+ 2) / normaliser m ^+ 2
  <= \prod_(0 <= t < T) (1 + (b t - 1) / N%:R).
Proof. exact: (NormaliserBound.S5_product_bound wf keeps N_gt0 b_ge1 b_bound Z_neq0). Qed.

Theorem S5_particles_suffice (delta : R) : 0 < delta -> (1 + delta^-1) * (\sum_(0 <= t < T) (b t - 1)) <= N%:R ->
  estimate_mean m N (fun z => z ^+ 2) / normaliser m ^+ 2 <= 1 + delta.
Proof. exact: (NormaliserBound.S5_particles_suffice wf keeps N_gt0 b_ge1 b_bound Z_neq0). Qed.

(* S12: the law of the output is at least pi/beta *)
Theorem S12_moment (test : option X -> R) : (forall o, 0 <= test o <= 1) ->
  tested_mean m N (fun z => z ^+ 2) (fun x => test (Some x)) / normaliser m ^+ 2
  <= mean (target_out m) test * \prod_(0 <= t < T) (1 + (b t - 1) / N%:R).
Proof. exact: (Certificate.S12_moment wf keeps N_gt0 Z_neq0 b_ge1 b_bound). Qed.

Theorem S12_density (A : pred (option X)) : \sum_(o | A o) target_out m o
  <= \prod_(0 <= t < T) (1 + (b t - 1) / N%:R) * \sum_(o | A o) smc_law m N o.
Proof. exact: (Certificate.S12_density wf keeps N_gt0 Z_neq0 b_ge1 b_bound). Qed.

Theorem S12_tv : tv (smc_law m N) (target_out m) <= 1 - (\prod_(0 <= t < T) (1 + (b t - 1) / N%:R))^-1.
Proof. exact: (Certificate.S12_tv wf keeps N_gt0 Z_neq0 b_ge1 b_bound). Qed.

Theorem S12_bias : tv (smc_law m N) (target_out m) <= N%:R^-1 * \sum_(0 <= t < T) (b t - 1).
Proof. exact: (Certificate.S12_bias wf keeps N_gt0 Z_neq0 b_ge1 b_bound). Qed.
End ProductBound.

(* S10: a certificate from two particles.  tested_mean m N F f is E[F(Zhat) f(output)], a dead run counting as 0;
   certified x is pi(x)^2 over E[(Zhat/Z)^2; output x]; above mu nu is the sum of max(0, mu - nu) *)
Theorem S10_second_moment (f : X -> R) :
  tested_mean m N (fun z => z ^+ 2) f = twist m 0 (root m) ^+ 2 * pair_test m N f T 0 (root m) (root m).
Proof. exact: (Normaliser.tested_second_moment wf N_gt0). Qed.

Theorem S10_recursion (f : X -> R) k t x x' : pair_test m N f 0 t x x' = f x /\ pair_test m N f k.+1 t x x' =
  N%:R^-1 * (\sum_y kernel m t x y * weight m t (x, y) ^+ 2 * pair_test m N f k t.+1 y y)
  + (1 - N%:R^-1) * (\sum_y \sum_y' kernel m t x y * weight m t (x, y) * (kernel m t x' y' * weight m t (x', y'))
                     * pair_test m N f k t.+1 y y').
Proof. by []. Qed.

Section TwoParticles.
Hypothesis Z_neq0 : normaliser m != 0.

Theorem S10_certificate (test : option X -> R) : (forall o, 0 <= test o <= 1) -> mean (target_out m) test ^+ 2
  <= tested_mean m N (fun z => z ^+ 2) (fun x => test (Some x)) / normaliser m ^+ 2 * mean (smc_law m N) test.
Proof. exact: (Certificate.S10_certificate wf keeps N_gt0 Z_neq0). Qed.

Theorem S10_tv : above (certified m N) (target m) <= tv (smc_law m N) (target_out m) <= above (target m) (certified m N).
Proof. exact: (Certificate.S10_tv_dead wf keeps N_gt0 Z_neq0). Qed.

Theorem S10_any_answer (law : X -> R) : \sum_x law x = 1 -> (forall x, smc_law m N (Some x) <= law x) ->
  above (certified m N) (target m) <= tv law (target m) <= above (target m) (certified m N).
Proof. by move=> l1 l_ge; exact: (Certificate.S10_tv wf keeps N_gt0 Z_neq0 l1 l_ge). Qed.
End TwoParticles.
End Model.

(* ==== 5. Metropolis-Hastings on guided proposals ========================================= *)
(* the chain on paths proposes from the guided particle and accepts with min(1, W(y)/W(x)), W the product of Bellman
   ratios; the first of the H proposals is the first state *)
Section MetropolisHastings.
Variables (R : realFieldType) (X : finType) (m : model R X) (eps : R) (H : nat).
Local Notation T := (horizon m).
Local Notation a := ((1 + eps) ^+ (T - 1)).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.

Theorem S7_first_state : guided_metropolis m 1 = guided m. Proof. by []. Qed.

Theorem S7_step k w : guided_metropolis m k.+2 w = \sum_v guided_metropolis m k.+1 v *
  (guided m w * Num.min 1 (bellman_product m 0 (root m) w / bellman_product m 0 (root m) v)
   + (v == w)%:R * (1 - \sum_z guided m z * Num.min 1 (bellman_product m 0 (root m) z / bellman_product m 0 (root m) v))).
Proof. by []. Qed.

Theorem S7_bellman_error : tv (guided_metropolis m H) (target_path m) <= (1 - (a ^+ 2)^-1) ^+ H.-1 * ((a - 1) / (a + 1)).
Proof. exact: (Metropolis.S7_bellman_error wf keeps eps_ge0 bellman). Qed.

(* with level ratios *)
Theorem S7_chain (r : nat -> R) s : ratio_positive m -> level_ratio m r -> 0 < s -> \prod_(1 <= t < T) r t <= s ^+ 2 ->
  tv (guided_metropolis m H) (target_path m) <= (1 - (\prod_(1 <= t < T) r t)^-1) ^+ H.-1 * ((s - 1) / (s + 1)).
Proof. by move=> rho_gt0 spread; exact: (Metropolis.S7_chain wf keeps rho_gt0 spread). Qed.
End MetropolisHastings.

(* on a good event: weights whose ratio is bounded on good proposals alone *)
Theorem S7_good_event (R : realFieldType) (A : finType) (g W pi : A -> R) (c C : R) (good : pred A) (H : nat) :
  is_law g -> \sum_x pi x = 1 -> (forall x, pi x = g x * (c * W x)) -> 0 < c -> (forall x, g x != 0 -> 0 < W x) ->
  (forall x y, g x != 0 -> g y != 0 -> good x -> good y -> W x <= C * W y) ->
  0 < \sum_(x | good x) g x -> (0 < H)%N ->
  tv (metropolis_law g W H) pi
  <= H%:R * (1 - \sum_(x | good x) g x) + (1 - C^-1) ^+ H + (1 - \sum_(x | good x) pi x).
Proof. by move=> *; apply: GoodEvent.good_event_bias. Qed.

(* The resampling-pool algorithm: a step's pool holds n candidates, iid from the kernel, and one is picked in proportion to
   its weight; a proposal is the sequence of its pools and picks, pool_path its path.  pool_weight is the product of the
   pools' mean weights, running_weight the product of psi V(picked)/mean(psi V), the weight that the algorithm keeps. *)
Section ResamplingPools.
Variables (R : realFieldType) (X : finType) (m : model R X) (n : nat).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis n_gt0 : (0 < n)%N.
Hypothesis weight_gt0 : forall t e, (t < T)%N -> live_edge m t e -> 0 < weight m t e.

(* the acceptance ratio pool_weight(y)/pool_weight(x) is that of prod psi V_T / running_weight *)
Theorem P6_acceptance (w : walk (pick X n) T) : pool_proposal m n w != 0 ->
  pool_weight m 0 (root m) w * running_weight m 0 (root m) w
  = path_potential m 0 (root m) (pool_path w) * twist m T (walk_end (root m) (pool_path w)) / twist m 0 (root m).
Proof. by apply: (Pools.pool_acceptance wf n_gt0 weight_gt0); rewrite ?add0n //= eqxx. Qed.

Theorem P6_detailed_balance (w v : walk (pick X n) T) :
  pool_target m n w * (pool_proposal m n v * Num.min 1 (pool_weight m 0 (root m) v / pool_weight m 0 (root m) w))
  = pool_target m n v * (pool_proposal m n w * Num.min 1 (pool_weight m 0 (root m) w / pool_weight m 0 (root m) v)).
Proof. exact: (Pools.pool_balance wf n_gt0 weight_gt0). Qed.

(* whatever the size of the pools, the path has the law of the target *)
Theorem P6_path_marginal (v : walk X T) : 0 < normaliser m ->
  \sum_w pool_target m n w * (pool_path w == v)%:R = target_path m v.
Proof. by move=> Z0; exact: (Pools.pool_target_path wf n_gt0 weight_gt0 Z0). Qed.

Section Bias.
Variables (H : nat) (eps L xi : R).
Hypothesis H_gt0 : (0 < H)%N.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis L_gt0 : 0 < L.
Hypothesis ratio : ratio_bound_le m L.
Hypothesis xi01 : 0 < xi < 1.
Local Notation C := (((1 + xi) / (1 - xi)) ^+ T * (1 + eps) ^+ (2 * T.-1)).
Local Notation b := (L * (1 + eps) ^+ (2 * T.-1).+1).

(* pool_output: the law of the path after H proposals, the first of which is the first state.  The mixing on good
   proposals, H T times the probability of a bad pool, and T times that of a bad pool with a size-biased member *)
Theorem P6_pool_metropolis : tv (pool_output m n H) (target_path m)
  <= (1 - C^-1) ^+ H + (H%:R + b) * (T%:R * (L * (1 + eps) / (n%:R * xi ^+ 2))).
Proof. exact: (Pools.P6_pool_metropolis wf n_gt0 H_gt0 eps_ge0 bellman L_gt0 ratio xi01). Qed.

Theorem P6_pools_suffice (d delta : R) : 0 < delta -> (1 - C^-1) ^+ H <= d ->
  (H%:R + b) * T%:R * L * (1 + eps) / (xi ^+ 2 * delta) <= n%:R -> tv (pool_output m n H) (target_path m) <= d + delta.
Proof. exact: (Pools.P6_pools_suffice wf n_gt0 H_gt0 eps_ge0 bellman L_gt0 ratio xi01). Qed.
End Bias.
End ResamplingPools.

(* conditional g w: the mean of g at the answer of a run of conditional SMC that keeps the walk w; two_answers f g:
   E[Zhat nu(f) nu(g)] of an ordinary run, nu the weighted law of its last cloud *)
Section ConditionalRuns.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis Z_neq0 : normaliser m != 0.

Theorem S17_identity (f g : X -> R) :
  \sum_w target_path m w * f (walk_end (root m) w) * conditional N g w = two_answers m N f g / normaliser m.
Proof. exact: (Conditional.S17_identity N wf keeps Z_neq0). Qed.

Theorem S17_reversible (f g : X -> R) : \sum_w target_path m w * f (walk_end (root m) w) * conditional N g w
  = \sum_w target_path m w * g (walk_end (root m) w) * conditional N f w.
Proof. exact: (Conditional.S17_reversible N wf keeps Z_neq0). Qed.

Theorem S17_positive (f : X -> R) : 0 <= \sum_w target_path m w * f (walk_end (root m) w) * conditional N f w.
Proof. exact: (Conditional.S17_positive N wf keeps Z_neq0). Qed.

(* the target is what a sweep leaves as it is: the hypothesis of the sealed S17.sweeps and S17.count *)
Theorem S17_invariant (g : X -> R) : (0 < N)%N -> \sum_w target_path m w * conditional N g w = mean (target m) g.
Proof. by move=> N0; exact: (Conditional.S17_invariant wf keeps N0 Z_neq0). Qed.

(* the kept edge may have any place among the N: the others are free *)
Theorem S17_place (g nu : X -> R) k t x (w : walk X k.+1) (i : 'I_N) : (0 < N)%N ->
  kept_from m N g t nu x w = cmean (mutate m t nu) (fun y : cloud N (X * X) =>
    kept_from m N g t.+1 (resample m t (Exchange.put y i (x, w.1))) w.1 w.2).
Proof. by move=> N0; exact: Conditional.kept_place. Qed.
End ConditionalRuns.

(* states that carry their paths: detailed balance between any two walks of the target *)
Theorem S17_detailed_balance (R : realFieldType) (X : finType) (m : model R X) (N : nat)
    (w w' : walk [finType of path_type m] (horizon (path_model m))) : well_formed m -> no_kill m -> normaliser m != 0 ->
  target_path (path_model m) w != 0 -> target_path (path_model m) w' != 0 ->
  target_path (path_model m) w * conditional N (fun f => (f == walk_end (root (path_model m)) w')%:R) w
  = target_path (path_model m) w' * conditional N (fun f => (f == walk_end (root (path_model m)) w)%:R) w'.
Proof. by move=> *; exact: Conditional.S17_paths. Qed.

(* S14: lineage N w, the recursion along the walk w over the other lineage, which starts anew where the two meet *)
Section PathFormulas.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation P := (path_model m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis Z_neq0 : normaliser m != 0.
Hypothesis N_gt0 : (0 < N)%N.
Variable w : walk [finType of path_type m] (horizon P).
Hypothesis w_neq0 : target_path P w != 0.

Theorem S14_path : second_moment P N (walk_end (root P) w) = lineage N w * target_path P w.
Proof. exact: ChiSquarePaths.S14_on_paths. Qed.

Theorem S14_out : target_path P w / lineage N w <= smc_law P N (Some (walk_end (root P) w)).
Proof. exact: ChiSquarePaths.S14_out_on_paths. Qed.
End PathFormulas.

(* S15, the upper half: rho is any number with rho^(2r-1) N^r >= 1, that is at least N^(-r/(2r-1)) *)
Section ChiSquares.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (C K rho : R) (r : nat).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis Z_neq0 : normaliser m != 0.
Hypothesis C_ge1 : 1 <= C.
Hypothesis coverage : forall t e, (t < T)%N -> live_edge m t e ->
  potential m t e.1 e.2 * value m t.+1 e.2 <= C * value m t e.1.
Hypothesis K_ge1 : 1 <= K.
Hypothesis chi_le : forall q, (0 < q < T)%N ->
  1 + chi_square (tilted_law m q (value m q)) (tilted_law m q (twist m q)) <= K.
Hypothesis r_gt0 : (0 < r)%N.
Hypothesis T_le : (T <= r.*2.+1)%N.
Hypothesis rho_gt0 : 0 < rho.
Hypothesis rho_ge : 1 <= rho ^+ r.*2.-1 * N%:R ^+ r.

Theorem S15_chi_squares : tv (smc_law m N) (target_out m) <= (2%:R ^+ T - 1) * (C * K * rho).
Proof. exact: (ChiSquarePaths.S15_chi_squares wf keeps N_gt0 Z_neq0 C_ge1 coverage K_ge1 chi_le r_gt0 T_le rho_gt0 rho_ge). Qed.

Theorem S15_paths : tv (smc_law (path_model m) N) (target_out (path_model m)) <= (2%:R ^+ T - 1) * (C * K * rho).
Proof. exact: (ChiSquarePaths.S15_paths wf keeps N_gt0 Z_neq0 C_ge1 coverage K_ge1 chi_le r_gt0 T_le rho_gt0 rho_ge). Qed.
End ChiSquares.

(* ==== 6. The neighbour's statements ======================================================= *)
Section Neighbours.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Hypothesis wf : well_formed m.

Theorem G1_first_step : no_kill m -> (0 < N)%N -> 0 < normaliser m ->
  tv (smc_law m N) (target_out m) <= 2%:R^-1 * estimate_mean m N (fun z => `|z / normaliser m - 1|).
Proof. by move=> keeps N0 Z0; exact: (Neighbours.G1_first_step wf keeps N0 Z0). Qed.

Theorem G1_product_bound (b : nat -> R) : no_kill m -> (0 < N)%N -> 0 < normaliser m ->
  (forall t, (t < T)%N -> 1 <= b t) ->
  (forall t e x, (t < T)%N -> live_edge m t e -> live m t x -> potential_value m t e <= b t * value_ratio m t x) ->
  (2%:R * tv (smc_law m N) (target_out m)) ^+ 2 <= \prod_(0 <= t < T) (1 + (b t - 1) / N%:R) - 1.
Proof. by move=> keeps N0 Z0 b1 bb; exact: (Neighbours.G1_product_bound wf keeps N0 Z0 b1 bb). Qed.

(* arrival: the reference mass, potentials included, that reaches x at layer t; a_t is E_ref[V_t], v_t is
   E_ref[V*_(t+1)^2 / V_t]; n plays the root of N, s_t the root of a_t v_t *)
Theorem G1_terms t : reference_twist m t = \sum_x arrival m t x * twist m t x
  /\ reference_spread m t
     = \sum_x arrival m t x * twist m t x * (\sum_y kernel m t x y * potential_value m t (x, y) ^+ 2).
Proof. by []. Qed.

Theorem G1_bound (s : nat -> R) (n : R) : no_kill m -> (0 < N)%N -> 0 < n -> n ^+ 2 <= N%:R ->
  (forall t, 0 < s t) -> (forall t, (t < T)%N -> reference_twist m t * reference_spread m t <= s t ^+ 2) ->
  0 < normaliser m -> tv (smc_law m N) (target_out m) <= (2%:R * n * normaliser m)^-1 * \sum_(0 <= t < T) s t.
Proof. by move=> keeps N0 n0 nN s0 sv; exact: (NeighbourBound.G1_bound wf keeps N0 n0 nN s0 sv). Qed.

(* tilted_law t f is proportional to arrival times f *)
Theorem G3_arrival t x : arrival m t.+1 x = \sum_z arrival m t z * kernel m t z x * potential m t z x
  /\ arrival m 0 x = (x == root m)%:R.
Proof. by []. Qed.

Theorem G3_identity t : (exists x, arrival m t x != 0) ->
  (forall x, arrival m t x != 0 -> 0 < twist m t x /\ 0 < value m t x) ->
  1 + chi_square (tilted_law m t (value m t)) (tilted_law m t (twist m t))
  = mean (tilted_law m t (value m t)) (fun x => twist m t x / value m t x)
    * mean (tilted_law m t (value m t)) (fun x => value m t x / twist m t x).
Proof. exact: (Neighbours.G3_identity wf). Qed.
End Neighbours.

(* ==== 7. The lower bound =============================================================== *)
(* hidden_model T eps u: B children, V_1 = 1, then V times 1+eps below u and 1/(1+eps) elsewhere at each step; an
   algorithm is a decision tree over questions (t, x) answered by V_t(x), drawn by a seed of law w; output_law is
   the law of its answer on the instance that hides u *)
Section LowerBound.
Variables (R : realFieldType) (B T : nat) (eps : R).
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis B_gt0 : (0 < B)%N.
Hypothesis T_gt0 : (0 < T)%N.
Local Notation a := ((1 + eps) ^+ (T - 1)).

Theorem S6_instance (u : 'I_B) : [/\ well_formed (hidden_model T eps u), bellman_error_le (hidden_model T eps u) eps,
  ratio_bound_le (hidden_model T eps u) (1 + eps)
  & target (hidden_model T eps u) (Some u) = a ^+ 2 / (a ^+ 2 + B%:R - 1)].
Proof.
split; [exact: hidden_well_formed|exact: hidden_bellman_error|exact: hidden_ratio_bound|exact: hidden_target].
Qed.

Variables (seed : finType) (w : seed -> R) (A : seed -> algorithm (question B) R (option (node B))).
Variables (Q : nat) (delta : R).
Hypothesis w_law : is_law w.
Hypothesis at_most_Q : forall s u, (queries (hidden_oracle eps u) (A s) <= Q)%N.
Hypothesis accurate : forall u, tv (output_law eps w A u) (target_out (hidden_model T eps u)) <= delta.

Theorem S6_lower_bound : B%:R * (a ^+ 2 / (a ^+ 2 + B%:R - 1) - delta) - 1 <= Q%:R.
Proof. exact: (LowerBoundModel.S6_lower_bound eps_ge0 B_gt0 T_gt0 w_law at_most_Q accurate). Qed.

Theorem S6_exponent_two : delta <= 2%:R^-1 -> a ^+ 2 <= B%:R -> B%:R <= a ^+ 2 + 1 ->
  (2%:R^-1 - delta) * (1 + eps) ^+ (2 * (T - 1)) - 1 <= Q%:R.
Proof. exact: (LowerBoundModel.S6_exponent_two eps_ge0 B_gt0 T_gt0 w_law at_most_Q accurate). Qed.

(* cubes: Q + 1 >= (1/2 - delta) (1+eps)^(2T/3) *)
Theorem P4_lower_bound : delta <= 2%:R^-1 -> a ^+ 2 <= B%:R -> B%:R <= a ^+ 2 + 1 -> (1 < T)%N ->
  (2%:R^-1 - delta) ^+ 3 * (1 + eps) ^+ (2 * T) <= (Q%:R + 1) ^+ 3.
Proof. exact: (LowerBoundModel.P4_lower_bound eps_ge0 B_gt0 T_gt0 w_law at_most_Q accurate). Qed.
End LowerBound.

Theorem S6_branching (R : archiFieldType) (eps : R) (T : nat) : 0 <= eps -> exists B : nat,
  [/\ (0 < B)%N, ((1 + eps) ^+ (T - 1)) ^+ 2 <= B%:R & B%:R <= ((1 + eps) ^+ (T - 1)) ^+ 2 + 1].
Proof. exact: LowerBoundModel.S6_branching. Qed.

(* ==== 8. S1 and S2 are attained ========================================================= *)
Theorem S1_attained (R : realFieldType) (T : nat) (eps : R) : 0 <= eps -> (0 < T)%N ->
  exists m : model R [finType of option bool], [/\ horizon m = T, well_formed m, no_kill m, bellman_error_le m eps
  & chi_square (target_path m) (guided m) = (((1 + eps) ^+ (T - 1) - ((1 + eps) ^+ (T - 1))^-1) / 2%:R) ^+ 2].
Proof. by move=> e0 T0; have [*] := Attained.S1_attained e0 T0; exists (Attained.S1_model T eps). Qed.

Theorem S2_attained (R : realFieldType) (T : nat) (eps : R) : 0 <= eps -> (0 < T)%N ->
  exists m : model R [finType of option bool], [/\ horizon m = T, well_formed m, no_kill m, bellman_error_le m eps
  & tv (guided_law m) (target m) = ((1 + eps) ^+ (T - 1) - 1) / ((1 + eps) ^+ (T - 1) + 1)].
Proof. by move=> e0 T0; have [*] := Attained.S2_attained e0 T0; exists (Attained.S2_model T eps). Qed.

(* ==== 9. Other resampling schemes ========================================================= *)
(* A plan (w, anc) for particles of weights W: slot i carries the share w_i and takes particle j with probability anc_i(j),
   apart from the other slots.  meets omega W: 0 <= w_i <= omega, sum w = 1, every anc_i a law, sum_i w_i anc_i(j) = W_j *)
Section Plans.
Variables (R : realFieldType) (N : nat) (W : 'I_N -> R).
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis W_law : is_law W.

(* slot i draws from the stretch [i/N, (i+1)/N) of the cumulated weights *)
Theorem S16_stratified_meets : meets N%:R^-1 W (stratified W).
Proof. exact: Schemes.stratified_meets. Qed.

(* n_j slots take particle j, the others draw in proportion to N W_j - n_j; n_j may be floor(N W_j) *)
Theorem S16_residual_meets n : (forall j, (n j)%:R <= N%:R * W j) -> meets N%:R^-1 W (residual n W).
Proof. exact: Schemes.residual_meets. Qed.

(* every particle carries its weight on while none is above 1/(theta N); else the plan `inner` *)
Theorem S16_infinity_ess_meets theta inner : 0 < theta -> theta <= 1 -> meets N%:R^-1 W (inner W) ->
  meets (theta * N%:R)^-1 W (infinity_ess theta inner W).
Proof. by move=> t0 t1; exact: Schemes.infinity_ess_meets. Qed.
End Plans.

(* one step: h, F on what a slot of share w_i can draw (`seen`); shared w f y = sum_i w_i f(y_i); lemma (L), and the odds *)
Section SlotStep.
Variables (R : realFieldType) (A : finType) (N : nat) (K : 'I_N -> A -> R) (w : 'I_N -> R) (omega : R).
Hypothesis K_law : forall i, is_law (K i).
Hypothesis w_share : forall i, 0 <= w i <= omega.
Hypothesis w_sum1 : \sum_i w i = 1.
Let w0 i : 0 <= w i. Proof. by case/andP: (w_share i). Qed.
Let w1 i : w i <= omega. Proof. by case/andP: (w_share i). Qed.

Theorem S16_step (f h : A -> R) (a b : R) : (forall x, seen K w x -> 0 <= f x) ->
  (forall x, seen K w x -> h x <= b * a) -> 0 <= a -> (forall i, w i != 0 -> a <= mean (K i) h) -> 1 <= b ->
  smean K (fun y => shared w f y * shared w h y)
  <= (1 + omega * (b - 1)) * (smean K (shared w f) * smean K (shared w h)).
Proof. exact: (Slots.slot_spread K_law w0 w1 w_sum1). Qed.

Theorem S16_odds_step (h F : A -> R) (q : R) : (forall x, seen K w x -> 0 < h x) ->
  (forall x x', seen K w x -> seen K w x' -> h x <= q * h x') -> (forall x, seen K w x -> 0 <= F x <= 1) ->
  let f x := h x * F x in let r := smean K (shared w f) / smean K (shared w h) in
  let answer := smean K (fun y => shared w f y / shared w h y) in
  (1 - r) * answer <= (1 + 2%:R * omega * (q - 1)) * r * (1 - answer).
Proof. exact: (Slots.slot_odds K_law w0 w1 w_sum1). Qed.
End SlotStep.

(* whole runs of naive SMC whose clouds follow a scheme: a plan for every time, states and weights *)
Section SlotRun.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Variable scheme : nat -> cloud N X -> ('I_N -> R) -> plan R N.
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Variable omega : R.
Hypothesis scheme_meets : forall t x W, is_law W -> meets omega W (scheme t x W).
Hypothesis Z_neq0 : normaliser m != 0.

Theorem S16_unbiased (test : option X -> R) : (forall o, 0 <= test o <= 1) ->
  slots_mean m scheme (fun z o => z * test o) = normaliser m * mean (target_out m) test.
Proof. exact: (SlotRun.S16_unbiased wf keeps N_gt0 scheme_meets Z_neq0). Qed.

Section OneSided.
Variable b : nat -> R.
Hypothesis b_ge1 : forall t, (t < T)%N -> 1 <= b t.
Hypothesis b_bound : forall t e x, (t < T)%N -> live_edge m t e -> live m t x ->
  potential_value m t e <= b t * value_ratio m t x.

Theorem S16_moment (test : option X -> R) : (forall o, 0 <= test o <= 1) ->
  slots_mean m scheme (fun z o => z ^+ 2 * test o) / normaliser m ^+ 2
  <= \prod_(0 <= t < T) (1 + omega * (b t - 1)) * mean (target_out m) test.
Proof. exact: (SlotBounds.S16_moment wf keeps N_gt0 scheme_meets Z_neq0 b_ge1 b_bound). Qed.

Theorem S16_density (A : pred (option X)) : \sum_(o | A o) target_out m o
  <= \prod_(0 <= t < T) (1 + omega * (b t - 1)) * \sum_(o | A o) slots_law m scheme o.
Proof. exact: (SlotBounds.S16_density wf keeps N_gt0 scheme_meets Z_neq0 b_ge1 b_bound). Qed.

Theorem S16_tv : tv (slots_law m scheme) (target_out m) <= 1 - (\prod_(0 <= t < T) (1 + omega * (b t - 1)))^-1.
Proof. exact: (SlotBounds.S16_tv wf keeps N_gt0 scheme_meets Z_neq0 b_ge1 b_bound). Qed.
End OneSided.

Section TwoSided.
Hypothesis Qbar_gt0 : forall t e, (t < T)%N -> live_edge m t e -> 0 < potential_value m t e.
Variable q : nat -> R.
Hypothesis Qbar_ratio : forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' ->
  potential_value m t e <= q t * potential_value m t e'.

Theorem S16_odds (A : pred (option X)) :
  let out := \sum_(o | A o) slots_law m scheme o in let pi := \sum_(o | A o) target_out m o in
  let Q := \prod_(0 <= t < T) (1 + 2%:R * omega * (q t - 1)) in
  (1 - pi) * out <= Q * pi * (1 - out) /\ (1 - out) * pi <= Q * out * (1 - pi).
Proof. exact: (SlotBounds.S16_odds wf keeps N_gt0 scheme_meets Z_neq0 Qbar_gt0 Qbar_ratio). Qed.

Theorem S16_odds_tv s : 1 <= s -> \prod_(0 <= t < T) (1 + 2%:R * omega * (q t - 1)) <= s ^+ 2 ->
  tv (slots_law m scheme) (target_out m) <= (s - 1) / (s + 1).
Proof. exact: (SlotBounds.S16_odds_tv wf keeps N_gt0 scheme_meets Z_neq0 Qbar_gt0 Qbar_ratio). Qed.
End TwoSided.
End SlotRun.

(* fully adapted SMC: the run on the guided model of the same target; rho > 0 is asked of live states, zero rewards are allowed.
   u_(t+1) has the mean u_t/rho_t under the guided move *)
Section AdaptedSlots.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation A := (adapted m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis rho_gt0 : ratio_positive m.
Hypothesis N_gt0 : (0 < N)%N.
Variable scheme : nat -> cloud N X -> ('I_N -> R) -> plan R N.
Variable omega : R.
Hypothesis scheme_meets : forall t x W, is_law W -> meets omega W (scheme t x W).

Theorem S16_adapted_unbiased (test : option X -> R) : (forall o, 0 <= test o <= 1) ->
  slots_mean A scheme (fun z o => z * test o) = normaliser A * mean (target_out m) test.
Proof. exact: (SlotAdapted.S16_adapted_unbiased wf keeps rho_gt0 N_gt0 scheme_meets). Qed.

Section OneSided.
Variable b : nat -> R.
Hypothesis b_ge1 : forall t, (t < T)%N -> 1 <= b t.
Hypothesis b_bound : forall t x y, (t < T)%N -> live m t x -> live m t.+1 y ->
  value_ratio m t.+1 y <= b t * (value_ratio m t x / bellman_ratio m t x).

Theorem S16_adapted_moment (test : option X -> R) : (forall o, 0 <= test o <= 1) ->
  slots_mean A scheme (fun z o => z ^+ 2 * test o) / normaliser A ^+ 2
  <= \prod_(0 <= t < T) (1 + omega * (b t - 1)) * mean (target_out m) test.
Proof. exact: (SlotAdapted.S16_adapted_moment wf keeps rho_gt0 N_gt0 scheme_meets b_ge1 b_bound). Qed.

Theorem S16_adapted_density (B : pred (option X)) : \sum_(o | B o) target_out m o
  <= \prod_(0 <= t < T) (1 + omega * (b t - 1)) * \sum_(o | B o) slots_law A scheme o.
Proof. exact: (SlotAdapted.S16_adapted_density wf keeps rho_gt0 N_gt0 scheme_meets b_ge1 b_bound). Qed.

Theorem S16_adapted_tv :
  tv (slots_law A scheme) (target_out m) <= 1 - (\prod_(0 <= t < T) (1 + omega * (b t - 1)))^-1.
Proof. exact: (SlotAdapted.S16_adapted_tv wf keeps rho_gt0 N_gt0 scheme_meets b_ge1 b_bound). Qed.
End OneSided.

(* with Bellman error eps, r = (1+eps)^2 *)
Section Levels.
Variable r : nat -> R.
Hypothesis spread : level_ratio m r.

Theorem S16_adapted_levels : tv (slots_law A scheme) (target_out m)
  <= 1 - (\prod_(0 <= t < T) (1 + omega * (\prod_(t.+1 <= s < T) r s - 1)))^-1.
Proof. exact: (SlotAdapted.S16_adapted_levels wf keeps rho_gt0 N_gt0 scheme_meets spread). Qed.

Theorem S16_adapted_odds (B : pred (option X)) :
  let out := \sum_(o | B o) slots_law A scheme o in let pi := \sum_(o | B o) target_out m o in
  let Q := \prod_(0 <= t < T) (1 + 2%:R * omega * (\prod_(t.+1 <= s < T) r s - 1)) in
  (1 - pi) * out <= Q * pi * (1 - out) /\ (1 - out) * pi <= Q * out * (1 - pi).
Proof. exact: (SlotAdapted.S16_adapted_odds wf keeps rho_gt0 N_gt0 scheme_meets spread). Qed.

Theorem S16_adapted_odds_tv s : 1 <= s ->
  \prod_(0 <= t < T) (1 + 2%:R * omega * (\prod_(t.+1 <= i < T) r i - 1)) <= s ^+ 2 ->
  tv (slots_law A scheme) (target_out m) <= (s - 1) / (s + 1).
Proof. exact: (SlotAdapted.S16_adapted_odds_tv wf keeps rho_gt0 N_gt0 scheme_meets spread). Qed.
End Levels.
End AdaptedSlots.

(* the schemes by their names; slots_law counts a dead run as an outcome outside the target *)
Section Named.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (b : nat -> R).
Local Notation T := (horizon m).
Local Notation beta omega := (\prod_(0 <= t < T) (1 + omega * (b t - 1))).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis Z_neq0 : normaliser m != 0.
Hypothesis b_ge1 : forall t, (t < T)%N -> 1 <= b t.
Hypothesis b_bound : forall t e x, (t < T)%N -> live_edge m t e -> live m t x ->
  potential_value m t e <= b t * value_ratio m t x.

Theorem S16_stratified : tv (slots_law m (fun _ _ => @stratified R N)) (target_out m) <= 1 - (beta N%:R^-1)^-1.
Proof. by apply: S16_tv => // _ _ W; exact: S16_stratified_meets. Qed.

Theorem S16_residual (n : ('I_N -> R) -> 'I_N -> nat) : (forall W j, is_law W -> (n W j)%:R <= N%:R * W j) ->
  tv (slots_law m (fun _ _ W => residual (n W) W)) (target_out m) <= 1 - (beta N%:R^-1)^-1.
Proof. by move=> whole; apply: S16_tv => // _ _ W W_law; apply: S16_residual_meets => // j; exact: whole. Qed.

Theorem S16_infinity_ess theta (inner : ('I_N -> R) -> plan R N) : 0 < theta -> theta <= 1 ->
  (forall W, is_law W -> meets N%:R^-1 W (inner W)) ->
  tv (slots_law m (fun _ _ => infinity_ess theta inner)) (target_out m) <= 1 - (beta (theta * N%:R)^-1)^-1.
Proof. by move=> t0 t1 inside; apply: S16_tv => // _ _ W W_law; apply: S16_infinity_ess_meets => //; exact: inside. Qed.
End Named.

(* ==== 10. Four moments ====================================================================== *)
(* moment j g = E[(Zhat/Z)^j g(output)], a dead run counting 0; four a b g = 2 (a m_1 + b m_2) - (a^2 m_2 + 2 a b m_3 + b^2 m_4) *)
Section FourMoments.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis Z_neq0 : normaliser m != 0.
Local Notation moment j test := (FourMoments.moment m N j (fun x => test (Some x))).

Theorem S11_four (test : option X -> R) (a b : R) : (forall o, 0 <= test o <= 1) ->
  FourMoments.four m N a b (fun x => test (Some x)) <= mean (smc_law m N) test.
Proof. by move=> test01; exact: (FourMoments.S11_four N wf Z_neq0 test01). Qed.

(* the best a and b *)
Theorem S11_lower (test : option X -> R) : (forall o, 0 <= test o <= 1) ->
  let m1 := mean (target_out m) test in let m2 := moment 2 test in let m3 := moment 3 test in let m4 := moment 4 test in
  m3 ^+ 2 < m2 * m4 ->
  (m1 ^+ 2 * m4 - 2%:R * m1 * m2 * m3 + m2 ^+ 3) / (m2 * m4 - m3 ^+ 2) <= mean (smc_law m N) test.
Proof. by move=> test01; exact: (FourMoments.S11_lower wf keeps N_gt0 Z_neq0 test01). Qed.

Theorem S11_tv (a b : X -> R) : tv (smc_law m N) (target_out m)
  <= \sum_x Num.max 0 (target m x - FourMoments.four m N (a x) (b x) (fun y => (y == x)%:R)).
Proof. exact: (FourMoments.S11_tv N wf Z_neq0 a b). Qed.
End FourMoments.

(* ==== 11. The backtracking walk ============================================================ *)
(* A node is the sequence of states since the root, the latest first; leaf_of w is the leaf at the end of the walk w of T states.
   The walk goes up from s with weight V(s), down to y with M psi V(y).  run r F k J s, of at most k steps from s until J+1 leaves have
   been visited: the mean of r for every step, and of F at the last of these leaves.  kappa = E_pi[u_1 + ... + u_T];
   visit_cost = S = 2 sum_t E[prod psi V_t]/Z over what the walk can reach *)
Import Backtracking.
Section Backtracking.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation S := (visit_cost m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis T_gt0 : (0 < T)%N.
Hypothesis Z_neq0 : normaliser m != 0.

(* all that is collected from the root, or from a leaf of the target *)
Theorem S18_root r F k J : 0 <= r -> (forall s, 0 <= F s) ->
  run m r F k J [::] <= kappa m * (r * (S * J.+1%:R - 1) + \sum_w target_path m w * F (leaf_of w)).
Proof. by move=> r0 F0; exact: (BacktrackingBounds.S18_from_root wf keeps T_gt0 Z_neq0 r0 F0). Qed.

Theorem S18_leaf r F k J : 0 <= r -> (forall s, 0 <= F s) ->
  \sum_w target_path m w * run m r F k J (leaf_of w) <= r * (S * J.+1%:R) + \sum_w target_path m w * F (leaf_of w).
Proof. by move=> r0 F0; exact: (BacktrackingBounds.S18_from_leaf wf keeps T_gt0 Z_neq0 r0 F0). Qed.

(* the leaf of the visit J+1 from the root has density at most kappa: J = 0 is the first leaf *)
Theorem S18_first k J (w : walk X T) : run m 0 (fun s => (s == leaf_of w)%:R) k J [::] <= kappa m * target_path m w.
Proof.
have F0 s : 0 <= (s == leaf_of w)%:R :> R by exact: ler0n.
apply: le_trans (S18_root k J (lexx 0) F0) _.
by rewrite mul0r add0r BacktrackingLeaves.pi_mean_leaf.
Qed.

(* the mean of min(k, steps to the visit J+1), from the root and from a leaf of the target *)
Theorem S18_steps k J : run m 1 (fun=> 0) k J [::] <= kappa m * (S * J.+1%:R - 1).
Proof.
apply: le_trans (S18_root k J ler01 (fun=> lexx 0)) _; rewrite mul1r [X in _ + X]big1 ?addr0 // => w _.
exact: mulr0.
Qed.

Theorem S18_stationary k J : \sum_w target_path m w * run m 1 (fun=> 0) k J (leaf_of w) <= S * J.+1%:R.
Proof.
apply: le_trans (S18_leaf k J ler01 (fun=> lexx 0)) _; rewrite mul1r [X in _ + X]big1 ?addr0 // => w _.
exact: mulr0.
Qed.

(* the visits are made *)
Theorem S18_arrives k J : (0 < k)%N -> 1 - kappa m * (S * J.+1%:R - 1) / k%:R <= run m 0 (fun=> 1) k J [::].
Proof. exact: (BacktrackingLeaves.S18_arrives wf T_gt0 Z_neq0 keeps). Qed.

Theorem S18_returns k J : (0 < k)%N ->
  1 - S * J.+1%:R / k%:R <= \sum_w target_path m w * run m 0 (fun=> 1) k J (leaf_of w).
Proof. exact: (BacktrackingLeaves.S18_returns wf T_gt0 Z_neq0 keeps). Qed.

(* the chain of leaves, within any number of steps *)
Theorem S18_reversible F G k : \sum_w target_path m w * (F (leaf_of w) * run m 0 G k 0 (leaf_of w))
  = \sum_w target_path m w * (G (leaf_of w) * run m 0 F k 0 (leaf_of w)).
Proof. exact: (BacktrackingLeaves.S18_reversible wf T_gt0 Z_neq0). Qed.

Theorem S18_detailed_balance k (w w' : walk X T) :
  target_path m w * run m 0 (fun s => (s == leaf_of w')%:R) k 0 (leaf_of w)
  = target_path m w' * run m 0 (fun s => (s == leaf_of w)%:R) k 0 (leaf_of w').
Proof. exact: (BacktrackingLeaves.S18_detailed_balance wf T_gt0 Z_neq0). Qed.
End Backtracking.

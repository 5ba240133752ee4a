(* S16 -- fully adapted SMC whose clouds are drawn into slots by plans that meet (L) with omega (Schemes.v).

   The run is SlotRun.v's on the guided model of the same target (Adapted.v): slot i takes a particle by its plan and moves
   on by the guided kernel, and the weight of a place y at layer p < T is w_i rho_p(y).  With Qbar_p(x,y) = u_p(y), u = V*/V,
   and E_guided u_p = u_(p-1)(x)/rho_(p-1)(x) the least of what a particle promises:
     u_p(y) <= b_p u_(p-1)(x)/rho_(p-1)(x), b_p >= 1, beta = prod_p (1 + omega (b_p - 1)):
       E[(Zhat/Z)^2 test(output)] <= beta pi(test),   pi(A) <= beta out(A),   TV <= 1 - 1/beta;
     Bellman ratios of layer t within r_t of each other, q_p = r_p ... r_(T-1), Q = prod_p (1 + 2 omega (q_p - 1)):
       the odds of every event under out and under pi are within a factor Q,   TV <= (s-1)/(s+1) for s^2 >= Q;
     b_p = q_p will do.  Zero rewards are allowed. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope Bias Paths Guided Gauge Certificate Adapted.
From BellmanSMC Require Import Slots Schemes SlotRun SlotBounds.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section SlotAdapted.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation A := (adapted m).
Local Notation u := (value_ratio m).
Implicit Types (t : nat) (e : X * X) (test : option X -> R).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis rho_gt0 : ratio_positive m.
Hypothesis N_gt0 : (0 < N)%N.
Variable scheme : nat -> cloud N X -> ('I_N -> R) -> plan R N.
Variable omega : R.
Hypothesis scheme_meets : forall t x W, is_law W -> meets omega W (scheme t x W).
Let wfA := adapted_well_formed wf rho_gt0.
Let keepsA : no_kill A := @adapted_no_kill R X m.

Lemma adapted_value_ratio t x : (t < T)%N -> live m t x -> value_ratio A t x = u t x / bellman_ratio m t x.
Proof.
move=> tT lx; rewrite -(adapted_value wf keeps rho_gt0 (ltnW tT) lx) tT /value_ratio /= divr1 mulrAC divff ?mul1r //.
by rewrite gt_eqF // rho_gt0.
Qed.
Lemma adapted_normaliser_neq0 : normaliser A != 0.
Proof.
have lr : live m 0 (root m) by rewrite /= eqxx.
have := ratio_no_doom wf keeps rho_gt0 (leq0n T) lr.
rewrite -/(normaliser m) => Z0; have := adapted_value wf keeps rho_gt0 (leq0n T) lr.
have : 0 < u 0 (root m) by rewrite divr_gt0 // (twist_root_gt0 wf).
by move=> /lt0r_neq0 + E; rewrite -E mulf_eq0 negb_or => /andP[].
Qed.
Let Z_neq0 := adapted_normaliser_neq0.
Let same_out o : target_out A o = target_out m o.
Proof. by case: o => //= x; exact: adapted_target. Qed.
Let same_mean test : mean (target_out A) test = mean (target_out m) test.
Proof. by apply: eq_bigr => o _; rewrite same_out. Qed.
Let same_prob (B : pred (option X)) : prob (target_out A) B = prob (target_out m) B.
Proof. by apply: eq_bigr => o _; rewrite same_out. Qed.
Let same_tv (law : option X -> R) : tv law (target_out A) = tv law (target_out m).
Proof. by congr (_ * _); apply: eq_bigr => o _; rewrite same_out. Qed.

Theorem S16_adapted_unbiased test : in01 test ->
  slots_mean A scheme (fun z o => z * test o) = normaliser A * mean (target_out m) test.
Proof. by move=> test01; rewrite (S16_unbiased wfA keepsA N_gt0 scheme_meets Z_neq0 test01) same_mean. Qed.

(* ---- The density ----------------------------------------------------------------- *)
Section OneSided.
Variable b : nat -> R.
Hypothesis b_ge1 : forall t, (t < T)%N -> 1 <= b t.
Hypothesis b_bound : forall t x y, (t < T)%N -> live m t x -> live m t.+1 y -> u t.+1 y <= b t * (u t x / bellman_ratio m t x).
Let bound t e x : (t < T)%N -> live_edge A t e -> live A t x -> potential_value A t e <= b t * value_ratio A t x.
Proof.
move=> tT le lx; have lm := adapted_live wf lx.
by rewrite adapted_Qbar // adapted_value_ratio //; apply: b_bound => //; exact: (adapted_edge wf le).
Qed.
Local Notation beta := (\prod_(0 <= t < T) (1 + omega * (b t - 1))).

Theorem S16_adapted_moment test : in01 test ->
  slots_mean A scheme (fun z o => z ^+ 2 * test o) / normaliser A ^+ 2 <= beta * mean (target_out m) test.
Proof.
by move=> test01; rewrite -same_mean; exact: (S16_moment wfA keepsA N_gt0 scheme_meets Z_neq0 b_ge1 bound test01).
Qed.
Theorem S16_adapted_density (B : pred (option X)) : prob (target_out m) B <= beta * prob (slots_law A scheme) B.
Proof. by rewrite -same_prob; exact: (S16_density wfA keepsA N_gt0 scheme_meets Z_neq0 b_ge1 bound). Qed.
Theorem S16_adapted_tv : tv (slots_law A scheme) (target_out m) <= 1 - beta^-1.
Proof. by rewrite -same_tv; exact: (S16_tv wfA keepsA N_gt0 scheme_meets Z_neq0 b_ge1 bound). Qed.
End OneSided.

(* ---- The odds, and the density, from the spread of Bellman ratios ------------------- *)
Section Levels.
Variable r : nat -> R.
Hypothesis spread : level_ratio m r.
Local Notation q t := (\prod_(t.+1 <= s < T) r s).
Let Q_gt0 t e : (t < T)%N -> live_edge A t e -> 0 < potential_value A t e.
Proof. by move=> tT le; exact: (adapted_Qbar_gt0 wf keeps rho_gt0 tT le). Qed.
Let Q_spread t e e' : (t < T)%N -> live_edge A t e -> live_edge A t e' -> potential_value A t e <= q t * potential_value A t e'.
Proof. by move=> tT le le'; exact: (adapted_Qbar_spread wf keeps rho_gt0 spread tT le le'). Qed.
Local Notation Q := (\prod_(0 <= t < T) (1 + 2%:R * omega * (q t - 1))).

Theorem S16_adapted_odds (B : pred (option X)) :
  let out := prob (slots_law A scheme) B in let pi := prob (target_out m) B in
  (1 - pi) * out <= Q * pi * (1 - out) /\ (1 - out) * pi <= Q * out * (1 - pi).
Proof. by rewrite -same_prob; exact: (S16_odds wfA keepsA N_gt0 scheme_meets Z_neq0 Q_gt0 Q_spread). Qed.
Theorem S16_adapted_odds_tv s : 1 <= s -> Q <= s ^+ 2 -> tv (slots_law A scheme) (target_out m) <= (s - 1) / (s + 1).
Proof. by rewrite -same_tv; exact: (S16_odds_tv wfA keepsA N_gt0 scheme_meets Z_neq0 Q_gt0 Q_spread). Qed.

Theorem S16_adapted_levels : tv (slots_law A scheme) (target_out m)
  <= 1 - (\prod_(0 <= t < T) (1 + omega * (q t - 1)))^-1.
Proof.
rewrite -same_tv; apply: (S16_tv wfA keepsA N_gt0 scheme_meets Z_neq0 (b := fun t => q t)) => [t tT|t e x tT le lx].
  exact: (product_ge1 wf keeps rho_gt0 spread (ltn0Sn t)).
rewrite /value_ratio (@value_step _ _ A) //= divr1 mulr_sumr.
have [K0 K1] := guided_kernel_law wf rho_gt0 tT (adapted_live wf lx).
rewrite -[X in X <= _]mul1r -[X in X * _ <= _]K1 mulr_suml; apply: ler_sum => y _.
have [->|Ky] := eqVneq (guided_kernel m t x y) 0; first by rewrite !mul0r mulr0.
have edge : live_edge A t (x, y) by rewrite /live_edge lx /= lt_neqAle eq_sym Ky K0.
have := Q_spread tT le edge; rewrite [potential_value A t (x, y)]/potential_value /= divr1 => near.
apply: le_trans (ler_wpmul2l (K0 y) near) _; by rewrite mulrCA -!mulrA lexx.
Qed.
End Levels.
End SlotAdapted.

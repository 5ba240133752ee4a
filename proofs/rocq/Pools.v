(* P6 -- the resampling-pool guided Metropolis-Hastings of the paper's Algorithm 2, on pools and picks.

   From x at layer t a proposal draws a pool c of n candidates, iid from M_t(x, .), and picks one in proportion to psi V; a proposal
   is the sequence of its pools and picks.  The chain accepts with min(1, W(y)/W(x)), W the product over the steps of
     mean_i G_t(x_t, c_i),    G_t(x, y) = psi V_(t+1)(y)/V_t(x);
   with w the product of psi V(picked)/mean(psi V), the algorithm's own weight, W w = prod psi * V_T/V_0.
     target       pi^ = g W V_0/Z on pools and picks; its path has the law of the target, whatever n is.
     good         every pool's mean is within 1 +- xi of its expectation rho_t(x); on good proposals max W <= C min W,
                  C = (1+eps)^(2(T-1)) ((1+xi)/(1-xi))^T
     bad, pools   if a pool is bad with probability at most p, a proposal is with at most T p
     bad, target  one member of each pool is size-biased: pi^(bad) <= T b p with b = L (1+eps)^(2T-1)
     pool size    p = L (1+eps)/(n xi^2), by the variance of the pool's mean
     P6           TV(law of the path after H proposals, pi) <= (1 - 1/C)^H + (H + b) T p. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Bellman EndToEnd Paths Guided Normaliser NormaliserBound Certificate.
From BellmanSMC Require Import Metropolis GoodEvent SelfNormalised.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Pools.
Variables (R : realFieldType) (X : finType) (m : model R X) (n : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation G := (weight m).
Local Notation rho := (bellman_ratio m).
Local Notation u := (value_ratio m).
Implicit Types (t k : nat) (x y : X) (c : cloud n X).

(* a pool and the place of the candidate that is picked *)
Definition pick : finType := [finType of {ffun 'I_n -> X} * 'I_n].
Implicit Types (p : pick).
Definition picked p : X := p.1 p.2.
Definition pool_total t x c : R := \sum_i G t (x, c i).
Definition pool_mean t x c : R := pool_total t x c / n%:R.
Definition pool_step t x p : R := iid (M t x) p.1 * (G t (x, picked p) / pool_total t x p.1).

Fixpoint pool_walk k t x : walk pick k -> R :=
  if k is k'.+1 then fun w => pool_step t x w.1 * pool_walk t.+1 (picked w.1) w.2 else fun=> 1.
Fixpoint pool_weight k t x : walk pick k -> R :=
  if k is k'.+1 then fun w => pool_mean t x w.1.1 * pool_weight t.+1 (picked w.1) w.2 else fun=> 1.
Fixpoint pool_path k : walk pick k -> walk X k :=
  if k is k'.+1 then fun w => (picked w.1, pool_path w.2) else fun=> tt.
(* the weight that the algorithm keeps, and the potentials along the path *)
Fixpoint running_weight k t x : walk pick k -> R :=
  if k is k'.+1 then fun w => psi t x (picked w.1) * V t.+1 (picked w.1)
      / ((\sum_i psi t x (w.1.1 i) * V t.+1 (w.1.1 i)) / n%:R) * running_weight t.+1 (picked w.1) w.2
  else fun=> 1.
Fixpoint path_potential k t x : walk X k -> R :=
  if k is k'.+1 then fun v => psi t x v.1 * path_potential t.+1 v.1 v.2 else fun=> 1.

Definition pool_proposal : walk pick T -> R := pool_walk 0 (root m).
Definition pool_target (w : walk pick T) : R :=
  pool_proposal w * (V 0 (root m) / normaliser m * pool_weight 0 (root m) w).
(* law of the pools and picks after H proposals, and of their path *)
Definition pool_metropolis H : walk pick T -> R := metropolis_law pool_proposal (pool_weight 0 (root m)) H.
Definition pool_output H (v : walk X T) : R := \sum_w pool_metropolis H w * (pool_path w == v)%:R.

Hypothesis wf : well_formed m.
Hypothesis n_gt0 : (0 < n)%N.
Hypothesis weight_gt0 : forall t e, (t < T)%N -> live_edge m t e -> 0 < G t e.
Let nR : n%:R != 0 :> R. Proof. by rewrite pnatr_eq0 -lt0n. Qed.
Let nR_gt0 : 0 < n%:R :> R. Proof. by rewrite ltr0n. Qed.

Section Step.
Variables (t : nat) (x : X).
Hypothesis tT : (t < T)%N.
Hypothesis lx : live m t x.

Lemma row_law : is_law (M t x).
Proof. by split; [exact: (kernel_ge0 wf) | exact: (kernel_sum1 wf)]. Qed.
Lemma pool_edge c i : iid (M t x) c != 0 -> live_edge m t (x, c i).
Proof. by move=> cs; rewrite /live_edge lx lt_neqAle eq_sym (iid_support i cs) (kernel_ge0 wf). Qed.
Lemma pool_child c i : iid (M t x) c != 0 -> live m t.+1 (c i).
Proof. by move=> cs; have le := pool_edge i cs; apply: (live_step wf le); rewrite gt_eqF // weight_gt0. Qed.
Lemma pool_total_gt0 c : iid (M t x) c != 0 -> 0 < pool_total t x c.
Proof.
move=> cs; have w0 i := weight_gt0 tT (pool_edge i cs).
rewrite /pool_total (bigD1 (Ordinal n_gt0)) //= ltr_paddr // sumr_ge0 // => i _; exact: ltW.
Qed.
Lemma pool_step_ge0 p : 0 <= pool_step t x p.
Proof.
have i0 := proj1 (iid_law n row_law) p.1; have [c0|cs] := eqVneq (iid (M t x) p.1) 0.
  by rewrite /pool_step c0 mul0r.
by rewrite mulr_ge0 // divr_ge0 ?(weight_ge0 wf) // ltW // pool_total_gt0.
Qed.
Lemma pool_step_live p : pool_step t x p != 0 -> iid (M t x) p.1 != 0 /\ live m t.+1 (picked p).
Proof. by rewrite mulf_eq0 negb_or => /andP[cs _]; split=> //; exact: pool_child. Qed.

Lemma sum_pick (F : pick -> R) : \sum_p F p = \sum_c \sum_i F (c, i).
Proof. by rewrite (pair_big predT predT (fun c i => F (c, i))) /=; apply: eq_bigr => -[c i] _. Qed.

(* with the pool's mean for a weight, one member of the pool is drawn by G and the others are free *)
Lemma weighted_step (F : cloud n X -> X -> R) : \sum_p pool_step t x p * (pool_mean t x p.1 * F p.1 (picked p))
  = cmean (M t x) (fun c => (\sum_i G t (x, c i) * F c (c i)) / n%:R).
Proof.
rewrite sum_pick; apply: eq_bigr => c _; have [c0|cs] := eqVneq (iid (M t x) c) 0.
  by rewrite c0 mul0r big1 // => i _; rewrite /pool_step c0 !mul0r.
rewrite mulr_suml mulr_sumr; apply: eq_bigr => i _; have := pool_total_gt0 cs; rewrite /pool_step /pool_mean /picked /=.
by move: (pool_total t x c) => S S0; field; rewrite ?nR ?(gt_eqF S0).
Qed.
Lemma plain_step (F : cloud n X -> R) : \sum_p pool_step t x p * F p.1 = cmean (M t x) F.
Proof.
rewrite sum_pick; apply: eq_bigr => c _; have [c0|cs] := eqVneq (iid (M t x) c) 0.
  by rewrite c0 mul0r big1 // => i _; rewrite /pool_step c0 !mul0r.
have S0 := lt0r_neq0 (pool_total_gt0 cs).
by rewrite /pool_step /= -mulr_suml -mulr_sumr -mulr_suml (mulfV S0) mulr1.
Qed.
Lemma weighted_member (F : X -> R) :
  \sum_p pool_step t x p * (pool_mean t x p.1 * F (picked p)) = mean (M t x) (fun y => G t (x, y) * F y).
Proof.
rewrite (weighted_step (fun _ => F)) /cmean (mean_ext (g := fun c => n%:R^-1 * \sum_i G t (x, c i) * F (c i))).
  by rewrite mean_scale -/(cmean _ _) (particle_mean n row_law (fun y => G t (x, y) * F y)) mulrA mulVf ?mul1r.
by move=> c _; rewrite mulrC.
Qed.
End Step.

(* ---- The path marginal ---------------------------------------------------------------- *)
Theorem pool_marginal k : forall t x (v : walk X k), (t + k = T)%N -> live m t x ->
  \sum_(w : walk pick k) pool_walk t x w * (pool_weight t x w * (pool_path w == v)%:R) = target_walk m t x v / V t x.
Proof.
elim: k => [|k IH] t x v tkT lx.
  rewrite addn0 in tkT; rewrite (big_pred1 tt) => [|[]] //; rewrite tkT in lx *.
  have -> : (pool_path (tt : walk pick 0) == v)%:R = 1 :> R by case: v.
  by rewrite /= !mulr1 -(twist_horizon wf) mulfV // gt_eqF // (live_twist_gt0 wf lx).
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
case: v => y v; rewrite sum_walk.
transitivity (\sum_p pool_step t x p * (pool_mean t x p.1 * ((picked p == y)%:R * (target_walk m t.+1 y v / V t.+1 y)))).
  apply: eq_bigr => p _ /=; have [p0|ps] := eqVneq (pool_step t x p) 0.
    by rewrite p0 mul0r big1 // => w _; rewrite !mul0r.
  have [cs ly] := pool_step_live tT lx ps.
  transitivity (pool_step t x p * (pool_mean t x p.1 * ((picked p == y)%:R *
    \sum_(w : walk pick k) pool_walk t.+1 (picked p) w * (pool_weight t.+1 (picked p) w * (pool_path w == v)%:R)))).
    rewrite !mulr_sumr; apply: eq_bigr => w _; rewrite xpair_eqE -mulnb natrM.
    have shuffle (s q a d b f : R) : s * q * (a * d * (b * f)) = s * (a * (b * (q * (d * f)))) by ring.
    exact: shuffle.
  by rewrite IH ?addSnnS //; case: eqP => [->|_] //; rewrite !mul0r.
rewrite (weighted_member tT lx (fun z => (z == y)%:R * (target_walk m t.+1 y v / V t.+1 y))).
rewrite /mean (bigD1 y) //= eqxx mul1r [X in _ + X]big1 ?addr0 => [|z /negbTE ->]; last by rewrite mul0r !mulr0.
have [M0|M0] := eqVneq (M t x y) 0; first by rewrite M0 !mul0r.
have le : live_edge m t (x, y) by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
have ly : live m t.+1 y by apply: (live_step wf le); rewrite gt_eqF // weight_gt0.
have Vy := lt0r_neq0 (live_twist_gt0 wf ly); rewrite /weight /=; move: (V t x)^-1 (target_walk _ _ _ _) => a b.
by field.
Qed.
Lemma pool_weight_mean k t x : (t + k = T)%N -> live m t x -> \sum_(w : walk pick k) pool_walk t x w * pool_weight t x w = u t x.
Proof.
move=> tkT lx; rewrite /value_ratio -(target_walk_value x tkT) mulr_suml.
rewrite (eq_bigr _ (fun v _ => esym (pool_marginal v tkT lx))) exchange_big; apply: eq_bigr => w _ /=.
rewrite -mulr_sumr -mulr_sumr (bigD1 (pool_path w)) //= eqxx big1 ?addr0 ?mulr1 // => v.
by rewrite eq_sym => /negbTE ->.
Qed.

(* ---- The proposals are a law, their weights are positive --------------------------------- *)
Lemma pool_walk_law k : forall t x, (t + k = T)%N -> live m t x ->
  (forall w : walk pick k, 0 <= pool_walk t x w) /\ \sum_(w : walk pick k) pool_walk t x w = 1.
Proof.
elim: k => [|k IH] t x tkT lx; first by split=> [w|]; rewrite ?ler01 // (big_pred1 tt) => [|[]].
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
split=> [[p w] /=|].
  have [->|ps] := eqVneq (pool_step t x p) 0; first by rewrite mul0r.
  have [cs ly] := pool_step_live tT lx ps; rewrite mulr_ge0 ?pool_step_ge0 //.
  by case: (IH t.+1 (picked p) tkT' ly).
rewrite sum_walk -[RHS](mean_const (iid_law n (row_law tT lx)) 1) -[RHS](plain_step tT lx (fun=> 1)).
apply: eq_bigr => p _ /=; rewrite -mulr_sumr.
have [->|ps] := eqVneq (pool_step t x p) 0; first by rewrite !mul0r.
by have [cs ly] := pool_step_live tT lx ps; case: (IH t.+1 (picked p) tkT' ly) => _ ->.
Qed.
Lemma pool_is_law : is_law pool_proposal.
Proof. by apply: pool_walk_law; rewrite ?add0n //= eqxx. Qed.
Lemma pool_weight_gt0 k : forall t x (w : walk pick k), (t + k = T)%N -> live m t x ->
  pool_walk t x w != 0 -> 0 < pool_weight t x w.
Proof.
elim: k => [|k IH] t x w tkT lx /=; first by rewrite ltr01.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite mulf_eq0 negb_or => /andP[/(pool_step_live tT lx)[cs ly] w0].
by rewrite mulr_gt0 ?divr_gt0 ?pool_total_gt0 // IH ?addSnnS.
Qed.

(* the algorithm's weight: W w = prod psi V_T/V_0 *)
Theorem pool_acceptance k : forall t x (w : walk pick k), (t + k = T)%N -> live m t x -> pool_walk t x w != 0 ->
  pool_weight t x w * running_weight t x w
  = path_potential t x (pool_path w) * V T (walk_end x (pool_path w)) / V t x.
Proof.
elim: k => [|k IH] t x w tkT lx /=.
  rewrite addn0 in tkT; rewrite tkT in lx *.
  by rewrite !mul1r mulfV // gt_eqF // (live_twist_gt0 wf lx).
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite mulf_eq0 negb_or => /andP[/(pool_step_live tT lx)[cs ly] w0].
have := IH t.+1 (picked w.1) w.2; rewrite addSnnS => /(_ tkT ly w0) rest.
have Vx := lt0r_neq0 (live_twist_gt0 wf lx); have Vy := lt0r_neq0 (live_twist_gt0 wf ly).
have S0 := lt0r_neq0 (pool_total_gt0 tT lx cs); have -> : pool_mean t x w.1.1 = pool_total t x w.1.1 / n%:R by [].
have SE : \sum_i psi t x (w.1.1 i) * V t.+1 (w.1.1 i) = pool_total t x w.1.1 * V t x.
  by rewrite mulr_suml; apply: eq_bigr => i _; rewrite /weight /= divfK.
rewrite SE mulrACA rest; move: (path_potential _ _ _) (V T _) (V t.+1 _) Vy (pool_total _ _ _) S0 => a b d Vy S S0.
by field; rewrite nR S0 Vx Vy.
Qed.

(* ---- The target on pools and picks ------------------------------------------------------- *)
Local Notation W := (pool_weight 0 (root m)).
Local Notation scale := (V 0 (root m) / normaliser m).
Hypothesis Z_gt0 : 0 < normaliser m.
Let root_live : live m 0 (root m). Proof. by rewrite /= eqxx. Qed.
Let scale_gt0 : 0 < scale. Proof. by rewrite divr_gt0 ?(twist_root_gt0 wf). Qed.

Theorem pool_target_path v : \sum_w pool_target w * (pool_path w == v)%:R = target_path m v.
Proof.
have := pool_marginal v (add0n T) root_live => marginal.
have -> : target_path m v = scale * (target_walk m 0 (root m) v / V 0 (root m)).
  by rewrite /target_path; field; rewrite !gt_eqF // (twist_root_gt0 wf).
rewrite -marginal mulr_sumr; apply: eq_bigr => w _; rewrite /pool_target /pool_proposal.
by move: (pool_walk _ _ _) (pool_weight _ _ _) (_ / _) => a b d; ring.
Qed.
Lemma pool_target_sum1 : \sum_w pool_target w = 1.
Proof.
rewrite (eq_bigr (fun w => scale * (pool_walk 0 (root m) w * W w))) => [|w _]; last by rewrite mulrCA.
rewrite -mulr_sumr pool_weight_mean ?add0n // /value_ratio -/(normaliser m).
by field; rewrite !gt_eqF // (twist_root_gt0 wf).
Qed.
(* detailed balance of accepted moves, with the acceptance min(1, W(y)/W(x)); so pi^ is invariant *)
Theorem pool_balance w v :
  pool_target w * (pool_proposal v * Num.min 1 (W v / W w)) = pool_target v * (pool_proposal w * Num.min 1 (W w / W v)).
Proof.
apply: (balance (g := pool_proposal) (W := W) (pi := pool_target) (c := scale)) => // z z0.
exact: (pool_weight_gt0 (add0n T) root_live z0).
Qed.
Theorem pool_invariant v : metropolis_step pool_proposal W pool_target v = pool_target v.
Proof.
apply: (target_invariant (c := scale)) => // z z0.
exact: (pool_weight_gt0 (add0n T) root_live z0).
Qed.

(* ---- Good pools ----------------------------------------------------------------------------- *)
Variables xi a : R.
Hypothesis xi01 : 0 < xi < 1.
Hypothesis a_ge1 : 1 <= a.
Hypothesis rho_range : forall t x, (t < T)%N -> live m t x -> a^-1 <= rho t x <= a.
Definition good_pool t x c : bool := (1 - xi) * rho t x <= pool_mean t x c <= (1 + xi) * rho t x.
Fixpoint good_walk k t x : walk pick k -> bool :=
  if k is k'.+1 then fun w => good_pool t x w.1.1 && good_walk t.+1 (picked w.1) w.2 else fun=> true.
Let a_gt0 : 0 < a. Proof. exact: lt_le_trans ltr01 a_ge1. Qed.
Let low_gt0 : 0 < 1 - xi. Proof. by rewrite subr_gt0; case/andP: xi01. Qed.
Let high_gt0 : 0 < 1 + xi. Proof. by case/andP: xi01 => x0 _; rewrite addr_gt0 ?ltr01. Qed.
Local Notation zeta := ((1 + xi) / (1 - xi)).
Let zeta_gt0 : 0 < zeta. Proof. exact: divr_gt0. Qed.

(* two good walks of k steps, from live states of one layer *)
Lemma good_spread k : forall t x y (w v : walk pick k), (t + k = T)%N -> live m t x -> live m t y ->
  pool_walk t x w != 0 -> pool_walk t y v != 0 -> good_walk t x w -> good_walk t y v ->
  pool_weight t x w <= (zeta * a ^+ 2) ^+ k * pool_weight t y v.
Proof.
elim: k => [|k IH] t x y w v tkT lx ly /=; first by rewrite expr0 mul1r.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite mulf_eq0 negb_or => /andP[/(pool_step_live tT lx)[cw lw] w0].
rewrite mulf_eq0 negb_or => /andP[/(pool_step_live tT ly)[cv lv] v0].
move=> /andP[/andP[_ hi] gw] /andP[/andP[lo _] gv].
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have rest := IH _ _ _ _ _ tkT' lw lv w0 v0 gw gv; have rest0 := ltW (pool_weight_gt0 tkT' lw w0).
have mean0 : 0 <= pool_mean t x w.1.1 by rewrite divr_ge0 ?ler0n // ltW // pool_total_gt0.
rewrite exprS mulrACA; apply: ler_pmul => //; apply: le_trans hi _.
have /andP[_ rx] := rho_range tT lx; have /andP[ry _] := rho_range tT ly.
have step : (1 + xi) * rho t x <= (1 + xi) * (a ^+ 2 * rho t y).
  rewrite ler_pmul2l //; apply: le_trans rx _; rewrite expr2 -mulrA ler_pmulr //.
  by rewrite -(mulfV (lt0r_neq0 a_gt0)) ler_pmul2l.
apply: le_trans step _; have -> : zeta * a ^+ 2 * pool_mean t y v.1.1 = (1 + xi) * (a ^+ 2 * (pool_mean t y v.1.1 / (1 - xi))).
  by move: (pool_mean _ _ _) => z; field; rewrite gt_eqF.
by rewrite ler_pmul2l // ler_pmul2l ?exprn_gt0 // ler_pdivl_mulr // mulrC.
Qed.
(* from the root the first expectation is shared *)
Lemma good_spread_root k (w v : walk pick k) : k = T -> pool_walk 0 (root m) w != 0 -> pool_walk 0 (root m) v != 0 ->
  good_walk 0 (root m) w -> good_walk 0 (root m) v ->
  pool_weight 0 (root m) w <= zeta ^+ k * a ^+ (2 * k.-1) * pool_weight 0 (root m) v.
Proof.
case: k w v => [|k] w v kT /=; first by rewrite !expr0 !mul1r.
have T0 : (0 < T)%N by rewrite -kT.
rewrite mulf_eq0 negb_or => /andP[/(pool_step_live T0 root_live)[cw lw] w0].
rewrite mulf_eq0 negb_or => /andP[/(pool_step_live T0 root_live)[cv lv] v0].
move=> /andP[/andP[_ hi] gw] /andP[/andP[lo _] gv].
have tkT' : (1 + k = T)%N by rewrite -kT.
have rest := good_spread tkT' lw lv w0 v0 gw gv; have rest0 := ltW (pool_weight_gt0 tkT' lw w0).
have mean0 : 0 <= pool_mean 0 (root m) w.1.1 by rewrite divr_ge0 ?ler0n // ltW // pool_total_gt0.
have first z : z ^+ k.+1 * a ^+ (2 * k) = z * (z * a ^+ 2) ^+ k by rewrite exprS exprMn exprM mulrA.
rewrite first mulrACA; apply: ler_pmul => //; apply: le_trans hi _.
have -> : zeta * pool_mean 0 (root m) v.1.1 = (1 + xi) * (pool_mean 0 (root m) v.1.1 / (1 - xi)).
  by move: (pool_mean _ _ _) => z; field; rewrite gt_eqF.
by rewrite ler_pmul2l // ler_pdivl_mulr // mulrC.
Qed.

(* ---- The size of a pool: the variance of its mean ---------------------------------------------- *)
Lemma bad_pool L t x : (forall e, live_edge m t e -> G t e <= L) -> (t < T)%N -> live m t x ->
  cmean (M t x) (fun c => (~~ good_pool t x c)%:R) <= L * a / (n%:R * xi ^+ 2).
Proof.
move=> upper tT lx; set r := rho t x; have /andP[x0 _] := xi01; have mu := row_law tT lx.
have /andP[r_low _] := rho_range tT lx; have r0 : 0 < r by apply: lt_le_trans r_low; rewrite invr_gt0.
have edge y : M t x y != 0 -> live_edge m t (x, y) by move=> ys; rewrite /live_edge lx lt_neqAle eq_sym ys (kernel_ge0 wf).
have meanG : mean (M t x) (fun y => G t (x, y)) = r.
  by rewrite /r /bellman_ratio mulr_suml; apply: eq_bigr => y _; rewrite /weight /= !mulrA.
pose h y := G t (x, y) - r; have h0 : mean (M t x) h = 0 by rewrite mean_sub meanG (mean_const mu) subrr.
have h2 : mean (M t x) (fun y => h y ^+ 2) <= L * r.
  have -> : mean (M t x) (fun y => h y ^+ 2) = mean (M t x) (fun y => G t (x, y) ^+ 2) - r ^+ 2.
    rewrite (mean_ext (g := fun y => G t (x, y) ^+ 2 - (2%:R * r * G t (x, y) - r ^+ 2))) => [|y _]; last by rewrite /h; ring.
    by rewrite !mean_sub mean_scale meanG (mean_const mu); ring.
  rewrite -meanG -mean_scale ler_subl_addr -[X in X <= _]addr0 ler_add ?sqr_ge0 //.
  by apply: (mean_le mu) => y ys; rewrite expr2 ler_wpmul2r ?(weight_ge0 wf) // upper ?edge.
have nxr : 0 < n%:R * (xi * r) by apply: mulr_gt0 => //; exact: mulr_gt0.
apply: (@le_trans _ _ (cmean (M t x) (fun c => ((n%:R * (xi * r)) ^+ 2)^-1 * particle_sum h c ^+ 2))).
  apply: (mean_le (iid_law n mu)) => c _; have [good|bad] := boolP (good_pool t x c).
    by rewrite mulr_ge0 ?invr_ge0 ?sqr_ge0.
  rewrite mulrC ler_pdivl_mulr ?exprn_gt0 // mul1r.
  have -> : particle_sum h c = n%:R * (pool_mean t x c - r).
    by rewrite /particle_sum sumrB sumr_const card_ord mulrBr /pool_mean [n%:R * (_ / _)]mulrC divfK // mulr_natl.
  rewrite exprMn [X in _ <= X]exprMn ler_pmul2l ?exprn_gt0 //; move: bad; rewrite /good_pool -/r.
  move: (pool_mean t x c) => z; rewrite negb_and -!ltNge -subr_ge0 => out.
  have -> : (z - r) ^+ 2 - (xi * r) ^+ 2 = (z - (1 - xi) * r) * (z - (1 + xi) * r) by ring.
  case/orP: out => out; last first.
    rewrite mulr_ge0 ?subr_ge0 ?(ltW out) //; apply: le_trans (ltW out).
    by rewrite ler_pmul2r // ler_add2l (le_trans _ (ltW x0)) // oppr_le0 ltW.
  rewrite mulr_le0 ?subr_le0 ?(ltW out) //; apply: le_trans (ltW out) _.
  by rewrite ler_pmul2r // ler_add2l (le_trans _ (ltW x0)) // oppr_le0 ltW.
rewrite /cmean mean_scale -/(cmean _ _) (centred_second_moment n mu h0).
have L0 : 0 <= L.
  have [y ys] := law_support mu; exact: le_trans (weight_ge0 wf t (x, y)) (upper _ (edge y ys)).
apply: (@le_trans _ _ (((n%:R * (xi * r)) ^+ 2)^-1 * (n%:R * (L * r)))).
  by rewrite ler_wpmul2l ?invr_ge0 ?sqr_ge0 // ler_pmul2l.
have -> : ((n%:R * (xi * r)) ^+ 2)^-1 * (n%:R * (L * r)) = L / (n%:R * xi ^+ 2) * r^-1.
  by field; rewrite nR !gt_eqF.
rewrite [X in _ <= X]mulrAC; apply: ler_wpmul2l.
  by apply: divr_ge0 => //; apply: mulr_ge0; [exact: ler0n | exact: sqr_ge0].
by rewrite -[a]invrK lef_pinv ?posrE ?invr_gt0.
Qed.

(* ---- Bad pools: the union over the steps ------------------------------------------------------ *)
Section Bad.
Variables (p : R) (b : nat -> R).
Hypothesis pool_bad : forall t x, (t < T)%N -> live m t x -> cmean (M t x) (fun c => (~~ good_pool t x c)%:R) <= p.
Hypothesis b_bound : forall t x y, (t < T)%N -> live m t x -> live_edge m t (x, y) -> potential_value m t (x, y) <= b t * u t x.
Hypothesis b_ge0 : forall t, (t < T)%N -> 0 <= b t.

Let keeps : no_kill m.
Proof. by move=> t e tT le _ V0; have := weight_gt0 tT le; rewrite /weight V0 mulr0 mul0r ltxx. Qed.
Let either (g1 g2 : bool) : (~~ (g1 && g2))%:R <= (~~ g1)%:R + (~~ g2)%:R :> R.
Proof. by case: g1; case: g2; rewrite /= ?addr0 ?add0r ?lexx ?ler01 // ler_addl ler01. Qed.

Lemma bad_proposals k : forall t x, (t + k = T)%N -> live m t x ->
  \sum_(w : walk pick k) pool_walk t x w * (~~ good_walk t x w)%:R <= k%:R * p.
Proof.
elim: k => [|k IH] t x tkT lx; first by rewrite mul0r big1 // => w _; rewrite mulr0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
rewrite sum_walk.
apply: (@le_trans _ _ (\sum_q pool_step t x q * ((~~ good_pool t x q.1)%:R + k%:R * p))).
  apply: ler_sum => q _ /=; have [q0|qs] := eqVneq (pool_step t x q) 0.
    by rewrite q0 mul0r big1 // => w _; rewrite !mul0r.
  have [cs ly] := pool_step_live tT lx qs; have [walk0 walk1] := pool_walk_law tkT' ly.
  rewrite (eq_bigr (fun w => pool_step t x q * (pool_walk t.+1 (picked q) w *
    (~~ (good_pool t x q.1 && good_walk t.+1 (picked q) w))%:R))) => [|w _]; last by rewrite mulrA.
  rewrite -mulr_sumr ler_wpmul2l ?pool_step_ge0 //.
  apply: le_trans (ler_add (lexx _) (IH _ _ tkT' ly)).
  have whole (z : R) : z = \sum_(w : walk pick k) pool_walk t.+1 (picked q) w * z by rewrite -mulr_suml walk1 mul1r.
  rewrite [X in _ <= X + _]whole -big_split; apply: ler_sum => w _ /=.
  by rewrite -mulrDr ler_wpmul2l ?either ?walk0.
rewrite (plain_step tT lx (fun c => (~~ good_pool t x c)%:R + k%:R * p)) /cmean mean_add.
rewrite (mean_const (iid_law n (row_law tT lx))) -[k.+1]addn1 natrD mulrDl mul1r addrC ler_add2l.
exact: pool_bad.
Qed.

Lemma bad_targets k : forall t x, (t + k = T)%N -> live m t x ->
  \sum_(w : walk pick k) pool_walk t x w * (pool_weight t x w * (~~ good_walk t x w)%:R)
  <= u t x * (\sum_(t <= s < T) b s * p).
Proof.
elim: k => [|k IH] t x tkT lx.
  by rewrite addn0 in tkT; rewrite tkT big_geq // mulr0 big1 // => w _; rewrite !mulr0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
rewrite sum_walk big_ltn //; set rest := \sum_(t.+1 <= s < T) b s * p.
apply: (@le_trans _ _ (\sum_q pool_step t x q * (pool_mean t x q.1 *
    ((~~ good_pool t x q.1)%:R * u t.+1 (picked q) + u t.+1 (picked q) * rest)))).
  apply: ler_sum => q _ /=; have [q0|qs] := eqVneq (pool_step t x q) 0.
    by rewrite q0 mul0r big1 // => w _; rewrite !mul0r.
  have [cs ly] := pool_step_live tT lx qs; have [walk0 _] := pool_walk_law tkT' ly.
  have mean0 : 0 <= pool_mean t x q.1 by rewrite divr_ge0 ?ler0n // ltW // pool_total_gt0.
  rewrite (eq_bigr (fun w => pool_step t x q * (pool_mean t x q.1 * (pool_walk t.+1 (picked q) w * (pool_weight t.+1 (picked q) w *
    (~~ (good_pool t x q.1 && good_walk t.+1 (picked q) w))%:R))))) => [|w _]; last first.
    have shuffle (s z d f e : R) : s * z * (d * f * e) = s * (d * (z * (f * e))) by ring.
    exact: shuffle.
  rewrite -!mulr_sumr ler_wpmul2l ?pool_step_ge0 // ler_wpmul2l //.
  apply: le_trans (ler_add (lexx _) (IH _ _ tkT' ly)).
  rewrite -(pool_weight_mean tkT' ly) mulr_sumr -big_split; apply: ler_sum => w _ /=.
  have [->|w0] := eqVneq (pool_walk t.+1 (picked q) w) 0; first by rewrite !mul0r !mulr0 addr0.
  have merge (e z d f : R) : e * (z * d) + z * (d * f) = z * (d * (e + f)) by ring.
  rewrite merge ler_wpmul2l // ler_wpmul2l ?either //; exact/ltW/(pool_weight_gt0 tkT' ly w0).
rewrite (eq_bigr (fun q => pool_step t x q * (pool_mean t x q.1 * ((~~ good_pool t x q.1)%:R * u t.+1 (picked q)))
  + pool_step t x q * (pool_mean t x q.1 * u t.+1 (picked q)) * rest)) => [|q _]; last first.
  have part (s d e z r : R) : s * (d * (e * z + z * r)) = s * (d * (e * z)) + s * (d * z) * r by ring.
  exact: part.
rewrite big_split /= -mulr_suml (weighted_member tT lx (u t.+1)).
rewrite (weighted_step tT lx (fun c y => (~~ good_pool t x c)%:R * u t.+1 y)) mulrDr.
have member c i : iid (M t x) c != 0 -> G t (x, c i) * u t.+1 (c i) = potential_value m t (x, c i).
  by move=> cs; rewrite (weight_ratio wf keeps tT (pool_edge lx i cs)).
apply: ler_add; last first.
  rewrite le_eqVlt; apply/orP; left; apply/eqP; congr (_ * _); rewrite -(potential_value_mean x tT).
  apply: mean_ext => y ys; rewrite (weight_ratio wf keeps tT) //.
  by rewrite /live_edge lx lt_neqAle eq_sym ys (kernel_ge0 wf).
have u0 : 0 <= u t x by exact: (value_ratio_ge0 wf).
have bu0 : 0 <= b t * u t x by rewrite mulr_ge0 ?b_ge0.
apply: (@le_trans _ _ (cmean (M t x) (fun c => b t * u t x * (~~ good_pool t x c)%:R))); last first.
  rewrite /cmean mean_scale -/(cmean _ _) [X in _ <= X]mulrCA [X in _ <= X]mulrA.
  exact: (ler_wpmul2l bu0 (pool_bad tT lx)).
apply: (mean_le (iid_law n (row_law tT lx))) => c cs; rewrite ler_pdivr_mulr //.
have -> : b t * u t x * (~~ good_pool t x c)%:R * n%:R = \sum_(i < n) b t * u t x * (~~ good_pool t x c)%:R.
  by rewrite sumr_const card_ord mulr_natr.
apply: ler_sum => i _; rewrite mulrCA mulrC ler_wpmul2r ?ler0n // member //.
exact: (b_bound tT lx (pool_edge lx i cs)).
Qed.

Lemma bad_target_mass : \sum_w pool_target w * (~~ good_walk 0 (root m) w)%:R <= \sum_(0 <= s < T) b s * p.
Proof.
rewrite (eq_bigr (fun w => scale * (pool_walk 0 (root m) w * (W w * (~~ good_walk 0 (root m) w)%:R)))) => [|w _]; last first.
  have shuffle (g s d e : R) : g * (s * d) * e = s * (g * (d * e)) by ring.
  exact: shuffle.
rewrite -mulr_sumr -ler_pdivl_mull //; apply: le_trans (bad_targets (add0n T) root_live) _.
rewrite le_eqVlt; apply/orP; left; apply/eqP; congr (_ * _).
by rewrite /value_ratio -/(normaliser m) invfM invrK mulrC.
Qed.

Local Notation C := (zeta ^+ T * a ^+ (2 * T.-1)).
Lemma C_ge1 : 1 <= C.
Proof.
rewrite mulr_ege1 ?exprn_ege1 // ler_pdivl_mulr // mul1r ler_add2l.
by case/andP: xi01 => x0 _; rewrite (le_trans _ (ltW x0)) // oppr_le0 ltW.
Qed.

(* P6: the law of the path after H proposals *)
Theorem P6_bias H : (0 < H)%N -> 0 <= p -> tv (pool_output H) (target_path m)
  <= (1 - C^-1) ^+ H + H%:R * (T%:R * p) + \sum_(0 <= s < T) b s * p.
Proof.
move=> H0 p0; set kept := prob pool_proposal (good_walk 0 (root m)); have g_law := pool_is_law.
have W0 (z : walk pick T) : pool_proposal z != 0 -> 0 < W z by exact: (pool_weight_gt0 (add0n T) root_live).
have pi_law : is_law pool_target.
  split=> [w|]; last exact: pool_target_sum1; have [g0 _] := g_law.
  rewrite /pool_target; have [->|w0] := eqVneq (pool_proposal w) 0; first by rewrite mul0r.
  by rewrite mulr_ge0 // mulr_ge0 ?(ltW scale_gt0) // ltW // W0.
have missed (law : walk pick T -> R) : \sum_w law w = 1 ->
    1 - prob law (good_walk 0 (root m)) = \sum_w law w * (~~ good_walk 0 (root m) w)%:R.
  move=> law1; rewrite prob_mean -[X in X - _]law1 -sumrB; apply: eq_bigr => w _.
  by rewrite /=; case: (good_walk _ _ _); rewrite /= ?mulr1 ?mulr0 ?subrr ?subr0.
have bad_g : 1 - kept <= T%:R * p.
  by rewrite /kept missed ?(proj2 g_law) //; exact: (bad_proposals (add0n T) root_live).
have bad_pi : 1 - prob pool_target (good_walk 0 (root m)) <= \sum_(0 <= s < T) b s * p.
  by rewrite missed ?pool_target_sum1 //; exact: bad_target_mass.
have C0 : 0 < C by exact: lt_le_trans ltr01 C_ge1.
have power0 : 0 <= (1 - C^-1) ^+ H by rewrite exprn_ge0 // subr_ge0 invf_le1 // C_ge1.
have moved : tv (pool_output H) (target_path m) <= tv (pool_metropolis H) pool_target.
  apply: le_trans (tv_push (@pool_path T) (pool_metropolis H) pool_target).
  by rewrite /tv le_eqVlt; apply/orP; left; apply/eqP; congr (_ * _); apply: eq_bigr => v _; rewrite pool_target_path.
apply: le_trans moved _; have [k0|k0] := eqVneq kept 0; last first.
  have kept_gt0 : 0 < kept.
    by rewrite lt_neqAle eq_sym k0 /kept; apply: sumr_ge0 => w _; case: g_law.
  have spread w v := @good_spread_root T w v erefl.
  have bound := good_event_bias g_law pool_target_sum1 (fun=> erefl) scale_gt0 W0 (C := C)
    (fun w v w0 v0 gw gv => spread w v w0 v0 gw gv) kept_gt0 H0.
  apply: le_trans bound _; rewrite [X in X + _ <= _]addrC -!addrA ler_add2l.
  by rewrite ler_add // ler_wpmul2l ?ler0n.
rewrite k0 subr0 in bad_g; have [_ chain_law] := iterate_law g_law W0 H.-1.
apply: le_trans (tv_le1 chain_law pi_law) _.
have one : 1 <= H%:R * (T%:R * p) by apply: le_trans bad_g _; rewrite ler_pemull ?ler1n // mulr_ge0 ?ler0n.
apply: le_trans one _; rewrite -addrA ler_paddl // ler_addl big_nat sumr_ge0 // => s /andP[_ sT].
by rewrite mulr_ge0 ?b_ge0.
Qed.
End Bad.
End Pools.

Arguments pool_proposal {R X} m n w.
Arguments pool_target {R X} m n w.
Arguments pool_metropolis {R X} m n H w.
Arguments pool_output {R X} m n H v.

(* ---- Bellman error eps, weights in [1/L, L] ------------------------------------------------------ *)
Section EndToEnd.
Variables (R : realFieldType) (X : finType) (m : model R X) (n H : nat) (eps L xi : R).
Local Notation T := (horizon m).
Local Notation C := (((1 + xi) / (1 - xi)) ^+ T * (1 + eps) ^+ (2 * T.-1)).
Local Notation b := (L * (1 + eps) ^+ (2 * T.-1).+1).
Local Notation p := (L * (1 + eps) / (n%:R * xi ^+ 2)).
Hypothesis wf : well_formed m.
Hypothesis n_gt0 : (0 < n)%N.
Hypothesis H_gt0 : (0 < H)%N.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis L_gt0 : 0 < L.
Hypothesis ratio : ratio_bound_le m L.
Hypothesis xi01 : 0 < xi < 1.
Let keeps := ratio_keeps L_gt0 ratio.
Let a1 : 1 <= 1 + eps. Proof. by rewrite ler_addl. Qed.
Let a0 : 0 < 1 + eps. Proof. exact: lt_le_trans ltr01 a1. Qed.

Lemma ratio_weight_gt0 t e : (t < T)%N -> live_edge m t e -> 0 < weight m t e.
Proof. by move=> tT le; have /andP[lo _] := ratio tT le; apply: lt_le_trans lo; rewrite invr_gt0. Qed.

Theorem P6_pool_metropolis : tv (pool_output m n H) (target_path m) <= (1 - C^-1) ^+ H + (H%:R + b) * (T%:R * p).
Proof.
have Z0 := P0_normaliser_gt0 wf keeps eps_ge0 bellman; have /andP[x0 _] := xi01.
have p0 : 0 <= p by rewrite divr_ge0 ?mulr_ge0 ?sqr_ge0 ?ler0n // ltW.
have small t x : (t < T)%N -> live m t x -> cmean (kernel m t x) (fun c : cloud n X => (~~ good_pool m xi t x c)%:R) <= p.
  move=> tT lx; apply: (bad_pool wf n_gt0 xi01 a1 bellman) => // e le.
  by have /andP[] := ratio tT le.
have upper : upper_ratio_le m L by move=> t e tT le; have /andP[] := ratio tT le.
pose bt t := L * (1 + eps) ^+ (2 * (T - t.+1)).+1.
have b_bound t x y : (t < T)%N -> live m t x -> live_edge m t (x, y) -> potential_value m t (x, y) <= bt t * value_ratio m t x.
  by move=> tT lx le; exact: (S4_b_bound wf keeps eps_ge0 bellman (ltW L_gt0) upper).
have bt0 t : (t < T)%N -> 0 <= bt t by rewrite mulr_ge0 ?exprn_ge0 ?ltW.
apply: le_trans (P6_bias wf n_gt0 ratio_weight_gt0 Z0 xi01 a1 bellman small b_bound bt0 H_gt0 p0) _.
rewrite [X in _ <= _ + X]mulrDl addrA ler_add2l [X in _ <= X]mulrCA [X in _ <= X]mulr_natl -[X in _ <= _ *+ X]subn0 -[X in _ <= X]sumr_const_nat.
rewrite big_nat [X in _ <= X]big_nat; apply: ler_sum => t /andP[_ tT]; rewrite ler_wpmul2r // /bt ler_pmul2l //.
by apply: ler_weexpn2l; rewrite // ltnS leq_mul2l /= -subn1 leq_sub2l.
Qed.

Theorem P6_pools_suffice (d delta : R) : 0 < delta -> (1 - C^-1) ^+ H <= d ->
  (H%:R + b) * T%:R * L * (1 + eps) / (xi ^+ 2 * delta) <= n%:R -> tv (pool_output m n H) (target_path m) <= d + delta.
Proof.
move=> delta0 fast; have /andP[x0 _] := xi01; rewrite ler_pdivr_mulr ?mulr_gt0 ?exprn_gt0 // => enough.
apply: le_trans P6_pool_metropolis _; apply: ler_add => //.
rewrite !mulrA ler_pdivr_mulr ?mulr_gt0 ?ltr0n ?exprn_gt0 //; apply: le_trans enough _.
by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.
End EndToEnd.

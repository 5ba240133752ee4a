(* G1's first step, its combination with S5, and G3.

   Bias from the normaliser.  For a test G with values in [0,1], Z pi(G) = E[Zhat G(output)], hence
     G1, first step   TV(output law, pi) <= 1/2 E|Zhat/Z - 1|,
     with S5          (2 TV)^2 <= prod_p (1 + (b_p - 1)/N) - 1.
   G3, an identity.  With arrival_t(x) the reference mass (potentials included) that reaches x at layer t,
   pi*_t proportional to arrival_t V*_t and pihat_t to arrival_t V_t, both positive where arrival_t is,
     1 + chi^2(pi*_t || pihat_t) = E_{pi*_t}[V/V*] E_{pi*_t}[V*/V]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Bellman Telescope Guided Normaliser NormaliserBound.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Bias.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation Z := (normaliser m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Implicit Types (t k : nat) (x y : X) (e : X * X) (nu : X -> R) (z : R) (F : R -> R).
Let nR : N%:R != 0 :> R. Proof. by rewrite pnatr_eq0 -lt0n. Qed.

(* ---- E[F(Zhat)] as a mean -------------------------------------------------------- *)
Lemma estimate_lin F1 F2 a b k : forall t nu z, estimate_from m N (fun z => a * F1 z + b * F2 z) k t nu z
  = a * estimate_from m N F1 k t nu z + b * estimate_from m N F2 k t nu z.
Proof.
elim: k => [|k IH] t nu z //=; rewrite /cmean -!mean_scale -mean_add; apply: mean_ext => y _.
by case: eqP => _ //; rewrite IH.
Qed.

Lemma estimate_ext F1 F2 k : F1 =1 F2 -> forall t nu z, estimate_from m N F1 k t nu z = estimate_from m N F2 k t nu z.
Proof.
move=> F12; elim: k => [|k IH] t nu z //=; apply: mean_ext => y _.
by case: eqP => _; rewrite ?F12 ?IH.
Qed.

Lemma estimate_mono F1 F2 k : (forall z, F1 z <= F2 z) -> forall t nu z, (t + k = T)%N -> live_law m t nu ->
  estimate_from m N F1 k t nu z <= estimate_from m N F2 k t nu z.
Proof.
move=> le12; elim: k => [|k IH] t nu z tkT nu_live //=.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
apply: mean_le => [|y ys]; first exact: (iid_law N (mutate_law wf tT nu_live)).
have [_|tot0] := eqVneq (total m t y) 0; first exact: le12.
by apply: IH; [rewrite addSnnS | exact: (resample_live wf nu_live ys tot0)].
Qed.

Lemma estimate_const c k : forall t nu z, (t + k = T)%N -> live_law m t nu ->
  estimate_from m N (fun=> c) k t nu z = c.
Proof.
elim: k => [|k IH] t nu z tkT nu_live //=.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite -[RHS](mean_const (iid_law N (mutate_law wf tT nu_live)) c); apply: mean_ext => y ys.
have [_|tot0] := eqVneq (total m t y) 0; first by [].
by apply: IH; [rewrite addSnnS | exact: (resample_live wf nu_live ys tot0)].
Qed.

(* ---- The bias, centred ------------------------------------------------------------- *)
Section Test.
Variable G : option X -> R.
Hypothesis G01 : in01 G.
Let g x := G (Some x).

Lemma halfway (c : R) : 0 <= c <= 1 -> `|c - 2%:R^-1| <= 2%:R^-1.
Proof.
move=> /andP[c0 c1]; rewrite ler_norml ler_subr_addr addNr c0 /= ler_subl_addr.
by rewrite (_ : 2%:R^-1 + 2%:R^-1 = 1) //; field.
Qed.

(* |E[(z0 - Zhat)(G - 1/2)]| <= 1/2 E|Zhat - z0| *)
Lemma centred_bias z0 k : forall t nu z, (t + k = T)%N -> live_law m t nu ->
  `|z0 * mean (smc_from m N k t nu) G - tested_from m N id g k t nu z
    - 2%:R^-1 * estimate_from m N (fun z => z0 - z) k t nu z|
  <= 2%:R^-1 * estimate_from m N (fun z => `|z0 - z|) k t nu z.
Proof.
elim: k => [|k IH] t nu z tkT nu_live.
  have -> : mean (smc_from m N 0 t nu) G = mean nu g by rewrite mean_out /= mul0r add0r.
  have g01 : 0 <= mean nu g <= 1.
    rewrite mean_ge0 /=; [|exact: (proj1 nu_live)|by move=> x _; case/andP: (G01 (Some x))].
    rewrite -(mean_const (proj1 nu_live) 1); apply: mean_le => [|x _]; first exact: (proj1 nu_live).
    by case/andP: (G01 (Some x)).
  rewrite /= (_ : _ - _ - _ = (z0 - z) * (mean nu g - 2%:R^-1)); last by ring.
  by rewrite normrM mulrC ler_wpmul2r // halfway.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have mu_law := iid_law N (mutate_law wf tT nu_live).
rewrite smc_from_mean /= /cmean -!mean_scale -!mean_sub.
apply: le_trans (mean_norm mu_law _) _; apply: mean_le => // y ys.
have [_|tot0] := eqVneq (total m t y) 0; last first.
  by apply: IH; [rewrite addSnnS | exact: (resample_live wf nu_live ys tot0)].
rewrite !subr0 (_ : _ - _ = z0 * (G None - 2%:R^-1)); last by ring.
by rewrite normrM mulrC ler_wpmul2r // halfway.
Qed.
End Test.

Hypothesis Z_gt0 : 0 < Z.

Local Notation E F := (estimate_mean m N F).

Lemma mean_const1 c : E (fun=> c) = c.
Proof. by apply: estimate_const; [exact: add0n | exact: point_live]. Qed.

Lemma mean_ge0E F : (forall z, 0 <= F z) -> 0 <= E F.
Proof.
move=> F0; apply: (@le_trans _ _ (E (fun=> 0))); first by rewrite mean_const1.
by apply: (estimate_mono F0); [exact: add0n | exact: point_live].
Qed.

Lemma mean_lin2 a b F1 F2 F : (forall z, F z = a * F1 z + b * F2 z) -> E F = a * E F1 + b * E F2.
Proof. by move=> FE; rewrite -estimate_lin; exact: estimate_ext. Qed.

Lemma mean_deviation : E (fun z => Z - z) = 0.
Proof.
rewrite (@mean_lin2 Z (-1) (fun=> 1) id) => [|z]; last by ring.
by rewrite mean_const1 (S5_unbiased wf N_gt0 keeps) mulr1 mulN1r subrr.
Qed.

Theorem G1_first_step :
  tv (smc_law m N) (target_out m) <= 2%:R^-1 * E (fun z => `|z / Z - 1|).
Proof.
have pl := point_live m; have Z0 := lt0r_neq0 Z_gt0.
have mass : \sum_o smc_law m N o = \sum_o target_out m o by rewrite smc_law_mass // target_out_mass.
apply/(tv_sup_tests mass) => G G01.
have weighted : tested_from m N id (fun x => G (Some x)) T 0 (point R (root m)) (V 0 (root m)) = Z * mean (target_out m) G.
  rewrite (weighted_value wf N_gt0 keeps G01 _ (add0n T) pl) mean_point mean_out /= mul0r add0r target_mean.
  by field; rewrite Z0 gt_eqF // (twist_root_gt0 wf).
have := centred_bias G01 Z (V 0 (root m)) (add0n T) pl.
rewrite weighted -/(estimate_mean m N _) -/(estimate_mean m N (fun z => `|Z - z|)) mean_deviation mulr0 subr0.
rewrite -/(smc_law m N) -mulrBr normrM (gtr0_norm Z_gt0) => bound.
rewrite (@mean_lin2 Z^-1 0 (fun z => `|Z - z|) (fun=> 0)) => [|z]; last first.
  have -> : z / Z - 1 = - (Z^-1 * (Z - z)) by field.
  by rewrite normrN normrM gtr0_norm ?invr_gt0 // mul0r addr0.
by rewrite mul0r addr0 mulrCA -ler_pdivr_mull ?invr_gt0 // invrK.
Qed.

(* the second moment bounds the first *)
Lemma mean_square F : (E (fun z => `|F z|)) ^+ 2 <= E (fun z => F z ^+ 2).
Proof.
set c := E _; rewrite -subr_ge0.
have -> : E (fun z => F z ^+ 2) - c ^+ 2 = E (fun z => (`|F z| - c) ^+ 2).
  rewrite (@mean_lin2 1 1 (fun z => F z ^+ 2 - 2%:R * c * `|F z|) (fun=> c ^+ 2) (fun z => (`|F z| - c) ^+ 2)) => [|z].
    rewrite (@mean_lin2 1 (- (2%:R * c)) (fun z => F z ^+ 2) (fun z => `|F z|)
      (fun z => F z ^+ 2 - 2%:R * c * `|F z|)) => [|z]; last by ring.
    by rewrite mean_const1 -/c; ring.
  have nK : `|F z| ^+ 2 = F z ^+ 2 by rewrite real_normK ?num_real.
  by rewrite -nK; move: `|F z| => n; ring.
by apply: mean_ge0E => z; exact: sqr_ge0.
Qed.

Theorem G1_relative_variance :
  (2%:R * tv (smc_law m N) (target_out m)) ^+ 2 <= E (fun z => z ^+ 2) / Z ^+ 2 - 1.
Proof.
have Z0 := lt0r_neq0 Z_gt0.
have -> : E (fun z => z ^+ 2) / Z ^+ 2 - 1 = E (fun z => (z / Z - 1) ^+ 2).
  rewrite (@mean_lin2 (Z ^+ 2)^-1 1 (fun z => z ^+ 2) (fun z => 1 - 2%:R / Z * z) (fun z => (z / Z - 1) ^+ 2)) => [|z].
    rewrite (@mean_lin2 1 (- (2%:R / Z)) (fun=> 1) id (fun z => 1 - 2%:R / Z * z)) => [|z]; last by field.
    by rewrite mean_const1 (S5_unbiased wf N_gt0 keeps); field.
  by field.
apply: le_trans (mean_square _); rewrite ler_pexpn2r ?nnegrE //.
- by have := G1_first_step; rewrite mulrC ler_pdivl_mulr ?ltr0n // mulrC.
- by rewrite mulr_ge0 ?ler0n // /tv mulr_ge0 ?invr_ge0 ?ler0n // sumr_ge0.
by apply: mean_ge0E => z; exact: normr_ge0.
Qed.

Theorem G1_product_bound (b : nat -> R) : (forall t, (t < T)%N -> 1 <= b t) ->
  (forall t e x, (t < T)%N -> live_edge m t e -> live m t x -> potential_value m t e <= b t * value_ratio m t x) ->
  (2%:R * tv (smc_law m N) (target_out m)) ^+ 2 <= \prod_(0 <= t < T) (1 + (b t - 1) / N%:R) - 1.
Proof.
move=> b1 bb; apply: le_trans G1_relative_variance _; rewrite ler_add2r.
exact: (S5_product_bound wf keeps N_gt0 b1 bb (lt0r_neq0 Z_gt0)).
Qed.
End Bias.

(* ---- G3 ------------------------------------------------------------------------------ *)
Section Identity.
Variables (R : realFieldType) (X : finType) (m : model R X).

(* reference mass, potentials included, that arrives at x at layer t *)
Fixpoint arrival t x : R :=
  if t is t'.+1 then \sum_z arrival t' z * kernel m t' z x * potential m t' z x else (x == root m)%:R.
(* the law proportional to arrival times f *)
Definition tilted_law t (f : X -> R) x : R := arrival t x * f x / (\sum_z arrival t z * f z).

Lemma arrival_ge0 t x : well_formed m -> 0 <= arrival t x.
Proof.
move=> wf; elim: t x => [|t IH] x /=; first exact: ler0n.
by apply: sumr_ge0 => z _; rewrite !mulr_ge0 ?IH ?(kernel_ge0 wf) ?(potential_ge0 wf).
Qed.

Theorem G3_identity t : well_formed m -> (exists x, arrival t x != 0) ->
  (forall x, arrival t x != 0 -> 0 < twist m t x /\ 0 < value m t x) ->
  1 + chi_square (tilted_law t (value m t)) (tilted_law t (twist m t))
  = mean (tilted_law t (value m t)) (fun x => twist m t x / value m t x)
    * mean (tilted_law t (value m t)) (fun x => value m t x / twist m t x).
Proof.
move=> wf [x0 ax0] pos; have a0 x := arrival_ge0 t x wf.
set Zs := \sum_z arrival t z * value m t z; set Zv := \sum_z arrival t z * twist m t z.
have sum_gt0 (f : X -> R) : (forall x, arrival t x != 0 -> 0 < f x) -> 0 < \sum_z arrival t z * f z.
  move=> f0; rewrite (bigD1 x0) //= ltr_paddr //.
    by apply: sumr_ge0 => x _; have [->|/f0/ltW fx] := eqVneq (arrival t x) 0; rewrite ?mul0r // mulr_ge0.
  by rewrite mulr_gt0 ?f0 // lt_neqAle eq_sym ax0 a0.
have Zs0 : Zs != 0 by rewrite gt_eqF // sum_gt0 // => x /pos[].
have Zv0 : Zv != 0 by rewrite gt_eqF // sum_gt0 // => x /pos[].
have -> : mean (tilted_law t (value m t)) (fun x => twist m t x / value m t x) = Zv / Zs.
  rewrite /mean mulr_suml; apply: eq_bigr => x _; rewrite /tilted_law -/Zs.
  have [->|/pos[V0 v0]] := eqVneq (arrival t x) 0; first by rewrite !mul0r.
  by field; rewrite Zs0 gt_eqF.
have sum1 (f : X -> R) : \sum_z arrival t z * f z != 0 -> \sum_x tilted_law t f x = 1.
  by move=> s0; rewrite -mulr_suml mulfV.
have -> : chi_square (tilted_law t (value m t)) (tilted_law t (twist m t))
  = \sum_x (arrival t x * (value m t x ^+ 2 / twist m t x) * (Zv / Zs ^+ 2)
            - 2%:R * tilted_law t (value m t) x + tilted_law t (twist m t) x).
  apply: eq_bigr => x _; rewrite /tilted_law -/Zs -/Zv.
  have [->|ax] := eqVneq (arrival t x) 0; first by rewrite !mul0r !mulr0 subrr addr0 expr0n mul0r.
  by have [V0 v0] := pos x ax; field; rewrite ax Zs0 Zv0 gt_eqF.
rewrite big_split sumrB /= -mulr_suml -mulr_sumr !sum1 //.
have -> : mean (tilted_law t (value m t)) (fun x => value m t x / twist m t x)
  = (\sum_x arrival t x * (value m t x ^+ 2 / twist m t x)) / Zs.
  rewrite /mean mulr_suml; apply: eq_bigr => x _; rewrite /tilted_law -/Zs.
  have [->|/pos[V0 v0]] := eqVneq (arrival t x) 0; first by rewrite !mul0r.
  by field; rewrite Zs0 gt_eqF.
by field.
Qed.
End Identity.

(* S3 and S4: the bias of N-particle SMC on a finite model (S13, sharper than S3, is in Odds.v).

   Step t goes from layer t to t+1 (p = t+1 in the text), Qbar_{t+1}(x,y) =
   psi V*_{t+1}(y)/V_t(x) on live edges, u_t = V*_t/V_t on live states.
   S3.  If Qbar > 0 and max Qbar_{t+1} <= q_t min Qbar_{t+1}, then
          TV(output law, pi) <= 1/(2N) sum_t (s_t^2 - s_t)   if q_t = s_t^2, s_t > 0.
   S4.  If no live state is doomed and max Qbar_{t+1} <= b_t min u_t, and
        c_t >= 0 has c_t^2 >= b_t (b_t - 1), then
          TV(output law, pi) <= 1/N sum_t ((b_t - 1) + c_t/2),
        where a run whose weights all vanish counts as an outcome of its own;
        with c_t = b_t - 1/2 the summand is (6 b_t - 5)/4.
   s_t stands for sqrt q_t and c_t for sqrt(b_t (b_t - 1)), so any ordered field does. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Functional SelfNormalised OneStep Telescope.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Bias.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation Qbar := (potential_value m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Implicit Types (t : nat) (x : X) (e : X * X) (nu : X -> R).

(* total variation from the errors of single steps, for every test *)
Lemma tv_of_steps (hopeful : no_doom m) (d : nat -> R) :
  (forall G, in01 G -> forall t nu, (t < T)%N -> live_law m t nu ->
     `|cmean (mutate m t nu) (@next_answer R X m N G t) - answer m G t nu| <= d t) ->
  tv (smc_law m N) (target_out m) <= \sum_(0 <= t < T) d t.
Proof.
move=> step; have Z0 : 0 < normaliser m by apply: hopeful; rewrite //= eqxx.
apply/tv_sup_tests => [|G G01]; first by rewrite smc_law_mass // target_out_mass // gt_eqF.
by apply: smc_law_test => // t nu; exact: step.
Qed.

Lemma Qbar_ge0 t e : 0 <= Qbar t e.
Proof.
have g01 : in01 (fun _ : option X => 1 : R) by move=> o; rewrite ler01 lexx.
by rewrite divr_ge0 ?mulr_ge0 ?(potential_ge0 wf) ?(twist_ge0 wf) // (value_ge0 wf g01).
Qed.

(* ---- S3 ------------------------------------------------------------------ *)
Section TwoSided.
Hypothesis Qbar_gt0 : forall t e, (t < T)%N -> live_edge m t e -> 0 < Qbar t e.

Lemma positive_values : no_doom m.
Proof.
move=> t x; rewrite leq_eqVlt => /orP[/eqP -> lx|tT lx].
  by rewrite valueT -(twist_horizon wf) (live_twist_gt0 wf).
have V0 : 0 < (twist m t x)^-1 by rewrite invr_gt0 (live_twist_gt0 wf).
have mu := mutate_law wf tT (point_live_at lx).
rewrite -(pmulr_rgt0 _ V0) mulrC -/(value_ratio m t x).
have -> : value_ratio m t x = mean (mutate m t (point R x)) (Qbar t).
  rewrite mutate_H // /mean (bigD1 x) //= /point eqxx mul1r big1 ?addr0 // => z /negbTE ->.
  by rewrite mul0r.
have [e es] := law_support mu; rewrite /mean (bigD1 e) //= ltr_paddr //.
  by apply: sumr_ge0 => z _; rewrite mulr_ge0 ?Qbar_ge0 // (proj1 mu).
have e0 : 0 < mutate m t (point R x) e by rewrite lt_neqAle eq_sym es (proj1 mu).
by rewrite mulr_gt0 // Qbar_gt0 // (mutate_support wf (point_live_at lx)).
Qed.

(* the step's answer is a self-normalised average, and so is the answer before it *)
Lemma two_sided_next (G : option X -> R) t nu : in01 G -> (t < T)%N -> live_law m t nu ->
  cmean (mutate m t nu) (@next_answer R X m N G t)
  = cmean (mutate m t nu) (@self_normalised R _ N (Qbar t) (fun e => tilted m G t.+1 e.2)).
Proof.
move=> G01 tT nu_live; apply: mean_ext => y ys; apply: (next_self_normalised wf keeps G tT nu_live) => //.
apply: lt0r_neq0; rewrite /particle_sum (bigD1 (Ordinal N_gt0)) //= ltr_paddr //.
  by apply: sumr_ge0 => i _; exact: Qbar_ge0.
exact/Qbar_gt0/(mutate_support wf nu_live)/(iid_support _ ys).
Qed.
Lemma answer_ratio (G : option X -> R) t nu : in01 G -> (t < T)%N -> answer m G t nu
  = mean (mutate m t nu) (fun e => Qbar t e * tilted m G t.+1 e.2) / mean (mutate m t nu) (Qbar t).
Proof. by move=> G01 tT; rewrite /answer -(mutate_H _ tT) -(mutate_HF wf G01 _ tT). Qed.

Lemma two_sided_bias (q D : nat -> R) :
  (forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' -> Qbar t e <= q t * Qbar t e') ->
  (forall t, (t < T)%N -> 1 <= q t -> dominates (q t) (D t)) ->
  tv (smc_law m N) (target_out m) <= (2%:R * N%:R)^-1 * \sum_(0 <= t < T) D t.
Proof.
move=> Qbar_ratio dom; rewrite mulr_sumr.
apply: (tv_of_steps positive_values) => G G01 t nu tT nu_live.
have edge e : mutate m t nu e != 0 -> live_edge m t e by exact: mutate_support nu_live.
have mu := mutate_law wf tT nu_live.
rewrite two_sided_next // answer_ratio // [X in _ <= X]mulrC.
have Q0 e : mutate m t nu e != 0 -> 0 < Qbar t e by move=> /edge; exact: Qbar_gt0.
have Qr : range_ratio (mutate m t nu) (Qbar t) (q t).
  by move=> e e' /edge le /edge le'; exact: Qbar_ratio.
apply: (two_sided_step N_gt0 mu Q0 _ Qr); first by move=> e _; exact: tilted01.
by apply: dom => //; exact: (ratio_ge1 mu Q0 Qr).
Qed.

Theorem S3_bias (s : nat -> R) : (forall t, (t < T)%N -> 0 < s t) ->
  (forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' -> Qbar t e <= s t ^+ 2 * Qbar t e') ->
  tv (smc_law m N) (target_out m) <= (2%:R * N%:R)^-1 * \sum_(0 <= t < T) (s t ^+ 2 - s t).
Proof.
move=> s_gt0 /two_sided_bias; apply=> t tT q1; apply: root_dominates.
by move: q1; rewrite -{1}(expr1n _ 2) ler_pexpn2r // nnegrE ltW ?s_gt0.
Qed.

(* the paper's sum over q_p is weaker *)
Theorem P2_bias (q : nat -> R) :
  (forall t e e', (t < T)%N -> live_edge m t e -> live_edge m t e' -> Qbar t e <= q t * Qbar t e') ->
  tv (smc_law m N) (target_out m) <= (2%:R * N%:R)^-1 * \sum_(0 <= t < T) q t * (q t ^+ 2 - 1).
Proof.
move=> /two_sided_bias; apply=> t _ q1; have [D0 dom] := rational_dominates q1.
have le_D : q t - 1 <= q t * (q t ^+ 2 - 1).
  have q0 : 0 <= q t by exact: le_trans ler01 q1.
  rewrite -subr_ge0.
  have -> : q t * (q t ^+ 2 - 1) - (q t - 1) = (q t - 1) * ((q t - 1) + q t ^+ 2) by ring.
  by apply: mulr_ge0 => //; apply: addr_ge0; rewrite ?sqr_ge0.
have D0' := le_trans D0 le_D; split=> // a b a0 a1 b1 bqa.
apply: le_trans (dom a b a0 a1 b1 bqa) _; have a_ge0 := ltW a0.
by rewrite ler_pexpn2r ?nnegrE ?(mulr_ge0 a_ge0) // ler_pmul2l.
Qed.
End TwoSided.

(* ---- S4 ------------------------------------------------------------------ *)
Section OneSided.
Hypothesis hopeful : no_doom m.
Variables b c : nat -> R.
Hypothesis c_ge0 : forall t, (t < T)%N -> 0 <= c t.
Hypothesis c_root : forall t, (t < T)%N -> b t * (b t - 1) <= c t ^+ 2.
Hypothesis Qbar_le : forall t e x, (t < T)%N -> live_edge m t e -> live m t x ->
  Qbar t e <= b t * value_ratio m t x.

Theorem S4_bias :
  tv (smc_law m N) (target_out m) <= N%:R^-1 * \sum_(0 <= t < T) ((b t - 1) + c t / 2%:R).
Proof.
rewrite mulr_sumr; apply: (tv_of_steps hopeful) => G G01 t nu tT nu_live.
have edge e : mutate m t nu e != 0 -> live_edge m t e by exact: mutate_support nu_live.
have mu := mutate_law wf tT nu_live.
rewrite /answer -(mutate_H _ tT) -(mutate_HF wf G01 _ tT) [X in _ <= X]mulrC.
apply: S4_one_step => //; rewrite ?mutate_H //.
- by move=> e _; exact: Qbar_ge0.
- exact: ratio_gt0 (ltnW tT) nu_live.
- move=> e /edge le; rewrite -mean_scale -[X in X <= _](mean_const (proj1 nu_live)).
  by apply: (mean_le (proj1 nu_live)) => x /(proj2 nu_live) lx; exact: Qbar_le.
- exact: c_ge0.
- exact: c_root.
- by move=> e _; exact: tilted01.
- by move=> y ys; exact: next_answer01 ys.
by move=> y ys S0; exact: (next_self_normalised wf keeps G tT nu_live).
Qed.
End OneSided.

(* the rational form of S4 *)
Theorem S4_bias_rational (b : nat -> R) : no_doom m -> (forall t, (t < T)%N -> 1 <= b t) ->
  (forall t e x, (t < T)%N -> live_edge m t e -> live m t x ->
     Qbar t e <= b t * value_ratio m t x) ->
  tv (smc_law m N) (target_out m) <= N%:R^-1 * \sum_(0 <= t < T) ((6%:R * b t - 5%:R) / 4%:R).
Proof.
move=> hopeful b1 Qb; have -> : \sum_(0 <= t < T) ((6%:R * b t - 5%:R) / 4%:R)
  = \sum_(0 <= t < T) ((b t - 1) + (b t - 2%:R^-1) / 2%:R).
  by apply: eq_bigr => t _; field.
apply: S4_bias => // t tT; last first.
  by rewrite -subr_ge0 (_ : _ - _ = 4%:R^-1) ?invr_ge0 ?ler0n //; field.
by rewrite subr_ge0 (le_trans _ (b1 t tT)) // invf_le1 ?ltr0n // ler1n.
Qed.
End Bias.

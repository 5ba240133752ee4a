(* Telescoping: the bias of N-particle SMC is a sum of one-step biases.

   For a law nu on layer t and a test g with values in [0,1],
     A_t(nu) = sum_x nu(x) V*_t[g](x)/V_t(x)  /  sum_x nu(x) V*_t(x)/V_t(x),
   the answer that particles drawn from nu would give with no further noise;
   V*_t[g] is the value with phi.g for phi.  Then
     A_0(point mass at the root) = pi(g),     A_T(nu) = nu(g),
     A_t(nu) = mu(HF)/mu(H)                  with mu = nu x M_t,
     A_{t+1}(weighted children) = sum_i HF(e_i) / sum_i H(e_i),
   H = Qbar_{t+1} = psi V*_{t+1}/V_t and F = V*_{t+1}[g]/V*_{t+1} on the pairs
   e = (parent, child), which are iid mu.  So the one-step lemma applies at
   each step, and the errors add up. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model SelfNormalised.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* no live state is doomed: a particle of positive weight has positive value *)
Definition no_doom (R : realFieldType) (X : finType) (m : model R X) : Prop :=
  forall t x, (t <= horizon m)%N -> live m t x -> 0 < value m t x.

Section Telescope.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis hopeful : no_doom m.
Variable G : option X -> R.
Hypothesis G01 : in01 G.
Let g x := G (Some x).
Implicit Types (t k : nat) (x : X) (e : X * X) (nu : X -> R) (y : cloud N (X * X)).

(* ---- Values of a test between 0 and V* -------------------------------- *)
Lemma value_of_bounds t x : 0 <= value_of m g t x <= value m t x.
Proof.
rewrite /value_of /value; move: (T - t)%N => k; elim: k t x => [|k IH] t x /=.
  have /andP[g0 g1] := G01 (Some x).
  by rewrite -(twist_horizon wf) mulr_ge0 ?ler_pimulr ?(twist_ge0 wf).
have c0 z : 0 <= M t x z * psi t x z by rewrite mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf).
apply/andP; split; first by apply: sumr_ge0 => z _; rewrite mulr_ge0 //; case/andP: (IH t.+1 z).
by apply: ler_sum => z _; apply: ler_wpmul2l => //; case/andP: (IH t.+1 z).
Qed.
Lemma value_ge0 t x : 0 <= value m t x.
Proof. by case/andP: (value_of_bounds t x); exact: le_trans. Qed.
(* F: the conditional expectation of g under the target, from layer t on *)
Definition tilted t x : R := value_of m g t x / value m t x.
Lemma tilted01 t x : 0 <= tilted t x <= 1.
Proof.
have /andP[lo hi] := value_of_bounds t x; rewrite divr_ge0 ?value_ge0 //=.
have [v0|v0] := eqVneq (value m t x) 0; first by rewrite /tilted v0 invr0 mulr0 ler01.
by rewrite /tilted ler_pdivr_mulr ?mul1r // lt_neqAle eq_sym v0 value_ge0.
Qed.
Lemma value_tilted t x : value m t x * tilted t x = value_of m g t x.
Proof.
have [v0|v0] := eqVneq (value m t x) 0; last by rewrite /tilted mulrCA divff ?mulr1.
by apply/eqP; rewrite v0 mul0r eq_sym eq_le; have := value_of_bounds t x; rewrite v0 andbC.
Qed.

(* every layer has a live state *)
Lemma live_exists t : (t <= T)%N -> exists x, live m t x.
Proof.
elim: t => [|t IH] tT; first by exists (root m); rewrite /= eqxx.
have [x lx] := IH (ltnW tT); have := hopeful (ltnW tT) lx; rewrite value_step // => v0.
have [z vz] : exists z, M t x z * psi t x z * value m t.+1 z != 0.
  apply/existsP; apply: contraLR v0; rewrite negb_exists => /forallP z0.
  by rewrite big1 ?ltxx // => z _; apply/eqP; move: (z0 z); rewrite negbK.
have step_gt0 (c : R) : 0 <= c -> c != 0 -> 0 < c by rewrite lt_neqAle eq_sym => -> ->.
move: vz; rewrite !mulf_eq0 !negb_or => /andP[/andP[M0 psi0] v].
have {}M0 : 0 < M t x z by rewrite step_gt0 ?(kernel_ge0 wf).
have {}psi0 : 0 < psi t x z by rewrite step_gt0 ?(potential_ge0 wf).
exists z; apply/existsP; exists x; apply/andP; split=> //; rewrite !mulr_gt0 // step_gt0 ?(twist_ge0 wf) //.
by apply: contraNneq v => V0; have -> := keeps tT (_ : live_edge m t (x, z)) psi0 V0; rewrite /live_edge /= ?lx.
Qed.
Lemma point_live_at t x : live m t x -> live_law m t (point R x).
Proof.
move=> lx; split=> [|z]; last by rewrite /point pnatr_eq0 eqb0 negbK => /eqP ->.
split=> [z|]; first exact: ler0n.
by rewrite /point (bigD1 x) //= eqxx big1 ?addr0 // => z /negbTE ->.
Qed.

(* ---- The noiseless answer ---------------------------------------------- *)
Let H := potential_value m.
Definition answer t nu : R :=
  mean nu (fun x => value_ratio m t x * tilted t x) / mean nu (value_ratio m t).

Lemma ratio_gt0 t nu : (t <= T)%N -> live_law m t nu -> 0 < mean nu (value_ratio m t).
Proof.
move=> tT [nu_law nu_live]; have [x xs] := law_support nu_law.
have u0 z : nu z != 0 -> 0 < value_ratio m t z.
  by move=> /nu_live lz; rewrite divr_gt0 ?hopeful ?(live_twist_gt0 wf).
have nu_ge0 z : 0 <= nu z by case: nu_law.
rewrite /mean (bigD1 x) //= ltr_paddr //; last by rewrite mulr_gt0 ?u0 // lt_neqAle eq_sym xs nu_ge0.
by apply: sumr_ge0 => z _; have [->|/u0/ltW uz] := eqVneq (nu z) 0; rewrite ?mul0r // mulr_ge0.
Qed.
Lemma answer01 t nu : (t <= T)%N -> live_law m t nu -> 0 <= answer t nu <= 1.
Proof.
move=> tT nu_live; have u0 := ratio_gt0 tT nu_live.
have uz z : 0 <= value_ratio m t z by rewrite divr_ge0 ?value_ge0 ?(twist_ge0 wf).
rewrite /answer ler_pdivr_mulr // mul1r divr_ge0 ?(ltW u0) //=.
  by apply: (mean_le (proj1 nu_live)) => z _; rewrite ler_pimulr //; case/andP: (tilted01 t z).
by apply: (mean_ge0 (proj1 nu_live)) => z _; rewrite mulr_ge0 //; case/andP: (tilted01 t z).
Qed.
(* the pairs' law mu gives mu(H) = nu(u_t) and mu(HF) = nu(u_t F_t) *)
Lemma mutate_H t nu : (t < T)%N -> mean (mutate m t nu) (H t) = mean nu (value_ratio m t).
Proof.
move=> tT; rewrite mean_mutate; apply: eq_bigr => x _; congr (_ * _).
rewrite /value_ratio value_step // mulr_suml; apply: eq_bigr => z _.
by rewrite /H /potential_value /= !mulrA.
Qed.
Lemma mutate_HF t nu : (t < T)%N ->
  mean (mutate m t nu) (fun e => H t e * tilted t.+1 e.2)
  = mean nu (fun x => value_ratio m t x * tilted t x).
Proof.
move=> tT; rewrite mean_mutate; apply: eq_bigr => x _; congr (_ * _).
rewrite /value_ratio mulrAC value_tilted value_of_step // mulr_suml; apply: eq_bigr => z _.
by rewrite /H /potential_value /= -value_tilted; ring.
Qed.
Lemma weight_H t e : (t < T)%N -> live_edge m t e ->
  weight m t e * value_ratio m t.+1 e.2 = H t e.
Proof.
move=> tT le; have /andP[lx _] := le; have V0 := lt0r_neq0 (live_twist_gt0 wf lx).
rewrite /weight /value_ratio /H /potential_value.
have [Vy|Vy] := eqVneq (V t.+1 e.2) 0; last by field; rewrite V0 Vy.
rewrite Vy mulr0 !mul0r; have [->|psi0] := eqVneq (psi t e.1 e.2) 0; first by rewrite !mul0r.
by rewrite keeps ?mulr0 ?mul0r // lt_neqAle eq_sym psi0 (potential_ge0 wf).
Qed.

Section Step.
Variables (t : nat) (nu : X -> R).
Hypothesis tT : (t < T)%N.
Hypothesis nu_live : live_law m t nu.
Let mu := mutate m t nu.
(* the answer after the step: the dead outcome's when all weights vanish *)
Definition next_answer y : R :=
  if total m t y == 0 then G None else answer t.+1 (resample m t y).

Lemma next_self_normalised y : iid mu y != 0 -> particle_sum (H t) y != 0 ->
  next_answer y = self_normalised (H t) (fun e => tilted t.+1 e.2) y.
Proof.
move=> ys S0; have edge i : live_edge m t (y i) by exact: mutate_support nu_live (iid_support i ys).
have HF (F : X * X -> R) : \sum_i weight m t (y i) * (value_ratio m t.+1 (y i).2 * F (y i))
                           = particle_sum (fun e => H t e * F e) y.
  by apply: eq_bigr => i _; rewrite mulrA weight_H.
have tot0 : total m t y != 0.
  apply: contraNneq S0 => /eqP; rewrite psumr_eq0 => [/allP w0|i _]; last exact: weight_ge0.
  apply/eqP/big1 => i _; rewrite -weight_H //.
  by have /eqP -> := w0 i (mem_index_enum i); rewrite mul0r.
rewrite /next_answer (negbTE tot0) /answer !mean_resample (HF (fun e => tilted t.+1 e.2)).
have -> : \sum_i weight m t (y i) * value_ratio m t.+1 (y i).2 = particle_sum (H t) y.
  by apply: eq_bigr => i _; rewrite weight_H.
by rewrite /self_normalised invfM invrK mulrACA mulVf // mulr1.
Qed.
Lemma next_answer01 y : iid mu y != 0 -> 0 <= next_answer y <= 1.
Proof.
move=> ys; rewrite /next_answer; case: ifP => [_|/negbT tot0]; first exact: G01.
by apply: answer01 => //; exact: resample_live nu_live ys tot0.
Qed.
End Step.

(* ---- Ends of a run ------------------------------------------------------ *)
Lemma smc_from_mean k t nu : mean (smc_from m N k.+1 t nu) G
  = cmean (mutate m t nu) (fun y =>
      if total m t y == 0 then G None else mean (smc_from m N k t.+1 (resample m t y)) G).
Proof.
pose K y o := if total m t y == 0 then (o == None)%:R
              else smc_from m N k t.+1 (resample m t y) o.
transitivity (\sum_o \sum_y iid (mutate m t nu) y * (K y o * G o)).
  by apply: eq_bigr => o _; rewrite [LHS]mulr_suml; apply: eq_bigr => y _; rewrite -mulrA.
rewrite exchange_big; apply: eq_bigr => y _ /=; rewrite -mulr_sumr; congr (_ * _); rewrite /K.
case: ifP => // _; rewrite (bigD1 None) //= mulr1n mul1r big1 ?addr0 // => o /negbTE ->.
by rewrite mul0r.
Qed.
Lemma last_answer nu : live_law m T nu -> mean (smc_from m N 0 T nu) G = answer T nu.
Proof.
move=> nu_live; rewrite mean_out /= mul0r add0r /answer.
have live_T x : nu x != 0 -> value_ratio m T x = 1.
  move=> /(proj2 nu_live) lx; rewrite /value_ratio valueT -(twist_horizon wf) divff //.
  by rewrite lt0r_neq0 // (live_twist_gt0 wf).
rewrite (mean_ext (g := fun=> 1) live_T) (mean_const (proj1 nu_live)) divr1.
apply: mean_ext => x xs; rewrite live_T // mul1r /tilted value_ofT valueT mulrAC divff ?mul1r //.
by rewrite -(twist_horizon wf) lt0r_neq0 // (live_twist_gt0 wf) // (proj2 nu_live).
Qed.
Lemma root_answer : mean (target_out m) G = answer 0 (point R (root m)).
Proof.
rewrite mean_out /= mul0r add0r (target_mean m g).
have at_root f : mean (point R (root m)) f = f (root m).
  rewrite /mean /point (bigD1 (root m)) //= eqxx mul1r big1 ?addr0 // => z /negbTE ->.
  by rewrite mul0r.
have root_live : live m 0 (root m) by rewrite /= eqxx.
rewrite /answer !at_root /tilted /value_ratio /normaliser; field.
by rewrite !gt_eqF ?(hopeful (leq0n T) root_live) ?(twist_root_gt0 wf).
Qed.

(* ---- Telescoping -------------------------------------------------------- *)
Variable d : nat -> R.
Hypothesis step : forall t nu, (t < T)%N -> live_law m t nu ->
  `|cmean (mutate m t nu) (@next_answer t) - answer t nu| <= d t.

Theorem telescope k t nu : (t + k = T)%N -> live_law m t nu ->
  `|mean (smc_from m N k t nu) G - answer t nu| <= \sum_(t <= i < T) d i.
Proof.
elim: k t nu => [|k IH] t nu tkT nu_live.
  rewrite addn0 in tkT; rewrite tkT in nu_live *.
  by rewrite last_answer // subrr normr0 big_geq.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have mu_law := iid_law N (mutate_law wf tT nu_live).
rewrite big_ltn // smc_from_mean.
set L := cmean _ _; have -> : L - answer t nu
  = (cmean (mutate m t nu) (@next_answer t) - answer t nu) + (L - cmean (mutate m t nu) (@next_answer t)).
  by ring.
apply: le_trans (ler_norm_add _ _) _; apply: ler_add; first exact: step.
rewrite -mean_sub; apply: le_trans (mean_norm mu_law _) _.
rewrite -[X in _ <= X](mean_const mu_law); apply: mean_le => // y ys; rewrite /next_answer.
have [tot0|tot0] := eqVneq (total m t y) 0; last first.
  by apply: IH; [rewrite addSnnS | exact: resample_live nu_live ys tot0].
rewrite subrr normr0 big_nat; apply: sumr_ge0 => i /andP[_ iT].
have [x /point_live_at lx] := live_exists (ltnW iT).
exact: le_trans (normr_ge0 _) (step iT lx).
Qed.
Theorem smc_law_test : `|mean (smc_law m N) G - mean (target_out m) G| <= \sum_(0 <= t < T) d t.
Proof. by rewrite root_answer; exact: telescope (add0n T) (point_live m). Qed.
End Telescope.

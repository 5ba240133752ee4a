(* From terminal states to whole paths.

   A particle that carries its path is a particle of the path model: its states
   are paths g : {0..T} -> X, a step from layer t writes coordinate t+1, and
   kernels, potentials, twist and reward look at coordinates t and t+1 alone.
   Proved here: the path model is well formed and has the Bellman error, the
   ratio bounds and the normaliser of the model; its target is
     pi(g) = 1{g_0 = x_0} prod_t M_t psi_t(g_t, g_{t+1}) phi(g_T) / Z,
   so each end-to-end theorem holds for the law of the whole output path.
   The last coordinate has the law of SMC on the model (PathLaw.v). *)
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require Import Cloud TotalVariation Model EndToEnd.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section PathModel.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation phi := (reward m).
Definition path_type := {ffun 'I_T.+1 -> X}.
Implicit Types (t k : nat) (x y : X) (f g : path_type).

Definition at_time f t : X := f (inord t).
Definition extend t f y : path_type := [ffun i => if i == inord t.+1 then y else f i].
Definition path_model : model R [finType of path_type] := {|
  horizon := T;
  root := [ffun=> root m];
  kernel t f g := \sum_y (g == extend t f y)%:R * M t (at_time f t) y;
  potential t f g := psi t (at_time f t) (at_time g t.+1);
  twist t f := V t (at_time f t);
  reward f := phi (at_time f T)
|}.
Local Notation P := path_model.
Definition project t (e : path_type * path_type) : X * X := (at_time e.1 t, at_time e.2 t.+1).

Lemma extend_new t f y : at_time (extend t f y) t.+1 = y.
Proof. by rewrite /at_time ffunE eqxx. Qed.
Lemma kernel_mean t f (F : path_type -> R) :
  \sum_g kernel P t f g * F g = \sum_y M t (at_time f t) y * F (extend t f y).
Proof.
rewrite (eq_bigr (fun g => \sum_y (g == extend t f y)%:R * M t (at_time f t) y * F g)) => [|g _].
  rewrite exchange_big; apply: eq_bigr => y _; rewrite (bigD1 (extend t f y)) //= eqxx mul1r.
  by rewrite big1 ?addr0 // => g /negbTE ->; rewrite !mul0r.
by rewrite mulr_suml.
Qed.
Lemma backward_path (h : X -> R) k : forall t f, (t + k = T)%N ->
  backward P (fun g => h (at_time g T)) k t f = backward m h k t (at_time f t).
Proof.
elim: k => [|k IH] t f tkT /=; first by rewrite addn0 in tkT; rewrite tkT.
under eq_bigr do rewrite -mulrA; rewrite kernel_mean; apply: eq_bigr => y _.
by rewrite IH ?addSnnS // extend_new mulrA.
Qed.
Lemma value_path t f : (t <= T)%N -> value P t f = value m t (at_time f t).
Proof. by move=> tT; rewrite /value /= backward_path // subnKC. Qed.
Lemma normaliser_path : normaliser P = normaliser m.
Proof. by rewrite /normaliser value_path //= /at_time ffunE. Qed.
Lemma bellman_ratio_path t f : bellman_ratio P t f = bellman_ratio m t (at_time f t).
Proof.
rewrite /bellman_ratio /=; congr (_ / _).
under eq_bigr do rewrite -mulrA; rewrite kernel_mean; apply: eq_bigr => y _.
by rewrite extend_new mulrA.
Qed.
Lemma weight_path t e : weight P t e = weight m t (project t e).
Proof. by []. Qed.
Lemma potential_value_path t e : (t < T)%N -> potential_value P t e = potential_value m t (project t e).
Proof. by move=> tT; rewrite /potential_value /= value_path. Qed.

Hypothesis wf : well_formed m.
Lemma kernel_path_gt0 t f g : 0 < kernel P t f g ->
  0 < M t (at_time f t) (at_time g t.+1).
Proof.
have [y /andP[/eqP -> M0] _|none] := pickP (fun y => (g == extend t f y) && (0 < M t (at_time f t) y)).
  by rewrite extend_new.
rewrite /= big1 ?ltxx // => y _; have /negbT := none y.
have [_|_] := eqVneq g (extend t f y); rewrite ?mul0r //= -leNgt => M0.
by rewrite mul1r; apply/eqP; rewrite eq_le M0 (kernel_ge0 wf).
Qed.
Lemma live_path t f : live P t f -> live m t (at_time f t).
Proof.
elim: t f => [|t IH] g; first by move=> /eqP -> /=; rewrite /at_time ffunE.
move=> /existsP[f /andP[lf pos]]; apply/existsP; exists (at_time f t); apply/andP; split; first exact: IH.
have K_ge0 : 0 <= kernel P t f g.
  by apply: sumr_ge0 => y _; rewrite mulr_ge0 ?ler0n ?(kernel_ge0 wf).
have K_gt0 : 0 < kernel P t f g.
  by rewrite lt_neqAle eq_sym K_ge0 andbT; apply: contraTneq pos => ->; rewrite !mul0r ltxx.
have M_gt0 := kernel_path_gt0 K_gt0.
by move: pos; rewrite -mulrA (pmulr_rgt0 _ K_gt0) => pos; rewrite -mulrA pmulr_rgt0.
Qed.
Lemma live_edge_path t e : live_edge P t e -> live_edge m t (project t e).
Proof. by move=> /andP[/live_path l1 /kernel_path_gt0 l2]; rewrite /live_edge l1 l2. Qed.

Lemma path_well_formed : well_formed P.
Proof.
split=> /=.
- by move=> t f g; apply: sumr_ge0 => y _; rewrite mulr_ge0 ?ler0n ?(kernel_ge0 wf).
- move=> t f tT /live_path lx; rewrite -[RHS](kernel_sum1 wf tT lx).
  have := kernel_mean t f (fun=> 1); under eq_bigr do rewrite mulr1.
  by move=> ->; under eq_bigr do rewrite mulr1.
- by move=> t f g; exact: (potential_ge0 wf).
- by move=> t f; exact: (twist_ge0 wf).
- by move=> f; exact: (twist_horizon wf).
by rewrite /at_time ffunE; exact: (twist_root_gt0 wf).
Qed.
Lemma path_no_kill : no_kill m -> no_kill P.
Proof.
move=> keeps t e tT /live_edge_path le psi0 V0; rewrite value_path //.
exact: (keeps _ _ tT le).
Qed.
Lemma path_bellman eps : bellman_error_le m eps -> bellman_error_le P eps.
Proof. by move=> bellman t f tT /live_path lx; rewrite bellman_ratio_path; exact: bellman. Qed.
Lemma path_ratio L : ratio_bound_le m L -> ratio_bound_le P L.
Proof. by move=> ratio t e tT /live_edge_path le; rewrite weight_path; exact: ratio. Qed.
Lemma path_upper L : upper_ratio_le m L -> upper_ratio_le P L.
Proof. by move=> upper t e tT /live_edge_path le; rewrite weight_path; exact: upper. Qed.

(* ---- The target on paths ------------------------------------------------- *)
Definition path_target g : R :=
  (at_time g 0 == root m)%:R
  * (\prod_(0 <= t < T) (M t (at_time g t) (at_time g t.+1) * psi t (at_time g t) (at_time g t.+1)))
  * phi (at_time g T) / normaliser m.
(* f and g agree up to time t *)
Let agree t f g : bool := [forall i : 'I_T.+1, (i <= t)%N ==> (f i == g i)].

Lemma agree_extend t f g y : (t < T)%N ->
  agree t.+1 (extend t f y) g = agree t f g && (y == at_time g t.+1).
Proof.
move=> tT; have new : nat_of_ord (inord t.+1 : 'I_T.+1) = t.+1 by rewrite inordK.
apply/forallP/andP => [ag|[/forallP ag /eqP ->] i].
  split; last by have := ag (inord t.+1); rewrite new leqnn /= ffunE eqxx.
  apply/forallP => i; apply/implyP => it; have := ag i; rewrite (leqW it) /= ffunE.
  by case: (i =P inord t.+1) => // i_new; move: it; rewrite i_new new ltnn.
apply/implyP => it; rewrite ffunE; case: (i =P inord t.+1) => [-> //|/eqP i_new].
have := ag i; rewrite leq_eqVlt in it; case/orP: it => [/eqP it|it]; last by rewrite ltnS in it; rewrite it.
by move: i_new; rewrite -val_eqE /= new it eqxx.
Qed.
Lemma backward_point g k : forall t f, (t + k = T)%N ->
  backward P (fun h => phi (at_time h T) * (h == g)%:R) k t f
  = (agree t f g)%:R
    * (\prod_(t <= s < T) (M s (at_time g s) (at_time g s.+1) * psi s (at_time g s) (at_time g s.+1)))
    * phi (at_time g T).
Proof.
elim: k => [|k IH] t f tkT /=.
  rewrite addn0 in tkT; rewrite tkT big_geq // mulr1 mulrC.
  have -> : agree T f g = (f == g); last by case: eqP => [->|_]; rewrite ?mul0r.
  apply/forallP/eqP => [ag|-> i]; last by rewrite eqxx implybT.
  by apply/ffunP => i; have := ag i; rewrite -ltnS ltn_ord => /eqP.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
under eq_bigr do rewrite -mulrA; rewrite kernel_mean (bigD1 (at_time g t.+1)) //=.
rewrite big1 ?addr0 => [|y /negbTE yg]; last first.
  by rewrite IH ?addSnnS // agree_extend // yg andbF !mul0r !mulr0.
rewrite IH ?addSnnS // agree_extend // eqxx andbT extend_new [in RHS]big_ltn //.
have [/forallP ag|_] := boolP (agree t f g); last by rewrite !mul0r !mulr0.
have -> : at_time f t = at_time g t.
  by apply/eqP; have := ag (inord t); rewrite inordK ?leqnn // ltnS ltnW.
by rewrite !mul1r !mulrA.
Qed.
Theorem target_of_path g : target P g = path_target g.
Proof.
rewrite /target /path_target normaliser_path /value_of subn0 /= backward_point ?add0n //.
congr (_ * _ * _ / _); congr (_ %:R); congr nat_of_bool.
apply/forallP/eqP => [ag|g0 i].
  by have := ag (inord 0); rewrite inordK // leqnn /= ffunE => /eqP e0; rewrite /at_time -e0.
apply/implyP; rewrite leqn0 => /eqP i0; rewrite ffunE eq_sym; apply/eqP.
by rewrite -g0 /at_time; congr (g _); apply: val_inj; rewrite /= inordK.
Qed.
End PathModel.

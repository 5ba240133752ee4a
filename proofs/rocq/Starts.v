(* Both lineages of a walk of the target, and where they start anew: what S15 is summed from.

   Along a walk w = (x_0, ..., x_T) of the target a(w) of PathFormula.v is at most a sum over the sets of steps after which both lineages
   start anew (starts).  A start after step t, the last one having been at s, brings 1/N times at most C times
     u_t(x_t) survive_(t-s)(x_s) / u_s(x_s),   survive_k(x): the mean weight that a lineage from x carries over k steps,
   which is 1 for s = t, uhat_t = u_t(x_t) E[prod_(k<=t) G_k] V_0/Z for s = 0, and uhat_t anew_(s,t) between.  Over the target
     E_pi uhat_t <= 1 + chi^2(pi*_t || pihat_t),   E_pi anew_(s,t) <= 1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Paths Guided Telescope Normaliser NormaliserBound Neighbours NeighbourBound.
From BellmanSMC Require Import Certificate Conditional PathFormula.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Starts.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation G := (weight m).
Local Notation Z := (normaliser m).
Local Notation u := (value_ratio m).
Local Notation Qbar := (potential_value m).
Local Notation root := (root m).
Implicit Types (t k q s i j : nat) (x y : X) (z : nat -> X) (free : X -> R).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Let nR_gt0 : 0 < N%:R :> R. Proof. by rewrite ltr0n. Qed.
Let n_ge0 : 0 <= N%:R^-1 :> R. Proof. by rewrite invr_ge0 ltW. Qed.
Let step_ge0 t x y : 0 <= M t x y * G t (x, y).
Proof. by rewrite mulr_ge0 ?(kernel_ge0 wf) ?(weight_ge0 wf). Qed.
Let anew_ge0 t e (c : R) : 0 <= c -> 0 <= N%:R^-1 * (G t e * c).
Proof. by move=> c0; apply: mulr_ge0 => //; apply: mulr_ge0 => //; exact: weight_ge0. Qed.
Let V_gt0 t x : live m t x -> 0 < V t x. Proof. exact: live_twist_gt0. Qed.

(* the mean weight that a lineage from x carries over k steps *)
Fixpoint survive k t x : R := if k is k'.+1 then \sum_y M t x y * G t (x, y) * survive k' t.+1 y else 1.
Lemma survive_ge0 k : forall t x, 0 <= survive k t x.
Proof. by elim: k => [|k IH] t x /=; rewrite ?ler01 // sumr_ge0 // => y _; rewrite mulr_ge0. Qed.
Lemma push_survive k t free : \sum_y push m t free y * survive k t.+1 y = \sum_x free x * survive k.+1 t x.
Proof.
rewrite (eq_bigr (fun y => \sum_x free x * (M t x y * G t (x, y)) * survive k t.+1 y)) => [|y _]; last by rewrite mulr_suml.
rewrite exchange_big; apply: eq_bigr => x _ /=; rewrite mulr_sumr; apply: eq_bigr => y _; ring.
Qed.

(* the sum over the steps after which both lineages start anew: the last such start is at s, now is t *)
Fixpoint starts z k s t : R :=
  if k is k'.+1 then
    N%:R^-1 * (G t (z t, z t.+1) * survive (t - s) s (z s)) * starts z k' t.+1 t.+1 + starts z k' s t.+1
  else survive (t - s) s (z s).
Lemma starts_ge0 z k : forall s t, 0 <= starts z k s t.
Proof.
elim: k => [|k IH] s t /=; first exact: survive_ge0.
by apply: addr_ge0 => //; apply: mulr_ge0 => //; apply/anew_ge0/survive_ge0.
Qed.
Lemma starts_ge z k : forall s t, (s <= t)%N -> survive (t + k - s) s (z s) <= starts z k s t.
Proof.
elim: k => [|k IH] s t st /=; first by rewrite addn0.
apply: (@le_trans _ _ (starts z k s t.+1)); first by rewrite -addSnnS IH // ltnW.
by rewrite ler_addr; apply: mulr_ge0 (starts_ge0 _ _ _ _); apply/anew_ge0/survive_ge0.
Qed.

Lemma along_ge0 z k : forall t free, (forall x, 0 <= free x) -> 0 <= along m N z k t free.
Proof.
have n1 : 0 <= 1 - N%:R^-1 :> R by rewrite subr_ge0 invf_le1 // ler1n.
elim: k => [|k IH] t free f0 /=; first by rewrite sumr_ge0.
apply: addr_ge0; last by apply: mulr_ge0 => //; apply: IH => y; apply: sumr_ge0 => x _; apply: mulr_ge0.
rewrite mulrA; apply: mulr_ge0; first by apply/anew_ge0/sumr_ge0.
by apply: IH => x; exact: ler0n.
Qed.
Lemma along_starts z k : forall s t free, (s <= t)%N -> (forall x, 0 <= free x) ->
  (forall i, \sum_x free x * survive i t x = survive (t - s + i) s (z s)) -> along m N z k t free <= starts z k s t.
Proof.
have massE s t free : (forall i, \sum_x free x * survive i t x = survive (t - s + i) s (z s)) -> mass free = survive (t - s) s (z s).
  by move=> /(_ 0%N); rewrite addn0 => <-; apply: eq_bigr => x _; rewrite mulr1.
elim: k => [|k IH] s t free st f0 carried /=; first by rewrite (massE _ _ _ carried).
rewrite (massE _ _ _ carried) mulrA; apply: ler_add.
  apply: ler_wpmul2l; first exact/anew_ge0/survive_ge0.
  apply: IH => // [x|i]; first exact: ler0n.
  by rewrite subnn add0n -/(mean _ _) mean_point.
have p0 y : 0 <= push m t free y by apply: sumr_ge0 => x _; apply: mulr_ge0.
apply: (@le_trans _ _ (along m N z k t.+1 (push m t free))).
  by rewrite ler_pimull ?along_ge0 // ger_addl oppr_le0.
apply: IH => // [|i]; first exact: ltnW.
by rewrite push_survive carried addnS subSn.
Qed.

(* ---- Along a walk of the target ------------------------------------------------- *)
Lemma value_nonneg t x : 0 <= value m t x.
Proof. by have zero01 : in01 (fun _ : option X => 0 : R) by [move=> o; rewrite lexx ler01]; exact: (value_ge0 wf zero01). Qed.
Lemma walk_live k : forall t x (w : walk X k), (t + k = T)%N -> live m t x -> target_walk m t x w != 0 -> forall q, (q <= k)%N ->
  [/\ live m (t + q) (visit x w q), value m (t + q) (visit x w q) != 0,
      (q < k)%N -> live_edge m (t + q) (visit x w q, visit x w q.+1)
    & (q < k)%N -> G (t + q) (visit x w q, visit x w q.+1) != 0].
Proof.
have here i t x (w : walk X i) : (t + i = T)%N -> target_walk m t x w != 0 -> value m t x != 0.
  by move=> tiT; apply: contraNneq => v0; rewrite (target_walk_zero wf w tiT v0).
elim: k => [|k IH] t x w tkT lx w0 q qk.
  by move: qk; rewrite leqn0 => /eqP ->; rewrite addn0; split=> //; exact: here w0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
case: w w0 => y w w0; have v0 := here _ _ _ _ tkT w0.
have /and3P[M0 p0 w0'] : [&& M t x y != 0, psi t x y != 0 & target_walk m t.+1 y w != 0].
  by move: w0; rewrite /= !mulf_eq0 !negb_or -andbA.
have le : live_edge m t (x, y) by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have V0 : V t.+1 y != 0.
  apply: contraNneq (here _ _ _ _ tkT' w0') => V0; apply/eqP; apply: (keeps tT le) V0 => /=.
  by rewrite lt_neqAle eq_sym p0 (potential_ge0 wf).
have G0 : G t (x, y) != 0 by rewrite /weight /= mulf_neq0 ?mulf_neq0 // invr_neq0 // gt_eqF ?V_gt0.
have ly : live m t.+1 y := live_step wf le G0.
case: q qk => [|q] qk; first by rewrite addn0 /= visit0; split.
by rewrite addnS -addSn; exact: IH.
Qed.

(* ---- What lineages carry ---------------------------------------------------------- *)
Lemma survive_value k : forall t x, (t + k = T)%N -> live m t x -> survive k t x = u t x.
Proof.
elim: k => [|k IH] t x tkT lx /=.
  have tT : t = T by rewrite -tkT addn0.
  by rewrite /value_ratio tT valueT -(twist_horizon wf) divff // -tT gt_eqF // V_gt0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite /value_ratio value_step // mulr_suml; apply: eq_bigr => y _.
have [->|M0] := eqVneq (M t x y) 0; first by rewrite !mul0r.
have le : live_edge m t (x, y) by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
transitivity (M t x y * (G t (x, y) * u t.+1 y)); last by rewrite (weight_ratio wf keeps tT le) /potential_value /= !mulrA.
rewrite -mulrA; congr (_ * _); have [->|G0] := eqVneq (G t (x, y)) 0; first by rewrite !mul0r.
by rewrite (IH t.+1 y) ?addSnnS // (live_step wf le).
Qed.
Lemma survive_gt0 k : forall t x, (t + k <= T)%N -> live m t x -> value m t x != 0 -> 0 < survive k t x.
Proof.
elim: k => [|k IH] t x tkT lx v0; first by rewrite ltr01.
have tT : (t < T)%N by apply: leq_trans tkT; rewrite addnS ltnS leq_addr.
rewrite lt_neqAle survive_ge0 andbT eq_sym; apply: contraNneq v0 => /= /eqP; rewrite psumr_eq0 => [/allP none|y _]; last first.
  by apply: mulr_ge0 (survive_ge0 _ _ _).
rewrite value_step //; apply/eqP/big1 => y _; have [->|M0] := eqVneq (M t x y) 0; first by rewrite !mul0r.
have le : live_edge m t (x, y) by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
have Q0 : Qbar t (x, y) = 0.
  rewrite -(weight_ratio wf keeps tT le); have [->|G0] := eqVneq (G t (x, y)) 0; first by rewrite mul0r.
  have ly : live m t.+1 y := live_step wf le G0.
  have [v0|v0] := eqVneq (value m t.+1 y) 0; first by rewrite /value_ratio v0 mul0r mulr0.
  have := none y (mem_index_enum y); rewrite /= mulf_eq0 (negbTE (mulf_neq0 M0 G0)) /= gt_eqF //.
  by apply: IH => //; rewrite addSnnS.
move/eqP: Q0; rewrite /potential_value mulf_eq0 invr_eq0 (gt_eqF (V_gt0 lx)) orbF /= mulf_eq0 -mulrA.
by case/orP => /eqP ->; rewrite ?mul0r ?mulr0.
Qed.

(* the lineage that starts at the root and goes on by itself *)
Fixpoint lone t : X -> R := if t is t'.+1 then push m t' (lone t') else point R root.
Lemma lone_ge0 t x : 0 <= lone t x.
Proof. by elim: t x => [|t IH] x /=; [exact: ler0n | apply: sumr_ge0 => y _; exact: mulr_ge0]. Qed.
Lemma lone_survive s : forall i, \sum_x lone s x * survive i s x = survive (s + i) 0 root.
Proof.
elim: s => [|s IH] i /=; first exact: mean_point.
by rewrite push_survive IH addnS.
Qed.
Lemma arrival_dead t : forall x, arrival m t x != 0 -> ~~ live m t x -> (t <= T)%N -> value m t x = 0.
Proof.
elim: t => [|t IH] y /=; first by rewrite pnatr_eq0 eqb0 negbK => ->.
move=> a0 dead tT.
have [x] : exists x, arrival m t x * M t x y * psi t x y != 0.
  apply/existsP; apply: contraNT a0; rewrite negb_exists => /forallP none; rewrite big1 // => x _.
  by apply/eqP; rewrite -[_ == _]negbK; exact: none.
rewrite !mulf_eq0 !negb_or -andbA => /and3P[ax M0 p0].
have [lx|nlx] := boolP (live m t x); last first.
  have := value_step x tT; rewrite (IH x ax nlx (ltnW tT)) => /esym/eqP; rewrite psumr_eq0 => [/allP v0|z _]; last first.
    by rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?value_nonneg.
  have := v0 y (mem_index_enum y); rewrite /= !mulf_eq0 (negbTE M0) (negbTE p0) /=.
  by move/eqP.
have le : live_edge m t (x, y) by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
apply: (keeps tT le) => /=; first by rewrite lt_neqAle eq_sym p0 (potential_ge0 wf).
apply/eqP; apply: contraNT dead => V0; apply: (live_step wf le).
by rewrite /weight /= mulf_neq0 ?mulf_neq0 // invr_neq0 // gt_eqF ?V_gt0.
Qed.
Lemma lone_arrival t : forall x, V 0 root * lone t x <= arrival m t x * V t x.
Proof.
elim: t => [|t IH] y /=.
  by rewrite /point; case: eqVneq => [->|_]; rewrite ?mulr1 ?mul1r ?mulr0 ?mul0r.
rewrite /push mulr_sumr mulr_suml; apply: ler_sum => x _; rewrite mulrA.
apply: (@le_trans _ _ (arrival m t x * V t x * (M t x y * G t (x, y)))).
  by apply: ler_wpmul2r.
rewrite /weight /=; have [->|V0] := eqVneq (V t x) 0.
  rewrite mulr0 mul0r; apply: mulr_ge0 (twist_ge0 wf _ _).
  by rewrite !mulr_ge0 ?(arrival_ge0 _ _ wf) ?(kernel_ge0 wf) ?(potential_ge0 wf).
by rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
Qed.
Lemma arrival_lone t : (t <= T)%N -> forall x, value m t x != 0 -> arrival m t x * V t x = V 0 root * lone t x.
Proof.
elim: t => [|t IH] tT y vy /=.
  by rewrite /point; case: eqVneq => [->|_]; rewrite ?mulr1 ?mul1r ?mulr0 ?mul0r.
rewrite /push mulr_sumr mulr_suml; apply: eq_bigr => x _.
have [->|M0] := eqVneq (M t x y) 0; first by rewrite !(mul0r, mulr0).
have [p0|p0] := eqVneq (psi t x y) 0; first by rewrite /weight /= p0 !(mul0r, mulr0).
have vx : value m t x != 0.
  rewrite value_step // gt_eqF // (bigD1 y) //= ltr_paddr //.
    by apply: sumr_ge0 => z _; rewrite !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?value_nonneg.
  by rewrite lt_neqAle eq_sym !mulf_neq0 //= !mulr_ge0 ?(kernel_ge0 wf) ?(potential_ge0 wf) ?value_nonneg.
rewrite [RHS]mulrA -(IH (ltnW tT) x vx) /weight /=; have [V0|V0] := eqVneq (V t x) 0; last by field.
have -> : arrival m t x = 0; last by rewrite !mul0r.
apply/eqP; apply: contraNT vx => ax; rewrite (arrival_dead ax) ?eqxx ?(ltnW tT) //.
by apply: contraTN (eqxx (V t x)) => lx; rewrite {2}V0 gt_eqF ?V_gt0.
Qed.

(* where a walk of the target is after q steps *)
Lemma visit_from (F : X -> R) k : forall t q, (t + k = T)%N -> (q <= k)%N ->
  \sum_x arrival m t x * (\sum_(w : walk X k) target_walk m t x w * F (visit x w q))
  = \sum_x arrival m (t + q) x * value m (t + q) x * F x.
Proof.
have now i t : (t + i = T)%N -> \sum_x arrival m t x * (\sum_(w : walk X i) target_walk m t x w * F (visit x w 0))
    = \sum_x arrival m t x * value m t x * F x.
  move=> tiT; apply: eq_bigr => x _; rewrite -(target_walk_value x tiT) -mulrA mulr_suml; congr (_ * _).
  by apply: eq_bigr => w _; rewrite visit0.
elim: k => [|k IH] t [|q] tkT qk //; rewrite ?addn0 ?now //.
rewrite addnS -addSn -IH ?addSnnS //.
rewrite (eq_bigr (fun x => \sum_y arrival m t x * M t x y * psi t x y
    * (\sum_(w : walk X k) target_walk m t.+1 y w * F (visit y w q)))) => [|x _]; last first.
  rewrite sum_walk mulr_sumr; apply: eq_bigr => y _ /=; rewrite !mulr_sumr; apply: eq_bigr => w _; ring.
by rewrite exchange_big; apply: eq_bigr => y _ /=; rewrite mulr_suml.
Qed.

(* ---- Means over the walks of the target --------------------------------------------- *)
Hypothesis Z_neq0 : Z != 0.
Let Z_gt0 : 0 < Z. Proof. by rewrite lt_neqAle eq_sym Z_neq0 value_nonneg. Qed.
Let V0_gt0 : 0 < V 0 root. Proof. exact: twist_root_gt0 wf. Qed.
Local Notation place := (visit root).
Local Notation E F := (mean (target_path m) F).

Lemma target_path_law : is_law (target_path m).
Proof.
split=> [w|]; last by rewrite -mulr_suml target_walk_value ?divff.
by rewrite divr_ge0 ?(ltW Z_gt0) // (target_walk_ge0 wf (reward_ge0 wf)).
Qed.
Lemma mean_place (F : X -> R) q : (q <= T)%N ->
  E (fun w => F (place w q)) = (\sum_x arrival m q x * value m q x * F x) / Z.
Proof.
move=> qT; rewrite -(visit_from F (add0n T) qT) mulr_suml.
rewrite [RHS](_ : _ = mean (point R root) (fun x => (\sum_(w : walk X T) target_walk m 0 x w * F (visit x w q)) / Z)).
  by rewrite mean_point mulr_suml; apply: eq_bigr => w _; rewrite /target_path mulrAC.
by apply: eq_bigr => x _; rewrite /= -mulrA.
Qed.
Lemma on_walk (w : walk X T) q : target_path m w != 0 -> (q <= T)%N ->
  [/\ live m q (place w q), value m q (place w q) != 0, (q < T)%N -> live_edge m q (place w q, place w q.+1)
    & (q < T)%N -> G q (place w q, place w q.+1) != 0].
Proof.
rewrite mulf_eq0 negb_or => /andP[w0 _] qT.
by have := walk_live (add0n T) (_ : live m 0 root) w0 qT; rewrite add0n; apply; exact: eqxx.
Qed.
Lemma ratio_gt0 q x : live m q x -> value m q x != 0 -> 0 < u q x.
Proof. by move=> lx v0; rewrite divr_gt0 ?V_gt0 // lt_neqAle eq_sym v0 value_nonneg. Qed.

(* pi*_q against pihat_q *)
Local Notation chi q := (chi_square (tilted_law m q (value m q)) (tilted_law m q (twist m q))).
Local Notation alone q := (survive q 0 root).
Lemma alone_gt0 q : (q <= T)%N -> 0 < alone q.
Proof. by move=> qT; apply: survive_gt0 => //; exact: eqxx. Qed.
Lemma alone_reference q : V 0 root * alone q <= reference_twist m q.
Proof.
rewrite -{1}[q]addn0 -lone_survive mulr_sumr; apply: ler_sum => x _ /=.
by rewrite mulr1 lone_arrival.
Qed.
Lemma spread_chi q : (q <= T)%N ->
  reference_twist m q / Z ^+ 2 * (\sum_x arrival m q x * value m q x * u q x) = 1 + chi q.
Proof.
move=> qT; set A := reference_twist m q; have A0 : A != 0.
  by rewrite gt_eqF // (lt_le_trans _ (alone_reference q)) // mulr_gt0 ?alone_gt0.
have massZ : \sum_x arrival m q x * value m q x = Z.
  have one : (\sum_x arrival m q x * value m q x * 1) / Z = 1.
    by rewrite -(mean_place (fun=> 1) qT) mean_const //; exact: target_path_law.
  by rewrite -[RHS]mul1r -one divfK //; apply: eq_bigr => x _; rewrite mulr1.
have -> : chi q = \sum_x (A / Z ^+ 2 * (arrival m q x * value m q x * u q x)
    - 2%:R * (arrival m q x * value m q x / Z) + arrival m q x * twist m q x / A); last first.
  rewrite big_split sumrB /= -mulr_sumr -mulr_sumr -!mulr_suml massZ divff // -/(reference_twist m q) divff //.
  by move: (A / _ * _) => c; ring.
apply: eq_bigr => x _; rewrite /tilted_law massZ -/(reference_twist m q) -/A; have [->|ax] := eqVneq (arrival m q x) 0.
  by rewrite !mul0r !(mulr0, subr0, addr0) expr0n mul0r.
have [lx|nlx] := boolP (live m q x).
  by rewrite /value_ratio; field; rewrite ax A0 Z_neq0 gt_eqF ?V_gt0.
rewrite (arrival_dead ax nlx qT); move: (_ * twist m q x / A) => b; rewrite !(mulr0, mul0r, sub0r, oppr0, add0r) sqrrN expr2.
by have [->|b0] := eqVneq b 0; rewrite ?mul0r ?mulfK.
Qed.

Definition uhat q z : R := u q (z q) * (alone q * V 0 root / Z).
Definition anew s q z : R := survive (q - s) s (z s) * (V s (z s) / value m s (z s)) * (Z / (alone q * V 0 root)).

Lemma mean_uhat q : (q <= T)%N -> E (fun w => uhat q (place w)) <= 1 + chi q.
Proof.
move=> qT; rewrite (mean_place (fun x => u q x * (alone q * V 0 root / Z)) qT) -spread_chi //.
rewrite (eq_bigr (fun x => alone q * V 0 root / Z * (arrival m q x * value m q x * u q x))) => [|x _]; last by ring.
rewrite -mulr_sumr (_ : _ / Z = alone q * V 0 root / Z ^+ 2 * (\sum_x arrival m q x * value m q x * u q x)); last by field.
rewrite ler_wpmul2r ?ler_wpmul2r ?invr_ge0 ?sqr_ge0 //; last by rewrite mulrC alone_reference.
apply: sumr_ge0 => x _; apply: mulr_ge0; last by rewrite divr_ge0 ?value_nonneg ?(twist_ge0 wf).
by apply: mulr_ge0; [exact: arrival_ge0 | exact: value_nonneg].
Qed.
Lemma mean_anew s q : (s <= q)%N -> (q <= T)%N -> E (fun w => anew s q (place w)) <= 1.
Proof.
move=> sq qT; have sT := leq_trans sq qT; have aq := alone_gt0 qT.
rewrite (mean_place (fun x => survive (q - s) s x * (V s x / value m s x) * (Z / (alone q * V 0 root))) sT).
rewrite ler_pdivr_mulr // mul1r.
apply: (@le_trans _ _ (\sum_x Z / (alone q * V 0 root) * (V 0 root * (lone s x * survive (q - s) s x)))); last first.
  rewrite -mulr_sumr -mulr_sumr lone_survive subnKC // le_eqVlt; apply/orP; left; apply/eqP.
  by field; rewrite !gt_eqF.
apply: ler_sum => x _; have [v0|v0] := eqVneq (value m s x) 0.
  rewrite v0 mulr0 mul0r; apply: mulr_ge0; first by rewrite divr_ge0 ?(ltW Z_gt0) // mulr_ge0 ?(ltW aq) ?ltW.
  by apply: mulr_ge0; [exact: ltW | apply: mulr_ge0; [exact: lone_ge0 | exact: survive_ge0]].
rewrite [X in _ <= _ * X]mulrA -(arrival_lone sT v0) le_eqVlt; apply/orP; left; apply/eqP.
by move: (survive _ _ _) => c; field; rewrite v0 !gt_eqF.
Qed.
End Starts.

(* The finite model, its target, and sequential Monte Carlo with N particles.

   A model has a horizon T, a root x_0, kernels M_t(x,y) and potentials
   psi_t(x,y) >= 0 for the step from layer t to layer t+1, a terminal reward
   phi(x) >= 0 and a twist V_t(x) >= 0 with V_T = phi.  One finite type holds
   all layers.  Only live states take part: those that a particle can reach
   through steps of positive probability and positive weight.

     V*_t(x)   = sum_y M_t(x,y) psi_t(x,y) V*_{t+1}(y),     V*_T = phi
     Z         = V*_0(x_0)
     pi(x)     = (same recursion with phi . 1{x} for phi) / Z
     G_t(x,y)  = psi_t(x,y) V_{t+1}(y) / V_t(x)

   Naive-proposal SMC.  Given the law nu from which parents are drawn at
   layer t, the N pairs (parent, child) are iid from nu(x) M_t(x,y); the next
   nu is the weighted empirical law of the children.  If all N weights vanish
   the run is dead and gives no answer: the outcome None.  At layer T the
   output is one draw from nu. *)
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require Import Cloud TotalVariation.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Record model (R : realFieldType) (X : finType) := Model {
  horizon : nat;
  root : X;
  kernel : nat -> X -> X -> R;
  potential : nat -> X -> X -> R;
  twist : nat -> X -> R;
  reward : X -> R
}.

Section Model.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation phi := (reward m).
Implicit Types (t k N : nat) (x y : X) (e : X * X) (nu f : X -> R) (o : option X).

(* ---- True value and target -------------------------------------------- *)
(* k steps from (t, x), reward f at the end *)
Fixpoint backward f k t x : R :=
  if k is k'.+1 then \sum_y M t x y * psi t x y * backward f k' t.+1 y else f x.
Definition value_of f t x : R := backward (fun z => phi z * f z) (T - t) t x.
Definition value t x : R := backward phi (T - t) t x.
Definition normaliser : R := value 0 (root m).
Definition target x : R := value_of (fun z => (z == x)%:R) 0 (root m) / normaliser.
Definition target_out o : R := if o is Some x then target x else 0.

(* ---- Live states, incremental weight, Bellman ratio ------------------- *)
Fixpoint live t x : bool :=
  if t is t'.+1 then
    [exists z, live t' z && (0 < M t' z x * psi t' z x * V t x)]
  else x == root m.
Definition weight t e : R := psi t e.1 e.2 * V t.+1 e.2 / V t e.1.
Definition bellman_ratio t x : R := (\sum_y M t x y * psi t x y * V t.+1 y) / V t x.
(* u_t = V*_t / V_t *)
Definition value_ratio t x : R := value t x / V t x.
(* Qbar_{t+1}(x,y) = psi V*_{t+1}(y) / V_t(x) *)
Definition potential_value t e : R := psi t e.1 e.2 * value t.+1 e.2 / V t e.1.
(* edges that a particle can be asked to make *)
Definition live_edge t e : bool := live t e.1 && (0 < M t e.1 e.2).

(* What a model must satisfy; nothing is asked of states that are not live,
   save that the data are not negative. *)
Record well_formed : Prop := WellFormed {
  kernel_ge0 : forall t x y, 0 <= M t x y;
  kernel_sum1 : forall t x, (t < T)%N -> live t x -> \sum_y M t x y = 1;
  potential_ge0 : forall t x y, 0 <= psi t x y;
  twist_ge0 : forall t x, 0 <= V t x;
  twist_horizon : forall x, V T x = phi x;
  twist_root_gt0 : 0 < V 0 (root m)
}.
(* the twist kills no state of positive value *)
Definition no_kill : Prop := forall t e, (t < T)%N -> live_edge t e ->
  0 < psi t e.1 e.2 -> V t.+1 e.2 = 0 -> value t.+1 e.2 = 0.
(* Bellman error at most eps: 1/(1+eps) <= rho_t(x) <= 1+eps *)
Definition bellman_error_le (eps : R) : Prop := forall t x, (t < T)%N -> live t x ->
  (1 + eps)^-1 <= bellman_ratio t x <= 1 + eps.
(* Ratio bound L, two-sided, and from above alone *)
Definition ratio_bound_le (L : R) : Prop := forall t e, (t < T)%N -> live_edge t e ->
  L^-1 <= weight t e <= L.
Definition upper_ratio_le (L : R) : Prop := forall t e, (t < T)%N -> live_edge t e ->
  weight t e <= L.

(* ---- Sequential Monte Carlo ------------------------------------------- *)
Definition total N t (y : cloud N (X * X)) : R := \sum_i weight t (y i).
(* law of the child picked by one multinomial resampling *)
Definition resample N t (y : cloud N (X * X)) x : R :=
  (\sum_i weight t (y i) * ((y i).2 == x)%:R) / total t y.
(* law of one (parent, child) pair when the parent is drawn from nu *)
Definition mutate t nu e : R := nu e.1 * M t e.1 e.2.
Definition point x0 x : R := (x == x0)%:R.
(* law of the output when k steps remain and parents are drawn from nu *)
Fixpoint smc_from N k t nu o : R :=
  if k is k'.+1 then
    cmean (mutate t nu) (fun y : cloud N (X * X) =>
      if total t y == 0 then (o == None)%:R else smc_from N k' t.+1 (resample t y) o)
  else if o is Some x then nu x else 0.
Definition smc_law N : option X -> R := smc_from N T 0 (point (root m)).

(* ---- First consequences ------------------------------------------------ *)
Lemma value_ofT f x : value_of f T x = phi x * f x.
Proof. by rewrite /value_of subnn. Qed.
Lemma value_of_step f t x : (t < T)%N ->
  value_of f t x = \sum_y M t x y * psi t x y * value_of f t.+1 y.
Proof. by move=> tT; rewrite /value_of -subnSK. Qed.
Lemma value_of1 t x : value_of (fun=> 1) t x = value t x.
Proof.
rewrite /value_of /value; move: (T - t)%N => n; elim: n t x => [|k IH] t x /=; first by rewrite mulr1.
by apply: eq_bigr => y _; rewrite IH.
Qed.
Lemma valueT x : value T x = phi x. Proof. by rewrite /value subnn. Qed.
Lemma value_step t x : (t < T)%N ->
  value t x = \sum_y M t x y * psi t x y * value t.+1 y.
Proof. by move=> tT; rewrite /value -subnSK. Qed.

Lemma value_of_sum (I : finType) (c : I -> R) (F : I -> X -> R) t x :
  value_of (fun z => \sum_i c i * F i z) t x = \sum_i c i * value_of (F i) t x.
Proof.
rewrite /value_of; move: (T - t)%N => n; elim: n t x => [|k IH] t x /=.
  by rewrite mulr_sumr; apply: eq_bigr => i _; rewrite mulrCA.
rewrite (eq_bigr (fun y => \sum_i c i * (M t x y * psi t x y
          * backward (fun z => phi z * F i z) k t.+1 y))) => [|y _].
  by rewrite exchange_big; apply: eq_bigr => i _; rewrite mulr_sumr.
by rewrite IH mulr_sumr; apply: eq_bigr => i _; rewrite mulrCA.
Qed.
Lemma indicator_sum f z : f z = \sum_x f x * (z == x)%:R.
Proof.
rewrite (bigD1 z) //= eqxx mulr1 big1 ?addr0 // => x.
by rewrite eq_sym => /negbTE ->; rewrite mulr0.
Qed.
Lemma value_of_ext f g t x : f =1 g -> value_of f t x = value_of g t x.
Proof.
move=> fg; rewrite /value_of; move: (T - t)%N => n; elim: n t x => [|k IH] t x /=; first by rewrite fg.
by apply: eq_bigr => y _; rewrite IH.
Qed.
(* pi(f) = V*_0(f) / Z *)
Lemma target_mean f : mean target f = value_of f 0 (root m) / normaliser.
Proof.
rewrite (value_of_ext _ _ (indicator_sum f)) value_of_sum mulr_suml.
by apply: eq_bigr => x _; rewrite /target mulrC mulrA.
Qed.
Lemma mean_out (law : option X -> R) (g : option X -> R) :
  mean law g = law None * g None + mean (fun x => law (Some x)) (fun x => g (Some x)).
Proof.
rewrite /mean (bigD1 None) //= (reindex_omap Some id) /=; last by case.
by congr (_ + _); apply: eq_bigl => x; rewrite eqxx.
Qed.

(* ---- Well-formed models ------------------------------------------------ *)
Hypothesis wf : well_formed.
Let M_ge0 t x y : 0 <= M t x y. Proof. exact: (kernel_ge0 wf). Qed.
Let psi_ge0 t x y : 0 <= psi t x y. Proof. exact: (potential_ge0 wf). Qed.
Let V_ge0 t x : 0 <= V t x. Proof. exact: (twist_ge0 wf). Qed.

Lemma live_twist_gt0 t x : live t x -> 0 < V t x.
Proof.
case: t => [/eqP ->|t /existsP[z /andP[_]]]; first exact: (twist_root_gt0 wf).
move=> pos; rewrite lt_neqAle V_ge0 andbT eq_sym; apply: contraTneq pos => ->.
by rewrite mulr0 ltxx.
Qed.
Lemma live_step t e : live_edge t e -> weight t e != 0 -> live t.+1 e.2.
Proof.
case: e => x y /andP[/= lx kxy] w0; apply/existsP; exists x; rewrite lx /=.
rewrite -mulrA pmulr_rgt0 // lt_neqAle mulr_ge0 // andbT eq_sym.
by apply: contraNneq w0; rewrite /weight /= => ->; rewrite mul0r.
Qed.
Lemma weight_ge0 t e : 0 <= weight t e.
Proof. by rewrite divr_ge0 ?mulr_ge0. Qed.
Lemma total_ge0 N t (y : cloud N (X * X)) : 0 <= total t y.
Proof. by apply: sumr_ge0 => i _; exact: weight_ge0. Qed.

Definition live_law t nu : Prop := is_law nu /\ forall x, nu x != 0 -> live t x.

Lemma point_live : live_law 0 (point (root m)).
Proof.
split=> [|x]; last by rewrite /point /=; by rewrite pnatr_eq0 eqb0 negbK.
split=> [x|]; first exact: ler0n.
by rewrite /point (bigD1 (root m)) //= eqxx big1 ?addr0 // => x /negbTE ->.
Qed.
Lemma mean_mutate t nu (F : X * X -> R) :
  mean (mutate t nu) F = mean nu (fun x => \sum_y M t x y * F (x, y)).
Proof.
rewrite /mean (eq_bigr (fun x => \sum_y nu x * M t x y * F (x, y))) => [|x _].
  by rewrite pair_big; apply: eq_bigr => -[x y] _.
by rewrite mulr_sumr; apply: eq_bigr => y _; rewrite mulrA.
Qed.
Lemma mutate_law t nu : (t < T)%N -> live_law t nu -> is_law (mutate t nu).
Proof.
move=> tT [nu_law nu_live]; split=> [e|]; first by rewrite mulr_ge0 //; case: nu_law.
rewrite (eq_bigr (fun e => mutate t nu e * 1)) => [|e _]; last by rewrite mulr1.
rewrite -/(mean _ _) mean_mutate -[RHS](mean_const nu_law 1); apply: mean_ext => x /nu_live lx.
by rewrite -[RHS](kernel_sum1 wf tT lx); apply: eq_bigr => y _; rewrite mulr1.
Qed.
Lemma mutate_support t nu e : live_law t nu -> mutate t nu e != 0 -> live_edge t e.
Proof.
move=> [_ nu_live]; rewrite mulf_eq0 negb_or => /andP[/nu_live lx k0].
by rewrite /live_edge lx lt_neqAle eq_sym k0 M_ge0.
Qed.
Lemma mean_resample N t (y : cloud N (X * X)) f :
  mean (resample t y) f = (\sum_i weight t (y i) * f (y i).2) / total t y.
Proof.
rewrite /mean (eq_bigr (fun x => \sum_i weight t (y i) * f x * ((y i).2 == x)%:R / total t y))
  => [|x _].
  rewrite exchange_big mulr_suml; apply: eq_bigr => i _ /=.
  by rewrite -mulr_suml -(indicator_sum (fun x => weight t (y i) * f x)).
rewrite /resample mulrAC !mulr_suml; apply: eq_bigr => i _.
by congr (_ / _); rewrite mulrAC.
Qed.
Lemma resample_live N t nu (y : cloud N (X * X)) : live_law t nu ->
  iid (mutate t nu) y != 0 -> total t y != 0 -> live_law t.+1 (resample t y).
Proof.
move=> nu_live y_supp tot0; split; first split=> [x|].
- rewrite divr_ge0 ?total_ge0 //.
  by apply: sumr_ge0 => i _; rewrite mulr_ge0 ?weight_ge0 ?ler0n.
- have := mean_resample t y (fun=> 1); rewrite /mean.
  rewrite (eq_bigr (resample t y)) => [->|x _]; last by rewrite mulr1.
  by rewrite (eq_bigr (fun i => weight t (y i))) ?divff // => i _; rewrite mulr1.
move=> x; rewrite mulf_eq0 negb_or => /andP[+ _]; apply: contraR => not_live.
apply/eqP/big1 => i _; case: (eqVneq (y i).2 x) => [yx|]; last by rewrite mulr0.
rewrite mulr1; apply/eqP; apply: contraR not_live => w0; rewrite -yx.
by apply: live_step w0; apply: mutate_support nu_live (iid_support i y_supp).
Qed.

(* every outcome is counted: the output law, dead runs included, has mass 1 *)
Lemma smc_from_mass N k t nu : (t + k = T)%N -> live_law t nu ->
  \sum_o smc_from N k t nu o = 1.
Proof.
elim: k t nu => [|k IH] t nu tkT nu_live /=.
  have := mean_out (smc_from N 0 t nu) (fun=> 1); rewrite /mean /= mul0r add0r.
  rewrite (eq_bigr (smc_from N 0 t nu)) => [->|o _]; last by rewrite mulr1.
  by rewrite -[RHS](proj2 (proj1 nu_live)); apply: eq_bigr => x _; rewrite mulr1.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite -mean_sum -[RHS](mean_const (iid_law N (mutate_law tT nu_live)) 1).
apply: mean_ext => y y_supp.
have [_|tot0] := eqVneq (total t y) 0.
  by rewrite (bigD1 None) //= big1 ?addr0 // => -[].
by apply: IH; [rewrite addSnnS | exact: resample_live nu_live y_supp tot0].
Qed.
Lemma smc_from_ge0 N k t nu o : (t + k = T)%N -> live_law t nu -> 0 <= smc_from N k t nu o.
Proof.
elim: k t nu => [|k IH] t nu tkT nu_live /=; first by case: o => // x; case: nu_live => -[].
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
apply: (mean_ge0 (iid_law N (mutate_law tT nu_live))) => y y_supp.
have [_|tot0] := eqVneq (total t y) 0; first exact: ler0n.
by apply: IH; [rewrite addSnnS | exact: resample_live nu_live y_supp tot0].
Qed.
Lemma smc_law_law N : is_law (smc_law N).
Proof.
have pl := point_live; split=> [o|]; first exact: smc_from_ge0 (add0n T) pl.
exact: smc_from_mass (add0n T) pl.
Qed.
Lemma smc_law_mass N : \sum_o smc_law N o = 1.
Proof. by case: (smc_law_law N). Qed.
Lemma target_out_mass : normaliser != 0 -> \sum_o target_out o = 1.
Proof.
move=> Z0; have := mean_out target_out (fun=> 1); rewrite /mean /= mul0r add0r.
rewrite (eq_bigr target_out) => [->|o _]; last by rewrite mulr1.
by rewrite -/(mean _ _) target_mean value_of1 divff.
Qed.
End Model.

(* S17 -- a sweep of conditional SMC is reversible for the target, keeps it, and is positive semidefinite.

   A walk w from the root is kept.  At every step one of the N edges, at a uniformly drawn place, is the next edge of w; the others are
   drawn as SMC draws them, from the weighted law of all N edges before.  The answer is drawn from the last weights, w's own included:
     (K g)(w) = E[g(answer) | w kept].
   Over an ordinary run let U = Zhat/Z and nu the weighted law of the last cloud (U = 0 on a dead run).  For all f, g and every N >= 1,
     sum_w pi(w) f(end of w) (K g)(w) = E[U nu(f) nu(g)].
   The right side is symmetric in f and g, and not negative where f = g.  So, zero rewards allowed, as long as Z > 0:
     <f, K g> = <g, K f>,   <f, K f> >= 0,   sum_w pi(w) (K g)(w) = pi(g).
   Where walks are told apart by their ends (path_model, or any model on a tree) this is detailed balance between walks.
   The law of the answer does not depend on the place that is kept: N - 1 edges are free. *)
From mathcomp Require Import all_ssreflect all_algebra perm.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Paths Bellman Telescope Normaliser Functional SelfNormalised OneStep Exchange PathModel PathLaw.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* an entry of a cloud, drawn apart *)
Lemma cmean_apart (R : realFieldType) (A : finType) (N : nat) (k : A -> R) (i : 'I_N) (F : A -> cloud N A -> R) : is_law k ->
  cmean k (fun y => F (y i) y) = mean k (fun a => cmean k (fun y => F a (put y i a))).
Proof.
move=> k_law; have := exchange k i (fun y v => F v (put y i v)).
rewrite (_ : cmean k (fun y => mean k (fun v => F (y i) (put (put y i v) i (y i)))) = cmean k (fun y => F (y i) y)); last first.
  apply: eq_bigr => y _; congr (_ * _).
  by rewrite -[RHS](mean_const k_law); apply: eq_bigr => v _; rewrite put_twice put_own.
move=> <-; rewrite /cmean /mean (eq_bigr (fun y => \sum_v iid k y * (k v * F v (put y i v)))) => [|y _]; last by rewrite mulr_sumr.
rewrite exchange_big; apply: eq_bigr => v _; rewrite mulr_sumr; apply: eq_bigr => y _.
by rewrite mulrCA.
Qed.

Lemma mean_places (R : realFieldType) (A : finType) (N : nat) (k : A -> R) (c : R) (F : 'I_N -> cloud N A -> R) :
  \sum_i c * cmean k (F i) = cmean k (fun y => c * \sum_i F i y).
Proof. by rewrite /cmean mean_scale mean_sum mulr_sumr. Qed.

Section Conditional.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation M := (kernel m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation G := (weight m).
Local Notation Z := (normaliser m).
Implicit Types (t k : nat) (x : X) (nu f g : X -> R).

(* the mean of g at the answer when parents are drawn from nu, k steps remain and the walk w from x is kept *)
Fixpoint kept_from g k t nu x : walk X k -> R :=
  if k is k'.+1 then fun w =>
    N%:R^-1 * \sum_i cmean (mutate m t nu) (fun y : cloud N (X * X) =>
      kept_from g t.+1 (resample m t (put y i (x, w.1))) w.1 w.2)
  else fun=> mean nu g.
Definition conditional g (w : walk X T) : R := kept_from g 0 (point R (root m)) (root m) w.

(* E[nu(f) nu(g) prod mean weights] of an ordinary run; a dead run counts 0 *)
Fixpoint two_from f g k t nu : R :=
  if k is k'.+1 then
    cmean (mutate m t nu) (fun y : cloud N (X * X) => total m t y / N%:R * two_from f g k' t.+1 (resample m t y))
  else mean nu f * mean nu g.
(* E[Zhat nu(f) nu(g)] *)
Definition two_answers f g : R := V 0 (root m) * two_from f g T 0 (point R (root m)).

Lemma two_from_sym f g k : forall t nu, two_from f g k t nu = two_from g f k t nu.
Proof. by elim: k => [|k IH] t nu /=; [rewrite mulrC | apply: eq_bigr => y _; rewrite IH]. Qed.

Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Let nR : N%:R != 0 :> R. Proof. by rewrite pnatr_eq0 -lt0n. Qed.

Lemma two_from_ge0 f k : forall t nu, (t + k = T)%N -> live_law m t nu -> 0 <= two_from f f k t nu.
Proof.
elim: k => [|k IH] t nu tkT nu_live /=; first by rewrite -expr2 sqr_ge0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
apply: (mean_ge0 (iid_law N (mutate_law wf tT nu_live))) => y ys.
have [->|tot0] := eqVneq (total m t y) 0; first by rewrite !mul0r.
rewrite mulr_ge0 ?divr_ge0 ?total_ge0 ?ler0n //; apply: IH; first by rewrite addSnnS.
exact: (resample_live wf nu_live ys tot0).
Qed.

(* what walks from x still carry, in the units of V: the weights of their edges times the kernels *)
Lemma walk_step k t x y (w : walk X k) : (t + k.+1 = T)%N -> live m t x ->
  M t x y * (G t (x, y) * (target_walk m t.+1 y w / V t.+1 y)) = M t x y * psi t x y * target_walk m t.+1 y w / V t x.
Proof.
move=> tkT lx; have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite /weight /=; have [V0|V0] := eqVneq (V t.+1 y) 0; last by field; rewrite V0 gt_eqF // (live_twist_gt0 wf lx).
rewrite V0 mulr0 mul0r mul0r mulr0; have [->|M0] := eqVneq (M t x y) 0; first by rewrite !mul0r.
have [->|p0] := eqVneq (psi t x y) 0; first by rewrite mulr0 !mul0r.
rewrite (target_walk_zero wf w _) ?mulr0 ?mul0r //; first by rewrite addSnnS.
apply: (keeps tT (e := (x, y))) V0 => /=; first by rewrite /live_edge lx lt_neqAle eq_sym M0 (kernel_ge0 wf).
by rewrite lt_neqAle eq_sym p0 (potential_ge0 wf).
Qed.

(* ---- The identity ---------------------------------------------------------- *)
Lemma kept_two f g k : forall t nu, (t + k = T)%N -> live_law m t nu ->
  mean nu (fun x => \sum_(w : walk X k) target_walk m t x w / V t x * f (walk_end x w) * kept_from g t nu x w)
  = two_from f g k t nu.
Proof.
elim: k => [|k IH] t nu tkT nu_live.
  rewrite /= mulrC -mean_scale; apply: mean_ext => x xs; rewrite (big_pred1 tt) => [/=|[]] //.
  have lx := proj2 nu_live x xs; have tT : t = T by rewrite -tkT addn0.
  by rewrite -(twist_horizon wf) -tT divff ?mul1r 1?mulrC // gt_eqF // (live_twist_gt0 wf lx).
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have mu_law := mutate_law wf tT nu_live.
pose Phi (c : cloud N (X * X)) x := \sum_(w : walk X k)
  target_walk m t.+1 x w / V t.+1 x * f (walk_end x w) * kept_from g t.+1 (resample m t c) x w.
transitivity (cmean (mutate m t nu) (fun y : cloud N (X * X) => N%:R^-1 * \sum_i G t (y i) * Phi y (y i).2)); last first.
  apply: mean_ext => y ys; rewrite -(total_resample wf t y (Phi y)) mulrA [_^-1 * _]mulrC.
  have [->|tot0] := eqVneq (total m t y) 0; first by rewrite !mul0r.
  by congr (_ * _); apply: IH => //; exact: (resample_live wf nu_live ys tot0).
rewrite -(mean_places _ _ (fun i (y : cloud N (X * X)) => G t (y i) * Phi y (y i).2)).
under [RHS]eq_bigr => i _ do rewrite (cmean_apart i (fun e c => G t e * Phi c e.2) mu_law) mean_mutate -mean_scale.
rewrite -mean_sum; apply: mean_ext => x xs; have lx := proj2 nu_live x xs.
rewrite sum_walk -mulr_sumr [in RHS]exchange_big /= mulr_sumr; apply: eq_bigr => y _.
pose carried (w : walk X k) := M t x y * psi t x y * target_walk m t.+1 y w / V t x * f (walk_end y w).
pose next i (w : walk X k) := cmean (mutate m t nu) (fun c : cloud N (X * X) =>
  kept_from g t.+1 (resample m t (put c i (x, y))) y w).
rewrite (eq_bigr (fun i => \sum_w carried w * next i w)) => [|i _]; last first.
  rewrite /cmean -mean_scale (eq_bigr (fun w => mean (iid (mutate m t nu)) (fun c : cloud N (X * X) =>
    carried w * kept_from g t.+1 (resample m t (put c i (x, y))) y w))) => [|w _]; last by rewrite mean_scale.
  rewrite -mean_sum; apply: mean_ext => c _; rewrite mulr_sumr mulr_sumr; apply: eq_bigr => w _.
  by rewrite /carried -(walk_step y w tkT lx); ring.
rewrite exchange_big /= mulr_sumr; apply: eq_bigr => w _.
by rewrite -mulr_sumr mulrCA.
Qed.

Hypothesis Z_neq0 : Z != 0.

Theorem S17_identity f g :
  \sum_w target_path m w * f (walk_end (root m) w) * conditional g w = two_answers f g / Z.
Proof.
have := kept_two f g (add0n T) (point_live m); rewrite mean_point /two_answers => <-.
rewrite mulr_sumr mulr_suml; apply: eq_bigr => w _; rewrite /target_path /conditional.
by field; rewrite Z_neq0 gt_eqF // (twist_root_gt0 wf).
Qed.

Theorem S17_reversible f g : \sum_w target_path m w * f (walk_end (root m) w) * conditional g w
  = \sum_w target_path m w * g (walk_end (root m) w) * conditional f w.
Proof. by rewrite !S17_identity /two_answers two_from_sym. Qed.
Theorem S17_positive f : 0 <= \sum_w target_path m w * f (walk_end (root m) w) * conditional f w.
Proof.
rewrite S17_identity divr_ge0 // ?mulr_ge0 ?(twist_ge0 wf) //; last first.
  rewrite /normaliser -(target_walk_value (root m) (add0n T)); apply: sumr_ge0 => w _; exact: target_walk_ge0 (reward_ge0 wf) _ _ _.
exact: two_from_ge0 (add0n T) (point_live m).
Qed.

(* a run that keeps a walk of the target never dies *)
Lemma kept_one k : forall t nu x (w : walk X k), (t + k = T)%N -> live_law m t nu -> nu x != 0 ->
  target_walk m t x w != 0 -> kept_from (fun=> 1) t nu x w = 1.
Proof.
elim: k => [|k IH] t nu x w tkT nu_live nx w0; first exact: (mean_const (proj1 nu_live)).
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
case: w w0 => y w /=; rewrite mulf_eq0 negb_or => /andP[+ w0].
rewrite mulf_eq0 negb_or => /andP[M0 p0]; have lx := proj2 nu_live x nx.
have mu_law := mutate_law wf tT nu_live; have e0 : mutate m t nu (x, y) != 0 by rewrite mulf_neq0.
have G0 : 0 < G t (x, y).
  have V0 : V t.+1 y != 0.
    apply: contraNneq w0 => V0; apply/eqP; apply: (target_walk_zero wf) => //.
    apply: (keeps tT (e := (x, y))) V0 => /=; first exact: (mutate_support wf nu_live e0).
    by rewrite lt_neqAle eq_sym p0 (potential_ge0 wf).
  by rewrite lt_neqAle (weight_ge0 wf) andbT eq_sym /weight /= !mulf_neq0 // invr_neq0 // gt_eqF // (live_twist_gt0 wf lx).
rewrite (eq_bigr (fun=> 1)) => [|i _]; first by rewrite sumr_const card_ord mulVf.
rewrite -[RHS](mean_const (iid_law N mu_law)); apply: mean_ext => c cs.
have heavy j : 0 <= G t (put c i (x, y) j) by exact: weight_ge0.
have tot0 : 0 < total m t (put c i (x, y)).
  by rewrite /total (bigD1 i) //= put_at ltr_paddr // sumr_ge0.
apply: IH => //.
  apply: (resample_live wf nu_live) (lt0r_neq0 tot0).
  by apply: contraNneq (mulf_neq0 cs e0) => p; rewrite -(iid_put _ c i) p mul0r.
rewrite mulf_neq0 ?invr_neq0 ?lt0r_neq0 // (bigD1 i) //= put_at eqxx mulr1 ltr_paddr //.
by apply: sumr_ge0 => j _; rewrite mulr_ge0 ?ler0n.
Qed.

Theorem S17_invariant g : \sum_w target_path m w * conditional g w = mean (target m) g.
Proof.
have := S17_reversible (fun=> 1) g; rewrite (eq_bigr (fun w => target_path m w * conditional g w)) => [->|w _]; last by rewrite mulr1.
rewrite (target_mean m g) /value_of subn0 -target_walk_sum mulr_suml; apply: eq_bigr => w _; rewrite /target_path.
have [->|w0] := eqVneq (target_walk m 0 (root m) w) 0; first by rewrite !mul0r.
rewrite /conditional kept_one ?add0n ?mulr1 1?mulrAC //; first exact: point_live.
by rewrite /point eqxx oner_eq0.
Qed.

(* ---- The place that is kept does not matter -------------------------------- *)
Lemma resample_perm t (s : 'S_N) (y y' : cloud N (X * X)) : (forall j, y' j = y (s j)) ->
  resample m t y' =1 resample m t y.
Proof.
move=> ys x; rewrite /resample /total; congr (_ / _).
  by rewrite [RHS](reindex_inj (@perm_inj _ s)); apply: eq_bigr => j _; rewrite ys.
by rewrite [RHS](reindex_inj (@perm_inj _ s)); apply: eq_bigr => j _; rewrite ys.
Qed.
Lemma kept_ext g k : forall t nu nu' x (w : walk X k), nu =1 nu' -> kept_from g t nu x w = kept_from g t nu' x w.
Proof.
elim: k => [|k IH] t nu nu' x w eq_nu /=; first by apply: eq_bigr => z _; rewrite eq_nu.
congr (_ * _); apply: eq_bigr => i _; apply: cmean_law_ext => e.
by rewrite /mutate eq_nu.
Qed.
Theorem kept_place g k t nu x (w : walk X k.+1) (i : 'I_N) :
  kept_from g t nu x w = cmean (mutate m t nu) (fun y : cloud N (X * X) =>
    kept_from g t.+1 (resample m t (put y i (x, w.1))) w.1 w.2).
Proof.
set rhs := RHS; rewrite /= (eq_bigr (fun=> rhs)) => [|j _]; first by rewrite sumr_const card_ord -[rhs *+ _]mulr_natl mulKf.
rewrite /rhs /cmean; pose s := tperm i j.
pose turned (y : cloud N (X * X)) : cloud N (X * X) := [ffun l => y (s l)].
have turnedK : involutive turned by move=> y; apply/ffunP => l; rewrite !ffunE tpermK.
rewrite /mean (reindex_inj (inv_inj turnedK)) /=; apply: eq_bigr => y _; congr (_ * _).
  by rewrite /iid [RHS](reindex_inj (@perm_inj _ s)); apply: eq_bigr => l _; rewrite ffunE.
have ys l : put (turned y) j (x, w.1) l = put y i (x, w.1) (s l).
  rewrite !ffunE -(inj_eq (@perm_inj _ s) l j) /s tpermR.
  by [].
exact: kept_ext (resample_perm t ys).
Qed.
End Conditional.

(* ---- Between walks --------------------------------------------------------- *)
(* detailed balance where a walk of the target is known by its end *)
Definition ends_tell (R : realFieldType) (X : finType) (m : model R X) : Prop :=
  forall w w' : walk X (horizon m), target_path m w != 0 -> target_path m w' != 0 ->
    walk_end (root m) w = walk_end (root m) w' -> w = w'.

(* of all walks of the target only w has its end *)
Lemma only_walk (R : realFieldType) (X : finType) (m : model R X) (w : walk X (horizon m)) (F : walk X (horizon m) -> R) :
  ends_tell m -> target_path m w != 0 ->
  \sum_v target_path m v * (walk_end (root m) v == walk_end (root m) w)%:R * F v = target_path m w * F w.
Proof.
move=> tell w0; rewrite (bigD1 w) //= eqxx mulr1 big1 ?addr0 // => v vw.
have [->|v0] := eqVneq (target_path m v) 0; first by rewrite !mul0r.
have [e|_] := eqVneq (walk_end (root m) v) (walk_end (root m) w); last by rewrite mulr0 mul0r.
by rewrite (tell _ _ v0 w0 e) eqxx in vw.
Qed.

Theorem S17_detailed_balance (R : realFieldType) (X : finType) (m : model R X) (N : nat) (w w' : walk X (horizon m)) :
  well_formed m -> no_kill m -> normaliser m != 0 -> ends_tell m ->
  target_path m w != 0 -> target_path m w' != 0 ->
  target_path m w * conditional N (fun x => (x == walk_end (root m) w')%:R) w
  = target_path m w' * conditional N (fun x => (x == walk_end (root m) w)%:R) w'.
Proof.
move=> wf keeps Z0 tell w0 w'0.
rewrite -(only_walk (conditional N (fun x => (x == walk_end (root m) w')%:R)) tell w0).
rewrite -(only_walk (conditional N (fun x => (x == walk_end (root m) w)%:R)) tell w'0).
exact: (S17_reversible N wf keeps Z0 (fun x => (x == walk_end (root m) w)%:R) (fun x => (x == walk_end (root m) w')%:R)).
Qed.

(* walks of states that are paths: each is known by its end *)
Section OnPaths.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation P := (path_model m).

Lemma walk_first t (f g : path_type m) k (w : walk [finType of path_type m] k) :
  target_walk P t f ((g, w) : walk [finType of path_type m] k.+1) != 0 -> g = extend t f (at_time g t.+1).
Proof.
rewrite /= !mulf_eq0 !negb_or -andbA => /andP[K0 _]; apply/eqP; apply: contraR K0 => far.
apply/eqP/big1 => y _; have [e|_] := eqVneq g (extend t f y); last by rewrite mul0r.
by rewrite {2}e extend_new e eqxx in far.
Qed.
Lemma walk_end_past k : forall t (f : path_type m) (w : walk [finType of path_type m] k), (t + k = T)%N ->
  target_walk P t f w != 0 -> forall s, (s <= t)%N -> at_time (walk_end f w) s = at_time f s.
Proof.
elim: k => [|k IH] t f w tkT w0 s st //; case: w w0 => g w w0 /=.
have := walk_first w0; move: w0; rewrite /= !mulf_eq0 !negb_or => /andP[_ w0] gE.
rewrite (IH t.+1) ?addSnnS // 1?ltnW // gE /at_time ffunE; case: eqP => // /(congr1 (@nat_of_ord _)).
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
rewrite !inordK ?ltnS // 1?ltnW //; last exact: leq_ltn_trans st tT.
by move=> e; move: st; rewrite e ltnn.
Qed.
Lemma walk_unique k : forall t (f : path_type m) (w w' : walk [finType of path_type m] k), (t + k = T)%N ->
  target_walk P t f w != 0 -> target_walk P t f w' != 0 -> walk_end f w = walk_end f w' -> w = w'.
Proof.
elim: k => [|k IH] t f w w' tkT; first by case: w w' => -[].
case: w w' => g w [g' w'] w0 w'0 /= same; have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have gE := walk_first w0; have gE' := walk_first w'0.
move: w0 w'0; rewrite /= !mulf_eq0 !negb_or => /andP[_ w0] /andP[_ w'0].
have gg : g = g'.
  rewrite gE gE' -(walk_end_past tkT' w0 (leqnn _)) -(walk_end_past tkT' w'0 (leqnn _)).
  by rewrite same.
by rewrite -gg in w'0 same *; rewrite (IH _ _ _ _ tkT' w0 w'0 same).
Qed.
Lemma path_ends_tell : ends_tell P.
Proof.
move=> w w'; rewrite /target_path !mulf_eq0 !negb_or => /andP[w0 _] /andP[w'0 _].
exact: (walk_unique (add0n T) w0 w'0).
Qed.

Theorem S17_paths (N : nat) (w w' : walk [finType of path_type m] (horizon P)) : well_formed m -> no_kill m -> normaliser m != 0 ->
  target_path P w != 0 -> target_path P w' != 0 ->
  target_path P w * conditional N (fun f => (f == walk_end (root P) w')%:R) w
  = target_path P w' * conditional N (fun f => (f == walk_end (root P) w)%:R) w'.
Proof.
move=> wf keeps Z0; apply: S17_detailed_balance path_ends_tell.
- exact: path_well_formed.
- exact: path_no_kill.
by rewrite normaliser_path.
Qed.
End OnPaths.

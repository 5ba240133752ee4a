(* The law of the whole output path, and its last coordinate.

     smc_law m N  =  law of g_T when g is drawn from smc_law (path_model m) N,
   so the path model runs the same algorithm and only remembers more; and the
   end-to-end theorems S3, P3 and S4 for whole paths:
     TV(law of the output path, pi on paths) <= delta
   under the hypotheses on the model m itself. *)
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require Import Cloud TotalVariation Model Telescope EndToEnd PathModel Certificate Odds.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- Images of laws -------------------------------------------------------- *)
Section Image.
Variables (R : realFieldType) (A B : finType) (p : A -> B).
Definition image_law (k : A -> R) (b : B) : R := \sum_a k a * (p a == b)%:R.
Lemma mean_image k (F : B -> R) : mean (image_law k) F = mean k (fun a => F (p a)).
Proof.
rewrite /mean (eq_bigr (fun b => \sum_a k a * (p a == b)%:R * F b)) => [|b _]; last by rewrite mulr_suml.
rewrite exchange_big; apply: eq_bigr => a _; rewrite (bigD1 (p a)) //= eqxx mulr1.
by rewrite big1 ?addr0 // => b; rewrite eq_sym => /negbTE ->; rewrite mulr0 mul0r.
Qed.
Definition image_cloud N (y : cloud N A) : cloud N B := [ffun i => p (y i)].
(* N draws from the image are the images of N draws *)
Lemma iid_image N k (z : cloud N B) :
  iid (image_law k) z = \sum_(y : cloud N A) iid k y * (image_cloud y == z)%:R.
Proof.
rewrite /iid bigA_distr_bigA; apply: eq_bigr => y _; rewrite big_split; congr (_ * _) => /=.
case: eqP => [<-|/eqP yz]; first by rewrite big1 // => i _; rewrite ffunE eqxx.
apply/eqP/prodf_eq0; have /forallPn[i yi] : ~~ [forall i, p (y i) == z i].
  apply: contra yz => /forallP same; apply/eqP/ffunP => i; rewrite ffunE; exact/eqP/same.
by exists i => //; rewrite (negbTE yi).
Qed.
Lemma cmean_image N k (F : cloud N B -> R) :
  cmean (image_law k) F = cmean k (fun y => F (image_cloud y)).
Proof.
rewrite /cmean /mean.
rewrite (eq_bigr (fun z => \sum_(y : cloud N A) iid k y * (image_cloud y == z)%:R * F z)) => [|z _].
  rewrite exchange_big; apply: eq_bigr => y _; rewrite (bigD1 (image_cloud y)) //= eqxx mulr1.
  by rewrite big1 ?addr0 // => z; rewrite eq_sym => /negbTE ->; rewrite mulr0 mul0r.
by rewrite iid_image mulr_suml.
Qed.
End Image.
Lemma cmean_law_ext (R : realFieldType) (A : finType) N (k l : A -> R) (F : cloud N A -> R) :
  k =1 l -> cmean k F = cmean l F.
Proof.
move=> kl; apply: eq_bigr => y _; congr (_ * _); apply: eq_bigr => i _; exact: kl.
Qed.

Section Marginal.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation P := (path_model m).
Local Notation paths := (path_type m).
Implicit Types (t k : nat) (x : X) (f g : paths).

Lemma smc_from_ext k t (nu nu' : X -> R) o : nu =1 nu' ->
  smc_from m N k t nu o = smc_from m N k t nu' o.
Proof.
move=> nuE; case: k => [|k] /=; first by case: o.
by apply: cmean_law_ext => e; rewrite /mutate nuE.
Qed.
Let at_ t (f : paths) : X := at_time f t.

Lemma image_mutate t (nu : paths -> R) :
  image_law (@project _ _ m t) (mutate P t nu) =1 mutate m t (image_law (at_ t) nu).
Proof.
move=> [x y]; rewrite [LHS]mean_mutate /mutate /= /image_law mulr_suml; apply: eq_bigr => f _.
rewrite -mulrA; congr (_ * _); rewrite (kernel_mean t f (fun g => (project t (f, g) == (x, y))%:R)).
rewrite (bigD1 y) //= /project extend_new -/(at_ t f) xpair_eqE eqxx andbT big1 ?addr0 => [|z /negbTE zy].
  by case: eqP => [->|_]; rewrite ?mulr1 ?mul1r // mulr0 mul0r.
by rewrite extend_new xpair_eqE zy andbF mulr0.
Qed.
Lemma image_resample t (y : cloud N (paths * paths)) :
  image_law (at_ t.+1) (resample P t y) =1 resample m t (image_cloud (@project _ _ m t) y).
Proof.
move=> x; rewrite [LHS]mean_resample /resample; congr (_ / _).
  by apply: eq_bigr => i _; rewrite ffunE.
by apply: eq_bigr => i _; rewrite ffunE.
Qed.
Theorem path_marginal_from k t (nu : paths -> R) o : (t + k = T)%N ->
  image_law (omap (at_ T)) (smc_from P N k t nu) o = smc_from m N k t (image_law (at_ t) nu) o.
Proof.
elim: k t nu => [|k IH] t nu tkT /=.
  rewrite addn0 in tkT; rewrite [LHS]mean_out /= mul0r add0r tkT.
  by case: o => [x|]; [apply: eq_bigr | rewrite /mean big1 // => g _; rewrite mulr0].
rewrite -(cmean_law_ext _ (image_mutate t nu)) cmean_image.
rewrite [LHS](smc_from_mean P N (fun o' => (omap (at_ T) o' == o)%:R)).
apply: eq_bigr => y _; congr (_ * _).
have -> : total m t (image_cloud (@project _ _ m t) y) = total P t y.
  by apply: eq_bigr => i _; rewrite ffunE.
case: ifP => _; first by rewrite eq_sym.
by rewrite [LHS](IH t.+1) ?addSnnS //; apply: smc_from_ext; exact: image_resample.
Qed.
End Marginal.

(* the last coordinate of the output path is the output of SMC on the model *)
Theorem path_marginal (R : realFieldType) (X : finType) (m : model R X) N o :
  image_law (omap (fun f : path_type m => at_time f (horizon m))) (smc_law (path_model m) N) o
  = smc_law m N o.
Proof.
rewrite [LHS]path_marginal_from ?add0n //; apply: smc_from_ext => x.
rewrite [LHS](_ : _ = mean (point R (root (path_model m))) (fun f => (at_time f 0 == x)%:R)) //.
rewrite /mean /point (bigD1 (root (path_model m))) //= eqxx mul1r big1 ?addr0.
  by rewrite /at_time ffunE eq_sym.
by move=> f /negbTE ->; rewrite mul0r.
Qed.

(* ---- End to end, for the whole output path ------------------------------------ *)
Section Paths.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (eps L delta : R).
Local Notation T := (horizon m).
Definition path_target_out (o : option (path_type m)) : R := if o is Some g then path_target g else 0.
Hypothesis wf : well_formed m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Hypothesis delta_gt0 : 0 < delta.

Lemma tv_path : tv (smc_law (path_model m) N) path_target_out
  = tv (smc_law (path_model m) N) (target_out (path_model m)).
Proof. by congr (_ * _); apply: eq_bigr => -[g|] _ //=; rewrite target_of_path. Qed.

Theorem S3_paths : 0 < L -> ratio_bound_le m L ->
  L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law (path_model m) N) path_target_out <= delta.
Proof.
move=> L0 ratio enough; rewrite tv_path.
exact: (S3_particles_suffice (path_well_formed wf) N_gt0 eps_ge0 L0
          (path_bellman wf bellman) (path_ratio wf ratio)).
Qed.
Theorem P3_paths : 0 < L -> ratio_bound_le m L ->
  L ^+ 6 * T%:R * (1 + eps) ^+ (6 * T.-1) / (2%:R * delta) <= N%:R ->
  tv (smc_law (path_model m) N) path_target_out <= delta.
Proof.
move=> L0 ratio enough; rewrite tv_path.
exact: (P3_corollary (path_well_formed wf) N_gt0 eps_ge0 L0
          (path_bellman wf bellman) (path_ratio wf ratio)).
Qed.
Theorem S13_paths : 0 < L -> ratio_bound_le m L ->
  L ^+ 2 * T%:R * (1 + eps) ^+ (2 * T.-1) / (4%:R * delta) <= N%:R ->
  tv (smc_law (path_model m) N) path_target_out <= delta.
Proof.
move=> L0 ratio enough; rewrite tv_path.
exact: (S13_particles_suffice (path_well_formed wf) N_gt0 eps_ge0 L0
          (path_bellman wf bellman) (path_ratio wf ratio)).
Qed.
Theorem S12_paths : no_kill m -> upper_ratio_le m L ->
  L * (1 + eps) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv (smc_law (path_model m) N) path_target_out <= delta.
Proof.
move=> keeps upper enough; rewrite tv_path.
exact: (S12_particles_suffice (path_well_formed wf) (path_no_kill wf keeps) N_gt0 eps_ge0
          (path_bellman wf bellman) (path_upper wf upper)).
Qed.
Theorem S4_paths : no_kill m -> upper_ratio_le m L ->
  3%:R / 2%:R * (L * (1 + eps)) * T%:R * (1 + eps) ^+ (2 * T.-1) / delta <= N%:R ->
  tv (smc_law (path_model m) N) path_target_out <= delta.
Proof.
move=> keeps upper enough; rewrite tv_path.
exact: (S4_particles_suffice (path_well_formed wf) (path_no_kill wf keeps) N_gt0 eps_ge0
          (path_bellman wf bellman) (path_upper wf upper)).
Qed.
End Paths.

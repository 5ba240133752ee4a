(* S14.1 and S15 for every model: SMC whose states carry their paths (PathModel.v) is the same run.

   S14.1  E[(Zhat/Z)^2; the path is w] = a(w) pi(w) (PathFormula.v), out(w) >= pi(w)/a(w).
   S15    chi-squares and coverage are the same numbers on paths, so that for every model, for the law of the whole path and
          for that of its end,  TV <= (2^T - 1) C K rho (ChiSquares.v). *)
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require Import Cloud TotalVariation Model Paths Guided Telescope Normaliser NormaliserBound Neighbours NeighbourBound.
From BellmanSMC Require Import AnyAnswer Certificate PathModel PathLaw Conditional PathFormula Starts ChiSquares.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section AnyModel.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation P := (path_model m).
Local Notation chi m q := (chi_square (tilted_law m q (value m q)) (tilted_law m q (twist m q))).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis Z_neq0 : normaliser m != 0.
Let Z_path : normaliser P != 0. Proof. by rewrite normaliser_path. Qed.

Lemma arrival_path q : forall F : X -> R,
  \sum_f arrival P q f * F (at_time f q) = \sum_x arrival m q x * F x.
Proof.
elim: q => [|q IH] F.
  rewrite (bigD1 (root P)) //= eqxx mul1r big1 ?addr0 => [|f /negbTE ->]; last by rewrite mul0r.
  by rewrite /at_time ffunE (bigD1 (root m)) //= eqxx mul1r big1 ?addr0 // => x /negbTE ->; rewrite mul0r.
rewrite (eq_bigr (fun g => \sum_f arrival P q f * (kernel P q f g * (potential P q f g * F (at_time g q.+1))))) => [|g _]; last first.
  by rewrite /= mulr_suml; apply: eq_bigr => f _; rewrite !mulrA.
rewrite exchange_big (eq_bigr (fun f => arrival P q f * (\sum_y kernel m q (at_time f q) y
    * (potential m q (at_time f q) y * F y)))) => [|f _]; last first.
  rewrite -mulr_sumr (kernel_mean q f (fun g => potential P q f g * F (at_time g q.+1))); congr (_ * _).
  by apply: eq_bigr => y _; rewrite /= extend_new.
rewrite (IH (fun x => \sum_y kernel m q x y * (potential m q x y * F y))).
rewrite (eq_bigr (fun x => \sum_y arrival m q x * kernel m q x y * potential m q x y * F y)) => [|x _]; last first.
  by rewrite mulr_sumr; apply: eq_bigr => y _; rewrite !mulrA.
by rewrite exchange_big; apply: eq_bigr => y _ /=; rewrite mulr_suml.
Qed.
Lemma chi_path q : (q <= T)%N -> chi P q = chi m q.
Proof.
move=> qT; apply: (addrI 1); rewrite -(spread_chi wf keeps Z_neq0 qT).
rewrite -(spread_chi (path_well_formed wf) (path_no_kill wf keeps) Z_path qT) normaliser_path; congr (_ / _ * _).
  exact: (arrival_path q (twist m q)).
rewrite (eq_bigr (fun f => arrival P q f * (value m q (at_time f q) * value_ratio m q (at_time f q)))) => [|f _]; last first.
  by rewrite /value_ratio value_path // !mulrA.
rewrite (arrival_path q (fun x => value m q x * value_ratio m q x)); apply: eq_bigr => x _.
by rewrite mulrA.
Qed.

(* S14.1 for every path *)
Section OnPath.
Variable w : walk [finType of path_type m] (horizon P).
Hypothesis w_neq0 : target_path P w != 0.
Theorem S14_on_paths : second_moment P N (walk_end (root P) w) = lineage N w * target_path P w.
Proof. exact: (S14_path (path_well_formed wf) (path_no_kill wf keeps) Z_path (@path_ends_tell _ _ m) w_neq0). Qed.
Theorem S14_out_on_paths : target_path P w / lineage N w <= smc_law P N (Some (walk_end (root P) w)).
Proof. exact: (S14_out (path_well_formed wf) (path_no_kill wf keeps) Z_path (@path_ends_tell _ _ m) w_neq0). Qed.
End OnPath.

(* the output is the end of the path *)
Lemma tv_image (A B : finType) (p : A -> B) (mu nu : A -> R) : tv (image_law p mu) (image_law p nu) <= tv mu nu.
Proof.
rewrite /tv ler_pmul2l ?invr_gt0 ?ltr0n //.
apply: (@le_trans _ _ (\sum_b \sum_a `|mu a - nu a| * (p a == b)%:R)).
  apply: ler_sum => b _; rewrite /image_law -sumrB; apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => a _.
  by rewrite -mulrBl normrM [X in _ * X]ger0_norm ?ler0n.
rewrite exchange_big; apply: ler_sum => a _; rewrite -mulr_sumr (bigD1 (p a)) //= eqxx big1 ?addr0 ?mulr1 // => b.
by rewrite eq_sym => /negbTE ->.
Qed.
Lemma target_image o : image_law (omap (fun f : path_type m => at_time f T)) (target_out P) o = target_out m o.
Proof.
rewrite /image_law out_sum /= mul0r add0r; case: o => [x|]; last by rewrite big1 // => f _; rewrite mulr0.
transitivity (mean (target P) (fun f => (at_time f T == x)%:R)); first by apply: eq_bigr.
rewrite target_mean normaliser_path /target; congr (_ / _); rewrite /value_of subn0.
by rewrite (backward_path (fun z => reward m z * (z == x)%:R) _ (add0n T)) /at_time ffunE.
Qed.

Variables (C K rho : R) (r : nat).
Hypothesis C_ge1 : 1 <= C.
Hypothesis coverage : forall t e, (t < T)%N -> live_edge m t e ->
  potential m t e.1 e.2 * value m t.+1 e.2 <= C * value m t e.1.
Hypothesis K_ge1 : 1 <= K.
Hypothesis chi_le : forall q, (0 < q < T)%N -> 1 + chi m q <= K.
Hypothesis r_gt0 : (0 < r)%N.
Hypothesis T_le : (T <= r.*2.+1)%N.
Hypothesis rho_gt0 : 0 < rho.
Hypothesis rho_ge : 1 <= rho ^+ r.*2.-1 * N%:R ^+ r.

(* the law of the whole path *)
Theorem S15_paths : tv (smc_law P N) (target_out P) <= (2%:R ^+ T - 1) * (C * K * rho).
Proof.
apply: (S15_upper (path_well_formed wf) (path_no_kill wf keeps) N_gt0 Z_path C_ge1 _ K_ge1 _ r_gt0 T_le rho_gt0 rho_ge).
- move=> t e tT le; rewrite !value_path ?(ltnW tT) //; exact: (coverage tT (live_edge_path wf le)).
- by move=> q /andP[q0 qT]; rewrite (chi_path (ltnW qT)) chi_le ?q0.
exact: path_ends_tell.
Qed.
Theorem S15_chi_squares : tv (smc_law m N) (target_out m) <= (2%:R ^+ T - 1) * (C * K * rho).
Proof.
apply: le_trans S15_paths; pose p := omap (fun f : path_type m => at_time f T).
rewrite (_ : tv (smc_law m N) _ = tv (image_law p (smc_law P N)) (image_law p (target_out P))); first exact: tv_image.
by congr (_ * _); apply: eq_bigr => o _; rewrite path_marginal target_image.
Qed.
End AnyModel.

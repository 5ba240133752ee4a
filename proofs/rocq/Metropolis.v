(* S7, first half -- independent Metropolis-Hastings on guided proposals.

   A chain on paths: propose y from the guided particle's law g, accept with probability min(1, W(y)/W(x)), W the
   product of Bellman ratios along the path; stay at x otherwise.  The first proposal is the first state.
   General fact: if pi = c g W, c > 0, W > 0 and c W <= C on the support of g, then for every law on that support
     pi K = pi,   K(x,y) >= pi(y)/C,   TV(mu K, pi) <= (1 - 1/C) TV(mu, pi).
   With Q = r_1 ... r_(T-1) the spread of W, C = Q and after H proposals
     S7   TV <= (1 - 1/Q)^(H-1) (s-1)/(s+1),  Q <= s^2;     with eps,  (1 - 1/a^2)^(H-1) (a-1)/(a+1),  a = (1+eps)^(T-1). *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Functional Paths Guided.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Metropolis.
Variables (R : realFieldType) (A : finType) (g W : A -> R).
Implicit Types (x y : A) (mu : A -> R).

Definition acceptance x y : R := Num.min 1 (W y / W x).
Definition metropolis_kernel x y : R :=
  g y * acceptance x y + (x == y)%:R * (1 - \sum_z g z * acceptance x z).
Definition metropolis_step mu y : R := \sum_x mu x * metropolis_kernel x y.
(* law of the state after H proposals, H >= 1; the first is the first state *)
Definition metropolis_law H : A -> R := iter H.-1 metropolis_step g.

Variables (pi : A -> R) (c C : R).
Hypothesis g_law : is_law g.
Hypothesis pi_sum1 : \sum_x pi x = 1.
Hypothesis pi_g : forall x, pi x = g x * (c * W x).
Hypothesis c_gt0 : 0 < c.
Hypothesis W_gt0 : forall x, g x != 0 -> 0 < W x.
Hypothesis W_le : forall x, g x != 0 -> c * W x <= C.
Let g_ge0 x : 0 <= g x. Proof. by case: g_law. Qed.

Definition supported mu := forall x, g x = 0 -> mu x = 0.

Lemma acceptance_in01 x y : g x != 0 -> g y != 0 -> 0 <= acceptance x y <= 1.
Proof.
move=> x0 y0; rewrite /acceptance le_minl lexx /= andbT le_minr ler01 /=.
by rewrite divr_ge0 ?ltW ?W_gt0.
Qed.

Lemma term_in01 x y : g x != 0 -> 0 <= g y * acceptance x y <= g y.
Proof.
move=> x0; have [->|y0] := eqVneq (g y) 0; first by rewrite mul0r lexx.
by have /andP[a0 a1] := acceptance_in01 x0 y0; rewrite mulr_ge0 //= ler_pimulr.
Qed.

Lemma kernel_row_sum x : \sum_y metropolis_kernel x y = 1.
Proof.
rewrite big_split /= [X in _ + X](bigD1 x) //= eqxx mul1r [X in _ + (_ + X)]big1 => [|y].
  by rewrite addr0 addrC subrK.
by rewrite eq_sym => /negbTE ->; rewrite mul0r.
Qed.

Lemma stay_ge0 x : g x != 0 -> 0 <= 1 - \sum_z g z * acceptance x z.
Proof.
move=> x0; rewrite subr_ge0 -(proj2 g_law); apply: ler_sum => z _.
by have /andP[] := term_in01 z x0.
Qed.

Lemma C_gt0 : 0 < C.
Proof.
have [x x0] := law_support g_law; apply: lt_le_trans (W_le x0).
by rewrite mulr_gt0 ?W_gt0.
Qed.

Lemma metropolis_kernel_ge0 x y : g x != 0 -> 0 <= metropolis_kernel x y.
Proof.
move=> x0; have /andP[t0 _] := term_in01 y x0.
by rewrite addr_ge0 // mulr_ge0 ?ler0n ?stay_ge0.
Qed.

(* minorisation by the target *)
Lemma minorised x y : g x != 0 -> pi y / C <= metropolis_kernel x y.
Proof.
move=> x0; apply: (@le_trans _ _ (g y * acceptance x y)); last first.
  by rewrite ler_addl mulr_ge0 ?ler0n ?stay_ge0.
rewrite pi_g; have [->|y0] := eqVneq (g y) 0; first by rewrite !mul0r.
rewrite -mulrA ler_wpmul2l // /acceptance le_minr; apply/andP; split.
  by rewrite ler_pdivr_mulr ?C_gt0 // mul1r W_le.
rewrite ler_pdivr_mulr ?C_gt0 // [X in _ <= X]mulrAC ler_pdivl_mulr ?W_gt0 //.
by rewrite mulrAC [W y * C]mulrC ler_wpmul2r ?(ltW (W_gt0 y0)) // W_le.
Qed.

(* detailed balance *)
Lemma balance x y : pi x * (g y * acceptance x y) = pi y * (g x * acceptance y x).
Proof.
rewrite !pi_g; have [->|x0] := eqVneq (g x) 0; first by rewrite !(mul0r, mulr0).
have [->|y0] := eqVneq (g y) 0; first by rewrite !(mul0r, mulr0).
have Wx := W_gt0 x0; have Wy := W_gt0 y0.
suff sym a b : 0 < W a -> 0 < W b -> W a * acceptance a b = Num.min (W a) (W b).
  have -> : g x * (c * W x) * (g y * acceptance x y) = c * g x * g y * (W x * acceptance x y) by ring.
  have -> : g y * (c * W y) * (g x * acceptance y x) = c * g x * g y * (W y * acceptance y x) by ring.
  by rewrite !sym // minC.
move=> Wa Wb; rewrite /acceptance minr_pmulr ?ltW // mulr1 mulrC divfK //.
exact: lt0r_neq0.
Qed.

Lemma target_invariant y : metropolis_step pi y = pi y.
Proof.
rewrite /metropolis_step.
rewrite (eq_bigr (fun x => pi y * (g x * acceptance y x)
  + (x == y)%:R * (pi x * (1 - \sum_z g z * acceptance x z)))) => [|x _]; last first.
  by rewrite /metropolis_kernel mulrDr balance; congr (_ + _); rewrite mulrCA.
rewrite big_split /= -mulr_sumr [X in _ + X](bigD1 y) //= eqxx mul1r [X in _ + (_ + X)]big1 ?addr0 => [|x /negbTE ->].
  by ring.
by rewrite mul0r.
Qed.

Lemma step_supported mu : supported mu -> supported (metropolis_step mu).
Proof.
move=> mu_supp y y0; apply: big1 => x _; rewrite /metropolis_kernel y0 mul0r add0r.
by have [->|_] := eqVneq x y; [rewrite mu_supp // mul0r | rewrite mul0r mulr0].
Qed.

Lemma step_sum mu : \sum_y metropolis_step mu y = \sum_x mu x.
Proof.
rewrite exchange_big; apply: eq_bigr => x _.
by rewrite -mulr_sumr kernel_row_sum mulr1.
Qed.

Theorem contraction mu : supported mu -> \sum_x mu x = 1 ->
  tv (metropolis_step mu) pi <= (1 - C^-1) * tv mu pi.
Proof.
move=> mu_supp mu1; rewrite /tv mulrCA ler_pmul2l ?invr_gt0 ?ltr0n // mulr_sumr.
apply: (@le_trans _ _ (\sum_y \sum_x `|mu x - pi x| * (metropolis_kernel x y - pi y / C))).
  apply: ler_sum => y _.
  have -> : metropolis_step mu y - pi y = \sum_x (mu x - pi x) * (metropolis_kernel x y - pi y / C).
    rewrite -[X in _ - X = _]target_invariant /metropolis_step -sumrB.
    have z : \sum_x (mu x - pi x) * (pi y / C) = 0 by rewrite -mulr_suml sumrB mu1 pi_sum1 subrr mul0r.
    rewrite -[LHS]subr0 -[X in _ - X = _]z -sumrB; apply: eq_bigr => x _; ring.
  apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => x _; rewrite normrM.
  have [x0|x0] := eqVneq (g x) 0; first by rewrite mu_supp // pi_g x0 mul0r subrr normr0 !mul0r.
  have pos : 0 <= metropolis_kernel x y - pi y / C by rewrite subr_ge0 minorised.
  by rewrite (ger0_norm pos).
rewrite exchange_big /=; apply: ler_sum => x _.
by rewrite -mulr_sumr sumrB kernel_row_sum -mulr_suml pi_sum1 mul1r mulrC.
Qed.

Lemma iterate_law k : supported (iter k metropolis_step g) /\ is_law (iter k metropolis_step g).
Proof.
elim: k => [|k [supp [ge0 sum1]]] /=; first by split; [|exact: g_law].
split; [exact: step_supported|split; last by rewrite step_sum].
move=> y; apply: sumr_ge0 => x _; have [x0|x0] := eqVneq (g x) 0; first by rewrite supp // mul0r.
by rewrite mulr_ge0 ?metropolis_kernel_ge0.
Qed.

Theorem metropolis_bias H : tv (metropolis_law H) pi <= (1 - C^-1) ^+ H.-1 * tv g pi.
Proof.
rewrite /metropolis_law; move: H.-1 => k.
have C1 : 0 <= 1 - C^-1.
  rewrite subr_ge0 invf_le1 ?C_gt0 //.
  rewrite -pi_sum1 -[X in _ <= X]mulr1 -(proj2 g_law) mulr_sumr; apply: ler_sum => x _.
  rewrite pi_g mulrC; have [->|x0] := eqVneq (g x) 0; first by rewrite !mulr0.
  by rewrite ler_wpmul2r // W_le.
elim: k => [|k IH] /=; first by rewrite expr0 mul1r.
have [supp [_ sum1]] := iterate_law k.
apply: le_trans (contraction supp sum1) _.
by rewrite exprS -mulrA ler_wpmul2l // IH.
Qed.
End Metropolis.

Section Guided.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation W := (bellman_product m 0 (root m)).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.

(* law of the chain on paths after H proposals *)
Definition guided_metropolis H : walk X T -> R := metropolis_law (guided m) W H.

Section Levels.
Variable r : nat -> R.
Hypothesis rho_gt0 : ratio_positive m.
Hypothesis spread : level_ratio m r.
Local Notation Q := (\prod_(1 <= t < T) r t).

Theorem S7_chain s H : 0 < s -> Q <= s ^+ 2 ->
  tv (guided_metropolis H) (target_path m) <= (1 - Q^-1) ^+ H.-1 * ((s - 1) / (s + 1)).
Proof.
move=> s0 Qs; have g_law := guided_is_law wf rho_gt0; have [g_ge0 g_sum1] := g_law.
have Z0 := guided_normaliser_gt0 wf keeps rho_gt0.
have c0 : 0 < twist m 0 (root m) / normaliser m by rewrite divr_gt0 ?(twist_root_gt0 wf).
have pi1 : \sum_w target_path m w = 1.
  rewrite -(importance_mean wf keeps rho_gt0); apply: eq_bigr => w _.
  exact: target_importance wf keeps rho_gt0 w.
have [a [a0 a1 _ hab]] := min_on_support g_ge0 g_sum1 (importance_mean wf keeps rho_gt0)
  (importance_gt0 wf keeps rho_gt0) (importance_range wf keeps rho_gt0 spread).
have Q1 := range_ratio_ge1 g_ge0 g_sum1 (importance_mean wf keeps rho_gt0)
  (importance_gt0 wf keeps rho_gt0) (importance_range wf keeps rho_gt0 spread).
have bias := @metropolis_bias _ _ (guided m) W (target_path m) (twist m 0 (root m) / normaliser m) Q g_law pi1
  (target_importance wf keeps rho_gt0) c0 (root_product_gt0 wf rho_gt0).
apply: le_trans (bias _ H) _.
  move=> w w0; have /andP[_] := hab w w0; rewrite /importance => hi.
  apply: le_trans hi _; rewrite ler_pimulr // (le_trans ler01) //.
apply: ler_wpmul2l; last exact: (S2_paths wf keeps rho_gt0 spread).
by rewrite exprn_ge0 // subr_ge0 invf_le1 // (lt_le_trans ltr01).
Qed.
End Levels.

Section BellmanError.
Variable eps : R.
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis bellman : bellman_error_le m eps.
Local Notation a := ((1 + eps) ^+ (T - 1)).

Theorem S7_bellman_error H : tv (guided_metropolis H) (target_path m)
  <= (1 - (a ^+ 2)^-1) ^+ H.-1 * ((a - 1) / (a + 1)).
Proof.
have a0 : 0 < a by rewrite exprn_gt0 // (lt_le_trans ltr01) // ler_addl.
have := S7_chain (bellman_ratio_positive eps_ge0 bellman) (bellman_level_ratio eps_ge0 bellman) H a0.
by rewrite bellman_level_product; apply.
Qed.

(* the end of the chain's path *)
Theorem S7_output H : tv (fun x => \sum_w guided_metropolis H w * (walk_end (root m) w == x)%:R) (target m)
  <= (1 - (a ^+ 2)^-1) ^+ H.-1 * ((a - 1) / (a + 1)).
Proof.
apply: le_trans (S7_bellman_error H).
apply: le_trans (tv_push (walk_end (root m)) (guided_metropolis H) (target_path m)).
by rewrite /tv le_eqVlt; apply/orP; left; apply/eqP; congr (_ * _); apply: eq_bigr => x _; rewrite target_path_end.
Qed.
End BellmanError.
End Guided.

Arguments guided_metropolis {R X} m H w.

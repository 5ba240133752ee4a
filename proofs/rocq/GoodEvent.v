(* S7 on a good event -- independent Metropolis-Hastings whose weights are bounded on good proposals only.

   Proposals have law g, the target is pi = c g W; good proposals have mass kept under g and captured under pi, and
   W(x) <= C W(y) for good x, y.  Then after H proposals
     TV <= H (1 - kept) + (1 - 1/C)^H + (1 - captured).
   The chain that draws its proposals from the good ones alone is Metropolis-Hastings for the target conditioned on them;
   its law after H proposals, times kept^H, is below the law of the chain itself; conditioning moves the target by its
   mass of the bad event. *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Certificate Metropolis.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* a law that is at most C times another is within 1 - 1/C of it *)
Lemma tv_dominated (R : realFieldType) (A : finType) (mu nu : A -> R) (C : R) :
  is_law mu -> is_law nu -> 0 < C -> (forall x, mu x <= C * nu x) -> tv nu mu <= 1 - C^-1.
Proof.
move=> [mu0 mu1] [nu0 nu1] C0 dom.
have C1 : 0 <= 1 - C^-1.
  rewrite subr_ge0 invf_le1 // -mu1 -[X in _ <= X]mulr1 -nu1 mulr_sumr; apply: ler_sum => x _; exact: dom.
rewrite tv_sym tv_above ?mu1 ?nu1 //; have -> : 1 - C^-1 = \sum_x mu x * (1 - C^-1) by rewrite -mulr_suml mu1 mul1r.
apply: ler_sum => x _; rewrite le_maxl mulr_ge0 //= mulrBr mulr1 ler_sub // ler_pdivr_mulr // mulrC; exact: dom.
Qed.

Lemma tv_triangle (R : realFieldType) (A : finType) (mu nu xi : A -> R) : tv mu xi <= tv mu nu + tv nu xi.
Proof.
rewrite /tv -mulrDr ler_pmul2l ?invr_gt0 ?ltr0n // -big_split; apply: ler_sum => a _ /=.
by apply: le_trans (ler_norm_add _ _); rewrite addrA subrK.
Qed.

(* 1 - x^n <= n (1 - x) on [0,1] *)
Lemma one_minus_power (R : realFieldType) (x : R) n : 0 <= x <= 1 -> 1 - x ^+ n <= n%:R * (1 - x).
Proof.
move=> /andP[x0 x1]; elim: n => [|n IH]; first by rewrite expr0 subrr mul0r.
have -> : 1 - x ^+ n.+1 = (1 - x ^+ n) + x ^+ n * (1 - x) by rewrite exprSr; move: (x ^+ n) => p; ring.
rewrite -[in X in _ <= X]addn1 natrD mulrDl mul1r; apply: ler_add => //.
by rewrite ler_pimull ?subr_ge0 // exprn_ile1.
Qed.

Section GoodEvent.
Variables (R : realFieldType) (A : finType) (g W pi : A -> R) (c C : R) (good : pred A).
Hypothesis g_law : is_law g.
Hypothesis pi_sum1 : \sum_x pi x = 1.
Hypothesis pi_g : forall x, pi x = g x * (c * W x).
Hypothesis c_gt0 : 0 < c.
Hypothesis W_gt0 : forall x, g x != 0 -> 0 < W x.
Hypothesis spread : forall x y, g x != 0 -> g y != 0 -> good x -> good y -> W x <= C * W y.
Let flag x : R := (good x)%:R.
Let kept : R := prob g good.
Let captured : R := prob pi good.
Hypothesis kept_gt0 : 0 < kept.
Let g_ge0 x : 0 <= g x. Proof. by case: g_law. Qed.
Let flag_ge0 x : 0 <= flag x. Proof. exact: ler0n. Qed.
Let flag_le1 x : flag x <= 1. Proof. by rewrite /flag; case: (good x); rewrite ?ler01. Qed.

Definition kept_law x : R := flag x * g x / kept.
Definition captured_law x : R := flag x * pi x / captured.

Let keptE : kept = \sum_x flag x * g x.
Proof. by rewrite /kept prob_mean; apply: eq_bigr => x _; rewrite mulrC. Qed.
Let capturedE : captured = \sum_x flag x * pi x.
Proof. by rewrite /captured prob_mean; apply: eq_bigr => x _; rewrite mulrC. Qed.
Let pi_ge0 x : 0 <= pi x.
Proof.
rewrite pi_g; have [->|x0] := eqVneq (g x) 0; first by rewrite mul0r.
by rewrite mulr_ge0 // ltW // mulr_gt0 ?W_gt0.
Qed.
Let good_point : exists2 x, good x & g x != 0.
Proof.
have [/existsP[x /andP[gx x0]]|none] := boolP [exists x, good x && (g x != 0)]; first by exists x.
move: kept_gt0; rewrite keptE big1 ?ltxx // => x _; rewrite /flag.
move: none; rewrite negb_exists => /forallP/(_ x); rewrite negb_and negbK => /orP[/negbTE ->|/eqP ->].
  by rewrite mul0r.
by rewrite mulr0.
Qed.
Let captured_gt0 : 0 < captured.
Proof.
have [x gx x0] := good_point; rewrite capturedE (bigD1 x) //= ltr_paddr //.
  by apply: sumr_ge0 => y _; rewrite mulr_ge0.
by rewrite /flag gx mul1r pi_g !mulr_gt0 ?W_gt0 // lt_neqAle eq_sym x0 g_ge0.
Qed.

Lemma kept_is_law : is_law kept_law.
Proof.
split=> [x|]; first by rewrite divr_ge0 ?mulr_ge0 // ltW.
by rewrite -mulr_suml -keptE mulfV // gt_eqF.
Qed.
Lemma captured_is_law : is_law captured_law.
Proof.
split=> [x|]; first by rewrite divr_ge0 ?mulr_ge0 // ltW.
by rewrite -mulr_suml -capturedE mulfV // gt_eqF.
Qed.
Lemma kept_support x : kept_law x != 0 -> good x /\ g x != 0.
Proof.
rewrite /kept_law mulf_eq0 negb_or mulf_eq0 negb_or => /andP[/andP[f0 g0] _]; split=> //.
by move: f0; rewrite /flag; case: (good x); rewrite ?eqxx.
Qed.
Let scale := c * kept / captured.
Let scale_gt0 : 0 < scale. Proof. by rewrite divr_gt0 ?mulr_gt0. Qed.
Lemma captured_kept x : captured_law x = kept_law x * (scale * W x).
Proof. by rewrite /captured_law /kept_law /scale pi_g; field; rewrite !gt_eqF. Qed.
Lemma kept_W_gt0 x : kept_law x != 0 -> 0 < W x.
Proof. by move=> /kept_support[_ /W_gt0]. Qed.
Lemma kept_W_le x : kept_law x != 0 -> scale * W x <= C.
Proof.
move=> /kept_support[gx x0]; have [k0 k1] := kept_is_law.
have -> : scale * W x = \sum_y kept_law y * (scale * W x) by rewrite -mulr_suml k1 mul1r.
rewrite -[C]mul1r -(proj2 captured_is_law) mulr_suml; apply: ler_sum => y _; rewrite captured_kept -mulrA.
have [->|/kept_support[gy y0]] := eqVneq (kept_law y) 0; first by rewrite !mul0r.
by rewrite ler_wpmul2l // -mulrA ler_wpmul2l ?(ltW scale_gt0) // mulrC spread.
Qed.
Let C_gt0 : 0 < C.
Proof.
have [x x0] := law_support kept_is_law.
by apply: lt_le_trans (kept_W_le x0); rewrite mulr_gt0 // kept_W_gt0.
Qed.

(* one step of the chain on good proposals, times kept, is below one step of the chain *)
Lemma kernel_dominates x y : g x != 0 -> kept * metropolis_kernel kept_law W x y <= metropolis_kernel g W x y.
Proof.
move=> x0; have K0 := gt_eqF kept_gt0; rewrite /metropolis_kernel mulrDr.
have part z : kept * (kept_law z * acceptance W x z) = flag z * (g z * acceptance W x z).
  by rewrite /kept_law; field; rewrite K0.
have less z : flag z * (g z * acceptance W x z) <= g z * acceptance W x z.
  by have /andP[t0 _] := term_in01 g_law W_gt0 z x0; rewrite ler_pimull.
apply: ler_add; first by rewrite part.
rewrite mulrCA; apply: ler_wpmul2l; first exact: ler0n.
rewrite mulrBr mulr1 mulr_sumr (eq_bigr _ (fun z _ => part z)) -subr_ge0.
have -> : 1 - \sum_z g z * acceptance W x z - (kept - \sum_z flag z * (g z * acceptance W x z))
  = \sum_z (1 - flag z) * (g z - g z * acceptance W x z).
  transitivity (\sum_z g z - \sum_z g z * acceptance W x z - (kept - \sum_z flag z * (g z * acceptance W x z))).
    by rewrite (proj2 g_law).
  by rewrite keptE -!sumrB; apply: eq_bigr => z _; ring.
apply: sumr_ge0 => z _; rewrite mulr_ge0 ?subr_ge0 //.
by have /andP[_ ->] := term_in01 g_law W_gt0 z x0.
Qed.

Lemma chain_dominates k y :
  kept ^+ k.+1 * iter k (metropolis_step kept_law W) kept_law y <= iter k (metropolis_step g W) g y.
Proof.
elim: k y => [|k IH] y.
  by rewrite expr1 /= /kept_law mulrC divfK ?gt_eqF // ler_pimull.
have [supp' [ge0' _]] := iterate_law kept_is_law kept_W_gt0 k.
have [supp [ge0 _]] := iterate_law g_law W_gt0 k.
rewrite /= /metropolis_step mulr_sumr; apply: ler_sum => x _.
have [k0|k_neq0] := eqVneq (kept_law x) 0.
  rewrite (supp' x k0) mul0r mulr0; have [x0|x0] := eqVneq (g x) 0; first by rewrite (supp x x0) mul0r.
  by rewrite mulr_ge0 ?(metropolis_kernel_ge0 g_law W_gt0).
have [_ x0] := kept_support k_neq0.
have -> (a b : R) : kept ^+ k.+2 * (a * b) = kept ^+ k.+1 * a * (kept * b) by rewrite exprS; ring.
apply: ler_pmul; rewrite ?IH ?kernel_dominates // mulr_ge0 ?exprn_ge0 ?(ltW kept_gt0) //.
exact: (metropolis_kernel_ge0 kept_is_law kept_W_gt0).
Qed.

Theorem good_event_bias H : (0 < H)%N ->
  tv (metropolis_law g W H) pi <= H%:R * (1 - kept) + (1 - C^-1) ^+ H + (1 - captured).
Proof.
move=> H0; set mu := metropolis_law kept_law W H.
have pi_law : is_law pi by split.
have [_ mu_law] := iterate_law kept_is_law kept_W_gt0 H.-1.
have [_ chain_law] := iterate_law g_law W_gt0 H.-1.
have kept_le1 : kept <= 1.
  by rewrite keptE -(proj2 g_law); apply: ler_sum => x _; rewrite ler_pimull.
have drawn : tv (metropolis_law g W H) mu <= H%:R * (1 - kept).
  have K0 : 0 < kept ^+ H by rewrite exprn_gt0.
  have := @tv_dominated _ _ mu (metropolis_law g W H) (kept ^+ H)^-1 mu_law chain_law; rewrite invr_gt0 invrK.
  move=> bound; apply: le_trans (bound K0 _) _; last by rewrite one_minus_power // (ltW kept_gt0).
  move=> x; rewrite mulrC ler_pdivl_mulr // mulrC /mu /metropolis_law -{1}(prednK H0).
  exact: chain_dominates.
have mixed : tv mu captured_law <= (1 - C^-1) ^+ H.
  apply: le_trans (metropolis_bias kept_is_law (proj2 captured_is_law) captured_kept scale_gt0 kept_W_gt0 kept_W_le H) _.
  rewrite -{2}(prednK H0) exprSr ler_wpmul2l //; last first.
    apply: (tv_dominated captured_is_law kept_is_law C_gt0) => x; rewrite captured_kept mulrC.
    have [->|x0] := eqVneq (kept_law x) 0; first by rewrite !mulr0.
    by rewrite ler_wpmul2r ?kept_W_le //; case: kept_is_law.
  rewrite exprn_ge0 //; have := tv_dominated captured_is_law kept_is_law C_gt0.
  move=> bound; apply: le_trans (bound _); first by rewrite /tv mulr_ge0 ?invr_ge0 ?ler0n // sumr_ge0.
  move=> x; rewrite captured_kept mulrC; have [->|x0] := eqVneq (kept_law x) 0; first by rewrite !mulr0.
  by rewrite ler_wpmul2r ?kept_W_le //; case: kept_is_law.
have conditioned : tv captured_law pi <= 1 - captured.
  rewrite tv_sym; have := @tv_dominated _ _ captured_law pi captured^-1 captured_is_law pi_law.
  rewrite invr_gt0 invrK; apply=> // x; rewrite /captured_law mulrC ler_pmul2l ?invr_gt0 //.
  by rewrite ler_pimull.
apply: le_trans (tv_triangle _ mu _) _; rewrite -addrA; apply: ler_add => //.
by apply: le_trans (tv_triangle _ captured_law _) _; apply: ler_add.
Qed.
End GoodEvent.

Lemma tv_le1 (R : realFieldType) (A : finType) (mu nu : A -> R) : is_law mu -> is_law nu -> tv mu nu <= 1.
Proof.
move=> [mu0 mu1] [nu0 nu1]; rewrite tv_above ?mu1 ?nu1 // -mu1; apply: ler_sum => x _.
by rewrite le_maxl mu0 ler_subl_addr ler_addl nu0.
Qed.

(* S1 and S2 are attained -- the two-branch model.

   From the root the first step goes to branch true with probability w and to branch false otherwise; below each
   branch there is one path.  V_0 = V_1 = 1, and for t >= 1 the twist is multiplied at each step by 1+eps below true
   and by 1/(1+eps) below false.  The Bellman error is at most eps and the ratio bound at most 1+eps.
   With a = (1+eps)^(T-1):
     w = 1/(1+a)      TV(guided output, pi)  = (a-1)/(a+1)           the bound of S2
     w = 1/(1+a^2)    chi^2(pi || guided)    = ((a - 1/a)/2)^2       the bound of S1 *)
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Functional Paths Guided.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section TwoBranch.
Variables (R : realFieldType) (T : nat) (eps w : R).
(* None is the root, Some b the node below branch b *)
Definition branch_node : finType := [finType of option bool].
Implicit Types (t k : nat) (b : bool) (x : branch_node).

Definition branch_ratio b : R := if b then 1 + eps else (1 + eps)^-1.
Definition branch_twist t x : R := if x is Some b then branch_ratio b ^+ t.-1 else 1.
Definition branch_kernel t x (y : branch_node) : R :=
  match x, y with
  | None, Some b => coin w b
  | Some c, Some b => (c == b)%:R
  | _, None => 0
  end.
Definition two_branch : model R branch_node :=
  {| horizon := T; root := None : branch_node; kernel := branch_kernel; potential := fun _ _ _ => 1;
     twist := branch_twist; reward := branch_twist T |}.

Hypothesis eps_ge0 : 0 <= eps.
Hypothesis T_gt0 : (0 < T)%N.
Hypothesis w_gt0 : 0 < w.
Hypothesis w_lt1 : w < 1.
Let e1 : 1 <= 1 + eps. Proof. by rewrite ler_addl. Qed.
Let e0 : 0 < 1 + eps. Proof. by rewrite (lt_le_trans ltr01). Qed.

Lemma branch_ratio_gt0 b : 0 < branch_ratio b.
Proof. by case: b; rewrite /branch_ratio ?invr_gt0. Qed.

Lemma branch_ratio_bounds b : (1 + eps)^-1 <= branch_ratio b <= 1 + eps.
Proof.
have le : (1 + eps)^-1 <= 1 + eps by rewrite (le_trans _ e1) // invf_le1.
by case: b; rewrite /branch_ratio ?lexx ?le.
Qed.

Lemma unit_bounds : (1 + eps)^-1 <= 1 <= 1 + eps.
Proof. by rewrite e1 invf_le1 ?e1. Qed.

Lemma branch_twist_gt0 t x : 0 < branch_twist t x.
Proof. by case: x => [b|] /=; rewrite ?ltr01 // exprn_gt0 // branch_ratio_gt0. Qed.

Lemma coin_ge0 b : 0 <= coin w b.
Proof. by case: b; rewrite /coin ?subr_ge0 ltW. Qed.

Lemma sum_branch (f : branch_node -> R) : \sum_x f x = f None + \sum_b f (Some b).
Proof.
rewrite (bigD1 None) //=; congr (_ + _).
by rewrite (reindex_omap Some id) /= ?big_mkcond //; [apply: eq_bigr => b _; rewrite eqxx | case].
Qed.

Lemma branch_step t x (f : branch_node -> R) : \sum_y branch_kernel t x y * 1 * f y =
  if x is Some b then f (Some b) else \sum_b coin w b * f (Some b).
Proof.
rewrite sum_branch; case: x => [c|] /=; rewrite !mul0r add0r; last first.
  by apply: eq_bigr => b _; rewrite mulr1.
rewrite (bigD1 c) //= eqxx !mul1r big1 ?addr0 // => b.
by rewrite eq_sym => /negbTE ->; rewrite !mul0r.
Qed.

Theorem two_branch_well_formed : well_formed two_branch.
Proof.
split=> //=.
- by move=> _ [c|] [b|] //=; rewrite ?ler0n ?coin_ge0.
- move=> t x _ _; have := branch_step t x (fun=> 1).
  rewrite (eq_bigr (branch_kernel t x)) => [->|y _]; last by rewrite !mulr1.
  by case: x => //; rewrite (eq_bigr (coin w)) ?coin_sum1 // => b _; rewrite mulr1.
- by move=> *; exact: ler01.
- by move=> t x; exact/ltW/branch_twist_gt0.
by rewrite ltr01.
Qed.

Theorem two_branch_no_kill : no_kill two_branch.
Proof. by move=> t [x y] _ _ _ /= V0; have := branch_twist_gt0 t.+1 y; rewrite V0 ltxx. Qed.

Lemma live_branch t x : live two_branch t.+1 x -> exists b, x = Some b.
Proof.
case: x => [b|]; first by exists b.
by case/existsP => -[c|] /andP[_]; rewrite /= !mul0r ltxx.
Qed.

Lemma twist_next t b : branch_twist t.+2 (Some b) = branch_ratio b * branch_twist t.+1 (Some b).
Proof. by rewrite /= exprS. Qed.

Lemma ratio_root : bellman_ratio two_branch 0 None = 1.
Proof.
rewrite /bellman_ratio branch_step /= divr1 (eq_bigr (coin w)) ?coin_sum1 // => b _.
by rewrite expr0 mulr1.
Qed.

Lemma ratio_below t b : bellman_ratio two_branch t.+1 (Some b) = branch_ratio b.
Proof. by rewrite /bellman_ratio branch_step [twist _ t.+2 _]twist_next mulfK // gt_eqF // branch_twist_gt0. Qed.

Theorem two_branch_bellman_error : bellman_error_le two_branch eps.
Proof.
move=> [|t] x tT lx; first by move: lx => /= /eqP ->; rewrite ratio_root unit_bounds.
by have [b ->] := live_branch lx; rewrite ratio_below branch_ratio_bounds.
Qed.

Theorem two_branch_ratio_bound : ratio_bound_le two_branch (1 + eps).
Proof.
move=> [|t] [x y] tT /andP[/= lx M0]; rewrite /weight /= mul1r.
  move: lx M0 => /eqP ->; case: y => [b|]; rewrite /= ?ltxx // => _.
  by rewrite expr0 divr1 unit_bounds.
have [c xc] := live_branch lx; move: M0; rewrite xc; case: y => [b|]; rewrite /= ?ltxx //.
case: eqP => [->|_]; rewrite ?ltxx // => _.
by rewrite exprS mulfK ?branch_ratio_bounds // gt_eqF // exprn_gt0 // branch_ratio_gt0.
Qed.

(* ---- The guided particle stays on its branch ----------------------------- *)
Lemma kernel_below t c y : guided_kernel two_branch t.+1 (Some c) y = (Some c == y)%:R.
Proof.
have V0 : branch_twist t.+2 (Some c) != 0 by rewrite gt_eqF // branch_twist_gt0.
rewrite /guided_kernel /bellman_image branch_step; case: y => [b|] /=; last by rewrite !mul0r.
rewrite (inj_eq Some_inj); have [->|_] := eqVneq c b; last by rewrite !mul0r.
by rewrite !mul1r mulfV // gt_eqF // exprn_gt0 // branch_ratio_gt0.
Qed.

Lemma kernel_root b : guided_kernel two_branch 0 None (Some b) = coin w b.
Proof.
rewrite /guided_kernel /bellman_image branch_step /= expr0 !mulr1.
by rewrite (eq_bigr (coin w)) => [|c _]; rewrite ?coin_sum1 ?divr1 ?mulr1.
Qed.

Lemma mean_below (F : branch_node -> R -> R) k t b (z : R) :
  \sum_(v : walk branch_node k) guided_walk two_branch t.+1 (Some b) v *
    F (walk_end (Some b) v) (z * bellman_product two_branch t.+1 (Some b) v) = F (Some b) (z * branch_ratio b ^+ k).
Proof.
elim: k t z => [|k IH] t z; first by rewrite (big_pred1 tt) /= ?mul1r // => -[].
rewrite sum_walk (bigD1 (Some b)) //= [X in _ + X]big1 ?addr0 => [|y yb]; last first.
  by rewrite big1 // => v _; rewrite kernel_below eq_sym (negbTE yb) !mul0r.
rewrite exprS mulrA -(IH t.+1); apply: eq_bigr => v _.
by rewrite kernel_below eqxx mul1r ratio_below mulrA.
Qed.

(* E_guided F(end, W) *)
Lemma mean_guided (F : branch_node -> R -> R) :
  \sum_v guided two_branch v * F (walk_end None v) (bellman_product two_branch 0 None v)
  = \sum_b coin w b * F (Some b) (branch_ratio b ^+ (T - 1)).
Proof.
rewrite /guided /=; case: T T_gt0 => // k _; rewrite sum_walk sum_branch [X in X + _]big1 ?add0r => [|v _]; last first.
  by rewrite /= /guided_kernel /= !mul0r.
apply: eq_bigr => b _; rewrite subn1 -[_ ^+ k.+1.-1]mul1r -(mean_below F k 0 b 1) mulr_sumr.
by apply: eq_bigr => v _; rewrite /= kernel_root ratio_root mulrA.
Qed.

(* ---- Laws of the output ------------------------------------------------------ *)
Let a := (1 + eps) ^+ (T - 1).
Let wf := two_branch_well_formed.
Let keeps := two_branch_no_kill.
Let rho_gt0 : ratio_positive two_branch. Proof. exact: bellman_ratio_positive eps_ge0 two_branch_bellman_error. Qed.
Let a_gt0 : 0 < a. Proof. by rewrite exprn_gt0. Qed.
Let a_ge1 : 1 <= a. Proof. by rewrite exprn_ege1. Qed.

Lemma branch_pow b : branch_ratio b ^+ (T - 1) = if b then a else a^-1.
Proof. by case: b; rewrite //= exprVn. Qed.

Lemma branch_normaliser : normaliser two_branch = w * a + (1 - w) * a^-1.
Proof.
rewrite guided_normaliser //; have := mean_guided (fun _ z => z).
rewrite big_bool !branch_pow /= => <-; apply: eq_bigr => v _; by rewrite mul1r.
Qed.

Lemma branch_guided_law x : guided_law two_branch x = if x is Some b then coin w b else 0.
Proof.
rewrite /guided_law (mean_guided (fun y _ => (y == x)%:R)); case: x => [b|]; last by rewrite big1 // => b _; rewrite mulr0.
by rewrite (bigD1 b) //= eqxx mulr1 big1 ?addr0 // => c cb; rewrite (_ : (Some c == Some b) = false) ?mulr0 //; apply/negbTE.
Qed.

Lemma branch_target x : target two_branch x =
  if x is Some b then coin w b * ((if b then a else a^-1) / normaliser two_branch) else 0.
Proof.
rewrite -target_path_end.
have -> : \sum_v target_path two_branch v * (walk_end (root two_branch) v == x)%:R
  = \sum_v guided two_branch v * ((fun y z => z / normaliser two_branch * (y == x)%:R)
      (walk_end None v) (bellman_product two_branch 0 None v)).
  apply: eq_bigr => v _; rewrite target_importance // /importance /= mul1r -mulrA; congr (_ * (_ * _)).
  by rewrite mulrC.
rewrite (mean_guided (fun y z => z / normaliser two_branch * (y == x)%:R)).
case: x => [b|]; last by rewrite big1 // => b _; rewrite !mulr0.
rewrite (bigD1 b) //= eqxx mulr1 branch_pow big1 ?addr0 // => c cb.
by rewrite (_ : (Some c == Some b) = false) ?mulr0 //; apply/negbTE.
Qed.

Lemma branch_tv : tv (guided_law two_branch) (target two_branch)
  = 2%:R^-1 * \sum_b coin w b * `|1 - (if b then a else a^-1) / normaliser two_branch|.
Proof.
rewrite /tv sum_branch branch_guided_law branch_target subrr normr0 add0r; congr (_ * _).
apply: eq_bigr => b _; rewrite branch_guided_law branch_target -[X in `|X - _|]mulr1 -mulrBr normrM.
by rewrite ger0_norm // coin_ge0.
Qed.

Lemma branch_chi_square : chi_square (target_path two_branch) (guided two_branch)
  = \sum_b coin w b * ((if b then a else a^-1) / normaliser two_branch - 1) ^+ 2.
Proof.
rewrite chi_square_importance //; have := mean_guided (fun _ z => (z / normaliser two_branch - 1) ^+ 2).
rewrite [in X in _ = X -> _](eq_bigr (fun b => coin w b * ((if b then a else a^-1) / normaliser two_branch - 1) ^+ 2)).
  by move=> <-; apply: eq_bigr => v _; rewrite /importance /= mul1r [_^-1 * _]mulrC.
by move=> b _; rewrite branch_pow.
Qed.
End TwoBranch.

Section Attained.
Variables (R : realFieldType) (T : nat) (eps : R).
Hypothesis eps_ge0 : 0 <= eps.
Hypothesis T_gt0 : (0 < T)%N.
Local Notation a := ((1 + eps) ^+ (T - 1)).
Let a_ge1 : 1 <= a. Proof. by rewrite exprn_ege1 // ler_addl. Qed.
Let a_gt0 : 0 < a. Proof. exact: lt_le_trans ltr01 a_ge1. Qed.

Definition S2_model := two_branch T eps (a + 1)^-1.
Definition S1_model := two_branch T eps (a ^+ 2 + 1)^-1.

Lemma inv_succ (x : R) : 0 < x -> 0 < (x + 1)^-1 /\ (x + 1)^-1 < 1.
Proof. by move=> x0; have x1 : 1 < x + 1 by [rewrite ltr_addr]; rewrite invr_gt0 invf_lt1 ?x1 ?(lt_trans ltr01 x1). Qed.

Theorem S2_attained : [/\ well_formed S2_model, no_kill S2_model, bellman_error_le S2_model eps
  & tv (guided_law S2_model) (target S2_model) = (a - 1) / (a + 1)].
Proof.
have [w0 w1] := inv_succ a_gt0; split.
- exact: two_branch_well_formed.
- exact: two_branch_no_kill.
- exact: two_branch_bellman_error.
rewrite branch_tv // branch_normaliser //.
have nz : (a + 1 != 0) && (a != 0) by rewrite !gt_eqF ?addr_gt0 ?ltr01.
have Z1 : (a + 1)^-1 * a + (1 - (a + 1)^-1) * a^-1 = 1 by move: a nz => x /andP[n1 n2]; field; rewrite ?n1 ?n2.
rewrite Z1 big_bool /= !divr1 ler0_norm ?subr_le0 // ger0_norm ?subr_ge0 ?invf_le1 //.
by move: a nz => x /andP[n1 n2]; field; rewrite ?n1 ?n2.
Qed.

Theorem S1_attained : [/\ well_formed S1_model, no_kill S1_model, bellman_error_le S1_model eps
  & chi_square (target_path S1_model) (guided S1_model) = ((a - a^-1) / 2%:R) ^+ 2].
Proof.
have a2 : 0 < a ^+ 2 by rewrite exprn_gt0.
have [w0 w1] := inv_succ a2; split.
- exact: two_branch_well_formed.
- exact: two_branch_no_kill.
- exact: two_branch_bellman_error.
rewrite branch_chi_square // branch_normaliser // big_bool /=.
have nz : (a ^+ 2 + 1 != 0) && (a != 0) by rewrite !gt_eqF ?addr_gt0 ?ltr01.
have Z1 : (a ^+ 2 + 1)^-1 * a + (1 - (a ^+ 2 + 1)^-1) * a^-1 = 2%:R * a / (a ^+ 2 + 1).
  by move: a nz => x /andP[n1 n2]; field; rewrite ?n1 ?n2.
by rewrite Z1; move: a nz => x /andP[n1 n2]; field; rewrite ?n1 ?n2.
Qed.
End Attained.

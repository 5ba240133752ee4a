(* S15, the upper half -- what coverage and chi-squares give, for every horizon and every N.

   C bounds psi_t V*_(t+1)(y) / V*_t(x) on live edges, K bounds 1 + chi^2(pi*_q || pihat_q), 0 < q < T.  For every r >= 1 with
   T <= 2r + 1 and every number rho > 0 with rho^(2r-1) N^r >= 1, that is rho >= N^(-r/(2r-1)),
     S15   TV(output law, pi) <= (2^T - 1) C K rho.
   Along a walk of the target a(w) (PathFormula.v) is at most a sum over the sets S of steps after which both lineages start anew.
   A set of m steps contributes N^-m C^m times n numbers of pi-mean at most K:
     uhat_q = u_q(x_q) E_ref[V_q]/Z   where the first new start is at q + 1 > 1,   and   uhat_q R_(s,q)   where starts at s and q + 1
   are not next to each other, with E_pi R <= 1.  min(1, product) is at most the mean of the factors, and m/n >= r/(2r-1). *)
From Coq Require Import Lia.
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From BellmanSMC Require Import Cloud TotalVariation Model Paths Guided Telescope Normaliser NormaliserBound Neighbours NeighbourBound.
From BellmanSMC Require Import AnyAnswer Certificate PathModel PathLaw Conditional PathFormula Starts.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

(* ---- min(1, product) is at most the mean of the factors ------------------------- *)
Section Cut.
Variable R : realFieldType.
Implicit Types (a b x : R) (s : seq R).
Definition cut a : R := Num.min 1 a.

Lemma cut_le a b : a <= b -> cut a <= cut b.
Proof. by move=> ab; rewrite /cut le_minr !le_minl lexx /= ab orbT. Qed.
Lemma cut_le_self a : cut a <= a. Proof. by rewrite /cut le_minl lexx orbT. Qed.
Lemma cut_le1 a : cut a <= 1. Proof. by rewrite /cut le_minl lexx. Qed.
Lemma cut_add a b : 0 <= a -> 0 <= b -> cut (a + b) <= cut a + cut b.
Proof.
move=> a0 b0; rewrite /cut {2 3}/Num.min.
case: (ltP 1 a) => [a1|a1]; case: (ltP 1 b) => [b1|b1]; rewrite le_minl.
- by rewrite ler_addl ler01.
- by rewrite ler_addl b0.
- by rewrite ler_addr a0.
by rewrite lexx orbT.
Qed.

Lemma prod_mean s : all (fun x => 0 <= x) s -> \prod_(x <- s) x <= ((\sum_(x <- s) x) / (size s)%:R) ^+ size s.
Proof.
move=> /(all_nthP 0) s0; rewrite (big_nth 0) [X in _ <= (X / _) ^+ _](big_nth 0) !big_mkord.
have := leif_AGM (A := predT) (E := fun i : 'I_(size s) => nth 0 s i) (fun i _ => s0 i (ltn_ord i)).
by case; rewrite cardT size_enum_ord.
Qed.
Lemma cut_mean s : (0 < size s)%N -> all (fun x => 0 <= x) s -> cut (\prod_(x <- s) x) <= (\sum_(x <- s) x) / (size s)%:R.
Proof.
move=> s_gt0 s0; have := prod_mean s0; set mu := _ / _; set p := \prod_(_ <- _) _ => pm.
have mu0 : 0 <= mu.
  by rewrite divr_ge0 ?ler0n // big_seq sumr_ge0 // => x xs; move/allP: s0 => /(_ x xs).
have [mu1|/ltW mu1] := leP 1 mu; first exact: le_trans (cut_le1 _) mu1.
apply: le_trans (cut_le_self _) (le_trans pm _); case: (size s) s_gt0 => // n _.
by rewrite exprS ler_pimulr // exprn_ile1.
Qed.
End Cut.

(* m starts and j1 + 2j factors within T <= 2r + 1 steps, r = p + 1: m/n >= r/(2r-1) for n the larger of m and the number of factors *)
Lemma enough_starts p m j1 j : (j < m)%N -> (j1 <= 1)%N -> (m + j1 + j <= p.+1.*2.+1)%N ->
  (p.+1 * maxn (j1 + j.*2) m <= m * p.*2.+1)%N.
Proof.
move=> /ssrnat.ltP jm /ssrnat.leP j1_1 /ssrnat.leP; rewrite -!muln2 -!multE -!plusE => short; apply/ssrnat.leP.
by rewrite /maxn; case: ifP => _; nia.
Qed.

Section Upper.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat).
Local Notation T := (horizon m).
Local Notation psi := (potential m).
Local Notation V := (twist m).
Local Notation G := (weight m).
Local Notation Z := (normaliser m).
Local Notation u := (value_ratio m).
Local Notation root := (root m).
Local Notation survive := (survive m).
Local Notation starts := (starts m N).
Local Notation uhat := (uhat m).
Local Notation anew := (anew m).
Local Notation alone q := (survive q 0 root).
Local Notation place := (visit root).
Local Notation E F := (mean (target_path m) F).
Local Notation chi q := (chi_square (tilted_law m q (value m q)) (tilted_law m q (twist m q))).
Implicit Types (t k q s i j : nat) (x y : X) (z : nat -> X) (free : X -> R).
Hypothesis wf : well_formed m.
Hypothesis keeps : no_kill m.
Hypothesis N_gt0 : (0 < N)%N.
Hypothesis Z_neq0 : Z != 0.
Let nR_gt0 : 0 < N%:R :> R. Proof. by rewrite ltr0n. Qed.
Let Z_gt0 : 0 < Z. Proof. by rewrite lt_neqAle eq_sym Z_neq0 (value_nonneg wf). Qed.
Let V0_gt0 : 0 < V 0 root. Proof. exact: twist_root_gt0 wf. Qed.
Let step_ge0 t x y : 0 <= kernel m t x y * G t (x, y).
Proof. by rewrite mulr_ge0 ?(kernel_ge0 wf) ?(weight_ge0 wf). Qed.
Let V_gt0 t x : live m t x -> 0 < V t x. Proof. exact: live_twist_gt0. Qed.
Let u_gt0 q x : live m q x -> value m q x != 0 -> 0 < u q x. Proof. exact: ratio_gt0. Qed.
Let value_nonneg t x : 0 <= value m t x. Proof. exact: value_nonneg. Qed.
Let survive_ge0 k t x : 0 <= survive k t x. Proof. exact: survive_ge0. Qed.
Let starts_ge0 z k s t : 0 <= starts z k s t. Proof. exact: starts_ge0. Qed.
Let on_walk (w : walk X T) q := on_walk wf keeps (w := w) (q := q).
Let target_path_law := target_path_law wf Z_neq0.
Let survive_value k t x : (t + k = T)%N -> live m t x -> survive k t x = u t x. Proof. exact: survive_value. Qed.
Let starts_ge z k s t : (s <= t)%N -> survive (t + k - s) s (z s) <= starts z k s t. Proof. exact: starts_ge. Qed.
Let along_ge0 z k t free : (forall x, 0 <= free x) -> 0 <= along m N z k t free. Proof. exact: along_ge0. Qed.
Let alone_gt0 q : (q <= T)%N -> 0 < survive q 0 root. Proof. exact: alone_gt0. Qed.

(* ---- The bound ------------------------------------------------------------------------ *)
Variables (C K rho : R) (r : nat).
Hypothesis C_ge1 : 1 <= C.
Hypothesis coverage : forall t e, (t < T)%N -> live_edge m t e -> psi t e.1 e.2 * value m t.+1 e.2 <= C * value m t e.1.
Hypothesis K_ge1 : 1 <= K.
Hypothesis chi_le : forall q, (0 < q < T)%N -> 1 + chi q <= K.
Hypothesis r_gt0 : (0 < r)%N.
Hypothesis T_le : (T <= r.*2.+1)%N.
Hypothesis rho_gt0 : 0 < rho.
Hypothesis rho_ge : 1 <= rho ^+ r.*2.-1 * N%:R ^+ r.
Let C_gt0 : 0 < C. Proof. exact: lt_le_trans ltr01 C_ge1. Qed.
Let rate := C * K * rho.
Implicit Types (fs : seq ((nat -> X) -> R)) (f : (nat -> X) -> R).

(* a factor: not negative on walks of the target, of mean at most K *)
Definition fine f : Prop := (forall w, target_path m w != 0 -> 0 <= f (place w)) /\ E (fun w => f (place w)) <= K.
Definition all_fine fs : Prop := forall i, (i < size fs)%N -> fine (nth (fun=> 1) fs i).
Lemma fine_one : fine (fun=> 1).
Proof. by split=> [w _|]; rewrite ?ler01 // mean_const //; exact: target_path_law. Qed.
Lemma fine_cons f fs : fine f -> all_fine fs -> all_fine (f :: fs).
Proof. by move=> f0 fs0 [|i] //; exact: fs0. Qed.
Let E_le (F F' : walk X T -> R) : (forall w, target_path m w != 0 -> F w <= F' w) -> E F <= E F'.
Proof. exact: (mean_le target_path_law). Qed.

(* m starts and n factors with m/n >= r/(2r-1) *)
Lemma term_le fs mm : (0 < mm)%N -> all_fine fs -> (r * maxn (size fs) mm <= mm * r.*2.-1)%N ->
  E (fun w => cut ((C / N%:R) ^+ mm * \prod_(f <- fs) f (place w))) <= rate.
Proof.
move=> mm_gt0 fs0 enough; set n := maxn (size fs) mm; pose gs := fs ++ nseq (n - size fs) (fun=> 1).
have size_gs : size gs = n by rewrite size_cat size_nseq subnKC // leq_maxl.
have n_gt0 : (0 < n)%N by apply: leq_trans mm_gt0 _; exact: leq_maxr.
have gs0 i : fine (nth (fun=> 1) gs i).
  rewrite nth_cat; case: ltnP => [/fs0 //|_]; rewrite nth_nseq.
  by case: ifP => _; exact: fine_one.
have prod_gs w : \prod_(f <- gs) f (place w) = \prod_(f <- fs) f (place w).
  rewrite big_cat /=; move: (n - size fs)%N => l; rewrite (_ : \prod_(f <- nseq l _) _ = 1) ?mulr1 //.
  by elim: l => [|l IH]; rewrite ?big_nil // big_cons IH mulr1.
have scaled c z l : \prod_(f <- l) (c * f z) = c ^+ size l * \prod_(f <- l) f z :> R.
  elim: l => [|f l IH]; first by rewrite !big_nil mulr1.
  by rewrite !big_cons IH /= exprS; move: (c ^+ _) (\prod_(_ <- _) _) => a b; ring.
have small : (C / N%:R) ^+ mm <= (rho * C) ^+ n.
  have N1 : 1 <= N%:R :> R by rewrite ler1n.
  have x0 : 0 <= rho ^+ n * N%:R ^+ mm by rewrite mulr_ge0 ?exprn_ge0 ?ler0n // ltW.
  have r1 : (0 < r.*2.-1)%N by case: (r) r_gt0 => // r'; rewrite doubleS.
  have x1 : 1 <= rho ^+ n * N%:R ^+ mm.
    rewrite -(expr_ge1 r1 x0) exprMn -exprM mulnC exprM -[X in _ * X]exprM.
    apply: (@le_trans _ _ ((rho ^+ r.*2.-1 * N%:R ^+ r) ^+ n)); first by rewrite exprn_ege1.
    rewrite exprMn ler_wpmul2l ?exprn_ge0 ?(ltW rho_gt0) // -exprM; exact: ler_weexpn2l.
  rewrite exprMn [X in _ <= X]exprMn [X in _ <= X]mulrC; apply: ler_pmul; rewrite ?exprn_ge0 ?invr_ge0 ?(ltW C_gt0) ?ler0n //.
    by apply: ler_weexpn2l => //; exact: leq_maxr.
  by rewrite exprVn -[X in X <= _]mul1r ler_pdivr_mulr ?exprn_gt0.
apply: (@le_trans _ _ (E (fun w => n%:R^-1 * (\sum_(i < n) rho * C * nth (fun=> 1) gs i (place w))))).
  apply: E_le => w w0; pose s := [seq rho * C * f (place w) | f <- gs].
  have prod0 : 0 <= \prod_(f <- fs) f (place w).
    rewrite (big_nth (fun=> 1)) big_mkord prodr_ge0 // => i _.
    by case: (fs0 i (ltn_ord i)) => f0 _; exact: f0.
  apply: (@le_trans _ _ (cut (\prod_(x <- s) x))).
    by apply: cut_le; rewrite big_map scaled prod_gs size_gs ler_wpmul2r.
  have -> : n%:R^-1 * (\sum_(i < n) rho * C * nth (fun=> 1) gs i (place w)) = (\sum_(x <- s) x) / (size s)%:R.
    by rewrite size_map size_gs mulrC big_map (big_nth (fun=> 1)) big_mkord size_gs.
  apply: cut_mean; first by rewrite size_map size_gs.
  apply/(all_nthP 0) => i; rewrite size_map => ig; rewrite (nth_map (fun=> 1)) //.
  by rewrite !mulr_ge0 ?(ltW rho_gt0) ?(ltW C_gt0) //; case: (gs0 i) => f0 _; exact: f0.
rewrite mean_scale mean_sum mulrC ler_pdivr_mulr ?ltr0n //.
apply: (@le_trans _ _ (\sum_(i < n) rate)); last by rewrite sumr_const card_ord mulr_natr.
apply: ler_sum => i _; rewrite mean_scale (_ : rate = rho * C * K); last by rewrite /rate; ring.
by apply: ler_wpmul2l; [rewrite mulr_ge0 ?ltW | case: (gs0 i)].
Qed.

(* what a start at t + 1 after one at s brings *)
Lemma start_step w k s t : target_path m w != 0 -> (s <= t)%N -> (t.+1 + k = T)%N ->
  N%:R^-1 * (G t (place w t, place w t.+1) * survive (t - s) s (place w s)) * starts (place w) k t.+1 t.+1 / u s (place w s)
  <= C / N%:R * (u t (place w t) * survive (t - s) s (place w s) / u s (place w s))
     * (starts (place w) k t.+1 t.+1 / u t.+1 (place w t.+1)).
Proof.
move=> w0 st tkT; have tT : (t < T)%N by rewrite -tkT addSn ltnS leq_addr.
have [lt vt /(_ tT) le _] := on_walk w0 (ltnW tT); have [ln vn _ _] := on_walk w0 tT.
have [ls vs _ _] := on_walk w0 (leq_trans st (ltnW tT)).
have us := u_gt0 ls vs; have un := u_gt0 ln vn.
have edge : G t (place w t, place w t.+1) * u t.+1 (place w t.+1) <= C * u t (place w t).
  rewrite (weight_ratio wf keeps tT le) /potential_value /value_ratio mulrA ler_wpmul2r ?invr_ge0 ?(ltW (V_gt0 lt)) //.
  exact: (coverage tT le).
move: edge us un (survive_ge0 (t - s) s (place w s)) (starts_ge0 (place w) k t.+1 t.+1).
move: (G _ _) (u t _) (u s _) (u t.+1 _) (survive _ _ _) (starts _ _ _ _) => g a b c d e edge b0 c0 d0 e0.
rewrite (_ : _ / b = g * c * (N%:R^-1 * (d / b) * (e / c))); last by field; rewrite !gt_eqF.
rewrite (_ : _ * (e / c) = C * a * (N%:R^-1 * (d / b) * (e / c))); last by field; rewrite !gt_eqF.
by apply: ler_wpmul2r edge; rewrite !mulr_ge0 ?invr_ge0 ?ler0n ?(ltW b0) ?(ltW c0).
Qed.
Lemma apart_split (w : walk X T) s q : (s <= q)%N -> (q <= T)%N ->
  u q (place w q) * survive (q - s) s (place w s) / u s (place w s) = uhat q (place w) * anew s q (place w).
Proof.
move=> sq qT; rewrite /uhat /anew; have -> a : a / u s (place w s) = a * (V s (place w s) / value m s (place w s)) by rewrite invf_div.
move: (u q _) (survive (q - s) s _) (V s _ / _) => a c d; field.
by rewrite Z_neq0 !gt_eqF ?alone_gt0.
Qed.
Lemma fine_uhat q : (0 < q < T)%N -> fine (uhat q).
Proof.
move=> /andP[q0 qT]; split=> [w w0|]; last by apply: le_trans (mean_uhat wf keeps Z_neq0 (ltnW qT)) _; apply: chi_le; rewrite q0.
have [lq vq _ _] := on_walk w0 (ltnW qT).
by rewrite /uhat mulr_ge0 ?(ltW (u_gt0 lq vq)) // divr_ge0 ?mulr_ge0 ?(ltW Z_gt0) ?(ltW V0_gt0) ?survive_ge0.
Qed.
Lemma fine_anew s q : (s <= q)%N -> (q <= T)%N -> fine (anew s q).
Proof.
move=> sq qT; split=> [w w0|]; last exact: le_trans (mean_anew wf keeps Z_neq0 sq qT) K_ge1.
have A0 : 0 <= alone q * V 0 root by rewrite mulr_ge0 ?survive_ge0 ?ltW.
apply: mulr_ge0; last by rewrite divr_ge0 // ltW.
by apply: mulr_ge0; [exact: survive_ge0 | rewrite divr_ge0 ?(twist_ge0 wf) ?value_nonneg].
Qed.

Lemma ratio_ge0 w k s t : target_path m w != 0 -> (s <= T)%N -> 0 <= starts (place w) k s t / u s (place w s).
Proof. by move=> w0 sT; have [ls vs _ _] := on_walk w0 sT; rewrite divr_ge0 ?starts_ge0 // ltW // u_gt0. Qed.
Lemma factors_ge0 fs w : all_fine fs -> target_path m w != 0 -> 0 <= \prod_(f <- fs) f (place w).
Proof.
move=> fs0 w0; rewrite (big_nth (fun=> 1)) big_mkord prodr_ge0 // => i _.
by case: (fs0 i (ltn_ord i)) => f0 _; exact: f0.
Qed.

(* after the first start *)
Lemma later_starts k : forall fs mm j1 j s t, (t + k = T)%N -> (0 < s <= t)%N -> all_fine fs ->
  size fs = (j1 + j.*2)%N -> (j < mm)%N -> (j1 <= 1)%N -> (mm + j1 + j <= s)%N ->
  E (fun w => cut ((C / N%:R) ^+ mm * \prod_(f <- fs) f (place w) * (starts (place w) k s t / u s (place w s)))) <= 2%:R ^+ k * rate.
Proof.
elim: k => [|k IH] fs mm j1 j s t tkT /andP[s0 st] fs0 size_fs jm j11 short.
  have tT : t = T by rewrite -tkT addn0.
  have sT : (s <= T)%N by rewrite -tT.
  have mm_gt0 : (0 < mm)%N := leq_ltn_trans (leq0n _) jm.
  have few : (r * maxn (size fs) mm <= mm * r.*2.-1)%N.
    rewrite size_fs; case: r r_gt0 T_le => // p _ Tp; rewrite doubleS /=; apply: enough_starts => //.
    exact: leq_trans short (leq_trans sT Tp).
  rewrite expr0 mul1r; apply: le_trans (term_le mm_gt0 fs0 few).
  apply: E_le => w w0; have [ls vs _ _] := on_walk w0 sT.
  by rewrite /= tT survive_value ?subnKC // divff ?mulr1 // gt_eqF // u_gt0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have sT : (s <= T)%N := leq_trans st (ltnW tT).
pose front (w : walk X T) := (C / N%:R) ^+ mm * \prod_(f <- fs) f (place w).
have front0 (w : walk X T) : target_path m w != 0 -> 0 <= front w.
  by move=> w0; apply: mulr_ge0 (factors_ge0 fs0 w0); rewrite exprn_ge0 // divr_ge0 ?ler0n ?ltW.
pose again (w : walk X T) := C / N%:R * (u t (place w t) * survive (t - s) s (place w s) / u s (place w s))
  * (starts (place w) k t.+1 t.+1 / u t.+1 (place w t.+1)).
have again0 (w : walk X T) : target_path m w != 0 -> 0 <= again w.
  move=> w0; have [lt vt _ _] := on_walk w0 (ltnW tT); have [ls vs _ _] := on_walk w0 sT.
  apply: mulr_ge0 (ratio_ge0 _ _ w0 tT); apply: mulr_ge0; first by rewrite divr_ge0 ?ler0n ?ltW.
  apply: divr_ge0 (ltW (u_gt0 ls vs)); apply: mulr_ge0 (survive_ge0 _ _ _); exact: ltW (u_gt0 lt vt).
apply: (@le_trans _ _ (E (fun w => cut (front w * again w)) + E (fun w => cut (front w * (starts (place w) k s t.+1 / u s (place w s)))))).
  rewrite -mean_add; apply: E_le => w w0; rewrite -/(front w).
  have front_w := front0 w w0; have rest0 := ratio_ge0 k t.+1 w0 sT.
  apply: le_trans (cut_add _ _); rewrite ?(mulr_ge0 front_w) ?again0 //.
  apply: cut_le; rewrite -mulrDr; apply: ler_wpmul2l => //.
  by rewrite /= mulrDl ler_add2r; exact: start_step.
rewrite exprS mulrDl mul1r mulrDl; apply: ler_add; last first.
  by apply: (IH fs mm j1 j) => //; rewrite s0 ltnW.
have now : (0 < t.+1 <= t.+1)%N by rewrite ltnS leqnn.
have [st_eq|st_neq] := eqVneq s t.
  have next_short : (mm.+1 + j1 + j <= t.+1)%N by rewrite !addSn ltnS -st_eq.
  apply: le_trans (IH fs mm.+1 j1 j t.+1 t.+1 tkT' now fs0 size_fs (ltnW jm) j11 next_short).
  apply: E_le => w w0; apply: cut_le; rewrite /front /again st_eq subnn /= mulr1.
  have [lt vt _ _] := on_walk w0 (ltnW tT).
  rewrite divff ?gt_eqF ?u_gt0 // mulr1 exprSr le_eqVlt; apply/orP; left; apply/eqP.
  by move: (_ ^+ mm) (\prod_(_ <- _) _) (_ / u _ _) => a b c; ring.
have st' : (s < t)%N by rewrite ltn_neqAle st_neq.
have t0T : (0 < t < T)%N by rewrite (leq_ltn_trans (leq0n _) st').
have fs'0 : all_fine (uhat t :: anew s t :: fs) := fine_cons (fine_uhat t0T) (fine_cons (fine_anew st (ltnW tT)) fs0).
have next_size : size (uhat t :: anew s t :: fs) = (j1 + j.+1.*2)%N by rewrite /= size_fs doubleS !addnS.
have next_short : (mm.+1 + j1 + j.+1 <= t.+1)%N by rewrite addnS !addSn ltnS (leq_trans _ st').
apply: le_trans (IH _ mm.+1 j1 j.+1 t.+1 t.+1 tkT' now fs'0 next_size jm j11 next_short).
apply: E_le => w w0; apply: cut_le; rewrite /front /again (apart_split _ st (ltnW tT)) !big_cons exprSr le_eqVlt.
apply/orP; left; apply/eqP; move: (_ ^+ mm) (\prod_(_ <- _) _) (starts _ _ _ _ / _) (uhat _ _) (anew _ _ _) => a b c d e; ring.
Qed.

(* up to the first start, and the sum less the term without any *)
Lemma first_start k : forall t, (t + k = T)%N ->
  E (fun w => cut (starts (place w) k 0 t / u 0 (place w 0) - 1)) <= (2%:R ^+ k - 1) * rate.
Proof.
elim: k => [|k IH] t tkT.
  have tT : t = T by rewrite -tkT addn0.
  rewrite expr0 subrr mul0r -[X in _ <= X](mean_const target_path_law 0); apply: E_le => w w0.
  have [l0 v0 _ _] := on_walk w0 (leq0n T).
  apply: le_trans (cut_le_self _) _; rewrite /= tT survive_value ?subn0 // divff ?subrr // gt_eqF //.
  exact: u_gt0.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
pose fs := if t is 0%N then [::] else [:: uhat t].
pose again (w : walk X T) := C / N%:R * (u t (place w t) * survive (t - 0) 0 (place w 0) / u 0 (place w 0))
  * (starts (place w) k t.+1 t.+1 / u t.+1 (place w t.+1)).
have again0 (w : walk X T) : target_path m w != 0 -> 0 <= again w.
  move=> w0; have [lt vt _ _] := on_walk w0 (ltnW tT); have [ls vs _ _] := on_walk w0 (leq0n T).
  apply: mulr_ge0 (ratio_ge0 _ _ w0 tT); apply: mulr_ge0; first by rewrite divr_ge0 ?ler0n ?ltW.
  by apply: divr_ge0 (ltW (u_gt0 ls vs)); apply: mulr_ge0 (survive_ge0 _ _ _); exact: ltW (u_gt0 lt vt).
have rest0 (w : walk X T) : target_path m w != 0 -> 0 <= starts (place w) k 0 t.+1 / u 0 (place w 0) - 1.
  move=> w0; have [l0 v0 _ _] := on_walk w0 (leq0n T).
  rewrite subr_ge0 ler_pdivl_mulr ?mul1r ?u_gt0 // -(survive_value (add0n T) l0).
  by have := starts_ge (place w) k (leq0n t.+1); rewrite tkT' subn0.
apply: (@le_trans _ _ (E (fun w => cut (again w)) + E (fun w => cut (starts (place w) k 0 t.+1 / u 0 (place w 0) - 1)))).
  rewrite -mean_add; apply: E_le => w w0; apply: le_trans (cut_add (again0 w w0) (rest0 w w0)).
  apply: cut_le; rewrite addrA ler_add2r /= mulrDl ler_add2r.
  exact: start_step.
rewrite (_ : (2%:R ^+ k.+1 - 1) * rate = 2%:R ^+ k * rate + (2%:R ^+ k - 1) * rate); last by rewrite exprS; ring.
apply: ler_add; last exact: IH.
have now : (0 < t.+1 <= t.+1)%N by rewrite ltnS leqnn.
have fs0 : all_fine fs.
  rewrite /fs; case: (t) tT => [|t'] tT' //.
  by apply: fine_cons => //; apply: fine_uhat; rewrite tT'.
have size_fs : size fs = ((0 < t)%N + 0.*2)%N by rewrite /fs; case: (t).
have short : (1 + (0 < t)%N + 0 <= t.+1)%N by case: (t).
apply: le_trans (later_starts tkT' now fs0 size_fs (isT : 0 < 1)%N (leq_b1 _) short).
apply: E_le => w w0; apply: cut_le; rewrite /again expr1 le_eqVlt; apply/orP; left; apply/eqP; congr (_ * _ * _).
have [l0 v0 _ _] := on_walk w0 (leq0n T); have u0 : u 0 (place w 0) = Z / V 0 root by rewrite visit0.
rewrite /fs; case: (t) => [|t']; first by rewrite big_nil /= mulr1 divff // gt_eqF // u_gt0.
rewrite big_seq1 /uhat subn0 u0 visit0; move: (survive _ _ _) (u _ _) => a b; field.
by rewrite Z_neq0 gt_eqF.
Qed.

Lemma along_gt0 w k : forall t free, target_path m w != 0 -> (t + k = T)%N -> (forall x, 0 <= free x) -> 0 < mass free ->
  0 < along m N (place w) k t free.
Proof.
elim: k => [|k IH] t free w0 tkT f0 f1 //=.
have tT : (t < T)%N by rewrite -tkT addnS ltnS leq_addr.
have tkT' : (t.+1 + k = T)%N by rewrite addSnnS.
have [_ _ _ /(_ tT) G0] := on_walk w0 (ltnW tT).
have n1 : 0 <= 1 - N%:R^-1 :> R by rewrite subr_ge0 invf_le1 // ler1n.
apply: ltr_paddr.
  by apply: mulr_ge0 => //; apply: along_ge0 => y; apply: sumr_ge0 => x _; apply: mulr_ge0.
apply: mulr_gt0; first by rewrite invr_gt0.
apply: mulr_gt0; first by apply: mulr_gt0 => //; rewrite lt_neqAle eq_sym G0 weight_ge0.
by apply: IH => // [x|]; [exact: ler0n | rewrite mass_point ltr01].
Qed.

Hypothesis tell : ends_tell m.

Theorem S15_upper : tv (smc_law m N) (target_out m) <= (2%:R ^+ T - 1) * (C * K * rho).
Proof.
case/andP: (S10_tv_dead wf keeps N_gt0 Z_neq0) => _ /le_trans; apply.
apply: le_trans (first_start (add0n T)).
rewrite /above (_ : mean _ _ = \sum_x \sum_(w | walk_end root w == x) target_path m w
    * cut (starts (place w) T 0 0 / u 0 (place w 0) - 1)); last first.
  by rewrite /mean (partition_big (fun w => walk_end root w) predT).
have cut0 w : target_path m w != 0 -> 0 <= cut (starts (place w) T 0 0 / u 0 (place w 0) - 1).
  move=> w0; have [l0 v0 _ _] := on_walk w0 (leq0n T); rewrite /cut le_minr ler01 /= subr_ge0.
  rewrite ler_pdivl_mulr ?mul1r ?u_gt0 // -(survive_value (add0n T) l0).
  by have := starts_ge (place w) T (leqnn 0); rewrite add0n subn0.
apply: ler_sum => x _.
have sum0 : 0 <= \sum_(w | walk_end root w == x) target_path m w * cut (starts (place w) T 0 0 / u 0 (place w 0) - 1).
  apply: sumr_ge0 => w _; have [->|w0] := eqVneq (target_path m w) 0; first by rewrite mul0r.
  by apply: mulr_ge0 (cut0 w w0); case: target_path_law.
rewrite le_maxl sum0 /=.
have [w /andP[/eqP wx w0]|none] := pickP (fun w => (walk_end root w == x) && (target_path m w != 0)); last first.
  suff t0 : target m x = 0 by rewrite /certified t0 expr0n mul0r subr0.
  rewrite -target_path_end big1 // => w _; have := none w; case: eqP => _ /=; last by rewrite mulr0.
  by move/negbFE/eqP ->; rewrite mul0r.
rewrite (bigD1 w) /=; last exact/eqP.
apply: ler_paddr.
  apply: sumr_ge0 => v _; have [->|v0] := eqVneq (target_path m v) 0; first by rewrite mul0r.
  by apply: mulr_ge0 (cut0 v v0); case: target_path_law.
rewrite -wx /certified (target_end tell w0) (S14_path wf keeps Z_neq0 tell w0 N_gt0).
have free0 y : 0 <= point R root y by exact: ler0n.
have [l0 v0 _ _] := on_walk w0 (leq0n T).
have a0 : 0 < lineage N w.
  apply: mulr_gt0; first by rewrite divr_gt0.
  by apply: along_gt0 => //; rewrite mass_point ltr01.
have ae : lineage N w <= starts (place w) T 0 0 / u 0 (place w 0).
  rewrite visit0 /value_ratio invf_div [X in _ <= X]mulrC /lineage ler_wpmul2l ?divr_ge0 ?(ltW V0_gt0) ?(ltW Z_gt0) //.
  by apply: (along_starts wf N_gt0) => // i; rewrite subnn add0n visit0 -/(mean _ _) mean_point.
rewrite expr2 invfM mulrACA divff // mulr1 -{1}[target_path m w]mulr1 -mulrBr ler_wpmul2l //; first by case: target_path_law.
move: ae; set e := _ / u 0 _ => ae; rewrite /cut le_minr ler_subl_addr ler_addl invr_ge0 (ltW a0) /=.
have e0 : 0 < e := lt_le_trans a0 ae.
apply: (@le_trans _ _ (1 - e^-1)); first by rewrite ler_sub // ler_pinv ?inE ?unitf_gt0 ?a0 ?e0.
rewrite -subr_ge0 (_ : _ - _ = (e - 1) ^+ 2 / e); last by field; rewrite gt_eqF.
by rewrite divr_ge0 ?sqr_ge0 // ltW.
Qed.
End Upper.

(* The definitions that the headline statements use, restated and proved by computation alone.

   A reader checks here what the words of Statements.v mean; a definition that changes breaks this file.  R is any
   ordered field, X any finite type of states, T the horizon.  Step p = t+1 goes from layer t to layer t+1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require Import Cloud TotalVariation Model Paths Guided Normaliser PathModel Adapted LowerBound LowerBoundModel Certificate.
From BellmanSMC Require Import Metropolis Pools Exchange Neighbours Conditional PathFormula Slots Schemes SlotRun.
Import GRing.Theory Num.Theory Order.TTheory.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Definitions.
Variables (R : realFieldType) (X : finType) (m : model R X).
Local Notation T := (horizon m).
Local Notation M := (kernel m).        (* M t x y: probability of the step from x at layer t to y at layer t+1 *)
Local Notation psi := (potential m).   (* edge potential *)
Local Notation V := (twist m).         (* approximate reward model *)
Implicit Types (t k N : nat) (x y : X) (e : X * X) (nu : X -> R).

(* laws and total variation *)
Lemma is_law_is nu : is_law nu = ((forall x, 0 <= nu x) /\ \sum_x nu x = 1). Proof. by []. Qed.
Lemma mean_is nu f : mean nu f = \sum_x nu x * f x. Proof. by []. Qed.
Lemma tv_is nu mu : tv nu mu = 2%:R^-1 * \sum_x `|nu x - mu x|. Proof. by []. Qed.
Lemma chi_square_is nu mu : chi_square nu mu = \sum_x (nu x - mu x) ^+ 2 / mu x. Proof. by []. Qed.

(* true value V*, target pi, normaliser Z *)
Lemma value_last x : value m T x = reward m x. Proof. exact: valueT. Qed.
Lemma value_before t x : (t < T)%N -> value m t x = \sum_y M t x y * psi t x y * value m t.+1 y.
Proof. exact: value_step. Qed.
Lemma normaliser_is : normaliser m = value m 0 (root m). Proof. by []. Qed.
Lemma target_is (f : X -> R) : mean (target m) f = value_of m f 0 (root m) / normaliser m. Proof. exact: target_mean. Qed.
Lemma value_of_last f x : value_of m f T x = reward m x * f x. Proof. exact: value_ofT. Qed.
Lemma value_of_before f t x : (t < T)%N -> value_of m f t x = \sum_y M t x y * psi t x y * value_of m f t.+1 y.
Proof. exact: value_of_step. Qed.
(* pi as a law on states or "no answer" (None), which has no mass *)
Lemma target_out_is o : target_out m o = if o is Some x then target m x else 0. Proof. by []. Qed.

(* live: reachable through steps of positive probability and weight; a live edge starts there *)
Lemma live_root x : live m 0 x = (x == root m). Proof. by []. Qed.
Lemma live_next t y : live m t.+1 y = [exists x, live m t x && (0 < M t x y * psi t x y * V t.+1 y)]. Proof. by []. Qed.
Lemma live_edge_is t e : live_edge m t e = live m t e.1 && (0 < M t e.1 e.2). Proof. by []. Qed.

(* incremental weight G, Bellman ratio rho, u = V*/V, Qbar *)
Lemma weight_is t x y : weight m t (x, y) = psi t x y * V t.+1 y / V t x. Proof. by []. Qed.
Lemma bellman_ratio_is t x : bellman_ratio m t x = (\sum_y M t x y * psi t x y * V t.+1 y) / V t x. Proof. by []. Qed.
Lemma value_ratio_is t x : value_ratio m t x = value m t x / V t x. Proof. by []. Qed.
Lemma potential_value_is t x y : potential_value m t (x, y) = psi t x y * value m t.+1 y / V t x. Proof. by []. Qed.

(* hypotheses *)
Lemma well_formed_is : well_formed m <-> [/\ (forall t x y, 0 <= M t x y),
  (forall t x, (t < T)%N -> live m t x -> \sum_y M t x y = 1), (forall t x y, 0 <= psi t x y), (forall t x, 0 <= V t x)
  & (forall x, V T x = reward m x) /\ 0 < V 0 (root m)].
Proof. by split=> [[*]|[? ? ? ? []]]. Qed.
Lemma no_kill_is : no_kill m = (forall t e, (t < T)%N -> live_edge m t e -> 0 < psi t e.1 e.2 ->
  V t.+1 e.2 = 0 -> value m t.+1 e.2 = 0). Proof. by []. Qed.
Lemma bellman_error_is eps : bellman_error_le m eps = (forall t x, (t < T)%N -> live m t x ->
  (1 + eps)^-1 <= bellman_ratio m t x <= 1 + eps). Proof. by []. Qed.
Lemma ratio_bound_is L : ratio_bound_le m L = (forall t e, (t < T)%N -> live_edge m t e -> L^-1 <= weight m t e <= L).
Proof. by []. Qed.
Lemma upper_ratio_is L : upper_ratio_le m L = (forall t e, (t < T)%N -> live_edge m t e -> weight m t e <= L).
Proof. by []. Qed.
Lemma ratio_positive_is : ratio_positive m = (forall t x, (t < T)%N -> live m t x -> 0 < bellman_ratio m t x).
Proof. by []. Qed.
Lemma level_ratio_is r : level_ratio m r = (forall t x x', (0 < t < T)%N -> live m t x -> live m t x' ->
  bellman_ratio m t x <= r t * bellman_ratio m t x'). Proof. by []. Qed.

(* SMC: N pairs (parent, child) iid from nu(x) M_t(x,y); the next nu is the weighted empirical law of the children *)
Lemma iid_is N (nu : X -> R) (y : {ffun 'I_N -> X}) : iid nu y = \prod_i nu (y i). Proof. by []. Qed.
Lemma mutate_is t nu x y : mutate m t nu (x, y) = nu x * M t x y. Proof. by []. Qed.
Lemma total_is N t (c : {ffun 'I_N -> X * X}) : total m t c = \sum_i weight m t (c i). Proof. by []. Qed.
Lemma resample_is N t (c : {ffun 'I_N -> X * X}) x :
  resample m t c x = (\sum_i weight m t (c i) * ((c i).2 == x)%:R) / total m t c. Proof. by []. Qed.
Lemma smc_last N nu o : smc_from m N 0 T nu o = if o is Some x then nu x else 0. Proof. by []. Qed.
Lemma smc_step N k t nu o : smc_from m N k.+1 t nu o = \sum_(c : {ffun 'I_N -> X * X}) iid (mutate m t nu) c *
  (if total m t c == 0 then (o == None)%:R else smc_from m N k t.+1 (resample m t c) o). Proof. by []. Qed.
Lemma smc_law_is N : smc_law m N = smc_from m N T 0 (fun x => (x == root m)%:R). Proof. by []. Qed.

(* Zhat: the run's product of mean weights times V_0, 0 on a dead run; E[F(Zhat)] *)
Lemma estimate_last N F nu z : estimate_from m N F 0 T nu z = F z. Proof. by []. Qed.
Lemma estimate_step N F k t nu z : estimate_from m N F k.+1 t nu z = \sum_(c : {ffun 'I_N -> X * X}) iid (mutate m t nu) c *
  (if total m t c == 0 then F 0 else estimate_from m N F k t.+1 (resample m t c) (z * (total m t c / N%:R))).
Proof. by []. Qed.
Lemma estimate_mean_is N F : estimate_mean m N F = estimate_from m N F T 0 (fun x => (x == root m)%:R) (V 0 (root m)).
Proof. by []. Qed.

(* E[F(Zhat) f(output)], 0 on a dead run; the certificate pi(x)^2 / E[(Zhat/Z)^2; output x]; the mass of mu above nu *)
Lemma tested_last N F f nu z : tested_from m N F f 0 T nu z = F z * mean nu f. Proof. by []. Qed.
Lemma tested_step N F f k t nu z : tested_from m N F f k.+1 t nu z = \sum_(c : {ffun 'I_N -> X * X}) iid (mutate m t nu) c *
  (if total m t c == 0 then 0 else tested_from m N F f k t.+1 (resample m t c) (z * (total m t c / N%:R))).
Proof. by []. Qed.
Lemma tested_mean_is N F f : tested_mean m N F f = tested_from m N F f T 0 (fun x => (x == root m)%:R) (V 0 (root m)).
Proof. by []. Qed.
Lemma certified_is N x : certified m N x =
  target m x ^+ 2 / (tested_mean m N (fun z => z ^+ 2) (fun y => (y == x)%:R) / normaliser m ^+ 2). Proof. by []. Qed.
Lemma above_is nu mu : above nu mu = \sum_x Num.max 0 (nu x - mu x). Proof. by []. Qed.

(* the guided particle *)
Lemma guided_kernel_is t x y :
  guided_kernel m t x y = M t x y * psi t x y * V t.+1 y / (\sum_z M t x z * psi t x z * V t.+1 z). Proof. by []. Qed.
Lemma guided_walk_is k t x y (w : walk X k) :
  @guided_walk _ _ m k.+1 t x (y, w) = guided_kernel m t x y * guided_walk m t.+1 y w. Proof. by []. Qed.
Lemma target_walk_is k t x y (w : walk X k) :
  @target_walk _ _ m k.+1 t x (y, w) = M t x y * psi t x y * target_walk m t.+1 y w. Proof. by []. Qed.
Lemma target_walk_last x : @target_walk _ _ m 0 T x tt = reward m x. Proof. by []. Qed.
Lemma guided_is : guided m = guided_walk m 0 (root m). Proof. by []. Qed.
Lemma target_path_is w : target_path m w = target_walk m 0 (root m) w / normaliser m. Proof. by []. Qed.
Lemma guided_law_is x : guided_law m x = \sum_w guided m w * (walk_end (root m) w == x)%:R. Proof. by []. Qed.

(* fully adapted SMC: SMC on the guided model of the same target *)
Lemma adapted_is : adapted m = {| horizon := T; root := root m; kernel := guided_kernel m;
  potential := fun t _ y => if (t.+1 < T)%N then bellman_ratio m t.+1 y else 1; twist := fun _ _ => 1; reward := fun=> 1 |}.
Proof. by []. Qed.

(* the resampling-pool algorithm: a pool of n candidates and the place of the one that is picked, step by step *)
Lemma picked_is n (c : {ffun 'I_n -> X}) (i : 'I_n) : picked (c, i) = c i. Proof. by []. Qed.
Lemma pool_walk_is n k t x (c : {ffun 'I_n -> X}) (i : 'I_n) (w : walk (pick X n) k) :
  @pool_walk _ _ m n k.+1 t x ((c, i), w)
  = iid (M t x) c * (weight m t (x, c i) / (\sum_j weight m t (x, c j))) * pool_walk m t.+1 (c i) w. Proof. by []. Qed.
Lemma pool_weight_is n k t x (c : {ffun 'I_n -> X}) (i : 'I_n) (w : walk (pick X n) k) :
  @pool_weight _ _ m n k.+1 t x ((c, i), w) = (\sum_j weight m t (x, c j)) / n%:R * pool_weight m t.+1 (c i) w.
Proof. by []. Qed.
Lemma running_weight_is n k t x (c : {ffun 'I_n -> X}) (i : 'I_n) (w : walk (pick X n) k) :
  @running_weight _ _ m n k.+1 t x ((c, i), w)
  = psi t x (c i) * V t.+1 (c i) / ((\sum_j psi t x (c j) * V t.+1 (c j)) / n%:R) * running_weight m t.+1 (c i) w.
Proof. by []. Qed.
Lemma pool_path_is n k (c : {ffun 'I_n -> X}) (i : 'I_n) (w : walk (pick X n) k) :
  @pool_path X n k.+1 ((c, i), w) = (c i, pool_path w). Proof. by []. Qed.
Lemma pool_proposal_is n : pool_proposal m n = pool_walk m 0 (root m). Proof. by []. Qed.
Lemma pool_target_is n w : pool_target m n w = pool_proposal m n w * (V 0 (root m) / normaliser m * pool_weight m 0 (root m) w).
Proof. by []. Qed.
Lemma pool_chain_is n H : pool_metropolis m n H = metropolis_law (pool_proposal m n) (pool_weight m 0 (root m)) H.
Proof. by []. Qed.
Lemma pool_output_is n H v : pool_output m n H v = \sum_w pool_metropolis m n H w * (pool_path w == v)%:R. Proof. by []. Qed.

(* conditional SMC: the kept walk goes on at a place i drawn uniformly; put y i e is the cloud y with e at place i *)
Lemma put_is N (y : {ffun 'I_N -> X * X}) i e : put y i e = [ffun j => if j == i then e else y j]. Proof. by []. Qed.
Lemma kept_last N g nu x : @kept_from _ _ m N g 0 T nu x tt = \sum_z nu z * g z. Proof. by []. Qed.
Lemma kept_step N g k t nu x y (w : walk X k) : @kept_from _ _ m N g k.+1 t nu x (y, w)
  = N%:R^-1 * \sum_i \sum_(c : {ffun 'I_N -> X * X}) iid (mutate m t nu) c
      * kept_from m N g t.+1 (resample m t (put c i (x, y))) y w. Proof. by []. Qed.
Lemma conditional_is N g (w : walk X T) : conditional N g w = kept_from m N g 0 (fun x => (x == root m)%:R) (root m) w.
Proof. by []. Qed.
Lemma two_last N f g nu : two_from m N f g 0 T nu = (\sum_x nu x * f x) * (\sum_x nu x * g x). Proof. by []. Qed.
Lemma two_step N f g k t nu : two_from m N f g k.+1 t nu = \sum_(c : {ffun 'I_N -> X * X}) iid (mutate m t nu) c
  * (total m t c / N%:R * two_from m N f g k t.+1 (resample m t c)). Proof. by []. Qed.
Lemma two_answers_is N f g : two_answers m N f g = V 0 (root m) * two_from m N f g T 0 (fun x => (x == root m)%:R).
Proof. by []. Qed.

(* along a walk of places z: the weight of the other lineage, which goes on by itself (push) or starts anew at z (t+1) *)
Lemma visit_first k x (w : walk X k) : visit x w 0 = x. Proof. exact: visit0. Qed.
Lemma visit_next k x y (w : walk X k) q : @visit X k.+1 x (y, w) q.+1 = visit y w q. Proof. by []. Qed.
Lemma push_is t (free : X -> R) y : push m t free y = \sum_x free x * (M t x y * weight m t (x, y)). Proof. by []. Qed.
Lemma along_last N z t free : along m N z 0 t free = \sum_x free x. Proof. by []. Qed.
Lemma along_next N z k t free : along m N z k.+1 t free =
  N%:R^-1 * (weight m t (z t, z t.+1) * (\sum_x free x) * along m N z k t.+1 (fun x => (x == z t.+1)%:R))
  + (1 - N%:R^-1) * along m N z k t.+1 (push m t free). Proof. by []. Qed.
Lemma lineage_is N (w : walk X T) : lineage N w
  = V 0 (root m) / normaliser m * along m N (visit (root m) w) T 0 (fun x => (x == root m)%:R). Proof. by []. Qed.
Lemma second_moment_is N x :
  second_moment m N x = tested_mean m N (fun z => z ^+ 2) (fun y => (y == x)%:R) / normaliser m ^+ 2. Proof. by []. Qed.

(* the reference mass that arrives, potentials included; pi*_q and pihat_q are the laws proportional to it times V*, V *)
Lemma arrival_first x : arrival m 0 x = (x == root m)%:R. Proof. by []. Qed.
Lemma arrival_next t y : arrival m t.+1 y = \sum_x arrival m t x * M t x y * psi t x y. Proof. by []. Qed.
Lemma tilted_law_is t (f : X -> R) x : tilted_law m t f x = arrival m t x * f x / (\sum_y arrival m t y * f y).
Proof. by []. Qed.

(* SMC whose states carry their path f; a step from layer t writes coordinate t+1 *)
Lemma path_model_is : path_model m = {| horizon := T; root := [ffun=> root m];
  kernel := fun t f f' => \sum_y (f' == extend t f y)%:R * M t (at_time f t) y;
  potential := fun t f f' => psi t (at_time f t) (at_time f' t.+1);
  twist := fun t f => V t (at_time f t); reward := fun f => reward m (at_time f T) |}.
Proof. by []. Qed.
End Definitions.

(* resampling into slots: slot i draws from a law K_i of its own and carries the share w_i *)
Section Slots.
Variables (R : realFieldType) (N : nat).
Implicit Types (W w : 'I_N -> R) (i j : 'I_N) (p : plan R N).
Lemma slot_law_is (A : finType) (K : 'I_N -> A -> R) (y : {ffun 'I_N -> A}) : slot_law K y = \prod_i K i (y i). Proof. by []. Qed.
Lemma smean_is (A : finType) (K : 'I_N -> A -> R) F : smean K F = \sum_y slot_law K y * F y. Proof. by []. Qed.
Lemma shared_is (A : finType) w (f : A -> R) y : shared w f y = \sum_i w i * f (y i). Proof. by []. Qed.
Lemma seen_is (A : finType) (K : 'I_N -> A -> R) w x : seen K w x = [exists i, (w i != 0) && (K i x != 0)]. Proof. by []. Qed.
Lemma meets_is omega W w anc : meets omega W (w, anc) <-> [/\ (forall i, 0 <= w i), (forall i, w i <= omega), \sum_i w i = 1,
  (forall i, is_law (anc i)) & forall j, \sum_i w i * anc i j = W j].
Proof. by split=> [[]|[]]. Qed.
Lemma overlap_is (a b c d : R) : overlap a b c d = Num.max 0 (Num.min b d - Num.max a c). Proof. by []. Qed.
Lemma cumulated_is W k : cumulated W k = \sum_(l < N | (l < k)%N) W l. Proof. by []. Qed.
Lemma stratified_is W : stratified W = ((fun=> N%:R^-1),
  (fun i j => N%:R * overlap (i%:R / N%:R) (i.+1%:R / N%:R) (cumulated W j) (cumulated W j.+1))). Proof. by []. Qed.
Lemma before_is (n : 'I_N -> nat) k : before n k = (\sum_(l < N | (l < k)%N) n l)%N. Proof. by []. Qed.
Lemma residual_is (n : 'I_N -> nat) W : residual n W = ((fun=> N%:R^-1), (fun i j => if (i < before n N)%N
  then (before n j <= i < before n j.+1)%N%:R else (N%:R * W j - (n j)%:R) / (N - before n N)%:R)). Proof. by []. Qed.
Lemma infinity_ess_is theta inner W : infinity_ess theta inner W =
  if [forall i, W i <= (theta * N%:R)^-1] then (W, (fun i j : 'I_N => (i == j)%:R)) else inner W. Proof. by []. Qed.

(* a run: N states, their weights W, Zhat so far; a slot without a share rests *)
Variables (X : finType) (m : model R X) (scheme : nat -> {ffun 'I_N -> X} -> ('I_N -> R) -> plan R N).
Lemma slot_edge_is t (x : {ffun 'I_N -> X}) p i e : slot_edge m t x p i e =
  if p.1 i == 0 then (e == (x i, x i))%:R else \sum_j p.2 i j * ((e.1 == x j)%:R * kernel m t (x j) e.2). Proof. by []. Qed.
Lemma slots_last F t (x : {ffun 'I_N -> X}) W z : slots_from m scheme F 0 t x W z = \sum_i W i * F z (Some (x i)). Proof. by []. Qed.
Lemma slots_step F k t (x : {ffun 'I_N -> X}) W z : slots_from m scheme F k.+1 t x W z = let p := scheme t x W in
  smean (slot_edge m t x p) (fun y => let total := \sum_i p.1 i * weight m t (y i) in if total == 0 then F 0 None else
    slots_from m scheme F k t.+1 [ffun i => (y i).2] (fun i => p.1 i * weight m t (y i) / total) (z * total)). Proof. by []. Qed.
Lemma slots_mean_is F : slots_mean m scheme F =
  slots_from m scheme F (horizon m) 0 [ffun=> root m] (fun=> N%:R^-1) (twist m 0 (root m)). Proof. by []. Qed.
Lemma slots_law_is o : slots_law m scheme o = slots_mean m scheme (fun _ o' => (o' == o)%:R). Proof. by []. Qed.
End Slots.

(* moments of a run, and the lower bound by four of them *)
From BellmanSMC Require FourMoments.
Section FourMoments.
Variables (R : realFieldType) (X : finType) (m : model R X) (N : nat) (g : X -> R).
Lemma moment_is j : FourMoments.moment m N j g = tested_mean m N (fun z => z ^+ j) g / normaliser m ^+ j. Proof. by []. Qed.
Lemma four_is a b : FourMoments.four m N a b g =
  2%:R * (a * FourMoments.moment m N 1 g + b * FourMoments.moment m N 2 g) - (a ^+ 2 * FourMoments.moment m N 2 g
    + 2%:R * a * b * FourMoments.moment m N 3 g + b ^+ 2 * FourMoments.moment m N 4 g). Proof. by []. Qed.
End FourMoments.

(* the backtracking walk: a node is the sequence of states since the root, the latest first *)
From BellmanSMC Require Backtracking.
Section Backtracking.
Import Backtracking.
Variables (R : realFieldType) (X : finType) (m : model R X).
Implicit Types (s : seq X) (F H : seq X -> R).
Lemma place_is s : place m s = head (root m) s. Proof. by []. Qed.
Lemma worth_is s : worth m s = twist m (size s) (place m s). Proof. by []. Qed.
Lemma step_down_is s y :
  step_down m s y = kernel m (size s) (place m s) y * potential m (size s) (place m s) y. Proof. by []. Qed.
Lemma way_is s y : way m s y = step_down m s y * twist m (size s).+1 y. Proof. by []. Qed.
Lemma back_root : back m [::] = 0. Proof. by []. Qed.
Lemma back_node x s : back m (x :: s) = worth m (x :: s). Proof. by []. Qed.
Lemma moved_is H s : moved m H s =
  (back m s * H (behead s) + (if (size s < horizon m)%N then \sum_y way m s y * H (y :: s) else 0))
  / (back m s + (if (size s < horizon m)%N then \sum_y way m s y else 0)). Proof. by []. Qed.
Lemma leaf_is s : leaf m s = (size s == horizon m). Proof. by []. Qed.
Lemma run_none r F J s : run m r F 0 J s = 0. Proof. by []. Qed.
Lemma run_first r F k s : run m r F k.+1 0 s = r + moved m (fun s' => if leaf m s' then F s' else run m r F k 0 s') s.
Proof. by []. Qed.
Lemma run_later r F k J s : run m r F k.+1 J.+1 s =
  r + moved m (fun s' => if leaf m s' then run m r F k J s' else run m r F k J.+1 s') s. Proof. by []. Qed.
Lemma descend_last s : descend s (tt : walk X 0) = s. Proof. by []. Qed.
Lemma descend_next k s y (w : walk X k) : @descend X k.+1 s (y, w) = descend (y :: s) w. Proof. by []. Qed.
Lemma leaf_of_is (w : walk X (horizon m)) : leaf_of w = descend [::] w. Proof. by []. Qed.
Lemma kappa_is : kappa m =
  \sum_w target_path m w * \sum_(0 <= q < horizon m) value_ratio m q.+1 (visit (root m) w q.+1). Proof. by []. Qed.
Lemma conductances_last t x : conductances m 0 t x = 0. Proof. by []. Qed.
Lemma conductances_next k t x : conductances m k.+1 t x = \sum_y kernel m t x y * potential m t x y
  * (if twist m t.+1 y == 0 then 0 else twist m t.+1 y + conductances m k t.+1 y). Proof. by []. Qed.
Lemma visit_cost_is : visit_cost m = 2%:R * conductances m (horizon m) 0 (root m) / normaliser m. Proof. by []. Qed.
End Backtracking.

(* the hidden child: root None, Some j the node below child j *)
Section HiddenChild.
Variables (R : realFieldType) (B T : nat) (eps : R) (u : 'I_B).
Lemma hidden_model_is : hidden_model T eps u = {| horizon := T; root := None : node B;
  kernel := fun _ x y => match x, y with None, Some _ => B%:R^-1 | Some i, Some j => (i == j)%:R | _, None => 0 end;
  potential := fun _ _ _ => 1; twist := hidden_twist eps (Some u); reward := hidden_twist eps (Some u) T |}.
Proof. by []. Qed.
Lemma hidden_twist_below t j : hidden_twist eps (Some u) t (Some j) =
  if Some u == Some j then (1 + eps) ^+ t.-1 else (1 + eps) ^- t.-1. Proof. by []. Qed.
Lemma hidden_oracle_is t x : hidden_oracle eps u (t, x) = hidden_twist eps (Some u) t x. Proof. by []. Qed.
Lemma output_law_is (S : finType) (w : S -> R) (A : S -> algorithm (question B) R (option (node B))) o :
  output_law eps w A u o = \sum_s w s * (run (hidden_oracle eps u) (A s) == o)%:R. Proof. by []. Qed.
Lemma run_output oracle (o : option (node B)) : run oracle (Output (question B) R o) = o. Proof. by []. Qed.
Lemma run_ask oracle (q : question B) next :
  run oracle (@Ask _ _ (option (node B)) q next) = run oracle (next (oracle q : R)). Proof. by []. Qed.
Lemma queries_output oracle (o : option (node B)) : queries oracle (Output (question B) R o) = 0%N. Proof. by []. Qed.
Lemma queries_ask oracle (q : question B) next :
  queries oracle (@Ask _ _ (option (node B)) q next) = (queries oracle (next (oracle q : R))).+1. Proof. by []. Qed.
End HiddenChild.

(* What the headline statements say, and what they assume.

   For every theorem of Statements.v: its name, the statement as Coq prints it, its assumptions.  AuditReal.v does the
   same for StatementsReal.v.  The build compares both with audit.golden, so that a changed statement or a new
   assumption shows up as a difference. *)
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require Statements.
From BellmanSMC Require Import Cloud TotalVariation Model Functional Paths Guided Telescope PathModel PathLaw Adapted.
From BellmanSMC Require Import Normaliser Certificate Neighbours NeighbourBound LowerBound LowerBoundModel Metropolis Pools Conditional.
From BellmanSMC Require Import PathFormula Slots Schemes SlotRun.
Unset Printing Implicit Defensive.
Set Printing Width 115.
Set Printing Depth 1000.
Local Open Scope ring_scope.

Goal True. idtac "#### S0_bhatia_davis". Abort.
Check @Statements.S0_bhatia_davis.
Print Assumptions Statements.S0_bhatia_davis.

Goal True. idtac "#### S0_mean_abs". Abort.
Check @Statements.S0_mean_abs.
Print Assumptions Statements.S0_mean_abs.

Goal True. idtac "#### S0_variance". Abort.
Check @Statements.S0_variance.
Print Assumptions Statements.S0_variance.

Goal True. idtac "#### S0_tv". Abort.
Check @Statements.S0_tv.
Print Assumptions Statements.S0_tv.

Goal True. idtac "#### tv_sup_events". Abort.
Check @Statements.tv_sup_events.
Print Assumptions Statements.tv_sup_events.

Goal True. idtac "#### tv_sup_tests". Abort.
Check @Statements.tv_sup_tests.
Print Assumptions Statements.tv_sup_tests.

Goal True. idtac "#### P0_value_error". Abort.
Check @Statements.P0_value_error.
Print Assumptions Statements.P0_value_error.

Goal True. idtac "#### P1_range_ratio". Abort.
Check @Statements.P1_range_ratio.
Print Assumptions Statements.P1_range_ratio.

Goal True. idtac "#### S1_bellman_error". Abort.
Check @Statements.S1_bellman_error.
Print Assumptions Statements.S1_bellman_error.

Goal True. idtac "#### S1_effective_sample_size". Abort.
Check @Statements.S1_effective_sample_size.
Print Assumptions Statements.S1_effective_sample_size.

Goal True. idtac "#### S2_bellman_error". Abort.
Check @Statements.S2_bellman_error.
Print Assumptions Statements.S2_bellman_error.

Goal True. idtac "#### S2_linear". Abort.
Check @Statements.S2_linear.
Print Assumptions Statements.S2_linear.

Goal True. idtac "#### P5_guided". Abort.
Check @Statements.P5_guided.
Print Assumptions Statements.P5_guided.

Goal True. idtac "#### S1_chi_square". Abort.
Check @Statements.S1_chi_square.
Print Assumptions Statements.S1_chi_square.

Goal True. idtac "#### S2_paths". Abort.
Check @Statements.S2_paths.
Print Assumptions Statements.S2_paths.

Goal True. idtac "#### S3_bias". Abort.
Check @Statements.S3_bias.
Print Assumptions Statements.S3_bias.

Goal True. idtac "#### P2_bias". Abort.
Check @Statements.P2_bias.
Print Assumptions Statements.P2_bias.

Goal True. idtac "#### S13_odds". Abort.
Check @Statements.S13_odds.
Print Assumptions Statements.S13_odds.

Goal True. idtac "#### S13_tv". Abort.
Check @Statements.S13_tv.
Print Assumptions Statements.S13_tv.

Goal True. idtac "#### S13_bias". Abort.
Check @Statements.S13_bias.
Print Assumptions Statements.S13_bias.

Goal True. idtac "#### S13_joint". Abort.
Check @Statements.S13_joint.
Print Assumptions Statements.S13_joint.

Goal True. idtac "#### S4_bias". Abort.
Check @Statements.S4_bias.
Print Assumptions Statements.S4_bias.

Goal True. idtac "#### S13_gauge_particles". Abort.
Check @Statements.S13_gauge_particles.
Print Assumptions Statements.S13_gauge_particles.

Goal True. idtac "#### S13_adapted_levels". Abort.
Check @Statements.S13_adapted_levels.
Print Assumptions Statements.S13_adapted_levels.

Goal True. idtac "#### S3_gauge_particles". Abort.
Check @Statements.S3_gauge_particles.
Print Assumptions Statements.S3_gauge_particles.

Goal True. idtac "#### S4_gauge_particles". Abort.
Check @Statements.S4_gauge_particles.
Print Assumptions Statements.S4_gauge_particles.

Goal True. idtac "#### S13_particles_suffice". Abort.
Check @Statements.S13_particles_suffice.
Print Assumptions Statements.S13_particles_suffice.

Goal True. idtac "#### S3_particles_suffice". Abort.
Check @Statements.S3_particles_suffice.
Print Assumptions Statements.S3_particles_suffice.

Goal True. idtac "#### P3_corollary". Abort.
Check @Statements.P3_corollary.
Print Assumptions Statements.P3_corollary.

Goal True. idtac "#### S12_particles_suffice". Abort.
Check @Statements.S12_particles_suffice.
Print Assumptions Statements.S12_particles_suffice.

Goal True. idtac "#### S4_particles_suffice". Abort.
Check @Statements.S4_particles_suffice.
Print Assumptions Statements.S4_particles_suffice.

Goal True. idtac "#### S12_any_answer". Abort.
Check @Statements.S12_any_answer.
Print Assumptions Statements.S12_any_answer.

Goal True. idtac "#### S4_any_answer". Abort.
Check @Statements.S4_any_answer.
Print Assumptions Statements.S4_any_answer.

Goal True. idtac "#### S3_paths". Abort.
Check @Statements.S3_paths.
Print Assumptions Statements.S3_paths.

Goal True. idtac "#### S13_paths". Abort.
Check @Statements.S13_paths.
Print Assumptions Statements.S13_paths.

Goal True. idtac "#### S12_paths". Abort.
Check @Statements.S12_paths.
Print Assumptions Statements.S12_paths.

Goal True. idtac "#### S13_adapted_particles". Abort.
Check @Statements.S13_adapted_particles.
Print Assumptions Statements.S13_adapted_particles.

Goal True. idtac "#### S8_particles_suffice". Abort.
Check @Statements.S8_particles_suffice.
Print Assumptions Statements.S8_particles_suffice.

Goal True. idtac "#### S8_bias". Abort.
Check @Statements.S8_bias.
Print Assumptions Statements.S8_bias.

Goal True. idtac "#### S5_bellman_error". Abort.
Check @Statements.S5_bellman_error.
Print Assumptions Statements.S5_bellman_error.

Goal True. idtac "#### S5_unbiased". Abort.
Check @Statements.S5_unbiased.
Print Assumptions Statements.S5_unbiased.

Goal True. idtac "#### S5_second_moment". Abort.
Check @Statements.S5_second_moment.
Print Assumptions Statements.S5_second_moment.

Goal True. idtac "#### S5_recursion". Abort.
Check @Statements.S5_recursion.
Print Assumptions Statements.S5_recursion.

Goal True. idtac "#### S5_product_bound". Abort.
Check @Statements.S5_product_bound.
Print Assumptions Statements.S5_product_bound.

Goal True. idtac "#### S5_particles_suffice". Abort.
Check @Statements.S5_particles_suffice.
Print Assumptions Statements.S5_particles_suffice.

Goal True. idtac "#### S12_moment". Abort.
Check @Statements.S12_moment.
Print Assumptions Statements.S12_moment.

Goal True. idtac "#### S12_density". Abort.
Check @Statements.S12_density.
Print Assumptions Statements.S12_density.

Goal True. idtac "#### S12_tv". Abort.
Check @Statements.S12_tv.
Print Assumptions Statements.S12_tv.

Goal True. idtac "#### S12_bias". Abort.
Check @Statements.S12_bias.
Print Assumptions Statements.S12_bias.

Goal True. idtac "#### S10_second_moment". Abort.
Check @Statements.S10_second_moment.
Print Assumptions Statements.S10_second_moment.

Goal True. idtac "#### S10_recursion". Abort.
Check @Statements.S10_recursion.
Print Assumptions Statements.S10_recursion.

Goal True. idtac "#### S10_certificate". Abort.
Check @Statements.S10_certificate.
Print Assumptions Statements.S10_certificate.

Goal True. idtac "#### S10_tv". Abort.
Check @Statements.S10_tv.
Print Assumptions Statements.S10_tv.

Goal True. idtac "#### S10_any_answer". Abort.
Check @Statements.S10_any_answer.
Print Assumptions Statements.S10_any_answer.

Goal True. idtac "#### S7_first_state". Abort.
Check @Statements.S7_first_state.
Print Assumptions Statements.S7_first_state.

Goal True. idtac "#### S7_step". Abort.
Check @Statements.S7_step.
Print Assumptions Statements.S7_step.

Goal True. idtac "#### S7_bellman_error". Abort.
Check @Statements.S7_bellman_error.
Print Assumptions Statements.S7_bellman_error.

Goal True. idtac "#### S7_chain". Abort.
Check @Statements.S7_chain.
Print Assumptions Statements.S7_chain.

Goal True. idtac "#### S7_good_event". Abort.
Check @Statements.S7_good_event.
Print Assumptions Statements.S7_good_event.

Goal True. idtac "#### P6_acceptance". Abort.
Check @Statements.P6_acceptance.
Print Assumptions Statements.P6_acceptance.

Goal True. idtac "#### P6_detailed_balance". Abort.
Check @Statements.P6_detailed_balance.
Print Assumptions Statements.P6_detailed_balance.

Goal True. idtac "#### P6_path_marginal". Abort.
Check @Statements.P6_path_marginal.
Print Assumptions Statements.P6_path_marginal.

Goal True. idtac "#### P6_pool_metropolis". Abort.
Check @Statements.P6_pool_metropolis.
Print Assumptions Statements.P6_pool_metropolis.

Goal True. idtac "#### P6_pools_suffice". Abort.
Check @Statements.P6_pools_suffice.
Print Assumptions Statements.P6_pools_suffice.

Goal True. idtac "#### S17_identity". Abort.
Check @Statements.S17_identity.
Print Assumptions Statements.S17_identity.

Goal True. idtac "#### S17_reversible". Abort.
Check @Statements.S17_reversible.
Print Assumptions Statements.S17_reversible.

Goal True. idtac "#### S17_positive". Abort.
Check @Statements.S17_positive.
Print Assumptions Statements.S17_positive.

Goal True. idtac "#### S17_invariant". Abort.
Check @Statements.S17_invariant.
Print Assumptions Statements.S17_invariant.

Goal True. idtac "#### S17_place". Abort.
Check @Statements.S17_place.
Print Assumptions Statements.S17_place.

Goal True. idtac "#### S17_detailed_balance". Abort.
Check @Statements.S17_detailed_balance.
Print Assumptions Statements.S17_detailed_balance.

Goal True. idtac "#### S14_path". Abort.
Check @Statements.S14_path.
Print Assumptions Statements.S14_path.

Goal True. idtac "#### S14_out". Abort.
Check @Statements.S14_out.
Print Assumptions Statements.S14_out.

Goal True. idtac "#### S15_chi_squares". Abort.
Check @Statements.S15_chi_squares.
Print Assumptions Statements.S15_chi_squares.

Goal True. idtac "#### S15_paths". Abort.
Check @Statements.S15_paths.
Print Assumptions Statements.S15_paths.

Goal True. idtac "#### G1_first_step". Abort.
Check @Statements.G1_first_step.
Print Assumptions Statements.G1_first_step.

Goal True. idtac "#### G1_product_bound". Abort.
Check @Statements.G1_product_bound.
Print Assumptions Statements.G1_product_bound.

Goal True. idtac "#### G1_terms". Abort.
Check @Statements.G1_terms.
Print Assumptions Statements.G1_terms.

Goal True. idtac "#### G1_bound". Abort.
Check @Statements.G1_bound.
Print Assumptions Statements.G1_bound.

Goal True. idtac "#### G3_arrival". Abort.
Check @Statements.G3_arrival.
Print Assumptions Statements.G3_arrival.

Goal True. idtac "#### G3_identity". Abort.
Check @Statements.G3_identity.
Print Assumptions Statements.G3_identity.

Goal True. idtac "#### S6_instance". Abort.
Check @Statements.S6_instance.
Print Assumptions Statements.S6_instance.

Goal True. idtac "#### S6_lower_bound". Abort.
Check @Statements.S6_lower_bound.
Print Assumptions Statements.S6_lower_bound.

Goal True. idtac "#### S6_exponent_two". Abort.
Check @Statements.S6_exponent_two.
Print Assumptions Statements.S6_exponent_two.

Goal True. idtac "#### P4_lower_bound". Abort.
Check @Statements.P4_lower_bound.
Print Assumptions Statements.P4_lower_bound.

Goal True. idtac "#### S6_branching". Abort.
Check @Statements.S6_branching.
Print Assumptions Statements.S6_branching.

Goal True. idtac "#### S1_attained". Abort.
Check @Statements.S1_attained.
Print Assumptions Statements.S1_attained.

Goal True. idtac "#### S2_attained". Abort.
Check @Statements.S2_attained.
Print Assumptions Statements.S2_attained.

Goal True. idtac "#### S16_stratified_meets". Abort.
Check @Statements.S16_stratified_meets.
Print Assumptions Statements.S16_stratified_meets.

Goal True. idtac "#### S16_residual_meets". Abort.
Check @Statements.S16_residual_meets.
Print Assumptions Statements.S16_residual_meets.

Goal True. idtac "#### S16_infinity_ess_meets". Abort.
Check @Statements.S16_infinity_ess_meets.
Print Assumptions Statements.S16_infinity_ess_meets.

Goal True. idtac "#### S16_step". Abort.
Check @Statements.S16_step.
Print Assumptions Statements.S16_step.

Goal True. idtac "#### S16_odds_step". Abort.
Check @Statements.S16_odds_step.
Print Assumptions Statements.S16_odds_step.

Goal True. idtac "#### S16_unbiased". Abort.
Check @Statements.S16_unbiased.
Print Assumptions Statements.S16_unbiased.

Goal True. idtac "#### S16_moment". Abort.
Check @Statements.S16_moment.
Print Assumptions Statements.S16_moment.

Goal True. idtac "#### S16_density". Abort.
Check @Statements.S16_density.
Print Assumptions Statements.S16_density.

Goal True. idtac "#### S16_tv". Abort.
Check @Statements.S16_tv.
Print Assumptions Statements.S16_tv.

Goal True. idtac "#### S16_odds". Abort.
Check @Statements.S16_odds.
Print Assumptions Statements.S16_odds.

Goal True. idtac "#### S16_odds_tv". Abort.
Check @Statements.S16_odds_tv.
Print Assumptions Statements.S16_odds_tv.

Goal True. idtac "#### S16_adapted_unbiased". Abort.
Check @Statements.S16_adapted_unbiased.
Print Assumptions Statements.S16_adapted_unbiased.

Goal True. idtac "#### S16_adapted_moment". Abort.
Check @Statements.S16_adapted_moment.
Print Assumptions Statements.S16_adapted_moment.

Goal True. idtac "#### S16_adapted_density". Abort.
Check @Statements.S16_adapted_density.
Print Assumptions Statements.S16_adapted_density.

Goal True. idtac "#### S16_adapted_tv". Abort.
Check @Statements.S16_adapted_tv.
Print Assumptions Statements.S16_adapted_tv.

Goal True. idtac "#### S16_adapted_levels". Abort.
Check @Statements.S16_adapted_levels.
Print Assumptions Statements.S16_adapted_levels.

Goal True. idtac "#### S16_adapted_odds". Abort.
Check @Statements.S16_adapted_odds.
Print Assumptions Statements.S16_adapted_odds.

Goal True. idtac "#### S16_adapted_odds_tv". Abort.
Check @Statements.S16_adapted_odds_tv.
Print Assumptions Statements.S16_adapted_odds_tv.

Goal True. idtac "#### S16_stratified". Abort.
Check @Statements.S16_stratified.
Print Assumptions Statements.S16_stratified.

Goal True. idtac "#### S16_residual". Abort.
Check @Statements.S16_residual.
Print Assumptions Statements.S16_residual.

Goal True. idtac "#### S16_infinity_ess". Abort.
Check @Statements.S16_infinity_ess.
Print Assumptions Statements.S16_infinity_ess.

Goal True. idtac "#### S11_four". Abort.
Check @Statements.S11_four.
Print Assumptions Statements.S11_four.

Goal True. idtac "#### S11_lower". Abort.
Check @Statements.S11_lower.
Print Assumptions Statements.S11_lower.

Goal True. idtac "#### S11_tv". Abort.
Check @Statements.S11_tv.
Print Assumptions Statements.S11_tv.

Goal True. idtac "#### S18_root". Abort.
Check @Statements.S18_root.
Print Assumptions Statements.S18_root.

Goal True. idtac "#### S18_leaf". Abort.
Check @Statements.S18_leaf.
Print Assumptions Statements.S18_leaf.

Goal True. idtac "#### S18_first". Abort.
Check @Statements.S18_first.
Print Assumptions Statements.S18_first.

Goal True. idtac "#### S18_steps". Abort.
Check @Statements.S18_steps.
Print Assumptions Statements.S18_steps.

Goal True. idtac "#### S18_stationary". Abort.
Check @Statements.S18_stationary.
Print Assumptions Statements.S18_stationary.

Goal True. idtac "#### S18_arrives". Abort.
Check @Statements.S18_arrives.
Print Assumptions Statements.S18_arrives.

Goal True. idtac "#### S18_returns". Abort.
Check @Statements.S18_returns.
Print Assumptions Statements.S18_returns.

Goal True. idtac "#### S18_reversible". Abort.
Check @Statements.S18_reversible.
Print Assumptions Statements.S18_reversible.

Goal True. idtac "#### S18_detailed_balance". Abort.
Check @Statements.S18_detailed_balance.
Print Assumptions Statements.S18_detailed_balance.

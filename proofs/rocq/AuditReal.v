(* The audit of StatementsReal.v: the standard library's real numbers rest on axioms, which are listed here. *)
From Coq Require Import Reals.
From mathcomp Require Import all_ssreflect all_algebra.
From BellmanSMC Require StatementsReal.
From BellmanSMC Require Import TotalVariation Model Guided Paths Adapted RealNumbers.
Unset Printing Implicit Defensive.
Set Printing Width 115.
Set Printing Depth 1000.
Local Open Scope R_scope.

Goal True. idtac "#### exponential_2T". Abort.
Check @StatementsReal.exponential_2T.
Print Assumptions StatementsReal.exponential_2T.

Goal True. idtac "#### S3_exponential_count". Abort.
Check @StatementsReal.S3_exponential_count.
Print Assumptions StatementsReal.S3_exponential_count.

Goal True. idtac "#### P3_exponential_count". Abort.
Check @StatementsReal.P3_exponential_count.
Print Assumptions StatementsReal.P3_exponential_count.

Goal True. idtac "#### S4_exponential_count". Abort.
Check @StatementsReal.S4_exponential_count.
Print Assumptions StatementsReal.S4_exponential_count.

Goal True. idtac "#### S1_exponential". Abort.
Check @StatementsReal.S1_exponential.
Print Assumptions StatementsReal.S1_exponential.

Goal True. idtac "#### S2_exponential". Abort.
Check @StatementsReal.S2_exponential.
Print Assumptions StatementsReal.S2_exponential.

Goal True. idtac "#### S6_logarithmic_error". Abort.
Check @StatementsReal.S6_logarithmic_error.
Print Assumptions StatementsReal.S6_logarithmic_error.

Goal True. idtac "#### S3_real". Abort.
Check @StatementsReal.S3_real.
Print Assumptions StatementsReal.S3_real.

Goal True. idtac "#### P3_real". Abort.
Check @StatementsReal.P3_real.
Print Assumptions StatementsReal.P3_real.

Goal True. idtac "#### S4_real". Abort.
Check @StatementsReal.S4_real.
Print Assumptions StatementsReal.S4_real.

Goal True. idtac "#### S8_real". Abort.
Check @StatementsReal.S8_real.
Print Assumptions StatementsReal.S8_real.

Goal True. idtac "#### S1_real". Abort.
Check @StatementsReal.S1_real.
Print Assumptions StatementsReal.S1_real.

Goal True. idtac "#### S2_real". Abort.
Check @StatementsReal.S2_real.
Print Assumptions StatementsReal.S2_real.

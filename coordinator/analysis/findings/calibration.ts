/**
 * Made by `npm run faultbench -- --calibrate DIR` of runs of the development split; do not edit. What it holds is in probability-model.ts.
 */
import type { Calibration } from "./probability-model.ts";

export const CALIBRATION: Calibration = {
  base: 0,
  weights: { likely: 0.8, certain: 0.8, evidence: 0.2, against: -0.2, later: -0.5, others: -0.2 },
  runs: 0,
  answers: 0,
  cases: 0,
  seeds: [],
  error: { crossValidated: 0, byChance: 0 },
};

/** The baselines, in the order in which they are printed. Called by rescore.ts; a new one is a file and a line here. */
import type { Baseline } from "./baseline.ts";
import { closeCodes } from "./close-codes.ts";
import { majority } from "./majority.ts";
import { robustZ } from "./robust-z.ts";

export const BASELINES: readonly Baseline[] = [majority, closeCodes, robustZ];

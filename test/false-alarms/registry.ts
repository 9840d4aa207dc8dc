/** All null cases, in the order of docs/methods.md. A new one is an entry of a list. */
import type { NullCase } from "./null-case.ts";
import { FAILURE_CASES } from "./of-failures.ts";
import { RUN_CASES } from "./of-runs.ts";
import { SERIES_CASES } from "./of-series.ts";

export const NULL_CASES: readonly NullCase[] = [...SERIES_CASES, ...FAILURE_CASES, ...RUN_CASES];

/**
 * Everything that is judged of a run, in the order in which it is judged and shown. A new check is a file and a line here;
 * the verdict, every report, docs/validity.md and test/unit/analysis/registry.test.ts follow. Invariant: a check that reads
 * the judgements of others stands after them.
 */
import type { Check } from "./check.ts";
import { complete } from "./checks/complete.ts";
import { hooksBehind } from "./checks/hooks-behind.ts";
import { hooksFailed } from "./checks/hooks-failed.ts";
import { judgeableThresholds } from "./checks/judgeable-thresholds.ts";
import { openLag, sendLag } from "./checks/lag.ts";
import { ledger } from "./checks/ledger.ts";
import { lostWorkers } from "./checks/lost-workers.ts";
import { missingFrames } from "./checks/missing-frames.ts";
import { ownFailures } from "./checks/own-failures.ts";
import { plannedConnections } from "./checks/planned-connections.ts";
import { problem } from "./checks/problem.ts";
import { saturatedSeconds } from "./checks/saturated-seconds.ts";
import { skippedMessages } from "./checks/skipped-messages.ts";
import { cause } from "./findings/cause.ts";
import { generatorSaturated } from "./findings/generator-saturated.ts";
import { generatorStoodStill } from "./findings/generator-stood-still.ts";
import { generatorWaited } from "./findings/generator-waited.ts";
import { resultsMissing } from "./findings/results-missing.ts";
import { staysDown } from "./findings/stays-down.ts";
import { ambiguousReplies } from "./notes/ambiguous-replies.ts";
import { announcedRestarts } from "./notes/announced-restarts.ts";
import { compression } from "./notes/compression.ts";
import { overrun } from "./notes/overrun.ts";
import { replacedWorkers } from "./notes/replaced-workers.ts";
import { answered } from "./rules/answered.ts";
import { baseline } from "./rules/baseline.ts";
import { besideWarning } from "./rules/beside-warning.ts";
import { checkpoints } from "./rules/checkpoints.ts";
import { ending } from "./rules/ending.ts";
import { environment } from "./rules/environment.ts";
import { established } from "./rules/established.ts";
import { followed } from "./rules/followed.ts";
import { isolated } from "./rules/isolated.ts";
import { kept } from "./rules/kept.ts";
import { recovered } from "./rules/recovered.ts";
import { thresholds } from "./rules/thresholds.ts";
import {
  fewConnections,
  fewReplies,
  fewSends,
  manyDrops,
  silentMessages,
  silentTargets,
} from "./rules/warnings.ts";

export const REGISTRY: readonly Check[] = [
  ending,
  thresholds,
  recovered,
  checkpoints,
  environment,
  sendLag,
  openLag,
  skippedMessages,
  hooksFailed,
  hooksBehind,
  saturatedSeconds,
  judgeableThresholds,
  plannedConnections,
  ownFailures,
  lostWorkers,
  missingFrames,
  ledger,
  problem,
  complete,
  established,
  answered,
  followed,
  kept,
  isolated,
  fewConnections,
  fewReplies,
  fewSends,
  manyDrops,
  silentMessages,
  silentTargets,
  besideWarning,
  replacedWorkers,
  announcedRestarts,
  overrun,
  ambiguousReplies,
  compression,
  baseline,
  resultsMissing,
  generatorSaturated,
  cause,
  generatorStoodStill,
  generatorWaited,
  staysDown,
];

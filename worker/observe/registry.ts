/**
 * All observers: a new one is a file and a line here. Called by observers.ts. Invariant: they are asked in this order, those
 * that decide whose a message is first, and those last that only take what nobody else knows.
 */
import { answers } from "../answer/answers.ts";
import { flows } from "../flow/flow-runner.ts";
import { canarySearch } from "../integrity/canary-search.ts";
import { orderAudit } from "../integrity/order-audit.ts";
import { ownerAudit } from "../integrity/owner-audit.ts";
import { pushes } from "../push/push-observer.ts";
import { sequences } from "../sequence/sequences.ts";
import { applicationFailures } from "./application-failures.ts";
import type { MakeObserver } from "./observer.ts";

export const OBSERVERS: readonly MakeObserver[] = [
  ownerAudit,
  canarySearch,
  orderAudit,
  flows,
  applicationFailures,
  answers,
  pushes,
  sequences,
];

/**
 * All observers: a new one is a file and a line here. Called by observers.ts. Invariant: they are asked in this order, those
 * that decide whose a message is first.
 */
import { answers } from "../answer/answers.ts";
import { pushes } from "../push/push-observer.ts";
import { applicationFailures } from "./application-failures.ts";
import type { MakeObserver } from "./observer.ts";

export const OBSERVERS: readonly MakeObserver[] = [applicationFailures, answers, pushes];

/**
 * All kinds of steps: a new one is one file and one line here. Called by steps.ts. Invariant: the order is the one of the
 * reference.
 */
import { choose } from "./choose.ts";
import { close } from "./close.ts";
import { expect, optional } from "./expect.ts";
import { expectNot } from "./expect-not.ts";
import { mark } from "./mark.ts";
import { ping } from "./ping.ts";
import { repeat } from "./repeat.ts";
import { send } from "./send.ts";
import type { StepKind } from "./step.ts";
import { wait } from "./wait.ts";

export const STEPS = [
  send,
  expect,
  optional,
  expectNot,
  wait,
  repeat,
  choose,
  ping,
  mark,
  close,
] as const satisfies readonly StepKind[];

/**
 * `flow`: what a connection does in steps. Listed in registry.ts; roles have flows of their own by the same functions.
 * Invariant: each step has a name of its own in its flow and among the messages; a loop takes time.
 */
import * as z from "zod";
import type { Path } from "../issue.ts";
import { about, label, strict } from "../shape/fields.ts";
import { isMapping } from "../shape/words.ts";
import type { StrictFlow, StrictStep } from "../strict-conversation.ts";
import { type Scene, section } from "./section.ts";
import { LISTS } from "./steps/step.ts";
import { stepNames, steps, strictSteps, takesTime, writtenSteps } from "./steps/steps.ts";

/** Each costs a connection the memory of a few dozen bytes. */
const MAX_LOOPS = 16;
const MAX_NAMED_STEPS = 1000;

export function flowShape() {
  const list = steps();
  const loops = z
    .record(label(), list)
    .refine((named) => Object.keys(named).length <= MAX_LOOPS, `more than ${MAX_LOOPS} loops`);
  const lists = strict({
    before: about(list.optional(), "Ahead of each attempt to connect: HTTP requests.", [
      {
        http: {
          post: "https://chat.example/login",
          json: { user: "{{data.users.name}}" },
          capture: { token: "body.token" },
        },
      },
    ]),
    open: about(list.optional(), "After each (re)connect, before messages are sent.", [
      { expect: { where: "m.type == 'welcome'", within: "2s" } },
    ]),
    loop: about(
      z.union([list, loops]).optional(),
      "Again and again while the connection is open: one list, or several by name, side by side.",
      [{ send: { json: { type: "poll" }, reply: { match: "next" } } }, { wait: "exp(3s)" }],
    ),
    close: about(list.optional(), "Before a planned close; 30s at most.", [
      { send: { json: { type: "logout" } } },
    ]),
  });
  return z.union([list, lists]).optional();
}

type Written = z.output<ReturnType<typeof flowShape>>;

export const flow = section({
  key: "flow",
  shape: () =>
    about(flowShape(), "What each connection does in steps. A list means open.", [
      { expect: { where: "m.type == 'welcome'", within: "2s", capture: { nonce: "m.nonce" } } },
      { send: { json: { type: "login", nonce: "{{conn.nonce}}" }, reply: { match: "next" } } },
    ]),
  strict: (value, scene) => ({ flow: strictFlow(value, ["flow"], scene) }),
  check: ({ scope, log }) => {
    const others = scope.messages?.mix.map(({ name }) => name) ?? [];
    if (log.isSound(["flow"])) checkStepNames(scope.flow, others, { path: ["flow"], log });
  },
  written: ({ flow: known }) => (known === null ? undefined : writtenFlow(known)),
});

export function strictFlow(value: Written, path: Path, scene: Scene): StrictFlow | null {
  if (value === undefined) return null;
  const lists = Array.isArray(value) ? { open: value } : (value as Record<string, unknown>);
  const at = (key: string) => (Array.isArray(value) ? path : [...path, key]);
  const of = (list: (typeof LISTS)[number]) =>
    strictSteps(lists[list], { list, path: at(list), prefix: list, scene });
  return {
    ...{ before: of("before"), open: of("open"), close: of("close") },
    loops: strictLoops(lists["loop"], at("loop"), scene),
  };
}

function strictLoops(value: unknown, path: Path, scene: Scene): StrictFlow["loops"] {
  if (value === undefined) return [];
  const { log } = scene;
  const loops = isMapping(value) ? Object.entries(value) : [["loop", value] as const];
  return loops.flatMap(([name, list]) => {
    const at = isMapping(value) ? [...path, name] : path;
    if (isMapping(value) && (LISTS as readonly string[]).includes(name)) {
      log.add(at, `a loop cannot be called ${name}`, "give it a name of its own", { part: "key" });
    }
    const known = strictSteps(list, { list: "loop", path: at, prefix: name, scene });
    if (log.isSound(at) && !takesTime(known)) {
      const what = "the loop takes no time: it would go round as fast as it can";
      log.add(at, what, "add a wait, or wait for a reply", { part: "key" });
    }
    return [{ name, steps: known }];
  });
}

/** All lists of a flow. */
export function listsOf({ before, open, loops, close }: StrictFlow): readonly StrictStep[][] {
  return [before, open, ...loops.map(({ steps: list }) => list), close].map((list) => [...list]);
}

/** @param others names of the messages beside it */
export function checkStepNames(
  known: StrictFlow | null,
  others: readonly string[],
  { path, log }: { readonly path: Path; readonly log: Scene["log"] },
): void {
  if (known === null) return;
  const seen = new Set(others);
  const names = listsOf(known).flatMap(stepNames);
  for (const name of names) {
    if (seen.has(name)) {
      log.add(path, `two steps or messages are called ${name}`, "give each its own name", {
        part: "key",
      });
    }
    seen.add(name);
  }
  if (names.length > MAX_NAMED_STEPS) {
    log.add(path, `more than ${MAX_NAMED_STEPS} steps`, "", { part: "key" });
  }
}

export function writtenFlow({
  before,
  open,
  loops,
  close,
}: StrictFlow): z.input<ReturnType<typeof flowShape>> {
  const written = (key: string, list: readonly StrictStep[]) =>
    list.length === 0 ? {} : { [key]: writtenSteps(list) };
  const [only] = loops;
  const isList = loops.length === 1 && only?.name === "loop";
  const named = Object.fromEntries(
    loops.map(({ name, steps: list }) => [name, writtenSteps(list)]),
  );
  return {
    ...written("before", before),
    ...written("open", open),
    ...(loops.length === 0 ? {} : { loop: isList ? writtenSteps(only.steps) : named }),
    ...written("close", close),
  };
}

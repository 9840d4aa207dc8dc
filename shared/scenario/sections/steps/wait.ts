/** `wait`: think time, fixed or drawn for each turn. Listed in registry.ts. */
import * as z from "zod";
import { fault, tagged } from "../../shape/fields.ts";
import type { StrictWait } from "../../strict-conversation.ts";
import { formatDuration, parseDuration } from "../../units.ts";
import { CONNECTED, stepKind } from "./step.ts";

const TIME = "([0-9.]+(us|ms|s|m|h))+";
const HINT = "write a time such as 3s, exp(3s) or uniform(1s, 3s)";

function shape() {
  const parsed = z.string().transform((text, context): StrictWait => {
    const [, kind = "fixed", inner = text] = /^(exp|uniform)\((.*)\)$/.exec(text.trim()) ?? [];
    const values: number[] = [];
    for (const one of inner.split(",")) {
      const time = parseDuration(one.trim());
      if (!time.ok) return fault(context, [time.what, HINT]);
      values.push(time.value);
    }
    const [first = 0, second = 0] = values;
    if (values.length !== (kind === "uniform" ? 2 : 1)) {
      return fault(context, [
        `${kind} takes ${kind === "uniform" ? "two times" : "one time"}`,
        HINT,
      ]);
    }
    if (kind === "uniform") {
      if (second > first) return { kind, fromUs: first, toUs: second };
      return fault(context, ["the second time is not the greater one", HINT]);
    }
    if (first === 0) return fault(context, ["the wait is zero", HINT]);
    return { kind: kind === "exp" ? "exp" : "fixed", meanUs: first };
  });
  return tagged(parsed, {
    pattern: `^(${TIME}|exp\\(${TIME}\\)|uniform\\(${TIME}, *${TIME}\\)|.*\\{\\{.*)$`,
  });
}

export const wait = stepKind({
  key: "wait",
  doc: "Think time: fixed, exponentially distributed (exp), or even between two times (uniform).",
  example: "exp(3s)",
  lists: CONNECTED,
  shape,
  strict: (value) => ({ kind: "wait", wait: value }),
  written: (step) => {
    if (step.kind !== "wait") return undefined;
    const { wait: time } = step;
    if (time.kind === "uniform") {
      return `uniform(${formatDuration(time.fromUs)}, ${formatDuration(time.toUs)})`;
    }
    const mean = formatDuration(time.meanUs);
    return time.kind === "exp" ? `exp(${mean})` : mean;
  },
});

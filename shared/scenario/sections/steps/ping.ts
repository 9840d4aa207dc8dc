/** `ping`: a WebSocket ping, and the wait for its pong. Listed in registry.ts. */
import { byDefault, duration, strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { CONNECTED, onFail, policyOf, stepKind, stepName, writtenName } from "./step.ts";

export const ping = stepKind({
  key: "ping",
  doc: "Sends a WebSocket ping and waits for its pong. A plain `- ping` is enough.",
  example: { within: "5s" },
  lists: CONNECTED,
  shape: () =>
    strict({
      name: stepName(),
      within: byDefault(duration(), "10s", "How long to wait for the pong.", "5s"),
      onFail: onFail(),
    }),
  strict: ({ name, within, onFail: policy }, place) => {
    return {
      ...{ kind: "ping", name: name ?? place.name, withinUs: within },
      onFail: policyOf(policy, place.list),
    };
  },
  written: (step) =>
    step.kind !== "ping"
      ? undefined
      : { ...writtenName(step.name), within: formatDuration(step.withinUs), onFail: step.onFail },
});

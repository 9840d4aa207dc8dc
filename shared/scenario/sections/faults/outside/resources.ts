/**
 * `kind: resources`: processor, memory, or all of it, taken from the target's side by a page of its own. Listed in registry.ts. Invariant:
 * whoever is asked for it is told how long it lasts, so that it is over also when nobody comes back; we ask for its end besides.
 */
import * as z from "zod";
import { about, durationUpTo, fault, part, size, strict } from "../../../shape/fields.ts";
import { requestHeaders, requestUrl, withoutAddress } from "../../../shape/request.ts";
import { formatDuration, formatShare, formatSize } from "../../../units.ts";
import { base, outsideKind } from "./outside.ts";

const MAX_BYTES = 8 * 1024 ** 3;
const EXAMPLE = {
  ...{ at: "steady+30s", for: "20s", kind: "resources", url: "http://127.0.0.1:9001/resources" },
  ...{ cpu: "50%", timeout: "5s" },
};

export interface ResourcesAct {
  readonly kind: "resources";
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly forUs: number;
  /** null: none of it. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
  readonly pause: boolean;
}

export const resources = outsideKind({
  kind: "resources",
  on: "others",
  doc: "Takes processor time or memory from the target's side, or has it stand still, by a page there that `onrush target` has: PUT when it begins, DELETE when it ends. PUT says how long it lasts, so it is over also when nobody comes back.",
  example: EXAMPLE,
  shape: () =>
    strict({
      ...base("resources", "Takes resources from the target's side."),
      for: about(durationUpTo("10m"), "How long it lasts; ten minutes at most.", "20s"),
      url: about(requestUrl(), "The page: http or https.", EXAMPLE.url),
      cpu: about(part().optional(), "Share of a core, of each process.", "50%"),
      memory: about(size(1, MAX_BYTES).optional(), "Bytes, of each process.", "256mb"),
      pause: about(z.literal(true).optional(), "Each process stands still.", true),
      headers: about(requestHeaders().optional(), "Headers of the requests.", {
        authorization: "Bearer {{vars.token}}",
      }),
    }).superRefine(({ cpu, memory, pause }, context) => {
      if ((cpu ?? memory ?? pause) !== undefined) return;
      fault(context, ["resources needs cpu, memory or pause", "such as cpu: 50%"]);
    }),
  strict: (value): ResourcesAct => ({
    ...{ kind: "resources", url: value.url, headers: Object.entries(value.headers ?? {}) },
    ...{ forUs: value.for, cpu: value.cpu ?? null, memoryBytes: value.memory ?? null },
    pause: value.pause === true,
  }),
  written: ({ url: page, headers: written, forUs, cpu, memoryBytes, pause }) => ({
    ...{ for: formatDuration(forUs), url: page },
    ...(cpu !== null && { cpu: formatShare(cpu) }),
    ...(memoryBytes !== null && { memory: formatSize(memoryBytes) }),
    ...(pause && { pause }),
    ...(written.length > 0 && { headers: Object.fromEntries(written) }),
  }),
  redacted: withoutAddress,
  lastsUs: ({ forUs }) => forUs,
  async perform({ url: page, headers: given, forUs, cpu, memoryBytes, pause }, hands) {
    const order = {
      forMs: forUs / 1000,
      ...(cpu !== null && { cpu }),
      ...(memoryBytes !== null && { memoryBytes }),
      ...(pause && { pause }),
    };
    const type = ["content-type", "application/json"] as const;
    const place = { url: page, status: [] };
    const body = JSON.stringify(order);
    const begun = await hands.request({
      ...{ ...place, method: "PUT", headers: [...given, type], body },
    });
    if (begun.ok) await hands.wait(forUs);
    const end = { ...place, method: "DELETE", headers: given, body: null };
    const ended = await hands.request(end, { isEnd: true });
    // What was not answered may have begun all the same.
    return ended.ok || !begun.ok
      ? begun
      : { ok: false, outcome: `it began; asked for its end: ${ended.outcome}` };
  },
});

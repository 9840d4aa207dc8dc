/**
 * `outputs`: results to write, and where a run can be followed. Listed in registry.ts. Invariant: no output is written
 * twice, and an address to serve or to push to is one.
 */
import * as z from "zod";
import {
  DEFAULT_COLLECTOR,
  DEFAULT_SCRAPE_ADDRESS,
  formatListenAddress,
  parseListenAddress,
  RUN_OUTPUTS,
  type RunOutput,
  readCollectorUrl,
} from "../output.ts";
import { about, fault, list, text } from "../shape/fields.ts";
import { literal } from "../shape/literal.ts";
import { message } from "../shape/words.ts";
import type { StrictOutput } from "../strict.ts";
import { quoted } from "../units.ts";
import { section, soundItems } from "./section.ts";

function output() {
  const kind = z.enum(RUN_OUTPUTS);
  const error: z.core.$ZodErrorMap = ({ code }) =>
    code === "unrecognized_keys" ? RUN_OUTPUTS.join(",") : undefined;
  const placed = z
    .partialRecord(kind, text(1024), { error })
    .refine((value) => Object.keys(value).length === 1, message("one output per item", ""));
  return z.union([kind, placed]).transform((value, context): StrictOutput => {
    const [[name, to] = ["json"]] = typeof value === "string" ? [[value]] : Object.entries(value);
    return strictOutput(name as RunOutput, to ?? null, context);
  });
}

function strictOutput(kind: RunOutput, to: string | null, context: z.RefinementCtx): StrictOutput {
  if (kind === "otlp") {
    const collector = readCollectorUrl(to ?? DEFAULT_COLLECTOR);
    if ("url" in collector) return { kind, to: collector.url };
    return fault(context, [collector.wrong, collector.hint]);
  }
  if (kind !== "prometheus") return { kind, to };
  const address = parseListenAddress(to ?? DEFAULT_SCRAPE_ADDRESS);
  if (address !== null) return { kind, to: formatListenAddress(address) };
  const what = `not an address to listen on: ${quoted(to ?? "")}`;
  return fault(context, [what, "write :9464, or HOST:PORT"]);
}

export const outputs = section({
  key: "outputs",
  shape: () =>
    about(
      list(output, 0, 32).prefault(["json"]),
      "Results to write: html, json, md, csv, junit, pdf; in the run directory, or at a path of your choice. prometheus: where the run can be scraped while it goes on. otlp: the collector its metrics are pushed to. Default: json.",
      [
        "md",
        { junit: "reports/junit.xml" },
        { prometheus: ":9464" },
        { otlp: "http://127.0.0.1:4318" },
      ],
    ),
  strict: (value, { log }) => {
    const known: StrictOutput[] = [];
    for (const [index, one] of soundItems(value, ["outputs"], log)) {
      if (known.some(({ kind, to }) => kind === one.kind && to === one.to)) {
        const what = `the output ${one.kind} is written twice`;
        log.add(["outputs", index], what, "remove one of them");
      }
      known.push(one);
    }
    return { outputs: known };
  },
  written: ({ outputs: known }) =>
    known.map(({ kind, to }) => (to === null ? kind : { [kind]: literal(to) })),
});

/**
 * The schema of a scenario file, once: from it come the TypeScript type of the file, the JSON Schema for
 * editors and the errors about its shape. Called by parse.ts and by `onrush schema`. Invariant: whatever
 * passes needs no further check of shape or units, only of meaning (check/).
 */
import * as z from "zod";
import { RUN_OUTPUTS } from "./output.ts";
import { connect, data, target, targetUrl, vars } from "./shape/connect.ts";
import { about, duration, message, strict, text } from "./shape/fields.ts";
import { MAX_PHASES, phase } from "./shape/load.ts";
import { messages } from "./shape/messages.ts";

const threshold = z.union([
  text(200),
  strict({
    rule: about(text(200), "The rule.", "p50 < 50ms"),
    abort: about(
      z.boolean().optional(),
      "End the run as soon as the rule is broken. Default: false.",
      true,
    ),
    after: about(
      duration().optional(),
      "Never abort before this much of the run has passed. Default: 0s.",
      "30s",
    ),
  }),
]);

const output = z.union([
  z.enum(RUN_OUTPUTS),
  z
    .partialRecord(z.enum(RUN_OUTPUTS), text(1024))
    .refine((value) => Object.keys(value).length === 1, message("one output per item", "")),
]);

export const scenarioSchema = strict({
  version: about(z.literal(1), "Version of the file format.", 1),
  name: about(text(200).optional(), "Name of the scenario. Default: the file's name.", "echo-10k"),
  seed: about(
    z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .optional(),
    "Every random choice derives from it: the same seed, the same load. Default: 1.",
    42,
  ),
  vars: about(
    vars.optional(),
    "Values for {{vars.name}}: plain, or from the environment. Override with -e name=value.",
    { room: "lobby", token: { env: "CHAT_TOKEN", secret: true } },
  ),
  data: about(data.optional(), "Tables for {{data.table.column}}.", {
    users: { csv: "users.csv", pick: "unique" },
  }),
  target: targetUrl.optional(),
  targets: about(
    z.array(target).min(1).max(1000).optional(),
    "Several targets, in place of `target`; connections are spread by weight.",
    [{ url: "wss://eu.example/ws", weight: 2, label: "eu" }],
  ),
  connect: about(connect.optional(), "How connections are opened and kept.", { timeout: "10s" }),
  load: about(
    z.array(phase).min(1).max(MAX_PHASES),
    "Phases, one after another. Each starts where the one before ended.",
    [
      { phase: "grow", ramp: "linear", to: 1000, over: "30s" },
      { phase: "steady", hold: "5m" },
    ],
  ),
  messages: about(
    messages.optional(),
    "What open connections send. Without it connections are held and nothing is sent.",
    {
      rate: "1/s",
      mix: [
        { name: "beat", send: { binary: { size: 64 } }, reply: { match: "echo", within: "1s" } },
      ],
    },
  ),
  integrity: about(
    strict({
      stamp: about(
        z.boolean().optional(),
        "Stamp echoed binary messages to find loss, duplicates, reordering and corruption.",
        true,
      ),
    }).optional(),
    "Audit of the delivery of messages.",
    { stamp: true },
  ),
  thresholds: about(
    z.record(z.string().max(200), z.array(threshold).min(1).max(100)).optional(),
    "Rules that decide whether the run passes, per measure: latency, service, connect, connections, delivery, messages, ping, sendLag.",
    {
      latency: ["p99 < 200ms"],
      "latency{phase=steady}": ["p95 < 100ms"],
      connect: ["failed < 0.1%"],
      connections: ["dropped == 0"],
    },
  ),
  outputs: about(
    z.array(output).max(32).optional(),
    "Results to write: html, json, md, csv, junit, pdf; in the run directory, or at a path of your choice. prometheus: where the run can be scraped while it goes on. otlp: the collector its metrics are pushed to.",
    [
      "md",
      { junit: "reports/junit.xml" },
      { prometheus: ":9464" },
      { otlp: "http://127.0.0.1:4318" },
    ],
  ),
});

/** A scenario file as its author writes it, units as text. */
export type ScenarioInput = z.input<typeof scenarioSchema>;

/** The JSON Schema (draft-7) of a scenario file, for editors. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scenarioSchema, {
    io: "input",
    target: "draft-7",
    override: ({ jsonSchema: node }) => {
      // A value that is a whole placeholder keeps its type, so numbers and switches may be one.
      if (node.type !== "integer" && node.type !== "number" && node.type !== "boolean") return;
      if (node.const !== undefined) return;
      const { description, examples, ...plain } = node;
      for (const key of Object.keys(plain)) Reflect.deleteProperty(node, key);
      node.anyOf = [plain, { type: "string", pattern: "^\\{\\{.*\\}\\}$" }];
    },
  });
  return { ...schema, title: "Onrush scenario" };
}

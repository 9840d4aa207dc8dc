/**
 * The law of the house as data: who may import whom, which package has which door, what may lie at the
 * root, and the listed exceptions. Judged by rules.ts. Invariant: every entry is in use; one that no longer
 * is fails the test, so that no permission outlives its reason.
 */

/** A room is a folder or a file; the longest matching one owns a path. */
export interface Room {
  readonly room: string;
  /** Rooms it may import, beside itself; a folder stands for everything in it. */
  readonly may: readonly string[];
  /** Single files of other rooms it may import, each for a reason; stale ones fail. */
  readonly except?: readonly string[];
  /** Programs that a process of this room may become: it loads them in place of itself, as exec does. */
  readonly becomes?: readonly string[];
}

const GROUND = ["shared/time/", "shared/errors.ts", "shared/assert.ts"] as const;

export const ROOMS: readonly Room[] = [
  // The vocabulary: downwards only.
  { room: "shared/errors.ts", may: [] },
  { room: "shared/assert.ts", may: [] },
  { room: "shared/version.ts", may: [] },
  { room: "shared/open-files.ts", may: [] },
  { room: "shared/local-ports.ts", may: [] },
  { room: "shared/memory-need.ts", may: [] },
  { room: "shared/log.ts", may: [] },
  { room: "shared/lifeline.ts", may: ["shared/errors.ts"] },
  { room: "shared/end-signals.ts", may: ["shared/time/"] },
  { room: "shared/exposition.ts", may: [] },
  { room: "shared/time/", may: [] },
  { room: "shared/cgroup/", may: [] },
  { room: "shared/scenario/", may: GROUND },
  { room: "shared/stats/", may: GROUND },
  { room: "shared/load/", may: [...GROUND, "shared/scenario/"] },
  { room: "shared/net/", may: GROUND },
  { room: "shared/trust/", may: [...GROUND, "shared/log.ts"] },
  { room: "shared/wire/", may: [...GROUND, "shared/scenario/", "shared/load/", "shared/stats/"] },
  { room: "shared/bus/", may: [...GROUND, "shared/log.ts", "shared/wire/", "shared/trust/"] },

  // The worker: control -> execution | engine -> connection -> message -> socket; record is told and never asks.
  { room: "worker/", may: ["shared/", "worker/control/", "worker/execution/", "worker/health/"] },
  {
    room: "worker/control/",
    may: ["shared/", "worker/execution/"],
    // What the environment said, and how it stands.
    except: ["worker/config.ts", "worker/health/worker-state.ts"],
  },
  { room: "worker/health/", may: ["shared/"] },
  {
    room: "worker/execution/",
    may: ["shared/", "worker/record/"],
    // What both threads say to each other, and what the environment said.
    except: ["worker/engine/port.ts", "worker/config.ts"],
  },
  {
    room: "worker/engine/",
    may: [
      "shared/",
      "worker/reach/",
      "worker/sentinel/",
      "worker/connection/",
      "worker/faults/",
      "worker/hooks/",
      "worker/login/",
      "worker/message/",
      "worker/observe/",
      "worker/socket/",
      "worker/record/",
    ],
  },
  {
    room: "worker/login/",
    may: ["shared/", "worker/reach/", "worker/message/", "worker/socket/", "worker/record/"],
  },
  {
    room: "worker/flow/",
    may: ["shared/", "worker/message/", "worker/record/"],
    // Steps have time-outs, as connections have: by wheels of one kind.
    except: ["worker/observe/observer.ts", "worker/engine/turn/timing-wheel.ts"],
  },
  { room: "worker/probe/", may: ["shared/", "worker/reach/", "worker/socket/"] },
  {
    room: "worker/sentinel/",
    may: ["shared/", "worker/login/", "worker/reach/", "worker/socket/"],
  },
  // One connection of a real engine, looked at from all sides.
  {
    room: "worker/trace/",
    may: [
      "shared/",
      "worker/engine/",
      "worker/hooks/",
      "worker/login/",
      "worker/message/",
      "worker/observe/",
      "worker/reach/",
      "worker/record/",
      "worker/socket/",
    ],
  },
  { room: "worker/reach/", may: ["shared/", "worker/socket/"] },
  {
    room: "worker/connection/",
    may: [
      "shared/",
      "worker/faults/",
      "worker/hooks/",
      "worker/message/",
      "worker/socket/",
      "worker/record/",
    ],
  },
  {
    room: "worker/faults/",
    may: ["shared/", "worker/message/", "worker/socket/", "worker/record/"],
    // Links have timers, as connections have: by wheels of one kind.
    except: ["worker/engine/turn/timing-wheel.ts", "worker/engine/slots.ts"],
  },
  {
    room: "worker/message/",
    may: ["shared/", "worker/socket/", "worker/record/"],
    // What looks at messages beside replies, by its role.
    except: [
      "worker/observe/observer.ts",
      "worker/observe/observers.ts",
      // What hooks have made to be sent.
      "worker/hooks/ready-payloads.ts",
    ],
  },
  {
    room: "worker/hooks/",
    may: ["shared/", "worker/message/", "worker/socket/", "worker/record/"],
  },
  {
    room: "worker/observe/",
    may: [
      "shared/",
      "worker/message/",
      "worker/record/",
      "worker/answer/",
      "worker/flow/",
      "worker/integrity/",
      "worker/sequence/",
      "worker/push/",
    ],
  },
  // Observers: each in a room of its own.
  {
    room: "worker/answer/",
    may: ["shared/", "worker/message/", "worker/record/"],
    except: ["worker/observe/observer.ts"],
  },
  {
    room: "worker/integrity/",
    may: ["shared/", "worker/message/", "worker/record/"],
    except: ["worker/observe/observer.ts"],
  },
  {
    room: "worker/sequence/",
    may: ["shared/", "worker/message/", "worker/record/"],
    except: ["worker/observe/observer.ts"],
  },
  {
    room: "worker/push/",
    may: ["shared/", "worker/message/", "worker/record/"],
    except: ["worker/observe/observer.ts"],
  },
  { room: "worker/socket/", may: ["shared/"] },
  { room: "worker/record/", may: ["shared/"] },

  // The coordinator: cli -> launch -> run -> what a run is made of; the journal's words are the lowest.
  {
    room: "coordinator/cli/",
    may: [
      "shared/",
      "coordinator/launch/",
      "coordinator/http/",
      "coordinator/check/",
      "coordinator/doctor/",
      "coordinator/probe/",
      "coordinator/active-run/",
      "coordinator/live/",
      "coordinator/plan/",
      "coordinator/local/",
      "coordinator/report/",
      "coordinator/store/",
    ],
    // The shape of a comparison is shown here; rules of --fail-on are wrong usage before anything is read.
    except: [
      "coordinator/analysis/compare/comparison.ts",
      "coordinator/analysis/compare/fail-rule.ts",
      "coordinator/analysis/trend/outcome.ts",
    ],
    becomes: ["worker/main.ts", "target/main.ts"],
  },
  // What users import.
  {
    room: "coordinator/api.ts",
    may: ["shared/", "coordinator/api/", "coordinator/launch/", "coordinator/report/"],
    // Types of what it gives; and the text of a summary, which is the terminal's.
    except: [
      "coordinator/analysis/compare/comparison.ts",
      "coordinator/analysis/trend/outcome.ts",
      "coordinator/cli/terminal/style.ts",
      "coordinator/cli/terminal/report-text.ts",
      "coordinator/live/view.ts",
      "coordinator/store/event.ts",
    ],
  },
  {
    room: "coordinator/api/",
    may: [
      "shared/",
      "coordinator/launch/",
      "coordinator/check/",
      "coordinator/active-run/",
      "coordinator/live/",
      "coordinator/plan/",
      "coordinator/local/",
      "coordinator/report/",
    ],
    // The types of events and differences; rules are wrong usage before anything is read.
    except: [
      "coordinator/analysis/compare/comparison.ts",
      "coordinator/analysis/compare/fail-rule.ts",
      "coordinator/store/event.ts",
    ],
  },
  {
    room: "coordinator/launch/",
    may: [
      "shared/",
      "coordinator/http/",
      "coordinator/service/",
      "coordinator/check/",
      "coordinator/doctor/",
      "coordinator/run/",
      "coordinator/active-run/",
      "coordinator/fleet/",
      "coordinator/live/",
      "coordinator/plan/",
      "coordinator/local/",
      "coordinator/report/",
      "coordinator/store/",
    ],
  },
  {
    room: "coordinator/http/",
    may: [
      "shared/",
      "coordinator/service/",
      "coordinator/check/",
      "coordinator/fleet/",
      "coordinator/live/",
      "coordinator/report/",
      "coordinator/store/",
    ],
  },
  {
    room: "coordinator/service/",
    may: [
      "shared/",
      "coordinator/check/",
      "coordinator/run/",
      "coordinator/active-run/",
      "coordinator/fleet/",
      "coordinator/live/",
      "coordinator/plan/",
      "coordinator/report/",
      "coordinator/store/",
    ],
  },
  { room: "coordinator/check/", may: ["shared/", "coordinator/plan/"] },
  { room: "coordinator/probe/", may: ["shared/"] },
  { room: "coordinator/doctor/", may: ["shared/", "coordinator/plan/", "coordinator/local/"] },
  { room: "coordinator/local/", may: ["shared/"] },
  {
    room: "coordinator/run/",
    may: [
      "shared/",
      "coordinator/checkpoints/",
      "coordinator/environment/",
      "coordinator/placement/",
      "coordinator/outside/",
      "coordinator/active-run/",
      "coordinator/fleet/",
      "coordinator/live/",
      "coordinator/plan/",
      "coordinator/merge/",
      "coordinator/analysis/",
      "coordinator/report/",
      "coordinator/store/",
    ],
  },
  {
    room: "coordinator/checkpoints/",
    may: [
      "shared/",
      "coordinator/outside/",
      "coordinator/active-run/",
      "coordinator/live/",
      "coordinator/merge/",
      "coordinator/analysis/",
    ],
  },
  {
    room: "coordinator/environment/",
    may: ["shared/", "coordinator/outside/", "coordinator/active-run/"],
  },
  {
    room: "coordinator/outside/",
    may: ["shared/", "coordinator/active-run/", "coordinator/fleet/", "coordinator/plan/"],
  },
  {
    room: "coordinator/placement/",
    may: [
      "shared/",
      "coordinator/active-run/",
      "coordinator/fleet/",
      "coordinator/plan/",
      "coordinator/merge/",
      "coordinator/store/",
    ],
  },
  {
    room: "coordinator/active-run/",
    may: [
      "shared/",
      "coordinator/fleet/",
      "coordinator/live/",
      "coordinator/plan/",
      "coordinator/merge/",
      "coordinator/report/",
      "coordinator/store/",
    ],
  },
  {
    room: "coordinator/live/",
    may: ["shared/", "coordinator/merge/", "coordinator/analysis/", "coordinator/report/"],
  },
  { room: "coordinator/plan/", may: ["shared/", "coordinator/merge/"] },
  // Who joined and who was lost is in the journal.
  { room: "coordinator/fleet/", may: ["shared/"], except: ["coordinator/store/worker-joined.ts"] },
  {
    room: "coordinator/report/",
    may: ["shared/", "coordinator/merge/", "coordinator/analysis/", "coordinator/store/"],
  },
  {
    room: "coordinator/analysis/",
    may: ["shared/", "coordinator/merge/"],
    // A judgement is what the journal will hold.
    except: ["coordinator/store/event.ts"],
  },
  {
    room: "coordinator/merge/",
    may: ["shared/"],
    // A fold is over what the journal holds.
    except: [
      "coordinator/store/event.ts",
      "coordinator/store/journal-record.ts",
      "coordinator/store/worker-joined.ts",
    ],
  },
  { room: "coordinator/store/", may: ["shared/"] },

  // The oracle shares no code with what it checks but the ground.
  { room: "target/", may: ["shared/"] },

  { room: "test/", may: ["shared/", "worker/", "coordinator/", "target/"] },
  { room: "vitest.config.ts", may: [] },
];

/** Programs are started, never imported, but for those that a process becomes. */
export const ENTRIES: readonly string[] = [
  "coordinator/cli/main.ts",
  "coordinator/cli/demo.ts",
  "coordinator/check/main.ts",
  "coordinator/check/thread.ts",
  "coordinator/report/process/main.ts",
  "worker/main.ts",
  "worker/engine/main.ts",
  "worker/hooks/sandbox/main.ts",
  "worker/probe/main.ts",
  "worker/sentinel/main.ts",
  "worker/trace/main.ts",
  "target/main.ts",
];

/** Package -> the only places that may import it. Every dependency has a door; every door is in use. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  ws: ["worker/socket/ws/", "target/"],
  // What callers of the API get; in tests the reference our own histograms are held against.
  "hdr-histogram-js": ["coordinator/api/histograms.ts", "test/"],
  "@marcbachmann/cel-js": [
    "shared/scenario/expression/expression.ts",
    "shared/scenario/expression/expression-reads.ts",
  ],
  re2js: ["shared/scenario/expression/pattern.ts"],
  yaml: [
    "shared/scenario/",
    "coordinator/probe/recorded.ts",
    "coordinator/launch/scenario/explain.ts",
  ],
  "csv-parse": ["shared/scenario/"],
  zod: [
    "shared/scenario/",
    "shared/wire/",
    "shared/bus/",
    "coordinator/report/summary-measures.ts",
    "coordinator/report/summary-integrity-schema.ts",
    "coordinator/report/summary-judged-schema.ts",
    "coordinator/report/summary-parts-schema.ts",
    "coordinator/report/summary-decision-schema.ts",
    "coordinator/report/summary-schema.ts",
    "coordinator/report/summary-push-schema.ts",
    "coordinator/report/summary-faults-schema.ts",
    "coordinator/report/summary-availability-schema.ts",
    "coordinator/report/summary-beside-schema.ts",
    "coordinator/report/summary-workers-schema.ts",
    "coordinator/report/survival/survival-schema.ts",
    "coordinator/report/onsets/onsets-schema.ts",
    "coordinator/report/forecast/forecast-schema.ts",
    "coordinator/http/reading.ts",
    "coordinator/check/envelope.ts",
    "target/behaviour-schema.ts",
    "target/behaviour/",
    "target/conversation/",
  ],
  msgpackr: ["shared/wire/"],
  commander: ["coordinator/cli/"],
  picocolors: ["coordinator/cli/terminal/style.ts"],
  "cli-table3": ["coordinator/cli/terminal/"],
  fastify: ["coordinator/http/"],
  "@fastify/helmet": ["coordinator/http/server.ts"],
  "@fastify/rate-limit": ["coordinator/http/server.ts"],
  "@fastify/swagger": ["coordinator/http/server.ts"],
  "@fastify/swagger-ui": ["coordinator/http/server.ts"],
  "prom-client": ["coordinator/http/metrics/coordinator-metrics.ts"],
  "@nats-io/transport-node": ["shared/bus/nats/"],
  "@nats-io/jetstream": ["shared/bus/nats/"],
  "@nats-io/kv": ["shared/bus/nats/"],
  bullmq: ["shared/bus/redis/tickets.ts"],
  ioredis: ["shared/bus/redis/"],
  systeminformation: ["worker/control/host-facts.ts"],
  "junit-report-builder": ["coordinator/report/formats/junit.ts"],
  "@opentelemetry/exporter-metrics-otlp-http": ["coordinator/http/otlp/"],
  pdfmake: ["coordinator/report/pdf/plain-pdf.ts"],
  "@resvg/resvg-wasm": ["coordinator/report/png/png.ts"],
  junit2json: ["test/"],
  "playwright-core": ["test/"],
  "log-update": ["coordinator/cli/terminal/progress.ts"],
  ajv: ["test/"],
  vitest: ["test/", "vitest.config.ts"],
  "fast-check": ["test/"],
};

/** Tests may use any package as a reference or a fixture; programs may not. */
export const FREE_OF_DOORS = "test/";

/** Programs and vocabulary, as opposed to tests and configuration. */
export const SOURCE_TREES: readonly string[] = ["shared/", "worker/", "coordinator/", "target/"];

/** The only readers of the environment. */
export const ENVIRONMENT_READERS: readonly string[] = [
  "coordinator/cli/config.ts",
  "worker/config.ts",
];

/** The only places that ask the machine for time or chance. */
export const TIME_AND_CHANCE: readonly string[] = ["shared/time/clock.ts"];

/** A table of cases grows longer than code should. */
export const MAX_LINES = { sources: 300, tests: 500 } as const;

/** Files that may be longer, with the bound for each and the reason beside it. */
export const LONGER_FILES: Readonly<Record<string, number>> = {
  // One contract, one suite: read from top to bottom beside shared/bus/bus.ts.
  "test/conformance/bus-suite.ts": 600,
  // The law is one list: a line for each room and each door.
  "test/house/law.ts": 600,
};

/** What may lie at the root. */
export const TOP_LEVEL: readonly string[] = [
  "coordinator",
  "worker",
  "shared",
  "target",
  "deploy",
  "k8s",
  "test",
  "examples",
  "docs",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "vitest.config.ts",
  "biome.json",
  "scenario.schema.json",
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "LICENSE",
  ".gitignore",
  ".dockerignore",
  ".npmrc",
  ".githooks",
  ".ci",
];

/** Names that sort by kind of syntax, or catch everything. */
export const VAGUE_NAMES: readonly string[] =
  "utils util helpers helper types interfaces classes common misc lib models index".split(" ");

/**
 * The commands there are, in the order of help: what help says of each, and where it is. Used by program.ts.
 * Invariant: nothing of a command is loaded before it is wanted; what is said of it here is what it says of itself.
 */
import type { Command } from "commander";
import type { CliContext, Finish } from "./context.ts";

export type MakeCommand = (context: CliContext, finish: Finish) => Command;

export interface ListedCommand {
  readonly about: string;
  /** As commander takes them, separated by spaces. */
  readonly takes: string;
  /** It has a scenario checked before anything else. */
  readonly checks?: true;
  readonly load: () => Promise<MakeCommand>;
}

export const COMMANDS: Readonly<Record<string, ListedCommand>> = {
  run: {
    about: "run a scenario, on this machine or on the workers of a bus",
    takes: "<scenario>",
    checks: true,
    load: async () => (await import("./commands/run.ts")).runCommand,
  },
  init: {
    about: "write a scenario to start from",
    takes: "[file]",
    load: async () => (await import("./commands/init.ts")).initCommand,
  },
  validate: {
    about: "check scenario files: every problem with its line and column",
    takes: "<files...>",
    checks: true,
    load: async () => (await import("./commands/validate.ts")).validateCommand,
  },
  explain: {
    about: "print a scenario with every default filled in, as a scenario",
    takes: "<scenario>",
    checks: true,
    load: async () => (await import("./commands/explain.ts")).explainCommand,
  },
  plan: {
    about: "show the load curve, the phases and what they take on this machine",
    takes: "<scenario>",
    checks: true,
    load: async () => (await import("./commands/plan.ts")).planCommand,
  },
  schema: {
    about: "print the JSON Schema of scenarios or summary.json, or the OpenAPI",
    takes: "[which]",
    load: async () => (await import("./commands/schema.ts")).schemaCommand,
  },
  probe: {
    about: "open one connection and print every message, what it matched and why not",
    takes: "<target>",
    checks: true,
    load: async () => (await import("./commands/probe.ts")).probeCommand,
  },
  doctor: {
    about: "check limits, ports, memory, clock, bus and target; say what to do",
    takes: "[target]",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
  report: {
    about: "rebuild the results of a run from its directory, show or write them",
    takes: "<run-dir>",
    load: async () => (await import("./commands/report.ts")).reportCommand,
  },
  evidence: {
    about: "show what the findings of a run rest on, computed from its journal",
    takes: "<run-dir> [finding]",
    load: async () => (await import("./commands/evidence.ts")).evidenceCommand,
  },
  compare: {
    about: "compare two runs, or two groups of runs",
    takes: "[baseline] [candidate]",
    load: async () => (await import("./commands/compare.ts")).compareCommand,
  },
  trend: {
    about: "follow many runs of one plan: since which run is it slower",
    takes: "<runs...>",
    load: async () => (await import("./commands/trend.ts")).trendCommand,
  },
  target: {
    about: "start the bundled WebSocket target; --help shows its own options",
    takes: "[arguments...]",
    load: async () => (await import("./commands/target.ts")).targetCommand,
  },
  worker: {
    about: "start a worker of a cluster",
    takes: "",
    load: async () => (await import("./commands/worker.ts")).workerCommand,
  },
  coordinator: {
    about: "serve the HTTP API for the workers of a bus",
    takes: "",
    load: async () => (await import("./commands/coordinator.ts")).coordinatorCommand,
  },
  submit: {
    about: "hand a scenario to a coordinator",
    takes: "<scenario>",
    load: async () => (await import("./client/submit.ts")).submitCommand,
  },
  runs: {
    about: "list the runs of a coordinator, the newest first",
    takes: "",
    load: async () => (await import("./client/runs.ts")).runsCommand,
  },
  watch: {
    about: "follow a run of a coordinator to its end",
    takes: "<run>",
    load: async () => (await import("./client/watch.ts")).watchCommand,
  },
  stop: {
    about: "end a run of a coordinator before its plan is over",
    takes: "<run>",
    load: async () => (await import("./client/runs.ts")).stopCommand,
  },
  scale: {
    about: "change how many workers serve a run while it goes on",
    takes: "<run>",
    load: async () => (await import("./client/runs.ts")).scaleCommand,
  },
  fault: {
    about: "begin, end or list faults of a run while it goes on",
    takes: "<run> [fault]",
    load: async () => (await import("./client/fault.ts")).faultCommand,
  },
  workers: {
    about: "list the workers of a coordinator's cluster",
    takes: "",
    load: async () => (await import("./client/workers.ts")).workersCommand,
  },
  drain: {
    about: "give a worker nothing more; others take over what it holds",
    takes: "<worker>",
    load: async () => (await import("./client/workers.ts")).drainCommand,
  },
  completion: {
    about: "print a script for your shell that completes commands and options",
    takes: "<shell>",
    load: async () => (await import("./completion/completion.ts")).completionCommand,
  },
};

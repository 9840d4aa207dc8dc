import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const BROKER_TESTS = ["test/conformance/bus{.redis,.nats,-forgery}.test.ts"];
/** What is held of unfinished messages is counted to the byte for the whole process, so no other file shares it. */
const IN_A_PROCESS_OF_ITS_OWN = ["test/conformance/driver.ws.test.ts"];

/** Seconds of processor time each: generated input without end, statistics over many runs, storms on a simulated clock. */
const THOROUGH = [
  "test/{manifests/*,containers/containers}.test.ts",
  // The same suites go by with the other bus and the other driver in the fast ones.
  "test/conformance/{bus.ipc,fault-{kinds,wire}.*}.test.ts",
  "test/sim/*.test.ts",
  "test/property/{captures,codec,codec-differential,correlation,flow,flow-sockets,load-profile,load-schedule,mask,merge,odd-values}.test.ts",
  "test/property/{roles,scenario-match,scenario-parse,scenario-template,sequence,shuffled}.test.ts",
  "test/unit/analysis/compare/false-alarms.test.ts",
  "test/unit/analysis/diagnosis/{leak,path,silent}.test.ts",
  "test/unit/analysis/{forecast/forecasts,onsets/onsets}.test.ts",
  "test/unit/analysis/{knee,registry,survival/survival}.test.ts",
  "test/unit/analysis/stats/{associations,blocks,energy-change-points}.test.ts",
  "test/property/{false-alarms,fault-timelines,forecast,links,outage-schedules}.test.ts",
  "test/unit/{cli/escape,connection/{backoff,damaged-echo}}.test.ts",
  "test/unit/engine/{attribution,fault-handshakes,fault-protocol,fault-traffic,faults,faults-apart,live-faults}.test.ts",
  "test/unit/engine/{network-faults,sequences,storms}.test.ts",
  "test/unit/{faultbench/cases,http/doors}.test.ts",
  "test/unit/merge/{agreed,push-merge}.test.ts",
  "test/unit/report/{hostile,pdf,png,stored-summaries}.test.ts",
  "test/unit/run/{fleet,live-faults,placement,recovery,resume,storm}.test.ts",
  "test/unit/scenario/{bounds,expansion,row-file,secret-index}.test.ts",
  "test/unit/worker/control.test.ts",
];

/** What they look at takes the whole machine: times to the millisecond, 10,000 connections. */
const ALONE = ["test/integration/{cli-demo,fan-out,faults,named-causes,storms,truth}.test.ts"];

/** What takes longest, in that order: what begins last is waited for alone. */
const LONGEST = [
  ...["property/odd-values", "unit/engine/network-faults", "unit/engine/fault-traffic"],
  ...["unit/engine/fault-handshakes", "unit/engine/faults", "property/false-alarms"],
  ...["conformance/fault-kinds.lean", "conformance/fault-kinds.ws", "sim/sim"],
  ...[
    ...["docs", "coordinator-commands", "live-worker-faults", "cluster", "coordinator-restart"],
    ...["coordinator", "live-fault-kinds", "processes", "stress-library", "find-limit", "api"],
    ...["compare", "forged", "cli-flags", "checkpoints", "got-nothing", "coordinator-takeover"],
    ...["worker-faults", "cli-interrupt", "live-faults", "cli-init", "feeders", "availability"],
    ...["sequences", "reconnect-storm", "chaos", "coordinator-attacks"],
    ...["fault-timeline", "coordinator-full-disk", "worker-health", "situations"],
  ].map((name) => `integration/${name}`),
];

/** @returns its place in LONGEST; behind all of them when it is not there */
function rankOf({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return at === -1 ? LONGEST.length : at;
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}

// Programs that tests start for a cluster find its key here.
process.env["ONRUSH_CLUSTER_KEY"] = "a-key-for-the-clusters-of-tests-0123456789";

/** Needs a Docker engine, builds an image and takes minutes: `npm run test:docker`. */
const DOCKER = {
  test: {
    name: "docker",
    include: ["test/containers/docker.test.ts"],
    testTimeout: 600_000,
    // A busy machine may make a run invalid.
    retry: 1,
  },
};

/** Conditions are waited for as long as a busy machine may take; what never comes fails all the same. */
const WAITING = { poll: { timeout: 60_000, interval: 20 } };

/**
 * fast: pure code and loopback sockets. thorough: the same, but too long for every commit. brokers: real Redis and NATS
 * servers. None of these needs a build, and what happens in them does not depend on how busy the machine is.
 * together: the built program in `dist/`, a browser, real brokers, where waiting is most of it. alone: the same, one test at
 * a time.
 */
export default defineConfig({
  test: {
    // Most tests wait for sockets and timers, so more of them than there are cores may run at once.
    maxWorkers: 6,
    sequence: { sequencer: LongestFirst },
    projects: [
      ...(process.env["ONRUSH_TEST_DOCKER"] === "1" ? [DOCKER] : []),
      {
        test: {
          name: "fast",
          sequence: { groupOrder: 0 },
          include: [
            "test/unit/**/*.test.ts",
            "test/property/**/*.test.ts",
            "test/conformance/**/*.test.ts",
            "test/house/**/*.test.ts",
            "test/docs/**/*.test.ts",
          ],
          exclude: [...BROKER_TESTS, ...IN_A_PROCESS_OF_ITS_OWN, ...THOROUGH],
          testTimeout: 120_000,
          expect: WAITING,
          // Files share processes and what they import: half of the time would go into starting again.
          isolate: false,
        },
      },
      {
        test: {
          name: "thorough",
          sequence: { groupOrder: 0 },
          include: THOROUGH,
          testTimeout: 300_000,
          expect: WAITING,
          isolate: false,
        },
      },
      {
        test: {
          name: "brokers",
          // With the fast ones: these wait.
          sequence: { groupOrder: 0 },
          include: [...BROKER_TESTS, ...IN_A_PROCESS_OF_ITS_OWN],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "together",
          sequence: { groupOrder: 1 },
          include: ["test/integration/**/*.test.ts"],
          exclude: ALONE,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // As above; what is measured here runs in processes of its own.
          isolate: false,
          // Leases run out and brokers come back by the clock: most of it is waiting.
          maxWorkers: 5,
          // The cores are shared, and what a run finds wanting is said: what fails twice more has failed.
          retry: 2,
        },
      },
      {
        test: {
          name: "alone",
          sequence: { groupOrder: 2 },
          include: ALONE,
          // Milliseconds on a machine that others use: what fails twice more has failed.
          retry: 2,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

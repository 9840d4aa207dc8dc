import { defineConfig } from "vitest/config";

const BROKER_TESTS = [
  "test/conformance/bus{.redis,.nats,-forgery}.test.ts",
  // No broker, but too long for every commit.
  "test/sim/*.test.ts",
];

const TOGETHER = [
  "test/integration/{builds,chaos,cli,cluster,coordinator,docs,local-cluster,report-page}.test.ts",
  "test/integration/{docs-http-api,find-limit,github-action,otlp,prometheus,prometheus-server}.test.ts",
  "test/integration/coordinator-*.test.ts",
  "test/integration/cli-{bare-url,completion,doctor,flags,init,interrupt,report,run-end}.test.ts",
];

// Programs that tests start for a cluster find its key here.
process.env["ONRUSH_CLUSTER_KEY"] = "a-key-for-the-clusters-of-tests-0123456789";

/**
 * fast: pure code and loopback sockets, no build needed. brokers: real Redis and NATS servers, and simulated storms; no
 * build needed.
 * together: the built program in `dist/`, a browser, real brokers, where waiting is most of it. integration: the built
 * program, one test at a time.
 */
export default defineConfig({
  test: {
    // Most tests wait for sockets and timers, so more of them than there are cores may run at once.
    maxWorkers: 4,
    projects: [
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
          exclude: BROKER_TESTS,
          testTimeout: 30_000,
          // Engines and servers on loopback share the cores with other files: what fails once more has failed.
          retry: 1,
        },
      },
      {
        test: {
          name: "brokers",
          // With the fast ones: these wait.
          sequence: { groupOrder: 0 },
          include: BROKER_TESTS,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "together",
          sequence: { groupOrder: 1 },
          include: TOGETHER,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Leases run out and brokers come back by the clock: most of it is waiting.
          maxWorkers: 4,
          // The cores are shared, and what a run finds wanting is said: what fails once more has failed.
          retry: 1,
        },
      },
      {
        test: {
          name: "integration",
          // Alone: these look at what a whole machine does.
          sequence: { groupOrder: 2 },
          include: ["test/integration/**/*.test.ts"],
          exclude: TOGETHER,
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

import { defineConfig } from "vitest/config";

/** fast: pure code and loopback sockets, no build needed. integration: the built program in `dist/`. */
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
          ],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "integration",
          // Alone: these look at what a whole machine does.
          sequence: { groupOrder: 1 },
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

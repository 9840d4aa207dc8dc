import { defineConfig } from "vitest/config";

/** fast: pure code and loopback sockets, no build needed. integration: the built program in `dist/`. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
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
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

/** What a checking process and its parent have agreed on. Used by main.ts and check-process.ts. */

/** The last thing a process says whose check took too much memory. */
export const OUT_OF_MEMORY = "out-of-memory";

/** Beside what the scenario takes: the young generation, and the code. */
const YOUNG_MB = 64;
const CODE_MB = 32;

/** `memoryMb` is an argument of the process. */
export function threadLimits(memoryMb: number) {
  return {
    maxOldGenerationSizeMb: memoryMb,
    maxYoungGenerationSizeMb: YOUNG_MB,
    codeRangeSizeMb: CODE_MB,
  };
}

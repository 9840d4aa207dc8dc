/** All forecasters, in the order reports have them. A new one is its file and a line here. */
import type { Forecaster } from "./forecaster.ts";
import { generatorLimits } from "./generator-limits.ts";
import { generatorMemory } from "./generator-memory.ts";
import { targetLimits } from "./target-limits.ts";
import { targetMemory } from "./target-memory.ts";

export const FORECASTERS: readonly Forecaster[] = [
  targetLimits,
  targetMemory,
  generatorMemory,
  generatorLimits,
];

/** What each rule here is. Listed in registry.ts. */
import type { Rendered } from "../objects.ts";

/** @returns a line for each thing that is wrong, which begins with the object it is about; empty when nothing is */
export type Rule = (rendered: Rendered) => readonly string[] | Promise<readonly string[]>;

/**
 * The report as an outline: sections of typed blocks, in the order of a reader's questions. Called by every renderer.
 * Invariant: the order is the registry's, and a format leaves out only what a section's meta says.
 */
import type { Block } from "./block.ts";
import { SECTIONS } from "./registry.ts";
import type { Facts, Format, Section } from "./section.ts";

export interface OutlineSection {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** @param how "brief": what the compact summary of a terminal shows */
export function outlineOf(
  facts: Facts,
  format: Format,
  how: "whole" | "brief" = "whole",
  sections: readonly Section[] = SECTIONS,
): OutlineSection[] {
  return sections.flatMap((section) => {
    const { id, title, omit } = section.meta;
    if (omit?.[format] !== undefined) return [];
    const blocks = how === "whole" ? section.build(facts) : (section.brief?.(facts) ?? []);
    return blocks.length === 0 ? [] : [{ id, title, blocks }];
  });
}

/** All blocks, those within others too. */
export function* allBlocks(blocks: readonly Block[]): Generator<Block> {
  for (const block of blocks) {
    yield block;
    if (block.kind === "details") yield* allBlocks(block.blocks);
  }
}

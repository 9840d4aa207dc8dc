/**
 * The documents of the bus by their types. Used by coordinator and workers. A bus hands up what it has checked by the schema
 * of its key; these name the type that goes with the key.
 */
import { OnrushError } from "../errors.ts";
import type { RunDocument } from "../wire/command.ts";
import type { Placement } from "../wire/placement.ts";
import type { PlanDocument } from "../wire/plan.ts";
import type { RowPart } from "../wire/row-part.ts";
import { type BusBase, documentKey } from "./bus.ts";

type Reader = Pick<BusBase, "getDocument">;

export async function readPlan(bus: Reader, run: string): Promise<PlanDocument | null> {
  return ((await bus.getDocument(documentKey.plan(run)))?.value ?? null) as PlanDocument | null;
}

export async function readRun(bus: Reader, run: string): Promise<RunDocument | null> {
  return ((await bus.getDocument(documentKey.run(run)))?.value ?? null) as RunDocument | null;
}

export async function readRows(bus: Reader, run: string, shard: number): Promise<RowPart | null> {
  return ((await bus.getDocument(documentKey.rows(run, shard)))?.value ?? null) as RowPart | null;
}

export async function readPlacement(bus: Reader): Promise<Placement | null> {
  return ((await bus.getDocument(documentKey.placement))?.value ?? null) as Placement | null;
}

/** For whom a document nobody may have written is as good as none. */
export async function unlessRefused<T>(reading: Promise<T | null>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof OnrushError && error.code === "ONRUSH_BUS_REFUSED") return null;
    throw error;
  }
}

/**
 * Has the bus forget a run that is over: its log, claims and tickets, and its documents. Called by fleet.ts. Invariant: the plan,
 * which says what others there are, goes after them; so what was broken off is found and finished by the next try.
 */
import { type CoordinatorBus, documentKey } from "../../shared/bus/bus.ts";
import { readPlan, unlessRefused } from "../../shared/bus/read-document.ts";
import { hasRowsByShard } from "../../shared/wire/row-part.ts";

/** Documents that are removed at a time. */
const AT_ONCE = 16;

/** @throws what the bus throws */
export async function forgetRun(bus: CoordinatorBus, run: string): Promise<void> {
  await bus.forgetRun(run);
  const plan = await unlessRefused(readPlan(bus, run));
  const shards = plan !== null && hasRowsByShard(plan.scenario) ? plan.shards : 0;
  for (let from = 0; from < shards; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, shards - from);
    const keys = Array.from({ length }, (_, at) => documentKey.rows(run, from + at));
    await Promise.all(keys.map((key) => bus.deleteDocument(key)));
  }
  await bus.deleteDocument(documentKey.plan(run));
  await bus.deleteDocument(documentKey.run(run));
}

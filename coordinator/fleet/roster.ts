/**
 * Says in the coordinator's log who comes and goes: workers that join, are refused, are drained, leave, or are lost. Told
 * of each listing by fleet.ts. Invariant: each change is one line, once; of a worker that is gone nothing is kept.
 */
import { type Log, oneLine } from "../../shared/log.ts";
import { WIRE_VERSION } from "../../shared/wire/plan.ts";
import type { Member } from "./members.ts";

const MAX_NAME = 120;
const MAX_REASON = 300;

type Said = "here" | "refused" | "drains" | "lost";

interface Known {
  readonly name: string;
  said: Said;
  problem: string;
}

export class Roster {
  readonly #log: Log;
  readonly #known = new Map<number, Known>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param runOf the run a worker serves, or null */
  look(members: readonly Member[], runOf: (epoch: number) => string | null): void {
    const here = new Set<number>();
    for (const member of members) {
      here.add(member.epoch);
      const known = this.#known.get(member.epoch) ?? this.#joins(member);
      this.#changes(known, member, runOf(member.epoch));
    }
    for (const [epoch, known] of this.#known) {
      if (here.has(epoch)) continue;
      this.#known.delete(epoch);
      if (known.said !== "lost") this.#log.info(`worker ${known.name} left`);
    }
  }

  #joins({ epoch, info }: Member): Known {
    const name = oneLine(info.id, MAX_NAME);
    const isRefused = info.wire !== WIRE_VERSION;
    const known: Known = { name, said: isRefused ? "refused" : "here", problem: "" };
    this.#known.set(epoch, known);
    if (isRefused) {
      const version = info.version === undefined ? "" : `it is of version ${info.version} and `;
      this.#log.warn(
        `worker ${name} refused: ${version}speaks wire version ${info.wire}; this coordinator speaks ${WIRE_VERSION}`,
      );
    } else {
      const { host, engines, capacity } = info;
      this.#log.info(
        `worker ${name} joined: host ${oneLine(host, MAX_NAME)}, ${engines} engine${engines === 1 ? "" : "s"}, up to ${capacity} connections`,
      );
    }
    return known;
  }

  #changes(known: Known, { status, overdue }: Member, run: string | null): void {
    const { name } = known;
    const serving = run === null ? "" : `, run ${run}`;
    const problem = oneLine(status?.problem ?? "", MAX_REASON);
    if (problem !== known.problem) {
      known.problem = problem;
      if (problem !== "") this.#log.warn(`worker ${name}${serving} reports: ${problem}`);
    }
    if (overdue && known.said !== "lost") {
      known.said = "lost";
      this.#log.warn(`worker ${name} lost${serving}: nothing was heard of it`);
    } else if (!overdue && known.said === "lost") {
      known.said = "here";
      this.#log.info(`worker ${name} is back`);
    } else if (status?.leaving === true && known.said === "here") {
      known.said = "drains";
      this.#log.info(`worker ${name} drains${serving}: it gets nothing more, others take over`);
    }
  }
}

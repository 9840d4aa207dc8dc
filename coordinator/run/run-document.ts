/**
 * The run's state document on the bus, as the coordinator writes it. Used by active-run.ts.
 * Invariant: one writer; when the bus has forgotten the document or moved it on, what we hold is written again.
 */
import { type CoordinatorBus, documentKey } from "../../shared/bus/bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { RunDocument } from "../../shared/wire/command.ts";

const MAX_CONFLICTS = 5;

export class RunDocumentWriter {
  readonly #bus: CoordinatorBus;
  #document: RunDocument;
  #revision = 0;
  /** What we hold is not what was written last. */
  #unwritten = false;

  constructor(bus: CoordinatorBus, run: string) {
    this.#bus = bus;
    this.#document = { run, state: "created", startAtUs: null, end: null };
  }

  get document(): RunDocument {
    return this.#document;
  }

  /** Writes what an earlier write could not. @throws what write() throws */
  async flush(): Promise<void> {
    if (this.#unwritten) await this.write({});
  }

  /** Changes the document, writes it and hints. @throws OnrushError ONRUSH_BUS_CLOSED and what the bus throws */
  async write(change: Partial<Omit<RunDocument, "run">>): Promise<void> {
    this.#document = { ...this.#document, ...change };
    this.#unwritten = true;
    const { run } = this.#document;
    const key = documentKey.run(run);
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
      const revision = await this.#bus.putDocument(key, this.#document, this.#revision);
      if (revision !== "conflict") {
        this.#revision = revision;
        this.#unwritten = false;
        await this.#bus.hint("run-changed", run);
        return;
      }
      this.#revision = (await this.#bus.getDocument(key))?.revision ?? 0;
    }
    throw new OnrushError({
      code: "ONRUSH_BUS_UNREACHABLE",
      message: `The state of run ${run} cannot be written: somebody else keeps changing it.`,
      remedy: "Let one coordinator at a time execute a run.",
    });
  }
}

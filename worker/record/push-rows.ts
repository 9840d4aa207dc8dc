/**
 * What came in the scopes of pushed messages since the last frame, and messages whose receivers were counted to the end. Owned
 * by the recorder, told by the push observer. Invariant: counts are exact for each scope that has a row of its own; what comes
 * beyond MAX_SCOPES scopes is counted in the row OTHER of its name.
 */
import type { TargetText } from "../../shared/scenario/mask/target-text.ts";
import type { FrameReach, FrameScope } from "../../shared/wire/frame/frame.ts";
import { FRAME_LIMITS } from "../../shared/wire/frame/frame-limits.ts";

const MAX_SCOPES = 10_000;
/** No hash: those of texts are not 0 but by a chance of one in 2^53. */
export const OTHER_SCOPE = 0;

interface Row {
  readonly name: number;
  readonly scope: number;
  label: string;
  received: number;
  late: number;
  members: number;
  /** Something has changed since the last frame. */
  changed: boolean;
}

export class PushRows {
  readonly #text: TargetText;
  readonly #rows: Row[] = [];
  readonly #others = new Map<number, number>();
  #changed: number[] = [];
  #reaches: FrameReach[] = [];

  constructor(text: TargetText) {
    this.#text = text;
  }

  /** A scope seen for the first time. @returns the number of its row */
  addScope(name: number, scope: number, label: string): number {
    if (this.#rows.length < MAX_SCOPES) {
      return this.#add(name, scope, this.#text.clean(label, FRAME_LIMITS.signature));
    }
    const other = this.#others.get(name) ?? this.#add(name, OTHER_SCOPE, "other");
    this.#others.set(name, other);
    return other;
  }

  /** The row is of one scope alone. */
  isWhole(row: number): boolean {
    return (this.#rows[row] as Row).scope !== OTHER_SCOPE;
  }

  scopeOf(row: number): number {
    return (this.#rows[row] as Row).scope;
  }

  nameOf(row: number): number {
    return (this.#rows[row] as Row).name;
  }

  received(row: number): void {
    this.#change(row).received++;
  }

  late(row: number): void {
    this.#change(row).late++;
  }

  /** So many connections belong to it now. */
  members(row: number, members: number): void {
    this.#change(row).members = members;
  }

  reach(row: FrameReach): void {
    this.#reaches.push(row);
  }

  cutScopes(): FrameScope[] {
    const cut = this.#changed.map((at) => {
      const row = this.#rows[at] as Row;
      const { name, scope, label, received, late, members } = row;
      row.label = "";
      row.received = 0;
      row.late = 0;
      row.changed = false;
      return { name, scope, label, received, late, members };
    });
    this.#changed = [];
    return cut;
  }

  cutReaches(): FrameReach[] {
    const cut = this.#reaches;
    this.#reaches = [];
    return cut;
  }

  #add(name: number, scope: number, label: string): number {
    const counts = { received: 0, late: 0, members: 0, changed: false };
    return this.#rows.push({ name, scope, label, ...counts }) - 1;
  }

  #change(at: number): Row {
    const row = this.#rows[at] as Row;
    if (!row.changed) {
      row.changed = true;
      this.#changed.push(at);
    }
    return row;
  }
}

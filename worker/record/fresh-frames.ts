/**
 * Frames not handed to the log yet, in the order they were cut. Used by the publisher.
 * Invariant: adding and widening keep every engine's frames in order and their sums exact; a widened frame
 * covers 2, 4 or 8 seconds and begins at a multiple of its span, so all workers widen to the same bins.
 */
import { OnrushError } from "../../shared/errors.ts";
import { decodeFrame, encodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { widen } from "../../shared/wire/frame/widen.ts";

/** A frame as an engine reports it. */
export interface MeasuredFrame {
  readonly engine: number;
  readonly second: number;
  readonly final: boolean;
  readonly body: Uint8Array;
}

interface FreshFrame extends MeasuredFrame {
  readonly spanSeconds: number;
}

const MAX_SPAN_SECONDS = 8;

export class FreshFrames {
  #frames: FreshFrame[] = [];
  #bytes = 0;

  get count(): number {
    return this.#frames.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param widening whether adjacent frames of the engine are to be joined */
  add(frame: MeasuredFrame, widening: boolean): void {
    let added: FreshFrame = { ...frame, spanSeconds: 1 };
    while (widening) {
      const before = this.#frames.findLast(({ engine }) => engine === added.engine);
      if (before === undefined || !areSiblings(before, added)) break;
      const joined = join(before, added);
      if (joined === null) break;
      this.#remove(before);
      added = joined;
    }
    this.#frames.push(added);
    this.#bytes += added.body.length;
  }

  /** Removes and returns the oldest frame. */
  take(): MeasuredFrame | undefined {
    const [frame] = this.#frames;
    if (frame !== undefined) this.#remove(frame);
    return frame;
  }

  #remove(frame: FreshFrame): void {
    this.#frames = this.#frames.filter((other) => other !== frame);
    this.#bytes -= frame.body.length;
  }
}

/** Two halves of one wider frame. Final frames, and what happened before the start, stay as they are. */
function areSiblings(left: FreshFrame, right: FreshFrame): boolean {
  return (
    left.spanSeconds === right.spanSeconds &&
    left.spanSeconds < MAX_SPAN_SECONDS &&
    left.second >= 0 &&
    left.second % (left.spanSeconds * 2) === 0 &&
    left.second + left.spanSeconds === right.second &&
    !left.final &&
    !right.final
  );
}

/** null: the two together would be larger than a frame may be. */
function join(left: FreshFrame, right: FreshFrame): FreshFrame | null {
  const { engine, second } = left;
  const spanSeconds = left.spanSeconds * 2;
  try {
    const body = encodeFrame(widen([decodeFrame(left.body), decodeFrame(right.body)]));
    return { engine, second, spanSeconds, final: false, body };
  } catch (error) {
    if (error instanceof OnrushError) return null;
    throw error;
  }
}

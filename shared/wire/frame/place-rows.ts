/**
 * The section of a frame that says where the connections of its samples go: from which address, and to which server behind a
 * balancer. [texts, a row for each failure, a row for each healthy connection], where a row is [source, server] by position in texts; null
 * when nothing is known of any. Part of frame-codec.ts, which describes the whole. Invariant: what is read has a row for each sample of
 * its frame; a frame without the section says nothing of any.
 */
import { EVENT_LIMITS } from "./failure-event.ts";
import type { Frame } from "./frame.ts";
import { FRAME_LIMITS } from "./frame-limits.ts";
import type { FrameReader } from "./frame-reader.ts";
import { readHarmless } from "./frame-rows.ts";

type Sampled = Pick<Frame, "events" | "controls">;
type Placed = Sampled["controls"][number];

const MOST_ROWS =
  (EVENT_LIMITS.connections + EVENT_LIMITS.messages + EVENT_LIMITS.controls) *
  FRAME_LIMITS.spanSeconds;

export function placesSection({ events, controls }: Sampled): unknown[] | null {
  const texts = new Map<string, number>();
  const place = (text: string): number => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, texts.size);
    return texts.size - 1;
  };
  const rowOf = ({ source, servedBy }: Pick<Placed, "source" | "servedBy">) => [
    place(source),
    place(servedBy),
  ];
  const [failed, healthy] = [events.map(rowOf), controls.map(rowOf)];
  const isKnown = [...texts.keys()].some((text) => text !== "");
  return isKnown ? [[...texts.keys()], failed, healthy] : null;
}

/** The samples with what the section says of them. */
export function readPlaces(reader: FrameReader, { events, controls }: Sampled): Sampled {
  if (reader.skipNull()) return { events, controls };
  reader.tuple("places", 3);
  const texts = Array.from({ length: reader.array("places.texts", 2 * MOST_ROWS) }, () =>
    readHarmless(reader, "places.texts"),
  );
  const text = (): string => texts[reader.integer("places.text", 0, texts.length - 1)] as string;
  const placed = <One>(samples: readonly One[]) => {
    reader.tuple("places.rows", samples.length);
    return samples.map((one) => {
      reader.tuple("places.row", 2);
      return { ...one, source: text(), servedBy: text() };
    });
  };
  return { events: placed(events), controls: placed(controls) };
}

/**
 * `observe`: what is looked at beside the load, for a diagnosis. Listed in registry.ts. Invariant: nothing is looked at that was not
 * asked for, and it changes nothing of the load.
 */
import * as z from "zod";
import { about, byDefault, duration, fault, list, strict, text } from "../shape/fields.ts";
import { literal } from "../shape/literal.ts";
import { asWritten } from "../shape/marks.ts";
import type { StrictLadder, StrictScrape } from "../strict-observe.ts";
import { formatDuration, parseSize, quoted } from "../units.ts";
import { isSampleName, UNREADABLE_SAMPLE } from "./environment/exposed-value.ts";
import { type Scene, section, soundItems, soundParts } from "./section.ts";
import { checkUrl } from "./target-url.ts";

const LEAST_GAP = "500ms";
const LEAST_GAP_US = 500_000;
const MAX_URL_CHARS = 4096;
const MAX_PAGES = 4;
const MAX_PICKS = 32;
const MAX_NAME_CHARS = 200;
const MAX_ECHO_CHARS = 4096;
/** Of a limit that is written as a size. */
const MOST_BYTES = 2 ** 50;

function gap() {
  return duration().superRefine((us, context) => {
    if (us < LEAST_GAP_US) fault(context, [`shorter than ${LEAST_GAP}`, "write a longer one"]);
  });
}

function ladder() {
  return z.union([
    z.boolean(),
    strict({
      every: byDefault(
        gap(),
        "1s",
        `Time from one probe to the next, at least ${LEAST_GAP}.`,
        "2s",
      ),
      echo: about(
        text(MAX_ECHO_CHARS).optional(),
        "A text message that the target answers; the next message that comes is its answer.",
        '{"type":"hello"}',
      ),
    }),
  ]);
}

function page() {
  return strict({
    url: about(
      asWritten(text(MAX_URL_CHARS)),
      "The page: OpenMetrics or Prometheus text, or JSON.",
      "http://chat.example:9100/metrics",
    ),
    every: byDefault(gap(), "5s", "Time from one reading to the next.", "10s"),
    pick: about(
      list(() => text(MAX_NAME_CHARS), 1, MAX_PICKS),
      "What to keep of it: names of series, with or without their labels, or paths in JSON.",
      ["process_resident_memory_bytes", "memory.rss"],
    ),
    limits: about(
      z
        .record(
          z.string().max(MAX_NAME_CHARS),
          z.union([z.number().check(z.positive()), text(MAX_NAME_CHARS)]),
        )
        .optional(),
      "What a figure of `pick` must not grow beyond: a number, a size, or another figure of `pick`. The report says when it gets there, where that can be told.",
      { process_resident_memory_bytes: "2gb", process_open_fds: "process_max_fds" },
    ),
  });
}

type StrictLimit = NonNullable<StrictScrape["limits"]>[number];
type Page = z.output<ReturnType<typeof page>>;

export const observe = section({
  key: "observe",
  shape: () =>
    about(
      strict({
        ladder: about(
          ladder().optional(),
          "Probe each target from a thread of its own beside the load, from every worker: TCP connect, WebSocket ping and, where asked for, an echo. It takes one more connection to each target.",
          true,
          { every: "2s", echo: '{"type":"hello"}' },
        ),
        metrics: about(
          list(page, 0, MAX_PAGES).prefault([]),
          "Pages on which the target tells of itself; one worker reads them.",
          [{ url: "http://chat.example:9100/metrics", pick: ["process_resident_memory_bytes"] }],
        ),
      }).optional(),
      "What to look at beside the load, for a diagnosis of what went wrong; see docs/observe.md.",
      { ladder: true },
    ),
  strict: (value, scene) => {
    if (value === undefined) return {};
    const { ladder: given, metrics } = soundParts(value, ["observe"], scene.log);
    const observed = { ladder: strictLadder(given), metrics: strictPages(metrics, scene) };
    return observed.ladder === null && observed.metrics.length === 0 ? {} : { observe: observed };
  },
  written: ({ observe: known }) => {
    if (known === undefined) return undefined;
    const { ladder: probes, metrics } = known;
    return {
      ...(probes === null ? {} : { ladder: writtenLadder(probes) }),
      metrics: metrics.map(({ url, everyUs, pick, limits }) => ({
        ...{ url, every: formatDuration(everyUs), pick: [...pick] },
        ...(limits && {
          limits: Object.fromEntries(limits.map((one) => [one.pick, one.limit] as const)),
        }),
      })),
    };
  },
});

function strictLadder(given: z.output<ReturnType<typeof ladder>> | undefined): StrictLadder | null {
  if (given === undefined || given === false) return null;
  if (given === true) return { everyUs: 1_000_000, echo: null };
  return { everyUs: given.every, echo: given.echo ?? null };
}

function strictPages(pages: readonly Page[] | undefined, scene: Scene): StrictScrape[] {
  return [...soundItems(pages, ["observe", "metrics"], scene.log)].flatMap(([at, one]) => {
    const seen = new Set<string>();
    for (const [place, pick] of one.pick.entries()) {
      const path = ["observe", "metrics", at, "pick", place];
      // Of JSON it is a path, which has no labels.
      if (pick.includes("{") && !isSampleName(pick)) scene.log.add(path, ...UNREADABLE_SAMPLE);
      if (seen.has(pick)) scene.log.add(path, `${quoted(pick)} is picked twice`, "pick it once");
      seen.add(pick);
    }
    const limits = strictLimits(one, at, scene);
    const known = checkUrl(one.url, ["observe", "metrics", at, "url"], scene, "http");
    if (known === null) return [];
    const page = { url: known.url, everyUs: one.every, pick: one.pick };
    return [{ ...page, ...(limits.length > 0 && { limits }) }];
  });
}

function strictLimits(
  { pick: picks, limits = {} }: Page,
  page: number,
  { log }: Scene,
): StrictLimit[] {
  return Object.entries(limits).flatMap(([pick, written]): StrictLimit[] => {
    const path = ["observe", "metrics", page, "limits", pick];
    if (!picks.includes(pick)) {
      log.add(path, `${quoted(pick)} is not picked`, "name a figure of `pick`");
      return [];
    }
    if (typeof written === "number") return [{ pick, limit: written }];
    if (picks.includes(written) && written !== pick) return [{ pick, limit: written }];
    const size = parseSize(written, MOST_BYTES);
    if (size.ok && size.value > 0) return [{ pick, limit: size.value }];
    const hint = "write a number, a size such as 2gb, or the name of another figure of `pick`";
    log.add(path, `no limit: ${quoted(written)}`, hint);
    return [];
  });
}

function writtenLadder({ everyUs, echo }: StrictLadder) {
  return { every: formatDuration(everyUs), ...(echo === null ? {} : { echo: literal(echo) }) };
}

/**
 * `target` and `targets`: where connections go. Listed in registry.ts. Invariants: one of the two is written; no two
 * targets have the same label.
 */
import { MAX_ITEMS } from "../limits.ts";
import { about, byDefault, label, list, strict, text, weight } from "../shape/fields.ts";
import { asWritten } from "../shape/marks.ts";
import { section, soundItems } from "./section.ts";
import { checkUrl } from "./target-url.ts";

const MAX_URL_CHARS = 4096;

function url() {
  return about(
    asWritten(text(MAX_URL_CHARS)),
    "WebSocket URL of the service, ws:// or wss://. Path and query may hold placeholders.",
    "wss://chat.example/ws",
    "{{env.ONRUSH_TARGET}}",
  );
}

function entry() {
  return strict({
    url: url(),
    weight: byDefault(weight(), 1, "Share of the connections, relative to the other targets."),
    label: about(label().optional(), "Name in reports. Default: host and port.", "eu"),
  });
}

export const target = section({
  key: "target",
  shape: () => url().optional(),
  strict: (value, scene) => {
    if (value === undefined || !scene.log.isSound(["target"])) return { targets: [] };
    const known = checkUrl(value, ["target"], scene);
    return { targets: known === null ? [] : [{ url: known.url, label: known.label, weight: 1 }] };
  },
  // As it was given, here and below: what it takes from the environment may be nobody's business.
  written: (_, given) => given,
});

export const targets = section({
  key: "targets",
  shape: () =>
    about(
      list(entry, 1, MAX_ITEMS).optional(),
      "Several targets, in place of `target`; connections are spread by weight.",
      [{ url: "wss://eu.example/ws", weight: 2, label: "eu" }],
    ),
  strict: (value, scene) => {
    const { log, scope, given } = scene;
    const isOne = given["target"] !== undefined;
    if (isOne && given["targets"] !== undefined) {
      const what = "the scenario has target and targets";
      log.add(["targets"], what, "keep one of them", { part: "key" });
    }
    if (!isOne && given["targets"] === undefined) {
      log.add([], "missing key target", "add target: ws://localhost:8080");
    }
    const known = [...scope.targets];
    for (const [index, item] of soundItems(value, ["targets"], log)) {
      const one = checkUrl(item.url, ["targets", index, "url"], scene);
      if (one === null) continue;
      const name = item.label ?? one.label;
      if (known.some((other) => other.label === name)) {
        log.add(["targets", index], `two targets are named ${name}`, "give each its own label");
      }
      known.push({ url: one.url, label: name, weight: item.weight });
    }
    return { targets: known };
  },
  written: (scenario, given) =>
    given?.map(({ url: written }, at) => {
      const { weight = 1, label: name = "" } = scenario.targets[at] ?? {};
      return { url: written, weight, label: name };
    }),
});

/** Goal: whatever can be rendered from k8s/ fits together, and fits the programs. */
import { describe, expect, it } from "vitest";
import { missingKubectl } from "../support/kubectl.ts";
import { COMBINATIONS, OVERLAYS, renderOverlay, renderWithComponent } from "./render.ts";
import { findMistakes } from "./rules/registry.ts";

const none = missingKubectl() !== null;

describe("an overlay as it is committed", () => {
  it.skipIf(none).each(OVERLAYS)("%s", async (name) => {
    const rendered = renderOverlay(name);
    expect(rendered.objects.length).toBeGreaterThan(10);
    expect(await findMistakes(rendered)).toEqual([]);
  });
});

describe("a component with a broker", () => {
  it.skipIf(none).each(COMBINATIONS)("%s with %s", async (component, overlay) => {
    const rendered = renderWithComponent(component, overlay);
    expect(rendered.objects.length).toBeGreaterThan(renderOverlay(overlay).objects.length);
    expect(await findMistakes(rendered)).toEqual([]);
  });
});

it("there are overlays and components to look at", () => {
  expect(OVERLAYS).toEqual(["example", "external-broker", "keda", "nats", "redis", "trial"]);
  expect(new Set(COMBINATIONS.map(([component]) => component))).toEqual(
    new Set(["allow-targets", "keda", "service-monitor", "target"]),
  );
});

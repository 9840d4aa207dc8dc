/** Goal: a mistake in the manifests is found, and what is said names the object and what is wrong with it. */
import { expect, it } from "vitest";
import { missingKubectl } from "../support/kubectl.ts";
import type { Rendered } from "./objects.ts";
import { plant, readMistakes } from "./planting.ts";
import { renderOverlay, renderWithComponent } from "./render.ts";
import { findMistakes } from "./rules/registry.ts";

const MISTAKES = readMistakes();
const none = missingKubectl() !== null;
const rendered = new Map<string, Rendered>();

function renderOnce(among: string): Rendered {
  const [component = "", overlay] = among.split(" with ");
  const found =
    rendered.get(among) ??
    (overlay === undefined ? renderOverlay(among) : renderWithComponent(component, overlay));
  rendered.set(among, found);
  return found;
}

it.skipIf(none).each(MISTAKES)("$title", async (mistake) => {
  const found = await findMistakes(plant(renderOnce(mistake.among), mistake));
  expect(found).toContainEqual(expect.stringContaining(mistake.says));
  for (const line of found) expect(line).toMatch(/^[a-z]+(\/[\w-]+)?: /);
});

it("thirty at least, each of its own", () => {
  expect(new Set(MISTAKES.map(({ title }) => title)).size).toBe(MISTAKES.length);
  expect(MISTAKES.length).toBeGreaterThanOrEqual(30);
});

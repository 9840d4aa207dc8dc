/**
 * Goal: what the page /resources takes is taken, given back when its time is over or before, and nothing is taken by mistake; a pool that is
 * congested serves less until less is asked of it. Method: a target in this process, and its rules alone.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { Rules } from "../../../target/behaviour/rules.ts";
import { behaviourOf, type Served, serve } from "./harness.ts";

const running: Served[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

async function target(): Promise<Served> {
  const served = await serve();
  running.push(served);
  return served;
}

function order({ httpUrl }: Served, body: object | string) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(`${httpUrl}/resources`, { method: "PUT", body: text });
}

describe("resources", () => {
  it("memory is taken, and given back before its time when that is asked for", async () => {
    const served = await target();
    const before = process.memoryUsage().arrayBuffers;
    const taken = await order(served, { forMs: 60_000, memoryBytes: 200_000_000 });
    expect(await taken.json()).toEqual({ forMs: 60_000, memoryBytes: 200_000_000 });
    // What tests before this one had is given back meanwhile.
    expect(process.memoryUsage().arrayBuffers - before).toBeGreaterThan(100_000_000);
    const given = await fetch(`${served.httpUrl}/resources`, { method: "DELETE" });
    expect(given.status).toBe(200);
    expect(served.target.strain.isOver).toBe(true);
    expect((await served.stats()).behaviours.strained).toBe(1);
  });

  it("are over when their time is, though nobody asks for that", async () => {
    const served = await target();
    await order(served, { forMs: 100, cpu: 0.2 });
    expect(served.target.strain.isOver).toBe(false);
    await expect.poll(() => served.target.strain.isOver).toBe(true);
  });

  it("a process that is to stand still does", async () => {
    const served = await target();
    const beganMs = performance.now();
    await order(served, { forMs: 200, pause: true });
    await delay(40);
    await fetch(`${served.httpUrl}/healthz`);
    expect(performance.now() - beganMs).toBeGreaterThan(190);
  });

  it.each([
    ["{", 400],
    [{ forMs: 100 }, 422],
    [{ cpu: 0.5 }, 422],
    [{ forMs: 700_000, cpu: 0.5 }, 422],
    [{ forMs: 100, cpu: 2 }, 422],
    [{ forMs: 100, memoryBytes: 1e12 }, 422],
    [{ forMs: 100, cpu: 0.5, disk: 1 }, 422],
  ])("%j is refused, and takes nothing", async (body, status) => {
    const served = await target();
    expect((await order(served, body)).status).toBe(status);
    expect(served.target.strain.isOver).toBe(true);
  });

  it("are not for pages of other sites", async () => {
    const served = await target();
    const headers = { origin: "https://other.example" };
    const answer = await fetch(`${served.httpUrl}/resources`, { method: "DELETE", headers });
    expect(answer.status).toBe(403);
  });
});

describe("a pool that is congested", () => {
  const pool = { size: 1, serviceMs: 10, congested: { aboveMs: 100, serviceMs: 40 }, shedMs: 500 };
  const part = { index: 0, count: 1 };

  /** Messages at even times, from the first on. @returns waits of those that were served, the others as null */
  function waits(rules: Rules, fromMs: number, perSec: number, seconds: number) {
    return Array.from({ length: perSec * seconds }, (_, at) => {
      const nowUs = 1000 * (fromMs + (1000 * at) / perSec);
      const doneUs = rules.servedUs(nowUs);
      return doneUs === null ? null : doneUs - nowUs;
    });
  }

  it("comes back from no burst by itself, and does when less is asked of it", () => {
    const rules = new Rules(behaviourOf({ reply: { pool } }), part, 0);
    expect(waits(rules, 1000, 50, 10)).toEqual(Array(500).fill(10_000));
    // Thirty at once, 300 ms of work.
    for (let one = 0; one < 30; one++) rules.servedUs(11_000_000);
    const down = waits(rules, 11_000, 50, 30).slice(500);
    expect(down).toContain(null);
    expect(down.every((wait) => wait === null || wait > 400_000)).toBe(true);
    const less = waits(rules, 41_000, 10, 10).slice(50);
    expect(less).toEqual(Array(50).fill(10_000));
  });
});

/** Goal: however many secrets were captured, text that holds one of the newest is masked, and text that holds none stays. */
import { expect, it } from "vitest";
import { SecretIndex } from "../../../shared/scenario/mask/secret-index.ts";
import { TargetText } from "../../../shared/scenario/mask/target-text.ts";

/** As JSON web tokens do, all begin alike. */
const tokenOf = (user: number) =>
  `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(`user ${user * 7919}`).toString("base64url")}.sig${user}`;

it("masks each secret in each form, among thousands", () => {
  const text = new TargetText();
  for (let user = 0; user < 5000; user++) text.keepSecret(tokenOf(user));
  for (const user of [0, 1, 2500, 4999]) {
    const token = tokenOf(user);
    const forms = [
      token,
      token.toUpperCase(),
      encodeURIComponent(token),
      Buffer.from(token).toString("hex"),
      Buffer.from(`u:${token}`).toString("base64"),
      token.slice(0, Math.ceil(token.length / 2)),
    ];
    for (const form of forms) {
      const cleaned = text.clean(`bad token ${form} here`, 500);
      expect(cleaned).toContain("***");
      expect(cleaned).not.toContain(form);
    }
  }
  expect(text.clean("bad token of somebody, HTTP 401", 500)).toBe(
    "bad token of somebody, HTTP 401",
  );
});

it("masks a secret that comes after the text was seen", () => {
  const text = new TargetText(["static-secret"]);
  expect(text.clean("closed by session-4711 and static-secret", 500)).toBe(
    "closed by session-4711 and ***",
  );
  text.keepSecret("session-4711");
  expect(text.clean("closed by session-4711 and static-secret", 500)).toBe("closed by *** and ***");
});

it("knows the newest ones, and short ones, within its bounds", () => {
  const index = new SecretIndex();
  for (let user = 0; user <= 5000; user++) index.add(tokenOf(user));
  expect(index.candidates(tokenOf(0))).not.toContain(tokenOf(0));
  expect(index.candidates(`x ${tokenOf(1)} y`)).toContain(tokenOf(1));
  expect(index.add(tokenOf(1))).toBe(false);
  for (let short = 0; short < 200; short++) index.add(`${short}`);
  expect(index.candidates("anything")).toHaveLength(100);
});

it("names few candidates among thousands that begin alike", () => {
  const index = new SecretIndex();
  for (let user = 0; user < 5000; user++) index.add(tokenOf(user));
  const text = `${"a long reason of a server ".repeat(100)}${tokenOf(77)}`;
  const found = index.candidates(text);
  expect(found).toContain(tokenOf(77));
  expect(found.length).toBeLessThan(400);
});

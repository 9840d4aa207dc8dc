import { expect, it } from "vitest";
import { TargetText } from "../../../shared/scenario/mask/target-text.ts";
import { AgreedRows } from "../../../worker/record/agreed-rows.ts";

it("counts what was agreed exactly, keeps few texts, and makes them harmless", () => {
  const rows = new AgreedRows(new TargetText(["S3cr3t-Zebra_Umbrella"]));
  for (let at = 0; at < 10; at++) rows.count("chat.v2", "permessage-deflate");
  rows.count("bearer.S3cr3t-Zebra_Umbrella", "x\u001b[31m");
  for (let at = 0; at < 500; at++) rows.count(`token.${at}`, "");
  const cut = rows.cut();
  expect(cut).toHaveLength(51);
  expect(cut[0]).toEqual({ protocol: "chat.v2", extensions: "permessage-deflate", count: 10 });
  expect(cut[1]).toEqual({ protocol: "bearer.***", extensions: "x\\u{1b}[31m", count: 1 });
  expect(cut.at(-1)).toEqual({ protocol: "other", extensions: "other", count: 452 });
  expect(rows.cut()).toEqual([]);
});

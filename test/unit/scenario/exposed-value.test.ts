/** Goal: a figure is found in a page of metrics, whatever stands around it. */
import { describe, expect, test } from "vitest";
import {
  isSampleName,
  sumsOfSamples,
} from "../../../shared/scenario/sections/environment/exposed-value.ts";

const PAGE = `# HELP http_requests_total Requests, by "code"
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{code="500",method="post"} 3
http_requests_total{code="500",method="get"} 4 # {trace="a"} 1
http_requests_total_created 5
open_fds 1.5e2
odd{path="C:\\\\a \\"b\\" }",x="1"} 7
broken{
nothing NaN
endless +Inf
`;

describe("a page of metrics", () => {
  test.each([
    ["open_fds", 150],
    ["http_requests_total", 1034],
    ['http_requests_total{code="500"}', 7],
    ['http_requests_total{ method="post", code="500" }', 3],
    ['http_requests_total{code="404"}', null],
    ['odd{x="1"}', 7],
    ["http_requests", null],
    ["nothing", null],
    ["endless", null],
    ["broken", null],
    ["", null],
  ])("%s is %s", (asked, value) => {
    expect(sumsOfSamples(PAGE, [asked])).toEqual([value]);
  });

  test("is read once for all that is asked, in its order", () => {
    const asked = ['http_requests_total{code="200"}', "absent", "http_requests_total"];
    expect(sumsOfSamples(PAGE, asked)).toEqual([1027, null, 1034]);
  });

  test.each(["open_fds", 'a{b="c"}', 'a{ b="c", d = "e\\"}" , }', "a{}", "a.b-c"])(
    "%s can be asked for",
    (name) => {
      expect(isSampleName(name)).toBe(true);
    },
  );

  test.each(["", "a b", "a{b=c}", "a{b='c'}", 'a{b="c"', 'a{b=~"c"}', 'a{b="c" d="e"}', '{b="c"}'])(
    "%s cannot",
    (name) => {
      expect(isSampleName(name)).toBe(false);
      expect(sumsOfSamples(PAGE, [name])).toEqual([null]);
    },
  );
});

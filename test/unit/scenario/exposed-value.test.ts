/** Goal: a figure is found in a page of metrics, whatever stands around it. */
import { describe, expect, test } from "vitest";
import { sumOfSamples } from "../../../shared/scenario/sections/environment/exposed-value.ts";

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
    expect(sumOfSamples(PAGE, asked)).toBe(value);
  });
});

/** The statistics by which runs are held against one another. Read by registry.ts. Invariant: that of method.ts. */
import { type Method, never } from "./method.ts";

export const RUN_METHODS: readonly Method[] = [
  {
    title: "Change of a percentile between two runs",
    formula: "percentile bootstrap over blocks of time, tails at Phi(-sqrt(n / (n - 1)) t(n - 1))",
    assumes: "the same plan and machines; what differs between runs of one build is not covered",
    source: "B. Efron and R. Tibshirani (1993); H. R. Kunsch, Annals of Statistics 17 (1989)",
    usedFor: "Against the baseline, compare",
    file: "coordinator/analysis/stats/block-bootstrap.ts",
    symbol: "bootstrapInterval",
    causes: [],
    isShown: ({ summary }) => summary.baseline !== null && summary.baseline !== undefined,
  },
  {
    title: "Shift between several runs a side",
    formula: "median of all differences between pairs, interval by the exact rank-sum test",
    assumes: "runs that are independent, of one shape on both sides",
    source: "J. L. Hodges and E. L. Lehmann (1963); H. B. Mann and D. R. Whitney (1947)",
    usedFor: "compare",
    file: "coordinator/analysis/stats/rank-sum.ts",
    symbol: "hodgesLehmann",
    causes: [],
    isShown: never,
  },
  {
    title: "Difference of the means of very few runs",
    formula:
      "mean(b) - mean(a) +- t(n + m - 2) s sqrt(1 / n + 1 / m), s the pooled standard deviation",
    assumes: "runs that are independent, about normal and of one spread on both sides",
    source: "Student, Biometrika 6 (1908)",
    usedFor: "compare and trend, where no exact interval exists",
    file: "coordinator/analysis/stats/student.ts",
    symbol: "studentInterval",
    causes: [],
    isShown: never,
  },
  {
    title: "Difference of two shares",
    formula: "Newcombe's interval from those of Wilson",
    assumes: "trials that are independent: the least width an interval may have",
    source: "R. G. Newcombe, Statistics in Medicine 17 (1998), method 10",
    usedFor: "Against the baseline, compare",
    file: "coordinator/analysis/stats/proportion.ts",
    symbol: "newcombeInterval",
    causes: [],
    isShown: ({ summary }) => summary.baseline !== null && summary.baseline !== undefined,
  },
  {
    title: "Changes in a series of runs",
    formula:
      "the split with the greatest energy distance of both sides, then of its parts; P from 999 orders; p <= 0.01",
    assumes: "runs that are independent; 10 or more, 3 on either side of a change",
    source:
      "D. S. Matteson and N. A. James, Journal of the American Statistical Association 109 (2014)",
    usedFor: "trend",
    file: "coordinator/analysis/stats/energy-change-points.ts",
    symbol: "energyChangePoints",
    causes: [],
    isShown: never,
  },
  {
    title: "Slope of a drift over runs",
    formula:
      "of the N sorted slopes between pairs of runs those of ranks (N - C) / 2 and (N + C) / 2 + 1, C = z sqrt(var S)",
    assumes: "runs that are independent",
    source: "P. K. Sen, Journal of the American Statistical Association 63 (1968)",
    usedFor: "trend",
    file: "coordinator/analysis/stats/trend.ts",
    symbol: "theilSenInterval",
    causes: [],
    isShown: never,
  },
];

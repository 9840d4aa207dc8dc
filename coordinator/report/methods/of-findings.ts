/** The statistics that findings rest on. Read by registry.ts. Invariant: that of method.ts. */
import { clock } from "../../analysis/diagnosis/closes/clock.ts";
import type { Facts } from "../outline/section.ts";
import { type Method, never } from "./method.ts";

/** A witness has held figures of the target against latency: the evidence says so. */
const namesCorrelation = ({ summary }: Facts) =>
  summary.findings.some(({ evidence }) => evidence.some((one) => one.includes("rank correlation")));

export const FINDING_METHODS: readonly Method[] = [
  {
    title: "Ratio of failures of one part to all others",
    formula: "(d / e) / (d' / e'), half a failure added to both where the others had none",
    assumes: "who is served by which part is the plan's choice, at random",
    source: "J. Haldane, Annals of Human Genetics 20 (1956)",
    usedFor: "Where it fails",
    file: "coordinator/analysis/stats/two-by-two.ts",
    symbol: "riskRatio",
    causes: ["failing-backend", "failing-message-type"],
    isShown: ({ failureShares = [] }) => failureShares.length > 0,
  },
  {
    title: "Association of failures with a part",
    formula:
      "G = 2 sum O ln(O / E) over the dispersion of failures a second, of phases that of 20 s within each; Fisher's exact test where E < 5",
    assumes:
      "failures of a second are of each part by its share; of phases, hardly any dependence beyond 20 s",
    source:
      "R. Sokal and F. Rohlf, Biometry; P. McCullagh and J. Nelder, Generalized Linear Models (1989)",
    usedFor: "Where it fails; findings about parts and sequences of messages",
    file: "coordinator/analysis/stats/two-by-two.ts",
    symbol: "associationP",
    causes: ["failing-backend", "failing-message-type", "failing-sequence"],
    isShown: ({ failureShares = [] }) => failureShares.length > 0,
  },
  {
    title: "Rate of false discoveries",
    formula: "the least p (m / rank) of P-values from the largest down",
    assumes: "tests that are independent or depend positively",
    source: "Y. Benjamini and Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995)",
    usedFor: "Where it fails; findings about parts and sequences of messages; trend",
    file: "coordinator/analysis/stats/two-by-two.ts",
    symbol: "falseDiscoveryRates",
    causes: ["failing-backend", "failing-message-type", "failing-sequence"],
    isShown: (facts) => (facts.failureShares ?? []).length > 0 || namesCorrelation(facts),
  },
  {
    title: "Association within phases",
    formula:
      "common odds ratio sum(a d / n) / sum(b c / n), chi-squared of Cochran, Mantel and Haenszel",
    assumes: "one odds ratio in all phases",
    source: "N. Mantel and W. Haenszel, Journal of the National Cancer Institute 22 (1959)",
    usedFor: "Findings about a target or a kind of message",
    file: "coordinator/analysis/stats/two-by-two.ts",
    symbol: "mantelHaenszel",
    causes: ["failing-backend", "failing-message-type"],
    isShown: never,
  },
  {
    title: "Evenness of shares",
    formula: "chi-squared = sum (n - m)^2 / m, m the mean of the counts",
    assumes: "sampled connections, each once; a balancer that chooses at random or in turn",
    source: "K. Pearson, Philosophical Magazine 50 (1900)",
    usedFor: "Findings about servers behind a balancer",
    file: "coordinator/analysis/stats/chi-squared.ts",
    symbol: "evennessP",
    causes: ["unbalanced-load", "few-source-addresses"],
    isShown: never,
  },
  {
    title: "Scan of a clock",
    formula:
      "the window with the greatest d ln(d / E) + (D - d) ln((D - d) / (D - E)); P from 199 draws by exposure",
    assumes: "a sample of open connections says what healthy ones are exposed to",
    source: "M. Kulldorff, Communications in Statistics 26 (1997)",
    usedFor: "Findings about connections that end at an age, an idle time, a number or a size",
    file: "coordinator/analysis/stats/scan.ts",
    symbol: "scanWindow",
    causes: clock.meta.causes,
    isShown: never,
  },
  {
    title: "Changes of level",
    formula:
      "least sum of squares about segment means, plus 4 log n (1 + r) / (1 - r) a change, r the lag-1 autocorrelation",
    assumes: "constant load, and noise like a first-order autoregression",
    source:
      "R. Killick et al. (PELT), Journal of the American Statistical Association 107 (2012); G. Romano et al., 117 (2022)",
    usedFor: "Findings about a longer or unsteady way to the service",
    file: "coordinator/analysis/stats/change-points.ts",
    symbol: "changePoints",
    causes: ["network-latency", "network-jitter"],
    isShown: never,
  },
  {
    title: "Slope of a drift",
    formula: "median of the slopes between all pairs of blocks",
    assumes: "constant load; blocks of 20 s or more, so that they hardly depend on each other",
    source: "H. Theil (1950); P. K. Sen, Journal of the American Statistical Association 63 (1968)",
    usedFor: "Findings about a service that gets slower while it runs",
    file: "coordinator/analysis/stats/trend.ts",
    symbol: "theilSenSlope",
    causes: ["memory-leak"],
    isShown: never,
  },
  {
    title: "Trend",
    formula:
      "S = rising pairs less falling ones, normal with the variance (n (n - 1) (2n + 5) - ties) / 18, times (1 + r) / (1 - r) for seconds",
    assumes: "blocks that do not depend on each other, or seconds that do as in an autoregression",
    source:
      "H. B. Mann, Econometrica 13 (1945); M. G. Kendall, Rank Correlation Methods (1975); S. Yue and C. Y. Wang, Water Resources Management 18 (2004)",
    usedFor: "Findings about a service that gets slower, and pauses that get longer; trend",
    file: "coordinator/analysis/stats/trend.ts",
    symbol: "mannKendallP",
    causes: ["memory-leak"],
    isShown: never,
  },
  {
    title: "Whether one kind of seconds is slower",
    formula: "U / (n m): the share of pairs of a second of each kind in which it is, ties half",
    assumes: "both kinds are of one run at one load",
    source: "H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947)",
    usedFor: "Findings about large messages to many",
    file: "coordinator/analysis/stats/rank-sum.ts",
    symbol: "rankAbove",
    causes: ["slow-broadcast"],
    isShown: never,
  },
  {
    title: "Whether a figure of the target moves with latency",
    formula: "Spearman's rank correlation; P from 999 orders of blocks of time",
    assumes: "blocks as long as neighbours depend on each other; 6 of them or more",
    source:
      "C. Spearman, American Journal of Psychology 15 (1904); B. Phipson and G. Smyth, Statistical Applications in Genetics 9 (2010)",
    usedFor: "Evidence from the target's own metrics",
    file: "coordinator/analysis/stats/rank-correlation.ts",
    symbol: "rankCorrelation",
    causes: [],
    isShown: namesCorrelation,
  },
  {
    title: "Whether those who send fastest end more often than others",
    formula:
      "the upper tail of the binomial distribution, the chance being their share of all messages",
    assumes: "closes that do not depend on one another",
    source: "M. Abramowitz and I. Stegun, Handbook of Mathematical Functions (1964), 26.5.24",
    usedFor: "Findings about a limit on the rate of messages",
    file: "coordinator/analysis/stats/proportion.ts",
    symbol: "countAboveP",
    causes: ["message-rate-limit"],
    isShown: never,
  },
  {
    title: "Whether large messages take longer than small ones",
    formula: "1 - F(mean sqrt(n) / s) of the differences in blocks of time, F Student's t",
    assumes: "blocks that do not depend on one another, differences about normal",
    source: "Student, Biometrika 6 (1908)",
    usedFor: "Findings about what large messages cost",
    file: "coordinator/analysis/stats/student.ts",
    symbol: "meanAboveZeroP",
    causes: ["compression-cost", "bandwidth-limit"],
    isShown: never,
  },
];

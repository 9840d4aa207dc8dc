/**
 * The statistics a report rests on, each with its formula, what it assumes, its source and where it is used. Read by the section "How
 * this was computed" and by docs/methods.md, which is made from it. Invariant: `file` and `symbol` are the code that computes it.
 */
import type { CauseId } from "../../analysis/findings/causes.ts";
import type { Facts } from "../outline/section.ts";

export interface Method {
  readonly title: string;
  readonly formula: string;
  readonly assumes: string;
  readonly source: string;
  /** Where readers meet it. */
  readonly usedFor: string;
  /** From the top of the repository, and the function in it. */
  readonly file: string;
  readonly symbol: string;
  /** Findings that rest on it. */
  readonly causes: readonly CauseId[];
  /** Whether figures of this report, beside its findings, rest on it. */
  readonly isShown: (facts: Facts) => boolean;
}

const never = () => false;

export const METHODS: readonly Method[] = [
  {
    title: "Percentiles of latency",
    formula:
      "the value of rank ceil(p n) of a histogram merged from all workers; 1 µs to 1 h, 3 significant digits",
    assumes:
      "nothing of the distribution; latency counts from when a message was to be sent, so a stalled service cannot hide it",
    source: "G. Tene, HdrHistogram, and How NOT to Measure Latency (2015)",
    usedFor: "every latency, connect time and send lag",
    file: "shared/stats/histogram.ts",
    symbol: "MergedHistogram",
    causes: ["slow-message-type", "slow-backend"],
    isShown: ({ summary }) => summary.messages.latencyMs !== null,
  },
  {
    title: "Availability of users",
    formula:
      "served user-seconds / user-seconds there were; interval of Clopper and Pearson on p (1 - p) / v trials, v the variance over blocks of seconds",
    assumes: "blocks as long as neighbours depend on each other",
    source:
      "T. Hauer et al., Meaningful Availability, NSDI 2020; E. Korn and B. Graubard, Survey Methodology 24 (1998)",
    usedFor: "Availability",
    file: "coordinator/analysis/stats/clustered-share.ts",
    symbol: "clusteredShare",
    causes: [],
    isShown: ({ summary }) => summary.availability !== undefined && summary.availability !== null,
  },
  {
    title: "Mean time between failures",
    formula:
      "up / r, interval [2 up / chi2((1 + c) / 2; 2r + 2), 2 up / chi2((1 - c) / 2; 2r)]; without a failure up / -ln(1 - c) at least",
    assumes: "failures come at random, at one rate",
    source: "B. Epstein and M. Sobel, Journal of the American Statistical Association 48 (1953)",
    usedFor: "Availability",
    file: "coordinator/analysis/stats/reliability.ts",
    symbol: "meanTimeBetween",
    causes: [],
    isShown: ({ summary }) => summary.availability !== undefined && summary.availability !== null,
  },
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
      "G = 2 sum O ln(O / E) over the dispersion of failures a second; Fisher's exact test where E < 5",
    assumes: "failures come in bursts no more than from second to second",
    source:
      "R. Sokal and F. Rohlf, Biometry; P. McCullagh and J. Nelder, Generalized Linear Models (1989)",
    usedFor: "Where it fails",
    file: "coordinator/analysis/stats/two-by-two.ts",
    symbol: "associationP",
    causes: ["failing-backend", "failing-message-type"],
    isShown: ({ failureShares = [] }) => failureShares.length > 0,
  },
  {
    title: "Rate of false discoveries",
    formula: "the least p (m / rank) of P-values from the largest down",
    assumes: "tests that are independent or depend positively",
    source: "Y. Benjamini and Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995)",
    usedFor: "Where it fails",
    file: "coordinator/analysis/stats/two-by-two.ts",
    symbol: "falseDiscoveryRates",
    causes: ["failing-backend", "failing-message-type"],
    isShown: ({ failureShares = [] }) => failureShares.length > 0,
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
    title: "Scan of a clock",
    formula:
      "the window with the greatest d ln(d / E) + (D - d) ln((D - d) / (D - E)); P from 199 draws by exposure",
    assumes: "a sample of open connections says what healthy ones are exposed to",
    source: "M. Kulldorff, Communications in Statistics 26 (1997)",
    usedFor: "Findings about connections that end at an age, an idle time, a number or a size",
    file: "coordinator/analysis/stats/scan.ts",
    symbol: "scanWindow",
    causes: [
      "idle-timeout",
      "maximum-lifetime",
      "token-expiry",
      "message-quota",
      "message-size-limit",
    ],
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
      "S = rising pairs less falling ones, normal with the variance (n (n - 1) (2n + 5) - ties) / 18",
    assumes: "values that do not depend on each other: blocks, not seconds",
    source: "H. B. Mann, Econometrica 13 (1945); M. G. Kendall, Rank Correlation Methods (1975)",
    usedFor: "Findings about a service that gets slower, and pauses that get longer",
    file: "coordinator/analysis/stats/trend.ts",
    symbol: "mannKendallP",
    causes: ["memory-leak"],
    isShown: never,
  },
  {
    title: "Knee of latency over load",
    formula: "two straight lines that meet where the sum of squares is least",
    assumes: "6 levels or more, 3 below the bend and 2 above it",
    source: "V. M. R. Muggeo, Statistics in Medicine 22 (2003)",
    usedFor: "Capacity",
    file: "coordinator/analysis/search/knee.ts",
    symbol: "kneeOf",
    causes: [],
    isShown: ({ summary }) => summary.capacity !== null,
  },
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
    title: "Share of connections left at an age",
    formula:
      "S(t) = prod (1 - d / n), variance S^2 sum d / (n (n - d)), limits on the scale log(-log S), widened by the dispersion of ends over blocks of 10 s",
    assumes:
      "planned ends do not hang together with unplanned ones; of many ends the ages are a random sample",
    source:
      "E. L. Kaplan and P. Meier, Journal of the American Statistical Association 53 (1958); M. Greenwood (1926)",
    usedFor: "How long connections lasted",
    file: "coordinator/analysis/stats/survival.ts",
    symbol: "kaplanMeier",
    causes: [],
    isShown: ({ summary }) => summary.survival !== undefined,
  },
  {
    title: "Whether connections to one target end sooner",
    formula:
      "(O - E) / sqrt(V), E = d n1 / n over ages; V hypergeometric, or that of blocks of 10 s where it is larger, plus that of sampled exposure",
    assumes:
      "the share of a target among those at risk is that of healthy connections picked at random",
    source: "N. Mantel, Cancer Chemotherapy Reports 50 (1966); S. Holm (1979)",
    usedFor: "How long connections lasted",
    file: "coordinator/analysis/stats/survival.ts",
    symbol: "logRank",
    causes: [],
    isShown: ({ summary }) => (summary.survival?.targets.length ?? 0) > 0,
  },
  {
    title: "When failures left their normal band",
    formula:
      "the first count a negative binomial of those before gives less than 5 % / (series x moments), 3 times what was usual and the most before; 95 % by the likelihood ratio of one change, 7.35 (1 + r) / (1 - r)",
    assumes: "failures kept to one rate before, without strong bursts",
    source: "B. E. Hansen, Econometrica 68 (2000)",
    usedFor: "What failed first",
    file: "coordinator/analysis/stats/onset.ts",
    symbol: "onsetOfCounts",
    causes: [],
    isShown: ({ summary }) => (summary.onsets ?? []).length > 0,
  },
  {
    title: "Whether failures repeat",
    formula:
      "Fisher's g: the share of the highest ordinate of the periodogram, held against the spectrum of an autoregression with noise; p < 0.01",
    assumes: "five cycles at least; neighbours depend on each other as in an autoregression",
    source: "R. A. Fisher, Proceedings of the Royal Society A 125 (1929)",
    usedFor: "What failed first",
    file: "coordinator/analysis/stats/periodicity.ts",
    symbol: "periodOf",
    causes: [],
    isShown: ({ summary }) =>
      (summary.onsets ?? []).some(({ periodSeconds }) => periodSeconds !== null),
  },
];

/** Those that this report rests on. */
export function methodsOf(facts: Facts): Method[] {
  const found = new Set(facts.summary.findings.map(({ id }) => id));
  return METHODS.filter(
    ({ causes, isShown }) => isShown(facts) || causes.some((cause) => found.has(cause)),
  );
}

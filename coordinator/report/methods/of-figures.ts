/** The statistics that figures of a report rest on, beside its findings. Read by registry.ts. Invariant: that of method.ts. */
import { MIN_BLOCK_SECONDS } from "../../analysis/stats/dependence.ts";
import type { Method } from "./method.ts";

export const FIGURE_METHODS: readonly Method[] = [
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
    title: "Chance that all thresholds hold",
    formula: `share of 1,000 runs, put together from blocks of ${MIN_BLOCK_SECONDS} s or more that are drawn with replacement, in which they do`,
    assumes:
      "6 blocks or more, and seconds like those that were measured: other days, machines and states of the target are not in it",
    source: "B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 8",
    usedFor: "the decision",
    file: "coordinator/analysis/decision/chance.ts",
    symbol: "chanceOf",
    causes: [],
    isShown: ({ summary: { decision } }) => (decision?.chance?.share ?? null) !== null,
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
    title: "Share of connections left at an age",
    formula: `S(t) = prod (1 - d / n), variance S^2 sum d / (n (n - d)), limits on the scale log(-log S), widened by the dispersion of ends over blocks of ${MIN_BLOCK_SECONDS} s`,
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
    formula: `(O - E) / sqrt(V), E = d n1 / n over ages; V hypergeometric, or that of blocks of ${MIN_BLOCK_SECONDS} s (t) where it is larger, plus that of sampled exposure`,
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
    title: "When a figure reaches its limit",
    formula:
      "the median of the slopes between pairs of block medians, and the median of what is left; 90 % band: sqrt(b^2 + (t(n - 2) s)^2), b from 400 draws of blocks, s the deviation of blocks about the line; a moment is where the line, or an edge of the band, meets the limit",
    assumes:
      "constant load and a straight line; 10 to 24 blocks of 4 (1 + r) / (1 - r) readings or more; Mann-Kendall p <= 0.01; cut at each block from the middle on, the band covers 85 % of the rest and the error is below that of the last value; 3 times the length observed at most",
    source:
      "H. Theil (1950); P. K. Sen (1968); H. R. Kunsch, Annals of Statistics 17 (1989); L. J. Tashman, International Journal of Forecasting 16 (2000)",
    usedFor: "Forecast",
    file: "coordinator/analysis/stats/forecast.ts",
    symbol: "forecastOf",
    causes: [],
    isShown: ({ summary }) => (summary.forecasts ?? []).length > 0,
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
    title: "When latency left its normal band",
    formula:
      "Student's t of the mean logarithm of 3 medians in a row against those before, n (1 - r) / (1 + r) of them; 1.5 times what was usual at least",
    assumes: "latency wandered before as a first-order autoregression does",
    source: "B. E. Hansen, Econometrica 68 (2000); Student, Biometrika 6 (1908)",
    usedFor: "What failed first",
    file: "coordinator/analysis/stats/onset.ts",
    symbol: "onsetOfLevel",
    causes: [],
    isShown: ({ summary }) => (summary.onsets ?? []).some(({ what }) => what === "latency"),
  },
  {
    title: "Whether failures repeat",
    formula:
      "the frequency and the number m <= 20 of its harmonics with the greatest H = 2 sum I / S - 4 (m - 1), I the periodogram, S the spectrum of an autoregression with noise that is most likely (Whittle); P from 999 spectra drawn from S; p < 0.01",
    assumes: "five cycles at least; neighbours depend on each other as in an autoregression",
    source:
      "O. C. de Jager et al., Astronomy and Astrophysics 221 (1989); P. Whittle, Arkiv foer Matematik 2 (1953)",
    usedFor: "What failed first",
    file: "coordinator/analysis/stats/periodicity.ts",
    symbol: "periodOf",
    causes: [],
    isShown: ({ summary }) =>
      (summary.onsets ?? []).some(({ periodSeconds }) => periodSeconds !== null),
  },
];

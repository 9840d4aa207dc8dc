/**
 * Goal: the distributions agree with published tables and with what has a closed form.
 * Method: golden vectors of standard tables, closed forms for t with 1 and 2 degrees of freedom, factorials.
 */
import { describe, expect, test } from "vitest";
import {
  incompleteBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from "../../../../coordinator/analysis/stats/distributions.ts";

describe("normal", () => {
  test.each([
    [0, 0.5],
    [1, 0.8413447460685429],
    [1.959963984540054, 0.975],
    [-2.3263478740408408, 0.01],
    [-3, 0.0013498980316300933],
    [5, 0.9999997133484281],
    [9, 1],
    [-9, 0],
  ])("P(Z <= %f) = %f", (z, probability) => {
    expect(normalCdf(z)).toBeCloseTo(probability, 12);
  });

  test.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.01, -2.3263478740408408],
  ])("quantile %f is %f", (probability, z) => {
    expect(normalQuantile(probability)).toBeCloseTo(z, 10);
  });
});

describe("Student's t", () => {
  test.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.975, 4, 2.7764451051977934],
    [0.975, 8, 2.306004135204166],
    [0.95, 10, 1.812461122811676],
    [0.995, 30, 2.7499956535670305],
    [0.025, 4, -2.7764451051977934],
  ])("quantile %f with %i degrees of freedom is %f", (probability, df, t) => {
    expect(studentQuantile(probability, df)).toBeCloseTo(t, 8);
  });

  test("has its closed forms for 1 and 2 degrees of freedom", () => {
    for (const t of [-40, -3, -0.5, 0, 0.1, 1, 2.5, 100]) {
      expect(studentCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 12);
      expect(studentCdf(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 12);
    }
  });

  test("is the normal one for many degrees of freedom", () => {
    expect(studentCdf(1.5, 1e7)).toBeCloseTo(normalCdf(1.5), 6);
  });
});

describe("the functions below them", () => {
  test("ln Gamma is that of factorials and of one half", () => {
    let factorial = 1;
    for (let n = 1; n < 30; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 10);
      factorial *= n;
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
  });

  test("the incomplete beta function is a binomial tail for whole numbers", () => {
    // I_x(k, n - k + 1) = P(at least k of n succeed).
    const tail = (n: number, k: number, x: number) => {
      let sum = 0;
      for (let i = k; i <= n; i++) {
        let choose = 1;
        for (let j = 0; j < i; j++) choose *= (n - j) / (j + 1);
        sum += choose * x ** i * (1 - x) ** (n - i);
      }
      return sum;
    };
    for (const x of [0.01, 0.2, 0.5, 0.9, 0.999]) {
      expect(incompleteBeta(x, 3, 8)).toBeCloseTo(tail(10, 3, x), 12);
      expect(incompleteBeta(x, 1, 20)).toBeCloseTo(tail(20, 1, x), 12);
    }
    expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)]).toEqual([0, 1]);
  });
});

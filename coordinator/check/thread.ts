/**
 * The program of the checking thread: one question, one answer, then the next. Started by main.ts. Invariant: it shares
 * nothing with anybody, so it can be ended at any moment.
 */
import { parentPort } from "node:worker_threads";
import { answer } from "./answer.ts";
import { type AnyQuestion, READY } from "./question.ts";

parentPort?.on("message", (asked: AnyQuestion) => parentPort?.postMessage(answer(asked)));
// What it takes to load all this is no part of a check.
parentPort?.postMessage(READY);

/** Following a job at the printer: marks, layer summaries, the end, and faults of the stream. */
import { assert } from "../../kernel/assert.ts";
import { faults } from "./faults.ts";
import { askPlace, awaitedMark, executionOf, marked, proven } from "./feed.ts";
import { expectCold, isCold, rangesOf, restartRange } from "./heat.ts";
import { isIdle } from "./link.ts";
import type { Position } from "./reply.ts";
import { makeSafe } from "./safing.ts";
import { close, type Instant, type Job, observe, type Session } from "./session.ts";

/** Makes the firmware repeat every line that it carries out, and stop that. */
export const echoOn = "M111 S1";
export const echoOff = "M111 S0";

/** So often is a printer asked where it is. */
const placesAsked = 5;
/** Damaged lines among those that try the wire. */
const badProofsAllowed = 3;
/** So often is a mark asked for again before the printer is held to be unable to give it. */
const remarksAllowed = 5;
/** Time for the printer to report zero targets after the end of a program, in milliseconds. */
const coolReportLimit = 15_000;

/** A `//text` line came back: everything sent before its M118 is done. */
export function markHeard(session: Session, text: string, now: Instant): void {
  const { job } = session;
  if (job === null || awaitedMark(job.feed) !== text) return;
  const { stage } = job.feed;
  if (stage.kind === "marking" && isElsewhere(session, job, text, now)) return;
  marked(job.feed);
  [job.idleSince, job.remarks] = [null, 0];
  if (stage.kind === "marking") layerDone(session, job, stage.layer, now);
  else {
    expectCold(session.heat);
    job.idleSince = now.mono;
  }
}

/** M114 answered; it counts while a layer's mark is awaited. */
export function placeHeard(session: Session, at: Position): void {
  if (session.job?.feed.stage.kind === "marking") session.job.place.at = at;
}

/**
 * The tool is not where the layer left it. A report may be damaged: the printer is asked again until two say the same,
 * or none of many is right.
 */
function isElsewhere(session: Session, job: Job, mark: string, now: Instant): boolean {
  const { at, wrong } = job.place;
  const { place } = job.feed;
  job.place.at = null;
  if (at === null || place === null || isSamePlace(at, place)) {
    Object.assign(job.place, { wrong: null, asked: 0 });
    return false;
  }
  job.place.wrong = at;
  job.place.asked++;
  if ((wrong !== null && isSamePlace(at, wrong)) || job.place.asked > placesAsked)
    makeSafe(session, { fault: faults.elsewhere(inWords(at), inWords(place)), mayPark: false }, now);
  else session.control.push(askPlace, `M118 A1 ${mark}`);
  return true;
}

/** Reports have two decimals; the firmware adds up filament in 32-bit floats. What is not known is not compared. */
function isSamePlace(at: Position, place: Position): boolean {
  const off = (axis: keyof Position) => Math.abs(at[axis] - place[axis]);
  const allowed = 0.05 + 1e-4 * Math.abs(place.e);
  return !(off("x") > 0.02 || off("y") > 0.02 || off("z") > 0.02 || off("e") > allowed);
}

function inWords({ x, y, z, e }: Position): string {
  return `X${x.toFixed(2)} Y${y.toFixed(2)} Z${z.toFixed(2)} E${e.toFixed(2)}`;
}

/** Lines are echoed from the first damage of a job on, and no longer than it lasts: echoes cost the wire time. */
export function followEcho(session: Session): void {
  const { job, link, setup } = session;
  if (session.phase !== "ready" || !setup.dialect.echoes) return;
  const wanted = job !== null && link.resends > job.resendsBefore;
  if (wanted === session.echoing || (!wanted && session.safing !== null)) return;
  session.echoing = wanted;
  session.control.push(wanted ? echoOn : echoOff);
}

function layerDone(session: Session, job: Job, layer: number, now: Instant): void {
  const ranges = rangesOf(session.heat);
  assert(ranges !== null, "temperatures were known before the start");
  const summary = {
    ...ranges,
    durationMs: Math.round(now.mono - job.layer.since),
    resends: session.link.resends - job.layer.resends,
    markedAt: now.utc,
  };
  observe(session, { kind: "layer-done", attempt: job.attempt, layer, summary });
}

/** Notices that a layer begins, that a mark was lost, and that the printer is cold after the end. */
export function followJob(session: Session, now: Instant): void {
  const { job } = session;
  if (job === null || session.phase !== "ready") return;
  const { stage } = job.feed;
  if (stage.kind === "proving") judgeWire(session, job, now);
  if ((stage.kind === "layer" || stage.kind === "marking") && stage.layer !== job.layer.number) {
    job.layer = { number: stage.layer, since: now.mono, resends: session.link.resends };
    restartRange(session.heat);
  }
  const mark = awaitedMark(job.feed);
  if (mark !== null) insistOn(session, job, mark, now);
  if (stage.kind === "ended") finish(session, job, now);
}

/**
 * Where one line in five is damaged, one in a few hundred is damaged and still has the right XOR: such a wire is no
 * wire to print over, and it is cheaper to know before anything is heated.
 */
function judgeWire(session: Session, job: Job, now: Instant): void {
  const bad = session.link.resends - job.resendsBefore;
  if (bad > badProofsAllowed) makeSafe(session, { fault: faults.noisyWire(bad), mayPark: false }, now);
  else if (job.feed.inserts.length === 0 && isIdle(session.link)) proven(job.feed);
}

/** The mark's line is confirmed but its text never came: it was damaged on the way and is asked for again. */
function insistOn(session: Session, job: Job, mark: string, now: Instant): void {
  if (job.feed.inserts.length > 0 || session.control.length > 0 || !isIdle(session.link)) {
    job.idleSince = null;
    return;
  }
  job.idleSince ??= now.mono;
  if (now.mono - job.idleSince < session.setup.times.mark) return;
  job.idleSince = null;
  job.remarks++;
  if (job.remarks > remarksAllowed) makeSafe(session, { fault: faults.noMark(job.layer.number), mayPark: true }, now);
  else session.control.push(`M118 A1 ${mark}`);
}

function finish(session: Session, job: Job, now: Instant): void {
  if (isCold(session.heat)) {
    const executed = executionOf(job.feed, session.link.resends - job.resendsBefore);
    observe(session, { kind: "finished", attempt: job.attempt, executed });
    close(session, job.attempt);
  } else if (now.mono - (job.idleSince ?? now.mono) > coolReportLimit)
    makeSafe(session, { fault: faults.notConfirmed(), mayPark: true }, now);
  else if (session.control.length === 0 && isIdle(session.link)) session.control.push("M105");
}

/** Ends a job whose stream broke or whose next line was judged unsafe. */
export function checkJob(session: Session, now: Instant): void {
  const { job, link } = session;
  if (job === null || session.phase !== "ready") return;
  const fault = job.feed.fault ?? link.fault;
  if (fault !== null) makeSafe(session, { fault, mayPark: true }, now);
}

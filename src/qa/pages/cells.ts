/** The cells: what is with QA, when each was last heard, and that nothing is known of one that is silent (feature 88). */
import type { EpochMs } from "../../kernel/units.ts";
import type { CellStatus } from "../../ledger/status.ts";
import { type Html, html } from "../html.ts";
import type { CellStanding, LogStanding } from "../inbox.ts";
import type { OfficeState } from "../office.ts";
import type { JobView } from "../review.ts";
import { mostSkewMs, skewOf } from "../status.ts";
import { age, ago, paged } from "./frame.ts";

const cellsOnAPage = 50;
const jobsOnAPage = 100;

/** All cells, those that need somebody first, a page of them. */
export function cellsBody({ cells, now }: OfficeState, page: string | undefined): Html {
  const sorted = [...cells].sort((a, b) => concern(a) - concern(b) || (a.cell.title < b.cell.title ? -1 : 1));
  const { shown, links } = paged(sorted, cellsOnAPage, page, "/cells");
  const counts = ["act", "unknown", "well"].map((kind, index) => [
    kind,
    cells.filter((each) => band(each) === index).length,
  ]);
  const rows = shown.map(
    (standing) => html`<tr><th scope="row"><a href="/cells/${standing.cell.id}">${standing.cell.title}</a></th>
<td>${stateOf(standing)}</td><td>${standing.lastHeard === null ? "never" : `${age(now - standing.lastHeard)} ago`}</td><td>${unsyncedOf(standing, now)}</td><td>${clockOf(standing)}</td><td>${runsOf(standing)}</td><td>${heldOf(standing)}</td><td>${jobCount(standing)}</td></tr>`,
  );
  return html`<p class="soft">${cells.length} cells: ${counts[0]?.[1] ?? 0} frozen, held, blocked or behind; ${counts[1]?.[1] ?? 0} unknown; ${counts[2]?.[1] ?? 0} well.</p>${links}
<div class="wide" tabindex="0" role="region" aria-label="Cells"><table><thead><tr><th scope="col">Cell</th><th scope="col">State</th><th scope="col">Last heard</th><th scope="col">Oldest record not with QA</th><th scope="col">Clock</th><th scope="col">Runs</th>
<th scope="col">With QA</th><th scope="col">Jobs</th></tr></thead><tbody>${rows}</tbody></table></div>${links}`;
}

/** 0 where somebody has to act, 1 where nothing is known, 2 where all is well. */
function band({ log, silent, claims, said, mute }: CellStanding): 0 | 1 | 2 {
  if (log.frozen || (claims !== null && claims < log.size)) return 0;
  if (silent || mute !== null) return 1;
  return said?.status.state === "held" || said?.status.state === "blocked" ? 0 : 2;
}

function concern(standing: CellStanding): number {
  return standing.log.frozen ? -1 : band(standing);
}

/** One cell with its jobs. */
export function cellBody(standing: CellStanding, now: EpochMs, page: string | undefined): Html {
  const { cell, log, view } = standing;
  const newest = (one: LogStanding) => [...one.view.jobs.values()].sort((a, b) => b.lastSeq - a.lastSeq);
  const before = [...standing.past]
    .reverse()
    .flatMap((one) => newest(one).map((job) => ({ job, log: one.log.origin })));
  const jobs: readonly ListedJob[] = [...newest(standing).map((job) => ({ job, log: null })), ...before];
  const { shown, links } = paged(jobs, jobsOnAPage, page, `/cells/${cell.id}`);
  return html`${cell.demonstration ? html`<p class="simulated">Registered as a DEMONSTRATION: nothing of it is for human use</p>` : null}
<div class="panel"><p>State: ${stateOf(standing)}</p><p>Last heard: ${heardOf(standing, now)}</p><p>With QA: ${heldOf(standing)}; oldest record not with QA: ${unsyncedOf(standing, now)}</p><p>Clock: ${clockOf(standing)}</p>
<p>Log: <code>${log.origin}</code>, root <code>${log.root}</code></p>
${standing.past.map((one) => html`<p>Log before, which is over: <code>${one.log.origin}</code>, ${one.log.size} entries, ${one.log.receipt?.size ?? 0} cosigned</p>`)}
<p>Runs: ${runsOf(standing)}; software at its last start by the record: ${view.software ?? "not known"}</p>
<p class="soft">Keys come from central's own configuration: ${cell.keys.map(({ name, id }) => `${name}+${id}`).join(", ")}</p></div>
<h2>Jobs</h2>${jobs.length === 0 ? html`<p class="panel">No job yet.</p>` : html`${links}${jobTable(cell.id, shown, now)}${links}`}`;
}

/** In one word and one shape; what is not known is never shown as what it last was. */
export function stateOf({ log, silent, claims, saysItIsThere, said, mute }: CellStanding): Html {
  if (log.frozen) return html`<span class="mark m1">■ Frozen: two histories</span>`;
  if (claims !== null && claims < log.size)
    return html`<span class="mark m2">● Said to be behind what central holds, unproven</span>`;
  if (silent && saysItIsThere) return html`<span class="unknown">? Says that it is there, unproven</span>`;
  if (silent) return html`<span class="unknown">? Unknown</span>`;
  if (mute !== null) return html`<span class="unknown">? Unknown</span>, records come`;
  return said === null ? html`Heard, chain unbroken` : wordOf(said.status);
}

/** What the cell says of itself; only of one that is heard. */
function wordOf({ state, job, gate }: CellStatus): Html {
  const about = job === null ? "" : `, job ${job}`;
  switch (state) {
    case "held":
      return html`<span class="mark m2">● Held</span>${gate ?? ""}${about}`;
    case "blocked":
      return html`<span class="mark m3">▲ Blocked</span>${gate ?? ""}${about}`;
    case "running":
      return html`Running${about}`;
    case "ready":
      return html`Ready${about}`;
    case "idle":
      return html`Idle, no job`;
  }
}

/** How old the oldest entry is that no receipt covers, by the cell's own clock and the time since; unknown where it is silent. */
function unsyncedOf({ said, silent }: CellStanding, now: EpochMs): Html {
  if (said === null || silent) return html`<span class="unknown">? Unknown</span>`;
  const { status, receivedAt } = said;
  if (status.oldestUnsyncedAt === null) return html`none waits`;
  const waiting = status.head - status.withQa;
  return html`${age(Math.max(0, status.at - status.oldestUnsyncedAt) + now - receivedAt)}, ${waiting} ${waiting === 1 ? "waits" : "wait"}`;
}

function clockOf({ said, silent }: CellStanding): Html {
  if (said === null || silent) return html`<span class="unknown">? Unknown</span>`;
  const skew = skewOf(said.status, said.receivedAt);
  const words = html`${age(Math.abs(skew))} ${skew > 0 ? "ahead" : "behind"}, ${said.status.clock}`;
  return Math.abs(skew) > mostSkewMs ? html`<span class="mark m2">● ${words}</span>` : words;
}

function runsOf({ said, silent }: CellStanding): Html {
  if (said === null || silent) return html`<span class="unknown">? Unknown</span>`;
  const { software, softwareDigest, configDigest, modelDigest } = said.status;
  const short = (digest: string | null) => (digest === null ? "none" : digest.slice(0, 8));
  return html`${software} <code>${short(softwareDigest)}</code><br>model <code>${short(modelDigest)}</code>, configuration <code>${short(configDigest)}</code>`;
}

function heardOf({ lastHeard }: CellStanding, now: EpochMs): string {
  return lastHeard === null ? "never" : ago(lastHeard, now);
}

function heldOf({ log, claims }: CellStanding): string {
  const signed = log.receipt?.size ?? 0;
  const more = claims !== null && claims > log.size ? `; an unsigned word says that it has ${claims}` : "";
  return `${signed} entries cosigned${signed < log.size ? `, ${log.size - signed} stored and not cosigned yet` : ""}${more}`;
}

function jobCount({ view, past }: CellStanding): string {
  const open = [...view.jobs.values()].filter(({ outcome }) => outcome === "open").length;
  const before = past.reduce((sum, one) => sum + one.view.jobs.size, 0);
  return `${view.jobs.size} (${open} open)${before > 0 ? `, ${before} in logs before` : ""}`;
}

/** A job with the log that it stands in; null for the one that the cell keeps. */
interface ListedJob {
  readonly job: JobView;
  readonly log: string | null;
}

function jobTable(cell: string, jobs: readonly ListedJob[], now: EpochMs): Html {
  const rows = jobs.map(({ job, log }) => {
    const open = job.nonconformities.filter(({ disposition }) => disposition === null).length;
    return html`<tr><th scope="row"><a href="/cells/${cell}/jobs/${job.job}">${job.job}</a></th><td>${log === null ? null : html`In the log before, ${log}: `}${job.title}${job.simulated ? " · SIMULATED" : ""}</td>
<td>${job.outcome === "open" ? "Open" : job.outcome}${job.releases.length > 0 ? `, ${job.releases.length} released` : ""}</td>
<td>${job.nonconformities.length}${open > 0 ? html` <span class="mark m2">● ${open} open</span>` : null}</td><td>${ago(job.lastAt, now)}</td></tr>`;
  });
  return html`<div class="wide" tabindex="0" role="region" aria-label="Jobs"><table><thead><tr><th scope="col">Job</th><th scope="col">What</th><th scope="col">State</th>
<th scope="col">Nonconformities</th><th scope="col">Last entry</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** The cells: what is with QA, when each was last heard, and that nothing is known of one that is silent (feature 88). */
import type { EpochMs } from "../../kernel/units.ts";
import { type Html, html } from "../html.ts";
import type { CellStanding } from "../inbox.ts";
import type { OfficeState } from "../office.ts";
import type { JobView } from "../review.ts";
import { ago } from "./frame.ts";

/** All cells in one table. */
export function cellsBody({ cells, now }: OfficeState): Html {
  const rows = cells.map(
    (standing) => html`<tr><th scope="row"><a href="/cells/${standing.cell.id}">${standing.cell.title}</a></th>
<td>${stateOf(standing)}</td><td>${heardOf(standing, now)}</td><td>${heldOf(standing)}</td><td>${jobCount(standing)}</td></tr>`,
  );
  return html`<div class="wide" tabindex="0" role="region" aria-label="Cells"><table><thead><tr><th scope="col">Cell</th><th scope="col">State</th><th scope="col">Last heard</th>
<th scope="col">With QA</th><th scope="col">Jobs</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** One cell with its jobs. */
export function cellBody(standing: CellStanding, now: EpochMs): Html {
  const { cell, log, view } = standing;
  const jobs = [...view.jobs.values()].sort((a, b) => b.lastSeq - a.lastSeq);
  return html`${cell.demonstration ? html`<p class="simulated">Registered as a DEMONSTRATION: nothing of it is for human use</p>` : null}
<div class="panel"><p>State: ${stateOf(standing)}</p><p>Last heard: ${heardOf(standing, now)}</p><p>With QA: ${heldOf(standing)}</p>
<p>Log: <code>${log.origin}</code>, root <code>${log.root}</code></p>
<p>Software at its last start: ${view.software ?? "not known"}</p>
<p class="soft">Keys come from central's own configuration: ${cell.keys.map(({ name, id }) => `${name}+${id}`).join(", ")}</p></div>
<h2>Jobs</h2>${jobs.length === 0 ? html`<p class="panel">No job yet.</p>` : jobTable(cell.id, jobs, now)}`;
}

/** In one word and one shape; what is not known is never shown as what it last was. */
export function stateOf({ log, silent, claims, saysItIsThere }: CellStanding): Html {
  if (log.frozen) return html`<span class="mark m1">■ Frozen: two histories</span>`;
  if (claims !== null && claims < log.size)
    return html`<span class="mark m2">● Said to be behind what central holds, unproven</span>`;
  if (silent && saysItIsThere) return html`<span class="unknown">? Says that it is there, unproven</span>`;
  if (silent) return html`<span class="unknown">? Unknown</span>`;
  return html`Heard, chain unbroken`;
}

function heardOf({ lastHeard }: CellStanding, now: EpochMs): string {
  return lastHeard === null ? "never" : ago(lastHeard, now);
}

function heldOf({ log, claims }: CellStanding): string {
  const signed = log.receipt?.size ?? 0;
  const more = claims !== null && claims > log.size ? `; an unsigned word says that it has ${claims}` : "";
  return `${signed} entries cosigned${signed < log.size ? `, ${log.size - signed} stored and not cosigned yet` : ""}${more}`;
}

function jobCount({ view }: CellStanding): string {
  const open = [...view.jobs.values()].filter(({ outcome }) => outcome === "open").length;
  return `${view.jobs.size}, ${open} of them open`;
}

function jobTable(cell: string, jobs: readonly JobView[], now: EpochMs): Html {
  const rows = jobs.slice(0, 200).map((job) => {
    const open = job.nonconformities.filter(({ disposition }) => disposition === null).length;
    return html`<tr><th scope="row"><a href="/cells/${cell}/jobs/${job.job}">${job.job}</a></th><td>${job.title}${job.simulated ? " · SIMULATED" : ""}</td>
<td>${job.outcome === "open" ? "Open" : job.outcome}${job.releases.length > 0 ? `, ${job.releases.length} released` : ""}</td>
<td>${job.nonconformities.length}${open > 0 ? html` <span class="mark m2">● ${open} open</span>` : null}</td><td>${ago(job.lastAt, now)}</td></tr>`;
  });
  return html`<div class="wide" tabindex="0" role="region" aria-label="Jobs"><table><thead><tr><th scope="col">Job</th><th scope="col">What</th><th scope="col">State</th>
<th scope="col">Nonconformities</th><th scope="col">Last entry</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

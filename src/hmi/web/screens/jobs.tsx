/** The list of jobs, cancelled and failed ones included. */
import { useSignal } from "@preact/signals";
import type { JobLine } from "../../api.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Pager } from "../parts/pager.tsx";
import { set } from "../set.ts";
import { cell, home, open, type Screen } from "../store.ts";
import { jobWord } from "../words.ts";

const perPage = 4;

/** Where a job is looked at, by its state. */
export function screenOf(job: JobLine): Screen {
  if (job.state === "Interrupted" || (job.state === "Ready" && job.undecided > 0)) return "hold";
  if (job.state === "Running") return "live";
  return "job";
}

/** Every job of the cell. */
export function JobsScreen() {
  const page = useSignal(0);
  const jobs = cell.value?.jobs ?? [];
  const pages = Math.max(1, Math.ceil(jobs.length / perPage));
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={home} />
      <span class="spring" />
      <Pager page={page.value} pages={pages} onPage={(to) => set(page, to)} what="Jobs" />
    </>
  );
  return (
    <Frame title="Jobs" actions={actions}>
      <ul class="list">
        {jobs.length === 0 ? <li class="panel">No order has come to this cell yet.</li> : null}
        {jobs.slice(page.value * perPage, (page.value + 1) * perPage).map((job) => (
          <li class="panel line" key={job.id}>
            <div>
              <h2>
                {job.id} — {jobWord(job)}
              </h2>
              <p>
                {job.title} · case {job.pseudonym}
                {job.layer?.planned ? ` · layer ${job.layer.accepted} of ${job.layer.planned}` : ""}
                {job.next && job.state === "Ready" ? ` · next: ${job.next.title}` : ""}
              </p>
              {job.hold ? <p class="abnormal">{job.hold}</p> : null}
            </div>
            <div class="deeds">
              <Button size="primary" label="Look at it" onPress={() => void open(job.id, screenOf(job))} />
              {job.state === "Ready" && job.undecided === 0 && job.next?.kind === "build" ? (
                <Button size="primary" kind="act" label="Start it" onPress={() => void open(job.id, "identity")} />
              ) : null}
            </div>
          </li>
        ))}
      </ul>
    </Frame>
  );
}

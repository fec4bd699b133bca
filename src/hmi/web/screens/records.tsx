/** Ended jobs: released, scrapped or cancelled, and whether central QA holds their record. */
import { useSignal } from "@preact/signals";
import type { RecordLine } from "../../api-route.ts";
import { Button } from "../parts/button.tsx";
import { EvidenceLine } from "../parts/evidence.tsx";
import { Frame } from "../parts/frame.tsx";
import { Pager } from "../parts/pager.tsx";
import { set } from "../set.ts";
import { cell, go, home, open, records, recordsPage } from "../store.ts";
import { qaWords, stamp } from "../words.ts";

const perPage = 3;
/** What the server sends at a time. */
const perAsking = 30;

const outcomes = {
  released: "✓ Released",
  "not-released": "Made, not released",
  scrapped: "Scrapped",
  cancelled: "Cancelled",
} as const;

/** Every job that has ended, newest first. */
export function RecordsScreen() {
  const page = useSignal(0);
  const view = records.value;
  const pages = Math.max(1, Math.ceil((view?.total ?? 0) / perPage));
  const first = page.value * perPage - recordsPage.value * perAsking;
  const turn = (to: number) => {
    page.value = to;
    const wanted = Math.floor((to * perPage) / perAsking);
    if (wanted !== recordsPage.value) {
      recordsPage.value = wanted;
      go("records");
    }
  };
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={home} />
      <span class="spring" />
      <Pager page={page.value} pages={pages} onPage={turn} what="Records" />
    </>
  );
  return (
    <Frame title="Records of ended jobs" actions={actions}>
      <p class={cell.value?.sync.alarm ? "abnormal" : "quiet"}>{cell.value?.sync.what ?? ""}</p>
      <EvidenceLine />
      <ul class="list">
        {view?.lines.length === 0 ? <li class="panel">No job has ended in this cell yet.</li> : null}
        {(view?.lines ?? []).slice(Math.max(0, first), first + perPage).map((line) => (
          <Line key={line.id} line={line} />
        ))}
      </ul>
    </Frame>
  );
}

function Line({ line }: { readonly line: RecordLine }) {
  return (
    <li class="panel line" data-record={line.id}>
      <div>
        <h2>
          {line.id} — {outcomes[line.outcome]}
          {line.simulated ? " · SIMULATED" : ""}
        </h2>
        <p>
          {line.title} · case {line.pseudonym} · {stamp(line.endedAt)}
        </p>
        <p class={line.qa.withQa ? "" : "quiet"}>
          {line.qa.withQa ? "✓ " : "… "}
          {qaWords(line.qa)}
          {line.keeping === "" ? "" : ` · ${line.keeping}`}
        </p>
      </div>
      <Button size="primary" label="Look at it" onPress={() => void open(line.id, "job")} />
    </li>
  );
}

/** The first page again, for whoever comes to the screen anew. */
export function showRecords(): void {
  set(recordsPage, 0);
  go("records");
}

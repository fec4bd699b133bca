/** The release: what is missing, each with its remedy and owner; or the whole record, page by page, and QA's signature. */
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Omission } from "../../../jobs/refusal.ts";
import type { ReleaseView } from "../../api-route.ts";
import { get } from "../client.ts";
import { Button } from "../parts/button.tsx";
import { checked, Facts, isRead, type Reading } from "../parts/facts.tsx";
import { Frame } from "../parts/frame.tsx";
import { Pager } from "../parts/pager.tsx";
import { set } from "../set.ts";
import { go, job, say } from "../store.ts";
import { ownerWords } from "../words.ts";
import { askSignature } from "./sign.tsx";

const factsPerPage = 11;
const omissionsPerPage = 4;
const reading = signal<Reading | null>(null);

/** The record of the copy in hand, asked for anew whenever what is missing changes. */
export function ReleaseScreen() {
  const view = job.value;
  const asked = useSignal<ReleaseView | null>(null);
  const version = JSON.stringify([view?.id, view?.unit, view?.omissions]);
  useEffect(() => {
    let current = true;
    reading.value = null;
    if (!view) return;
    void get<ReleaseView>(`/api/jobs/${view.id}/release`).then(async (found) => {
      if (!current) return;
      if (!found.ok) return say(found.problem);
      asked.value = found.value;
      const shown = await checked(found.value.shown);
      if (current) reading.value = shown;
    });
    return () => {
      current = false;
    };
  }, [version]);
  if (!view) return <Frame title="Release">{null}</Frame>;
  const found = asked.value;
  const missing = found?.omissions ?? [];
  const sign = () => {
    if (!found) return;
    askSignature({
      title: `${view.id} · copy ${found.unit}: release`,
      view: found.shown,
      path: `/api/jobs/${view.id}/release`,
      body: { unit: found.unit },
      done: `copy ${found.unit} is released.`,
      notFor: "not one who made it",
      back: "release",
      leadsTo: "job",
    });
  };
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("job")} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Sign: QA"
        disabled={!found || missing.length > 0 || !isRead(reading.value, factsPerPage)}
        onPress={sign}
      />
    </>
  );
  return (
    <Frame title={`${view.id} · copy ${view.unit}: may it be released?`} nav={false} actions={actions}>
      {missing.length > 0 ? (
        <Omissions missing={missing} />
      ) : (
        <Facts wide reading={reading} perPage={factsPerPage} empty="Asking for the record…" />
      )}
    </Frame>
  );
}

function Omissions({ missing }: { readonly missing: readonly Omission[] }) {
  const page = useSignal(0);
  const pages = Math.ceil(missing.length / omissionsPerPage);
  const at = Math.min(page.value, pages - 1);
  const count = missing.length === 1 ? "One thing is missing" : `${missing.length} things are missing`;
  return (
    <section class="panel">
      <h2>✕ It cannot be released. {count}.</h2>
      <ul class="gates">
        {missing.slice(at * omissionsPerPage, (at + 1) * omissionsPerPage).map((each) => (
          <li key={`${each.code}/${each.what}`} class="gate shut" data-omission={each.code}>
            <span class="mark" aria-hidden="true">
              ✕
            </span>
            <div>
              <strong>{each.what}</strong>
              <span class="remedy">
                {ownerWords[each.owner]}: {each.remedy}
              </span>
            </div>
          </li>
        ))}
      </ul>
      <Pager page={at} pages={pages} onPage={(to) => set(page, to)} what="Missing" />
    </section>
  );
}

/** Disposition: choose, see exactly what is signed and its digest, then a second person signs. */
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ChoiceView, Phrase } from "../../api.ts";
import type { ShownView } from "../../api-route.ts";
import { get } from "../client.ts";
import { Button } from "../parts/button.tsx";
import { checked, Facts, isRead, type Reading } from "../parts/facts.tsx";
import { Frame } from "../parts/frame.tsx";
import { go, job, say, undecided } from "../store.ts";
import { askSignature } from "./sign.tsx";

type Choice = ChoiceView["disposition"];

const choiceWords = {
  scrap: "Scrap this part",
  concession: "Accept it as it is",
  rework: "Do the step again",
} as const;
const factsPerPage = 6;

const chosen = signal<{ readonly disposition: Choice; readonly reason: Phrase } | null>(null);
const reading = signal<Reading | null>(null);

/** What shall become of it. */
export function DecideScreen() {
  const about = undecided.value;
  const disposition = useSignal<Choice | null>(null);
  useEffect(() => {
    chosen.value = null;
    reading.value = null;
  }, []);
  const choice = about?.choices.find((each) => each.disposition === disposition.value);
  const choose = async (reason: Phrase) => {
    if (!about || !disposition.value) return;
    chosen.value = { disposition: disposition.value, reason };
    reading.value = null;
    const query = new URLSearchParams({ disposition: disposition.value, reason: reason.code });
    const asked = await get<ShownView>(`/api/jobs/${job.value?.id}/nonconformities/${about.id}/shown?${query}`);
    if (!asked.ok) return say(asked.problem);
    reading.value = await checked(asked.value);
  };
  const sign = () => {
    const [what, view] = [chosen.value, reading.value?.view];
    if (!about || !what || !view) return;
    const words = choiceWords[what.disposition];
    askSignature({
      title: `${words}: ${what.reason.words}`,
      view,
      path: `/api/jobs/${job.value?.id}/dispositions`,
      body: { nonconformity: about.id, disposition: what.disposition, reason: what.reason.code },
      done: `${words.toLowerCase()}.`,
      notFor: "not who started it",
      back: "decide",
      leadsTo: about.layer === null ? "job" : "hold",
    });
  };
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("hold")} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Sign: second person"
        disabled={!isRead(reading.value, factsPerPage)}
        onPress={sign}
      />
    </>
  );
  return (
    <Frame title={`${about?.id ?? ""}: what shall become of it?`} actions={actions}>
      <div class="columns">
        <section class="panel choices">
          <h2>Decision</h2>
          <div class="deeds">
            {(about?.choices ?? []).map((each) => (
              <Button
                key={each.disposition}
                wide
                label={choiceWords[each.disposition]}
                on={choice === each}
                onPress={() => {
                  disposition.value = each.disposition;
                  reading.value = null;
                }}
              />
            ))}
          </div>
          <h2>Reason</h2>
          {disposition.value === null ? <p>Choose the decision first.</p> : null}
          {(choice?.reasons ?? []).map((each) => (
            <Button
              key={each.code}
              wide
              label={each.words}
              on={chosen.value?.reason.code === each.code}
              onPress={() => void choose(each)}
            />
          ))}
        </section>
        <Facts reading={reading} perPage={factsPerPage} empty="Choose the decision and the reason." />
      </div>
    </Frame>
  );
}

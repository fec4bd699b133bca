/** A passed layer is bad: what the inspection should have found, how it is known, and the signature; the verdict stays. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { FoundClass } from "../../../jobs/review-event.ts";
import type { Phrase } from "../../api.ts";
import type { ShownView } from "../../api-route.ts";
import { get } from "../client.ts";
import { layer, layers } from "../layers.ts";
import { markOf } from "../marks.ts";
import { Button } from "../parts/button.tsx";
import { checked, Facts, isRead, type Reading } from "../parts/facts.tsx";
import { Frame } from "../parts/frame.tsx";
import { go, say } from "../store.ts";
import { askSignature } from "./sign.tsx";

const words: Readonly<Record<FoundClass, string>> = {
  missing: "Missing",
  thin: "Too thin",
  extra: "Too much",
  unchanged: "No layer",
  shift: "Shifted",
  other: "Other",
};
const factsPerPage = 4;
const classes = Object.keys(words) as FoundClass[];

/** Of the layer that is looked at. */
export function FoundBadScreen() {
  const [view, at] = [layers.value, layer.value];
  const finding = useSignal<FoundClass | null>(null);
  const known = useSignal<readonly Phrase[]>([]);
  const reason = useSignal<string | null>(null);
  const reading = useSignal<Reading | null>(null);
  useEffect(() => {
    void get<readonly Phrase[]>("/api/found-bad").then((asked) => {
      if (asked.ok) known.value = asked.value;
      else say(asked.problem);
    });
  }, []);
  const path = `/api/attempts/${view?.attempt}/layers/${at}/found-bad`;
  useEffect(() => {
    const [what, why] = [finding.value, reason.value];
    reading.value = null;
    if (!view || what === null || why === null) return;
    void get<ShownView>(`${path}?${new URLSearchParams({ finding: what, reason: why })}`).then(async (asked) => {
      if (asked.ok) reading.value = await checked(asked.value);
      else say(asked.problem);
    });
  }, [finding.value, reason.value]);
  const had = view && markOf(view, at) === "t" ? "was tolerated" : "passed";
  const sign = () => {
    const shown = reading.value?.view;
    if (!shown) return;
    askSignature({
      title: `Layer ${at} ${had}, and is bad`,
      view: shown,
      path,
      body: { finding: finding.value, reason: reason.value },
      done: `layer ${at} is bad. QA decides on it.`,
      notFor: "or yours",
      back: "found-bad",
      leadsTo: "job",
    });
  };
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("layers")} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Sign that it is bad"
        disabled={!isRead(reading.value, factsPerPage)}
        onPress={sign}
      />
    </>
  );
  return (
    <Frame title={`${view?.job}: layer ${at} ${had}. What is wrong with it?`} actions={actions}>
      <div class="columns">
        <section class="panel choices">
          <h2>What is wrong</h2>
          <div class="deeds">
            {classes.map((each) => (
              <Button
                key={each}
                label={words[each]}
                on={finding.value === each}
                onPress={() => {
                  finding.value = each;
                }}
              />
            ))}
          </div>
          <h2>How it is known</h2>
          {known.value.map(({ code, words: text }) => (
            <Button
              key={code}
              wide
              label={text}
              on={reason.value === code}
              onPress={() => {
                reason.value = code;
              }}
            />
          ))}
        </section>
        <Facts reading={reading} perPage={factsPerPage} empty="Choose what is wrong, and how it is known." />
      </div>
    </Frame>
  );
}

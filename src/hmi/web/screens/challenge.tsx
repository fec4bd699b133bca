/** The challenge of the inspection: how the last one came out, what is asked of the person, exactly what is signed. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ChallengeView } from "../../api.ts";
import type { ShownView } from "../../api-route.ts";
import { get } from "../client.ts";
import { Button } from "../parts/button.tsx";
import { checked, Facts, isRead, type Reading } from "../parts/facts.tsx";
import { Frame } from "../parts/frame.tsx";
import { cell, home, say } from "../store.ts";
import { stamp } from "../words.ts";
import { askSignature } from "./sign.tsx";

const factsPerPage = 5;
const reading = signal<Reading | null>(null);

/** At the start of a shift, and after whatever may have changed the camera's view. */
export function ChallengeScreen() {
  const view = cell.value?.challenge;
  useEffect(() => {
    let current = true;
    reading.value = null;
    void get<ShownView>("/api/challenge").then(async (asked) => {
      if (!asked.ok) return say(asked.problem);
      const shown = await checked(asked.value);
      if (current) reading.value = shown;
    });
    return () => {
      current = false;
    };
  }, []);
  const sign = () => {
    const shown = reading.value?.view;
    if (!shown) return;
    askSignature({
      title: "Challenge the inspection",
      view: shown,
      path: "/api/challenge",
      body: {},
      done: "the inspection is being challenged.",
      notFor: "or yours",
      back: "challenge",
      leadsTo: "challenge",
    });
  };
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={home} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Sign: the plate is empty"
        disabled={view?.isOpen !== false || !isRead(reading.value, factsPerPage)}
        onPress={sign}
      />
    </>
  );
  return (
    <Frame title="Challenge of the inspection" actions={actions}>
      <div class="columns">
        <section class="panel">
          <h2>{view ? headOf(view) : "Asking the controller…"}</h2>
          <p class={view?.suspended ? "abnormal" : "quiet"}>{view?.suspended ?? view?.last?.what ?? ""}</p>
          <h2>Before you sign</h2>
          <p>Take everything off the plate and close the door. The camera takes two pictures.</p>
          <p>
            A layer and every kind of defect are painted into copies of them. The layer has to pass, and each defect to
            be found. Nothing moves or heats.
          </p>
        </section>
        <Facts reading={reading} perPage={factsPerPage} empty="Asking what is signed…" />
      </div>
    </Frame>
  );
}

function headOf({ isOpen, last }: ChallengeView): string {
  if (isOpen) return "It is under way";
  if (last === null) return "Never challenged in this cell";
  return `${last.passed ? "Passed" : "NOT passed"}, ${stamp(last.at)}`;
}

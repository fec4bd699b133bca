/** The hold: the picture with its outlined region, measured value beside its limit, and what can be done about it. */
import { useSignal } from "@preact/signals";
import type { AttemptView, HoldView, LayerView } from "../../api.ts";
import { openLayers } from "../layers.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Picture } from "../parts/picture.tsx";
import { Results } from "../parts/results.tsx";
import { Seen } from "../parts/seen.tsx";
import { Steps } from "../parts/steps.tsx";
import { StopButton } from "../parts/stop.tsx";
import { set } from "../set.ts";
import { act, attempt, go, home, job, undecided } from "../store.ts";
import { clock, plain } from "../words.ts";

/** A held attempt, or one that ended with something undecided. */
export function HoldScreen() {
  const before = useSignal(false);
  const view = useSignal<LayerView | null>(null);
  const found = attempt.value;
  const about = undecided.value;
  if (!found) return <Frame title="Hold">{null}</Frame>;
  if (found.kind === "task" || (about !== null && about.attempt !== found.id)) return <OtherHold found={found} />;
  const layer = found.hold?.layer ?? about?.layer ?? found.pictured;
  const shown = before.value ? layer - 1 : layer;
  const what = found.hold?.what ?? about?.what ?? "Nothing waits for a decision any more.";
  return (
    <Frame
      title={found.hold ? `On hold since ${clock(found.hold.since)}` : `${job.value?.id}: waits for a decision`}
      actions={<Deeds found={found} />}
    >
      <div class="columns live-layer">
        {shown > 0 ? (
          <Picture
            attempt={found.id}
            layer={shown}
            planned={found.planned}
            version={`${found.verdicts}/${found.hold?.since ?? 0}/${found.pictured}`}
            simulated={found.simulated}
            onView={(seen) => set(view, seen)}
          />
        ) : (
          <div class="picture none">
            <strong>No picture</strong>
            <span>It ended before a layer was photographed.</span>
          </div>
        )}
        <section class="panel">
          <h2>{before.value ? `Layer ${shown}, the one before` : plainCause(found.hold, about?.cause)}</h2>
          <p class={before.value ? "" : "abnormal"}>
            {before.value ? "For comparison with the layer that was held." : what}
          </p>
          <Seen
            view={view.value?.layer === shown ? view.value : null}
            rows={!before.value && what.length > 90 ? 2 : 4}
          />
          {layer > 1 ? (
            <Button
              label={before.value ? `Back to layer ${layer}` : `Layer ${layer - 1}, the one before`}
              onPress={() => set(before, !before.value)}
            />
          ) : null}
        </section>
      </div>
    </Frame>
  );
}

/** A step without layers, or a copy at which no machine was at work: words and results in the place of a picture. */
function OtherHold({ found }: { readonly found: AttemptView }) {
  const about = undecided.value;
  const isMine = about === null || about.attempt === found.id;
  const what = about?.what ?? found.hold?.what ?? "Nothing waits for a decision any more.";
  return (
    <Frame
      title={found.hold ? `On hold since ${clock(found.hold.since)}` : `${job.value?.id}: waits for a decision`}
      actions={<Deeds found={found} />}
    >
      <Steps route={job.value?.route ?? []} />
      <section class="panel">
        <h2>{about ? plain(about.cause) : plainCause(found.hold, undefined)}</h2>
        <p class="abnormal">{what}</p>
        {isMine && found.results.length > 0 ? <Results results={found.results} perPage={3} /> : null}
      </section>
    </Frame>
  );
}

function plainCause(hold: HoldView | null, cause: string | undefined): string {
  if (!hold) return cause ? plain(cause) : "Decided";
  const causes = {
    "layer-failed": "A layer failed",
    blind: "The layer could not be seen",
    person: "Held by a person",
    "foreign-action": "Somebody else acted at the machine",
    parameter: "A value left its window",
  } as const;
  return causes[hold.cause];
}

function Deeds({ found }: { readonly found: AttemptView }) {
  const { hold } = found;
  const decides = undecided.value !== null;
  const blind = hold?.cause === "blind";
  return (
    <>
      <Button size="primary" label="Back" onPress={home} />
      {found.printed > 0 ? (
        <Button size="primary" label="All layers" onPress={() => void openLayers(found.id, hold?.layer ?? null)} />
      ) : null}
      {decides ? (
        <Button size="primary" kind="act" wide label="Decide, with signature" onPress={() => go("decide")} />
      ) : null}
      {!decides && !hold ? (
        <Button size="primary" kind="act" wide label="Go on with the job" onPress={() => go("job")} />
      ) : null}
      {!decides && blind && found.verdicts.endsWith("b") ? (
        <Button
          size="primary"
          kind="act"
          deed
          wide
          label="Look again"
          onPress={() => void act(`/api/attempts/${found.id}/look-again`, {}, "The camera looks again.")}
        />
      ) : null}
      {!decides && hold && !found.verdicts.endsWith("b") ? (
        <Button size="primary" kind="act" wide label="Go on…" onPress={() => go("resume")} />
      ) : null}
      {hold ? (
        <span class="apart">
          <StopButton attempt={found.id} {...(found.kind === "task" && { label: "Stop this step" })} />
        </span>
      ) : null}
    </>
  );
}

/** The live layer: what the camera saw, what was expected and found, and the two ways to stop. */
import { useSignal } from "@preact/signals";
import type { AttemptView, LayerView } from "../../api.ts";
import type { ReasonCode } from "../../reasons.ts";
import { openLayers } from "../layers.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Picture } from "../parts/picture.tsx";
import { StopButton } from "../parts/stop.tsx";
import { Strip } from "../parts/strip.tsx";
import { Temperatures } from "../parts/temperatures.tsx";
import { set } from "../set.ts";
import { act, attempt, cell, go, home, job } from "../store.ts";
import { clock } from "../words.ts";
import { TaskScreen } from "./task.tsx";

/** One running attempt, layer by layer. */
export function LiveScreen() {
  const chosen = useSignal<number | null>(null);
  const view = useSignal<LayerView | null>(null);
  const running = attempt.value;
  if (!running) return <Frame title="Live layer">{null}</Frame>;
  if (running.kind === "task") return <TaskScreen running={running} />;
  const layer = Math.min(chosen.value ?? running.pictured, running.pictured);
  const version = `${running.verdicts}/${running.pictured}/${running.hold?.since ?? 0}`;
  return (
    <Frame title={`${job.value?.id} · ${job.value?.title}`} actions={<Deeds running={running} />}>
      <div class="columns live-layer">
        {layer > 0 ? (
          <Picture
            attempt={running.id}
            layer={layer}
            planned={running.planned}
            version={version}
            simulated={running.simulated}
            onView={(seen) => set(view, seen)}
          />
        ) : (
          <div class="picture none">
            <strong>No layer made yet</strong>
            <span>The first picture comes after the first layer.</span>
          </div>
        )}
        <section class="panel">
          <Words running={running} layer={layer} view={view.value} />
          <Temperatures machine={cell.value?.machines.find((each) => each.id === running.equipment)} />
          {running.hold === null && (
            <div class="deeds">
              <Button label="◀ Layer" disabled={layer <= 1} onPress={() => set(chosen, layer - 1)} />
              <Button label="Layer ▶" disabled={layer >= running.pictured} onPress={() => set(chosen, layer + 1)} />
              <Button label="Newest" on={chosen.value === null} onPress={() => set(chosen, null)} />
            </div>
          )}
        </section>
      </div>
    </Frame>
  );
}

interface WordsProps {
  readonly running: AttemptView;
  readonly layer: number;
  readonly view: LayerView | null;
}

function Words({ running, layer, view }: WordsProps) {
  const state = running.phase === "ended" ? (running.outcome ?? "Ended") : running.hold ? "On hold" : "Printing";
  const verdict =
    layer === 0
      ? ""
      : running.verdicts[layer - 1] === "t"
        ? "tolerated"
        : view?.verdict
          ? { pass: "passed", fail: "failed", blind: "not seen" }[view.verdict]
          : "not judged yet";
  return (
    <>
      <div class="figures">
        <div>
          <span class="name">Layer</span>
          <strong class="big">
            {layer} of {running.planned}
          </strong>
        </div>
        <div>
          <span class="name">This layer</span>
          <strong class={["failed", "not seen", "tolerated"].includes(verdict) ? "big abnormal-text" : "big"}>
            {verdict || "—"}
          </strong>
        </div>
        <div>
          <span class="name">Job</span>
          <strong class="big">{state}</strong>
        </div>
      </div>
      <Strip attempt={running} />
      {running.hold ? <p class="abnormal">{running.hold.what}</p> : null}
      {running.hold ? null : (
        <p class="quiet started">
          Started {clock(running.startedAt)} by {running.startedBy}.
        </p>
      )}
      <p class="quiet safety">In danger use the machine's own stop.</p>
    </>
  );
}

function Deeds({ running }: { readonly running: AttemptView }) {
  const open = running.phase !== "ended";
  const why: { readonly why: ReasonCode<"hold"> } = { why: "held-at-panel" };
  return (
    <>
      <Button size="primary" label="Back" onPress={home} />
      {running.printed > 0 ? (
        <Button size="primary" label="All layers" onPress={() => void openLayers(running.id)} />
      ) : null}
      {open && !running.hold ? (
        <Button
          size="primary"
          kind="act"
          deed
          wide
          label="Hold after this layer"
          onPress={() => void act(`/api/attempts/${running.id}/hold`, why, "It is held after this layer.")}
        />
      ) : null}
      {running.hold ? (
        <Button size="primary" kind="act" wide label="Look at the hold" onPress={() => go("hold")} />
      ) : null}
      {open ? null : <Button size="primary" wide label="How it ended" onPress={() => go("ended")} />}
      {open ? (
        <span class="apart">
          <StopButton attempt={running.id} />
        </span>
      ) : null}
    </>
  );
}

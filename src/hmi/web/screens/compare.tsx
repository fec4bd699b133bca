/** The same layer of two builds of one program, side by side, with all verdicts and findings of both. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LayersView } from "../../api-layers.ts";
import { alike, chosen, layer, layers, layersVersion, loadLayers } from "../layers.ts";
import { foundAt, markOf, markWords, nextStop } from "../marks.ts";
import { Bins } from "../parts/bins.tsx";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Picture } from "../parts/picture.tsx";
import { useRested } from "../rested.ts";
import { set } from "../set.ts";
import { go } from "../store.ts";
import { stamp } from "../words.ts";
import { LayerSlider } from "./layers.tsx";

/** One build beside another of the same program and recipe. */
export function CompareScreen() {
  const which = useSignal(0);
  const [build, at, version] = [layers.value, layer.value, layersVersion.value];
  const resting = useRested(at);
  useEffect(() => {
    if (build) void loadLayers(build.attempt);
  }, [version]);
  const others = alike.value?.others ?? [];
  const other = others[which.value % Math.max(1, others.length)];
  if (!build) return <Frame title="Compare">{null}</Frame>;
  const back = <Button size="primary" label="Back" onPress={() => go("layers")} />;
  if (!other) {
    return (
      <Frame title={`${build.job} · ${build.step}`} nav={false} actions={back}>
        <p class="panel big">No other build of this program by this recipe is among the last ones of this cell.</p>
      </Frame>
    );
  }
  const actions = (
    <>
      {back}
      {others.length > 1 ? (
        <Button
          size="primary"
          label={`Other ${(which.value % others.length) + 1} of ${others.length}`}
          onPress={() => set(which, which.value + 1)}
        />
      ) : null}
      <Keys one={build} other={other} at={at} />
    </>
  );
  return (
    <Frame title={`Layer ${at} of two builds of the same program`} nav={false} actions={actions}>
      <div class="columns compared">
        {[build, other].map((view, place) => (
          <section class="panel" key={view.attempt}>
            <h2>
              {place === 0 ? "This one" : "The other"}: {view.job}, {stamp(view.startedAt)}
            </h2>
            <Picture
              attempt={view.attempt}
              layer={resting}
              planned={view.planned}
              version={place === 0 ? version : ""}
              simulated={view.simulated}
              onView={() => undefined}
            />
            <p>
              Layer {at}: <strong>{markWords[markOf(view, at)]}</strong>, {findingsAt(view, at)}
            </p>
            <Bins view={view} layer={at} name={place === 0 ? "All layers of this one" : "All layers of the other"} />
          </section>
        ))}
      </div>
      <div class="layer-bar">
        <LayerSlider view={build} at={at} />
      </div>
    </Frame>
  );
}

function findingsAt(view: LayersView, at: number): string {
  const found = foundAt(view, at);
  return found === 1 ? "1 finding" : `${found} findings`;
}

interface KeysProps {
  readonly one: LayersView;
  readonly other: LayersView;
  readonly at: number;
}

/** Findings of either build are worth a stop. */
function Keys({ one, other, at }: KeysProps) {
  const stops = (way: 1 | -1) => [one, other].flatMap((view) => nextStop(view, at, way) ?? []);
  const [before, after] = [stops(-1), stops(1)];
  return (
    <>
      <span class="spring" />
      <Button
        size="primary"
        label="◀ Finding"
        disabled={before.length === 0}
        onPress={() => set(chosen, Math.max(...before))}
      />
      <Button size="primary" label="◀ Layer" disabled={at <= 1} onPress={() => set(chosen, at - 1)} />
      <Button size="primary" label="Layer ▶" disabled={at >= one.planned} onPress={() => set(chosen, at + 1)} />
      <Button
        size="primary"
        label="Finding ▶"
        disabled={after.length === 0}
        onPress={() => set(chosen, Math.min(...after))}
      />
    </>
  );
}

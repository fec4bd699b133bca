/** The layers of a build, one by one: picture, outline, verdict, findings, and who decided what; running or ended. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LayerView } from "../../api.ts";
import type { LayerDeed, LayersView } from "../../api-layers.ts";
import {
  builds,
  chosen,
  layer,
  layers,
  layersVersion,
  leaveLayers,
  loadLayers,
  openCompare,
  openLayers,
  openMap,
  openValues,
} from "../layers.ts";
import { foundAt, markOf, markWords, nextStop } from "../marks.ts";
import { Bins } from "../parts/bins.tsx";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Picture } from "../parts/picture.tsx";
import { Seen } from "../parts/seen.tsx";
import { Slider } from "../parts/slider.tsx";
import { useRested } from "../rested.ts";
import { set } from "../set.ts";
import { go, job } from "../store.ts";
import { clock } from "../words.ts";

/** One build, layer by layer. */
export function LayersScreen() {
  const seen = useSignal<LayerView | null>(null);
  const view = layers.value;
  const at = layer.value;
  const resting = useRested(at);
  useFresh(view);
  if (!view) return <Frame title="Layers">{null}</Frame>;
  return (
    <Frame title={`${view.job} · ${view.step}, layer by layer`} nav={false} actions={<Keys view={view} at={at} />}>
      <div class="columns layers-seen">
        {markOf(view, resting) === "o" ? (
          <div class="picture none">
            <strong>Layer {resting} was not made</strong>
          </div>
        ) : (
          <Picture
            attempt={view.attempt}
            layer={resting}
            planned={view.planned}
            version={layersVersion.value}
            simulated={view.simulated}
            onView={(shown) => set(seen, shown)}
          />
        )}
        <section class="panel">
          <Words view={view} at={at} seen={seen.value?.layer === at ? seen.value : null} />
        </section>
      </div>
      <div class="layer-bar">
        <Bins view={view} layer={at} />
        <LayerSlider view={view} at={at} />
      </div>
    </Frame>
  );
}

/** The slider over all layers of a build. */
export function LayerSlider({ view, at }: OfLayer) {
  return (
    <Slider
      label="Layer"
      value={at}
      min={1}
      max={Math.max(view.planned, view.marks.length)}
      told={`Layer ${at} of ${view.planned}, ${markWords[markOf(view, at)]}`}
      onMove={(to) => set(chosen, to)}
    />
  );
}

interface OfLayer {
  readonly view: LayersView;
  readonly at: number;
}

function Words({ view, at, seen }: OfLayer & { readonly seen: LayerView | null }) {
  const mark = markOf(view, at);
  const deeds = view.deeds.filter((deed) => deed.layer === at);
  const found = foundAt(view, at);
  const canDoubt = (mark === "p" || mark === "t") && job.value?.id === view.job && !job.value.ended;
  return (
    <>
      <div class="figures">
        <div>
          <span class="name">Layer</span>
          <strong class="big">
            {at} of {view.planned}
          </strong>
        </div>
        <div aria-live="polite">
          <span class="name">This layer</span>
          <strong class={"fbt".includes(mark) ? "big abnormal-text" : "big"}>{markWords[mark]}</strong>
        </div>
        <Button label="Values" onPress={() => void openValues(view.attempt, at)} />
        <OtherBuild attempt={view.attempt} />
      </div>
      <Seen view={seen} rows={2} />
      {found === 0 || seen ? null : <p class="quiet">{found} found; fetching what.</p>}
      <Deeds deeds={deeds} room={canDoubt || (seen?.findings.length ?? 0) > 1 ? 1 : 2} />
      {canDoubt ? (
        <Button label={mark === "p" ? "It passed, and is bad…" : "It is bad…"} onPress={() => go("found-bad")} />
      ) : null}
    </>
  );
}

/** The last deeds for which there is room. */
function Deeds({ deeds, room }: { readonly deeds: readonly LayerDeed[]; readonly room: number }) {
  if (deeds.length === 0) return null;
  return (
    <>
      <ul class="log layer-deeds">
        {deeds.slice(-room).map((deed) => (
          <li key={`${deed.at}/${deed.what}`}>
            <time>{clock(deed.at)}</time> <strong>{deed.who ?? "The cell"}</strong> {deed.what}
          </li>
        ))}
      </ul>
      {deeds.length > room ? <p class="quiet">{deeds.length - room} more under Who did what.</p> : null}
    </>
  );
}

/** A job whose print was begun anew has more builds than one. */
function OtherBuild({ attempt }: { readonly attempt: string }) {
  const all = builds.value;
  const here = all.findIndex(({ id }) => id === attempt);
  const next = all[(here + 1) % all.length];
  if (all.length < 2 || here < 0 || !next) return null;
  return <Button label={`Build ${here + 1} of ${all.length}`} onPress={() => void openLayers(next.id)} />;
}

function Keys({ view, at }: OfLayer) {
  const [before, after] = [nextStop(view, at, -1), nextStop(view, at, 1)];
  const last = Math.max(view.planned, view.marks.length);
  return (
    <>
      <Button size="primary" label="Back" onPress={leaveLayers} />
      {view.found.length > 0 ? <Button size="primary" label="Map" onPress={() => void openMap(view.attempt)} /> : null}
      <Button size="primary" label="Compare" onPress={() => void openCompare(view.attempt)} />
      <span class="spring" />
      <Button size="primary" label="◀ Finding" disabled={before === null} onPress={() => set(chosen, before)} />
      <Button size="primary" label="◀ Layer" disabled={at <= 1} onPress={() => set(chosen, at - 1)} />
      <Button size="primary" label="Layer ▶" disabled={at >= last} onPress={() => set(chosen, at + 1)} />
      <Button size="primary" label="Finding ▶" disabled={after === null} onPress={() => set(chosen, after)} />
    </>
  );
}

/** A build that still grows is asked for anew with each layer. */
function useFresh(view: LayersView | null): void {
  const version = layersVersion.value;
  useEffect(() => {
    if (view) void loadLayers(view.attempt);
  }, [version]);
}

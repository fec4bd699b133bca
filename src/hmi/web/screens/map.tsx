/** Where the findings of a build lie: in x, y and layer height, to be turned; each opens its layer. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { FindingsView } from "../../api-layers.ts";
import { findings, layers, layersVersion, loadFindings, showLayer } from "../layers.ts";
import { markWords } from "../marks.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { FindingsMap } from "../parts/map.tsx";
import { Slider } from "../parts/slider.tsx";
import { set } from "../set.ts";
import { go } from "../store.ts";
import { measure, plain } from "../words.ts";

const turnStep = 15;

/** All findings of one build. */
export function MapScreen() {
  const degrees = useSignal(30);
  const at = useSignal(0);
  const [build, view, version] = [layers.value, findings.value, layersVersion.value];
  useEffect(() => {
    if (build) void loadFindings(build.attempt);
  }, [version]);
  const back = <Button size="primary" label="Back" onPress={() => go("layers")} />;
  if (!build || !view) return <Frame title="Findings">{null}</Frame>;
  const title = `${build.job} · ${build.step}, where findings lie`;
  const found = view.findings[Math.min(at.value, view.findings.length - 1)];
  if (!found) {
    return (
      <Frame title={title} nav={false} actions={back}>
        <p class="panel big">No finding stands in the record of this build.</p>
      </Frame>
    );
  }
  const chosen = view.findings.indexOf(found);
  const turn = (by: number) => set(degrees, (degrees.value + by + 360) % 360);
  const actions = (
    <>
      {back}
      <Button size="primary" label="◀ Turn" onPress={() => turn(-turnStep)} />
      <Button size="primary" label="Turn ▶" onPress={() => turn(turnStep)} />
      <span class="spring" />
      <Button size="primary" label="◀ Finding" disabled={chosen === 0} onPress={() => set(at, chosen - 1)} />
      <Button
        size="primary"
        label="Finding ▶"
        disabled={chosen === view.findings.length - 1}
        onPress={() => set(at, chosen + 1)}
      />
      <Button size="primary" kind="act" label={`Open layer ${found.layer}`} onPress={() => showLayer(found.layer)} />
    </>
  );
  // A second touch of the one that is chosen opens it: one touch of many small signs is too easily the wrong one.
  const touched = (touch: number | null) =>
    touch === null || touch === chosen ? showLayer(found.layer) : set(at, touch);
  return (
    <Frame title={title} nav={false} actions={actions}>
      <div class="columns findings-map">
        <FindingsMap view={view} degrees={degrees.value} chosen={chosen} onTouch={touched} />
        <section class="panel">
          <Words view={view} chosen={chosen} />
        </section>
      </div>
      <div class="layer-bar">
        <Slider
          label="Turn"
          value={degrees.value}
          min={0}
          max={359}
          told={`${degrees.value} degrees`}
          onMove={(to) => set(degrees, to)}
        />
      </div>
    </Frame>
  );
}

function Words({ view, chosen }: { readonly view: FindingsView; readonly chosen: number }) {
  const found = view.findings[chosen];
  if (!found) return null;
  const { box, layer, mark, measured, limit, unit } = found;
  const rows: readonly (readonly [string, string])[] = [
    ["Layer", `${layer} of ${view.planned}, ${markWords[mark]}`],
    ["Measured", measure(measured, unit)],
    ["Limit", measure(limit, unit)],
    ["Where", `x ${(box.x_mm + box.w_mm / 2).toFixed(1)}, y ${(box.y_mm + box.h_mm / 2).toFixed(1)} mm`],
    ["Size", `${box.w_mm.toFixed(1)} x ${box.h_mm.toFixed(1)} mm`],
  ];
  return (
    <div class="facts" aria-live="polite">
      <p class="name">
        Finding {chosen + 1} of {view.findings.length}
      </p>
      <h2 class="big">{plain(found.class)}</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">Heights are numbers of layers. ✕ failed, ▲ conceded, ○ not seen, ● other.</p>
      {view.leftOut > 0 ? <p class="abnormal">{view.leftOut} more findings are in the record and not shown.</p> : null}
    </div>
  );
}

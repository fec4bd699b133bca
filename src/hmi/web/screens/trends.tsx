/** How the machines' values went over a build: one at a time, beside what it should have been, at the layer that is looked at. */
import { useSignal } from "@preact/signals";
import type { LayersView, Trend, TrendsView } from "../../api-layers.ts";
import { chosen, layer, layers, openValues, trends } from "../layers.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { TrendChart } from "../parts/trend.tsx";
import { set } from "../set.ts";
import { figure, plain } from "../words.ts";
import { LayerSlider } from "./layers.tsx";

/** A value's set-point is told beside it, under this name. */
const setPointOf = (reading: string) => `${reading}-set-point`;

/** The course of each value, from the first layer to the last one made. */
export function TrendsScreen() {
  const at = useSignal(0);
  const [view, build] = [trends.value, layers.value];
  if (!view || !build) return <Frame title="Values">{null}</Frame>;
  const named = new Set(view.values.map(({ reading }) => reading));
  const shown = view.values.filter(({ reading }) => !isSetPoint(reading, named));
  const trend = shown[at.value % Math.max(1, shown.length)];
  const move = (by: number) => set(at, (at.value + by + shown.length) % shown.length);
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => void openValues(view.attempt, layer.value)} />
      <span class="spring" />
      <Button size="primary" label="◀ Value" disabled={shown.length < 2} onPress={() => move(-1)} />
      <Button size="primary" label="Value ▶" disabled={shown.length < 2} onPress={() => move(1)} />
      <Button size="primary" label="◀ Layer" disabled={layer.value <= 1} onPress={() => set(chosen, layer.value - 1)} />
      <Button
        size="primary"
        label="Layer ▶"
        disabled={layer.value >= Math.max(build.planned, build.marks.length)}
        onPress={() => set(chosen, layer.value + 1)}
      />
    </>
  );
  return (
    <Frame title={`${build.job} · ${build.step}: values over the build`} nav={false} actions={actions}>
      {trend ? (
        <Course build={build} view={view} trend={trend} />
      ) : (
        <p class="big">No values were written down for this build.</p>
      )}
    </Frame>
  );
}

function isSetPoint(reading: string, named: ReadonlySet<string>): boolean {
  return reading.endsWith("-set-point") && named.has(reading.slice(0, -"-set-point".length));
}

interface CourseProps {
  readonly build: LayersView;
  readonly view: TrendsView;
  readonly trend: Trend;
}

function Course({ build, view, trend }: CourseProps) {
  const setPoint = view.values.find(({ reading }) => reading === setPointOf(trend.reading));
  const { bins, layersPerBin } = view;
  return (
    <>
      <section class="panel course">
        <div class="figures">
          <div>
            <span class="name">Value</span>
            <strong class="big">{plain(trend.reading)}</strong>
          </div>
          <Here view={view} trend={trend} setPoint={setPoint} />
        </div>
        <TrendChart trend={trend} setPoint={setPoint} bins={bins} layersPerBin={layersPerBin} layer={layer.value} />
        <p class="quiet">
          Band: lowest to highest. Line: mean{setPoint ? "; dashed: set-point" : ""}. Hatched: not heard for a while.
          {layersPerBin > 1 ? ` ${layersPerBin} layers a step.` : ""}
          {view.leftOut > 0 ? ` ${view.leftOut} layers are in the record alone.` : ""}
        </p>
      </section>
      <div class="layer-bar">
        <LayerSlider view={build} at={layer.value} />
      </div>
    </>
  );
}

/** The figures where one looks. */
function Here({ view, trend, setPoint }: Omit<CourseProps, "build"> & { readonly setPoint: Trend | undefined }) {
  const bin = Math.floor((layer.value - 1) / view.layersPerBin);
  const first = bin * view.layersPerBin + 1;
  const name = view.layersPerBin > 1 ? `Layers ${first} to ${first + view.layersPerBin - 1}` : `Layer ${layer.value}`;
  const [min, mean, max] = [trend.min[bin], trend.mean[bin], trend.max[bin]].map((value) => value ?? null);
  const target = setPoint?.mean[bin] ?? null;
  return (
    <div aria-live="polite">
      <span class="name">{name}</span>
      <strong class={trend.gaps.includes(bin) ? "big abnormal-text" : "big"}>
        {mean === null
          ? "not heard"
          : `${figure(mean ?? null)} ${trend.unit}, from ${figure(min ?? null)} to ${figure(max ?? null)}`}
        {target === null ? "" : `, set to ${figure(target)}`}
        {trend.gaps.includes(bin) ? " ⚠ with a gap" : ""}
      </strong>
    </div>
  );
}

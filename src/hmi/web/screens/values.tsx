/** What the machines' values did while one layer was made, as it stands in the record. */
import type { LayerValue, LayerValues } from "../../../equipment/layer-values.ts";
import { layers, openTrends, openValues, values } from "../layers.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { go } from "../store.ts";
import { clock, figure, plain } from "../words.ts";

/** Rows for which there is room; what has a gap comes first. */
const room = 9;

/** One layer's values. */
export function ValuesScreen() {
  const [view, build] = [values.value, layers.value];
  if (!view || !build) return <Frame title="Values">{null}</Frame>;
  const last = Math.max(build.planned, build.marks.length);
  const show = (layer: number) => void openValues(view.attempt, layer);
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go("layers")} />
      <Button size="primary" label="Over the build" onPress={() => void openTrends(view.attempt)} />
      <span class="spring" />
      <Button size="primary" label="◀ Layer" disabled={view.layer <= 1} onPress={() => show(view.layer - 1)} />
      <Button size="primary" label="Layer ▶" disabled={view.layer >= last} onPress={() => show(view.layer + 1)} />
    </>
  );
  return (
    <Frame title={`${build.job}, layer ${view.layer} of ${build.planned}: values`} nav={false} actions={actions}>
      <section class="panel">
        {view.values ? <Rows row={view.values} /> : <p class="big">No values were written down for this layer.</p>}
      </section>
    </Frame>
  );
}

function Rows({ row }: { readonly row: LayerValues }) {
  const { from, to, held_s, leftOut = 0 } = row;
  const sorted = [...row.values].sort((a, b) => Number(isAbnormal(b)) - Number(isAbnormal(a)));
  const more = Math.max(0, sorted.length - room) + leftOut;
  return (
    <>
      <p>
        From {clock(from)} to {clock(to)}
        {held_s > 0 ? `, of which ${Math.round(held_s)} s on hold, which are left out` : ""}.
      </p>
      {sorted.length === 0 ? <p class="big abnormal-text">⚠ Not one value was heard.</p> : <Table rows={sorted} />}
      {more > 0 ? <p class="quiet">{more} more in the record.</p> : null}
    </>
  );
}

function Table({ rows }: { readonly rows: readonly LayerValue[] }) {
  return (
    <table class="findings values">
      <thead>
        <tr>
          <th scope="col">Value</th>
          <th scope="col">Lowest</th>
          <th scope="col">Mean</th>
          <th scope="col">Highest</th>
          <th scope="col">Spread</th>
          <th scope="col">Heard</th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, room).map((each) => (
          <tr key={each.reading}>
            <td>
              {plain(each.reading)}, {each.unit}
            </td>
            <td>{figure(each.min)}</td>
            <td>{figure(each.mean)}</td>
            <td>{figure(each.max)}</td>
            <td>{figure(each.deviation)}</td>
            <td class={isAbnormal(each) ? "abnormal-text" : ""}>{heard(each)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function isAbnormal({ gap, bad = 0 }: LayerValue): boolean {
  return gap || bad > 0;
}

function heard(value: LayerValue): string {
  const { samples, gap, unheard_s, bad = 0 } = value;
  const often = samples === 0 ? "not at all" : `${samples} times`;
  const silent = gap && samples > 0 ? `, not for ${Math.round(unheard_s)} s` : "";
  return `${isAbnormal(value) ? "⚠ " : ""}${often}${silent}${bad > 0 ? `, no good value ${bad} times` : ""}`;
}

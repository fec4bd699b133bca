/** Alarms and help. */
import { useSignal } from "@preact/signals";
import { Button } from "../parts/button.tsx";
import { Frame, Sign } from "../parts/frame.tsx";
import { Pager } from "../parts/pager.tsx";
import { set } from "../set.ts";
import { cell, home, open } from "../store.ts";
import { ownerWords } from "../words.ts";

const perPage = 3;
const back = <Button size="primary" label="Back" onPress={home} />;

/** What needs somebody now. */
export function AlarmsScreen() {
  const page = useSignal(0);
  const alarms = cell.value?.alarms ?? [];
  const pages = Math.max(1, Math.ceil(alarms.length / perPage));
  const at = Math.min(page.value, pages - 1);
  const actions = (
    <>
      {back}
      <span class="spring" />
      <Pager page={at} pages={pages} onPage={(to) => set(page, to)} what="Alarms" />
    </>
  );
  return (
    <Frame title="Alarms" actions={actions}>
      <ul class="list">
        {alarms.length === 0 ? <li class="panel">No alarm stands.</li> : null}
        {alarms.slice(at * perPage, (at + 1) * perPage).map((alarm) => (
          <li class={`panel line p${alarm.priority}`} key={alarm.key}>
            <Sign priority={alarm.priority} />
            <div>
              <h2>
                {alarm.where}: {alarm.what}
              </h2>
              <p>
                {ownerWords[alarm.owner]}: {alarm.remedy}
              </p>
            </div>
            {alarm.job ? (
              <Button size="primary" label="Go there" onPress={() => void open(alarm.job ?? "", "hold")} />
            ) : null}
          </li>
        ))}
      </ul>
      <p class="quiet">Acknowledging and shelving alarms: not built yet.</p>
    </Frame>
  );
}

/** What the signs mean and what to do in danger. */
export function HelpScreen() {
  return (
    <Frame title="Help" actions={back}>
      <div class="columns">
        <section class="panel">
          <h2>In danger</h2>
          <p>Press the machine's own red stop. This screen is none.</p>
          <h2>To start a job</h2>
          <p>
            Type both identifiers and the side. Clear the plate. Scan the job sheet, press the enable button, then press
            and hold Start.
          </p>
          <h2>At every other machine</h2>
          <p>Put the part in, scan its tag, scan the job sheet, press the enable button, then press and hold.</p>
          <h2>When it holds</h2>
          <p>If something is outside its limits, QA decides and signs. If the camera was blind, mend that first.</p>
        </section>
        <section class="panel">
          <h2>Signs</h2>
          <ul class="signs">
            <li>Square 1: act at once. Diamond 2: act soon. Triangle 3: know of it.</li>
            <li>Layers: dark square passed, triangle conceded, cross failed, ring not seen, empty not made.</li>
            <li>A hatched value is old; below it stands since when.</li>
            <li>A bar at the top says when the link to the controller is lost.</li>
          </ul>
        </section>
      </div>
    </Frame>
  );
}

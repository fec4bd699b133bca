/** Alarms, help, and the screens that are not built yet. */
import { Button } from "../parts/button.tsx";
import { Frame, Sign } from "../parts/frame.tsx";
import { cell, home, open } from "../store.ts";
import { ownerWords } from "../words.ts";

const alarmsShown = 4;
const back = <Button size="primary" label="Back" onPress={home} />;

/** What needs somebody now. */
export function AlarmsScreen() {
  const alarms = cell.value?.alarms ?? [];
  return (
    <Frame title="Alarms" actions={back}>
      <ul class="list">
        {alarms.length === 0 ? <li class="panel">No alarm stands.</li> : null}
        {alarms.slice(0, alarmsShown).map((alarm) => (
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
      <p class="quiet">
        {alarms.length > alarmsShown ? `${alarms.length - alarmsShown} more, less urgent. ` : ""}Acknowledging and
        shelving alarms: not built yet.
      </p>
    </Frame>
  );
}

/** A screen whose feature does not exist in this version. */
export function NotBuiltScreen({ title, what }: { readonly title: string; readonly what: string }) {
  return (
    <Frame title={title} actions={back}>
      <section class="panel unbuilt">
        <p class="huge">Not built yet</p>
        <p>{what}</p>
      </section>
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
          <p>Press the machine's own red stop. This screen is not a safety stop.</p>
          <h2>To start a job</h2>
          <p>
            Type both identifiers and the side. Clear the plate. Scan the job sheet and press the enable button. Then
            press and hold Start.
          </p>
          <h2>When it holds</h2>
          <p>
            Look at the picture. If a layer failed, QA decides and signs. If the camera was blind, mend that and look
            again.
          </p>
        </section>
        <section class="panel">
          <h2>Signs</h2>
          <ul class="todo">
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

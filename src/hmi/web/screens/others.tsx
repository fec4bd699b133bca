/** Alarms and help. */
import { useSignal } from "@preact/signals";
import type { Alarm } from "../../api.ts";
import { Button } from "../parts/button.tsx";
import { Frame, Sign } from "../parts/frame.tsx";
import { Pager } from "../parts/pager.tsx";
import { set } from "../set.ts";
import { act, cell, home, open } from "../store.ts";
import { clock, ownerWords, shelvingWords } from "../words.ts";

const perPage = 2;
const back = <Button size="primary" label="Back" onPress={home} />;

/** What needs somebody now. */
export function AlarmsScreen() {
  const page = useSignal(0);
  const shelving = useSignal<string | null>(null);
  const alarms = cell.value?.alarms ?? [];
  const chosen = alarms.find(({ key }) => key === shelving.value);
  if (chosen) return <ShelveScreen alarm={chosen} onDone={() => set(shelving, null)} />;
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
          <AlarmLine key={alarm.key} alarm={alarm} onShelve={() => set(shelving, alarm.key)} />
        ))}
      </ul>
    </Frame>
  );
}

/** One alarm: what, where, who mends it, and what was done about it. */
function AlarmLine({ alarm, onShelve }: { readonly alarm: Alarm; readonly onShelve: () => void }) {
  const { key, priority, where, what, owner, remedy, job, single, firstOut, acknowledgedAt, shelvedUntil } = alarm;
  return (
    <li class={`panel line p${priority}`} data-alarm={key}>
      <Sign priority={priority} />
      <div>
        <h2>
          {firstOut ? "FIRST. " : ""}
          {where}: {what}
        </h2>
        <p>
          {ownerWords[owner]}: {remedy}
        </p>
        {single ? (
          <p class="quiet">
            {shelvedUntil === null ? "" : `Put aside until ${clock(shelvedUntil)}. `}
            {acknowledgedAt === null ? "Nobody has acknowledged it." : `Acknowledged at ${clock(acknowledgedAt)}.`}
          </p>
        ) : null}
      </div>
      {job ? <Button size="primary" label="Go there" onPress={() => void open(job, "hold")} /> : null}
      {!single ? null : acknowledgedAt === null ? (
        <Button
          deed
          size="primary"
          label="Acknowledge"
          onPress={() => void act("/api/alarms/acknowledge", { alarm: key }, "Acknowledged, with your name.")}
        />
      ) : shelvedUntil !== null ? (
        <Button
          deed
          size="primary"
          label="Take back"
          onPress={() => void act("/api/alarms/unshelve", { alarm: key }, "It stands again.")}
        />
      ) : priority > 1 ? (
        <Button size="primary" label="Put aside" onPress={onShelve} />
      ) : null}
    </li>
  );
}

/** Why an alarm is put aside, and for how long. */
function ShelveScreen({ alarm, onDone }: { readonly alarm: Alarm; readonly onDone: () => void }) {
  const shelve = async (reason: string): Promise<void> => {
    await act(
      "/api/alarms/shelve",
      { alarm: alarm.key, reason, minutes: 60 },
      "Put aside for an hour, with your name.",
    );
    onDone();
  };
  return (
    <Frame title="Put aside for an hour" actions={<Button size="primary" label="Back" onPress={onDone} />}>
      <section class="panel">
        <h2>
          {alarm.where}: {alarm.what}
        </h2>
        <p>It comes back by itself. No check before a start is changed by it. Only an engineer or QA may do it.</p>
      </section>
      <ul class="list">
        {Object.entries(shelvingWords).map(([reason, words]) => (
          <li key={reason}>
            <Button deed size="primary" wide label={words} onPress={() => void shelve(reason)} />
          </li>
        ))}
      </ul>
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

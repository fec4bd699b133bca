/** What stands around every screen: cell, highest alarm, link, time, person; below it the way to the other screens. */
import type { ComponentChildren } from "preact";
import { cell, go, home, linked, lock, lostSince, notice, now, type Screen, screen, session } from "../store.ts";
import { clock, hourMinute, roleWords } from "../words.ts";
import { Button } from "./button.tsx";

interface FrameProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** The row of deeds at the bottom; Back stands left in it. */
  readonly actions?: ComponentChildren;
  /** False where the keyboard needs the room. */
  readonly nav?: boolean;
}

/** One screen. */
export function Frame({ title, children, actions, nav = true }: FrameProps) {
  return (
    <div class="frame">
      <Header />
      <Bands />
      <main>
        <div class="title">
          <h1 class={notice.value ? "unseen" : ""}>{title}</h1>
          <NoticeBox />
        </div>
        <div class="content">{children}</div>
        {actions ? <div class="actions">{actions}</div> : null}
      </main>
      {nav ? <Nav /> : null}
    </div>
  );
}

function Header() {
  const view = session.value;
  const person = view?.person;
  return (
    <header>
      <strong class="cell-name">
        {view?.cell ?? "Cell"}
        {view?.site ? ` · ${view.site}` : ""}
      </strong>
      <AlarmPill />
      <span class="link">{linked.value || !session.value?.person ? "" : "No link"}</span>
      <time>{hourMinute(now.value)}</time>
      {person ? (
        <span class="person">
          {person.name} · {person.roles.map((role) => roleWords[role]).join(", ") || "No role"}
        </span>
      ) : null}
    </header>
  );
}

function AlarmPill() {
  const alarm = cell.value?.alarms.find(({ shelvedUntil }) => shelvedUntil === null);
  // Without a link nobody knows: "no alarm" would be a guess.
  if (!alarm && !linked.value && session.value?.person) return <span class="pill none">Alarms unknown</span>;
  if (!alarm) return <span class="pill none">{session.value?.person ? "No alarm" : ""}</span>;
  return (
    <span class={`pill p${alarm.priority}`}>
      <Sign priority={alarm.priority} />
      <span class="pill-words">{alarm.what}</span>
    </span>
  );
}

/** The sign of a priority: its own shape, with its number in it. */
export function Sign({ priority }: { readonly priority: 1 | 2 | 3 }) {
  const shapes = { 1: "M2 2H30V30H2Z", 2: "M16 1 31 16 16 31 1 16Z", 3: "M16 2 31 29H1Z" } as const;
  return (
    <svg viewBox="0 0 32 32" class="alarm-sign" role="img" aria-label={`Priority ${priority}`}>
      <path d={shapes[priority]} />
      <text x="16" y={priority === 3 ? 26 : 22} text-anchor="middle">
        {priority}
      </text>
    </svg>
  );
}

/** One band, so that no screen grows by it: the lost link first, for what is shown may be wrong. */
function Bands() {
  const simulated = session.value?.simulated || cell.value?.simulated;
  if (!linked.value && session.value?.person) {
    return (
      <div class="band lost" role="alert">
        LINK LOST since {clock(lostSince.value)}. What you see is old. In danger use the machine's stop.
        {simulated ? " SIMULATED, not for human use." : ""}
      </div>
    );
  }
  return simulated ? <div class="band simulated">SIMULATED, not for human use</div> : null;
}

function NoticeBox() {
  const said = notice.value;
  if (!said) return null;
  return (
    <div class={`notice ${said.tone}`} role="alert">
      <span class="mark" aria-hidden="true">
        {said.tone === "bad" ? "✕" : "✓"}
      </span>
      <span>
        <strong>{said.what}</strong> {said.remedy ?? ""}
      </span>
    </div>
  );
}

/** Screens that are reached from one in the row at the bottom. */
const below: Partial<Record<Screen, readonly Screen[]>> = {
  jobs: [
    ...(["job", "live", "layers", "hold", "ready", "ended", "resume", "results"] as const),
    ...(["tag", "station", "label", "handover", "release"] as const),
  ],
  materials: ["receive", "lot", "load"],
};

function Nav() {
  const alarms = (cell.value?.alarms ?? []).filter(({ shelvedUntil }) => shelvedUntil === null).length;
  const items: readonly (readonly [Screen, string])[] = [
    ["cell", "Cell"],
    ["jobs", "Jobs"],
    ["alarms", alarms > 0 ? `Alarms ${alarms}` : "Alarms"],
    ["materials", "Materials"],
    ["records", "Records"],
    ["help", "Help"],
  ];
  const isHere = (name: Screen) => screen.value === name || (below[name] ?? []).includes(screen.value);
  return (
    <nav aria-label="Screens">
      {items.map(([name, label]) => (
        <Button
          key={name}
          kind="nav"
          label={label}
          on={isHere(name)}
          onPress={() => (name === "cell" ? home() : go(name))}
        />
      ))}
      <span class="spring" />
      <Button kind="nav" label="Lock" onPress={() => void lock()} />
    </nav>
  );
}

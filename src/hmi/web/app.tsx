/** Which screen stands, and what lies over it: the dimmed and the cleaning screen. */
import type { JSX } from "preact";
import { HoldButton } from "./parts/button.tsx";
import { EnrolScreen, SignInScreen } from "./screens/access.tsx";
import { CellScreen } from "./screens/cell.tsx";
import { ChallengeScreen } from "./screens/challenge.tsx";
import { CompareScreen } from "./screens/compare.tsx";
import { DecideScreen } from "./screens/decide.tsx";
import { EndedScreen } from "./screens/ended.tsx";
import { FoundBadScreen } from "./screens/found-bad.tsx";
import { HandoverScreen } from "./screens/handover.tsx";
import { HoldScreen } from "./screens/hold.tsx";
import { IdentityScreen } from "./screens/identity.tsx";
import { JobScreen } from "./screens/job.tsx";
import { JobsScreen } from "./screens/jobs.tsx";
import { LabelScreen } from "./screens/label.tsx";
import { LayersScreen } from "./screens/layers.tsx";
import { LiveScreen } from "./screens/live.tsx";
import { MapScreen } from "./screens/map.tsx";
import { MaterialsScreen } from "./screens/materials.tsx";
import { AlarmsScreen, HelpScreen } from "./screens/others.tsx";
import { StationScreen, TagScreen } from "./screens/part.tsx";
import { ReadyScreen, ResumeScreen } from "./screens/ready.tsx";
import { RecordsScreen } from "./screens/records.tsx";
import { ReleaseScreen } from "./screens/release.tsx";
import { ResultsScreen } from "./screens/results.tsx";
import { SignScreen } from "./screens/sign.tsx";
import { LoadScreen, LotScreen, ReceiveScreen } from "./screens/supply.tsx";
import { TrendsScreen } from "./screens/trends.tsx";
import { ValuesScreen } from "./screens/values.tsx";
import { set } from "./set.ts";
import { enrolling, now, type Screen, screen, session } from "./store.ts";
import { cleaningUntil, dimmed, wake } from "./wake.ts";

/** The page. */
export function App() {
  return (
    <>
      <Standing />
      {cleaningUntil.value === null ? null : <Cleaning until={cleaningUntil.value} />}
      {dimmed.value ? (
        <button type="button" class="dimmed" aria-label="Touch to light the screen" onClick={wake} />
      ) : null}
    </>
  );
}

function Standing() {
  if (!session.value) return <p class="waiting">Asking the controller…</p>;
  if (!session.value.person) return enrolling.value ? <EnrolScreen /> : <SignInScreen />;
  const Here = screens[screen.value];
  return <Here />;
}

const screens: Readonly<Record<Screen, () => JSX.Element>> = {
  cell: CellScreen,
  challenge: ChallengeScreen,
  jobs: JobsScreen,
  job: JobScreen,
  identity: IdentityScreen,
  ready: ReadyScreen,
  live: LiveScreen,
  layers: LayersScreen,
  map: MapScreen,
  compare: CompareScreen,
  values: ValuesScreen,
  trends: TrendsScreen,
  hold: HoldScreen,
  decide: DecideScreen,
  "found-bad": FoundBadScreen,
  sign: SignScreen,
  resume: ResumeScreen,
  results: ResultsScreen,
  tag: TagScreen,
  station: StationScreen,
  label: LabelScreen,
  handover: HandoverScreen,
  release: ReleaseScreen,
  ended: EndedScreen,
  alarms: AlarmsScreen,
  materials: MaterialsScreen,
  receive: ReceiveScreen,
  lot: LotScreen,
  load: LoadScreen,
  records: RecordsScreen,
  help: HelpScreen,
};

function Cleaning({ until }: { readonly until: number }) {
  const left = now.value > 0 ? Math.max(0, Math.ceil((until - performance.now()) / 1000)) : 0;
  return (
    <div class="cleaning" role="dialog" aria-label="Cleaning">
      <p class="huge">Clean the screen now</p>
      <p>Touches do nothing. It ends by itself in {left} s.</p>
      <HoldButton kind="plain" deed={false} label="End cleaning" ms={3_000} onHeld={() => set(cleaningUntil, null)} />
    </div>
  );
}

/** Which screen stands, and what lies over it: the dimmed and the cleaning screen. */
import { HoldButton } from "./parts/button.tsx";
import { EnrolScreen, SignInScreen } from "./screens/access.tsx";
import { CellScreen } from "./screens/cell.tsx";
import { DecideScreen, SignScreen } from "./screens/decide.tsx";
import { EndedScreen } from "./screens/ended.tsx";
import { HoldScreen } from "./screens/hold.tsx";
import { IdentityScreen } from "./screens/identity.tsx";
import { JobsScreen } from "./screens/jobs.tsx";
import { LiveScreen } from "./screens/live.tsx";
import { AlarmsScreen, HelpScreen, NotBuiltScreen } from "./screens/others.tsx";
import { ReadyScreen, ResumeScreen } from "./screens/ready.tsx";
import { set } from "./set.ts";
import { enrolling, now, screen, session } from "./store.ts";
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
  switch (screen.value) {
    case "cell":
      return <CellScreen />;
    case "jobs":
      return <JobsScreen />;
    case "identity":
      return <IdentityScreen />;
    case "ready":
      return <ReadyScreen />;
    case "live":
      return <LiveScreen />;
    case "hold":
      return <HoldScreen />;
    case "decide":
      return <DecideScreen />;
    case "sign":
      return <SignScreen />;
    case "resume":
      return <ResumeScreen />;
    case "ended":
      return <EndedScreen />;
    case "alarms":
      return <AlarmsScreen />;
    case "materials":
      return (
        <NotBuiltScreen
          title="Materials"
          what="Lots are not scanned or checked by this version. Check material and expiry by hand."
        />
      );
    case "records":
      return (
        <NotBuiltScreen
          title="Records"
          what="Records are kept, but not shown here yet. Verify them with the command cellward verify."
        />
      );
    case "help":
      return <HelpScreen />;
  }
}

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

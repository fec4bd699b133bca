/** The courier's connection: opened, lost, tried again, and when it is not tried again. */
import { backOff, type DownReason, mostUnderWay, patience } from "./courier.ts";
import { ask, type Draft, due, forgetUnderWay, isOver, raise, set } from "./draft.ts";
import { type Trouble, trouble } from "./trouble.ts";

export function open(draft: Draft): void {
  if (draft.state.link !== "down" || draft.state.phase === "stopped") return;
  set(draft, { link: "opening" });
  due(draft, { reconnect: null });
  draft.outputs.push({ kind: "connect" });
}

export function connected(draft: Draft, window: number): void {
  if (draft.state.link !== "opening") return;
  set(draft, {
    link: "up",
    window: Math.max(1, Math.min(mostUnderWay, window)),
    upSince: draft.tick.mono,
  });
  ask(draft);
}

const connectionTroubles: Partial<Record<DownReason, Pick<Trouble, "code" | "what">>> = {
  refused: { code: "broker-refuses", what: "The broker does not let this cell in, or not onto its topics." },
  untrusted: { code: "broker-untrusted", what: "The broker's certificate is not one that this cell trusts." },
  unreadable: { code: "certificate-unreadable", what: "This cell's certificate or its key cannot be read." },
};

export function disconnected(draft: Draft, reason: DownReason): void {
  const { state, tick } = draft;
  if (state.link === "down") return;
  const young = state.link === "up" && tick.mono - state.upSince < patience.youngMs;
  const held = state.link === "up" && !young;
  const drops = held ? 0 : state.drops + 1;
  const youngDeaths = young ? state.youngDeaths + 1 : held ? 0 : state.youngDeaths;
  set(draft, { link: "down", drops, youngDeaths });
  forgetUnderWay(draft, state.withQa);
  set(draft, { wanted: null });
  if (!isOver(state)) set(draft, { phase: "asking" });
  due(draft, { answer: null, retry: null, linger: null, beat: null, budget: null });
  if (reason === "taken-over") {
    set(draft, { phase: state.phase === "frozen" ? "frozen" : "stopped" });
    const what = "The broker gave this cell's session to another controller with the same certificate.";
    raise(draft, trouble("session-taken", what));
    return;
  }
  const said = connectionTroubles[reason];
  if (said !== undefined) {
    raise(draft, trouble(said.code, said.what));
  } else if (youngDeaths >= patience.youngDeaths) {
    const what = `The last ${patience.youngDeaths} connections to the broker ended within a minute each.`;
    raise(draft, trouble("connection-unstable", what));
  }
  if (draft.state.phase !== "stopped") due(draft, { reconnect: tick.mono + backOff(drops, tick.chance) });
}

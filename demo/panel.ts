/** The page's own HTTP API, as a browser at the panel would use it. */
import type { CellView, JobView, LayerView, Problem } from "../src/hmi/api.ts";
import type { MaterialsView, RecordsView, ReleaseView, ShownView } from "../src/hmi/api-route.ts";

/** A refusal, said by the cell. */
export class Refused extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.what);
    this.status = status;
    this.problem = problem;
  }
}

export interface Panel {
  signIn(name: string, password: string): Promise<void>;
  enrol(code: string, name: string, password: string): Promise<void>;
  cell(): Promise<CellView>;
  jobs(): Promise<readonly { readonly id: string }[]>;
  job(id: string): Promise<JobView>;
  layer(attempt: string, layer: number): Promise<LayerView>;
  picture(attempt: string, layer: number): Promise<Uint8Array>;
  shown(job: string, nonconformity: string, disposition: string, reason: string): Promise<ShownView>;
  materials(): Promise<MaterialsView>;
  shownLot(lot: string, status: "released" | "rejected"): Promise<ShownView>;
  /** What stands between the copy in hand and its release, and what is signed. */
  release(job: string): Promise<ReleaseView>;
  /** The label as it was printed. */
  labelPdf(job: string, unit: number, label: number): Promise<Uint8Array>;
  /** Ended jobs, newest first. */
  records(): Promise<RecordsView>;
  /** What the cell tells of itself as it happens, until the signal; each event as its JSON text. */
  events(until: AbortSignal): AsyncIterable<string>;
  /** A POST; rejects with Refused. */
  act(path: string, body: unknown): Promise<unknown>;
}

/** A panel with nobody signed in. */
export function openPanel(url: string): Panel {
  let cookie = "";

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    signal = AbortSignal.timeout(30_000),
  ): Promise<Response> {
    const headers: Record<string, string> = { "x-cellward": "1" };
    if (cookie) headers["cookie"] = cookie;
    if (body !== undefined) headers["content-type"] = "application/json";
    const init: RequestInit = { method, headers, signal };
    const answer = await fetch(new URL(path, url), body === undefined ? init : { ...init, body: JSON.stringify(body) });
    const given = answer.headers.getSetCookie()[0];
    if (given) cookie = given.split(";")[0] ?? "";
    if (!answer.ok) throw new Refused(answer.status, (await answer.json()) as Problem);
    return answer;
  }

  async function* events(until: AbortSignal): AsyncIterable<string> {
    const answer = await ask("GET", "/api/events", undefined, until);
    let rest = "";
    try {
      for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
        const told = (rest + piece).split("\n\n");
        rest = told.pop() ?? "";
        for (const text of told) yield text.replace(/^(retry: \d+\n\n)?data: /, "");
      }
    } catch (problem) {
      // The cell has ended, or nobody listens any more.
      if (!(problem instanceof TypeError) && !until.aborted) throw problem;
    }
  }

  const get = async <T>(path: string) => (await (await ask("GET", path)).json()) as T;
  const bytes = async (path: string) => new Uint8Array(await (await ask("GET", path)).arrayBuffer());
  return {
    signIn: async (name, password) => void (await ask("POST", "/api/sign-in", { name, password })),
    enrol: async (code, name, password) => void (await ask("POST", "/api/enrol", { code, name, password })),
    cell: () => get("/api/cell"),
    jobs: () => get("/api/jobs"),
    job: (id) => get(`/api/jobs/${id}`),
    layer: (attempt, layer) => get(`/api/attempts/${attempt}/layers/${layer}/report`),
    picture: (attempt, layer) => bytes(`/api/attempts/${attempt}/layers/${layer}/picture`),
    shown: (job, nonconformity, disposition, reason) =>
      get(`/api/jobs/${job}/nonconformities/${nonconformity}/shown?${new URLSearchParams({ disposition, reason })}`),
    materials: () => get("/api/materials"),
    shownLot: (lot, status) => get(`/api/lots/${lot}/shown?${new URLSearchParams({ status })}`),
    release: (job) => get(`/api/jobs/${job}/release`),
    labelPdf: (job, unit, label) => bytes(`/api/jobs/${job}/units/${unit}/labels/${label}/pdf`),
    records: () => get("/api/records"),
    events,
    act: async (path, body) => (await ask("POST", path, body)).json(),
  };
}

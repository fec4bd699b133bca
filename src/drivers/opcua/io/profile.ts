/** What a kind of machine gives the connection: how its jobs are seen and told. The rest is the same for all. */
import type { ClientSession, DataValue, NodeId } from "node-opcua";
import type { OpcuaConfig } from "../config.ts";
import type { Reply, Request, Snapshot } from "../requests.ts";
import type { Directory } from "./resolve.ts";

/** What a profile finds its nodes with. */
export interface Ground {
  readonly session: ClientSession;
  readonly directory: Directory;
  readonly config: OpcuaConfig;
  /** The machine's node. */
  readonly root: NodeId;
}

export type Command = Extract<Request, { kind: "command" }>;

export interface Profile {
  /** Nodes that are read at every look, in one request with those of the interlocks. */
  readonly nodes: readonly NodeId[];
  /** The node whose change means that a job changed. */
  readonly hint: NodeId;
  /** What their values say; null where the jobs cannot be read off them. */
  view(values: readonly DataValue[]): Promise<Omit<Snapshot, "interlocks"> | null>;
  report(job: string): Promise<Reply>;
  command(command: Command): Promise<Reply>;
}

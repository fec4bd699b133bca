/** Who may say and hear what on the broker: a cell its own two topics, central QA all of them, nobody anything else. */

/** True where `name` (the certificate's common name) may publish on the topic; `central` is the name of central QA. */
export function mayPublish(name: string, central: string, topic: string): boolean {
  const match = /^cellward\/1\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})\/(up|down)$/.exec(topic);
  if (match === null) return false;
  return name === central ? match[2] === "down" : match[2] === "up" && match[1] === name;
}

/** True where `name` may subscribe to the filter. */
export function maySubscribe(name: string, central: string, filter: string): boolean {
  return name === central ? filter === "cellward/1/+/up" : filter === `cellward/1/${name}/down`;
}

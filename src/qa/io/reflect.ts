/** The three functions of the old Reflect metadata proposal that @peculiar/x509's container asks for before it loads. */

const held = new WeakMap<object, Map<unknown, unknown>>();

function own(key: unknown, target: object): unknown {
  return held.get(target)?.get(key);
}

function inherited(key: unknown, target: object | null): unknown {
  for (let at = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = own(key, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

Object.assign(Reflect, {
  defineMetadata(key: unknown, value: unknown, target: object) {
    held.set(target, (held.get(target) ?? new Map<unknown, unknown>()).set(key, value));
  },
  getOwnMetadata: own,
  getMetadata: inherited,
});

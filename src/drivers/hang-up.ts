/** Reading a serial port such that the other end's hanging up is noticed at once, in whatever moment it happens. */

/** An opened port of serialport's bindings, as much of it as reading needs. */
interface OpenPort<Bytes> {
  readonly fd: number | null;
  readonly isOpen: boolean;
  readonly poller: { once(event: "readable", heard: (problem: Error | null) => void): unknown };
  read(buffer: Bytes, offset: number, length: number): Promise<{ bytesRead: number; buffer: Bytes }>;
}

/** `fs.read` as a promise: resolves with how many bytes came, rejects with a `code`. */
export type ReadBytes<Bytes> = (
  fd: number,
  buffer: Bytes,
  offset: number,
  length: number,
  position: null,
) => Promise<{ readonly bytesRead: number }>;

/**
 * The same binding, with a reading of our own. Its own takes "no bytes" for "try again"; a terminal whose far end is
 * gone answers so for ever (POSIX read(2): 0 after a hang-up), and a cable pulled in the moment of a read would be
 * neither an error nor an end, and would keep a core busy. What is no poll-driven binding (Windows) stays as it is.
 */
export function noticingHangUp<Bytes, Binding extends { open(options: never): Promise<object> }>(
  binding: Binding,
  readBytes: ReadBytes<Bytes>,
): Binding {
  return {
    ...binding,
    async open(options: never) {
      const port = await binding.open(options);
      if ("poller" in port) noticeHangUp(port as unknown as OpenPort<Bytes>, readBytes);
      return port;
    },
  };
}

function noticeHangUp<Bytes>(port: OpenPort<Bytes>, readBytes: ReadBytes<Bytes>): void {
  port.read = async (buffer, offset, length) => {
    for (;;) {
      if (!port.isOpen || port.fd === null) throw closed();
      const count = await readOnce(port, () => readBytes(port.fd!, buffer, offset, length, null));
      if (count !== null) return { bytesRead: count, buffer };
      await readable(port);
    }
  };
}

/** How many bytes were read, or null when none are there yet; throws what ends the port. */
async function readOnce<Bytes>(
  port: OpenPort<Bytes>,
  attempt: () => Promise<{ readonly bytesRead: number }>,
): Promise<number | null> {
  let bytesRead: number;
  try {
    bytesRead = (await attempt()).bytesRead;
  } catch (problem) {
    const { code, message } = problem as { code?: string; message: string };
    if (!port.isOpen) throw closed();
    if (code === "EAGAIN" || code === "EWOULDBLOCK" || code === "EINTR") return null;
    throw gone(message);
  }
  if (bytesRead > 0) return bytesRead;
  throw port.isOpen ? gone("the other end hung up") : closed();
}

function readable<Bytes>(port: OpenPort<Bytes>): Promise<void> {
  return new Promise((done, failed) => {
    port.poller.once("readable", (problem) => {
      if (problem === null) done();
      else failed("canceled" in problem ? problem : gone(problem.message));
    });
  });
}

/** An error by which the stream closes itself and says why. */
function gone(why: string): Error {
  return Object.assign(new Error(why), { disconnect: true });
}

/** An error that the stream expects after its own close. */
function closed(): Error {
  return Object.assign(new Error("the port is closed"), { canceled: true });
}

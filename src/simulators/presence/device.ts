/** The simulated scanner and enable button: what they say on their wire, line by line. */

export interface SimulatedDevice {
  /** Starts anew under a fresh random name; the counter begins again. */
  restart(boot: string): void;
  /** What it says every second. */
  hello(): string;
  scan(code: string): string;
  press(nonce: string): string;
}

/** A device whose counter rises with every scan and press. */
export function createSimulatedDevice(name: string): SimulatedDevice {
  let boot = "";
  let counter = 0;
  const next = () => {
    counter += 1;
    return counter;
  };
  return {
    restart(fresh) {
      boot = fresh;
      counter = 0;
    },
    hello: () => checked(`HELLO 1 ${name} ${boot}`),
    scan: (code) => checked(`SCAN ${next()} ${code}`),
    press: (nonce) => checked(`PRESS ${next()} ${nonce}`),
  };
}

/** A line with its CRC-16/CCITT-FALSE, by table (written apart from the driver's, so that agreement means something). */
export function checked(text: string): string {
  let crc = 0xffff;
  for (const char of text) crc = ((crc << 8) & 0xff00) ^ table[((crc >> 8) ^ char.charCodeAt(0)) & 0xff]!;
  return `${text}*${crc.toString(16).toUpperCase().padStart(4, "0")}\r\n`;
}

const table = Array.from({ length: 256 }, (_, index) => {
  let value = index << 8;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value & 0x8000 ? 0x11021 : 0);
  return value & 0xffff;
});

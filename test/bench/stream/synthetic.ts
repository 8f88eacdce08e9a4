import type { Link } from './link.ts';

const warmUpMs = 300;
const measureMs = 1_500;

/** Bytes per second that arrive while the source sends as fast as it may. */
export async function bulkThroughput(link: Link): Promise<number> {
  await handshake(link);
  let bytes = 0;
  link.onBytes((length) => {
    bytes += length;
  });
  link.write(Buffer.from([3, 0, 0, 0, 0, 0, 4, 0, 3, 0]));
  return measure(link, () => bytes);
}

async function measure(link: Link, bytes: () => number): Promise<number> {
  await pause(warmUpMs);
  const began = performance.now();
  const before = bytes();
  await pause(measureMs);
  const rate = ((bytes() - before) * 1_000) / (performance.now() - began);
  link.close();
  return rate;
}

/** As on a link of 100 Mbit/s with a round trip of 20 ms. */
const outstanding = 64;
const tileBytes = 4 + 12 + 32 * 32 * 4;

/**
 * Bytes per second in the protocol's own rhythm: each update is asked for, as noVNC does, and
 * answered with 4 KiB. So many requests are on their way at a time that the CPU is the limit, and not
 * how long it takes to wake up.
 */
export async function updateThroughput(link: Link): Promise<number> {
  await handshake(link);
  const request = Buffer.from([3, 1, 0, 0, 0, 0, 0, 32, 0, 32]);
  let bytes = 0;
  let asked = 0;
  link.onBytes((length) => {
    bytes += length;
    const due = Math.floor(bytes / tileBytes) + outstanding;
    link.write(...Array.from({ length: due - asked }, () => request));
    asked = due;
  });
  asked = outstanding;
  link.write(...Array.from({ length: outstanding }, () => request));
  return measure(link, () => bytes);
}

/** Milliseconds from a key event to the small update that answers it, that many times. */
export async function roundTrips(link: Link, count: number): Promise<number[]> {
  await handshake(link);
  const samples: number[] = [];
  const key = Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]);
  let heard: () => void = () => undefined;
  let expected = 0;
  link.onBytes((length) => {
    expected -= length;
    if (expected <= 0) heard();
  });
  while (samples.length < count) {
    expected = 16 + 2 * 4;
    const answered = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const began = performance.now();
    link.write(key);
    await answered;
    samples.push(performance.now() - began);
  }
  link.close();
  return samples;
}

/** RFB's handshake with the source; resolves once ServerInit is in. */
async function handshake(link: Link): Promise<void> {
  const answers = [Buffer.from('RFB 003.008\n'), Buffer.from([1]), Buffer.from([1])];
  const lengths = [12, 2, 4, 29];
  let seen = 0;
  await new Promise<void>((resolve) => {
    link.onBytes((length) => {
      seen += length;
      while (lengths[0] !== undefined && seen >= lengths[0]) {
        seen -= lengths.shift() ?? 0;
        const answer = answers.shift();
        if (answer !== undefined) link.write(answer);
      }
      if (lengths.length === 0) resolve();
    });
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

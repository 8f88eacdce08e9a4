// The page of the bench: noVNC on whatever address it is given, with counters. A frame counts when
// noVNC paints it on the canvas that is seen; bytes count as they come out of the WebSocket.
import RFB from '@novnc/novnc';

export type Area = { x: number; y: number; width: number; height: number };

export type BenchPage = {
  /** Frames and bytes that came; requests for updates and answers to fences that were sent. */
  readonly counters: { frames: number; bytes: number; requests: number; fences: number };
  /** Resolves once anything was painted. */
  firstFrame(): Promise<void>;
  /**
   * Milliseconds from the press of a key until the pixels of a part of the screen change.
   * @param keysym X11 keysym of the key
   * @param code DOM code of the key
   */
  keyToPixel(area: Area, keysym: number, code: string): Promise<number>;
};

declare global {
  interface Window {
    bench?: BenchPage;
  }
}

const patienceMs = 5_000;
const query = new URLSearchParams(location.search);
const screen = document.querySelector<HTMLElement>('#screen') ?? document.body;
const counters = { frames: 0, bytes: 0, requests: 0, fences: 0 };
let onPaint = (): void => undefined;
watchPaints();

const channel = new WebSocket(query.get('url') ?? '', query.getAll('protocol'));
channel.binaryType = 'arraybuffer';
channel.addEventListener('message', ({ data }) => {
  counters.bytes += data.byteLength;
});
followWhatIsSent(channel);
if (query.has('plain')) speakPlainly(channel);
const rfb = new RFB(screen, channel);
rfb.resizeSession = query.has('resizes');
rfb.addEventListener('connect', () => {
  window.bench = { counters, keyToPixel, firstFrame };
});

/** noVNC sends each message alone, so that the first byte tells its type. */
function followWhatIsSent(socket: WebSocket): void {
  const send = socket.send.bind(socket);
  socket.send = (data: Uint8Array<ArrayBuffer>) => {
    if (data[0] === 3) counters.requests += 1; // FramebufferUpdateRequest
    if (data[0] === 248) counters.fences += 1; // ClientFence
    send(data);
  };
}

/**
 * As a client that knows neither fences nor continuous updates: in their place among the encodings
 * (SetEncodings, RFC 6143 section 7.5.2) it names Raw once more.
 */
function speakPlainly(socket: WebSocket): void {
  const setEncodings = 2;
  const unspoken = [-312, -313];
  const send = socket.send.bind(socket);
  socket.send = (data: Uint8Array<ArrayBuffer>) => {
    const message = data.slice();
    const view = new DataView(message.buffer);
    if (message[0] === setEncodings) {
      for (let at = 4; at < message.length; at += 4) {
        if (unspoken.includes(view.getInt32(at))) view.setInt32(at, 0);
      }
    }
    send(message);
  };
}

/** Everything that noVNC shows passes through this call of the canvas. */
function watchPaints(): void {
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (
    this: CanvasRenderingContext2D,
    ...args: unknown[]
  ): void {
    Reflect.apply(drawImage, this, args);
    if (!this.canvas.isConnected) return;
    counters.frames += 1;
    onPaint();
  };
}

function firstFrame(): Promise<void> {
  if (counters.frames > 0) return Promise.resolve();
  return new Promise((resolve) => {
    onPaint = resolve;
  });
}

function keyToPixel(area: Area, keysym: number, code: string): Promise<number> {
  const before = pixels(area);
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('nothing changed')), patienceMs);
    const began = performance.now();
    onPaint = () => {
      if (isSame(before, pixels(area))) return;
      const took = performance.now() - began;
      clearTimeout(limit);
      onPaint = () => undefined;
      resolve(took);
    };
    rfb.sendKey(keysym, code, true);
    rfb.sendKey(keysym, code, false);
  });
}

function pixels({ x, y, width, height }: Area): Uint8ClampedArray {
  const context = screen.querySelector('canvas')?.getContext('2d');
  if (!context) throw new Error('noVNC shows no canvas');
  return context.getImageData(x, y, width, height).data;
}

function isSame(a: Uint8ClampedArray, b: Uint8ClampedArray): boolean {
  return a.every((value, index) => value === b[index]);
}

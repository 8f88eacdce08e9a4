// A guest that does nothing but stream: `node source.ts SOCKET`. Speaks RFB 3.8 with security None
// (RFC 6143 section 7.1). It answers each incremental FramebufferUpdateRequest with one update of
// 4 KiB, a full one with updates of 64 KiB without end, and a KeyEvent with one of a few bytes.
import { createServer, type Socket } from 'node:net';

const width = 128;
const height = 128;
const [path = ''] = process.argv.slice(2);
const frame = update(width, height);
const tile = update(32, 32);
const echo = update(2, 1);

createServer(serve).listen(path, () => process.stdout.write('ready\n'));

function serve(socket: Socket): void {
  const steps = [
    { bytes: 12, answer: Buffer.from([1, 1]) },
    { bytes: 1, answer: Buffer.alloc(4) },
    { bytes: 1, answer: serverInit() },
  ];
  let pending = Buffer.alloc(0);
  socket.setNoDelay();
  socket.on('error', () => socket.destroy());
  socket.write('RFB 003.008\n');
  socket.on('data', (data) => {
    pending = Buffer.concat([pending, data]);
    for (let step = steps[0]; step && pending.length >= step.bytes; step = steps[0]) {
      pending = pending.subarray(step.bytes);
      socket.write(step.answer);
      steps.shift();
    }
    if (steps.length === 0) pending = answer(socket, pending);
  });
}

function answer(socket: Socket, messages: Buffer): Buffer<ArrayBuffer> {
  let rest = Buffer.from(messages);
  socket.cork();
  for (;;) {
    if (rest[0] === 4 && rest.length >= 8) {
      socket.write(echo);
      rest = rest.subarray(8);
    } else if (rest[0] === 3 && rest.length >= 10) {
      if (rest[1] === 1) socket.write(tile);
      else flood(socket);
      rest = rest.subarray(10);
    } else {
      socket.uncork();
      return rest;
    }
  }
}

function flood(socket: Socket): void {
  const pump = (): void => {
    while (!socket.destroyed && socket.write(frame));
  };
  socket.on('drain', pump);
  pump();
}

/** ServerInit: 1024x768, 32 bits per pixel, named "bench". */
function serverInit(): Buffer {
  const init = Buffer.alloc(24);
  init.writeUInt16BE(1024, 0);
  init.writeUInt16BE(768, 2);
  init.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
  const name = Buffer.from('bench');
  init.writeUInt32BE(name.length, 20);
  return Buffer.concat([init, name]);
}

/** A FramebufferUpdate with one raw rectangle. */
function update(w: number, h: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt16BE(1, 2);
  header.writeUInt16BE(w, 8);
  header.writeUInt16BE(h, 10);
  return Buffer.concat([header, Buffer.alloc(w * h * 4, 0x5a)]);
}

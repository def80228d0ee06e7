import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HostStorage } from '../../../gpu-backend/engine/host-storage.ts';
import { DeviceStorage } from '../../../gpu-backend/models/device-storage.ts';
import type { Place } from '../../../gpu-backend/models/kv-storage.ts';
import { Binding } from '../../../gpu-backend/ort/binding.ts';
import type { Device } from '../../../gpu-backend/ort/device.ts';
import type { DeviceTensor } from '../../../gpu-backend/ort/device-memory.ts';
import { smallModel } from '../../../gpu-backend/ort/onnx-graph.ts';
import { Session } from '../../../gpu-backend/ort/session.ts';
import { Tensor } from '../../../gpu-backend/ort/tensor.ts';
import { apart, library, webgpu } from '../devices.ts';

const HEADS = 2;
const SIZE = 4;
const ROOM = 60; // positions of all rows
const KEPT = 24;
const SPARE = 20;
const CACHES = 2;
const WHOLE = [1, HEADS, ROOM + KEPT, SIZE];
const COUNT = HEADS * (ROOM + KEPT) * SIZE;

const names = Array.from({ length: CACHES }, (_, index) => index);
const declared = (name: string) =>
  names.map((index) => ({ name: `${name}${index}`, type: 'int32', shape: ['rows', HEADS, 'room', SIZE] }) as const);
const copying = smallModel(
  names.map((index) => ({ operator: 'Identity', inputs: [`given${index}`], outputs: [`same${index}`] })),
  declared('given'),
  declared('same'),
);

/** The same content in the host's memory and in a device's, to be moved there and here. */
async function both(device: Device) {
  const session = new Session(library, { bytes: copying, folder: '.' }, { threads: 1, device });
  const sizes = { rows: ROOM, kept: KEPT };
  const host = new HostStorage(
    names.map(() => ({ heads: HEADS, bytes: 4 * SIZE })),
    sizes,
  );
  const caches = names.map((index) => ({ past: `given${index}`, heads: HEADS, headSize: SIZE, type: 'int32' as const }));
  const stored = new DeviceStorage(session, caches, sizes, device.addressable ? 0 : SPARE);
  const run = async (from: (Tensor | DeviceTensor)[], to: (Tensor | DeviceTensor)[]) => {
    const named = (name: string, tensors: (Tensor | DeviceTensor)[]) =>
      Object.fromEntries(tensors.map((tensor, index) => [`${name}${index}`, tensor]));
    const binding = new Binding(session, named('given', from), named('same', to));
    await session.run(binding);
    binding.release();
  };
  const values = host.arrays.map(({ buffer }) => new Int32Array(buffer));
  const upload = async () => {
    await stored.settle(); // or what is uploaded would be cleared after
    for (const [cache, each] of values.entries()) for (const place of each.keys()) each[place] = 1_000_000 * cache + place;
    await run(
      values.map((each) => new Tensor(library, 'int32', WHOLE, each)),
      stored.rows(1, ROOM + KEPT),
    );
  };
  const download = async (tensors = stored.rows(1, ROOM + KEPT), count = COUNT) => {
    const read = names.map(() => new Int32Array(count));
    await run(
      tensors,
      read.map((each) => new Tensor(library, 'int32', [1, HEADS, count / HEADS / SIZE, SIZE], each)),
    );
    return read;
  };
  const release = () => {
    stored.release();
    session.release();
  };
  return { host, stored, values, upload, download, release };
}

const target = [
  { name: 'the cpu as a device with addresses', device: apart(true) },
  { name: 'the cpu as a device without', device: apart(false) },
  { name: 'webgpu', device: webgpu.device },
];

for (const { name, device } of target) {
  const title = device ? name : `${name} (${webgpu.reason})`;
  test.skipIf(!device)(
    `${title}: what was asked for between two runs ends as in the host's memory, bit for bit`,
    async () => {
      const { host, stored, values, upload, download, release } = await both(device!);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(3), fc.nat(), fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 25 }),
          async (asked) => {
            await upload();
            let capacity = 10;
            for (const [move, a, b, c, d] of asked) {
              const rows = Math.floor(ROOM / capacity);
              const inRow = (row: number, at: number): Place => ({ row: row % rows, at: at % capacity });
              const room = (at: Place) => ('row' in at ? capacity - at.at : KEPT - at.kept);
              if (move === 0 && d % 4 === 0) await stored.settle();
              else if (move === 1) {
                const next = 5 + (a % 16);
                const count = Math.min(rows, Math.floor(ROOM / next), 4);
                const lengths = Array.from({ length: count }, (_, row) => (b + 7 * row) % (Math.min(capacity, next) + 1));
                if (next === capacity) continue;
                host.resize(lengths, capacity, next);
                stored.resize(lengths, capacity, next);
                capacity = next;
              } else {
                const kept: Place = { kept: c % KEPT };
                const from = move === 2 ? kept : inRow(a, b);
                const to = move === 3 ? kept : inRow(c, d);
                const length = Math.min(room(from), room(to));
                host.copy(from, to, length, capacity);
                stored.copy(from, to, length, capacity);
              }
            }
            await stored.settle();
            expect(await download()).toEqual(values);
          },
        ),
        { numRuns: name === 'webgpu' ? 40 : 150, endOnFailure: true },
      );
      release();
    },
    300_000,
  );

  if (device?.addressable) continue;
  test.skipIf(!device)(
    `${title}: a row is lent to be read, and what was read comes back`,
    async () => {
      const { stored, values, upload, download, release } = await both(device!);
      await upload();
      const [row, capacity, past] = [2, 12, 7];
      expect([stored.binds(0), stored.binds(row)]).toEqual([true, false]);
      await stored.lend(row, past, capacity);
      const rowOf = (each: Int32Array) => each.slice(row * HEADS * capacity * SIZE, (row + 1) * HEADS * capacity * SIZE);
      const positions = (each: Int32Array, from: number, to: number) =>
        names.slice(0, HEADS).flatMap((head) => [...each.slice((head * capacity + from) * SIZE, (head * capacity + to) * SIZE)]);
      const spare = await download(stored.row(row, capacity), HEADS * capacity * SIZE);
      for (const [cache, each] of spare.entries())
        expect(positions(each, 0, past)).toEqual(positions(rowOf(values[cache]!), 0, past));
      await stored.giveBack(row, 3, 4, capacity); // the same values to where they came from
      expect(await download()).toEqual(values);
      release();
    },
    300_000,
  );
}

test('memory that a device has not is an error that names the setting', async () => {
  const session = new Session(library, { bytes: copying, folder: '.' }, { threads: 1, device: apart(true) });
  const caches = [{ past: 'given0', heads: 1, headSize: 4, type: 'float32' as const }];
  expect(() => new DeviceStorage(session, caches, { rows: 2 ** 46, kept: 0 }, 0)).toThrow(
    /1125899906842624 bytes .* max_kv_bytes lower/,
  );
});

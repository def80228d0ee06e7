import { expect, test } from 'vitest';
import { modelConfig } from '../../schemas/config.ts';

const read = (provider?: unknown) => modelConfig.safeParse({ path: 'm', ...(provider === undefined ? {} : { provider }) });

test.each([
  { given: undefined, read: [{ name: 'cpu' }] },
  { given: 'webgpu', read: [{ name: 'webgpu' }] },
  { given: { name: 'cuda', device_id: 1, use_tf32: false }, read: [{ name: 'cuda', device_id: 1, use_tf32: '0' }] },
  { given: ['coreml', { name: 'cpu' }], read: [{ name: 'coreml' }, { name: 'cpu' }] },
])('provider $given is read as a list of names with options', ({ given, read: wanted }) => {
  expect(read(given).data!.provider).toEqual(wanted);
});

test.each([
  { given: 'gpu', path: ['provider', 0, 'name'], says: "Expected 'cpu' | 'cuda' | 'webgpu' | 'dml' | 'coreml'" },
  { given: { name: 'cuda', devce_id: 1 }, path: ['provider', 0], says: 'devce_id' },
  { given: { name: 'webgpu', deviceId: 0 }, path: ['provider', 0], says: 'deviceId' },
  { given: ['cpu', { name: 'cuda', gpu_mem_limit: '1G' }], path: ['provider', 1, 'gpu_mem_limit'], says: 'expected number' },
  { given: [], path: ['provider'], says: '>=1' },
  { given: null, path: ['provider', 0], says: 'expected object' },
])('provider $given is refused: $says', ({ given, path, says }) => {
  expect(read(given).error!.issues[0]).toMatchObject({ path, message: expect.stringContaining(says) });
});

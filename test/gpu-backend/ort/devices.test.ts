import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { deviceOf } from '../../../gpu-backend/model-device.ts';
import { cpuDevice } from '../../../gpu-backend/ort/device.ts';
import { Devices } from '../../../gpu-backend/ort/devices.ts';
import { readElf } from '../../../gpu-backend/ort/elf.ts';
import { openLibrary } from '../../../gpu-backend/ort/library.ts';
import { cuda } from '../../../gpu-backend/ort/providers/cuda.ts';
import { Session } from '../../../gpu-backend/ort/session.ts';
import { modelConfig } from '../../../schemas/config.ts';

const library = await openLibrary();
const devices = new Devices(library);
const folders: string[] = [];
const onLinux = process.platform === 'linux';
const linux = onLinux ? '' : ' (this is no Linux)';

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder with the library and these files beside it. */
function beside(files: Record<string, string | Buffer>): string {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-ort-'));
  folders.push(folder);
  symlinkSync(library.path, join(folder, 'libonnxruntime.so.1'));
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === 'string') copyFileSync(content, join(folder, name));
    else writeFileSync(join(folder, name), content);
  }
  return join(folder, 'libonnxruntime.so.1');
}

const SHARED = 'libonnxruntime_providers_shared.so';
const CUDA = 'libonnxruntime_providers_cuda.so';
/** A shared library that is certainly not the CUDA provider. */
const other = join(dirname(library.path), 'onnxruntime_binding.node');

test('the cpu is a device like others', () => {
  expect(devices.open({ name: 'cpu' })).toMatchObject({ provider: 'cpu', memory: 'Cpu', lock: null });
});

test.skipIf(!onLinux || existsSync(join(dirname(library.path), CUDA)))(
  `cuda without its files says which, and where they come from${linux}`,
  () => {
    expect(() => devices.open({ name: 'cuda' })).toThrow(
      /^The provider cuda cannot be used: libonnxruntime_providers_shared.so and libonnxruntime_providers_cuda.so must lie beside .*onnxruntime-gpu==1\.\d+\.\d+/,
    );
  },
);

test.skipIf(!onLinux)(`cuda files of another build are refused before they are loaded${linux}`, async () => {
  const path = beside({ [SHARED]: other, [CUDA]: other });
  const build = readElf(other).buildId;
  expect(build).toMatch(/^[0-9a-f]{40}$/);
  const copy = await openLibrary(path);
  expect(() => new Devices(copy).open({ name: 'cuda' })).toThrow(
    new RegExp(`${CUDA} \\(build ${build}\\) is not of the build of .*git-commit-id=.*onnxruntime-gpu==`),
  );
});

test.skipIf(!onLinux)(`a cuda file that is none is refused${linux}`, async () => {
  const copy = await openLibrary(beside({ [SHARED]: other, [CUDA]: Buffer.alloc(200) }));
  expect(() => new Devices(copy).open({ name: 'cuda' })).toThrow(`${CUDA} is no shared library for a 64-bit Linux`);
});

test.skipIf(!onLinux)(`an ELF file says what it needs${linux}`, () => {
  expect(readElf(other).needed).toContain('libonnxruntime.so.1');
});

// Messages of ONNX Runtime 1.30 on a machine with its CUDA files and without what the rows name.
test.each([
  { message: 'with error: libcublasLt.so.13: cannot open shared object file: No such file', says: "PyPI's nvidia-cublas~=13.0" },
  { message: 'with error: libcudart.so.13: cannot open shared object file: No such file', says: 'nvidia-cuda-runtime~=13.0' },
  { message: 'with error: libcurand.so.10: cannot open shared object file: No such file', says: 'nvidia-curand~=10.0' },
  { message: 'with error: libcuda.so.1: cannot open shared object file: No such file', says: "NVIDIA's driver, 580 or later" },
  { message: 'CUDA failure 100: no CUDA-capable device is detected ; GPU=-1', says: 'no NVIDIA GPU that this process sees' },
  { message: 'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version', says: 'this one is older' },
])('cuda: "$message" is told as $says', ({ message, says }) => {
  expect(cuda.explain(message, library)).toContain(says);
});

test.each([
  { name: 'dml', platform: 'win32', says: 'it exists on Windows only' },
  { name: 'coreml', platform: 'darwin', says: 'it exists on macOS only' },
])('$name elsewhere than on $platform says where it exists', ({ name, platform, says }) => {
  if (process.platform === platform) return;
  expect(() => devices.open({ name })).toThrow(`The provider ${name} cannot be used: ${says}`);
});

test.skipIf(!onLinux)(
  `webgpu without an adapter says what it needs${linux}`,
  () => {
    const script = `
    import { openLibrary } from '${import.meta.dirname}/../../../gpu-backend/ort/library.ts';
    import { Devices } from '${import.meta.dirname}/../../../gpu-backend/ort/devices.ts';
    try { new Devices(await openLibrary()).open({ name: 'webgpu' }); console.log('opened'); }
    catch (cause) { console.log(cause.message); }
    process.exit(0);`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      env: {
        ...process.env,
        VK_DRIVER_FILES: '/nowhere.json',
        VK_ICD_FILENAMES: '/nowhere.json',
        WINNOW_ORT_LIBRARY: library.path,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    });
    expect(said).toMatch(/^The provider webgpu cannot be used: no adapter was found.*libvulkan\.so\.1.*VK_DRIVER_FILES/);
  },
  30_000,
);

test('a list goes on with the next provider and says why; one alone stops', () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
  const config = (provider: unknown) => modelConfig.parse({ path: 'm', provider });
  expect(deviceOf(devices, 'm', config([absent, 'cpu'])).provider).toBe('cpu');
  expect(warned.mock.calls.flat()).toEqual([
    expect.stringMatching(`^models.m.provider: The provider ${absent} cannot be used: .* The next one is taken.$`),
  ]);
  expect(() => deviceOf(devices, 'm', config(absent))).toThrow(/^models.m.provider: .* There is no other one to take/);
  expect(() => deviceOf(devices, 'm', config([absent, { name: absent }]))).toThrow(/exists on .*\n.*exists on /);
  warned.mockRestore();
});

test('a session is not made on a device while another one runs there', async () => {
  const { apart } = await import('../devices.ts');
  const device = apart(true);
  const file = join(import.meta.dirname, '../../fixtures/tiny-models/outcome/model.onnx');
  let leave = () => {};
  const held = device.lock!.hold(() => new Promise<void>((resolve) => (leave = resolve)));
  expect(() => new Session(library, file, { threads: 1, device })).toThrow('while another one runs');
  leave();
  await held;
  const session = new Session(library, file, { threads: 1, device });
  expect(session.memoryOf('input_ids')).toBe(cpuDevice.memory);
  session.release();
});

/** What every adapter must do (src/backends/port.ts), whatever it speaks to. A test names an adapter and runs this over it. */
import { expect, test } from 'vitest';
import type { CandidateLine, GenerateLine, GenerateRequest } from '../../schemas/backend.ts';
import { generateLine } from '../../schemas/backend.ts';
import type { BackendPort } from '../../src/backends/port.ts';

const never = new AbortController().signal;

export interface Adapter {
  readonly name: string;
  /** A port that writes, over something that answers well. */
  readonly open: () => BackendPort | Promise<BackendPort>;
  readonly request: (more?: Partial<GenerateRequest>) => GenerateRequest;
  /** Whether it ends at steps, and goes on with what was begun. */
  readonly stepwise: boolean;
}

async function linesOf(port: BackendPort, request: GenerateRequest, signal = never): Promise<GenerateLine[]> {
  const all: GenerateLine[] = [];
  for await (const line of port.generate(request, signal)) all.push(line);
  return all;
}

const candidates = (lines: readonly GenerateLine[]) => lines.filter((line): line is CandidateLine => line.type === 'candidate');
const byId = (lines: readonly GenerateLine[]) => new Map(candidates(lines).map(({ id, text, finish }) => [id, { text, finish }]));

export function portLaws({ name, open, request, stepwise }: Adapter): void {
  const several = request({ prefixes: [{ id: '0', text: '', count: 4, first_child: 2, max_tokens: 12 }] });

  test(`${name}: one candidate for each that was asked for, by its planned id, then done`, async () => {
    const all = await linesOf(await open(), several);
    expect(
      candidates(all)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['0.2', '0.3', '0.4', '0.5']);
    expect(all.at(-1)!.type).toBe('done');
    expect(all.filter(({ type }) => type === 'done')).toHaveLength(1);
  });

  test(`${name}: every line is of the protocol, and none has more tokens than it was granted`, async () => {
    for (const line of await linesOf(await open(), several)) {
      expect(generateLine.safeParse(line).error).toBeUndefined();
      if (line.type === 'candidate') expect(line.token_count).toBeLessThanOrEqual(12);
    }
  });

  test(`${name}: what it says was sampled is what its candidates have`, async () => {
    const all = await linesOf(await open(), several);
    const done = all.at(-1)!;
    const sum = candidates(all).reduce((total, { token_count }) => total + token_count, 0);
    expect(done.type === 'done' && done.usage.completion_tokens).toBe(sum);
  });

  test(`${name}: the same request gives the same candidates, another seed gives others`, async () => {
    const port = await open();
    const first = byId(await linesOf(port, several));
    expect(byId(await linesOf(port, { ...several, key: 'again' }))).toEqual(first);
    expect(byId(await linesOf(port, { ...several, key: 'other', seed: several.seed + 1 }))).not.toEqual(first);
  });

  test(`${name}: a signal that is aborted is no answer`, async () => {
    const port = await open();
    await expect(linesOf(port, several, AbortSignal.abort())).rejects.toThrow();
  });

  test(`${name}: it is ready, and lists its models`, async () => {
    const port = await open();
    expect(await port.ready(never)).toBe(true);
    expect((await port.models(never)).length).toBeGreaterThan(0);
  });

  if (!stepwise) return;

  test(`${name}: what has a delimiter is told as a step, and nothing else is`, async () => {
    const steps = request({ until: 'step', prefixes: [{ id: '0', text: '', count: 8, first_child: 0, max_tokens: 12 }] });
    const all = candidates(await linesOf(await open(), steps));
    expect(all.some(({ finish }) => finish === 'step')).toBe(true);
    // a token may go on behind the delimiter; a server of others cuts its text there
    for (const { text, finish, step_ends: ends } of all) {
      expect(text.includes(steps.step.delimiter!), JSON.stringify(text)).toBe(finish === 'step');
      expect(ends.length > 0, JSON.stringify(text)).toBe(text !== '');
    }
  });

  test(`${name}: a candidate that goes on has the same id, and only its new text`, async () => {
    const port = await open();
    const begun = candidates(
      await linesOf(port, request({ prefixes: [{ id: '0', text: '', count: 1, first_child: 0, max_tokens: 3 }] })),
    )[0]!;
    const prefix = { id: '0.0', text: begun.text, ...(begun.tokens ? { tokens: begun.tokens } : {}) };
    const more = request({ key: 'more', prefixes: [{ ...prefix, count: 1, first_child: 0, max_tokens: 6, resume: true }] });
    const [gone] = candidates(await linesOf(port, more));
    expect(gone).toMatchObject({ id: '0.0', parent: '0' });
    expect(gone!.token_count).toBeLessThanOrEqual(6);
    const child = request({ key: 'child', prefixes: [{ ...prefix, count: 2, first_child: 0, max_tokens: 6 }] });
    expect(
      candidates(await linesOf(port, child))
        .map(({ id, parent }) => [id, parent])
        .sort(),
    ).toEqual([
      ['0.0.0', '0.0'],
      ['0.0.1', '0.0'],
    ]);
  });
}

import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import type { MeasureRequest } from '../../../gpu-backend/engine/engine.ts';
import { unobserved } from '../../../gpu-backend/engine/observer.ts';
import { mulberry32 } from '../../../src/random.ts';
import { branch, encode, generation, historyEngine, write } from '../generation.ts';
import { END, NEWLINE, only } from '../history-model.ts';

afterEach(() => vi.restoreAllMocks());

const idle = { running: 0, waiting: 0, kvUsedFraction: 0, kvBytes: 0 };

test('16 candidates of one prompt read it once: processed = prompt + new tokens - 16', async () => {
  const { engine, model } = historyEngine({ slots: 16 });
  const { lines, usage } = await write(engine, generation({ branches: [branch({ count: 16 })] }));
  const tokens = Object.values(lines).reduce((sum, line) => sum + line.token_count, 0);
  expect(Object.keys(lines)).toHaveLength(16);
  expect(usage).toEqual({
    prompt_tokens: 9,
    completion_tokens: tokens,
    processed: 9 + tokens - 16,
    cached: 0,
    unique: 9 + tokens - 16,
  });
  expect(model.runs.slice(0, 3)).toEqual([-8, 1, 16]); // the prompt but its last token, that one as a row, all of them
  expect(engine.stats).toMatchObject(idle);
});

test.each([{ temperature: 0 }, { temperature: 1 }])(
  'temperature $temperature: together each candidate is what it is alone',
  async ({ temperature }) => {
    const { engine } = historyEngine({ slots: 5 });
    const sampling = { ...generation().sampling, temperature };
    const prompts = Array.from({ length: 12 }, (_, index) => 'a longer prompt with many words'.slice(0, 3 + 2 * index));
    const ask = (prompt: string, seed: number) =>
      generation({ prompt: encode(prompt), seed, sampling, branches: [branch({ count: 3 })] });
    const together = await Promise.all(prompts.map((prompt, seed) => write(engine, ask(prompt, seed))));
    for (const [seed, prompt] of prompts.entries()) {
      const alone = await write(engine, ask(prompt, seed));
      expect(together[seed]!.lines).toEqual(alone.lines);
      const { unique, completion_tokens } = together[seed]!.usage;
      expect(alone.usage).toMatchObject({ unique, completion_tokens });
      expect(alone.usage.processed + alone.usage.cached).toBe(unique);
    }
    expect(engine.stats).toMatchObject(idle);
  },
);

test('more candidates than slots wait for one, and none is lost', async () => {
  const { engine, model } = historyEngine({ slots: 3 });
  const { lines } = await write(engine, generation({ branches: [branch({ count: 40 })] }));
  expect(Object.keys(lines)).toHaveLength(40);
  expect(Math.max(...model.runs)).toBe(3);
});

test('one that joins in the middle waits for no one to end', async () => {
  const ended: string[] = [];
  const { engine } = historyEngine({
    slots: 4,
    context: 1000,
    logits: (history) => only(history[0] === 2 && history.length < 500 ? 3 : END),
  });
  const long = engine.generate(generation({ prompt: encode('a'), branches: [branch({ maxTokens: 900 })] }), () =>
    ended.push('long'),
  );
  while (engine.stats.running === 0) await new Promise((resolve) => setImmediate(resolve));
  const short = engine.generate(generation({ prompt: encode('b') }), () => ended.push('short'));
  await Promise.all([long, short]);
  expect(ended).toEqual(['short', 'long']);
});

test('a long prompt is read in chunks with a step of the others between two of them', async () => {
  const { engine, model } = historyEngine({ context: 600, logits: (history) => only(history.length < 560 ? 3 : END) });
  const first = write(engine, generation({ branches: [branch({ maxTokens: 30 })] }));
  while (engine.stats.running === 0) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([
    first,
    write(engine, generation({ prompt: encode('b'.repeat(300)), branches: [branch({ maxTokens: 1 })] })),
  ]);
  const chunks = model.runs
    .slice(1, model.runs.lastIndexOf(-43) + 1)
    .filter((size, place, all) => size < 0 || all[place - 1]! < 0);
  expect(chunks.filter((size) => size < 0)).toEqual([-64, -64, -64, -64, -43]);
  expect(chunks.filter((size) => size > 0).length).toBeGreaterThanOrEqual(4);
});

test('prefixes of one call share what they have in common: no position is read twice', async () => {
  const { engine } = historyEngine();
  const texts = ['one step.', 'one step. two', 'another', 'one step. too', 'one step. two'];
  const branches = texts.map((text, index) => branch({ id: `0.${index}`, text, count: 2, maxTokens: 4 }));
  const { usage, lines } = await write(engine, generation({ branches }));
  expect(Object.keys(lines)).toHaveLength(10);
  const written = Object.values(lines).reduce((sum, { token_count }) => sum + token_count - 1, 0);
  // "one step." lies inside of "one step. two"; "one step. too" differs in its last two letters
  expect(usage.processed - written).toBe('a prompt.'.length + 'another'.length + 'one step. two'.length + 'oo'.length);
  expect(usage.processed).toBe(usage.unique);
});

test('a candidate cut anywhere and resumed reads as if it had never been cut', async () => {
  const { engine } = historyEngine();
  const draw = mulberry32(5);
  for (let round = 0; round < 30; round++) {
    const whole = await write(engine, generation({ seed: round, branches: [branch({ id: '0.3', count: 1 })] }));
    const uncut = whole.lines['0.3.0']!;
    const at = 1 + Math.floor(draw() * (uncut.token_count - 1));
    if (uncut.token_count < 2) continue;
    const first = (await write(engine, generation({ seed: round, branches: [branch({ id: '0.3', maxTokens: at })] }))).lines[
      '0.3.0'
    ]!;
    const resumed = branch({ id: '0.3.0', text: first.text, tokens: first.tokens!, maxTokens: 20 - at, resume: true });
    const rest = (await write(engine, generation({ seed: round, branches: [resumed] }))).lines['0.3.0']!;
    expect([...first.tokens!, ...rest.tokens!]).toEqual(uncut.tokens);
    expect(first.text + rest.text).toBe(uncut.text);
    expect([rest.finish, rest.step, rest.parent]).toEqual([uncut.finish, uncut.step, '0.3']);
  }
});

test('until step: a candidate ends with the token that completes the delimiter', async () => {
  const { engine } = historyEngine({ logits: (history) => only([3, NEWLINE, 4][history.length % 3]!) });
  const { lines, usage } = await write(engine, generation({ until: 'step', branches: [branch({ count: 2 })] }));
  expect(lines['0.1']).toMatchObject({ text: 'b\n', finish: 'step', step: 1, step_ends: [2], token_count: 2 });
  expect(usage.processed).toBe(9 + 4 - 2);
});

test('until step: step.max_tokens cuts an endless step, an end token ends it', async () => {
  const step = { delimiter: '\n', max_tokens: 3 };
  const endless = historyEngine({ logits: () => only(5) });
  const { lines } = await write(endless.engine, generation({ until: 'step', step }));
  expect(lines['0.0']).toMatchObject({ text: 'ddd', finish: 'length', step: 1, step_ends: [3] });
  const ending = historyEngine({ logits: () => only(END) });
  const ended = await write(ending.engine, generation({ until: 'step', step, branches: [branch({ text: 'a\nb\n' })] }));
  expect(ended.lines['0.0']).toMatchObject({ text: '', finish: 'stop', step: 2, step_ends: [], token_count: 1 });
});

test('until end: step_ends cut the new tokens into steps, the end token in none', async () => {
  const script = [...encode('b\ncd\ne'), END];
  const { engine } = historyEngine({ logits: (history) => only(script[history.length - 9]!) });
  const { lines } = await write(engine, generation());
  expect(lines['0.0']).toMatchObject({ text: 'b\ncd\ne', step: 3, step_ends: [2, 5, 6], token_count: 7, finish: 'stop' });
});

test('a stop string over three tokens is left out of the text and counted in the tokens', async () => {
  const script = encode('abc stop d');
  const { engine } = historyEngine({ logits: (history) => only(script[history.length - 9]!) });
  const sampling = { ...generation().sampling, stop: ['top', 'stop', ' d'] };
  const { lines } = await write(engine, generation({ sampling }));
  // "stop" begins before "top", and both are complete with the same token
  expect(lines['0.0']).toMatchObject({ text: 'abc ', finish: 'stop', token_count: 8 });
});

test('a stop string that began before the border leaves its remainder in the new text', async () => {
  const script = encode('op and more');
  const { engine } = historyEngine({ logits: (history) => only(script[history.length - 9 - 3]!) });
  const sampling = { ...generation().sampling, stop: ['stop'] };
  const resumed = branch({ id: '0.0', text: 'xst', resume: true });
  const { lines } = await write(engine, generation({ sampling, branches: [resumed] }));
  expect(lines['0.0']).toMatchObject({ text: 'op', finish: 'stop', token_count: 2 });
});

test('the context cuts the grant; a prefix that fills it ends at once with no token', async () => {
  const { engine } = historyEngine({ context: 12, logits: () => only(4) });
  const branches = [branch(), branch({ id: '0.7', text: 'abc' })];
  const { lines, usage } = await write(engine, generation({ branches }));
  expect(lines['0.0']).toMatchObject({ token_count: 3, finish: 'length' });
  expect(lines['0.7.0']).toMatchObject({ token_count: 0, finish: 'length', text: '' });
  expect(usage).toMatchObject({ completion_tokens: 3, processed: 9 + 2 });
});

test('a caller that leaves frees its slots within one step, and others go on', async () => {
  const { engine, model } = historyEngine({ slots: 4, context: 100_000, logits: () => only(4) });
  const caller = new AbortController();
  const told: unknown[] = [];
  const endless = [branch({ count: 10, maxTokens: 90_000 })];
  const left = engine.generate(generation({ branches: endless, signal: caller.signal }), (ended) => told.push(ended));
  while (engine.stats.running < 4) await new Promise((resolve) => setImmediate(resolve));
  const before = model.runs.length;
  caller.abort();
  await left;
  expect(model.runs.length - before).toBeLessThanOrEqual(1);
  expect(engine.stats).toMatchObject(idle);
  expect(told).toEqual([]);
  expect((await write(engine, generation())).lines['0.0']!.token_count).toBe(20);
});

test('at the deadline open candidates end with what they have, those that waited with nothing', async () => {
  const { engine } = historyEngine({ slots: 2, context: 100_000, logits: () => only(4) });
  const branches = [branch({ count: 3, maxTokens: 90_000 })];
  const { lines, usage } = await write(engine, generation({ branches, deadline: performance.now() + 30 }));
  expect(Object.values(lines).map(({ finish }) => finish)).toEqual(['budget', 'budget', 'budget']);
  expect(lines['0.0']!.token_count).toBeGreaterThan(0);
  expect(lines['0.2']).toMatchObject({ token_count: 0, text: '', step: 0, step_ends: [] });
  expect(usage.completion_tokens).toBe(lines['0.0']!.token_count + lines['0.1']!.token_count);
  expect(engine.stats).toMatchObject(idle);
});

test('a queue that is full refuses at once, and says when to come again', async () => {
  const { engine } = historyEngine({ slots: 2, maxWaiting: 3 });
  const first = write(engine, generation({ branches: [branch({ count: 5 })] }));
  expect(() => engine.generate(generation(), () => {})).toThrow(
    expect.objectContaining({ code: 'rate_limit_exceeded', retryAfter: 1 }),
  );
  await first;
  expect(() => engine.generate(generation({ branches: [branch({ count: 6 })] }), () => {})).toThrow(
    expect.objectContaining({ code: 'invalid_value' }),
  );
  expect(Object.keys((await write(engine, generation())).lines)).toEqual(['0.0']);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a logit of %s fails its own candidate alone', async (bad) => {
  const wrong = encode('x');
  const logits = (history: readonly number[]) => (history[0] === wrong[0] && history.length > 3 ? only(4).with(7, bad) : only(4));
  const { engine } = historyEngine({ logits });
  const [failed, fine] = await Promise.all([write(engine, generation({ prompt: wrong })), write(engine, generation())]);
  expect(failed!.ended).toEqual([{ ok: false, id: '0.0', message: expect.stringContaining(String(bad)) }]);
  expect(fine!.lines['0.0']).toMatchObject({ finish: 'length', token_count: 20 });
  expect(engine.stats).toMatchObject(idle);
});

test('a run that fails ends those who were in it; the next call is served', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  let runs = 0;
  const { engine } = historyEngine({ failRun: () => ++runs === 3 });
  const { ended } = await write(engine, generation({ branches: [branch({ count: 2 })] }));
  const message = expect.stringContaining('log of the backend');
  expect(ended).toEqual(['0.0', '0.1'].map((id) => ({ ok: false, id, message })));
  expect(log.mock.calls.flat().map(String)).toEqual(Array(2).fill('Error: The graph failed.'));
  expect((await write(engine, generation())).lines['0.0']!.finish).toMatch(/stop|length/);
});

test('a prompt whose reading fails ends its own call; the next prefix of another reads right', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  let fails = false;
  const { engine } = historyEngine({ failRun: () => fails });
  const whole = await write(engine, generation());
  fails = true;
  expect((await write(engine, generation({ prompt: encode('other') }))).ended).toMatchObject([{ ok: false, id: '0.0' }]);
  fails = false;
  expect((await write(engine, generation())).lines).toEqual(whole.lines);
  expect(engine.stats).toMatchObject(idle);
});

test('log-probabilities are of the untempered distribution, sum to logprob, and name the alternatives', async () => {
  const { engine } = historyEngine({ logits: () => only(4).with(3, 49) });
  const sampling = { ...generation().sampling, temperature: 0.1 };
  const { lines } = await write(engine, generation({ sampling, topLogprobs: 2, branches: [branch({ maxTokens: 2 })] }));
  const { logprob, logprobs, text_ends: ends } = lines['0.0']!;
  expect(ends).toEqual([1, 2]);
  const best = -Math.log1p(Math.exp(-1)); // two tokens a logit apart
  expect(logprobs).toHaveLength(2);
  expect(logprobs![0]!.top!.map(({ token }) => token)).toEqual(['c', 'b']);
  expect(logprobs![0]!.top![0]!.logprob).toBeCloseTo(best, 6);
  expect(logprobs![0]!.top![1]!.logprob).toBeCloseTo(best - 1, 6);
  expect(logprob).toBeCloseTo(logprobs![0]!.logprob + logprobs![1]!.logprob, 10);
});

test('what an earlier request left is not computed again: the prompt, and what it wrote', async () => {
  const { engine, model } = historyEngine();
  const first = await write(engine, generation({ branches: [branch({ maxTokens: 5 })] }));
  const again = await write(engine, generation({ branches: [branch({ maxTokens: 5 })] }));
  expect(again.lines).toEqual(first.lines);
  expect(again.usage).toMatchObject({ processed: 5, cached: 8, unique: 13 }); // the prompt's last token is read for its logits
  const { text, tokens } = first.lines['0.0']!;
  model.runs.length = 0;
  const next = await write(
    engine,
    generation({ branches: [branch({ id: '0.0', text, tokens: tokens!, count: 3, maxTokens: 2 })] }),
  );
  expect(next.usage).toMatchObject({ cached: 9 + 4, processed: 1 + 3 * 1 });
  expect(model.runs).toEqual([1, 3]); // the last token as a row of a step, then three forks of it
});

test('a search reads its prefixes together, each one token, and forks them', async () => {
  const { engine, model } = historyEngine({ slots: 16 });
  const first = await write(engine, generation({ branches: [branch({ count: 4, maxTokens: 6 })], until: 'step' }));
  const open = Object.values(first.lines).filter(({ finish }) => finish === 'length');
  model.runs.length = 0;
  const branches = open.map(({ id, text, tokens }) => branch({ id, text, tokens: tokens!, count: 4, maxTokens: 3 }));
  const { usage } = await write(engine, generation({ branches }));
  expect(open.length).toBeGreaterThan(1);
  expect(model.runs[0]).toBe(open.length);
  expect(usage.processed).toBe(usage.unique - usage.cached);
});

test.each([1 << 12, 1 << 13, 1 << 14])(
  'with %d bytes for keys and values every candidate is what it is with plenty',
  async (maxKvBytes) => {
    const plenty = historyEngine({ slots: 8, context: 60 });
    const tight = historyEngine({ slots: 8, context: 60, maxKvBytes });
    const prompts = ['a', 'some words', 'a much longer prompt', 'a much longer prompt with a tail'];
    const ask = (prompt: string, seed: number) =>
      generation({ prompt: encode(prompt), seed, branches: [branch({ count: 6, maxTokens: 30 })] });
    const together = await Promise.all(prompts.map((prompt, seed) => write(tight.engine, ask(prompt, seed))));
    for (const [seed, prompt] of prompts.entries()) {
      const { lines, usage } = await write(plenty.engine, ask(prompt, seed));
      expect(together[seed]!.lines).toEqual(lines);
      expect(together[seed]!.usage.unique).toBe(usage.unique);
    }
    expect(tight.engine.stats).toMatchObject(idle);
  },
);

test('rows that outgrow the memory are put back and go on later, from what they had', async () => {
  let preempted = 0;
  const observer = { ...unobserved, preempted: () => preempted++ };
  // room for 2,048 positions: 8 rows of 256, or 4 of 512
  const { engine } = historyEngine({ slots: 8, context: 512, maxKvBytes: 20 * 2732, observer, logits: () => only(4) });
  const { lines, usage } = await write(engine, generation({ branches: [branch({ count: 8, maxTokens: 400 })] }));
  expect(Object.values(lines).map(({ token_count }) => token_count)).toEqual(Array(8).fill(400));
  expect(preempted).toBeGreaterThan(0);
  expect(usage.unique).toBe(9 + 8 * 399);
  expect(engine.stats).toMatchObject(idle);
});

test('a call with one candidate does not wait for the hundred of another; a lower priority number goes first', async () => {
  const ended: string[] = [];
  const { engine } = historyEngine({ slots: 4, logits: (history) => only(history.length < 30 ? 4 : END) });
  const note = (name: string) => () => ended.push(name);
  const many = engine.generate(generation({ branches: [branch({ count: 60 })] }), note('many'));
  while (engine.stats.running < 4) await new Promise((resolve) => setImmediate(resolve));
  const calls = [
    engine.generate(generation({ prompt: encode('late'), priority: 1 }), note('late')),
    engine.generate(generation({ prompt: encode('one') }), note('one')),
    engine.generate(generation({ prompt: encode('urgent'), priority: -1 }), note('urgent')),
  ];
  await Promise.all([many, ...calls]);
  expect(ended.indexOf('urgent')).toBeLessThan(8);
  expect(ended.indexOf('one')).toBeLessThan(12);
  expect(ended.at(-1)).toBe('late');
});

test('a short prompt is read between two chunks of a long one, which goes on from what it has', async () => {
  const told: string[] = [];
  const { engine, model } = historyEngine({ context: 5000, maxKvBytes: 1 << 20, slots: 4 });
  const alone = await write(
    historyEngine({ context: 5000 }).engine,
    generation({ prompt: encode('b'.repeat(3000)), branches: [branch({ maxTokens: 3 })] }),
  );
  const long = write(engine, generation({ prompt: encode('b'.repeat(3000)), branches: [branch({ maxTokens: 3 })] }));
  void long.then(() => told.push('long'));
  while (model.runs.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const shorts = ['one', 'two', 'three'].map((name) =>
    write(engine, generation({ prompt: encode(name), branches: [branch({ maxTokens: 3 })] })).then(() => told.push(name)),
  );
  await Promise.all(shorts);
  expect(model.runs.filter((size) => size < 0).reduce((sum, size) => sum - size, 0)).toBeLessThan(1500);
  const { lines, usage } = await long;
  expect(told.at(-1)).toBe('long');
  expect(lines).toEqual(alone.lines);
  expect(usage).toEqual({ ...alone.usage, cached: 0, processed: usage.unique });
});

test('pieces of a candidate are its text, with what may begin a stop string held back', async () => {
  const script = encode('ab st stop');
  const { engine } = historyEngine({ logits: (history) => only(script[history.length - 9]!) });
  const pieces: string[] = [];
  const sampling = { ...generation().sampling, stop: ['stop'] };
  await write(engine, generation({ sampling, onPiece: (_, { text }) => pieces.push(text) }));
  expect(pieces).toEqual(['a', 'b', ' ', '', '', 'st ', '', '', '', '']);
});

test('ignoreEnd: an end token is a token like others', async () => {
  const { engine } = historyEngine({ logits: () => only(END) });
  const { lines } = await write(engine, generation({ ignoreEnd: true, branches: [branch({ maxTokens: 7 })] }));
  expect(lines['0.0']).toMatchObject({ token_count: 7, finish: 'length' });
});

test('any order of requests, cancellations and prefixes: each candidate is what it is alone, and no row is lost', async () => {
  const alone = historyEngine({ slots: 2 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          prompt: fc.constantFrom('a', 'ab', 'abc', 'a prompt.', 'another prompt that is long'),
          count: fc.integer({ min: 1, max: 6 }),
          seed: fc.integer({ min: 0, max: 3 }),
          maxTokens: fc.integer({ min: 1, max: 25 }),
          cancelled: fc.boolean(),
          priority: fc.integer({ min: -1, max: 1 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(3000, 9000, 1 << 20),
      async (asked, slots, maxKvBytes) => {
        const { engine } = historyEngine({ slots, maxKvBytes, context: 60, softmax: true });
        const runs = asked.map(async ({ prompt, count, seed, maxTokens, cancelled, priority }) => {
          const signal = cancelled ? AbortSignal.timeout(1) : new AbortController().signal;
          const call = { prompt: encode(prompt), seed, priority, branches: [branch({ count, maxTokens })] };
          const { lines } = await write(engine, generation({ ...call, signal }));
          const expected = await write(alone.engine, generation(call));
          if (!cancelled) expect(lines).toEqual(expected.lines);
        });
        await Promise.all(runs);
        expect(engine.stats).toMatchObject(idle);
        await engine.close();
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
}, 60_000);

const measuring = (changes: Partial<MeasureRequest>): MeasureRequest => ({
  prompt: encode('a prompt.'),
  continuations: [],
  wanted: { topLogprobs: 0, entropy: false, answers: [] },
  deadline: Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
  ...changes,
});

test.each([true, false])(
  'a text that is measured has the log-probabilities that it was written with (softmax %s)',
  async (softmax) => {
    const { engine } = historyEngine({ context: 200, softmax });
    const written = await write(engine, generation({ topLogprobs: 3, branches: [branch({ count: 3, maxTokens: 80 })] }));
    const lines = Object.values(written.lines);
    const { measured, usage } = await engine.measure(
      measuring({
        continuations: lines.map(({ tokens }) => tokens!),
        wanted: { topLogprobs: 3, entropy: true, answers: [5, 6] },
      }),
    );
    for (const [index, { logprobs }] of lines.entries()) {
      const told = measured[index]!.logprobs;
      expect(told).toHaveLength(logprobs!.length);
      for (const [place, { token, logprob, top }] of logprobs!.entries()) {
        expect(told[place]).toMatchObject({
          token,
          top: top!.map((each) => ({ token: each.token, logprob: expect.closeTo(each.logprob, 4) })),
        });
        expect(told[place]!.logprob).toBeCloseTo(logprob, 4);
      }
      expect(measured[index]!.answers).toHaveLength(2);
    }
    expect(usage).toMatchObject({ completion_tokens: 0, cached: 8 }); // the prompt's last token says what may come first
    expect(engine.stats).toMatchObject(idle);
  },
);

test('entropy is that of the distribution a token was chosen from; answers may follow no text at all', async () => {
  const { engine } = historyEngine({ logits: () => only(4).with(3, 50), softmax: true });
  const wanted = { topLogprobs: 0, entropy: true, answers: [3, 4, 9] };
  const { measured } = await engine.measure(measuring({ continuations: [encode('b'), []], wanted }));
  expect(measured[0]!.logprobs[0]!.entropy).toBeCloseTo(Math.LN2, 5);
  expect(measured[1]!.logprobs).toEqual([]);
  for (const each of measured) {
    const { answers } = each!;
    expect(answers[0]).toBeCloseTo(-Math.LN2, 5);
    expect(answers[2]).toBeCloseTo(-100 - Math.LN2, 4);
  }
});

test('measurements that fail, are late or are given up end as null, beside candidates that go on', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { engine } = historyEngine({ failRun: () => fails });
  let fails = true;
  const { measured } = await engine.measure(measuring({ continuations: [encode('bcd'), encode('e')] }));
  expect(measured).toEqual([null, null]);
  fails = false;
  const late = engine.measure(measuring({ continuations: [encode('bcd')], deadline: performance.now() - 1 }));
  const fine = write(engine, generation());
  expect((await late).measured).toEqual([null]);
  expect((await fine).lines['0.0']!.finish).toMatch(/stop|length/);
  expect(engine.stats).toMatchObject(idle);
});

/** Steps as the engine writes them, by each rule: where they end, what is told of it, and what is paid. */
import { expect, test } from 'vitest';
import type { StepRule } from '../../../schemas/step.ts';
import { branch, encode, generation, historyEngine, write } from '../generation.ts';
import { END, only } from '../history-model.ts';

const UNKNOWN = 1; // a special token: it reads as nothing
const stepOf = (rule: StepRule, most = 100) => ({ ...rule, max_tokens: most });

/** An engine that writes these tokens after a prompt of nine, whatever was written before. */
const writing = (script: readonly number[], from = 9) =>
  historyEngine({ logits: (history) => only(script[history.length - from] ?? END) }).engine;

test('by a pattern a step ends where a match could grow no more: the token that shows it is paid, and no part (methods C.0)', async () => {
  const step = stepOf({ pattern: ' +' });
  const asked = generation({ until: 'step', step, topLogprobs: 0 });
  const { lines, usage } = await write(writing(encode('ab  cd')), asked);
  expect(lines['0.0']).toMatchObject({
    text: 'ab  ',
    finish: 'step',
    tokens: encode('ab  '),
    token_count: 4,
    step: 1,
    step_ends: [4],
    step_text_ends: [4],
    step_open: false,
    text_ends: [1, 2, 3, 4],
  });
  expect(lines['0.0']!.logprobs).toHaveLength(4);
  expect(usage.completion_tokens).toBe(5);
});

test('pieces tell no more of a step by a pattern than its line', async () => {
  const pieces: string[] = [];
  const onPiece = (_: string, { text }: { text: string }) => void pieces.push(text);
  await write(writing(encode('ab cd')), generation({ until: 'step', step: stepOf({ pattern: ' +' }), onPiece }));
  expect(pieces).toEqual(['a', 'b', ' ']); // one for each token of the line
});

test('a match at the end of a text ends its last step', async () => {
  const { lines } = await write(writing([...encode('ab '), END]), generation({ until: 'step', step: stepOf({ pattern: ' +' }) }));
  expect(lines['0.0']).toMatchObject({ text: 'ab ', finish: 'stop', token_count: 4, step: 1, step_ends: [3], step_open: false });
});

test('one that was cut within a match goes on with it; a child of it begins a step', async () => {
  const step = stepOf({ pattern: ' +' });
  const text = 'ab ';
  const engine = writing(encode(' cd'), 12);
  const resumed = branch({ id: '0.4', text, resume: true });
  const first = await write(engine, generation({ until: 'step', step, branches: [resumed] }));
  expect(first.lines['0.4']).toMatchObject({ text: ' ', finish: 'step', step: 1, step_ends: [1], step_text_ends: [1] });
  const child = branch({ id: '0.4', text });
  const second = await write(engine, generation({ until: 'step', step, branches: [child] }));
  expect(second.lines['0.4.0']).toMatchObject({ text: ' ', step: 2, step_ends: [1] });
});

test('where the next token shows that the step had ended before, nothing is added', async () => {
  const resumed = branch({ id: '0.4', text: 'ab ', resume: true });
  const asked = generation({ until: 'step', step: stepOf({ pattern: ' +' }), branches: [resumed] });
  const { lines, usage } = await write(writing(encode('cd'), 12), asked);
  expect(lines['0.4']).toMatchObject({ text: '', finish: 'step', token_count: 0, tokens: [], step: 1, step_ends: [0] });
  expect(usage.completion_tokens).toBe(1);
});

test('by tokens a step has so many, those of an open one before it counted (methods C.0)', async () => {
  const step = stepOf({ tokens: 3 }, 3);
  const whole = await write(writing(encode('abcdefg')), generation({ until: 'step', step }));
  expect(whole.lines['0.0']).toMatchObject({ text: 'abc', finish: 'step', step: 1, step_ends: [3], step_open: false });
  const begun = branch({ id: '0.1', text: 'abcd' });
  const rest = await write(writing(encode('efg'), 13), generation({ until: 'step', step, branches: [begun] }));
  expect(rest.lines['0.1.0']).toMatchObject({ text: 'ef', finish: 'step', step: 2, step_ends: [2], step_open: false });
  const all = await write(writing([...encode('abcdefg'), END]), generation({ step }));
  expect(all.lines['0.0']).toMatchObject({ step: 3, step_ends: [3, 6, 7], step_text_ends: [3, 6, 7], step_open: true });
});

test('a step ends after a mark, also one that is a special token and reads as nothing (methods C.0)', async () => {
  const step = stepOf({ marks: ['ab', '<unk>'] });
  const markTokens = new Set([UNKNOWN]);
  const script = [...encode('xab'), ...encode('yz'), UNKNOWN, ...encode('q'), END];
  const all = await write(writing(script), generation({ step, markTokens }));
  expect(all.lines['0.0']).toMatchObject({
    text: 'xabyzq',
    step: 3,
    step_ends: [3, 6, 7],
    step_text_ends: [3, 5, 6],
    step_open: true,
  });
  const one = await write(writing(script.slice(3)), generation({ until: 'step', step, markTokens }));
  expect(one.lines['0.0']).toMatchObject({ text: 'yz', finish: 'step', token_count: 3, step_ends: [3], step_text_ends: [2] });
  const begins = await write(writing([UNKNOWN, ...encode('yz'), UNKNOWN]), generation({ until: 'step', step, markTokens }));
  expect(begins.lines['0.0']).toMatchObject({ text: 'yz', finish: 'step', token_count: 4, step: 1 }); // no step is without text
});

test('who writes on says how the text stands with its steps, and is believed', async () => {
  const known = branch({ id: '0.2', text: 'abcd', steps: { ended: 7, open: 1, open_tokens: 1 } });
  const { lines } = await write(
    writing(encode('ef'), 13),
    generation({ until: 'step', step: stepOf({ tokens: 3 }), branches: [known] }),
  );
  expect(lines['0.2.0']).toMatchObject({ text: 'ef', step: 8, step_ends: [2] });
});

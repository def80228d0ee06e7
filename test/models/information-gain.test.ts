/**
 * Rewards of likelihoods by a real language model: SmolLM2-135M-Instruct in float32. Statistics over twenty questions, as
 * found: a model of this size knows which text goes with which far better than what is true.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localPort } from '../../gpu-backend/local-port.ts';
import { loadModel } from '../../gpu-backend/models/load.ts';
import { Models } from '../../gpu-backend/models.ts';
import { openLibrary } from '../../gpu-backend/ort/library.ts';
import { modelConfig } from '../../schemas/config.ts';
import { type Given, numberOf, readBy, throughPort } from '../rewards/reading.ts';

const cache = `${import.meta.dirname}/../../bench/models/.cache/smollm2/fp32`;
const here = existsSync(`${cache}/model.onnx`);

/** A question, a rationale that leads to the right answer, and the answer. */
const QUESTIONS: readonly (readonly [question: string, rationale: string, answer: string])[] = [
  ['Which city should we meet in?', 'Ana lives in Lisbon and cannot travel, so we go to her.', 'Lisbon'],
  ['What is in the blue box?', 'The note says that the blue box holds the old violin.', 'A violin'],
  ['Who wrote the letter?', 'The signature at the bottom reads Margaret Hill.', 'Margaret Hill'],
  ['What colour is the door?', 'They painted the door last summer, in bright orange.', 'Orange'],
  ['When does the train leave?', 'The timetable lists one train only, at a quarter past nine.', 'At a quarter past nine'],
  ['Which animal made the tracks?', 'The tracks are small and lead to a burrow where a badger lives.', 'A badger'],
  ['What should I cook?', 'You have lentils, onions and carrots, so a soup is easiest.', 'A lentil soup'],
  ['Where is the key?', 'Grandfather always left the key under the flower pot.', 'Under the flower pot'],
  ['Which language do they speak?', 'The family comes from Iceland and speaks Icelandic at home.', 'Icelandic'],
  ['What broke the window?', 'A boy threw a baseball and it hit the window.', 'A baseball'],
  ['Who won the race?', 'The rider from Kenya crossed the line first.', 'The rider from Kenya'],
  ['What is the password?', 'I set the password to the name of my first dog, Biscuit.', 'Biscuit'],
  ['How many sheep are there?', 'There were ten sheep and four more came.', 'Fourteen sheep'],
  ['Which metal is the ring made of?', 'The jeweller tested it and found pure platinum.', 'Platinum'],
  ['What instrument does she play?', 'Every evening she takes her cello to the orchestra.', 'The cello'],
  ['Where did the cat sleep?', 'We found fur all over the piano bench.', 'On the piano bench'],
  ['What is the capital of the island?', 'On the map the capital of the island is called Port Elden.', 'Port Elden'],
  ['Who is the new manager?', 'The board chose Doctor Osei as the new manager.', 'Doctor Osei'],
  ['What grows in the garden?', 'Last spring he planted nothing but sunflowers.', 'Sunflowers'],
  ['Which day is the party?', 'The invitation says that the party is on Thursday.', 'Thursday'],
];

describe.skipIf(!here)(`SmolLM2 in float32${here ? '' : ' (not here: bench/models/smollm2.sh makes it)'}`, () => {
  const models = new Models();
  let tells: NonNullable<Given['tells']>;
  beforeAll(async () => {
    const model = await loadModel(await openLibrary(), 'smollm2', cache, modelConfig.parse({ path: cache }));
    models.add(model, { slots: 16, maxWaiting: 4096, maxKvBytes: 1 << 29 });
    tells = throughPort(localPort(models));
  }, 120_000);
  afterAll(() => models.close());

  const gains = async (question: string, candidates: readonly string[], reference: string): Promise<number[]> => {
    const entry = { kind: 'information_gain', backend: 'local', model: 'smollm2', separator: '\nAnswer: ' };
    const prompt = { messages: [{ role: 'user' as const, content: question }] };
    return (await readBy(entry, candidates, { prompt, references: [reference], tells })).scores.map(numberOf);
  };

  test('the rationale of a question gains most on its answer, among those of other questions', async () => {
    let first = 0;
    let positive = 0;
    for (const [place, [question, rationale, answer]] of QUESTIONS.entries()) {
      const others = [1, 2, 3].map((step) => QUESTIONS[(place + step) % QUESTIONS.length]![1]);
      const [own, ...rest] = await gains(question, [rationale, ...others], answer);
      if (own! > Math.max(...rest)) first++;
      if (own! > 0) positive++;
    }
    console.log(
      `SmolLM2: the right rationale of four gains most for ${first} of 20 questions, and gains at all for ${positive}.`,
    );
    expect(first).toBeGreaterThanOrEqual(18); // by chance 5
    expect(positive).toBeGreaterThanOrEqual(15);
  }, 300_000);

  test('a border of text and right answer in the tokens is the same behind each candidate', async () => {
    const endings = ['It ends here.', 'It ends here.\n', 'It ends here.\n\n', 'It ends here ', '1 2 3', 'é', '😀'];
    for (const value of await gains('What is it?', endings, 'A badger')) expect(Number.isFinite(value)).toBe(true);
  }, 120_000);
});

import { randomUUID } from 'node:crypto';
import { WinnowError } from '../../schemas/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { Asked } from './asked.ts';
import type { Delta, Ending, PlacedLogprob } from './choice.ts';
import { EventStream } from './event-stream.ts';
import { type Generated, generate, type Limits } from './generate.ts';
import { isEmpty, type Voice } from './voice.ts';

/** Everything that is needed to answer one request. */
export interface Answering extends Limits {
  readonly engine: Engine;
  readonly asked: Asked;
  readonly voice: Voice;
  /** Anything thrown, as OpenAI's error object. */
  readonly errorBody: (thrown: unknown) => object;
}

/** One JSON object, when the last answer has ended. */
export async function wholeAnswer(answering: Answering): Promise<Response> {
  const { engine, asked, voice } = answering;
  const choices: object[] = [];
  const gathered = new Map<number, Gathered>();
  const of = (index: number) => gathered.get(index) ?? gathered.set(index, new Gathered()).get(index)!;
  const listener = {
    delta: (index: number, delta: Delta) => of(index).add(delta),
    ended: (index: number, ending: Ending) => {
      choices[index] = voice.whole(index, of(index).end(ending));
    },
  };
  const generated = await generate(engine, asked, listener, answering);
  const { usage } = generated;
  const warnings = [...asked.warnings, ...lacking(answering, generated)];
  const first = head(engine, voice.idPrefix, voice.object);
  const body = { ...first, choices: choices.filter(Boolean), usage, ...aside(warnings) };
  return Response.json(body, { headers: headers(asked, first.id) });
}

/** Chunks as the tokens come; what is refused is thrown, before the first of them. */
export function streamedAnswer(answering: Answering): Response {
  const { engine, asked, voice, errorBody } = answering;
  const left = new AbortController();
  const stream = new EventStream(JSON.stringify(errorBody(tooSlow())));
  const first = head(engine, voice.idPrefix, voice.streamed);
  const before = JSON.stringify(first).slice(0, -1); // written once for all chunks
  const usageMember = asked.includeUsage ? ',"usage":null' : '';
  const send = (choice: object, more = '') =>
    stream.send(`${before},"choices":[${JSON.stringify(choice)}]${usageMember}${more}}`);
  const opened = new Set<number>();
  const open = (index: number) => {
    if (opened.has(index)) return;
    opened.add(index);
    const opening = voice.opening(index);
    if (opening) send(opening, opened.size === 1 ? members(aside(asked.warnings)) : '');
  };
  const listener = {
    delta: (index: number, delta: Delta) => {
      if (isEmpty(delta)) return;
      open(index);
      send(voice.delta(index, delta));
    },
    ended: (index: number, ending: Ending) => {
      open(index);
      for (const choice of voice.last(index, ending)) send(choice);
    },
  };
  const signal = AbortSignal.any([answering.signal, left.signal]);
  const running = generate(engine, asked, listener, { ...answering, signal });
  running
    .then((generated) => {
      for (const words of lacking(answering, generated)) stream.comment(words);
      if (asked.includeUsage) stream.send(`${before},"choices":[]${members({ usage: generated.usage })}}`);
      stream.send('[DONE]');
    })
    .catch((thrown) => stream.send(JSON.stringify(errorBody(thrown))))
    .finally(() => stream.end());
  return stream.response(() => left.abort(), headers(asked, first.id));
}

const tooSlow = (): WinnowError =>
  new WinnowError('deadline_exceeded', 'The stream was read too slowly, so its answers were given up. Read it as it comes.');

/** An answer that is told whole: what its pieces said, before what its ending says. */
class Gathered {
  #text = '';
  readonly #tokenIds: number[] = [];
  readonly #logprobs: PlacedLogprob[] = [];

  add({ text, tokenIds, logprobs }: Delta): void {
    this.#text += text;
    this.#tokenIds.push(...tokenIds);
    this.#logprobs.push(...logprobs);
  }

  end(ending: Ending): Ending {
    this.add(ending);
    return { ...ending, text: this.#text, tokenIds: this.#tokenIds, logprobs: this.#logprobs };
  }
}

const head = ({ model }: Engine, idPrefix: string, object: string) => ({
  id: idPrefix + randomUUID().replaceAll('-', ''),
  object,
  created: Math.floor(Date.now() / 1000),
  model: model.name,
  system_fingerprint: model.fingerprint,
});

const headers = ({ seed }: Asked, id: string) => ({ 'x-request-id': id, 'x-winnow-seed': String(seed) });

const aside = (warnings: readonly string[]) => (warnings.length > 0 ? { winnow: { warnings } } : {});

/** Members to put at the end of an object that is being written. */
const members = (object: object): string =>
  JSON.stringify(object)
    .slice(1, -1)
    .replace(/^(?=.)/, ',');

/** What an answer lacks, in words: answers that failed, and those that time cut. */
function lacking({ asked: { prompts, n }, maxTimeMs }: Answering, { failures, late }: Generated): string[] {
  const all = prompts.length * n;
  const failed = failures.length > 0 ? [`${failures.length} of ${all} answers failed: ${failures[0]}`] : [];
  const cut =
    late > 0 ? [`${late} of ${all} answers were cut after ${maxTimeMs} ms, the most that caps.max_time_ms allows.`] : [];
  return [...failed, ...cut];
}

import type { Handler } from 'hono';
import type { BackendModel } from '../../schemas/backend.ts';
import { quoted, WinnowError } from '../../schemas/errors.ts';
import type { Serving } from './serving.ts';

const STARTED = Math.floor(Date.now() / 1000);

/** GET /v1/models: every model of this backend, in OpenAI's shape with vLLM's members. */
export const openAiModels =
  ({ models }: Serving): Handler =>
  (c) =>
    c.json({ object: 'list', data: models.list().map(entry) });

/** GET /v1/models/NAME; a name may have slashes. */
export const openAiModel =
  ({ models }: Serving): Handler =>
  (c) => {
    const name = decoded(c.req.path.slice('/v1/models/'.length));
    const model = models.list().find((candidate) => candidate.name === name);
    if (model) return c.json(entry(model));
    const known = models.list().map((candidate) => candidate.name);
    throw new WinnowError('model_not_found', `No model is named ${quoted(name)} here. Known: ${known.join(', ') || 'none'}.`, {
      param: 'model',
    });
  };

/** A part of a path that is not well encoded is nobody's name, and no fault of ours. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const entry = ({ name, kind, context, chat_template, fingerprint }: BackendModel) => ({
  id: name,
  object: 'model',
  created: STARTED,
  owned_by: 'winnow',
  root: name,
  parent: null,
  max_model_len: context,
  winnow: { kind: kind === 'outcome' || kind === 'process' ? 'reward' : kind, chat_template, fingerprint },
});

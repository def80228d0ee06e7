import { lastJson } from '../../answers/json.ts';
import { failedBy, undecided, type Verdict } from './verdict.ts';

/** Deeper documents are not read: what walks through one would overflow its stack (methods G.6). */
const MAX_DEPTH = 64;

/** A JSON value in a text, or the verdict of the check that needs one. */
export type Document = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly verdict: Verdict };

const none = (verdict: Verdict): Document => ({ ok: false, verdict });

/** The whole text as JSON, a code fence around it left out, or the last object or array in it. */
export function documentIn(text: string, which: 'whole' | 'last'): Document {
  if (which === 'last') {
    const found = lastJson(text);
    if (found.ok) return parsed(text.slice(...found.span));
    return depth(text) > MAX_DEPTH ? none(TOO_DEEP) : none(failedBy('it holds no JSON object or array'));
  }
  const bare = unfenced(text.trim());
  return depth(bare) > MAX_DEPTH ? none(TOO_DEEP) : parsed(bare);
}

const TOO_DEEP = undecided(`JSON deeper than ${MAX_DEPTH}`);

function parsed(source: string): Document {
  try {
    return { ok: true, value: JSON.parse(source) };
  } catch (error) {
    if (error instanceof SyntaxError) return none(failedBy('it is not JSON'));
    throw error;
  }
}

function unfenced(text: string): string {
  if (!text.startsWith('```') || !text.endsWith('```') || text.length < 7) return text;
  const inside = text.slice(3, -3);
  return inside.replace(/^[A-Za-z0-9]{0,16}[ \t]*\n/, '');
}

/** Brackets inside brackets outside of strings, at most. */
function depth(source: string): number {
  let [open, most, quoted] = [0, 0, false];
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') most = Math.max(most, ++open);
    else if (character === '}' || character === ']') open--;
  }
  return most;
}

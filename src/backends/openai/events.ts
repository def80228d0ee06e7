const MAX_EVENT = 16 * 1024 * 1024; // characters: one above it is no event of a server, and must not fill the memory

/** One server-sent event: its `data` lines joined. llama.cpp once sent errors in a field of that name. */
export interface ServerEvent {
  readonly field: 'data' | 'error';
  readonly text: string;
}

/**
 * Events of a body as they come, whatever ends their lines. Comments and other fields are left out.
 *
 * @param heard  called for every piece of the body: comments show that a server lives, too
 */
export async function* serverEvents(
  body: ReadableStream<Uint8Array> | null,
  heard: () => void = () => {},
): AsyncGenerator<ServerEvent> {
  if (!body) return;
  const decoder = new TextDecoder();
  let rest = '';
  let open: ServerEvent | undefined;
  for await (const bytes of body) {
    heard();
    rest += decoder.decode(bytes, { stream: true });
    const whole = rest.split(/\r\n|\n|\r(?!$)/); // a `\r` at the border may be half of a `\r\n`
    rest = whole.pop() ?? '';
    if (rest.length + (open?.text.length ?? 0) > MAX_EVENT) throw new Error(`An event has more than ${MAX_EVENT} characters.`);
    for (const line of whole) {
      if (line === '' && open) {
        yield open;
        open = undefined;
      } else open = added(open, line);
    }
  }
  open = added(open, (rest + decoder.decode()).replace(/\r$/, ''));
  if (open) yield open; // some servers leave out the last blank line
}

function added(open: ServerEvent | undefined, line: string): ServerEvent | undefined {
  const [, field, text = ''] = /^(data|error): ?(.*)$/s.exec(line) ?? [];
  if (field !== 'data' && field !== 'error') return open;
  return open ? { field: open.field, text: `${open.text}\n${text}` } : { field, text };
}
